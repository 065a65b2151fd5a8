package controller

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
	"aixmend/inventory/naming"
	"aixmend/playbooks"
	"aixmend/playbooks/onhost"
	"aixmend/transport"
)

const (
	// maxSupportFiles and maxSupportBytes (for each file) bound the fetched support data of a
	// host.
	maxSupportFiles = 50
	maxSupportBytes = 4 << 30
	listTimeout     = 30 * time.Second
	// caseFile is the text that stands beside the data.
	caseFile = "case.txt"
)

// errNotPlanned says that an earlier process began a transfer whose files are no longer
// known: no other folder takes its place.
var errNotPlanned = errors.New("the files to transfer are no longer known")

// errNoFiles says that the connection can't move files.
var errNoFiles = errors.New("this connection can't move files")

// upload brings the files of a folder of this machine to the host. It can be begun
// again at any time: a file gets its name when it is there whole.
func (w *walk) upload(ctx context.Context, rung string, s course.Step) error {
	planned := w.steps[rung+"/"+s.ID]
	list, err := w.Folders.Uploads(planned.From)
	if planned.From == "" {
		err = errNotPlanned
	}
	if err != nil {
		w.happened(course.Event{Entry: outcome.Entry{Event: course.Checked, Step: s.ID, Detail: err.Error()}})
		return nil
	}
	entry := outcome.Entry{Event: outcome.EventIntent, Change: len(w.out.Changes) + 1, Rung: rung, Step: s.ID, Command: s.Command, Undo: s.Undo}
	if err := w.write(course.Event{Entry: entry}); err != nil {
		return fmt.Errorf("nothing was run: %w", err)
	}
	moved, err := "", w.askFence(ctx)
	if err == nil {
		moved, err = w.put(ctx, &planned, list)
	}
	entry.Event, entry.Time, entry.Status, entry.How, entry.Detail = outcome.EventResult, time.Now(), outcome.Applied, outcome.HowTransferred, moved
	if err != nil {
		entry.Status, entry.How = outcome.NotApplied, w.transferFailed(err)
		entry.Detail = strings.TrimPrefix(moved+"; "+err.Error(), "; ")
	}
	return w.write(course.Event{Entry: entry})
}

// errFenced says that the fence refused a transfer.
var errFenced = errors.New("the host did not take it")

// askFence asks the host for the lease before files are moved, which no shell does.
func (w *walk) askFence(ctx context.Context) error {
	if w.lease == nil {
		return nil
	}
	t, err := w.conn.Run(ctx, []transport.Command{w.fence()})
	switch {
	case err != nil:
		return err
	case t.Results[0].Err != nil:
		return t.Results[0].Err
	case strings.TrimSpace(string(t.Results[0].Stdout)) != onhost.FenceHeld:
		return fmt.Errorf("%w: %s", errFenced, fenceSays(t.Results[0]))
	}
	return nil
}

// transferFailed returns how a transfer ended: one that was cut off is continued over a
// new connection.
func (w *walk) transferFailed(err error) string {
	switch {
	case errors.Is(err, errFenced):
		return outcome.HowFenced
	case errors.Is(err, transport.ErrGateShut):
		return outcome.HowShut
	case transport.KindOf(err) == transport.KindLost:
		w.close()
		return outcome.HowUnsent
	}
	return outcome.HowFailed
}

// put uploads files, and words them with their hashes.
func (w *walk) put(ctx context.Context, s *playbooks.PlannedStep, list []string) (string, error) {
	files, ok := transport.FilesOf(w.conn)
	if !ok {
		return "", errNoFiles
	}
	ctx, cancel := context.WithTimeout(ctx, transferTimeout(s))
	defer cancel()
	var said []string
	for _, from := range list {
		name := filepath.Base(from)
		if w.moved[s.Step.ID+"/"+name] { // before the link broke
			continue
		}
		if !naming.IsFile(name) {
			return strings.Join(said, "; "), fmt.Errorf("%q can't be a file name on the host", name)
		}
		moved, err := files.Put(ctx, transport.Upload{From: from, To: path.Join(s.To, name), Progress: w.progress(name)})
		if err != nil {
			return strings.Join(said, "; "), err
		}
		w.moved[s.Step.ID+"/"+name] = true
		said = append(said, fmt.Sprintf("%s, %d bytes, sha256 %s, over %s", name, moved.Bytes, moved.SHA256, moved.Via))
	}
	return strings.Join(said, "; "), nil
}

