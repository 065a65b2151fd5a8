package ansible

import (
	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
)

// List reads the shape of Ansible's --list: groups, each a list of hosts or a
// map of hosts, children and vars, and the variables of the hosts in _meta.
func (a *Reader) List(root strictyaml.Tree) {
	const hint = "wanted what Ansible's --list prints: groups with hosts, and _meta with hostvars"
	if root.Kind() != strictyaml.Dict {
		a.problem(root.Pos(), hint, "is not the list of an inventory: the whole must be a map")
		return
	}
	before, wrong := len(a.order), len(a.Problems)
	for key, value := range root.Entries {
		if key.Text() != "_meta" {
			a.listGroup(key, value)
		}
	}
	hostvars := root.Get("_meta").Get("hostvars")
	if len(a.order) == 0 && len(a.Problems) == wrong {
		a.problem(root.Pos(), hint, "names no host")
	}
	if !hostvars.Given() {
		if len(a.order) == before {
			return
		}
		a.warn("hostvars", root.Pos(), "let the program print _meta with hostvars", "there is no _meta.hostvars: nothing is known of single hosts, and no program is asked with --host")
		return
	}
	a.hostVariables(hostvars)
}

// hostVariables reads _meta.hostvars.
func (a *Reader) hostVariables(hostvars strictyaml.Tree) {
	if kind := hostvars.Kind(); kind != strictyaml.Dict && kind != strictyaml.Null {
		a.problem(hostvars.Pos(), "", "_meta.hostvars must be a map")
		return
	}
	for name, vars := range hostvars.Entries {
		h := a.hosts[name.Text()]
		switch {
		case h == nil:
			a.warn("hostvars of none", name.Pos(), "list it in a group, all will do", "host %s has hostvars and is in no group: it is left out", settings.Quote(name.Text()))
		case vars.Kind() == strictyaml.Null:
		case vars.Kind() != strictyaml.Dict:
			h.faults.Add(vars.Pos(), "let the program print a map", "its hostvars must be a map")
		default:
			h.vars = append(h.vars, vars)
		}
	}
}

// listGroup reads one group.
func (a *Reader) listGroup(key, value strictyaml.Tree) {
	g := a.groupOf(key)
	if value.Kind() == strictyaml.List {
		a.listHosts(g, value)
		return
	}
	if value.Kind() != strictyaml.Dict {
		a.problem(value.Pos(), "", "group %s must be a list of hosts, or a map of hosts, children and vars", settings.Quote(g.Name))
		return
	}
	for name, part := range value.Entries {
		what, isList := name.Text(), part.Kind() == strictyaml.List
		switch {
		case !isAnsiblePart(what):
			a.warn("part "+what, name.Pos(), "a group holds hosts, children and vars", "group %s holds %s, which is not read", settings.Quote(g.Name), settings.Quote(what))
		case part.Kind() == strictyaml.Null:
		case what == "vars" && part.Kind() == strictyaml.Dict:
			g.vars = append(g.vars, part)
		case what == "vars":
			g.faults.Add(part.Pos(), "let the program print a map", "vars of group %s must be a map", settings.Quote(g.Name))
		case !isList:
			a.problem(part.Pos(), "", "%s of group %s must be a list", what, settings.Quote(g.Name))
		case what == "hosts":
			a.listHosts(g, part)
		default:
			for child := range part.Items {
				a.adopt(g, a.groupOf(child), child.Pos())
			}
		}
	}
}

func (a *Reader) listHosts(g *Group, list strictyaml.Tree) {
	if !a.count(list.Pos(), list.Len()) {
		return
	}
	for item := range list.Items {
		h := a.host(item.Text(), item.Pos())
		if h == nil {
			return
		}
		if !item.IsText() {
			h.misnamed = nil
			h.misnamed.Add(item.Pos(), "let the program print text", "its name must be text, found %s", item.Describe())
		}
		a.join(g, h)
	}
}

// ReadOutput reads the output of a program, which has the shape of Ansible's --list.
// base are the defaults of its hosts.
func (a *Reader) ReadOutput(doc *strictyaml.Document, base *settings.Layer) {
	a.base = base
	a.readDocument(doc, (*Reader).List)
}
