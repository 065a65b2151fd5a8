package controller

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"aixmend/controller/outcome"
	"aixmend/playbooks"
	"aixmend/transport"
)

const (
	// maxSupportFiles and maxSupportBytes bound what is fetched of a host.
	maxSupportFiles = 50
	maxSupportBytes = 4 << 30
	listTimeout     = 30 * time.Second
	// caseFile is the text that stands beside the data.
	caseFile = "case.txt"
)

// fileName is what a name that a host gives may look like, to become one here.
var fileName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$`)

// errNoFiles says that the connection can't move files.
var errNoFiles = errors.New("this connection can't move files")

// upload brings the files of a folder of this machine to the host. It can be
// begun again at any time: a file gets its name when it is there whole.
func (w *walk) upload(ctx context.Context, s *playbooks.PlannedStep) (Event, error) {
	list, err := w.Folders.Uploads(s.From)
	if err != nil {
		return w.refuse(s, err.Error()), nil
	}
	entry, err := w.intend(order{step: s.Step.ID, text: s.Command, undo: s.Undo})
	if err != nil {
		return "", err
	}
	moved, err := w.put(ctx, s, list)
	change := outcome.Change{Step: s.Step.ID, Command: s.Command, Undo: s.Undo, Status: outcome.Applied, At: entry.Time, Detail: moved, Rung: entry.Rung, Mends: w.mends(entry.Rung)}
	if err != nil {
		change.Status = outcome.NotApplied
		change.Detail = strings.TrimPrefix(moved+"; "+err.Error(), "; ")
	}
	w.out.Changes = append(w.out.Changes, change)
	w.began(s)
	w.last = time.Now()
	entry.Time, entry.Event, entry.Status, entry.Detail = w.last.UTC(), outcome.EventResult, change.Status, change.Detail
	if err := w.Journal.Append(entry); err != nil {
		return "", err
	}
	return w.transferred(s, err), nil
}

// transferred says what follows from how a transfer ended: what was cut off is
// taken up again over a new connection.
func (w *walk) transferred(s *playbooks.PlannedStep, err error) Event {
	switch {
	case err == nil:
		return rungDone
	case errors.Is(err, transport.ErrGateShut):
		w.shut = true
		return gateShut
	case transport.KindOf(err) == transport.KindLost:
		w.doubt, w.unsent = s, true
		w.hangUp()
		return inDoubt
	}
	w.trouble = fmt.Sprintf("step %s: %v", s.Step.ID, err)
	return stepFailed
}

// put uploads files, and says which with their hashes.
func (w *walk) put(ctx context.Context, s *playbooks.PlannedStep, list []string) (string, error) {
	files, ok := transport.FilesOf(w.conn)
	if !ok {
		return "", errNoFiles
	}
	ctx, cancel := context.WithTimeout(ctx, stepTimeout(s))
	defer cancel()
	var said []string
	for _, from := range list {
		name := filepath.Base(from)
		if w.moved[s.Step.ID+"/"+name] { // before the link broke
			continue
		}
		if !fileName.MatchString(name) {
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

// fetch brings the files of a folder of the host into the run's folder.
func (w *walk) fetch(ctx context.Context, s *playbooks.PlannedStep) (Event, error) {
	names, event := w.list(ctx, s)
	if event != rungDone {
		return event, nil
	}
	folder, name, err := w.Folders.Support(w.host.Name)
	if err != nil {
		return "", err
	}
	files, ok := transport.FilesOf(w.conn)
	if !ok {
		return w.transferred(s, errNoFiles), nil
	}
	ctx, cancel := context.WithTimeout(ctx, stepTimeout(s))
	defer cancel()
	for _, file := range names {
		if w.moved[s.Step.ID+"/"+file] {
			continue
		}
		moved, err := files.Get(ctx, transport.Download{
			From: path.Join(s.From, file), To: filepath.Join(folder, file), MaxBytes: maxSupportBytes, Progress: w.progress(file),
		})
		if err != nil {
			return w.transferred(s, err), nil
		}
		w.moved[s.Step.ID+"/"+file] = true
		w.out.Support = append(w.out.Support, outcome.SupportFile{Name: name + "/" + file, Bytes: moved.Bytes, SHA256: moved.SHA256})
	}
	return rungDone, nil
}

// list returns the names of the plain files in a folder of the host. A name
// that could not be one here is refused.
func (w *walk) list(ctx context.Context, s *playbooks.PlannedStep) ([]string, Event) {
	line := fmt.Sprintf("cd %s || exit 1\nfor f in *; do\n  if [ -f \"$f\" ] && [ ! -h \"$f\" ]; then printf '%%s\\n' \"$f\"; fi\ndone", s.From)
	commands := []transport.Command{{ID: s.Step.ID, Line: line, Timeout: listTimeout}}
	t, err := w.conn.Run(ctx, commands)
	w.record(commands, t)
	if err != nil {
		return nil, w.transferred(s, err)
	}
	if r := t.Results[0]; r.Err != nil || r.Exit != 0 {
		return nil, w.transferred(s, fmt.Errorf("its files could not be listed: %s", firstLine(r.Stderr)))
	}
	var names []string
	for name := range strings.SplitSeq(string(t.Results[0].Stdout), "\n") {
		switch {
		case name == "":
		case !fileName.MatchString(name) || name == caseFile || len(names) >= maxSupportFiles:
			// It stays on the host, and so does its folder.
			return nil, w.transferred(s, fmt.Errorf("%s can't be a file of support data here, or there are more than %d", printable(name), maxSupportFiles))
		default:
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, w.transferred(s, errors.New("there is no file in it"))
	}
	return names, rungDone
}
