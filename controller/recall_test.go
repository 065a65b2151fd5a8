package controller_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/playbooks"
	"aixmend/playbooks/facts"
	"aixmend/transport/lab/aixsim"
)

// What a report holds of a host is all that its verdicts and its plan rest on: read
// back from JSON it is judged and planned in the same way, whatever its illness.
func TestRecall(t *testing.T) {
	t.Parallel()
	allow := []string{"node-id", "cluster0", "rsct-update"}
	b := startBench(t, aixsim.DemoFleet(1, connectDelay))
	b.set, b.concurrency = append(b.set, "probe_timeout=2s"), len(b.hosts)
	e := b.engine(controller.Plan)
	e.Allowed = allow
	judged := 0
	for name, h := range b.runEngine(e) {
		text, err := json.Marshal(h)
		must(t, err)
		var back outcome.Host
		must(t, json.Unmarshal(text, &back))
		if len(back.Facts) < 5 { // not AIX, or not reached
			continue
		}
		d, err := b.playbook.Recall(e.Params, playbooks.Given{RunID: "r1", Verb: "plan", Inventory: facts.Inventory{Name: name}}, back.Facts, back.FactErrors)
		must(t, err)
		judged++
		var want, got []string
		for _, f := range h.Findings {
			want = append(want, f.ID+" "+string(f.Severity)+" "+f.Title)
		}
		for _, v := range d.Verdicts {
			got = append(got, v.ID+" "+v.Severity+" "+v.Title)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: findings (-read +recalled)\n%s", name, diff)
		}
		var rows []string
		for _, r := range b.playbook.Plan(d, playbooks.Wishes{Allowed: allow}) {
			for _, s := range r.Steps {
				rows = append(rows, r.Rung.ID+" "+s.Step.ID+"\n"+s.Command+"\n"+s.Undo+"\n"+r.Blocked)
			}
		}
		var planned []string
		for _, p := range h.Plan {
			if p.Step != "" && b.playbook.FindStep(p.Rung, p.Step) != nil {
				planned = append(planned, p.Rung+" "+p.Step+"\n"+p.Command+"\n"+p.Undo+"\n"+p.BlockedBy)
			}
		}
		if diff := cmp.Diff(planned, rows); diff != "" {
			t.Errorf("%s: plan (-read +recalled)\n%s", name, diff)
		}
	}
	if judged < 20 {
		t.Errorf("only %d hosts were judged", judged)
	}
}

// A report that somebody has written into is an error, not another verdict.
func TestRecallGarbage(t *testing.T) {
	t.Parallel()
	b := newBench(t, "healthy")
	params, err := b.playbook.Set(nil)
	must(t, err)
	for name, value := range map[string]any{"ctrmc": "active", "rsct": []any{1}, "node_ids": 7, "clock": map[string]any{"time": []any{}}} {
		if _, err := b.playbook.Recall(params, playbooks.Given{}, map[string]any{name: value}, nil); err == nil {
			t.Errorf("%s: %v was taken for the fact", name, value)
		}
	}
}
