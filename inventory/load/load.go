package load

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"aixmend/inventory"
	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
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
// fs.ErrNotExist or fs.ErrPermission where that is the reason.
func (o Options) Load(paths ...string) (*inventory.Inventory, error) {
	b := newBuilder(o)
	if len(paths) == 0 {
		return nil, errors.New("no inventory file is named")
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
			b.Problems = append(b.Problems, strictyaml.Problem{Pos: strictyaml.Pos{File: path}, Message: "cannot be read: " + settings.Cause(err).Error(), Err: err})
		}
		found := false
		for _, e := range entries {
			name := filepath.Join(path, e.Name())
			switch {
			case strings.HasPrefix(e.Name(), "."), strings.HasSuffix(e.Name(), "~"), e.IsDir():
			case slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(e.Name())):
				list = append(list, name)
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
