package listing

import (
	"strings"

	"aixmend/cmd/aixmend/exit"
	"aixmend/controller/journal"
	"aixmend/inventory/strictyaml"
	"aixmend/transport/shell"
)

// NoSuchHost is the error for a host of which a run has no report, with the nearest names.
func NoSuchHost(store *journal.Store, id, host string) error {
	hint := "aixmend report " + id + " lists its hosts"
	if run, err := store.LoadRun(id); err == nil {
		var all, near []string
		for _, h := range run.Hosts {
			if h.Name == host {
				return exit.Usagef("", "run %s has no report of %s: %s: %s", id, host, h.Outcome, h.Reason)
			}
			all = append(all, h.Name)
			if len(near) < 3 && strings.HasPrefix(h.Name, host) {
				near = append(near, h.Name)
			}
		}
		if one := strictyaml.Nearest(host, all); len(near) == 0 && one != "" {
			near = []string{one}
		}
		if len(near) > 0 {
			hint = "did you mean " + strings.Join(near, ", ") + "? " + hint
		}
	}
	if other, err := store.NewestOf(host); err == nil {
		hint = shell.Line("aixmend", "explain", other, host) + " explains it in the newest run that has it"
	}
	return exit.Usagef(hint, "run %s has no host %q", id, host)
}
