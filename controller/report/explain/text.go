package explain

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/docs"
)

// Text renders the explanation for a terminal of a width, 0 for no limit. A command is not
// wrapped.
func (e Explanation) Text(width int) string {
	t := &explainer{width: width}
	shown := string(outcome.Host{Outcome: e.Outcome, Interrupted: e.Interrupted}.Shown())
	t.line("%s (%s): %s", e.Host, e.Address, firstOf(shown, "no outcome yet"))
	if e.Reason != "" {
		t.line("  %s", e.Reason)
	}
	t.health(e.Cloud)
	t.line("\nFindings")
	t.nothing(e)
	for _, c := range e.Chains {
		t.chain(c)
	}
	for _, name := range slices.Sorted(maps.Keys(e.NotKnown)) {
		t.line("  not known: %s: %s", name, e.NotKnown[name])
	}
	t.reads(e.Chains)
	if len(e.Drift) > 0 {
		t.line("\nDifferences from the approved plan")
	}
	for _, d := range e.Drift {
		t.line("  %s", d)
	}
	t.planned(e.Steps)
	t.line("\nChanges")
	t.done(e)
	t.line("\nNext steps")
	for _, next := range e.Next {
		t.next(next)
	}
	return t.b.String()
}

// reads names the sections of the runbook on findings, each as a command to paste. Findings
// that only a playbook knows have none.
func (t *explainer) reads(chains []Chain) {
	var ids []string
	for _, c := range chains {
		ids = append(ids, c.Finding)
	}
	list := docs.Explained(ids)
	if len(list) == 0 {
		return
	}
	t.line("  To read more:")
	for _, id := range append(list, "sources") {
		t.next("aixmend runbook " + id)
	}
}

// explainer writes lines in which output of a host stays text.
type explainer struct {
	b     strings.Builder
	width int // of the terminal; 0: no limit
}

func (t *explainer) line(format string, args ...any) {
	t.b.WriteString(report.Fit(report.Cleanf(format, args...), t.width) + "\n")
}

// about writes a line of a finding behind the column of labels.
func (t *explainer) about(label, format string, args ...any) {
	t.b.WriteString(report.Hanging(fmt.Sprintf("    %-8s ", label), report.Cleanf(format, args...), t.width) + "\n")
}

// command writes a command, its further lines below the first.
func (t *explainer) command(label, text string) {
	indent := strings.Repeat(" ", len(label))
	t.b.WriteString(label + strings.ReplaceAll(report.Clean(text, true), "\n", "\n"+indent) + "\n")
}

// next writes a line of advice: prose fits the width, a command stays one line.
func (t *explainer) next(line string) {
	if isCommand(line) {
		t.b.WriteString("    " + report.Clean(line, false) + "\n")
		return
	}
	t.line("  %s", line)
}

// nothing says why there are no findings.
func (t *explainer) nothing(e Explanation) {
	switch {
	case len(e.Chains) > 0:
	case e.Outcome == outcome.Unreachable:
		t.line("  none: nothing was read, there was no connection")
	case e.Read == 0:
		t.line("  none: nothing was read")
	case e.Outcome == outcome.Skipped:
		t.line("  none: the host was not judged")
	default:
		t.line("  none: %d commands were read, no rule of the playbook applies", e.Read)
	}
}

