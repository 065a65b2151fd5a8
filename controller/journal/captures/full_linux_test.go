package captures

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"aixmend/controller/outcome"
)

// A disk that gets full, of whatever size, leaves a whole capture or none of it, and the
// captures before are as they were.
func TestKeepOnAFullDisk(t *testing.T) {
	root := t.TempDir()
	if err := syscall.Mount("none", root, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("no disk that can be filled: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(root, syscall.MNT_DETACH) })
	f := In(root)
	before := keep(t, f, "c1")
	files := append(captured(), outcome.CaptureFile{Name: "files/big", Data: []byte(strings.Repeat("x", 40_000))})
	full, kept := 0, 0
	for room := 0; full == 0 || kept == 0; room += 4 << 10 {
		fill(t, root, room)
		id := fmt.Sprint("r", room)
		where, err := f.Keep(outcome.Capture{Schema: outcome.CaptureSchema, Host: "aixprd02", ID: id}, files)
		switch {
		case err == nil:
			kept++
			err = f.Check(where)
		case errors.Is(err, syscall.ENOSPC) && strings.Contains(err.Error(), root):
			full++
			err = nil
			if left, found := os.Lstat(filepath.Join(root, "captures", "aixprd02", id)); found == nil {
				err = fmt.Errorf("%s is left behind", left.Name())
			}
		}
		if err = errors.Join(err, f.Check(before)); err != nil {
			t.Errorf("with room for %d bytes: %v", room, err)
			return
		}
	}
	if full < 3 {
		t.Errorf("the disk was full %d times", full)
	}
}

// fill fills a disk but for some bytes.
func fill(t *testing.T, root string, room int) {
	t.Helper()
	path := filepath.Join(root, "ballast")
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	var of syscall.Statfs_t
	if err := syscall.Statfs(root, &of); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, make([]byte, max(0, int(of.Bavail)*int(of.Bsize)-room)), 0o600); err != nil {
		t.Fatal(err)
	}
}
