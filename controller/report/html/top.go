package html

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// Rows of the summary tables that a page shows. A fleet in which every host is ill
// in its own way has more of them than anybody reads.
const pageRows = 200

// Bytes of the names in one of these rows.
const pageNames = 200

// pageTop is what the template shows before the hosts.
type pageTop struct {
	Run                   outcome.Run
	Title                 string
	Started, Finished     string
	Took                  string
	Meaning, LastSuccess  string
	Resumed               []string
	Total                 int
	Counts                []pageCount
	Fleet                 []pageFleet
	Folds                 []pageFold
	MoreFolds, MoreInThem int
}

type pageCount struct {
	Outcome outcome.Outcome
	Mark    string
	Hosts   int
}

type pageFleet struct{ ID, Title, Hosts string }

// pageFold is hosts that ended alike.
type pageFold struct {
	pageCount
	Number      int
	Names, What string
}

func newPageTop(e report.Evidence, folds []report.Fold) pageTop {
	run := e.Run
	for _, text := range []*string{&run.ID, &run.Version, &run.Command, &run.Undoes, &run.Playbook.Name, &run.ExitReason, &run.By.User, &run.By.Machine, &run.By.Terminal, &run.Limit, &run.Ticket} {
		*text = report.Clean(*text, false)
	}
	top := pageTop{
		Run: run, Title: fmt.Sprintf("%s of %s", run.Command, report.Hosts(len(run.Hosts))),
		Started: clock(run.Started), Finished: clock(run.Finished), LastSuccess: clock(e.LastSuccess), Total: len(run.Hosts),
		Meaning: meaning(run),
	}
	if !run.Started.IsZero() && run.Finished.After(run.Started) {
		top.Took = run.Finished.Sub(run.Started).Round(time.Second / 10).String()
	}
	for _, at := range run.Resumed {
		top.Resumed = append(top.Resumed, clock(at))
	}
	counts := outcome.Count(run.Hosts)
	for _, o := range outcome.Outcomes() {
		top.Counts = append(top.Counts, pageCount{o, mark(o), counts[o]})
	}
	for _, f := range run.Fleet {
		top.Fleet = append(top.Fleet, pageFleet{report.Clean(f.ID, false), report.Clean(f.Title, false), namesOf(f.Hosts)})
	}
	for i, f := range folds {
		if i >= pageRows {
			top.MoreFolds++
			top.MoreInThem += len(f.Hosts)
			continue
		}
		top.Folds = append(top.Folds, pageFold{
			pageCount: pageCount{f.Outcome, mark(f.Outcome), len(f.Hosts)}, Number: i,
			Names: namesOf(f.Hosts), What: report.Clean(f.What(), false),
		})
	}
	return top
}

// namesOf names hosts, as many as fit in a cell of a table.
func namesOf(hosts []string) string {
	names := report.Clean(report.Compact(hosts), false)
	if len(names) <= pageNames {
		return names
	}
	kept := head(names, pageNames)
	if end := strings.LastIndexAny(kept, ", "); end > 0 {
		kept = kept[:end]
	}
	return kept + ", …"
}

// meaning says what the exit code of a run means, by the convention it follows.
func meaning(run outcome.Run) string {
	codes := outcome.Codes()
	if run.Convention == outcome.ConventionNagios {
		codes = outcome.PluginCodes()
	}
	for _, m := range codes {
		if int(m.Code) == run.ExitCode {
			return m.Means
		}
	}
	return ""
}

// clock is a time for people; "" for none.
func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// mark is the sign of an outcome: its colour alone says nothing to many.
func mark(o outcome.Outcome) string {
	switch o {
	case outcome.Unknown:
		return "?"
	case outcome.Failed:
		return "×"
	case outcome.NeedsAction:
		return "!"
	case outcome.Unreachable:
		return "∅"
	case outcome.Skipped:
		return "–"
	case outcome.Degraded:
		return "~"
	case outcome.Recovered:
		return "+"
	case outcome.OutcomeUndone:
		return "«"
	}
	return "✓"
}

// pageBottom is what the template shows after the hosts.
type pageBottom struct {
	Findings []*pageGroup
	More     int
}

// pageGroup is a finding with the hosts that have it.
type pageGroup struct {
	ID, Title              string
	Severity               outcome.Severity
	Hosts, Waived, Expired int
	names                  []string
	differ                 bool // the titles of the hosts
	Names                  string
}

// findings gathers the findings of the hosts by their ids.
type findings map[string]*pageGroup

func (all findings) add(h outcome.Host) {
	seen := map[string]bool{}
	for _, f := range h.Findings {
		g := all[f.ID]
		if g == nil {
			g = &pageGroup{ID: f.ID, Title: f.Title, Severity: f.Severity}
			all[f.ID] = g
		}
		g.differ = g.differ || f.Title != g.Title
		if rank(f.Severity) < rank(g.Severity) { // the gravest counts
			g.Severity, g.Title = f.Severity, f.Title
		}
		if seen[f.ID] {
			continue
		}
		seen[f.ID] = true
		g.names = append(g.names, h.Host)
		switch {
		case f.Waived:
			g.Waived++
		case f.Expired != "":
			g.Expired++
		}
	}
}

// rank is the place of a severity, the gravest first.
func rank(s outcome.Severity) int {
	if i := slices.Index(outcome.Severities(), s); i >= 0 {
		return i
	}
	return len(outcome.Severities())
}

// bottom sorts them: the gravest first, then those of the most hosts.
func (all findings) bottom() pageBottom {
	var list []*pageGroup
	for _, g := range all {
		g.Hosts = len(g.names)
		g.Names = namesOf(g.names)
		g.ID, g.Title = report.Clean(g.ID, false), report.Clean(g.Title, false)
		if g.differ { // what is said of one host is not said of the others
			g.Title = "for example: " + g.Title
		}
		list = append(list, g)
	}
	slices.SortFunc(list, func(a, b *pageGroup) int {
		return cmp.Or(rank(a.Severity)-rank(b.Severity), b.Hosts-a.Hosts, cmp.Compare(a.ID, b.ID))
	})
	more := max(0, len(list)-pageRows)
	return pageBottom{Findings: list[:len(list)-more], More: more}
}
