package hub

import (
	"errors"
	"strings"
	"testing"
	"time"

	"aixmend/controller/fleet"
	"aixmend/controller/journal"
)

// The folder of a hub is its owner's: no operator stops the hub, or has runs adopted.
func TestOwnersQuestions(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, verb := range []string{askDrain, askAdopt} {
		err := h.ops.Ask(t.Context(), verb, adoptQuestion{ID: journal.NewRunID(time.Now())}, &named{})
		var no *fleet.Refusal
		if !errors.As(err, &no) || !strings.Contains(no.Text, "only the owner of the hub can") {
			t.Errorf("%s: %v", verb, err)
		}
	}
}
