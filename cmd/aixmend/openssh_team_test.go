//go:build linux

package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/outcome"
)

// TestOpenSSHOfTeams points the built binary at what teams have: ssh_config with
// bastions, an agent, certificates, Ansible's inventories; against the system's
// sshd, as TestOpenSSH does.
func TestOpenSSHOfTeams(t *testing.T) {
	runSSH(t, []sshTest{
		{name: "Config", share: true, run: testSSHTeamConfig},
		{name: "HostKeys", run: testSSHTeamHostKeys},
		{name: "Ansible", run: testSSHTeamAnsible},
	})
}

// file writes a file into the desk's folder.
func (d *desk) file(name, text string) string {
	d.t.Helper()
	path := filepath.Join(d.dir, name)
	noError(d.t, os.WriteFile(path, []byte(text), 0o700))
	return path
}

// known is the line of known_hosts for a host.
func (h *sshHost) known(key string) string {
	words := strings.Fields(h.lab.public(key))
	return fmt.Sprintf("[%s]:%d %s %s\n", h.address, h.port, words[0], words[1])
}

// accepted counts the logins that the host's sshd has let in.
func (h *sshHost) accepted() int { return strings.Count(h.log.String(), "Accepted publickey for ") }

// agent starts the system's agent with some of the lab's keys.
func (d *desk) agent(keys ...string) {
	d.t.Helper()
	socket := filepath.Join(d.dir, "agent.sock")
	agent := exec.CommandContext(d.t.Context(), tool("ssh-agent"), "-D", "-a", socket)
	out, err := agent.StdoutPipe()
	noError(d.t, err)
	noError(d.t, agent.Start())
	d.t.Cleanup(func() {
		_ = agent.Process.Kill()
		_ = agent.Wait()
	})
	_, err = bufio.NewReader(out).ReadString('\n') // it listens
	noError(d.t, err)
	d.env = append(d.env, "SSH_AUTH_SOCK="+socket)
	for _, key := range keys {
		add := exec.Command(tool("ssh-add"), filepath.Join(d.lab.keys, key))
		add.Env = d.env
		if text, err := add.CombinedOutput(); err != nil {
			d.t.Fatalf("ssh-add %s: %v\n%s", key, err, text)
		}
	}
}

