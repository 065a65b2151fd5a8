//go:build unix

package place

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"aixmend/transport/ownership"
)

// NoFollow is the flag of os.OpenFile that refuses a link as the file's own name.
const NoFollow = syscall.O_NOFOLLOW

// maxLinks bounds the links on the way to one file, as Linux does.
const maxLinks = 40

// walk goes to one place. While nobody else can put another entry in the place of one on
// the way it goes by names, for which a folder need not be readable; from the first entry
// that others can replace it holds each folder open and goes on from that.
type walk struct {
	asked   string
	creates bool // missing folders
	folder  bool // the last name, too, is a folder

	at     string      // the folder that was reached, without links
	info   fs.FileInfo // of that folder
	held   *os.Root    // that folder; nil: at names no other one
	links  int
	looked func(path string) // tests: called after each look at an entry
}

// find goes to the place that was asked for.
func find(w *walk) (*Place, error) {
	p, err := w.find()
	if err != nil && w.held != nil {
		_ = w.held.Close()
	}
	return p, err
}

func (w *walk) find() (*Place, error) {
	abs, err := absolute(w.asked)
	if err != nil {
		return nil, err
	}
	if err := w.restart(); err != nil {
		return nil, err
	}
	rest := parts(abs)
	for len(rest) > 0 {
		name := rest[0]
		rest = rest[1:]
		if name == ".." {
			rest = append(parts(filepath.Dir(w.at)), rest...) // at has no link
			if err := w.restart(); err != nil {
				return nil, err
			}
			continue
		}
		info, err := w.look(name)
		last := len(rest) == 0 && !w.folder
		switch {
		case errors.Is(err, fs.ErrNotExist) && last:
			return w.arrive(name, nil)
		case errors.Is(err, fs.ErrNotExist) && w.creates:
			if err := w.mkdir(name); err != nil {
				return nil, err
			}
			rest = append([]string{name}, rest...)
		case err != nil:
			return nil, err
		case info.Mode()&fs.ModeSymlink != 0:
			if p := w.openFile(name, last); p != nil {
				return p, nil
			}
			target, err := w.link(name, info)
			if err != nil {
				return nil, err
			}
			rest = append(target, rest...)
		case last:
			return w.arrive(name, info)
		default:
			if err := w.enter(name, info); err != nil {
				return nil, err
			}
		}
	}
	if !w.folder {
		return nil, fmt.Errorf("%s is a folder", w.asked)
	}
	return w.arrive("", w.info)
}

// absolute makes a path absolute without resolving its "..", because what those mean
// depends on the links before them. How the working folder was reached does not count.
func absolute(path string) (string, error) {
	if filepath.IsAbs(path) {
		return path, nil
	}
	here, err := os.Getwd()
	if real, err := filepath.EvalSymlinks(here); err == nil {
		here = real
	}
	return here + "/" + path, err
}

// parts returns the names in a path, "." and empty ones left out.
func parts(path string) []string {
	var names []string
	for name := range strings.SplitSeq(path, "/") {
		if name != "" && name != "." {
			names = append(names, name)
		}
	}
	return names
}

// restart goes to the root folder.
func (w *walk) restart() error {
	if w.held != nil {
		_ = w.held.Close()
	}
	var err error
	w.at, w.held = "/", nil
	w.info, err = os.Lstat(w.at)
	return err
}

// look looks at an entry of the folder.
func (w *walk) look(name string) (info fs.FileInfo, err error) {
	path := filepath.Join(w.at, name)
	if w.held != nil {
		info, err = w.held.Lstat(name)
	} else {
		info, err = os.Lstat(path)
	}
	if w.looked != nil {
		w.looked(path)
	}
	if err != nil {
		err = &fs.PathError{Op: "open", Path: path, Err: cause(err)}
	}
	return info, err
}

// cause is the error below a path error.
func cause(err error) error {
	var of *fs.PathError
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}

