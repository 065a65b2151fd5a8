package main

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/transport"
	"aixmend/transport/retry"
	"aixmend/transport/ssh"
	"aixmend/transport/ssh/hostkeys"
	"aixmend/transport/wrap"
)

func (a *app) hostkeys() *cobra.Command {
	c := &cobra.Command{
		Use: "hostkeys", Short: "Fetch, show and store host keys after a look; never changes a host",
		Long: `Asks the selected hosts for their SSH host keys, without logging in, compares
them with known_hosts and shows them, the worst first. On a terminal it then asks
whether new keys are to be stored, and for each host whose key has changed
whether the new one is to take the place of the old.

Without a terminal it stores nothing, unless --yes says what: with --only-new the
keys of hosts of which known_hosts holds nothing, with --replace those of
changed hosts too. With --format json it never asks.

Exit code 3: a key is new, changed or revoked, and was not stored; 4: the only
trouble is hosts that can't be reached.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.runHostKeys(c.Context()) },
	}
	a.flags.selection(c)
	a.flags.stateDir(c)
	a.flags.formats(c)
	fs := c.Flags()
	fs.IntVarP(&a.flags.Concurrency, "concurrency", "c", 200, "hosts being asked at one time")
	fs.DurationVar(&a.flags.ConnectTimeout, "connect-timeout", 15*time.Second, "per connection")
	fs.StringVar(&a.flags.KnownHosts, "known-hosts", "", "known_hosts `FILE` (default the inventory's, then the user's own)")
	fs.StringVar(&a.flags.Identity, "identity", "", "private key `FILE` for bastions; hosts are not logged in to")
	a.flags.sshConfig(c)
	fs.BoolVar(&a.flags.yes, "yes", false, "do not ask; wants --only-new or --replace")
	fs.BoolVar(&a.flags.onlyNew, "only-new", false, "store keys of hosts only of which known_hosts holds nothing")
	fs.BoolVar(&a.flags.replace, "replace", false, "replace the keys of all changed hosts by one answer")
	a.flags.loudness(c)
	return c
}

// keyedHost is a host with the keys that it has shown.
type keyedHost struct {
	name    string // the inventory's
	target  transport.Target
	knownAs string // what known_hosts calls it
	file    string // where its keys are stored
	keys    []hostkeys.Key
	err     error // why there are none
	status  hostkeys.Status
	seen    map[string]journal.KeySeen
	stored  bool
}

// Statuses of a host beside those of its keys.
const (
	hostUnreachable hostkeys.Status = "unreachable"
	hostNotAsked    hostkeys.Status = "not-asked"
)

// hostStatuses are those of a host, the worst first.
var hostStatuses = []hostkeys.Status{
	hostkeys.Revoked, hostkeys.Changed, hostkeys.New, hostUnreachable, hostNotAsked, hostkeys.Signed, hostkeys.Known,
}

func (a *app) runHostKeys(ctx context.Context) error {
	f := &a.flags
	if err := f.check(); err != nil {
		return err
	}
	switch {
	case f.onlyNew && f.replace:
		return usagef("", "--only-new and --replace: what is to be stored?")
	case f.yes && !f.onlyNew && !f.replace:
		return usagef("--only-new stores keys of hosts of which nothing is known; --replace those of changed hosts too", "--yes alone does not say what is to be stored")
	}
	inv, selected, err := f.selected()
	if err != nil {
		return err
	}
	window := &job{flags: *f, window: f.Concurrency, scope: scope{Hosts: selected}}
	if err := a.fit(window, openFiles()); err != nil {
		return err
	}
	reach := a.reach(f.asked, inv.Bastions)
	defer reach.ssh.Close()
	hosts, err := a.askForKeys(ctx, reach, selected, window.window)
	if err != nil {
		return err
	}
	return a.settleKeys(ctx, reach.known, hosts)
}

// askForKeys asks the hosts for their keys, so many at one time. After a signal
// no further one is asked.
func (a *app) askForKeys(ctx context.Context, reach reach, selected []inventory.Host, window int) ([]*keyedHost, error) {
	targets, err := reach.targets(ctx, selected)
	if err != nil {
		return nil, usage(err)
	}
	var hosts []*keyedHost
	for i, target := range targets {
		file, err := reach.known.StorePath(target)
		if err != nil {
			return nil, usagef("name a file with --known-hosts", "%w", err)
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
				h.ask(ctx, reach.ssh)
			}
		})
	}
	for _, h := range hosts {
		select {
		case queue <- h:
			continue
		case <-a.interrupts.stop:
		case <-ctx.Done():
		}
		break
	}
	close(queue)
	workers.Wait()
	a.remember(hosts)
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

// remember looks up in our own runs since when the keys of changed hosts are
// known: known_hosts has no dates.
func (a *app) remember(hosts []*keyedHost) {
	store, err := journal.OpenExisting(a.flags.state)
	if err != nil {
		return // no run was made here
	}
	for _, h := range hosts {
		if h.status != hostkeys.Changed {
			continue
		}
		if h.seen, err = store.HostKeys(h.name); err != nil {
			a.say("warning: %s: earlier runs can't be read: %v", h.name, err)
		}
	}
}

// settleKeys shows the keys, stores those that are to be stored, and decides
// the exit code.
func (a *app) settleKeys(ctx context.Context, known *hostkeys.KnownHosts, hosts []*keyedHost) error {
	json := a.flags.format == "json"
	if !json {
		a.printKeys(hosts)
	}
	err := a.storeKeys(ctx, known, hosts)
	if json {
		if err := a.printKeysJSON(hosts); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	if code, interrupted := a.interrupts.code(); interrupted {
		return verdict{code}
	}
	code := outcome.ExitOK
	for _, h := range hosts {
		switch {
		case h.stored || h.status == hostkeys.Known || h.status == hostkeys.Signed:
		case h.status != hostUnreachable:
			return verdict{outcome.ExitNeedsPerson}
		default:
			code = outcome.ExitUnreachable
		}
	}
	if code == outcome.ExitOK {
		return nil
	}
	return verdict{code}
}
