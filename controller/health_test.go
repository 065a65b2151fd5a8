package controller_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"aixmend/controller"
	"aixmend/controller/cloud"
	"aixmend/controller/outcome"
	"aixmend/inventory"
)

// shows makes a cloud that shows one sight for all hosts.
func shows(s cloud.Sight) func(context.Context) cloud.Sights {
	return func(context.Context) cloud.Sights {
		return cloud.Sights{Of: func(inventory.Host, []string) cloud.Sight { return s }, At: time.Now()}
	}
}

// The cloud's health stands beside the verdict in the guest: a healthy host is degraded by
// a health that disagrees, and nothing else changes, whatever the cloud says or does not.
func TestHealthBesideTheGuest(t *testing.T) {
	t.Parallel()
	const healthy, ill = "healthy", "daemon-down"
	for name, c := range map[string]struct {
		sight     cloud.Sight
		class     [2]cloud.Class // healthy, ill
		finding   [2]string
		outcome   outcome.Outcome // of the healthy one
		waived    bool
		recovered cloud.Class
	}{
		"ok":      {cloud.Sight{Health: "OK"}, [2]cloud.Class{cloud.BothGood, cloud.GuestBad}, [2]string{"", cloud.Disagrees}, outcome.Healthy, false, cloud.BothGood},
		"warning": {cloud.Sight{Health: "WARNING"}, [2]cloud.Class{cloud.CloudLags, cloud.BothBad}, [2]string{cloud.Disagrees, cloud.Warning}, outcome.Degraded, false, cloud.Pending},
		"waived":  {cloud.Sight{Health: "WARNING"}, [2]cloud.Class{cloud.CloudLags, cloud.BothBad}, [2]string{cloud.Disagrees, cloud.Warning}, outcome.Healthy, true, cloud.Pending},
		"silence": {cloud.Sight{Silence: "no route"}, [2]cloud.Class{cloud.Unknown, cloud.Unknown}, [2]string{cloud.Silent, cloud.Silent}, outcome.Healthy, false, cloud.Unknown},
		"another": {cloud.Sight{Health: "ATTENTION"}, [2]cloud.Class{cloud.Unknown, cloud.Unknown}, [2]string{cloud.Silent, cloud.Silent}, outcome.Healthy, false, cloud.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, healthy, ill)
			if c.waived {
				for i := range b.hosts {
					b.hosts[i].Waivers = []inventory.Waiver{{Finding: cloud.Disagrees, Reason: "known"}}
				}
			}
			e := b.engine(controller.Audit)
			e.Cloud = shows(c.sight)
			got := b.runEngine(e)
			for i, host := range []string{healthy, ill} {
				h := got[host]
				found := ""
				for _, f := range h.Findings {
					if slices.Contains(cloud.Findings(), f.ID) {
						found += f.ID
					}
				}
				if h.Cloud == nil || h.Cloud.Class != string(c.class[i]) || h.Cloud.Health != c.sight.Health || found != c.finding[i] {
					t.Errorf("%s: %+v, finding %q", host, h.Cloud, found)
				}
			}
			if got[healthy].Outcome != c.outcome || got[ill].Outcome != outcome.NeedsAction || got[ill].Reason == "" {
				t.Errorf("%s: %s; %s: %s %s", healthy, got[healthy].Outcome, ill, got[ill].Outcome, got[ill].Reason)
			}
			r := b.engine(controller.Recover)
			r.Cloud, r.RunID = shows(c.sight), "r2"
			if h := b.runEngine(r)[ill]; h.Outcome != outcome.Recovered || h.Cloud == nil || h.Cloud.Class != string(c.recovered) {
				t.Errorf("recovered: %s, %+v", h.Outcome, h.Cloud)
			}
		})
	}
}

