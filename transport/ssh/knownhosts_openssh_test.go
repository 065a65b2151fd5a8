//go:build linux

package ssh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"aixmend/transport"
	"aixmend/transport/lab/suite"
	"aixmend/transport/ssh/auth"
	"aixmend/transport/ssh/hostkeys"
)

// keyring is a folder of host keys and certificates, made by ssh-keygen.
type keyring struct {
	t   *testing.T
	dir string
}

// certificates are the host certificates of a keyring: their names, the keys that they
// are of, and the arguments of ssh-keygen. All are of the authority "ca" unless they
// name another.
var certificates = map[string][]string{
	"ed25519+all":      {"-n", "a.example.com,b.example.com,127.0.0.1,localhost,2001:db8::7,alias"},
	"ecdsa+all":        {"-n", "a.example.com"},
	"rsa+all":          {"-n", "a.example.com"},
	"ed25519+other":    {"-n", "other.example.com"},
	"ed25519+port":     {"-n", "[a.example.com]:2222"},
	"ed25519+wildcard": {"-n", "*.example.com"},
	"ed25519+nobody":   {},
	"ed25519+expired":  {"-n", "a.example.com", "-V", "20200101:20200102"},
	"ed25519+future":   {"-n", "a.example.com", "-V", "20990101:20990102"},
	"ed25519+critical": {"-n", "a.example.com", "-O", "critical:only-at-night"},
	"ed25519+ofca2":    {"-n", "a.example.com", "-s", "ca2"},
	"ed25519+ofrsa":    {"-n", "a.example.com", "-s", "carsa"},
	"ed25519+sha1":     {"-n", "a.example.com", "-s", "carsa", "-t", "ssh-rsa"},
	"ca+self":          {"-n", "ca"},
}

func newKeyring(t *testing.T) *keyring {
	t.Helper()
	k := &keyring{t, t.TempDir()}
	for name, args := range map[string][]string{
		"ed25519": {"-t", "ed25519"}, "ecdsa": {"-t", "ecdsa"}, "ecdsa384": {"-t", "ecdsa", "-b", "384"}, "rsa": {"-t", "rsa", "-b", "2048"}, "rsa1024": {"-t", "rsa", "-b", "1024"},
		"old25519": {"-t", "ed25519"}, "oldrsa": {"-t", "rsa", "-b", "2048"}, "ca": {"-t", "ed25519"}, "ca2": {"-t", "ed25519"}, "dsa": {"-t", "dsa"}, "carsa": {"-t", "rsa", "-b", "2048"},
	} {
		keygen(t, k.dir, append([]string{"-q", "-N", "", "-C", "", "-f", name}, args...)...)
	}
	for name, args := range certificates {
		kind, _, _ := strings.Cut(name, "+")
		if !strings.Contains(strings.Join(args, " "), "-s ") {
			args = append([]string{"-s", "ca"}, args...)
		}
		keygen(t, k.dir, append(append([]string{"-q", "-h", "-I", name}, args...), kind+".pub")...)
		if err := os.Rename(filepath.Join(k.dir, kind+"-cert.pub"), filepath.Join(k.dir, name+"-cert.pub")); err != nil {
			t.Fatal(err)
		}
	}
	return k
}

// public returns a key or a certificate as a line holds it.
func (k *keyring) public(name string) string {
	file := name + ".pub"
	if strings.Contains(name, "+") {
		file = name + "-cert.pub"
	}
	fields := strings.Fields(readFile(k.t, filepath.Join(k.dir, file)))
	return fields[0] + " " + fields[1]
}

// fill replaces {NAME} by a key, {blob NAME} by its base64, and {hash NAME} by the
// hashed name.
func (k *keyring) fill(text string) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		word, after, _ := strings.Cut(rest, "}")
		switch kind, name, two := strings.Cut(word, " "); {
		case two && kind == "hash":
			out.WriteString(hashed(name))
		case two && kind == "blob":
			out.WriteString(strings.Fields(k.public(name))[1])
		default:
			out.WriteString(k.public(word))
		}
		text = after
	}
}

// server writes the configuration of an sshd with some keys and certificates, which
// lets nobody in.
func (k *keyring) server(t *testing.T, keys string) string {
	t.Helper()
	config := "AuthorizedKeysFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPidFile none\nRequiredRSASize 1024\n"
	for _, name := range strings.Fields(keys) {
		kind, _, certified := strings.Cut(name, "+")
		config += fmt.Sprintf("HostKey %s/%s\n", k.dir, kind)
		if certified {
			config += fmt.Sprintf("HostCertificate %s/%s-cert.pub\n", k.dir, name)
		}
	}
	return writeFile(t, "sshd_config", config)
}

