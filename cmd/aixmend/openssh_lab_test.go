//go:build linux

package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"aixmend/cmd/aixmend/request"
	"aixmend/controller/outcome"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/suite"
)

// sshLab is what the hosts of the OpenSSH test are made of: the built
// programs, keys, and a root folder with the system's own sshd, ksh93 and
// coreutils in it.
type sshLab struct {
	dir      string
	aixmend  string
	standin  string
	sudo     string
	template string
	keys     string
	hosts    atomic.Int32
}

// Places of programs: those of sshd and ksh93 differ between systems, those in
// a host's root are AIX's.
const (
	shellPath = "/usr/bin/ksh93"
	sshdPath  = "/usr/sbin/sshd"
)

// hostTools are what a host has beside the stand-ins.
var hostTools = []string{"cat", "chmod", "cp", "echo", "grep", "head", "id", "ln", "ls", "mkdir", "mv", "printf", "rm", "rmdir", "sed", "sleep", "sort", "tail", "test", "tr", "true", "wc"}

// tool finds a program of this machine, "" when there is none.
func tool(name string) string {
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/sbin", "/usr/bin", "/bin") {
		if p, err := exec.LookPath(filepath.Join(dir, name)); err == nil && filepath.IsAbs(p) {
			return p
		}
	}
	return ""
}

// lacking returns the missing requirement of the test; "": none.
func lacking(dir string) string {
	if os.Geteuid() != 0 {
		return "root is needed, to chroot and to make device files: run the test as root"
	}
	for _, need := range []struct{ name, from string }{
		{"sshd", "openssh-server"}, {"ssh-keygen", "openssh-client"}, {"ksh93", "ksh93u+m"}, {"ldd", "libc-bin"}, {"go", "Go"}, {"grep", "grep"}, {"sha256sum", "coreutils"},
	} {
		if tool(need.name) == "" {
			return fmt.Sprintf("%s is not installed: apt-get install %s", need.name, need.from)
		}
	}
	null := filepath.Join(dir, "null")
	if err := syscall.Mknod(null, syscall.S_IFCHR|0o666, 1<<8|3); err != nil {
		return fmt.Sprintf("device files can't be made here (%v): the capability MKNOD is needed", err)
	}
	defer func() { _ = os.Remove(null) }()
	if err := os.WriteFile(null, nil, 0); err != nil {
		return fmt.Sprintf("device files can't be used below %s (%v): set TMPDIR to a folder that is not mounted nodev", dir, err)
	}
	try := exec.Command(tool("cat"), "/dev/null")
	try.SysProcAttr = &syscall.SysProcAttr{Chroot: "/"}
	if err := try.Run(); err != nil {
		return fmt.Sprintf("chroot does not work here (%v): the capability SYS_CHROOT is needed", err)
	}
	return ""
}

// sshTest is one test of a lab. Only those of the share run without -suite.whole.
type sshTest struct {
	name  string
	share bool
	run   func(*testing.T, *sshLab)
}

// runSSH runs tests of the lab, several at a time.
func runSSH(t *testing.T, tests []sshTest) {
	lab := newSSHLab(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if !test.share {
				suite.Long(t, "a test against the system's sshd")
			}
			t.Parallel()
			test.run(t, lab)
		})
	}
}

// theSSHLab is the lab of all tests: its programs are built once.
var theSSHLab = sync.OnceValues(makeSSHLab)

// newSSHLab returns the lab, or ends the test when the system can't have one.
func newSSHLab(t *testing.T) *sshLab {
	t.Helper()
	required := os.Getenv("AIXMEND_REQUIRE_OPENSSH") == "1"
	if testing.Short() && !required {
		t.Skip("the OpenSSH test is left out with -short")
	}
	lab, err := theSSHLab()
	if why := (lackingError{}); errors.As(err, &why) && !required {
		t.Skip("the OpenSSH test is left out: " + err.Error())
	}
	noError(t, err)
	return lab
}

// lackingError says why this system can't have a lab.
type lackingError struct{ why string }

func (e lackingError) Error() string { return e.why }

