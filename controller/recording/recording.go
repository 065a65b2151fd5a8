// Package recording writes the output of one host's read-only probes to a file that a
// person can read before sending it, and replays it later (row C6 of the procedure).
//
// Terms: a recording is that file. An entry is one command with its answer. A question is
// an open question about AIX that only a real LPAR can answer. Secrets are always
// redacted; anonymizing also replaces names, addresses and ids.
//
// A recording is untrusted input: reading is strict and bounded, and its commands are
// compared with those of a playbook, never run.
package recording

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"aixmend/transport"
)

// Schema is the schema of a recording.
const Schema = "aixmend.recording/v1"

// Suffix is the end of a recording's file name, after the host's name.
const Suffix = ".recording.json"

// Recording holds the answers of one host.
type Recording struct {
	Schema string `json:"schema"`
	// SHA256 is the hash of the file with 64 zeros in this field, in hex.
	SHA256 string `json:"sha256"`
	// Version is the version of aixmend that recorded.
	Version string `json:"aixmend"`
	// Recorded is when recording began, by the controller's clock, in UTC.
	Recorded time.Time `json:"recorded"`
	// Anonymized reports whether names, addresses and ids are replaced.
	Anonymized bool `json:"anonymized"`
	// Redacted counts the secrets that were removed.
	Redacted int    `json:"redacted"`
	Host     Host   `json:"host"`
	System   System `json:"system"`
	// Playbooks are the playbooks whose probes were run.
	Playbooks []Playbook `json:"playbooks"`
	// LeftOut are the probes that were not run.
	LeftOut []LeftOut `json:"left_out"`
	// Trouble is the error that ended the recording early.
	Trouble *Trouble `json:"trouble,omitempty"`
	// Noise is the host's output outside every answer, such as a banner.
	Noise Stream `json:"noise"`
	// Commands are the entries, in the order in which they ran. Each command text occurs
	// once.
	Commands []Entry `json:"commands"`
}

// Host holds the parts of the host's inventory entry that replay needs.
type Host struct {
	Name    string   `json:"name"`
	Address string   `json:"address"`
	RMCNIC  string   `json:"rmc_nic,omitempty"`
	Waivers []Waiver `json:"waivers,omitempty"`
	// Accepted are the checks of the cluster guard whose unclear answers were accepted
	// when the host was recorded.
	Accepted []string `json:"accepted,omitempty"`
}

// Waiver is a waiver of the inventory.
type Waiver struct {
	Finding string `json:"finding"`
	// Until is the last day of the waiver, as 2006-01-02 in UTC; "": no end.
	Until  string `json:"until,omitempty"`
	Reason string `json:"reason"`
}

// System summarizes the levels and tools of the host. A field that could not be read is
// empty.
type System struct {
	OSLevel string `json:"oslevel,omitempty"`
	RSCT    string `json:"rsct,omitempty"`
	// SSHServer is the version string of the SSH server.
	SSHServer string `json:"ssh_server,omitempty"`
	// Tools are the paths of the RSCT tools, by name.
	Tools map[string]string `json:"tools,omitempty"`
}

// Playbook identifies a playbook whose probes were run.
type Playbook struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// LeftOut is a probe that was not run.
type LeftOut struct {
	Probe string `json:"probe"`
	// Of names the playbooks with this probe.
	Of  Askers `json:"of"`
	Why string `json:"why"`
}

// Trouble is the error that ended the recording early.
type Trouble struct {
	// Kind is the transport's kind of error.
	Kind transport.Kind `json:"kind"`
	Op   string         `json:"op"`
	Text string         `json:"text"`
}

// Reasons why an entry has no exit status.
const (
	Hung   = "hung"    // did not end within its time limit
	Late   = "late"    // the time for all commands together was over, or too many before it hung
	NotRun = "not run" // an earlier required answer was wrong, or the login can't become root
	Lost   = "lost"    // the connection broke first
)

