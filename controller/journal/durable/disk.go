package durable

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"aixmend/transport/place"
)

// Disk is the disk of a state folder. The zero value is that of the operating system.
type Disk struct {
	watcher  Watcher
	oneByOne bool // no file system is synced as a whole
}

// Watcher is told of each change of a disk and of each sync, so that a test can make a disk as a
// power loss leaves it.
type Watcher interface {
	// Changing makes a change by calling do, which returns it and reports whether it was made. One
	// change is made at a time, so that their order is known.
	Changing(do func() (c Change, made bool))
	// Syncing reports that a file or a folder is about to be synced, with shared set all that is
	// on its file system. synced is called once that has been done; not after an error.
	Syncing(path string, shared bool) (synced func())
}

// Change is a change of a disk.
type Change struct {
	Do Do
	// Path is the entry that changed.
	Path string
	// To is the new path of an entry that was renamed, and the target of a link.
	To string
	// Data was written at the end of a file.
	Data []byte
	// Size is that of a file that was cut, in bytes.
	Size int64
}

// Do says how a disk changed.
type Do string

// Changes of a disk.
const (
	MadeFolder Do = "made folder"
	MadeFile   Do = "made file"
	MadeLink   Do = "made link"
	Wrote      Do = "wrote"
	Cut        Do = "cut"
	Renamed    Do = "renamed"
	// Removed: with all that was below.
	Removed Do = "removed"
)

// Watched is the disk of the operating system, of which a watcher is told. With oneByOne each
// file and folder is synced alone, as where a file system can't be synced as a whole.
func Watched(w Watcher, oneByOne bool) Disk { return Disk{w, oneByOne} }

// change makes a change, of which the watcher is told if it succeeds.
func (d Disk) change(c Change, do func() error) (err error) {
	if d.watcher == nil {
		return do()
	}
	d.watcher.Changing(func() (Change, bool) {
		err = do()
		return c, err == nil
	})
	return err
}

// sync syncs something, and tells the watcher.
func (d Disk) sync(path string, shared bool, sync func() error) error {
	if d.watcher == nil {
		return sync()
	}
	synced := d.watcher.Syncing(path, shared)
	err := sync()
	if err == nil {
		synced()
	}
	return err
}

// Mkdir makes a folder that does not exist. A power loss may lose it.
func (d Disk) Mkdir(path string) error {
	return d.change(Change{Do: MadeFolder, Path: path}, func() error { return os.Mkdir(path, DirMode) })
}

// MkdirAll makes a folder, and those above it. A power loss may lose them.
func (d Disk) MkdirAll(path string) error {
	_, err := d.mkdirAll(path)
	return err
}

// mkdirAll returns the folders in which it made another one, too, from the top.
func (d Disk) mkdirAll(path string) (in []string, err error) {
	switch info, err := os.Stat(path); {
	case err == nil && info.IsDir():
		return nil, nil
	case err == nil:
		return nil, &fs.PathError{Op: "mkdir", Path: path, Err: errors.New("it is not a folder")}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	above := filepath.Dir(path)
	if above != path {
		if in, err = d.mkdirAll(above); err != nil {
			return nil, err
		}
	}
	switch err := d.Mkdir(path); {
	case errors.Is(err, fs.ErrExist): // another process has made it meanwhile
	case err != nil:
		return nil, err
	}
	return append(in, above), nil
}

// MakeFolder is MkdirAll of a folder that survives a power loss.
func (d Disk) MakeFolder(path string) error {
	in, err := d.mkdirAll(path)
	for _, dir := range in {
		err = errors.Join(err, d.SyncDir(dir))
	}
	return err
}

// Once makes a folder for several callers. Its zero value has made none.
type Once struct {
	mu     sync.Mutex
	synced bool
}

// Make makes the folder if it does not exist. Its name is on the disk when it returns, also if
// another caller has made the folder and has not synced it yet.
func (o *Once) Make(d Disk, path string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := d.MakeFolder(path); err != nil || o.synced {
		return err
	}
	err := d.SyncDir(filepath.Dir(path))
	o.synced = err == nil
	return err
}

// New writes a new file without syncing it. The error wraps fs.ErrExist if the name is taken.
func (d Disk) New(path string, data []byte) error {
	file, err := d.create(path, FileMode)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Close())
}

// Rename gives an entry another name.
func (d Disk) Rename(from, to string) error {
	return d.change(Change{Do: Renamed, Path: from, To: to}, func() error { return os.Rename(from, to) })
}

// Symlink makes a link.
func (d Disk) Symlink(target, path string) error {
	return d.change(Change{Do: MadeLink, Path: path, To: target}, func() error { return os.Symlink(target, path) })
}

// Remove removes an entry.
func (d Disk) Remove(path string) error {
	return d.change(Change{Do: Removed, Path: path}, func() error { return os.Remove(path) })
}

// RemoveAll removes an entry and all below it; it is no error that there is none.
func (d Disk) RemoveAll(path string) error {
	return d.change(Change{Do: Removed, Path: path}, func() error { return os.RemoveAll(path) })
}

// Truncate cuts a file off.
func (d Disk) Truncate(path string, size int64) error {
	return d.change(Change{Do: Cut, Path: path, Size: size}, func() error { return os.Truncate(path, size) })
}

// SyncDir makes the names in a folder durable, where a folder can be synced.
func (d Disk) SyncDir(path string) error {
	if !place.SyncsFolders(runtime.GOOS) {
		return nil
	}
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.sync(path, false, dir.Sync), dir.Close())
}

// syncFile makes the content of a file durable that was written before. It is opened for
// writing: AIX and Windows sync no other file.
func (d Disk) syncFile(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|place.NoFollow, 0)
	if err != nil {
		return err
	}
	return errors.Join(d.sync(path, false, file.Sync), file.Close())
}

// Open opens a file for reading and appending, and creates it if need be. A link of that name is
// an error.
func (d Disk) Open(path string) (*File, error) {
	if d.watcher != nil { // it is told of a new file
		if file, err := d.create(path, FileMode); err == nil {
			_ = file.Close()
		}
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_RDWR|place.NoFollow, FileMode)
	if err != nil {
		return nil, err
	}
	return &File{file, d}, nil
}

// create opens a new file for writing.
func (d Disk) create(path string, mode os.FileMode) (*File, error) {
	var file *os.File
	err := d.change(Change{Do: MadeFile, Path: path}, func() (err error) {
		file, err = os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &File{file, d}, nil
}

// File is a file of a disk that is open for writing at its end.
type File struct {
	file *os.File
	disk Disk
}

// Write implements io.Writer.
func (f *File) Write(data []byte) (n int, err error) {
	if f.disk.watcher == nil {
		return f.file.Write(data)
	}
	f.disk.watcher.Changing(func() (Change, bool) {
		n, err = f.file.Write(data)
		return Change{Do: Wrote, Path: f.file.Name(), Data: bytes.Clone(data[:n])}, n > 0
	})
	return n, err
}

// Size returns the length of the file, in bytes.
func (f *File) Size() (int64, error) {
	info, err := f.file.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Cut cuts the file off. Not every system can do that while it is open for appending:
// Disk.Truncate goes by name.
func (f *File) Cut(size int64) error {
	return f.disk.change(Change{Do: Cut, Path: f.file.Name(), Size: size}, func() error { return f.file.Truncate(size) })
}

// Sync makes the content durable. Its name may need Disk.SyncDir.
func (f *File) Sync() error { return f.disk.sync(f.file.Name(), false, f.file.Sync) }

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }
