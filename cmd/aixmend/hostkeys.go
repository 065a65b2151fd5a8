package main

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/job"
	"aixmend/cmd/aixmend/reach"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/transport"
	"aixmend/transport/retry"
	"aixmend/transport/ssh"
	"aixmend/transport/ssh/hostkeys"
	"aixmend/transport/wrap"
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
		Long: `Fetches the SSH host keys of the selected hosts, without logging in, compares them
with known_hosts and shows them, worst first. On a terminal it then asks whether to
store new keys, and for each host whose key has changed whether to replace the
known key.

Without a terminal it stores nothing, unless --yes says what: with --only-new the
keys of hosts that known_hosts does not know, with --replace those of changed hosts
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
	fs.IntVarP(&o.concurrency, "concurrency", "c", 200, "hosts connected to at one time")
	fs.DurationVar(&o.connectTimeout, "connect-timeout", 15*time.Second, "per connection")
	fs.StringVar(&o.knownHosts, "known-hosts", "", "known_hosts `FILE` (default the inventory's, then the user's own)")
	fs.StringVar(&o.identity, "identity", "", "private key `FILE` for bastions; hosts are not logged in to")
	sshConfigFlag(fs, &o.sshConfig)
	fs.BoolVar(&o.yes, "yes", false, "do not ask; needs --only-new or --replace")
	fs.BoolVar(&o.onlyNew, "only-new", false, "store keys only of hosts that known_hosts does not know")
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

// keyedHost is a host with the keys that it presented.
type keyedHost struct {
	name    string // in the inventory
	target  transport.Target
	knownAs string // its name in known_hosts
	file    string // where its keys are stored
	keys    []hostkeys.Key
	err     error // why it presented none
	status  hostkeys.Status
	seen    map[string]journal.KeySeen
	stored  bool
}

// Statuses of a host beside those of its keys.
const (
	hostUnreachable hostkeys.Status = "unreachable"
	hostNotAsked    hostkeys.Status = "not-asked"
)

// hostStatuses are the statuses of a host, worst first.
var hostStatuses = []hostkeys.Status{
	hostkeys.Revoked, hostkeys.Changed, hostkeys.New, hostUnreachable, hostNotAsked, hostkeys.Signed, hostkeys.Known,
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
	hosts, err := fetchKeys(ctx, c, way, selected, window)
	if err != nil {
		return err
	}
	addHistory(c, o.state, hosts)
	return settleKeys(ctx, c, o, way.Known(), hosts)
}

// fetchKeys fetches the keys of hosts, window at one time, and returns them worst first.
// After a signal no further host is asked.
func fetchKeys(ctx context.Context, c *cli, way *reach.Way, selected []inventory.Host, window int) ([]*keyedHost, error) {
	targets, err := way.Targets(ctx, selected)
	if err != nil {
		return nil, exit.Usage(err)
	}
	var hosts []*keyedHost
	for i, target := range targets {
		file, err := way.Known().StorePath(target)
		if err != nil {
			return nil, exit.Usagef("name a file with --known-hosts", "%w", err)
		}
		hosts = append(hosts, &keyedHost{
			name: selected[i].Name, target: target, knownAs: hostkeys.Name(target), file: file, status: hostNotAsked,
		})
	}
	queue := make(chan *keyedHost)
	var workers sync.WaitGroup
	for range min(window, len(hosts)) {
		workers.Go(func() {
			for h := range queue {
				h.ask(ctx, way.SSH())
			}
		})
	}
	for _, h := range hosts {
		select {
		case queue <- h:
			continue
		case <-c.Interrupts.Stop():
		case <-ctx.Done():
		}
		break
	}
	close(queue)
	workers.Wait()
	slices.SortStableFunc(hosts, func(a, b *keyedHost) int {
		return cmp.Or(slices.Index(hostStatuses, a.status)-slices.Index(hostStatuses, b.status), cmp.Compare(a.name, b.name))
	})
	return hosts, nil
}

// ask asks the host for its keys; once more where that may help.
func (h *keyedHost) ask(ctx context.Context, dialer *ssh.Dialer) {
	once := transport.DialerFunc(func(ctx context.Context, target transport.Target) (transport.Conn, error) {
		var err error
		h.keys, err = dialer.HostKeys(ctx, target)
		return nil, err
	})
	if _, h.err = wrap.Retried(once, retry.Dial).Dial(ctx, h.target); h.err != nil {
		h.status = hostUnreachable
		return
	}
	h.status = hostkeys.Known
	for _, k := range h.keys {
		if at := slices.Index(hostStatuses, k.Status); at >= 0 && at < slices.Index(hostStatuses, h.status) {
			h.status = k.Status
		}
	}
}

// addHistory finds in kept runs since when the keys of changed hosts are known:
// known_hosts has no dates.
func addHistory(c *cli, state string, hosts []*keyedHost) {
	store, err := journal.OpenExisting(state)
	if err != nil {
		return // no run was ever made here
	}
	for _, h := range hosts {
		if h.status != hostkeys.Changed {
			continue
		}
		if h.seen, err = store.HostKeys(h.name); err != nil {
			c.Say("warning: %s: earlier runs can't be read: %v", h.name, err)
		}
	}
}

// settleKeys shows the keys, stores the confirmed ones, and decides the exit code.
func settleKeys(ctx context.Context, c *cli, o *hostkeysOptions, known *hostkeys.KnownHosts, hosts []*keyedHost) error {
	json := o.format.format == "json"
	if !json {
		printKeys(c, o, hosts)
	}
	err := storeKeys(ctx, c, o, known, hosts)
	if json {
		if err := printKeysJSON(c, hosts); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	if code := c.Interrupts.Code(); code != 0 {
		return exit.Verdict{Code: code}
	}
	code := outcome.ExitOK
	for _, h := range hosts {
		switch {
		case h.stored || h.status == hostkeys.Known || h.status == hostkeys.Signed:
		case h.status != hostUnreachable:
			return exit.Verdict{Code: outcome.ExitNeedsPerson}
		default:
			code = outcome.ExitUnreachable
		}
	}
	if code == outcome.ExitOK {
		return nil
	}
	return exit.Verdict{Code: code}
}
