package controller

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/playbooks"
	"aixmend/playbooks/facts"
	"aixmend/transport"
)

// diagnose is the first look.
func (w *walk) diagnose(ctx context.Context) (Event, error) {
	done := w.stage(outcome.StageDiagnose)
	d, err := w.look(ctx, w.probes)
	if err != nil {
		done(outcome.StageFailed, err.Error())
		return w.lostLook(err), nil
	}
	w.adopt(d)
	done(outcome.StageOK, "")
	if d.Skip != "" {
		w.end(outcome.Skipped, "%s", d.Skip)
		return judged, nil
	}
	return w.decide()
}

// lostLook decides what a look without an answer means: a broken link is
// tried once more, reading changes nothing.
func (w *walk) lostLook(err error) Event {
	kind := transport.KindOf(err)
	if kind == transport.KindPrivilege {
		w.privilege(err)
		return judged
	}
	w.hangUp()
	if w.breaks++; kind == transport.KindLost && w.breaks < 2 {
		return linkLost
	}
	w.unreachable(err)
	return unreachable
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
	w.conclusion()
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

// adopt makes a diagnosis the host's state of knowledge.
func (w *walk) adopt(d *playbooks.Diagnosis) {
	w.diagnosis = d
	w.out.Facts = d.Facts
	w.out.FactErrors = map[string]string{}
	for name, err := range d.Missing {
		if !playbooks.NotRead(err) {
			w.out.FactErrors[name] = err.Error()
		}
	}
	w.out.Findings = []outcome.Finding{}
	if w.before != nil && w.changed() && w.Earlier == nil {
		w.Playbook.Compare(w.before, d)
	}
	for _, v := range d.Verdicts {
		w.out.Findings = append(w.out.Findings, waive(w.host, finding(v)))
	}
	w.out.Mended = w.mended(d)
	w.findLeft()
	w.plan = w.replan(d)
	w.onlyApproved()
}

// mended are the findings that were there before the first change and are not now.
func (w *walk) mended(d *playbooks.Diagnosis) []outcome.Finding {
	if w.before == nil || !w.changed() || w.Earlier != nil {
		return nil
	}
	var gone []outcome.Finding
	for _, v := range w.before.Verdicts {
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
	if w.given != nil {
		return *w.given
	}
	w.given = &playbooks.Given{RunID: w.commandsOf(), Verb: string(w.Verb), Inventory: w.inventory(), Captured: w.captured(), Upload: w.Upload}
	if w.Playbook.Uses("captures") {
		w.given.Captures = w.taken()
	}
	if w.Baseline != nil {
		w.given.Baseline = w.Baseline(w.host.Name)
	}
	return *w.given
}

// taken are the captures that the capture verb took of the host, as a fact.
func (w *walk) taken() facts.Captures {
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
	if w.past != nil {
		return *w.past
	}
	w.past = &facts.Captured{}
	c, err := w.Captures.Newest(w.host.Name, w.RunID)
	if err != nil || c == nil {
		return *w.past
	}
	*w.past = facts.Captured{Known: true, ID: c.ID, Date: c.Created.UTC().Format(time.DateOnly), NICs: facts.ReadPast(c.Facts).NICs}
	var then struct {
		Bootinfo facts.Word
		Lspv     facts.Disks
	}
	if text, err := json.Marshal(c.Facts); err != nil || json.Unmarshal(text, &then) != nil {
		return *w.past
	}
	w.past.BootDisk = then.Bootinfo.Text
	for _, d := range then.Lspv.List {
		if d.Name == then.Bootinfo.Text {
			w.past.BootPVID = d.PVID
		}
	}
	return *w.past
}

// decide says what follows from the first look.
func (w *walk) decide() (Event, error) {
	w.conclusion()
	if w.diagnosis.Incomplete {
		return judged, nil
	}
	switch w.Verb {
	case Capture:
		return toCapture, nil
	case Plan, Recover:
		if w.approved != nil && len(w.out.Changes) == 0 {
			if w.out.Drift = w.drift(w.approved); len(w.out.Drift) > 0 {
				w.end(outcome.Skipped, "%s%s", Drifted, few(w.out.Drift))
				return judged, nil
			}
		}
		w.printPlan()
		waits := w.Earlier == nil && !w.Playbook.Proved(w.diagnosis) && w.left() > 0 && !w.stopping()
		if w.Verb == Recover && waits && (w.kept || len(w.out.Changes) > 0 && w.runnable() == nil) {
			return notYet, nil
		}
		if w.Verb == Recover && w.runnable() != nil {
			if w.waves != nil && !w.released {
				return toItsWave, nil
			}
			if !w.among() {
				return othersFirst, nil
			}
			return toCapture, nil
		}
		return w.finish(judged), nil
	}
	return judged, nil
}

// same are the other names of the machine, as the host was judged last.
func (w *walk) same() []string {
	view, _ := w.diagnosis.Facts["fleet"].(facts.Fleet)
	return view.Same
}

// among reports whether what is known of the host was judged when all others had
// been read, or can't be: only then it is certain that none of them is the same
// machine.
func (w *walk) among() bool {
	view, ok := w.diagnosis.Facts["fleet"].(facts.Fleet)
	return ok && view.Complete
}

// few are the first of some texts.
func few(list []string) string {
	const most = 3
	if len(list) <= most {
		return strings.Join(list, "; ")
	}
	return strings.Join(list[:most], "; ") + plural(len(list)-most, " (and %d more)", " (and %d more)")
}

// finish ends a walk with an event, unless the host has yet to be judged among
// the others. A host that failed is left alone.
func (w *walk) finish(end Event) Event {
	switch w.out.Outcome {
	case outcome.Failed, outcome.Unknown, outcome.Unreachable, outcome.Skipped:
		return end
	}
	if w.gathered || w.stopping() {
		return end
	}
	return othersFirst
}

// conclusion gives the host the outcome of what is known now. A host on which
// something was changed is judged by whether that helped.
func (w *walk) conclusion() {
	switch blocked := w.blocked(); {
	case w.rung != nil && w.trouble == "" && w.pickup == nil && (w.shut || w.stopping()) && !w.changed():
		w.cut(outcome.Skipped, "interrupted before anything was changed")
	case len(w.out.Changes) > 0, w.trouble != "":
		w.concludeChanged()
	case w.Earlier != nil && blocked != "":
		w.end(outcome.NeedsAction, "%s", blocked)
	case w.Earlier != nil:
		w.concludeTakenBack()
	default:
		conclude(&w.out)
		if w.Verb == Recover && blocked != "" && (w.out.Outcome == outcome.NeedsAction || w.Playbook.OnlyHandsOver()) {
			w.end(outcome.NeedsAction, "%s", blocked)
		}
	}
}

// conclude gives a host the outcome of its findings; the reason is the first
// of the gravest.
func conclude(h *outcome.Host) {
	first, more := "", 0
	for _, severity := range outcome.Severities() {
		for _, f := range h.Findings {
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
	h.Outcome, h.Reason, h.Interrupted = outcome.Worst(h.Findings), first, false
}

// text makes a host's bytes a string that JSON can hold: invalid UTF-8 is
// replaced, nothing else is touched.
func text(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}
