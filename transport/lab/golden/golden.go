// Package golden compares test output with golden files, which -update rewrites.
package golden

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write golden files")

// Updating reports whether -update was given.
func Updating() bool { return *update }

// Check compares got with the file at path, relative to the folder of the test. With
// -update it writes the file first, and its folder must exist.
func Check[T ~string | ~[]byte](t testing.TB, path string, got T) {
	t.Helper()
	if Updating() {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is out of date; make golden rewrites it (-want +got):\n%s", path, diff)
	}
}
