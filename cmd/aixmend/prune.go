package main

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/playbooks"
)

// pruneFlags are the flags of runs prune.
type pruneFlags struct {
	keep   int
	older  minAge
	dryRun bool
}

func (a *app) pruneRuns() *cobra.Command {
	var f pruneFlags
	c := &cobra.Command{
		Use: "prune", Short: "Remove old runs, and the captures that only they need", Args: cobra.NoArgs,
		Long: `Removes the runs that are past the bounds (past both, where both are given) and
the captures they took before a change, unless the host still needs them.

Always kept: a running or open run, the latest run, for each verb and playbook the
newest finished run and the newest with exit code 0, runs younger than 24 hours
(--attempts counts them), and the runs that an open run reads. A run that
recover --undo could roll back is removed only with --older-than.`,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := f.check(c.Flags().Changed("keep")); err != nil {
				return err
			}
			return a.prune(f)
		},
	}
	a.flags.stateDir(c)
	a.flags.formats(c)
	c.Flags().IntVar(&f.keep, "keep", 0, "keep the newest `N` runs")
	c.Flags().Var(&f.older, "older-than", "remove only runs older than `AGE`: 30d, 4w, 12h")
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "print what would be removed, and remove nothing")
	return c
}

func (f pruneFlags) check(keep bool) error {
	switch {
	case keep && f.keep < 1:
		return usagef("", "--keep must be 1 or more, found %d", f.keep)
	case !keep && f.older == 0:
		return usagef("aixmend runs prune --keep 100 --older-than 30d removes runs past both bounds", "runs prune needs --keep, --older-than or both")
	}
	return nil
}

// uniqueValues finds the values that any embedded playbook wants to be unique. The
// playbooks are compiled on first use: captures of this version list the values
// themselves.
func uniqueValues() journal.Values {
	books := sync.OnceValue(func() (list []*playbooks.Playbook) {
		for _, name := range playbooks.Names() {
			if p, err := playbooks.Load(name); err == nil {
				list = append(list, p)
			}
		}
		return list
	})
	return func(facts map[string]any) map[string]string {
		all := map[string]string{}
		for _, p := range books() {
			maps.Copy(all, p.Captured(facts))
		}
		return all
	}
}

// undoable counts the changes of a host that recover --undo could roll back.
func undoable(trail outcome.Trail) int {
	n := 0
	for _, u := range controller.Undoables(trail) {
		if u.NoUndo() == "" {
			n++
		}
	}
	return n
}

// prune removes runs and prints the result.
func (a *app) prune(f pruneFlags) error {
	store, err := a.store()
	if err != nil {
		return err
	}
	done, err := store.PruneRuns(journal.Retention{
		Newest: f.keep, OlderThan: time.Duration(f.older), Now: time.Now(), Undoable: undoable, Values: uniqueValues(),
	}, f.dryRun)
	if errors.Is(err, journal.ErrLink) {
		return usagef("name the folder itself with --state", "%w", err)
	}
	if done == nil {
		return err
	}
	return errors.Join(err, a.printPruned(*done))
}

func (a *app) printPruned(p journal.Pruned) error {
	for _, name := range p.LeftAlone {
		a.say("warning: %s is not a run: left alone", path.Join(a.flags.state, "runs", report.Clean(name, false)))
	}
	if a.flags.format == "json" {
		return a.printJSON(p)
	}
	removed, freed := "removed", "freed"
	if p.DryRun {
		removed, freed = "would remove", "would free"
	}
	var b strings.Builder
	for _, id := range p.Leftovers {
		fmt.Fprintf(&b, "%s the rest of %s, left by an earlier prune\n", removed, report.Clean(id, false))
	}
	for _, r := range p.Removed {
		what := strings.TrimSpace(report.Clean(r.Command+" "+r.Playbook, false))
		if what == "" {
			what = "cut off"
		}
		fmt.Fprintf(&b, "%s %s (%s, %s)", removed, r.ID, what, bytesText(r.Bytes))
		switch {
		case r.Undoable == 1:
			b.WriteString("; recover --undo can no longer roll back its 1 change")
		case r.Undoable > 1:
			fmt.Fprintf(&b, "; recover --undo can no longer roll back its %d changes", r.Undoable)
		}
		b.WriteByte('\n')
	}
	for _, c := range p.Captures {
		fmt.Fprintf(&b, "%s capture %s\n", removed, report.Clean(c, false))
	}
	for _, k := range p.Kept {
		fmt.Fprintf(&b, "kept %s: %s\n", k.ID, report.Clean(k.Reason, false))
	}
	fmt.Fprintf(&b, "%s %s: %d runs, %d captures\n", freed, bytesText(p.Bytes), len(p.Removed)+len(p.Leftovers), len(p.Captures))
	_, err := fmt.Fprint(a.out, b.String())
	return err
}

// bytesText is a number of bytes as KiB or MiB.
func bytesText(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}

// minAge is the value of a flag: 30d, 4w, or a Go duration. 0: not given.
type minAge time.Duration

func (a *minAge) String() string {
	if *a == 0 {
		return ""
	}
	return time.Duration(*a).String()
}

// Type implements pflag.Value.
func (a *minAge) Type() string { return "age" }

// Set implements pflag.Value.
func (a *minAge) Set(text string) error {
	d, err := parseAge(text)
	if err == nil && d <= 0 {
		err = fmt.Errorf("%q must be more than 0", text)
	}
	if err == nil {
		*a = minAge(d)
	}
	return err
}

func parseAge(text string) (time.Duration, error) {
	units := map[byte]time.Duration{'d': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	if len(text) > 1 {
		if unit, known := units[text[len(text)-1]]; known {
			n, err := strconv.ParseUint(text[:len(text)-1], 10, 63)
			switch {
			case errors.Is(err, strconv.ErrRange) || err == nil && n > uint64(math.MaxInt64/unit):
				return 0, fmt.Errorf("%q is too long", text)
			case err == nil:
				return time.Duration(n) * unit, nil
			}
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%q is not an age: write 30d, 4w, 12h or 90m", text)
	}
	return d, nil
}
