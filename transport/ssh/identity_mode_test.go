//go:build unix

package ssh

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/lab/sshtest"
)

// A private key that others can read is the fault of the hosts that need it, and is found
// before they are dialled. ssh has the same rule.
func TestIdentityOpenToOthers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mode os.FileMode
		make func(t *testing.T) string
	}{
		"the group reads it":    {0o640, func(t *testing.T) string { path, _ := writeIdentity(t); return path }},
		"everybody reads it":    {0o604, func(t *testing.T) string { path, _ := writeIdentity(t); return path }},
		"the group writes it":   {0o620, func(t *testing.T) string { path, _ := writeIdentity(t); return path }},
		"an encrypted key":      {0o644, func(t *testing.T) string { return writeFile(t, "id_ed25519", locked().text) }},
		"an old encrypted key":  {0o644, func(t *testing.T) string { return writeLegacy(t, "secret") }},
		"a key of a kind of no": {0o644, func(t *testing.T) string { return writeFile(t, "id", "-----BEGIN X-----\nAAAA\n-----END X-----\n") }},
		"a public key after it": {0o644, func(t *testing.T) string {
			path, _ := writeIdentity(t)
			return writeFile(t, "both", readFile(t, path)+string(ssh.MarshalAuthorizedKey(newSigner(t).PublicKey())))
		}},
	} {
		for _, linked := range []bool{false, true} {
			r := serve(t, nil, memory())
			file := c.make(t)
			if err := os.Chmod(file, c.mode); err != nil {
				t.Fatal(err)
			}
			r.target.Identity = file
			if linked {
				r.target.Identity = filepath.Join(t.TempDir(), "link")
				if err := os.Symlink(file, r.target.Identity); err != nil {
					t.Fatal(err)
				}
			}
			err := r.dialFails(transport.KindAuth, r.target.Identity+" is open to others", "chmod 600 "+r.target.Identity)
			if r.server.Accepted() > 0 || transport.KindOf(err).Temporary() {
				t.Errorf("%s: %d connections, %v", name, r.server.Accepted(), err)
			}
		}
	}
}

// A default identity has the same rule as a named one, as long as no password is enough.
func TestDefaultIdentityOpenToOthers(t *testing.T) {
	r := serve(t, nil, memory())
	folder := filepath.Join(r.opts.Keys.Home, ".ssh")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "id_ed25519"), []byte(locked().text), 0o644); err != nil {
		t.Fatal(err)
	}
	r.target.Identity = ""
	r.dialFails(transport.KindAuth, "id_ed25519 is open to others (mode 0644)")
}

// A key of another user's is that user's, whatever its mode.
func TestIdentityOfAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files to others")
	}
	r := serve(t, nil, memory())
	if err := os.Chown(r.target.Identity, 4711, -1); err != nil {
		t.Fatal(err)
	}
	r.dialFails(transport.KindAuth, r.target.Identity+" belongs to user 4711")
}

// Public keys and certificates are public.
func TestPublicFilesMayBeRead(t *testing.T) {
	r, _, public := full(t)
	r.target.Identity = writeFile(t, "id.pub", string(ssh.MarshalAuthorizedKey(public)))
	if err := os.Chmod(r.target.Identity, 0o644); err != nil {
		t.Fatal(err)
	}
	r.works()

	ca := authority{newSigner(t)}
	r, _ = trusting(t, ca.PublicKey(), false)
	path := r.target.Identity + "-cert.pub"
	writeCertificate(t, path, ca.sign(t, r.public(), nil))
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	r.works()
}

// The key of a bastion has the same rule, and costs only the hosts behind it.
func TestBastionIdentityOpenToOthers(t *testing.T) {
	e := newEstate(t)
	e.add("b1", sshtest.Options{})
	e.add("b2", sshtest.Options{})
	e.add("aix1", sshtest.Options{})
	if err := os.Chmod(e.targets["b1"].Identity, 0o644); err != nil {
		t.Fatal(err)
	}
	d := e.dialler()
	err := ask(t, d, e.behind("b1", "aix1"))
	wantJump(t, err, transport.KindAuth, "bastion b1: auth: ", "open to others")
	if e.dialled("b1") > 0 || strings.Contains(err.Error(), "PRIVATE") {
		t.Errorf("%d dials, %v", e.dialled("b1"), err)
	}
	if err := ask(t, d, e.behind("b2", "aix1")); err != nil {
		t.Error(err)
	}
}
