package controller

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/playbooks"
	"aixmend/playbooks/facts"
)

// fleet is what the walks of a run know of each other: which host has which
// RSCT node id (procedure D9). Nothing in it holds a walk up, but that it can
// be waited for.
type fleet struct {
	captures Captures
	// began is when the run began: later captures say nothing about history.
	began time.Time
	// newIDs are the hosts that the operator names as clones.
	newIDs []string

	mu       sync.Mutex
	machines machines
	unread   map[string]bool
	read     chan struct{} // closed when every host has been read, or can't be
	ended    map[string]chan struct{}
	ids      map[string]facts.NodeIDs
	holders  map[string][]string             // hosts of this run, by each id that one of their places holds
	past     map[string][]outcome.CapturedID // newest captures of the inventory's hosts, by id
	roles    map[string]map[string]role
	wanted   map[string]string   // the id that a host is to get back
	wanters  map[string][]string // hosts, by the id that they are to get back
	unsaid   map[string]bool     // hosts with an open change of which nothing is known yet
	said     chan struct{}       // closed when there is none
}

// role is what history says of one of several hosts with one id.
type role struct{ name, why string }

// Roles of the hosts that share a node id.
const (
	keeper  = "keeper"
	clone   = "clone"
	unclear = "unclear"
)

func newFleet(e *Engine, hosts []string) *fleet {
	f := &fleet{
		captures: e.Captures, began: time.Now(), unread: map[string]bool{}, read: make(chan struct{}),
		ended: map[string]chan struct{}{}, ids: map[string]facts.NodeIDs{},
		holders: map[string][]string{}, past: map[string][]outcome.CapturedID{}, roles: map[string]map[string]role{},
		wanted: map[string]string{}, wanters: map[string][]string{}, unsaid: map[string]bool{}, said: make(chan struct{}),
		machines: newMachines(),
	}
	if !e.Began.IsZero() {
		f.began = e.Began
	}
	if list, _ := e.Params["new_node_id"].(string); list != "" {
		for name := range strings.SplitSeq(list, ",") {
			f.newIDs = append(f.newIDs, strings.TrimSpace(name))
		}
	}
	for _, host := range hosts {
		f.unread[host], f.machines.nameless[host] = true, true
		f.ended[host] = make(chan struct{})
	}
	for _, c := range e.Past {
		f.past[c.NodeID] = append(f.past[c.NodeID], c)
	}
	return f
}

// workingID is the id that a host goes by: that of lsnodeid, else that of the
// first file that has one.
func workingID(ids facts.NodeIDs) string {
	for _, id := range []string{ids.Command, ids.Var, ids.Etc} {
		if id != "" {
			return id
		}
	}
	return ""
}

// allIDs are the ids that a host's three places hold.
func allIDs(ids facts.NodeIDs) []string {
	var list []string
	for _, id := range []string{ids.Command, ids.Var, ids.Etc} {
		if id != "" && !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	return list
}

// put tells what a host's node ids are now.
func (f *fleet) put(host string, ids facts.NodeIDs) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range allIDs(f.ids[host]) {
		f.holders[id] = slices.DeleteFunc(f.holders[id], func(h string) bool { return h == host })
	}
	f.ids[host] = ids
	for _, id := range allIDs(ids) {
		f.holders[id] = append(f.holders[id], host)
		slices.Sort(f.holders[id])
	}
	f.markRead(host)
}

// wants tells that a host is to get an id back, so that its view says who else
// holds it.
func (f *fleet) wants(host, id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if id != "" && f.wanted[host] != id {
		f.wanted[host] = id
		f.wanters[id] = append(f.wanters[id], host)
	}
}

// seen tells that a host has been read and gave no node id.
func (f *fleet) seen(host string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.markRead(host)
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

// allSaid tells whether no host is left of which it is not known.
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

// complete tells whether every host has been read, or can't be.
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
	complete := f.complete()
	f.mu.Lock()
	id := workingID(f.ids[host])
	v := facts.Fleet{
		Complete: complete, Duplicates: []string{}, Same: f.machines.same(host), Captured: []string{}, Holders: map[string][]string{},
	}
	ids := allIDs(f.ids[host])
	if back := f.wanted[host]; back != "" && !slices.Contains(ids, back) {
		ids = append(ids, back)
	}
	for _, held := range ids {
		v.Holders[held] = slices.Concat(f.holders[held], f.captured(host, held), f.wanting(host, held))
	}
	group := f.working(id)
	v.Captured = append(v.Captured, f.captured(host, id)...)
	f.mu.Unlock()
	for _, other := range group {
		if other != host && !slices.Contains(v.Same, other) {
			v.Duplicates = append(v.Duplicates, other)
		}
	}
	if len(v.Duplicates) > 0 && complete {
		r := f.roleOf(host, id, group)
		v.Role, v.Why = r.name, r.why
	}
	return v
}

