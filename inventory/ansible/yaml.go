package ansible

import (
	"fmt"
	"slices"
	"strings"

	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
)

// YAML reads the shape of a YAML inventory.
func (a *Reader) YAML(root strictyaml.Tree) {
	for key, value := range root.Entries {
		a.yamlGroup(key, value)
	}
}

// yamlGroup reads a group, and returns it.
func (a *Reader) yamlGroup(key, value strictyaml.Tree) *Group {
	g := a.groupOf(key)
	if a.unread(value) {
		return g
	}
	if kind := value.Kind(); kind != strictyaml.Dict && kind != strictyaml.Null {
		a.warn(fmt.Sprint("no group ", value.Pos()), value.Pos(), "", "group %s is no map, and is left out", settings.Quote(key.Text()))
		return g
	}
	id := groupText{g.Name, value}
	if value.Kind() == strictyaml.Null || a.read[id] {
		return g
	}
	a.read[id] = true
	for name, part := range value.Entries {
		a.yamlPart(g, name, part)
	}
	return g
}

// yamlPart reads the hosts, children or vars of a group.
func (a *Reader) yamlPart(g *Group, name, part strictyaml.Tree) {
	what, isMap := name.Text(), part.Kind() == strictyaml.Dict
	if part.Kind() == strictyaml.Null && part.Given() {
		return
	}
	if isAnsiblePart(what) && !isMap && !part.IsText() && part.Given() {
		g.wrong(part, what)
	}
	switch {
	case !isAnsiblePart(what):
		a.warn("part "+what, name.Pos(), "a group holds hosts, children and vars", "group %s holds %s, which is not read", settings.Quote(g.Name), settings.Quote(what))
	case what == "vars" && isMap:
		g.vars = append(g.vars, part)
	case what == "vars":
		g.wrong(part, what)
	case a.unread(part):
	case what == "children":
		for child, content := range named(part) {
			a.adopt(g, a.yamlGroup(child, content), child.Pos())
		}
	default:
		for host, vars := range named(part) {
			a.yamlHosts(g, host, vars)
		}
	}
}

// wrong notes a part of a group that is no map. It is a fault of all hosts of the group,
// those that the part names among them.
func (g *Group) wrong(part strictyaml.Tree, what string) {
	g.faults.Add(part.Pos(), "write a map: each name with a colon, and nothing behind it or its variables", "%s of group %s must be a map", what, settings.Quote(g.Name))
}

// named yields the names in a part of a group with their content: of a map, a list or a
// single name.
func named(part strictyaml.Tree) func(yield func(name, content strictyaml.Tree) bool) {
	return func(yield func(name, content strictyaml.Tree) bool) {
		switch part.Kind() {
		case strictyaml.Dict:
			part.Entries(yield)
		case strictyaml.List:
			for item := range part.Items {
				if item.Kind() == strictyaml.Scalar && !yield(item, strictyaml.Tree{}) {
					return
				}
			}
		case strictyaml.Scalar:
			yield(part, strictyaml.Tree{})
		}
	}
}

// unread reports whether a part of the inventory was taken out, for example for its
// tag: its content can't be guessed.
func (a *Reader) unread(t strictyaml.Tree) bool {
	if t.Given() || t == (strictyaml.Tree{}) {
		return false
	}
	a.problem(t.Pos(), "take the tag out", "a part of the inventory has a tag that is not known")
	return true
}

// yamlHosts reads an entry under hosts, which may stand for many.
func (a *Reader) yamlHosts(g *Group, key, vars strictyaml.Tree) {
	if a.full {
		return
	}
	var faults, misnamed strictyaml.Problems
	names, port, err := expandAnsible(key.Text())
	if !a.count(key.Pos(), len(names)) {
		return
	}
	switch {
	case err != nil:
		misnamed.Add(key.Pos(), "write a range as Ansible does, such as [01:50] or [a:f]", "its name: %v", err)
		names = []string{key.Text()}
	case !key.IsText():
		misnamed.Add(key.Pos(), "quote it", "its name must be text, found %s", key.Describe())
	case len(names) > 1 && slices.ContainsFunc(names, func(name string) bool { return settings.CheckName(name) != nil }):
		names = []string{key.Text()} // one fault, not many
	}
	switch kind := vars.Kind(); {
	case !vars.Given() && vars != (strictyaml.Tree{}):
		faults.Add(vars.Pos(), "take the tag out", "its variables have a tag that is not known")
	case kind != strictyaml.Dict && !isNothing(vars):
		faults.Add(vars.Pos(), "write NAME: VALUE for each, or nothing", "its variables must be a map")
	}
	for _, name := range names {
		h := a.host(name, key.Pos())
		if h == nil {
			return
		}
		h.faults = append(h.faults, faults...)
		if len(misnamed) > 0 {
			h.misnamed = misnamed
		}
		if port != "" && !h.port.Set() {
			h.port = settings.Text{V: port, Pos: key.Pos()}
		}
		a.join(g, h)
		if vars.Len() > 0 && vars.Kind() == strictyaml.Dict {
			h.vars = append(h.vars, vars)
		}
	}
}

// isNothing reports whether a value is one that Ansible takes for no variables.
func isNothing(t strictyaml.Tree) bool {
	switch t.Kind() {
	case strictyaml.Scalar:
		return slices.Contains([]string{"", "0", "false", "no", "off"}, strings.ToLower(t.Text())) && (t.Text() == "" || !t.IsText())
	case strictyaml.List:
		return t.Len() == 0
	}
	return t.Kind() == strictyaml.Null
}

// Looks reports whether a document is an Ansible YAML inventory: there is
// a group `all`, or a group that holds nothing but hosts, children and vars.
func Looks(root strictyaml.Tree) bool {
	for key, value := range root.Entries {
		if key.Text() == "all" || key.Text() == "ungrouped" {
			return true
		}
		parts, others := 0, 0
		for inner := range value.Entries {
			if isAnsiblePart(inner.Text()) {
				parts++
			} else {
				others++
			}
		}
		if parts > 0 && others == 0 {
			return true
		}
	}
	return false
}

func isAnsiblePart(key string) bool {
	return slices.Contains([]string{"hosts", "children", "vars"}, key)
}
