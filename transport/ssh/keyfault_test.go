//go:build unix

package ssh

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/cause"
	"aixmend/transport/ssh/auth"
	"aixmend/transport/ssh/passwords"
)

// A file that is no key is named as the thing it is, before the host is dialled.
func TestFilesThatAreNoKey(t *testing.T) {
	t.Parallel()
	whole, _ := writeIdentity(t)
	text := readFile(t, whole)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, bytes []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}))
	}
	for name, c := range map[string]struct {
		text  string
		cause cause.Cause
		says  string
	}{
		"empty":                {"", cause.NotAKey, "is empty"},
		"blanks":               {" \n\n", cause.NotAKey, "is empty"},
		"PuTTY 3":              {"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n", cause.NotAKey, "PuTTY (PPK): convert it with puttygen "},
		"PuTTY 2, DOS":         {"\ufeffPuTTY-User-Key-File-2: ssh-rsa\r\n", cause.NotAKey, "PuTTY"},
		"RFC 4716":             {"---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----\n", cause.NotAKey, "RFC 4716"},
		"protocol 1":           {"SSH PRIVATE KEY FILE FORMAT 1.1\n\x00", cause.NotAKey, "protocol 1"},
		"a public PEM":         {block("PUBLIC KEY", spki), cause.NotAKey, "is a public key: name the private key"},
		"X.509":                {block("CERTIFICATE", spki), cause.NotAKey, "X.509"},
		"PGP":                  {"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nAAAA\n-----END PGP PRIVATE KEY BLOCK-----\n", cause.NotAKey, "PGP"},
		"PKCS#8, encrypted":    {block("ENCRYPTED PRIVATE KEY", spki), cause.NotAKey, "convert it with ssh-keygen -p -f "},
		"age":                  {"AGE-SECRET-KEY-1QQ\n", cause.NotAKey, "age"},
		"cut off":              {text[:len(text)/2], cause.NotAKey, "damaged"},
		"changed":              {strings.Replace(text, "b3BlbnNzaC", "AAAAAAAAAA", 1), cause.NotAKey, "can be read"},
		"a shell script":       {"#!/bin/sh\nexec ssh\n", cause.NotAKey, "neither a private key nor a public one"},
		"another's public key": {string(ssh.MarshalAuthorizedKey(newSigner(t).PublicKey())), cause.PrivateMissing, "only the public key is there"},
	} {
		r := serve(t, nil, memory())
		r.target.Identity = writeFile(t, "id", c.text)
		_, err := NewDialer(r.opts).Dial(t.Context(), r.target)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		wantCause(t, err, transport.KindAuth, c.cause, c.says)
		if r.server.Accepted() > 0 || strings.Contains(err.Error(), "AAAA") {
			t.Errorf("%s: dialled, or its text is told: %v", name, err)
		}
	}
	for path, want := range map[string]cause.Cause{t.TempDir(): cause.KeyUnreadable, whole + "/x": cause.KeyUnreadable, whole + ".none": cause.KeyMissing} {
		r := serve(t, nil, memory())
		r.target.Identity = path
		_, err := NewDialer(r.opts).Dial(t.Context(), r.target)
		if err == nil {
			t.Fatalf("%s: no error", path)
		}
		wantCause(t, err, transport.KindAuth, want, path)
	}
}

// The remedies for a key work: chmod 600, and ssh-keygen -p for another format.
func TestRemediesOfKeys(t *testing.T) {
	t.Parallel()
	plain, _ := writeIdentity(t)
	foreign := filepath.Join(t.TempDir(), "key")
	program := exec.Command("openssl", "genpkey", "-algorithm", "RSA", "-aes-256-cbc", "-pass", "pass:old-secret", "-out", foreign)
	if out, err := program.CombinedOutput(); err != nil {
		withoutOpenSSH(t, fmt.Sprintf("openssl: %v: %s", err, out))
	}
	for _, c := range []struct {
		path, remedy, more string
		mode               os.FileMode
		cause              cause.Cause
	}{
		{plain, "chmod 600 ", "", 0o640, cause.KeyOpen},
		{foreign, "ssh-keygen -p -f ", " -P old-secret -N ''", 0o600, cause.NotAKey}, // it asks for both on a terminal
	} {
		r := serve(t, posix, memory())
		r.target.Identity = c.path
		if err := os.Chmod(c.path, c.mode); err != nil {
			t.Fatal(err)
		}
		_, err := NewDialer(r.opts).Dial(t.Context(), r.target)
		if err == nil {
			t.Fatal("no error")
		}
		wantCause(t, err, transport.KindAuth, c.cause, c.remedy)
		remedy := err.Error()[strings.Index(err.Error(), c.remedy):] + c.more
		if out, err := exec.Command("/bin/sh", "-c", remedy).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", remedy, err, out)
		}
		r.anotherRun()
		r.works()
	}
}