// captured returns "host (date)" of the hosts that this run has not read and
// whose newest capture holds an id; those are left out whose capture was taken of
// the host's own machine. The lock must be held.
func (f *fleet) captured(host, id string) []string {
	var list []string
	for _, c := range f.past[id] {
		if _, read := f.ids[c.Host]; !read && !f.machines.is(host, captureIdentity(c)) {
			list = append(list, fmt.Sprintf("%s (%s)", c.Host, c.Created.UTC().Format(time.DateOnly)))
		}
	}
	return list
}

// wanting returns "host (is to get it back too)" of the other hosts that are to
// get an id back; the lock must be held.
func (f *fleet) wanting(host, id string) []string {
	var list []string
	for _, other := range f.wanters[id] {
		if other != host && f.wanted[other] == id && !slices.Contains(f.holders[id], other) {
			list = append(list, other+" (is to get it back too)")
		}
	}
	slices.Sort(list)
	return list
}

// working returns the hosts that go by an id; the lock must be held.
func (f *fleet) working(id string) []string {
	var group []string
	for _, h := range f.holders[id] {
		if id != "" && workingID(f.ids[h]) == id {
			group = append(group, h)
		}
	}
	return group
}

// roleOf decides, once for each id, who keeps it. Captures are read meanwhile:
// the lock is not held.
func (f *fleet) roleOf(host, id string, group []string) role {
	f.mu.Lock()
	roles := f.roles[id]
	f.mu.Unlock()
	if roles == nil {
		roles = f.decide(id, group)
		f.mu.Lock()
		if f.roles[id] == nil {
			f.roles[id] = roles
		}
		roles = f.roles[id]
		f.mu.Unlock()
	}
	return roles[host]
}

// decide finds the machine whose captures held the id first. What history can't
// tell, the operator says. All names of a machine have one role.
func (f *fleet) decide(id string, group []string) map[string]role {
	f.mu.Lock()
	firsts, names := f.machines.grouped(group)
	unclears := f.machines.unclear(group)
	f.mu.Unlock()
	roles := map[string]role{}
	for first, r := range f.decideMachines(id, firsts, names) {
		for _, h := range names[first] {
			roles[h] = r
		}
	}
	for h, why := range unclears {
		roles[h] = role{unclear, why}
	}
	return roles
}

// decideMachines is decide for machines, by their first names.
func (f *fleet) decideMachines(id string, firsts []string, names map[string][]string) map[string]role {
	if roles := f.named(firsts, names); roles != nil {
		return roles
	}
	held, hadOther := map[string]time.Time{}, map[string]bool{}
	for _, first := range firsts {
		var history []outcome.CapturedID
		for _, h := range names[first] {
			of, err := f.captures.NodeIDs(h)
			if err != nil {
				return everybody(firsts, "the captures of "+h+" can't be read: "+err.Error())
			}
			history = append(history, of...)
		}
		slices.SortStableFunc(history, func(a, b outcome.CapturedID) int { return a.Created.Compare(b.Created) })
		for _, c := range history {
			switch {
			case c.Created.After(f.began) || c.NodeID == "":
			case c.NodeID == id && held[first].IsZero():
				held[first] = c.Created
			case c.NodeID != id && held[first].IsZero():
				hadOther[first] = true
			}
		}
	}
	var keepers []string
	for _, h := range firsts {
		if !held[h].IsZero() && !hadOther[h] {
			keepers = append(keepers, h)
		}
	}
	if len(keepers) != 1 {
		return everybody(firsts, fmt.Sprintf("the captures of %d of these hosts held the id from the first on", len(keepers)))
	}
	why := fmt.Sprintf("a capture of %s held the id on %s already", keepers[0], held[keepers[0]].UTC().Format(time.DateOnly))
	roles := map[string]role{}
	for _, h := range firsts {
		roles[h] = role{clone, why}
	}
	roles[keepers[0]] = role{keeper, why}
	return roles
}

