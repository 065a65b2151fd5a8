package job

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/planfile"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/playbooks/onhost"
	"aixmend/transport/shell"
)

// Consent asks before anything is changed on some hosts; with yes it asks nothing. verb
// names the command in messages.
func (j *Job) Consent(c *console.Console, verb string, hosts []string, yes bool) error {
	if j.Request.Pause && !c.CanAsk() {
		return exit.Usagef("leave --pause out", "--pause asks before waves, and there is no terminal to ask on")
	}
	if err := j.Free(); err != nil {
		return err
	}
	j.showPlan(c, yes)
	if yes {
		return nil
	}
	if !c.CanAsk() {
		return exit.Usagef(j.reads(verb)+"; --yes asks nothing", "%s changes hosts, and there is no terminal to ask on", verb)
	}
	if p := j.Request.Plan; p != nil {
		changed := p.Changed()
		hosts = slices.DeleteFunc(hosts, func(host string) bool { return !slices.Contains(changed, host) })
	}
	if len(j.question.changes) > 0 {
		hosts = slices.Sorted(slices.Values(j.question.touched()))
	}
	if verb != "resume" {
		var err error
		if hosts, err = j.sayHeld(c, hosts); err != nil {
			return err
		}
	}
	ok, err := c.Confirm("%s %s %s: %s; playbook %s.\n%s",
		verb, j.question.may(), report.Hosts(len(hosts)), j.question.marked(hosts), j.Playbook.Name, j.asksFor())
	if err == nil && !ok {
		return exit.ErrNotConfirmed
	}
	return err
}

// touched are the hosts that may be changed: by the plan above the question, or because a step
// was sent to them already.
func (q question) touched() []string {
	begun := slices.DeleteFunc(slices.Clone(q.begun), func(host string) bool { return slices.Contains(q.changes, host) })
	return append(slices.Clone(q.changes), begun...)
}

// may words how far the hosts of the question are touched.
func (q question) may() string {
	switch {
	case !q.read || len(q.changes) > 0:
		return "may change"
	case len(q.begun) > 0:
		return "finds no step left to send now, and verifies"
	}
	return "has no step left to send, and only verifies"
}

// marked lists hosts, and marks those to which a step was sent already.
func (q question) marked(hosts []string) string {
	if len(q.begun) == 0 {
		return report.Compact(hosts)
	}
	isBegun := func(host string) bool { return slices.Contains(q.begun, host) }
	begun := slices.DeleteFunc(slices.Clone(hosts), func(host string) bool { return !isBegun(host) })
	others := slices.DeleteFunc(slices.Clone(hosts), isBegun)
	text := fmt.Sprintf("%s (%d begun)", report.Compact(begun), len(begun))
	if len(others) > 0 {
		text += fmt.Sprintf(", %s (%d not begun)", report.Compact(others), len(others))
	}
	return text
}

// showPlan prints an approved plan: before a question all of it that concerns the job's
// hosts, folded as Preview does.
func (j *Job) showPlan(c *console.Console, yes bool) {
	switch {
	case j.planFile == "":
	case !yes:
		names, whole := request.Names(j.Request.Hosts), j.Settings.Verbose
		each := !folds(len(names), whole)
		j.question.folded = !each || report.TimedNote(j.Request.Plan.Summaries(names), false, whole) != ""
		fmt.Fprint(c.Err, j.Request.Plan.Text(j.planFile, time.Now(), planfile.View{TextOptions: c.ErrTextOptions(), Hosts: names, Each: each, Whole: whole, Notes: outcome.Approved(j.Request.Approvals)})+"\n")
	case !j.Settings.Quiet:
		fmt.Fprint(c.Err, j.Request.Plan.Describe(j.planFile, time.Now(), planfile.View{TextOptions: c.ErrTextOptions(), Notes: outcome.Approved(j.Request.Approvals)}))
	}
}

// asksFor is the end of the question: all that a yes allows beside the commands, one flag of
// an approved plan a line.
func (j *Job) asksFor() string {
	text := "The commands above and " + j.links() + " are all that may change a host."
	switch {
	case j.question.folded && j.Request.Undoes != "":
		text = "Only the steps above and " + j.links() + " may change a host; -v prints every command.\n"
	case j.question.folded:
		text = "Only the steps above, their undos and " + j.links() + " may change a host; -v prints every command.\n"
	}
	if q := j.question; len(q.begun) > 0 && j.Request.Undoes != "" {
		text += "\nA begun host is read first: a step that is undone there is not undone again.\n"
	} else if len(q.begun) > 0 {
		text = "Steps were sent to the begun hosts already: the plan above is a forecast there; each is judged again, and may get other steps.\n"
		if len(q.shown) > 0 || len(q.touched()) > len(q.begun) {
			text += "The other hosts get the steps above, or are skipped.\n"
		}
	}
	if len(j.confirm) > 0 {
		text = strings.TrimSuffix(text, "\n") + "\nA yes also allows, because the plan says so:\n"
	}
	for _, f := range j.confirm {
		text += "  " + report.Cleanf("%s: %s", strings.Join(f.Words(), " "), f.About(j.Playbook)) + "\n"
	}
	return text
}

// links are those that a run that changes a host keeps there for itself.
func (j *Job) links() string {
	if j.Request.Plan != nil {
		return "aixmend's own links (" + onhost.LeasePath + ", " + onhost.PlanMarkPath + "ID)"
	}
	return "aixmend's own link (" + onhost.LeasePath + ")"
}

// reads is a hint: the command that prints, without a question, the changes of verb.
func (j *Job) reads(verb string) string {
	switch verb {
	case "resume":
		return "aixmend runs shows how far the run is; on a terminal resume shows what is left to send"
	case "recover --plan":
		return "aixmend plan show " + shell.Word(j.planFile) + " prints the commands"
	case "recover --undo":
		return "--dry-run prints the commands"
	}
	return "aixmend plan prints the commands"
}

// pause asks before a wave; nil: nobody asked for it.
func (j *Job) pause(c *console.Console) func(wave int, hosts []string) bool {
	if !j.Request.Pause {
		return nil
	}
	if p := j.Settings.Part; p != nil && p.Pause != nil {
		return p.Pause
	}
	return func(wave int, hosts []string) bool {
		ok, err := c.Confirm("wave %d: %s: %s.", wave, report.Hosts(len(hosts)), report.Compact(hosts))
		return ok && err == nil
	}
}
