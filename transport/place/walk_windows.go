package place

import (
	"io/fs"
	"os"
	"path/filepath"
)

// NoFollow is no flag here: links belong to nobody.
const NoFollow = 0

// walk goes to one place.
type walk struct {
	asked   string
	creates bool // missing folders
	folder  bool // the last name, too, is a folder
}

// find follows all links, and holds the folder open.
func find(w *walk) (*Place, error) {
	path := w.asked
	folder := filepath.Dir(path)
	if w.folder {
		folder = path
	}
	if w.creates {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
	}
	if w.folder {
		held, err := os.OpenRoot(folder)
		return &Place{Path: path, folder: held}, err
	}
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return &Place{Path: path, Info: info}, nil // NUL, CON
	}
	if err != nil {
		info = nil
	} else if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	held, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	return &Place{Path: path, Info: info, folder: held, name: filepath.Base(path)}, nil
}

func replaceable(fs.FileInfo) bool { return true }

func sameOwner(_, _ fs.FileInfo) bool { return true }