func makeSSHLab() (*sshLab, error) {
	dir := filepath.Join(built, "ssh")
	if err := os.Mkdir(dir, 0o700); err != nil { // there will be a set-user-ID program below
		return nil, err
	}
	if why := lacking(dir); why != "" {
		return nil, lackingError{why}
	}
	lab := &sshLab{
		dir: dir, standin: filepath.Join(dir, "aixstandin"), sudo: filepath.Join(dir, "sudo"),
		template: filepath.Join(dir, "template"), keys: filepath.Join(dir, "keys"),
	}
	var all sync.WaitGroup
	failed := make(chan error, 9)
	all.Go(func() {
		var err error
		lab.aixmend, err = buildProgram()
		failed <- err
	})
	for program, source := range map[string]string{lab.standin: "../../transport/lab/standin", lab.sudo: "./testdata/openssh/sudo"} {
		all.Go(func() { failed <- output("go", "build", "-o", program, source) })
	}
	all.Go(func() { failed <- lab.makeKeys() })
	all.Wait()
	close(failed)
	for err := range failed {
		if err != nil {
			return nil, err
		}
	}
	return lab, lab.makeTemplate()
}

// makeKeys makes the keys of hosts and users.
func (lab *sshLab) makeKeys() error {
	if err := os.Mkdir(lab.keys, 0o700); err != nil {
		return err
	}
	for _, key := range [][2]string{{"host_ed25519", "ed25519"}, {"host_ecdsa", "ecdsa"}, {"host_rsa", "rsa"}, {"id_ed25519", "ed25519"}, {"id_rsa", "rsa"}, {"other", "ed25519"}} {
		if err := output(tool("ssh-keygen"), "-q", "-t", key[1], "-N", "", "-C", key[0], "-f", filepath.Join(lab.keys, key[0])); err != nil {
			return err
		}
	}
	return nil
}

// output runs a program; what it printed is in the error.
func output(name string, args ...string) error {
	c := exec.Command(name, args...)
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(c.Args, " "), err, text)
	}
	return nil
}

func (lab *sshLab) public(key string) string {
	text, err := os.ReadFile(filepath.Join(lab.keys, key+".pub"))
	if err != nil {
		panic(err) // made at the beginning
	}
	return strings.TrimSpace(string(text))
}

// fingerprint returns the output of ssh-keygen -l for a key.
func (lab *sshLab) fingerprint(t *testing.T, key string) string {
	t.Helper()
	text, err := exec.Command(tool("ssh-keygen"), "-l", "-f", filepath.Join(lab.keys, key+".pub")).Output()
	noError(t, err)
	return strings.Fields(string(text))[1]
}

// makeTemplate makes the root folder that all hosts are linked from.
func (lab *sshLab) makeTemplate() error {
	for dir, mode := range map[string]fs.FileMode{
		"": 0o755, "usr/bin": 0o755, "etc/ssh": 0o755, "dev": 0o755, "tmp": 0o777 | fs.ModeSticky, "root/.ssh": 0o700, "home/ops": 0o755,
		"run/sshd": 0o755, "var/run/sshd": 0o755, "var/empty/sshd": 0o755, "usr/share/empty.sshd": 0o755,
		"var/adm": 0o775, "var/adm/ras": 0o755,
	} {
		full := filepath.Join(lab.template, dir)
		if err := errors.Join(os.MkdirAll(full, 0o755), os.Chmod(full, mode)); err != nil {
			return err
		}
	}
	if err := os.Symlink("usr/bin", filepath.Join(lab.template, "bin")); err != nil { // as on AIX
		return err
	}
	for i, name := range []string{"null", "zero", "random", "urandom", "tty"} {
		device := []int{1<<8 | 3, 1<<8 | 5, 1<<8 | 8, 1<<8 | 9, 5 << 8}[i]
		node := filepath.Join(lab.template, "dev", name)
		if err := errors.Join(syscall.Mknod(node, syscall.S_IFCHR, device), os.Chmod(node, 0o666)); err != nil {
			return err
		}
	}
	if err := lab.copyPrograms(); err != nil {
		return err
	}
	const home = ":" + shellPath + "\n"
	authorized := lab.public("id_ed25519") + "\n" + lab.public("id_rsa") + "\n"
	for name, text := range map[string]string{
		"etc/passwd":              "root:*:0:0::/root" + home + "ops:*:1001:1001::/home/ops" + home + "guest:*:1002:1002::/home/ops" + home + "sshd:*:74:74::/run/sshd:/usr/bin/false\n",
		"etc/group":               "system:*:0:\nstaff:*:1001:\nguest:*:1002:\nsshd:*:74:\n",
		"etc/nsswitch.conf":       "passwd: files\ngroup: files\n",
		"etc/ssh/authorized_keys": authorized,
		"etc/ssh/host_ed25519":    "",
		"etc/ssh/host_ecdsa":      "",
		"etc/ssh/host_rsa":        "",
	} {
		mode := fs.FileMode(0o644)
		if strings.HasPrefix(name, "etc/ssh/host_") {
			key, err := os.ReadFile(filepath.Join(lab.keys, filepath.Base(name)))
			if err != nil {
				return err
			}
			text, mode = string(key), 0o600
		}
		if err := writeMode(filepath.Join(lab.template, name), []byte(text), mode); err != nil {
			return err
		}
	}
	return nil
}

