package recording

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func number(n int) *int { return &n }

// sample returns a recording with every kind of stream.
func sample() *Recording {
	at := time.Date(2026, 1, 12, 8, 30, 0, 5e6, time.UTC)
	return &Recording{
		Schema: Schema, Version: "1.2.3", Recorded: at,
		Host:      Host{Name: "aix1", Address: "10.1.2.3", RMCNIC: "en1", Waivers: []Waiver{{"rsct-below-recommended", "2026-01-31", "frozen"}}},
		System:    System{OSLevel: "7200-05-08-2420", Tools: map[string]string{"rmcctrl": "/opt/rsct/bin/rmcctrl"}},
		Playbooks: []Playbook{{"rmc-restore", "00"}}, LeftOut: []LeftOut{{"images", Askers{"rmc-restore"}, "x"}}, Noise: Stream("welcome\r\n"),
		Commands: []Entry{
			{ID: "uname", Of: []string{"rmc-restore"}, Command: Stream("/usr/bin/uname -s"), Started: at, DurationMS: 3, Exit: number(0), Stdout: Stream("AIX\n"), Stderr: Stream{}},
			{ID: "bytes", Command: Stream("a\nb"), Exit: number(255), Stdout: Stream("\xff\x00\xfe"), Stderr: Stream("no newline \x1b[31m\u009b\u202e\u2028 <&> \U000E0041 ä")},
			{ID: "hung", Command: Stream("c"), NoAnswer: Hung, DurationMS: 30000, Stdout: Stream("a\n\n\nb\n"), StdoutDropped: 7, Stderr: Stream{}},
		},
	}
}

func encode(t *testing.T, r *Recording) []byte {
	t.Helper()
	text, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Decode returns what Encode wrote, byte for byte, and the file has no control characters.
func TestEncodeDecodeRoundTrip(t *testing.T) {
	want := sample()
	text := encode(t, want)
	got, err := Decode("f", text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-written +read):\n%s", diff)
	}
	for _, c := range string(text) {
		if c != '\n' && (c < ' ' || c >= 0x7f && c < 0xa0 || c == 0x202e || c == 0x2028 || c == 0xE0041) {
			t.Errorf("the file has the raw character %U", c)
		}
	}
	for _, line := range []string{`        "AIX\n"`, `"base64": "/wD+"`, `"<`, `<&>`, "ä"} {
		if line != `"<` && !bytes.Contains(text, []byte(line)) {
			t.Errorf("%s is not in the file:\n%s", line, text)
		}
	}
}

// Every changed, removed or added byte is detected.
func TestDecodeDetectsModification(t *testing.T) {
	text := encode(t, sample())
	for i := range text {
		for _, c := range []byte{text[i] ^ 1, ' '} {
			if c == text[i] {
				continue
			}
			changed := bytes.Clone(text)
			changed[i] = c
			if _, err := Decode("f", changed); err == nil {
				t.Fatalf("byte %d changed from %q to %q: no error", i, text[i], c)
			}
		}
		if i < len(text)-1 {
			if _, err := Decode("f", text[:i]); err == nil {
				t.Fatalf("cut after %d bytes: no error", i)
			}
		}
	}
	for _, more := range []string{" ", "\n", "{}", "x"} {
		if _, err := Decode("f", append(bytes.Clone(text), more...)); err == nil {
			t.Errorf("%q appended: no error", more)
		}
	}
}

