package journal

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// writeWhole writes a file that is complete at any moment it can be seen. It
// is not safe from a power loss yet.
func writeWhole(path string, data []byte) error { return writeFile(path, bytesOf(data), false) }

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
	if err := writeFile(path, write, true); err != nil {
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
	mode := os.FileMode(fileMode)
	if !private {
		mode = openMode(filepath.Dir(path))
	}
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	if there, err := filepath.EvalSymlinks(path); err == nil {
		path = there // what the link points to is meant
	}
	err := writeFile(path, func(to io.Writer) error {
		buffered := bufio.NewWriterSize(to, 1<<16)
		if err := write(buffered); err != nil {
			return err
		}
		if err := buffered.Flush(); err != nil {
			return err
		}
		if file, ok := to.(*os.File); ok {
			return file.Chmod(mode)
		}
		return nil
	}, true)
	if err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// openMode is the mode of a file that is simply made in a folder: 0666 without the
// umask, which can't be asked for without being set.
func openMode(folder string) os.FileMode {
	probe := filepath.Join(folder, ".tmp-mode-"+rand.Text())
	file, err := os.OpenFile(probe, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return fileMode
	}
	defer os.Remove(probe)
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fileMode
	}
	return info.Mode().Perm()
}

// writeFile writes a file beside its place and moves it there.
func writeFile(path string, write content, sync bool) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".tmp-") // 0600
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