// verdictOfSSH is the verdict of ssh on a host that a server plays.
func verdictOfSSH(t *testing.T, config string, target transport.Target) string {
	t.Helper()
	args := []string{"-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o", "UserKnownHostsFile=" + target.KnownHosts,
		"-o", "GlobalKnownHostsFile=/dev/null", "-o", "PreferredAuthentications=none", "-o", "UpdateHostKeys=no", "-o", "ConnectTimeout=60",
		"-p", strconv.Itoa(target.Port), "-l", "root"}
	if config != "" {
		args = append(args, "-o", "ProxyCommand=/usr/sbin/sshd -i -f "+config)
	}
	if target.HostKeyAlias != "" {
		args = append(args, "-o", "HostKeyAlias="+target.HostKeyAlias)
	}
	cmd := exec.CommandContext(t.Context(), "ssh", append(args, target.Address, "true")...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "LC_ALL=C"}
	said, err := cmd.CombinedOutput()
	for _, known := range [][2]string{ // a word of revocation stands before that of the refusal
		{"REVOKED HOST KEY DETECTED", "revoked"},
		{"REMOTE HOST IDENTIFICATION HAS CHANGED", "changed"},
		{"host key is known for", "unknown"},
		{"Permission denied", "known"},
		{"no matching host key type found", "none"},
	} {
		if bytes.Contains(said, []byte(known[0])) {
			return known[1]
		}
	}
	t.Fatalf("ssh %s: %v\n%s", target.Address, err, said)
	return ""
}

// verdictOfOurs is our verdict on the same host, with the reason.
func verdictOfOurs(t *testing.T, dial func(context.Context, string, string) (net.Conn, error), target transport.Target) (verdict, reason string) {
	t.Helper()
	o := Options{Keys: &auth.Keys{Home: t.TempDir()}, Hosts: &hostkeys.KnownHosts{}, ConnectTimeout: ages, ReplyTimeout: ages, DialContext: dial}
	d := NewDialer(o)
	defer d.Close()
	conn, err := d.Dial(t.Context(), target)
	if err == nil {
		_ = conn.Close()
		return "known", ""
	}
	reason = err.Error()
	switch kind := transport.KindOf(err); {
	case kind == transport.KindAuth:
		return "known", ""
	case kind == transport.KindHostKeyUnknown:
		return "unknown", reason
	case kind == transport.KindHostKeyChanged && strings.Contains(reason, "is revoked"):
		return "revoked", reason
	case kind == transport.KindHostKeyChanged:
		return "changed", reason
	case strings.Contains(reason, "too short to be trusted"):
		return "short", reason
	case strings.Contains(reason, "no common algorithm for host key"):
		return "none", reason
	}
	t.Fatal(err)
	return "", ""
}

// inetd returns a dial function that starts `sshd -i`.
func inetd(t *testing.T, config string) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			return nil, err
		}
		ours, theirs := os.NewFile(uintptr(ends[0]), "ours"), os.NewFile(uintptr(ends[1]), "theirs")
		cmd := exec.Command("/usr/sbin/sshd", "-i", "-f", config)
		cmd.Stdin, cmd.Stdout = theirs, theirs
		started := cmd.Start()
		conn, err := net.FileConn(ours)
		if err := errors.Join(started, err, ours.Close(), theirs.Close()); err != nil {
			return nil, err
		}
		t.Cleanup(func() { _ = cmd.Wait() }) // the connection is closed by then
		return fromAddress{conn}, nil
	}
}

// splitHost parses the host of a row.
func splitHost(t *testing.T, text string) transport.Target {
	t.Helper()
	text, alias, _ := strings.Cut(text, "=")
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		t.Fatal(err)
	}
	target := transport.Target{Name: "aix1", Address: host, User: "root", HostKeyAlias: alias, Become: transport.BecomeNone}
	target.Port, _ = strconv.Atoi(port)
	return target
}

// The verdict on each known_hosts file is that of ssh, unless the row says why not.
func TestKnownHostsAsSSH(t *testing.T) {
	openSSH(t, "") // or it is skipped
	k := newKeyring(t)
	identity, _ := writeIdentity(t)
	seen := map[string]bool{}
	step := suite.Rounds(5, 1) // each row takes two processes of sshd
	for i, row := range knownHostsRows {
		if seen[row.name] || (row.ours != "") != (row.why != "") {
			t.Errorf("%s: twice, or another verdict without a why", row.name)
		}
		seen[row.name] = true
		if i%step != 0 {
			continue
		}
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			config := k.server(t, row.keys)
			target := splitHost(t, row.host)
			target.Identity, target.KnownHosts = identity, writeFile(t, "known_hosts", k.fill(row.file))
			if got := verdictOfSSH(t, config, target); got != row.ssh && got != row.newer {
				t.Errorf("ssh says %s, the row %s", got, row.ssh)
			}
			want := row.ssh
			if row.ours != "" {
				want = row.ours
			}
			got, reason := verdictOfOurs(t, inetd(t, config), target)
			if got != want || !strings.Contains(reason, row.says) {
				t.Errorf("%s, want %s and %q: %s", got, want, row.says, reason)
			}
		})
	}
}
