package signed_test

import (
	"bytes"
	"crypto/dsa" //nolint:staticcheck // it is refused
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"aixmend/controller/approval/signed"
	"aixmend/controller/outcome"
	"aixmend/transport/ssh/revoked"
)

// now is when approvals are checked here.
var now = time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC)

// subject is the plan of ana.
var subject = signed.Subject{
	PlanID: "0123", SHA256: "01234567", RunID: "20261201T140000.000Z-abcdef", Created: now.Add(-time.Hour),
	AskedBy: outcome.By{User: "root", SudoUser: "ana", Machine: "jump1"},
}

func noError(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newKey makes a key.
func newKey(t testing.TB) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	noError(t, err)
	signer, err := ssh.NewSignerFromKey(private)
	noError(t, err)
	return signer
}

func line(names string, key ssh.PublicKey) string {
	return names + " " + string(ssh.MarshalAuthorizedKey(key))
}

// approval signs a document, which edit may change before.
func approval(t testing.TB, key ssh.Signer, edit func(*signed.Document)) (text, sig []byte) {
	t.Helper()
	d := signed.New(subject, "file", outcome.By{User: "ben", Machine: "desk"}, now.Add(-time.Minute), time.Hour)
	d.Comment = "window"
	if edit != nil {
		edit(&d)
	}
	text, err := d.Text()
	noError(t, err)
	sig, err = signed.Sign(text, key)
	noError(t, err)
	return text, sig
}

// check reads and checks an approval as recover does.
func check(text, sig []byte, c signed.Checks) (outcome.Approval, error) {
	a, err := signed.Read(text, sig)
	if err != nil {
		return outcome.Approval{}, err
	}
	return a.Check(subject, c)
}

func signers(t testing.TB, lines ...string) *signed.Signers {
	t.Helper()
	s, err := signed.ParseSigners("signers", []byte(strings.Join(lines, "\n")), time.UTC)
	noError(t, err)
	return s
}

