//go:build unix

package secrets

import (
	"os"
	"path/filepath"
	"testing"

	"aixmend/inventory"
)

// Whoever can change what prints a password, or a folder above it, runs programs as this
// user.
func TestSourcesOfOthers(t *testing.T) {
	const open = "is writable by everybody (mode 0777)"
	for name, c := range map[string]struct {
		open   string
		source inventory.PasswordSource
	}{
		"the program":         {"get.sh", inventory.PasswordSource{Exec: []string{"./get.sh"}}},
		"its folder":          {".", inventory.PasswordSource{Exec: []string{"./get.sh"}}},
		"a script":            {"get.sh", inventory.PasswordSource{Exec: []string{"sh", "get.sh"}}},
		"the folder of files": {".", inventory.PasswordSource{File: "password"}},
		"of an age file":      {".", inventory.PasswordSource{Age: "password"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range map[string]string{"get.sh": "#!/bin/sh\necho hunter2\n", "password": "hunter2"} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Chmod(filepath.Join(dir, "get.sh"), 0o700); err != nil {
				t.Fatal(err)
			}
			from := c.source
			for _, path := range []*string{&from.File, &from.Age} {
				if *path != "" {
					*path = filepath.Join(dir, *path)
				}
			}
			if from.Age == "" { // it is not encrypted
				wantSecret(t, New(nil, dir), source(from), "hunter2", "")
			}
			if err := os.Chmod(filepath.Join(dir, c.open), 0o777); err != nil {
				t.Fatal(err)
			}
			wantSecret(t, New(nil, dir), source(from), "", open)
			wantSecret(t, New(nil, dir), source(from), "", "; chmod go-w "+filepath.Join(dir, c.open))
		})
	}
}
