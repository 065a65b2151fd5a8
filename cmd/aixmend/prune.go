package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"aixmend/controller/journal"
	"aixmend/controller/report"
	"aixmend/playbooks"
)

// pruneSchema is that of pruned.
const pruneSchema = "aixmend.prune/v1"

// pruneFlags are those of runs prune.
type pruneFlags struct {
	keep   int
	older  olderThan
	dryRun bool
}

func (a *app) pruneRuns() *cobra.Command {
	var f pruneFlags
	c := &cobra.Command{
		Use: "prune", Short: "Remove old runs, and the captures that only they need", Args: cobra.NoArgs,
		Long: `Removes the runs that are past the bounds, past both where both are given, and
the captures that they took before a change, unless the host needs them still.

What stays whatever the bounds say: a run that is running or open, the latest one,
of each verb and playbook the newest that has ended and the newest with exit code
0, what is younger than 24 hours (--attempts counts it), and what an open run
looks at. A run that recover --undo could take back goes only by --older-than.`,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := f.check(c.Flags().Changed("keep")); err != nil {
				return err
			}
			return a.prune(f)
		},
	}
	a.flags.stateDir(c)
	a.flags.formats(c)
	c.Flags().IntVar(&f.keep, "keep", 0, "the newest `N` runs stay")
	c.Flags().Var(&f.older, "older-than", "runs younger than `AGE` stay: 30d, 4w, 12h")
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "say what would go, and remove nothing")
	return c
}

func (f pruneFlags) check(keep bool) error {
	switch {
	case keep && f.keep < 1:
		return usagef("", "--keep must be 1 or more, found %d", f.keep)
	case !keep && f.older == 0:
		return usagef("aixmend runs prune --keep 100 --older-than 30d removes what is past both", "runs prune wants --keep, --older-than or both")
	}
	return nil
}

// pruned is what prune has removed, or would.
type pruned struct {
	Schema string `json:"schema"`
	// DryRun tells that nothing was removed.
	DryRun  bool        `json:"dry_run"`
	Removed []prunedRun `json:"removed"`
	// Captures are those that went with the runs, as HOST/ID.
	Captures []string `json:"captures"`
	// Leftovers are runs that an earlier process had begun to remove.
	Leftovers []string `json:"leftovers"`
	// Kept are the runs that are past the bounds and stay.
	Kept []stays `json:"kept"`
	// LeftAlone are names among the runs that are none.
	LeftAlone []string `json:"left_alone"`
	// Bytes are those that were freed.
	Bytes int64 `json:"bytes"`
}

// prunedRun is a run that was removed.
type prunedRun struct {
	ID       string    `json:"run_id"`
	Command  string    `json:"command"`
	Playbook string    `json:"playbook"`
	Last     time.Time `json:"last"`
	Bytes    int64     `json:"bytes"`
	// Undoable is how many changes of it can't be taken back any more.
	Undoable int `json:"undoable"`
}

// errNeeded says that something came to rest on a run meanwhile.
var errNeeded = errors.New("it is needed by now")

