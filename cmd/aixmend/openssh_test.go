//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/cmd/aixmend/request"
	"aixmend/controller/outcome"
	"aixmend/transport/lab/aixsim"
)

// TestOpenSSH runs the built binary against the system's own sshd on loopback,
// with ksh93 as login shell, real coreutils, and stand-ins on disk for what
// only AIX has. It needs root, openssh-server and ksh93; where they are not to
// be had it is skipped with the reason, or fails when AIXMEND_REQUIRE_OPENSSH
// is 1.
func TestOpenSSH(t *testing.T) {
	runSSH(t, []sshTest{
		{name: "Audit", share: true, run: testSSHAudit},
		{name: "Cron", run: testSSHCron},
		{name: "ReadOnly", run: testSSHReadOnly},
		{name: "Recover", run: testSSHRecover},
		{name: "FailedStep", run: testSSHFailedStep},
		{name: "LinkDies", share: true, run: testSSHLinkDies},
		{name: "NoTerminal", run: testSSHNoTerminal},
		{name: "Unreachable", run: testSSHUnreachable},
		{name: "HungProbe", run: testSSHHungProbe},
		{name: "Sudo", run: testSSHSudo},
		{name: "SessionNIC", run: testSSHSessionNIC},
		{name: "NodeID", run: testSSHNodeID},
		{name: "Password", run: testSSHPassword},
	})
}

// Healthy hosts are healthy, whichever of their three host keys is known and
// whichever type of key logs in.
func testSSHAudit(t *testing.T, lab *sshLab) {
	d := lab.sit(t,
		row{sshHost: lab.start(t, "ed25519", hostOptions{}), key: "host_ed25519"},
		row{sshHost: lab.start(t, "ecdsa", hostOptions{}), key: "host_ecdsa"},
		row{sshHost: lab.start(t, "rsa", hostOptions{}), key: "host_rsa", ssh: ", identity: " + filepath.Join(lab.keys, "id_rsa")},
	)
	r := d.run("audit", "--format", "json").exits(0)
	run := r.document()
	if run.Counts[outcome.Healthy] != 3 || run.ExitCode != 0 || run.Command != "audit" {
		t.Errorf("counts %v, exit code %d, command %s", run.Counts, run.ExitCode, run.Command)
	}
	for _, s := range run.Hosts {
		if s.Outcome != outcome.Healthy || len(s.Open) > 0 {
			t.Errorf("%s: %s: %s %v", s.Name, s.Outcome, s.Reason, s.Findings)
		}
	}
	for _, step := range d.report("rsa").Stages[0].Steps {
		if step.ID == "" || step.Command == "" || step.Error != "" || step.Mutating {
			t.Errorf("step %+v", step)
		}
	}
}

// From cron: no environment to speak of, key and known_hosts named by flags.
func testSSHCron(t *testing.T, lab *sshLab) {
	d := lab.sit(t, rows("host_ed25519", lab.start(t, "healthy", hostOptions{}))...)
	inventory := filepath.Join(d.dir, "inventory.yaml")
	text, err := os.ReadFile(inventory)
	noError(t, err)
	noError(t, os.WriteFile(inventory, bytes.ReplaceAll(text, []byte(", identity: "+filepath.Join(lab.keys, "id_ed25519")), nil), 0o600))
	d.env = []string{"AIXMEND_SSH_CONFIG=" + request.None}
	r := d.run("audit", "--identity", filepath.Join(lab.keys, "id_ed25519"), "--known-hosts", filepath.Join(d.dir, "known_hosts.healthy")).exits(0)
	if r.stderr != "" && strings.Contains(r.stderr, "error") || strings.Contains(r.stdout, "\x1b") {
		t.Errorf("stdout %q\nstderr %q", r.stdout, r.stderr)
	}
	if got := d.report("healthy").Outcome; got != outcome.Healthy {
		t.Errorf("outcome %s", got)
	}
	r = d.run("audit", "--known-hosts", filepath.Join(d.dir, "known_hosts.healthy")).exits(4)
	if !strings.Contains(r.stdout, "no identity") {
		t.Errorf("without a key: %s%s", r.stdout, r.stderr)
	}
}

