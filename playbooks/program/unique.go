package program

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"

	"aixmend/playbooks/conditions"
)

// Variables of the title of a finding over the fleet.
const (
	ValueName    = "value"    // the shared value
	MachinesName = "machines" // the machines that share it
)

// hostTypes returns the types of the facts that come from the host.
func (c *compiler) hostTypes() map[string]reflect.Type {
	host := maps.Clone(c.Code.Types)
	for name := range conditions.Given() {
		delete(host, name)
	}
	return host
}

// uniques compiles the entries of unique, and finds the facts that a host has to share
// with the others.
func (c *compiler) uniques(now *texts) {
	host := c.hostTypes()
	own, err := conditions.NewEnv(host, nil, nil)
	if err != nil {
		c.add(c.top(), "", "the facts can't be declared: %v", err)
		return
	}
	shared, err := conditions.NewEnv(nil, nil, nil)
	if err == nil {
		shared, err = shared.Extend(cel.Variable(ValueName, cel.StringType), cel.Variable(MachinesName, cel.ListType(cel.StringType)))
	}
	if err != nil {
		c.add(c.top(), "", "the title can't be declared: %v", err)
		return
	}
	for _, entry := range c.Playbook.Unique {
		u := entry.Value
		values := c.expression(own, "values", u.Values, cel.ListType(cel.StringType))
		if values != nil && conditions.Weigh(c.SureOf, values.Facts(), true) == conditions.Assumed {
			c.refuse(u.Values, "what unique "+entry.Key+" compares")
		}
		c.Code.Unique = append(c.Code.Unique, Unique{
			Values:   values,
			Restores: c.expression(now.env, "restores", u.Restores, cel.StringType),
			Title:    (&texts{compiler: c, env: shared}).text(u.Title),
		})
		for i, f := range c.Findings {
			if f.ID == u.Finding.V && c.Code.Findings[i].When != nil && !c.Code.Findings[i].OverFleet() {
				c.add(u.Finding.Pos, "", "unique %s: the condition of finding %s does not read fleet, so it says nothing of other hosts", entry.Key, f.ID)
			}
		}
	}
	c.Code.Shared = c.readOverFleet(host)
}

// readOverFleet returns the facts of the host that findings over the fleet read.
func (c *compiler) readOverFleet(host map[string]reflect.Type) []string {
	read := map[string]bool{}
	for _, f := range c.Code.Findings {
		if !f.OverFleet() {
			continue
		}
		for _, x := range f.expressions() {
			for _, ref := range x.Refs {
				if _, is := host[ref]; is && ref != conditions.IdentityName {
					read[ref] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(read))
}

// OverFleet reports whether a finding says something of other hosts.
func (f Finding) OverFleet() bool {
	return f.When != nil && slices.ContainsFunc(f.When.Refs, func(ref string) bool {
		return ref == conditions.FleetName || strings.HasPrefix(ref, conditions.UniquePrefix)
	})
}

// expressions returns all expressions of a finding.
func (f Finding) expressions() []*conditions.Expression {
	list := []*conditions.Expression{f.When, f.WarningWhen, f.Each}
	for _, t := range slices.Concat([]*conditions.Template{f.Title, f.Remedy}, f.Evidence, f.Next) {
		if t != nil {
			list = append(list, t.Parts...)
		}
	}
	return slices.DeleteFunc(list, func(x *conditions.Expression) bool { return x == nil })
}
