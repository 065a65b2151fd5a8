//go:build unix

package playbooks

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"aixmend/transport/ownership"
)

// The commands of a playbook run as root on every host: a file that others can change is
// printed, and not run.
func TestPlaybookOfOthers(t *testing.T) {
	text, err := os.ReadFile("testdata/good/small.yaml")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "small.yaml")
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	var fault *ownership.Fault
	if _, err := Load(path); !errors.As(err, &fault) {
		t.Errorf("loaded: %v", err)
	}
	if p, err := LoadToPrint(path); err != nil || p.Name != "small" {
		t.Errorf("to print: %v", err)
	}
}
