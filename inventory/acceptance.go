package inventory

import (
	"time"

	"aixmend/inventory/strictyaml"
)

// An Acceptance takes the unclear answer of one check of the cluster guard as
// "no cluster" on a host, until a day. A positive answer it never takes away.
type Acceptance struct {
	// Check is the name of the check, such as hacmp.
	Check string
	// Until is the last day on which the acceptance holds, at 00:00 UTC; never
	// zero.
	Until time.Time
	// Reason is one line of text, never empty.
	Reason string
	// Pos is where the acceptance stands.
	Pos strictyaml.Pos
}

// ActiveAt reports whether the acceptance holds at t: through the whole of the
// day Until, in UTC. One without an end never holds.
func (a Acceptance) ActiveAt(t time.Time) bool {
	return !a.Until.IsZero() && t.Before(a.Until.AddDate(0, 0, 1))
}

// Accepted returns the checks of the cluster guard whose unclear answer is
// accepted at t, sorted; never nil.
func (h Host) Accepted(t time.Time) []string {
	checks := []string{}
	for _, a := range h.Accepts {
		if a.ActiveAt(t) {
			checks = append(checks, a.Check)
		}
	}
	return checks
}
