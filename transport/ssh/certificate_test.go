package ssh

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"aixmend/transport"
	"aixmend/transport/ssh/auth"
)

// authority signs user certificates.
type authority struct{ ssh.Signer }

// sign makes a certificate of a key that is good for the login root, changed.
func (a authority) sign(t *testing.T, key ssh.PublicKey, change func(*ssh.Certificate)) *ssh.Certificate {
	t.Helper()
	now := time.Now()
	c := &ssh.Certificate{
		Key: key, CertType: ssh.UserCert, KeyId: "fleet", ValidPrincipals: []string{"root", "ops"},
		ValidAfter: uint64(now.Add(-time.Hour).Unix()), ValidBefore: uint64(now.Add(time.Hour).Unix()),
	}
	if change != nil {
		change(c)
	}
	if err := c.SignCert(rand.Reader, a); err != nil {
		t.Fatal(err)
	}
	return c
}

func writeCertificate(t *testing.T, path string, c *ssh.Certificate) {
	t.Helper()
	if err := os.WriteFile(path, ssh.MarshalAuthorizedKey(c), 0o600); err != nil {
		t.Fatal(err)
	}
}

// trusting is a host that takes certificates of one authority, and no plain
// key unless said so.
func trusting(t *testing.T, ca ssh.PublicKey, plain bool) (*rig, *attempts) {
	t.Helper()
	seen := &attempts{}
	o := memory()
	seen.watch(&o)
	watch := o.Configure
	o.Configure = func(c *ssh.ServerConfig) {
		watch(c)
		count := c.PublicKeyCallback
		checker := &ssh.CertChecker{
			IsUserAuthority: func(auth ssh.PublicKey) bool { return bytes.Equal(auth.Marshal(), ca.Marshal()) },
			UserKeyFallback: func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) {
				if plain {
					return nil, nil
				}
				return nil, errors.New("no plain key")
			},
		}
		c.PublicKeyCallback = func(m ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if _, err := count(m, key); err != nil {
				return nil, err
			}
			return checker.Authenticate(m, key)
		}
	}
	return serve(t, posix, o), seen
}

// public is the public half of the rig's identity.
func (r *rig) public() ssh.PublicKey {
	r.t.Helper()
	text, err := os.ReadFile(r.target.Identity)
	if err != nil {
		r.t.Fatal(err)
	}
	signer, err := ssh.ParsePrivateKey(text)
	if err != nil {
		r.t.Fatal(err)
	}
	return signer.PublicKey()
}

func TestCertificate(t *testing.T) {
	ca := authority{newSigner(t)}
	signed := `(certificate fleet, signed by ` + ssh.FingerprintSHA256(ca.PublicKey()) + ")"
	for name, place := range map[string]func(r *rig) string{
		"beside the key": func(r *rig) string { return r.target.Identity + "-cert.pub" },
		"named": func(r *rig) string {
			r.target.Certificate = filepath.Join(t.TempDir(), "mine")
			return r.target.Certificate
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, seen := trusting(t, ca.PublicKey(), false)
			writeCertificate(t, place(r), ca.sign(t, r.public(), nil))
			r.linked("identity " + r.target.Identity + " " + signed)
			if seen.keys.Load() != 1 {
				t.Errorf("%d keys were shown", seen.keys.Load())
			}
		})
	}
	r, _ := trusting(t, ca.PublicKey(), true)
	writeCertificate(t, r.target.Identity+"-cert.pub", ca.sign(t, r.public(), nil))
	r.target.Certificate = auth.NoCertificate
	r.linked("identity " + r.target.Identity)
}

