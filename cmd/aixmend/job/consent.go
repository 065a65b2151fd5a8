package job

import (
	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/exit"
	"aixmend/controller/report"
)

// Consent asks before anything is changed on some hosts; with yes it asks nothing. verb
// names the command in messages.
func (j *Job) Consent(c *console.Console, verb string, hosts []string, yes bool) error {
	if j.Request.Pause && !c.CanAsk() {
		return exit.Usagef("leave --pause out", "--pause asks before waves, and there is no terminal to ask on")
	}
	if yes {
		return nil
	}
	if !c.CanAsk() {
		return exit.Usagef("aixmend plan prints the commands; --yes runs them without asking", "%s changes hosts, and there is no terminal to ask on", verb)
	}
	ok, _ := c.Confirm("%s may change %s: %s; playbook %s.\naixmend plan shows the exact commands.",
		verb, report.Hosts(len(hosts)), report.Compact(hosts), j.Playbook.Name)
	if !ok {
		return exit.Usagef("", "not confirmed: nothing was run")
	}
	return nil
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
