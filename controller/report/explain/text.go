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
	return e.TypedText(width, func(line string) string { return line })
}

// TypedText is Text with the commands completed as by Type.
func (e Explanation) TypedText(width int, complete func(line string) string) string {
	t := &explainer{complete: complete, width: width, said: map[string]bool{}, advice: e.Next}
	shown := string(outcome.Host{Outcome: e.Outcome, Interrupted: e.Interrupted}.Shown())
	where := outcome.HostSummary{Address: e.Address, Site: e.Site}.Where()
	t.line("%s (%s): %s", e.Host, where, firstOf(shown, "no outcome yet"))
	if e.Reason != "" {
		t.line("  %s", e.Reason)
	}
	if e.Site != "" {
		t.line("  its commands and their output are at site %s: aixmend explain %s %s shows them there", e.Site, e.RunID, e.Host)
	}
	for _, run := range e.LeftOpen {
		t.line("  %s", run.Changed())
	}
	t.health(e.Cloud)
	t.when(e)
	t.line("\nFindings")
	t.nothing(e)
	for _, c := range gravestFirst(e.Chains) {
		t.chain(c)
	}
	t.notKnown(e.NotKnown)
	t.reads(gravestFirst(e.Chains))
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
	b strings.Builder
	// complete completes the commands in a line of advice.
	complete func(line string) string

	width int             // of the terminal; 0: no limit
	said  map[string]bool // observations, sources of facts and reasons that stand above
	// advice is that on the host, which stands at the end.
	advice []string
}

// later reports whether a line of the advice on one finding stands in that on the host, too.
func (t *explainer) later(list []string, i int) bool {
	if i+1 < len(list) && isCommand(list[i+1]) { // the words before a command go with it
		i++
	}
	return slices.Contains(t.advice, list[i])
}

// gravestFirst returns the findings by severity, else in their order.
func gravestFirst(chains []Chain) []Chain {
	ranks := []outcome.Severity{outcome.Critical, outcome.Warning, outcome.Info}
	return slices.SortedStableFunc(slices.Values(chains), func(a, b Chain) int {
		return slices.Index(ranks, a.Severity) - slices.Index(ranks, b.Severity)
	})
}

// anew reports whether a text has not been said before.
func (t *explainer) anew(text string) bool {
	if t.said[text] {
		return false
	}
	t.said[text] = true
	return true
}

// when says which run is explained, and when the host was read.
func (t *explainer) when(e Explanation) {
	switch {
	case e.RunID == "":
	case e.At.IsZero():
		t.line("  run %s", e.RunID)
	case slices.ContainsFunc(e.Steps, func(s Step) bool { return s.At.After(e.At) }):
		t.line("  run %s, read at %s, before the changes below", e.RunID, report.Stamp(e.At))
	default:
		t.line("  run %s, read at %s", e.RunID, report.Stamp(e.At))
	}
}

// notKnown says which facts could not be read, together where the reason is the same.
func (t *explainer) notKnown(why map[string]string) {
	names := slices.Sorted(maps.Keys(why))
	for _, first := range names {
		if t.anew("not known " + why[first]) {
			same := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return why[name] != why[first] })
			t.line("  not known: %s: %s", strings.Join(same, ", "), why[first])
		}
	}
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

// undo writes how a step is undone: a command, or the reason why there is none.
func (t *explainer) undo(undo string) {
	const label = "    undo  "
	if strings.HasPrefix(undo, "none: ") {
		t.b.WriteString(report.Hanging(label, report.Clean(undo, false), t.width) + "\n")
		return
	}
	t.command(label, undo)
}

// next writes a line of advice: prose fits the width, a command can be pasted.
func (t *explainer) next(line string) {
	if isCommand(line) {
		t.b.WriteString(report.Pasted(t.complete(line), t.width, "    ") + "\n")
		return
	}
	t.line("  %s", t.complete(line))
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
	if c.Finding == unread {
		t.failed(c.Observed)
	} else {
		t.observed(c.Observed)
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
		t.about("basis", "%s: %s", r.Fact, t.sureness(r))
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
	t.steps(c.Steps)
	for i, n := range c.Next {
		if t.later(c.Next, i) {
			continue
		}
		switch {
		case isCommand(n):
			t.b.WriteString(report.Pasted(t.complete(n), t.width, strings.Repeat(" ", 13)) + "\n")
		case report.IsCommand(n):
			t.command("    next     ", report.Clean(n, false))
		default:
			t.about("next", "%s", t.complete(n))
		}
	}
}

// observed writes the commands that a rule rests on. Those that stand above already, with the
// same answer, are named on one line.
func (t *explainer) observed(list []Observation) {
	var again []string
	for _, o := range list {
		if !t.anew("observed " + o.Probe + o.Command + o.Said) {
			again = append(again, o.Probe)
			continue
		}
		first, rest, more := strings.Cut(strings.TrimSpace(o.Command), "\n")
		if more && rest != "" {
			first += " ..."
		}
		t.about("observed", "%s: %s: %s", o.Probe, report.Shorten(first, maxCommand), o.Said)
	}
	if len(again) > 0 {
		t.about("observed", "as above: %s", strings.Join(again, ", "))
	}
}

// unread is the finding of a probe that failed; its next step is to run the command by hand.
const unread = "probe-failed"

// failed writes the commands of probes that failed, in full.
func (t *explainer) failed(list []Observation) {
	for _, o := range list {
		t.about("observed", "%s: %s", o.Probe, o.Said)
		t.command("    command  ", strings.TrimSpace(o.Command))
	}
}

// sureness renders in words how sure a reading is, with the source at its first mention.
// Older reports have letters.
func (t *explainer) sureness(r outcome.Reading) string {
	words := map[string]string{"seen": "seen in public", "": "not stated in the playbook", "D": "documented", "C": "seen in public", "I": "inferred", "K": "assumed"}[r.Sure]
	if words == "" {
		words = r.Sure
	}
	if r.Source != "" && t.anew("sure "+r.Fact+r.Sure+r.Source) {
		words += " (" + r.Source + ")"
	}
	return words
}

// maxCommand is how much of an observed command is shown, in characters; the host's
// report has all of it.
const maxCommand = 100

// steps writes the status of the steps that a finding called for. Steps of a rung with one
// status share a line, and those around a timed undo are part of their step.
func (t *explainer) steps(list []Step) {
	list = slices.DeleteFunc(slices.Clone(list), func(s Step) bool { return s.Timed != "" && (!s.Sent() || s.Status == outcome.Applied) })
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].Rung == list[0].Rung && list[n].status() == list[0].status() && list[0].Step != "" && list[n].Step != "" {
			n++
		}
		var names []string
		for _, s := range list[:n] {
			names = append(names, s.Step)
		}
		where := strings.Join(names, ", ")
		switch {
		case list[0].Rung != "" && where != "":
			where = "rung " + list[0].Rung + ", " + where
		case list[0].Rung != "":
			where = "rung " + list[0].Rung
		}
		t.about("step", "%s: %s", where, list[0].status())
		t.said["why "+list[0].Why] = true
		list = list[n:]
	}
}

