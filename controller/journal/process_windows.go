package journal

import "path/filepath"

// folderMark tells a folder from its copies.
func folderMark(dir string) (string, error) { return filepath.Abs(dir) }
