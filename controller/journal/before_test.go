package journal

import (
	"strings"
	"testing"
	"time"

	"aixmend/controller/outcome"
)

// A run is compared with the newest before it that a person means: one that saw the same hosts.
func TestBefore(t *testing.T) {
	began := time.Now().Add(-time.Hour)
	later := outcome.Run{Command: "audit", Playbook: outcome.Playbook{Name: "p"}, Hosts: []outcome.HostSummary{{Name: "a"}, {Name: "b"}}}
	run := func(command string, hosts ...string) outcome.Run {
		r := outcome.Run{Command: command, Playbook: later.Playbook, Counts: map[outcome.Outcome]int{}}
		for _, host := range hosts {
			r.Hosts = append(r.Hosts, outcome.HostSummary{Name: host})
		}
		return r
	}
	of := func(r outcome.Run, edit func(*outcome.Run)) outcome.Run { edit(&r); return r }
	question := of(run("plan", "a", "b"), func(r *outcome.Run) { r.ForQuestion = true })
	for name, c := range map[string]struct {
		runs []outcome.Run
		want int // the index of the run, -1 for none
	}{
		"none":                          {nil, -1},
		"the newest":                    {[]outcome.Run{run("audit", "a", "b"), run("audit", "a", "b")}, 1},
		"one host alone is no such run": {[]outcome.Run{run("audit", "a", "b", "c"), run("audit", "a")}, 0},
		"a capture diagnoses, too":      {[]outcome.Run{run("audit", "a", "b"), run("capture", "a", "b")}, 1},
		"a plan for a question":         {[]outcome.Run{run("plan", "a", "b"), question}, 0},
		"a recover ends with a look":    {[]outcome.Run{run("audit", "a", "b"), run("recover", "a", "b")}, 1},
		"a recover of one host":         {[]outcome.Run{run("audit", "a", "b"), run("recover", "a")}, 0},
		"another playbook":              {[]outcome.Run{of(run("audit", "a", "b"), func(r *outcome.Run) { r.Playbook.Name = "q" })}, -1},
		"some of the hosts, else":       {[]outcome.Run{run("audit", "b"), run("audit", "a"), run("audit", "c")}, 1},
		"other hosts":                   {[]outcome.Run{run("audit", "c")}, -1},
	} {
		t.Run(name, func(t *testing.T) {
			s, want := open(t), ""
			for i, r := range append(c.runs, later) {
				r.ID = NewRunID(began.Add(time.Duration(i) * time.Minute))
				if i == c.want {
					want = r.ID
				}
				if err := newRun(t, s, r.ID).Finish(r); err != nil {
					t.Fatal(err)
				}
				if i < len(c.runs) {
					continue
				}
				got, all, err := s.Before(&r)
				if some := strings.HasPrefix(name, "some"); got != want || (err == nil) != (want != "") || err == nil && all == some {
					t.Errorf("%q, all hosts %t, %v, want %q", got, all, err, want)
				}
			}
		})
	}
}
