package main

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/playbooks/onhost"
	"aixmend/transport"
)

// planOf is a plan of two hosts, and a job that applies it.
func planOf(t *testing.T) (*job, *journal.Store) {
	t.Helper()
	store, err := journal.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := &planFile{Schema: planSchema, Nonce: "n", Created: time.Now(), Hosts: []plannedHost{{Name: "a"}, {Name: "b"}}}
	if p.ID, err = p.identify(); err != nil {
		t.Fatal(err)
	}
	return &job{plan: p, scope: scope{Hosts: []inventory.Host{{Name: "a"}, {Name: "b"}}}}, store
}

// The clock of who made a plan is of no account: it is applied once.
func TestPlanOfTheFutureIsAppliedOnce(t *testing.T) {
	for _, ahead := range []time.Duration{0, time.Minute, 3 * time.Hour, 1000 * time.Hour} {
		j, store := planOf(t)
		j.plan.Created = time.Now().Add(ahead)
		j.plan.RunID = journal.NewRunID(j.plan.Created)
		for i, host := range []string{"a", "b"} {
			if _, err := j.appliedBefore(store, ""); err != nil {
				t.Errorf("%s ahead, %d applied: %v", ahead, i, err)
			}
			if err := store.MarkApplied(j.plan.ID, host, "r1"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := j.appliedBefore(store, ""); err == nil || !strings.Contains(err.Error(), "run r1 has applied it already") {
			t.Errorf("%s ahead: %v", ahead, err)
		}
		if left, err := j.appliedBefore(store, "r1"); err != nil || len(left) > 0 {
			t.Errorf("%s ahead, the run itself goes on: %v, %v", ahead, left, err)
		}
		if told := j.plan.told("plan.json", time.Now()); strings.Contains(told, "in the future") != (ahead > aheadOfUs) || strings.Contains(told, ", -") {
			t.Errorf("%s ahead: %s", ahead, told)
		}
	}
}

// The record of a plan knows a host before the journal has its first change.
func TestPlanJournal(t *testing.T) {
	j, store := planOf(t)
	dir, err := store.NewRun("r1")
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	p := &planJournal{Run: dir, store: store, plan: j.plan.ID, run: "r1", marked: map[string]bool{}}
	for _, step := range []struct {
		event, host string
		want        int
	}{{outcome.EventRun, "", 0}, {outcome.EventState, "a", 0}, {outcome.EventLease, "a", 0}, {outcome.EventIntent, "a", 1}, {outcome.EventResult, "a", 1}, {outcome.EventIntent, "a", 1}, {outcome.EventIntent, "b", 2}} {
		if err := p.Append(outcome.Entry{Event: step.event, Host: step.host}); err != nil {
			t.Fatal(err)
		}
		if applied, err := store.Applied(j.plan.ID); err != nil || len(applied) != step.want {
			t.Errorf("after %s of %q: %v, %v, want %d", step.event, step.host, applied, err, step.want)
		}
	}
}

// The gate of an approved plan lets its own mark pass, and no other.
func TestPlanGateAndTheMark(t *testing.T) {
	j, _ := planOf(t)
	gate := j.within(func(transport.Target, transport.Command) error { return nil }, "r1")
	for line, passes := range map[string]bool{
		onhost.MarkAppliedCommand(j.plan.ID, "r1"): true,
		onhost.MarkAppliedCommand(j.plan.ID, "r2"): false,
		onhost.MarkAppliedCommand("another", "r1"): false,
		"/usr/bin/rm /etc/passwd":                  false,
	} {
		err := gate(transport.Target{Name: "a"}, transport.Command{ID: onhost.MarkAppliedStep, Line: line, Mutating: true})
		if (err == nil) != passes || err != nil && !errors.Is(err, transport.ErrGateShut) {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// What a plan holds is what its id says, however it is laid out.
func TestPlanIdentity(t *testing.T) {
	j, _ := planOf(t)
	j.plan.Hosts[0].Facts = map[string]json.RawMessage{"x": json.RawMessage("{\"a\": [1,\n 2], \"b\": \"<&>\"}")}
	id, err := j.plan.identify()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(j.plan, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	var back planFile
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if again, err := back.identify(); again != id || err != nil || len(id) != 32 {
		t.Errorf("%q, then %q, %v", id, again, err)
	}
	back.Nonce = "m"
	if other, _ := back.identify(); other == id {
		t.Error("another nonce is the same plan")
	}
}
