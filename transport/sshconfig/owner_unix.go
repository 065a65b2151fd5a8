//go:build unix

package sshconfig

import (
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// guarded reports whether nobody but this user and root can write a file. A group
// that is the user's own may, as Debian's ssh has it: with its umask, files are
// made so.
func guarded(info fs.FileInfo, login user.User) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || stat.Uid != 0 && int(stat.Uid) != os.Getuid() || info.Mode().Perm()&0o002 != 0 {
		return false
	}
	if info.Mode().Perm()&0o020 == 0 {
		return true
	}
	gid := strconv.FormatUint(uint64(stat.Gid), 10)
	group, err := user.LookupGroupId(gid)
	return err == nil && gid == login.Gid && group.Name == login.Username
}
