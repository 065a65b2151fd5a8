package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"aixmend/controller"
	"aixmend/controller/drift"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/playbooks/facts"
)

// lastRun is what --since calls the newest earlier run of the same kind.
const lastRun = "last"

// news declares the flags of the verbs that can compare a run with an earlier one,
// and tell others of it.
func (f *flags) news(c *cobra.Command) {
	verb := controller.Verb(c.Name())
	if verb == controller.Audit {
		c.Flags().StringVar(&f.since, "since", "", "print only what is otherwise than in `RUN`, and nothing where nothing is; last: the newest earlier audit of each host")
	}
	if verb == controller.Audit || verb == controller.Plan {
		f.detailedCode(c)
	}
}

func (f *flags) detailedCode(c *cobra.Command) {
	c.Flags().BoolVar(&f.detailed, "detailed-exitcode", false, "exit 5 where all is well, but changes would be made, or there is drift")
}

// checkNews checks them. A run that is named must be there before anything runs.
func (f *flags) checkNews() error {
	if f.since == "" {
		return nil
	}
	if f.since != lastRun {
		store, err := journal.OpenExisting(f.state)
		if err != nil {
			return usagef("--since last compares with the newest earlier run, if there is one", "--since %s: %w", f.since, err)
		}
		run, err := endedRun(store, f.since)
		if err != nil {
			return usagef("aixmend runs lists them; --since last names the newest earlier one", "--since %s: %w", f.since, err)
		}
		f.since = run.ID // what latest is now
	}
	// Nothing is said where there is nothing new.
	f.brief, f.quiet = f.quiet, true
	return nil
}

// endedRun is a run, by its id or as latest, that has written its reports.
func endedRun(store *journal.Store, ref string) (*outcome.Run, error) {
	id, err := store.Resolve(ref)
	if err != nil {
		return nil, err
	}
	run, err := store.LoadRun(id)
	if err != nil {
		return nil, fmt.Errorf("run %s has not come to its end, or its run.json can't be read: %w", id, errors.Unwrap(err))
	}
	return run, nil
}

// comparer compares the runs of a state folder.
func comparer(store *journal.Store) drift.Comparer {
	c := drift.Comparer{History: store}
	for _, v := range facts.Volatiles() {
		c.Left = append(c.Left, drift.Left{Path: v.Path, Why: v.Why})
	}
	return c
}

// newsOf is what a run, whose hosts have all ended, found otherwise than an earlier
// one: that with the id since, or where it is last (or empty) the newest earlier one
// that saw each host. false: there is no run to compare with.
func (a *app) newsOf(store *journal.Store, run *outcome.Run, since string) (*drift.Drift, bool, error) {
	var from *outcome.Run
	if since != "" && since != lastRun {
		var err error
		if from, err = endedRun(store, since); err != nil {
			return nil, false, err
		}
	}
	d, err := comparer(store).Since(*run, from)
	return d, d != nil, err
}

// compared is the news of a run for the one who asked for it with --since.
type compared struct {
	drift *drift.Drift // nil: there is no earlier run
	err   error
}

// compare finds the news of a run, where --since asks for it, and what they and a
// plan make of its exit code.
func (a *app) compare(store *journal.Store, j *job, run *outcome.Run) string {
	if j.flags.since != "" {
		c := &compared{}
		c.drift, _, c.err = a.newsOf(store, run, j.flags.since)
		j.compared = c
	}
	if !j.flags.detailed {
		return ""
	}
	planned := 0
	for _, h := range run.Hosts {
		if j.verb == controller.Plan && changes(h.Plan) {
			planned++
		}
	}
	switch {
	case planned > 0:
		return "changes would be made on " + report.Hosts(planned)
	case j.compared != nil && j.compared.drift != nil && j.compared.drift.News():
		return fmt.Sprintf("there is news of %s since run %s", report.Hosts(len(j.compared.drift.Hosts)), j.compared.drift.From)
	}
	return ""
}

// changes tells whether recover would run anything of a plan.
func changes(plan []outcome.PlanStep) bool {
	for _, s := range plan {
		if s.Step != "" && s.BlockedBy == "" && !s.Conditional {
			return true
		}
	}
	return false
}

// tell writes a run to stdout: all of it, or where --since asks for them its news.
func (a *app) tell(run *outcome.Run, j *job) error {
	c := j.compared
	if c == nil || a.flags.format != "text" {
		return a.print(run, j.verb)
	}
	if c.drift == nil || c.err != nil {
		if c.err != nil {
			a.say("warning: it can't be told what is new: %s", c.err)
		} else {
			a.say("there is no earlier %s of these hosts to compare with: this is all that was found", j.verb)
		}
		a.flags.quiet = a.flags.brief
		return a.print(run, j.verb)
	}
	if !c.drift.News() && len(c.drift.NotJudged) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString(report.News(*c.drift, *run, report.TextOptions{Width: a.width(), Color: a.outColor()}))
	fmt.Fprintf(&b, "reports: %s\n", filepath.Join(a.flags.state, "runs", run.ID, "hosts"))
	fmt.Fprintf(&b, "next:    %s\n", a.nextOfNews(*c.drift, run))
	_, err := fmt.Fprint(a.out, b.String())
	return err
}

// nextOfNews is what an operator would type after he has read the news.
func (a *app) nextOfNews(d drift.Drift, run *outcome.Run) string {
	g := guide{run: *run, state: a.flags.state}
	for _, h := range d.Hosts {
		switch h.To {
		case outcome.NeedsAction, outcome.Failed, outcome.Unknown, outcome.Unreachable:
			return strings.Join(g.quoted("aixmend", "explain", run.ID, h.Name), " ")
		}
	}
	return strings.Join(g.quoted("aixmend", "diff", d.From, d.To), " ")
}
