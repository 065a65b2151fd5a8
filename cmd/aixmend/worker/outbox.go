package worker

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"sync"

	"aixmend/controller/fleet"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/playbooks"
)

// outbox sends the reports of a run as they are on the disk. It holds names alone: a report
// that the hub can't take now costs no memory.
type outbox struct {
	w     *Worker
	run   string
	store *journal.Store
	at    map[string]inventory.Host
	// compared are the facts that leave the site.
	compared fleet.Compared

	mu   sync.Mutex
	list []string
	more chan struct{} // one when list has grown
	sent map[string][sha256.Size]byte
}

func newOutbox(w *Worker, run string) *outbox {
	return &outbox{w: w, run: run, at: map[string]inventory.Host{}, more: make(chan struct{}, 1), sent: map[string][sha256.Size]byte{}}
}

// open says where the reports are, of which hosts, and which playbook they are of.
func (b *outbox) open(store *journal.Store, inv *inventory.Inventory, p *playbooks.Playbook) {
	b.store, b.compared = store, fleet.Compared{Facts: p.SharedFacts(), Key: b.w.Pass.Key}
	for _, h := range inv.Hosts {
		b.at[h.Name] = h
	}
}

// add notes a host whose report was written.
func (b *outbox) add(host string) {
	b.mu.Lock()
	b.list = append(b.list, host)
	b.mu.Unlock()
	select {
	case b.more <- struct{}{}:
	default:
	}
}

// send sends reports as they are added, until ctx ends; rest sends the others.
func (b *outbox) send(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.more:
		}
		b.mu.Lock()
		list := b.list
		b.list = nil
		b.mu.Unlock()
		for _, host := range list {
			if b.one(ctx, host) != nil {
				return
			}
		}
	}
}

// rest sends the report of each host that differs from the one that was sent.
func (b *outbox) rest(ctx context.Context, hosts []string) error {
	for _, host := range hosts {
		if err := b.one(ctx, host); err != nil {
			return err
		}
	}
	return nil
}

// one sends the report of a host, where there is one that was not sent.
func (b *outbox) one(ctx context.Context, host string) error {
	h, err := b.store.LoadHost(b.run, host)
	if err != nil {
		return nil // the end says that there is none
	}
	public := b.public(*h)
	text, err := json.Marshal(public)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	b.mu.Lock()
	same := b.sent[host] == sum
	b.mu.Unlock()
	if same {
		return nil
	}
	if err := b.w.insist(ctx, func() error { return b.w.hub.Send(ctx, fleet.Event{Run: b.run, Host: &public}) }); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sent[host] = sum
	return nil
}

// public is the report as far as it leaves the site.
func (b *outbox) public(h outcome.Host) outcome.Host {
	at := b.at[h.Host]
	private := []string{h.Address, at.Address, at.SSH.User, at.SSH.HostKeyAlias}
	if at.Address == h.Host { // its name is known to the hub
		private = private[2:]
	}
	return fleet.Public(h, b.compared, private...)
}
