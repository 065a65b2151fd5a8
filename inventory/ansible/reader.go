package ansible

import (
	"path/filepath"
	"slices"

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
	// LeftOut counts the hosts that are not reached over SSH, by their ansible_connection.
	LeftOut map[string]int
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
	faults   strictyaml.Problems // of all hosts in it
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
	faults strictyaml.Problems
	// misnamed says why its name can't be one of ours; empty where it can.
	misnamed strictyaml.Problems
}

// New returns a reader without an inventory. room reports whether there is
// room for n more hosts, and reports a problem where there is not.
func New(c *settings.Checker, room func(at strictyaml.Pos, name string, n int) bool) *Reader {
	a := &Reader{
		Checker: c, room: room, folders: map[string]string{}, groups: map[string]*Group{}, hosts: map[string]*member{},
		read: map[groupText]bool{}, LeftOut: map[string]int{},
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
	tree, problems := a.loose(doc)
	a.Problems = append(a.Problems, problems...)
	read(a, tree)
}

// loose reads a document as a program does that takes all of YAML.
func (a *Reader) loose(doc *strictyaml.Document) (strictyaml.Tree, strictyaml.Problems) {
	tree, problems, warned := doc.Loose()
	for _, w := range warned {
		a.warn(w.Error(), w.Pos, w.Hint, "%s", w.Message)
	}
	return tree, problems
}

func (a *Reader) problem(at strictyaml.Pos, hint, format string, args ...any) {
	a.Problems.Add(at, hint, format, args...)
}

func (a *Reader) warn(key string, at strictyaml.Pos, hint, format string, args ...any) {
	a.Warnings.Add(key, at, hint, format, args...)
}

// groupOf returns the group that a key names. Its variables hold whatever its name is.
func (a *Reader) groupOf(key strictyaml.Tree) *Group {
	if !key.IsText() {
		a.warn("group "+key.Text(), key.Pos(), "quote it", "the name of a group should be text, found %s", key.Describe())
	}
	return a.group(key.Text(), key.Pos())
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
	case slices.Contains(child.parents, parent):
	case child.Name == everything:
		child.faults.Add(at, "take it out", "the group all can't be the child of a group")
	case len(child.parents) >= maxParents:
		a.problem(at, "", "group %s has more than %d parents", settings.Quote(child.Name), maxParents)
	default:
		child.parents = append(child.parents, parent)
		child.child = append(child.child, at)
	}
}

// host returns the host of a name; nil when there is no room for it. A name that can't be
// one of ours is a fault of the host.
func (a *Reader) host(name string, at strictyaml.Pos) *member {
	if h := a.hosts[name]; h != nil {
		return h
	}
	if a.full || !a.room(at, name, 1) {
		a.full = true
		return nil
	}
	h := &member{name: name, pos: at, base: a.base}
	if err := settings.CheckName(name); err != nil {
		h.misnamed.Add(at, "give the host such a name, and write its address as ansible_host", "its name %v", err)
	}
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

// Groups returns the groups that hosts of ours may be in, by name. A group that is part of
// itself is a fault of its hosts, and one whose name can't be selected is left out.
func (a *Reader) Groups() []*Group {
	var list []*Group
	for _, name := range sortedKeys(a.groups) {
		g := a.groups[name]
		if a.level(g) > maxGroupDepth {
			a.problem(g.Pos, "", "group %s is nested deeper than %d levels", settings.Quote(name), maxGroupDepth)
		}
		if name == everything || name == ungrouped {
			continue
		}
		if err := settings.CheckGroup(name); err != nil {
			a.warn("group name "+name, g.Pos, "select its hosts by other groups or by name", "group %s can't be selected, its name %v; its variables hold", settings.Quote(name), err)
			continue
		}
		list = append(list, g)
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
			g.faults.Add(g.child[i], "take one of the groups out of the children of the other", "group %s is part of itself, by way of group %s", settings.Quote(g.Name), settings.Quote(parent.Name))
			continue
		}
		depth = max(depth, 1+a.level(parent))
	}
	g.walking, g.depth = false, depth
	return depth
}
