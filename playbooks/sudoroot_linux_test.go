package playbooks

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"aixmend/transport/lab/suite"
)

// sudoRoot is a small system with the real sudo of this machine, in a root folder of its
// own. In the place of the commands of AIX stand scripts that write down how they were
// called; where this machine has the command, it runs then.
type sudoRoot struct {
	t   *testing.T
	dir string
}

// opsID is the user id of the login.
const opsID = 4711

// secretText is in files that only root may read.
const secretText = "this-is-for-root-alone"

// standIn logs its call to a file of its own: name, arguments, folder, environment. Like
// lsrpdomain, which is a script, it calls a command by its bare name.
const standIn = `#!/bin/sh
{
	printf '%s' "$0"
	for a do printf '\037%s' "$a"; done
	printf '\036'; pwd
	printf '\036'; export -p
} >"/log/$$"
helper 2>/dev/null
if [ -f "/answer$0" ]; then exec /real/cat "/answer$0"; fi
if [ -x "/real/${0##*/}" ]; then exec "/real/${0##*/}" "$@"; fi
exit 0
`

// newSudoRoot returns a root folder in which sudo obeys a sheet, after lines of a site's
// own.
func newSudoRoot(t *testing.T, site, sheet string) *sudoRoot {
	t.Helper()
	suite.Unraced(t, "sudo")
	need := func(ok bool, why string) {
		t.Helper()
		if !ok && os.Geteuid() == 0 && os.Getenv("AIXMEND_REQUIRE_OPENSSH") == "1" {
			t.Fatal(why)
		} else if !ok {
			t.Skip(why)
		}
	}
	need(os.Geteuid() == 0, "only root can make a root folder for sudo")
	sudo, err := exec.LookPath("sudo")
	need(err == nil, "sudo is not installed: apt-get install sudo")
	plugin := first("/usr/libexec/sudo/sudoers.so", "/usr/lib/sudo/sudoers.so", "/usr/lib64/sudo/sudoers.so", "/usr/lib/*/sudo/sudoers.so")
	permit := first("/lib/*/security/pam_permit.so", "/usr/lib/*/security/pam_permit.so", "/lib64/security/pam_permit.so", "/usr/lib64/security/pam_permit.so", "/lib/security/pam_permit.so")
	need(plugin != "" && permit != "", "sudo's plugin or pam_permit.so is not where this test looks for it")

	r := &sudoRoot{t: t, dir: t.TempDir()}
	r.program(sudo, "/usr/bin/sudo", 0o4755)
	for _, lib := range glob(filepath.Dir(plugin) + "/*.so*") {
		r.program(lib, lib, 0o644)
	}
	r.program(permit, "/lib/pam_permit.so", 0o644)
	r.program("/bin/sh", "/bin/sh", 0o755)
	for _, name := range []string{"cat", "date", "df", "grep", "head", "id", "ln", "ls", "mv", "rm", "tail", "uname", "touch", "tr"} {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		r.program(path, "/real/"+name, 0o755)
	}
	r.system(site, sheet)
	for _, path := range commandPaths(sheet) {
		r.file(path, standIn, 0o755)
	}
	if out, said := r.as(nil, "/", "/usr/bin/sudo", "-V"); !strings.HasPrefix(out, "Sudo version") || strings.Contains(said, "effective uid") {
		need(false, "sudo does not run in a root folder here: "+out+said)
	}
	return r
}

