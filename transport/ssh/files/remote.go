package files

import (
	"io"
	"io/fs"
)

// partSuffix ends the name of a file that is not complete yet.
const partSuffix = ".part"

// remote is the host's side of a transfer, over SFTP or over commands. Its errors
// are failures, or those of a connection that broke.
type remote interface {
	// stat returns the size of a plain file and the time of its last change.
	stat(name string) (stamp, error)
	// read copies size bytes of a file from an offset on; more is an error.
	read(name string, from, size int64, into io.Writer) error
	// part prepares a file for append and returns its size. A file that does not
	// belong to the login alone is replaced by an empty one; fresh replaces any.
	part(name string, fresh bool) (int64, error)
	// append writes size bytes to the end of the part, which is at offset, and
	// closes it.
	append(name string, offset, size int64, from io.Reader) error
	// finish sets the mode of a part and renames it in one step.
	finish(part, name string, mode fs.FileMode) error
	remove(name string) error
	// rest runs slow work of this machine, during which the host has nothing to do.
	rest(f func() error) error
	via() string
	close()
}

// stamp tells a file's versions apart.
type stamp struct {
	size    int64
	changed string // the time of the last change; comparable within one remote only
}
