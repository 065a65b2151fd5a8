package controller

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/playbooks"
	"aixmend/playbooks/facts"
	"aixmend/transport"
)

// sight is what was read of a host, and what the controller knows beside it.
type sight struct {
	past      *facts.Captured      // of the newest capture before this run
	given     *playbooks.Given     // what the controller knows of the host
	approved  *Approved            // nil: no plan was approved
	applied   []string             // why the approved plan may have been applied already
	before    *playbooks.Diagnosis // the host before its first change
	diagnosis *playbooks.Diagnosis // the newest
	plan      []playbooks.PlannedRung
	earlier   string          // the run that is taken back
	rollback  course.Rollback // what of it is left
}

// forget drops what stands in the report.
func (s *sight) forget() { s.given, s.before, s.diagnosis, s.plan = nil, nil, nil, nil }

// lookAt reads the host and judges it.
func (w *walk) lookAt(ctx context.Context, a course.Action) error {
	name := outcome.StageDiagnose
	if w.course.Begun() {
		name = outcome.StageVerify
	}
	if name == outcome.StageDiagnose || w.stage == nil || w.out.Stages[w.stage.at].Name != name {
		w.open(name)
	}
	look, err := w.read(ctx, a.Part)
	switch {
	case err != nil && !w.course.Begun() && transport.KindOf(err) == transport.KindPrivilege:
		w.shut(outcome.StageFailed, err.Error())
		w.privilege(err)
		look = &course.Look{Incomplete: true, Verdict: outcome.Worst(w.out.Findings), Why: verdictOf(w.out.Findings)}
	case err != nil:
		w.shut(outcome.StageFailed, err.Error())
		w.broke(err)
		return nil
	default:
		w.shut(outcome.StageOK, a.Why)
	}
	return w.write(course.Event{Entry: outcome.Entry{Event: outcome.EventLooked}, Look: look})
}

// read is one look. Its error is a link that broke.
func (w *walk) read(ctx context.Context, part bool) (*course.Look, error) {
	if part {
		d, err := w.look(ctx, w.Playbook.UntilProbes(w.probes))
		if err != nil {
			return nil, err
		}
		return &course.Look{Part: true, Proved: w.Playbook.Proved(d)}, nil
	}
	process, err := w.askProcesses(ctx)
	if err == nil {
		err = w.askApplied(ctx)
	}
	if err != nil {
		return nil, err
	}
	d, err := w.look(ctx, w.probes)
	if err != nil {
		return nil, err
	}
	w.adopt(d)
	return w.judge(process), nil
}

// judge is what a look says, with all that decisions rest on.
func (w *walk) judge(process course.Process) *course.Look {
	d, asks := w.sight.diagnosis, w.wishes()
	look := &course.Look{
		Skip: d.Skip, Incomplete: d.Incomplete, Proved: w.Playbook.Proved(d), Targets: w.Playbook.Targets(d, asks), Open: outcome.OpenIDs(w.out.Findings),
		SideEffects: w.sideEffects(), Verdict: outcome.Worst(w.out.Findings), Why: verdictOf(w.out.Findings),
		Rollback: w.sight.rollback, Fates: map[int]course.Fate{}, Process: process, OnlyCollects: w.Playbook.OnlyHandsOver(),
	}
	if view, ok := d.Facts["fleet"].(facts.Fleet); ok {
		look.Complete = view.Complete
		look.Others = w.fleet.clones(w.host.Name, w.Allowed)
	}
	if w.sight.approved != nil && len(w.out.Changes) == 0 {
		if w.out.Drift = w.drift(w.sight.approved); len(w.out.Drift) > 0 {
			look.Drift = Drifted + few(w.out.Drift)
		}
	}
	for _, rung := range w.sight.plan {
		look.Plan = append(look.Plan, rungOf(rung))
	}
	for _, i := range w.course.Asked() {
		look.Fates[i] = w.fate(&w.course.Changes[i])
	}
	if rung := w.course.InProgress(); rung != nil {
		look.Rest = w.rest(rung.ID, look.Fates)
	}
	return look
}