// system writes the files of the system.
func (r *sudoRoot) system(site, sheet string) {
	host, _ := os.Hostname()
	for path, text := range map[string]string{
		"/etc/passwd":          "root:x:0:0::/root:/bin/sh\nops:x:4711:4711::/home/ops:/bin/sh\nother:x:4712:4712::/:/bin/sh\n",
		"/etc/group":           "root:x:0:\nops:x:4711:\n",
		"/etc/hosts":           "127.0.0.1 localhost " + host + "\n",
		"/etc/nsswitch.conf":   "passwd: files\ngroup: files\nhosts: files\nsudoers: files\n",
		"/etc/pam.d/sudo":      "auth required /lib/pam_permit.so\naccount required /lib/pam_permit.so\nsession required /lib/pam_permit.so\n",
		"/etc/environment":     "ODMDIR=/etc/objrepos\n",
		"/etc/rc.tcpip":        "# start up\n",
		"/etc/motd":            "hello\n",
		"/var/ct/x":            "",
		"/usr/sbin/sendmail":   "#!/bin/sh\n",
		"/home/ops/.profile":   "",
		"/home/ops/b/README":   "",
		"/etc/security/README": "",
		"/log/README":          "",
		"/run/README":          "",
		"/tmp/README":          "",
	} {
		r.file(path, text, 0o644)
	}
	r.file("/etc/shadow", secretText+":\n: : :B: "+secretText+"\n", 0o600)
	r.file("/etc/sudoers", "Defaults !fqdn, !mail_badpass, !mail_no_user, !mail_no_perms, !syslog\n"+site+"\n@includedir /etc/sudoers.d\n", 0o440)
	r.file("/etc/sudoers.d/aixmend", sheet, 0o440)
	for path, mode := range map[string]fs.FileMode{"/log": 0o700, "/tmp": 0o1777, "/root": 0o700} {
		r.must(os.MkdirAll(r.dir+path, 0o755))
		r.must(os.Chmod(r.dir+path, mode.Perm()|mode&0o1000<<11))
	}
	r.must(os.MkdirAll(r.dir+"/dev", 0o755))
	if err := syscall.Mknod(r.dir+"/dev/null", syscall.S_IFCHR|0o666, 1<<8|3); err != nil {
		r.file("/dev/null", "", 0o666)
	}
	r.must(os.Chmod(r.dir+"/dev/null", 0o666))
	for _, path := range []string{"/home/ops", "/home/ops/b"} {
		r.must(os.Chown(r.dir+path, opsID, opsID))
	}
}

func (r *sudoRoot) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// file writes a file of root's.
func (r *sudoRoot) file(path, text string, mode fs.FileMode) {
	r.t.Helper()
	r.must(os.MkdirAll(filepath.Dir(r.dir+path), 0o755))
	r.must(os.WriteFile(r.dir+path, []byte(text), 0o600))
	r.must(os.Chmod(r.dir+path, mode))
}

// libraries matches the libraries in what ldd prints.
var libraries = regexp.MustCompile(`(?m)(?:=> |^\s+)(/\S+) \(0x`)

// program copies a program or a library with the libraries that it needs.
func (r *sudoRoot) program(from, to string, mode uint32) {
	r.t.Helper()
	text, err := os.ReadFile(from)
	r.must(err)
	r.must(os.MkdirAll(filepath.Dir(r.dir+to), 0o755))
	r.must(os.WriteFile(r.dir+to, text, 0o600))
	r.must(syscall.Chmod(r.dir+to, mode))
	out, _ := exec.CommandContext(r.t.Context(), "ldd", from).Output() // a static program has none
	for _, m := range libraries.FindAllStringSubmatch(string(out), -1) {
		if _, err := os.Stat(r.dir + m[1]); err != nil {
			r.program(m[1], m[1], 0o755)
		}
	}
}

// as runs a program in the root folder as the login, without a terminal.
func (r *sudoRoot) as(env []string, dir string, words ...string) (stdout, stderr string) {
	var out, errs bytes.Buffer
	c := exec.Cmd{
		Path: words[0], Args: words, Env: env, Dir: dir, Stdout: &out, Stderr: &errs,
		SysProcAttr: &syscall.SysProcAttr{Chroot: r.dir, Setsid: true, Credential: &syscall.Credential{Uid: opsID, Gid: opsID}},
	}
	if env == nil {
		c.Env = []string{"PATH=/usr/bin:/bin", "HOME=/home/ops"}
	}
	if err := c.Run(); c.ProcessState == nil {
		return "", fmt.Sprint(err)
	}
	return out.String(), errs.String()
}

