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
		hosts = j.question.changes
	}
	if verb != "resume" {
		var err error
		if hosts, err = j.sayHeld(c, hosts); err != nil {
			return err
		}
	}
	may := "may change"
	if j.question.read && len(j.question.changes) == 0 {
		may = "has no step left to send, and only verifies"
	}
	ok, err := c.Confirm("%s %s %s: %s; playbook %s.\n%s",
		verb, may, report.Hosts(len(hosts)), report.Compact(hosts), j.Playbook.Name, j.asksFor())
	if err == nil && !ok {
		return exit.ErrNotConfirmed
	}
	return err
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
		fmt.Fprint(c.Err, j.Request.Plan.Text(j.planFile, time.Now(), planfile.View{TextOptions: c.ErrTextOptions(), Hosts: names, Each: each, Whole: whole})+"\n")
	case !j.Settings.Quiet:
		fmt.Fprint(c.Err, j.Request.Plan.Describe(j.planFile, time.Now(), c.ErrWidth()))
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
	if begun := j.question.begun; len(begun) > 0 {
		text = fmt.Sprintf("Steps were sent to %s: %s; the plan above is a forecast there: each is judged again, and may get other steps.\n", report.Hosts(len(begun)), report.Compact(begun))
		if len(j.question.shown) > 0 || slices.ContainsFunc(j.question.changes, func(host string) bool { return !slices.Contains(begun, host) }) {
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
	return func(wave int, hosts []string) bool {
		ok, err := c.Confirm("wave %d: %s: %s.", wave, report.Hosts(len(hosts)), report.Compact(hosts))
		return ok && err == nil
	}
}
