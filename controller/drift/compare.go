package drift

import (
	"errors"
	"io/fs"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"aixmend/controller/outcome"
)

// Comparer compares runs.
//
// The known state of a host after a run is its outcome in that run, with one
// exception: a host that is unreachable for the first time keeps the state in which
// it was seen before. A host is news if its known state after the later run differs
// from that after the earlier one. So an unreachable host is news the second time in
// a row, and its return is news only if its absence was. The first sighting of a host
// is taken as it stands.
//
// A run sees a host when it comes to a verdict: a host that was interrupted before its
// turn was not seen. Runs of every verb see hosts; runs of another playbook find other
// things and do not count.
type Comparer struct {
	History History
	// Left lists the parts of facts that are not compared.
	Left []Left
}

// Between compares two runs that have ended, the earlier one first.
func (c Comparer) Between(from, to outcome.Run) (*Drift, error) {
	d := newDrift(to)
	d.From, d.FromStarted, d.FromCommand, d.FromKind = from.ID, from.Started, from.Command, from.Kind()
	if from.ID == to.ID {
		d.Same = len(to.Hosts)
		return d, nil
	}
	earlier, later := byName(from), byName(to)
	base := func(run *outcome.Run) bool { return run.ID == from.ID }
	tracks, err := c.tracks(to, base, func(name string) bool { _, both := earlier[name]; return both })
	if err != nil {
		return nil, err
	}
	for name, track := range tracks {
		if track.base < 0 { // the run is older than those that were searched
			track.due = true
			track.see(&from, earlier[name])
		}
	}
	if err := c.addAll(d, tracks); err != nil {
		return nil, err
	}
	for name, h := range later {
		if _, both := earlier[name]; !both && judged(h) {
			d.Hosts = append(d.Hosts, fresh(sighting{run: to.ID, started: to.Started, host: h}))
		}
	}
	limited := to.Limit != "" && to.Limit != from.Limit
	if limited {
		d.Limit = to.Limit
	}
	for name, h := range earlier {
		switch _, both := later[name]; {
		case both:
		case limited:
			d.NotSelected = append(d.NotSelected, name)
		default:
			d.Hosts = append(d.Hosts, Host{Name: name, From: h.Outcome, FromRun: from.ID, Appeared: []string{}, Gone: []string{}, Waived: []string{}, Facts: []Fact{}})
		}
	}
	d.sort()
	return d, nil
}

// Since compares a run, which need not be stored yet, with an earlier one. If from is
// nil, it compares each host with the newest earlier finished run of the same verb and
// playbook that saw it. Hosts that are only in the earlier run are no news: it had
// another --limit. A host that no earlier run saw is news unless it is healthy. It
// returns nil if no earlier run has any of the hosts.
func (c Comparer) Since(run outcome.Run, from *outcome.Run) (*Drift, error) {
	var newest *outcome.Run
	hosts := byName(run)
	base := func(other *outcome.Run) bool {
		if from != nil && other.ID != from.ID || from == nil && !countsAsLast(other, run) {
			return false
		}
		if newest == nil && slices.ContainsFunc(other.Hosts, func(h outcome.HostSummary) bool { _, both := hosts[h.Name]; return both }) {
			newest = other
		}
		return true
	}
	tracks, err := c.tracks(run, base, func(string) bool { return true })
	if err != nil || newest == nil {
		return nil, err
	}
	d := newDrift(run)
	d.From, d.FromStarted, d.FromCommand, d.FromKind = newest.ID, newest.Started, newest.Command, newest.Kind()
	if err := c.addAll(d, tracks); err != nil {
		return nil, err
	}
	d.sort()
	return d, nil
}

// countsAsLast reports whether a run can be the baseline of another if the user names
// none.
func countsAsLast(earlier *outcome.Run, run outcome.Run) bool {
	switch outcome.Code(earlier.ExitCode) {
	case outcome.ExitInterrupted, outcome.ExitTerminated:
		return false // its findings may never have been reported
	}
	if earlier.Unfinished > 0 { // it was interrupted, whatever its plugin exit code
		return false
	}
	return !earlier.Broke() && !earlier.ForQuestion && earlier.Command == run.Command && earlier.Playbook.Name == run.Playbook.Name
}

// addAll judges the hosts of both runs, several at a time: nearly all of it is reading documents.
func (c Comparer) addAll(d *Drift, tracks map[string]*track) error {
	parts, problems := make([]Drift, runtime.GOMAXPROCS(0)), make([]error, runtime.GOMAXPROCS(0))
	next := make(chan *track)
	var readers sync.WaitGroup
	for i := range parts {
		readers.Go(func() {
			for t := range next {
				if problems[i] == nil {
					problems[i] = c.add(&parts[i], t)
				}
			}
		})
	}
	for _, name := range slices.Sorted(maps.Keys(tracks)) { // neighbours on the disk
		next <- tracks[name]
	}
	close(next)
	readers.Wait()
	for _, p := range parts {
		d.Hosts, d.Once, d.NotJudged = append(d.Hosts, p.Hosts...), append(d.Once, p.Once...), append(d.NotJudged, p.NotJudged...)
		d.Same += p.Same
	}
	return errors.Join(problems...)
}

