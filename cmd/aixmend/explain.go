package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/explain"
	"aixmend/inventory/strictyaml"
)

func (a *app) explain() *cobra.Command {
	c := &cobra.Command{
		Use: "explain RUN HOST", Short: "Say which observation led to which verdict, what was done, and what to do next",
		Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error { return a.explainHost(args[0], args[1]) },
	}
	a.flags.stateDir(c)
	a.flags.formats(c)
	return c
}

func (a *app) explainHost(ref, host string) error {
	store, err := a.store()
	if err != nil {
		return err
	}
	id, err := store.Resolve(ref)
	if err != nil {
		return usage(err)
	}
	held := ""
	if state := store.State(id); state == journal.StateRunning || state == journal.StateOpen {
		if s, err := standings(store, id); err == nil && slices.Contains(s.Hosts, host) {
			held = report.Clean(s.Host(host), false)
		}
	}
	h, err := store.LoadHost(id, host)
	if errors.Is(err, fs.ErrNotExist) {
		if held != "" && a.flags.format != "json" {
			_, err := fmt.Fprintf(a.out, "%s: not ended: %s\n", host, held)
			return err
		}
		return a.noSuchHost(store, id, host)
	}
	if err != nil {
		return usage(err)
	}
	if held != "" && a.flags.format != "json" {
		if _, err := fmt.Fprintf(a.out, "%s: not ended: %s; what is known of it so far:\n\n", host, held); err != nil {
			return err
		}
	}
	e := explain.Host(*h)
	if g := a.guideOf(store, outcome.Run{ID: id}); g.known {
		e.Type(func(verb string) string {
			return strings.Join(g.again(verb, report.Fold{Hosts: []string{host}}), " ")
		})
	}
	if a.flags.format == "json" {
		return a.printJSON(e)
	}
	_, err = fmt.Fprint(a.out, e.Text())
	return err
}

// noSuchHost says that a run has no report of a host, and which was meant.
func (a *app) noSuchHost(store *journal.Store, id, host string) error {
	hint := "aixmend report " + id + " lists its hosts"
	if run, err := store.LoadRun(id); err == nil {
		var all, near []string
		for _, h := range run.Hosts {
			if h.Name == host {
				return usagef("", "run %s has no report of %s: %s: %s", id, host, h.Outcome, h.Reason)
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
	return usagef(hint, "run %s has no host %q", id, host)
}
