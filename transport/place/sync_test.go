package place

import (
	"os"
	"runtime"
	"testing"
)

// Folders are synced wherever the system can, and nowhere else: there the error would end
// every run at its first file.
func TestSyncFolder(t *testing.T) {
	for goos, want := range map[string]bool{"linux": true, "darwin": true, "freebsd": true, "aix": false, "windows": false} {
		if got := SyncsFolders(goos); got != want {
			t.Errorf("%s: %v, want %v", goos, got, want)
		}
	}
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := SyncFolder(root); err != nil {
		t.Error(err)
	}
	if err := root.Close(); err != nil {
		t.Fatal(err)
	}
	if err := SyncFolder(root); (err != nil) != SyncsFolders(runtime.GOOS) {
		t.Errorf("a folder that is gone, here (%s): %v", runtime.GOOS, err)
	}
}
