//go:build unix

package ownership

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestProgram(t *testing.T) {
	top := tree(t, "run", "bad", "open/", "open/inner", "shared/", "link -> bad")
	for path, mode := range map[string]os.FileMode{"bad": 0o777, "open": 0o777, "shared": 0o777 | os.ModeSticky} {
		if err := os.Chmod(filepath.Join(top, path), mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		argv   []string
		folder string
		at     string // "" for no fault
	}{
		{[]string{top + "/run", "--list"}, "", ""},
		{[]string{top + "/bad"}, "", top + "/bad"},
		{[]string{top + "/open/inner"}, "", top + "/open"},
		{[]string{"sh", top + "/bad"}, "", top + "/bad"},
		{[]string{"sh", top + "/link"}, "", top + "/bad"},
		{[]string{"./bad"}, top, top + "/bad"},
		{[]string{"sh", "bad"}, top, top + "/bad"},
		{[]string{"list", "-i", "open"}, top, top + "/open"},
		{[]string{"list", "--inventory=open/inner"}, top, top + "/open"},
		{[]string{"list", "--inventory=run", "a=bad"}, top, ""},
		{[]string{"bad"}, top, ""}, // of the PATH
		{[]string{"list", "shared", "", "none", os.DevNull}, top, ""},
		{[]string{"./none"}, top, ""},
		{nil, top, ""},
	} {
		var f *Fault
		err := Program(c.argv, c.folder)
		switch {
		case err != nil && !errors.As(err, &f):
			t.Errorf("%q: %v", c.argv, err)
		case f == nil && c.at != "", f != nil && c.at == "":
			t.Errorf("%q: %v", c.argv, err)
		case f != nil:
			if filepath.Clean(f.At) != c.at {
				t.Errorf("%q: %v, want %s", c.argv, err, c.at)
			}
		}
	}
}

func TestTree(t *testing.T) {
	for _, c := range []struct{ open, at string }{
		{"", ""}, {"d/e/f", "d/e/f"}, {"d/e", "d/e"}, {"d", "d"}, {".", "."}, {"other", "other"}, {"beside", ""},
	} {
		top := tree(t, "d/", "d/e/", "d/e/f", "d/link -> TOP/other", "other", "beside", "d/none -> nowhere")
		if c.open != "" {
			if err := os.Chmod(filepath.Join(top, c.open), 0o777); err != nil {
				t.Fatal(err)
			}
		}
		var f *Fault
		if err := Tree(filepath.Join(top, "d")); err != nil && !errors.As(err, &f) {
			t.Errorf("%s: %v", c.open, err)
		}
		if f == nil && c.at != "" || f != nil && f.At != filepath.Join(top, c.at) {
			t.Errorf("%s open: %v", c.open, f)
		}
	}
	if Tree(filepath.Join(t.TempDir(), "none")) == nil {
		t.Error("a folder that is not there")
	}
}
