//go:build unix

package hostkeys

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aixmend/transport"
	"aixmend/transport/ownership"
)

// Whoever can write known_hosts can pose as every host, and is sent its passwords.
func TestFileOfOthers(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "known_hosts")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	target := transport.Target{Name: "aix1", Address: "10.0.0.1", KnownHosts: path}
	for at, mode := range map[string]os.FileMode{path: 0o666, folder: 0o777} {
		if _, err := new(KnownHosts).indexes(target); err != nil {
			t.Fatalf("before: %v", err)
		}
		if err := os.Chmod(at, mode); err != nil {
			t.Fatal(err)
		}
		_, err := new(KnownHosts).indexes(target)
		var fault *ownership.Fault
		if !errors.As(err, &fault) || !strings.HasPrefix(err.Error(), "known_hosts can't be used, so no key can be checked: ") || !strings.HasSuffix(err.Error(), "; chmod go-w "+at) {
			t.Errorf("%s open: %v", at, err)
		}
		if err := os.Chmod(at, mode&^0o022); err != nil {
			t.Fatal(err)
		}
	}
}
