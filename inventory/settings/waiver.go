package settings

import (
	"errors"
	"slices"

	"aixmend/inventory"
	"aixmend/inventory/strictyaml"
)

// waiverDoc is one waiver as a file gives it.
type waiverDoc struct {
	Pos     strictyaml.Pos `yaml:"-"`
	Finding Text           `yaml:"finding,required" jsonschema:"required,pattern=^[a-z0-9]+(-[a-z0-9]+)*$" jsonschema_description:"The id of the finding."`
	Until   Text           `yaml:"until,scalar" jsonschema:"format=date" jsonschema_description:"The last day on which the waiver holds, YYYY-MM-DD in UTC. Without it the waiver has no end."`
	Reason  Text           `yaml:"reason,required" jsonschema:"required,minLength=1" jsonschema_description:"Why the finding does not count, in one line."`
}

// waivers checks the waivers of one place.
func (c *Checker) waivers(docs []waiverDoc) []inventory.Waiver {
	var list []inventory.Waiver
	first := map[string]strictyaml.Pos{}
	for _, doc := range docs {
		Check(c, "finding", &doc.Finding, func(id string) error {
			if !findingPattern.MatchString(id) {
				return errors.New("is not the id of a finding, such as clock-skew")
			}
			return nil
		})
		Check(c, "reason", &doc.Reason, checkLine)
		w := inventory.Waiver{Finding: doc.Finding.V, Reason: doc.Reason.V, Pos: doc.Pos}
		Check(c, "until", &doc.Until, func(date string) (err error) {
			w.Until, err = parseDate(date)
			return err
		})
		if !doc.Finding.Set() {
			continue
		}
		if c.KnownFindings != nil {
			if known := c.KnownFindings(); !slices.Contains(known, w.Finding) {
				c.Problems.Add(doc.Finding.Pos, strictyaml.DidYouMean(w.Finding, known), "there is no finding %q", w.Finding)
			}
		}
		if other, found := first[w.Finding]; found {
			c.Problems.Add(doc.Finding.Pos, "", "finding %q is already waived at %s", w.Finding, other)
			continue
		}
		first[w.Finding] = doc.Finding.Pos
		list = append(list, w)
	}
	return list
}
