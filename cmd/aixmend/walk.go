package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/formats"
	"aixmend/controller/rollout"
	"aixmend/inventory"
	"aixmend/playbooks"
	"aixmend/playbooks/facts"
	"aixmend/transport"
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
	c.Flags().StringVar(&a.flags.Label, "label", "", "a `NAME` to find the captures by")
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
	c.Flags().StringVar(&a.flags.Out, "out", "", "write the plan to `FILE`, for recover --plan FILE")
	return c
}

func (a *app) recover() *cobra.Command {
	c := &cobra.Command{
		Use: "recover", Short: "Diagnose, and where there is something to change: capture, repair, verify",
		Args: cobra.NoArgs,
		Long: `Diagnoses the hosts, and where there is something to change: captures them,
climbs the rungs of the playbook, the least invasive first, and verifies.

With --dry-run it is plan: it prints what it would run, changes nothing, takes no
lock and asks nothing. With --undo and --dry-run it prints the commands that the
rollback would send, and connects to no host.`,
		RunE: func(c *cobra.Command, _ []string) error {
			switch {
			case a.flags.undo != "":
				return a.takeBack(c)
			case a.flags.dryRun:
				return a.planOnly(c.Context())
			case a.flags.plan != "":
				return a.walkPlanned(c)
			}
			return a.walk(c.Context(), controller.Recover)
		},
	}
	a.flags.walking(c)
	a.flags.changing(c)
	c.Flags().StringVar(&a.flags.plan, "plan", "", "apply the plan in `FILE` exactly: a host that has drifted is skipped")
	c.Flags().StringVar(&a.flags.undo, "undo", "", "take back what `RUN` has applied, host by host, the newest first; -l restricts it")
	c.Flags().BoolVar(&a.flags.yes, "yes", false, "do not ask")
	c.Flags().BoolVar(&a.flags.dryRun, "dry-run", false, "print what would be run, and change nothing: it is plan")
	a.flags.detailedCode(c)
	a.flags.braking(c)
	return c
}

// planOnly is recover with --dry-run.
func (a *app) planOnly(ctx context.Context) error {
	if a.flags.plan != "" {
		return usagef("the file says what would be run", "--plan and --dry-run don't go together")
	}
	if a.flags.Waves != "" {
		if _, _, err := a.flags.brakes(); err != nil {
			return err
		}
	}
	return a.walk(ctx, controller.Plan)
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
		if err := a.consent(job, "recover", names(job.Hosts)); err != nil {
			return err
		}
	}
	return a.finish(ctx, job, nil)
}

// walkPlanned applies a plan.
func (a *app) walkPlanned(c *cobra.Command) error {
	plan, err := a.flags.applyPlan(c)
	if err != nil {
		return err
	}
	if err := a.flags.check(); err != nil {
		return err
	}
	job, err := a.flags.job(controller.Recover)
	if err != nil {
		return err
	}
	if err := job.approve(plan); err != nil {
		return err
	}
	if store, err := journal.OpenExisting(a.flags.state); err == nil { // before anybody is asked
		if _, err := job.appliedBefore(store, ""); err != nil {
			return err
		}
	}
	if !a.flags.quiet {
		a.say("%s", plan.told(a.flags.plan, time.Now()))
	}
	if err := a.consent(job, "recover --plan", names(job.Hosts)); err != nil {
		return err
	}
	return a.finish(c.Context(), job, nil)
}

// finish runs a job to its end, and says how it ended. before is nil for a run
// that begins now.
func (a *app) finish(ctx context.Context, j *job, before *past) error {
	defer a.equip(ctx, j)()
	if err := a.fit(j, openFiles()); err != nil {
		return err
	}
	return a.carryOut(ctx, j, before)
}

// carryOut runs a job that has its way to the hosts, and says how it ended.
func (a *app) carryOut(ctx context.Context, j *job, before *past) error {
	run, err := a.execute(ctx, j, before)
	if run == nil {
		return err
	}
	if a.flags.annotations {
		a.workflow(formats.Annotations(*run))
	}
	// What is known is said even where it could not be written; but a plugin says
	// one thing.
	var said error
	if err == nil || !a.plugin {
		said = a.tell(run, j)
	}
	a.tellOthers(ctx, j, *run, err)
	if err := errors.Join(err, said); err != nil {
		return err
	}
	return verdict{outcome.Code(run.ExitCode)}
}

// equip gives a job the way to its hosts, and returns how that is given up.
func (a *app) equip(ctx context.Context, j *job) (done func()) {
	j.reach = a.reach(j.flags.asked, j.Bastions)
	j.proxied = func() bool {
		targets, _ := j.reach.targets(ctx, j.Hosts) // what is wrong with one it ends with
		return slices.ContainsFunc(targets, func(t transport.Target) bool { return t.ProxyCommand != "" })
	}
	return func() { _ = j.reach.ssh.Close() }
}

