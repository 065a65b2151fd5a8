package job

import (
	"strings"
	"testing"

	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/playbooks"
)

// A check is none of the steps without an undo that remain, and no change of a host: the
// playbook says so, as it does to the rollback itself.
func TestChecksDoNotRemain(t *testing.T) {
	p, err := playbooks.Load("rmc-restore")
	if err != nil {
		t.Fatal(err)
	}
	store, err := journal.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	check := outcome.Change{Rung: "rsct-update", Step: "preview-update", Command: "c", Undo: "none: a preview changes nothing", Status: outcome.Applied}
	refresh := outcome.Change{Rung: "refresh", Step: "enable-remote-clients", Command: "c", Undo: "none: because", Status: outcome.Applied}
	e := &Earlier{ID: "r1", store: store, plays: p, trails: map[string]*outcome.Trail{
		"checked": {Changes: []outcome.TrailChange{{Change: check}}}, "both": {Changes: []outcome.TrailChange{{Change: check}, {Change: refresh}}},
	}}
	hosts := []inventory.Host{{Name: "checked"}, {Name: "both"}}
	changed := e.Changed(hosts)
	if len(changed) != 1 || changed[0].Name != "both" {
		t.Errorf("changed: %v", changed)
	}
	if steps := e.withoutUndo("both"); strings.Join(steps, " ") != "enable-remote-clients" {
		t.Errorf("without an undo: %v", steps)
	}
	left, rest, err := e.Remaining(changed)
	if err != nil || len(left) > 0 || strings.Contains(rest, "preview-update") {
		t.Errorf("%v, %v, %s", left, err, rest)
	}
}
