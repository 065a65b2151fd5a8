package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"aixmend/cmd/aixmend/guide"
	"aixmend/cmd/aixmend/job"
	"aixmend/cmd/aixmend/pager"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/controller/drift"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/formats"
)

// printer prints runs to stdout.
type printer struct {
	*cli
	paging        pager.Flag
	state, format string
	quiet, full   bool // full prints each command of a plan
	gone          bool // the hosts are gone when the command has ended
	request       request.Request
}

// ended prints a run that has just ended: all of it, or its changes where --since asks
// for them. brief is -q beside --since.
func (p printer) ended(run *job.Ended, verb controller.Verb, brief bool) error {
	compared := run.Compared
	if compared == nil || p.format != "text" {
		return p.run(&run.Run, verb)
	}
	if d := compared.Drift; d != nil && compared.Err == nil {
		if !d.News() && len(d.NotJudged) == 0 {
			return nil
		}
		return p.news(*d, &run.Run)
	}
	if compared.Err != nil {
		p.Say("warning: the run can't be compared: %s", compared.Err)
	} else {
		p.Say("no earlier %s of these hosts to compare with: showing everything", verb)
	}
	p.quiet = brief
	return p.run(&run.Run, verb)
}

// run prints a run in the format asked for.
func (p printer) run(run *outcome.Run, verb controller.Verb) error {
	switch {
	case p.format == "json":
		return p.JSON(run)
	case p.plugin:
		_, err := fmt.Fprint(p.Out, formats.Nagios(*run))
		return err
	case p.quiet:
		return p.trouble(run)
	}
	text := ""
	if verb == controller.Plan {
		text = job.PlanText(run.Hosts, p.TextOptions(), !p.OutTerminal, p.full) + "\n"
	}
	text += p.summary(*run, p.guide(*run))
	if verb == controller.Capture {
		text += p.fit(job.CapturedText(run.Hosts, filepath.Join(p.state, "captures")))
	}
	folder := filepath.Join(p.state, "runs", run.ID)
	support := filepath.Join(folder, "support")
	if _, err := os.Stat(support); err == nil {
		text += p.fit(fmt.Sprintf("support: %s (the text of a support case for each host, and its data)\n", support))
	}
	text += p.fit(fmt.Sprintf("page:    %s\nreports: %s\n", filepath.Join(folder, "report.html"), filepath.Join(folder, "hosts")) + p.unasked(*run) + p.rollBack(*run))
	if verb == controller.Plan && p.full {
		return p.paging.Print(p.Console, text)
	}
	_, err := fmt.Fprint(p.Out, text)
	return err
}

// unasked says that the cloud was not asked, "" for a run that never asks it.
func (p printer) unasked(run outcome.Run) string {
	if run.Undoes != "" || run.Command == "replay" || p.request.Sites != nil {
		return ""
	}
	return p.clouds().Unasked(p.request.Cloud)
}

// rollBack says how to roll a run of this process back, "" where that would do nothing.
func (p printer) rollBack(run outcome.Run) string {
	if run.Command != string(controller.Recover) || run.Undoes != "" {
		return "" // the journal of a large audit takes as much memory as the audit
	}
	store, _, err := journal.OpenToPrint(p.state)
	if err != nil || p.gone {
		return ""
	}
	return done(store, run.ID, p.guide(run))
}

// done lists the steps of a run that took effect, and says how to roll it back.
func done(store *journal.Store, run string, g guide.Guide) string {
	entries, _ := store.ReadJournal(run) // without them there is nothing to say
	return g.Changed(entries) + g.RollBack(entries)
}

// guide is the guide to a run of this process.
func (p printer) guide(run outcome.Run) guide.Guide {
	here, err := os.Getwd()
	if err != nil {
		here = "" // paths are shown as they are
	}
	return guide.New(run, p.request, p.state, here).From(p.usual())
}

// summary lists the hosts of a run, folded, each fold with the command to type next.
func (c *cli) summary(run outcome.Run, g guide.Guide) string {
	options := c.TextOptions()
	options.Next = func(f report.Fold) report.Next {
		if f.Interrupted && g.Resumes() && !outcome.ToCompare(f.Outcome, f.Interrupted) {
			return report.Next{Step: "resume the run, see below"} // one line for all of them
		}
		return g.Next(f)
	}
	text := report.Text(run, options)
	guided := map[string][]string{}
	for _, h := range run.Hosts {
		for _, id := range h.Guides {
			guided[id] = append(guided[id], h.Name)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(guided)) { // explain prints the commands
		text += c.fit(clean(fmt.Sprintf("%s: %s", id, report.Compact(guided[id]))) + "\n")
	}
	if saved := g.Saved(); saved != "" {
		text += c.fit(saved + "\n")
	}
	text += c.fit(g.NothingUndone())
	text += c.fit(g.Unfinished())
	return text + c.fit(g.LeftOpen())
}

// trouble prints the hosts with trouble, and the open runs that have changed a host; nothing
// when there are none.
func (p printer) trouble(run *outcome.Run) error {
	if run.ExitCode == int(outcome.ExitOK) {
		_, err := fmt.Fprint(p.Out, p.fit(p.guide(*run).LeftOpen()))
		return err
	}
	trouble := *run // the counts stay those of the whole run
	if trouble.Hosts = run.Troubled(); len(trouble.Hosts) == 0 {
		return nil
	}
	_, err := fmt.Fprint(p.Out, p.summary(trouble, p.guide(*run)))
	return err
}

// news prints what changed since the baseline.
func (p printer) news(d drift.Drift, run *outcome.Run) error {
	var b strings.Builder
	b.WriteString(report.News(d, *run, p.TextOptions()))
	b.WriteString(p.fit(fmt.Sprintf("reports: %s\nnext:    %s\n", filepath.Join(p.state, "runs", run.ID, "hosts"), nextOfNews(guide.Bare(*run, p.state).From(p.usual()), d))))
	_, err := fmt.Fprint(p.Out, b.String())
	return err
}

// nextOfNews is the command to type next after the news.
func nextOfNews(g guide.Guide, d drift.Drift) string {
	for _, h := range d.Hosts {
		switch h.To {
		case outcome.NeedsAction, outcome.Failed, outcome.Unknown, outcome.Unreachable:
			return strings.Join(g.Quoted("aixmend", "explain", d.To, h.Name), " ")
		}
	}
	return strings.Join(g.Quoted("aixmend", "diff", d.From, d.To), " ")
}
