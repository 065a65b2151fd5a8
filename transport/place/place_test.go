//go:build unix

package place

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"aixmend/transport/ownership"
)

// stranger is a user that neither runs the tests nor is root.
const stranger = 4711

// tree makes entries below a folder of root's alone: folders (a slash at the end), links
// ("a -> b"), pipes ("a|") and files, each with its own name as its content. A "4711:" in
// front gives the entry to the stranger; every folder tmp is like /tmp.
func tree(t *testing.T, entries ...string) string {
	t.Helper()
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		entry, given := strings.CutPrefix(entry, "4711:")
		if given && os.Geteuid() != 0 {
			t.Skip("only root can give files to others")
		}
		name, target, link := strings.Cut(entry, " -> ")
		at := filepath.Join(top, strings.Trim(name, "/|"))
		switch {
		case link:
			err = os.Symlink(strings.ReplaceAll(target, "TOP", top), at)
		case strings.HasSuffix(name, "/"):
			err = os.Mkdir(at, 0o755)
		case strings.HasSuffix(name, "|"):
			err = exec.Command("mkfifo", at).Run()
		default:
			err = os.WriteFile(at, []byte(name), 0o644)
		}
		if err == nil && given {
			err = os.Lchown(at, stranger, stranger)
		}
		if err == nil && filepath.Base(at) == "tmp" && !link {
			err = os.Chmod(at, 0o777|os.ModeSticky)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return top
}

// become runs a test as the stranger.
func become(t *testing.T, top string) {
	t.Helper()
	if err := errors.Join(os.Chmod(top, 0o711), os.Chmod(filepath.Dir(top), 0o711), syscall.Seteuid(stranger)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Seteuid(0); err != nil {
			panic(err)
		}
	})
}

