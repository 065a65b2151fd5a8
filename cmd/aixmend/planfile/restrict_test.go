package planfile

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/outcome"
)

// Of the newer plan of a host, a run that is bound to a plan sends what stands in that, too.
func TestRestrict(t *testing.T) {
	step := func(id, command string) outcome.PlanStep {
		return outcome.PlanStep{Rung: "r", Step: id, Command: command, Undo: "undo"}
	}
	blocked := step("blocked", "c")
	blocked.BlockedBy = "then"
	p := &Plan{Hosts: []Host{{Name: "a", Plan: []outcome.PlanStep{step("same", "c"), step("sent", "c"), step("other", "c"), blocked}}, {Name: "b"}}}
	now := []outcome.PlanStep{step("same", "c"), step("other", "d"), step("blocked", "c"), step("new", "c")}
	hosts := []outcome.HostSummary{{Name: "a", Plan: now}, {Name: "b", Plan: now[:1]}}
	p.Restrict(hosts)
	var runs []string
	for _, h := range hosts {
		for _, s := range h.Plan {
			if s.Runs() {
				runs = append(runs, h.Name+" "+s.Step)
			}
		}
	}
	if diff := cmp.Diff([]string{"a same"}, runs); diff != "" {
		t.Error(diff)
	}
	if now[1].BlockedBy != "" {
		t.Error("the caller's plan was changed")
	}
}
