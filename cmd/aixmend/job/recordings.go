package job

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/controller/recording"
	"aixmend/inventory"
)

// replayCommand is the command of a run that judged recordings.
const replayCommand = "replay"

// Replay prepares a job that judges recordings as audit judges hosts.
func Replay(o *Recordings, asked request.Asked, s Settings) (*Job, error) {
	j, err := Prepare(request.Request{Verb: controller.Audit, Asked: asked, Scope: o.scope()}, s)
	if err != nil {
		return nil, err
	}
	j.recordings = o
	return j, nil
}

// Recordings are judged instead of hosts.
type Recordings struct {
	*recording.Dialer
	// List are the recordings, one a host.
	List []*recording.Recording
}

// ReadRecordings reads the recordings in files and folders.
func ReadRecordings(paths []string) (*Recordings, error) {
	files, err := recording.Files(paths)
	if err != nil {
		return nil, exit.Usagef("aixmend record writes recordings", "%w", err)
	}
	o := &Recordings{}
	of := map[string]string{} // the file of each host
	for _, file := range files {
		r, err := recording.Read(file)
		var wrong *recording.FileError
		if errors.As(err, &wrong) {
			return nil, exit.Usagef(wrong.Remedy, "%w", err)
		}
		if err != nil {
			return nil, exit.Usage(err)
		}
		key := strings.ToLower(r.Host.Name) // the name of its report
		if of[key] != "" {
			return nil, exit.Usagef("replay them one at a time", "%s and %s are both recordings of host %s", of[key], file, r.Host.Name)
		}
		of[key] = file
		o.List = append(o.List, r)
	}
	if o.Dialer, err = recording.NewDialer(o.List...); err != nil {
		return nil, exit.Usage(err)
	}
	return o, nil
}

// scope are the hosts as the inventory had them.
func (o *Recordings) scope() request.Scope {
	s := request.Scope{}
	for _, r := range o.List {
		h := inventory.Host{Name: r.Host.Name, Address: r.Host.Address, RMCNIC: r.Host.RMCNIC}
		for _, w := range r.Host.Waivers {
			until, reason := w.Last(r.Recorded)
			h.Waivers = append(h.Waivers, inventory.Waiver{Finding: w.Finding, Until: until, Reason: reason})
		}
		for _, check := range r.Host.Accepted {
			h.Accepts = append(h.Accepts, inventory.Acceptance{Check: check, Until: always, Reason: "accepted when it was recorded"})
		}
		s.Hosts, s.Names = append(s.Hosts, h), append(s.Names, h.Name)
	}
	return s
}

// always is after any day on which a recording is judged.
var always = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// errNoCaptures: recordings have no captures, and replay keeps none.
var errNoCaptures = fmt.Errorf("a recording has no captures: %w", fs.ErrNotExist)

// Keep implements controller.Captures.
func (o *Recordings) Keep(outcome.Capture, []outcome.CaptureFile) (string, error) {
	return "", errNoCaptures
}

// Check implements controller.Captures.
func (o *Recordings) Check(string) error { return errNoCaptures }

// Load implements controller.Captures.
func (o *Recordings) Load(string) (*outcome.Capture, error) { return nil, errNoCaptures }

// Newest implements controller.Captures.
func (o *Recordings) Newest(string, string) (*outcome.Capture, error) { return nil, nil }

// Held implements controller.Captures.
func (o *Recordings) Held(string, func(map[string]any) map[string]string) ([]outcome.CapturedID, error) {
	return nil, nil
}

// Taken implements controller.Captures.
func (o *Recordings) Taken(string, string) ([]outcome.Capture, error) { return nil, nil }