// A certificate that no host can take is told from our side: by its dates, by
// what it is, by whose key it is. Named, it is offered or nothing is; where it
// only lies beside the key, the plain key is what remains, alone.
func TestUnusableCertificate(t *testing.T) {
	ca := authority{newSigner(t)}
	before := time.Date(2021, 2, 3, 4, 5, 6, 0, time.UTC)
	after := time.Date(2121, 2, 3, 4, 5, 6, 0, time.UTC)
	for _, c := range []struct {
		name   string
		change func(*ssh.Certificate)
		says   []string
	}{
		{"expired", func(c *ssh.Certificate) { c.ValidAfter, c.ValidBefore = 0, uint64(before.Unix()) },
			[]string{"of fleet for the logins root, ops expired at 2021-02-03T04:05:06Z (valid from 1970-01-01T00:00:00Z; this machine's clock says 2"}},
		{"not yet valid", func(c *ssh.Certificate) { c.ValidAfter, c.ValidBefore = uint64(after.Unix()), ssh.CertTimeInfinity },
			[]string{"is not valid before 2121-02-03T04:05:06Z (until ever; "}},
		{"of a host", func(c *ssh.Certificate) { c.CertType = ssh.HostCert }, []string{"is that of a host, not of a user"}},
		{"of another key", func(c *ssh.Certificate) { c.Key = ca.PublicKey() }, []string{"is for the key " + ssh.FingerprintSHA256(ca.PublicKey())}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, seen := trusting(t, ca.PublicKey(), false)
			path := r.target.Identity + "-cert.pub"
			writeCertificate(t, path, ca.sign(t, r.public(), c.change))
			r.dialFails(transport.KindAuth, append(c.says, path, "did not accept", "(without its certificate)", "and was not offered")...)
			if seen.keys.Load() != 1 || seen.failures.Load() != 1 {
				t.Errorf("%d keys were shown, %d refused", seen.keys.Load(), seen.failures.Load())
			}
			r.target.Certificate = path
			accepted := r.server.Accepted()
			r.dialFails(transport.KindAuth, append(c.says, path, "have a new one signed", "authenticate")...)
			if r.server.Accepted() != accepted {
				t.Error("the host was dialled with a certificate that it can't take")
			}
			open, _ := trusting(t, ca.PublicKey(), true)
			writeCertificate(t, open.target.Identity+"-cert.pub", ca.sign(t, open.public(), c.change))
			open.linked("identity " + open.target.Identity + " (without its certificate)")
		})
	}
}

// Principals and trust are for the host to judge: such a certificate is offered, once,
// and the message of a refusal lists possible causes.
func TestRefusedCertificate(t *testing.T) {
	ca, stranger := authority{newSigner(t)}, authority{newSigner(t)}
	for _, c := range []struct {
		name   string
		by     authority
		change func(*ssh.Certificate)
		says   string
	}{
		{"another login", ca, func(c *ssh.Certificate) { c.ValidPrincipals = []string{"dev", "dba\x1b[2J"} }, `is for the logins "dev, dba\x1b[2J", and not for root`},
		{"no login", stranger, func(c *ssh.Certificate) { c.ValidPrincipals = nil }, "is for no login by name, and not for root"},
		{"a stranger", stranger, nil, "the host must trust the certificate's authority, " + ssh.FingerprintSHA256(stranger.PublicKey())},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, seen := trusting(t, ca.PublicKey(), true)
			writeCertificate(t, r.target.Identity+"-cert.pub", c.by.sign(t, r.public(), c.change))
			r.dialFails(transport.KindAuth, "certificate fleet", c.says, "did not accept")
			if seen.keys.Load() != 1 {
				t.Errorf("%d keys were shown: the plain key is no second try", seen.keys.Load())
			}
		})
	}
}

