package ssh

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
)

// algorithms sets what is offered to a server: what is safe, by x/crypto's own
// list, and what is not behind it where the target allows that.
func algorithms(config *ssh.ClientConfig, legacy bool) {
	safe, old := ssh.SupportedAlgorithms(), ssh.InsecureAlgorithms()
	config.KeyExchanges, config.Ciphers, config.MACs = safe.KeyExchanges, safe.Ciphers, safe.MACs
	if len(config.HostKeyAlgorithms) == 0 {
		config.HostKeyAlgorithms = safe.HostKeys
	}
	if !legacy {
		return
	}
	config.KeyExchanges = slices.Concat(config.KeyExchanges, old.KeyExchanges)
	config.Ciphers = slices.Concat(config.Ciphers, old.Ciphers)
	config.MACs = slices.Concat(config.MACs, old.MACs)
	config.HostKeyAlgorithms = withOldHostKeys(config.HostKeyAlgorithms, old.HostKeys)
}

// withOldHostKeys puts each old algorithm behind those of the same kind of key:
// where a server's RSA key is known, that key is asked for before any other.
func withOldHostKeys(offered, old []string) []string {
	all := slices.Clone(offered)
	for _, algorithm := range old {
		if slices.Contains(all, algorithm) {
			continue
		}
		at := len(all)
		for i, other := range all {
			if kindOfKey(other) == algorithm {
				at = i + 1
			}
		}
		all = slices.Insert(all, at, algorithm)
	}
	return all
}

// kindOfKey is the kind of key of an algorithm: RSA has several.
func kindOfKey(algorithm string) string {
	switch algorithm {
	case ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSASHA512:
		return ssh.KeyAlgoRSA
	case ssh.CertAlgoRSASHA256v01, ssh.CertAlgoRSASHA512v01:
		return ssh.CertAlgoRSAv01
	}
	return algorithm
}

// insecure tells whether an algorithm is none that is safe.
func insecure(algorithm string) bool {
	old := ssh.InsecureAlgorithms()
	for _, list := range [][]string{old.KeyExchanges, old.Ciphers, old.MACs, old.HostKeys} {
		if slices.Contains(list, algorithm) {
			return true
		}
	}
	return false
}

// noCommonAlgorithm explains a negotiation that failed, with a remedy where
// there is one.
func noCommonAlgorithm(err *ssh.AlgorithmNegotiationError, legacy bool) error {
	old := slices.DeleteFunc(slices.Clone(err.RequestedAlgorithms), func(a string) bool { return !insecure(a) })
	offers := brief(strings.Join(err.RequestedAlgorithms, ", "))
	switch {
	case legacy:
		return fmt.Errorf("no common algorithm for %s, the old ones included; the server offers %s: %w", err.What, offers, errTooOld)
	case len(old) == 0:
		return fmt.Errorf("no common algorithm for %s; the server offers %s: %w", err.What, offers, errTooOld)
	}
	return fmt.Errorf("no common algorithm for %s that is safe; the server offers %s: set ssh.legacy_algorithms for this host to use %s",
		err.What, offers, brief(strings.Join(old, ", ")))
}

var errTooOld = errors.New("change the algorithms in its sshd_config, or update it")

// negotiated says how a connection came about.
func negotiated(client ssh.Conn, login, hostKey string, via []string) transport.Link {
	l := transport.Link{HostKey: hostKey, Via: via, Login: login, ServerVersion: brief(string(client.ServerVersion()))}
	about, ok := client.(ssh.AlgorithmsConnMetadata)
	if !ok {
		return l
	}
	agreed := about.Algorithms()
	l.Kex, l.HostKeyAlgorithm, l.Cipher, l.MAC = agreed.KeyExchange, agreed.HostKey, agreed.Write.Cipher, agreed.Write.MAC
	l.Legacy = slices.ContainsFunc([]string{l.Kex, l.HostKeyAlgorithm, l.Cipher, l.MAC, agreed.Read.Cipher, agreed.Read.MAC}, insecure)
	return l
}
