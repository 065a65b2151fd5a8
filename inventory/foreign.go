package inventory

import (
	"bytes"
	"regexp"
	"slices"

	"aixmend/inventory/strictyaml"
)

// What is said of an inventory in a format that is not read.
const (
	ansibleMessage = "Ansible inventories are not supported yet"
	ansibleHint    = "write the hosts as aixmend inventory schema describes"
)

// iniLook matches a line of an INI inventory: a section, or a host with
// variables.
var iniLook = regexp.MustCompile(`(?m)^\[[A-Za-z0-9_.-]+(:[a-z]+)?\]\s*$|^[^\s#:{}\[\]"']+[ \t]+ansible_\w+=`)

// looksINI tells whether data, which is no inventory of ours, begins like an
// Ansible INI inventory.
func looksINI(data []byte) bool {
	return iniLook.Match(data[:min(len(data), 64<<10)])
}

// A file is one inventory file, unless it is an Ansible one.
type file struct {
	doc     document
	ansible bool
}

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (f *file) UnmarshalStrict(n *strictyaml.Node) {
	if f.ansible = looksAnsible(n); !f.ansible {
		n.Decode(&f.doc)
	}
}

// looksAnsible tells whether a document is an Ansible YAML inventory: there is
// a group `all`, or a group that holds nothing but hosts, children and vars.
func looksAnsible(n *strictyaml.Node) bool {
	if n.Get("apiVersion") != nil {
		return false
	}
	for _, key := range n.Keys() {
		if key == "all" {
			return true
		}
		inner := n.Get(key).Keys()
		parts := slices.ContainsFunc(inner, isAnsiblePart)
		if parts && !slices.ContainsFunc(inner, func(k string) bool { return !isAnsiblePart(k) }) {
			return true
		}
	}
	return false
}

func isAnsiblePart(key string) bool {
	return key == "hosts" || key == "children" || key == "vars"
}

// read decodes one file and adds it to what finish will resolve.
func (b *builder) read(name string, data []byte) {
	var f file
	problems := strictyaml.Decoder{AliasHint: aliasHint}.Decode(name, data, &f)
	if f.ansible || len(problems) > 0 && looksINI(bytes.TrimPrefix(data, []byte("\uFEFF"))) {
		b.problems.Add(strictyaml.Pos{File: name, Line: 1, Column: 1}, ansibleHint, ansibleMessage)
		return
	}
	b.problems = append(b.problems, problems...)
	b.addFile(name, f.doc)
}
