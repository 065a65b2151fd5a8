package html

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/transport/shell"
)

// pageRows bounds the rows of a summary table: a fleet in which every host has another
// problem would have more than anybody reads.
const pageRows = 200

// pageNames bounds the names of hosts in a row, in bytes.
const pageNames = 200

// pageTop is the data of the template's part before the hosts.
type pageTop struct {
	Run                   outcome.Run
	Title, By, Folder     string
	Cd                    string // the command that leads to Folder
	Started, Finished     pageTime
	LastSuccess           pageTime
	Took                  string
	Meaning               string
	Resumed               []pageTime
	Approved              []string
	LeftOpen              []string
	Now                   pageNow
	Before                *pageBefore
	Plan                  string // the plans of all hosts, folded
	Total                 int
	Cloud                 string // the hosts by the health of their VMs, "" where it was not asked
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

// pageTime is a time for people, and for the script, which adds the local time.
type pageTime struct{ Text, ISO string }

// pageNow are the next steps of the run; the zero value where none are known.
type pageNow struct {
	Known bool
	Tasks []pageTask
	More  int
}

// pageTask is one of them.
type pageTask struct {
	Text, Why, Names string
	pageNext
}

// pageNext is the step of a person in words, and a command.
type pageNext struct{ Step, Command string }

// pageBefore is the run that the page compares with.
type pageBefore struct {
	ID, Kind string
	Started  pageTime
	All      bool
	// Worse, Better and First are numbers of hosts, Appeared of findings on them.
	Worse, Better, First, Appeared int
}

type pageFleet struct{ ID, Title, Hosts string }

// pageFold is a group of hosts with the same result.
type pageFold struct {
	pageCount
	Number             int
	Names, Cloud, What string
	Worse              int // of its hosts, since the run before
	pageNext
}

func newPageTop(e report.Evidence, folds []report.Fold) pageTop {
	run := e.Run
	for _, text := range []*string{&run.ID, &run.Version, &run.Command, &run.Undoes, &run.Playbook.Name, &run.ExitReason, &run.Limit, &run.Ticket} {
		*text = report.Clean(*text, false)
	}
	top := pageTop{
		Run: run, Title: fmt.Sprintf("%s of %s", run.Kind(), report.Hosts(len(run.Hosts))),
		Started: timeOf(run.Started), Finished: timeOf(run.Finished), LastSuccess: timeOf(e.LastSuccess), Total: len(run.Hosts),
		Cloud: report.CloudCounts(run), Meaning: meaning(run), By: report.Clean(startedBy(run.By), false),
		Folder: report.Clean(e.Folder, false), Cd: report.Clean("cd "+shell.Word(e.Folder), false), Now: nowOf(e), Plan: planOf(run),
	}
	if !run.Started.IsZero() && run.Finished.After(run.Started) {
		top.Took = run.Finished.Sub(run.Started).Round(time.Second / 10).String()
	}
	for _, a := range run.Approvals {
		top.Approved = append(top.Approved, report.Clean(a.String(), false))
	}
	for _, at := range run.Resumed {
		top.Resumed = append(top.Resumed, timeOf(at))
	}
	for _, o := range run.LeftOpen {
		top.LeftOpen = append(top.LeftOpen, report.LeftOpen(o))
	}
	counts := outcome.Run{Counts: outcome.Count(run.Hosts), Hosts: run.Hosts}.ShownCounts()
	for _, o := range shownOf(run.Hosts) {
		top.Counts = append(top.Counts, pageCount{o, mark(o), counts[o]})
	}
	for _, f := range run.Fleet {
		top.Fleet = append(top.Fleet, pageFleet{report.Clean(f.ID, false), report.Clean(f.Title, false), namesOf(f.Hosts)})
	}
	turns := turnsOf(e)
	top.Before = beforeOf(e, turns)
	for i, f := range folds {
		if i >= pageRows {
			top.MoreFolds++
			top.MoreInThem += len(f.Hosts)
			continue
		}
		top.Folds = append(top.Folds, pageFold{
			pageCount: pageCount{f.Outcome, mark(f.Outcome), len(f.Hosts)}, Number: i,
			Names: namesOf(f.Hosts), Cloud: f.Cloud(), What: report.Clean(f.What(), false),
			Worse: turns.worse(f.Hosts), pageNext: nextOf(e, f),
		})
	}
	return top
}

// startedBy names who started a run, and the terminal.
func startedBy(by outcome.By) string {
	text := by.String()
	if by.Terminal != "" {
		text += ", " + by.Terminal
	}
	return text
}

// namesOf names hosts, as many as fit into a table cell.
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

// shownOf lists the outcomes of the page: those of the documents, and cut_off where a host
// was cut off.
func shownOf(hosts []outcome.HostSummary) []outcome.Outcome {
	if slices.ContainsFunc(hosts, func(h outcome.HostSummary) bool { return h.Shown() == outcome.CutOff }) {
		return outcome.ShownOutcomes()
	}
	return outcome.Outcomes()
}

// meaning returns the meaning of a run's exit code, in its convention.
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

// timeOf renders a time for people; the zero value for the zero time.
func timeOf(t time.Time) pageTime {
	if t.IsZero() {
		return pageTime{}
	}
	return pageTime{t.UTC().Format("2006-01-02 15:04:05 UTC"), t.UTC().Format(time.RFC3339)}
}

// mark returns the symbol of an outcome, for readers who do not see its colour.
func mark(o outcome.Outcome) string {
	switch o {
	case outcome.Unknown:
		return "?"
	case outcome.Failed:
		return "×"
	case outcome.CutOff:
		return "‖"
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

// pageBottom is the data of the template's part after the hosts.
type pageBottom struct {
	Findings []*pageGroup
	More     int
	Cloud    string // as in pageTop
	Back     pageBack
}

// pageGroup is a finding with the hosts that have it.
type pageGroup struct {
	ID, Title              string
	Severity               outcome.Severity
	Hosts, Waived, Expired int
	names                  []string
	differ                 bool // the hosts have different titles
	Names                  string
	New                    int // hosts that did not have it in the run before
	Runbook                string
}

// findings collects the findings of the hosts by id.
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
		if rank(f.Severity) < rank(g.Severity) { // show the gravest
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

// merge adds the findings of other hosts, which come behind these.
func (all findings) merge(more findings) {
	for id, other := range more {
		g := all[id]
		if g == nil {
			all[id] = other
			continue
		}
		g.differ = g.differ || other.differ || other.Title != g.Title
		if rank(other.Severity) < rank(g.Severity) {
			g.Severity, g.Title = other.Severity, other.Title
		}
		g.names = append(g.names, other.names...)
		g.Waived, g.Expired = g.Waived+other.Waived, g.Expired+other.Expired
	}
}

// rank orders severities, the gravest first.
func rank(s outcome.Severity) int {
	if i := slices.Index(outcome.Severities(), s); i >= 0 {
		return i
	}
	return len(outcome.Severities())
}

// bottom sorts the findings: the gravest first, then those of the most hosts.
func (all findings) bottom(e report.Evidence) pageBottom {
	appeared := map[string]int{}
	for _, h := range e.Run.Hosts {
		for _, id := range sinceOf(e.Before, h).appeared {
			appeared[id]++
		}
	}
	var list []*pageGroup
	for _, g := range all {
		g.Hosts, g.New = len(g.names), appeared[g.ID]
		if e.Runbook != nil {
			g.Runbook = e.Runbook(g.ID)
		}
		g.Names = namesOf(g.names)
		g.ID, g.Title = report.Clean(g.ID, false), report.Clean(g.Title, false)
		if g.differ { // the title of one host is not true of the others
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
