package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
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

// ReadDir is os.ReadDir. The error is an *Unreadable where this user may not read the
// folder or one above it.
func ReadDir(path string) ([]os.DirEntry, error) {
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrPermission) {
		return nil, &Unreadable{path}
	}
	return entries, err
}
