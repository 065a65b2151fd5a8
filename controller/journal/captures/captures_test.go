package captures

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"aixmend/controller/journal/durable"
	"aixmend/controller/outcome"
)

// folder returns the captures of an empty state folder, and its path.
func folder(t *testing.T) (Folder, string) {
	t.Helper()
	root := t.TempDir()
	return In(root), root
}

// captured are the files of a capture.
func captured() []outcome.CaptureFile {
	return []outcome.CaptureFile{
		{Name: "probes/empty"},
		{Name: "files/etc/hosts", Data: []byte("127.0.0.1 loopback\n\x00\xff")},
		{Name: "files/etc/it's a name", Data: []byte("x")},
	}
}

func keep(t *testing.T, s Folder, id string) string {
	t.Helper()
	where, err := s.Keep(outcome.Capture{Schema: outcome.CaptureSchema, Host: "aixprd01", ID: id, Purpose: outcome.PurposePreImage}, captured())
	if err != nil {
		t.Fatal(err)
	}
	if where != "captures/aixprd01/"+id {
		t.Errorf("kept at %s", where)
	}
	return where
}

// sha256sum -c verifies a capture.
func TestKeepWritesManifest(t *testing.T) {
	s, root := folder(t)
	where := keep(t, s, "c1")
	dir := filepath.Join(root, filepath.FromSlash(where))
	for _, f := range captured() {
		if data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(f.Name))); err != nil || string(data) != string(f.Data) {
			t.Errorf("%s: %q, %v", f.Name, data, err)
		}
	}
	var c outcome.Capture
	if err := durable.ReadJSON(filepath.Join(dir, "capture.json"), &c); err != nil || c.ID != "c1" || c.Purpose != "pre-image" {
		t.Errorf("capture.json: %+v, %v", c, err)
	}
	if _, err := s.Keep(outcome.Capture{Host: "aixprd01", ID: "c1"}, nil); err == nil {
		t.Error("an existing capture was overwritten")
	}
	if err := s.Check(where); err != nil {
		t.Errorf("the first capture: %v", err)
	}
	tool, err := exec.LookPath("sha256sum")
	if err != nil {
		t.Skip("sha256sum (coreutils) is not installed")
	}
	command := exec.Command(tool, "-c", "--strict", "manifest.sha256")
	command.Dir = dir
	out, err := command.CombinedOutput()
	if err != nil || strings.Count(string(out), ": OK") != 4 {
		t.Errorf("%v: %s", err, out)
	}
}

func TestKeepRefusesUnsafeNames(t *testing.T) {
	for i, name := range []string{"../x", "/etc/passwd", "a/../../x", "", "a\nb", `a\b`, "capture.json", "manifest.sha256", "files/etc/hosts"} {
		s, root := folder(t)
		id := fmt.Sprint("c", i)
		where, err := s.Keep(outcome.Capture{Host: "a", ID: id}, append(captured(), outcome.CaptureFile{Name: name, Data: []byte("hostile")}))
		if err == nil {
			t.Errorf("%q was kept at %s", name, where)
		}
		if err := s.Check("captures/a/" + id); err == nil {
			t.Errorf("%q: the partial capture is accepted", name)
		}
		for _, path := range []string{filepath.Join(root, "captures", "a", "x"), filepath.Join(root, "captures", "x")} {
			if _, err := os.Lstat(path); err == nil {
				t.Errorf("%q left the folder", name)
			}
		}
	}
}

// Check finds every kind of damage.
func TestCheckFindsDamage(t *testing.T) {
	manifestOf := func(edit func(string) string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			path := filepath.Join(dir, manifest)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if edited := edit(string(text)); edited != string(text) {
				write(t, path, edited)
				return
			}
			t.Fatal("the manifest was not changed")
		}
	}
	lines := func(keep func([]string) []string) func(*testing.T, string) {
		return manifestOf(func(s string) string { return strings.Join(keep(strings.SplitAfter(s, "\n")), "") })
	}
	for _, c := range []struct {
		name   string
		damage func(*testing.T, string)
		want   string
	}{
		{"changed byte", func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "files/etc/hosts"), "127.0.0.2 loopback\n\x00\xff")
		}, "files/etc/hosts has changed since it was written"},
		{"longer", func(t *testing.T, dir string) { write(t, filepath.Join(dir, "probes/empty"), "\n") }, "probes/empty has changed since it was written"},
		{"missing file", func(t *testing.T, dir string) { remove(t, filepath.Join(dir, "files/etc/hosts")) }, "does not exist"},
		{"extra file", func(t *testing.T, dir string) { write(t, filepath.Join(dir, "files/etc/shadow"), "") }, "files/etc/shadow is not in its manifest"},
		{"extra link", func(t *testing.T, dir string) {
			if err := os.Symlink("hosts", filepath.Join(dir, "files/etc/link")); err != nil {
				t.Skip("symbolic links are not supported here: ", err)
			}
		}, "files/etc/link is not in its manifest"},
		{"no manifest", func(t *testing.T, dir string) { remove(t, filepath.Join(dir, manifest)) }, "has no manifest"},
		{"empty manifest", manifestOf(func(string) string { return "" }), "manifest.sha256: it does not list capture.json"},
		{"manifest cut at a line", lines(func(l []string) []string { return l[:2] }), "is not in its manifest"},
		{"manifest cut before capture.json", lines(func(l []string) []string { return l[1:] }), "manifest.sha256: it does not list capture.json"},
		{"manifest cut in a name", manifestOf(func(s string) string { return s[:len(s)-3] }), "it breaks off"},
		{"manifest cut in a hash", manifestOf(func(s string) string { return s[:strings.Index(s, "\n")+30] }), "it breaks off"},
		{"manifest escapes", manifestOf(func(s string) string { return strings.Replace(s, "probes/empty", "../../../x", 1) }), "is not a hash and a file name"},
		{"manifest names the root", manifestOf(func(s string) string { return strings.Replace(s, "probes/empty", "/etc/passwd", 1) }), "is not a hash and a file name"},
		{"other hash", manifestOf(func(s string) string { return strings.Repeat("0", 64) + s[64:] }), "has changed since it was written"},
		{"capture.json changed", func(t *testing.T, dir string) { write(t, filepath.Join(dir, "capture.json"), "{}") }, "capture.json has changed since it was written"},
		{"gone", func(t *testing.T, dir string) {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
		}, "has no manifest"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, root := folder(t)
			where := keep(t, s, "c1")
			c.damage(t, filepath.Join(root, filepath.FromSlash(where)))
			err := s.Check(where)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), where) {
				t.Errorf("%v, want %q and %s", err, c.want, where)
			}
		})
	}
	s, _ := folder(t)
	for _, where := range []string{"", "..", "../x", "/etc", "captures/../../x"} {
		if s.Check(where) == nil {
			t.Errorf("%q is accepted", where)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}
