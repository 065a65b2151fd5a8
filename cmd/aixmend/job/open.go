package job

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/openrun"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/controller/approval"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/inventory"
)

// Free returns an error that names the run where another changing run holds the state folder:
// before hosts are read, or a person is asked, for nothing.
func (j *Job) Free() error {
	store, err := journal.OpenExisting(j.Settings.State)
	if err != nil || j.Request.Verb != controller.Recover {
		return nil // a new state folder
	}
	return store.Busy()
}

// sayHeld says before a question which hosts open runs of the state folder hold, and returns
// the others. The run reads those hosts, too, but leaves them alone: a yes is not about them.
// Others that an open run has changed are named. Where no other is left there is nothing to ask.
func (j *Job) sayHeld(c *console.Console, hosts []string) ([]string, error) {
	store, err := journal.OpenExisting(j.Settings.State)
	if err != nil {
		return hosts, nil // a new state folder
	}
	free, err := j.leaveOut(c, hosts, openrun.Holding(store, hosts, time.Now()))
	open, _ := store.LeftOpen(free) // where runs can't be listed, there is nothing to say
	for _, o := range open {
		if o.ID != j.Request.Undoes {
			c.Say("%s", j.Settings.paste(report.LeftOpen(o)+": aixmend resume "+o.ID))
		}
	}
	return free, err
}

// leftOpen returns the other open runs of the state folder that have changed hosts of a run and
// have not ended there. The run that a rollback is about is none of them.
func (j *Job) leftOpen(store *journal.Store, run *outcome.Run) []outcome.LeftOpen {
	if j.recordings != nil { // hosts with the same names are others
		return nil
	}
	var hosts []string
	for _, h := range run.Hosts {
		hosts = append(hosts, h.Name)
	}
	open, _ := store.LeftOpen(hosts) // where runs can't be listed, there is nothing to say
	return slices.DeleteFunc(open, func(o outcome.LeftOpen) bool { return o.ID == run.ID || o.ID == run.Undoes })
}

// Unheld returns those of some hosts of a rollback that no open run of the state folder holds,
// the others by the run that does, and a word on these before the rollback is shown: the run that
// it is about may be one of them.
func (j *Job) Unheld(done *Earlier, hosts []inventory.Host) (free []inventory.Host, held []outcome.LeftOpen, said string) {
	by := openrun.Holding(done.store, request.Names(hosts), time.Now())
	lines := openrun.BeforeRollback(done.store, done.ID, by)
	free = slices.DeleteFunc(slices.Clone(hosts), func(h inventory.Host) bool { return by[h.Name] != "" })
	return free, openrun.Held(by), j.Settings.paste(strings.Join(lines, "\n"))
}

// leaveOut is sayHeld of hosts that open runs hold.
func (j *Job) leaveOut(c *console.Console, hosts []string, by map[string]string) ([]string, error) {
	for _, o := range openrun.Held(by) {
		c.Say("%s", j.Settings.paste(fmt.Sprintf("run %s is open on %s: aixmend resume %s", o.ID, report.Compact(o.Hosts), o.ID)))
	}
	free := slices.DeleteFunc(slices.Clone(hosts), func(host string) bool { return by[host] != "" })
	if len(free) == 0 && len(hosts) > 0 {
		c.Say("no other host is left: nothing was run")
		return nil, exit.Verdict{Code: outcome.ExitLocked}
	}
	j.question.held = by
	return free, nil
}

// consented returns the approved plan of each host, by those of a plan, nil for none: hosts
// that the question left out are not approved, and those of a resume as they were shown.
func (j *Job) consented(planned func(host string) *approval.Host) func(host string) *approval.Host {
	if len(j.question.held) == 0 && len(j.question.shown) == 0 {
		return planned
	}
	return func(host string) *approval.Host {
		switch id := j.question.held[host]; {
		case j.question.shown[host] != nil:
			return j.question.shown[host]
		case id != "":
			return &approval.Host{Held: fmt.Sprintf("%s%s (open when the question was asked; aixmend resume %s)", outcome.ReasonHeld, id, id)}
		case planned == nil:
			return nil
		}
		return planned(host)
	}
}