// Hosts of another data centre are one finding of the run, and none of theirs; the MACs of
// the guest reach the cloud's list.
func TestHostsThatAreNoVM(t *testing.T) {
	t.Parallel()
	b := newBench(t, "healthy", "healthy", "daemon-down")
	e := b.engine(controller.Audit)
	known := map[string]cloud.Sight{"healthy": {Health: "OK"}}
	e.Cloud = func(context.Context) cloud.Sights {
		return cloud.Sights{At: time.Now(), Of: func(h inventory.Host, macs []string) cloud.Sight {
			if s, there := known[h.Name]; there && slices.Contains(macs, b.fleet.Host(h.Name).Snapshot().NICs[0].MAC) {
				return s
			}
			return cloud.Sight{Silence: "no such VM", Stranger: true}
		}}
	}
	result, err := e.Run(t.Context(), b.hosts)
	must(t, err)
	for _, h := range result.Hosts {
		found := slices.ContainsFunc(b.ended[h.Name].Findings, func(f outcome.Finding) bool { return slices.Contains(cloud.Findings(), f.ID) })
		if _, there := known[h.Name]; (h.Cloud != nil) != there || found {
			t.Errorf("%s: %+v, finding %t", h.Name, h.Cloud, found)
		}
	}
	if f := result.Fleet; len(f) != 1 || f[0].ID != cloud.Silent || !slices.Equal(f[0].Hosts, []string{"daemon-down", "healthy-2"}) || f[0].Title != "no VM of Power Virtual Server is known for 2 of 3 hosts: no such VM" {
		t.Errorf("%+v", f)
	}
}

// A list that differs from the guest is named where the guest alone has found its RMC NIC,
// and changes nothing.
func TestContradictionsAreNamed(t *testing.T) {
	t.Parallel()
	b := newBench(t, "healthy")
	nic := b.fleet.Host("healthy").Snapshot().NICs[0]
	for _, c := range []struct {
		macs []string
		says string
	}{
		{[]string{nic.MAC}, ""},
		{[]string{nic.MAC, "fa:00:00:00:00:01"}, "lists the MAC fa:00:00:00:00:01 in network \"data\", which no NIC has"},
		{[]string{"fa:00:00:00:00:01"}, nic.Name + " has "},
	} {
		s := cloud.Sight{Instance: "vm-1", Health: "OK"}
		for _, mac := range c.macs {
			s.NICs = append(s.NICs, cloud.NIC{MAC: mac, Network: "data"})
		}
		e := b.engine(controller.Audit)
		e.Cloud = shows(s)
		h := b.runEngine(e)["healthy"]
		if said := title(h, "cloud-nics-differ"); h.Outcome != outcome.Healthy || (said == "") != (c.says == "") || !strings.Contains(said, c.says) {
			t.Errorf("%v: %s %s %q", c.macs, h.Outcome, h.Reason, said)
		}
	}
}

// The API's list of the customer's MACs is a second witness for the RMC NIC, and never
// against the guest: a contradiction, or no answer, leaves the choice to a person.
func TestTheCloudListsTheCustomersNICs(t *testing.T) {
	t.Parallel()
	const host = "rmc-nic-ambiguous"
	for name, c := range map[string]struct {
		listed  []int // places in the guest's NICs: customer, RMC, another customer's
		silence string
		foreign bool
		outcome outcome.Outcome
		says    string // in the evidence of the finding
	}{
		"all others":         {listed: []int{0, 2}, outcome: outcome.Recovered},
		"the customer's one": {listed: []int{0}, outcome: outcome.NeedsAction, says: "each of en1, en2 has no IPv4"},
		"all":                {listed: []int{0, 1, 2}, outcome: outcome.NeedsAction, says: "no nic is without IPv4"},
		"of another guest":   {listed: []int{0, 2}, foreign: true, outcome: outcome.NeedsAction, says: "which no NIC has"},
		"no answer":          {silence: "no route", outcome: outcome.NeedsAction, says: "each of en1, en2 has no IPv4"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, host)
			s := cloud.Sight{Instance: "vm-1", Health: "OK", Silence: c.silence}
			for _, at := range c.listed {
				s.NICs = append(s.NICs, cloud.NIC{MAC: b.fleet.Host(host).Snapshot().NICs[at].MAC, Network: "data"})
			}
			if c.foreign {
				s.NICs = append(s.NICs, cloud.NIC{MAC: "fa:00:00:00:00:01", Network: "data"})
			}
			e := b.engine(controller.Recover)
			e.Cloud = shows(s)
			h := b.runEngine(e)[host]
			said := ""
			for _, f := range h.Findings {
				if f.ID == "rmc-nic-ambiguous" || f.ID == "rmc-nic-missing" {
					said = strings.Join(f.Evidence, "\n")
				}
			}
			if h.Outcome != c.outcome || (said == "") != (c.says == "") || !strings.Contains(said, c.says) {
				t.Errorf("%s %s: %q", h.Outcome, h.Reason, said)
			}
			if _, there := h.Facts["api"]; there != (c.silence == "") {
				t.Errorf("fact api: %v", h.Facts["api"])
			}
		})
	}
}
