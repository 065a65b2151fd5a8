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
	"runtime"

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

// Write replaces a file and syncs it. The usual library for this does not build for
// Windows.
func Write(path string, data []byte) error { return WriteContent(path, Bytes(data)) }

// WriteContent is Write of content that need not be in memory.
func WriteContent(path string, write Content) error {
	if err := replace(path, FileMode, true, write); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}

// WriteUnsynced replaces a file without syncing it: readers always see a complete
// file, but a power loss may lose it.
func WriteUnsynced(path string, write Content) error { return replace(path, FileMode, false, write) }

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
func replace(path string, mode os.FileMode, sync bool, write Content) error {
	file, err := os.OpenFile(filepath.Join(filepath.Dir(path), ".tmp-"+rand.Text()), os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
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
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// Open opens a file for writing, and creates it if need be. A link of that name is an error.
func Open(path string, flag int) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|place.NoFollow|flag, FileMode)
}

// NewLock returns the lock of a file, which locking creates. A link of that name is an
// error.
func NewLock(path string) *flock.Flock {
	return flock.New(path, flock.SetFlag(os.O_CREATE|place.LockFlag()), flock.SetPermissions(FileMode))
}

// Append appends a line to a file of lines and syncs it. If a crash left half a line
// at the end, that is cut off first.
func Append(path string, line []byte) (err error) {
	file, err := Open(path, os.O_RDWR)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	end, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	last := []byte{'\n'}
	if end > 0 {
		if _, err := file.ReadAt(last, end-1); err != nil {
			return err
		}
	}
	if last[0] != '\n' {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		end = int64(bytes.LastIndexByte(text, '\n') + 1)
		if err := file.Truncate(end); err != nil {
			return err
		}
	}
	if _, err := file.WriteAt(line, end); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}

// SyncDir makes the names in a folder durable, where a folder can be synced.
func SyncDir(path string) error {
	if !place.SyncsFolders(runtime.GOOS) {
		return nil
	}
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
