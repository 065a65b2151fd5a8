// Package pruning removes old runs and captures of a state folder, or lists those that it
// would remove.
package pruning

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"strings"
	"sync"
	"time"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/exit"
	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/journal/captures"
	"aixmend/controller/journal/retention"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/playbooks"
)

// Bounds say which runs are old.
type Bounds struct {
	// Newest is how many runs stay, 0 for no such bound.
	Newest int
	// OlderThan is the age of the runs that go, 0 for no such bound.
	OlderThan Age
	// DryRun removes nothing.
	DryRun bool
}

// Check checks the bounds; newest reports whether that bound was given.
func (b Bounds) Check(newest bool) error {
	switch {
	case newest && b.Newest < 1:
		return exit.Usagef("", "--keep must be 1 or more, found %d", b.Newest)
	case !newest && b.OlderThan == 0:
		return exit.Usagef("aixmend runs prune --keep 100 --older-than 30d removes runs past both bounds", "runs prune needs --keep, --older-than or both")
	}
	return nil
}

// Runs removes runs and prints the result, as JSON or as text.
func (b Bounds) Runs(c *console.Console, store *journal.Store, json bool) error {
	done, err := retention.Prune(store, retention.Rules{
		Newest: b.Newest, OlderThan: time.Duration(b.OlderThan), Now: time.Now(), Undoable: undoable, Values: uniqueValues(),
	}, b.DryRun)
	if errors.Is(err, retention.ErrLink) {
		return exit.Usagef("name the folder itself with --state", "%w", err)
	}
	if done == nil {
		return err
	}
	for _, name := range done.LeftAlone {
		c.Say("warning: %s is not a run: left alone", path.Join(store.Root(), "runs", report.Clean(name, false)))
	}
	if json {
		return errors.Join(err, c.JSON(done))
	}
	return errors.Join(err, c.Print("%s", runsText(done)))
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

// verbs are the words for removing something, done or foreseen.
func verbs(dryRun bool) (removed, freed string) {
	if dryRun {
		return "would remove", "would free"
	}
	return "removed", "freed"
}

// runsText lists the runs that were removed, or would be, and those that stay.
func runsText(p *retention.Pruned) string {
	removed, freed := verbs(p.DryRun)
	var b strings.Builder
	for _, id := range p.Leftovers {
		b.WriteString(report.Cleanf("%s the rest of %s, left by an earlier prune\n", removed, id))
	}
	for _, r := range p.Removed {
		run := strings.TrimSpace(r.Kind + " " + r.Playbook)
		if run == "" {
			run = "cut off"
		}
		b.WriteString(report.Cleanf("%s %s (%s, %s)", removed, r.ID, run, bytesText(r.Bytes)))
		if r.Undoable > 0 {
			fmt.Fprintf(&b, "; recover --undo can no longer roll back its %s", report.Number(r.Undoable, "change"))
		}
		b.WriteByte('\n')
	}
	for _, name := range p.Captures {
		b.WriteString(report.Cleanf("%s capture %s\n", removed, name))
	}
	for _, k := range p.Kept {
		b.WriteString(report.Cleanf("kept %s: %s\n", k.ID, k.Reason))
	}
	runs := len(p.Removed) + len(p.Leftovers)
	if runs+len(p.Captures) == 0 {
		return b.String() + "nothing to remove\n"
	}
	fmt.Fprintf(&b, "%s %s: %s, %s\n", freed, bytesText(p.Bytes), report.Number(runs, "run"), report.Number(len(p.Captures), "capture"))
	return b.String()
}

// bytesText is a number of bytes, in KiB or MiB where it is large.
func bytesText(n int64) string {
	switch {
	case n < 1<<10:
		return report.Number(int(n), "byte")
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}
