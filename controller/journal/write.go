package journal

import (
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