// fate asks the evidence whether a change is in effect.
func (w *walk) fate(c *course.Change) course.Fate {
	s, known := w.planned(c)
	if !known {
		return course.Fate{Why: "what the step rested on is not known any more"}
	}
	inEffect, err := s.Confirm(w.sight.diagnosis)
	if err != nil {
		return course.Fate{Why: err.Error()}
	}
	return course.Fate{Known: true, InEffect: inEffect, Seen: seen(&s)}
}

// seen says what a look has shown of a step that is in effect. One that nothing refutes
// is confirmed by what it is for: whether it ran can't be seen.
func seen(s *playbooks.PlannedStep) string {
	if s.Step.Refute.V == "false" {
		return "a new look shows what it was to bring about; whether it was this step that did can't be seen"
	}
	return "a new look shows that it happened"
}

// rest is the rung in progress, planned from the newest look.
func (w *walk) rest(rung string, fates map[int]course.Fate) course.Rest {
	if w.Earlier != nil {
		var rest course.Rest
		for _, r := range w.sight.plan {
			rest = course.Rest{Steps: stepsOf(r.Steps), Blocked: r.Blocked}
		}
		return rest
	}
	planned := w.Playbook.Rest(w.sight.diagnosis, rung, w.wishes(), func(step string) bool { return w.taken(rung, step, fates) })
	return course.Rest{Steps: stepsOf(planned.Steps), Blocked: planned.Blocked}
}

// taken reports whether a step of a rung is known to have happened in this run, by the
// newest look too.
func (w *walk) taken(rung, step string, fates map[int]course.Fate) bool {
	for i, c := range w.course.Changes {
		if c.Part == course.Main && c.Rung == rung && c.Step.ID == step && (c.Status == outcome.Applied || c.Status == outcome.UnknownIf && fates[i].Known && fates[i].InEffect) {
			return true
		}
	}
	return false
}

// sideEffects are the open findings about what a recovery must have left as it was
// (V4), as a reason.
func (w *walk) sideEffects() string {
	var list []string
	for _, f := range w.out.Findings {
		if f.Open() && slices.ContainsFunc(w.Playbook.Verify.Unchanged, func(u playbooks.Finding) bool { return u.ID == f.ID }) {
			list = append(list, f.ID+": "+f.Title)
		}
	}
	return strings.Join(list, "; ")
}

// privilege is the verdict on a login that can't become root.
func (w *walk) privilege(err error) {
	var typed *transport.Error
	detail := err.Error()
	if errors.As(err, &typed) {
		detail = typed.Op + ": " + typed.Err.Error()
	}
	f := outcome.Finding{
		ID: "privilege-missing", Severity: outcome.Critical, Title: "the login can't become root: " + detail,
		Evidence: []string{detail}, Source: "the shell's own answer",
		Remedy: w.rights(),
	}
	w.out.Findings = []outcome.Finding{waive(w.host, f)}
}

// rights says what a login that can't become root lacks.
func (w *walk) rights() string {
	t, or := w.target, ", or log in as root"
	allow := "allow " + t.User + " to run /usr/bin/sh as root"
	switch {
	case t.BecomeMode == transport.ModeCommands:
		return "allow " + t.User + " what aixmend playbook sudoers " + w.Playbook.Name + " --user " + t.User + " prints" + or
	case t.Become == transport.BecomeSu && t.BecomePassword == "":
		return "say where root's password comes from (ssh.become_password)" + or
	case t.Become == transport.BecomeSu:
		return "check root's password (ssh.become_password)" + or
	case t.BecomePassword != "":
		return "check the password (ssh.become_password), and " + allow + or
	}
	return allow + " without a password, say where the password comes from (ssh.become_password)" + or
}