// audit, plan and capture say what is wrong and change no file of the host.
func testSSHReadOnly(t *testing.T, lab *sshLab) {
	h := lab.start(t, "ill", hostOptions{illness: "address-removed-smitty"})
	d := lab.sit(t, rows("host_ed25519", h)...)
	before := h.tree(t)
	unchanged := func(verb string) {
		if diff := cmp.Diff(before, h.tree(t)); diff != "" {
			t.Errorf("%s changed the host (-before +after)\n%s", verb, diff)
		}
	}
	run := d.run("audit", "--format", "json").exits(3).document()
	unchanged("audit")
	if s := run.Hosts[0]; s.Outcome != outcome.NeedsAction || !slices.Contains(s.Findings, "rmc-address-missing") {
		t.Errorf("audit: %s: %s, findings %v", s.Outcome, s.Reason, s.Findings)
	}

	chdev := "/usr/sbin/chdev -l en1 -a netaddr6=" + rmcAddress(h) + " -a prefixlen=64 -a state=up"
	if r := d.run("plan").exits(3); !strings.Contains(r.stdout, chdev) {
		t.Errorf("plan does not show %q:\n%s", chdev, r.stdout)
	}
	unchanged("plan")
	// Its undo is armed before and disarmed after it.
	flat := func(text string) string { return strings.Join(strings.Fields(text), " ") } // it is indented there
	if got := d.report("ill").Plan; len(got) < 3 || got[1].Command != chdev || !strings.Contains(flat(got[0].Command), flat(got[1].Undo)) {
		t.Errorf("plan %+v", got)
	}

	d.run("capture", "--label", "before").exits(0)
	unchanged("capture")
	captures, err := filepath.Glob(filepath.Join(d.dir, "aixmend-state/captures/ill/*"))
	noError(t, err)
	if len(captures) != 1 {
		t.Fatalf("captures %q", captures)
	}
	check := exec.Command(tool("sha256sum"), "--check", "--strict", "manifest.sha256")
	check.Dir = captures[0]
	if text, err := check.CombinedOutput(); err != nil {
		t.Errorf("sha256sum: %v\n%s", err, text)
	}
	for _, name := range []string{"/etc/rc.tcpip", "/etc/ct_node_id", "/smit.log", "/var/log/cloud-init-output.log"} {
		kept, err := os.ReadFile(filepath.Join(captures[0], "files", name))
		if err != nil || !bytes.Equal(kept, h.read(t, name)) {
			t.Errorf("%s is kept as %q, %v", name, kept, err)
		}
	}
}

// rmcAddress is the address that follows from the MAC of the RMC NIC.
func rmcAddress(h *sshHost) string {
	for _, n := range h.state.NICs {
		if n.Management {
			return aixsim.EUI64(n.MAC).String()
		}
	}
	return ""
}

// sshHealing is what heals each illness: the steps, and the changes that the
// stand-ins saw, RMC being the address that follows from the MAC.
var sshHealing = map[string]struct{ steps, effects []string }{
	"address-removed-smitty":       {[]string{"set-address"}, []string{"chdev -l en1 -a netaddr6=RMC -a prefixlen=64 -a state=up"}},
	"address-of-clone":             {[]string{"replace-stale-lines", "set-address"}, []string{"chdev -l en1 -a netaddr6=RMC -a prefixlen=64 -a state=up"}},
	"customer-netaddr6-on-rmc-nic": {[]string{"add-alias"}, []string{"chdev -l en1 -a alias6=RMC/64 -a state=up"}},
	"remote-clients-disabled":      {[]string{"enable-remote-clients", "refresh-management-domain"}, []string{"remote clients true"}},
	"daemon-down":                  {[]string{"start-rmc", "enable-remote-clients-again"}, []string{"ctrmc started"}},
	"daemon-hung": {[]string{"enable-remote-clients", "refresh-management-domain", "stop-rmc", "start-rmc", "enable-remote-clients-again"},
		[]string{"ctrmc stopped", "ctrmc started"}},
	"noisy-profile": {[]string{"set-address"}, []string{"chdev -l en1 -a netaddr6=RMC -a prefixlen=64 -a state=up"}},
	"hostile-log":   {[]string{"set-address"}, []string{"chdev -l en1 -a netaddr6=RMC -a prefixlen=64 -a state=up"}},
}

