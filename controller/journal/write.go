package journal

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// writeWhole writes a file that is complete at any moment it can be seen. It
// is not safe from a power loss yet.
func writeWhole(path string, data []byte) error {
	return writeFile(path, fileMode, false, bytesOf(data))
}

// content writes what a file is to hold.
type content func(io.Writer) error

func bytesOf(data []byte) content {
	return func(to io.Writer) error {
		_, err := to.Write(data)
		return err
	}
}

// jsonOf is a document on one line, written in one piece and without a copy.
func jsonOf(document any) content {
	return func(to io.Writer) error { return json.NewEncoder(to).Encode(document) }
}

// writeSynced writes a file whole or not at all, and safe from a power loss.
// The usual library for it does not build for Windows.
func writeSynced(path string, data []byte) error {
	return writeContent(path, bytesOf(data))
}

func writeContent(path string, write content) error {
	if err := writeFile(path, fileMode, true, write); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// WriteFile writes a file outside the state folder whole or not at all, with mode
// 0600, and safe from a power loss.
func WriteFile(path string, data []byte) error { return writeSynced(path, data) }

// WriteReport writes a report outside the state folder whole or not at all. A
// private one only its owner may read, another whoever the umask lets; a file that
// is there keeps its mode.
func WriteReport(path string, private bool, write func(io.Writer) error) error {
	mode := os.FileMode(0o666) // without the umask
	if private {
		mode = fileMode
	}
	kept, err := os.Stat(path)
	there := err == nil
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // what the link points to is meant
	}
	if err := writeFile(path, mode, true, func(to io.Writer) error {
		if file, ok := to.(*os.File); ok && there {
			if err := file.Chmod(kept.Mode().Perm()); err != nil {
				return err
			}
		}
		buffered := bufio.NewWriterSize(to, 1<<16)
		return errors.Join(write(buffered), buffered.Flush())
	}); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// writeFile writes a file beside its place and moves it there.
func writeFile(path string, mode os.FileMode, sync bool, write content) error {
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

// syncDir makes the names in a folder durable.
func syncDir(path string) error {
	if !dirsSync {
		return nil
	}
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
