package journal

import "path/filepath"

// folderMark returns a text that differs between a folder and its copies.
func folderMark(dir string) (string, error) { return filepath.Abs(dir) }