// copyPrograms copies the programs of a host with the libraries they need.
func (lab *sshLab) copyPrograms() error {
	programs := map[string]string{tool("sshd"): tool("sshd"), "/usr/bin/ksh": tool("ksh93"), "/usr/bin/sh": tool("ksh93"), shellPath: tool("ksh93")}
	for _, name := range hostTools {
		programs["/usr/bin/"+name] = tool(name)
	}
	if server := sftpServer(); server != "" {
		programs[server] = server
	}
	for _, pattern := range []string{"/usr/lib/openssh/sshd-*", "/usr/libexec/openssh/sshd-*"} { // newer sshds are split
		parts, _ := filepath.Glob(pattern)
		for _, part := range parts {
			programs[part] = part
		}
	}
	libraries, _ := filepath.Glob("/lib/*/libnss_files.so.2") // part of libc since 2.34
	for to, from := range programs {
		if from == "" {
			continue
		}
		if err := lab.copyFile(from, to); err != nil {
			return err
		}
		text, err := exec.Command("ldd", from).Output()
		if err != nil {
			return fmt.Errorf("ldd %s: %w", from, err)
		}
		for _, match := range libraryPath.FindAllSubmatch(text, -1) {
			libraries = append(libraries, string(match[1]))
		}
	}
	slices.Sort(libraries)
	for _, library := range slices.Compact(libraries) {
		if err := lab.copyFile(library, library); err != nil {
			return err
		}
	}
	return nil
}

// sftpServer is the SFTP server of this machine's OpenSSH, "" when it has none.
func sftpServer() string {
	for _, dir := range []string{"/usr/lib/openssh", "/usr/libexec/openssh", "/usr/lib/ssh", "/usr/lib/misc", "/usr/libexec"} {
		if p, err := exec.LookPath(filepath.Join(dir, "sftp-server")); err == nil {
			return p
		}
	}
	return ""
}

// libraryPath is the path in a line of ldd: "libc.so.6 => /lib/libc.so.6 (0x7f)".
var libraryPath = regexp.MustCompile(`(?m)(/\S+) \(0x[0-9a-f]+\)$`)

func (lab *sshLab) copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return writeMode(filepath.Join(lab.template, to), data, 0o755)
}

// writeMode makes a file with exactly this mode, and its folders. One that is
// there is replaced, not written to: it may be shared.
func writeMode(name string, data []byte, mode fs.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return errors.Join(os.WriteFile(name, data, mode), os.Chmod(name, mode))
}

// linkTree makes a copy of a tree that shares its files.
func linkTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		if !entry.IsDir() {
			return os.Link(path, target)
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		return errors.Join(os.Mkdir(target, 0o700), os.Chmod(target, info.Mode()))
	})
}

// sshHost is one host: a root folder and the sshd that serves it.
type sshHost struct {
	name    string
	root    string
	address string
	port    int
	options hostOptions
	lab     *sshLab
	state   *aixsim.State // as it was installed
	log     serverLog
	server  int // the process id of sshd
}

// hostOptions are how a host differs from a plain one.
type hostOptions struct {
	illness string
	change  func(*aixsim.State)
	// prepare is called with the host's root before sshd starts.
	prepare func(root string) error
	// sshd is further configuration.
	sshd string
	// record keeps the text of every command that sshd is asked to run.
	record bool
	// addresses is how many loopback addresses sshd listens on, 0: one. An
	// inventory names each address once.
	addresses int
}

// recorded is where a recording host keeps the texts, each ended by a NUL.
const recorded = "/var/aixsim/commands"

