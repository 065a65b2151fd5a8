package ssh

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
)

// HostKeyStatus is what known_hosts says of a key that a host has shown.
type HostKeyStatus string

// The statuses of a key.
const (
	// HostKeyRevoked: the key, or the authority that signed it, is revoked.
	HostKeyRevoked HostKeyStatus = "revoked"
	// HostKeyChanged: the host is known, by other keys.
	HostKeyChanged HostKeyStatus = "changed"
	// HostKeyNew: nothing is known of the host.
	HostKeyNew HostKeyStatus = "new"
	// HostKeyAdditional: nothing is known of this type of key, and the host has
	// another one that is known.
	HostKeyAdditional HostKeyStatus = "additional"
	// HostKeySigned: a known authority has signed it for this host.
	HostKeySigned HostKeyStatus = "signed"
	// HostKeyKnown: it is the known one.
	HostKeyKnown HostKeyStatus = "known"
)

// hostKeyPolicy is what known_hosts holds about one host. It is for one attempt
// to connect.
type hostKeyPolicy struct {
	target transport.Target
	files  []*knownHosts
	// name is what the lines call the host.
	name string
	// named are the lines of that name; those with a hashed name are among them
	// only where they are known already.
	named []knownLine
	// algorithms are those that are offered, the preferred ones first.
	algorithms []string
	// another is set by a judgement that found a type of key to be known that
	// was not asked for: whoever asks for that gets an answer that counts.
	another bool
}

// hostKeyVerdict is the judgement on a key.
type hostKeyVerdict struct {
	status HostKeyStatus
	// lines are those that the verdict rests on.
	lines []knownLine
	// certificate says why a certificate counts for nothing; nil: it counts, or
	// none was shown.
	certificate error
}

// KnownName is what known_hosts calls a target's host: its alias, or its
// address, with the port where that is not 22.
func KnownName(target transport.Target) string {
	target = target.Defaulted()
	switch {
	case target.HostKeyAlias != "":
		return strings.ToLower(target.HostKeyAlias)
	case target.Port == transport.DefaultPort:
		return strings.ToLower(target.Address)
	}
	return strings.ToLower(fmt.Sprintf("[%s]:%d", target.Address, target.Port))
}

// policy gives the policy for a target.
func (h *HostKeys) policy(target transport.Target) (*hostKeyPolicy, error) {
	files, err := h.indexes(target)
	if err != nil {
		return nil, err
	}
	p := &hostKeyPolicy{target: target.Defaulted(), files: files, name: KnownName(target)}
	for _, f := range files {
		p.named = append(p.named, f.named(p.name)...)
		tried, _ := f.tried(p.name)
		p.add(tried)
	}
	p.algorithms = p.preferred()
	return p, nil
}

// add puts hashed lines to those that name the host.
func (p *hostKeyPolicy) add(lines []hashedLine) {
	for _, l := range lines {
		p.named = append(p.named, l.knownLine)
	}
}

// check is the answer to a handshake.
func (p *hostKeyPolicy) check(key ssh.PublicKey) error {
	return p.explain(p.judge(key), key)
}

// bareKey is the key itself where a certificate is shown.
func bareKey(key ssh.PublicKey) ssh.PublicKey {
	if cert, ok := key.(*ssh.Certificate); ok {
		return cert.Key
	}
	return key
}

// judge says what known_hosts says of a key. As ssh does it, what is revoked
// comes first; a certificate that counts for nothing is no worse than the key
// alone; any line with the key will do.
func (p *hostKeyPolicy) judge(key ssh.PublicKey) hostKeyVerdict {
	v := hostKeyVerdict{}
	cert, signed := key.(*ssh.Certificate)
	plain := string(bareKey(key).Marshal())
	if line, ok := p.revoked(plain); ok {
		return hostKeyVerdict{status: HostKeyRevoked, lines: []knownLine{line}}
	}
	if signed {
		authority := string(cert.SignatureKey.Marshal())
		if line, ok := p.revoked(authority); ok {
			return hostKeyVerdict{status: HostKeyRevoked, lines: []knownLine{line}}
		}
		line, ok := p.find(authority, true)
		if v.certificate = p.checkCertificate(cert, ok); v.certificate == nil {
			return hostKeyVerdict{status: HostKeySigned, lines: []knownLine{line}}
		}
	}
	if line, ok := p.find(plain, false); ok {
		return hostKeyVerdict{status: HostKeyKnown, lines: []knownLine{line}}
	}
	v.lines = p.others(bareKey(key).Type())
	v.status = HostKeyChanged
	if len(v.lines) == 0 {
		v.status = HostKeyNew
	}
	return v
}

