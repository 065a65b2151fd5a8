package auth

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/cause"
	"aixmend/transport/plain"
	"aixmend/transport/ssh/fault"
)

// NoCertificate is the value of Target.Certificate for no certificate.
const NoCertificate = "none"

// certificate is a user certificate and its source.
type certificate struct {
	*ssh.Certificate
	from   string
	named  bool       // by the target: then nothing else is offered
	signer ssh.Signer // the agent's entry with it; nil: the plain key signs
}

// certify finds the certificate of an identity: the one that the target names, the
// one beside the key, or the agent's.
func (id *identity) certify(t transport.Target) {
	switch {
	case id.cert != nil && id.cert.named: // the identity's file is a certificate
		return
	case t.Certificate == NoCertificate:
		id.cert = nil
		return
	case t.Certificate == "" && t.Identity == "":
		return
	case t.Certificate == "":
		// The file beside the key need not be a certificate. If the agent holds the
		// key only with a certificate, no other one can be used.
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
		id.err = unusable("certificate %w", plain.Error(err))
	case !ok:
		id.err = unusable("certificate %s is a plain key: name the file that ssh-keygen -s wrote", t.Certificate)
	case id.signer == nil && sameKey(cert, id.cert):
		id.cert.named = true
	case id.signer == nil:
		id.err = unusable("certificate %s: agent holds the key only with another certificate", t.Certificate)
	default:
		id.cert = &certificate{Certificate: cert, from: t.Certificate, named: true}
	}
}

// unusable is the error of a certificate that can't be offered.
func unusable(format string, args ...any) error {
	return cause.Because(cause.BadCertificate, fmt.Errorf(format, args...))
}

// describe names the certificate, whose text is untrusted.
func (c *certificate) describe() string {
	return "certificate " + fault.Brief(c.KeyId) + ", signed by " + ssh.FingerprintSHA256(c.SignatureKey)
}

// useless says why no host can accept the certificate, nil if one may. Whether it
// names the login is for the host to judge, which may map principals to logins
// itself (AuthorizedPrincipalsFile).
func (c *certificate) useless(plain ssh.Signer, now time.Time) error {
	named := fmt.Sprintf("certificate %s of %s", c.from, fault.Brief(c.KeyId))
	clock := "this machine's clock says " + now.UTC().Format(time.RFC3339)
	switch {
	case c.CertType != ssh.UserCert:
		return errors.New(named + " is that of a host, not of a user")
	case plain != nil && !sameKey(c.Key, plain.PublicKey()):
		return fmt.Errorf("%s is for the key %s, not for %s", named, ssh.FingerprintSHA256(c.Key), ssh.FingerprintSHA256(plain.PublicKey()))
	case !now.Before(moment(c.ValidBefore)):
		return fmt.Errorf("%s for %s expired at %s (valid from %s; %s)", named, c.principals(), date(c.ValidBefore), date(c.ValidAfter), clock)
	case now.Before(moment(c.ValidAfter)):
		return fmt.Errorf("%s for %s is not valid before %s (until %s; %s)", named, c.principals(), date(c.ValidAfter), date(c.ValidBefore), clock)
	}
	return nil
}

// principals lists the logins that a certificate names.
func (c *certificate) principals() string {
	if len(c.ValidPrincipals) == 0 {
		return "no login by name"
	}
	return "the logins " + fault.Brief(strings.Join(c.ValidPrincipals, ", "))
}

// forever stands for the end of a certificate without one.
var forever = time.Unix(math.MaxInt64/2, 0)

// moment converts a time of a certificate.
func moment(seconds uint64) time.Time {
	if seconds > math.MaxInt64/2 {
		return forever
	}
	return time.Unix(int64(seconds), 0) //nolint:gosec // it fits: see above
}

// date formats a time of a certificate.
func date(seconds uint64) string {
	if when := moment(seconds).UTC(); when.Year() < 10_000 && when.Before(forever) {
		return when.Format(time.RFC3339)
	}
	return "ever"
}