// start makes a host and starts its sshd; both end with the test.
func (lab *sshLab) start(t *testing.T, name string, o hostOptions) *sshHost {
	t.Helper()
	n := int(lab.hosts.Add(1))
	h := &sshHost{
		name: name, lab: lab, options: o, root: filepath.Join(lab.dir, fmt.Sprintf("root%d", n)),
		address: fmt.Sprintf("127.20.%d.%d", n/250, 1+n%250), // all of 127/8 is loopback: each host has an address of its own
	}
	h.options.addresses = max(1, o.addresses)
	h.state = aixsim.Healthy(name, n)
	h.state.RMC.ConnectDelay = aixsim.Duration(300 * time.Millisecond)
	h.state.NICs[0].Live.IPv4, h.state.NICs[0].Attrs.NetAddr = []string{h.address + "/24"}, h.address
	gateway := fmt.Sprintf("127.20.%d.254", n/250)
	h.state.Inet0, h.state.Routes = []string{aixsim.DefaultRoute(gateway)}, []aixsim.Route{{Destination: "default", Gateway: gateway}}
	illness, err := aixsim.FindIllness(cmp.Or(o.illness, "healthy"))
	noError(t, err)
	illness.Apply(h.state)
	if o.change != nil {
		o.change(h.state)
	}
	t.Cleanup(func() { // even when the rest of this function fails
		h.kill()
		if left := h.processes(); len(left) > 0 {
			t.Errorf("%s: processes are left behind: %v", name, left)
		}
		if t.Failed() {
			t.Logf("%s: sshd said:\n%s", name, h.log.String())
		}
	})
	h.install(t)
	noError(t, h.serve())
	return h
}

// install makes the root folder.
func (h *sshHost) install(t *testing.T) {
	t.Helper()
	noError(t, linkTree(h.lab.template, h.root))
	text, err := json.Marshal(h.state)
	noError(t, err)
	state := h.root + ".json"
	noError(t, os.WriteFile(state, text, 0o600))
	noError(t, output(h.lab.standin, "--install", h.root, state))
	sudo, err := os.ReadFile(h.lab.sudo)
	noError(t, err)
	noError(t, writeMode(h.path("/usr/bin/sudo"), sudo, 0o755|fs.ModeSetuid))
	if h.options.prepare != nil {
		noError(t, h.options.prepare(h.root))
	}
}

// config is the sshd_config of a host.
func (h *sshHost) config() string {
	text := ""
	for n := range h.options.addresses {
		text += fmt.Sprintf("ListenAddress %s:%d\n", h.other(n), h.port)
	}
	text += "HostKey /etc/ssh/host_ed25519\nHostKey /etc/ssh/host_ecdsa\nHostKey /etc/ssh/host_rsa\nAuthorizedKeysFile /etc/ssh/authorized_keys\n" +
		"UsePAM no\nPermitRootLogin prohibit-password\nPasswordAuthentication no\nPidFile none\nLogLevel VERBOSE\n" + h.options.sshd
	if h.options.record {
		text += `ForceCommand printf '%s\0' "$SSH_ORIGINAL_COMMAND" >>` + recorded + ` || exit 99; exec ` + shellPath + ` -c "$SSH_ORIGINAL_COMMAND"` + "\n"
	}
	return text
}

// other is the host's n-th address.
func (h *sshHost) other(n int) string {
	return strings.Replace(h.address, "127.20.", fmt.Sprintf("127.%d.", 20+n), 1)
}

// serve starts sshd on a free port and returns when it listens. Somebody else
// may take the port in between: then on another one.
func (h *sshHost) serve() error {
	for try := 0; ; try++ {
		free, err := net.Listen("tcp", net.JoinHostPort(h.address, "0"))
		if err != nil {
			return err
		}
		h.port = free.Addr().(*net.TCPAddr).Port
		_ = free.Close()
		if err := writeMode(h.path("/etc/ssh/sshd_config"), []byte(h.config()), 0o600); err != nil {
			return err
		}
		ended := make(chan error, 1)
		h.log.await(h.options.addresses)
		server := exec.Command(tool("sshd"), "-D", "-e", "-f", "/etc/ssh/sshd_config")
		server.Env = []string{"PATH=/usr/bin:/usr/sbin"}
		server.Dir = "/"
		server.Stderr = &h.log
		server.WaitDelay = 5 * time.Second
		server.SysProcAttr = &syscall.SysProcAttr{Chroot: h.root, Setpgid: true}
		if err := server.Start(); err != nil {
			return fmt.Errorf("sshd: %w", err)
		}
		h.server = server.Process.Pid
		go func() { ended <- server.Wait() }()
		late := time.NewTimer(killLong)
		defer late.Stop()
		select {
		case <-h.log.listens:
			return nil
		case <-late.C:
			return fmt.Errorf("sshd does not listen: %s", h.log.String())
		case err := <-ended:
			if try >= 3 || !strings.Contains(h.log.String(), "already in use") {
				return fmt.Errorf("sshd ended: %w: %s", err, h.log.String())
			}
		}
	}
}