func TestFileIsNoCertificate(t *testing.T) {
	for text, says := range map[string]string{
		"not a key": "neither a public key nor a certificate",
		string(ssh.MarshalAuthorizedKey(newSigner(t).PublicKey())): "is a plain key",
	} {
		r := serve(t, nil, memory())
		r.target.Certificate = r.file("id-cert.pub", text)
		r.dialFails(transport.KindAuth, says)
		r.target.Certificate += ".gone"
		r.dialFails(transport.KindAuth, "certificate /", ".gone does not exist")
		if r.server.Accepted() > 0 {
			t.Error("the host was dialled")
		}
	}
	r := serve(t, posix, memory())
	if err := os.WriteFile(r.target.Identity+"-cert.pub", []byte("not a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.works()
}

// writeRSA writes an RSA key.
func writeRSA(t *testing.T) (string, *rsa.PrivateKey) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	return writeFile(t, "id_rsa", string(pem.EncodeToMemory(der))), key
}

// RSA signs with SHA-2, by itself and with a certificate; with SHA-1 only where
// the target allows it.
func TestRSASignatures(t *testing.T) {
	ca := authority{newSigner(t)}
	path, key := writeRSA(t)
	writeCertificate(t, path+"-cert.pub", ca.sign(t, mustSigner(t, key, nil).PublicKey(), nil))
	for _, certificate := range []string{"", auth.NoCertificate} {
		for _, c := range []struct {
			takes  []string
			legacy bool
			says   string // "": it works
		}{
			{[]string{ssh.KeyAlgoRSASHA512}, false, ""},
			{[]string{ssh.KeyAlgoRSASHA256}, false, ""},
			{[]string{ssh.KeyAlgoRSASHA256}, true, ""},
			{[]string{ssh.KeyAlgoRSA}, false, "SHA-1 signatures only: set ssh.legacy_algorithms"},
			{[]string{ssh.KeyAlgoRSA}, true, ""},
		} {
			o := memory()
			o.Configure = func(s *ssh.ServerConfig) { s.PublicKeyAuthAlgorithms = c.takes }
			r := serve(t, posix, o)
			r.target.Identity, r.target.Certificate, r.target.LegacyAlgorithms = path, certificate, c.legacy
			if c.says != "" {
				r.dialFails(transport.KindAuth, c.says)
				continue
			}
			r.works()
		}
	}
}

// The agent's certificate goes with the agent's key.
func TestCertificateOfTheAgent(t *testing.T) {
	ca := authority{newSigner(t)}
	key := newKey(t)
	public := mustSigner(t, key, nil).PublicKey()
	good := ca.sign(t, public, nil)
	for name, c := range map[string]struct {
		held []agent.AddedKey
		by   string
	}{
		"key and certificate": {[]agent.AddedKey{{PrivateKey: key}, {PrivateKey: key, Certificate: good}}, "certificate fleet"},
		"certificate alone":   {[]agent.AddedKey{{PrivateKey: key, Certificate: good}}, "certificate fleet"},
	} {
		for _, identity := range []string{"", writeFile(t, "id.pub", string(ssh.MarshalAuthorizedKey(public)))} {
			r, seen := trusting(t, ca.PublicKey(), false)
			r.target.Identity = identity
			r.opts.Keys.AgentSocket = serveRing(t, asItIs, c.held...)
			conn := r.dial()
			if by := transport.LinkOf(conn).Login; !strings.Contains(by, c.by) || seen.keys.Load() != 1 {
				t.Errorf("%s: by %s, %d keys were shown", name, by, seen.keys.Load())
			}
		}
	}
	// Expired: the plain key remains where the agent holds it.
	old := ca.sign(t, public, func(c *ssh.Certificate) { c.ValidAfter, c.ValidBefore = 0, 1 })
	r, _ := trusting(t, ca.PublicKey(), true)
	r.target.Identity = ""
	r.opts.Keys.AgentSocket = serveRing(t, asItIs, agent.AddedKey{PrivateKey: key}, agent.AddedKey{PrivateKey: key, Certificate: old})
	if by := transport.LinkOf(r.dial()).Login; !strings.Contains(by, "(without its certificate)") {
		t.Errorf("by %s", by)
	}
	r.opts.Keys = &auth.Keys{AgentSocket: serveRing(t, asItIs, agent.AddedKey{PrivateKey: key, Certificate: old})}
	r.dialFails(transport.KindAuth, "expired at 1970-01-01T00:00:01Z")
}
