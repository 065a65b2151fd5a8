package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/job"
	"aixmend/cmd/aixmend/keys"
	"aixmend/controller/outcome"
)

// hostkeysOptions are the flags of hostkeys.
type hostkeysOptions struct {
	selection
	stateFolder
	format
	reaching
	loudness
	yes, onlyNew, replace bool
}

func newHostkeys(c *cli) *cobra.Command {
	var o hostkeysOptions
	cmd := &cobra.Command{
		Use: "hostkeys", Short: "Fetch, show and store host keys; never changes a host",
		Long: `Fetches the SSH host keys of the bastions on the way and then of the selected hosts,
without logging in to the hosts, compares them with known_hosts and shows them, worst
first. On a terminal it then asks whether to store new keys, and for each host whose
key has changed whether to replace the known key.

Without a terminal it stores nothing, except with --yes: --yes --only-new stores the
keys of hosts that are not in known_hosts, --yes --replace those of changed hosts
too. With --format json it never asks.

Exit code 3: a key is new, changed or revoked, and was not stored; 4: the only
trouble is unreachable hosts.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runHostkeys(cmd.Context(), c, &o) },
	}
	fs := cmd.Flags()
	o.selection.flags(fs)
	o.stateFolder.flags(fs)
	o.format.flags(fs)
	fs.IntVarP(&o.concurrency, "concurrency", "c", 200, "hosts connected to at the same time")
	fs.DurationVar(&o.connectTimeout, "connect-timeout", 15*time.Second, "time limit for each connection")
	fs.StringVar(&o.knownHosts, "known-hosts", "", "known_hosts `FILE` (default the inventory's, then the user's own)")
	fs.StringVar(&o.identity, "identity", "", "private key `FILE` for bastions; hosts are not logged in to")
	sshConfigFlag(fs, &o.sshConfig)
	fs.BoolVar(&o.yes, "yes", false, "do not ask; needs --only-new or --replace")
	fs.BoolVar(&o.onlyNew, "only-new", false, "store keys only of hosts that are not in known_hosts")
	fs.BoolVar(&o.replace, "replace", false, "ask once for all changed hosts, not for each")
	o.loudness.flags(fs)
	return cmd
}

// check checks the flags.
func (o *hostkeysOptions) check() error {
	if err := o.reaching.check(); err != nil {
		return err
	}
	if err := o.format.check(outcome.ConventionNagios); err != nil {
		return err
	}
	switch {
	case o.onlyNew && o.replace:
		return exit.Usagef("", "--only-new and --replace exclude each other")
	case o.yes && !o.onlyNew && !o.replace:
		return exit.Usagef("--only-new stores keys of unknown hosts; --replace those of changed hosts too", "--yes alone does not say which keys to store")
	}
	return nil
}

func runHostkeys(ctx context.Context, c *cli, o *hostkeysOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	asked := o.asked()
	asked.Inventories, asked.Limit = o.inventories, o.limit
	inv, selected, err := c.selected(ctx, asked, o.state, o.quiet)
	if err != nil {
		return err
	}
	way := c.reach(asked, inv.Bastions)
	defer way.Close()
	window, warning, err := job.Window(min(o.concurrency, len(selected)), job.OpenFiles(), func() bool { return way.Proxied(ctx, selected) })
	if err != nil {
		return err
	}
	if warning != "" && !o.quiet {
		c.Say("warning: %s", warning)
	}
	return keys.Run(ctx, c.Console, keys.Options{
		Way: way, Window: window, State: o.state, Quiet: o.quiet, JSON: o.format.format == "json", Yes: o.yes, OnlyNew: o.onlyNew, Replace: o.replace,
	}, selected)
}
