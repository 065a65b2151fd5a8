//go:build unix

package playbooks

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/transport/lab/suite"
)

// folderSteps are the steps that make folders on a host, with the folder that each makes
// below /var/aixmend.
func folderSteps(t *testing.T) map[string]*Step {
	t.Helper()
	p, _ := restore(t)
	steps := map[string]*Step{}
	for id, at := range map[string][2]string{
		"images.r1": {"rsct-images", "make-images-folder"}, "support.r1": {"hand-over", "make-support-folder"}, "": {"rsct-update", "make-log-folder"},
	} {
		if steps[id] = p.FindStep(at[0], at[1]); steps[id] == nil {
			t.Fatalf("there is no step %s", at[1])
		}
	}
	return steps
}

// system is the root of a file system like that of AIX.
type system string

func (s system) path(name string) string { return filepath.Join(string(s), name) }

// run runs a step's text of run r1 with one of the shells of this machine.
func (s system) run(t *testing.T, shell, text string) (stderr string, ok bool) {
	t.Helper()
	text = strings.ReplaceAll(text, "{{ run }}", "r1")
	text = strings.NewReplacer("for d in / /var;", "for d in "+s.path("/")+" "+s.path("/var")+";",
		"/usr/bin/ls", "ls", "/usr/bin/mkdir", "mkdir", "/var/aixmend", s.path("/var/aixmend")).Replace(text)
	if strings.Contains(text, " /var") || strings.Contains(text, "in / ") {
		t.Fatalf("the text would touch this machine:\n%s", text)
	}
	var errs strings.Builder
	c := exec.CommandContext(t.Context(), shell, "-c", "LC_ALL=C; export LC_ALL; umask 022\n( "+text+"\n) </dev/null")
	c.Stderr = &errs
	err := c.Run()
	return errs.String(), err == nil && errs.Len() == 0
}