// named decides by what the operator says, nil where that is nothing.
func (f *fleet) named(firsts []string, names map[string][]string) map[string]role {
	isNamed := func(first string) bool {
		return slices.ContainsFunc(names[first], func(h string) bool { return slices.Contains(f.newIDs, h) })
	}
	n := 0
	for _, first := range firsts {
		if isNamed(first) {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	roles := map[string]role{}
	for _, first := range firsts {
		switch {
		case isNamed(first):
			roles[first] = role{clone, "the operator says so (new_node_id)"}
		case n == len(firsts)-1:
			roles[first] = role{keeper, "the operator names the others (new_node_id)"}
		default:
			roles[first] = role{unclear, "the operator names some of the others (new_node_id), not all"}
		}
	}
	return roles
}

func everybody(group []string, why string) map[string]role {
	roles := map[string]role{}
	for _, h := range group {
		roles[h] = role{unclear, why}
	}
	return roles
}

// duplicates returns the ids that more than one machine of the run has now, with
// the machines: each as its names, joined by " = ".
func (f *fleet) duplicates() (hosts, machines map[string][]string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	hosts, machines = map[string][]string{}, map[string][]string{}
	for id := range f.holders {
		group := f.working(id)
		firsts, names := f.machines.grouped(group)
		if len(firsts) < 2 {
			continue
		}
		hosts[id] = group
		for _, first := range firsts {
			machines[id] = append(machines[id], strings.Join(names[first], " = "))
		}
	}
	return hosts, machines
}

// findings renders what hosts have to do with each other as findings over the fleet.
func (f *fleet) findings() []outcome.FleetFinding {
	list := []outcome.FleetFinding{}
	hosts, machines := f.duplicates()
	for _, id := range slices.Sorted(maps.Keys(hosts)) {
		list = append(list, outcome.FleetFinding{
			ID: "node-id-duplicate", Hosts: hosts[id],
			Title: fmt.Sprintf("RSCT node id %s is on %d hosts: %s", id, len(machines[id]), strings.Join(machines[id], ", ")),
		})
	}
	return append(list, f.sameFindings()...)
}

// gather waits, without a connection, until every selected host has been read,
// and judges this one again among the others. The one that keeps its id waits
// for those that get a new one.
func (w *walk) gather(ctx context.Context) (Event, error) {
	w.hangUp()
	w.gathered = true
	begins := w.Verb == Recover && w.runnable() != nil // it waits until all that may be the same machine have been read
	if !w.fleet.complete() {
		// The report is on disk while the others are waited for: for most
		// hosts it is the final one.
		if err := w.park(); err != nil {
			return "", err
		}
	}
	if !w.await(ctx, w.fleet.read) {
		if begins {
			w.cut(outcome.Skipped, "interrupted before its turn")
		}
		return aloneAgain, nil
	}
	if ok, err := w.unpark(ctx); !ok || err != nil {
		return aloneAgain, err
	}
	view := w.fleet.view(w.host.Name)
	w.adopt(w.Playbook.WithFleet(w.diagnosis, view))
	if w.Verb == Recover {
		w.printPlan()
		changes := slices.Contains(w.Allowed, "node-id")
		if view.Role == keeper && changes {
			w.waves.leave(w.host.Name)
			w.leaveDesk() // those it waits for may want it
			for _, other := range view.Duplicates {
				w.await(ctx, w.fleet.ended[other])
			}
			w.kept, w.last, w.looks = true, time.Now(), 0
			return w.unlessStopped(readAgain), nil
		}
		if w.runnable() != nil {
			return w.unlessStopped(readAgain), nil
		}
	}
	w.conclusion()
	if w.Verb == Plan {
		w.printPlan()
	}
	return aloneAgain, nil
}

// unlessStopped is the event, or the end where the run is being stopped.
func (w *walk) unlessStopped(event Event) Event {
	if w.stopping() {
		w.conclusion()
		return aloneAgain
	}
	return event
}

// await waits for done; false when the run is being stopped before.
func (w *walk) await(ctx context.Context, done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	case <-w.Stop:
	case <-w.broken:
	case <-ctx.Done():
	}
	return false
}

// amend adds the verdicts over the fleet to a host that was not held up for
// them, and returns its new summary.
func (e *Engine) amend(f *fleet, host inventory.Host, summary outcome.HostSummary) (outcome.HostSummary, error) {
	view := f.view(host.Name)
	if len(view.Duplicates) == 0 && len(view.Captured) == 0 && len(view.Same) == 0 {
		return summary, nil
	}
	verdicts := e.Playbook.JudgeFleet(e.Params, inventoryFact(host, time.Now()), f.ids[host.Name], f.machines.identities[host.Name], view)
	if len(verdicts) == 0 {
		return summary, nil
	}
	err := e.Sink.Amend(host.Name, func(h *outcome.Host) {
		// A run that was resumed may have judged it already.
		h.Findings = slices.DeleteFunc(h.Findings, func(f outcome.Finding) bool {
			return slices.ContainsFunc(verdicts, func(v playbooks.Verdict) bool { return v.ID == f.ID })
		})
		for _, v := range verdicts {
			h.Findings = append(h.Findings, waive(host, finding(v)))
		}
		e.inOrder(h.Findings)
		conclude(h)
		summary = summarise(*h, e.Verb)
	})
	return summary, err
}

// inOrder puts findings into the order of the playbook: the first of the gravest
// becomes the reason. Those that no playbook has stay behind them.
func (e *Engine) inOrder(findings []outcome.Finding) {
	at := map[string]int{}
	for i, f := range e.Playbook.Findings {
		at[f.ID] = i
	}
	place := func(f outcome.Finding) int {
		if i, there := at[f.ID]; there {
			return i
		}
		return len(at)
	}
	slices.SortStableFunc(findings, func(a, b outcome.Finding) int { return place(a) - place(b) })
}

// finding is a verdict as the reports have it.
func finding(v playbooks.Verdict) outcome.Finding {
	var restsOn []outcome.Reading
	for _, r := range v.Readings {
		restsOn = append(restsOn, outcome.Reading{Fact: r.Fact, Sure: string(r.Sure), Source: r.Source})
	}
	return outcome.Finding{
		ID: v.ID, Severity: outcome.Severity(v.Severity), Title: v.Title, Evidence: v.Evidence,
		Remedy: v.Remedy, Next: v.Next, Source: v.Row + ": " + v.Source,
		Rule: v.Rule, Reads: v.Reads, Probes: v.Probes, RestsOn: restsOn,
	}
}
