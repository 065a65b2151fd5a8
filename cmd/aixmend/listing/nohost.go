package listing

import (
	"errors"
	"slices"
	"strings"

	"aixmend/cmd/aixmend/exit"
	"aixmend/controller/journal"
	"aixmend/inventory/strictyaml"
	"aixmend/transport/shell"
)

// Meant returns the id of the run that a person means by a run, "" for none, and a host, "" for
// none.
func Meant(store *journal.Store, ref, host string) (string, error) {
	id, err := store.Meant(ref, host)
	if err == nil || ref != "" && ref != "latest" {
		return id, exit.Usage(err)
	}
	if none := new(journal.NoRun); ref == "" && host != "" {
		if near := near(host, reported(store)); errors.As(err, &none) && near != "" {
			return "", exit.Usagef("did you mean "+near+"? aixmend runs lists the runs", "%w", err)
		}
		return "", exit.Usage(err)
	}
	if _, next := NewerOpen(store, ""); next != "" {
		return "", exit.Usagef(next+" continues it", "%w", err)
	}
	return "", exit.Usage(err)
}

// maxRuns is how many of the newest runs are searched for a name that is near.
const maxRuns = 20

// reported are the hosts of the newest runs.
func reported(store *journal.Store) []string {
	ids, _ := store.RunIDs() // without them no name is near
	var all []string
	for _, id := range ids[:min(len(ids), maxRuns)] {
		if run, err := store.LoadRun(id); err == nil {
			for _, h := range run.Hosts {
				all = append(all, h.Name)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// maxNear is the largest number of names that are suggested for one.
const maxNear = 3

// near lists the names that a host was most likely meant to be, "" for none: those that begin
// so, where they are few, else the nearest one.
func near(host string, all []string) string {
	list := slices.DeleteFunc(slices.Clone(all), func(name string) bool { return !strings.HasPrefix(name, host) })
	if len(list) == 0 || len(list) > maxNear {
		return strictyaml.Nearest(host, all)
	}
	return strings.Join(list, ", ")
}

// NoSuchHost is the error for a host of which a run has no report, with the nearest names.
func NoSuchHost(store *journal.Store, id, host string) error {
	hint := "aixmend report " + id + " lists its hosts"
	if run, err := store.LoadRun(id); err == nil {
		var all []string
		for _, h := range run.Hosts {
			if h.Name == host {
				return exit.Usagef("", "run %s has no report of %s: %s: %s", id, host, h.Outcome, h.Reason)
			}
			all = append(all, h.Name)
		}
		if near := near(host, all); near != "" {
			hint = "did you mean " + near + "? " + hint
		}
	}
	if other, err := store.NewestOf(host); err == nil {
		hint = shell.Line("aixmend", "explain", other, host) + " explains it in the newest run that has it"
	}
	return exit.Usagef(hint, "run %s has no host %q", id, host)
}