// recover heals, and says byte for byte what it ran. Once more: nothing is
// left to do.
func testSSHRecover(t *testing.T, lab *sshLab) {
	var hosts []*sshHost
	for _, illness := range slices.Sorted(maps.Keys(sshHealing)) {
		o := hostOptions{illness: illness, record: true}
		switch illness {
		case "noisy-profile":
			o = noisy(o)
		case "address-of-clone":
			o.prepare = oddBootFile
		}
		hosts = append(hosts, lab.start(t, illness, o))
	}
	boot := bootFile{}
	for _, h := range hosts {
		if h.name == "address-of-clone" {
			boot = readBootFile(t, h)
		}
	}
	d := lab.sit(t, rows("host_ecdsa", hosts...)...)
	run := d.run("recover", "--yes", "--format", "json").exits(0).document()
	if run.Counts[outcome.Recovered] != len(hosts) {
		t.Errorf("counts %v", run.Counts)
	}
	settled := map[string]map[string]string{}
	for _, h := range hosts {
		recovered(t, d, h)
		settled[h.name] = h.tree(t)
		switch h.name {
		case "address-of-clone":
			boot.replaced(t, h)
		case "customer-netaddr6-on-rmc-nic":
			if got := h.now(t).NICs[1].Attrs.NetAddr6; got != "2001:db8:77::9" {
				t.Errorf("%s: the customer's address is now %q", h.name, got)
			}
		case "noisy-profile":
			if noise := d.report(h.name).Noise; !strings.Contains(noise, "All activity is logged") {
				t.Errorf("%s: noise %q", h.name, noise)
			}
		}
	}

	run = d.run("recover", "--yes", "--format", "json").exits(0).document()
	if n := run.Counts[outcome.Healthy] + run.Counts[outcome.Degraded]; n != len(hosts) {
		t.Errorf("the second time: counts %v", run.Counts)
	}
	for _, h := range hosts {
		if got := d.report(h.name).Changes; len(got) > 0 {
			t.Errorf("%s: changed again: %+v", h.name, got)
		}
		if diff := cmp.Diff(settled[h.name], h.tree(t)); diff != "" {
			t.Errorf("%s: the second time changed the host (-before +after)\n%s", h.name, diff)
		}
	}
}

// recovered fails the test unless the host is healed, by its own word, and the
// report agrees with what the host saw.
func recovered(t *testing.T, d *desk, h *sshHost) {
	t.Helper()
	report := d.report(h.name)
	if report.Outcome != outcome.Recovered {
		t.Errorf("%s: %s: %s", h.name, report.Outcome, report.Reason)
	}
	if got := h.standin(t, "/usr/sbin/rsct/bin/rmcdomainstatus", "-s", "ctrmc"); !strings.Contains(got, "  I A  0x"+h.state.RMC.MCPNodeID) {
		t.Errorf("%s: rmcdomainstatus says %q", h.name, got)
	}
	want := sshHealing[h.options.illness]
	var steps []string
	for _, c := range withoutTimedUndo(report.Changes) {
		steps = append(steps, c.Step)
		if c.Status != outcome.Applied || c.Undo == "" {
			t.Errorf("%s: change %+v", h.name, c)
		}
	}
	if diff := cmp.Diff(want.steps, steps); diff != "" {
		t.Errorf("%s: steps (-want +got)\n%s", h.name, diff)
	}
	var effects []string
	for _, effect := range h.effects(t) {
		if !strings.HasPrefix(effect, "IBM.") { // the resource managers follow ctrmc
			effects = append(effects, strings.ReplaceAll(effect, rmcAddress(h), "RMC"))
		}
	}
	if diff := cmp.Diff(want.effects, effects); diff != "" {
		t.Errorf("%s: effects (-want +got)\n%s", h.name, diff)
	}
	if h.options.record {
		sameText(t, report, h.scripts(t))
	}
}

