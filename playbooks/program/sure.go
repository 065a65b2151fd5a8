package program

import (
	"slices"

	"aixmend/playbooks/conditions"
	"aixmend/playbooks/document"
)

// sureEnough refuses each finding, guard, rung and step that assumed facts alone could
// decide: a condition that holds by them, and a guard that blocks by them, too.
func (c *compiler) sureEnough() {
	for i, f := range c.Findings {
		c.sureFinding(f, c.Code.Findings[i])
	}
	for i, f := range c.Verify.Unchanged {
		c.sureFinding(f, c.Code.Unchanged[i])
	}
	c.sureGuards("the playbook", c.Code.Guards, nil)
	for i, r := range c.Rungs {
		out := c.Code.Rungs[i]
		c.decides(r.When, "rung "+r.ID, out.When, nil, true)
		c.sureGuards("rung "+r.ID, out.Guards, nil)
		for j, step := range r.Steps {
			c.sureStep(step, out.Steps[j])
		}
	}
	c.decides(c.Verify.Until, "verify.until", c.Code.Until, nil, true)
}

func (c *compiler) sureFinding(f document.Finding, out Finding) {
	c.sureList(f.Each, "finding "+f.ID, out.Each)
	c.decides(f.When, "finding "+f.ID, out.When, nil, true)
	c.decides(f.WarningWhen, "warning_when of finding "+f.ID, out.WarningWhen, out.Each.Facts(), true)
}

func (c *compiler) sureStep(step document.Step, out Step) {
	c.sureList(step.Each, "step "+step.ID, out.Each)
	each := out.Each.Facts()
	c.decides(step.When, "step "+step.ID, out.When, each, true)
	c.sureGuards("step "+step.ID, out.Guards, each)
	c.decides(step.Confirm, "confirm of step "+step.ID, out.Confirm, each, true)
	c.decides(step.Refute, "refute of step "+step.ID, out.Refute, each, true)
	c.decides(step.UndoWhen, "undo_when of step "+step.ID, out.UndoWhen, each, true)
	c.sureGuards("the undo of step "+step.ID, out.UndoGuards, each)
}

func (c *compiler) sureGuards(of string, list []Guard, each []string) {
	for _, g := range list {
		c.decides(g.Require, "a guard of "+of, g.Holds, each, true, false)
	}
}

// sureList refuses a list that is made of assumed facts alone.
func (c *compiler) sureList(text document.Text, of string, each *conditions.Expression) {
	if each != nil && conditions.Weigh(c.SureOf, each.Facts(), false) == conditions.Assumed {
		c.refuse(text, "the list of "+of)
	}
}

// decides refuses a condition whose outcome, any of ways, assumed facts alone can decide.
func (c *compiler) decides(text document.Text, of string, condition *conditions.Expression, each []string, ways ...bool) {
	if condition == nil {
		return
	}
	if slices.ContainsFunc(ways, func(wanted bool) bool { return condition.AtLeast(c.SureOf, each, wanted) == conditions.Assumed }) {
		c.refuse(text, of)
	}
}
