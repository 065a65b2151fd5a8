package place

import (
	"errors"
	"os"
	"runtime"
)

// SyncsFolders reports whether an operating system, by its GOOS, can sync a folder. On Windows a
// folder can't be opened for it. On AIX fsync fails with EBADF for a descriptor that is not open
// for writing, which that of a folder never is (documented for fsync; seen in public with xz,
// issue 188, and with Node); there the log of the file system keeps the order of the names.
func SyncsFolders(goos string) bool { return goos != "windows" && goos != "aix" }

// SyncFolder makes the names in a folder durable, where a folder can be synced.
func SyncFolder(folder *os.Root) error {
	if !SyncsFolders(runtime.GOOS) {
		return nil
	}
	dir, err := folder.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