// sameText fails the test unless each command of the report is, byte for byte,
// what the host was asked to run, and each changing one travelled alone, in
// order, and once.
func sameText(t *testing.T, report outcome.Host, scripts []string) {
	t.Helper()
	var changing []string
	for _, stage := range report.Stages {
		for _, step := range stage.Steps {
			if step.Mutating {
				changing = append(changing, step.Command)
				continue
			}
			if !slices.ContainsFunc(scripts, func(s string) bool { return strings.Contains(s, "( "+step.Command+"\n)") }) {
				t.Errorf("%s: %s was never sent as\n%s", report.Host, step.ID, step.Command)
			}
		}
	}
	var listed []string
	for _, c := range report.Changes {
		listed = append(listed, c.Command)
	}
	if diff := cmp.Diff(listed, changing); diff != "" {
		t.Errorf("%s: changes and changing steps (-changes +steps)\n%s", report.Host, diff)
	}
	for _, script := range scripts {
		if len(changing) > 0 && strings.Contains(script, "( "+changing[0]+"\n)") {
			changing = changing[1:]
			if n := strings.Count(script, " B "); n != 2 { // one frame, on two streams
				t.Errorf("%s: a changing command travelled with others:\n%s", report.Host, script)
			}
		}
	}
	if len(changing) > 0 {
		t.Errorf("%s: never sent, or not in this order: %q", report.Host, changing)
	}
}

// noisy makes a host talk on both streams before every command, and before the
// login.
func noisy(o hostOptions) hostOptions {
	o.sshd = "Banner /etc/banner\n"
	o.prepare = func(root string) error {
		text := aixsim.Healthy("x", 1)
		illness, err := aixsim.FindIllness("noisy-profile")
		if err != nil {
			return err
		}
		illness.Apply(text)
		for name, content := range map[string]string{
			"etc/banner":     "WARNING: authorised users only\n\x1b[2Jbanner\n",
			"etc/motd":       text.ProfileOut,
			"etc/motd.error": text.ProfileErr,
			"etc/profile":    "cat /etc/motd\ncat /etc/motd.error >&2\nPATH=/nowhere; LANG=de_DE; ODMDIR=/nowhere; export PATH LANG ODMDIR\n",
			"etc/ssh/sshrc":  ". /etc/profile\n", // sshd runs it before the command; ksh93 -c reads no profile
		} {
			if err := writeMode(filepath.Join(root, name), []byte(content), 0o644); err != nil {
				return err
			}
		}
		return nil
	}
	return o
}

// oddLines are lines that a careless rewrite would spoil.
const oddLines = "#\ttab, trailing blanks   \n\\n \\c \\\\ back\\slashes \\\n   indented %s %d %% $(reboot) `reboot` ${x} \"'\n\n\n" +
	"latin-1: \xe4\xf6\xfc, escape: \x1b[31m\n-n -e --\n/usr/sbin/chdev -l en0 -anetaddr6=2001:db8::5 -aprefixlen=64\n" +
	"# this names fe80::f8d4:43ff:fe77:8899 and sets nothing\n# /usr/sbin/chdev -l en1 -anetaddr6=fe80::f8d4:43ff:fe77:8899 -aprefixlen=64\n"

// oddBootFile puts the odd lines around the line to be replaced, takes the
// newline off the last one, and gives the file an owner and a mode of its own.
func oddBootFile(root string) error {
	name := filepath.Join(root, "etc/rc.tcpip")
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	return errors.Join(writeMode(name, []byte(oddLines+string(text)+strings.TrimSuffix(oddLines, "\n")), 0o754), os.Chown(name, 3, 7))
}

