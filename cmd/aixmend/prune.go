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

	"aixmend/cmd/aixmend/exit"
	"aixmend/controller"
	"aixmend/controller/journal/captures"
	"aixmend/controller/journal/retention"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/playbooks"
)

// pruneOptions are the flags of runs prune.
type pruneOptions struct {
	stateFolder
	format
	keep   int
	older  minAge
	dryRun bool
}

func newRunsPrune(c *cli) *cobra.Command {
	var o pruneOptions
	cmd := &cobra.Command{
		Use: "prune", Short: "Remove old runs, and the captures that only they need", Args: cobra.NoArgs,
		Long: `Removes the runs that are past the bounds (past both, where both are given) and
the captures they took before a change, unless the host still needs them.

Always kept: a running or open run, the latest run, for each verb and playbook the
newest finished run and the newest with exit code 0, runs younger than 24 hours
(--attempts counts them), and the runs that an open run reads. A run that
recover --undo could roll back is removed only with --older-than.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd.Flags().Changed("keep")); err != nil {
				return err
			}
			return prune(c, &o)
		},
	}
	o.stateFolder.flags(cmd.Flags())
	o.format.flags(cmd.Flags())
	cmd.Flags().IntVar(&o.keep, "keep", 0, "keep the newest `N` runs")
	cmd.Flags().Var(&o.older, "older-than", "remove only runs older than `AGE`: 30d, 4w, 12h")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "print the runs and captures to remove, and remove nothing")
	return cmd
}

// check checks the bounds; keep: --keep is given.
func (o *pruneOptions) check(keep bool) error {
	switch {
	case keep && o.keep < 1:
		return exit.Usagef("", "--keep must be 1 or more, found %d", o.keep)
	case !keep && o.older == 0:
		return exit.Usagef("aixmend runs prune --keep 100 --older-than 30d removes runs past both bounds", "runs prune needs --keep, --older-than or both")
	}
	return nil
}

// uniqueValues finds the values that any embedded playbook wants to be unique. The
// playbooks are compiled on first use: captures of this version list the values
// themselves.
func uniqueValues() captures.Values {
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
	for _, u := range controller.Changes(trail) {
		if u.NoUndo() == "" {
			n++
		}
	}
	return n
}

// prune removes runs and prints the result.
func prune(c *cli, o *pruneOptions) error {
	if err := o.format.check(); err != nil {
		return err
	}
	store, err := openState(o.state)
	if err != nil {
		return err
	}
	done, err := retention.Prune(store, retention.Rules{
		Newest: o.keep, OlderThan: time.Duration(o.older), Now: time.Now(), Undoable: undoable, Values: uniqueValues(),
	}, o.dryRun)
	if errors.Is(err, retention.ErrLink) {
		return exit.Usagef("name the folder itself with --state", "%w", err)
	}
	if done == nil {
		return err
	}
	return errors.Join(err, printPruned(c, o, *done))
}

func printPruned(c *cli, o *pruneOptions, p retention.Pruned) error {
	for _, name := range p.LeftAlone {
		c.Say("warning: %s is not a run: left alone", path.Join(o.state, "runs", clean(name)))
	}
	if o.format.format == "json" {
		return c.JSON(p)
	}
	removed, freed := "removed", "freed"
	if p.DryRun {
		removed, freed = "would remove", "would free"
	}
	var b strings.Builder
	for _, id := range p.Leftovers {
		fmt.Fprintf(&b, "%s the rest of %s, left by an earlier prune\n", removed, clean(id))
	}
	for _, r := range p.Removed {
		what := strings.TrimSpace(clean(r.Command + " " + r.Playbook))
		if what == "" {
			what = "cut off"
		}
		fmt.Fprintf(&b, "%s %s (%s, %s)", removed, r.ID, what, bytesText(r.Bytes))
		if r.Undoable > 0 {
			fmt.Fprintf(&b, "; recover --undo can no longer roll back its %s", report.Number(r.Undoable, "change"))
		}
		b.WriteByte('\n')
	}
	for _, name := range p.Captures {
		fmt.Fprintf(&b, "%s capture %s\n", removed, clean(name))
	}
	for _, k := range p.Kept {
		fmt.Fprintf(&b, "kept %s: %s\n", k.ID, clean(k.Reason))
	}
	fmt.Fprintf(&b, "%s %s: %s, %s\n", freed, bytesText(p.Bytes), report.Number(len(p.Removed)+len(p.Leftovers), "run"), report.Number(len(p.Captures), "capture"))
	_, err := fmt.Fprint(c.Out, b.String())
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
