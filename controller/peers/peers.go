// Package peers compares the hosts of one run with each other: which names reach the
// same machine (procedure D16), which hosts hold a value that must be unique (D9), and
// which of them keeps it.
//
// Hosts report their own facts as they are read. Nothing here holds a host
// up; a caller that must wait has a channel for it.
package peers

import (
	"maps"
	"slices"
	"sync"
	"time"

	"aixmend/controller/outcome"
	"aixmend/playbooks"
	"aixmend/playbooks/facts"
)

// History returns the values that earlier captures hold.
type History interface {
	// Held returns the values that a host went by when its good captures were taken,
	// the oldest first. values finds them in the facts of a capture, by name.
	Held(host string, values func(facts map[string]any) map[string]string) ([]outcome.CapturedID, error)
}

// Config selects the compared values.
type Config struct {
	Playbook *playbooks.Playbook
	Params   playbooks.Params
	History  History
	// Past holds the unique values of the newest captures of the inventory's hosts.
	Past []outcome.CapturedID
	// Began is when the run began: later captures say nothing about history.
	Began time.Time
	// Wide says that the run has hosts elsewhere: see Learn.
	Wide bool
}

// Peers are the hosts of a run. All methods may be called from any goroutine, but for
// those that say otherwise.
type Peers struct {
	Config

	mu         sync.Mutex
	machines   machines
	uniques    []*unique                   // as the playbook has them
	shared     map[string]playbooks.Shared // each host's own facts
	unread     map[string]bool
	away       map[string]bool          // hosts elsewhere
	read       chan struct{}            // closed when every host has been read, or can't be
	ended      map[string]chan struct{} // closed when a host has ended
	unresolved map[string]bool          // hosts with an open change of which nothing is known yet
	resolved   chan struct{}            // closed when there is none
}

// New returns the peers of a run.
func New(c Config, hosts []string) *Peers {
	p := &Peers{
		Config: c, machines: newMachines(), shared: map[string]playbooks.Shared{},
		unread: map[string]bool{}, away: map[string]bool{}, read: make(chan struct{}), ended: map[string]chan struct{}{},
		unresolved: map[string]bool{}, resolved: make(chan struct{}),
	}
	for _, entry := range c.Playbook.Unique {
		u := newUnique(entry.Key, entry.Value, c.Began)
		u.setClones(c.Params.Text(u.clones))
		for _, captured := range c.Past {
			if captured.Name == u.name {
				u.captures[captured.Value] = append(u.captures[captured.Value], captured)
			}
		}
		p.uniques = append(p.uniques, u)
	}
	for _, host := range hosts {
		p.unread[host], p.machines.unidentified[host] = true, true
		p.ended[host] = make(chan struct{})
	}
	if c.Wide {
		p.unread[elsewhere], p.machines.unidentified[elsewhere] = true, true
	}
	return p
}

// Report takes a new diagnosis of a host. A value that could not be read this time stays
// as it was known.
func (p *Peers) Report(host string, d *playbooks.Diagnosis) {
	p.take(host, p.Playbook.Share(d))
}

// Recall takes the facts in the last report of a host that has ended.
func (p *Peers) Recall(host string, written map[string]any) {
	p.take(host, p.Playbook.ShareWritten(written))
}

func (p *Peers) take(host string, s playbooks.Shared) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.Identity != nil {
		p.machines.identify(host, *s.Identity)
	}
	for i, u := range p.uniques {
		if s.Values[i] != nil {
			u.put(host, s.Values[i])
		}
		u.wants(host, s.Restores[i])
	}
	p.shared[host] = s.Or(p.shared[host])
	p.markRead(host) // a value that this look lacks comes from no later one: nobody need wait
}

// Identify takes the identity of a host from its report, so that nobody need wait until
// the host is read again.
func (p *Peers) Identify(host string, id facts.Identity) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.machines.identify(host, id)
}

// markRead must be called with the lock held.
func (p *Peers) markRead(host string) {
	p.machines.markIdentified(host)
	if p.unread[host] {
		delete(p.unread, host)
		if len(p.unread) == 0 {
			close(p.read)
		}
	}
}

// Unresolved notes that it is not known whether the last change of a host happened. It
// must be called before Start.
func (p *Peers) Unresolved(host string) { p.unresolved[host] = true }

// Start notes that no further host is unresolved. It must be called once, before hosts
// are worked on.
func (p *Peers) Start() {
	if len(p.unresolved) == 0 {
		close(p.resolved)
	}
}

// Resolve notes that it is known whether the last change of a host happened, or never
// will be.
func (p *Peers) Resolve(host string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.resolve(host)
}

// resolve must be called with the lock held.
func (p *Peers) resolve(host string) {
	if p.unresolved[host] {
		delete(p.unresolved, host)
		if len(p.unresolved) == 0 {
			close(p.resolved)
		}
	}
}

// AllResolved reports whether no host is unresolved.
func (p *Peers) AllResolved() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.unresolved) == 0
}

// AllIdentified reports whether no host is left that may turn out to be the machine of
// another one.
func (p *Peers) AllIdentified() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.machines.unidentified) == 0
}

// Resolved is closed when no host is unresolved.
func (p *Peers) Resolved() <-chan struct{} { return p.resolved }