// chain writes one finding, from the observation to the next step.
func (t *explainer) chain(c Chain) {
	fixed := ""
	if c.Fixed {
		fixed = " (present before the first change, fixed now)"
	}
	t.line("  %s, %s: %s%s", c.Finding, string(c.Severity), c.Title, fixed)
	for _, o := range c.Observed {
		first, rest, more := strings.Cut(strings.TrimSpace(o.Command), "\n")
		if more && rest != "" {
			first += " ..."
		}
		t.about("observed", "%s: %s: %s", o.Probe, report.Shorten(first, maxCommand), o.Said)
	}
	for _, v := range c.Values {
		t.about("value", "%s is %s", v.Path, report.Value(v.Is))
	}
	for _, b := range c.Because {
		t.about("because", "%s", b)
	}
	if c.Rule != "" {
		t.about("rule", "%s", strings.Join(strings.Fields(c.Rule), " "))
	}
	for _, r := range c.RestsOn {
		t.about("sure", "%s: %s", r.Fact, sureness(r))
	}
	if c.Source != "" {
		t.about("source", "%s", c.Source)
	}
	if c.Waived != "" {
		t.about("waived", "%s", c.Waived)
	}
	if c.Expired != "" {
		t.about("expired", "waiver: %s", c.Expired)
	}
	for _, s := range c.Steps {
		t.step(s)
	}
	for _, n := range c.Next {
		if isCommand(n) {
			t.b.WriteString(strings.Repeat(" ", 13) + report.Clean(n, false) + "\n")
			continue
		}
		t.about("next", "%s", n)
	}
}

// sureness renders in words how sure a reading is. Older reports have letters.
func sureness(r outcome.Reading) string {
	words := map[string]string{"seen": "seen in public", "": "not stated in the playbook", "D": "documented", "C": "seen in public", "I": "inferred", "K": "assumed"}[r.Sure]
	if words == "" {
		words = r.Sure
	}
	if r.Source != "" {
		words += " (" + r.Source + ")"
	}
	return words
}

// maxCommand is how much of an observed command is shown, in characters; the host's
// report has all of it.
const maxCommand = 100

// step writes the status of a step that a finding called for.
func (t *explainer) step(a Step) {
	step := "rung " + a.Rung
	switch {
	case a.Rung == "":
		step = a.Step
	case a.Step != "":
		step += ", " + a.Step
	}
	words := a.Status
	if !a.At.IsZero() {
		words += " " + report.Stamp(a.At)
	}
	if a.Why != "" {
		words += ": " + a.Why
	}
	if a.AllowedBy != "" && a.Status != StepBlocked && a.Status != StepNotNeeded {
		words += " (allowed by --allow " + a.AllowedBy + ")"
	}
	t.about("step", "%s: %s", step, words)
}

// planned writes the commands of the steps that were not sent.
func (t *explainer) planned(steps []Step) {
	begun := false
	for _, a := range steps {
		if a.Sent() || a.Status == StepNotNeeded {
			continue
		}
		if !begun {
			t.line("\nCommands that recover would run")
		}
		begun = true
		switch {
		case a.Step == "" && a.Status == StepPlanned:
			t.line("  rung %s: its commands depend on the result of an earlier rung", a.Rung)
		case a.Step == "":
			t.line("  rung %s", a.Rung)
		default:
			t.line("  rung %s, step %s", a.Rung, a.Step)
			t.command("    runs     ", a.Command)
		}
		switch a.Status {
		case StepBlocked:
			t.line("    blocked: %s", a.Why)
		case StepLast:
			t.line("    %s", a.Why)
		}
	}
}

// done writes the changes, the lease, the capture and the fetched files.
func (t *explainer) done(e Explanation) {
	none := true
	for _, a := range e.Steps {
		if !a.Sent() {
			continue
		}
		none = false
		t.line("  %s: %s", a.Step, strings.TrimSuffix(a.Status+"; "+a.Why, "; "))
		t.command("    ran   ", a.Command)
		t.command("    undo  ", a.Undo)
	}
	switch {
	case none:
		t.line("  none")
	case e.StartedBy != "":
		t.line("  changed by %s", e.StartedBy)
	}
	if e.Lease != nil && e.Lease.Text != "" {
		t.line("  host lease: %s %s", e.Lease.Text, e.Lease.Note)
	}
	if e.Capture != "" {
		t.line("  capture before the changes: %s", e.Capture)
	}
	for _, f := range e.Support {
		t.line("  fetched: %s, %d bytes, sha256 %s", f.Name, f.Bytes, f.SHA256)
	}
}
