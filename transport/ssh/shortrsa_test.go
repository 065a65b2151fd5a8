package ssh

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"aixmend/transport"
	"aixmend/transport/ssh/auth"
)

// rsaOf is an RSA key of a size, and its file.
func rsaOf(t *testing.T, bits int) (ssh.Signer, *rsa.PrivateKey, string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	der := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	return mustSigner(t, key, nil), key, writeFile(t, "id_rsa", string(pem.EncodeToMemory(der)))
}

// A host's RSA key of fewer than 2048 bits is no proof of the host, although it is known,
// unless the host may have old algorithms; then the report says so.
func TestShortHostKey(t *testing.T) {
	for _, bits := range []int{1024, 2047, 2048} {
		signer, _, _ := rsaOf(t, bits)
		o := memory()
		o.HostKeys = []ssh.Signer{signer}
		r := serve(t, posix, o)
		if bits < 2048 {
			err := r.dialFails(transport.KindProtocol, "too short to be trusted", fmt.Sprintf("RSA key of %d bits, fewer than 2048", bits), "ssh.legacy_algorithms")
			if transport.KindOf(err).Temporary() {
				t.Error("it is tried again")
			}
			r.target.LegacyAlgorithms = true
		}
		if link := r.linked("identity " + r.target.Identity); link.Legacy != (bits < 2048) {
			t.Errorf("%d bits: %+v", bits, link)
		}
		// What is unknown or changed stays that.
		r.target.KnownHosts = r.file("known_hosts", "other.example "+knownLine(newSigner(t))+"\n")
		r.target.LegacyAlgorithms = false
		r.dialFails(transport.KindHostKeyUnknown)
	}
}

func knownLine(s ssh.Signer) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(s.PublicKey())))
}

// A certificate that a short key has signed is as good as the host's key alone.
func TestShortHostAuthority(t *testing.T) {
	ca, _, _ := rsaOf(t, 1024)
	for _, known := range []bool{false, true} {
		key := newSigner(t)
		o := memory()
		r := serve(t, nil, o) // for its address
		cert := &ssh.Certificate{Key: key.PublicKey(), CertType: ssh.HostCert, KeyId: "aix1", ValidPrincipals: []string{r.target.Address}, ValidBefore: ssh.CertTimeInfinity}
		able, err := ssh.NewSignerWithAlgorithms(ca.(ssh.AlgorithmSigner), []string{ssh.KeyAlgoRSASHA512})
		if err != nil {
			t.Fatal(err)
		}
		if err := cert.SignCert(rand.Reader, able); err != nil {
			t.Fatal(err)
		}
		signed, err := ssh.NewCertSigner(cert, key)
		if err != nil {
			t.Fatal(err)
		}
		o = memory()
		o.HostKeys = []ssh.Signer{signed}
		r = serve(t, posix, o)
		lines := "@cert-authority * " + knownLine(ca) + "\n"
		if known {
			lines += r.target.Address + " " + knownLine(key) + "\n"
		}
		r.target.KnownHosts = r.file("known_hosts", lines)
		if known {
			r.works()
			continue
		}
		r.dialFails(transport.KindHostKeyUnknown, "it is signed with an RSA key of 1024 bits, fewer than 2048")
		r.target.LegacyAlgorithms = true
		if link := r.linked("identity " + r.target.Identity); !link.Legacy {
			t.Errorf("%+v", link)
		}
	}
}

// A short identity is not offered: from a file, with a certificate, or from an agent.
func TestShortIdentity(t *testing.T) {
	ca := authority{newSigner(t)}
	for _, bits := range []int{1024, 2048} {
		signer, key, path := rsaOf(t, bits)
		socket := serveRing(t, asItIs, agent.AddedKey{PrivateKey: key})
		public := writeFile(t, "id.pub", string(ssh.MarshalAuthorizedKey(signer.PublicKey())))
		_, _, certified := rsaOf(t, bits)
		writeCertificate(t, certified+"-cert.pub", ca.sign(t, publicOf(t, certified), nil))
		for name, use := range map[string]func(*transport.Target){
			"a file":            func(t *transport.Target) { t.Identity = path },
			"a certificate":     func(t *transport.Target) { t.Identity = certified },
			"no certificate":    func(t *transport.Target) { t.Identity, t.Certificate = certified, auth.NoCertificate },
			"an agent":          func(t *transport.Target) { t.Identity, t.Agent = public, socket },
			"an agent's key":    func(t *transport.Target) { t.Identity, t.Agent = "", socket },
			"a file, by legacy": func(t *transport.Target) { t.Identity, t.LegacyAlgorithms = path, true },
		} {
			r := serve(t, posix, memory())
			use(&r.target)
			if bits < 2048 && !r.target.LegacyAlgorithms {
				r.dialFails(transport.KindAuth, "RSA key of 1024 bits, fewer than 2048", "ssh.legacy_algorithms")
				if r.server.Accepted() > 0 {
					t.Errorf("%s: the host was dialled", name)
				}
				continue
			}
			r.works()
		}
	}
}

// publicOf is the public half of a key file.
func publicOf(t *testing.T, path string) ssh.PublicKey {
	t.Helper()
	signer, err := ssh.ParsePrivateKey([]byte(readFile(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	return signer.PublicKey()
}
