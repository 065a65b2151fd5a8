package signed

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"aixmend/controller/outcome"
	"aixmend/transport/plain"
	"aixmend/transport/ssh/fault"
	"aixmend/transport/ssh/revoked"
)

// clockTolerance is how far the clock of the approver may be ahead.
const clockTolerance = 2 * time.Minute

// Refused is the error of an approval that does not count.
type Refused struct {
	Why string
	// Remedy is a way out, "" where the plan has to be approved again.
	Remedy string
	cause  error
}

// Error says why.
func (r *Refused) Error() string { return r.Why }

// Unwrap returns the error behind it, nil for none.
func (r *Refused) Unwrap() error { return r.cause }

func refused(remedy, format string, args ...any) *Refused {
	err := fmt.Errorf(format, args...)
	return &Refused{Why: err.Error(), Remedy: remedy, cause: errors.Unwrap(err)}
}

// Approval is an approval whose signature is good: made with its key, over its document. Whose
// key it is, Check finds out.
type Approval struct {
	Document
	Key ssh.PublicKey
}

// Sign returns the signature of a document's text in the armour of ssh-keygen.
func Sign(text []byte, signer ssh.Signer) ([]byte, error) {
	if err := usable(signer.PublicKey()); err != nil {
		return nil, err
	}
	if able, ok := signer.(ssh.AlgorithmSigner); ok && strings.HasPrefix(signer.PublicKey().Type(), ssh.KeyAlgoRSA) {
		signer = strong{able}
	}
	s, err := sshsig.Sign(bytes.NewReader(text), signer, sshsig.HashSHA512, Namespace)
	if err != nil {
		return nil, err
	}
	return sshsig.Armor(s), nil
}

// strong is an RSA key, with or without a certificate, that signs by SHA-512.
type strong struct{ ssh.AlgorithmSigner }

// Sign implements ssh.Signer.
func (s strong) Sign(rand io.Reader, data []byte) (*ssh.Signature, error) {
	return s.SignWithAlgorithm(rand, data, ssh.KeyAlgoRSASHA512)
}

// inner is a key without its certificate.
func inner(key ssh.PublicKey) ssh.PublicKey {
	if cert, ok := key.(*ssh.Certificate); ok {
		return cert.Key
	}
	return key
}

// usable returns why nobody can approve with a key, nil where it is strong enough.
func usable(key ssh.PublicKey) error {
	key, err := ssh.ParsePublicKey(key.Marshal()) // that of an agent is a blob
	if err != nil {
		return refused("sign with another key", "the key can't be read: %w", plain.Error(err))
	}
	if short := fault.ShortRSA(key); short != nil {
		return refused("sign with another key", "the key is an %w", short)
	}
	if inner(key).Type() == ssh.InsecureKeyAlgoDSA { //nolint:staticcheck // it is refused
		return refused("sign with another key", "a DSA key signs by SHA-1")
	}
	return nil
}

// damaged is the remedy for files that are not as they were signed.
const damaged = "get both files from the approver once more, byte for byte"

// Read reads an approval and its signature. The error is a *Refused.
func Read(text, signature []byte) (*Approval, error) {
	switch {
	case len(text) == 0:
		return nil, refused(damaged, "it is empty")
	case len(bytes.TrimSpace(signature)) == 0:
		return nil, refused(damaged, "its signature is empty")
	}
	block, rest := pem.Decode(signature)
	if block == nil || block.Type != sshsig.PEMType || len(bytes.TrimSpace(rest)) > 0 || len(block.Headers) > 0 {
		return nil, refused(damaged, "its signature is none of OpenSSH's")
	}
	s, err := sshsig.ParseSignature(block.Bytes)
	if err != nil {
		return nil, refused(damaged, "its signature can't be read: %w", plain.Error(err))
	}
	if s.Namespace != Namespace {
		return nil, refused("ssh-keygen -Y sign takes the namespace with -n "+Namespace, "it is signed for another purpose: the namespace is %.40q, that of a plan is %q", s.Namespace, Namespace)
	}
	if err := usable(s.PublicKey); err != nil {
		return nil, err
	}
	if inner(s.PublicKey).Type() == ssh.KeyAlgoRSA && s.Signature.Format != ssh.KeyAlgoRSASHA512 && s.Signature.Format != ssh.KeyAlgoRSASHA256 {
		return nil, refused("sign it anew", "it is signed by SHA-1")
	}
	if err := sshsig.Verify(bytes.NewReader(text), s, s.PublicKey, s.HashAlgorithm, Namespace); err != nil {
		return nil, refused(damaged, "its signature does not match: the one or the other was changed (%w)", plain.Error(err))
	}
	d, err := decode(text)
	if err != nil {
		return nil, refused("", "%w", err)
	}
	return &Approval{Document: d, Key: s.PublicKey}, nil
}

