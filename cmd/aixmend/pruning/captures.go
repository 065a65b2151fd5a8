package pruning

import (
	"fmt"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/listing"
	"aixmend/controller/journal"
	"aixmend/controller/report"
)

// Surplus says which captures are surplus.
type Surplus struct {
	// Keep is how many good captures of each host stay, 1 or more.
	Keep int
	// DryRun removes nothing.
	DryRun bool
}

// Check checks the bound.
func (s Surplus) Check() error {
	if s.Keep < 1 {
		return exit.Usagef("", "--keep must be 1 or more, found %d", s.Keep)
	}
	return nil
}

// Captures removes captures of hosts and prints them; without hosts, those of all hosts.
func (s Surplus) Captures(c *console.Console, store *journal.Store, hosts []string) error {
	if !s.DryRun {
		unlock, err := store.Lock()
		if err != nil {
			return err
		}
		defer unlock()
	}
	hosts, err := listing.Captured(store, hosts)
	if err != nil {
		return err
	}
	removed, freed := verbs(s.DryRun)
	captures, bytes := 0, int64(0)
	for _, host := range hosts {
		surplus, err := store.Surplus(host, s.Keep)
		if err != nil {
			return err
		}
		for _, k := range surplus {
			size := store.Size(k)
			if !s.DryRun {
				if err := store.Remove(k); err != nil {
					return err
				}
			}
			captures, bytes = captures+1, bytes+size
			if _, err := fmt.Fprint(c.Out, report.Cleanf("%s %s %s (%s)\n", removed, host, k.ID, bytesText(size))); err != nil {
				return err
			}
		}
	}
	_, err = fmt.Fprintf(c.Out, "%s %s: %s\n", freed, bytesText(bytes), report.Number(captures, "capture"))
	return err
}
