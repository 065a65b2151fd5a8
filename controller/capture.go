package controller

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"time"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
	"aixmend/playbooks"
	"aixmend/transport"
	"aixmend/transport/retry"
)

// absentStatus is the exit status of a file probe when there is no such file.
const absentStatus = 44

// defaultFileBytes bounds a captured file when the playbook does not say.
const defaultFileBytes = 4 << 20

// capture stores the items of the playbook, and everything that the first look read.
func (w *walk) capture(ctx context.Context) error {
	w.open(outcome.StageCapture)
	commands, items := w.captureCommands()
	t, err := w.ask(ctx, commands, w.captureTimeout(commands))
	w.record(commands, t)
	switch kind := transport.KindOf(err); {
	case err == nil:
	case kind == transport.KindPrivilege:
		return w.uncaptured(err.Error())
	default:
		w.shut(outcome.StageFailed, err.Error())
		w.close()
		why := fmt.Sprintf("the link broke while the capture was read: %v", err)
		w.happened(course.Event{Entry: outcome.Entry{Event: course.Uncaptured, Status: string(kind), Detail: why}})
		return nil
	}
	files, bad := w.fill(items, t.Results)
	if bad != "" {
		return w.uncaptured(bad)
	}
	purpose, label := outcome.PurposePreImage, ""
	if w.Verb == Capture {
		purpose, label = outcome.PurposeCapture, w.Label
	}
	kept := outcome.Capture{
		Schema: outcome.CaptureSchema, Host: w.host.Name, Address: w.host.Address,
		RunID: w.RunID, Purpose: purpose, Label: label, Created: time.Now().UTC(),
		Playbook: outcome.Playbook{Name: w.Playbook.Name, SHA256: w.Playbook.SHA256},
		Unique:   w.Playbook.Captured(w.out.Facts),
		Facts:    w.out.Facts, Findings: w.out.Findings, Items: items,
	}
	where, err := w.keep(kept, files)
	if err != nil {
		w.shut(outcome.StageFailed, err.Error())
		return fmt.Errorf("capture: %w", err)
	}
	w.out.Capture = where
	w.evidence.before = w.evidence.diagnosis
	w.shut(outcome.StageOK, "stored, read back and hashed: "+where)
	return w.write(course.Event{Entry: outcome.Entry{Event: outcome.EventCaptured, Detail: where}})
}

// keep stores a capture. If another run took one of the same host in the same millisecond,
// the next free id is used.
func (w *walk) keep(c outcome.Capture, files []outcome.CaptureFile) (where string, err error) {
	for next := range retry.CaptureID.Attempts {
		c.ID = captureID(c.Created.Add(time.Duration(next) * retry.CaptureID.First))
		if where, err = w.Captures.Keep(c, files); !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	return where, err
}

// captureID is a capture's id: its time, to the millisecond.
func captureID(t time.Time) string { return t.UTC().Format("20060102T150405.000Z") }

// uncaptured tells the course that there is no good capture: nothing is changed.
func (w *walk) uncaptured(why string) error {
	w.shut(outcome.StageFailed, why)
	w.happened(course.Event{Entry: outcome.Entry{Event: course.Uncaptured, Detail: why}})
	return nil
}

// captureCommands makes the commands of the capture and the items they fill.
func (w *walk) captureCommands() ([]transport.Command, []outcome.CaptureItem) {
	commands := w.commands(w.Playbook.Capture.Probes)
	var items []outcome.CaptureItem
	for _, c := range commands {
		items = append(items, outcome.CaptureItem{ID: c.ID, Command: c.Line})
	}
	for _, f := range w.Playbook.Capture.Files {
		limit := f.MaxBytes
		if limit <= 0 {
			limit = defaultFileBytes
		}
		c := transport.Command{
			ID:        "file " + f.Path,
			Line:      fmt.Sprintf("if [ ! -f '%s' ]; then exit %d; fi; /usr/bin/cat '%s'", f.Path, absentStatus, f.Path),
			Timeout:   w.Params.Duration(playbooks.ProbeTimeoutParam),
			MaxOutput: limit,
		}
		commands = append(commands, c)
		items = append(items, outcome.CaptureItem{ID: c.ID, Path: f.Path, Command: c.Line, PreImage: f.PreImage})
	}
	return commands, items
}

// captureTimeout is how long the commands of a capture may take together: as long as a
// look, and a second for each MiB that they may print beyond what a command may by default.
func (w *walk) captureTimeout(commands []transport.Command) time.Duration {
	more := 0
	for _, c := range commands {
		more += max(0, c.MaxOutput-transport.DefaultMaxOutput)
	}
	return w.Params.Duration(playbooks.LookTimeoutParam) + time.Duration(more>>20)*time.Second
}

// fill completes the items and returns the files to store, beside those of the
// first look. bad is why this is no good capture, "" when it is one.
func (w *walk) fill(items []outcome.CaptureItem, results []transport.Result) (files []outcome.CaptureFile, bad string) {
	optional := map[string]bool{}
	for i, p := range w.Playbook.Capture.Probes {
		optional[p.ID] = p.Optional
		items[i].PreImage = p.PreImage
	}
	for i, r := range results {
		item := &items[i]
		item.ExitStatus = r.Exit
		item.Truncated = r.StdoutDropped + r.StderrDropped
		problem := w.fillOne(item, r)
		switch {
		case problem != "" && (item.PreImage || (item.Path == "" && !optional[item.ID])):
			return nil, item.ID + ": " + problem
		case problem != "":
			item.Error = problem
		}
		if r.Err != nil || item.Absent {
			continue
		}
		item.Stored = "probes/" + item.ID + ".out"
		if item.Path != "" {
			item.Stored = "files" + path.Clean(item.Path)
		}
		files = append(files, outcome.CaptureFile{Name: item.Stored, Data: r.Stdout})
		if len(r.Stderr) > 0 && item.Path == "" {
			files = append(files, outcome.CaptureFile{Name: "probes/" + item.ID + ".err", Data: r.Stderr})
		}
	}
	for _, step := range w.firstLook() {
		files = append(files, outcome.CaptureFile{Name: "diagnose/" + step.ID + ".out", Data: []byte(step.Stdout)})
		if step.Stderr != "" {
			files = append(files, outcome.CaptureFile{Name: "diagnose/" + step.ID + ".err", Data: []byte(step.Stderr)})
		}
	}
	return files, ""
}

// firstLook returns the steps of the diagnosis that was judged.
func (w *walk) firstLook() []outcome.Command {
	for _, s := range slices.Backward(w.out.Stages) {
		if s.Name == outcome.StageDiagnose {
			return s.Steps
		}
	}
	return nil
}

// fillOne returns the problem of one item, "" for none.
func (w *walk) fillOne(item *outcome.CaptureItem, r transport.Result) string {
	switch {
	case errors.Is(r.Err, transport.ErrHung):
		return transport.ErrHung.Error()
	case r.Err != nil:
		return r.Err.Error()
	case item.Path != "" && r.Exit == absentStatus:
		item.Absent = true
		return ""
	case r.Exit != 0 && (item.Path != "" || item.PreImage):
		return fmt.Sprintf("exit status %d: %s", r.Exit, firstLine(r.Stderr))
	case item.Truncated > 0:
		return fmt.Sprintf("%d bytes more than are kept", item.Truncated)
	}
	return ""
}