// path is a host's file on this machine.
func (h *sshHost) path(name string) string { return filepath.Join(h.root, name) }

// processes are those that run in the host's root: its sshd, the sessions,
// and what hangs there after its session has ended.
func (h *sshHost) processes() []int {
	var pids []int
	links, _ := filepath.Glob("/proc/[0-9]*/root")
	for _, link := range links {
		if root, err := os.Readlink(link); err == nil && root == h.root {
			if pid, err := strconv.Atoi(strings.Split(link, "/")[2]); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// kill ends every process of the host.
func (h *sshHost) kill() {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 1000 {
		pids := h.processes()
		if len(pids) == 0 {
			return
		}
		for _, pid := range pids {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		<-tick.C
	}
}

// standin runs one of the host's commands in its root, past sshd.
func (h *sshHost) standin(t *testing.T, command string, args ...string) string {
	t.Helper()
	c := exec.Command(command, args...)
	c.Path, c.Err = command, nil // in the root
	c.Env, c.Dir = []string{"LC_ALL=C"}, "/"
	c.SysProcAttr = &syscall.SysProcAttr{Chroot: h.root}
	text, err := c.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %s: %v\n%s", h.name, command, err, text)
	}
	return string(text)
}

// now is the host's state as it stands on its disk.
func (h *sshHost) now(t *testing.T) *aixsim.State {
	t.Helper()
	s := new(aixsim.State)
	noError(t, json.Unmarshal(h.read(t, "/var/aixsim/state.json"), s))
	return s
}

func (h *sshHost) read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(h.path(name))
	noError(t, err)
	return text
}

// effects are what the stand-ins changed, oldest first.
func (h *sshHost) effects(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(h.path("/var/aixsim/effects.log"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	noError(t, err)
	var list []string
	for line := range strings.Lines(string(text)) {
		_, quoted, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		effect, err := strconv.Unquote(quoted)
		noError(t, err)
		list = append(list, effect)
	}
	return list
}

// scripts are the texts that sshd was asked to run on a recording host.
func (h *sshHost) scripts(t *testing.T) []string {
	t.Helper()
	return strings.Split(strings.TrimSuffix(string(h.read(t, recorded)), "\x00"), "\x00")
}

// tree describes every file of the host: kind, mode, owner, time and content.
// Left out is what recording makes.
func (h *sshHost) tree(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	noError(t, filepath.WalkDir(h.root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == h.path(recorded) {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		owner := info.Sys().(*syscall.Stat_t)
		about := fmt.Sprintf("%s %d:%d", info.Mode(), owner.Uid, owner.Gid)
		switch {
		case info.Mode().IsRegular():
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			about += fmt.Sprintf(" %s %x", info.ModTime(), sha256.Sum256(data))
		case info.IsDir() && path != h.path("/tmp"): // ksh93 keeps here-documents and long output in /tmp
			about += fmt.Sprintf(" %s", info.ModTime())
		}
		files[strings.TrimPrefix(path, h.root)] = about
		return nil
	}))
	return files
}

// serverLog is the log of an sshd.
type serverLog struct {
	mu      sync.Mutex
	text    bytes.Buffer
	missing int           // addresses on which it does not listen yet
	listens chan struct{} // closed when it listens on all
}

// await says how many addresses the next server will listen on.
func (l *serverLog) await(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.missing, l.listens = n, make(chan struct{})
}

func (l *serverLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(p) // sshd writes a message at a time
	for range bytes.Count(p, []byte("Server listening on")) {
		if l.missing--; l.missing == 0 {
			close(l.listens)
		}
	}
	return len(p), nil
}

func (l *serverLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// desk is where an operator sits: a folder with an inventory, known_hosts and
// a state folder.
type desk struct {
	t   *testing.T
	lab *sshLab
	dir string
	env []string
}

// row is a host as the inventory names it.
type row struct {
	*sshHost
	name string // the host's own when empty
	at   int    // which of the host's addresses
	ssh  string // more of ssh: {...}
	key  string // the host key in known_hosts: a file of the keys, "" for none
}

// rows are hosts as they are, one of their host keys known.
func rows(key string, hosts ...*sshHost) []row {
	var list []row
	for _, h := range hosts {
		list = append(list, row{sshHost: h, key: key})
	}
	return list
}

// sit makes a desk.
func (lab *sshLab) sit(t *testing.T, hosts ...row) *desk {
	t.Helper()
	d := &desk{t: t, lab: lab, dir: t.TempDir()}
	// All hosts begin at once, and many may fail.
	d.env = []string{"HOME=" + d.dir, "PATH=" + os.Getenv("PATH"), "AIXMEND_WAVE=100%", "AIXMEND_MAX_FAIL=100%", "AIXMEND_SSH_CONFIG=" + request.None}
	var inventory strings.Builder
	fmt.Fprintf(&inventory, "apiVersion: aixmend/v1\ndefaults:\n  ssh: {user: root, identity: %s}\nhosts:\n", filepath.Join(lab.keys, "id_ed25519"))
	for _, h := range hosts {
		name := cmp.Or(h.name, h.sshHost.name)
		known := filepath.Join(d.dir, "known_hosts."+name)
		var line string
		if h.key != "" {
			words := strings.Fields(lab.public(h.key))
			line = fmt.Sprintf("[%s]:%d %s %s\n", h.other(h.at), h.port, words[0], words[1])
		}
		noError(t, os.WriteFile(known, []byte(line), 0o600))
		fmt.Fprintf(&inventory, "  %s: {address: %s, ssh: {port: %d, known_hosts: %s%s}}\n", name, h.other(h.at), h.port, known, h.ssh)
	}
	noError(t, os.WriteFile(filepath.Join(d.dir, "inventory.yaml"), []byte(inventory.String()), 0o600))
	return d
}

// ran is what a call of the built binary left.
type ran struct {
	desk           *desk
	code           int
	stdout, stderr string
}

// fast are waits that fit the stand-ins.
var fast = []string{"--set", "settle=1s", "--set", "wait=20s", "--set", "probe_timeout=5s"}

// run runs the built binary in the desk's folder, with fast waits.
func (d *desk) run(args ...string) ran {
	d.t.Helper()
	return d.call(slices.Concat(args[:1], fast, args[1:])...)
}

// call runs the built binary in the desk's folder.
func (d *desk) call(args ...string) ran {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), killLong)
	defer cancel()
	var stdout, stderr strings.Builder
	c := exec.CommandContext(ctx, d.lab.aixmend, args...)
	c.Dir, c.Env, c.Stdout, c.Stderr, c.WaitDelay = d.dir, d.env, &stdout, &stderr, 5*time.Second
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		d.t.Fatalf("aixmend %q: %v, %v\n%s%s", args, err, ctx.Err(), stdout.String(), stderr.String())
	}
	return ran{desk: d, code: c.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
}

// exits fails the test unless the exit code is this one.
func (r ran) exits(code int) ran {
	r.desk.t.Helper()
	if r.code != code {
		r.desk.t.Errorf("exit code %d, wanted %d\n%s%s", r.code, code, r.stdout, r.stderr)
	}
	return r
}

// document is run.json as it stands on stdout.
func (r ran) document() outcome.Run {
	r.desk.t.Helper()
	var run outcome.Run
	if err := json.Unmarshal([]byte(r.stdout), &run); err != nil || run.Schema != outcome.RunSchema {
		r.desk.t.Fatalf("stdout is no run.json: %v\n%s%s", err, r.stdout, r.stderr)
	}
	return run
}

// latest is the id of the newest run.
func (d *desk) latest() string {
	d.t.Helper()
	id, err := os.Readlink(filepath.Join(d.dir, "aixmend-state/runs/latest"))
	noError(d.t, err)
	return id
}

// report is a host's HOST.json of the newest run.
func (d *desk) report(host string) outcome.Host {
	d.t.Helper()
	text, err := os.ReadFile(filepath.Join(d.dir, "aixmend-state/runs/latest/hosts", host+".json"))
	noError(d.t, err)
	var h outcome.Host
	noError(d.t, json.Unmarshal(text, &h))
	return h
}
