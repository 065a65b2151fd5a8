package journal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Processes of one run share the first part of their names, also after the folder was
// renamed; a process in a copy of the folder does not.
func TestProcessNameFollowsFolder(t *testing.T) {
	name := func(root string) (folder, word string) {
		store, err := Open(root)
		if err != nil {
			t.Fatal(err)
		}
		run, err := store.NewRun("r1")
		if err != nil {
			t.Fatal(err)
		}
		defer run.Close()
		process, err := run.Process()
		if err != nil {
			t.Fatal(err)
		}
		folder, word, _ = strings.Cut(process, ".")
		return folder, word
	}
	dir := t.TempDir()
	state, moved, copied := filepath.Join(dir, "state"), filepath.Join(dir, "moved"), filepath.Join(dir, "copied")
	folder, first := name(state)
	again, second := name(state)
	if folder == "" || folder != again || first == "" || first == second {
		t.Errorf("%s.%s, then %s.%s", folder, first, again, second)
	}
	if err := os.CopyFS(copied, os.DirFS(state)); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(state, moved); err != nil {
		t.Fatal(err)
	}
	if other, _ := name(copied); other == folder {
		t.Error("a copy has the name of the original")
	}
	if now, _ := name(moved); now != folder {
		t.Error("a folder that was moved has another name")
	}
}