// Two hosts behind two bastions, as an ssh_config has it: one lets certificates in
// alone, for the other the agent holds the key. Their host keys are stored through
// the bastions first.
func testSSHTeamConfig(t *testing.T, lab *sshLab) {
	authority := func(root string) error {
		return writeMode(filepath.Join(root, "etc/ssh/user_ca.pub"), []byte(lab.public("other")+"\n"), 0o644)
	}
	gate, inner := lab.start(t, "gate", hostOptions{}), lab.start(t, "inner", hostOptions{})
	aix1 := lab.start(t, "aix1", hostOptions{prepare: authority, sshd: "TrustedUserCAKeys /etc/ssh/user_ca.pub\nAuthorizedKeysFile none\n"})
	aix2 := lab.start(t, "aix2", hostOptions{sshd: "MaxAuthTries 2\n"})
	d := lab.sit(t)
	d.env = slices.DeleteFunc(d.env, func(v string) bool { return strings.HasPrefix(v, "AIXMEND_SSH_CONFIG=") })
	d.agent("host_rsa", "host_ecdsa", "id_rsa", "id_ed25519")
	// a key whose certificate lies beside it, and one of which only the public half is here
	for _, suffix := range []string{"", ".pub"} {
		text, err := os.ReadFile(filepath.Join(lab.keys, "id_ed25519"+suffix))
		noError(t, err)
		noError(t, os.WriteFile(filepath.Join(d.dir, "signed"+suffix), text, 0o600))
	}
	noError(t, output(tool("ssh-keygen"), "-q", "-s", filepath.Join(lab.keys, "other"), "-I", "nightly", "-n", "root", "-V", "-1m:+1h", filepath.Join(d.dir, "signed.pub")))
	d.file("held.pub", lab.public("id_rsa")+"\n")
	known := d.file("known", gate.known("host_ed25519")+inner.known("host_ecdsa"))
	config := d.file("config", fmt.Sprintf(`
Match exec "test %%n = gate"
  Port %d
Host gate
  HostName %s
  IdentityFile %s
Host inner
  HostName %s
  Port %d
  User ops
  ProxyJump root@gate
  IdentityFile %s
Host aix*
  ProxyJump inner
  User root
Host aix1
  HostName %s
  Port %d
  IdentityFile %s
Host aix2
  HostName %s
  Port %d
  IdentityFile %s
Host *
  UserKnownHostsFile %s
  GlobalKnownHostsFile none
`, gate.port, gate.address, filepath.Join(lab.keys, "id_rsa"), inner.address, inner.port, filepath.Join(lab.keys, "id_rsa"),
		aix1.address, aix1.port, filepath.Join(d.dir, "signed"), aix2.address, aix2.port, filepath.Join(d.dir, "held.pub"), known))
	d.env = append(d.env, "AIXMEND_SSH_CONFIG="+config, "HOME="+homeOfLogin(t))
	d.file("inventory.yaml", "apiVersion: aixmend/v1\nhosts: {aix1: {}, aix2: {}}\n")

	if r := d.call("audit").exits(4); !strings.Contains(r.stdout, "host-key-unknown") {
		t.Errorf("%s%s", r.stdout, r.stderr)
	}
	d.call("hostkeys", "--yes", "--only-new").exits(0)
	before := gate.accepted()
	d.run("audit").exits(0)
	for name, login := range map[string]string{"aix1": "certificate", "aix2": "from the agent"} {
		link := d.report(name).SSH
		if link == nil || !slices.Equal(link.Via, []string{"root@gate", "inner"}) && !slices.Equal(link.Via, []string{"gate", "inner"}) ||
			!strings.Contains(link.Login, login) || !strings.HasPrefix(link.Server, "SSH-2.0-OpenSSH") || link.Legacy {
			t.Errorf("%s: %+v", name, link)
		}
	}
	if n := gate.accepted() - before; n != 1 {
		t.Errorf("an audit of two hosts has logged in %d times at the first bastion", n)
	}
	if strings.Contains(aix2.log.String(), "maximum authentication attempts") {
		t.Error("more than one key was offered")
	}

	// The bastion that is nearest to the hosts is gone: that is said, and of whom.
	inner.kill()
	run := d.run("audit", "--format", "json", "--connect-timeout", "3s").exits(4).document()
	for _, h := range run.Hosts {
		if h.Outcome != outcome.Unreachable || !strings.HasPrefix(h.Reason, "jump: bastion inner: ") {
			t.Errorf("%s: %s: %s", h.Name, h.Outcome, h.Reason)
		}
	}
}

// homeOfLogin is the home that ssh takes, whatever HOME says: where they differ it
// is not asked.
func homeOfLogin(t *testing.T) string {
	t.Helper()
	text, err := exec.Command("sh", "-c", "echo ~root").Output() // the lab needs root
	noError(t, err)
	return strings.TrimSpace(string(text))
}

// The keys of hosts are fetched, shown, stored; a changed one is replaced when that
// is asked for, and ssh-keygen finds it.
func testSSHTeamHostKeys(t *testing.T, lab *sshLab) {
	fresh, changed, revoked := lab.start(t, "fresh", hostOptions{}), lab.start(t, "changed", hostOptions{}), lab.start(t, "revoked", hostOptions{})
	d := lab.sit(t, row{sshHost: fresh}, row{sshHost: changed, key: "other"}, row{sshHost: revoked})
	words := strings.Fields(lab.public("host_rsa"))
	d.file("known_hosts.revoked", "@revoked * "+words[0]+" "+words[1]+"\n")

	r := d.call("hostkeys").exits(3)
	for _, text := range []string{"changed", "revoked", "new", lab.fingerprint(t, "host_ed25519"), lab.fingerprint(t, "other"), lab.fingerprint(t, "host_rsa")} {
		if !strings.Contains(r.stdout, text) {
			t.Errorf("%q is not shown:\n%s", text, r.stdout)
		}
	}
	d.call("hostkeys", "--yes", "--only-new", "-l", "fresh").exits(0)
	d.run("audit", "-l", "fresh").exits(0)
	before, err := os.ReadFile(filepath.Join(d.dir, "known_hosts.changed"))
	noError(t, err)
	d.call("hostkeys", "--yes", "--only-new").exits(3)
	after, err := os.ReadFile(filepath.Join(d.dir, "known_hosts.changed"))
	noError(t, err)
	if diff := cmp.Diff(string(before), string(after)); diff != "" {
		t.Errorf("a changed key was replaced by --only-new:\n%s", diff)
	}
	d.run("audit", "-l", "changed").exits(4)
	d.call("hostkeys", "--yes", "--replace", "-l", "changed").exits(0)
	d.run("audit", "-l", "changed").exits(0)
	found, err := exec.Command(tool("ssh-keygen"), "-F", fmt.Sprintf("[%s]:%d", changed.address, changed.port), "-f", filepath.Join(d.dir, "known_hosts.changed")).Output()
	if err != nil || !strings.Contains(string(found), strings.Fields(lab.public("host_ed25519"))[1]) || strings.Contains(string(found), strings.Fields(lab.public("other"))[1]) {
		t.Errorf("ssh-keygen -F: %v\n%s", err, found)
	}
	text, err := os.ReadFile(filepath.Join(d.dir, "known_hosts.revoked"))
	if noError(t, err); strings.Count(string(text), words[1]) != 1 {
		t.Errorf("a revoked key was stored:\n%s", text)
	}
}

