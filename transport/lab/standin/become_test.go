//go:build linux

package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/suite"
)

// TestInChroot: the program itself, in a root that nobody else can reach.
func TestInChroot(t *testing.T) {
	suite.Unraced(t, "the stand-in")
	program := build(t)
	t.Run("become", func(t *testing.T) { testBecome(t, program) })
	t.Run("on disk", func(t *testing.T) { testNewCommandsOnDisk(t, program) })
	t.Run("stuck", func(t *testing.T) { testStuck(t, program) })
}

// build makes the program, below a folder that only root enters: a copy of it
// will be set-user-ID.
func build(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("root is needed, to chroot and to be somebody else")
	}
	dir := t.TempDir()
	var about syscall.Statfs_t
	if err := syscall.Statfs(dir, &about); err != nil || about.Flags&syscall.MS_NOSUID != 0 {
		t.Skipf("set-user-ID programs do not work below %s, %v", dir, err)
	}
	if err := os.Chmod(filepath.Dir(dir), 0o700); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "aixstandin")
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip(err)
	}
	goBuild := exec.Command("go", "build", "-o", program, ".")
	goBuild.Env = append(os.Environ(), "CGO_ENABLED=0") // it has to run without libraries
	if out, err := goBuild.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v: %s", err, out)
	}
	return program
}

// chroot is a root with the stand-ins in it.
type chroot struct {
	t    *testing.T
	root string
}

func newChroot(t *testing.T, program string, change func(*aixsim.State)) chroot {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o700); err != nil {
		t.Fatal(err)
	}
	s := aixsim.Healthy("aixvm1", 1)
	change(s)
	s.Files["/etc/passwd"] = aixsim.File{Content: "root:*:0:0::/:/usr/bin/ksh\nops:*:1001:1001::/home/ops:/usr/bin/ksh\n"}
	s.Files["/tmp"] = aixsim.File{Dir: true}
	state := filepath.Join(dir, "state.json")
	write(t, state, s)
	c := chroot{t, filepath.Join(dir, "root")}
	if out, err := exec.Command(program, "--install", c.root, state).CombinedOutput(); err != nil {
		t.Fatalf("install: %v: %s", err, out)
	}
	return c
}

