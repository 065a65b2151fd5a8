package main

import (
	"context"
	"errors"
	"slices"

	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/job"
	"aixmend/cmd/aixmend/notices"
	"aixmend/cmd/aixmend/pager"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report/formats"
)

// walk is a run from its flags to its exit code.
type walk struct {
	stateFolder
	format
	annotated
	notices.Notices
	loudness
	paging   pager.Flag
	asked    request.Asked
	verb     controller.Verb
	since    string // the baseline of --since, "" for none
	brief    bool   // -q was given beside --since
	detailed bool
}

// newWalk returns the run of a verb.
func newWalk(o *walking, verb controller.Verb, asked request.Asked, detailed bool) walk {
	return walk{
		stateFolder: o.stateFolder, format: o.format, annotated: o.annotated, Notices: o.Notices, loudness: o.loudness,
		asked: asked, verb: verb, brief: o.quiet, detailed: detailed,
	}
}

// run prepares a job and runs it.
func (w walk) run(ctx context.Context, c *cli) error {
	j, err := w.prepare(ctx, c)
	if err != nil {
		return err
	}
	return w.finish(ctx, c, j, nil)
}

// prepare selects hosts and prepares a job.
func (w walk) prepare(ctx context.Context, c *cli) (*job.Job, error) {
	if err := journal.Trusted(w.state); err != nil { // before a source is run, or a password is asked for
		return nil, err
	}
	inv, hosts, err := c.selected(ctx, w.asked, w.state, w.quiet)
	if err != nil {
		return nil, err
	}
	if store, err := journal.OpenExisting(w.state); err == nil && slices.Contains(w.asked.Set, "baseline=latest") {
		c.noteOpen(store, "latest")
	}
	return job.Prepare(request.Request{Verb: w.verb, Asked: w.asked, Scope: request.ScopeOf(inv, hosts)}, w.settings(c))
}

// settings are the settings of the job.
func (w walk) settings(c *cli) job.Settings {
	s := c.settings(w.state, w.loudness)
	s.Since, s.Detailed = w.since, w.detailed
	return s
}

// finish connects a job to its hosts and runs it. earlier is nil for a new run.
func (w walk) finish(ctx context.Context, c *cli, j *job.Job, earlier *job.Earlier) error {
	done, err := j.Open(ctx, c.Console)
	if err != nil {
		return err
	}
	defer done()
	return w.carryOut(ctx, c, j, earlier)
}

// carryOut runs a job, prints the run and sends notifications.
func (w walk) carryOut(ctx context.Context, c *cli, j *job.Job, earlier *job.Earlier) error {
	run, err := j.Run(ctx, c.Console, earlier)
	return w.show(ctx, c, j, run, err)
}

// show prints a run, nil for one that did not begin, and sends notifications. err is the
// error of the run.
func (w walk) show(ctx context.Context, c *cli, j *job.Job, run *job.Ended, err error) error {
	if run == nil {
		return err
	}
	if w.annotations {
		c.Annotate(formats.Annotations(run.Run))
	}
	// The outcomes are printed even where evidence could not be written; but a plugin
	// prints one status only.
	var printed error
	p := printer{cli: c, paging: w.paging, state: w.state, format: w.format.format, quiet: w.quiet, full: w.verbose > 0, request: j.Request}
	if err == nil || !c.plugin {
		printed = exit.Heard(p.ended(run, j.Request.Verb, w.brief))
	}
	w.Notices.Send(ctx, c.Console, j, run.Run, err)
	if err := errors.Join(err, printed); err != nil {
		return err
	}
	if signal := c.Interrupts.Code(); signal != 0 {
		c.Say("%s", p.guide(run.Run).Interrupted(signal, printed == nil && p.format == "text" && c.OutTerminal && c.ErrTerminal))
	}
	return exit.Verdict{Code: outcome.Code(run.ExitCode)}
}