// status renders the status of a step, with the time and the reason.
func (s Step) status() string {
	words := s.Status
	if !s.At.IsZero() {
		words += " " + report.Stamp(s.At)
	}
	if s.Why != "" {
		words += ": " + s.Why
	}
	if s.AllowedBy != "" && s.Status != StepBlocked && s.Status != StepNotNeeded {
		words += " (allowed by --allow " + s.AllowedBy + ")"
	}
	return words
}

// timer words a step around a timed undo.
func (s Step) timer() string {
	if s.Part == "arm" {
		return "arms the timed undo of " + s.Timed + ": the host undoes the step by itself after " + s.After + " unless that is disarmed"
	}
	return "disarms the timed undo of " + s.Timed + " over a new connection"
}

// planned writes the commands of the steps that were not sent. A reason that holds for
// several steps of a rung is given once.
func (t *explainer) planned(steps []Step) {
	list := slices.DeleteFunc(slices.Clone(steps), func(a Step) bool { return a.Sent() || a.Status == StepNotNeeded })
	switch {
	case slices.ContainsFunc(list, func(a Step) bool { return a.Status == StepPlanned }):
		t.line("\nCommands that recover would run")
	case len(list) > 0:
		t.line("\nCommands that were not run, and why")
	}
	for i := 0; i < len(list); i++ {
		a := list[i]
		if n := lastOf(list[i:]); n > 0 {
			t.lastResort(list[i : i+n])
			i += n - 1
			continue
		}
		switch {
		case a.Step == "" && a.Status == StepPlanned:
			t.line("  rung %s: its commands depend on the result of an earlier rung", a.Rung)
		case a.Step == "":
			t.line("  rung %s", a.Rung)
		case a.Timed != "":
			t.line("  rung %s, step %s", a.Rung, a.Step)
			t.line("    %s", a.timer())
		default:
			t.line("  rung %s, step %s", a.Rung, a.Step)
			t.command("    runs     ", a.Command)
		}
		if a.Status != StepBlocked {
			continue
		}
		if t.said["why "+a.Why] {
			t.line("    blocked, as above")
			continue
		}
		t.said["why "+a.Why] = true
		t.line("    blocked: %s", a.Why)
	}
}

// lastOf counts the conditional steps of one rung at the beginning of a list.
func lastOf(list []Step) int {
	n := 0
	for n < len(list) && list[n].Status == StepLast && list[n].Step != "" && list[n].Rung == list[0].Rung && list[n].Why == list[0].Why {
		n++
	}
	return n
}

// lastResort names the conditional steps of a rung: their commands, which are long and the same
// on all hosts, are printed by the verb plan.
func (t *explainer) lastResort(steps []Step) {
	var names []string
	for _, s := range steps {
		names = append(names, s.Step)
	}
	t.line("  rung %s, %s", steps[0].Rung, strings.Join(names, ", "))
	t.line("    %s", steps[0].Why)
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
		if e.disarmed(a) {
			t.line("    %s", a.timer())
			continue
		}
		t.command("    ran   ", a.Command)
		t.undo(a.Undo)
	}
	switch {
	case none && len(e.LeftOpen) > 0:
		t.line("  none in this run")
	case none:
		t.line("  none")
	case e.StartedBy != "":
		t.line("  changed by %s", e.StartedBy)
	}
	for _, line := range report.OpenChanges(e.LeftOpen) {
		t.line("  %s", line)
	}
	if e.Lease != nil && e.Lease.Text != "" {
		t.line("  host lease: %s", report.Lease(*e.Lease))
	}
	if e.Capture != "" {
		t.line("  capture before the changes: %s", e.Capture)
	}
	for _, f := range e.Support {
		t.line("  fetched: %s, %d bytes, sha256 %s", f.Name, f.Bytes, f.SHA256)
	}
}

// disarmed reports whether a step was part of a timed undo that is disarmed, also where it was armed
// again since: nobody needs its commands any more, and the report of the host has them.
func (e Explanation) disarmed(a Step) bool {
	over := false
	for _, s := range e.Steps {
		switch {
		case a.Timed == "" || s.Rung != a.Rung || s.Timed != a.Timed || !s.Sent():
		case s.Part == "arm":
			over = false
		case s.Part == "disarm":
			over = s.Status == outcome.Applied
		}
	}
	return over
}
