//go:build unix

package ownership

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Nothing that lies at a name makes a reader wait or fill the memory.
func TestReadFile(t *testing.T) {
	top := tree(t, "folder/", "short", "long", "zero -> /dev/zero", "alias -> short")
	if err := os.Truncate(filepath.Join(top, "long"), 1<<40); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(top, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(top, "short"), []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"short": "", "alias": "",
		"folder": "is a folder, not a file", "pipe": "is a pipe or a device, not a file",
		"zero": "is a pipe or a device, not a file", "long": "is longer than 1 MiB", "none": "no such file",
	} {
		text, err := ReadFile(filepath.Join(top, name), 1<<20)
		if want == "" && (err != nil || string(text) != "text") || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %q, %v; want %q", name, text, err, want)
		}
	}
}
