package recording

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Bounds of a file that is read.
const (
	// MaxBytes is how large a file may be.
	MaxBytes = 64 << 20
	// maxDepth is how deep its JSON may be nested; a recording needs five.
	maxDepth = 16
	// maxCommands is how many entries it may have.
	maxCommands = 10_000
	// maxText is how many bytes a text other than a stream may have.
	maxText = 4096
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

// plainName is a name that is a host's, and that of a file in a folder.
// acceptedCheck is the form of the name of a guard's check.
var acceptedCheck = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

var plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,200}$`)

// checkName returns the fault of a host's name.
func checkName(name string) error {
	if !plainName.MatchString(name) {
		return fmt.Errorf("host.name is %.80q: wanted letters, digits, dots, - and _", name)
	}
	return nil
}

// check returns the first fault of a recording. It trusts nothing: the file may come
// from a stranger.
func (r *Recording) check() error {
	if err := checkName(r.Host.Name); err != nil {
		return err
	}
	if len(r.Commands) > maxCommands {
		return fmt.Errorf("it has %d commands, and %d are the most", len(r.Commands), maxCommands)
	}
	for what, text := range map[string]string{
		"host.address": r.Host.Address, "host.rmc_nic": r.Host.RMCNIC, "aixmend": r.Version,
		"system.oslevel": r.System.OSLevel, "system.rsct": r.System.RSCT, "system.ssh_server": r.System.SSHServer,
	} {
		if !shown(text) {
			return fmt.Errorf("%s is %.80q: wanted one short line of text", what, text)
		}
	}
	for _, check := range r.Host.Accepted {
		if !acceptedCheck.MatchString(check) {
			return fmt.Errorf("host.accepted: %q is no name of a check", check)
		}
	}
	for _, w := range r.Host.Waivers {
		if _, err := w.until(); err != nil || !shown(w.Finding) || !shown(w.Reason) {
			return fmt.Errorf("the waiver of %.80q is none: wanted a finding, a reason and a day as 2006-01-02", w.Finding)
		}
	}
	if t := r.Trouble; t != nil && (!shown(string(t.Kind)) || !shown(t.Op) || len(t.Text) > maxText) {
		return errors.New("its trouble is not as aixmend writes it")
	}
	seen := map[string]string{}
	for i, e := range r.Commands {
		if err := e.check(); err != nil {
			return fmt.Errorf("commands[%d] (%.80q): %w", i, e.ID, err)
		}
		if other, twice := seen[string(e.Command)]; twice {
			return fmt.Errorf("commands[%d] (%.80q): the command of %.80q is there twice", i, e.ID, other)
		}
		seen[string(e.Command)] = e.ID
	}
	return nil
}

// check returns the first fault of an entry.
func (e Entry) check() error {
	switch {
	case e.ID == "" || !shown(e.ID):
		return errors.New("its id is no short line of text")
	case len(e.Command) == 0:
		return errors.New("it has no command")
	case e.DurationMS < 0 || e.StdoutDropped < 0 || e.StderrDropped < 0:
		return errors.New("a time or a number of bytes is negative")
	case e.DurationMS > int64(24*time.Hour/time.Millisecond):
		return errors.New("it took longer than a day")
	case e.NoAnswer == "" && e.Exit == nil:
		return errors.New("it has neither an exit status nor a reason why there is none")
	case e.NoAnswer != "" && e.Exit != nil:
		return errors.New("it has an exit status and a reason why there is none")
	case e.Exit != nil && (*e.Exit < 0 || *e.Exit > 255):
		return fmt.Errorf("exit_status is %d: wanted 0 to 255", *e.Exit)
	case e.NoAnswer != "" && !slices.Contains([]string{Hung, NotRun, Lost}, e.NoAnswer):
		return fmt.Errorf("no_answer is %.80q: wanted %s, %s or %s", e.NoAnswer, Hung, NotRun, Lost)
	}
	return nil
}

// shown reports whether a text is one short line that can be shown.
func shown(text string) bool {
	return len(text) <= maxText && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// until is the last day of a waiver, zero when it has none.
func (w Waiver) until() (time.Time, error) {
	if w.Until == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.DateOnly, w.Until)
}

// Last returns the last day on which the waiver holds, at 00:00 UTC, and its
// reason, so that it holds at any time if it held when the host was recorded: a
// recording is judged as on its day. An end that was over then stays.
func (w Waiver) Last(recorded time.Time) (time.Time, string) {
	until, _ := w.until() // checked when read
	if until.IsZero() || !recorded.Before(until.AddDate(0, 0, 1)) {
		return until, w.Reason
	}
	return time.Time{}, w.Reason + " (until " + w.Until + ")"
}
