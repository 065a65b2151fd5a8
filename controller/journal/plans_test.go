package journal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/journal/durable"
)

const planID = "0f1e2d3c"

func planStore(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The record of applied plans does not depend on the runs.
func TestAppliedReturnsFirstRunOfEachHost(t *testing.T) {
	s := planStore(t)
	want := map[string]string{}
	for _, step := range [][2]string{{"a", "r1"}, {"b", "r1"}, {"c", "r2"}, {"a", "r3"}} {
		if got, err := s.Applied(planID); err != nil || !cmp.Equal(got, want) {
			t.Errorf("%v, %v, want %v", got, err, want)
		}
		if err := s.MarkApplied(planID, step[0], step[1]); err != nil {
			t.Fatal(err)
		}
		if want[step[0]] == "" {
			want[step[0]] = step[1]
		}
	}
	if got, err := s.Applied(planID); err != nil || !cmp.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	if got, err := s.Applied("other"); err != nil || len(got) > 0 {
		t.Errorf("another plan: %v, %v", got, err)
	}
	if _, err := s.Applied("../lock"); err == nil {
		t.Error("no error for a path")
	}
}

// An unreadable record is an error. A torn last line is skipped: it was never acted on.
func TestAppliedWithDamagedRecord(t *testing.T) {
	line := `{"time":"2026-11-29T15:13:54Z","host":"a","run":"r1"}` + "\n"
	for name, c := range map[string]struct{ text, err string }{
		"garbage":             {"garbage\n", "line 1 can't be read"},
		"damaged middle line": {line + "{}\n" + line, "line 2 can't be read"},
		"empty":               {"", ""},
		"torn":                {line + `{"time":"2026`, ""},
		"all torn":            {`{"time":"2026`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := planStore(t)
			if err := os.MkdirAll(filepath.Dir(s.planFile(planID)), durable.DirMode); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(s.planFile(planID), []byte(c.text), durable.FileMode); err != nil {
				t.Fatal(err)
			}
			_, err := s.Applied(planID)
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Fatalf("%v, want %s", err, c.err)
			}
			if err != nil {
				return
			}
			if err := s.MarkApplied(planID, "b", "r2"); err != nil {
				t.Fatal(err)
			}
			if got, err := s.Applied(planID); err != nil || got["b"] != "r2" {
				t.Errorf("after it: %v, %v", got, err)
			}
		})
	}
	s := planStore(t)
	if err := os.MkdirAll(s.planFile(planID), durable.DirMode); err != nil { // a folder at its path
		t.Fatal(err)
	}
	if _, err := s.Applied(planID); err == nil {
		t.Error("no error for a folder")
	}
}

// The files on a host have the id of the run that made the plan: a person who types it is led
// to the runs that applied the plan.
func TestAppliedByFindsTheRunsOfAPlan(t *testing.T) {
	s := planStore(t)
	bound := func(id, made string) {
		t.Helper()
		r := newRun(t, s, id)
		var request any = map[string]any{"verb": "recover"}
		if made != "" {
			request = map[string]any{"verb": "recover", "plan": map[string]string{"run_id": made}}
		}
		if err := r.WriteRequest(request); err != nil {
			t.Fatal(err)
		}
	}
	bound("r1", "")
	bound("r2", "r1")
	bound("r3", "r0")
	bound("r4", "r1")
	if diff := cmp.Diff([]string{"r4", "r2"}, s.AppliedBy("r1")); diff != "" {
		t.Error(diff)
	}
	if by := s.AppliedBy("r3"); len(by) > 0 {
		t.Errorf("%v", by)
	}
}
