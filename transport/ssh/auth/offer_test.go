package auth

import (
	"crypto/dsa" //nolint:staticcheck // old hosts have such keys
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/lab/sshtest"
)

func newSigner(t *testing.T) ssh.Signer {
	t.Helper()
	signer, err := sshtest.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// Certificate dates are checked at each login, not once when the run begins.
func TestCertificateExpiresDuringTheRun(t *testing.T) {
	key, now := newSigner(t), time.Now()
	cert := &ssh.Certificate{
		Key: key.PublicKey(), CertType: ssh.UserCert, KeyId: "fleet", ValidPrincipals: []string{"root"},
		ValidAfter: uint64(now.Add(-time.Hour).Unix()), ValidBefore: uint64(now.Add(time.Hour).Unix()),
	}
	if err := cert.SignCert(rand.Reader, newSigner(t)); err != nil {
		t.Fatal(err)
	}
	id := &identity{from: "identity x", signer: key, cert: &certificate{Certificate: cert, named: true}}
	target := transport.Target{User: "root"}
	end := moment(cert.ValidBefore)
	if o, err := id.offer(target, end.Add(-time.Second)); err != nil || !strings.Contains(o.what, "certificate fleet") {
		t.Errorf("%v, %v", o.what, err)
	}
	if _, err := id.offer(target, end); err == nil {
		t.Error("an expired certificate is offered")
	}
	if _, err := id.offer(target, moment(cert.ValidAfter)); err != nil {
		t.Error(err)
	}
	cert.ValidBefore = ssh.CertTimeInfinity
	if _, err := id.offer(target, time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)); err != nil {
		t.Error(err)
	}
}

// DSA signs with SHA-1.
func TestDSAIdentityNeedsLegacyAlgorithms(t *testing.T) {
	var key dsa.PrivateKey
	if err := dsa.GenerateParameters(&key.Parameters, rand.Reader, dsa.L1024N160); err != nil {
		t.Fatal(err)
	}
	if err := dsa.GenerateKey(&key, rand.Reader); err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(&key)
	if err != nil {
		t.Fatal(err)
	}
	o := offer{signer: signer, what: "identity x"}
	if err := o.restrict(transport.Target{}); err == nil || !strings.Contains(err.Error(), "is a DSA key") {
		t.Errorf("%v", err)
	}
	if err := o.restrict(transport.Target{LegacyAlgorithms: true}); err != nil {
		t.Error(err)
	}
}
