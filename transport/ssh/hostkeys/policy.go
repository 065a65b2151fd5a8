package hostkeys

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/ssh/fault"
	"aixmend/transport/ssh/revoked"
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
	// Short: an RSA key of fewer than 2048 bits, known or not: it proves nothing.
	Short Status = "short"
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
	// name is the host's name in known_hosts; bare is that without the port, "" if
	// name has no port.
	name, bare string
	// named holds the lines of that name. Lines with a hashed name are among them
	// only if a look-up has found them before.
	named []entry
	// portless holds the lines of bare.
	portless []entry
	// another: see TypeWanted.
	another bool
	// insecure: see Insecure.
	insecure bool
	// list is that of Target.RevokedHostKeys; nil: there is none.
	list *revoked.List
}

// verdict is the judgement on a key.
type verdict struct {
	status Status
	// lines are the evidence of the status; of New, the line that lists the key
	// without the port.
	lines []entry
	// elsewhere: the line that revokes the key has other names.
	elsewhere bool
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
	list, err := h.revokedBy(target.RevokedHostKeys)
	if err != nil {
		return nil, fmt.Errorf("RevokedHostKeys can't be used, so no key can be trusted: %w", err)
	}
	p := &Policy{target: target.Defaulted(), list: list, files: files, name: Name(target)}
	if own := ownName(p.target); own != p.name {
		p.bare = own
	}
	for _, f := range files {
		p.named = append(p.named, f.named(p.name)...)
		tried, _ := f.tried(p.name)
		p.add(tried)
		if p.bare != "" {
			p.portless = append(p.portless, f.named(p.bare)...)
		}
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
func (p *Policy) Check(key ssh.PublicKey) error {
	v := p.judge(key)
	if v.status == Revoked { // ssh asks for the known types that are not revoked
		p.others(BareKey(key).Type())
	}
	return p.explain(v, key)
}

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
	if p.list != nil && p.list.Has(key) {
		return verdict{status: Revoked}
	}
	if v, ok := p.revoked(plain); ok {
		return v
	}
	if signed {
		authority := string(cert.SignatureKey.Marshal())
		if v, ok := p.revoked(authority); ok {
			return v
		}
		line, ok := p.authority(authority)
		if v.certificate = p.checkCertificate(cert, ok); v.certificate == nil {
			return verdict{status: Signed, lines: []entry{line}}
		}
	}
	if line, ok := p.find(plain, p.name, p.named); ok {
		return verdict{status: Known, lines: []entry{line}}
	}
	v.lines = p.others(BareKey(key).Type())
	v.status = Changed
	if len(v.lines) == 0 {
		v.status = New
		if line, ok := p.find(plain, p.bare, p.portless); ok && p.bare != "" {
			v.lines = []entry{line}
		}
	}
	return v
}

// revoked returns the verdict on a key that a line revokes. A line that names the host
// goes before one that does not.
func (p *Policy) revoked(key string) (v verdict, ok bool) {
	for _, f := range p.files {
		for _, l := range f.revoked[key] {
			here := namesHost(l.names, p.name)
			if here || v.lines == nil {
				v = verdict{status: Revoked, lines: []entry{l.entry}, elsewhere: !here}
			}
			if here {
				return v, true
			}
		}
	}
	return v, v.lines != nil
}

// isRevoked reports whether a line revokes a key.
func (p *Policy) isRevoked(key string) bool {
	return slices.ContainsFunc(p.files, func(f *index) bool { return len(f.revoked[key]) > 0 })
}

// authority returns the line of an authority for the host. As in ssh, one that is listed
// without the port counts for each port: certificates have no ports.
func (p *Policy) authority(key string) (entry, bool) {
	for _, l := range slices.Concat(p.named, p.portless) {
		if l.key == key && l.authority {
			return l, true
		}
	}
	return entry{}, false
}

// find returns a line of a name that has a key; among lists those that are known to
// have the name.
func (p *Policy) find(key, name string, among []entry) (entry, bool) {
	for _, l := range among {
		if l.key == key && !l.authority {
			return l, true
		}
	}
	for _, f := range p.files {
		if line, ok := f.withKey(name, key); ok {
			return line, true
		}
	}
	return entry{}, false
}

// others returns all keys of a host that shows a key, of type shown, which is none
// of them, or is revoked.
func (p *Policy) others(shown string) []entry {
	var lines []entry
	asked := map[string]bool{shown: true}
	for _, l := range p.named {
		if !l.authority {
			lines = append(lines, l)
			asked[l.kind] = asked[l.kind] || !p.isRevoked(l.key)
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
			p.another = p.another || !asked[l.kind] && !strings.HasSuffix(l.kind, certSuffix) && !p.isRevoked(l.key)
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
	case len(cert.ValidPrincipals) == 0:
		return errors.New("it names no host: it has no principals")
	case sha1 && !p.target.LegacyAlgorithms:
		return errors.New("it is signed by SHA-1")
	}
	if short := fault.ShortRSA(cert.SignatureKey); short != nil {
		if p.insecure = true; !p.target.LegacyAlgorithms {
			return fmt.Errorf("it is signed with an %w", short)
		}
	}
	return new(ssh.CertChecker).CheckCert(ownName(p.target), cert)
}

// maxNamed bounds the known keys that a message lists.
const maxNamed = 5

// explain turns a verdict into an error that an operator can act on; nil: the key
// is accepted.
func (p *Policy) explain(v verdict, key ssh.PublicKey) error {
	if v.status == Known || v.status == Signed {
		return p.refuseShort(key)
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
		if len(v.lines) == 0 {
			return fmt.Errorf("%w: %s offered %s, revoked by RevokedHostKeys %s; give the host other keys", errRevoked, address, offered, fault.Printable(p.target.RevokedHostKeys))
		}
		elsewhere := ""
		if v.elsewhere {
			elsewhere = " under another name (ssh may take it here; aixmend takes no key that is revoked under any name)"
		}
		return fmt.Errorf("%w: %s offered %s, revoked at %s:%d%s; give the host other keys (ssh-keygen -A, after the old ones are removed), or remove that line if it is wrong",
			errRevoked, address, offered, v.lines[0].file, v.lines[0].number, elsewhere)
	case New:
		portless := ""
		if len(v.lines) > 0 {
			portless = fmt.Sprintf(" (%s:%d lists it without the port, which is enough for ssh; here each port may be another machine)", v.lines[0].file, v.lines[0].number)
		}
		if command := p.target.KnownHostsCommand; command != "" {
			portless += " (" + fault.Printable(command) + ": KnownHostsCommand, as of FreeIPA, might know it, and is not run here)"
		}
		return fmt.Errorf("%w: %s offered %s, %s has no key for it%s; compare it with the console, then add it (aixmend hostkeys)",
			errUnknown, address, offered, p.paths(), portless)
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

// refuseShort refuses a short key unless the target allows it.
func (p *Policy) refuseShort(key ssh.PublicKey) error {
	short := fault.ShortRSA(key)
	if short == nil {
		return nil
	}
	if p.insecure = true; p.target.LegacyAlgorithms {
		return nil
	}
	return fmt.Errorf("%w: %w: make another there (ssh-keygen -A) and store it (aixmend hostkeys), or set ssh.legacy_algorithms for this host", errShort, short)
}

// Insecure reports whether Check accepted a key that is accepted with
// legacy_algorithms only.
func (p *Policy) Insecure() bool { return p.insecure }

// paths lists the files for a message.
func (p *Policy) paths() string {
	var paths []string
	for _, f := range p.files {
		paths = append(paths, f.path)
	}
	return strings.Join(paths, ", ")
}
