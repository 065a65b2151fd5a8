package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/inventory"
	"aixmend/playbooks"
	"aixmend/transport"
	"aixmend/transport/ssh"
	"aixmend/transport/wrap"
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
	if err != nil {
		return err
	}
	if err := a.print(run, verb); err != nil {
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
	outside  []string // the inventory's hosts that are not selected
	playbook *playbooks.Playbook
	params   playbooks.Params
	flags    flags
	failOn   []outcome.Outcome
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
	inv, hosts, err := f.selected()
	if err != nil {
		return nil, err
	}
	in := map[string]bool{}
	for _, h := range hosts {
		in[h.Name] = true
	}
	var outside []string
	for _, h := range inv.Hosts {
		if !in[h.Name] {
			outside = append(outside, h.Name)
		}
	}
	failOn, err := f.failures()
	if err != nil {
		return nil, err
	}
	return &job{verb: verb, hosts: hosts, groups: inv.Groups, outside: outside, playbook: p, params: params, flags: *f, failOn: failOn}, nil
}

// windows gives the places that a host's connection takes: those of its groups
// that set a bound, by name, then that of the run.
func (j *job) windows() func(transport.Target) []*wrap.Window {
	all := wrap.NewWindow(j.flags.concurrency)
	of := map[string][]*wrap.Window{}
	for _, g := range j.groups { // sorted by name
		if g.Concurrency == 0 {
			continue
		}
		w := wrap.NewWindow(g.Concurrency)
		for _, host := range g.Hosts {
			of[host] = append(of[host], w)
		}
	}
	return func(t transport.Target) []*wrap.Window {
		return append(of[t.Name][:len(of[t.Name]):len(of[t.Name])], all)
	}
}

// consent asks before anything is changed.
func (a *app) consent(j *job) error {
	if j.flags.yes {
		return nil
	}
	if !a.inTerminal || !a.errTerminal {
		return usagef("aixmend plan shows what would be run; --yes runs it", "recover changes hosts, and there is no terminal to ask on")
	}
	fmt.Fprintf(a.err, "recover may change %s: %s; playbook %s.\naixmend plan shows the exact commands. Go on? Only yes will do: ",
		report.Hosts(len(j.hosts)), report.Compact(names(j.hosts)), j.playbook.Name)
	answer, err := bufio.NewReader(a.in).ReadString('\n')
	if err != nil || strings.TrimSpace(answer) != "yes" {
		return usagef("", "not confirmed: nothing was run")
	}
	return nil
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
	engine.Outside = store.NewestNodeIDs(j.outside)
	result, broken := engine.Run(a.within(ctx, j.flags.deadline), j.hosts)
	run.Hosts, run.Fleet = append([]outcome.HostSummary{}, result.Hosts...), result.Fleet
	run.Counts = outcome.Count(run.Hosts)
	run.Finished = time.Now().UTC()
	code, reason := a.code(&run, j)
	if broken != nil {
		code, reason = outcome.ExitInternal, broken.Error()
	}
	run.ExitCode, run.ExitReason = int(code), reason
	return &run, errors.Join(broken, dir.Finish(run))
}

