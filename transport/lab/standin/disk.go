//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"aixmend/transport/lab/aixsim"
)

// disk is the files of the real root.
type disk struct {
	effect func(format string, args ...any)
}

var _ aixsim.FS = disk{}

// did notes a change of the disk.
func (d disk) did(err error, format string, args ...any) error {
	if err == nil && d.effect != nil {
		d.effect(format, args...)
	}
	return err
}

func (d disk) Stat(name string) (fs.FileInfo, error) { return os.Stat(name) }

func (d disk) Lstat(name string) (fs.FileInfo, error) { return os.Lstat(name) }
func (d disk) Readlink(name string) (string, error)   { return os.Readlink(name) }

func (d disk) Symlink(target, name string) error {
	return d.did(os.Symlink(target, name), "link %s to %s", name, target)
}

func (d disk) ReadFile(name string) ([]byte, error) { return os.ReadFile(name) }
func (d disk) Remove(name string) error             { return d.did(os.Remove(name), "remove %s", name) }
func (d disk) RemoveAll(name string) error          { return d.did(os.RemoveAll(name), "remove %s", name) }

func (d disk) Rename(from, to string) error {
	return d.did(os.Rename(from, to), "rename %s %s", from, to)
}

func (d disk) WriteFile(name string, data []byte, perm fs.FileMode) error {
	return d.did(writeAtomic(name, data, perm), "write %s", name)
}

func (d disk) Mkdir(name string, perm fs.FileMode) error {
	return d.did(os.Mkdir(name, perm), "mkdir %s", name)
}

func (d disk) Chmod(name string, perm fs.FileMode) error {
	return d.did(os.Chmod(name, perm), "chmod %o %s", perm, name)
}

func (d disk) Chtimes(name string, t time.Time) error {
	return d.did(os.Chtimes(name, t, t), "touch %s", name)
}

func (d disk) ReadDir(name string) ([]fs.FileInfo, error) {
	entries, err := os.ReadDir(name)
	if err != nil {
		return nil, err
	}
	var list []fs.FileInfo
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			list = append(list, info)
		}
	}
	return list, nil
}

// writeAtomic replaces a file as a whole; an old one keeps its mode.
func writeAtomic(name string, data []byte, perm fs.FileMode) error {
	if info, err := os.Stat(name); err == nil {
		perm = info.Mode().Perm()
	}
	tmp, err := os.CreateTemp(filepath.Dir(name), ".aixsim-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Chmod(perm), tmp.Sync(), tmp.Close())
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), name)
}

func load(name string) (*aixsim.State, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	s := new(aixsim.State)
	if err := json.Unmarshal(data, s); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}

func save(name string, s *aixsim.State) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return writeAtomic(name, append(data, '\n'), 0o644)
}

// install makes root an AIX look-alike: the program itself, a link to it at
// every path of a command that the host has, the files of the state, and the
// state.
func install(root, statePath string) error {
	s, err := load(statePath)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	program, err := os.ReadFile(self)
	if err != nil {
		return err
	}
	if err := put(root, home+"/aixstandin", program, 0o755); err != nil {
		return err
	}
	for p, c := range standins() {
		if !s.Installed(p, c) {
			continue
		}
		if err := link(filepath.Join(root, p), home+"/aixstandin"); err != nil {
			return err
		}
	}
	if err := installBecome(root, s, program); err != nil {
		return err
	}
	for name, f := range s.ODMFiles() { // a class is a file, for whoever asks the disk
		if err := installFile(root, name, f); err != nil {
			return err
		}
	}
	for name, f := range s.Files {
		if err := installFile(root, name, f); err != nil {
			return err
		}
	}
	s.Files = nil // they are on the disk now
	if s.RMC.HeldSince.IsZero() {
		s.Settle(rootFS{root: root}, time.Now())
	}
	if err := os.MkdirAll(filepath.Join(root, home), 0o777); err != nil {
		return err
	}
	// The lock is there from the beginning: a user without rights can't make it.
	if err := put(root, home+"/state.json.lock", nil, 0o644); err != nil {
		return err
	}
	return save(filepath.Join(root, home, "state.json"), s)
}

func link(at, to string) error {
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		return err
	}
	if err := os.Remove(at); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Symlink(to, at)
}

func installFile(root, name string, f aixsim.File) error {
	if f.Dir {
		return os.MkdirAll(filepath.Join(root, name), 0o755)
	}
	mode := fs.FileMode(f.Mode)
	if mode == 0 {
		mode = 0o644
	}
	return put(root, name, []byte(f.Content), mode)
}

func put(root, name string, data []byte, mode fs.FileMode) error {
	full := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		return err
	}
	if err := writeAtomic(full, data, mode); err != nil {
		return err
	}
	return os.Chmod(full, mode)
}

// rootFS reads files below a root: enough to judge a state at installation.
type rootFS struct {
	disk
	root string
}

func (r rootFS) ReadFile(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(r.root, name))
}
