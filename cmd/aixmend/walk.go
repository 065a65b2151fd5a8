package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/inventory"
	"aixmend/playbooks"
	"aixmend/playbooks/facts"
)

func (a *app) audit() *cobra.Command {
	c := &cobra.Command{
		Use: "audit", Short: "Diagnose; never changes a host", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.walk(c.Context(), controller.Audit) },
	}
	a.flags.walking(c)
	return c
}

func (a *app) capture() *cobra.Command {
	c := &cobra.Command{
		Use: "capture", Short: "Diagnose, then keep a capture of every host; never changes a host", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.walk(c.Context(), controller.Capture) },
	}
	a.flags.walking(c)
	c.Flags().StringVar(&a.flags.label, "label", "", "a `NAME` to find the captures by")
	c.AddCommand(a.keptCaptures()...)
	return c
}

func (a *app) plan() *cobra.Command {
	c := &cobra.Command{
		Use: "plan", Short: "Diagnose, then print the exact commands recover would run, each with its undo; never changes a host",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.walk(c.Context(), controller.Plan) },
	}
	a.flags.walking(c)
	a.flags.changing(c)
	return c
}

func (a *app) recover() *cobra.Command {
	c := &cobra.Command{
		Use: "recover", Short: "Diagnose, and where there is something to change: capture, repair, verify",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.walk(c.Context(), controller.Recover) },
	}
	a.flags.walking(c)
	a.flags.changing(c)
	c.Flags().BoolVar(&a.flags.yes, "yes", false, "do not ask")
	a.flags.braking(c)
	return c
}

// walk runs a verb over the selected hosts, from the flags to the exit code.
func (a *app) walk(ctx context.Context, verb controller.Verb) error {
	if err := a.flags.check(); err != nil {
		return err
	}
	job, err := a.flags.job(verb)
	if err != nil {
		return err
	}
	if verb == controller.Recover {
		if err := a.consent(job); err != nil {
			return err
		}
	}
	run, err := a.execute(ctx, job)
	if run == nil {
		return err
	}
	// What is known is said even where it could not be written.
	if err := errors.Join(err, a.print(run, verb)); err != nil {
		return err
	}
	return verdict{outcome.Code(run.ExitCode)}
}

// job is a run that is ready to start: everything that can be wrong with what
// was asked for has been checked.
type job struct {
	verb     controller.Verb
	hosts    []inventory.Host
	groups   []inventory.Group
	all      []inventory.Host // the whole inventory
	playbook *playbooks.Playbook
	params   playbooks.Params
	upload   facts.Upload
	flags    flags
	failOn   []outcome.Outcome
	waves    []controller.Wave
	brake    controller.Brake
}

func (f *flags) job(verb controller.Verb) (*job, error) {
	p, err := playbooks.Load(f.playbook)
	if err != nil {
		return nil, usage(err)
	}
	params, err := p.Set(f.set)
	if err != nil {
		return nil, usagef("aixmend playbook show "+p.Name+" lists them", "%w", err)
	}
	var waves []controller.Wave
	var brake controller.Brake
	if verb == controller.Recover && f.waves != "" {
		if waves, brake, err = f.brakes(); err != nil {
			return nil, err
		}
	}
	if _, err := p.Asked(params, string(verb), ""); err != nil {
		return nil, usagef("a value that becomes part of a command holds letters, digits and _./:=,@+-", "--set: %w", err)
	}
	upload, err := uploads(params)
	if err != nil {
		return nil, err
	}
	inv, hosts, err := f.selected()
	if err != nil {
		return nil, err
	}
	for _, word := range f.allow {
		if !p.Allows(word) {
			return nil, usagef("aixmend playbook show "+p.Name+" lists its rungs", "--allow %s: playbook %s has no rung or step of that name", word, p.Name)
		}
	}
	if names, _ := params["new_node_id"].(string); names != "" {
		for name := range strings.SplitSeq(names, ",") {
			if _, known := inv.Host(strings.TrimSpace(name)); !known {
				return nil, usagef("", "--set new_node_id=%s: the inventory has no host %q", names, strings.TrimSpace(name))
			}
		}
	}
	failOn, err := f.failures()
	if err != nil {
		return nil, err
	}
	return &job{verb: verb, hosts: hosts, groups: inv.Groups, all: inv.Hosts, playbook: p, params: params, upload: upload, flags: *f, failOn: failOn, waves: waves, brake: brake}, nil
}

