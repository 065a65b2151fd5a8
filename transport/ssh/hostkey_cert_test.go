package ssh

import (
	"crypto/rand"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/ssh/hostkeys"
)

// signedBy makes a host key with a certificate, changed as wanted before it is
// signed.
func signedBy(t *testing.T, authority ssh.Signer, change func(*ssh.Certificate)) ssh.Signer {
	t.Helper()
	key := newSigner(t)
	cert := &ssh.Certificate{
		Key: key.PublicKey(), CertType: ssh.HostCert, KeyId: "aix1",
		ValidPrincipals: []string{"10.1.2.3"}, ValidBefore: ssh.CertTimeInfinity,
	}
	change(cert)
	if err := cert.SignCert(rand.Reader, authority); err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewCertSigner(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// A host certificate counts for its principals, during its validity; one that does not
// count is as good as its key alone.
func TestHostCertificatesWithoutEffect(t *testing.T) {
	authority := newSigner(t)
	sha1, err := ssh.NewSignerWithAlgorithms(rsaSigner(t).(ssh.AlgorithmSigner), []string{ssh.KeyAlgoRSA})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		authority ssh.Signer
		change    func(*ssh.Certificate)
		reason    string
	}{
		"expired":             {authority, func(c *ssh.Certificate) { c.ValidBefore = uint64(time.Now().Add(-time.Hour).Unix()) }, "expired"},
		"not yet valid":       {authority, func(c *ssh.Certificate) { c.ValidAfter = uint64(time.Now().Add(time.Hour).Unix()) }, "not yet valid"},
		"another principal":   {authority, func(c *ssh.Certificate) { c.ValidPrincipals = []string{"10.1.2.4"} }, "principal"},
		"that of a user":      {authority, func(c *ssh.Certificate) { c.CertType = ssh.UserCert }, "not that of a host"},
		"an unknown option":   {authority, func(c *ssh.Certificate) { c.CriticalOptions = map[string]string{"only-at-night": ""} }, "critical option"},
		"signed by a strange": {newSigner(t), func(*ssh.Certificate) {}, "no authority for this host"},
		"signed by SHA-1":     {sha1, func(*ssh.Certificate) {}, "SHA-1"},
	} {
		t.Run(name, func(t *testing.T) {
			signer := signedBy(t, c.authority, c.change)
			plain := hostkeys.BareKey(signer.PublicKey())
			o := memory()
			o.HostKeys = []ssh.Signer{signer}
			r := serve(t, posix, o)
			trusted := "@cert-authority * " + authorized(authority.PublicKey()) + "\n@cert-authority * " + authorized(sha1.PublicKey()) + "\n"
			r.knows(trusted)
			r.dialFails(transport.KindHostKeyUnknown, c.reason, ssh.FingerprintSHA256(plain))
			r.knows(trusted + r.known(plain))
			r.works()
			r.knows(trusted + r.known(newSigner(t).PublicKey()))
			r.dialFails(transport.KindHostKeyChanged, ssh.FingerprintSHA256(plain))
		})
	}
}

func TestHostCertificatesByAuthority(t *testing.T) {
	authority := newSigner(t)
	line := " " + authorized(authority.PublicKey()) + "\n"
	signer := signedBy(t, authority, func(*ssh.Certificate) {})
	o := memory()
	// The key that x/crypto would ask for first is not the certified one.
	o.HostKeys = []ssh.Signer{ecdsaSigner(t), signer}
	r := serve(t, posix, o)
	for name, names := range map[string]string{"all": "*", "this one": "10.1.2.3", "a range": "10.1.*,!10.1.9.*", "hashed": hashed("10.1.2.3")} {
		t.Run(name, func(t *testing.T) {
			r.t = t
			r.knows("@cert-authority " + names + line)
			r.works()
		})
	}
	t.Run("of others", func(t *testing.T) {
		r.t = t
		r.knows("@cert-authority *,!10.1.2.3" + line)
		r.dialFails(transport.KindHostKeyUnknown)
	})
	t.Run("revoked", func(t *testing.T) {
		r.t = t
		r.knows("@cert-authority *" + line + "@revoked *" + line)
		r.dialFails(transport.KindHostKeyChanged, "revoked")
	})
	t.Run("the key is revoked", func(t *testing.T) {
		r.t = t
		r.knows("@cert-authority *" + line + "@revoked * " + authorized(hostkeys.BareKey(signer.PublicKey())))
		r.dialFails(transport.KindHostKeyChanged, "revoked")
	})
	t.Run("an alias is the principal", func(t *testing.T) {
		r.t = t
		r.target.HostKeyAlias = "lpar7"
		r.knows("@cert-authority *" + line)
		r.dialFails(transport.KindHostKeyUnknown, `principal "lpar7"`)
		r.target.HostKeyAlias = ""
	})
	// The fingerprint of a run is that of the key, as ssh-keygen prints it.
	r.t = t
	r.knows("@cert-authority *" + line)
	if got := transport.LinkOf(r.dial()).HostKey; got != ssh.FingerprintSHA256(hostkeys.BareKey(signer.PublicKey())) {
		t.Errorf("the host key is %s", got)
	}
}
