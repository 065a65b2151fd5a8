package load

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"aixmend/inventory"
	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
	"aixmend/transport/ownership"
	"aixmend/transport/plain"
)

// Load is Options.Load without options.
func Load(paths ...string) (*inventory.Inventory, error) { return Options{}.Load(paths...) }

// Parse is Options.Parse without options.
func Parse(file string, data []byte) (*inventory.Inventory, error) {
	return Options{}.Parse(file, data)
}

// Load reads one or more files, or folders of files, as one inventory. Groups
// are known in all of them; the defaults of a file hold for its own hosts. Two files
// that set the same setting of a host or group must agree: no file wins over another.
//
// The error holds all problems of all files (strictyaml.ProblemsOf); it is an
// fs.ErrNotExist or fs.ErrPermission where that is the reason. The inventory is never nil:
// with an error it holds the warnings alone.
func (o Options) Load(paths ...string) (*inventory.Inventory, error) {
	b := newBuilder(o)
	if len(paths) == 0 {
		return &inventory.Inventory{}, errors.New("no inventory file is named")
	}
	read := map[string]fs.FileInfo{}
	for _, path := range b.inFolders(paths) {
		data, info, problem := settings.ReadFile(path)
		if problem != nil {
			b.Problems = append(b.Problems, *problem)
			continue
		}
		if twin := sameFile(info, read); twin != "" {
			b.Problems.Add(strictyaml.Pos{File: path}, "name it once", "is the same file as %s", twin)
			continue
		}
		read[path] = info
		b.read(path, data, true)
	}
	return b.finish()
}

// Parse reads one inventory from data. file is its name in problems, and its
// folder is where relative paths start. The error is as for Load.
func (o Options) Parse(file string, data []byte) (*inventory.Inventory, error) {
	b := newBuilder(o)
	b.read(file, data, false)
	return b.finish()
}

// sameFile returns the path among files that is the file info, or "".
func sameFile(info fs.FileInfo, files map[string]fs.FileInfo) string {
	for path, other := range files {
		if os.SameFile(info, other) {
			return path
		}
	}
	return ""
}

// ignoredEndings are those of files in a folder that Ansible does not read.
var ignoredEndings = []string{".pyc", ".pyo", ".swp", ".bak", ".rpm", ".md", ".txt", ".rst", ".orig", ".ini", ".cfg", ".retry"}

// readByAnsible reports whether Ansible would take settings from a file of another kind in
// a folder: without those a host could be reached another way.
func readByAnsible(name string) bool {
	if slices.Contains(ignoredEndings, filepath.Ext(name)) {
		return false
	}
	info, err := os.Stat(name) // before it is opened: a pipe would hang
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	data, err := ownership.ReadFile(name, 16<<20)
	settings := bytes.Contains(data, []byte("ansible_")) || bytes.Contains(data, []byte("aixmend_"))
	return err == nil && (settings && looksINI(data) || bytes.HasPrefix(data, []byte("#!")) && info.Mode()&0o111 != 0)
}

// besideInventories are the names in a folder of inventories that are read otherwise, or
// by Ansible alone.
var besideInventories = []string{"aixmend.yaml", "group_vars", "host_vars", "vars_plugins"}

// inFolders returns the paths with each folder replaced by the inventories in
// it, by name.
func (b *builder) inFolders(paths []string) []string {
	var list []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil || !info.IsDir() {
			list = append(list, path) // reading it reports the problem
			continue
		}
		entries, err := os.ReadDir(path)
		if err != nil {
			b.Problems = append(b.Problems, strictyaml.Problem{Pos: strictyaml.Pos{File: path}, Message: "cannot be read: " + plain.Cause(err).Error(), Err: err})
		}
		found := false
		for _, e := range entries {
			name := filepath.Join(path, e.Name())
			switch {
			case strings.HasPrefix(e.Name(), "."), strings.HasSuffix(e.Name(), "~"), slices.Contains(besideInventories, e.Name()):
			case e.IsDir():
				b.Warnings.Add(name, strictyaml.Pos{File: name}, "if it holds inventories, name it with -i too, as Ansible reads it", "is not read: it is a folder in a folder")
			case slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(e.Name())):
				list = append(list, name)
				found = true
			case readByAnsible(name):
				list = append(list, name) // reading it says what to do with it
				found = true
			default:
				b.Warnings.Add(name, strictyaml.Pos{File: name}, "name it with -i", "is not read: of a folder only .yaml, .yml and .json are")
			}
		}
		if !found && err == nil {
			b.Problems.Add(strictyaml.Pos{File: path}, "name a file", "is a folder without an inventory: there is no .yaml, .yml or .json in it")
		}
	}
	return list
}
