package inventory

import (
	"errors"
	"maps"
	"slices"
	"strings"
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

// acceptances checks the acceptances of one place. Only a whole one is kept.
func (b *builder) acceptances(docs []acceptanceDoc) []Acceptance {
	var list []Acceptance
	first := map[string]strictyaml.Pos{}
	for _, doc := range docs {
		checkOr(b, "name a check of the cluster guard, such as hacmp", "check", &doc.Check, checkGuard)
		checkOr(b, "say in one line why no cluster is there", "reason", &doc.Reason, checkLine)
		a := Acceptance{Check: doc.Check.V, Reason: doc.Reason.V, Pos: doc.Pos}
		checkOr(b, "write the last day on which it holds, such as 2027-01-31", "until", &doc.Until, func(date string) (err error) {
			a.Until, err = parseDate(date)
			return err
		})
		if !doc.Check.Set() {
			continue
		}
		b.knownCheck(doc.Check)
		if other, found := first[a.Check]; found {
			b.problems.Add(doc.Check.Pos, "keep one of them", "check %q is already accepted at %s", a.Check, other)
			continue
		}
		first[a.Check] = doc.Check.Pos
		if doc.Until.Set() && doc.Reason.Set() {
			list = append(list, a)
		}
	}
	return list
}

// knownCheck reports a check that the guard does not have.
func (b *builder) knownCheck(name text) {
	if b.options.KnownChecks == nil {
		return
	}
	known := b.options.KnownChecks()
	if slices.Contains(known, name.V) {
		return
	}
	hint := strictyaml.DidYouMean(name.V, known)
	if hint == "" {
		hint = "the checks are " + strings.Join(known, ", ")
	}
	b.problems.Add(name.Pos, hint, "the cluster guard has no check %q", name.V)
}

func checkGuard(name string) error {
	if !guardPattern.MatchString(name) {
		return errors.New("is not the name of a check of the cluster guard")
	}
	return nil
}

// layAcceptances lays acceptances over others: for one check the upper one
// wins. The result is sorted by check.
func layAcceptances(lower, upper []Acceptance) []Acceptance {
	if len(upper) == 0 {
		return lower
	}
	byCheck := map[string]Acceptance{}
	for _, a := range slices.Concat(lower, upper) {
		byCheck[a.Check] = a
	}
	var list []Acceptance
	for _, name := range slices.Sorted(maps.Keys(byCheck)) {
		list = append(list, byCheck[name])
	}
	return list
}

// agreeAcceptances lets into take over what another file accepts; two that
// differ for one check are a conflict. whose begins the message.
func (b *builder) agreeAcceptances(whose string, into, from []Acceptance) []Acceptance {
	all := slices.Clone(into)
	for _, a := range from {
		at := slices.IndexFunc(all, func(other Acceptance) bool { return other.Check == a.Check })
		switch {
		case at < 0:
			all = append(all, a)
		case !all[at].Until.Equal(a.Until) || all[at].Reason != a.Reason:
			b.conflicts.add(a.Pos, all[at].Pos, whose+": the acceptance of "+a.Check+" is another one here than the one")
		}
	}
	return all
}

// acceptancesText writes acceptances as YAML on one line.
func acceptancesText(list []Acceptance) string {
	var texts []string
	for _, a := range list {
		texts = append(texts, "{check: "+scalar(a.Check)+", until: "+a.Until.Format(time.DateOnly)+", reason: "+scalar(a.Reason)+"}")
	}
	return "[" + strings.Join(texts, ", ") + "]"
}
