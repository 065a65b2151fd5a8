package ansible

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
)

// An Ansible inventory is gathered here as Ansible does it: groups with their
// variables, parents and hosts. A group and a host may stand in several places. See
// resolve.go for the settings of each host.

// The groups that Ansible makes by itself. They are no groups of ours.
const (
	everything = "all"
	ungrouped  = "ungrouped"
)

const (
	// maxMembers bounds how often hosts may be listed in groups.
	maxMembers = 3_000_000
	// maxGroupDepth is how many levels of groups there may be, and maxParents
	// how many groups may name one as their child.
	maxGroupDepth, maxParents = 100, 1000
)

// Reader is all Ansible inventories that are read, put together: the groups of
// one may hold hosts of another.
type Reader struct {
	*settings.Checker
	room func(at strictyaml.Pos, name string, n int) bool
	// folders are the folders of the files, by their names in positions: for files
	// beside them, and for inventory_dir.
	folders map[string]string
	beside  []string // in the order of the files
	// base are the defaults of the file of ours whose program is being read.
	base    *settings.Layer
	groups  map[string]*Group
	hosts   map[string]*member
	order   []*member
	members int
	full    bool // there are too many hosts or members: that is said
	// read are the groups that were read, by name and content: an alias makes
	// many of one.
	read map[groupText]bool
}

type groupText struct {
	name string
	text strictyaml.Tree
}

// Group is a group. Its variables are maps, of which later ones win.
type Group struct {
	Name     string
	Pos      strictyaml.Pos
	number   int // in the order in which they were come upon
	vars     []strictyaml.Tree
	files    []strictyaml.Tree // of group_vars
	parents  []*Group
	child    []strictyaml.Pos // where each parent names it
	depth    int              // levels below all; 0: not known yet
	priority int
	walking  bool
}

// member is a host with its variables, as a group has them.
type member struct {
	name   string
	pos    strictyaml.Pos
	groups []*Group
	vars   []strictyaml.Tree
	files  []strictyaml.Tree // of host_vars
	port   settings.Text     // of NAME:PORT
	base   *settings.Layer   // the defaults of the file that named it first
}

// New returns a reader without an inventory. room reports whether there is
// room for n more hosts, and reports a problem where there is not.
func New(c *settings.Checker, room func(at strictyaml.Pos, name string, n int) bool) *Reader {
	a := &Reader{
		Checker: c, room: room, folders: map[string]string{}, groups: map[string]*Group{}, hosts: map[string]*member{},
		read: map[groupText]bool{},
	}
	a.group(everything, strictyaml.Pos{})
	return a
}

// ReadInventory reads a file with the reader of its shape. onDisk says that the
// folders beside it may hold more of it.
func (a *Reader) ReadInventory(name string, doc *strictyaml.Document, shape func(*Reader, strictyaml.Tree), onDisk bool) {
	folder := filepath.Dir(name)
	if whole, err := filepath.Abs(folder); err == nil {
		a.folders[name] = whole
	}
	if onDisk && !slices.Contains(a.beside, folder) {
		a.beside = append(a.beside, folder)
	}
	a.base = &settings.Layer{}
	a.readDocument(doc, shape)
}

// readDocument reads a document with the reader of its shape.
func (a *Reader) readDocument(doc *strictyaml.Document, read func(*Reader, strictyaml.Tree)) {
	tree, problems, warned := doc.Loose()
	a.Problems = append(a.Problems, problems...)
	for _, w := range warned {
		a.warn(w.Error(), w.Pos, w.Hint, "%s", w.Message)
	}
	read(a, tree)
}

func (a *Reader) problem(at strictyaml.Pos, hint, format string, args ...any) {
	a.Problems.Add(at, hint, format, args...)
}

func (a *Reader) warn(key string, at strictyaml.Pos, hint, format string, args ...any) {
	a.Warnings.Add(key, at, hint, format, args...)
}

// YAML reads the shape of a YAML inventory.
func (a *Reader) YAML(root strictyaml.Tree) {
	for key, value := range root.Entries {
		a.yamlGroup(key, value)
	}
}