// tree lists what is in a system, with modes.
func (s system) tree(t *testing.T) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(string(s), func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		list = append(list, info.Mode().String()+" "+strings.TrimPrefix(name, string(s)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// shells are the POSIX shells of this machine, each once.
func shells() []string {
	var found []string
	for _, name := range []string{"sh", "ksh", "ksh93", "mksh", "dash", "bash"} {
		path, err := exec.LookPath(name)
		if err == nil {
			path, err = filepath.EvalSymlinks(path)
		}
		if err == nil && !slices.Contains(found, path) {
			found = append(found, path)
		}
	}
	return found
}

// Folders on a host are made where only root can exchange them, by every shell; whatever
// others may have put in their place, or may put there later, is refused, and nothing is
// made through it.
func TestFoldersOnTheHostAreRootsAlone(t *testing.T) {
	suite.Unraced(t, "the shell")
	if os.Geteuid() != 0 {
		t.Skip("only root can give folders to others")
	}
	mkdir := func(name string, mode os.FileMode, uid int) func(*testing.T, system) {
		return func(t *testing.T, s system) {
			if err := os.MkdirAll(s.path(name), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Chown(s.path(name), uid, 0); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(s.path(name), mode); err != nil {
				t.Fatal(err)
			}
		}
	}
	link := func(name, to string) func(*testing.T, system) {
		return func(t *testing.T, s system) {
			_ = os.Remove(s.path(name))
			if err := os.Symlink(s.path(to), s.path(name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	const bin, somebody = 2, 65534
	cases := []struct {
		name string
		set  []func(*testing.T, system)
		why  string // "": accepted
	}{
		{"nothing there yet", nil, ""},
		{"/var belongs to bin", []func(*testing.T, system){mkdir("/var", 0o755, bin)}, ""},
		{"of an earlier run", []func(*testing.T, system){mkdir("/var/aixmend", 0o700, 0)}, ""},
		{"of an earlier attempt", []func(*testing.T, system){mkdir("/var/aixmend", 0o700, 0), mkdir("/var/aixmend/LEAF", 0o700, 0)}, ""},
		{"/ is group-writable", []func(*testing.T, system){mkdir("/", 0o775, 0)}, " (owner root, mode drwxrwxr-x): others can replace what is in it; let root own it and chmod go-w it"},
		{"/ is somebody's", []func(*testing.T, system){mkdir("/", 0o755, somebody)}, "(owner nobody, mode drwxr-xr-x): others can replace"},
		{"/var is group-writable", []func(*testing.T, system){mkdir("/var", 0o775, 0)}, "/var (owner root, mode drwxrwxr-x): others can replace"},
		{"/var is like /tmp", []func(*testing.T, system){mkdir("/var", 0o777|os.ModeSticky, 0)}, "/var (owner root, mode drwxrwxrwt): others can replace"},
		{"/var is writable by others alone", []func(*testing.T, system){mkdir("/var", 0o757, 0)}, "/var (owner root, mode drwxr-xrwx): others can replace"},
		{"/var is somebody's", []func(*testing.T, system){mkdir("/var", 0o755, somebody)}, "/var (owner nobody, mode drwxr-xr-x): others can replace"},
		{"/var is a link", []func(*testing.T, system){mkdir("/elsewhere", 0o755, 0), link("/var", "/elsewhere")}, "/var (owner root, mode lrwxrwxrwx): others can replace"},
		{"the folder is a link", []func(*testing.T, system){mkdir("/etc", 0o700, 0), link("/var/aixmend", "/etc")}, "/var/aixmend (owner root, mode lrwxrwxrwx) is not a folder of root alone: see who made it, then move it away"},
		{"the folder is a link to nothing", []func(*testing.T, system){link("/var/aixmend", "/nowhere")}, "/var/aixmend (owner root, mode lrwxrwxrwx) is not a folder"},
		{"the folder is a file", []func(*testing.T, system){func(t *testing.T, s system) {
			if err := os.WriteFile(s.path("/var/aixmend"), nil, 0o700); err != nil {
				t.Fatal(err)
			}
		}}, "/var/aixmend (owner root, mode -rwx------) is not a folder"},
		{"the folder is somebody's", []func(*testing.T, system){mkdir("/var/aixmend", 0o700, somebody)}, "/var/aixmend (owner nobody, mode drwx------) is not a folder of root alone"},
		{"the folder is bin's", []func(*testing.T, system){mkdir("/var/aixmend", 0o700, bin)}, "/var/aixmend (owner bin, mode drwx------) is not a folder of root alone"},
		{"the folder is group-writable", []func(*testing.T, system){mkdir("/var/aixmend", 0o770, 0)}, "/var/aixmend (owner root, mode drwxrwx---) is not a folder of root alone"},
		{"the folder is to be read by all", []func(*testing.T, system){mkdir("/var/aixmend", 0o755, 0)}, "/var/aixmend (owner root, mode drwxr-xr-x) is not a folder of root alone"},
		{"what is below is a link", []func(*testing.T, system){mkdir("/etc", 0o700, 0), mkdir("/var/aixmend", 0o700, 0), link("/var/aixmend/LEAF", "/etc")}, "LEAF (owner root, mode lrwxrwxrwx) is not a folder"},
		{"what is below is somebody's", []func(*testing.T, system){mkdir("/var/aixmend", 0o700, 0), mkdir("/var/aixmend/LEAF", 0o700, somebody)}, "LEAF (owner nobody, mode drwx------) is not a folder"},
	}
	for leaf, step := range folderSteps(t) {
		for _, path := range shells() {
			for _, c := range cases {
				below := strings.Contains(c.name, "below") || strings.Contains(c.name, "attempt")
				if leaf == "" && below {
					continue
				}
				t.Run(step.ID+" "+filepath.Base(path)+" "+c.name, func(t *testing.T) {
					s := system(t.TempDir())
					mkdir("/", 0o755, 0)(t, s)
					mkdir("/var", 0o755, 0)(t, s)
					for _, set := range c.set {
						set(t, s)
					}
					if below {
						if err := os.Rename(s.path("/var/aixmend/LEAF"), s.path("/var/aixmend/"+leaf)); err != nil {
							t.Fatal(err)
						}
					}
					before := s.tree(t)
					said, ok := s.run(t, path, step.Run.V)
					said = strings.ReplaceAll(said, string(s), "")
					if leaf != "" {
						said = strings.ReplaceAll(said, leaf+" (", "LEAF (")
					}
					switch {
					case c.why == "":
						info, err := os.Lstat(s.path("/var/aixmend/" + leaf))
						if !ok || err != nil || info.Mode() != fs.ModeDir|0o700 {
							t.Errorf("%q, %v; %v", said, err, info)
						}
					case ok || !strings.Contains(said, c.why):
						t.Errorf("it says %q, want %q", said, c.why)
					default:
						if diff := cmp.Diff(before, s.tree(t)); diff != "" && !strings.Contains(c.name, "what is below") {
							t.Errorf("it was refused, and made something (-before +after)\n%s", diff)
						}
					}
				})
			}
		}
	}
}

// The probe that sees the folder of images takes no other one for it: an undo removes what
// it sees.
func TestOnlyTheRunsOwnFolderIsSeen(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give folders to others")
	}
	p, _ := restore(t)
	at := slices.IndexFunc(p.Probes, func(p Probe) bool { return p.ID == "images_folder" })
	for _, c := range []struct{ name, set, want string }{
		{"nothing", "", "none"},
		{"the run's own", "mkdir -m 700 D D/images.r1", "there"},
		{"a file system is mounted on it", "mkdir -m 700 D; mkdir -m 755 D/images.r1; chown 65534 D/images.r1", "there"},
		{"another run's", "mkdir -m 700 D D/images.r2", "none"},
		{"a file", "mkdir -m 700 D; : >D/images.r1", "none"},
		{"a link", "mkdir -m 700 D E; ln -s ../E D/images.r1", "none"},
		{"over a link", "mkdir -m 700 E E/images.r1; ln -s E D", "none"},
		{"in somebody's folder", "mkdir -m 700 D D/images.r1; chown 65534 D", "none"},
		{"in a folder that others may write", "mkdir -m 770 D; mkdir -m 700 D/images.r1", "none"},
	} {
		for _, shell := range shells() {
			dir := t.TempDir()
			if out, err := exec.CommandContext(t.Context(), "/bin/sh", "-c", "cd "+dir+"\n"+strings.ReplaceAll(c.set, "D", "aixmend")).CombinedOutput(); err != nil {
				t.Fatalf("%s: %v: %s", c.name, err, out)
			}
			text := strings.NewReplacer("{{ run }}", "r1", "/usr/bin/ls", "ls", "/var/aixmend", dir+"/aixmend").Replace(p.Probes[at].Run.V)
			out, err := exec.CommandContext(t.Context(), shell, "-c", "LC_ALL=C; export LC_ALL\n"+text).CombinedOutput()
			if err != nil || string(out) != c.want+"\n" {
				t.Errorf("%s, %s: %q, %v; want %s", shell, c.name, out, err, c.want)
			}
		}
	}
}

// Between a check and a later use nobody but root can put something else in the place of a
// working folder, or see what is in it, not even the group of /var/adm.
func TestFoldersCannotBeExchanged(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can try as somebody else")
	}
	for leaf, step := range folderSteps(t) {
		s := system(t.TempDir())
		for name, mode := range map[string]os.FileMode{filepath.Dir(string(s)): 0o755, string(s): 0o755, s.path("var"): 0o755} {
			if err := os.MkdirAll(name, mode); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(name, mode); err != nil {
				t.Fatal(err)
			}
		}
		if said, ok := s.run(t, "/bin/sh", step.Run.V); !ok {
			t.Fatal(said)
		}
		try := func(text string) error {
			c := exec.CommandContext(t.Context(), "/bin/sh", "-c", text)
			c.Dir = s.path("var")
			c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 4}}
			return c.Run()
		}
		if err := try("ls -ld aixmend"); err != nil {
			t.Fatalf("the test's own folder is shut: %v", err)
		}
		before := s.tree(t)
		folder := filepath.Join("aixmend", leaf)
		for _, text := range []string{
			"mv aixmend old", "rm -rf aixmend", "ln -s /etc aixmend/x", "ls aixmend", "mv " + folder + " aixmend/old", "rmdir " + folder,
			"ln -s /etc " + folder + "/link", ": >" + folder + "/file", "ls " + folder, "ln -sfn /etc aixmend", "mkdir next && mv -T next aixmend", "chmod 777 aixmend",
		} {
			if try(text) == nil {
				t.Errorf("%s: somebody else could: %s", step.ID, text)
			}
		}
		if diff := cmp.Diff(before, s.tree(t)); diff != "" {
			t.Errorf("%s (-before +after)\n%s", step.ID, diff)
		}
	}
}

// writable are the folders of a host below which others than root may have put something.
var writable = regexp.MustCompile(`/(?:var|tmp|home|opt/freeware/var)(?:/[^\s"';:{})]*)?`)

// What a step makes or uses in a folder in which others may write could be exchanged
// between two commands: a working file is below /var/aixmend, which only root can enter, or
// in /etc.
func TestStepsWorkInFoldersOfRoot(t *testing.T) {
	known := []string{
		"/var/aixmend", // see TestFoldersOnTheHostAreRootsAlone
		"/var/ct",      // RSCT's own, which its daemons would lose, too
		"/var",         // checked, not written
	}
	for _, name := range Names() {
		p, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range p.Rungs {
			for _, s := range r.Steps {
				texts := []string{s.Run.V, s.Undo.V, s.Fetch.V}
				if s.Upload != nil {
					texts = append(texts, s.Upload.To.V)
				}
				for _, path := range writable.FindAllString(strings.Join(texts, "\n"), -1) {
					if !slices.ContainsFunc(known, func(k string) bool { return path == k || k != "/var" && strings.HasPrefix(path, k+"/") }) {
						t.Errorf("%s: step %s of rung %s uses %s", name, s.ID, r.ID, path)
					}
				}
			}
		}
	}
}

// A step that uses a working folder comes after the one that makes it, in its rung or in
// an earlier one.
func TestFoldersAreMadeBeforeTheyAreUsed(t *testing.T) {
	p, _ := restore(t)
	made := ""
	use := regexp.MustCompile(`/var/aixmend/[a-z]+\.`)
	for _, r := range p.Rungs {
		for _, s := range r.Steps {
			text := s.Run.V + "\n" + s.Fetch.V
			if s.Upload != nil {
				text += s.Upload.To.V
			}
			if strings.Contains(text, "mkdir -m 700 \"$d\" ||") {
				made += text
				continue
			}
			for _, path := range use.FindAllString(text, -1) {
				if path == "/var/aixmend/installp." {
					path = "for d in /var/aixmend;"
				}
				if !strings.Contains(made, path) {
					t.Errorf("step %s of rung %s uses %s, which no step before it makes", s.ID, r.ID, path)
				}
			}
		}
	}
}
