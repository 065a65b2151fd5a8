package ansible

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
)

// The folders that Ansible reads beside an inventory.
const (
	groupVars = "group_vars"
	hostVars  = "host_vars"
)

// varsEndings are the endings of files in them; the first that exists is taken.
var varsEndings = []string{"", ".yml", ".yaml", ".json"}

// ReadFolders reads group_vars and host_vars beside the inventories.
func (a *Reader) ReadFolders() {
	f := folderReader{a: a, left: strictyaml.MaxBytes}
	for _, folder := range a.beside {
		groups := f.list(filepath.Join(folder, groupVars))
		if len(groups) > 0 {
			for _, name := range sortedKeys(a.groups) {
				g := a.groups[name]
				g.files = append(g.files, f.variables(filepath.Join(folder, groupVars), name, groups)...)
			}
			if groups[ungrouped] || groups[ungrouped+".yml"] || groups[ungrouped+".yaml"] {
				g := a.group(ungrouped, strictyaml.Pos{})
				if len(g.files) == 0 {
					g.files = f.variables(filepath.Join(folder, groupVars), ungrouped, groups)
				}
			}
		}
		hosts := f.list(filepath.Join(folder, hostVars))
		if len(hosts) == 0 {
			continue
		}
		for _, h := range a.order {
			h.files = append(h.files, f.variables(filepath.Join(folder, hostVars), h.name, hosts)...)
		}
	}
}

// folderReader reads files with variables, up to a number of bytes in all.
type folderReader struct {
	a    *Reader
	left int
}

// list returns the names in a folder; nil when it does not exist.
func (f *folderReader) list(folder string) map[string]bool {
	entries, err := os.ReadDir(folder)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			f.a.warn(folder, strictyaml.Pos{File: folder}, "", "cannot be read, and is left out: %v", settings.Cause(err))
		}
		return nil
	}
	names := map[string]bool{}
	for _, e := range entries {
		names[e.Name()] = true
	}
	return names
}

// variables returns the maps that a folder has for a name: of a file, or of all
// files in a folder of that name.
func (f *folderReader) variables(folder, name string, there map[string]bool) []strictyaml.Tree {
	for _, ending := range varsEndings {
		if !there[name+ending] {
			continue
		}
		path := filepath.Join(folder, name+ending)
		info, err := os.Stat(path)
		if err != nil {
			f.a.warn(path, strictyaml.Pos{File: path}, "", "cannot be read, and is left out: %v", settings.Cause(err))
			return nil
		}
		if info.IsDir() {
			return f.below(path, 0)
		}
		return f.file(path)
	}
	return nil
}

// below reads the files of a folder, by name, and of those in it.
func (f *folderReader) below(folder string, depth int) []strictyaml.Tree {
	entries, err := os.ReadDir(folder)
	if err != nil || depth > maxGroupDepth {
		f.a.warn(folder, strictyaml.Pos{File: folder}, "", "cannot be read, and is left out")
		return nil
	}
	var maps []strictyaml.Tree
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."), strings.HasSuffix(e.Name(), "~"):
		case e.IsDir():
			maps = append(maps, f.below(path, depth+1)...)
		case slices.Contains(varsEndings, filepath.Ext(e.Name())):
			maps = append(maps, f.file(path)...)
		}
	}
	return maps
}

// file reads one file with variables.
func (f *folderReader) file(path string) []strictyaml.Tree {
	data, _, problem := settings.ReadFile(path)
	start := strictyaml.Pos{File: path, Line: 1, Column: 1}
	if problem != nil {
		f.a.Problems = append(f.a.Problems, *problem)
		return nil
	}
	if bytes.HasPrefix(data, []byte("$ANSIBLE_VAULT;")) {
		f.a.warn("vault file", start, "what is needed to reach the hosts must be in the clear", "is a vault, which is not read")
		return nil
	}
	if f.left -= len(data); f.left < 0 {
		if f.left+len(data) >= 0 {
			f.a.problem(start, "", "with it the files in %s and %s are more than %d bytes", groupVars, hostVars, strictyaml.MaxBytes)
		}
		return nil
	}
	doc, problems := strictyaml.Parse(path, data)
	if doc == nil {
		if !onlyEmpty(data) {
			f.a.Problems = append(f.a.Problems, problems...)
		}
		return nil
	}
	var vars strictyaml.Tree
	f.a.readDocument(doc, func(_ *Reader, root strictyaml.Tree) { vars = root })
	if vars.Kind() != strictyaml.Dict {
		f.a.problem(vars.Pos(), "", "holds no map of variables")
		return nil
	}
	return []strictyaml.Tree{vars}
}

// onlyEmpty reports whether a file holds nothing but comments and marks of a
// document: Ansible takes that for no variables.
func onlyEmpty(data []byte) bool {
	for line := range bytes.Lines(data) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' && string(line) != "---" && string(line) != "..." {
			return false
		}
	}
	return true
}
