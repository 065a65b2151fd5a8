package load

import (
	"os"
	"slices"

	"aixmend/inventory"
	"aixmend/inventory/ansible"
	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
)

// A builder makes one inventory of several files: read checks each file by itself and
// gathers the groups, finish makes the hosts once all groups are known.
type builder struct {
	*settings.Checker
	run      Runner
	list     Lister
	machines []listed // of Power Virtual Server
	names    []string // of the files
	files    []source
	groups   map[string]*group
	bastions map[string]*bastion
	ansible  *ansible.Reader // nil: there is no Ansible inventory
	hosts    []*found
	unknown  bool // a source was not run
	shared   map[listing]*settings.Layer
	expanded int // how many hosts the entries stand for, right or wrong
	// byName finds a host by its name in lower case: names become file names,
	// and some file systems ignore case.
	byName map[string]*found
}

// listing is the groups that a host of a file lists, by which hosts share their settings.
type listing struct {
	file   int
	groups string
}

// foreignFile stands for all Ansible inventories where the files of ours have a
// number.
const foreignFile = -1

// cloudFile stands for all sources of Power Virtual Server.
const cloudFile = -2

// source is one file, its hosts still to be made.
type source struct {
	folder   string
	defaults settings.Layer
	hosts    strictyaml.Map[settings.HostDoc]
}

// found is a host while the inventory is put together.
type found struct {
	inventory.Host
	file    int             // the file that named it first
	layer   *settings.Layer // from all files; hosts may share it
	address settings.Text   // not set: the name stands for it
	foreign bool            // of an Ansible inventory
	faults  strictyaml.Problems
	// misnamed says that the name can't be one of ours, which is a fault.
	misnamed bool
}

// group is a group and its settings.
type group struct {
	inventory.Group
	file    int // the file that defined it first
	layer   settings.Layer
	bound   settings.Number // concurrency, where it is given
	foreign bool            // of an Ansible inventory alone
}

// sshPort is where SSH servers are when nobody says where.
const sshPort = 22

// reachedAt is where a host is reached. Behind different jump hosts one address
// may be two machines: private networks overlap.
type reachedAt struct {
	address string
	port    int
	jump    string
}

// way is the jump of a reachedAt.
func way(jump string) string {
	if jump == "none" {
		return ""
	}
	return jump
}

func newBuilder(o Options) *builder {
	b := &builder{
		Checker: &settings.Checker{Home: o.Home, KnownFindings: o.KnownFindings, KnownChecks: o.KnownChecks, Conflicts: settings.Clashes{}}, run: o.Run, list: o.List,
		groups: map[string]*group{}, bastions: map[string]*bastion{}, byName: map[string]*found{}, shared: map[listing]*settings.Layer{},
	}
	if b.Home == "" {
		// Without a home folder only a path with ~ is a problem, and says so.
		b.Home, _ = os.UserHomeDir()
	}
	return b
}

// room reports whether there is room for n more hosts.
func (b *builder) room(at strictyaml.Pos, name string, n int) bool {
	if b.expanded += n; b.expanded > inventory.MaxHosts {
		b.Problems.Add(at, "", "with host %s there are more than %d hosts", settings.Quote(name), inventory.MaxHosts)
		return false
	}
	return true
}

// fault notes why a host can't be selected.
func (f *found) fault(at strictyaml.Pos, hint, format string, args ...any) {
	f.faults = slices.Clip(f.faults)
	f.faults.Add(at, hint, format, args...)
}

// bastion is a bastion while the inventory is put together.
type bastion struct {
	inventory.Bastion
	file    int // the file that defined it first
	layer   settings.Layer
	address settings.Text
	rate    settings.Number
}

// foreign returns the reader of all Ansible inventories.
func (b *builder) foreign() *ansible.Reader {
	if b.ansible == nil {
		b.ansible = ansible.New(b.Checker, b.room)
	}
	return b.ansible
}