// link returns the names of a link's target, and goes to the root folder for an absolute
// one.
func (w *walk) link(name string, info fs.FileInfo) ([]string, error) {
	at := filepath.Join(w.at, name)
	if err := ownership.Link(w.asked, at, info); err != nil {
		return nil, err
	}
	if w.links++; w.links > maxLinks {
		return nil, fmt.Errorf("%s: more than %d links", w.asked, maxLinks)
	}
	read := func() (string, error) { return os.Readlink(at) }
	if w.held != nil {
		read = func() (string, error) { return w.held.Readlink(name) }
	}
	target, err := read()
	if err != nil {
		return nil, err
	}
	if now, err := w.look(name); err != nil || !os.SameFile(now, info) {
		return nil, errors.Join(changed(at), err)
	}
	if filepath.IsAbs(target) {
		err = w.restart()
	}
	return parts(target), err
}

// openFile returns the place of a link of the kernel to an open pipe or device of this
// process, which has no other name: /dev/stdout leads there. nil for any other link.
func (w *walk) openFile(name string, last bool) *Place {
	if !last || !strings.HasPrefix(w.at, "/proc/") {
		return nil
	}
	path := filepath.Join(w.at, name)
	info, err := os.Stat(path)
	if err != nil || info.Mode().IsRegular() || info.IsDir() {
		return nil
	}
	if w.held != nil {
		_ = w.held.Close()
		w.held = nil
	}
	return &Place{Path: path, Info: info}
}

// mkdir makes a folder. Another process may make it too.
func (w *walk) mkdir(name string) error {
	make := func() error { return os.Mkdir(filepath.Join(w.at, name), 0o700) }
	if w.held != nil {
		make = func() error { return w.held.Mkdir(name, 0o700) }
	}
	if err := make(); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// enter goes into the folder of a name.
func (w *walk) enter(name string, info fs.FileInfo) error {
	path := filepath.Join(w.at, name)
	if !info.IsDir() {
		return &fs.PathError{Op: "open", Path: path, Err: syscall.ENOTDIR}
	}
	if w.held == nil && fixed(w.info, info) {
		w.at, w.info = path, info
		return nil
	}
	if w.held == nil {
		if err := w.hold(); err != nil {
			return err
		}
	}
	next, err := w.held.OpenRoot(name)
	if err != nil {
		return err
	}
	before := w.held
	w.at, w.info, w.held = path, info, next
	return errors.Join(before.Close(), w.same())
}

// hold opens the folder that was reached by names.
func (w *walk) hold() error {
	held, err := os.OpenRoot(w.at)
	if err != nil {
		return err
	}
	w.held = held
	return w.same()
}

// same checks that the open folder is the one that was looked at, and not the target of a
// link that has taken its place.
func (w *walk) same() error {
	info, err := w.held.Stat(".")
	if err == nil && !os.SameFile(info, w.info) {
		err = changed(w.at)
	}
	return err
}

// arrive is the place of a name in the folder.
func (w *walk) arrive(name string, info fs.FileInfo) (*Place, error) {
	if w.held == nil {
		if err := w.hold(); err != nil {
			return nil, err
		}
	}
	return &Place{Path: filepath.Join(w.at, name), Info: info, folder: w.held, name: name}, nil
}

// fixed reports whether only this user and root can put something else in the place of an
// entry of a folder.
func fixed(folder, entry fs.FileInfo) bool {
	if !ownership.Mine(folder) {
		return false
	}
	return folder.Mode().Perm()&0o022 == 0 || folder.Mode()&fs.ModeSticky != 0 && ownership.Mine(entry)
}

// replaceable reports whether this user can replace a file of another user in a folder.
func replaceable(folder fs.FileInfo) bool {
	return os.Geteuid() == 0 || folder.Mode()&fs.ModeSticky == 0 || folder.Sys().(*syscall.Stat_t).Uid == uint32(os.Geteuid())
}

// sameOwner reports whether two entries belong to one user.
func sameOwner(a, b fs.FileInfo) bool {
	x, ok := a.Sys().(*syscall.Stat_t)
	y, also := b.Sys().(*syscall.Stat_t)
	return ok && also && x.Uid == y.Uid
}
