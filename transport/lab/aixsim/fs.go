package aixsim

import (
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"sort"
	"strings"
	"time"
)

// FS is the files of a host. Paths are absolute and clean. The simulated host
// keeps them in its [State]; the stand-in uses the disk.
type FS interface {
	Stat(name string) (fs.FileInfo, error)
	Lstat(name string) (fs.FileInfo, error) // of a symbolic link itself
	Readlink(name string) (string, error)
	Symlink(target, name string) error
	ReadFile(name string) ([]byte, error)
	// WriteFile replaces a file; perm counts only when it is new.
	WriteFile(name string, data []byte, perm fs.FileMode) error
	Remove(name string) error // a file or an empty folder
	RemoveAll(name string) error
	Rename(from, to string) error
	Mkdir(name string, perm fs.FileMode) error
	Chmod(name string, perm fs.FileMode) error
	Chtimes(name string, t time.Time) error
	ReadDir(name string) ([]fs.FileInfo, error)
}

// ErrNoSpace is the error of writing to a full file system.
var ErrNoSpace = errors.New("There is not enough space in the file system.") //nolint:staticcheck // AIX's own words

// stateFS is the files in a State. The caller holds the host's lock.
type stateFS struct {
	s      *State
	now    func() time.Time
	effect func(format string, args ...any)
}

// skeleton are the folders that an AIX has without anybody's doing.
func skeleton() []string {
	return []string{"/", "/bin", "/dev", "/etc", "/etc/objrepos", "/home", "/opt", "/opt/rsct", "/opt/rsct/bin",
		"/sbin", "/tmp", "/usr", "/usr/bin", "/usr/es/sbin", "/usr/sbin", "/usr/sbin/rsct", "/usr/sbin/rsct/bin",
		"/var", "/var/adm", "/var/adm/ras", "/var/ct", "/var/ct/IW", "/var/ct/cfg", "/var/log", "/var/tmp"}
}

// skeletonFolder is a folder of the skeleton, with the owner and mode that AIX gives it.
func skeletonFolder(name string) (File, bool) {
	if !slices.Contains(skeleton(), name) {
		return File{}, false
	}
	switch name {
	case "/var":
		return File{Dir: true, Owner: "bin", Group: "bin"}, true
	case "/var/adm":
		return File{Dir: true, Mode: 0o775, Group: "adm"}, true
	}
	return File{Dir: true}, true
}

type fileInfo struct {
	name string
	file File
}

func (i fileInfo) Name() string       { return i.name }
func (i fileInfo) Size() int64        { return int64(len(i.file.Content)) }
func (i fileInfo) ModTime() time.Time { return i.file.ModTime }
func (i fileInfo) IsDir() bool        { return i.file.Dir }
func (i fileInfo) Sys() any           { return i.file }

func (i fileInfo) Mode() fs.FileMode {
	mode := fs.FileMode(i.file.Mode)
	if i.file.Link != "" {
		return fs.ModeSymlink | 0o777
	}
	if i.file.Dir {
		return dirMode(mode) | fs.ModeDir
	}
	if mode == 0 {
		return 0o644
	}
	return mode
}

func dirMode(mode fs.FileMode) fs.FileMode {
	if mode == 0 {
		return 0o755
	}
	return mode
}

func notExist(op, name string) error { return &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist} }

// lookup finds a file, a folder that is made of its files, or a command.
func (f stateFS) lookup(name string) (File, bool) {
	if file, ok := f.s.Files[name]; ok {
		return file, true
	}
	if dir, ok := skeletonFolder(name); ok {
		return dir, true
	}
	if class, ok := strings.CutPrefix(name, odmFolder+"/"); ok && f.s.classKnown(class) {
		return f.s.ODMFiles()[name], true
	}
	if cmd := findCommand(name); cmd != nil && f.s.installed(name, cmd) {
		return File{Mode: 0o555, Content: "\x01\xdf"}, true
	}
	prefix := strings.TrimSuffix(name, "/") + "/"
	for p := range f.s.Files {
		if strings.HasPrefix(p, prefix) {
			return File{Dir: true}, true
		}
	}
	return File{}, false
}