// Errors name the file, the line and a remedy.
func TestDecodeErrors(t *testing.T) {
	with := func(change func(*Recording)) []byte {
		r := sample()
		change(r)
		return encode(t, r)
	}
	entry := func(change func(*Entry)) []byte {
		return with(func(r *Recording) { change(&r.Commands[1]) })
	}
	for name, c := range map[string]struct {
		text []byte
		want string
	}{
		"empty":            {nil, "it is empty"},
		"blank":            {[]byte(" \n"), "it is empty"},
		"garbage":          {[]byte("\x00\x01"), "f:1: it is not JSON"},
		"no object":        {[]byte("[1]"), "it has no schema"},
		"a number":         {[]byte(`{"schema": 1}`), "it has no schema"},
		"no schema":        {[]byte(`{}`), "it has no schema"},
		"other":            {[]byte(`{"schema": "aixmend.host/v1"}`), `it is not a recording: its schema is "aixmend.host/v1"`},
		"newer":            {[]byte(`{"schema": "aixmend.recording/v7"}`), `"aixmend.recording/v7"; this version reads aixmend.recording/v1`},
		"deep":             {[]byte(`{"schema": "` + Schema + `", "a":` + strings.Repeat("[", 1e6)), "f:1: its JSON is nested deeper"},
		"deep in a string": {[]byte(`{"a": "\"` + strings.Repeat("[", 1e6) + `"}`), "it has no schema"},
		"wrong type":       {[]byte("{\n\"schema\": \"" + Schema + "\",\n\"host\": 7}"), "f:3: it does not match schema"},
		"unknown field":    {[]byte("{\n\"schema\": \"" + Schema + "\",\n\"extra\": 7}"), `the key "extra" is not known`},
		"a stream":         {[]byte("{\"schema\": \"" + Schema + "\", \"noise\": \"x\"}"), "it does not match schema"},
		"another stream":   {[]byte("{\"schema\": \"" + Schema + "\", \"noise\": {\"base32\": \"x\"}}"), "it does not match schema"},
		"no stream":        {[]byte("{\"schema\": \"" + Schema + "\", \"noise\": {}}"), "must be a list of lines"},
		"no hash":          {[]byte(`{"schema": "` + Schema + `"}`), "its sha256 does not match"},
		"path":             {with(func(r *Recording) { r.Host.Name = "../../etc/x" }), `host.name is "../../etc/x"`},
		"no name":          {with(func(r *Recording) { r.Host.Name = "" }), "host.name"},
		"hidden":           {with(func(r *Recording) { r.Host.Name = ".x" }), "host.name"},
		"NUL":              {with(func(r *Recording) { r.Host.Name = "a\x00b" }), `host.name is "a\x00b"`},
		"escape":           {with(func(r *Recording) { r.Host.Address = "\x1b]0;x\a" }), "host.address"},
		"long":             {with(func(r *Recording) { r.Version = strings.Repeat("x", 5000) }), "aixmend is"},
		"waiver":           {with(func(r *Recording) { r.Host.Waivers[0].Until = "soon" }), "the waiver of"},
		"twice":            {entry(func(e *Entry) { e.Command = Stream("/usr/bin/uname -s") }), `commands[1] ("bytes"): duplicate of the command of "uname"`},
		"no id":            {entry(func(e *Entry) { e.ID = "" }), "commands[1]"},
		"id with lines":    {entry(func(e *Entry) { e.ID = "a\nb" }), "its id is not a short line"},
		"no command":       {entry(func(e *Entry) { e.Command = nil }), "it has no command"},
		"status":           {entry(func(e *Entry) { e.Exit = number(256) }), "exit_status is 256"},
		"negative":         {entry(func(e *Entry) { e.DurationMS = -1 }), "negative"},
		"long ago":         {entry(func(e *Entry) { e.DurationMS = 1 << 60 }), "longer than a day"},
		"nothing":          {entry(func(e *Entry) { e.Exit = nil }), "neither an exit status"},
		"both":             {entry(func(e *Entry) { e.NoAnswer = Hung }), "both an exit status and no_answer"},
		"a reason":         {entry(func(e *Entry) { e.Exit, e.NoAnswer = nil, "\x1b[2J" }), "no_answer is"},
	} {
		_, err := Decode("f", c.text)
		var typed *FileError
		if !errors.As(err, &typed) || !strings.Contains(err.Error(), c.want) || typed.Remedy == "" || !strings.HasPrefix(err.Error(), "f:") {
			t.Errorf("%s: %v, want %s", name, err, c.want)
			continue
		}
		if strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' }) {
			t.Errorf("%s: %q has control characters", name, err)
		}
	}
	if _, err := Decode("f", make([]byte, MaxBytes+1)); err == nil || !strings.Contains(err.Error(), "larger than 64 MiB") {
		t.Errorf("a huge one: %v", err)
	}
}

// A file that is too large is not read to its end.
func TestReadIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "huge")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(file.Truncate(1<<40), file.Close()); err != nil {
		t.Skip("this file system has no sparse files of 1 TiB: ", err)
	}
	if _, err := Read(path); err == nil || !strings.Contains(err.Error(), "larger than 64 MiB") {
		t.Errorf("%v", err)
	}
	if _, err := Read(t.TempDir()); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a folder: %v", err)
	}
}

