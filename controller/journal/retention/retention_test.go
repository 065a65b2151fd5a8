package retention

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/journal"
	"aixmend/controller/outcome"
)

// kept returns a run that ended some days before now.
func kept(now time.Time, id string, days int, command string, code outcome.Code) keptRun {
	return keptRun{id: id, state: journal.StateEnded, last: now.Add(-time.Duration(days) * 24 * time.Hour),
		run: &outcome.Run{ID: id, Command: command, Playbook: outcome.Playbook{Name: "p"}, ExitCode: int(code)}}
}

func TestRulesJudge(t *testing.T) {
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
		r      Rules
		runs   []keptRun
		latest string
		gone   string
		stay   string // one of the expected reasons
	}{
		{"nothing there", Rules{Newest: 1}, nil, "", "", ""},
		{"by number", Rules{Newest: 1}, audits(nil), "a1", "a2 a4 a5", "a3: it is the newest audit with p that succeeded"},
		{"a plugin that warned", Rules{Newest: 1}, audits(func(r []keptRun) { r[1].run.Convention, r[1].run.ExitCode = outcome.ConventionNagios, 1 }), "a1", "a3 a4 a5", "a2: it is the newest audit with p that succeeded"},
		{"the newest is a plugin that warned", Rules{Newest: 1}, audits(func(r []keptRun) { r[0].run.Convention, r[0].run.ExitCode = outcome.ConventionNagios, 1 }), "", "a2 a3 a4 a5", ""},
		{"more than there are", Rules{Newest: 7}, audits(nil), "a1", "", ""},
		{"by age", Rules{OlderThan: 25 * day}, audits(nil), "a1", "a4 a5", "r1: it is the newest finished recover with p"},
		{"past both", Rules{Newest: 4, OlderThan: 5 * day}, audits(nil), "a1", "a5", ""},
		{"as old as the bound", Rules{OlderThan: 40 * day}, audits(nil), "a1", "a5", ""},
		{"the latest", Rules{Newest: 1}, audits(nil), "a5", "a2 a4", "a5: it is the latest"},
		{"running", Rules{Newest: 1}, audits(func(r []keptRun) { r[4].state, r[4].run = journal.StateRunning, nil }), "a1", "a2 a4", "a5: it is still running"},
		{"open", Rules{Newest: 1}, audits(func(r []keptRun) { r[4].state, r[4].run = journal.StateOpen, nil }), "a1", "a2 a4", "a5: it is open: aixmend resume a5"},
		{"an open run reads it", Rules{Newest: 1}, audits(func(r []keptRun) { r[0].state, r[0].refs = journal.StateOpen, []string{"a4"} }), "a1", "a5", "a4: run a1 needs it and has not finished"},
		{"cut off before it began", Rules{Newest: 1}, audits(func(r []keptRun) { r[4].state, r[4].run = journal.StateCutOff, nil }), "a1", "a2 a4 a5", ""},
		{"unreadable", Rules{Newest: 1}, audits(func(r []keptRun) { r[4].problem = errors.New("torn") }), "a1", "a2 a4", "a5: it can't be read: torn"},
		{"it is young", Rules{OlderThan: time.Hour}, audits(func(r []keptRun) { r[1].last = now.Add(-day + time.Second) }), "a1", "a4 a5", "a2: it is younger than 24 hours\n"},
		{"its attempts count", Rules{OlderThan: time.Hour}, audits(func(r []keptRun) {
			r[0].run.Command, r[1].run.Command = "recover", "recover"
			r[0].run.ExitCode, r[1].last = 0, now.Add(-day+time.Second)
		}), "a1", "a4 a5 r1", "a2: it is younger than 24 hours: --attempts counts it\n"},
		{"its clock was ahead", Rules{Newest: 1}, audits(func(r []keptRun) { r[1].last = now.Add(day) }), "a1", "a4 a5", "a2: it is younger than"},
		{"could be rolled back, by number", Rules{Newest: 1}, audits(func(r []keptRun) { r[4].changes = 2 }), "a1", "a2 a4", "a5: aixmend recover --undo a5 could roll back 2 changes; --older-than removes it"},
		{"could be rolled back, by age", Rules{OlderThan: 35 * day}, audits(func(r []keptRun) { r[4].changes = 1 }), "a1", "a5", ""},
		{"the newest was interrupted", Rules{Newest: 1}, audits(func(r []keptRun) { r[0].run.ExitCode = 130 }), "a1", "a4 a5", "a2: it is the newest finished audit with p"},
		{"the newest that covered an inventory host", Rules{Newest: 1}, audits(func(r []keptRun) {
			r[0].run.Hosts = []outcome.HostSummary{{Name: "h1", Outcome: outcome.Healthy}}
			r[1].run.Hosts = []outcome.HostSummary{{Name: "h2", Outcome: outcome.Skipped, Interrupted: true}, {Name: "gone", Outcome: outcome.Healthy}}
			r[3].run.Hosts = []outcome.HostSummary{{Name: "h1", Outcome: outcome.Healthy}, {Name: "h2", Outcome: outcome.Unreachable}}
			r[4].run.Hosts = r[3].run.Hosts
		}), "a1", "a2 a5", "a4: it is the newest audit with p that covered h2"},
		{"another playbook", Rules{Newest: 1}, audits(func(r []keptRun) { r[4].run.Playbook.Name = "q" }), "a1", "a2 a4", "a5: it is the newest finished audit with q"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.r.Now = now
			m := memory{map[string]bool{}, map[string]map[string]bool{}}
			for i, run := range c.runs {
				if run.state == journal.StateEnded {
					c.runs[i].needed = m.needs(run.run, func() []outcome.HostSummary { return run.run.Hosts }, func() []string { return inventory })
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
				t.Errorf("want it kept because %q:\n%s", c.stay, reasons.String())
			}
		})
	}
}