// Entry is one command and its answer.
type Entry struct {
	ID string `json:"id"`
	// Of names the playbooks that run it; "questions": the open questions.
	Of Askers `json:"of"`
	// Command is the command text, byte for byte.
	Command Stream `json:"command"`
	// Started is by the controller's clock, in UTC; zero if the command was not run.
	Started    time.Time `json:"started,omitzero"`
	DurationMS int64     `json:"duration_ms"`
	// Exit is the exit status, 0 to 255; null: there is none.
	Exit *int `json:"exit_status"`
	// NoAnswer is why there is no exit status: hung, late, not run or lost; "": there is one.
	NoAnswer string `json:"no_answer,omitempty"`
	Stdout   Stream `json:"stdout"`
	Stderr   Stream `json:"stderr"`
	// StdoutDropped and StderrDropped count the bytes beyond the output limit.
	StdoutDropped int64 `json:"stdout_dropped,omitempty"`
	StderrDropped int64 `json:"stderr_dropped,omitempty"`
}

// levelCommand matches the commands that print fileset levels.
var levelCommand = regexp.MustCompile(`\b(lslpp|installp|ctversion|instfix|oslevel|rpm)\b`)

// otherCommand matches the commands that may print addresses.
var otherCommand = regexp.MustCompile(`\b(ifconfig|netstat|entstat|lsattr|odmget|cat|tail|head|host|lsrsrc|rmcdomainstatus|lscluster|log)\b`)

// LevelsOnly reports whether the command prints fileset levels, and no addresses or
// secrets.
func (e *Entry) LevelsOnly() bool {
	return levelCommand.Match(e.Command) && !otherCommand.Match(e.Command)
}

// Askers are names of playbooks, in the file one text with blanks between them.
type Askers []string

// MarshalText implements encoding.TextMarshaler.
func (a Askers) MarshalText() ([]byte, error) { return []byte(strings.Join(a, " ")), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *Askers) UnmarshalText(text []byte) error {
	if *a = strings.Fields(string(text)); len(*a) == 0 {
		*a = nil
	}
	return nil
}

// Stream is output, byte for byte. In the file it is a list of lines with their newlines,
// or an object with base64 if it is not UTF-8.
type Stream []byte

// encoded is a stream that is not UTF-8.
type encoded struct {
	Base64 []byte `json:"base64"`
}

// MarshalJSON implements json.Marshaler.
func (s Stream) MarshalJSON() ([]byte, error) {
	if !utf8.Valid(s) {
		return json.Marshal(encoded{s})
	}
	lines := []string{}
	for line := range strings.Lines(string(s)) {
		lines = append(lines, line)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(lines)
	return b.Bytes(), err
}

var errStream = errors.New(`must be a list of lines or {"base64": "..."}`)

// UnmarshalJSON implements json.Unmarshaler.
func (s *Stream) UnmarshalJSON(text []byte) error {
	if text = bytes.TrimSpace(text); len(text) > 0 && text[0] == '[' {
		var lines []string
		if err := json.Unmarshal(text, &lines); err != nil {
			return err
		}
		*s = Stream(strings.Join(lines, ""))
		return nil
	}
	var e struct {
		Base64 *[]byte `json:"base64"`
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		return err
	}
	if e.Base64 == nil {
		return errStream
	}
	*s = *e.Base64
	return nil
}

// text returns the stream without the newlines at its end.
func (s Stream) text() string { return strings.TrimRight(string(s), "\n") }

// Find returns the entry of a command text; nil: it was not recorded.
func (r *Recording) Find(command string) *Entry {
	for i := range r.Commands {
		if string(r.Commands[i].Command) == command {
			return &r.Commands[i]
		}
	}
	return nil
}

// byID returns the first entry with an id; nil: there is none.
func (r *Recording) byID(id string) *Entry {
	for i := range r.Commands {
		if r.Commands[i].ID == id {
			return &r.Commands[i]
		}
	}
	return nil
}

// Size returns the bytes of all answers.
func (r *Recording) Size() int {
	n := 0
	for _, e := range r.Commands {
		n += len(e.Stdout) + len(e.Stderr)
	}
	return n
}

// result returns an entry as a result of the transport.
func (e *Entry) result(id string) transport.Result {
	r := transport.Result{
		ID: id, Stdout: e.Stdout, Stderr: e.Stderr, StdoutDropped: e.StdoutDropped, StderrDropped: e.StderrDropped,
		Started: e.Started, Duration: time.Duration(e.DurationMS) * time.Millisecond,
	}
	switch e.NoAnswer {
	case "":
		r.Exit = *e.Exit
	case Hung:
		r.Err = transport.ErrHung
	case Late:
		r.Err = transport.ErrLate
	case NotRun:
		r.Err = transport.ErrNotRun
	default:
		r.Err = fmt.Errorf("%s: no answer was recorded", e.NoAnswer)
	}
	return r
}
