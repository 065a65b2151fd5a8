//go:build unix

package revoked

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/ssh"

	"aixmend/transport/lab/suite"
)

// keygen runs ssh-keygen in a folder.
func keygen(t *testing.T, dir string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		if os.Getenv("AIXMEND_REQUIRE_OPENSSH") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	cmd := exec.Command("ssh-keygen", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen %q: %v\n%s", args, err, out)
	}
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func public(t *testing.T, dir, name string) ssh.PublicKey {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Lists that ssh-keygen makes revoke the keys that ssh-keygen says they revoke.
func TestAsSSHKeygen(t *testing.T) {
	suite.Unraced(t, "ssh-keygen")
	dir := t.TempDir()
	for _, name := range []string{"ca", "ca2", "a", "b"} {
		keygen(t, dir, "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", name)
	}
	for serial, name := range map[string]string{"5": "five", "700": "many", "0": "zero"} {
		put(t, dir, name+".pub", string(ssh.MarshalAuthorizedKey(public(t, dir, "b.pub"))))
		keygen(t, dir, "-q", "-s", "ca", "-h", "-I", "id-"+name, "-z", serial, "-n", name, name+".pub")
	}
	names := []string{"a.pub", "b.pub", "five-cert.pub", "many-cert.pub", "zero-cert.pub"}
	pub := string(ssh.MarshalAuthorizedKey(public(t, dir, "a.pub")))
	ca := string(ssh.MarshalAuthorizedKey(public(t, dir, "ca.pub")))
	hash := ssh.FingerprintSHA256(public(t, dir, "a.pub"))
	for name, tc := range map[string]struct {
		spec string
		by   []string
	}{
		"key": {spec: pub}, "authority": {spec: ca}, "sha1": {spec: "sha1: " + pub}, "sha256": {spec: "sha256: " + pub}, "hash": {spec: "hash: " + hash + "\n"},
		"serial": {"serial: 5\n", []string{"-s", "ca.pub"}}, "range": {"serial: 600-800\n", []string{"-s", "ca.pub"}},
		"bitmap":            {"serial: 5\nserial: 7\nserial: 9\nserial: 12\nserial: 700\n", []string{"-s", "ca.pub"}},
		"id":                {"id: id-zero\n", []string{"-s", "ca.pub"}},
		"another authority": {"serial: 1-800\n", []string{"-s", "ca2.pub"}}, "any authority": {"serial: 5\n", []string{"-s", "none"}}, "nothing": {},
	} {
		t.Run(name, func(t *testing.T) {
			put(t, dir, "spec", tc.spec)
			keygen(t, dir, append(append([]string{"-q", "-k", "-f", "krl"}, tc.by...), "spec")...)
			list, err := Load(filepath.Join(dir, "krl"))
			if err != nil {
				t.Fatal(err)
			}
			for _, key := range names {
				cmd := exec.Command("ssh-keygen", "-Q", "-f", "krl", key)
				cmd.Dir = dir
				want := cmd.Run() != nil
				if got := list.Has(public(t, dir, key)); got != want {
					t.Errorf("%s: revoked %t, ssh-keygen says %t", key, got, want)
				}
			}
			data, err := os.ReadFile(filepath.Join(dir, "krl"))
			if err != nil {
				t.Fatal(err)
			}
			for n := len(magic); n < len(data); n++ { // it may end behind any section, but nowhere else
				if _, err := parse(data[:n]); err == nil && n != 44 && list.Has(public(t, dir, "a.pub")) {
					t.Errorf("cut off at %d of %d bytes it is read", n, len(data))
				}
			}
		})
	}
	put(t, dir, "text", "# old\n\n"+pub)
	if list, err := Load(filepath.Join(dir, "text")); err != nil || !list.Has(public(t, dir, "a.pub")) || list.Has(public(t, dir, "b.pub")) {
		t.Errorf("text: %v, %v", list, err)
	}
}

// A list that can't be read in full is an error.
func TestUnusable(t *testing.T) {
	head := magic + "\x00\x00\x00\x01" + string(make([]byte, 24+8))
	for name, text := range map[string]string{
		"not a key": "hello\n", "version": magic + "\x00\x00\x00\x02", "signature": head + "\x04\x00\x00\x00\x00",
		"extension": head + "\xff\x00\x00\x00\x00", "short": head + "\x02\x00\x00\x00\x09", "hash": head + "\x05\x00\x00\x00\x05\x00\x00\x00\x01x",
		"key": head + "\x02\x00\x00\x00\x05\x00\x00\x00\x01x", "part": head + "\x01\x00\x00\x00\x0d" + string(make([]byte, 8)) + "\x39\x00\x00\x00\x00",
	} {
		dir := t.TempDir()
		put(t, dir, "list", text)
		if _, err := Load(filepath.Join(dir, "list")); err == nil {
			t.Errorf("%s is read", name)
		}
	}
	dir := t.TempDir()
	if _, err := Load(filepath.Join(dir, "none")); err == nil {
		t.Error("a file that is not there is read")
	}
	put(t, dir, "list", "")
	if err := os.Chmod(filepath.Join(dir, "list"), 0o602); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(filepath.Join(dir, "list")); err == nil {
		t.Error("a file that others can change is read")
	}
}
