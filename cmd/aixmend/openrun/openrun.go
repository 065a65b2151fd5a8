// Package openrun finds the open runs of a state folder that hold hosts: their leases keep other
// runs away until they are resumed, or expire.
package openrun

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/playbooks/onhost"
)

// leaseEnd is the end of a lease in the journal.
var leaseEnd = regexp.MustCompile(`,until=([0-9]{8}T[0-9]{6}Z)$`)

// Resumes returns, by the open runs of a state folder, the advice on a host that such a run
// holds.
func Resumes(store *journal.Store) map[string]string {
	ids, err := store.RunIDs()
	if err != nil {
		return nil
	}
	advice := map[string]string{}
	for _, id := range ids {
		if store.StateByHead(id) == journal.StateOpen {
			advice[id] = "aixmend resume " + id
		}
	}
	return advice
}

// Holding returns, by host, the open run of a state folder that holds the lease of a host
// at a time, as its journal says: the newest of them.
func Holding(store *journal.Store, hosts []string, now time.Time) map[string]string {
	by := map[string]string{}
	for _, id := range slices.Sorted(maps.Keys(Resumes(store))) {
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

// Held are the hosts of Holding, by the run that holds them, the oldest run first.
func Held(by map[string]string) []outcome.LeftOpen {
	var list []outcome.LeftOpen
	for _, id := range slices.Compact(slices.Sorted(maps.Values(by))) {
		o := outcome.LeftOpen{ID: id}
		for _, host := range slices.Sorted(maps.Keys(by)) {
			if by[host] == id {
				o.Hosts = append(o.Hosts, host)
			}
		}
		list = append(list, o)
	}
	return list
}

// BeforeRollback says which hosts of the rollback of a run are held by open runs, this one
// perhaps, and else whether the run has not finished: a line each, with the command that goes
// first. by is that of Holding.
func BeforeRollback(store *journal.Store, run string, by map[string]string) []string {
	var lines []string
	own := false
	for _, o := range Held(by) {
		own = own || o.ID == run
		lines = append(lines, fmt.Sprintf("run %s is open on %s: it must be resumed before it can be rolled back there: aixmend resume %s", o.ID, report.Compact(o.Hosts), o.ID))
		if o.ID != run {
			lines[len(lines)-1] = fmt.Sprintf("run %s is open on %s: aixmend resume %s", o.ID, report.Compact(o.Hosts), o.ID)
		}
	}
	if !own && store.State(run) == journal.StateOpen {
		lines = append(lines, fmt.Sprintf("run %s has not finished; to continue it instead of rolling it back: aixmend resume %s", run, run))
	}
	return lines
}