// job is a run that is ready to start: everything that can be wrong with what
// was asked for has been checked.
type job struct {
	verb controller.Verb
	scope
	playbook *playbooks.Playbook
	params   playbooks.Params
	upload   facts.Upload
	flags    flags
	failOn   []outcome.Outcome
	waves    []rollout.Wave
	brake    rollout.Brake
	window   int         // hosts at one time
	reach    reach       // how the hosts are reached
	proxied  func() bool // tells whether some are by a proxy command, which takes more files
	plan     *planFile   // nil: none was approved
	undoes   string      // the run that is taken back; "": none
	by       outcome.By  // who began the run; the zero value: this process does
	compared *compared   // the news of the run, once it has ended, where they are asked for
	offline  *offline    // the recordings that are judged; nil: hosts are connected to
}

// job reads the inventory and prepares what the flags ask for.
func (f *flags) job(verb controller.Verb) (*job, error) {
	inv, hosts, err := f.selected()
	if err != nil {
		return nil, err
	}
	return f.prepare(verb, scope{Hosts: hosts, Groups: inv.Groups, Names: names(inv.Hosts), Bastions: inv.Bastions})
}

// prepare checks what the flags ask for.
func (f *flags) prepare(verb controller.Verb, hosts scope) (*job, error) {
	p, err := playbooks.Load(f.Playbook)
	if err != nil {
		return nil, usage(err)
	}
	params, err := p.Set(f.Set)
	if err != nil {
		return nil, usagef("aixmend playbook show "+p.Name+" lists them", "%w", err)
	}
	if err := p.CheckUndoAfter(params); err != nil {
		return nil, usagef("an undo that fires while its step runs reverts nothing", "--set %w", err)
	}
	var waves []rollout.Wave
	var brake rollout.Brake
	if verb == controller.Recover && f.Waves != "" {
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
	for _, word := range f.Allow {
		if !p.Allows(word) {
			hint := "there are none"
			if words := wordsOf(p); len(words) > 0 {
				hint = "there are: " + strings.Join(words, ", ")
			}
			return nil, usagef(hint, "--allow %s: playbook %s has no rung or step that takes it", word, p.Name)
		}
	}
	for _, param := range p.CloneParams() {
		if err := hosts.has(param, params.Text(param)); err != nil {
			return nil, err
		}
	}
	failOn, err := f.failures()
	if err != nil {
		return nil, err
	}
	return &job{verb: verb, scope: hosts, playbook: p, params: params, upload: upload, flags: *f, window: f.Concurrency, failOn: failOn, waves: waves, brake: brake}, nil
}

// has checks that a parameter names hosts of the inventory, commas between.
func (s scope) has(param, names string) error {
	if names == "" {
		return nil
	}
	for name := range strings.SplitSeq(names, ",") {
		if !slices.Contains(s.Names, strings.TrimSpace(name)) {
			return usagef("", "--set %s=%s: the inventory has no host %q", param, names, strings.TrimSpace(name))
		}
	}
	return nil
}

// consent asks before anything is changed on some hosts.
func (a *app) consent(j *job, verb string, hosts []string) error {
	if j.flags.Pause && (!a.inTerminal || !a.errTerminal) {
		return usagef("leave --pause away", "--pause asks between waves, and there is no terminal to ask on")
	}
	if j.flags.yes {
		return nil
	}
	if !a.inTerminal || !a.errTerminal {
		return usagef("aixmend plan shows what would be run; --yes runs it", "%s changes hosts, and there is no terminal to ask on", verb)
	}
	fmt.Fprintf(a.err, "%s may change %s: %s; playbook %s.\naixmend plan shows the exact commands. Go on? Only yes will do: ",
		verb, report.Hosts(len(hosts)), report.Compact(hosts), j.playbook.Name)
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
func (a *app) execute(ctx context.Context, j *job, before *past) (*outcome.Run, error) {
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
	a.interrupts.announce(a.say)
	if j.by == (outcome.By{}) {
		j.by = a.by()
	}
	run := outcome.Run{
		Schema: outcome.RunSchema, Version: currentVersion(), Command: j.command(), Undoes: j.undoes,
		By: j.by, Limit: strings.Join(j.flags.Limit, ","), Ticket: j.flags.Ticket,
		Playbook: outcome.Playbook{Name: j.playbook.Name, SHA256: j.playbook.SHA256}, Fleet: []outcome.FleetFinding{},
		FailOn: j.failOn,
	}
	own := "" // the run that goes on: what it has applied it may go on with
	if before != nil {
		own = before.id
	}
	approved, err := j.approved(store, own)
	if err != nil {
		return nil, err
	}
	dir, before, err := openFolder(store, j, &run, before)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	if !j.flags.quiet && before == nil {
		a.say("%s of %s, playbook %s, run %s", j.command(), report.Hosts(len(j.Hosts)), j.playbook.Name, run.ID)
	}
	engine := a.engine(j, run.ID, store, dir)
	engine.Approved = approved
	if j.undoes != "" {
		done, err := loadPast(store, j.undoes)
		if err != nil {
			return nil, err
		}
		engine.Earlier = done.earlier
	}
	if before != nil {
		engine.Began, engine.Begun = run.Started, before.begun
	}
	if engine.Attempts, err = j.attempts(store); err != nil {
		return nil, err
	}
	engine.MaxAttempts = j.flags.Attempts
	engine.Past = j.pastIDs(store)
	engine.Pause = a.pauses(j.flags)
	result, broken := a.watched(engine, j, func() (controller.Result, error) {
		return engine.Run(a.within(ctx, j.flags.Deadline), j.Hosts)
	})
	return &run, a.ended(store, dir, j, &run, result, broken)
}

// ended writes down how a run has ended: its reports first, run.json last. broken is
// what the run itself could not do, or nil.
func (a *app) ended(store *journal.Store, dir *journal.Run, j *job, run *outcome.Run, result controller.Result, broken error) error {
	j.sum(run, result)
	ending := a.ending(run, j, result)
	ending.Changes = a.compare(store, j, run)
	if broken != nil {
		ending.Broken = broken.Error()
	}
	if result.Braked != "" {
		a.say("%s", result.Braked)
	}
	code, reason := ending.Code()
	a.conclude(run, code, reason)
	unwritten := a.writeFiles(store, dir, *run, j.flags.Files)
	if unwritten != nil {
		a.conclude(run, outcome.ExitInternal, errors.Join(broken, unwritten).Error())
	}
	err := errors.Join(broken, dir.Finish(*run))
	if err == nil && j.flags.Out != "" { // a report that could not be written takes nothing from a plan
		err = savePlan(j.flags.Out, j, run, store)
	}
	return errors.Join(err, unwritten)
}

// sum notes in a run how its hosts have ended.
func (j *job) sum(run *outcome.Run, result controller.Result) {
	run.Hosts, run.Fleet = append([]outcome.HostSummary{}, result.Hosts...), result.Fleet
	j.place(run.Hosts)
	run.Counts = outcome.Count(run.Hosts)
	run.Unfinished = len(j.Hosts) - len(run.Hosts) // of a run that broke
	for _, h := range run.Hosts {
		if h.Interrupted {
			run.Unfinished++
		}
	}
	run.Finished = time.Now().UTC()
}

// place says of each host where the inventory names it.
func (j *job) place(hosts []outcome.HostSummary) {
	at := make(map[string]outcome.Place, len(j.Hosts))
	for _, h := range j.Hosts {
		at[h.Name] = outcome.Place{File: h.Pos.File, Line: h.Pos.Line}
	}
	for i := range hosts {
		hosts[i].Defined = at[hosts[i].Name]
	}
}

// openFolder opens the folder of a new run, or of one that goes on, and notes
// both in the journal. What a run is to do is on the disk before it begins.
func openFolder(store *journal.Store, j *job, run *outcome.Run, before *past) (*journal.Run, *past, error) {
	now := time.Now().UTC()
	entry := outcome.Entry{Time: now, Event: outcome.EventRun, Format: outcome.JournalFormat, State: outcome.RunStarted, Detail: j.command()}
	if before == nil {
		run.ID, run.Started = journal.NewRunID(now), now
		asked, err := j.request()
		if err != nil {
			return nil, nil, err
		}
		dir, err := store.NewRun(run.ID)
		if err != nil {
			return nil, nil, err
		}
		if j.offline == nil { // resume would connect to the hosts
			err = dir.WriteRequest(asked)
		}
		if err := errors.Join(err, dir.Append(entry)); err != nil {
			return nil, nil, errors.Join(err, dir.Close())
		}
		return dir, nil, nil
	}
	dir, err := store.GoOn(before.id)
	if err != nil {
		return nil, nil, err
	}
	entry.State = outcome.RunResumed
	// Nobody else writes now: what is read here stays true.
	before, err = loadPast(store, before.id)
	if err == nil {
		err = dir.Append(entry)
	}
	if err != nil {
		return nil, nil, errors.Join(err, dir.Close())
	}
	run.ID, run.Started, run.Resumed = before.id, before.started, append(before.resumed, now)
	return dir, before, nil
}

// brakeReason begins the reason of a host that the brake kept from beginning.
const brakeReason = "brake: "

// ending is what the exit code of a run depends on.
func (a *app) ending(run *outcome.Run, j *job, result controller.Result) outcome.Ending {
	e := outcome.Ending{Held: heldByOthers(run), Counts: run.Counts, FailOn: j.failOn, Brake: result.Braked, Cut: run.Unfinished}
	e.Signal, _ = a.interrupts.code()
	for _, h := range run.Hosts {
		switch {
		case h.Outcome == outcome.Skipped && strings.HasPrefix(h.Reason, brakeReason):
			e.KeptBack++
			e.Brake = cmp.Or(e.Brake, h.Reason) // an earlier process of the run may have met it
		case h.Reason == reasonDeadline:
			e.Deadline = true
		}
	}
	return e
}

// heldByOthers says who holds the hosts of a run where other runs hold each of
// them; else "".
func heldByOthers(run *outcome.Run) string {
	held := ""
	for _, h := range run.Hosts {
		switch {
		case strings.HasPrefix(h.Reason, controller.Held) && h.Outcome == outcome.Skipped:
			held = h.Name + " is " + h.Reason
		default:
			return ""
		}
	}
	return held
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
