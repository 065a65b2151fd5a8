package controller

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
	"aixmend/playbooks"
	"aixmend/playbooks/facts"
	"aixmend/transport"
)

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
	w.out.Findings, w.out.Passed = []outcome.Finding{waive(w.host, f)}, nil
}

// rights words how to fix a login that can't become root.
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
	t, err := w.ask(ctx, commands, w.Params.Duration(playbooks.LookTimeoutParam))
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
	// The MACs that the host has told find its VM, whose list is evidence from then on.
	if given := w.evidence.given; w.listed(ctx, d, given) {
		d = w.Playbook.Judge(w.Params, *given, probed)
	}
	w.peers.Report(w.host.Name, d)
	if w.Verb == Audit || w.Verb == Capture {
		return d, nil // judged among the others when the run ends
	}
	return w.amongOthers(d), nil
}

// ask runs read-only commands that may take a time together. Once it is over, those left
// have no answer and the connection is closed: a slow host must not hold its slot.
func (w *walk) ask(ctx context.Context, commands []transport.Command, within time.Duration) (transport.Transcript, error) {
	for i := range commands {
		commands[i].Within = within
	}
	t, err := w.conn.Run(ctx, commands)
	late := false
	for i := range t.Results {
		if r := &t.Results[i]; errors.Is(r.Err, transport.ErrLate) {
			r.Err, late = fmt.Errorf("the look took longer than %s (%s)", within, playbooks.LookTimeoutParam), true
		}
	}
	if late && err == nil {
		w.hangUp()
	}
	return t, err
}

// commands makes the transport's commands of probes.
func (w *walk) commands(probes []playbooks.Probe) []transport.Command {
	commands := make([]transport.Command, len(probes))
	for i, p := range probes {
		commands[i] = transport.Command{
			ID: p.ID, Line: strings.TrimRight(p.Run.V, "\n"), AsLogin: p.Login, Timeout: p.Timeout, MaxOutput: p.MaxOutput,
		}
		if p.Timeout <= 0 {
			commands[i].Timeout = w.Params.Duration(playbooks.ProbeTimeoutParam)
		}
		if p.Require != nil {
			commands[i].Require = p.Require.Answer
		}
	}
	return commands
}
