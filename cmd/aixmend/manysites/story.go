package manysites

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/hub"
	"aixmend/controller/fleet"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/transport/shell"
)

// story carries out the audit and tells it as it goes.
func (t *Demo) story(ctx context.Context) error {
	list := names[:t.Sites]
	t.tell("%d simulated hosts at %d sites: %s", perSite*t.Sites, t.Sites, strings.Join(list, ", "))
	t.tell("One hub and a worker a site run on this machine, each a process of its own:")
	if err := t.status(ctx, list...); err != nil {
		return err
	}
	site := t.victim()
	id, over, err := t.audit(ctx)
	if err != nil {
		return err
	}
	t.tell("\nAudit over the hub, run %s", id)
	var before []string
	if err := await(ctx, "the worker of site "+site+" has not begun", func() bool {
		before = t.reported(id)
		return len(before) >= killAfter
	}); err != nil {
		return err
	}
	t.kill(site)
	before = t.reported(id) // also those of the last moment
	sent := t.sent(before)
	t.tell("  the worker of %s is killed (kill -9): %d of its %d hosts have ended", site, len(before), perSite)
	if err := t.status(ctx, site); err != nil {
		return err
	}
	if err := t.worker(site); err != nil {
		return err
	}
	t.tell("  and started again: its order comes again within %s", fleet.OrderAgain)
	var end ended
	select {
	case end = <-over:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if end.err != nil {
		return end.err
	}
	again := "were not read again"
	if t.sent(before) != sent {
		again = "were read again in part"
	}
	t.tell("  it read the other %d hosts; those %d %s", perSite-len(before), len(before), again)
	t.results(end.run)
	return nil
}

// status prints some sites as `aixmend hub status` does.
func (t *Demo) status(ctx context.Context, sites ...string) error {
	st, err := hub.Ask(ctx, t.op)
	if err != nil {
		if t.Console.Interrupts.Code() != 0 {
			return exit.ErrInterrupted
		}
		return err
	}
	for _, line := range st.Lines() {
		if slices.ContainsFunc(sites, func(s string) bool { return strings.HasPrefix(line, "site "+s+":") }) {
			t.tell("  %s", line)
		}
	}
	return nil
}

// results tells the run.
func (t *Demo) results(run outcome.Run) {
	t.tell("\nAudit of %s", report.Counts(run))
	for _, site := range names[:t.Sites] {
		part := outcome.Run{Counts: map[outcome.Outcome]int{}}
		for _, h := range run.Hosts {
			if h.Site == site {
				part.Hosts = append(part.Hosts, h)
				part.Counts[h.Outcome]++
			}
		}
		t.tell("  %s: %s", site, report.Counts(part))
	}
	for _, f := range run.Fleet {
		of := map[string]bool{}
		for _, h := range run.Hosts {
			if slices.Contains(f.Hosts, h.Name) {
				of[h.Site] = true
			}
		}
		t.tell("Compared over all sites: %s, at %s", f.Title, report.Number(len(of), "site"))
	}
	seen := map[string]int{}
	for _, h := range run.Hosts {
		seen[h.Name]++
	}
	if len(seen) == perSite*t.Sites && len(run.Hosts) == len(seen) {
		t.tell("Every host has one outcome. The hub has the verdicts, each site its evidence:")
	}
	command := func(words ...string) {
		fmt.Fprintln(t.Console.Out, report.Pasted(t.Console.Program+" "+shell.Line(words...), t.Console.Width(), "  "))
	}
	t.tell("")
	command("runs", "--state", t.near("aixmend-hub/state"))
	for _, h := range run.Hosts {
		if h.Outcome == outcome.NeedsAction {
			command("explain", run.ID, h.Name, "--state", t.near(h.Site+"-state"))
			break
		}
	}
	t.tell("\ndocs/scale-out.md has the same by hand, and for real.")
}

// near is a path in the folder of the demo as short as it works here.
func (t *Demo) near(name string) string { return filepath.Join(t.State, "demo", "sites", name) }

func (t *Demo) tell(format string, args ...any) { _ = t.Console.Print(format+"\n", args...) }
