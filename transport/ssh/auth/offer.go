package auth

import (
	"fmt"
	"slices"
	"time"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/cause"
	"aixmend/transport/ssh/fault"
)

// offer is the proof that one host is shown: a key or its certificate.
type offer struct {
	signer ssh.Signer
	what   string   // its name in messages
	notes  []string // possible reasons for a refusal
}

// offer returns the offer of an identity to a target: its certificate if there is
// one, else the plain key, never both. If the certificate can't be used the plain
// key is offered, unless the target names the certificate.
func (id *identity) offer(t transport.Target, now time.Time) (offer, error) {
	o := offer{signer: id.signer, what: id.from}
	if c := id.cert; c != nil {
		why := c.useless(id.signer, now)
		switch {
		case why == nil:
			if err := o.certified(id, t); err != nil {
				return o, err
			}
		case c.named, id.signer == nil:
			return o, unusable("%s: %w: have a new one signed, or set ssh.certificate to none", id.from, why)
		default:
			o.what += " (without its certificate)"
			o.notes = append(o.notes, why.Error()+", and was not offered")
		}
	}
	return o, o.restrict(t)
}

// certified offers the identity's certificate.
func (o *offer) certified(id *identity, t transport.Target) error {
	c := id.cert
	if o.signer = c.signer; o.signer == nil {
		signer, err := ssh.NewCertSigner(c.Certificate, id.signer)
		if err != nil {
			return unusable("certificate %s: %w", c.from, err)
		}
		o.signer = signer
	}
	o.what += fmt.Sprintf(" (%s)", c.describe())
	o.notes = append(o.notes, "the host must trust the certificate's authority, "+ssh.FingerprintSHA256(c.SignatureKey))
	if !slices.Contains(c.ValidPrincipals, t.User) {
		o.notes = append(o.notes, fmt.Sprintf("the certificate is for %s, and not for %s unless the host says so", c.principals(), t.User))
	}
	return nil
}

// restrict excludes SHA-1 signatures and short RSA keys unless the target allows them.
func (o *offer) restrict(t transport.Target) error {
	key, _ := plainKey(o.signer.PublicKey())
	switch able, ok := o.signer.(ssh.AlgorithmSigner); {
	case t.LegacyAlgorithms:
	case key.Type() == ssh.InsecureKeyAlgoDSA: //nolint:staticcheck // old logins have such keys
		return cause.Because(cause.OldKey, fmt.Errorf("%s is a DSA key, which signs with SHA-1: make another, or set ssh.legacy_algorithms", o.what))
	case fault.ShortRSA(key) != nil:
		return cause.Because(cause.OldKey, fmt.Errorf("%s is an %w: make another, or set ssh.legacy_algorithms", o.what, fault.ShortRSA(key)))
	case ok && key.Type() == ssh.KeyAlgoRSA:
		signer, err := ssh.NewSignerWithAlgorithms(able, []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256})
		if err != nil {
			return fmt.Errorf("%s: %w", o.what, err)
		}
		o.signer = signer
	}
	return nil
}