// Write creates a complete file with mode 0600 and never replaces one.
func TestWriteNeverReplaces(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a", "b")
	path, err := sample().Write(folder)
	if err != nil || path != filepath.Join(folder, "aix1.recording.json") {
		t.Fatalf("%s, %v", path, err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := sample()
	other.Version = "another"
	if _, err := other.Write(folder); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over another: %v", err)
	}
	into, err := os.OpenRoot(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer into.Close()
	if err := exclusively(into, filepath.Base(path), []byte("x")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over another, without links: %v", err)
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the first was touched, %v", err)
	}
	for name, mode := range map[string]fs.FileMode{path: 0o600, folder: 0o700 | fs.ModeDir} {
		if info, err := os.Stat(name); err != nil || info.Mode() != mode {
			t.Errorf("%s: mode %v, %v", name, info.Mode(), err)
		}
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
		t.Errorf("extra files: %v, %v", entries, err)
	}
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	link := filepath.Join(t.TempDir(), "link")
	if err := errors.Join(os.Mkdir(elsewhere, 0o700), os.Symlink(elsewhere, link)); err != nil {
		t.Fatal(err)
	}
	if path, err := sample().Write(filepath.Join(link, "new")); err != nil || path != filepath.Join(link, "new", "aix1.recording.json") {
		t.Errorf("behind a link of one's own: %s, %v", path, err)
	}
	outside := sample()
	outside.Host.Name = "../x"
	if _, err := outside.Write(folder); err == nil {
		t.Error("a name with a path was accepted")
	}
}

// The longest answers of a host that floods are cut, and the dropped bytes counted.
func TestEncodeCutsLongAnswers(t *testing.T) {
	r := sample()
	for i := range 12 {
		r.Commands = append(r.Commands, Entry{
			ID: "flood", Command: Stream{'x', byte('a' + i)}, Exit: number(0), Stdout: bytes.Repeat([]byte{0}, 1<<14), StdoutDropped: 5,
		})
	}
	const most = 1 << 19
	text, err := r.within(most)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode("f", text)
	if err != nil {
		t.Fatal(err)
	}
	last := got.Commands[len(got.Commands)-1]
	if len(text) > most || int64(len(last.Stdout))+last.StdoutDropped != 1<<14+5 || len(last.Stdout) < 1<<11 || string(got.Commands[0].Stdout) != "AIX\n" {
		t.Errorf("%d bytes; %d are kept of the last, %d dropped", len(text), len(last.Stdout), last.StdoutDropped)
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b" + Suffix, "a" + Suffix, "note.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Files([]string{dir, filepath.Join(dir, "a"+Suffix)})
	if want := []string{filepath.Join(dir, "a"+Suffix), filepath.Join(dir, "b"+Suffix)}; err != nil || !cmp.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := Files([]string{t.TempDir()}); err == nil {
		t.Error("no error for an empty folder")
	}
}

// A waiver counts as of the day of the recording, not of the replay.
func TestWaiverLastIsAsOfRecording(t *testing.T) {
	day := func(text string) time.Time {
		at, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for _, c := range []struct {
		until, recorded string
		want            time.Time
	}{
		{"", "2026-01-12", time.Time{}},
		{"2026-01-31", "2026-01-12", time.Time{}},
		{"2026-01-12", "2026-01-12", time.Time{}},
		{"2026-01-11", "2026-01-12", day("2026-01-11")},
	} {
		got, reason := Waiver{Until: c.until, Reason: "r"}.Last(day(c.recorded).Add(time.Hour))
		if !got.Equal(c.want) || !strings.HasPrefix(reason, "r") {
			t.Errorf("until %q on %s: %v, %q", c.until, c.recorded, got, reason)
		}
	}
}

// Any input ends in an error, or in a recording that survives a round trip.
func FuzzReadRecording(f *testing.F) {
	text, err := sample().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text, true)
	f.Add([]byte(`{"schema": "aixmend.recording/v1", "noise": {"base64": "AA=="}}`), false)
	f.Add([]byte(`[[[[`), false)
	f.Fuzz(func(t *testing.T, file []byte, seal bool) {
		if seal { // as somebody would who wants to be read
			r := &Recording{}
			if json.Unmarshal(file, r) != nil {
				return
			}
			var err error
			if file, err = r.Encode(); err != nil {
				return
			}
		}
		r, err := Decode("f", file)
		if err != nil {
			return
		}
		for _, a := range r.Answers() {
			for _, line := range a.Lines {
				if !shown(line) {
					t.Errorf("%q has control characters", line)
				}
			}
		}
		again, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := Decode("f", again); err != nil || !cmp.Equal(back, r, cmpopts.EquateEmpty()) {
			t.Errorf("not equal after a round trip: %v\n%s", err, cmp.Diff(r, back, cmpopts.EquateEmpty()))
		}
	})
}
