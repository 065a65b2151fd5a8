package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/outcome"
)

func TestParseAge(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"30d": 720 * time.Hour, "1d": 24 * time.Hour, "4w": 672 * time.Hour, "12h": 12 * time.Hour, "90m": 90 * time.Minute, "1h30m": 90 * time.Minute, "15250w": 15250 * 168 * time.Hour,
	} {
		var got olderThan
		if err := got.Set(text); err != nil || time.Duration(got) != want {
			t.Errorf("%s: %s, %v", text, time.Duration(got), err)
		}
	}
	for text, says := range map[string]string{
		"": "is no age", "30": "is no age", "d": "is no age", "-1d": "is no age", "+1d": "is no age", "1.5d": "is no age", "1 d": "is no age", "30D": "is no age", "1d12h": "is no age", "1y": "is no age",
		"0d": "more than 0", "0s": "more than 0", "-1h": "more than 0", "0": "more than 0", "15251w": "too long", "99999999999999999999d": "too long", "\x1b[31m": "is no age",
	} {
		var got olderThan
		if err := got.Set(text); err == nil || !strings.Contains(err.Error(), says) || got != 0 {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

// kept makes a run that ended some days before now.
func kept(now time.Time, id string, days int, command string, code outcome.Code) keptRun {
	return keptRun{id: id, state: stateEnded, last: now.Add(-time.Duration(days) * 24 * time.Hour),
		run: &outcome.Run{ID: id, Command: command, Playbook: outcome.Playbook{Name: "p"}, ExitCode: int(code)}}
}

func TestRetention(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	day := 24 * time.Hour
	inventory := []string{"h1", "h2", "h3"}
	audits := func(change func(runs []keptRun)) []keptRun {
		runs := []keptRun{
			kept(now, "a1", 1, "audit", 3), kept(now, "a2", 10, "audit", 3), kept(now, "a3", 20, "audit", 0),
			kept(now, "a4", 30, "audit", 0), kept(now, "a5", 40, "audit", 3), kept(now, "r1", 50, "recover", 0),
		}
		if change != nil {
			change(runs)
		}
		return runs
	}
	for _, c := range []struct {
		name   string
		r      retention
		runs   []keptRun
		latest string
		gone   string
		stay   string // a reason among those that are given
	}{
		{"nothing there", retention{newest: 1}, nil, "", "", ""},
		{"by number", retention{newest: 1}, audits(nil), "a1", "a2 a4 a5", "a3: it is the newest audit with p that ended with exit code 0"},
		{"more than there are", retention{newest: 7}, audits(nil), "a1", "", ""},
		{"by age", retention{older: 25 * day}, audits(nil), "a1", "a4 a5", "r1: it is the newest recover with p that has ended"},
		{"past both", retention{newest: 4, older: 5 * day}, audits(nil), "a1", "a5", ""},
		{"as old as the bound", retention{older: 40 * day}, audits(nil), "a1", "a5", ""},
		{"the latest", retention{newest: 1}, audits(nil), "a5", "a2 a4", "a5: it is the latest"},
		{"running", retention{newest: 1}, audits(func(r []keptRun) { r[4].state, r[4].run = stateRunning, nil }), "a1", "a2 a4", "a5: it is still running"},
		{"open", retention{newest: 1}, audits(func(r []keptRun) { r[4].state, r[4].run = stateOpen, nil }), "a1", "a2 a4", "a5: it is open: aixmend resume a5"},
		{"an open one takes it back", retention{newest: 1}, audits(func(r []keptRun) { r[0].state, r[0].refs = stateOpen, []string{"a4"} }), "a1", "a5", "a4: run a1, which has not ended, looks at it"},
		{"cut off at its birth", retention{newest: 1}, audits(func(r []keptRun) { r[4].state, r[4].run = stateCut, nil }), "a1", "a2 a4 a5", ""},
		{"not to be read", retention{newest: 1}, audits(func(r []keptRun) { r[4].problem = errors.New("torn") }), "a1", "a2 a4", "a5: it can't be read: torn"},
		{"its attempts count", retention{older: time.Hour}, audits(func(r []keptRun) { r[1].last = now.Add(-day + time.Second) }), "a1", "a4 a5", "a2: it is younger than 24h0m0s"},
		{"of a clock that is ahead", retention{newest: 1}, audits(func(r []keptRun) { r[1].last = now.Add(day) }), "a1", "a4 a5", "a2: it is younger than"},
		{"could be taken back, by number", retention{newest: 1}, audits(func(r []keptRun) { r[4].changes = 2 }), "a1", "a2 a4", "a5: aixmend recover --undo a5 could take 2 changes of it back; --older-than lets it go"},
		{"could be taken back, by age", retention{older: 35 * day}, audits(func(r []keptRun) { r[4].changes = 1 }), "a1", "a5", ""},
		{"the newest was interrupted", retention{newest: 1}, audits(func(r []keptRun) { r[0].run.ExitCode = 130 }), "a1", "a4 a5", "a2: it is the newest audit with p that has ended"},
		{"the newest that has seen a host of the inventory", retention{newest: 1}, audits(func(r []keptRun) {
			r[0].run.Hosts = []outcome.HostSummary{{Name: "h1", Outcome: outcome.Healthy}}
			r[1].run.Hosts = []outcome.HostSummary{{Name: "h2", Outcome: outcome.Skipped, Interrupted: true}, {Name: "gone", Outcome: outcome.Healthy}}
			r[3].run.Hosts = []outcome.HostSummary{{Name: "h1", Outcome: outcome.Healthy}, {Name: "h2", Outcome: outcome.Unreachable}}
			r[4].run.Hosts = r[3].run.Hosts
		}), "a1", "a2 a5", "a4: it is the newest audit with p that has seen h2"},
		{"another playbook", retention{newest: 1}, audits(func(r []keptRun) { r[4].run.Playbook.Name = "q" }), "a1", "a2 a4", "a5: it is the newest audit with q that has ended"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.r.now = now
			m := memory{map[string]bool{}, map[string]map[string]bool{}}
			for i, run := range c.runs {
				if run.state == stateEnded {
					c.runs[i].needed = m.rests(run.run, inventory)
				}
			}
			gone, stay := c.r.judge(c.runs, c.latest)
			var ids []string
			for _, run := range gone {
				ids = append(ids, run.id)
			}
			if diff := cmp.Diff(c.gone, strings.Join(ids, " ")); diff != "" {
				t.Errorf("gone (-want +got):\n%s", diff)
			}
			var reasons strings.Builder
			for _, s := range stay {
				reasons.WriteString(s.ID + ": " + s.Reason + "\n")
			}
			if !strings.Contains(reasons.String(), c.stay) {
				t.Errorf("it stays for another reason than %q:\n%s", c.stay, reasons.String())
			}
		})
	}
}
