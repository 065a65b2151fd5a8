package ansible

import (
	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
)

// A resolver finds out how hosts are reached. It keeps the results that many hosts
// share.
type resolver struct {
	*Reader
	scanned    map[strictyaml.Tree][]assignment
	indexes    map[strictyaml.Tree]map[string]strictyaml.Tree
	kinds      map[string]*kind
	args       map[strictyaml.Tree]arguments
	ours       map[strictyaml.Tree]decoded
	bastions   map[string]*Bastion // by their address and settings
	steps      int
	groupLayer func(name string) (*settings.Layer, bool) // see Hosts
}

func newResolver(a *Reader, groupLayer func(name string) (*settings.Layer, bool)) *resolver {
	return &resolver{
		Reader: a, groupLayer: groupLayer,
		scanned: map[strictyaml.Tree][]assignment{}, indexes: map[strictyaml.Tree]map[string]strictyaml.Tree{}, kinds: map[string]*kind{},
		args: map[strictyaml.Tree]arguments{}, ours: map[strictyaml.Tree]decoded{}, bastions: map[string]*Bastion{},
	}
}

// A kind is the settings that hosts of the same groups share.
type kind struct {
	groups []*Group       // with their parents, the weakest first
	names  []string       // those that are groups of ours
	under  settings.Layer // settings of the groups in native files
	values values
	faults strictyaml.Problems // of the groups
	// whole is the result for a host that only names its address;
	// nil when it is not known yet.
	whole *reached
	// own is the last host with variables of its own in one map, and its result:
	// the hosts of a range share one map.
	own     strictyaml.Tree
	ownPort settings.Text
	reached *reached
}

// reached is how a host is reached, without its address.
type reached struct {
	layer   *settings.Layer
	faults  strictyaml.Problems
	where   strictyaml.Problems // those that aixmend_address answers
	behind  *Bastion
	leftOut bool
	varies  bool // there are templates in it: it is one host's
}

// decoded is the value of one of our variables.
type decoded struct {
	settings.Doc
	wrong strictyaml.Problems
}
