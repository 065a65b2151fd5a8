package explain

import (
	"maps"
	"slices"
	"strings"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// Text is the explanation for a terminal.
func (e Explanation) Text() string {
	t := &explainer{}
	t.line("%s (%s): %s", e.Host, e.Address, string(e.Outcome))
	if e.Reason != "" {
		t.line("  %s", e.Reason)
	}
	t.line("\nWhat was found")
	t.nothing(e)
	for _, c := range e.Chains {
		t.chain(c)
	}
	for _, name := range slices.Sorted(maps.Keys(e.NotKnown)) {
		t.line("  not known: %s: %s", name, e.NotKnown[name])
	}
	if len(e.Drift) > 0 {
		t.line("\nWhat is not as the plan was made for")
	}
	for _, d := range e.Drift {
		t.line("  %s", d)
	}
	t.planned(e.Acts)
	t.line("\nWhat was done")
	t.done(e)
	t.line("\nWhat to do next")
	for _, next := range e.Next {
		t.line("  %s", next)
	}
	return t.b.String()
}

// explainer writes lines in which what came from a host stays text.
type explainer struct{ b strings.Builder }

func (t *explainer) line(format string, args ...any) {
	t.b.WriteString(report.Cleanf(format, args...) + "\n")
}

// command writes a command, its further lines below the first.
func (t *explainer) command(label, text string) {
	indent := strings.Repeat(" ", len(label))
	t.b.WriteString(label + strings.ReplaceAll(report.Clean(text, true), "\n", "\n"+indent) + "\n")
}

// nothing says why there are no findings, where there are none.
func (t *explainer) nothing(e Explanation) {
	switch {
	case len(e.Chains) > 0:
	case e.Outcome == outcome.Unreachable:
		t.line("  nothing was read: there was no connection")
	case e.Read == 0:
		t.line("  nothing: nothing was read")
	case e.Outcome == outcome.Skipped:
		t.line("  nothing was judged")
	default:
		t.line("  nothing: %d commands were read, and no rule of the playbook holds", e.Read)
	}
}

// chain writes one finding, from what was observed to what to do.
func (t *explainer) chain(c Chain) {
	mended := ""
	if c.Mended {
		mended = " (was there before the first change, and has gone)"
	}
	t.line("  %s, %s: %s%s", c.Finding, string(c.Severity), c.Title, mended)
	for _, o := range c.Observed {
		first, rest, more := strings.Cut(strings.TrimSpace(o.Command), "\n")
		if more && rest != "" {
			first += " ..."
		}
		t.line("    observed %s: %s: %s", o.Probe, report.Shorten(first, maxCommand), o.Said)
	}
	for _, v := range c.Values {
		t.line("    value    %s is %s", v.Path, report.Value(v.Is))
	}
	for _, b := range c.Because {
		t.line("    because  %s", b)
	}
	if c.Rule != "" {
		t.line("    rule     %s", strings.Join(strings.Fields(c.Rule), " "))
	}
	for _, r := range c.RestsOn {
		t.line("    sure     %s: %s", r.Fact, sureness(r))
	}
	if c.Source != "" {
		t.line("    row      %s: %s", c.Row, c.Source)
	} else {
		t.line("    row      %s", c.Row)
	}
	if c.Waived != "" {
		t.line("    waived   %s", c.Waived)
	}
	if c.Expired != "" {
		t.line("    counts   its waiver is over: %s", c.Expired)
	}
	for _, a := range c.Acts {
		t.act(a)
	}
	for _, n := range c.Next {
		t.line("    next     %s", n)
	}
}

// sureness says in words how sure a reading is.
func sureness(r outcome.Reading) string {
	words := map[string]string{"D": "documented", "C": "seen in public", "I": "inferred", "K": "assumed", "": "the playbook does not say"}[r.Sure]
	if words == "" {
		words = r.Sure
	}
	if r.Source != "" {
		words += " (" + r.Source + ")"
	}
	return words
}

// maxCommand bounds what is shown of a command that was read: all of it is in the
// host's report.
const maxCommand = 100

func (t *explainer) act(a Act) {
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
	if a.AllowedBy != "" && a.Status != ActBlocked {
		words += " (by --allow " + a.AllowedBy + ")"
	}
	t.line("    step     %s: %s", step, words)
}

// planned are the commands of the steps that were not sent.
func (t *explainer) planned(acts []Act) {
	begun := false
	for _, a := range acts {
		if a.Taken() {
			continue
		}
		if !begun {
			t.line("\nWhat recover would run")
		}
		begun = true
		switch {
		case a.Step == "" && a.Status == ActWould:
			t.line("  rung %s: its commands follow from what a rung before it brings", a.Rung)
		case a.Step == "":
			t.line("  rung %s", a.Rung)
		default:
			t.line("  rung %s, step %s", a.Rung, a.Step)
			t.command("    runs     ", a.Command)
		}
		if a.Status == ActBlocked {
			t.line("    blocked: %s", a.Why)
		}
	}
}

// done are the steps that were sent, and what was kept.
func (t *explainer) done(e Explanation) {
	none := true
	for _, a := range e.Acts {
		if !a.Taken() {
			continue
		}
		none = false
		t.line("  %s: %s", a.Step, strings.TrimSpace(a.Status+" "+a.Why))
		t.command("    ran   ", a.Command)
		t.command("    undo  ", a.Undo)
	}
	if none {
		t.line("  nothing was changed")
	}
	if e.Lease != nil && e.Lease.Text != "" {
		t.line("  the host's lease was %s %s", e.Lease.Text, e.Lease.Note)
	}
	if e.Kept != "" {
		t.line("  kept before that: %s", e.Kept)
	}
	for _, f := range e.Support {
		t.line("  fetched: %s, %d bytes, sha256 %s", f.Name, f.Bytes, f.SHA256)
	}
}
