package pruning

import (
	"slices"
	"strings"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/listing"
	"aixmend/controller/journal"
	"aixmend/controller/journal/captures"
	"aixmend/controller/journal/retention"
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

// Captures removes surplus captures of hosts and prints them, and how many stay because runs
// need them; without hosts, those of all hosts.
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
	holds, err := retention.NewHolds(store, undoable)
	if err != nil {
		return err
	}
	removed, freed := verbs(s.DryRun)
	var kept held
	number, bytes := 0, int64(0)
	for _, host := range hosts {
		surplus, err := store.Surplus(host, s.Keep)
		if err == nil {
			surplus, err = kept.without(surplus, holds)
		}
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
			number, bytes = number+1, bytes+size
			if err := c.Print("%s", report.Cleanf("%s %s %s (%s)\n", removed, host, k.ID, bytesText(size))); err != nil {
				return err
			}
		}
	}
	if number == 0 {
		return c.Print("%snothing to remove\n", kept.text())
	}
	return c.Print("%s%s %s: %s\n", kept.text(), freed, bytesText(bytes), report.Number(number, "capture"))
}

// held are captures past the bound that stay because a run needs them.
type held struct {
	reasons []string // in the order of the first capture
	hosts   map[string][]string
	number  map[string]int
}

// without returns those of some captures that no run needs, and adds the others to held.
func (h *held) without(list []captures.Kept, holds *retention.Holds) (spare []captures.Kept, err error) {
	for _, k := range list {
		var why string
		if k.Capture != nil {
			why = holds.Why(k.Capture)
		} else if why, err = holds.WhyDamaged(k); err != nil {
			return nil, err
		}
		if why == "" {
			spare = append(spare, k)
			continue
		}
		if h.number == nil {
			h.number, h.hosts = map[string]int{}, map[string][]string{}
		}
		if h.number[why] == 0 {
			h.reasons = append(h.reasons, why)
		}
		h.number[why]++
		if !slices.Contains(h.hosts[why], k.Host) {
			h.hosts[why] = append(h.hosts[why], k.Host)
		}
	}
	return spare, nil
}

// text has a line for each reason.
func (h *held) text() string {
	var b strings.Builder
	for _, why := range h.reasons {
		b.WriteString(report.Cleanf("kept %s of %s: %s\n", report.Number(h.number[why], "capture"), report.Compact(h.hosts[why]), why))
	}
	return b.String()
}
