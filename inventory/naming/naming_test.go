package naming

import (
	"strings"
	"testing"
)

func TestIsFile(t *testing.T) {
	for name, want := range map[string]bool{
		"aix1": true, "0": true, "a.b_c-d": true, "20261122T023000.000Z-3f9ac2": true, strings.Repeat("x", Max): true,
		"": false, ".": false, "..": false, ".x": false, "-x": false, "_x": false, "a/b": false, `a\b`: false, "a b": false,
		"a\n": false, "ä": false, "a:b": false, "a\x00": false, strings.Repeat("x", Max+1): false,
	} {
		if got := IsFile(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
		if err := CheckFile("host", name); (err == nil) != want {
			t.Errorf("%q: %v", name, err)
		}
	}
	if err := CheckFile("host", "../x"); err == nil || err.Error() != `host "../x" can't be a file name` {
		t.Error(err)
	}
}

func TestIsVariable(t *testing.T) {
	for name, want := range map[string]bool{"A": true, "_a1": true, "": false, "1a": false, "a-b": false, "a=b": false, "a\n": false} {
		if got := IsVariable(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}