// anotherRun forgets the keys that were read.
func (r *rig) anotherRun() { r.opts.Keys = &auth.Keys{Home: r.opts.Keys.Home} }

// typist answers for the passphrase of a key as a person does, or as a source.
type typist struct {
	mu      sync.Mutex
	answers []string
	asked   []int
	source  bool
}

func (p *typist) ask(_ context.Context, _ transport.Target, tries int) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.source && tries > 0 {
		return nil, passwords.ErrSameAgain
	}
	p.asked = append(p.asked, tries)
	return []byte(p.answers[min(len(p.asked), len(p.answers))-1]), nil
}

// A wrong passphrase is asked again, three times in all; a source is asked once.
func TestWrongPassphraseIsAskedAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		typist *typist
		asked  int
		cause  cause.Cause
	}{
		"right at once":      {&typist{answers: []string{"secret"}}, 1, ""},
		"right in the end":   {&typist{answers: []string{"a", "b", "secret"}}, 3, ""},
		"never right":        {&typist{answers: []string{"a", "b", "c", "secret"}}, 3, cause.WrongPassphrase},
		"the same each time": {&typist{answers: []string{"a", "a", "a"}}, 3, cause.WrongPassphrase},
		"a source":           {&typist{answers: []string{"a", "secret"}, source: true}, 1, cause.WrongPassphrase},
	} {
		for _, identity := range []string{writeLegacy(t, "secret"), writeFile(t, "id", locked().text)} {
			p := &typist{answers: c.typist.answers, source: c.typist.source}
			r := serve(t, posix, memory())
			r.target.Identity, r.opts.Keys.Passphrase = identity, p.ask
			dialer := NewDialer(r.opts)
			for i := range 3 { // hosts, whose certificates differ
				r.target.Name, r.target.Certificate = "aix1", []string{"", "none", ""}[i]
				conn, err := dialer.Dial(t.Context(), r.target)
				switch {
				case err == nil:
					_ = conn.Close()
					if c.cause != "" {
						t.Errorf("%s: it logs in", name)
					}
				case c.cause == "":
					t.Errorf("%s: %v", name, err)
				default:
					wantCause(t, err, transport.KindAuth, c.cause, identity)
				}
			}
			if len(p.asked) != c.asked {
				t.Errorf("%s, %s: asked %v, want %d times", name, filepath.Base(identity), p.asked, c.asked)
			}
		}
	}
}

// Where ssh would try more keys, the refusal names them, and the choice works.
func TestRefusalNamesTheKeysThatSSHWouldTry(t *testing.T) {
	t.Parallel()
	o := memory()
	right, key := writeIdentity(t)
	o.AuthorizedKeys = []ssh.PublicKey{mustSigner(t, key, nil).PublicKey()}
	r := serve(t, posix, o)
	wrong := r.target.Identity
	r.target.Untried = right
	_, err := NewDialer(r.opts).Dial(t.Context(), r.target)
	wantCause(t, err, transport.KindAuth, cause.KeyRefused, "did not accept identity "+wrong, "the server takes publickey", "not tried, unlike with ssh: "+right, "aixmend_ssh: {identity: "+right+"}")
	if err := os.Chmod(wrong, 0o644); err != nil { // ssh ignores it and goes on
		t.Fatal(err)
	}
	r.anotherRun()
	_, err = NewDialer(r.opts).Dial(t.Context(), r.target)
	wantCause(t, err, transport.KindAuth, cause.KeyOpen, "not tried, unlike with ssh: "+right)
	r.target.Identity, r.target.Untried = right, ""
	r.works()

	folder := filepath.Join(r.opts.Keys.Home, ".ssh")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"id_ed25519", "id_rsa"} {
		path, _ := writeIdentity(t)
		if err := os.Rename(path, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	r.target.Identity = ""
	_, err = NewDialer(r.opts).Dial(t.Context(), r.target)
	wantCause(t, err, transport.KindAuth, cause.KeyRefused, fmt.Sprintf("not tried, unlike with ssh: %s/id_rsa", folder))
}
