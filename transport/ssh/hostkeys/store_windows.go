package hostkeys

import (
	"io/fs"
	"os"
)

// keepOwner does nothing: a file belongs to its writer.
func keepOwner(*os.File, fs.FileInfo) {}

// syncFolder does nothing: folders can't be synced.
func syncFolder(string) error { return nil }
