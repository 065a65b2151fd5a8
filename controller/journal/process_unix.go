//go:build !windows

package journal

import (
	"fmt"
	"os"
	"syscall"
)

// folderMark returns a text that differs between a folder and its copies.
func folderMark(dir string) (string, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return "", err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "", fmt.Errorf("%s has no inode", dir)
	}
	return fmt.Sprint(stat.Dev, " ", stat.Ino), nil
}
