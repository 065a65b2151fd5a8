// Package durable replaces files atomically and syncs them, so that they survive a power
// loss. Files are 0600 and folders 0700 unless a function says otherwise.
package durable

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"aixmend/transport/ownership"
	"aixmend/transport/place"
)

// Modes of everything below a state folder.
const (
	DirMode  = 0o700
	FileMode = 0o600
)

// Content writes the content of a file.
type Content func(io.Writer) error

// Bytes is the content that consists of some bytes.
func Bytes(data []byte) Content {
	return func(to io.Writer) error {
		_, err := to.Write(data)
		return err
	}
}

// JSON is a document on one line. It is written in one piece and without a copy.
func JSON(document any) Content {
	return func(to io.Writer) error { return json.NewEncoder(to).Encode(document) }
}

// Write is Disk.Write on the disk of the operating system.
func Write(path string, data []byte) error { return Disk{}.Write(path, data) }

// Write replaces a file and syncs it. The usual library for this does not build for
// Windows.
func (d Disk) Write(path string, data []byte) error { return d.WriteContent(path, Bytes(data)) }

// WriteContent is Write of content that need not be in memory.
func (d Disk) WriteContent(path string, write Content) error {
	if err := d.replace(path, true, write); err != nil {
		return err
	}
	return d.SyncDir(filepath.Dir(path))
}

// WriteUnsynced replaces a file without syncing it: readers always see a complete
// file, but a power loss may lose it.
func (d Disk) WriteUnsynced(path string, write Content) error { return d.replace(path, false, write) }

// WriteReport replaces a file that a person named and syncs it; a pipe or a device is
// written in place. A private new file has mode 0600, another one the mode that the umask
// allows; an existing file keeps its mode, if it is not another user's in a shared folder.
// Links of this user and of root are followed; those of others, and a file of another user
// that can't be replaced, are errors.
func WriteReport(path string, private bool, write Content) error {
	mode := os.FileMode(0o666) // before the umask
	if private {
		mode = FileMode
	}
	to, err := place.Find(path)
	if err != nil {
		return ownership.Late(err)
	}
	defer to.Close()
	if err := to.Check(); err != nil {
		return ownership.Late(err)
	}
	if !to.Replaces() {
		file, err := to.InPlace()
		if err != nil {
			return err
		}
		return errors.Join(buffered(file, write), file.Close())
	}
	return to.Replace(mode, func(file *os.File) error {
		if to.Mine() {
			if err := file.Chmod(to.Info.Mode().Perm()); err != nil {
				return err
			}
		}
		return buffered(file, write)
	})
}

// WriteNew writes a new private file and syncs it. The error wraps fs.ErrExist, and nothing
// changes, if the name is taken. Links count as with WriteReport.
func WriteNew(path string, write Content) error {
	to, err := place.Find(path)
	if err != nil {
		return ownership.Late(err)
	}
	defer to.Close()
	if err := to.Create(); err != nil { // from here on the name is ours
		return err
	}
	if err := to.Replace(FileMode, func(file *os.File) error { return buffered(file, write) }); err != nil {
		return errors.Join(err, to.Remove())
	}
	return nil
}

// buffered writes content in large pieces.
func buffered(to io.Writer, write Content) error {
	pieces := bufio.NewWriterSize(to, 1<<16)
	return errors.Join(write(pieces), pieces.Flush())
}

// replace writes a temporary file in the same folder and renames it.
func (d Disk) replace(path string, sync bool, write Content) error {
	temporary := filepath.Join(filepath.Dir(path), ".tmp-"+rand.Text())
	file, err := d.create(temporary, FileMode)
	if err != nil {
		return err
	}
	err = write(file)
	if err == nil && sync {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = d.Rename(temporary, path)
	}
	if err != nil {
		_ = d.Remove(temporary)
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// NewLock returns the lock of a file, which locking creates. A link of that name is an
// error.
func NewLock(path string) *flock.Flock {
	return flock.New(path, flock.SetFlag(os.O_CREATE|place.LockFlag()), flock.SetPermissions(FileMode))
}

// Append appends a line to a file of lines and syncs it. If a crash left half a line
// at the end, that is cut off first.
func (d Disk) Append(path string, line []byte) (err error) {
	file, err := d.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	end, err := file.Size()
	if err != nil {
		return err
	}
	last := []byte{'\n'}
	if end > 0 {
		if _, err := file.file.ReadAt(last, end-1); err != nil {
			return err
		}
	}
	if last[0] != '\n' {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := d.Truncate(path, int64(bytes.LastIndexByte(text, '\n')+1)); err != nil {
			return err
		}
	}
	if _, err := file.Write(line); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	return d.SyncDir(filepath.Dir(path))
}

// SyncDir is Disk.SyncDir on the disk of the operating system.
func SyncDir(path string) error { return Disk{}.SyncDir(path) }
