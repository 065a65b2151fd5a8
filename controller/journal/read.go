package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"aixmend/controller/journal/durable"
	"aixmend/controller/outcome"
	"aixmend/inventory/naming"
	"aixmend/transport/ownership"
)

// RunIDs returns the ids of all runs, newest first.
func (s *Store) RunIDs() ([]string, error) {
	entries, err := durable.ReadDir(filepath.Join(s.root, "runs"))
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, e := range entries {
		if e.IsDir() && naming.IsFile(e.Name()) { // hidden: being removed; others are not ours
			ids = append(ids, e.Name())
		}
	}
	slices.Sort(ids)
	slices.Reverse(ids)
	return ids, nil
}

// read reads a file that others can't change.
func (s *Store) read(path string, read func(path string) error) error {
	var fault *ownership.Fault
	switch err := s.trusted(path); {
	case err == nil:
		return read(path)
	case errors.As(err, &fault), errors.Is(err, fs.ErrPermission):
		return err
	default: // a link that leads nowhere
		return durable.Damage(err)
	}
}

func (s *Store) readHost(path string, h *outcome.Host) error {
	return s.read(path, func(path string) error { return readHost(path, h) })
}

// LoadRun reads run.json. The error wraps fs.ErrNotExist for a run that was killed: it has
// none, or where resume was killed or is at work, only that of the part before.
func (s *Store) LoadRun(id string) (*outcome.Run, error) {
	var run outcome.Run
	if err := s.read(filepath.Join(s.RunDir(id), "run.json"), func(path string) error { return readRun(path, &run) }); err != nil {
		return nil, fmt.Errorf("run %s: %w", id, err)
	}
	s.renameInRun(id, &run)
	return s.checked(id, &run)
}

// checked returns a run, or its head, that was read from its folder.
func (s *Store) checked(id string, run *outcome.Run) (*outcome.Run, error) {
	if err := checkRun(id, run); err != nil {
		return nil, fmt.Errorf("run %s: run.json: %w", id, err)
	}
	if run.Unfinished > 0 && s.wentOn(run, id) {
		return nil, fmt.Errorf("run %s: resumed since its run.json was written: %w", id, fs.ErrNotExist)
	}
	return run, nil
}

// wentOn reports whether the journal of a run has more resumes than its run.json. A clock that
// was set says nothing about it.
func (s *Store) wentOn(run *outcome.Run, id string) bool {
	entries, _ := s.ReadJournal(id) // up to a line that can't be read
	resumes := 0
	for _, e := range entries {
		if e.Event == outcome.EventRun && e.State == outcome.RunResumed {
			resumes++
		}
	}
	return resumes > len(run.Resumed)
}

// ReadJournal reads a run's journal. A last line that a crash has cut off is skipped.
func (s *Store) ReadJournal(id string) ([]outcome.Entry, error) {
	path := filepath.Join(s.RunDir(id), "journal.jsonl")
	var text []byte
	if err := s.read(path, func(path string) (err error) { text, err = durable.ReadFile(path); return err }); err != nil {
		return nil, fmt.Errorf("run %s: %w", id, err)
	}
	var entries []outcome.Entry
	lines := bytes.Split(bytes.TrimRight(text, "\n"), []byte("\n"))
	for i, line := range lines {
		var e outcome.Entry
		if json.Unmarshal(line, &e) != nil {
			if i == len(lines)-1 {
				break // torn by a crash
			}
			return entries, durable.Damage(fmt.Errorf("run %s: %s: line %d can't be read", id, path, i+1))
		}
		if e.Host != "" && !naming.IsFile(e.Host) {
			return entries, durable.Damage(fmt.Errorf("run %s: %s: line %d: host %q can't be a host's name", id, path, i+1, e.Host))
		}
		entries = append(entries, e)
	}
	s.renameInJournal(id, entries)
	return entries, nil
}

