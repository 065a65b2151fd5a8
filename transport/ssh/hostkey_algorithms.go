package ssh

import (
	"cmp"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// keyTypes are the types of key that hosts have today, in the order in which
// ssh(1) wants to see them.
var keyTypes = []string{ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoRSA}

// keyTypeDSA is a type of key that only legacy hosts have.
const keyTypeDSA = "ssh-dss"

// certSuffix ends the names of the algorithms by which a host shows a
// certificate.
const certSuffix = "-cert-v01@openssh.com"

// keyTypeOf is the type of key that goes with an algorithm, as known_hosts has
// it.
func keyTypeOf(algorithm string) string {
	switch kind := strings.TrimSuffix(algorithm, certSuffix); kind {
	case ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSASHA512:
		return ssh.KeyAlgoRSA
	default:
		return kind
	}
}

// hostKeyAlgorithms are those that a host is offered. None is among them that
// x/crypto calls insecure, but for hosts that are named as legacy ones: a known
// RSA key is no consent to SHA-1.
func hostKeyAlgorithms(legacy bool) []string {
	algorithms := ssh.SupportedAlgorithms().HostKeys
	if legacy {
		algorithms = append(algorithms, ssh.InsecureAlgorithms().HostKeys...)
	}
	return algorithms
}

// preferred puts the algorithms first of which known_hosts has a key: a server
// with several types then shows one that can be compared, and one that has lost
// the known key still shows what it has.
//
// Where no line names the host that may be because names are hashed. To try all
// hashes for every host costs too much, so those types come first that most of
// them have; see hostKeyPolicy.another.
func (p *hostKeyPolicy) preferred() []string {
	named, hashed, authority := map[string]bool{}, map[string]int{}, false
	for _, l := range p.named {
		named[l.kind] = named[l.kind] || !l.authority
		authority = authority || l.authority
	}
	for _, f := range p.files {
		for kind, n := range f.types {
			hashed[kind] += n
		}
		authority = authority || f.authorities
	}
	group := func(algorithm string) int {
		switch certificate := strings.HasSuffix(algorithm, certSuffix); {
		case certificate && authority:
			return 0
		case !certificate && named[keyTypeOf(algorithm)]:
			return 1
		case !certificate:
			return 2
		}
		return 3 // nobody could judge it
	}
	algorithms := hostKeyAlgorithms(p.target.LegacyAlgorithms)
	slices.SortStableFunc(algorithms, func(a, b string) int {
		return cmp.Or(
			cmp.Compare(group(a), group(b)),
			cmp.Compare(hashed[keyTypeOf(b)], hashed[keyTypeOf(a)]),
			cmp.Compare(typeRank(a), typeRank(b)),
		)
	})
	return algorithms
}

// typeRank is the place of an algorithm's type in keyTypes, or behind them.
func typeRank(algorithm string) int {
	if at := slices.Index(keyTypes, keyTypeOf(algorithm)); at >= 0 {
		return at
	}
	return len(keyTypes)
}
