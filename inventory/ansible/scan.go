package ansible

import (
	"strings"

	"aixmend/inventory/strictyaml"
)

// scan returns the variables of a map that we need, and warns of those that are not
// understood; each map is scanned once.
func (a *resolver) scan(vars strictyaml.Tree) []assignment {
	if known, done := a.scanned[vars]; done {
		return known
	}
	var list []assignment
	for key, value := range vars.Entries {
		name := key.Text()
		v, known := variableNames[name]
		switch {
		case known:
			list = append(list, assignment{v, given{name, value}})
		case strings.HasPrefix(name, ourPrefix):
			list = append(list, assignment{ourOddVar, given{name, key}})
		case strings.HasPrefix(name, "ansible_") && !silent.MatchString(name):
			a.warn("variable "+name, key.Pos(), "", "%s is not understood, and is ignored", name)
		}
	}
	a.scanned[vars] = list
	return list
}

// lay lays the variables of some maps over v.
func (v *values) lay(a *resolver, maps []strictyaml.Tree) (laid bool) {
	for _, vars := range maps {
		for _, one := range a.scan(vars) {
			v[one.variable] = one.given
			laid = laid || one.variable != hostVar && one.variable != sshHostVar && one.variable != ourAddressVar
		}
	}
	return laid
}
