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
	"aixmend/controller/report/folded"
	"aixmend/inventory"
	"aixmend/playbooks"
)

// rollbackID stands in a command for the id of a rollback that has not begun.
const rollbackID = "RUN"

// ShowRollback prints Rollback to stderr.
func (j *Job) ShowRollback(c *console.Console, e *Earlier, hosts []inventory.Host) {
	fmt.Fprintln(c.Err, j.Rollback(e, hosts, c.ErrTextOptions(), false))
}

// Rollback lists the steps that a rollback of an earlier run would undo, and those that it
// can't, for a terminal: folded as a plan is, or host by host where each is wanted.
func (j *Job) Rollback(e *Earlier, hosts []inventory.Host, o report.TextOptions, each bool) string {
	fixed := e.fixed(hosts)
	j.question.changes = slices.DeleteFunc(request.Names(hosts), func(host string) bool { return slices.Contains(fixed, host) })
	list := make([]outcome.HostSummary, len(hosts))
	for i, h := range hosts {
		list[i] = outcome.HostSummary{Name: h.Name, Plan: j.RollbackSteps(e, h.Name)}
	}
	whole := j.Settings.Verbose
	j.question.folded = folds(len(hosts), each || whole) || report.TimedNote(list, true, whole) != ""
	return RollbackText(e.ID, list, o, RollbackView{Fixed: fixed, Each: each, Whole: whole})
}

// RollbackView says how a rollback is shown.
type RollbackView struct {
	// Fixed are the hosts on which no step can be undone.
	Fixed []string
	// Each prints the hosts one by one, Whole every command of each.
	Each, Whole bool
}

// RollbackText lists the steps that the rollback of a run would undo on hosts, for a terminal.
func RollbackText(run string, hosts []outcome.HostSummary, o report.TextOptions, v RollbackView) string {
	var b strings.Builder
	say := func(format string, args ...any) {
		b.WriteString(report.Fit(report.Cleanf(format, args...), o.Width) + "\n")
	}
	say("rollback of run %s on %s, newest step first; steps that are no longer in effect, or were in effect before that run, are left alone:", run, report.Hosts(len(hosts)-len(v.Fixed)))
	if len(v.Fixed) > 0 {
		say("on %s nothing can be undone: %s", report.Hosts(len(v.Fixed)), report.Compact(v.Fixed))
	}
	if folds(len(hosts), v.Each || v.Whole) {
		return b.String() + "\n" + folded.Rollback(hosts, o)
	}
	for _, h := range hosts {
		b.WriteString("\n" + report.RollbackText(h, o.Width, v.Whole))
	}
	if note := report.TimedNote(hosts, true, v.Whole); note != "" {
		say("\n%s", note)
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
	s := j.Playbook.Undoing(u, j.params, rollbackID)
	return course.WithTimedUndo(undoOf(u), s.Arm, s.Disarm, s.UndoAfter)
}

// StillValid returns the parameters of a run that its playbook still takes. A playbook
// that has changed since does not prevent a rollback, which needs only the trail of the
// run; it is a warning.
func StillValid(c *console.Console, then request.Request, p *playbooks.Playbook) []string {
	if p.SHA256 != then.SHA256 {
		c.Say("warning: playbook %s has changed since the run began: its current conditions decide which steps are in effect", p.Name)
	}
	set := []string{}
	for _, s := range then.Set {
		key, _, _ := strings.Cut(s, "=")
		params, err := p.Set([]string{s})
		if err == nil && key == playbooks.UndoAfterParam {
			err = p.CheckUndoAfter(params)
		}
		switch {
		case key == "upload": // a rollback uploads nothing
		case err != nil:
			c.Say("warning: --set %s of the run is ignored: %s", s, err)
		default:
			set = append(set, s)
		}
	}
	return set
}

// RollbackSchema is the schema of the document of a rollback.
const RollbackSchema = "aixmend.rollback/v1"

// RollbackDocument lists the commands that recover --undo would send, by the trail of the run.
type RollbackDocument struct {
	Schema string `json:"schema"`
	// ID is the run to roll back.
	ID    string         `json:"run_id"`
	Hosts []RollbackHost `json:"hosts"`
	// LeftOpen are hosts that can't be rolled back before the open run that holds them is resumed.
	LeftOpen []outcome.LeftOpen `json:"left_open,omitempty"`
}

// RollbackHost is the rollback of one host, the newest step of the run first.
type RollbackHost struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	// Site has the commands of a host of a run over a hub; "" for others.
	Site string             `json:"site,omitempty"`
	Plan []outcome.PlanStep `json:"plan"`
}

// Rolling is the run that is rolled back, on some hosts, without those that open runs hold; Rest
// explains, before any command, why the others are left out.
type Rolling struct {
	*Earlier
	Hosts []inventory.Host
	Held  []outcome.LeftOpen
	Rest  string
}

// RollbackDocument is the document of a rollback.
func (j *Job) RollbackDocument(r Rolling) RollbackDocument {
	doc := RollbackDocument{Schema: RollbackSchema, ID: r.ID, Hosts: []RollbackHost{}, LeftOpen: r.Held}
	for _, h := range r.Hosts {
		doc.Hosts = append(doc.Hosts, RollbackHost{Name: h.Name, Address: h.Address, Plan: j.RollbackSteps(r.Earlier, h.Name)})
	}
	return doc
}