func (f stateFS) Stat(name string) (fs.FileInfo, error) {
	file, ok := f.lookup(f.follow(name))
	if !ok {
		return nil, notExist("stat", name)
	}
	return fileInfo{path.Base(name), file}, nil
}

func (f stateFS) Lstat(name string) (fs.FileInfo, error) {
	file, ok := f.lookup(name)
	if !ok {
		return nil, notExist("lstat", name)
	}
	return fileInfo{path.Base(name), file}, nil
}

func (f stateFS) Readlink(name string) (string, error) {
	file, ok := f.lookup(name)
	switch {
	case !ok:
		return "", notExist("readlink", name)
	case file.Link == "":
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	return file.Link, nil
}

func (f stateFS) Symlink(target, name string) error {
	if err := f.remote("symlink", name); err != nil {
		return err
	}
	if _, ok := f.lookup(name); ok {
		return &fs.PathError{Op: "symlink", Path: name, Err: fs.ErrExist}
	}
	if parent, ok := f.lookup(path.Dir(name)); !ok || !parent.Dir {
		return notExist("symlink", name)
	}
	f.put(name, File{Link: target, ModTime: f.now()})
	f.effect("link %s to %s", name, target)
	return nil
}

// follow is the file that a name leads to over symbolic links.
func (f stateFS) follow(name string) string {
	for range 8 {
		file, ok := f.lookup(name)
		if !ok || file.Link == "" {
			return name
		}
		target := file.Link
		if !path.IsAbs(target) {
			target = path.Join(path.Dir(name), target)
		}
		name = target
	}
	return name
}

func (f stateFS) ReadFile(name string) ([]byte, error) {
	name = f.follow(name)
	file, ok := f.lookup(name)
	switch {
	case !ok:
		return nil, notExist("open", name)
	case file.Dir:
		return nil, &fs.PathError{Op: "read", Path: name, Err: errors.New("is a directory")}
	}
	return []byte(file.Content), nil
}

func (f stateFS) WriteFile(name string, data []byte, perm fs.FileMode) error {
	name = f.follow(name)
	if err := f.remote("open", name); err != nil {
		return err
	}
	if parent, ok := f.lookup(path.Dir(name)); !ok || !parent.Dir {
		return notExist("open", name)
	}
	old, exists := f.lookup(name)
	if exists && old.Dir {
		return &fs.PathError{Op: "open", Path: name, Err: errors.New("is a directory")}
	}
	if f.full(name, int64(len(data)-len(old.Content))) {
		f.effect("write %s: no space", name)
		old.Content = ""
		f.put(name, old)
		return &fs.PathError{Op: "write", Path: name, Err: ErrNoSpace}
	}
	if !exists {
		old.Mode = uint32(perm)
	}
	old.Content = string(data)
	old.ModTime = f.now()
	f.put(name, old)
	f.effect("write %s", name)
	return nil
}

// errReadOnly is the error of writing to an NFS mount: no mount here can
// be written.
var errReadOnly = errors.New("The file system has read permission only.") //nolint:staticcheck // AIX's own words

// remote refuses to change files on an NFS server.
func (f stateFS) remote(op, name string) error {
	if m := f.s.mounted(name); m != nil && name != m.Point {
		return &fs.PathError{Op: op, Path: name, Err: errReadOnly}
	}
	return nil
}

func (f stateFS) put(name string, file File) {
	if f.s.Files == nil {
		f.s.Files = map[string]File{}
	}
	f.s.Files[name] = file
}

// full reports whether growing a file by so many bytes exceeds its file system.
func (f stateFS) full(name string, grow int64) bool {
	if grow <= 0 {
		return false
	}
	best := -1
	for i, m := range f.s.FileSystems {
		if under(name, m.Mount) && (best < 0 || len(m.Mount) > len(f.s.FileSystems[best].Mount)) {
			best = i
		}
	}
	return best >= 0 && f.s.FileSystems[best].FreeKB*1024 < grow
}

func under(name, dir string) bool {
	return dir == "/" || name == dir || strings.HasPrefix(name, dir+"/")
}

func (f stateFS) Remove(name string) error {
	file, ok := f.s.Files[name]
	if !ok {
		return notExist("remove", name)
	}
	if file.Dir {
		if list, _ := f.ReadDir(name); len(list) > 0 {
			return &fs.PathError{Op: "remove", Path: name, Err: errors.New("directory not empty")}
		}
	}
	delete(f.s.Files, name)
	f.effect("remove %s", name)
	return nil
}

func (f stateFS) RemoveAll(name string) error {
	found := false
	for p := range f.s.Files {
		if under(p, name) {
			delete(f.s.Files, p)
			found = true
		}
	}
	if found {
		f.effect("remove %s", name)
	}
	return nil
}

func (f stateFS) Rename(from, to string) error {
	file, ok := f.s.Files[from]
	if !ok {
		return notExist("rename", from)
	}
	if parent, ok := f.lookup(path.Dir(to)); !ok || !parent.Dir {
		return notExist("rename", to)
	}
	delete(f.s.Files, from)
	f.put(to, file)
	f.effect("rename %s %s", from, to)
	return nil
}

func (f stateFS) Mkdir(name string, perm fs.FileMode) error {
	if err := f.remote("mkdir", name); err != nil {
		return err
	}
	if _, ok := f.lookup(name); ok {
		return &fs.PathError{Op: "mkdir", Path: name, Err: fs.ErrExist}
	}
	if parent, ok := f.lookup(path.Dir(name)); !ok || !parent.Dir {
		return notExist("mkdir", name)
	}
	f.put(name, File{Dir: true, Mode: uint32(perm), ModTime: f.now()})
	f.effect("mkdir %s", name)
	return nil
}

func (f stateFS) Chmod(name string, perm fs.FileMode) error {
	file, ok := f.s.Files[name]
	if !ok {
		return notExist("chmod", name)
	}
	if file.Mode == uint32(perm) {
		return nil
	}
	file.Mode = uint32(perm)
	f.put(name, file)
	f.effect("chmod %o %s", perm, name)
	return nil
}

func (f stateFS) Chtimes(name string, t time.Time) error {
	file, ok := f.s.Files[name]
	if !ok {
		return notExist("touch", name)
	}
	file.ModTime = t
	f.put(name, file)
	f.effect("touch %s", name)
	return nil
}

func (f stateFS) ReadDir(name string) ([]fs.FileInfo, error) {
	dir, ok := f.lookup(name)
	if !ok {
		return nil, notExist("open", name)
	}
	if !dir.Dir {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: errors.New("not a directory")}
	}
	prefix := strings.TrimSuffix(name, "/") + "/"
	children := map[string]bool{}
	for p := range f.s.Files {
		if rest, ok := strings.CutPrefix(p, prefix); ok && rest != "" {
			child, _, _ := strings.Cut(rest, "/")
			children[child] = true
		}
	}
	made := append(skeleton(), f.s.commandPaths(name)...)
	if name == odmFolder {
		made = slices.AppendSeq(made, maps.Keys(f.s.ODMFiles()))
	}
	for _, p := range made {
		if rest, ok := strings.CutPrefix(p, prefix); ok && rest != "" && !strings.Contains(rest, "/") {
			children[rest] = true
		}
	}
	names := make([]string, 0, len(children))
	for c := range children {
		names = append(names, c)
	}
	sort.Strings(names)
	list := make([]fs.FileInfo, 0, len(names))
	for _, c := range names {
		if info, err := f.Lstat(prefix + c); err == nil {
			list = append(list, info)
		}
	}
	return list, nil
}
