package settings

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"aixmend/inventory"
	"aixmend/inventory/strictyaml"
)

// acceptanceDoc is one acceptance as a file gives it.
type acceptanceDoc struct {
	Pos    strictyaml.Pos `yaml:"-"`
	Check  Text           `yaml:"check,required" missing:"name the check, such as check: hacmp" jsonschema:"required,pattern=^[a-z0-9]+(_[a-z0-9]+)*$" jsonschema_description:"The name of the check, as the finding cluster-unclear has it."`
	Until  Text           `yaml:"until,scalar,required" missing:"an acceptance has an end: write until: YYYY-MM-DD" jsonschema:"required,format=date" jsonschema_description:"The last day on which the acceptance holds, YYYY-MM-DD in UTC."`
	Reason Text           `yaml:"reason,required" missing:"say in one line why no cluster is there" jsonschema:"required,minLength=1" jsonschema_description:"Why the answer means no cluster, in one line."`
}

// acceptances checks the acceptances of one place. Only a whole one is kept.
func (c *Checker) acceptances(docs []acceptanceDoc) []inventory.Acceptance {
	var list []inventory.Acceptance
	first := map[string]strictyaml.Pos{}
	for _, doc := range docs {
		checkOr(c, "name a check of the cluster guard, such as hacmp", "check", &doc.Check, CheckGuard)
		checkOr(c, "say in one line why no cluster is there", "reason", &doc.Reason, checkLine)
		a := inventory.Acceptance{Check: doc.Check.V, Reason: doc.Reason.V, Pos: doc.Pos}
		checkOr(c, "write the last day on which it holds, such as 2027-01-31", "until", &doc.Until, func(date string) (err error) {
			a.Until, err = parseDate(date)
			return err
		})
		if !doc.Check.Set() {
			continue
		}
		c.knownCheck(doc.Check)
		if other, found := first[a.Check]; found {
			c.Problems.Add(doc.Check.Pos, "keep one of them", "check %q is already accepted at %s", a.Check, other)
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
func (c *Checker) knownCheck(name Text) {
	if c.KnownChecks == nil {
		return
	}
	known := c.KnownChecks()
	if slices.Contains(known, name.V) {
		return
	}
	hint := strictyaml.DidYouMean(name.V, known)
	if hint == "" {
		hint = "the checks are " + strings.Join(known, ", ")
	}
	c.Problems.Add(name.Pos, hint, "the cluster guard has no check %q", name.V)
}

// CheckGuard returns an error unless name has the form of a check of the cluster guard.
func CheckGuard(name string) error {
	if !guardPattern.MatchString(name) {
		return errors.New("is not the name of a check of the cluster guard")
	}
	return nil
}

// layAcceptances lays acceptances over others: for one check the upper one
// wins. The result is sorted by check.
func layAcceptances(lower, upper []inventory.Acceptance) []inventory.Acceptance {
	if len(upper) == 0 {
		return lower
	}
	byCheck := map[string]inventory.Acceptance{}
	for _, a := range slices.Concat(lower, upper) {
		byCheck[a.Check] = a
	}
	var list []inventory.Acceptance
	for _, name := range slices.Sorted(maps.Keys(byCheck)) {
		list = append(list, byCheck[name])
	}
	return list
}

// agreeAcceptances adds the acceptances of another file to into; two that
// differ for one check are a conflict. whose begins the message.
func (c Clashes) agreeAcceptances(whose string, into, from []inventory.Acceptance) []inventory.Acceptance {
	all := slices.Clone(into)
	for _, a := range from {
		at := slices.IndexFunc(all, func(other inventory.Acceptance) bool { return other.Check == a.Check })
		switch {
		case at < 0:
			all = append(all, a)
		case !all[at].Until.Equal(a.Until) || all[at].Reason != a.Reason:
			c.Add(a.Pos, all[at].Pos, whose+": the acceptance of "+a.Check+" differs from the one")
		}
	}
	return all
}