func (w *walk) progress(name string) func(done, total int64) {
	if w.Observer == nil {
		return nil
	}
	return func(done, total int64) { w.Observer.Transferred(w.host.Name, name, done, total) }
}

// fetch brings the files of a folder of the host into the run's folder. It changes
// nothing on the host.
func (w *walk) fetch(ctx context.Context, rung string, s course.Step) error {
	err := w.fetchFiles(ctx, rung, s)
	var broken *brokenProduct
	if errors.As(err, &broken) {
		return broken.error
	}
	e := outcome.Entry{Event: course.Fetched, Step: s.ID}
	if err != nil {
		e.How, e.Detail = w.transferFailed(err), err.Error()
	}
	w.happened(course.Event{Entry: e})
	return nil
}

// brokenProduct is an error of the product, and not of a host.
type brokenProduct struct{ error }

func (w *walk) fetchFiles(ctx context.Context, rung string, s course.Step) error {
	planned := w.steps[rung+"/"+s.ID]
	if planned.From == "" {
		return errNotPlanned
	}
	names, err := w.list(ctx, &planned)
	if err != nil {
		return err
	}
	folder, name, err := w.Folders.Support(w.host.Name)
	if err != nil {
		return &brokenProduct{err}
	}
	files, ok := transport.FilesOf(w.conn)
	if !ok {
		return errNoFiles
	}
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	for _, file := range names {
		if w.moved[s.ID+"/"+file] {
			continue
		}
		moved, err := files.Get(ctx, transport.Download{
			From: path.Join(planned.From, file), To: filepath.Join(folder, file), MaxBytes: maxSupportBytes, Progress: w.progress(file),
		})
		if err != nil {
			return err
		}
		w.moved[s.ID+"/"+file] = true
		got := outcome.SupportFile{Name: name + "/" + file, Bytes: moved.Bytes, SHA256: moved.SHA256}
		w.out.Support = slices.DeleteFunc(w.out.Support, func(f outcome.SupportFile) bool { return f.Name == got.Name }) // by an earlier process
		w.out.Support = append(w.out.Support, got)
	}
	return nil
}

// list returns the names of the plain files in a folder of the host. A name
// that could not be one here is refused.
func (w *walk) list(ctx context.Context, s *playbooks.PlannedStep) ([]string, error) {
	line := fmt.Sprintf("cd %s || exit 1\nfor f in *; do\n  if [ -f \"$f\" ] && [ ! -h \"$f\" ]; then printf '%%s\\n' \"$f\"; fi\ndone", s.From)
	commands := []transport.Command{{ID: s.Step.ID, Line: line, Timeout: listTimeout}}
	t, err := w.conn.Run(ctx, commands)
	w.record(commands, t)
	if err != nil {
		return nil, err
	}
	if r := t.Results[0]; r.Err != nil || r.Exit != 0 {
		return nil, fmt.Errorf("its files could not be listed: %s", firstLine(r.Stderr))
	}
	var names []string
	for name := range strings.SplitSeq(string(t.Results[0].Stdout), "\n") {
		switch {
		case name == "":
		case !naming.IsFile(name) || name == caseFile || len(names) >= maxSupportFiles:
			// It stays on the host, and so does its folder.
			return nil, fmt.Errorf("%s can't be a file of support data here, or there are more than %d", printable(name), maxSupportFiles)
		default:
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, errors.New("there is no file in it")
	}
	return names, nil
}

// transferTimeout is how long a transfer may take.
func transferTimeout(s *playbooks.PlannedStep) time.Duration {
	if s.Step.Timeout > 0 {
		return s.Step.Timeout
	}
	return playbooks.DefaultStepTimeout
}
