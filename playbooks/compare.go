package playbooks

import (
	"maps"

	"aixmend/playbooks/conditions"
	"aixmend/playbooks/program"
)

// Compare adds the verdicts on settings that a recovery must not change: before is the host
// before the first change.
func (p *Playbook) Compare(before, after *Diagnosis) {
	values := maps.Clone(after.values)
	for name, value := range before.values {
		values[conditions.BeforePrefix+name] = value
	}
	for i, f := range p.Verify.Unchanged {
		c := p.Code.Unchanged[i]
		holds, err := c.When.Holds(values)
		switch {
		case err != nil:
			v := failure("the condition of "+f.ID, err, nil)
			after.Verdicts = append(after.Verdicts, v)
		case holds:
			after.holdSideEffect(f, c, values)
		}
	}
}

// holdSideEffect is hold for settings that a recovery must not change: if they can't be
// compared, that is only a warning.
func (d *Diagnosis) holdSideEffect(f Finding, c program.Finding, values map[string]any) {
	if c.Each != nil {
		if _, err := c.Each.Items(values); err != nil {
			d.Verdicts = append(d.Verdicts, failure("the list of "+f.ID, err, nil))
			return
		}
	}
	d.hold(f, c, values)
}
