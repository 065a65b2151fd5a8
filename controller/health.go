package controller

import (
	"context"
	"fmt"
	"slices"
	"time"

	"aixmend/controller/cloud"
	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/playbooks"
	"aixmend/playbooks/facts"
)

// answer is an answer of the cloud that is on its way.
type answer struct {
	there  chan struct{} // closed when it is there
	late   chan struct{} // closed when no host waits for it any more
	sights Sights
}

// patience is how long after the run began hosts wait for the cloud: it must not hold them.
const patience = 20 * time.Second

// askCloud asks the cloud while hosts are read; the answer is nil where it is not asked.
func (e *Engine) askCloud(ctx context.Context) *answer {
	if e.Cloud == nil {
		return nil
	}
	a := &answer{there: make(chan struct{}), late: make(chan struct{})}
	timer := time.AfterFunc(patience, func() { close(a.late) })
	go func() {
		defer close(a.there)
		defer timer.Stop()
		a.sights = e.Cloud(ctx)
	}()
	return a
}

// listed adds the facts about the VM of a host that has been read, with its MACs, and
// reports whether there are any: the cloud may have no answer, or another VM.
func (w *walk) listed(ctx context.Context, d *playbooks.Diagnosis, given *playbooks.Given) bool {
	if w.health == nil || given.API.Known || given.Storage.Known {
		return false
	}
	select {
	case <-w.health.there:
	case <-w.health.late:
		select {
		case <-w.health.there:
		default:
			return false
		}
	case <-ctx.Done():
		return false
	}
	macs := macsOf(d.Facts)
	s := w.health.sights.Of(w.host, macs)
	given.API = s.API()
	if then := given.Captured; then.Known {
		given.API.Original = s.Original(w.health.sights.Of(inventory.Host{}, macsOf(map[string]any{"nics": then.NICs})), macs)
	}
	if w.Playbook.Uses("storage") && w.health.sights.Storage != nil {
		given.Storage = w.health.sights.Storage(ctx, s)
		if w.Changed != nil {
			given.Storage.Changed = cloud.Stamp(w.Changed(w.host.Name))
		}
	}
	return given.API.Known || given.API.Original != "" || given.Storage.Known || given.Storage.Why != ""
}

// compareHealth adds the health in the cloud to the reports of the hosts that ended. After
// a recovery the cloud is asked anew, until it follows or the time to wait is over: no
// connection is open then, and no host ends otherwise. It returns a finding for the hosts
// that have nothing to do with the cloud.
func (e *Engine) compareHealth(ctx context.Context, first *answer, hosts []inventory.Host, summaries []outcome.HostSummary) ([]outcome.FleetFinding, error) {
	if first == nil {
		return nil, nil
	}
	<-first.there
	seen := first.sights
	if slices.ContainsFunc(summaries, func(s outcome.HostSummary) bool { return s.Outcome == outcome.Recovered }) {
		seen = e.Cloud(ctx) // the first list is from before
	}
	byName := make(map[string]inventory.Host, len(hosts))
	for _, h := range hosts {
		byName[h.Name] = h
	}
	var left []int // in summaries
	for i, s := range summaries {
		if !s.Interrupted { // resume goes on with it
			left = append(left, i)
		}
	}
	for round := 0; ; round++ {
		var pending []int
		var until time.Time
		for _, i := range left {
			limit, err := e.amendHealth(byName[summaries[i].Name], &summaries[i], seen, round > 0)
			if err != nil {
				return nil, err
			}
			if limit.After(time.Now()) {
				pending, until = append(pending, i), later(until, limit)
			}
		}
		if left = pending; len(left) == 0 {
			break
		}
		if round == 0 && e.Observer != nil {
			e.Observer.Following(len(left), until)
		}
		if !wait(ctx, min(followEvery, time.Until(until)), e.Stop, e.broken) {
			break
		}
		seen = e.Cloud(ctx)
	}
	return strangers(seen, byName, summaries), nil
}

// strangers is one finding for all hosts that have no VM and need none, so that a key in the
// environment says nothing at each host of another data centre.
func strangers(seen Sights, hosts map[string]inventory.Host, summaries []outcome.HostSummary) []outcome.FleetFinding {
	var names []string
	why := ""
	for _, s := range summaries {
		if s.Interrupted || s.Cloud != nil {
			continue
		}
		names = append(names, s.Name)
		why = seen.Of(hosts[s.Name], nil).Silence
	}
	if len(names) == 0 {
		return nil
	}
	return []outcome.FleetFinding{{ID: cloud.Silent, Hosts: names, Title: fmt.Sprintf("no VM of Power Virtual Server is known for %d of %d hosts: %s", len(names), len(summaries), why)}}
}

// macsOf are the MACs of the NICs in the guest.
func macsOf(written map[string]any) (macs []string) {
	var nics facts.NICs
	recallFact(written, "nics", &nics)
	for _, n := range nics.List {
		if n.MAC != "" {
			macs = append(macs, n.MAC)
		}
	}
	return macs
}

// amendHealth adds the health of a VM to the report of its host, and returns until when the
// cloud is asked for it again, zero for not at all. again: it is pending, and stays so where
// the cloud gives no answer now.
func (e *Engine) amendHealth(host inventory.Host, s *outcome.HostSummary, seen Sights, again bool) (until time.Time, err error) {
	err = e.Sink.Amend(s.Name, func(h *outcome.Host) {
		if !again || seen.Of(host, macsOf(h.Facts)).Silence == "" {
			e.addHealth(h, host, seen)
		}
		*s = summarise(*h, e.Verb)
		if last := lastChange(h); h.Cloud != nil && h.Cloud.Class == string(cloud.Pending) && !last.IsZero() {
			until = last.Add(e.Params.Duration("wait"))
		}
	})
	return until, err
}

// followEvery is the time between two questions about VMs that are to follow: a list is not
// asked for more often.
const followEvery = time.Minute

func later(a, b time.Time) time.Time { return slices.MaxFunc([]time.Time{a, b}, time.Time.Compare) }

// lastChange is when this run last changed the host, zero where it did not.
func lastChange(h *outcome.Host) (last time.Time) {
	for _, c := range h.Changes {
		last = later(last, c.At)
	}
	return last
}

// addHealth adds the health of a VM to the report of its host, and its finding. The outcome
// stays, but that a healthy host may be degraded by the finding.
func (e *Engine) addHealth(h *outcome.Host, host inventory.Host, seen Sights) {
	s := seen.Of(host, macsOf(h.Facts))
	h.Findings = slices.DeleteFunc(h.Findings, func(f outcome.Finding) bool { return slices.Contains(cloud.Findings(), f.ID) })
	if s.Stranger {
		h.Cloud = nil
		return
	}
	judged := cloud.Case{Guest: cloud.GuestOf(h), Sight: s, Changed: lastChange(h), Now: seen.At}
	if e.Changed != nil {
		judged.Changed = later(judged.Changed, e.Changed(h.Host))
	}
	class, f := cloud.Judge(judged)
	h.Cloud = s.Report(class)
	for i, f := range h.Findings {
		h.Findings[i].Next = cloud.Named(f.Next, s)
	}
	if f != nil {
		h.Findings = append(h.Findings, waive(host, *f))
	}
	if h.Outcome == outcome.Healthy || h.Outcome == outcome.Degraded {
		conclude(h)
	}
}