// command is one in the root, for a user.
func (c chroot) command(uid uint32, argv ...string) *exec.Cmd {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Path, cmd.Err, cmd.Dir, cmd.Env = argv[0], nil, "/", []string{"LC_ALL=C", "AIXSIM_STATE=/nosuch"}
	if uid == 0 {
		cmd.Env = cmd.Env[:1]
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: c.root, Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	return cmd
}

// as runs a command in the root as a user, with standard input.
func (c chroot) as(uid uint32, stdin string, argv ...string) (stdout, stderr string, exit int) {
	c.t.Helper()
	cmd := c.command(uid, argv...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	var status *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &status) {
		c.t.Fatalf("%q: %v", argv, err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

const ops = 1001

// testBecome: the tools read their password from the real standard input,
// leave the rest to the command, and it runs as root.
func testBecome(t *testing.T, program string) {
	c := newChroot(t, program, func(s *aixsim.State) {
		s.Password = "s3cret"
		s.Become = map[string]string{"sudo": "password", "dzdo": "rules", "pbrun": "nopasswd", "su": "password"}
		s.Sudoers = []string{"/usr/sbin/chdev -l en[0-9] *"}
	})
	for _, test := range []struct {
		stdin    string
		argv     []string
		out, err string // parts
		exit     int
	}{
		{"", []string{"/usr/bin/sudo", "-n", "/usr/sbin/chdev", "-l", "en0", "-a", "mtu=9000"}, "", "sudo: a password is required", 1},
		{"s3cret\n", []string{"/usr/bin/sudo", "-S", "/usr/sbin/chdev", "-l", "en0", "-a", "mtu=9000"}, "en0 changed\n", "Password:", 0},
		{"s3cret\n", []string{"/usr/bin/sudo", "-S", "-l", "chdev", "-l"}, "chdev -l\n", "", 0},
		{"wrong\n", []string{"/usr/bin/sudo", "-S", "/usr/bin/uname"}, "", "Sorry, try again.", 1},
		{"s3cret\ny\n", []string{"/usr/bin/sudo", "-S", "-p", "", "/usr/sbin/snap", "-gc"}, "Do you want to remove it?", "", 0},
		{"", []string{"/usr/bin/dzdo", "-n", "/usr/sbin/chdev", "-l", "en1", "-a", "mtu=9000"}, "en1 changed\n", "", 0},
		{"", []string{"/usr/bin/dzdo", "-n", "chdev", "-l", "en1", "-a", "mtu=9000"}, "en1 changed\n", "", 0},
		{"", []string{"/usr/bin/dzdo", "-n", "/usr/bin/uname"}, "", "dzdo: a password is required", 1},
		{"s3cret\n", []string{"/usr/bin/dzdo", "-S", "/usr/bin/uname"}, "", "Sorry, user ops is not allowed to execute '/usr/bin/uname' as root on aixvm1.", 1},
		{"", []string{"/usr/local/bin/pbrun", "/usr/sbin/bootinfo", "-b"}, "hdisk0\n", "", 0},
		{"wrong\n", []string{"/usr/bin/su", "root", "-c", "id"}, "", "root's Password: 3004-300", 1},
		{"s3cret\n", []string{"/usr/bin/su", "root", "-c", "id"}, "", "su: /usr/bin/ksh: command not found", 125}, // let in, and there is no shell here
		{"", []string{"/usr/sbin/bootinfo", "-b"}, "", "aixstandin", 125},                                         // AIXSIM_STATE of the caller counts here, and not above
		{"", []string{"/var/aixsim/aixstandin-become", "--install", "/", "/var/aixsim/state.json"}, "", "for becoming root only", 125},
	} {
		if test.argv[0] == "/usr/bin/sudo" && strings.Contains(strings.Join(test.argv, " "), "snap") {
			c.as(0, "", "/usr/sbin/snap", "-gc") // so that there is something to ask about
		}
		out, errs, exit := c.as(ops, test.stdin, test.argv...)
		if exit != test.exit || !strings.Contains(out, test.out) || !strings.Contains(errs, test.err) || test.out == "" && out != "" {
			t.Errorf("%q: exit %d, stdout %q, stderr %q", test.argv, exit, out, errs)
		}
	}
	s, err := load(filepath.Join(c.root, "var/aixsim/state.json"))
	if err != nil || s.NICs[0].Attrs.MTU != "9000" || s.NICs[1].Attrs.MTU != "9000" {
		t.Errorf("%v: %+v", err, s.NICs)
	}
}

// TestBecomeIsNotInstalled where the state names no tool.
func TestBecomeIsNotInstalled(t *testing.T) {
	dir := t.TempDir()
	state := filepath.Join(dir, "state.json")
	write(t, state, aixsim.Healthy("aixvm1", 1))
	if code := run([]string{"aixstandin", "--install", filepath.Join(dir, "root"), state}, ""); code != 0 {
		t.Fatalf("exit %d", code)
	}
	for _, p := range []string{"usr/bin/sudo", "usr/bin/su", becomeProgram} {
		if _, err := os.Lstat(filepath.Join(dir, "root", p)); err == nil {
			t.Errorf("%s should not be there", p)
		}
	}
}

// testNewCommandsOnDisk: installp reads images on the real disk, mounts are
// kept in the state, support data is written where it belongs, a full file
// system takes none.
func testNewCommandsOnDisk(t *testing.T, program string) {
	c := newChroot(t, program, func(s *aixsim.State) {
		image := aixsim.Fileset{Name: "rsct.core.rmc", Level: "3.2.6.3", Type: "F", Description: "RMC"}
		s.Files["/tmp/images/"+aixsim.ImageName(image)] = aixsim.File{Content: string(aixsim.ImageFile(image, []byte("\xff\x00payload")))}
		s.Exports = map[string][]aixsim.Fileset{"nim01:/export": {image}}
		s.Files["/mnt"] = aixsim.File{Dir: true}
		s.CtsnapBytes = 100 << 10
		for i := range s.FileSystems {
			if s.FileSystems[i].Mount == "/opt" {
				s.FileSystems[i].FreeKB = 10
			}
		}
	})
	const row = "rsct.core:rsct.core.rmc:3.2.6.3::S:C:::::N:RMC::::0::\n"
	for _, test := range []struct {
		command string
		out     string
		exit    int
	}{
		{"/usr/sbin/installp -L -d /tmp/images", row, 0},
		{"/usr/sbin/mount -o ro,soft nim01:/export /mnt", "", 0},
		{"/usr/sbin/installp -Ld /mnt", row, 0},
		{"/usr/sbin/umount /mnt", "", 0},
		{"/usr/sbin/installp -Ld /mnt", "", 1},
		{"/usr/sbin/installp -agXY -d /tmp/images rsct.core.rmc", "SUCCESS", 0},
		{"/usr/bin/lslpp -Lcq rsct.core.rmc", ":3.2.6.3: : :A:", 0},
		{"/usr/bin/lppchk -v", "", 0},
		{"/usr/sbin/installp -rgX rsct.core.rmc", "REJECT", 0},
		{"/usr/sbin/chdev -l inet0 -a delroute=net,-hopcount,0,,0,10.20.0.1", "inet0 changed", 0},
		{"/usr/sbin/route add default 10.20.0.1", "10.20.0.1 net default: gateway 10.20.0.1", 0},
		{"/usr/bin/netstat -rn", "default            10.20.0.1         UG", 0},
		{"/opt/rsct/bin/ctsnap -d /var/tmp/c -x runrpttr", "/var/tmp/c/ctsnap.aixvm1.", 0},
		{"/opt/rsct/bin/ctsnap -d /opt/c -x runrpttr", "", 1},
		{"/usr/sbin/snap -gtkc", "snap.pax.Z", 0},
		{"/usr/sbin/snap -gtkc", "Do you want to remove it?", 1},
		{"/usr/sbin/snap -r", "", 0},
		{"/usr/sbin/lsvg", "rootvg\n", 0},
	} {
		out, errs, exit := c.as(0, "", strings.Fields(test.command)...)
		if exit != test.exit || !strings.Contains(out, test.out) {
			t.Errorf("%s: exit %d, stdout %q, stderr %q", test.command, exit, out, errs)
		}
	}
	if found, _ := filepath.Glob(filepath.Join(c.root, "var/tmp/c/ctsnap.aixvm1.*.tar.gz")); len(found) != 1 {
		t.Errorf("support data: %q", found)
	}
	if _, err := os.Stat(filepath.Join(c.root, "tmp/ibmsupt")); err == nil {
		t.Error("snap -r left something")
	}
}

// testStuck: recfgct does what it shall and never ends; others go on meanwhile.
func testStuck(t *testing.T, program string) {
	c := newChroot(t, program, func(s *aixsim.State) { s.RMC.Recfgct = "hang-after" })
	cmd := c.command(0, "/opt/rsct/install/bin/recfgct", "-i", "1234567890abcdef")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		if err := cmd.Wait(); err == nil {
			t.Error("it ended by itself")
		}
	}()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 2000 {
		if out, _, _ := c.as(0, "", "/opt/rsct/bin/lsnodeid"); out == "1234567890abcdef\n" {
			return
		}
		<-tick.C
	}
	t.Error("the id was not changed")
}