// consent asks before anything is changed.
func (a *app) consent(j *job) error {
	if j.flags.pause && (!a.inTerminal || !a.errTerminal) {
		return usagef("leave --pause away", "--pause asks between waves, and there is no terminal to ask on")
	}
	if j.flags.yes {
		return nil
	}
	if !a.inTerminal || !a.errTerminal {
		return usagef("aixmend plan shows what would be run; --yes runs it", "recover changes hosts, and there is no terminal to ask on")
	}
	fmt.Fprintf(a.err, "recover may change %s: %s; playbook %s.\naixmend plan shows the exact commands. Go on? Only yes will do: ",
		report.Hosts(len(j.hosts)), report.Compact(names(j.hosts)), j.playbook.Name)
	answers := make(chan string, 1)
	go func() { // left behind when a signal comes first: the process ends then
		answer, _ := bufio.NewReader(a.in).ReadString('\n')
		answers <- strings.TrimSpace(answer)
	}()
	select {
	case answer := <-answers:
		if answer == "yes" {
			return nil
		}
	case <-a.interrupts.stop:
		fmt.Fprintln(a.err)
	}
	return usagef("", "not confirmed: nothing was run")
}

func names(hosts []inventory.Host) []string {
	list := make([]string, len(hosts))
	for i, h := range hosts {
		list[i] = h.Name
	}
	return list
}

// execute runs a job and writes its evidence.
func (a *app) execute(ctx context.Context, j *job) (*outcome.Run, error) {
	store, err := journal.Open(j.flags.state)
	if err != nil {
		return nil, err
	}
	if j.verb == controller.Recover {
		unlock, err := store.Lock()
		if err != nil {
			return nil, err
		}
		defer unlock()
	}
	a.interrupts.announce(func(format string, args ...any) {
		if a.errTerminal {
			fmt.Fprintln(a.err) // below the progress line
		}
		a.say(format, args...)
	})
	began := time.Now().UTC()
	run := outcome.Run{
		Schema: outcome.RunSchema, ID: journal.NewRunID(began), Version: currentVersion(), Command: string(j.verb),
		Playbook: outcome.Playbook{Name: j.playbook.Name, SHA256: j.playbook.SHA256},
		Started:  began, Fleet: []outcome.FleetFinding{},
	}
	dir, err := store.NewRun(run.ID)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	if err := dir.Append(outcome.Entry{Time: began, Event: outcome.EventRun, State: "started", Detail: string(j.verb)}); err != nil {
		return nil, err
	}
	if !j.flags.quiet {
		a.say("%s of %s, playbook %s, run %s", j.verb, report.Hosts(len(j.hosts)), j.playbook.Name, run.ID)
	}
	engine := a.engine(j, run.ID, store, dir)
	if engine.Attempts, err = j.attempts(store); err != nil {
		return nil, err
	}
	engine.MaxAttempts = j.flags.attempts
	engine.Past = store.NewestNodeIDs(names(j.all))
	line := a.watch(engine, len(j.hosts), j.flags)
	engine.Pause = a.pauses(j.flags, line)
	result, broken := engine.Run(a.within(ctx, j.flags.deadline), j.hosts)
	line.clear()
	run.Hosts, run.Fleet = append([]outcome.HostSummary{}, result.Hosts...), result.Fleet
	run.Counts = outcome.Count(run.Hosts)
	run.Finished = time.Now().UTC()
	code, reason := a.code(&run, j)
	if result.Braked != "" {
		a.say("%s", result.Braked)
		if _, interrupted := a.interrupts.code(); code != outcome.ExitUnknown && !interrupted {
			code, reason = outcome.ExitBrake, result.Braked
		}
	}
	if broken != nil {
		code, reason = outcome.ExitInternal, broken.Error()
	}
	run.ExitCode, run.ExitReason = int(code), reason
	return &run, errors.Join(broken, dir.Finish(run))
}

// code decides the exit code of a run that came to its end.
func (a *app) code(run *outcome.Run, j *job) (outcome.Code, string) {
	code, reason := outcome.ExitFor(run.Counts, j.failOn)
	if interrupted, ok := a.interrupts.code(); ok && code != outcome.ExitUnknown {
		return interrupted, "interrupted"
	}
	for _, h := range run.Hosts {
		if h.Reason == reasonDeadline && (code == outcome.ExitOK || code == outcome.ExitUnreachable) {
			return outcome.ExitNeedsPerson, "cut by --deadline"
		}
	}
	return code, reason
}

var errDeadline = errors.New("--deadline is over")

// reasonDeadline is the reason of hosts that the deadline left unjudged.
var reasonDeadline = "interrupted: " + errDeadline.Error()

// within bounds a run by --deadline.
func (a *app) within(ctx context.Context, deadline time.Duration) context.Context {
	if deadline <= 0 {
		return ctx
	}
	ctx, cancel := context.WithTimeoutCause(ctx, deadline, errDeadline)
	context.AfterFunc(ctx, cancel)
	return ctx
}
