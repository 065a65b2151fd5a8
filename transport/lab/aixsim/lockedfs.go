package aixsim

import (
	"io/fs"
	"time"
)

// lockedFS reaches the files of a host one operation at a time: for commands
// that must not hold the lock while they read or run others.
type lockedFS struct {
	h *Host
	e *Env
}

func (l lockedFS) with(f func(FS) error) (err error) {
	l.h.step(l.e, func(e *Env) {
		known := len(e.effects)
		err = f(l.h.files(e))
		l.h.s.Effects = append(l.h.s.Effects, e.effects[known:]...)
	})
	return err
}

func (l lockedFS) Stat(name string) (info fs.FileInfo, err error) {
	l.h.mu.Lock()
	defer l.h.mu.Unlock()
	return l.h.files(nil).Stat(name)
}

func (l lockedFS) Lstat(name string) (info fs.FileInfo, err error) {
	l.h.mu.Lock()
	defer l.h.mu.Unlock()
	return l.h.files(nil).Lstat(name)
}

func (l lockedFS) Readlink(name string) (string, error) {
	l.h.mu.Lock()
	defer l.h.mu.Unlock()
	return l.h.files(nil).Readlink(name)
}

func (l lockedFS) Symlink(target, name string) error {
	return l.with(func(f FS) error { return f.Symlink(target, name) })
}

func (l lockedFS) ReadFile(name string) ([]byte, error) {
	l.h.mu.Lock()
	defer l.h.mu.Unlock()
	return l.h.files(nil).ReadFile(name)
}

func (l lockedFS) ReadDir(name string) ([]fs.FileInfo, error) {
	l.h.mu.Lock()
	defer l.h.mu.Unlock()
	return l.h.files(nil).ReadDir(name)
}

func (l lockedFS) WriteFile(name string, data []byte, perm fs.FileMode) error {
	return l.with(func(f FS) error { return f.WriteFile(name, data, perm) })
}

func (l lockedFS) Remove(name string) error {
	return l.with(func(f FS) error { return f.Remove(name) })
}

func (l lockedFS) RemoveAll(name string) error {
	return l.with(func(f FS) error { return f.RemoveAll(name) })
}

func (l lockedFS) Rename(from, to string) error {
	return l.with(func(f FS) error { return f.Rename(from, to) })
}

func (l lockedFS) Mkdir(name string, perm fs.FileMode) error {
	return l.with(func(f FS) error { return f.Mkdir(name, perm) })
}

func (l lockedFS) Chmod(name string, perm fs.FileMode) error {
	return l.with(func(f FS) error { return f.Chmod(name, perm) })
}

func (l lockedFS) Chtimes(name string, t time.Time) error {
	return l.with(func(f FS) error { return f.Chtimes(name, t) })
}
