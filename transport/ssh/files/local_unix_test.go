//go:build unix

package files

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// A link in the place of a part, or of the record of its source, is not followed.
func TestPartFollowsNoLink(t *testing.T) {
	for _, suffix := range []string{partSuffix, partSuffix + originSuffix} {
		dir := t.TempDir()
		to, victim := filepath.Join(dir, "snap.pax"), filepath.Join(dir, "victim")
		if err := errors.Join(os.WriteFile(victim, []byte("precious"), 0o600), os.Symlink(victim, to+suffix)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := openPart(t.Context(), to, source{host: "aix1", name: "/tmp/snap.pax"}); err == nil {
			t.Errorf("%s: opened", suffix)
		}
		if text, err := os.ReadFile(victim); err != nil || string(text) != "precious" {
			t.Errorf("%s: the victim has %q, %v", suffix, text, err)
		}
	}
}
