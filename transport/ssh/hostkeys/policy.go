package hostkeys

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/ssh/fault"
)

// Status is the judgement of known_hosts on a key that a host has shown.
type Status string

// The statuses of a key.
const (
	// Revoked: the key, or the authority that signed it, is revoked.
	Revoked Status = "revoked"
	// Changed: known_hosts lists other keys for the host.
	Changed Status = "changed"
	// New: known_hosts lists no key for the host.
	New Status = "new"
	// Additional: known_hosts lists no key of this type, and the host has shown
	// another key that is known.
	Additional Status = "additional"
	// Signed: a known authority has signed the key for this host.
	Signed Status = "signed"
	// Known: known_hosts lists the key for the host.
	Known Status = "known"
)

// Policy holds the known keys of one host, for one attempt to connect.
type Policy struct {
	target transport.Target
	files  []*index
	// name is the host's name in known_hosts.
	name string
	// named holds the lines of that name. Lines with a hashed name are among them
	// only if a look-up has found them before.
	named []entry
	// another: see TypeWanted.
	another bool
}

// verdict is the judgement on a key.
type verdict struct {
	status Status
	// lines are the evidence of the status.
	lines []entry
	// certificate says why a certificate does not count; nil: it counts, or none
	// was shown.
	certificate error
}

// Policy returns the policy for a target.
func (h *KnownHosts) Policy(target transport.Target) (*Policy, error) {
	files, err := h.indexes(target)
	if err != nil {
		return nil, err
	}
	p := &Policy{target: target.Defaulted(), files: files, name: Name(target)}
	for _, f := range files {
		p.named = append(p.named, f.named(p.name)...)
		tried, _ := f.tried(p.name)
		p.add(tried)
	}
	return p, nil
}

// add adds hashed lines to those that name the host.
func (p *Policy) add(lines []hashedEntry) {
	for _, l := range lines {
		p.named = append(p.named, l.entry)
	}
}

// Check judges the key of a handshake. nil: the key is accepted. An error names the
// key, the known ones and where they are listed; see Kind.
func (p *Policy) Check(key ssh.PublicKey) error { return p.explain(p.judge(key), key) }

// TypeWanted reports whether Check found a known key of a type that the host was
// not asked for. The policy of the next attempt asks for that type.
func (p *Policy) TypeWanted() bool { return p.another }

// BareKey returns the key itself, without a certificate.
func BareKey(key ssh.PublicKey) ssh.PublicKey {
	if cert, ok := key.(*ssh.Certificate); ok {
		return cert.Key
	}
	return key
}

// judge compares a key with the known ones. As in ssh, revocation comes first; a
// certificate that does not count is as good as its key alone; one line with the
// key is enough.
func (p *Policy) judge(key ssh.PublicKey) verdict {
	v := verdict{}
	cert, signed := key.(*ssh.Certificate)
	plain := string(BareKey(key).Marshal())
	if line, ok := p.revoked(plain); ok {
		return verdict{status: Revoked, lines: []entry{line}}
	}
	if signed {
		authority := string(cert.SignatureKey.Marshal())
		if line, ok := p.revoked(authority); ok {
			return verdict{status: Revoked, lines: []entry{line}}
		}
		line, ok := p.find(authority, true)
		if v.certificate = p.checkCertificate(cert, ok); v.certificate == nil {
			return verdict{status: Signed, lines: []entry{line}}
		}
	}
	if line, ok := p.find(plain, false); ok {
		return verdict{status: Known, lines: []entry{line}}
	}
	v.lines = p.others(BareKey(key).Type())
	v.status = Changed
	if len(v.lines) == 0 {
		v.status = New
	}
	return v
}

// revoked returns the line that revokes a key.
func (p *Policy) revoked(key string) (entry, bool) {
	for _, f := range p.files {
		if line, ok := f.revoked[key]; ok {
			return line, true
		}
	}
	return entry{}, false
}

// find returns a line of the host that has a key.
func (p *Policy) find(key string, authority bool) (entry, bool) {
	for _, l := range p.named {
		if l.key == key && l.authority == authority {
			return l, true
		}
	}
	for _, f := range p.files {
		if line, ok := f.withKey(p.name, key, authority); ok {
			return line, true
		}
	}
	return entry{}, false
}

// others returns all keys of a host that shows a key, of type shown, which is none
// of them.
func (p *Policy) others(shown string) []entry {
	var lines []entry
	asked := map[string]bool{shown: true}
	for _, l := range p.named {
		if !l.authority {
			lines = append(lines, l)
			asked[l.kind] = true
		}
	}
	known := len(p.named)
	for _, f := range p.files {
		if _, done := f.tried(p.name); done {
			continue
		}
		p.add(f.all(p.name))
	}
	for _, l := range p.named[known:] {
		if !l.authority {
			lines = append(lines, l)
			p.another = p.another || !asked[l.kind]
		}
	}
	return lines
}

// checkCertificate checks a host's certificate; authority says whether the signer
// is a known authority for this host.
func (p *Policy) checkCertificate(cert *ssh.Certificate, authority bool) error {
	switch sha1 := cert.Signature.Format == ssh.KeyAlgoRSA || cert.Signature.Format == keyTypeDSA; {
	case !authority:
		return errors.New("its signer is no authority for this host there")
	case cert.CertType != ssh.HostCert:
		return errors.New("it is not that of a host")
	case sha1 && !p.target.LegacyAlgorithms:
		return errors.New("it is signed by SHA-1")
	}
	principal := p.target.HostKeyAlias
	if principal == "" {
		principal = strings.ToLower(p.target.Address)
	}
	return new(ssh.CertChecker).CheckCert(principal, cert)
}

// maxNamed bounds the known keys that a message lists.
const maxNamed = 5

// explain turns a verdict into an error that an operator can act on; nil: the key
// is accepted.
func (p *Policy) explain(v verdict, key ssh.PublicKey) error {
	if v.status == Known || v.status == Signed {
		return nil
	}
	plain := BareKey(key)
	address := net.JoinHostPort(p.target.Address, strconv.Itoa(p.target.Port))
	offered := plain.Type() + " " + ssh.FingerprintSHA256(plain)
	if cert, ok := key.(*ssh.Certificate); ok {
		offered += fmt.Sprintf(" with a certificate of %s", ssh.FingerprintSHA256(cert.SignatureKey))
		if v.certificate != nil {
			offered += fmt.Sprintf(" (%v)", v.certificate)
		}
	}
	if p.target.HostKeyAlias != "" {
		address += " (" + fault.Printable(p.name) + ")"
	}
	switch v.status {
	case Revoked:
		return fmt.Errorf("%w: %s offered %s, revoked at %s:%d", errRevoked, address, offered, v.lines[0].file, v.lines[0].number)
	case New:
		return fmt.Errorf("%w: %s offered %s, %s has no key for it; compare it with the console, then add it (aixmend hostkeys)",
			errUnknown, address, offered, p.paths())
	}
	var known []string
	for _, l := range v.lines[:min(len(v.lines), maxNamed)] {
		known = append(known, l.String())
	}
	if more := len(v.lines) - len(known); more > 0 {
		known = append(known, fmt.Sprintf("%d more", more))
	}
	return fmt.Errorf("%w: %s offered %s, known is %s; expected after a redeploy (aixmend hostkeys), otherwise somebody may be intercepting the connection",
		errChanged, address, offered, strings.Join(known, ", "))
}

// paths lists the files for a message.
func (p *Policy) paths() string {
	var paths []string
	for _, f := range p.files {
		paths = append(paths, f.path)
	}
	return strings.Join(paths, ", ")
}
