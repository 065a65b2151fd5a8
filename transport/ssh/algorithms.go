package ssh

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/ssh/fault"
)

// algorithms sets the algorithms to offer, except those of host keys: the safe ones
// by x/crypto's own list and, if the target allows it, the insecure ones behind them.
func algorithms(config *ssh.ClientConfig, legacy bool) {
	safe, old := ssh.SupportedAlgorithms(), ssh.InsecureAlgorithms()
	config.KeyExchanges, config.Ciphers, config.MACs = safe.KeyExchanges, safe.Ciphers, safe.MACs
	if !legacy {
		return
	}
	config.KeyExchanges = slices.Concat(config.KeyExchanges, old.KeyExchanges)
	config.Ciphers = slices.Concat(config.Ciphers, old.Ciphers)
	config.MACs = slices.Concat(config.MACs, old.MACs)
}

// insecure reports whether x/crypto calls an algorithm insecure.
func insecure(algorithm string) bool {
	old := ssh.InsecureAlgorithms()
	for _, list := range [][]string{old.KeyExchanges, old.Ciphers, old.MACs, old.HostKeys} {
		if slices.Contains(list, algorithm) {
			return true
		}
	}
	return false
}

// noCommonAlgorithm explains a failed negotiation, with the remedy if there is one.
func noCommonAlgorithm(err *ssh.AlgorithmNegotiationError, legacy bool) error {
	const update = ": change the algorithms in its sshd_config, or update it"
	old := slices.DeleteFunc(slices.Clone(err.RequestedAlgorithms), func(a string) bool { return !insecure(a) })
	also, remedy := "", update
	switch {
	case legacy:
		also = ", the old ones included"
	case len(old) > 0:
		also, remedy = " that is safe", ": set ssh.legacy_algorithms for this host to use "+fault.Brief(strings.Join(old, ", "))
	}
	list := func(names []string) string { return fault.Brief(strings.Join(names, ", ")) }
	return &noCommonError{fmt.Sprintf("no common algorithm for %s%s; the server offers %s; aixmend offers %s%s",
		err.What, also, list(err.RequestedAlgorithms), list(err.SupportedAlgorithms), remedy), err}
}

// noCommonError is a failed negotiation in words of our own.
type noCommonError struct {
	text string
	err  *ssh.AlgorithmNegotiationError
}

// Error returns our own words.
func (e *noCommonError) Error() string { return e.text }

// Unwrap returns x/crypto's error.
func (e *noCommonError) Unwrap() error { return e.err }

// negotiated returns the negotiated algorithms of a connection and the proof of the
// login.
func negotiated(client ssh.Conn, login, hostKey string, via []string) transport.Link {
	l := transport.Link{HostKey: hostKey, Via: via, Login: login, ServerVersion: fault.Brief(string(client.ServerVersion()))}
	about, ok := client.(ssh.AlgorithmsConnMetadata)
	if !ok {
		return l
	}
	agreed := about.Algorithms()
	l.Kex, l.HostKeyAlgorithm, l.Cipher, l.MAC = agreed.KeyExchange, agreed.HostKey, agreed.Write.Cipher, agreed.Write.MAC
	l.Legacy = slices.ContainsFunc([]string{l.Kex, l.HostKeyAlgorithm, l.Cipher, l.MAC, agreed.Read.Cipher, agreed.Read.MAC}, insecure)
	return l
}
