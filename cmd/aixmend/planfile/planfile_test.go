package planfile

import (
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

// planOf is a plan of two hosts, with the hosts and a state folder.
func planOf(t *testing.T) (*Plan, []inventory.Host, *journal.Store) {
	t.Helper()
	store, err := journal.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := &Plan{Schema: schema, Nonce: "n", Created: time.Now(), Hosts: []Host{{Name: "a"}, {Name: "b"}}}
	if p.ID, err = p.Identify(); err != nil {
		t.Fatal(err)
	}
	return p, []inventory.Host{{Name: "a"}, {Name: "b"}}, store
}

// A plan is applied once, whatever the clock of its author said.
func TestPlanOfTheFutureIsAppliedOnce(t *testing.T) {
	for _, ahead := range []time.Duration{0, time.Minute, 3 * time.Hour, 1000 * time.Hour} {
		p, hosts, store := planOf(t)
		p.Created = time.Now().Add(ahead)
		p.RunID = journal.NewRunID(p.Created)
		for i, host := range []string{"a", "b"} {
			if _, err := p.Applied(store, hosts, ""); err != nil {
				t.Errorf("%s ahead, %d applied: %v", ahead, i, err)
			}
			if err := store.MarkApplied(p.ID, host, "r1"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := p.Applied(store, hosts, ""); err == nil || !strings.Contains(err.Error(), "run r1 has applied it already") {
			t.Errorf("%s ahead: %v", ahead, err)
		}
		if left, err := p.Applied(store, hosts, "r1"); err != nil || len(left) > 0 {
			t.Errorf("%s ahead, the run itself goes on: %v, %v", ahead, left, err)
		}
		if told := p.Describe("plan.json", time.Now(), View{}); strings.Contains(told, "in the future") != (ahead > clockTolerance) || strings.Contains(told, ", -") {
			t.Errorf("%s ahead: %s", ahead, told)
		}
	}
}

// The record of a plan knows a host before the journal has its first change.
func TestPlanJournal(t *testing.T) {
	p, _, store := planOf(t)
	dir, err := store.NewRun("r1")
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	j := NewJournal(p, store, dir, "r1")
	for _, step := range []struct {
		event, host string
		want        int
	}{{outcome.EventRun, "", 0}, {outcome.EventState, "a", 0}, {outcome.EventLease, "a", 0}, {outcome.EventIntent, "a", 1}, {outcome.EventResult, "a", 1}, {outcome.EventIntent, "a", 1}, {outcome.EventIntent, "b", 2}} {
		if err := j.Append(outcome.Entry{Event: step.event, Host: step.host}); err != nil {
			t.Fatal(err)
		}
		if applied, err := store.Applied(p.ID); err != nil || len(applied) != step.want {
			t.Errorf("after %s of %q: %v, %v, want %d", step.event, step.host, applied, err, step.want)
		}
	}
}

// The gate of an approved plan lets its own mark pass, and no other.
func TestPlanGateAndTheMark(t *testing.T) {
	p, _, _ := planOf(t)
	gate := p.Gate(func(transport.Target, transport.Command) error { return nil }, "r1")
	for line, passes := range map[string]bool{
		onhost.MarkAppliedCommand(p.ID, "r1"):      true,
		onhost.MarkAppliedCommand(p.ID, "r2"):      false,
		onhost.MarkAppliedCommand("another", "r1"): false,
		"/usr/bin/rm /etc/passwd":                  false,
	} {
		err := gate(transport.Target{Name: "a"}, transport.Command{ID: onhost.MarkAppliedStep, Line: line, Mutating: true})
		if (err == nil) != passes || err != nil && !errors.Is(err, transport.ErrGateShut) {
			t.Errorf("%s: %v", line, err)
		}
	}
}
