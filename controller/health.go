package controller

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	"aixmend/controller/cloud"
	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/playbooks"
	"aixmend/playbooks/facts"
)

// listed adds the facts about the VM of a host that has been read, with its MACs, and
// reports whether they are new: the cloud may have no answer, or another VM. Where nothing
// of the host is that of its newest capture it may be a copy, and the list is a new one.
func (w *walk) listed(ctx context.Context, d *playbooks.Diagnosis, given *playbooks.Given) bool {
	if w.health == nil {
		return false
	}
	before := *given
	macs, then := macsOf(d.Facts), macsOf(map[string]any{"nics": given.Captured.NICs})
	copied := cloud.Copied(macs, then)
	if copied || !given.API.Known && !given.Storage.Known {
		seen := w.health.Sights(ctx, copied)
		s := seen.Of(w.host, macs)
		if !given.API.Known {
			given.API = s.API()
		}
		if len(then) > 0 {
			given.API.Original, given.API.OriginalWhy = s.Original(seen.Of(inventory.Host{}, then), macs, then)
		}
		if w.Playbook.Uses("storage") && !given.Storage.Known && seen.Storage != nil {
			given.Storage = seen.Storage(ctx, s)
		}
	}
	w.History.Date(&given.Storage, &w.out)
	return !reflect.DeepEqual(before.API, given.API) || !reflect.DeepEqual(before.Storage, given.Storage)
}

// compareHealth adds the health in the cloud to the reports of the hosts that ended. After
// a recovery the cloud is asked anew, until it follows or the time to wait is over: no
// connection is open then, and no host ends otherwise. It returns a finding for the hosts
// that have nothing to do with the cloud.
func (e *Engine) compareHealth(ctx context.Context, first *cloud.Watch, hosts []inventory.Host, summaries []outcome.HostSummary) ([]outcome.FleetFinding, error) {
	if first == nil {
		return nil, nil
	}
	seen := first.Wait()
	if !e.stopping() && slices.ContainsFunc(summaries, func(s outcome.HostSummary) bool { return s.Outcome == outcome.Recovered }) {
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
				pending, until = append(pending, i), slices.MaxFunc([]time.Time{until, limit}, time.Time.Compare)
			}
		}
		if left = pending; len(left) == 0 {
			break
		}
		if round == 0 && e.Observer != nil && !e.stopping() {
			e.Observer.Following(len(left), until)
		}
		if !wait(ctx, min(cloud.Fresh, time.Until(until)), e.Stop, e.broken) {
			break
		}
		seen = e.Cloud(ctx)
	}
	return strangers(seen, byName, summaries), nil
}

// strangers is one finding for all hosts that have no VM and need none, so that a key in the
// environment says nothing at each host of another data centre.
func strangers(seen cloud.Sights, hosts map[string]inventory.Host, summaries []outcome.HostSummary) []outcome.FleetFinding {
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
func (e *Engine) amendHealth(host inventory.Host, s *outcome.HostSummary, seen cloud.Sights, again bool) (until time.Time, err error) {
	err = e.Sink.Amend(s.Name, func(h *outcome.Host) {
		if !again || seen.Of(host, macsOf(h.Facts)).Silence == "" {
			e.addHealth(h, host, seen)
		}
		*s = h.Summary(e.Verb == Plan)
		if last := cloud.LastChange(h); h.Cloud != nil && h.Cloud.Class == string(cloud.Pending) && !last.IsZero() {
			until = last.Add(e.Params.Duration("wait"))
		}
	})
	return until, err
}

// addHealth adds the health of a VM to the report of its host, and its finding. The outcome
// stays, but that a healthy host may be degraded by the finding.
func (e *Engine) addHealth(h *outcome.Host, host inventory.Host, seen cloud.Sights) {
	s := seen.Of(host, macsOf(h.Facts))
	h.Findings = slices.DeleteFunc(h.Findings, func(f outcome.Finding) bool { return slices.Contains(cloud.Findings(), f.ID) })
	if s.Stranger {
		h.Cloud = nil
		return
	}
	class, f := cloud.Judge(cloud.Case{Guest: cloud.GuestOf(h), Sight: s, Changed: e.History.Changed(h), Now: seen.At})
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