// An approval says who approved, with which key, when and until when.
func TestApproval(t *testing.T) {
	key := newKey(t)
	text, sig := approval(t, key, nil)
	got, err := check(text, sig, signed.Checks{Signers: signers(t, line("ben,ben@example.com", key.PublicKey())), Now: now})
	noError(t, err)
	want := outcome.Approval{
		Principal: "ben", Key: ssh.FingerprintSHA256(key.PublicKey()), PlanSHA256: subject.SHA256,
		Approved: now.Add(-time.Minute), Expires: now.Add(59 * time.Minute), Comment: "window", By: outcome.By{User: "ben", Machine: "desk"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Whatever is not an unexpired approval of this plan by an allowed signer other than its maker is
// refused, with the reason.
func TestRefused(t *testing.T) {
	ben, other := newKey(t), newKey(t)
	allowed := line("ben,ben@example.com", ben.PublicKey())
	armoured := func(namespace string, key ssh.Signer) func(text, sig []byte) ([]byte, []byte) {
		return func(text, _ []byte) ([]byte, []byte) {
			s, err := sshsig.Sign(bytes.NewReader(text), key, sshsig.HashSHA512, namespace)
			noError(t, err)
			return text, sshsig.Armor(s)
		}
	}
	signedAs := func(document string) func(text, sig []byte) ([]byte, []byte) {
		return func(_, _ []byte) ([]byte, []byte) {
			sig, err := signed.Sign([]byte(document), ben)
			noError(t, err)
			return []byte(document), sig
		}
	}
	whole, _ := approval(t, ben, nil)
	for _, c := range []struct {
		name    string
		signers string                                  // "": ben
		edit    func(*signed.Document)                  // before it is signed
		after   func(text, sig []byte) ([]byte, []byte) // afterwards
		want    string
	}{
		{name: "an altered document", after: func(text, sig []byte) ([]byte, []byte) {
			return bytes.Replace(text, []byte("window"), []byte("widows"), 1), sig
		}, want: "its signature does not match"},
		{name: "an altered signature", after: func(text, sig []byte) ([]byte, []byte) {
			block, _ := pem.Decode(sig)
			block.Bytes[len(block.Bytes)-1] ^= 1
			return text, pem.EncodeToMemory(block)
		}, want: "its signature does not match"},
		{name: "another key in the signature", after: func(text, sig []byte) ([]byte, []byte) {
			block, _ := pem.Decode(sig)
			return text, pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: bytes.Replace(block.Bytes, ben.PublicKey().Marshal(), other.PublicKey().Marshal(), 1)})
		}, want: "its signature does not match"},
		{name: "an empty document", after: func(_, sig []byte) ([]byte, []byte) { return nil, sig }, want: "it is empty"},
		{name: "an empty signature", after: func(text, _ []byte) ([]byte, []byte) { return text, []byte("\n") }, want: "its signature is empty"},
		{name: "garbage for a signature", after: func(text, _ []byte) ([]byte, []byte) { return text, []byte("garbage") }, want: "none of OpenSSH's"},
		{name: "another PEM block", after: func(text, sig []byte) ([]byte, []byte) {
			return text, bytes.ReplaceAll(sig, []byte("SSH SIGNATURE"), []byte("SIGNATURE"))
		}, want: "none of OpenSSH's"},
		{name: "two signatures", after: func(text, sig []byte) ([]byte, []byte) { return text, append(sig, sig...) }, want: "none of OpenSSH's"},
		{name: "a signature that breaks off", after: func(text, sig []byte) ([]byte, []byte) {
			block, _ := pem.Decode(sig)
			return text, pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: block.Bytes[:40]})
		}, want: "its signature can't be read"},
		{name: "the namespace of files", after: armoured("file", ben), want: `the namespace is "file"`},
		{name: "the namespace of git", after: armoured("git", ben), want: `the namespace is "git"`},
		{name: "an unknown key", after: armoured(signed.Namespace, other), want: "signers: its key is not among them"},
		{name: "no document of ours", after: signedAs(`{"approve": "everything"}` + "\n"), want: "no document that approves a plan"},
		{name: "two documents", after: signedAs(string(whole) + string(whole)), want: "not written as aixmend writes it"},
		{name: "another layout", after: signedAs(strings.ReplaceAll(string(whole), "  ", "\t")), want: "not written as aixmend writes it"},
		{name: "a name twice", after: signedAs(strings.Replace(string(whole), `"comment"`, `"comment": "a", "comment"`, 1)), want: "not written as aixmend writes it"},
		{name: "a key more", after: signedAs(strings.Replace(string(whole), `"comment"`, `"also": "a", "comment"`, 1)), want: "no document that approves a plan"},
		{name: "a comment of many lines", edit: func(d *signed.Document) { d.Comment = "a\x1b[2J\nb" }, want: "a comment is one line"},
		{name: "another plan", edit: func(d *signed.Document) { d.SHA256 = "89abcdef" }, want: "it approves another plan"},
		{name: "another run", edit: func(d *signed.Document) { d.RunID = "x" }, want: "says other things of the plan"},
		{name: "another maker", edit: func(d *signed.Document) { d.AskedBy = outcome.By{User: "carl"} }, want: "says other things of the plan"},
		{name: "another time", edit: func(d *signed.Document) { d.Created = now }, want: "says other things of the plan"},
		{name: "an expired one", edit: func(d *signed.Document) { d.Approved, d.Expires = now.Add(-2*time.Hour), now }, want: "it expired at 2026-12-01T15:00:00Z"},
		{name: "one of the future", edit: func(d *signed.Document) { d.Approved, d.Expires = now.Add(3*time.Minute), now.Add(time.Hour) }, want: "signed in the future"},
		{name: "one for ever", edit: func(d *signed.Document) { d.Expires = now.Add(10 * 365 * 24 * time.Hour) }, want: "an approval is good for 720h0m0s at most"},
		{name: "one that ends before it begins", edit: func(d *signed.Document) { d.Expires = d.Approved }, want: "an approval is good for 720h0m0s at most"},
		{name: "no end", edit: func(d *signed.Document) { d.Expires = time.Time{} }, want: "an approval is good for 720h0m0s at most"},
		{name: "the maker", signers: line("ana,ben", ben.PublicKey()), want: "ana asked for the plan, and approves it as ana"},
		{name: "the maker by mail address", signers: line("Ana@example.com", ben.PublicKey()), want: "ana asked for the plan, and approves it as Ana@example.com"},
		{name: "the maker by domain", signers: line(`CORP\ana`, ben.PublicKey()), want: "ana asked for the plan"},
		{name: "the maker on another line", signers: allowed + line("ana", ben.PublicKey()), want: "ana asked for the plan"},
		{name: "the maker on a line for another purpose", signers: allowed + line(`ana namespaces="git"`, ben.PublicKey()), want: "ana asked for the plan"},
		{name: "the account of the maker", signers: line("root", ben.PublicKey()), want: "root asked for the plan"},
		{name: "a pattern for a name", signers: line("*@example.com", ben.PublicKey()), want: "line 1 has a pattern for a name"},
		{name: "another namespace", signers: line(`ben namespaces="git,file"`, ben.PublicKey()), want: "line 1 allows the key for the namespaces git,file alone"},
		{name: "a namespace that is left out", signers: line(`ben namespaces="aixmend-*,!aixmend-plan"`, ben.PublicKey()), want: "line 1 allows the key for the namespaces"},
		{name: "a key of tomorrow", signers: line(`ben valid-after="20261202Z"`, ben.PublicKey()), want: "line 1 allows the key from 2026-12-02T00:00:00Z on"},
		{name: "a key of yesterday", signers: line(`ben valid-before="202611302359Z"`, ben.PublicKey()), want: "line 1 allowed the key until 2026-11-30T23:59:00Z"},
		{name: "an authority", signers: line("ben cert-authority", ben.PublicKey()), want: "its key is not among them"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, sig := approval(t, ben, c.edit)
			if c.after != nil {
				text, sig = c.after(text, sig)
			}
			list := c.signers
			if list == "" {
				list = allowed
			}
			got, err := check(text, sig, signed.Checks{Signers: signers(t, list), Now: now})
			var r *signed.Refused
			if !errors.As(err, &r) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, %v; want %q", got, err, c.want)
			}
		})
	}
}

