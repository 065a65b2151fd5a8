// Package keys fetches the host keys of a fleet and of the bastions on the way, shows them
// and stores the confirmed ones.
package keys

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/live"
	"aixmend/cmd/aixmend/reach"
	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/transport"
	"aixmend/transport/ownership"
	"aixmend/transport/retry"
	"aixmend/transport/ssh"
	"aixmend/transport/ssh/hostkeys"
	"aixmend/transport/ssh/route"
	"aixmend/transport/wrap"
)

// Options say how keys are fetched, and which are shown and stored.
type Options struct {
	// Way leads to the hosts.
	Way *reach.Way
	// Window is the number of hosts asked at the same time.
	Window int
	// State is the state folder. Its runs show since when keys are known.
	State string
	// Quiet leaves out hosts without trouble.
	Quiet bool
	// JSON prints JSON, and asks nobody.
	JSON bool
	// Yes stores without asking.
	Yes bool
	// OnlyNew stores keys only of unknown hosts, Replace asks once for all changed ones.
	OnlyNew, Replace bool
}

// host is a host, or a bastion on the way to one, with the keys that it presented.
type host struct {
	name    string // in the inventory; of a bastion, in ssh.jump or ssh_config
	noun    string // host or bastion
	target  transport.Target
	path    *route.Path // nil: there is none, because of err
	knownAs string      // its name in known_hosts
	file    string      // where its keys are stored
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
	hostkeys.Revoked, hostkeys.Changed, hostkeys.New, hostkeys.Short, hostUnreachable, hostNotAsked, hostkeys.Signed, hostkeys.Known,
}

// fetch fetches the keys of hosts and sorts the hosts, worst first. After a signal no
// further host is asked.
func fetch(ctx context.Context, c *console.Console, o Options, hosts []*host) {
	beat, stop := live.BeatOn(c, live.Options{Verb: "hostkeys", Hosts: len(hosts)}, o.Quiet)
	defer stop()
	queue := make(chan *host)
	var workers sync.WaitGroup
	for range min(o.Window, len(hosts)) {
		workers.Go(func() {
			for h := range queue {
				beat.Moved(h.name, controller.Connecting, "", time.Time{})
				h.ask(ctx, o.Way.SSH())
				beat.Ended(outcome.HostSummary{Name: h.name})
			}
		})
	}
	for _, h := range hosts {
		if h.err != nil {
			continue
		}
		if c.Interrupts.Code() != 0 {
			break
		}
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
	slices.SortStableFunc(hosts, func(a, b *host) int {
		return cmp.Or(slices.Index(hostStatuses, a.status)-slices.Index(hostStatuses, b.status), cmp.Compare(a.name, b.name))
	})
}

// ask asks the host for its keys, and retries where that may help.
func (h *host) ask(ctx context.Context, dialer *ssh.Dialer) {
	once := transport.DialerFunc(func(ctx context.Context, _ transport.Target) (transport.Conn, error) {
		var err error
		h.keys, err = dialer.HostKeysOn(ctx, h.path)
		return nil, err
	})
	if _, h.err = wrap.Retried(once, retry.Dial).Dial(ctx, h.target); h.err != nil {
		h.status = hostUnreachable
		return
	}
	h.status = hostkeys.Worst(h.keys)
}

// addHistory looks up in kept runs since when the keys of changed hosts are known:
// known_hosts has no dates.
func addHistory(c *console.Console, state string, hosts []*host) {
	store, err := journal.OpenExisting(state)
	var fault *ownership.Fault
	if errors.As(err, &fault) {
		c.Say("warning: %s, so it does not say since when keys are known", err)
	}
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
