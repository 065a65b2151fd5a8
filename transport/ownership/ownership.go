// Package ownership checks that only this user and root can change a file or a folder,
// and that nobody else can read a secret.
//
// Whoever can write a file that aixmend obeys, or rename a folder above it, decides what
// runs as root on a fleet. Owner, mode, links and every folder on the way are looked at,
// as the kernel would walk it. On Windows nothing is checked; access control lists
// are not read on any system.
package ownership

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxLinks bounds the links on the way to one file, as Linux does.
const maxLinks = 40

// Fault is the error for a path that others can change.
type Fault struct {
	// Path is the path as it was asked about.
	Path string
	// At is the file, folder or link on the way that others can change.
	At string
	// Why says who can, with the mode: "is writable by everybody (mode 0777)".
	Why string
	// Remedy is the command that takes the right away, for this user or root to run, or
	// another way out.
	Remedy string
}

// Error implements error.
func (f *Fault) Error() string {
	if f.At == f.Path {
		return fmt.Sprintf("%s %s: others can change it", f.Path, f.Why)
	}
	return fmt.Sprintf("others can change %s: %s %s", f.Path, f.At, f.Why)
}

// Check returns a *Fault if anybody but this user and root can change the file or
// folder at path: itself, a link that leads to it, or a folder above either. A folder
// above with the sticky bit may be writable, because nobody else can replace an entry
// there that is this user's or root's. A group that is this user's own and has no
// other member may write. A path that does not exist yet has no fault if the folders
// that do exist have none. Other errors are those of the file system.
func Check(path string) error {
	w := walk{path: path}
	abs, err := absolute(path)
	if err != nil {
		return err
	}
	return w.follow(abs)
}

// File returns a *Fault if anybody but this user and root can change the file of info,
// named path, whatever stands above it. Read info from the open file.
func File(path string, info fs.FileInfo) error {
	if fault := judge(path, info, false); fault != nil {
		fault.Path = path
		return fault
	}
	return nil
}

// Private returns an error if anybody but this user and root can read the file of info,
// named path, with the remedy. Read info from the open file. A file of root's may be
// readable by its group, because only root can have meant that: systemd and Kubernetes
// hand secrets over that way. Pipes and devices have no fault: nothing is kept in them.
func Private(path string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return nil
	}
	return private(path, info)
}

// Mine reports whether a file, folder or link belongs to this user or root. Use Lstat
// for a link.
func Mine(info fs.FileInfo) bool { return mine(info) }

// walk follows one path.
type walk struct {
	path  string
	links int
}

// absolute makes a path absolute without resolving its "..", because what those mean
// depends on the links before them.
func absolute(path string) (string, error) {
	if filepath.IsAbs(path) {
		return path, nil
	}
	here, err := os.Getwd()
	return here + string(filepath.Separator) + path, err
}

// follow checks every entry on the way to an absolute path.
func (w *walk) follow(abs string) error {
	root := filepath.VolumeName(abs) + string(filepath.Separator)
	at, rest := root, parts(abs[len(filepath.VolumeName(abs)):])
	if err := w.entry(at, len(rest) > 0); err != nil {
		return err
	}
	for len(rest) > 0 {
		name := rest[0]
		rest = rest[1:]
		if name == ".." {
			at = filepath.Dir(at) // at holds no link
			continue
		}
		next := filepath.Join(at, name)
		target, err := w.link(next)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case target == "":
			at = next
			if err := w.entry(at, len(rest) > 0); err != nil {
				return err
			}
			continue
		case filepath.IsAbs(target):
			at = root
		}
		rest = append(parts(target), rest...)
	}
	return nil
}

// parts returns the names in a path, "." and empty ones left out.
func parts(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return os.IsPathSeparator(uint8(min(r, 255))) })
}

// link checks a link and returns its target; "" if at is none.
func (w *walk) link(at string) (target string, err error) {
	info, err := os.Lstat(at)
	if err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return "", err
	}
	if !mine(info) {
		return "", w.fault(ownedByOthers(at, info, "the link "))
	}
	if w.links++; w.links > maxLinks {
		return "", fmt.Errorf("%s: more than %d links", w.path, maxLinks)
	}
	return os.Readlink(at)
}

// entry checks a file or folder that is no link; above says that the path goes on
// through it.
func (w *walk) entry(at string, above bool) error {
	info, err := os.Lstat(at)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // removed meanwhile
	}
	if err != nil {
		return err
	}
	if fault := judge(at, info, above); fault != nil {
		return w.fault(fault)
	}
	return nil
}

// fault completes a fault of an entry on the way.
func (w *walk) fault(f *Fault) error {
	if f.Path = w.path; f.At == filepath.Clean(w.path) || samePath(f.At, w.path) {
		f.At = f.Path
	}
	return f
}

func samePath(at, path string) bool {
	abs, err := absolute(path)
	return err == nil && filepath.Clean(abs) == at
}

// Owner returns a *Fault if a file or folder, by Lstat, belongs to neither this user nor
// root.
func Owner(path string, info fs.FileInfo) error {
	if mine(info) {
		return nil
	}
	fault := ownedByOthers(path, info, "")
	fault.Path, fault.Remedy = path, "remove it, or name another file"
	return fault
}

// Late returns an error without its *Fault: that stands for a mistake that was found
// before anything was run, which is not so while an output is written.
func Late(err error) error {
	if fault := (*Fault)(nil); errors.As(err, &fault) {
		return errors.New(err.Error())
	}
	return err
}

// Link is Owner of a link at a path, on the way to the file that was asked for.
func Link(asked, at string, info fs.FileInfo) error {
	if mine(info) {
		return nil
	}
	fault := ownedByOthers(at, info, "the link ")
	fault.Path = asked
	return fault
}
