package controller_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"aixmend/controller"
	"aixmend/controller/cloud"
	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/playbooks"
)

// folder is a sink, a journal and an observer of a run whose hosts have all ended.
type folder struct {
	controller.Observer
	host    outcome.Host
	follows int
}

func (f *folder) HostDone(h outcome.Host) error                    { f.host = h; return nil }
func (f *folder) Checkpoint(outcome.Host) error                    { return nil }
func (f *folder) Load(string) (outcome.Host, error)                { return f.host, nil }
func (f *folder) Amend(_ string, change func(*outcome.Host)) error { change(&f.host); return nil }
func (f *folder) Append(outcome.Entry) error                       { return nil }
func (f *folder) Ended(outcome.HostSummary)                        {}
func (f *folder) Following(hosts int, until time.Time)             { f.follows++ }

// The cloud is asked once a minute until it shows a recovery, within the wait since the
// last change; silence, the end of the wait or a stop leave the host pending and recovered.
func TestTheCloudIsFollowedAfterARecovery(t *testing.T) {
	ill, good, silent := cloud.Sight{Health: "WARNING"}, cloud.Sight{Health: "OK"}, cloud.Sight{Silence: "no route"}
	for name, c := range map[string]struct {
		outcome outcome.Outcome
		changed time.Duration // before the end, negative for none
		earlier time.Duration // a change of an earlier run, before the end; 0 for none
		sights  []cloud.Sight // one a question; the last one stays
		stop    time.Duration // negative: it is stopped before the hosts end
		class   cloud.Class
		finding string
		asked   int
		took    time.Duration
	}{
		"follows at once":           {outcome: outcome.Recovered, changed: time.Minute, sights: []cloud.Sight{ill, good}, class: cloud.BothGood, asked: 2},
		"follows after minutes":     {outcome: outcome.Recovered, changed: time.Minute, sights: []cloud.Sight{ill, ill, ill, ill, good}, class: cloud.BothGood, asked: 5, took: 3 * time.Minute},
		"does not follow":           {outcome: outcome.Recovered, changed: 150 * time.Second, sights: []cloud.Sight{ill}, class: cloud.Pending, asked: 15, took: 12*time.Minute + 30*time.Second},
		"silence in between":        {outcome: outcome.Recovered, changed: time.Minute, sights: []cloud.Sight{ill, ill, silent, good}, class: cloud.BothGood, asked: 4, took: 2 * time.Minute},
		"silence from then on":      {outcome: outcome.Recovered, changed: 14 * time.Minute, sights: []cloud.Sight{ill, ill, silent}, class: cloud.Pending, asked: 3, took: time.Minute},
		"silence from the start":    {outcome: outcome.Recovered, changed: time.Minute, sights: []cloud.Sight{silent}, class: cloud.Unknown, finding: cloud.Silent, asked: 2},
		"stopped":                   {outcome: outcome.Recovered, changed: time.Minute, sights: []cloud.Sight{ill}, stop: 90 * time.Second, class: cloud.Pending, asked: 3, took: 90 * time.Second},
		"stopped before":            {outcome: outcome.Recovered, changed: time.Minute, sights: []cloud.Sight{ill}, stop: -1, class: cloud.Pending, asked: 1},
		"the wait is over":          {outcome: outcome.Recovered, changed: 16 * time.Minute, sights: []cloud.Sight{ill}, class: cloud.Pending, asked: 2},
		"changed long ago":          {outcome: outcome.Recovered, changed: time.Hour, sights: []cloud.Sight{ill}, class: cloud.CloudLags, finding: cloud.Disagrees, asked: 2},
		"nothing was changed":       {outcome: outcome.Healthy, changed: -1, sights: []cloud.Sight{ill}, class: cloud.CloudLags, finding: cloud.Disagrees, asked: 1},
		"an earlier run changed it": {outcome: outcome.Healthy, changed: -1, earlier: 29 * time.Minute, sights: []cloud.Sight{ill}, class: cloud.Pending, asked: 1},
		"an earlier run, long ago":  {outcome: outcome.Healthy, changed: -1, earlier: 30 * time.Minute, sights: []cloud.Sight{ill}, class: cloud.CloudLags, finding: cloud.Disagrees, asked: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, err := playbooks.Load("rmc-restore")
				must(t, err)
				params, err := p.Set(nil)
				must(t, err)
				began := time.Now()
				f := &folder{host: outcome.Host{Host: "a", Outcome: c.outcome, Facts: map[string]any{"domain": map[string]any{"state": "connected"}}}}
				if c.changed >= 0 {
					f.host.Changes = []outcome.Change{{At: began.Add(-c.changed - time.Second)}, {At: began.Add(-c.changed)}}
				}
				earlier := map[string]time.Time{}
				if c.earlier > 0 {
					earlier["a"] = began.Add(-c.earlier)
				}
				asked, stop := 0, make(chan struct{})
				e := &controller.Engine{Options: controller.Options{
					Verb: controller.Recover, Playbook: p, Params: params,
					Begun: func(string) (controller.Begun, error) { return controller.Begun{Done: &f.host}, nil },
					Cloud: func(context.Context) cloud.Sights {
						s := c.sights[min(asked, len(c.sights)-1)]
						asked++
						return cloud.Sights{Of: func(inventory.Host, []string) cloud.Sight { return s }, At: time.Now()}
					},
					History: cloud.History{Last: earlier},
				}, Journal: f, Sink: f, Observer: f, Stop: stop}
				switch {
				case c.stop < 0:
					close(stop)
				case c.stop > 0:
					time.AfterFunc(c.stop, func() { close(stop) })
				}
				result, err := e.Run(t.Context(), []inventory.Host{{Name: "a"}})
				must(t, err)
				found := ""
				if i := slices.IndexFunc(f.host.Findings, func(f outcome.Finding) bool { return slices.Contains(cloud.Findings(), f.ID) }); i >= 0 {
					found = f.host.Findings[i].ID
				}
				if took := time.Since(began); f.host.Cloud.Class != string(c.class) || found != c.finding || asked != c.asked || took != c.took || (f.follows == 1) != (took > 0) {
					t.Errorf("%s %q, asked %d times, %s, said %d times", f.host.Cloud.Class, found, asked, took, f.follows)
				}
				if c.outcome == outcome.Recovered && f.host.Outcome != outcome.Recovered || result.Hosts[0].Cloud.Class != string(c.class) {
					t.Errorf("%s, %+v", f.host.Outcome, result.Hosts[0].Cloud)
				}
			})
		})
	}
}
