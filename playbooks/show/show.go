// Package show prints a playbook for the operator who has to approve it.
package show

import (
	"fmt"
	"strings"

	"aixmend/playbooks/conditions"
	"aixmend/playbooks/document"
	"aixmend/playbooks/program"
)

// Playbook prints the playbook for an operator: its findings, the data that it keeps, and
// every command that it can run.
func Playbook(p *program.Program) string {
	s := &sheet{}
	s.line("%s: %s", p.Name, p.Title)
	s.block("  ", p.About)
	if p.Extends != nil {
		s.line("  extends %s", p.Extends.Playbook.V)
	}
	s.line("\nParameters (--set NAME=VALUE)")
	for _, e := range p.Params {
		s.line("  %s = %s: %s", e.Key, e.Value.Default, e.Value.About)
	}
	if words := p.AllowWords(); len(words) > 0 {
		s.line("\nAllowances (--allow WORD)")
		for _, w := range words {
			if w.About == "" {
				s.line("  %s", w.Word)
			} else {
				s.line("  %s: %s", w.Word, w.About)
			}
		}
	}
	s.line("\nDiagnose: probes, in this order, in one session")
	for _, probe := range p.Probes {
		s.probe(probe)
	}
	if len(p.Facts) > 0 {
		s.line("\nDerived facts")
	}
	for _, e := range p.Facts {
		from := make([]string, 0, len(e.Value.From))
		for _, f := range e.Value.From {
			from = append(from, f.Value.V)
		}
		s.line("  %s: %s of %s", e.Key, e.Value.Derive.V, strings.Join(from, ", "))
		s.sure(e.Value.Sure.V, e.Value.Source)
	}
	s.line("\nHow sure a reading is")
	for _, sure := range conditions.Surenesses() {
		s.line("  %s: %s", sure[0], sure[1])
	}
	s.line("  The sources are explained by: aixmend runbook sources")
	s.uniques(p)
	s.line("\nFindings")
	for _, f := range p.Findings {
		severity := f.Severity.V
		if f.WarningWhen.V != "" {
			severity += ", warning when " + f.WarningWhen.V
		}
		s.line("  %s (%s)", f.ID, severity)
		s.block("      when ", f.When.V)
		s.each("      ", f.Each)
		s.rests(p.RestsOn(f.ID))
		s.line("      source: %s", f.Source)
	}
	s.line("\nCapture: data stored in addition to the probes' outputs")
	for _, probe := range p.Capture.Probes {
		s.probe(probe)
	}
	for _, f := range p.Capture.Files {
		note := ""
		if f.PreImage {
			note = " (pre-image: must be captured completely before any change)"
		}
		s.line("  [read-only] file %s%s", f.Path, note)
	}
	if len(p.Rungs) > 0 {
		s.recovery(p)
	}
	return s.b.String()
}

type sheet struct{ b strings.Builder }

func (s *sheet) line(format string, args ...any) {
	fmt.Fprintf(&s.b, format, args...)
	s.b.WriteByte('\n')
}

