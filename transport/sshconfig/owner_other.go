//go:build !unix

package sshconfig

import (
	"io/fs"
	"os/user"
)

// guarded: what a file says of who may write it is not looked at here.
func guarded(fs.FileInfo, user.User) bool { return true }
