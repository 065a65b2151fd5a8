package approve

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"aixmend/cmd/aixmend/planfile"
	"aixmend/transport/plain"
)

// Waiting is a plan file in a folder, with its approvals.
type Waiting struct {
	File string
	Plan *planfile.Plan
	// Approvals are those beside it, also those that don't count.
	Approvals []Found
}

// Approved reports whether an approval of it counts.
func (w Waiting) Approved() bool {
	for _, f := range w.Approvals {
		if f.Err == nil {
			return true
		}
	}
	return false
}

// maxPlans bounds the plans of a list.
const maxPlans = 100

// List returns the plan files (*.json) in a folder, by name, at most maxPlans of them. Files that
// hold something else are left out. It reads and prints nothing else, and obeys none of them.
func List(folder string, s Signers, now time.Time) ([]Waiting, error) {
	c, err := s.checks(now)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, plain.Error(err)
	}
	var list []Waiting
	for _, e := range entries {
		if !e.Type().IsRegular() || !strings.HasSuffix(e.Name(), ".json") || len(list) == maxPlans {
			continue
		}
		file := filepath.Join(folder, e.Name())
		p, err := planfile.LoadToPrint(file)
		if err != nil {
			continue
		}
		subject, err := p.Subject()
		if err != nil {
			continue
		}
		found, err := examine(file, subject, c, read)
		if err != nil {
			found = []Found{{File: file, Err: err}}
		}
		list = append(list, Waiting{File: file, Plan: p, Approvals: found})
	}
	return list, nil
}