// code decides the exit code of a run that came to its end.
func (a *app) code(run *outcome.Run, j *job) (outcome.Code, string) {
	if code, ok := a.interrupts.code(); ok {
		return code, "interrupted"
	}
	code, reason := outcome.ExitFor(run.Counts, j.failOn)
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

// engine wires a job to the real world.
func (a *app) engine(j *job, id string, store *journal.Store, dir *journal.Run) *controller.Engine {
	gate := wrap.Gate(wrap.Shut)
	if j.verb == controller.Recover {
		gate = a.open
	}
	dialer := ssh.NewDialer(ssh.Options{
		ConnectTimeout: j.flags.connect,
		Keys:           &ssh.Keys{Home: home(), AgentSocket: os.Getenv("SSH_AUTH_SOCK"), Passphrase: a.passphrase()},
		Hosts:          &ssh.HostKeys{Default: ssh.UserKnownHosts(home())},
	})
	e := &controller.Engine{
		Options: controller.Options{
			RunID: id, Verb: j.verb, Playbook: j.playbook, Params: j.params,
			Allowed: j.flags.allow, MendWarnings: j.flags.mend, Label: j.flags.label,
		},
		Dialer:   wrap.Gated(wrap.Limited(wrap.Retried(dialer, 2, time.Second), j.windows()), gate),
		Journal:  dir,
		Captures: store,
		Sink:     sink{dir},
		Stop:     a.interrupts.stop,
	}
	if j.flags.verbose > 0 {
		e.Observer = a.mover()
	}
	return e
}

// open is the gate of recover: it lets changes pass until the run is stopped.
func (a *app) open(transport.Target, transport.Command) error {
	select {
	case <-a.interrupts.stop:
		return transport.ErrGateShut
	default:
		return nil
	}
}

// sink writes each host's reports as it ends.
type sink struct{ dir *journal.Run }

// HostDone implements controller.Sink.
func (s sink) HostDone(h outcome.Host) error { return s.dir.WriteHost(h, report.HostMarkdown(h)) }

// Amend implements controller.Sink.
func (s sink) Amend(host string, change func(*outcome.Host)) error {
	h, err := s.dir.LoadHost(host)
	if err != nil {
		return err
	}
	change(h)
	return s.HostDone(*h)
}

// mover tells every move on stderr.
func (a *app) mover() controller.Observer {
	writer := zerolog.ConsoleWriter{Out: a.err, NoColor: !a.errColor(), TimeFormat: time.TimeOnly}
	return moves{zerolog.New(zerolog.SyncWriter(writer)).With().Timestamp().Logger()}
}

type moves struct{ log zerolog.Logger }

// Moved implements controller.Observer.
func (m moves) Moved(host string, to controller.State, note string) {
	m.log.Info().Str("host", host).Str("state", string(to)).Msg(note)
}

func (a *app) errColor() bool {
	return a.errTerminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
func (a *app) outColor() bool {
	return a.outTerminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// print writes a run to stdout in the form that was asked for.
func (a *app) print(run *outcome.Run, verb controller.Verb) error {
	if a.flags.format == "json" {
		return a.printJSON(run)
	}
	if a.flags.quiet {
		return a.printTrouble(run)
	}
	if verb == controller.Plan {
		for _, h := range run.Hosts {
			if len(h.Plan) > 0 {
				fmt.Fprintln(a.out, report.PlanText(h))
			}
		}
	}
	fmt.Fprint(a.out, report.Text(*run, report.TextOptions{Width: a.width(), Color: a.outColor()}))
	fmt.Fprintf(a.out, "reports: %s\n", filepath.Join(a.flags.state, "runs", run.ID, "hosts"))
	if next := a.nextCommand(run, verb); next != "" {
		fmt.Fprintf(a.out, "next:    %s\n", next)
	}
	return nil
}

// printTrouble is the quiet form: nothing when there is no trouble, else the
// hosts that have it.
func (a *app) printTrouble(run *outcome.Run) error {
	if run.ExitCode == int(outcome.ExitOK) {
		return nil
	}
	trouble := *run
	trouble.Hosts = nil
	for _, h := range run.Hosts {
		if h.Outcome != outcome.Healthy && h.Outcome != outcome.Recovered && h.Outcome != outcome.Degraded {
			trouble.Hosts = append(trouble.Hosts, h)
		}
	}
	_, err := fmt.Fprint(a.out, report.Text(trouble, report.TextOptions{Width: a.width(), Color: a.outColor()}))
	return err
}

func (a *app) printJSON(v any) error {
	e := json.NewEncoder(a.out)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// nextCommand is what an operator would type now.
func (a *app) nextCommand(run *outcome.Run, verb controller.Verb) string {
	var sick []outcome.HostSummary
	planned := false
	for _, h := range run.Hosts {
		if h.Outcome != outcome.Healthy && h.Outcome != outcome.Recovered && h.Outcome != outcome.Degraded {
			sick = append(sick, h)
		}
		for _, s := range h.Plan {
			planned = planned || s.BlockedBy == ""
		}
	}
	switch {
	case len(sick) == 0:
		return ""
	case verb == controller.Plan && planned:
		return a.command("recover")
	case (verb == controller.Audit || verb == controller.Capture) && run.Counts[outcome.NeedsAction] > 0:
		return a.command("plan")
	}
	explain := "aixmend explain " + run.ID + " " + sick[0].Name
	if a.flags.state != "aixmend-state" {
		explain += " --state " + shellWord(a.flags.state)
	}
	return explain
}

// command is the same selection with another verb.
func (a *app) command(verb string) string {
	words := []string{"aixmend", verb}
	for _, file := range a.flags.inventories {
		if file != "inventory.yaml" {
			words = append(words, "-i", shellWord(file))
		}
	}
	for _, pattern := range a.flags.limit {
		words = append(words, "-l", shellWord(pattern))
	}
	if a.flags.state != "aixmend-state" {
		words = append(words, "--state", shellWord(a.flags.state))
	}
	for _, set := range a.flags.set {
		words = append(words, "--set", shellWord(set))
	}
	return strings.Join(words, " ")
}

// shellWord quotes a word where a shell would take it apart.
func shellWord(s string) string {
	if s != "" && !strings.ContainsAny(s, " \t\n'\"\\$`!*?[]{}()<>|&;#~") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
