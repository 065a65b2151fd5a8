package durable

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// wholeFileSystem returns the file system of a folder, nil where syncfs may not report all that
// failed to reach the disk.
//
// syncfs is like fsync of every file and folder of a file system. Before Linux 5.8 it failed for
// a bad descriptor alone. Since then it fails, too, if anything could not be written back since
// the last syncfs through the same descriptor, or since that was opened (syncfs(2)); so one is
// opened before the first write, and kept. Before Linux 5.17 it passed over the errors of the
// file system's own log (commit 5679897eb104). One whose log has failed refuses every later sync,
// so there the folder is synced as well.
//
// This holds for ext2 to ext4, XFS and btrfs, which write back to a disk. An overlay or a network
// file system keeps such errors elsewhere.
func wholeFileSystem(folder string) *fileSystem {
	var system unix.Utsname
	if err := unix.Uname(&system); err != nil {
		return nil
	}
	all, log := reports(unix.ByteSliceToString(system.Release[:]))
	if !all {
		return nil
	}
	dir, err := os.OpenFile(folder, os.O_RDONLY|syscall.O_DIRECTORY, 0)
	if err != nil {
		return nil // then nothing can be written, either
	}
	fd := int(dir.Fd())
	var of unix.Statfs_t
	var at unix.Stat_t
	if err := errors.Join(unix.Fstatfs(fd, &of), unix.Fstat(fd, &at)); err != nil || !slices.Contains(written, int64(of.Type)) {
		_ = dir.Close()
		return nil
	}
	return &fileSystem{
		has: func(path string) bool {
			var stat unix.Stat_t
			return unix.Stat(path, &stat) == nil && stat.Dev == at.Dev
		},
		sync: func() error {
			if err := unix.Syncfs(int(dir.Fd())); err != nil {
				return os.NewSyscallError("syncfs", err)
			}
			if !log {
				return dir.Sync()
			}
			return nil
		},
	}
}

// written are the types of the file systems that write back to a disk of this machine. Nothing
// is lost of a tmpfs that a sync could save.
var written = []int64{unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.TMPFS_MAGIC}

// reports reports whether syncfs of a release of Linux returns all errors of files, and also
// those of the log of the file system.
func reports(release string) (all, log bool) {
	var major, minor int
	if _, err := fmt.Sscanf(release, "%d.%d", &major, &minor); err != nil {
		return false, false
	}
	since := func(m, n int) bool { return major > m || major == m && minor >= n }
	return since(5, 8), since(5, 17)
}