// HasChange reports whether the journal of a run has a command that was about to be sent to
// change a host. It parses nothing.
func (s *Store) HasChange(id string) bool {
	path := filepath.Join(s.RunDir(id), "journal.jsonl")
	has := false
	_ = s.read(path, func(path string) error {
		text, err := durable.ReadFile(path)
		has = bytes.Contains(text, []byte(`"event":"`+outcome.EventIntent+`"`)) // quotes in a string are escaped
		return err
	})
	return has
}

// LoadHost reads a host's report. The error wraps fs.ErrNotExist if there is none.
func (s *Store) LoadHost(id, host string) (*outcome.Host, error) {
	if err := naming.CheckFile("host", host); err != nil {
		return nil, err
	}
	var h outcome.Host
	err := s.readHost(filepath.Join(s.RunDir(id), "hosts", host+".json"), &h)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("run %s has no host %s: %w", id, host, fs.ErrNotExist)
	}
	if err == nil {
		err = checkHost(id, host, &h)
	}
	if err != nil {
		return nil, fmt.Errorf("run %s, host %s: %w", id, host, err)
	}
	s.renameInHost(id, &h)
	return &h, nil
}

// checkHost checks that a document is that of a host in a run: its names reach commands
// that a person pastes. It may leave them out.
func checkHost(id, host string, h *outcome.Host) error {
	if h.RunID != "" && h.RunID != id {
		return fmt.Errorf("the document says that it is of run %q", h.RunID)
	}
	if h.Host != "" && h.Host != host {
		return fmt.Errorf("the document says that it is of host %q", h.Host)
	}
	return nil
}

// checkRun is checkHost for the document of a run.
func checkRun(id string, run *outcome.Run) error {
	if run.ID != "" && run.ID != id {
		return fmt.Errorf("the document says that it is of run %q", run.ID)
	}
	for _, h := range run.Hosts {
		if err := naming.CheckFile("host", h.Name); err != nil {
			return err
		}
	}
	if run.Undoes != "" {
		return naming.CheckFile("run", run.Undoes)
	}
	return nil
}

// HasRequest reports whether a run has written its request.
func (s *Store) HasRequest(id string) bool {
	_, err := os.Stat(filepath.Join(s.RunDir(id), "request.json"))
	return err == nil
}

// LoadRequest reads the request of a run: its verb, options and hosts.
func (s *Store) LoadRequest(id string, into any) error {
	if err := s.read(filepath.Join(s.RunDir(id), "request.json"), func(path string) error { return durable.ReadJSON(path, into) }); err != nil {
		return fmt.Errorf("run %s: %w", id, err)
	}
	return nil
}

// LoadCheckpoint returns the last checkpoint of a host; nil: there is none.
func (s *Store) LoadCheckpoint(id, host string) (*outcome.Host, error) {
	if err := naming.CheckFile("host", host); err != nil {
		return nil, err
	}
	var h outcome.Host
	err := s.readHost(filepath.Join(s.checkpointsDir(id), host+".json"), &h)
	if errors.Is(err, fs.ErrNotExist) {
		err = s.readHost(filepath.Join(s.RunDir(id), olderCheckpoints, host+".json"), &h)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err == nil:
		err = checkHost(id, host, &h)
	}
	if err != nil {
		return nil, fmt.Errorf("run %s, host %s: %w", id, host, err)
	}
	s.renameInHost(id, &h)
	return &h, nil
}

// Format returns the format of a run's journal, from its first line. Without a first line
// known is false, and no later line was acted on.
func (s *Store) Format(id string) (format int, known bool) {
	file, _, err := ownership.Open(filepath.Join(s.RunDir(id), "journal.jsonl"))
	if err != nil {
		return 0, false
	}
	defer file.Close()
	line, err := bufio.NewReader(io.LimitReader(file, maxFirstLine)).ReadBytes('\n')
	var first outcome.Entry
	if err != nil || json.Unmarshal(line, &first) != nil {
		return 0, false
	}
	return first.Format, true
}

// maxFirstLine bounds the first line of a journal, in bytes.
const maxFirstLine = 64 << 10
