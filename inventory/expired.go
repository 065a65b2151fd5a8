package inventory

import (
	"fmt"
	"slices"
	"time"

	"aixmend/inventory/strictyaml"
)

// Expired lists the waivers and acceptances that have expired, once each: hosts may share
// one.
func Expired(hosts []Host, now time.Time) strictyaml.Problems {
	var over strictyaml.Problems
	seen := map[strictyaml.Pos]bool{}
	add := func(at strictyaml.Pos, what string, until time.Time, follows string) {
		if !seen[at] {
			seen[at] = true
			over = append(over, strictyaml.Problem{Pos: at, Message: fmt.Sprintf("the %s expired on %s: %s", what, until.Format(time.DateOnly), follows)})
		}
	}
	for _, h := range hosts {
		for _, w := range h.Waivers {
			if !w.ActiveAt(now) {
				add(w.Pos, "waiver of "+w.Finding, w.Until, "the finding counts again")
			}
		}
		for _, a := range h.Accepts {
			if !a.ActiveAt(now) {
				add(a.Pos, "acceptance of "+a.Check, a.Until, "an unclear answer of the check counts again")
			}
		}
	}
	slices.SortFunc(over, func(a, b strictyaml.Problem) int { return a.Pos.Compare(b.Pos) })
	return over
}
