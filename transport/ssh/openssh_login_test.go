//go:build linux

package ssh

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"aixmend/transport"
)

// program runs one of OpenSSH's own tools.
func program(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	text, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, text)
	}
	return string(text)
}

// keyPair makes a key pair, and gives the path of the private one.
func keyPair(t *testing.T, kind string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "id")
	program(t, nil, "ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "test", "-f", path)
	return path
}

// fingerprintOf is what ssh-keygen says of a key.
func fingerprintOf(t *testing.T, path string) string {
	t.Helper()
	return strings.Fields(program(t, nil, "ssh-keygen", "-l", "-f", path))[1]
}

// sshAgent starts OpenSSH's agent, which ends with the test.
func sshAgent(t *testing.T) (socket string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "agent") // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket = filepath.Join(dir, "s")
	cmd := exec.Command("ssh-agent", "-D", "-a", socket)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil { // it listens when it says where
		t.Fatal(err)
	}
	return socket
}

// authorize makes a public key one that the server takes.
func authorize(t *testing.T, r *rig, public string) {
	t.Helper()
	text, err := os.ReadFile(public)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(r.authorized, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A real agent with twenty keys, and a server that ends the connection after
// the second: the key that is named is the one that is offered.
func TestOpenSSHAgentWithTwentyKeys(t *testing.T) {
	t.Parallel()
	r := openSSH(t, "MaxAuthTries 2")
	socket := sshAgent(t)
	env := []string{"SSH_AUTH_SOCK=" + socket}
	var last string
	for i := range 20 {
		last = keyPair(t, map[bool]string{true: "rsa", false: "ed25519"}[i == 19])
		program(t, env, "ssh-add", "-q", last)
	}
	authorize(t, r, last+".pub")
	if err := os.Remove(last); err != nil { // the agent has it
		t.Fatal(err)
	}
	r.opts.Keys.AgentSocket = socket
	for _, identity := range []string{last, last + ".pub"} {
		r.target.Identity = identity
		r.linked("identity " + identity + " (from the agent)")
	}
	r.target.Identity = ""
	r.dialFails(transport.KindAuth, "holds 20 keys", "--identity")
	r.target.Identity = keyPair(t, "ed25519") + ".pub"
	r.dialFails(transport.KindAuth, "holds 20 keys", fingerprintOf(t, r.target.Identity))
}

// Certificates that ssh-keygen made, by the authority that the server trusts
// and by a stranger.
func TestOpenSSHCertificates(t *testing.T) {
	t.Parallel()
	ca, stranger := keyPair(t, "ed25519"), keyPair(t, "ecdsa")
	r := openSSH(t, "MaxAuthTries 2\nTrustedUserCAKeys "+ca+".pub")
	user := r.target.User
	for _, c := range []struct {
		name, key, by string
		args          []string
		says          []string // none: it is taken
	}{
		{"good", "ed25519", ca, []string{"-n", user, "-V", "-1m:+1h"}, nil},
		{"good RSA", "rsa", ca, []string{"-n", "ops," + user, "-V", "always:forever"}, nil},
		{"expired", "ed25519", ca, []string{"-n", user, "-V", "20200101000000:20200102000000"}, []string{"expired at 2020-01-0", "valid from 20", "logins " + user}},
		{"not yet valid", "ed25519", ca, []string{"-n", user, "-V", "20900101000000:forever"}, []string{"is not valid before 20", "until ever"}},
		{"another login", "ed25519", ca, []string{"-n", "dba,ops", "-V", "-1m:+1h"}, []string{"is for the logins dba, ops, and not for " + user}},
		{"a stranger", "ed25519", stranger, []string{"-n", user, "-V", "-1m:+1h"}, []string{"must trust the certificate's authority, " + fingerprintOf(t, stranger+".pub")}},
		{"of a host", "ed25519", ca, []string{"-h", "-n", user, "-V", "-1m:+1h"}, []string{"is that of a host"}},
	} {
		key := keyPair(t, c.key)
		program(t, nil, "ssh-keygen", append(append([]string{"-q", "-s", c.by, "-I", "fleet " + c.name}, c.args...), key+".pub")...)
		r.target.Identity = key
		if len(c.says) > 0 {
			r.dialFails(transport.KindAuth, append(c.says, "did not accept")...)
			continue
		}
		r.linked(fmt.Sprintf("identity %s (certificate fleet %s, signed by %s)", key, c.name, fingerprintOf(t, ca+".pub")))
	}
	// From the agent: key and certificate are one identity.
	key := keyPair(t, "ed25519")
	program(t, nil, "ssh-keygen", "-q", "-s", ca, "-I", "held", "-n", user, "-V", "-1m:+1h", key+".pub")
	socket := sshAgent(t)
	program(t, []string{"SSH_AUTH_SOCK=" + socket}, "ssh-add", "-q", key)
	r.target.Identity, r.target.Agent = "", socket
	if by := r.dial().(*conn).Link().Login; !strings.Contains(by, "the agent's key") || !strings.Contains(by, "certificate held") {
		t.Errorf("by %s", by)
	}
}

// A server that has old algorithms alone, as far as this OpenSSH still can.
func TestOpenSSHWithOldAlgorithms(t *testing.T) {
	t.Parallel()
	r := openSSH(t, "KexAlgorithms diffie-hellman-group14-sha1\nCiphers aes128-cbc\nMACs hmac-sha1-96")
	can := program(t, nil, "ssh", "-Q", "kex") + program(t, nil, "ssh", "-Q", "cipher") + program(t, nil, "ssh", "-Q", "mac")
	for _, name := range []string{"diffie-hellman-group14-sha1", "aes128-cbc", "hmac-sha1-96"} {
		if !strings.Contains(can, name+"\n") {
			t.Skipf("this OpenSSH has no %s any more", name)
		}
	}
	r.dialFails(transport.KindProtocol, "no common algorithm for key exchange", "set ssh.legacy_algorithms", "diffie-hellman-group14-sha1")
	r.target.LegacyAlgorithms = true
	link := r.linked("identity " + r.target.Identity)
	if !link.Legacy || link.Kex != "diffie-hellman-group14-sha1" || link.Cipher != "aes128-cbc" || link.MAC != "hmac-sha1-96" || !strings.HasPrefix(link.ServerVersion, "SSH-2.0-OpenSSH") {
		t.Errorf("%+v", link)
	}
}

// A current OpenSSH negotiates safe algorithms with us.
func TestOpenSSHLink(t *testing.T) {
	t.Parallel()
	r := openSSH(t, "")
	if link := r.linked("identity " + r.target.Identity); link.Legacy || link.Kex == "" || link.HostKeyAlgorithm != "ssh-ed25519" || link.Cipher == "" {
		t.Errorf("%+v", link)
	}
}

// MaxSessions 0 lets a login in and gives it nothing to work with.
func TestOpenSSHWithoutSessions(t *testing.T) {
	t.Parallel()
	_, err := openSSH(t, "MaxSessions 0").dial().Run(t.Context(), []transport.Command{probe("p", "id")})
	wantError(t, err, transport.KindProtocol, "refused a session", "look at MaxSessions")
}