// bootFile is /etc/rc.tcpip as it was.
type bootFile struct {
	lines []string
	mode  os.FileMode
	owner syscall.Stat_t
}

func readBootFile(t *testing.T, h *sshHost) bootFile {
	t.Helper()
	info, err := os.Stat(h.path("/etc/rc.tcpip"))
	noError(t, err)
	return bootFile{
		lines: strings.SplitAfter(string(h.read(t, "/etc/rc.tcpip")), "\n"),
		mode:  info.Mode(), owner: *info.Sys().(*syscall.Stat_t),
	}
}

// replaced fails the test unless the stale line, and nothing else, was
// replaced; the old file is beside it.
func (b bootFile) replaced(t *testing.T, h *sshHost) {
	t.Helper()
	stale := aixsim.ChdevBootLine("en1", aixsim.EUI64("fa:d4:43:77:88:99").String())
	want := slices.Clone(b.lines)
	at := slices.Index(want, stale)
	if at < 0 {
		t.Fatalf("the stale line was not there: %q", want)
	}
	copies, err := filepath.Glob(h.path("/etc/rc.tcpip.aixmend.*"))
	noError(t, err)
	if len(copies) != 2 || copies[1] != copies[0]+".lines" {
		t.Fatalf("left beside it: %q", copies)
	}
	mark := " # " + strings.TrimPrefix(filepath.Base(copies[0]), "rc.tcpip.") + ".1\n"
	want[at] = strings.TrimSuffix(aixsim.ChdevBootLine("en1", rmcAddress(h)), "\n") + mark
	after := readBootFile(t, h)
	if diff := cmp.Diff(want, after.lines); diff != "" {
		t.Errorf("rc.tcpip (-want +got)\n%s", diff)
	}
	if after.mode != b.mode || after.owner.Uid != b.owner.Uid || after.owner.Gid != b.owner.Gid {
		t.Errorf("rc.tcpip was %s of %d:%d, is %s of %d:%d", b.mode, b.owner.Uid, b.owner.Gid, after.mode, after.owner.Uid, after.owner.Gid)
	}
	old, err := os.ReadFile(copies[0])
	noError(t, err)
	if string(old) != strings.Join(b.lines, "") {
		t.Errorf("the copy is not what was there: %q", old)
	}
}

// A step that fails is the last one.
func testSSHFailedStep(t *testing.T, lab *sshLab) {
	h := lab.start(t, "stuck", hostOptions{illness: "address-of-clone", record: true, change: func(s *aixsim.State) {
		s.Behaviours = map[string]aixsim.Behaviour{"chdev": {Exit: 1, Stderr: "Method error (/usr/lib/methods/chgif):\n"}}
	}})
	d := lab.sit(t, rows("host_rsa", h)...)
	run := d.run("recover", "--yes", "--format", "json").exits(3).document()
	report := d.report("stuck")
	if s := run.Hosts[0]; s.Outcome != outcome.Failed || !strings.Contains(s.Reason, "set-address") || !strings.Contains(s.Reason, "Method error") {
		t.Errorf("%s: %s", s.Outcome, s.Reason)
	}
	if changes := withoutTimedUndo(report.Changes); len(changes) != 2 || changes[1].Step != "set-address" {
		t.Errorf("changes %+v", report.Changes)
	}
	if got := h.effects(t); len(got) > 0 {
		t.Errorf("effects %q", got)
	}
	sameText(t, report, h.scripts(t))
	after := false
	for _, script := range h.scripts(t) {
		if after && (strings.Contains(script, "chdev -l") || strings.Contains(script, "rmcctrl -")) {
			t.Errorf("ran after the failed step:\n%s", script)
		}
		after = after || strings.Contains(script, "( /usr/sbin/chdev -l")
	}
	if !after {
		t.Error("the failing step was never sent")
	}
}