// add judges one host of both runs.
func (c Comparer) add(d *Drift, t *track) error {
	switch {
	case len(t.seen) == 0:
		return nil // no run has seen it
	case !t.judged:
		d.NotJudged = append(d.NotJudged, t.seen[0].host.Name)
		return nil
	case t.base < 0 && standing(t.seen[0]) == outcome.Healthy:
		d.Same++
		return nil
	case t.base < 0:
		d.Hosts = append(d.Hosts, fresh(t.seen[0]))
		return nil
	}
	now, then := t.known(0), t.known(t.base)
	if now != 0 {
		d.Once = append(d.Once, t.seen[0].host.Name)
	}
	if now >= then {
		d.Same++
		return nil
	}
	h, err := c.host(t, now, then)
	if err != nil {
		return err
	}
	if h == nil {
		d.Same++
		return nil
	}
	d.Hosts = append(d.Hosts, *h)
	return nil
}

// host lists what changed on a host between two sightings; nil: nothing.
func (c Comparer) host(t *track, now, then int) (*Host, error) {
	from, to := t.seen[then], t.seen[now]
	h := fresh(to)
	h.From, h.FromRun = from.host.Outcome, from.run
	h.Appeared, h.Since = without(to.host.Open, from.host.Open), time.Time{}
	if read(to) {
		lost := without(from.host.Open, to.host.Open)
		h.Gone = without(lost, to.host.Waived)
		h.Waived = without(lost, h.Gone)
	}
	if read(from) && read(to) {
		var err error
		if h.Facts, err = c.facts(t, now, then); err != nil {
			return nil, err
		}
	}
	if !alike(from, to) {
		h.Since = t.since(now, then, func(s sighting) bool { return alike(s, to) })
		return &h, nil
	}
	if len(h.Facts) > 0 {
		return &h, nil
	}
	return nil, nil
}

// facts returns the facts that changed.
func (c Comparer) facts(t *track, now, then int) ([]Fact, error) {
	rules := compile(c.Left)
	to, err := c.load(t.seen[now])
	if err != nil || to == nil {
		return []Fact{}, err
	}
	from, err := c.load(t.seen[then])
	if err != nil || from == nil {
		return []Fact{}, err
	}
	list := rules.changes(from, to)
	open := map[int]bool{} // facts that an earlier run may have seen with this value
	for i := range list {
		list[i].Since = t.seen[now].started
		open[i] = true
	}
	for _, s := range t.seen[now+1 : then] {
		if len(open) == 0 {
			break
		}
		was, err := c.load(s)
		if err != nil || was == nil {
			continue
		}
		other := rules.changes(was, to)
		for i := range open {
			switch _, known := was[factOf(list[i].Path)]; {
			case !known:
			case touches(other, list[i].Path):
				delete(open, i)
			default:
				list[i].Since = s.started
			}
		}
	}
	return list, nil
}

// load returns the facts of a sighting; nil if its document was deleted.
func (c Comparer) load(s sighting) (map[string]any, error) {
	h, err := c.History.LoadFacts(s.run, s.host.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return h, err
}

// fresh returns a host without an earlier sighting.
func fresh(s sighting) Host {
	return Host{
		Name: s.host.Name, To: s.host.Outcome, ToRun: s.run, Reason: s.host.Reason, Since: s.started,
		Appeared: without(s.host.Open, nil), Gone: []string{}, Waived: []string{}, Facts: []Fact{},
	}
}

// without returns a list without the elements of another, sorted and without
// duplicates.
func without(list, other []string) []string {
	rest := []string{}
	for _, s := range list {
		if !slices.Contains(other, s) {
			rest = append(rest, s)
		}
	}
	slices.Sort(rest)
	return slices.Compact(rest)
}

func byName(run outcome.Run) map[string]outcome.HostSummary {
	hosts := make(map[string]outcome.HostSummary, len(run.Hosts))
	for _, h := range run.Hosts {
		hosts[h.Name] = h
	}
	return hosts
}

func newDrift(to outcome.Run) *Drift {
	return &Drift{Schema: Schema, To: to.ID, ToStarted: to.Started, ToCommand: to.Command, ToKind: to.Kind(), Hosts: []Host{}, Once: []string{}, NotJudged: []string{}, NotSelected: []string{}}
}

func (d *Drift) sort() {
	slices.SortFunc(d.Hosts, func(a, b Host) int { return strings.Compare(a.Name, b.Name) })
	slices.Sort(d.Once)
	slices.Sort(d.NotJudged)
	slices.Sort(d.NotSelected)
}