// revoked returns the line that revokes a key.
func (p *hostKeyPolicy) revoked(key string) (knownLine, bool) {
	for _, f := range p.files {
		if line, ok := f.revoked[key]; ok {
			return line, true
		}
	}
	return knownLine{}, false
}

// find returns a line of the host that has a key.
func (p *hostKeyPolicy) find(key string, authority bool) (knownLine, bool) {
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
	return knownLine{}, false
}

// others returns all keys of the host when the one that it shows, of a type, is
// none of them.
func (p *hostKeyPolicy) others(shown string) []knownLine {
	var lines []knownLine
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

// checkCertificate checks a host's certificate; authority tells whether who
// signed it is one for this host.
func (p *hostKeyPolicy) checkCertificate(cert *ssh.Certificate, authority bool) error {
	switch sha1 := cert.Signature.Format == ssh.KeyAlgoRSA || cert.Signature.Format == keyTypeDSA; {
	case !authority:
		return errors.New("who signed it is no authority for this host there")
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

// maxKnownNamed bounds the known keys that a message names.
const maxKnownNamed = 5

// explain makes a verdict an error that an operator can act on: which key came,
// which are known and where they stand. nil: the key is taken.
func (p *hostKeyPolicy) explain(v hostKeyVerdict, key ssh.PublicKey) error {
	if v.status == HostKeyKnown || v.status == HostKeySigned {
		return nil
	}
	plain := bareKey(key)
	address := net.JoinHostPort(p.target.Address, strconv.Itoa(p.target.Port))
	offered := plain.Type() + " " + ssh.FingerprintSHA256(plain)
	if cert, ok := key.(*ssh.Certificate); ok {
		offered += fmt.Sprintf(" with a certificate of %s", ssh.FingerprintSHA256(cert.SignatureKey))
		if v.certificate != nil {
			offered += fmt.Sprintf(" (%v)", v.certificate)
		}
	}
	if p.target.HostKeyAlias != "" {
		address += " (" + printable(p.name) + ")"
	}
	switch v.status {
	case HostKeyRevoked:
		return fmt.Errorf("%w: %s offered %s, revoked at %s:%d", errRevokedHostKey, address, offered, v.lines[0].file, v.lines[0].number)
	case HostKeyNew:
		return fmt.Errorf("%w: %s offered %s, %s has no key for it; compare it with the console, then add it (aixmend hostkeys)",
			errUnknownHostKey, address, offered, p.paths())
	}
	var known []string
	for _, l := range v.lines[:min(len(v.lines), maxKnownNamed)] {
		known = append(known, l.String())
	}
	if more := len(v.lines) - len(known); more > 0 {
		known = append(known, fmt.Sprintf("%d more", more))
	}
	return fmt.Errorf("%w: %s offered %s, known is %s; after a redeploy that is expected (aixmend hostkeys), otherwise somebody is in between",
		errChangedHostKey, address, offered, strings.Join(known, ", "))
}

// paths names the files for a message.
func (p *hostKeyPolicy) paths() string {
	var paths []string
	for _, f := range p.files {
		paths = append(paths, f.path)
	}
	return strings.Join(paths, ", ")
}

// hostKeyKind tells an unknown key from a changed one.
func hostKeyKind(err error) transport.Kind {
	if errors.Is(err, errUnknownHostKey) {
		return transport.KindHostKeyUnknown
	}
	return transport.KindHostKeyChanged
}
