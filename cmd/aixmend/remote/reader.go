package remote

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"
	"strings"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/evidence"
	"aixmend/cmd/aixmend/hints"
	"aixmend/cmd/aixmend/job"
	"aixmend/cmd/aixmend/planfile"
	"aixmend/controller/drift"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/inventory/naming"
)

// Reader reads the runs of a hub. Nothing in its answers is trusted: a run or a report that is
// not the one asked for is an error, and all text is rendered as that of a host is.
type Reader struct {
	*console.Console
	// Ask asks the hub.
	Ask func(verb string, question, into any) error
	// Fetch returns run.json of a run that has ended.
	Fetch func(run string) (*outcome.Run, error)
	// Join is the join file, as --hub names it.
	Join string
}

// Check returns why a document that came for a run can't be its run.json.
func Check(run *outcome.Run, id string) error {
	wrong := func(why string) error { return fmt.Errorf("the hub's run.json of run %s: %s", id, why) }
	switch {
	case run == nil:
		return wrong("there is none")
	case run.Schema != outcome.RunSchema:
		return wrong("its schema is not " + outcome.RunSchema)
	case run.ID != id:
		return wrong("it is of another run")
	}
	known := map[string]bool{}
	for _, h := range run.Hosts {
		if !naming.IsFile(h.Name) || known[h.Name] || !naming.IsFile(h.Site) || !slices.Contains(outcome.Outcomes(), h.Outcome) {
			return wrong(fmt.Sprintf("host %.100q can't be one", h.Name))
		}
		known[h.Name] = true
	}
	return nil
}

// Files writes the report files of a run that are asked for, by format. folder is the working
// folder of the run, "" where that is not known.
func (r Reader) Files(run outcome.Run, folder string, files map[string]string) error {
	if !evidence.Wanted(files) {
		return nil
	}
	var first Reports
	if err := r.Ask(AskReports, Reading{Run: run.ID, Runs: true}, &first); err != nil {
		return err
	}
	return evidence.Save(r.Console, report.Evidence{
		Run: run, Hosts: r.reports(run, first.Hosts), Folder: folder, Complete: r.Complete, Runbook: evidence.Runbook(),
		LastWhole: first.LastWhole, LastSuccess: first.LastSuccess, Before: first.Before,
	}, files)
}

// reports yields the reports of a run's hosts; first are those of its first hosts.
func (r Reader) reports(run outcome.Run, first []json.RawMessage) iter.Seq2[outcome.Host, error] {
	return func(yield func(outcome.Host, error) bool) {
		part := first
		for i, want := range run.Hosts {
			if len(part) == 0 {
				var next Reports
				if err := r.Ask(AskReports, Reading{Run: run.ID, From: i}, &next); err != nil {
					yield(outcome.Host{}, err)
					return
				}
				part = next.Hosts
			}
			h, err := reportOf(run.ID, want.Name, part)
			if !yield(h, err) || err != nil {
				return
			}
			part = part[1:]
		}
	}
}

// reportOf is the first of some reports, which must be that of a host of a run.
func reportOf(run, host string, part []json.RawMessage) (outcome.Host, error) {
	var h outcome.Host
	err := errors.New("there is none")
	if len(part) > 0 {
		err = json.Unmarshal(part[0], &h)
	}
	if err == nil && (h.Schema != outcome.HostSchema || h.RunID != run || h.Host != host || !slices.Contains(outcome.Outcomes(), h.Outcome)) {
		err = errors.New("it is of another host or run")
	}
	if err != nil {
		return outcome.Host{}, fmt.Errorf("the hub's report of %s: %w", host, err)
	}
	return h, nil
}

// Report writes report files of a run that is kept at the hub, by its id or as latest, and
// returns its run.json.
func (r Reader) Report(ref string, files map[string]string) (*outcome.Run, error) {
	var first Reports
	if err := r.Ask(AskReports, Reading{Run: ref}, &first); err != nil {
		return nil, err
	}
	if !journal.IsRunID(first.Run) || ref != "latest" && !strings.Contains(first.Run, ref) { // it may be a short form
		return nil, fmt.Errorf("the hub has another run %s", ref)
	}
	run, err := r.Fetch(first.Run)
	if err == nil {
		err = Check(run, first.Run)
	}
	if err != nil {
		return nil, err
	}
	return run, r.Files(*run, "", files)
}

