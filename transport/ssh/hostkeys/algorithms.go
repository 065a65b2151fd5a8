package hostkeys

import (
	"cmp"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// keyTypes lists the current types of key in the order that ssh(1) prefers.
var keyTypes = []string{ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoRSA}

// keyTypeDSA is a type of key that only legacy hosts have.
const keyTypeDSA = "ssh-dss"

// certSuffix ends the names of certificate algorithms.
const certSuffix = "-cert-v01@openssh.com"

// keyTypeOf returns the type of key, as known_hosts writes it, that an algorithm
// uses.
func keyTypeOf(algorithm string) string {
	switch kind := strings.TrimSuffix(algorithm, certSuffix); kind {
	case ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSASHA512:
		return ssh.KeyAlgoRSA
	default:
		return kind
	}
}

// keyType returns the type of key that a word of known_hosts means: OpenSSH takes the
// names of RSA's algorithms for it too.
func keyType(word string) string {
	if kind, certificate := strings.CutSuffix(word, certSuffix); certificate {
		return keyTypeOf(kind) + certSuffix
	}
	return keyTypeOf(word)
}

// hostKeyAlgorithms returns the algorithms to offer. Those that x/crypto calls
// insecure are among them for legacy hosts only: a known RSA key is no consent to
// SHA-1.
func hostKeyAlgorithms(legacy bool) []string {
	algorithms := ssh.SupportedAlgorithms().HostKeys
	if legacy {
		algorithms = append(algorithms, ssh.InsecureAlgorithms().HostKeys...)
	}
	return algorithms
}

// Algorithms returns the host key algorithms to offer, those with a known key
// first; as for ssh, a revoked key is no reason to ask for its type. A server with
// several types of key then shows one that can be compared; a server that has lost the
// known key still shows one.
//
// Where no line names the host its name may be hashed. Trying all hashes for every
// host costs too much, so the types that most hashed lines have come first; see
// TypeWanted.
func (p *Policy) Algorithms() []string {
	named, hashed := map[string]bool{}, map[string]int{}
	for _, l := range p.named {
		named[l.kind] = named[l.kind] || !l.authority && !p.isRevoked(l.key)
	}
	for _, f := range p.files {
		for kind, n := range f.types {
			hashed[kind] += n
		}
	}
	authority := func(l entry) bool { return l.authority }
	signed, portless := slices.ContainsFunc(p.named, authority), slices.ContainsFunc(p.portless, authority)
	group := func(algorithm string) int {
		switch certificate, known := strings.HasSuffix(algorithm, certSuffix), named[keyTypeOf(algorithm)]; {
		case certificate && signed:
			return 0
		case certificate && portless && known:
			return 1
		case !certificate && known:
			return 2
		case certificate && portless:
			return 3
		case !certificate:
			return 4
		}
		return 5 // a certificate that nobody could judge
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

// typeRank returns the position of an algorithm's type in keyTypes, or behind them.
func typeRank(algorithm string) int {
	if at := slices.Index(keyTypes, keyTypeOf(algorithm)); at >= 0 {
		return at
	}
	return len(keyTypes)
}