// Checks say who may approve, and when it is now.
type Checks struct {
	Signers *Signers
	// Revoked are keys that count no more; nil for none.
	Revoked *revoked.List
	Now     time.Time
}

// About checks that an approval is of a plan, and good now. The error is a *Refused.
func (a *Approval) About(s Subject, now time.Time) error {
	d := a.Document
	switch {
	case d.SHA256 != s.SHA256:
		return refused("", "it approves another plan, that of run %.40s, made by %.60s", d.RunID, d.AskedBy.String())
	case d.PlanID != s.PlanID || d.RunID != s.RunID || !d.Created.Equal(s.Created) || d.AskedBy != s.AskedBy:
		return refused("", "it says other things of the plan than the plan itself")
	case d.Expires.Sub(d.Approved) > MaxLife || !d.Expires.After(d.Approved):
		return refused("", "it is good from %s to %s: an approval is good for %s at most", stamp(d.Approved), stamp(d.Expires), MaxLife)
	case d.Approved.After(now.Add(clockTolerance)):
		return refused("set the clocks of both machines", "it was signed in the future by this machine's clock: at %s", stamp(d.Approved))
	case !d.Expires.After(now):
		return refused("", "it expired at %s", stamp(d.Expires))
	}
	return nil
}

// Unchecked is the approval as far as its signature alone tells: not who signed.
func (a *Approval) Unchecked() outcome.Approval {
	return outcome.Approval{
		Key: ssh.FingerprintSHA256(inner(a.Key)), PlanSHA256: a.SHA256, Approved: a.Approved, Expires: a.Expires, Comment: a.Comment, By: a.ApprovedBy,
	}
}

// Check checks an approval of a plan: by an allowed signer who is not the person that asked for
// the plan. The error is a *Refused.
func (a *Approval) Check(s Subject, c Checks) (outcome.Approval, error) {
	by := a.Unchecked()
	if c.Revoked != nil && c.Revoked.Has(a.Key) {
		return by, refused("the approver needs another key", "its key %s is revoked", by.Key)
	}
	id, err := c.Signers.find(a.Key, c.Now)
	if err != nil {
		return by, refused("the person who keeps "+c.Signers.Path+" can add it", "key %s is not that of an allowed signer: %w", by.Key, err)
	}
	by.Principal, by.Authority = id.principal, id.authority
	if err := a.About(s, c.Now); err != nil {
		return by, err
	}
	asked := persons(s.AskedBy)
	if len(asked) == 0 {
		return by, refused("make a new plan, with a login that has a name", "the plan does not say who asked for it")
	}
	for _, name := range id.names {
		for _, own := range asked {
			if person(name) != "" && person(name) == person(own) {
				return by, refused("another person has to approve it", "%.60s asked for the plan, and approves it as %.60s", own, name)
			}
		}
	}
	return by, nil
}

// persons are the names of who asked for a plan.
func persons(by outcome.By) []string {
	var names []string
	for _, name := range []string{by.User, by.SudoUser, by.JobUser, by.Operator} {
		if person(name) != "" {
			names = append(names, name)
		}
	}
	return names
}

// person is a name without its domain, as logins and principals have it: ana of
// ana@example.com, and of CORP\ana.
func person(name string) string {
	if _, after, found := strings.Cut(name, `\`); found {
		name = after
	}
	name, _, _ = strings.Cut(name, "@")
	return strings.ToLower(strings.TrimSpace(name))
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
