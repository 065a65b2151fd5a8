package journal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A run is named by its id, or by a short form that fits one run only.
func TestNamed(t *testing.T) {
	store, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	const a, b, c = "20260104T000000.000Z-00000a", "20260104T000000.000Z-0000bb", "20260203T101112.000Z-cafe01"
	for _, id := range []string{a, b, c, "cafe", "20260203-old"} { // folders that a person made count as they are
		if err := os.MkdirAll(filepath.Join(store.Root(), "runs", id), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct{ ref, want, fault string }{
		{a, a, ""},
		{"cafe", "cafe", ""}, // an id wins
		{"cafe0", c, ""},
		{"cafe01", c, ""},
		{"20260203T", c, ""},
		{"0000b", b, ""},
		{"0000", "", "run 0000 is ambiguous: " + b + ", " + a},
		{"20260104", "", "is ambiguous: " + b + ", " + a},
		{"caf", "", "there is no run caf"}, // too short
		{"00000a0", "", "there is no run 00000a0"},
		{"", "", "run"},
		{"latest", "", "there is no finished run"},
		{"../" + a, "", "run"},
		{"20260104T000000.000Z-00000A", "", "there is no run"},
	} {
		got, err := store.Named(test.ref)
		if got != test.want || (err == nil) != (test.fault == "") || err != nil && !strings.Contains(err.Error(), test.fault) {
			t.Errorf("%q: %q, %v", test.ref, got, err)
		}
	}
	for _, id := range []string{"20260301T000000.000Z-1", "20260301T000000.000Z-2", "20260301T000000.000Z-3", "20260301T000000.000Z-4", "20260301T000000.000Z-5", "20260301T000000.000Z-6", "20260301T000000.000Z-7"} {
		if err := os.MkdirAll(filepath.Join(store.Root(), "runs", id), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := store.Named("20260301"); err == nil || !strings.HasSuffix(err.Error(), "20260301T000000.000Z-3 and 2 more") {
		t.Errorf("many candidates: %v", err)
	}
}
