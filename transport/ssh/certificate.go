package ssh

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/ssh/fault"
)

// NoCertificate is the value of Target.Certificate that means none.
const NoCertificate = "none"

// certificate is a user certificate and where it is from.
type certificate struct {
	*ssh.Certificate
	from   string
	named  bool       // the target names it: it is offered, or nothing is
	signer ssh.Signer // the agent's entry that holds it; nil: the plain key signs
}

// certify finds the certificate of an identity: the one that the target names,
// the one that lies beside the key, or the agent's.
func (id *identity) certify(t transport.Target) {
	switch {
	case id.cert != nil && id.cert.named: // the identity's file was a certificate
		return
	case t.Certificate == NoCertificate:
		id.cert = nil
		return
	case t.Certificate == "" && t.Identity == "":
		return
	case t.Certificate == "":
		// What lies beside the key need not be a certificate. One that the agent
		// holds alone, without the plain key, is the one that can be used.
		key, _ := readPublic(certificatePath(t.Identity))
		if cert, ok := key.(*ssh.Certificate); ok && id.signer != nil {
			id.cert = &certificate{Certificate: cert, from: certificatePath(t.Identity)}
		}
		return
	}
	key, err := readPublic(t.Certificate)
	cert, ok := key.(*ssh.Certificate)
	switch {
	case err != nil:
		id.err = fmt.Errorf("certificate can't be read: %w", err)
	case !ok:
		id.err = fmt.Errorf("certificate %s is a plain key: name the file that ssh-keygen -s wrote", t.Certificate)
	case id.signer == nil && sameKey(cert, id.cert):
		id.cert.named = true
	case id.signer == nil:
		id.err = fmt.Errorf("certificate %s: agent holds the key only with another certificate", t.Certificate)
	default:
		id.cert = &certificate{Certificate: cert, from: t.Certificate, named: true}
	}
}

// offer is what one host is shown: a key, or the certificate of one.
type offer struct {
	signer ssh.Signer
	what   string   // what messages call it
	notes  []string // what may explain a refusal
}

// offer is what the target is shown of an identity: the certificate where there
// is one, else the plain key, never both. Of a certificate that can't be used
// the plain key remains, unless the target names the certificate.
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
			return o, fmt.Errorf("%s: %w: have a new one signed, or set ssh.certificate to none", id.from, why)
		default:
			o.what += " (without its certificate)"
			o.notes = append(o.notes, why.Error()+", and was not offered")
		}
	}
	return o, o.restrict(t)
}

// certified makes the certificate what is offered.
func (o *offer) certified(id *identity, t transport.Target) error {
	c := id.cert
	if o.signer = c.signer; o.signer == nil {
		signer, err := ssh.NewCertSigner(c.Certificate, id.signer)
		if err != nil {
			return fmt.Errorf("certificate %s: %w", c.from, err)
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

// describe names the certificate: who wrote it may not be us.
func (c *certificate) describe() string {
	return "certificate " + fault.Brief(c.KeyId) + ", signed by " + ssh.FingerprintSHA256(c.SignatureKey)
}

// useless says why no host can take the certificate, nil when one may. Whether
// it names the login is for the host to judge: it may have a list of its own of
// who may be whom (AuthorizedPrincipalsFile).
func (c *certificate) useless(plain ssh.Signer, now time.Time) error {
	named := fmt.Sprintf("certificate %s of %s", c.from, fault.Brief(c.KeyId))
	clock := "this machine's clock says " + now.UTC().Format(time.RFC3339)
	switch {
	case c.CertType != ssh.UserCert:
		return errors.New(named + " is one of a host, not of a user")
	case plain != nil && !sameKey(c.Key, plain.PublicKey()):
		return fmt.Errorf("%s is for the key %s, not for %s", named, ssh.FingerprintSHA256(c.Key), ssh.FingerprintSHA256(plain.PublicKey()))
	case !now.Before(moment(c.ValidBefore)):
		return fmt.Errorf("%s for %s expired at %s (valid from %s; %s)", named, c.principals(), date(c.ValidBefore), date(c.ValidAfter), clock)
	case now.Before(moment(c.ValidAfter)):
		return fmt.Errorf("%s for %s is not valid before %s (until %s; %s)", named, c.principals(), date(c.ValidAfter), date(c.ValidBefore), clock)
	}
	return nil
}

// principals are the logins that a certificate names.
func (c *certificate) principals() string {
	if len(c.ValidPrincipals) == 0 {
		return "no login by name"
	}
	return "the logins " + fault.Brief(strings.Join(c.ValidPrincipals, ", "))
}

// forever is when what has no end ends.
var forever = time.Unix(math.MaxInt64/2, 0)

// moment is a time of a certificate.
func moment(seconds uint64) time.Time {
	if seconds > math.MaxInt64/2 {
		return forever
	}
	return time.Unix(int64(seconds), 0) //nolint:gosec // it fits: see above
}

// date is a time of a certificate as it is written.
func date(seconds uint64) string {
	if when := moment(seconds).UTC(); when.Year() < 10_000 && when.Before(forever) {
		return when.Format(time.RFC3339)
	}
	return "ever"
}

// restrict sees to it that SHA-1 signs nothing unless the target allows it.
func (o *offer) restrict(t transport.Target) error {
	key, _ := plainKey(o.signer.PublicKey())
	switch able, ok := o.signer.(ssh.AlgorithmSigner); {
	case t.LegacyAlgorithms:
	case key.Type() == ssh.InsecureKeyAlgoDSA: //nolint:staticcheck // old logins have such keys
		return fmt.Errorf("%s is a DSA key, which signs with SHA-1: make another, or set ssh.legacy_algorithms", o.what)
	case ok && key.Type() == ssh.KeyAlgoRSA:
		signer, err := ssh.NewSignerWithAlgorithms(able, []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256})
		if err != nil {
			return fmt.Errorf("%s: %w", o.what, err)
		}
		o.signer = signer
	}
	return nil
}