// yamlGroup reads a group, and returns it; nil when it has no name that is
// read.
func (a *Reader) yamlGroup(key, value strictyaml.Tree) *Group {
	g := a.groupOf(key)
	if g == nil || a.unread(value) {
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
		single := part.Kind() == strictyaml.Scalar && part.IsText()
		switch {
		case !isAnsiblePart(name.Text()):
			a.warn("part "+name.Text(), name.Pos(), "a group holds hosts, children and vars", "group %s holds %s, which is not read", settings.Quote(g.Name), settings.Quote(name.Text()))
		case a.unread(part), part.Kind() == strictyaml.Null:
		case single && name.Text() == "hosts":
			a.yamlHosts(g, part, strictyaml.Tree{})
		case single && name.Text() == "children":
			a.adopt(g, a.yamlGroup(part, strictyaml.Tree{}), part.Pos())
		case part.Kind() != strictyaml.Dict:
			a.problem(part.Pos(), "write a map: each name with a colon, and nothing behind it or its variables", "%s of group %s must be a map", name.Text(), settings.Quote(g.Name))
		case name.Text() == "vars":
			g.vars = append(g.vars, part)
		case name.Text() == "children":
			for child, content := range part.Entries {
				a.adopt(g, a.yamlGroup(child, content), child.Pos())
			}
		default:
			for host, vars := range part.Entries {
				a.yamlHosts(g, host, vars)
			}
		}
	}
	return g
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
	if a.unread(vars) {
		return
	}
	if kind := vars.Kind(); kind != strictyaml.Dict && kind != strictyaml.Null {
		a.problem(vars.Pos(), "", "the variables of host %s must be a map", settings.Quote(key.Text()))
		return
	}
	if !key.IsText() {
		a.problem(key.Pos(), "quote it", "the name of a host must be text, found %s", key.Describe())
		return
	}
	if a.full {
		return
	}
	names, port, err := expandAnsible(key.Text())
	if err != nil {
		a.problem(key.Pos(), "", "host name %s: %v", settings.Quote(key.Text()), err)
		return
	}
	if !a.count(key.Pos(), len(names)) {
		return
	}
	for _, name := range names {
		h := a.host(name, key.Pos())
		if h == nil {
			return
		}
		if port != "" && !h.port.Set() {
			h.port = settings.Text{V: port, Pos: key.Pos()}
		}
		a.join(g, h)
		if vars.Len() > 0 {
			h.vars = append(h.vars, vars)
		}
	}
}

// groupOf returns the group that a key names, nil when it can't be one.
func (a *Reader) groupOf(key strictyaml.Tree) *Group {
	name := key.Text()
	switch {
	case !key.IsText():
		a.problem(key.Pos(), "quote it", "the name of a group must be text, found %s", key.Describe())
		return nil
	case name == everything || name == ungrouped:
		return a.group(name, key.Pos())
	}
	if err := settings.CheckName(name); err != nil {
		a.problem(key.Pos(), "", "group name %s %v", settings.Quote(name), err)
		return nil
	}
	return a.group(name, key.Pos())
}

// group returns the group of a name.
func (a *Reader) group(name string, at strictyaml.Pos) *Group {
	g := a.groups[name]
	if g == nil {
		g = &Group{Name: name, Pos: at, number: len(a.groups), priority: 1}
		a.groups[name] = g
	}
	return g
}

// adopt makes a group the child of another one.
func (a *Reader) adopt(parent, child *Group, at strictyaml.Pos) {
	switch {
	case child == nil || slices.Contains(child.parents, parent):
	case child.Name == everything:
		a.problem(at, "", "the group all can't be the child of a group")
	case len(child.parents) >= maxParents:
		a.problem(at, "", "group %s has more than %d parents", settings.Quote(child.Name), maxParents)
	default:
		child.parents = append(child.parents, parent)
		child.child = append(child.child, at)
	}
}

// host returns the host of a name, nil when it can't be one.
func (a *Reader) host(name string, at strictyaml.Pos) *member {
	if h := a.hosts[name]; h != nil {
		return h
	}
	if err := settings.CheckName(name); err != nil {
		hint := ""
		if strings.Contains(name, ":") {
			hint = "give the host a name, and the address as ansible_host"
		}
		a.problem(at, hint, "host name %s %v", settings.Quote(name), err)
		return nil
	}
	if a.full || !a.room(at, name, 1) {
		a.full = true
		return nil
	}
	h := &member{name: name, pos: at, base: a.base}
	a.hosts[name] = h
	a.order = append(a.order, h)
	return h
}

// join puts a host into a group.
func (a *Reader) join(g *Group, h *member) {
	if len(h.groups) > 0 && h.groups[len(h.groups)-1] == g {
		return
	}
	h.groups = append(h.groups, g)
}

// count reports whether n more hosts may be listed.
func (a *Reader) count(at strictyaml.Pos, n int) bool {
	if a.members += n; a.members > maxMembers && !a.full {
		a.problem(at, "", "hosts are listed more than %d times", maxMembers)
		a.full = true
	}
	return !a.full
}

// Groups returns the groups that hosts of ours may be in, by name. A group that is
// part of itself is a problem.
func (a *Reader) Groups() []*Group {
	var list []*Group
	for _, name := range sortedKeys(a.groups) {
		g := a.groups[name]
		if a.level(g) > maxGroupDepth {
			a.problem(g.Pos, "", "group %s is nested deeper than %d levels", settings.Quote(name), maxGroupDepth)
		}
		if name != everything && name != ungrouped {
			list = append(list, g)
		}
	}
	return list
}

// level returns how far a group is below all, on the longest way.
func (a *Reader) level(g *Group) int {
	if g.Name == everything || g.depth > 0 {
		return g.depth
	}
	g.walking = true
	depth := 1
	for i, parent := range g.parents {
		if parent.walking {
			a.problem(g.child[i], "take one of the groups out of the children of the other", "group %s is part of itself, by way of group %s", settings.Quote(g.Name), settings.Quote(parent.Name))
			continue
		}
		depth = max(depth, 1+a.level(parent))
	}
	g.walking, g.depth = false, depth
	return depth
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