// A plan that names nobody can't be told from one of the approver's own.
func TestNobodyAsked(t *testing.T) {
	key := newKey(t)
	text, sig := approval(t, key, func(d *signed.Document) { d.AskedBy = outcome.By{Machine: "jump1"} })
	a, err := signed.Read(text, sig)
	noError(t, err)
	of := subject
	of.AskedBy = outcome.By{Machine: "jump1"}
	if _, err := a.Check(of, signed.Checks{Signers: signers(t, line("ben", key.PublicKey())), Now: now}); err == nil || !strings.Contains(err.Error(), "does not say who asked for it") {
		t.Error(err)
	}
}

// A revoked key approves nothing, whether the list is one of keys or a KRL of its authority.
func TestRevoked(t *testing.T) {
	key, other := newKey(t), newKey(t)
	text, sig := approval(t, key, nil)
	for want, revokes := range map[string]ssh.PublicKey{"its key SHA256:": key.PublicKey(), "": other.PublicKey()} {
		file := filepath.Join(t.TempDir(), "revoked")
		noError(t, os.WriteFile(file, ssh.MarshalAuthorizedKey(revokes), 0o600))
		list, err := revoked.Load(file)
		noError(t, err)
		_, err = check(text, sig, signed.Checks{Signers: signers(t, line("ben", key.PublicKey())), Revoked: list, Now: now})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// Weak keys sign nothing, and nothing that they signed counts.
func TestWeakKeys(t *testing.T) {
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	noError(t, err)
	var old dsa.PrivateKey
	noError(t, dsa.GenerateParameters(&old.Parameters, rand.Reader, dsa.L1024N160))
	noError(t, dsa.GenerateKey(&old, rand.Reader))
	for want, private := range map[string]any{"RSA key of 1024 bits": short, "a DSA key": &old} {
		key, err := ssh.NewSignerFromKey(private)
		noError(t, err)
		text, _ := approval(t, newKey(t), nil)
		if _, err := signed.Sign(text, key); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("sign: %v, want %q", err, want)
		}
		s, err := sshsig.Sign(bytes.NewReader(text), key, sshsig.HashSHA512, signed.Namespace)
		noError(t, err)
		if _, err := signed.Read(text, sshsig.Armor(s)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("read: %v, want %q", err, want)
		}
	}
}

// sha1Signer signs by SHA-1, whatever it is asked for.
type sha1Signer struct{ ssh.AlgorithmSigner }

func (s sha1Signer) SignWithAlgorithm(rand io.Reader, data []byte, _ string) (*ssh.Signature, error) {
	return s.AlgorithmSigner.SignWithAlgorithm(rand, data, ssh.KeyAlgoRSA)
}

// A signature by SHA-1 counts for no key, also for one with a certificate.
func TestSHA1(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	noError(t, err)
	plain, err := ssh.NewSignerFromKey(private)
	noError(t, err)
	cert := certify(t, newKey(t), plain.PublicKey(), nil)
	certified, err := ssh.NewCertSigner(cert, plain)
	noError(t, err)
	for name, key := range map[string]ssh.Signer{"plain": plain, "certificate": certified} {
		text, sig := approval(t, key, nil) // by SHA-512
		if _, err := signed.Read(text, sig); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		data := append([]byte("SSHSIG"), ssh.Marshal(struct{ Namespace, Reserved, Hash, Sum string }{signed.Namespace, "", "sha512", sum512(text)})...)
		weak, err := sha1Signer{plain.(ssh.AlgorithmSigner)}.SignWithAlgorithm(rand.Reader, data, "")
		noError(t, err)
		old := sshsig.Armor(&sshsig.Signature{Version: 1, PublicKey: key.PublicKey(), Namespace: signed.Namespace, HashAlgorithm: sshsig.HashSHA512, Signature: weak})
		if _, err := signed.Read(text, old); err == nil {
			t.Errorf("%s: a signature by SHA-1 counts", name)
		}
	}
}

// certify makes a certificate of ben for a key, which edit may change before it is signed.
func certify(t testing.TB, authority ssh.Signer, key ssh.PublicKey, edit func(*ssh.Certificate)) *ssh.Certificate {
	t.Helper()
	cert := &ssh.Certificate{
		Key: key, CertType: ssh.UserCert, KeyId: "ben's", ValidPrincipals: []string{"ops", "ben@example.com"},
		ValidAfter: uint64(now.Add(-time.Hour).Unix()), ValidBefore: uint64(now.Add(time.Hour).Unix()),
	}
	if edit != nil {
		edit(cert)
	}
	noError(t, cert.SignCert(rand.Reader, authority))
	return cert
}

// An authority vouches for a person by a certificate.
func TestCertificates(t *testing.T) {
	authority, other, key := newKey(t), newKey(t), newKey(t)
	allowed := line("*@example.com cert-authority", authority.PublicKey())
	for _, c := range []struct {
		name, signers string
		by            ssh.Signer
		edit          func(*ssh.Certificate)
		want          string // "" for a good one
	}{
		{name: "good"},
		{name: "another authority", by: other, want: "the authority of its certificate, SHA256:"},
		{name: "no authority", signers: line("ben@example.com", authority.PublicKey()), want: "the authority of its certificate"},
		{name: "another name", signers: line("*@example.org cert-authority", authority.PublicKey()), want: "line 1 is for *@example.org"},
		{name: "a name left out", signers: line("*@example.com,!ben@* cert-authority", authority.PublicKey()), want: "line 1 is for"},
		{name: "no name", edit: func(c *ssh.Certificate) { c.ValidPrincipals = nil }, want: "line 1 is for"},
		{name: "expired", edit: func(c *ssh.Certificate) { c.ValidBefore = uint64(now.Add(-time.Minute).Unix()) }, want: "its certificate: "},
		{name: "of tomorrow", edit: func(c *ssh.Certificate) { c.ValidAfter = uint64(now.Add(time.Minute).Unix()) }, want: "its certificate: "},
		{name: "of a host", edit: func(c *ssh.Certificate) { c.CertType = ssh.HostCert }, want: "that of a host"},
		{name: "for one command", edit: func(c *ssh.Certificate) { c.CriticalOptions = map[string]string{"force-command": "ls"} }, want: "its certificate: "},
		{name: "of the maker", edit: func(c *ssh.Certificate) { c.ValidPrincipals = []string{"ben@example.com", "ana"} }, want: "ana asked for the plan"},
		{name: "of the maker's key", signers: line("ana", key.PublicKey()) + "\n" + allowed, want: "ana asked for the plan"},
		{name: "for another purpose", signers: line(`*@example.com cert-authority,namespaces="git"`, authority.PublicKey()), want: "line 1 allows the key for the namespaces git alone"},
	} {
		by := c.by
		if by == nil {
			by = authority
		}
		signer, err := ssh.NewCertSigner(certify(t, by, key.PublicKey(), c.edit), key)
		noError(t, err)
		text, sig := approval(t, signer, nil)
		list := c.signers
		if list == "" {
			list = allowed
		}
		got, err := check(text, sig, signed.Checks{Signers: signers(t, list), Now: now})
		switch {
		case c.want == "" && (err != nil || got.Principal != "ben@example.com" || got.Authority != ssh.FingerprintSHA256(authority.PublicKey()) || got.Key != ssh.FingerprintSHA256(key.PublicKey())):
			t.Errorf("%s: %+v, %v", c.name, got, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func sum512(text []byte) string {
	h := sshsig.HashSHA512.Hash()
	h.Write(text)
	return string(h.Sum(nil))
}

// securityKey signs as an SK key of OpenSSH does, touched or not.
type securityKey struct {
	private ed25519.PrivateKey
	public  ssh.PublicKey
	touched byte
}

func newSecurityKey(t testing.TB, touched bool) securityKey {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	noError(t, err)
	key, err := ssh.ParsePublicKey(ssh.Marshal(struct {
		Type        string
		Key         []byte
		Application string
	}{ssh.KeyAlgoSKED25519, public, "ssh:"}))
	noError(t, err)
	k := securityKey{private: private, public: key}
	if touched {
		k.touched = 1
	}
	return k
}

// PublicKey implements ssh.Signer.
func (k securityKey) PublicKey() ssh.PublicKey { return k.public }

// Sign implements ssh.Signer.
func (k securityKey) Sign(_ io.Reader, data []byte) (*ssh.Signature, error) {
	application, message := sha256.Sum256([]byte("ssh:")), sha256.Sum256(data)
	text := append(append(application[:], k.touched, 0, 0, 0, 7), message[:]...)
	return &ssh.Signature{Format: k.public.Type(), Blob: ed25519.Sign(k.private, text), Rest: []byte{k.touched, 0, 0, 0, 7}}, nil
}

// A security key approves when it was touched.
func TestSecurityKeys(t *testing.T) {
	for _, touched := range []bool{true, false} {
		key := newSecurityKey(t, touched)
		text, sig := approval(t, key, nil)
		_, err := check(text, sig, signed.Checks{Signers: signers(t, line("ben", key.PublicKey())), Now: now})
		if (err == nil) != touched {
			t.Errorf("touched: %t, %v", touched, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	text, sig := approval(f, newKey(f), nil)
	f.Add(text, sig)
	f.Add([]byte("{}"), []byte("-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n"))
	f.Fuzz(func(t *testing.T, text, sig []byte) {
		a, err := signed.Read(text, sig)
		var r *signed.Refused
		if err != nil && !errors.As(err, &r) {
			t.Fatalf("%T", err)
		}
		if err == nil {
			if own, err := a.Text(); err != nil || !bytes.Equal(own, text) {
				t.Fatalf("read as %q, %v", own, err)
			}
		}
	})
}
