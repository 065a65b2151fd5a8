package journal

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"aixmend/controller/journal/durable"
	"aixmend/inventory/naming"
)

// Resolve returns the id of an existing run, from its id or "latest".
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
		return "", fmt.Errorf("there is no run %s in %s; see aixmend runs", ref, s.root)
	}
	return ref, nil
}

func (s *Store) readLatest() (string, error) {
	path := filepath.Join(s.root, "runs", latest)
	if target, err := os.Readlink(path); err == nil {
		return filepath.Base(target), nil
	}
	text, err := os.ReadFile(path) // a plain file where links are not supported
	return strings.TrimSpace(string(text)), err
}

// pointLatest replaces the link "latest" atomically.
func (s *Store) pointLatest(id string) error {
	dir := filepath.Join(s.root, "runs")
	temporary := filepath.Join(dir, "."+latest+"-"+id)
	_ = os.Remove(temporary) // left by a process that was killed here
	if err := os.Symlink(id, temporary); err != nil {
		return durable.Write(filepath.Join(dir, latest), []byte(id+"\n")) // links are not supported
	}
	if err := os.Rename(temporary, filepath.Join(dir, latest)); err != nil {
		_ = os.Remove(temporary)
		return fmt.Errorf("latest: %w", err)
	}
	return durable.SyncDir(dir)
}
