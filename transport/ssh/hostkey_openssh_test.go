//go:build linux

package ssh

import (
	"aixmend/transport/ssh/hostkeys"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// keygen runs ssh-keygen in a folder.
func keygen(t *testing.T, dir string, args ...string) string {
	t.Helper()
	program, err := exec.LookPath("ssh-keygen")
	if err != nil {
		withoutOpenSSH(t, err)
	}
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("ssh-keygen %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// openSSHWithKeys is a rig whose sshd has a key of each type, and a certificate
// for its own key of a type, if one is named. Its known_hosts is empty.
func openSSHWithKeys(t *testing.T, certified string) (r *rig, dir string) {
	t.Helper()
	dir = t.TempDir()
	keygen(t, dir, "-q", "-t", "ed25519", "-N", "", "-f", "authority")
	options := ""
	for _, kind := range []string{"ecdsa", "rsa", "ed25519"} {
		keygen(t, dir, "-q", "-t", kind, "-N", "", "-C", "", "-f", kind)
		options += fmt.Sprintf("HostKey %s/%s\n", dir, kind)
	}
	if certified != "" {
		keygen(t, dir, "-q", "-s", "authority", "-I", "aix1", "-h", "-n", "10.1.2.3,aix1", "-V", "+1h", certified+".pub")
		options += fmt.Sprintf("HostCertificate %s/%s-cert.pub\n", dir, certified)
	}
	r = openSSH(t, options)
	r.knows("")
	return r, dir
}

func publicKey(t *testing.T, path string) string {
	t.Helper()
	return strings.TrimSpace(readFile(t, path+".pub"))
}

// The keys of sshd are those that ssh-keygen -l shows; each alone makes the
// host known, in clear and after ssh-keygen -H.
func TestHostKeysOfOpenSSH(t *testing.T) {
	r, dir := openSSHWithKeys(t, "")
	keys := r.scan()
	if len(keys) != 3 {
		t.Fatalf("%v", keys)
	}
	for kind, file := range map[string]string{ssh.KeyAlgoED25519: "ed25519", ssh.KeyAlgoECDSA256: "ecdsa", ssh.KeyAlgoRSA: "rsa"} {
		if kind != ssh.KeyAlgoED25519 { // of that type the rig has one of its own, which comes first
			if shown := keygen(t, dir, "-l", "-f", file+".pub"); !strings.Contains(shown, ssh.FingerprintSHA256(keys[kind].Key)) {
				t.Errorf("%s: %s, ssh-keygen shows %s", kind, ssh.FingerprintSHA256(keys[kind].Key), shown)
			}
		}
		for _, hash := range []bool{false, true} {
			r.knows("10.1.2.3 " + authorized(keys[kind].Key) + "\n")
			if hash {
				keygen(t, dir, "-H", "-f", r.target.KnownHosts)
				if strings.Contains(readFile(t, r.target.KnownHosts), "10.1.2.3") {
					t.Fatal("ssh-keygen has hashed nothing")
				}
			}
			r.opts.Hosts = &hostkeys.KnownHosts{}
			_ = r.dial().Close()
			if got := r.scan()[kind].Status; got != hostkeys.Known {
				t.Errorf("%s, hashed %v: %s", kind, hash, got)
			}
		}
	}
}

// A certificate that ssh-keygen has made counts, and what revokes its key or its
// authority counts more.
func TestHostCertificateOfOpenSSH(t *testing.T) {
	r, dir := openSSHWithKeys(t, "ecdsa")
	authority := publicKey(t, filepath.Join(dir, "authority"))
	for name, c := range map[string]struct {
		known string
		want  hostkeys.Status
	}{
		"signed":               {"@cert-authority 10.1.* " + authority, hostkeys.Signed},
		"of another network":   {"@cert-authority 10.2.* " + authority, hostkeys.New},
		"authority is revoked": {"@cert-authority * " + authority + "\n@revoked * " + authority, hostkeys.Revoked},
		"key is revoked":       {"@cert-authority * " + authority + "\n@revoked * " + publicKey(t, filepath.Join(dir, "ecdsa")), hostkeys.Revoked},
		"the key alone":        {"10.1.2.3 " + publicKey(t, filepath.Join(dir, "ecdsa")), hostkeys.Known},
	} {
		t.Run(name, func(t *testing.T) {
			r.t, r.opts.Hosts = t, &hostkeys.KnownHosts{}
			r.knows(c.known + "\n")
			if got := r.scan()[ssh.KeyAlgoECDSA256]; got.Status != c.want || got.Certificate == nil {
				t.Errorf("%s, certificate %v", got.Status, got.Certificate != nil)
			}
			conn, err := NewDialer(r.opts).Dial(t.Context(), r.target)
			if works := c.want == hostkeys.Signed || c.want == hostkeys.Known; (err == nil) != works {
				t.Errorf("Dial: %v", err)
			}
			if err == nil {
				_ = conn.Close()
			}
		})
	}
}
