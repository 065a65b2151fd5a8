package fleet_test

import (
	"context"
	"strings"
	"testing"

	"aixmend/controller/fleet"
	"aixmend/controller/outcome"
)

// A run of the past is told like anything else of a site: a message that can't be one is named,
// and not taken.
func TestKeptIsChecked(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	w := y.worker("fra")
	const process = "0123456789ab.01234567"
	for _, e := range []fleet.Event{
		{Kept: &fleet.Kept{ID: "../../etc"}},
		{Kept: &fleet.Kept{}},
		{Kept: &fleet.Kept{ID: run, Process: "f1d0'; reboot"}},
		{Kept: &fleet.Kept{ID: run, Begun: []string{"a"}}},
		{Kept: &fleet.Kept{ID: run, Why: strings.Repeat("x", fleet.MaxWhy+1)}},
		{Kept: &fleet.Kept{ID: run}, Ended: &fleet.Ended{}},
		{Kept: &fleet.Kept{ID: run}, Host: &outcome.Host{Host: "a"}},
		{},
		{Kept: &fleet.Kept{ID: run, Begun: []string{"a"}, Process: process}},
		{Kept: &fleet.Kept{End: &fleet.KeptEnd{There: 1}}},
	} {
		if err := w.Send(within(t), run, e); err != nil {
			t.Fatal(err)
		}
	}
	ctx, enough := context.WithCancel(within(t))
	bad, good := 0, 0
	err := y.Events(ctx, run, func(e fleet.Event) {
		if good++; e.Kept.End != nil {
			enough()
		}
	}, func(site string, _ error) {
		if site == "fra" {
			bad++
		}
	})
	if err != nil || bad != 8 || good != 2 {
		t.Errorf("%d bad, %d good, %v", bad, good, err)
	}
}

// An order for runs of the past names no host, and every other one does. It has no more runs than
// there is room for.
func TestOrderOfRunsOfThePast(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	w := y.worker("fra")
	for i, o := range []fleet.Order{{Verb: fleet.VerbAdopt}, {Verb: "audit"}, {Verb: fleet.VerbAdopt, Have: make([]string, fleet.MaxHave+1)}} {
		o.Run, o.Site = run, "fra"
		if err := y.Order(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		taken, err := w.Next(within(t))
		if err != nil || (taken.Wrong == nil) != (i == 0) {
			t.Errorf("%d: %+v %v", i, taken, err)
		}
		if err := taken.Done(within(t)); err != nil {
			t.Fatal(err)
		}
		if err := y.Hub.Close(t.Context(), run, []string{"fra"}); err != nil {
			t.Fatal(err)
		}
	}
}

// What an adoption has left of a site is removed, and nothing of a run that goes on, or of
// another site.
func TestClear(t *testing.T) {
	t.Parallel()
	const open, gone = "20261201T080000.000Z-3f9ac2", "20261201T090000.000Z-3f9ac2"
	y := newYard(t)
	fra, par := y.worker("fra"), y.worker("par")
	for _, id := range []string{open, gone} {
		for _, w := range []*fleet.Worker{fra, par} {
			if err := w.Send(within(t), id, fleet.Event{Ended: &fleet.Ended{}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := y.Clear(t.Context(), "fra", []string{open}); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{open: "fra par", gone: "par"} {
		if err := par.Send(within(t), id, fleet.Event{Kept: &fleet.Kept{End: &fleet.KeptEnd{}}}); err != nil {
			t.Fatal(err)
		}
		var sites []string
		ctx, enough := context.WithCancel(within(t))
		err := y.Events(ctx, id, func(e fleet.Event) {
			if e.Kept != nil {
				enough()
				return
			}
			sites = append(sites, e.Site)
		}, func(string, error) {})
		if got := strings.Join(sites, " "); err != nil || got != want {
			t.Errorf("%s: %s, want %s; %v", id, got, want, err)
		}
	}
}