// The link dies while a step runs: it has happened, so it is not sent again.
func testSSHLinkDies(t *testing.T, lab *sshLab) {
	h := lab.start(t, "cut", hostOptions{illness: "address-removed-smitty", record: true, change: func(s *aixsim.State) {
		s.Behaviours = map[string]aixsim.Behaviour{"chdev": {Linger: aixsim.Duration(time.Minute), Times: 1}}
	}})
	d := lab.sit(t, rows("host_ed25519", h)...)
	stop := make(chan struct{})
	cut := make(chan error, 1)
	go func() { cut <- h.cutWhenChanged(stop) }()
	r := d.run("recover", "--yes", "--format", "json")
	close(stop)
	noError(t, <-cut)
	r.exits(0)
	report := d.report("cut")
	changes := withoutTimedUndo(report.Changes)
	if report.Outcome != outcome.Recovered || len(changes) != 1 || changes[0].Status != outcome.Applied ||
		!strings.Contains(changes[0].Detail, "it happened") {
		t.Errorf("%s: %s, changes %+v", report.Outcome, report.Reason, report.Changes)
	}
	sent := 0
	for _, script := range h.scripts(t) {
		sent += strings.Count(script, "( /usr/sbin/chdev -l")
	}
	if sent != 1 {
		t.Errorf("the step was sent %d times", sent)
	}
}

// cutWhenChanged ends the host's sessions as soon as something has changed on
// it, as a crash of the network does; the server itself stays.
func (h *sshHost) cutWhenChanged(stop <-chan struct{}) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return errors.New("nothing was changed, so no link was cut")
		case <-tick.C:
		}
		if _, err := os.Stat(h.path("/var/aixsim/effects.log")); err != nil {
			continue
		}
		for _, pid := range h.processes() {
			name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
			if pid != h.server && err == nil && strings.HasPrefix(string(name), "sshd") {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
		return nil
	}
}

// recover without --yes and without a terminal runs nothing, not even a login.
func testSSHNoTerminal(t *testing.T, lab *sshLab) {
	h := lab.start(t, "ill", hostOptions{illness: "daemon-down"})
	d := lab.sit(t, rows("host_ed25519", h)...)
	before := h.tree(t)
	r := d.run("recover").exits(2)
	if !strings.Contains(r.stderr, "--yes") || r.stdout != "" {
		t.Errorf("stdout %q\nstderr %q", r.stdout, r.stderr)
	}
	if diff := cmp.Diff(before, h.tree(t)); diff != "" {
		t.Errorf("the host was changed (-before +after)\n%s", diff)
	}
	if text := h.log.String(); strings.Contains(text, "Connection from") {
		t.Errorf("somebody connected:\n%s", text)
	}
}

// Without a verdict it is said why, in a word that a script can go by.
func testSSHUnreachable(t *testing.T, lab *sshLab) {
	h := lab.start(t, "healthy", hostOptions{record: true, addresses: 4})
	noError(t, writeMode(h.path(recorded), nil, 0o644))
	nobody, err := net.Listen("tcp", h.address+":0")
	noError(t, err)
	closed := &sshHost{address: h.address, port: nobody.Addr().(*net.TCPAddr).Port}
	noError(t, nobody.Close())
	d := lab.sit(t,
		row{sshHost: h, name: "changed", key: "other"},
		row{sshHost: h, name: "unknown", at: 1},
		row{sshHost: h, name: "stranger", at: 2, key: "host_ed25519", ssh: ", identity: " + filepath.Join(lab.keys, "other")},
		row{sshHost: h, name: "nobody", at: 3, key: "host_ed25519", ssh: ", user: nobody"},
		row{sshHost: closed, name: "closed", key: "host_ed25519"},
	)
	run := d.run("audit", "--format", "json").exits(4).document()
	want := map[string][]string{
		"changed":  {"host-key-changed: ", lab.fingerprint(t, "other"), lab.fingerprint(t, "host_ed25519"), "known_hosts.changed:1"},
		"unknown":  {"host-key-unknown: ", "known_hosts.unknown"},
		"stranger": {"auth: ", filepath.Join(lab.keys, "other")},
		"nobody":   {"auth: ", "nobody"},
		"closed":   {"refused: "},
	}
	for _, s := range run.Hosts {
		if s.Outcome != outcome.Unreachable || !strings.HasPrefix(s.Reason, want[s.Name][0]) {
			t.Errorf("%s: %s: %s", s.Name, s.Outcome, s.Reason)
		}
		for _, part := range want[s.Name] {
			if !strings.Contains(s.Reason, part) {
				t.Errorf("%s: the reason lacks %q: %s", s.Name, part, s.Reason)
			}
		}
	}
	shown := 0 // an unknown key is shown, to be compared: any of the three
	for _, key := range []string{"host_ed25519", "host_ecdsa", "host_rsa"} {
		if strings.Contains(d.report("unknown").Reason, lab.fingerprint(t, key)) {
			shown++
		}
	}
	if shown != 1 {
		t.Errorf("unknown: %d fingerprints of the host are in %q", shown, d.report("unknown").Reason)
	}
	if text := h.read(t, recorded); len(text) > 0 {
		t.Errorf("ran %q", text)
	}
}

