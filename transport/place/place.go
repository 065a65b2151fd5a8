// Package place opens the place of a file that is written, so that nobody else can
// redirect it.
//
// Whoever can make a link where root writes a file chooses the file that root writes.
// Links of this user and of root keep their meaning, those of others are refused, at
// the file's own name and on the way to it. The folder is held open from the check to the
// end, so that nobody can put another one in its place. On Windows links belong to nobody:
// all are followed, and only the folder is held open.
package place

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"aixmend/transport/ownership"
)

// tempPrefix begins the name of a file that is not complete yet.
const tempPrefix = ".tmp-"

// Place is a name in a folder that is held open.
type Place struct {
	// Path is the file without links, for messages.
	Path string
	// Info is the entry of that name, nil for none. It is never a link.
	Info fs.FileInfo

	folder *os.Root // nil: an open file of this process, as in /dev/stdout
	name   string
}

// Find opens the place of a file, which need not exist. Its folder must. The error is an
// *ownership.Fault for a link of another user.
func Find(path string) (*Place, error) { return find(&walk{asked: path}) }

// Make is Find that creates the folders that do not exist, 0700.
func Make(path string) (*Place, error) { return find(&walk{asked: path, creates: true}) }

// Folder opens a folder, and creates it and those above it, 0700, if creates is set. The
// error is an *ownership.Fault for a link of another user.
func Folder(path string, creates bool) (*os.Root, error) {
	w := &walk{asked: path, creates: creates, folder: true}
	p, err := find(w)
	if err != nil {
		return nil, err
	}
	return p.folder, nil
}

// Close closes the folder.
func (p *Place) Close() error {
	if p.folder == nil {
		return nil
	}
	return p.folder.Close()
}

// Replaces reports whether the file is written by replacing it. A pipe and a device are
// written in place.
func (p *Place) Replaces() bool { return p.Info == nil || p.Info.Mode().IsRegular() }

// Mine reports whether the content and the mode of an existing file can be relied on: it
// belongs to this user, to root or to the owner of the folder.
func (p *Place) Mine() bool {
	if p.Info == nil || p.folder == nil {
		return false
	}
	folder, err := p.folder.Stat(".")
	return ownership.Mine(p.Info) || err == nil && sameOwner(p.Info, folder)
}

// Planted reports whether another user may have put an existing file into a folder where
// everybody can, with the sticky bit, for others to use.
func (p *Place) Planted() bool {
	if p.Info == nil || p.Mine() {
		return false
	}
	folder, err := p.folder.Stat(".")
	return err != nil || folder.Mode()&fs.ModeSticky != 0
}

// LockFlag is the flag of os.OpenFile for an existing file that is to be locked.
func LockFlag() int {
	if runtime.GOOS == "aix" { // a lock needs it there
		return os.O_RDWR | NoFollow
	}
	return os.O_RDONLY | NoFollow
}

// Check returns why the file can't be written, as far as its entry shows. The error is an
// *ownership.Fault for a file of another user that can't be replaced, and for his pipe.
func (p *Place) Check() error {
	if p.Info == nil || p.folder == nil {
		return nil
	}
	switch mode := p.Info.Mode(); {
	case mode.IsDir():
		return fmt.Errorf("%s is a folder", p.Path)
	case mode.IsRegular():
		folder, err := p.folder.Stat(".")
		if err == nil && !p.Mine() && !replaceable(folder) {
			return ownership.Owner(p.Path, p.Info)
		}
		return err
	case mode&fs.ModeCharDevice != 0:
		return nil // a terminal, /dev/null: only root makes devices
	case mode&fs.ModeNamedPipe != 0:
		return ownership.Owner(p.Path, p.Info)
	}
	return fmt.Errorf("%s is neither a file, a pipe nor a terminal (%s)", p.Path, p.Info.Mode().Type())
}

// Probe checks that a file can be replaced, by making another one beside it.
func (p *Place) Probe() error {
	file, err := p.temp(0o600)
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), p.folder.Remove(filepath.Base(file.Name())))
}

// InPlace opens a pipe or a device for writing. Opening a pipe waits for its reader.
func (p *Place) InPlace() (*os.File, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	if p.folder == nil {
		return os.OpenFile(p.Path, os.O_WRONLY, 0)
	}
	return p.open(os.O_WRONLY)
}

// Read opens an existing file for reading.
func (p *Place) Read() (*os.File, error) {
	if p.Info == nil {
		return nil, &fs.PathError{Op: "open", Path: p.Path, Err: fs.ErrNotExist}
	}
	return p.open(os.O_RDONLY)
}

// open opens the entry that was found, and no other.
func (p *Place) open(flag int) (*os.File, error) {
	file, err := p.folder.OpenFile(p.name, flag, 0)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !os.SameFile(info, p.Info) {
		err = changed(p.Path)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// Again looks at the entry again. The error is an *ownership.Fault if it is now a link of
// another user.
func (p *Place) Again() error {
	info, err := p.folder.Lstat(p.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.Info = nil
		return nil
	case err != nil:
		return err
	case info.Mode()&fs.ModeSymlink != 0:
		if err := ownership.Link(p.Path, p.Path, info); err != nil {
			return err
		}
		return changed(p.Path)
	}
	p.Info = info
	return nil
}

// Beside returns the place of another name in the folder. Its folder is that of p: only p
// is closed. A link is an error, whoever made it.
func (p *Place) Beside(name string) (*Place, error) {
	other := &Place{Path: filepath.Join(filepath.Dir(p.Path), name), folder: p.folder, name: name}
	return other, other.Again()
}

// Create makes an empty file, 0600; the error wraps fs.ErrExist if there is an entry.
func (p *Place) Create() error {
	file, err := p.folder.OpenFile(p.name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return file.Close()
}

// Remove removes the entry.
func (p *Place) Remove() error { return p.folder.Remove(p.name) }

// Replace writes a new file beside the place, syncs it and gives it the name: readers see
// the old file or the new one. mode is that of the new file before the umask. Whatever
// has the name by then is replaced; a link is not followed. If fill fails, nothing changes.
func (p *Place) Replace(mode fs.FileMode, fill func(*os.File) error) error {
	file, err := p.temp(mode)
	if err != nil {
		return err
	}
	temp := filepath.Base(file.Name())
	err = fill(file)
	if err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = p.folder.Rename(temp, p.name)
	}
	if err != nil {
		_ = p.folder.Remove(temp)
		return fmt.Errorf("%s: %w", p.Path, err)
	}
	return SyncFolder(p.folder)
}

// temp makes a new file in the folder, whose name nobody can guess.
func (p *Place) temp(mode fs.FileMode) (*os.File, error) {
	return p.folder.OpenFile(tempPrefix+rand.Text(), os.O_CREATE|os.O_EXCL|os.O_RDWR, mode)
}

// changed is the error for an entry that is another one than a moment ago.
func changed(path string) error {
	return fmt.Errorf("%s was replaced by somebody else meanwhile", path)
}
