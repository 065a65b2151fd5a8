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
)

// FileError is a file that is no recording that can be judged.
type FileError struct {
	// Path is the file; Line is where in it, 0 where it is the whole.
	Path string
	Line int
	Err  error
	// Remedy says how to go on.
	Remedy string
}

// Error gives the place and the cause.
func (e *FileError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("%s:%d: %v", e.Path, e.Line, e.Err)
	}
	return fmt.Sprintf("%s: %v", e.Path, e.Err)
}

// Unwrap gives the cause.
func (e *FileError) Unwrap() error { return e.Err }

// Remedies.
const (
	recordAgain = "record the host again, and send the file as it was written"
	newer       = "it was made by another version: replay it with that one"
)

// Files returns the recordings that files and folders name, sorted; of a folder
// those whose names end in Suffix.
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
			return nil, fmt.Errorf("%s: the folder has no recording (a file whose name ends in %s)", path, Suffix)
		}
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

// Read reads a recording. Its error is a *FileError.
func Read(path string) (*Recording, error) {
	whole := func(err error, remedy string) error { return &FileError{Path: path, Err: err, Remedy: remedy} }
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // to open a pipe would wait
		return nil, whole(errors.New("it is no plain file"), "name a recording or a folder of them")
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

// Decode reads the text of a recording; path is its name in errors, which are
// *FileError.
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
		return nil, wrong(at, recordAgain, "it is nested deeper than %d levels: that is no recording", maxDepth)
	}
	var head struct {
		Schema *string `json:"schema"`
	}
	var typed *json.UnmarshalTypeError
	if err := json.Unmarshal(text, &head); err != nil && !errors.As(err, &typed) {
		return nil, wrong(offset(err, len(text)), recordAgain, "it is no JSON, or it was cut off: %w", err)
	}
	switch {
	case head.Schema == nil || *head.Schema == "":
		return nil, wrong(-1, "name a file that aixmend record wrote", "it is no recording: it has no schema")
	case *head.Schema != Schema && strings.HasPrefix(*head.Schema, "aixmend.recording/"):
		return nil, wrong(-1, newer, "it is of schema %.80q; this version reads %s", *head.Schema, Schema)
	case *head.Schema != Schema:
		return nil, wrong(-1, "name a file that aixmend record wrote", "it is no recording, but %.80q", *head.Schema)
	}
	r := &Recording{}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(r); err != nil {
		at := offset(err, int(d.InputOffset()))
		return nil, wrong(at, recordAgain, "it is not as schema %s says: %w", Schema, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, wrong(d.InputOffset(), recordAgain, "something follows the recording")
	}
	if !sealed(text, r.SHA256) {
		return nil, wrong(-1, recordAgain, "its sha256 does not fit: it was changed after it was written")
	}
	if err := r.check(); err != nil {
		return nil, wrong(-1, recordAgain, "%w", err)
	}
	return r, nil
}

// offset is where in the text an error of JSON is.
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

// tooDeep returns where JSON is nested too deep, -1 where it is not. What is no
// JSON it does not judge.
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
