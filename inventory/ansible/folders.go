package ansible

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
	"aixmend/transport/plain"
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
	f := folderReader{a: a, left: strictyaml.MaxBytes, folders: maxFolders}
	for _, folder := range a.beside {
		if groups := filepath.Join(folder, groupVars); isFolder(groups) {
			a.group(ungrouped, strictyaml.Pos{})
			for _, name := range sortedKeys(a.groups) {
				g := a.groups[name]
				f.variables(groups, name, &g.files, &g.faults)
			}
		}
		if hosts := filepath.Join(folder, hostVars); isFolder(hosts) {
			for _, h := range a.order {
				f.variables(hosts, h.name, &h.files, &h.faults)
			}
		}
	}
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// maxFolders is how many folders in group_vars and host_vars are read: links can make many
// of a few.
const maxFolders = 10_000

// folderReader reads files with variables, up to a number of bytes and of folders in all.
type folderReader struct {
	a             *Reader
	left, folders int
}

// variables adds the maps that a folder has for a name: of a file, or of all files in a
// folder of that name. A file that can't be read is a fault of those that it is for.
func (f *folderReader) variables(folder, name string, maps *[]strictyaml.Tree, faults *strictyaml.Problems) {
	if name == "" {
		return
	}
	for _, ending := range varsEndings {
		path := filepath.Join(folder, name+ending)
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ENAMETOOLONG):
			continue // Ansible passes over a broken link too
		case err != nil:
			faults.Add(strictyaml.Pos{File: path}, "make it readable for the user who runs this, or take it away", "cannot be read: %v", plain.Cause(err))
		case info.IsDir():
			f.below(path, []fs.FileInfo{info}, maps, faults)
		default:
			f.file(path, maps, faults)
		}
		return
	}
}

// below reads the files of a folder, by name, and of those in it. above are the folders
// that it is in: a link back to one of them would bring the same files once more.
func (f *folderReader) below(folder string, above []fs.FileInfo, maps *[]strictyaml.Tree, faults *strictyaml.Problems) {
	f.folders--
	entries, err := os.ReadDir(folder)
	switch {
	case err != nil:
		faults.Add(strictyaml.Pos{File: folder}, "make it readable for the user who runs this, or take it away", "cannot be read: %v", plain.Cause(err))
		return
	case f.folders < 0:
		faults.Add(strictyaml.Pos{File: folder}, "take links to folders out", "with it %s and %s hold more than %d folders", groupVars, hostVars, maxFolders)
		return
	}
	for _, e := range entries {
		path, ending := filepath.Join(folder, e.Name()), filepath.Ext(e.Name())
		if strings.HasPrefix(e.Name(), ".") || strings.HasSuffix(e.Name(), "~") || !slices.Contains(varsEndings, ending) {
			continue
		}
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			faults.Add(strictyaml.Pos{File: path}, "make it readable for the user who runs this, or take it away", "cannot be read: %v", plain.Cause(err))
		case info.Mode().IsRegular():
			f.file(path, maps, faults)
		case info.IsDir() && ending == "" && !slices.ContainsFunc(above, func(other fs.FileInfo) bool { return os.SameFile(info, other) }):
			f.below(path, append(slices.Clip(above), info), maps, faults)
		}
	}
}

// file reads one file with variables.
func (f *folderReader) file(path string, maps *[]strictyaml.Tree, faults *strictyaml.Problems) {
	data, _, problem := settings.ReadFile(path)
	start := strictyaml.Pos{File: path, Line: 1, Column: 1}
	switch {
	case settings.OfOthers(problem):
		f.a.Problems = append(f.a.Problems, *problem) // others can change the file: nothing in the inventory is safe then
		return
	case problem != nil:
		*faults = append(*faults, *problem)
		return
	}
	if bytes.HasPrefix(data, []byte("$ANSIBLE_VAULT;")) {
		f.a.warn("vault file", start, "what is needed to reach the hosts must be in the clear", "is a vault, which is not read")
		return
	}
	if f.left -= len(data); f.left < 0 {
		faults.Add(start, "", "with it the files in %s and %s are more than %d bytes", groupVars, hostVars, strictyaml.MaxBytes)
		return
	}
	doc, problems := strictyaml.Parse(path, data)
	if doc == nil {
		if !onlyEmpty(data) {
			*faults = append(*faults, problems...)
		}
		return
	}
	vars, problems := f.a.loose(doc)
	*faults = append(*faults, problems...)
	switch {
	case vars.Kind() == strictyaml.Dict:
		*maps = append(*maps, vars)
	case vars.Kind() != strictyaml.Null:
		faults.Add(vars.Pos(), "write NAME: VALUE, or take the file away", "holds no map of variables")
	}
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
