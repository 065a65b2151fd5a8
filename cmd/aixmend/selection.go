package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/inventory/load"
	"aixmend/inventory/strictyaml"
	"aixmend/playbooks"
)

// selection are the flags that select hosts.
type selection struct{ inventories, limit []string }

// defaultInventory is the default of --inventory.
const defaultInventory = "inventory.yaml"

func (o *selection) flags(fs *pflag.FlagSet) {
	fs.StringArrayVarP(&o.inventories, "inventory", "i", []string{defaultInventory}, "inventory `FILE`, native or Ansible's, or a folder of them; may repeat")
	fs.StringArrayVarP(&o.limit, "limit", "l", nil, "select hosts by `PATTERN`: hosts, groups, globs, @RUN:OUTCOME, !PATTERN to exclude; comma-separated, may repeat")
}

// selected loads the inventory of a request and selects its hosts, which are reached as
// its flags say.
func (c *cli) selected(ctx context.Context, asked request.Asked, state string, quiet bool) (*inventory.Inventory, []inventory.Host, error) {
	if err := checkSSHConfig(asked.SSHConfig); err != nil {
		return nil, nil, err
	}
	inv, err := c.load(ctx, asked.Inventories, quiet)
	if err != nil {
		return nil, nil, err
	}
	hosts, err := c.choose(inv, asked.Limit, state, quiet, "aixmend inventory list shows hosts and groups")
	if err != nil {
		return nil, nil, err
	}
	return inv, asked.Reached(hosts), nil
}

// checkSSHConfig makes an unreadable --ssh-config a usage error: hosts would be reached
// in another way, or not at all.
func checkSSHConfig(path string) error {
	if path == "" || path == request.None {
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return exit.Usagef("none leaves ssh_config out", "--ssh-config: %w", err)
	}
	return file.Close()
}

// load loads inventory files.
func (c *cli) load(ctx context.Context, files []string, quiet bool) (*inventory.Inventory, error) {
	run := func(argv []string, timeout time.Duration) ([]byte, error) {
		ctx, release := c.Interrupts.UntilStop(ctx)
		defer release()
		return load.Programs(ctx)(argv, timeout)
	}
	options := load.Options{Home: home(), KnownFindings: sync.OnceValue(knownFindings), KnownChecks: playbooks.GuardChecks, Run: run}
	inv, err := options.Load(files...)
	if err != nil {
		hint := ""
		if len(files) == 1 && files[0] == defaultInventory {
			if _, missing := os.Stat(defaultInventory); missing != nil {
				hint = "name an inventory with -i, or try aixmend demo first"
			}
		}
		return nil, exit.Usagef(hint, "%w", err)
	}
	c.warn(inv.Warnings, quiet)
	return inv, nil
}

// warn prints warnings about an inventory, up to strictyaml.MaxShown of them.
func (c *cli) warn(warnings strictyaml.Problems, quiet bool) {
	if quiet {
		return
	}
	for i, w := range warnings {
		if i == strictyaml.MaxShown {
			c.Say("warning: %d more not shown", len(warnings)-i)
			return
		}
		c.Say("warning: %s", w)
	}
}

// choose returns the hosts of --limit.
func (c *cli) choose(inv *inventory.Inventory, limit []string, state string, quiet bool, hint string) ([]inventory.Host, error) {
	ended := func(run, outcome string) ([]string, error) { return hostsOfRun(state, run, outcome) }
	hosts, warnings, err := inv.SelectOf(ended, limit...)
	if err != nil {
		return nil, exit.Usagef(hint, "%w", err)
	}
	c.warn(warnings, quiet)
	return hosts, nil
}

// hostsOfRun returns the hosts that ended with an outcome in a run, for --limit.
func hostsOfRun(state, run, ended string) ([]string, error) {
	if !slices.Contains(outcome.Outcomes(), outcome.Outcome(ended)) {
		return nil, fmt.Errorf("%q is not an outcome; the outcomes are %v", ended, outcome.Outcomes())
	}
	store, err := journal.OpenExisting(state)
	if err != nil {
		return nil, err
	}
	id, err := store.Resolve(run)
	if err != nil {
		return nil, err
	}
	done, err := store.LoadRun(id)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("run %s has not finished: aixmend runs shows how to continue it", id)
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, h := range done.Hosts {
		if h.Outcome == outcome.Outcome(ended) {
			names = append(names, h.Name)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no host of run %s ended %s", id, ended)
	}
	return names, nil
}

// knownFindings are the ids that a waiver can name. It compiles all playbooks, which
// takes longer than an audit of ten hosts.
func knownFindings() []string {
	ids := []string{"probe-failed", controller.LeftBehind}
	for _, name := range playbooks.Names() {
		if p, err := playbooks.Load(name); err == nil {
			ids = append(ids, p.FindingIDs()...)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
