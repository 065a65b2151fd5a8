package worker

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"maps"
	"slices"
	"sync"

	"aixmend/controller/fleet"
	"aixmend/controller/gather"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/playbooks"
)

// told is a step of a host that the hub is to be told.
type told struct {
	host    string
	step    gather.Kind
	refused bool   // a rung was, by its own checks
	process string // that walks the host; "" for hosts that wait for none
	// public is the report as far as it leaves the site; nil: the disk has it.
	public *outcome.Host
}

// outbox sends the steps of the hosts of a run, with their reports as they are on the disk. It
// holds few of them in memory: reports that the hub can't take now cost none.
type outbox struct {
	w     *Worker
	run   string
	store *journal.Store
	at    map[string]inventory.Host
	// process is that of a run whose hosts wait for others, as leases name it; else "".
	process string
	// compared are the facts that leave the site.
	compared fleet.Compared

	// most is how many bytes of one report a message holds.
	most int
	// post sends one message, until the hub has it or ctx ends.
	post func(ctx context.Context, events ...fleet.Event) error

	mu    sync.Mutex
	list  []told
	more  chan struct{}   // one when list has grown
	steps map[string]told // the newest of each host whose run waits for others
	sent  map[string][sha256.Size]byte
}

func newOutbox(w *Worker, run string) *outbox {
	post := func(ctx context.Context, events ...fleet.Event) error {
		return w.insist(ctx, func() error { return w.hub.Send(ctx, run, events...) })
	}
	return &outbox{w: w, run: run, most: w.most(), post: post, at: map[string]inventory.Host{}, more: make(chan struct{}, 1), steps: map[string]told{}, sent: map[string][sha256.Size]byte{}}
}

// open says where the reports are, of which hosts, and which playbook they are of.
func (b *outbox) open(store *journal.Store, inv *inventory.Inventory, p *playbooks.Playbook) {
	b.store, b.compared = store, fleet.Compared{Facts: p.SharedParts(), Key: b.w.pass.Key}
	for _, h := range inv.Hosts {
		b.at[h.Name] = h
	}
}

// ended notes a host that has ended, and whose report was written.
func (b *outbox) ended(h outcome.Host) {
	t := told{host: h.Host, step: gather.Ended}
	if b.room() {
		public := b.public(h)
		t.public = &public
	}
	b.tell(t)
}

// maxHeld is how many reports wait in memory; of further ones the disk has them.
const maxHeld = 256

func (b *outbox) room() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.list) < maxHeld
}

// tell notes a step.
func (b *outbox) tell(t told) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.list = append(b.list, t)
	t.public = nil
	b.steps[t.host] = t
	b.wake()
}

// wake has the list sent. The lock is held.
func (b *outbox) wake() {
	select {
	case b.more <- struct{}{}:
	default:
	}
}

// begun notes that a host was let begin, for again.
func (b *outbox) begun(host, process string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.steps[host] = told{host: host, step: gather.GoesOn, process: process}
}

// again tells the newest step of every host again: a hub that began again may have lost them.
func (b *outbox) again() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.sent)
	for _, host := range slices.Sorted(maps.Keys(b.steps)) {
		b.list = append(b.list, b.steps[host])
	}
	b.wake()
}

// send sends steps as they are told, until ctx ends; rest sends the ends of all hosts.
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
		if sent, err := b.deliver(ctx, list); err != nil {
			b.mu.Lock()
			b.list = append(slices.Clone(list[sent:]), b.list...)
			b.mu.Unlock()
			return
		}
	}
}

// rest sends the report of each host that differs from the one that was sent.
func (b *outbox) rest(ctx context.Context, hosts []string) error {
	known := b.known()
	var list []told
	for _, host := range hosts {
		if !known[host] {
			list = append(list, told{host: host, step: gather.Ended, process: b.process})
		}
	}
	_, err := b.deliver(ctx, list)
	return err
}

// known are the hosts whose newest reports the hub has, without a look at the disk: of a run
// whose hosts wait for no others each report that is written is told.
func (b *outbox) known() map[string]bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	known := map[string]bool{}
	if b.process != "" {
		return known
	}
	for host := range b.sent {
		known[host] = true
	}
	for _, t := range b.list { // not sent yet
		delete(known, t.host)
	}
	return known
}

// A message holds at most so many steps and, unless one report is larger, bytes of reports: the
// hub takes each into memory as a whole.
const (
	maxSteps = 64
	maxBytes = 512 << 10
)

// beside is the room in a message beside its reports, in bytes.
const beside = 64 << 10

// most is how many bytes of one report the hub can take.
func (w *Worker) most() int {
	if w.hub == nil {
		return fleet.MaxMessage - beside
	}
	return w.hub.Most() - beside
}

// deliver sends steps in few messages, and returns how many of them the hub has.
func (b *outbox) deliver(ctx context.Context, list []told) (int, error) {
	var (
		events []fleet.Event
		sums   = map[string][sha256.Size]byte{}
		bytes  = 0
		sent   = 0
	)
	flush := func(upTo int) error {
		if len(events) > 0 {
			if err := b.post(ctx, events...); err != nil {
				return err
			}
			b.mu.Lock()
			maps.Copy(b.sent, sums)
			b.mu.Unlock()
			clear(sums)
		}
		events, bytes, sent = events[:0], 0, upTo
		return nil
	}
	for i, t := range list {
		e, text, err := b.event(t)
		if err != nil {
			return sent, err
		}
		if e == nil {
			continue // the end of the part says that there is none
		}
		if len(events) == maxSteps || bytes+len(text) > maxBytes {
			if err := flush(i); err != nil {
				return sent, err
			}
		}
		if t.step == gather.Ended {
			sum := sha256.Sum256(text)
			if sums[t.host] == sum || b.has(t.host, sum) {
				continue
			}
			sums[t.host] = sum
		}
		events, bytes = append(events, *e), bytes+len(text)
	}
	err := flush(len(list))
	return sent, err
}

// has reports whether the hub has this end of a host.
func (b *outbox) has(host string, sum [sha256.Size]byte) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sent[host] == sum
}

// event is a step as it is sent, and the text of its report; nil where there is no report.
func (b *outbox) event(t told) (*fleet.Event, []byte, error) {
	public := t.public
	if public == nil {
		h, err := b.report(t)
		if err != nil {
			return nil, nil, nil
		}
		left := b.public(*h)
		public = &left
	}
	text, err := json.Marshal(public)
	if err == nil && len(text) > b.most {
		short := fleet.Short(*public, len(text))
		public = &short
		text, err = json.Marshal(public)
	}
	return &fleet.Event{Host: public, Step: t.step, RungRefused: t.refused, Process: t.process}, text, err
}

// report is the report of a host as it is on the disk. That of a host which goes on may be a
// checkpoint, or not be there: then nothing is known of it.
func (b *outbox) report(t told) (*outcome.Host, error) {
	h, err := b.store.LoadHost(b.run, t.host)
	if err == nil || t.step == gather.Ended {
		return h, err
	}
	if h, err = b.store.LoadCheckpoint(b.run, t.host); err == nil && h != nil {
		return h, nil
	}
	return &outcome.Host{Schema: outcome.HostSchema, RunID: b.run, Host: t.host}, nil
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