// Identified is closed when no host is left that may turn out to be the machine of
// another one.
func (p *Peers) Identified() <-chan struct{} { return p.machines.identified }

// Read is closed when every host has been read, or can't be.
func (p *Peers) Read() <-chan struct{} { return p.read }

// Ended is closed when a host has ended.
func (p *Peers) Ended(host string) <-chan struct{} { return p.ended[host] }

// End notes that a host has ended: nothing more will change on it. One that was
// interrupted before it was read may still be read by resume, so it stays unread.
func (p *Peers) End(host string, interrupted bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !interrupted {
		p.markRead(host)
	}
	p.resolve(host)
	close(p.ended[host])
}

// Complete reports whether every host has been read, or can't be.
func (p *Peers) Complete() bool {
	select {
	case <-p.read:
		return true
	default:
		return false
	}
}

// View is the fact `fleet` of one host.
func (p *Peers) View(host string) facts.Fleet {
	v := facts.Fleet{Complete: p.Complete()}.With(noUnique())
	p.mu.Lock()
	v.Same = p.machines.same(host)
	p.mu.Unlock()
	for i, u := range p.uniques {
		one := p.viewOf(u, host, v.Complete)
		if i == 0 {
			v = v.With(one)
		}
		if len(p.uniques) > 1 {
			if v.Unique == nil {
				v.Unique = map[string]facts.Unique{}
			}
			v.Unique[u.name] = one
		}
	}
	return v
}

func (p *Peers) viewOf(u *unique, host string, complete bool) facts.Unique {
	p.mu.Lock()
	v, value := u.view(host, &p.machines), u.value(host)
	p.mu.Unlock()
	if len(v.Duplicates) > 0 && complete {
		r := p.roleOf(u, host, value)
		v.Role, v.Why = r.name, r.why
	}
	return v
}

// Clones returns the hosts for which a host must wait, because it keeps a value that
// they, with these words of --allow, are about to give up. A host that itself gives one
// up waits for nobody: two hosts that each keep a value of the other would wait for each
// other for ever.
func (p *Peers) Clones(host string, allowed []string) []string {
	complete := p.Complete()
	var list []string
	for _, u := range p.uniques {
		switch v := p.viewOf(u, host, complete); {
		case !u.changesWith(allowed):
		case v.Role == clone:
			return nil
		case v.Role == keeper:
			list = append(list, v.Duplicates...)
		}
	}
	return list
}

// roleOf decides, once for each value, who keeps it. The lock is not held while captures
// are read.
func (p *Peers) roleOf(u *unique, host, value string) role {
	p.mu.Lock()
	roles := u.roles[value]
	p.mu.Unlock()
	if roles == nil {
		roles = p.decide(u, value)
		p.mu.Lock()
		if u.roles[value] == nil {
			u.roles[value] = roles
		}
		roles = u.roles[value]
		p.mu.Unlock()
	}
	return roles[host]
}

// decide finds the machine whose captures held the value first. Where history can't tell,
// the operator does. All names of a machine have one role.
func (p *Peers) decide(u *unique, value string) map[string]role {
	p.mu.Lock()
	group := u.goingBy(value)
	firsts, names := p.machines.grouped(group)
	unclears := p.machines.unclear(group)
	apart := p.apart(group)
	p.mu.Unlock()
	if apart != nil {
		return apart
	}
	decided := u.decideByOperator(firsts, names)
	if decided == nil {
		decided = u.decideByHistory(value, firsts, func(first string) ([]outcome.CapturedID, error) { return p.history(names[first]) })
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

// history returns the values in the captures of all names of a machine.
func (p *Peers) history(names []string) ([]outcome.CapturedID, error) {
	var list []outcome.CapturedID
	for _, h := range names {
		held, err := p.History.Held(h, p.Playbook.Captured)
		if err != nil {
			return nil, &unreadable{h, err}
		}
		list = append(list, held...)
	}
	return list, nil
}

// Verdicts judges a host among the others, from its own facts.
func (p *Peers) Verdicts(host string, inventory facts.Inventory) []playbooks.Verdict {
	view := p.View(host)
	if unrelated(view) {
		return nil
	}
	p.mu.Lock()
	shared := p.shared[host]
	if id, known := p.machines.identities[host]; known {
		shared.Identity = &id
	}
	p.mu.Unlock()
	return p.Playbook.JudgeFleet(p.Params, inventory, shared, view)
}

// unrelated reports whether a host shares nothing with any other.
func unrelated(view facts.Fleet) bool {
	for _, u := range append(slices.Collect(maps.Values(view.Unique)), view.First()) {
		if len(u.Duplicates) > 0 || len(u.Captured) > 0 {
			return false
		}
	}
	return len(view.Same) == 0
}

// Findings returns the findings over several hosts.
func (p *Peers) Findings() []outcome.FleetFinding {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := []outcome.FleetFinding{}
	for i, u := range p.uniques {
		for _, s := range u.shares(&p.machines) {
			list = append(list, outcome.FleetFinding{
				ID: u.finding, Hosts: s.hosts, Title: p.Playbook.SharedTitle(i, s.value, s.machines),
			})
		}
	}
	return append(list, p.machines.findings()...)
}
