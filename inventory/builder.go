package inventory

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"aixmend/inventory/strictyaml"
)

// A builder makes one inventory of the files it is given: addFile checks what
// can be checked in one file and gathers the groups, finish makes the hosts
// once all groups are known.
type builder struct {
	options  Options
	home     string
	problems strictyaml.Problems
	names    []string // of the files
	files    []source
	groups   map[string]*group
	hosts    []Host
	expanded int // how many hosts the entries stand for, right or wrong
	// byName finds a host by its name in lower case: names become file names,
	// and some file systems ignore case.
	byName map[string]*Host
	// byEndpoint finds a host by where it is reached.
	byEndpoint map[endpoint]*Host
}

// source is one file, its hosts still to be made.
type source struct {
	folder   string
	defaults layer
	hosts    strictyaml.Map[hostDoc]
}

// group is a group and its settings.
type group struct {
	Group
	layer layer
}

// sshPort is where SSH servers are when nobody says where.
const sshPort = 22

// endpoint is where a host is reached. Behind different jump hosts one address
// may be two machines: private networks overlap.
type endpoint struct {
	address string
	port    int
	jump    string
}

// way is the jump of an endpoint.
func way(jump string) string {
	if jump == "none" {
		return ""
	}
	return jump
}

func newBuilder(o Options) *builder {
	b := &builder{
		options: o, home: o.Home,
		groups: map[string]*group{}, byName: map[string]*Host{}, byEndpoint: map[endpoint]*Host{},
	}
	if b.home == "" {
		// Without a home folder only a path with ~ is a problem, and says so.
		b.home, _ = os.UserHomeDir()
	}
	return b
}

// addFile checks one document, all but its hosts.
func (b *builder) addFile(name string, doc document) {
	if v := doc.APIVersion; v.Set() && v.V != apiVersion {
		b.problems.Add(v.Pos, "", "apiVersion %s is not known, this program reads %s", quote(v.V), apiVersion)
	}
	b.names = append(b.names, name)
	src := source{folder: filepath.Dir(name), hosts: doc.Hosts}
	src.defaults = b.layer(src.folder, doc.Defaults)
	b.files = append(b.files, src)
	for _, entry := range doc.Groups.Map {
		b.addGroup(src.folder, entry)
	}
}

func (b *builder) addGroup(folder string, entry strictyaml.Entry[groupDoc]) {
	l := b.layer(folder, entry.Value.settings)
	check(b, "concurrency", &entry.Value.Concurrency, func(n int) error {
		if n < 1 {
			return errors.New("must be 1 or more")
		}
		return nil
	})
	if err := checkName(entry.Key); err != nil {
		b.problems.Add(entry.KeyPos, "", "group name %s %v", quote(entry.Key), err)
		return
	}
	if other := b.groups[entry.Key]; other != nil {
		b.problems.Add(entry.KeyPos, "", "group %q is already defined at %s", entry.Key, other.Pos)
		return
	}
	b.groups[entry.Key] = &group{
		Group: Group{Name: entry.Key, Concurrency: entry.Value.Concurrency.V, Pos: entry.KeyPos},
		layer: l,
	}
}

// finish makes the hosts and returns the inventory, or all problems.
func (b *builder) finish() (*Inventory, error) {
	b.addHosts()
	if len(b.hosts) == 0 && len(b.problems) == 0 {
		b.problems.Add(strictyaml.Pos{File: b.names[0], Line: 1, Column: 1}, "name them under hosts", "names no host")
	}
	if err := b.problems.Err(); err != nil {
		return nil, err
	}
	inv := &Inventory{Hosts: b.hosts, Files: b.names}
	slices.SortFunc(inv.Hosts, func(x, y Host) int { return strings.Compare(x.Name, y.Name) })
	for _, h := range inv.Hosts {
		for _, name := range h.Groups {
			b.groups[name].Hosts = append(b.groups[name].Hosts, h.Name)
		}
	}
	for _, g := range b.groups {
		inv.Groups = append(inv.Groups, g.Group)
	}
	slices.SortFunc(inv.Groups, func(x, y Group) int { return strings.Compare(x.Name, y.Name) })
	return inv, nil
}

// addHosts makes the hosts of all files, up to MaxHosts.
func (b *builder) addHosts() {
	for _, src := range b.files {
		for _, entry := range src.hosts {
			if !b.addEntry(src, entry) {
				return
			}
		}
	}
}

// quote prints a value in a message: text in quotes and shortened, numbers as
// they are.
func quote(v any) string {
	if s, ok := v.(string); ok {
		v = clip(s)
	}
	return fmt.Sprintf("%#v", v)
}
