package outcome_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/outcome"
)

// A person is needed where no step that would run fixes a critical finding.
func TestNeeds(t *testing.T) {
	critical := func(id string) outcome.Finding {
		return outcome.Finding{ID: id, Severity: outcome.Critical, Remedy: "mend " + id}
	}
	waived, warning := critical("waived"), critical("warning")
	waived.Waived, warning.Severity = true, outcome.Warning
	h := outcome.Host{
		Outcome:  outcome.NeedsAction,
		Findings: []outcome.Finding{critical("nic"), critical("node-id"), critical("level"), critical("rmc"), critical("sent"), critical("guarded"), waived, warning, {ID: "silent", Severity: outcome.Critical}},
		Plan: []outcome.PlanStep{
			{Rung: "refresh", Step: "refresh", Fixes: []string{"rmc"}},
			{Rung: "recycle", Step: "stop", BlockedBy: "the NIC is not known", Fixes: []string{"rmc", "guarded"}},
			{Rung: "node-id", Step: "keep", BlockedBy: "not allowed: requires --allow node-id", AllowedBy: "node-id", Fixes: []string{"node-id"}},
			{Rung: "update", BlockedBy: "requires the images: --set upload=FOLDER here", AllowedBy: "rsct-update", Fixes: []string{"level"}},
			{Rung: "old", Step: "old", Fixes: []string{"sent"}},
		},
		Changes: []outcome.Change{{Rung: "old", Step: "old"}},
	}
	want := []outcome.Need{
		{Finding: "nic", Step: "mend nic"},
		{Finding: "node-id", Step: "not allowed: requires --allow node-id", Rung: "node-id", Allow: "node-id"},
		{Finding: "level", Step: "requires the images: --set upload=FOLDER here", Rung: "update", Allow: "rsct-update"},
		{Finding: "sent", Step: "mend sent"},
		{Finding: "guarded", Step: "the NIC is not known", Rung: "recycle"},
	}
	if diff := cmp.Diff(want, h.Needs()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	h.Interrupted = true
	if got := h.Needs(); got != nil {
		t.Errorf("a host that resume continues with needs %v", got)
	}
	if got := (outcome.Host{Outcome: outcome.NeedsAction, Findings: h.Findings}).Needs(); got != nil {
		t.Errorf("a host without a plan needs %v", got)
	}
}

// The reason of a block names the parameter that the rung waits for, the last of alternatives.
func TestParameter(t *testing.T) {
	for reason, want := range map[string]string{
		"requires the images: --set images=FOLDER on the host or SERVER:/PATH over NFS, or --set upload=FOLDER here": "upload=FOLDER",
		"requires --allow node-id":           "",
		"try --set wait=1h":                  "",
		"cluster guard: --set upload=Folder": "",
	} {
		if got := outcome.Parameter(reason); got != want {
			t.Errorf("%s: %q, want %q", reason, got, want)
		}
	}
}