// call is how a command was called as root.
type call struct {
	words []string
	dir   string
	env   map[string]string
}

var exportedLine = regexp.MustCompile(`(?m)^(?:export|declare -x) (\w+)(?:=(.*))?$`)

// calls returns the calls of the commands so far, and forgets them.
func (r *sudoRoot) calls() []call {
	r.t.Helper()
	var list []call
	for _, file := range glob(r.dir + "/log/[0-9]*") {
		text, err := os.ReadFile(file)
		r.must(err)
		r.must(os.Remove(file))
		parts := strings.SplitN(string(text), "\x1e", 3)
		if len(parts) != 3 {
			r.t.Fatalf("a call that is cut off: %q", text)
		}
		c := call{words: strings.Split(parts[0], "\x1f"), dir: strings.TrimSpace(parts[1]), env: map[string]string{}}
		for _, m := range exportedLine.FindAllStringSubmatch(parts[2], -1) {
			c.env[m[1]] = strings.Trim(m[2], `'"`)
		}
		list = append(list, c)
	}
	return list
}

// tree returns every path of the root folder with what it is, but what sudo and this test
// keep there.
func (r *sudoRoot) tree() map[string]string {
	r.t.Helper()
	all := map[string]string{}
	r.must(filepath.WalkDir(r.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := strings.TrimPrefix(path, r.dir); name == "/log" || name == "/run" {
			return fs.SkipDir
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		to, _ := os.Readlink(path)
		all[strings.TrimPrefix(path, r.dir)] = fmt.Sprint(info.Mode(), info.Size()*int64(map[bool]int{true: 1}[info.Mode().IsRegular()]), info.Sys().(*syscall.Stat_t).Uid, to)
		return nil
	}))
	return all
}

func glob(pattern string) []string {
	list, err := filepath.Glob(pattern)
	if err != nil {
		panic(err)
	}
	return list
}

// first returns the first file that one of the patterns matches, "" if there is none.
func first(patterns ...string) string {
	for _, p := range patterns {
		if list := glob(p); len(list) > 0 {
			return list[0]
		}
	}
	return ""
}

// granted is a command that a sheet allows.
type granted struct {
	line string
	// words are one of its forms, and exact matches all of them, joined by the byte 1F.
	words []string
	exact *regexp.Regexp
}

var (
	sheetLine  = regexp.MustCompile(`(?m)^    (/.*?)(?:, \\)?$`)
	sheetClass = regexp.MustCompile(`^\[[^\]]+\]`)
)

// grantedBy returns the commands of a sheet.
func grantedBy(sheet string) []granted {
	var list []granted
	for _, m := range sheetLine.FindAllStringSubmatch(sheet, -1) {
		g := granted{line: m[1]}
		var one, exact strings.Builder
		for rest := m[1]; rest != ""; {
			switch class := sheetClass.FindString(rest); {
			case class != "":
				plain := strings.ReplaceAll(class, `\`, "")
				exact.WriteString(plain)
				one.WriteByte(plain[1] + 1) // 1, or B
				rest = rest[len(class):]
			default:
				c := rest[0]
				if c == '\\' {
					rest = rest[1:]
					c = rest[0]
				} else if c == ' ' {
					c = 0x1f
				}
				one.WriteByte(c)
				exact.WriteString(regexp.QuoteMeta(string(c)))
				rest = rest[1:]
			}
		}
		g.exact = regexp.MustCompile("^" + strings.TrimSuffix(exact.String(), "\x1f\"\"") + "$")
		g.words = strings.Split(strings.TrimSuffix(one.String(), "\x1f\"\""), "\x1f")
		list = append(list, g)
	}
	return list
}

// commandPaths returns the paths of the commands of a sheet.
func commandPaths(sheet string) []string {
	var list []string
	for _, g := range grantedBy(sheet) {
		if !slices.Contains(list, g.words[0]) {
			list = append(list, g.words[0])
		}
	}
	return list
}