// look reads the probes and judges them.
func (w *walk) look(ctx context.Context, probes []playbooks.Probe) (*playbooks.Diagnosis, error) {
	commands := w.commands(probes)
	t, err := w.conn.Run(ctx, commands)
	w.record(commands, t)
	if err != nil {
		return nil, err
	}
	probed := make(map[string]playbooks.Probed, len(t.Results))
	for _, r := range t.Results {
		probed[r.ID] = playbooks.Probed{
			Output: facts.Output{
				Stdout: r.Stdout, Stderr: r.Stderr, Exit: r.Exit, Truncated: r.Truncated(), At: r.Started.Add(r.Duration),
			},
			Err:    r.Err,
			NotRun: errors.Is(r.Err, transport.ErrNotRun),
		}
	}
	d := w.Playbook.Judge(w.Params, w.known(), probed)
	w.fleet.report(w.host.Name, d)
	if w.Verb == Audit || w.Verb == Capture {
		return d, nil // judged among the others when the run ends
	}
	return w.Playbook.WithFleet(d, w.fleet.view(w.host.Name)), nil
}

// commands makes the transport's commands of probes.
func (w *walk) commands(probes []playbooks.Probe) []transport.Command {
	commands := make([]transport.Command, len(probes))
	for i, p := range probes {
		commands[i] = transport.Command{
			ID: p.ID, Line: strings.TrimRight(p.Run.V, "\n"), AsLogin: p.Login, Timeout: p.Timeout, MaxOutput: p.MaxOutput,
		}
		if p.Timeout <= 0 {
			commands[i].Timeout = w.Params.Duration("probe_timeout")
		}
		if p.Require != nil {
			commands[i].Require = p.Require.Answer
		}
	}
	return commands
}

// adopt makes a diagnosis what is known of the host, in the report too.
func (w *walk) adopt(d *playbooks.Diagnosis) {
	w.sight.diagnosis = d
	w.out.Facts = d.Facts
	w.out.FactErrors = map[string]string{}
	for name, err := range d.Missing {
		if !playbooks.NotRead(err) {
			w.out.FactErrors[name] = err.Error()
		}
	}
	w.out.Findings = []outcome.Finding{}
	changed := w.sight.before != nil && w.course.Changed() && w.Earlier == nil
	if changed {
		w.Playbook.Compare(w.sight.before, d)
	}
	for _, v := range d.Verdicts {
		w.out.Findings = append(w.out.Findings, waive(w.host, finding(v)))
	}
	w.out.Mended = nil
	if changed {
		w.out.Mended = w.fixed(d)
	}
	w.findLeft()
	w.sight.plan = w.replan(d)
	w.onlyApproved()
	if (w.Verb == Plan || w.Verb == Recover) && !w.course.Begun() && d.Skip == "" && !d.Incomplete {
		w.printPlan()
	}
}

// fixed are the findings that were there before the first change and are not now.
func (w *walk) fixed(d *playbooks.Diagnosis) []outcome.Finding {
	var gone []outcome.Finding
	for _, v := range w.sight.before.Verdicts {
		if !slices.ContainsFunc(d.Verdicts, func(now playbooks.Verdict) bool { return now.ID == v.ID }) {
			gone = append(gone, waive(w.host, finding(v)))
		}
	}
	return gone
}

// waive marks a finding that the inventory waives, or did.
func waive(host inventory.Host, f outcome.Finding) outcome.Finding {
	by := waiver(host, f.ID)
	if by == nil {
		return f
	}
	reason := by.Reason
	if !by.Until.IsZero() {
		reason += " (until " + by.Until.Format(time.DateOnly) + ")"
	}
	if by.ActiveAt(time.Now()) {
		f.Waived, f.Waiver = true, reason
	} else {
		f.Expired = reason
	}
	return f
}

