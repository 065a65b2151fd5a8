package hostkeys

import (
	"io/fs"
	"os"
)

// keepOwner does nothing: a file belongs to its writer.
func keepOwner(*os.File, fs.FileInfo) {}
