package guide

import (
	"maps"
	"slices"
	"strings"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/playbooks"
)

// Changed lists the steps of a run that took effect, or may have, by rung: once for hosts with the
// same ones. entries are its journal.
func (g Guide) Changed(entries []outcome.Entry) string {
	if g.run.Command != string(controller.Recover) || g.run.Undoes != "" {
		return ""
	}
	of := map[string][]string{} // the hosts, by their steps
	for host, t := range outcome.Trails(entries) {
		steps, rung := "", ""
		for _, c := range controller.Changes(*t) {
			if c.Rung != rung {
				steps += "; " + c.Rung + ": " + c.Step
			} else {
				steps += ", " + c.Step
			}
			rung = c.Rung
		}
		if steps != "" {
			of[steps] = append(of[steps], host)
		}
	}
	for _, hosts := range of {
		slices.Sort(hosts)
	}
	text := ""
	for _, steps := range slices.SortedFunc(maps.Keys(of), func(a, b string) int { return strings.Compare(of[a][0], of[b][0]) }) {
		text += report.Cleanf("changed: %s: %s\n", report.Compact(of[steps]), strings.TrimPrefix(steps, "; "))
	}
	return text
}

// RollBack says how to roll the run back, "" where it recovered no host, or sent no step that has
// an undo. entries are its journal.
func (g Guide) RollBack(entries []outcome.Entry) string {
	recovered := slices.ContainsFunc(g.run.Hosts, func(h outcome.HostSummary) bool { return h.Outcome == outcome.Recovered })
	undoes := func(t *outcome.Trail) bool {
		return slices.ContainsFunc(controller.Changes(*t), func(u playbooks.Change) bool { return u.NoUndo() == "" })
	}
	if !recovered || g.run.Undoes != "" || !slices.ContainsFunc(slices.Collect(maps.Values(outcome.Trails(entries))), undoes) {
		return ""
	}
	return g.held() + "to roll back: " + strings.Join(g.Quoted("aixmend", "recover", "--undo", g.run.ID), " ") + "\n"
}

// NothingUndone says on which hosts a rollback ended undone without a step to undo, "" for none.
func (g Guide) NothingUndone() string {
	var hosts []string
	for _, h := range g.run.Hosts {
		if h.Outcome == outcome.OutcomeUndone && strings.HasPrefix(h.Reason, outcome.ReasonNothing) {
			hosts = append(hosts, h.Name)
		}
	}
	if len(hosts) == 0 {
		return ""
	}
	return report.Cleanf("of the undone hosts, nothing had to be undone on %s: %s\n", report.Hosts(len(hosts)), report.Compact(hosts))
}
