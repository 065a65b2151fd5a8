package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"aixmend/transport/ownership"
	"aixmend/transport/plain"
)

// Unreadable is the error for a folder that this user may not read.
type Unreadable struct{ Path string }

// Error implements error.
func (u *Unreadable) Error() string { return u.Path + " can't be read: permission denied" }

// Unwrap returns fs.ErrPermission.
func (*Unreadable) Unwrap() error { return fs.ErrPermission }

// Remedy is the way out.
func (u *Unreadable) Remedy() string {
	return fmt.Sprintf("run aixmend as the owner of %s, or name another folder with --state", u.Path)
}

// Damaged is the error for a file of the state folder that is missing, or does not hold what
// aixmend wrote.
type Damaged struct{ err error }

// Damage returns err, which names the file, as a *Damaged.
func Damage(err error) error { return &Damaged{err} }

// Error names the file, and the line where it is known.
func (d *Damaged) Error() string { return d.err.Error() }

// Unwrap returns the error of the file or of its contents.
func (d *Damaged) Unwrap() error { return d.err }

// Remedy is the way out.
func (*Damaged) Remedy() string {
	return "restore the file from a backup of the state folder, or name another run (aixmend runs lists all runs)"
}

// ReadFile reads a file of a state folder. The error is an *Unreadable where this user may
// not read it, else a *Damaged, which wraps fs.ErrNotExist where there is none.
func ReadFile(path string) ([]byte, error) {
	text, err := ownership.ReadFile(path, MaxBytes)
	switch {
	case err == nil:
		return text, nil
	case errors.Is(err, fs.ErrPermission):
		return nil, &Unreadable{path}
	}
	return nil, &Damaged{plain.Error(err)}
}

// ReadDir is os.ReadDir. The error is an *Unreadable where this user may not read the
// folder or one above it.
func ReadDir(path string) ([]os.DirEntry, error) {
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrPermission) {
		return nil, &Unreadable{path}
	}
	return entries, err
}
