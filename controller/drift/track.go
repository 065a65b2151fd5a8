package drift

import (
	"slices"
	"time"

	"aixmend/controller/outcome"
)

// maxLooked bounds the hosts of runs that are looked at, the newest run first: a
// hundred nights of 5,000 hosts, or a year of a check of one host every five minutes
// with nights of 1,000 between.
const maxLooked = 500_000

// sighting is a host as a run saw it.
type sighting struct {
	run     string
	started time.Time
	host    outcome.HostSummary
}

// track is how a host was seen, the newest first.
type track struct {
	seen []sighting
	base int  // what it is compared with; -1: not found
	due  bool // the run to compare with was met
	// judged tells that the later run came to a verdict.
	judged bool
}

func (t *track) see(run *outcome.Run, h outcome.HostSummary) {
	if !judged(h) {
		return
	}
	t.seen = append(t.seen, sighting{run.ID, run.Started, h})
	if t.due && t.base < 0 {
		t.base = len(t.seen) - 1
	}
}

// closed tells that no older run can say more.
func (t *track) closed() bool {
	return t.base >= 0 && (!unreachable(t.seen[t.base]) || len(t.seen) > t.base+1)
}

// known is the sighting that says what is known after the one at i.
func (t *track) known(i int) int {
	if i+1 < len(t.seen) && unreachable(t.seen[i]) && !unreachable(t.seen[i+1]) {
		return i + 1
	}
	return i
}

// tracks goes back in history from a run, until enough is known of each of its
// hosts that are wanted.
func (c Comparer) tracks(to outcome.Run, base func(*outcome.Run) bool, wanted func(name string) bool) (map[string]*track, error) {
	open, all := map[string]*track{}, map[string]*track{}
	for _, h := range to.Hosts {
		if wanted(h.Name) {
			t := &track{base: -1, judged: judged(h)}
			t.see(&to, h)
			open[h.Name], all[h.Name] = t, t
		}
	}
	ids, err := c.History.RunIDs()
	if err != nil {
		return nil, err
	}
	ids = ids[slices.Index(ids, to.ID)+1:]
	looked := 0
	for _, id := range ids {
		if looked > maxLooked || len(open) == 0 {
			break
		}
		run, err := c.History.LoadRun(id)
		if err != nil {
			continue // it was killed, or is damaged: it says nothing
		}
		looked += len(run.Hosts)
		isBase := base(run)
		if !isBase && run.Playbook.Name != to.Playbook.Name {
			continue
		}
		for _, h := range run.Hosts {
			t := open[h.Name]
			if t == nil {
				continue
			}
			t.due = t.due || isBase
			t.see(run, h)
			if t.closed() {
				delete(open, h.Name)
			}
		}
	}
	return all, nil
}

// since is when a host was first seen as it is at now, without a break but for
// times that it was not read.
func (t *track) since(now, then int, same func(sighting) bool) time.Time {
	first := t.seen[now].started
	for _, s := range t.seen[now+1 : then] {
		switch {
		case same(s):
			first = s.started
		case read(s):
			return first
		}
	}
	return first
}

// judged tells whether a run came to a verdict on a host.
func judged(h outcome.HostSummary) bool { return h.Outcome != outcome.Skipped || !h.Interrupted }

func unreachable(s sighting) bool { return s.host.Outcome == outcome.Unreachable }

// read tells whether anything was read of the host.
func read(s sighting) bool { return !unreachable(s) && s.host.Outcome != outcome.Skipped }

// standing is an outcome as it compares: a host that was recovered is as well as
// its findings, and one that was rolled back as ill.
func standing(s sighting) outcome.Outcome {
	switch {
	case s.host.Outcome == outcome.OutcomeUndone && len(s.host.Open) > 0:
		return outcome.NeedsAction
	case s.host.Outcome != outcome.Recovered && s.host.Outcome != outcome.OutcomeUndone:
		return s.host.Outcome
	case len(s.host.Open) > 0:
		return outcome.Degraded
	}
	return outcome.Healthy
}

// alike tells whether a host was seen with the same outcome and findings.
func alike(a, b sighting) bool {
	return standing(a) == standing(b) && slices.Equal(without(a.host.Open, nil), without(b.host.Open, nil))
}
