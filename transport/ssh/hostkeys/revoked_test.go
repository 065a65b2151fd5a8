package hostkeys

import (
	"crypto/ed25519"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
)

// A known key that RevokedHostKeys lists is refused; a list that can't be read refuses
// every key. Where a KnownHostsCommand might know a key, the reason says so.
func TestRevokedHostKeys(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	made, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(made)
	if err != nil {
		t.Fatal(err)
	}
	text := string(ssh.MarshalAuthorizedKey(key))
	known := file("known", "aix1 "+text)
	for _, tc := range []struct {
		name, revoked, command, known string
		want                          string // "": accepted
	}{
		{"none", "", "config:3", known, ""},
		{"another", file("empty", "# none\n"), "", known, ""},
		{"listed", file("listed", text), "", known, "revoked by RevokedHostKeys"},
		{"not there", filepath.Join(dir, "gone"), "", known, "RevokedHostKeys can't be used"},
		{"unreadable", file("odd", "what\n"), "", known, "line 1 is not a public key"},
		{"a command", "", "config:3", file("nobody", ""), "config:3: KnownHostsCommand, as of FreeIPA, might know it, and is not run here"},
	} {
		target := transport.Target{Name: "aix1", Address: "aix1", KnownHosts: tc.known, RevokedHostKeys: tc.revoked, KnownHostsCommand: tc.command}
		policy, err := new(KnownHosts).Policy(target)
		if err == nil {
			err = policy.Check(key)
		}
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
}