// known is what the controller knows of the host; it is put together once.
func (w *walk) known() playbooks.Given {
	if w.sight.given != nil {
		return *w.sight.given
	}
	w.sight.given = &playbooks.Given{RunID: w.commandsOf(), Verb: string(w.Verb), Inventory: w.inventory(), Captured: w.captured(), Upload: w.Upload}
	if w.Playbook.Uses("captures") {
		w.sight.given.Captures = w.kept()
	}
	if w.Baseline != nil {
		w.sight.given.Baseline = w.Baseline(w.host.Name)
	}
	return *w.sight.given
}

// kept are the captures that the capture verb took of the host, as a fact.
func (w *walk) kept() facts.Captures {
	c := facts.Captures{Asked: w.Params.Text("capture"), List: []facts.Past{}}
	list, err := w.Captures.Taken(w.host.Name, c.Asked)
	if err != nil {
		c.Problem = err.Error()
	}
	for _, kept := range list {
		c.List = append(c.List, Remember(kept))
	}
	return c
}

// Remember is a capture as a fact.
func Remember(c outcome.Capture) facts.Past {
	p := facts.ReadPast(c.Facts)
	p.Known, p.Host, p.ID, p.Label, p.Purpose = true, c.Host, c.ID, c.Label, c.Purpose
	p.Date = c.Created.UTC().Format(time.DateOnly)
	p.From = "capture " + c.ID + " of " + p.Date
	return p
}

// inventory is what the inventory says of the host, as a fact.
func (w *walk) inventory() facts.Inventory {
	return inventoryFact(w.host, time.Now())
}

// inventoryFact makes the fact of a host; acceptances are those that hold at now.
func inventoryFact(host inventory.Host, now time.Time) facts.Inventory {
	return facts.Inventory{Name: host.Name, RMCNIC: host.RMCNIC, Accepted: host.Accepted(now)}
}

// captured is what the host's newest capture says, as a fact. It is read once:
// what this walk itself captures says nothing about the past.
func (w *walk) captured() facts.Captured {
	if w.sight.past != nil {
		return *w.sight.past
	}
	w.sight.past = &facts.Captured{}
	c, err := w.Captures.Newest(w.host.Name, w.RunID)
	if err != nil || c == nil {
		return *w.sight.past
	}
	*w.sight.past = facts.Captured{Known: true, ID: c.ID, Date: c.Created.UTC().Format(time.DateOnly), NICs: facts.ReadPast(c.Facts).NICs}
	var then struct {
		Bootinfo facts.Word
		Lspv     facts.Disks
	}
	if text, err := json.Marshal(c.Facts); err != nil || json.Unmarshal(text, &then) != nil {
		return *w.sight.past
	}
	w.sight.past.BootDisk = then.Bootinfo.Text
	for _, d := range then.Lspv.List {
		if d.Name == then.Bootinfo.Text {
			w.sight.past.BootPVID = d.PVID
		}
	}
	return *w.sight.past
}

// few are the first of some texts.
func few(list []string) string {
	const most = 3
	if len(list) <= most {
		return strings.Join(list, "; ")
	}
	return strings.Join(list[:most], "; ") + plural(len(list)-most, " (and %d more)", " (and %d more)")
}

// conclude gives a host the outcome of its findings; the reason is the first of the
// gravest.
func conclude(h *outcome.Host) {
	h.Outcome, h.Reason, h.Interrupted = outcome.Worst(h.Findings), verdictOf(h.Findings), false
}

// verdictOf is the reason that findings make.
func verdictOf(findings []outcome.Finding) string {
	first, more := "", 0
	for _, severity := range outcome.Severities() {
		for _, f := range findings {
			switch {
			case !f.Open() || f.Severity != severity:
			case first == "":
				first = f.ID + ": " + f.Title
			default:
				more++
			}
		}
	}
	if more > 0 {
		first += plural(more, " (and %d more finding)", " (and %d more findings)")
	}
	return first
}

// text makes a host's bytes a string that JSON can hold: invalid UTF-8 is
// replaced, nothing else is touched.
func text(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}
