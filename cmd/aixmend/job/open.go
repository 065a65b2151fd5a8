package job

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/exit"
	"aixmend/controller"
	"aixmend/controller/approval"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/playbooks/onhost"
)

// leaseEnd is the end of a lease in the journal.
var leaseEnd = regexp.MustCompile(`,until=([0-9]{8}T[0-9]{6}Z)$`)

// resumes returns, by the open runs of a state folder, the advice on a host that such a run
// holds.
func resumes(store *journal.Store) map[string]string {
	ids, err := store.RunIDs()
	if err != nil {
		return nil
	}
	advice := map[string]string{}
	for _, id := range ids {
		if store.State(id) == journal.StateOpen {
			advice[id] = "aixmend resume " + id
		}
	}
	return advice
}

// heldBy returns, by host, the open run of a state folder that holds the lease of a host
// at a time, as its journal says: the newest of them.
func heldBy(store *journal.Store, hosts []string, now time.Time) map[string]string {
	by := map[string]string{}
	for _, id := range slices.Sorted(maps.Keys(resumes(store))) {
		entries, err := store.ReadJournal(id)
		if err != nil {
			continue // resume says so
		}
		for _, e := range entries {
			if e.Event != outcome.EventLease || !slices.Contains(hosts, e.Host) {
				continue
			}
			switch e.Step {
			case controller.LeaseSteps + "take", controller.LeaseSteps + "replace":
				if m := leaseEnd.FindStringSubmatch(e.Detail); m != nil {
					if until, err := onhost.ReadLeaseClock(m[1]); err == nil && now.Before(until.Add(onhost.LeaseGrace)) {
						by[e.Host] = id
					}
				}
			case controller.LeaseSteps + "release":
				if by[e.Host] == id {
					delete(by, e.Host)
				}
			}
		}
	}
	return by
}

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
	free, err := j.leaveOut(c, hosts, heldBy(store, hosts, time.Now()))
	open, _ := store.LeftOpen(free) // where runs can't be listed, there is nothing to say
	for _, o := range open {
		if o.ID != j.Request.Undoes {
			c.Say("run %s %s %s and has not finished: aixmend resume %s", o.ID, o.Did(), report.Compact(o.Hosts), o.ID)
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

// leaveOut is sayHeld of hosts that open runs hold.
func (j *Job) leaveOut(c *console.Console, hosts []string, by map[string]string) ([]string, error) {
	of := map[string][]string{}
	for host, id := range by {
		of[id] = append(of[id], host)
	}
	for _, id := range slices.Sorted(maps.Keys(of)) {
		c.Say("run %s is open on %s: aixmend resume %s", id, report.Compact(slices.Sorted(slices.Values(of[id]))), id)
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
