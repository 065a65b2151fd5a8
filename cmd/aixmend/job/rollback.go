package job

import (
	"fmt"
	"slices"
	"strings"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller/course"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/inventory"
	"aixmend/playbooks"
)

// rollbackID stands in a command for the id of a rollback that has not begun.
const rollbackID = "RUN"

// ShowRollback prints Rollback to stderr, its further lines indented.
func (j *Job) ShowRollback(c *console.Console, e *Earlier, hosts []inventory.Host) {
	text := j.Rollback(e, hosts, max(c.ErrWidth()-2, 0))
	fmt.Fprintln(c.Err, strings.ReplaceAll(text, "\n", "\n  "))
}

// Rollback lists the steps that a rollback of an earlier run would undo, and those that it
// can't, escaped and for a terminal of a width, 0 for no limit. No command is wrapped. Where
// it is folded, the commands of a timed undo are left out.
func (j *Job) Rollback(e *Earlier, hosts []inventory.Host, width int) string {
	var b strings.Builder
	say := func(format string, args ...any) { b.WriteString(report.Fit(report.Cleanf(format, args...), width)) }
	fixed := e.fixed(hosts)
	j.question.changes = slices.DeleteFunc(request.Names(hosts), func(host string) bool { return slices.Contains(fixed, host) })
	say("rollback of run %s on %s, newest step first; steps that are no longer in effect, or were in effect before that run, are left alone:", e.ID, report.Hosts(len(j.question.changes)))
	if len(fixed) > 0 {
		b.WriteString("\n")
		say("on %s nothing can be undone: %s", report.Hosts(len(fixed)), report.Compact(fixed))
	}
	j.question.folded = false
	for _, h := range hosts {
		for _, s := range j.RollbackSteps(e, h.Name) {
			switch {
			case s.BlockedBy != "":
				b.WriteString("\n")
				say("%s: %s can't be undone: %s", h.Name, s.Step, s.BlockedBy)
				continue
			case s.Part != "" && folds(len(hosts), j.Settings.Verbose):
				j.question.folded = true
				continue
			case s.TimedUndo != "":
				b.WriteString("\n")
				say("%s: %s: timed undo: unless it is disarmed over a new connection, the host itself runs the command below %s after it was armed", h.Name, s.Step, s.TimedUndo)
			}
			b.WriteString("\n" + report.Cleanf("%s: %s: ", h.Name, s.Step) + report.Clean(s.Command, true))
		}
	}
	return b.String()
}

// RollbackSteps are the steps of a rollback of an earlier run on a host, by the trail of the
// run: the newest step of that run first.
func (j *Job) RollbackSteps(e *Earlier, host string) []outcome.PlanStep {
	list := []outcome.PlanStep{}
	for _, u := range slices.Backward(e.Changes(host)) {
		list = append(list, j.rollbackStep(u)...)
	}
	return list
}

// rollbackStep are the rows of the undo of a change: with a timed undo it has three.
func (j *Job) rollbackStep(u playbooks.Change) []outcome.PlanStep {
	row := outcome.PlanStep{Rung: u.Rung, Step: u.Step, Command: u.Undo, Undo: u.Command, BlockedBy: u.NoUndo(), Fixes: []string{}}
	s := j.Playbook.Undoing(u, j.params, rollbackID)
	return course.WithTimedUndo(row, s.Arm, s.Disarm, s.UndoAfter)
}
