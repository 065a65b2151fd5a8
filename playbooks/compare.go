package playbooks

import (
	"maps"

	"aixmend/playbooks/conditions"
	"aixmend/playbooks/program"
)

// Compare adds the verdicts on what a recovery must have left as it was: before
// is the host as it was before the first change.
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
			v := failure("what "+f.ID+" is about", err, nil)
			after.Verdicts = append(after.Verdicts, v)
		case holds:
			after.holdSideEffect(f, c, values)
		}
	}
}

// holdSideEffect is hold for what a recovery must have left alone: what can't
// be told is only a warning.
func (d *Diagnosis) holdSideEffect(f Finding, c program.Finding, values map[string]any) {
	if c.Each != nil {
		if _, err := c.Each.Items(values); err != nil {
			d.Verdicts = append(d.Verdicts, failure("what "+f.ID+" is about", err, nil))
			return
		}
	}
	d.hold(f, c, values)
}
