package load

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"

	"aixmend/inventory"
	"aixmend/inventory/ansible"
	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
	"aixmend/transport/shell"
)

// aliasHint says how to share settings without anchors.
const aliasHint = "put what hosts share under groups or defaults"

// Messages about formats that are not read.
const (
	iniMessage    = "is an Ansible inventory in INI form, which is not read"
	pluginMessage = "is the configuration of an Ansible inventory plugin, not an inventory"
	scriptMessage = "is a program, not an inventory: a program named with -i is not run"
)

// iniLook matches a line of an INI inventory: a section, or a host with
// variables.
var iniLook = regexp.MustCompile(`(?m)^\[[A-Za-z0-9_.-]+(:[a-z]+)?\]\s*$|^[^\s#:{}\[\]"']+[ \t]+ansible_\w+=`)

// hostLines matches a file that holds nothing but names of hosts.
var hostLines = regexp.MustCompile(`^(\s*(#.*|[A-Za-z0-9][A-Za-z0-9._-]*)?[ \t]*\r?(\n|$))+$`)

// looksINI reports whether data, which is no inventory of ours, begins like an
// Ansible INI inventory.
func looksINI(data []byte) bool {
	return iniLook.Match(data[:min(len(data), 64<<10)])
}

// read decodes one file, for finish to resolve. With onDisk the folders beside it may
// hold more of it.
func (b *builder) read(name string, data []byte, onDisk bool) {
	start := strictyaml.Pos{File: name, Line: 1, Column: 1}
	bare := bytes.TrimPrefix(data, []byte("\uFEFF"))
	doc, problems := strictyaml.Parse(name, data)
	isINI := func() bool {
		return looksINI(bare) || doc != nil && doc.Root().Kind() == strictyaml.Scalar && hostLines.Match(bare[:min(len(bare), 64<<10)])
	}
	switch {
	case bytes.HasPrefix(bare, []byte("#!")) && (doc == nil || doc.Root().Kind() != strictyaml.Dict):
		b.Problems.Add(start, scriptHint(name), scriptMessage)
	case doc == nil && isINI():
		b.Problems.Add(start, iniHint(name), iniMessage)
	case doc == nil:
		b.Problems = append(b.Problems, problems...)
	case doc.Root().Get("apiVersion").Given():
		b.readOurs(name, doc)
	case doc.Root().Get("_meta").Given():
		b.readAnsible(name, doc, (*ansible.Reader).List, onDisk)
	case ansible.Looks(doc.Root()):
		b.readAnsible(name, doc, (*ansible.Reader).YAML, onDisk)
	case doc.Root().Get("plugin").Given():
		b.Problems.Add(start, "let Ansible run it: source: {exec: [ansible-inventory, -i, "+filepath.Base(name)+", --list]}", pluginMessage)
	case isINI():
		b.Problems.Add(start, iniHint(name), iniMessage)
	default:
		b.readOurs(name, doc)
	}
}

// readAnsible reads an Ansible inventory.
func (b *builder) readAnsible(name string, doc *strictyaml.Document, shape func(*ansible.Reader, strictyaml.Tree), onDisk bool) {
	b.names = append(b.names, name)
	b.foreign().ReadInventory(name, doc, shape, onDisk)
}

// readOurs decodes a file in our format.
func (b *builder) readOurs(name string, parsed *strictyaml.Document) {
	var doc settings.Document
	b.Problems = append(b.Problems, strictyaml.Decoder{AliasHint: aliasHint}.DecodeDocument(parsed, &doc)...)
	b.addFile(name, doc)
}

// iniHint says how to make YAML of an INI inventory.
func iniHint(name string) string {
	to := strings.TrimSuffix(name, filepath.Ext(name)) + ".yaml"
	if to == name {
		to = "converted.yaml"
	}
	return "convert it once: ansible-inventory -i " + fileWord(name) + " --list --yaml --export --output " + fileWord(to)
}

// scriptHint says how to use a program as an inventory.
func scriptHint(name string) string {
	return "name a file that says so: {apiVersion: " + inventory.APIVersion + ", source: {exec: [./" + filepath.Base(name) + ", --list]}}"
}

// fileWord returns a file's name as a word to paste into a shell, or FILE where the
// name could be taken for an option or can't be printed.
func fileWord(name string) string {
	if strings.HasPrefix(name, "-") || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "FILE"
	}
	return shell.Word(name)
}

// addFile checks one document, all but its hosts.
func (b *builder) addFile(name string, doc settings.Document) {
	if v := doc.APIVersion; v.Set() && v.V != inventory.APIVersion {
		b.Problems.Add(v.Pos, "", "apiVersion %s is not known, this program reads %s", settings.Quote(v.V), inventory.APIVersion)
	}
	b.names = append(b.names, name)
	src := source{folder: filepath.Dir(name), hosts: doc.Hosts}
	src.defaults = *b.Layer(src.folder, &doc.Defaults)
	for _, entry := range doc.Groups.Map {
		b.addGroup(src.folder, entry)
	}
	for _, entry := range doc.Bastions {
		b.addBastion(src.folder, entry)
	}
	b.files = append(b.files, src)
	b.readSource(src, doc.Source)
}

// addGroup checks a group; files that define the same one must agree.
func (b *builder) addGroup(folder string, entry strictyaml.Entry[settings.GroupDoc]) {
	l := b.Layer(folder, &entry.Value.Doc)
	settings.Check(b.Checker, "concurrency", &entry.Value.Concurrency, func(n int) error {
		if n < 1 {
			return errors.New("must be 1 or more")
		}
		return nil
	})
	if err := settings.CheckName(entry.Key); err != nil {
		b.Problems.Add(entry.KeyPos, "", "group name %s %v", settings.Quote(entry.Key), err)
		return
	}
	g, defined := b.groups[entry.Key]
	switch {
	case !defined:
		g = &group{Group: inventory.Group{Name: entry.Key, Pos: entry.KeyPos}, file: len(b.files)}
		b.groups[entry.Key] = g
	case g.file == len(b.files) && !g.foreign:
		b.Problems.Add(entry.KeyPos, "", "group %q is already defined at %s", entry.Key, g.Pos)
		return
	}
	g.foreign = false
	whose := fmt.Sprintf("group %q", entry.Key)
	b.Conflicts.Agree(whose, "concurrency", &g.bound, &entry.Value.Concurrency)
	b.Conflicts.AgreeLayers(whose, &g.layer, *l)
	g.Concurrency = g.bound.V
}
