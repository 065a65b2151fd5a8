package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"aixmend/inventory/naming"
)

// A plan is applied to a host once. What this state folder knows of that does not
// rest on the runs, which are removed one day: each plan has a file of its own, with
// a line for each host, which is on the disk before anything is sent to it.

// appliedLine is one line of such a file.
type appliedLine struct {
	Time time.Time `json:"time"`
	Host string    `json:"host"`
	Run  string    `json:"run"`
}

func (s *Store) planFile(plan string) string {
	return filepath.Join(s.root, "plans", plan+".jsonl")
}

// Applied are the hosts to which a plan was applied from this state folder, each with
// the run that did. An error: it can't be read, so it is not known.
func (s *Store) Applied(plan string) (map[string]string, error) {
	if err := naming.CheckFile("plan", plan); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(s.planFile(plan))
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("plan %s: %w", plan, err)
	}
	applied := map[string]string{}
	n := 0
	for line := range bytes.Lines(text) {
		n++
		if !bytes.HasSuffix(line, []byte("\n")) {
			break // torn by a crash: nothing was sent for it
		}
		var a appliedLine
		if err := json.Unmarshal(line, &a); err != nil || a.Host == "" || a.Run == "" {
			return nil, fmt.Errorf("plan %s: %s: line %d can't be read", plan, s.planFile(plan), n)
		}
		if applied[a.Host] == "" { // the first is the one that did
			applied[a.Host] = a.Run
		}
	}
	return applied, nil
}

// MarkApplied notes that a run is about to apply a plan to a host. It is on the disk
// when it returns. Whoever calls it holds the lock of the state folder.
func (s *Store) MarkApplied(plan, host, run string) error {
	if err := naming.CheckFile("plan", plan); err != nil {
		return err
	}
	line, err := json.Marshal(appliedLine{time.Now().UTC(), host, run})
	if err != nil {
		return fmt.Errorf("plan %s: %w", plan, err)
	}
	path := s.planFile(plan)
	if err := os.MkdirAll(filepath.Dir(path), dirMode); err != nil {
		return fmt.Errorf("plan %s: %w", plan, err)
	}
	if err := appendSynced(path, append(line, '\n')); err != nil {
		return fmt.Errorf("plan %s: %w", plan, err)
	}
	return nil
}

// appendSynced appends a line to a file of lines, safe from a power loss. What a crash
// has left behind the last whole line is cut off.
func appendSynced(path string, line []byte) (err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, fileMode)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	end, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	last := []byte{'\n'}
	if end > 0 {
		if _, err := file.ReadAt(last, end-1); err != nil {
			return err
		}
	}
	if last[0] != '\n' {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		end = int64(bytes.LastIndexByte(text, '\n') + 1)
		if err := file.Truncate(end); err != nil {
			return err
		}
	}
	if _, err := file.WriteAt(line, end); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}
