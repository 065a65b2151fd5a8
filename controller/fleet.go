package controller

import (
	"maps"
	"slices"
	"sync"
	"time"

	"aixmend/controller/outcome"
	"aixmend/playbooks"
	"aixmend/playbooks/facts"
)

// fleet is what the walks of a run know of each other: which machine is behind a
// name (procedure D16), and who holds what the playbook wants to be unique (D9).
// Nothing in it holds a walk up, but that it can be waited for.
type fleet struct {
	playbook *playbooks.Playbook
	captures Captures

	mu       sync.Mutex
	machines machines
	uniques  []*unique                   // as the playbook has them
	shared   map[string]playbooks.Shared // what each host has said of itself
	unread   map[string]bool
	read     chan struct{} // closed when every host has been read, or can't be
	ended    map[string]chan struct{}
	unsaid   map[string]bool // hosts with an open change of which nothing is known yet
	said     chan struct{}   // closed when there is none
}

func newFleet(e *Engine, hosts []string) *fleet {
	f := &fleet{
		playbook: e.Playbook, captures: e.Captures, machines: newMachines(), shared: map[string]playbooks.Shared{},
		unread: map[string]bool{}, read: make(chan struct{}), ended: map[string]chan struct{}{},
		unsaid: map[string]bool{}, said: make(chan struct{}),
	}
	began := time.Now()
	if !e.Began.IsZero() {
		began = e.Began
	}
	for _, entry := range e.Playbook.Unique {
		u := newUnique(entry.Key, entry.Value, began)
		u.named(e.Params.Text(u.clones))
		for _, c := range e.Past {
			if c.Name == u.name {
				u.past[c.Value] = append(u.past[c.Value], c)
			}
		}
		f.uniques = append(f.uniques, u)
	}
	for _, host := range hosts {
		f.unread[host], f.machines.nameless[host] = true, true
		f.ended[host] = make(chan struct{})
	}
	return f
}

// report takes what a new diagnosis of a host says to the others. What was known and
// could not be read this time stays as it was.
func (f *fleet) report(host string, d *playbooks.Diagnosis) {
	f.take(host, f.playbook.Share(d))
}

// recall takes what the facts of the last report of a host say that has ended.
func (f *fleet) recall(host string, written map[string]any) {
	f.take(host, f.playbook.ShareWritten(written))
}

func (f *fleet) take(host string, s playbooks.Shared) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s.Identity != nil {
		f.machines.identify(host, *s.Identity)
	}
	for i, u := range f.uniques {
		if s.Values[i] != nil {
			u.put(host, s.Values[i])
		}
		u.wants(host, s.Restores[i])
	}
	f.shared[host] = s.Or(f.shared[host])
	f.markRead(host) // what it did not give it gives nobody: nobody need wait for it
}

// markRead must be called with the lock held.
func (f *fleet) markRead(host string) {
	f.machines.nowNamed(host)
	if f.unread[host] {
		delete(f.unread, host)
		if len(f.unread) == 0 {
			close(f.read)
		}
	}
}

// open tells that it is not known of a host what became of its last change. It
// is called before the walks begin.
func (f *fleet) open(host string) { f.unsaid[host] = true }

// begun tells that the walks begin: no further host is open.
func (f *fleet) begun() {
	if len(f.unsaid) == 0 {
		close(f.said) // who waits for something else looks at it too
	}
}

// say tells that it is known now, or never will be.
func (f *fleet) say(host string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sayLocked(host)
}

func (f *fleet) sayLocked(host string) {
	if f.unsaid[host] {
		delete(f.unsaid, host)
		if len(f.unsaid) == 0 {
			close(f.said)
		}
	}
}

// allSaid reports whether no host is left of which it is not known.
func (f *fleet) allSaid() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.unsaid) == 0
}

// end tells that a host's walk is over: nothing more will change on it. One that
// was interrupted before it was read can be: the fleet is not complete then.
func (f *fleet) end(host string, interrupted bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !interrupted {
		f.markRead(host)
	}
	f.sayLocked(host)
	close(f.ended[host])
}

// complete reports whether every host has been read, or can't be.
func (f *fleet) complete() bool {
	select {
	case <-f.read:
		return true
	default:
		return false
	}
}

// view is the fleet as a fact of one host.
func (f *fleet) view(host string) facts.Fleet {
	v := facts.Fleet{Complete: f.complete()}.With(noUnique())
	f.mu.Lock()
	v.Same = f.machines.same(host)
	f.mu.Unlock()
	for i, u := range f.uniques {
		one := f.viewOf(u, host, v.Complete)
		if i == 0 {
			v = v.With(one)
		}
		if len(f.uniques) > 1 {
			if v.Unique == nil {
				v.Unique = map[string]facts.Unique{}
			}
			v.Unique[u.name] = one
		}
	}
	return v
}