// A probe that hangs is named, and all others are judged.
func testSSHHungProbe(t *testing.T, lab *sshLab) {
	h := lab.start(t, "hung", hostOptions{illness: "lscluster-hangs"})
	d := lab.sit(t, rows("host_ed25519", h)...)
	run := d.run("audit", "--format", "json", "--set", "probe_timeout=10s").exits(3).document()
	if s := run.Hosts[0]; s.Outcome != outcome.NeedsAction || !slices.Contains(s.Findings, "rmc-address-missing") {
		t.Errorf("%s: %s, findings %v", s.Outcome, s.Reason, s.Findings)
	}
	named := ""
	for _, f := range d.report("hung").Findings {
		if f.ID == "probe-failed" {
			named += f.Title + strings.Join(f.Evidence, " ")
		}
	}
	if !strings.Contains(named, "lscluster_c") || !strings.Contains(named, "lscluster_m") {
		t.Errorf("probe-failed says %q", named)
	}
	for _, step := range d.report("hung").Stages[0].Steps {
		hangs := strings.HasPrefix(step.ID, "lscluster")
		if hangs != (step.Error != "") || hangs != (step.ExitStatus == -1) {
			t.Errorf("%s: exit status %d, error %q", step.ID, step.ExitStatus, step.Error)
		}
	}
}

// A user without rights is told so; with sudo the host is healed by it.
func testSSHSudo(t *testing.T, lab *sshLab) {
	if nosuid(t, lab.dir) {
		leaveOut(t, "set-user-ID programs do not work in the test's folder: set TMPDIR to one that is not mounted nosuid")
	}
	h := lab.start(t, "sudo", hostOptions{illness: "address-removed-smitty", addresses: 2})
	d := lab.sit(t,
		row{sshHost: h, name: "plain", key: "host_ed25519", ssh: ", user: ops"},
		row{sshHost: h, name: "denied", at: 1, key: "host_ed25519", ssh: ", user: guest, become: sudo"},
	)
	before := h.tree(t)
	for _, s := range d.run("audit", "--format", "json").exits(3).document().Hosts {
		if s.Outcome != outcome.NeedsAction || !slices.Contains(s.Findings, "privilege-missing") {
			t.Errorf("%s: %s: %s, findings %v", s.Name, s.Outcome, s.Reason, s.Findings)
		}
		if s.Name == "denied" && !strings.Contains(s.Reason, "a password is required") {
			t.Errorf("denied: %s", s.Reason)
		}
	}
	if diff := cmp.Diff(before, h.tree(t)); diff != "" {
		t.Errorf("a user without rights changed the host (-before +after)\n%s", diff)
	}
	d = lab.sit(t, row{sshHost: h, key: "host_ed25519", ssh: ", user: ops, become: sudo"})
	d.run("recover", "--yes").exits(0)
	recovered(t, d, h)
}

