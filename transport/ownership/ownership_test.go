//go:build unix

package ownership

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// stranger is a user that neither runs the tests nor is root.
const stranger = 4711

// tree makes folders (names with a slash at the end), files and links ("a -> b") below a
// folder of this user's alone.
func tree(t *testing.T, entries ...string) string {
	t.Helper()
	top := t.TempDir()
	for _, entry := range entries {
		path, target, link := strings.Cut(entry, " -> ")
		at, err := filepath.Join(top, path), error(nil)
		switch {
		case link:
			err = os.Symlink(strings.ReplaceAll(target, "TOP", top), at)
		case strings.HasSuffix(path, "/"):
			err = os.Mkdir(at, 0o755)
		default:
			err = os.WriteFile(at, nil, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return top
}

// fault is the fault of a path, nil if there is none.
func fault(t *testing.T, path string) *Fault {
	t.Helper()
	err := Check(path)
	var f *Fault
	if err != nil && !errors.As(err, &f) {
		t.Fatal(err)
	}
	return f
}

func TestModes(t *testing.T) {
	for name, c := range map[string]struct {
		path string
		mode os.FileMode
		ask  string
		why  string // "" for no fault
	}{
		"a file of one's own":          {"d/f", 0o644, "d/f", ""},
		"a file that everybody writes": {"d/f", 0o646, "d/f", "is writable by everybody (mode 0646)"},
		"a folder everybody writes":    {"d", 0o777, "d", "is writable by everybody (mode 0777)"},
		"its file":                     {"d", 0o777, "d/f", "is writable by everybody (mode 0777)"},
		"its file, not there yet":      {"d", 0o777, "d/new/run.json", "is writable by everybody (mode 0777)"},
		"a file in a sticky folder":    {"d", 0o777 | os.ModeSticky, "d/f", ""},
		"the sticky folder itself":     {"d", 0o777 | os.ModeSticky, "d", "is writable by everybody (mode 0777)"},
		"a folder far above":           {".", 0o757, "d/e/g", "is writable by everybody (mode 0757)"},
		"what a link leads to":         {"d/f", 0o666, "link", "is writable by everybody (mode 0666)"},
		"a folder on a link's way":     {"d", 0o777, "link", "is writable by everybody (mode 0777)"},
		"a folder behind a link":       {"d/e", 0o777, "there/g", "is writable by everybody (mode 0777)"},
		"a way back":                   {"d/e", 0o777, "d/e/../f", "is writable by everybody (mode 0777)"},
		"a way back through a link":    {"d", 0o777, "there/../f", "is writable by everybody (mode 0777)"},
		"nothing":                      {"d/f", 0o644, "none", ""},
	} {
		t.Run(name, func(t *testing.T) {
			top := tree(t, "d/", "d/f", "d/e/", "d/e/g", "link -> d/f", "there -> TOP/d/e")
			at := filepath.Join(top, c.path)
			if err := os.Chmod(at, c.mode); err != nil {
				t.Fatal(err)
			}
			f := fault(t, top+"/"+c.ask)
			switch {
			case f == nil && c.why != "":
				t.Errorf("no fault, want %q", c.why)
			case f != nil && (f.Why != c.why || filepath.Clean(f.At) != at || f.Remedy != "chmod go-w "+at):
				t.Errorf("%+v, want %q at %s", f, c.why, at)
			}
		})
	}
}

// Whoever owns a file, a folder above it or a link to it can change it.
func TestOwners(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files to others")
	}
	const elsewhere = "run aixmend as its owner, or keep the file in a folder of your own"
	for _, c := range []struct{ given, ask, at, remedy string }{
		{"d/f", "d/f", "d/f", "read it, and use a copy of your own: cp TOP/d/f TOP/d/f.own"},
		{"d", "d", "d", "run aixmend as its owner, or name a folder of your own"},
		{"d", "d/f", "d", elsewhere},
		{".", "d/f", "", elsewhere},
		{"link", "link", "the link TOP/link", "remove the link, and name what it leads to"},
		{"d/f", "link", "d/f", "read it, and use a copy of your own: cp TOP/d/f TOP/d/f.own"},
		{"d", "there/g", "d", elsewhere},
		{"there", "there/g", "the link TOP/there", "remove the link, and name what it leads to"},
	} {
		top := tree(t, "d/", "d/f", "d/e/", "d/e/g", "link -> d/f", "there -> TOP/d/e")
		if err := os.Lchown(filepath.Join(top, c.given), stranger, -1); err != nil {
			t.Fatal(err)
		}
		// The sticky bit does not help against the owner.
		if err := os.Chmod(filepath.Join(top, "d"), 0o755|os.ModeSticky); err != nil {
			t.Fatal(err)
		}
		f := fault(t, filepath.Join(top, c.ask))
		at := strings.ReplaceAll(c.at, "TOP", top)
		if at == c.at {
			at = filepath.Join(top, c.at)
		}
		if f == nil || f.Why != "belongs to user 4711" || f.At != at || f.Remedy != strings.ReplaceAll(c.remedy, "TOP", top) {
			t.Errorf("%s given away, asked for %s: %+v", c.given, c.ask, f)
		}
	}
}

// In a sticky folder others can make entries, but replace none of ours.
func TestPlantedInASharedFolder(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files to others")
	}
	top := tree(t, "tmp/", "tmp/theirs/", "tmp/theirs/f", "tmp/ours/", "tmp/ours/f", "tmp/planted -> TOP/tmp/ours/f")
	for path, mode := range map[string]os.FileMode{"tmp": 0o777 | os.ModeSticky, "tmp/theirs": 0o777} {
		if err := os.Chmod(filepath.Join(top, path), mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{"tmp/theirs", "tmp/planted"} {
		if err := os.Lchown(filepath.Join(top, path), stranger, -1); err != nil {
			t.Fatal(err)
		}
	}
	for path, bad := range map[string]bool{"tmp/ours/f": false, "tmp/theirs/f": true, "tmp/planted": true, "tmp/new": false} {
		if f := fault(t, filepath.Join(top, path)); (f != nil) != bad {
			t.Errorf("%s: %v", path, f)
		}
	}
}

func TestErrors(t *testing.T) {
	top := tree(t, "a -> b", "b -> a", "f", "up -> ..")
	if err := Check(filepath.Join(top, "a")); err == nil || !strings.Contains(err.Error(), "more than 40 links") {
		t.Errorf("links in a circle: %v", err)
	}
	if err := Check(filepath.Join(top, "up", filepath.Base(top), "f")); err != nil {
		t.Errorf("a way back by a link: %v", err)
	}
	if err := Check(os.DevNull); err != nil {
		t.Errorf("%s: %v", os.DevNull, err)
	}
	if err := os.Chmod(filepath.Join(top, "f"), 0o666); err != nil {
		t.Fatal(err)
	}
	want := filepath.Join(top, "f") + " is writable by everybody (mode 0666): others can change it"
	if err := Check(filepath.Join(top, "f")); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	t.Chdir(top)
	if f := fault(t, "f"); f == nil || f.At != "f" || f.Remedy != "chmod go-w "+filepath.Join(top, "f") {
		t.Errorf("a relative path: %+v", f)
	}
	if f := fault(t, "./f/../f"); f != nil && f.Path != "./f/../f" {
		t.Errorf("%+v", f)
	}
}

// A group that holds others may not write a file; that of the user alone may.
func TestGroups(t *testing.T) {
	own := filepath.Join(t.TempDir(), "group")
	for text, want := range map[string]string{
		"root:x:0:\nops:x:4711:\n":    "",
		"root:x:0:root\n":             "",
		"root:x:0:root,fred\n":        "root",
		"system:!:0:root,esaadmin\n":  "system",
		"wheel:x:0:\n":                "wheel",
		"ops:x:4711:\n":               "0",
		"broken\nroot:x:0\n:::\n\x00": "0",
	} {
		if err := os.WriteFile(own, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		name, ok := groupIn(own, "0", "root", "0")
		if (want == "") != ok || !ok && name != want {
			t.Errorf("%q: %s, %v; want %q", text, name, ok, want)
		}
	}
}

// A secret is this user's or root's, and nobody else reads it. ssh has the same rule for a
// key of one's own.
func TestPrivate(t *testing.T) {
	const me = 1000
	for _, c := range []struct {
		me, owner int
		mode      os.FileMode
		want      string // "" for no fault
	}{
		{me, me, 0o600, ""},
		{me, me, 0o400, ""},
		{me, me, 0o700, ""},
		{me, me, 0o640, "open to others (mode 0640): chmod 600 FILE"},
		{me, me, 0o604, "open to others (mode 0604): chmod 600 FILE"},
		{me, me, 0o620, "open to others (mode 0620): chmod 600 FILE"},
		{me, me, 0o601, "open to others (mode 0601): chmod 600 FILE"},
		{me, stranger, 0o640, "belongs to user 4711"},
		{me, stranger, 0o400, "belongs to user 4711"},
		{0, stranger, 0o600, "belongs to user 4711"},
		// systemd's LoadCredential and Kubernetes with fsGroup
		{me, 0, 0o440, ""},
		{me, 0, 0o640, ""},
		{me, 0, 0o444, "of root is open to others (mode 0444): make it 0440"},
		{me, 0, 0o644, "of root is open to others (mode 0644): make it 0440"},
		{me, 0, 0o660, "of root is open to others (mode 0660): make it 0440"},
		{0, 0, 0o400, ""},
		{0, 0, 0o440, "open to others (mode 0440): chmod 600 FILE"},
	} {
		err := privateTo(c.me, "FILE", c.mode, c.owner)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("user %d, owner %d, mode %04o: %v, want %q", c.me, c.owner, c.mode, err, c.want)
		}
	}
}

// The file behind a link counts, and a pipe keeps nothing.
func TestPrivateFiles(t *testing.T) {
	top := tree(t, "f", "link -> f")
	open := func(name string) error {
		file, err := os.Open(filepath.Join(top, name))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil {
			t.Fatal(err)
		}
		return Private(name, info)
	}
	for mode, bad := range map[os.FileMode]bool{0o600: false, 0o644: true} {
		if err := os.Chmod(filepath.Join(top, "f"), mode); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"f", "link"} {
			if err := open(name); (err != nil) != bad {
				t.Errorf("%s with mode %v: %v", name, mode, err)
			}
		}
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if info, err := r.Stat(); err != nil || Private("pipe", info) != nil {
		t.Errorf("a pipe: %v", Private("pipe", info))
	}
}

// Whose main group it is is a member, whatever the list of members says.
func TestAloneIn(t *testing.T) {
	users := filepath.Join(t.TempDir(), "passwd")
	for text, want := range map[string]bool{
		"root:x:0:0:root:/root:/bin/sh\nalice:x:4711:4711::/home/alice:/bin/sh\n": true,
		"alice:x:4711:4711::/:\nbob:x:4713:4711::/:\n":                            false,
		"broken\n::\nalice:x:4711:4711\n":                                         true,
	} {
		if err := os.WriteFile(users, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := aloneIn(users, "4711", "alice"); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
	if aloneIn(users+".none", "4711", "alice") {
		t.Error("without the file it is not known")
	}
}
