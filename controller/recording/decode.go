package recording

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"aixmend/transport/plain"
)

// FileError is the error of a file that is not a valid recording.
type FileError struct {
	// Path is the file; Line is the line of the error, 0: the whole file.
	Path string
	Line int
	Err  error
	// Remedy is advice for the user.
	Remedy string
}

// Error returns the place and the cause.
func (e *FileError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("%s:%d: %v", e.Path, e.Line, e.Err)
	}
	return fmt.Sprintf("%s: %v", e.Path, e.Err)
}

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }

// Remedies.
const (
	recordAgain = "record the host again and send the file unmodified"
	newer       = "another version of aixmend wrote it: replay it with that version"
)

// Files returns the sorted paths of the recordings that paths name: files, and folders
// with files whose names end in Suffix.
func Files(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("recording: %w", err)
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, fmt.Errorf("recordings: %w", err)
		}
		found := 0
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), Suffix) {
				files = append(files, filepath.Join(path, e.Name()))
				found++
			}
		}
		if found == 0 {
			return nil, fmt.Errorf("%s: no recordings in this folder (file names end in %s)", path, Suffix)
		}
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

// Read reads a recording. Its error is a *FileError.
func Read(path string) (*Recording, error) {
	whole := func(err error, remedy string) error { return &FileError{Path: path, Err: err, Remedy: remedy} }
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // opening a pipe would block
		return nil, whole(errors.New("it is not a regular file"), "name a recording or a folder of recordings")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, whole(errors.Unwrap(err), "")
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, MaxBytes+1))
	if err != nil {
		return nil, whole(err, "")
	}
	return Decode(path, text)
}

// Decode reads the text of a recording. Its errors are *FileError with this path.
func Decode(path string, text []byte) (*Recording, error) {
	wrong := func(at int64, remedy, format string, args ...any) error {
		e := &FileError{Path: path, Err: fmt.Errorf(format, args...), Remedy: remedy}
		if at >= 0 {
			e.Line = 1 + bytes.Count(text[:min(at, int64(len(text)))], []byte("\n"))
		}
		return e
	}
	if len(text) > MaxBytes {
		return nil, wrong(-1, recordAgain, "it is larger than %d MiB", MaxBytes>>20)
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, wrong(-1, recordAgain, "it is empty")
	}
	if at := tooDeep(text); at >= 0 {
		return nil, wrong(at, recordAgain, "its JSON is nested deeper than %d levels", maxDepth)
	}
	var head struct {
		Schema *string `json:"schema"`
	}
	var typed *json.UnmarshalTypeError
	if err := json.Unmarshal(text, &head); err != nil && !errors.As(err, &typed) {
		return nil, wrong(offset(err, len(text)), recordAgain, "it is not JSON, or was cut off%w", plain.Silent(err))
	}
	switch {
	case head.Schema == nil || *head.Schema == "":
		return nil, wrong(-1, "name a file that aixmend record wrote", "it is not a recording: it has no schema")
	case *head.Schema != Schema && strings.HasPrefix(*head.Schema, "aixmend.recording/"):
		return nil, wrong(-1, newer, "its schema is %.80q; this version reads %s", *head.Schema, Schema)
	case *head.Schema != Schema:
		return nil, wrong(-1, "name a file that aixmend record wrote", "it is not a recording: its schema is %.80q", *head.Schema)
	}
	r := &Recording{}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(r); err != nil {
		at := offset(err, int(d.InputOffset()))
		return nil, wrong(at, recordAgain, "it does not match schema %s: %w", Schema, mismatch(err))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, wrong(d.InputOffset(), recordAgain, "there is text after the recording")
	}
	if !sealed(text, r.SHA256) {
		return nil, wrong(-1, recordAgain, "its sha256 does not match: the file was modified")
	}
	if err := r.check(); err != nil {
		return nil, wrong(-1, recordAgain, "%w", err)
	}
	return r, nil
}

// mismatch words an error of the decoder, whose line is known otherwise.
func mismatch(err error) error {
	if errors.Is(err, errStream) {
		return errStream
	}
	return plain.Misfit(err)
}

// offset returns the position of a JSON error in the text, in bytes.
func offset(err error, otherwise int) int64 {
	var syntax *json.SyntaxError
	var typed *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return syntax.Offset
	case errors.As(err, &typed):
		return typed.Offset
	}
	return int64(otherwise)
}

// tooDeep returns the position where JSON exceeds maxDepth; -1: nowhere. It does not
// check the syntax.
func tooDeep(text []byte) int64 {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return int64(i)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return -1
}
