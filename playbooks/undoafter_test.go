package playbooks

import (
	"strings"
	"testing"
	"time"

	"aixmend/playbooks/document"
)

func TestCheckUndoAfter(t *testing.T) {
	p, _ := restore(t)
	for after, want := range map[time.Duration]string{
		3*time.Minute - time.Second: "undo_after=2m59s is too short: step set-address may take 2m0s, then its undo must be disarmed over a new connection (1m0s); the least value is 3m0s",
		0:                           "undo_after=0s is too short",
		3 * time.Minute:             "",
		time.Hour:                   "",
	} {
		err := p.CheckUndoAfter(Params{UndoAfterParam: after})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", after, err, want)
		}
	}
	if err := (&document.Playbook{}).CheckUndoAfter(Params{}); err != nil {
		t.Errorf("a playbook without a timed undo: %v", err)
	}
	if least := (Step{}).LeastUndoAfter(); least != 6*time.Minute {
		t.Errorf("a step that says nothing: %s", least)
	}
}
