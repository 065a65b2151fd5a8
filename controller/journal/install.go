package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"aixmend/controller/journal/durable"
	"aixmend/inventory/naming"
)

// replaced begins the name of a run that Install replaces: no run's, as it is hidden.
const replaced = ".replaced-"

// Install moves a run that was made in another state folder, on the same file system, into this
// one: whole, or not at all. A run that is there already stays, and is an error that wraps
// fs.ErrExist, unless replace says that the other one takes its place.
func (s *Store) Install(from *Store, id string, replace bool) error {
	if err := naming.CheckFile("run", id); err != nil {
		return err
	}
	dir, old := s.RunDir(id), filepath.Join(s.root, "runs", replaced+id)
	switch _, err := os.Lstat(dir); {
	case err == nil && !replace:
		return fmt.Errorf("run %s: %w", id, fs.ErrExist)
	case err == nil:
		unlock, err := s.LockRun(id)
		if err != nil {
			return err
		}
		defer func() { _ = unlock() }()
		if err := errors.Join(s.disk.RemoveAll(old), s.disk.Rename(dir, old)); err != nil {
			return fmt.Errorf("run %s: %w", id, err)
		}
	}
	if err := s.disk.Rename(from.RunDir(id), dir); err != nil {
		return errors.Join(fmt.Errorf("run %s: %w", id, err), s.PutBack())
	}
	if err := errors.Join(s.disk.SyncDir(filepath.Join(s.root, "runs")), s.disk.RemoveAll(old)); err != nil {
		return fmt.Errorf("run %s: %w", id, err)
	}
	if newest, err := s.readLatest(); err == nil && newest > id {
		return nil
	}
	return s.pointLatest(id)
}

// PutBack ends each Install that a crash has cut: the run that was to be replaced is there again,
// unless the other one has its place.
func (s *Store) PutBack() error {
	entries, err := durable.ReadDir(filepath.Join(s.root, "runs"))
	if err != nil {
		return err
	}
	var problems []error
	for _, e := range entries {
		id, is := strings.CutPrefix(e.Name(), replaced)
		if !is {
			continue
		}
		old := filepath.Join(s.root, "runs", e.Name())
		if _, err := os.Lstat(s.RunDir(id)); err == nil {
			problems = append(problems, s.disk.RemoveAll(old))
		} else {
			problems = append(problems, s.disk.Rename(old, s.RunDir(id)))
		}
	}
	return errors.Join(problems...)
}