func TestLinks(t *testing.T) {
	for name, c := range map[string]struct {
		entries []string
		ask     string
		path    string // where the file is, "" where an error is wanted
		says    string // the error
	}{
		"no link":                         {[]string{"d/", "d/f"}, "d/f", "d/f", ""},
		"no file yet":                     {[]string{"d/"}, "d/new", "d/new", ""},
		"one's own link":                  {[]string{"d/", "d/f", "link -> d/f"}, "link", "d/f", ""},
		"one's own absolute link":         {[]string{"d/", "d/f", "link -> TOP/d/f"}, "link", "d/f", ""},
		"one's own link to nothing":       {[]string{"d/", "link -> d/new"}, "link", "d/new", ""},
		"one's own link on the way":       {[]string{"d/", "d/f", "there -> d"}, "there/f", "d/f", ""},
		"one's own link in /tmp":          {[]string{"d/", "d/f", "tmp/", "tmp/link -> ../d/f"}, "tmp/link", "d/f", ""},
		"a link of others":                {[]string{"f", "tmp/", "4711:tmp/f -> TOP/f"}, "tmp/f", "", "the link TOP/tmp/f belongs to user 4711"},
		"to nothing":                      {[]string{"tmp/", "4711:tmp/f -> TOP/new"}, "tmp/f", "", "the link TOP/tmp/f belongs to user 4711"},
		"on the way":                      {[]string{"d/", "tmp/", "4711:tmp/d -> TOP/d"}, "tmp/d/f", "", "the link TOP/tmp/d belongs to user 4711"},
		"behind one's own":                {[]string{"d/", "tmp/", "4711:tmp/d -> TOP/d", "mine -> tmp/d"}, "mine/f", "", "the link TOP/tmp/d belongs to user 4711"},
		"in the folder of its owner":      {[]string{"d/", "4711:his/", "4711:his/d -> ../d"}, "his/d/f", "", "the link TOP/his/d belongs to user 4711"},
		"as the file of its owner":        {[]string{"f", "4711:his/", "4711:his/f -> ../f"}, "his/f", "", "the link TOP/his/f belongs to user 4711"},
		"before a way back":               {[]string{"d/", "tmp/", "4711:tmp/d -> TOP/d"}, "tmp/d/../f", "", "the link TOP/tmp/d belongs to user 4711"},
		"a folder of others":              {[]string{"4711:his/"}, "his/report", "his/report", ""},
		"a folder in it":                  {[]string{"4711:his/", "4711:his/deep/"}, "his/deep/report", "his/deep/report", ""},
		"a way back":                      {[]string{"tmp/", "tmp/d/", "f"}, "tmp/d/../../f", "f", ""},
		"a way back through a link":       {[]string{"d/", "d/e/", "d/f", "there -> d/e"}, "there/../f", "d/f", ""},
		"a circle":                        {[]string{"a -> b", "b -> a"}, "a", "", "more than 40 links"},
		"a circle of folders in /tmp":     {[]string{"tmp/", "tmp/a -> b", "tmp/b -> a"}, "tmp/a/f", "", "more than 40 links"},
		"no folder":                       {nil, "none/f", "", "TOP/none: no such file"},
		"a file for a folder":             {[]string{"f"}, "f/g", "", "not a directory"},
		"a folder":                        {[]string{"d/"}, "d", "d", ""},
		"the folder itself by a way back": {[]string{"d/"}, "d/..", ".", ""},
	} {
		t.Run(name, func(t *testing.T) {
			top := tree(t, c.entries...)
			for _, ask := range []string{top + "/" + c.ask, c.ask} {
				if ask == c.ask {
					t.Chdir(top)
				}
				p, err := Find(ask)
				switch {
				case err == nil && c.path == "":
					t.Errorf("%s: found %s", ask, p.Path)
				case err != nil && (c.path != "" || !strings.Contains(err.Error(), strings.ReplaceAll(c.says, "TOP", top))):
					t.Errorf("%s: %v, want %q", ask, err, c.says)
				case err == nil && (p.Path != filepath.Join(top, c.path) || (p.Info == nil) == exists(p.Path)):
					t.Errorf("%s: found %s, %v", ask, p.Path, p.Info)
				}
				if err == nil {
					_ = p.Close()
				}
				if fault := (*ownership.Fault)(nil); strings.Contains(c.says, "belongs") && !errors.As(err, &fault) {
					t.Errorf("%s: %v is no fault", ask, err)
				}
			}
		})
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// The working folder counts as it is, however its user came there.
func TestWorkingFolder(t *testing.T) {
	top := tree(t, "d/", "tmp/", "4711:tmp/d -> TOP/d")
	t.Chdir(filepath.Join(top, "tmp", "d"))
	t.Setenv("PWD", filepath.Join(top, "tmp", "d"))
	p, err := Find("f")
	if err != nil || p.Path != filepath.Join(top, "d", "f") {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestEntries(t *testing.T) {
	for name, c := range map[string]struct {
		entries                 []string
		ask                     string
		replaces, mine, planted bool
		says                    string // Check's error
	}{
		"nothing":                              {[]string{"tmp/"}, "tmp/f", true, false, false, ""},
		"one's own file":                       {[]string{"tmp/", "tmp/f"}, "tmp/f", true, true, false, ""},
		"a file of others in /tmp":             {[]string{"tmp/", "4711:tmp/f"}, "tmp/f", true, false, true, ""},
		"a file of others in their folder":     {[]string{"4711:his/", "4711:his/f"}, "his/f", true, true, false, ""},
		"a file of others in one's own folder": {[]string{"d/", "4711:d/f"}, "d/f", true, false, false, ""},
		"one's own pipe":                       {[]string{"tmp/", "tmp/f|"}, "tmp/f", false, true, false, ""},
		"a pipe of others":                     {[]string{"tmp/", "4711:tmp/f|"}, "tmp/f", false, false, true, "TOP/tmp/f belongs to user 4711"},
		"a pipe of others in their folder":     {[]string{"4711:his/", "4711:his/f|"}, "his/f", false, true, false, "TOP/his/f belongs to user 4711"},
		"a folder":                             {[]string{"tmp/", "tmp/f/"}, "tmp/f", false, true, false, "TOP/tmp/f is a folder"},
		"a device":                             {nil, "../../../../../../../.." + os.DevNull, false, true, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			top := tree(t, c.entries...)
			p, err := Find(top + "/" + c.ask)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			if p.Replaces() != c.replaces || p.Mine() != c.mine || p.Planted() != c.planted {
				t.Errorf("replaces %v, mine %v, planted %v", p.Replaces(), p.Mine(), p.Planted())
			}
			if err := p.Check(); (err == nil) != (c.says == "") || err != nil && !strings.HasPrefix(err.Error(), strings.ReplaceAll(c.says, "TOP", top)) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
}

// An ordinary user can't replace a file of another user in a shared folder, and need not
// be able to read the folders on the way.
func TestOrdinaryUser(t *testing.T) {
	top := tree(t, "tmp/", "tmp/f", "tmp/link -> f", "4711:own/", "hidden/", "4711:hidden/own/", "hidden/link -> own", "4711:tmp/mine", "later")
	if err := errors.Join(os.Chmod(filepath.Join(top, "hidden"), 0o711), os.Lchown(filepath.Join(top, "tmp/f"), 4712, -1)); err != nil {
		t.Fatal(err)
	}
	become(t, top)
	for path, says := range map[string]string{
		"tmp/f": "belongs to user 4712", "tmp/link": "belongs to user 4712", // a link of root's
		"tmp/mine": "", "tmp/new": "", "own/f": "", "hidden/own/f": "", "hidden/link/f": "",
	} {
		p, err := Find(filepath.Join(top, path))
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if err := p.Check(); (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", path, err, says)
		}
		if says == "" {
			if err := errors.Join(p.Probe(), p.Replace(0o600, text("new"))); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
}

func text(s string) func(*os.File) error {
	return func(to *os.File) error {
		_, err := to.WriteString(s)
		return err
	}
}

// swap puts a link of the stranger in the place of an entry, which stays beside it.
func swap(t *testing.T, path, target string) {
	t.Helper()
	if err := errors.Join(os.Rename(path, path+".away"), os.Symlink(target, path), os.Lchown(path, stranger, stranger)); err != nil {
		t.Fatal(err)
	}
}

// A folder that becomes a link after it was looked at is not entered.
func TestSwappedOnTheWay(t *testing.T) {
	for _, c := range []struct{ swapped, target string }{
		{"tmp/d", "TOP/victim"}, {"tmp/d", "other"}, {"tmp/d/e", "../other"}, {"tmp/d/e", "TOP/victim"},
		{"tmp/his/link", "TOP/victim"},
	} {
		top := tree(t, "victim/", "victim/e/", "tmp/", "4711:tmp/his/", "tmp/his/link -> ../d", "tmp/other/", "tmp/other/e/", "4711:tmp/d/", "4711:tmp/d/e/", "4711:tmp/d/other/")
		at := filepath.Join(top, c.swapped)
		ask := "tmp/d/e/f"
		if strings.HasSuffix(c.swapped, "link") {
			ask = "tmp/his/link/e/f"
		}
		p, err := find(&walk{asked: filepath.Join(top, ask), looked: func(path string) {
			if path == at && !exists(at+".away") {
				swap(t, at, strings.ReplaceAll(c.target, "TOP", top))
			}
		}})
		if err == nil {
			t.Errorf("%s to %s: found %s", c.swapped, c.target, p.Path)
		}
	}
}

// Once a place is found, nothing that others do to the path leads elsewhere.
func TestSwappedAfterwards(t *testing.T) {
	for name, c := range map[string]struct {
		swapped, target string
		wrote           string // the file that has the text
	}{
		"the file":           {"tmp/d/f", "TOP/victim/f", "tmp/d/f"},
		"its folder":         {"tmp/d", "TOP/victim", "tmp/d.away/f"},
		"the folder above":   {"tmp", "TOP/above", "tmp.away/d/f"},
		"the file, dangling": {"tmp/d/f", "TOP/victim/new", "tmp/d/f"},
	} {
		t.Run(name, func(t *testing.T) {
			top := tree(t, "victim/", "victim/f", "above/", "above/d/", "above/d/f", "tmp/", "4711:tmp/d/", "4711:tmp/d/f")
			p, err := Find(filepath.Join(top, "tmp/d/f"))
			if err != nil {
				t.Fatal(err)
			}
			swap(t, filepath.Join(top, c.swapped), strings.ReplaceAll(c.target, "TOP", top))
			if err := errors.Join(p.Probe(), p.Replace(0o600, text("new"))); err != nil {
				t.Fatal(err)
			}
			if got := read(t, filepath.Join(top, c.wrote)); got != "new" {
				t.Errorf("%s has %q", c.wrote, got)
			}
			for _, path := range []string{"victim/f", "above/d/f"} {
				if got := read(t, filepath.Join(top, path)); got != path {
					t.Errorf("%s has %q", path, got)
				}
			}
			if exists(filepath.Join(top, "victim/new")) {
				t.Error("a link to nothing was followed")
			}
		})
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Whoever owns the folder can put a link in the place of the temporary file, too: neither
// the text nor the mode reaches its target.
func TestSwappedWhileWriting(t *testing.T) {
	top := tree(t, "victim", "4711:his/")
	p, err := Find(filepath.Join(top, "his/f"))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	err = p.Replace(0o600, func(to *os.File) error {
		swap(t, filepath.Join(top, "his", filepath.Base(to.Name())), filepath.Join(top, "victim"))
		_, err := to.WriteString("new")
		return errors.Join(err, to.Chmod(0o666))
	})
	info, statErr := os.Lstat(filepath.Join(top, "victim"))
	if err != nil || statErr != nil || info.Mode() != 0o644 || read(t, filepath.Join(top, "victim")) != "victim" {
		t.Errorf("%v, %v: the victim has mode %v and %q", err, statErr, info.Mode(), read(t, filepath.Join(top, "victim")))
	}
}

// An entry that is opened is the one that was looked at.
func TestSwappedBeforeOpening(t *testing.T) {
	for _, entry := range []string{"tmp/f|", "tmp/f"} {
		for _, target := range []string{"TOP/victim", "other"} {
			top := tree(t, "victim", "tmp/", "tmp/other", entry)
			at := filepath.Join(top, "tmp/f")
			p, err := Find(at)
			if err != nil {
				t.Fatal(err)
			}
			swap(t, at, strings.ReplaceAll(target, "TOP", top))
			open := p.Read
			if !p.Replaces() {
				open = p.InPlace
			}
			if file, err := open(); err == nil {
				t.Errorf("%s swapped for %s: opened %s", entry, target, file.Name())
			}
			if err := p.Again(); err == nil {
				t.Errorf("%s swapped for %s: not seen", entry, target)
			}
			_ = p.Close()
		}
	}
}

// What fails leaves nothing behind, and the old file as it was.
func TestReplaceFails(t *testing.T) {
	top := tree(t, "d/", "d/f")
	p, err := Find(filepath.Join(top, "d/f"))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	broken := errors.New("broken")
	if err := p.Replace(0o600, func(to *os.File) error { return errors.Join(text("half")(to), broken) }); !errors.Is(err, broken) {
		t.Error(err)
	}
	if entries, err := os.ReadDir(filepath.Join(top, "d")); err != nil || len(entries) != 1 || read(t, filepath.Join(top, "d/f")) != "d/f" {
		t.Errorf("%v, %v", entries, err)
	}
}

// Missing folders are made private, and not behind a link of others.
func TestMake(t *testing.T) {
	top := tree(t, "d/", "tmp/", "link -> d", "4711:tmp/d -> TOP/d")
	for path, real := range map[string]string{"a/b/f": "a/b", "link/c/f": "d/c", "tmp/x/y/f": "tmp/x/y", "tmp/d/e/f": ""} {
		p, err := Make(filepath.Join(top, path))
		if (err == nil) != (real != "") {
			t.Errorf("%s: %v", path, err)
		}
		if err != nil {
			continue
		}
		info, err := os.Lstat(filepath.Join(top, real))
		if err != nil || info.Mode() != 0o700|fs.ModeDir || p.Path != filepath.Join(top, real, "f") {
			t.Errorf("%s: %v, %v, %s", path, info, err, p.Path)
		}
		_ = p.Close()
	}
	if exists(filepath.Join(top, "d/e")) {
		t.Error("a folder was made behind a link of others")
	}
	if folder, err := Folder(filepath.Join(top, "none"), false); err == nil {
		t.Errorf("opened %s", folder.Name())
	}
	folder, err := Folder(filepath.Join(top, "link", "new"), true)
	if err != nil || !exists(filepath.Join(top, "d/new")) {
		t.Fatal(err)
	}
	_ = folder.Close()
}

// /dev/stdout and the shell's >(command) lead to open files that have no other name.
func TestOpenFiles(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("links of the kernel to open files are of Linux")
	}
	from, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	link := filepath.Join(t.TempDir(), "out")
	if err := os.Symlink("/proc/self/fd/"+number(to), link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/dev/fd/" + number(to), link} {
		p, err := Find(path)
		if err != nil || p.Replaces() || p.Check() != nil {
			t.Fatalf("%s: %v", path, err)
		}
		file, err := p.InPlace()
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(text(path)(file), file.Close(), p.Close()); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(path))
		if _, err := io.ReadFull(from, got); err != nil || string(got) != path {
			t.Errorf("%q, %v", got, err)
		}
	}
	_ = to.Close()
}

func number(file *os.File) string {
	return strconv.Itoa(int(file.Fd()))
}