// nosuid reports whether set-user-ID programs are without effect in a folder.
func nosuid(t *testing.T, dir string) bool {
	t.Helper()
	var about syscall.Statfs_t
	noError(t, syscall.Statfs(dir, &about))
	return about.Flags&syscall.MS_NOSUID != 0
}

// withoutTimedUndo leaves out the changes that arm and disarm an undo.
func withoutTimedUndo(changes []outcome.Change) []outcome.Change {
	return slices.DeleteFunc(slices.Clone(changes), func(c outcome.Change) bool { return strings.HasSuffix(c.Step, "arm-undo") })
}

// The interface that carries this very session, by sshd's word, is changed only
// with its undo armed; nothing of that is left behind.
func testSSHSessionNIC(t *testing.T, lab *sshLab) {
	h := lab.start(t, "oneleg", hostOptions{illness: "session-on-rmc-nic"})
	d := lab.sit(t, rows("host_ed25519", h)...)
	d.run("recover", "--yes").exits(0)
	report := d.report("oneleg")
	var steps []string
	for _, c := range report.Changes {
		steps = append(steps, c.Step+" "+c.Status)
	}
	want := []string{"set-address-arm-undo applied", "set-address applied", "set-address-disarm-undo applied"}
	if report.Outcome != outcome.Recovered || len(steps) < 3 || !slices.Equal(steps[:3], want) {
		t.Errorf("%s: %s, %q", report.Outcome, report.Reason, steps)
	}
	if left, err := filepath.Glob(filepath.Join(h.root, "etc/aixmend.undo.*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

// R4 on real files under ksh93: what is not allowed says which flag it takes;
// allowed, the id of /etc is kept, or a new one made, and read back from disk;
// leftover cluster0 rows want their own flag; a cluster refuses everything.
func testSSHNodeID(t *testing.T, lab *sshLab) {
	for name, c := range map[string]struct {
		illness string
		allow   string
		keeps   bool
		outcome outcome.Outcome
		reason  string
	}{
		"notallowed": {"node-id-working-copy-lost", "", true, outcome.NeedsAction, "--allow node-id"},
		"kept":       {"node-id-working-copy-lost", "node-id", true, outcome.Recovered, ""},
		"made":       {"node-id-missing", "node-id", false, outcome.Recovered, ""},
		"leftover":   {"cluster0-leftover", "node-id", true, outcome.NeedsAction, "--allow cluster0"},
		"removed":    {"cluster0-leftover", "node-id,cluster0", true, outcome.Recovered, ""},
		"noop":       {"recfgct-noop", "node-id", true, outcome.Failed, "did not work"},
		"cluster":    {"peer-domain", "node-id,cluster0", true, outcome.NeedsAction, "cluster guard"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := lab.start(t, name, hostOptions{illness: c.illness})
			d := lab.sit(t, rows("host_ed25519", h)...)
			before := etcNodeID(t, h)
			args := []string{"recover", "--yes", "--set", "wait=6s"}
			if c.allow != "" {
				args = append(args, "--allow", c.allow)
			}
			d.run(args...)
			report := d.report(name)
			after := etcNodeID(t, h)
			if report.Outcome != c.outcome || !strings.Contains(report.Reason, c.reason) || (before == after) != c.keeps {
				t.Errorf("%s: %s: %s; id %q before, %q after", name, report.Outcome, report.Reason, before, after)
			}
			connected := strings.Contains(h.standin(t, "/usr/sbin/rsct/bin/rmcdomainstatus", "-s", "ctrmc"), "  I A  ")
			if connected != (c.outcome == outcome.Recovered) {
				t.Errorf("%s: %s, and connected is %v", name, report.Outcome, connected)
			}
		})
	}
}

// etcNodeID is the first line of the host's /etc/ct_node_id, "" without one.
func etcNodeID(t *testing.T, h *sshHost) string {
	t.Helper()
	text, err := os.ReadFile(h.path("/etc/ct_node_id"))
	if errors.Is(err, os.ErrNotExist) {
		return ""
	}
	noError(t, err)
	first, _, _ := strings.Cut(string(text), "\n")
	return first
}
