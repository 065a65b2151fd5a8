package report

import (
	"slices"
	"strings"

	"aixmend/controller/outcome"
)

// PlanText renders the commands that recover may run on one host, each with its undo. Those
// around a timed undo, which are long and the same everywhere, are printed with whole only. It is
// safe for a terminal, although the plan may be from a file. All but the commands is wrapped
// at a width, 0 for no limit.
func PlanText(h outcome.HostSummary, width int, whole bool) string {
	p := planText{width: width}
	head := Clean(h.Name, false) + ": " + Clean(string(h.Shown()), false)
	if h.Reason != "" {
		head += ": " + Clean(h.Reason, false)
	}
	p.line(head)
	if len(h.Plan) == 0 {
		p.line("  no command would be run")
	}
	rung, blocked := "", ""
	for _, s := range h.Plan {
		if s.Rung != rung || s.BlockedBy != blocked {
			rung, blocked = s.Rung, s.BlockedBy
			held := s.Held()
			if s.Conditional {
				held = ", " + h.LastResort()
			}
			p.line("  rung " + Clean(rung+held, false))
		}
		if s.Step == "" && s.Command == "" || s.Part != "" && !whole {
			continue
		}
		p.line("    " + Clean(s.Step, false) + partOf(s) + Timed(s) + Clean(because(s), false))
		p.command("      ", s.Command)
		if strings.HasPrefix(s.Undo, "none: ") { // a reason, and no command
			p.line("      undo: " + Clean(s.Undo, false))
			continue
		}
		p.command("      undo: ", s.Undo)
	}
	return p.b.String()
}

// RollbackText renders the commands of the rollback of one host, the newest step of the run
// first, and the steps that can't be undone. Those around a timed undo are printed with whole
// only. It is safe for a terminal. All but the commands is wrapped at a width, 0 for no limit.
func RollbackText(h outcome.HostSummary, width int, whole bool) string {
	p := planText{width: width}
	p.line(Clean(h.Name, false) + ":")
	rung := ""
	for _, s := range h.Plan {
		if s.Rung != rung {
			rung = s.Rung
			p.line("  rung " + Clean(rung, false))
		}
		switch {
		case s.BlockedBy != "":
			p.line("    " + Clean(s.Step+" can't be undone: "+s.BlockedBy, false))
			continue
		case s.Part != "" && !whole:
			continue
		}
		itself := ""
		if after := s.UndoAfter(); after != "" {
			itself = ", by the host itself after " + Clean(after, false) + " if the connection is lost"
		}
		p.line("    " + Clean(s.Step, false) + partOf(s) + itself)
		p.command("      ", strings.TrimSpace(s.Command))
	}
	return p.b.String()
}

// TimedNote says where the commands are that PlanText and RollbackText leave out, "" where they
// leave none out.
func TimedNote(hosts []outcome.HostSummary, back, whole bool) string {
	switch {
	case whole || !slices.ContainsFunc(hosts, func(h outcome.HostSummary) bool {
		return slices.ContainsFunc(h.Plan, func(s outcome.PlanStep) bool { return s.Part != "" })
	}):
		return ""
	case back:
		return "-v also prints the commands that make the host act by itself, and stop it over a new connection"
	}
	return "timed undo: the host undoes the step by itself after that time, unless it is disarmed over a new connection; -v also prints the commands for that"
}

// planText is the list of commands as it is written.
type planText struct {
	b     strings.Builder
	width int
}

// line writes a line that is no command, wrapped.
func (p *planText) line(text string) { p.b.WriteString(Fit(text, p.width) + "\n") }

// command writes a command as it is, its further lines below the first.
func (p *planText) command(begin, text string) {
	p.b.WriteString(begin + indentRest(text, strings.Repeat(" ", len(begin))) + "\n")
}

// partOf names the step that a step around a timed undo is a part of.
func partOf(s outcome.PlanStep) string {
	if s.Part == "" {
		return ""
	}
	return ", part of " + Clean(strings.TrimSuffix(s.Step, "-"+s.Part+"-undo"), false)
}

// Timed says that the host undoes a step by itself, "" where it does not.
func Timed(s outcome.PlanStep) string {
	if after := s.UndoAfter(); after != "" {
		return " (timed undo, " + Clean(after, false) + ")"
	}
	return ""
}

// because says why a step is needed.
func because(s outcome.PlanStep) string {
	if s.Because == "" {
		return ""
	}
	return ": " + s.Because
}

func indentRest(s, by string) string {
	return strings.ReplaceAll(Clean(s, true), "\n", "\n"+by)
}