// An Ansible inventory as it is, with a bastion and sudo, and a program that
// prints hosts; then those that were not reached, once more.
func testSSHTeamAnsible(t *testing.T, lab *sshLab) {
	gate := lab.start(t, "gate", hostOptions{})
	one, two := lab.start(t, "one", hostOptions{}), lab.start(t, "two", hostOptions{})
	if nosuid(t, lab.dir) {
		leaveOut(t, noSetUID)
	}
	d := lab.sit(t)
	// As with ssh, what is said of hosts does not hold for their bastion.
	d.agent("id_rsa")
	noError(t, os.Mkdir(filepath.Join(d.dir, ".ssh"), 0o700))
	d.file(".ssh/known_hosts", gate.known("host_rsa"))
	known := d.file("known", one.known("host_rsa")+two.known("host_rsa"))
	d.file("ansible.yaml", fmt.Sprintf(`
all:
  vars:
    ansible_ssh_private_key_file: %s
    ansible_ssh_common_args: -o ProxyJump=ops@%s:%d -o UserKnownHostsFile=%s
    datacentre: fra
  children:
    aix:
      vars: {ansible_user: ops, ansible_become: true, ansible_become_method: sudo}
      children:
        prod:
          hosts:
            one: {ansible_host: %s, ansible_port: %d}
`, filepath.Join(lab.keys, "id_ed25519"), gate.address, gate.port, known, one.address, one.port))
	list := d.file("list", fmt.Sprintf("#!/bin/sh\n"+`echo '{"_meta": {"hostvars": {"two": {"ansible_host": "%s", "ansible_port": %d}}}, "dev": {"hosts": ["two"]}}'`+"\n", two.address, two.port))
	d.file("dynamic.yaml", fmt.Sprintf("apiVersion: aixmend/v1\ndefaults: {ssh: {user: root, identity: %s, known_hosts: %s}}\nsource: {exec: [%s]}\n", filepath.Join(lab.keys, "id_rsa"), known, list))
	both := []string{"-i", "ansible.yaml", "-i", "dynamic.yaml"}
	run := d.run(append([]string{"audit", "--format", "json"}, both...)...).exits(0).document()
	if run.Counts[outcome.Healthy] != 2 {
		t.Errorf("%v", run.Counts)
	}
	if link := d.report("one").SSH; link == nil || len(link.Via) != 1 || gate.accepted() != 1 {
		t.Errorf("%+v, %d logins at the bastion", link, gate.accepted())
	}

	two.kill()
	d.run(append([]string{"audit", "-l", "one,two"}, both...)...).exits(4)
	failed := d.run(append([]string{"audit", "-l", "@latest:unreachable", "--format", "json"}, both...)...).exits(4).document()
	if len(failed.Hosts) != 1 || failed.Hosts[0].Name != "two" {
		t.Errorf("%+v", failed.Hosts)
	}

	r := d.call("inventory", "import", "-i", "ansible.yaml").exits(0)
	d.file("native.yaml", r.stdout)
	d.run("audit", "-i", "native.yaml").exits(0)
}
