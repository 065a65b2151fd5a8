package journal

import (
	"fmt"
	"os"
	"path/filepath"
)

// writeWhole writes a file that is complete at any moment it can be seen. It
// is not safe from a power loss yet.
func writeWhole(path string, data []byte) error { return writeFile(path, data, false) }

// writeSynced writes a file whole or not at all, and safe from a power loss.
// The usual library for it does not build for Windows.
func writeSynced(path string, data []byte) error {
	if err := writeFile(path, data, true); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// WriteFile writes a file outside the state folder whole or not at all, with mode
// 0600, and safe from a power loss.
func WriteFile(path string, data []byte) error { return writeSynced(path, data) }

// writeFile writes a file beside its place and moves it there.
func writeFile(path string, data []byte, sync bool) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".tmp-") // 0600
	if err != nil {
		return err
	}
	_, err = file.Write(data)
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
