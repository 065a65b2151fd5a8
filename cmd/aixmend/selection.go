package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/guide"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/controller/cloud"
	"aixmend/controller/journal"
	"aixmend/inventory"
	"aixmend/inventory/load"
	"aixmend/inventory/powervs"
	"aixmend/inventory/strictyaml"
	"aixmend/playbooks"
	"aixmend/transport/ownership"
	"aixmend/transport/plain"
)

// selection are the flags that select hosts.
type selection struct{ inventories, limit []string }

// defaultInventory is the default of --inventory.
const defaultInventory = guide.DefaultInventory

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
	inv, err := c.load(asked.Inventories, c.sources(ctx), quiet)
	if err != nil {
		return nil, nil, err
	}
	hosts, err := c.choose(inv, asked.Limit, state, quiet, "aixmend inventory list -l all shows hosts and groups")
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
	file, _, err := ownership.Open(path)
	if err != nil {
		return exit.Usagef("none leaves ssh_config out", "--ssh-config: %w", err)
	}
	return file.Close()
}

// sources asks the sources of inventories until the first signal.
func (c *cli) sources(ctx context.Context) load.Sources {
	run := func(argv []string, timeout time.Duration) ([]byte, error) {
		ctx, release := c.Interrupts.UntilStop(ctx)
		defer release()
		return load.Programs(ctx)(argv, timeout)
	}
	list := func(s powervs.Source) (powervs.Listing, error) {
		ctx, release := c.Interrupts.UntilStop(ctx)
		defer release()
		return c.clouds().Lister(ctx)(s)
	}
	return load.Sources{Run: run, List: list}
}

// loadOptions are the options for loading inventories.
func (c *cli) loadOptions(from load.Sources) load.Options {
	return load.Options{Home: home(), KnownFindings: sync.OnceValue(knownFindings), KnownChecks: playbooks.GuardChecks, Sources: from}
}

// load loads inventory files, whose sources are asked as from says.
func (c *cli) load(files []string, from load.Sources, quiet bool) (*inventory.Inventory, error) {
	if slices.Equal(files, []string{defaultInventory}) {
		if _, err := os.Stat(defaultInventory); errors.Is(err, fs.ErrNotExist) {
			return nil, exit.Usagef("aixmend init writes one, -i names another; aixmend demo needs none", "%s: does not exist%w", defaultInventory, plain.Silent(exit.ErrInventory))
		}
	}
	inv, err := c.loadOptions(from).Load(files...)
	c.warn(inv.Warnings, quiet)
	if err != nil {
		return nil, exit.Usage(err)
	}
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
	ended := func(run, outcome string) ([]string, error) { return c.hostsOfRun(state, run, outcome) }
	hosts, warnings, err := inv.SelectOf(ended, limit...)
	if err != nil && strings.Contains(strings.Join(limit, " "), "@") { // no list of hosts says how they ended
		hint = "write @RUN:OUTCOME, such as @latest:failed; aixmend runs lists the runs"
		if _, none := journal.OpenExisting(state); none != nil {
			hint = noState
		}
	}
	if slices.ContainsFunc(strictyaml.ProblemsOf(err), func(p strictyaml.Problem) bool { return p.Hint != "" }) {
		hint = "" // one is enough
	}
	if err != nil {
		return nil, exit.Usagef(hint, "%w", err)
	}
	c.warn(warnings, quiet)
	return hosts, nil
}

// hostsOfRun returns the hosts that ended with an outcome in a run, for --limit.
func (c *cli) hostsOfRun(state, run, ended string) ([]string, error) {
	var store *journal.Store
	names, err := request.HostsOf(func() (_ *journal.Store, err error) {
		store, err = journal.OpenExisting(state)
		return store, err
	}, run, ended)
	if err == nil {
		c.noteOpen(store, run)
	}
	return names, err
}

// knownFindings are the ids that a waiver can name. It compiles all playbooks, which
// takes longer than an audit of ten hosts.
func knownFindings() []string {
	ids := append(cloud.Findings(), "probe-failed", controller.LeftBehind)
	for _, name := range playbooks.Names() {
		if p, err := playbooks.Load(name); err == nil {
			ids = append(ids, p.FindingIDs()...)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