// News compares a run that has ended: with the run of its --since, or with the newest one that
// covered each host.
func (r Reader) News(run string, since bool) (*drift.Drift, error) {
	var n News
	if err := r.Ask(AskNews, Comparing{Run: run, Since: since}, &n); err != nil {
		return nil, err
	}
	switch d := n.Drift; {
	case n.Problem != "":
		return nil, errors.New(report.Clean(n.Problem, false))
	case d != nil && (d.To != run || !journal.IsRunID(d.From) || slices.ContainsFunc(d.Hosts, odd)):
		return nil, errors.New("the hub has compared other runs")
	}
	return n.Drift, nil
}

// odd reports whether the changes of a host can't be those of one.
func odd(h drift.Host) bool {
	isOutcome := func(o outcome.Outcome) bool { return o == "" || slices.Contains(outcome.Outcomes(), o) }
	return !naming.IsFile(h.Name) || !isOutcome(h.From) || !isOutcome(h.To)
}

// Since prints the news of a run, and reports whether all of it is to be printed instead: there
// is no run to compare it with.
func (r Reader) Since(run outcome.Run) (all bool, err error) {
	d, err := r.News(run.ID, true)
	switch {
	case err != nil:
		r.Say("warning: the run can't be compared: %s", err)
		return true, nil
	case d == nil:
		r.Say("no earlier %s of these hosts to compare with: showing everything", run.Command)
		return true, nil
	case !d.News() && len(d.NotJudged) == 0:
		return false, nil
	}
	next := "aixmend diff " + d.From + " " + d.To
	for _, h := range d.Hosts {
		if slices.Contains([]outcome.Outcome{outcome.NeedsAction, outcome.Failed, outcome.Unknown, outcome.Unreachable}, h.To) {
			next = "aixmend explain " + d.To + " " + h.Name
			break
		}
	}
	text := report.News(*d, run, r.TextOptions()) + report.Fit("reports: at the hub\nnext:    "+r.Complete(next)+"\n", r.Width())
	_, err = fmt.Fprint(r.Out, text) // it has colours
	return false, err
}

// overHub are the verbs whose commands work with --hub.
var overHub = []string{"audit", "capture", "plan", "recover", "resume", "runs", "report", "explain", "diff"}

// Complete adds --hub to the commands in a text.
func (r Reader) Complete(text string) string {
	return hints.Complete(text, "", func(verb string) ([]hints.Flag, bool) {
		return []hints.Flag{{"--hub", r.Join}}, slices.Contains(overHub, verb)
	})
}

// SavePlan writes the plan of a run to a file.
func (r Reader) SavePlan(run outcome.Run, file string) error {
	var p planfile.Plan
	if err := r.Ask(AskPlan, Planned{run.ID}, &p); err != nil {
		return err
	}
	if p.RunID != run.ID || len(p.Hosts) > 0 {
		return fmt.Errorf("the hub's plan of run %s is another one", run.ID)
	}
	for h, err := range r.reports(run, nil) {
		switch {
		case err != nil:
			return err
		case h.Site == "": // it was skipped before its turn
			return fmt.Errorf("the plan can't be saved: %s was not planned", h.Host)
		}
		p.Add(h, "")
	}
	return p.Save(file)
}

// BackText lists the steps that a rollback would undo, for a terminal: host by host where each is wanted.
func (r Reader) BackText(b Back, o report.TextOptions, each bool) string {
	text := report.Fit(r.Complete(report.Clean(b.Rest, true)), o.Width)
	if b.Rest != "" {
		text += "\n"
	}
	if len(b.Document.Hosts) == 0 {
		return text
	}
	list := make([]outcome.HostSummary, len(b.Document.Hosts))
	for i, h := range b.Document.Hosts {
		list[i] = outcome.HostSummary{Name: h.Name, Plan: h.Plan}
	}
	if b.Rest != "" {
		text += "\n"
	}
	return text + job.RollbackText(b.Document.ID, list, o, job.RollbackView{Each: each})
}

// Folder is the working folder of this process, "" where it can't be told.
func Folder() string {
	folder, err := os.Getwd()
	if err != nil {
		return ""
	}
	return folder
}