// block prints text, its further lines indented like the first.
func (s *sheet) block(indent, text string) {
	text = strings.TrimRight(text, "\n")
	if text == "" {
		return
	}
	s.line("%s%s", indent, strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", len(indent))))
}

func (s *sheet) probe(p document.Probe) {
	s.line("  [read-only] %s", p.ID)
	if p.When.V != "" {
		s.block("      when ", p.When.V)
	}
	s.block("      ", p.Run.V)
	s.sure(p.Sure.V, p.Source)
	if p.Require != nil {
		s.line("      if the answer is not %s, nothing more is run", p.Require.Answer)
	}
}

// rests prints the facts on which a verdict rests.
func (s *sheet) rests(on []program.Reading) {
	if len(on) == 0 {
		return
	}
	words := make([]string, 0, len(on))
	for _, r := range on {
		words = append(words, r.String())
	}
	s.line("      rests on %s", strings.Join(words, ", "))
}

// sure prints how sure a reading is.
func (s *sheet) sure(sure, source string) {
	switch {
	case sure == "":
	case source == "":
		s.line("      sure: %s", sure)
	default:
		s.line("      sure: %s, %s", sure, source)
	}
}

func (s *sheet) recovery(p *program.Program) {
	s.line("\nRecover: rungs, the least invasive first")
	s.guards("  ", p.Guards)
	for _, r := range p.Rungs {
		s.line("  rung %d, %s: %s", r.Number, r.ID, r.Title)
		switch {
		case r.Collect && p.OnlyCollects():
		case r.Collect:
			s.line("    %s", document.NothingElse)
		default:
			s.line("    fixes %s", list(r.Fixes))
		}
		if r.Allow != "" {
			s.line("    only with --allow %s", r.Allow)
		}
		if r.When.V != "" {
			s.block("    when ", r.When.V)
		}
		if r.Exclusive {
			s.line("    not while a critical finding is open that it can't fix")
		}
		s.guards("    ", r.Guards)
		for _, step := range r.Steps {
			s.step(step)
		}
	}
	s.line("\nVerify: every %s until %s", p.Verify.Every, p.Verify.Until.V)
	for _, f := range p.Verify.Unchanged {
		s.line("  %s (%s): must not differ from before the first change", f.ID, f.Severity.V)
		s.block("      when ", f.When.V)
		s.each("      ", f.Each)
	}
}

func (s *sheet) step(step document.Step) {
	kind := "changing"
	if step.ReadOnly() {
		kind = "read-only"
	}
	s.line("    [%s] %s", kind, step.ID)
	s.each("      ", step.Each)
	if step.When.V != "" {
		s.block("      when ", step.When.V)
	}
	s.guards("      ", step.Guards)
	for _, note := range []struct {
		holds bool
		text  string
	}{
		{step.Allow != "", "only with --allow " + step.Allow},
		{len(step.Finally) > 0, "once it may have run, these are sent even if the run is being stopped: " + list(step.Finally)},
		{step.Checks, "if it fails, the rung is blocked"},
		{step.TimedUndo, "its undo is armed on the host first, and disarmed over a new connection afterwards"},
		{step.Prove, "it must be confirmed: its exit status is not enough"},
		{step.Revert, "it is reverted if it, or a later step of the rung, fails"},
		{step.Temporary, "it is undone when the host's recovery ends"},
		{step.MayFail, "it may fail"},
	} {
		if note.holds {
			s.line("      %s", note.text)
		}
	}
	switch {
	case step.Upload != nil:
		s.line("      upload %s to %s", step.Upload.From.V, step.Upload.To.V)
	case step.Fetch.V != "":
		s.line("      fetch the files of %s", step.Fetch.V)
	default:
		s.block("      run  ", step.Run.V)
	}
	s.block("      undo ", step.Undo.V)
	if step.UndoWhen.V != "" {
		s.block("      undone by a rollback when ", step.UndoWhen.V)
	}
	s.guards("      undone by a rollback ", step.UndoGuards)
}

// uniques prints the values that no two machines may share.
func (s *sheet) uniques(p *program.Program) {
	if len(p.Unique) == 0 {
		return
	}
	s.line("\nUnique over the fleet")
	for _, e := range p.Unique {
		s.line("  %s: %s if two machines share one", e.Key, e.Value.Finding.V)
		s.block("      values ", e.Value.Values.V)
		if e.Value.Restores.V != "" {
			s.block("      to be restored ", e.Value.Restores.V)
		}
		if e.Value.CloneParam.V != "" {
			s.line("      if the captures do not show the clone: --set %s=HOST", e.Value.CloneParam.V)
		}
		if e.Value.Allow.V != "" {
			s.line("      the host that keeps its value waits until the others have a new one (--allow %s)", e.Value.Allow.V)
		}
	}
}

// list is names with commas between.
func list(names []document.Text) string {
	words := make([]string, len(names))
	for i, n := range names {
		words[i] = n.V
	}
	return strings.Join(words, ", ")
}

func (s *sheet) each(indent string, each document.Text) {
	if each.V != "" {
		s.block(indent+"for each of ", each.V)
	}
}

func (s *sheet) guards(indent string, guards []document.Guard) {
	for _, g := range guards {
		s.block(indent+"only if ", g.Require.V)
	}
}
