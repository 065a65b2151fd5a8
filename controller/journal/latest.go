package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"aixmend/controller/journal/durable"
	"aixmend/controller/outcome"
	"aixmend/inventory/naming"
)

// NoRun is the error for a run that is not there.
type NoRun struct{ text string }

// Error says which run of which state folder.
func (n *NoRun) Error() string { return n.text }

// noRun returns a NoRun.
func noRun(format string, args ...any) error { return &NoRun{fmt.Sprintf(format, args...)} }

// Resolve returns the id of an existing run, from its whole id or "latest".
func (s *Store) Resolve(ref string) (string, error) {
	if ref == latest {
		id, err := s.readLatest()
		if err != nil {
			return "", fmt.Errorf("there is no finished run in %s", s.root)
		}
		ref = id
	}
	if err := naming.CheckFile("run", ref); err != nil {
		return "", err
	}
	if _, err := os.Stat(s.RunDir(ref)); err != nil {
		return "", noRun("there is no run %s in %s", ref, s.root)
	}
	return ref, s.Readable(ref)
}

func (s *Store) readLatest() (string, error) {
	path := filepath.Join(s.root, "runs", latest)
	if target, err := os.Readlink(path); err == nil {
		return filepath.Base(target), nil
	}
	text, err := durable.ReadFile(path) // a plain file where links are not supported
	return strings.TrimSpace(string(text)), err
}

// pointLatest replaces the link "latest" atomically.
func (s *Store) pointLatest(id string) error {
	dir := filepath.Join(s.root, "runs")
	temporary := filepath.Join(dir, "."+latest+"-"+id)
	_ = s.disk.Remove(temporary) // left by a process that was killed here
	if err := s.disk.Symlink(id, temporary); err != nil {
		return s.disk.Write(filepath.Join(dir, latest), []byte(id+"\n")) // links are not supported
	}
	if err := s.disk.Rename(temporary, filepath.Join(dir, latest)); err != nil {
		_ = s.disk.Remove(temporary)
		return fmt.Errorf("latest: %w", err)
	}
	return s.disk.SyncDir(dir)
}

// Meant returns the id of the run that a person means: the one named, else the newest that
// has a report of the host, else, without a host, the newest, finished or not.
func (s *Store) Meant(ref, host string) (string, error) {
	switch {
	case ref != "":
		return s.Named(ref)
	case host != "":
		return s.NewestOf(host)
	}
	return s.newest("can be reported", func(string) bool { return true })
}

// NewestOf returns the id of the newest run that has a report of a host, or that has begun
// with it and was killed or still runs.
func (s *Store) NewestOf(host string) (string, error) {
	if err := naming.CheckFile("host", host); err != nil {
		return "", err
	}
	return s.newest("has a report of "+host, func(id string) bool {
		if _, err := os.Stat(filepath.Join(s.RunDir(id), "hosts", host+".json")); err == nil {
			return true
		}
		if _, err := os.Stat(filepath.Join(s.RunDir(id), "run.json")); err == nil {
			return false
		}
		entries, err := s.ReadJournal(id)
		return err == nil && slices.ContainsFunc(entries, func(e outcome.Entry) bool { return e.Host == host })
	})
}

// NewestChange returns the id of the run that sent the newest change and is no rollback. A
// resumed run counts by its last change, not by when it began. A run that can't be read may
// be that one: that is an error.
func (s *Store) NewestChange() (string, error) {
	ids, err := s.RunIDs()
	if err != nil {
		return "", err
	}
	newest, last := "", time.Time{}
	for _, id := range ids {
		if err := s.Readable(id); err != nil {
			return "", err
		}
		// A journal that was written last before a change has none after it.
		if at, err := os.Stat(filepath.Join(s.RunDir(id), "journal.jsonl")); err != nil || at.ModTime().Before(last) {
			continue
		}
		var asked struct{ Undoes string } // run.json is not there before the run has ended
		if s.LoadRequestHead(id, &asked) == nil && asked.Undoes != "" {
			continue
		}
		entries, err := s.ReadJournal(id)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if e.Event == outcome.EventIntent && e.Time.After(last) {
				newest, last = id, e.Time
			}
		}
	}
	if newest == "" {
		return "", noRun("no run in %s changed a host", s.root)
	}
	return newest, nil
}

// Before returns the id of the run that a person compares one with: the newest before it of
// its playbook that saw all its hosts, or else one of them; all says which. Every verb counts,
// since each diagnoses; a plan that was made for a question is passed over.
func (s *Store) Before(run *outcome.Run) (id string, all bool, err error) {
	some := ""
	id, err = s.newest("of the same playbook with a host of it is older than "+run.ID, func(id string) bool {
		if id >= run.ID {
			return false
		}
		head, err := s.LoadHead(id)
		if err != nil || head.ForQuestion || head.Playbook.Name != run.Playbook.Name {
			return false
		}
		if n := head.Size(); some != "" && n > 0 && n < len(run.Hosts) {
			return false // one that saw some of the hosts is found already
		}
		other, err := s.LoadRun(id)
		if err != nil {
			return false
		}
		shared := shares(other, run)
		if shared > 0 && some == "" {
			some = id
		}
		return shared == len(run.Hosts)
	})
	if none := new(NoRun); some != "" && errors.As(err, &none) {
		return some, false, nil
	}
	return id, true, err
}

// shares counts the hosts of a run that another has, too.
func shares(other, run *outcome.Run) int {
	has := make(map[string]bool, len(other.Hosts))
	for _, h := range other.Hosts {
		has[h.Name] = true
	}
	n := 0
	for _, h := range run.Hosts {
		if has[h.Name] {
			n++
		}
	}
	return n
}

// newest returns the newest run for which wanted holds; which says so in the error. A run
// that can't be read may be a newer one: that is an error.
func (s *Store) newest(which string, wanted func(id string) bool) (string, error) {
	ids, err := s.RunIDs() // the newest first
	if err != nil {
		return "", err
	}
	for i, id := range ids {
		if err := s.Readable(id); err != nil {
			return "", err
		}
		if wanted(id) && !s.overtaken(id, ids[i+1:]) {
			return id, nil
		}
	}
	return "", noRun("no run in %s %s", s.root, which)
}

// maxPreviews is how many runs before a preview may be the one that it was made for.
const maxPreviews = 20

// overtaken reports whether a run is the preview of one that began earlier and has gone on
// since: a resumed run keeps its id. older are the runs before it, the newest first.
func (s *Store) overtaken(id string, older []string) bool {
	run, err := s.LoadHead(id)
	if err != nil || !run.ForQuestion {
		return false
	}
	for _, other := range older[:min(len(older), maxPreviews)] {
		at, err := os.Stat(filepath.Join(s.RunDir(other), "journal.jsonl"))
		if err == nil && at.ModTime().After(run.Finished) {
			return true
		}
	}
	return false
}