func (f *fleet) viewOf(u *unique, host string, complete bool) facts.Unique {
	f.mu.Lock()
	v, value := u.view(host, &f.machines), u.value(host)
	f.mu.Unlock()
	if len(v.Duplicates) > 0 && complete {
		r := f.roleOf(u, host, value)
		v.Role, v.Why = r.name, r.why
	}
	return v
}

// clones returns the hosts for which one that keeps what it shares has to wait: with
// these words of --allow they are to get something else. One that is itself to get
// something else waits for nobody: two of which each keeps what the other has to give
// up would wait for each other.
func (f *fleet) clones(host string, allowed []string) []string {
	complete := f.complete()
	var list []string
	for _, u := range f.uniques {
		switch v := f.viewOf(u, host, complete); {
		case !u.changesWith(allowed):
		case v.Role == clone:
			return nil
		case v.Role == keeper:
			list = append(list, v.Duplicates...)
		}
	}
	return list
}

// roleOf decides, once for each value, who keeps it. Captures are read meanwhile:
// the lock is not held.
func (f *fleet) roleOf(u *unique, host, value string) role {
	f.mu.Lock()
	roles := u.roles[value]
	f.mu.Unlock()
	if roles == nil {
		roles = f.decide(u, value)
		f.mu.Lock()
		if u.roles[value] == nil {
			u.roles[value] = roles
		}
		roles = u.roles[value]
		f.mu.Unlock()
	}
	return roles[host]
}

// decide finds the machine whose captures held the value first. What history can't
// tell, the operator says. All names of a machine have one role.
func (f *fleet) decide(u *unique, value string) map[string]role {
	f.mu.Lock()
	group := u.goingBy(value)
	firsts, names := f.machines.grouped(group)
	unclears := f.machines.unclear(group)
	f.mu.Unlock()
	decided := u.decideNamed(firsts, names)
	if decided == nil {
		decided = u.decideByHistory(value, firsts, func(first string) ([]outcome.CapturedID, error) { return f.history(names[first]) })
	}
	roles := map[string]role{}
	for first, r := range decided {
		for _, h := range names[first] {
			roles[h] = r
		}
	}
	for h, why := range unclears {
		roles[h] = role{unclear, why}
	}
	return roles
}

// history is what the captures of all names of a machine held.
func (f *fleet) history(names []string) ([]outcome.CapturedID, error) {
	var list []outcome.CapturedID
	for _, h := range names {
		of, err := f.captures.Held(h, f.playbook.Captured)
		if err != nil {
			return nil, &unreadable{h, err}
		}
		list = append(list, of...)
	}
	return list, nil
}

// verdicts are those over the fleet, on a host of which only what it has said of
// itself is still at hand.
func (f *fleet) verdicts(host string, params playbooks.Params, inventory facts.Inventory) []playbooks.Verdict {
	view := f.view(host)
	if alone(view) {
		return nil
	}
	f.mu.Lock()
	shared := f.shared[host]
	if id, known := f.machines.identities[host]; known {
		shared.Identity = &id
	}
	f.mu.Unlock()
	return f.playbook.JudgeFleet(params, inventory, shared, view)
}

// alone reports whether a host has nothing to do with any other.
func alone(view facts.Fleet) bool {
	for _, u := range append(slices.Collect(maps.Values(view.Unique)), view.First()) {
		if len(u.Duplicates) > 0 || len(u.Captured) > 0 {
			return false
		}
	}
	return len(view.Same) == 0
}

// findings renders what hosts have to do with each other as findings over the fleet.
func (f *fleet) findings() []outcome.FleetFinding {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := []outcome.FleetFinding{}
	for i, u := range f.uniques {
		for _, s := range u.shares(&f.machines) {
			list = append(list, outcome.FleetFinding{
				ID: u.finding, Hosts: s.hosts, Title: f.playbook.SharedTitle(i, s.value, s.machines),
			})
		}
	}
	return append(list, f.machines.findings()...)
}

// identifyFrom takes the identity that an earlier process of the run has written
// down, so that nobody need wait until the host is read again.
func (f *fleet) identifyFrom(host string, reports ...*outcome.Host) {
	for _, h := range reports {
		var id facts.Identity
		if h != nil && recallFact(h.Facts, "identity", &id) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.machines.identify(host, id)
			return
		}
	}
}

// allNamed reports whether no host is left that may turn out to be the machine of
// another one.
func (f *fleet) allNamed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.machines.nameless) == 0
}
