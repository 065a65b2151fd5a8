package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"aixmend/controller/journal/durable"
	"aixmend/inventory/naming"
)

// A plan is applied to a host once. Each plan has a file with a line for each host, which
// is on the disk before a command is sent to the host. Removing runs does not change it.

// appliedLine is a line in a plan's file.
type appliedLine struct {
	Time time.Time `json:"time"`
	Host string    `json:"host"`
	Run  string    `json:"run"`
}

func (s *Store) planFile(plan string) string {
	return filepath.Join(s.root, "plans", plan+".jsonl")
}

// Applied returns the hosts to which a plan was applied from this state folder, each with
// the run that applied it. After an error it is unknown whether a host had the plan.
func (s *Store) Applied(plan string) (map[string]string, error) {
	if err := naming.CheckFile("plan", plan); err != nil {
		return nil, err
	}
	var text []byte
	err := s.read(s.planFile(plan), func(path string) (err error) { text, err = durable.ReadFile(path); return err })
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
			break // torn by a crash: no command was sent
		}
		var a appliedLine
		if err := json.Unmarshal(line, &a); err != nil || a.Host == "" || a.Run == "" {
			return nil, durable.Damage(fmt.Errorf("plan %s: %s: line %d can't be read", plan, s.planFile(plan), n))
		}
		if applied[a.Host] == "" { // the first run applied it
			applied[a.Host] = a.Run
		}
	}
	return applied, nil
}

// MarkApplied records that a run is about to apply a plan to a host. The record is on the
// disk when it returns. The caller holds the lock of the state folder.
func (s *Store) MarkApplied(plan, host, run string) error {
	if err := naming.CheckFile("plan", plan); err != nil {
		return err
	}
	line, err := json.Marshal(appliedLine{time.Now().UTC(), host, run})
	if err != nil {
		return fmt.Errorf("plan %s: %w", plan, err)
	}
	path := s.planFile(plan)
	if err := s.plans.Make(s.disk, filepath.Dir(path)); err != nil {
		return fmt.Errorf("plan %s: %w", plan, err)
	}
	if err := s.trusted(path); err != nil {
		return fmt.Errorf("plan %s: %w", plan, err)
	}
	if err := s.disk.Append(path, append(line, '\n')); err != nil {
		return fmt.Errorf("plan %s: %w", plan, err)
	}
	return nil
}

// AppliedBy returns the runs that were bound to the plan that a run made, the newest first.
func (s *Store) AppliedBy(made string) []string {
	ids, err := s.RunIDs()
	if err != nil {
		return nil
	}
	var list []string
	for _, id := range ids {
		if id <= made { // older, and so are the rest
			break
		}
		var asked struct {
			Plan struct {
				RunID string `json:"run_id"`
			} `json:"plan"`
		}
		if s.LoadRequestHead(id, &asked) == nil && asked.Plan.RunID == made {
			list = append(list, id)
		}
	}
	return list
}
