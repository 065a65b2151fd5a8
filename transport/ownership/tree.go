package ownership

import (
	"io/fs"
	"os"
	"path/filepath"
)

// Tree is Check of a folder and of everything below it. The targets of links below it
// are checked too, but not entered.
func Tree(folder string) error {
	if err := Check(folder); err != nil {
		return err
	}
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.Type()&fs.ModeSymlink != 0:
			return Check(path)
		}
		info, err := entry.Info()
		if os.IsNotExist(err) {
			return nil // removed meanwhile
		}
		if err != nil {
			return err
		}
		return File(path, info)
	})
}