// capturedByAny finds what any embedded playbook wants to be unique in the facts of a
// capture. They are compiled when the first one is asked for: captures of this version
// say it themselves.
func capturedByAny() journal.Values {
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

// prune removes runs, from the flags to what is said of it.
func (a *app) prune(f pruneFlags) error {
	store, err := a.store()
	if err != nil {
		return err
	}
	remover, err := store.Remover(capturedByAny())
	if err != nil {
		return usagef("name the folder itself with --state", "%w", err)
	}
	defer remover.Close()
	bounds := retention{f.keep, time.Duration(f.older), time.Now()}
	runs, others, err := bounds.keptRuns(store, remover)
	if err != nil {
		return err
	}
	latest, _ := store.Resolve("latest") // "": there is none
	gone, stay := bounds.judge(runs, latest)
	done := pruned{
		Schema: pruneSchema, DryRun: f.dryRun, Removed: []prunedRun{}, Captures: []string{}, Leftovers: []string{},
		Kept: append([]stays{}, stay...), LeftAlone: append([]string{}, others...),
	}
	var wanted []string
	for _, run := range runs {
		wanted = append(wanted, run.refs...)
	}
	if f.dryRun {
		err = done.foresee(remover, gone, wanted)
	} else {
		err = done.remove(store, remover, gone, wanted)
	}
	return errors.Join(err, a.sayPruned(done))
}

// foresee says what would be removed.
func (p *pruned) foresee(remover *journal.Remover, gone []keptRun, wanted []string) error {
	left, err := remover.Buried()
	if err != nil {
		return err
	}
	p.Leftovers = append(p.Leftovers, left...)
	ids := map[string]bool{}
	for _, id := range left {
		ids[id] = true
		p.Bytes += remover.BuriedSize(id)
	}
	for _, run := range gone {
		ids[run.id] = true
		p.add(remover, run)
		p.Bytes += p.Removed[len(p.Removed)-1].Bytes
	}
	spare, err := remover.Spare(ids, wanted)
	for _, c := range spare {
		p.Captures = append(p.Captures, c)
		p.Bytes += remover.CaptureSize(c)
	}
	return err
}

// remove removes runs. One that can't be does not keep the others.
func (p *pruned) remove(store *journal.Store, remover *journal.Remover, gone []keptRun, wanted []string) error {
	left, err := remover.Buried()
	if err != nil {
		return err
	}
	p.Leftovers = append(p.Leftovers, left...)
	var problems []error
	for _, run := range gone {
		p.add(remover, run)
		err := bury(store, remover, run)
		if err == nil {
			continue
		}
		p.Removed = p.Removed[:len(p.Removed)-1]
		switch {
		case errors.Is(err, fs.ErrNotExist): // another prune was faster
		case errors.Is(err, journal.ErrRunning), errors.Is(err, errNeeded), errors.Is(err, journal.ErrLocked):
			p.Kept = append(p.Kept, stays{run.id, strings.TrimPrefix(err.Error(), "run "+run.id+": ")})
		default:
			problems = append(problems, err)
		}
	}
	swept, err := remover.Sweep(wanted)
	p.Captures, p.Bytes = append(p.Captures, swept.Captures...), swept.Bytes
	return errors.Join(append(problems, err)...)
}

func (p *pruned) add(remover *journal.Remover, run keptRun) {
	p.Removed = append(p.Removed, prunedRun{
		ID: run.id, Command: run.command(), Playbook: run.playbook(), Last: run.last, Bytes: remover.RunSize(run.id), Undoable: run.changes,
	})
}

// bury takes one run away, if what it was judged by holds still. One that could be
// taken back goes only while no changing run is at work: that may be what it does.
func bury(store *journal.Store, remover *journal.Remover, run keptRun) error {
	if run.changes > 0 {
		unlock, err := store.Lock()
		if err != nil {
			return err
		}
		defer unlock()
	}
	return remover.Bury(run.id, func() error {
		if latest, err := store.Resolve("latest"); err == nil && latest == run.id || restState(store, run.id) != run.state {
			return errNeeded
		}
		return nil
	})
}

// sayPruned says what was removed.
func (a *app) sayPruned(p pruned) error {
	for _, name := range p.LeftAlone {
		a.say("warning: %s is no run: it is left alone", path.Join(a.flags.state, "runs", report.Clean(name, false)))
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
		fmt.Fprintf(&b, "%s the rest of %s, which an earlier call had begun to remove\n", removed, report.Clean(id, false))
	}
	for _, r := range p.Removed {
		what := strings.TrimSpace(report.Clean(r.Command+" "+r.Playbook, false))
		if what == "" {
			what = "cut off"
		}
		fmt.Fprintf(&b, "%s %s (%s, %s)", removed, r.ID, what, bytesText(r.Bytes))
		if r.Undoable > 0 {
			fmt.Fprintf(&b, "; recover --undo can't take %s of it back any more", changesOf(r.Undoable))
		}
		b.WriteByte('\n')
	}
	for _, c := range p.Captures {
		fmt.Fprintf(&b, "%s capture %s\n", removed, report.Clean(c, false))
	}
	for _, k := range p.Kept {
		fmt.Fprintf(&b, "kept %s: %s\n", k.ID, report.Clean(k.Reason, false))
	}
	fmt.Fprintf(&b, "%s %s: runs %d, captures %d\n", freed, bytesText(p.Bytes), len(p.Removed)+len(p.Leftovers), len(p.Captures))
	_, err := fmt.Fprint(a.out, b.String())
	return err
}

// changesOf is a number of changes in words.
func changesOf(n int) string {
	if n == 1 {
		return "1 change"
	}
	return fmt.Sprintf("%d changes", n)
}

// bytesText is a number of bytes in words.
func bytesText(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}
