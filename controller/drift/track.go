package drift

import (
	"slices"
	"time"

	"aixmend/controller/outcome"
)

// maxLooked bounds how many results of hosts are searched, the newest run first: a
// hundred nights of 5,000 hosts, or a year with a check of one host every five minutes
// and 1,000 hosts every night.
const maxLooked = 500_000

// sighting is a host as a run saw it.
type sighting struct {
	run     string
	started time.Time
	host    outcome.HostSummary
	// shown is when a plan for a question ended; zero for other runs.
	shown time.Time
}

// overtaken reports whether an earlier run was resumed after a question for which this one was made:
// the earlier one saw the host later.
func (s sighting) overtaken(by *outcome.Run) bool {
	return !s.shown.IsZero() && by.Finished.After(s.shown)
}

// track lists the sightings of a host, the newest first.
type track struct {
	seen []sighting
	base int  // index of the baseline in seen; -1: not found
	due  bool // the search has reached the baseline run
	// judged reports that the later run came to a verdict.
	judged bool
}

func (t *track) see(run *outcome.Run, h outcome.HostSummary) {
	if !judged(h) {
		return
	}
	for last := len(t.seen) - 1; last > 0 && last != t.base && t.seen[last].overtaken(run); last-- {
		t.seen = t.seen[:last]
	}
	s := sighting{run: run.ID, started: run.Started, host: h}
	if run.ForQuestion {
		s.shown = run.Finished
	}
	t.seen = append(t.seen, s)
	if t.due && t.base < 0 {
		t.base = len(t.seen) - 1
	}
}

// closed reports whether older runs can add nothing.
func (t *track) closed() bool {
	return t.base >= 0 && (!unreachable(t.seen[t.base]) || len(t.seen) > t.base+1)
}

// known returns the sighting that has the known state after the one at i.
func (t *track) known(i int) int {
	if i+1 < len(t.seen) && unreachable(t.seen[i]) && !unreachable(t.seen[i+1]) {
		return i + 1
	}
	return i
}

// tracks searches the history backwards from a run until the track of each wanted
// host is closed.
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
		head, err := c.History.LoadHead(id)
		if err != nil {
			continue // it was killed or is damaged
		}
		looked += head.Size()
		if head.Playbook.Name != to.Playbook.Name && !base(head) {
			continue
		}
		run, err := c.History.LoadRun(id)
		if err != nil {
			continue
		}
		isBase := base(run)
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

// since returns when the state at now was first seen without interruption; sightings
// in which nothing was read do not interrupt it.
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

// judged reports whether a run came to a verdict on a host.
func judged(h outcome.HostSummary) bool {
	return !h.Interrupted || h.Outcome != outcome.Skipped && h.Shown() != outcome.CutOff
}

func unreachable(s sighting) bool { return s.host.Outcome == outcome.Unreachable }

// read reports whether the run read anything of the host.
func read(s sighting) bool { return !unreachable(s) && s.host.Outcome != outcome.Skipped }

// standing returns the outcome to compare: a recovered host counts as healthy or
// degraded, an undone one as healthy or needs_action, depending on its open findings.
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

// alike reports whether two sightings have the same outcome and findings.
func alike(a, b sighting) bool {
	return standing(a) == standing(b) && slices.Equal(without(a.host.Open, nil), without(b.host.Open, nil))
}
