package ssh

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
)

// HostKey is a key that a host has shown, and has proved to hold. No login was
// tried.
type HostKey struct {
	// Key is the key itself, Certificate the one it came with, if any.
	Key         ssh.PublicKey
	Certificate *ssh.Certificate
	// Status is what known_hosts says of it.
	Status HostKeyStatus
	// Lines are those on which the status rests: of a changed key all that are
	// known of the host.
	Lines []KnownLine
	// Reason says why a certificate counts for nothing; nil: it counts, or there
	// is none.
	Reason error
}

// KnownLine is a key in a known_hosts file.
type KnownLine struct {
	File string
	// Number counts from 1.
	Number int
	// Type and Fingerprint are the key's, as ssh-keygen prints them.
	Type, Fingerprint string
	// Comment is what stands behind the key.
	Comment string
}

// keyScan is an attempt's errand: to see a key of the host, and to hang up.
type keyScan struct {
	algorithms []string
	seen       ssh.PublicKey // nil: none was shown
}

// errSeen ends a handshake when the key is there.
var errSeen = errors.New("the key has been seen")

// configure makes a handshake one that ends with the key.
func (s *keyScan) configure(config *ssh.ClientConfig) {
	config.HostKeyAlgorithms = s.algorithms
	config.HostKeyCallback = func(_ string, _ net.Addr, key ssh.PublicKey) error {
		s.seen = key
		return errSeen
	}
}

// HostKeys asks a host for its keys, one connection a type, and compares them
// with known_hosts; where none of its files is there, all are new. Types that
// are not safe any more are asked for where the target is a legacy one. Its
// error is an *Error.
func (d *Dialer) HostKeys(ctx context.Context, target transport.Target) ([]HostKey, error) {
	target = target.Defaulted()
	policy, err := d.options.Hosts.policy(target)
	if err != nil && !errors.As(err, new(*noKnownHostsError)) {
		return nil, &transport.Error{Kind: transport.KindHostKeyUnknown, Op: "dial", Host: target.Name, Err: err}
	}
	if policy == nil {
		policy = &hostKeyPolicy{target: target, name: KnownName(target)}
	}
	var keys []HostKey
	var none error
	for _, algorithms := range scanned(target.LegacyAlgorithms) {
		key, err := d.hostKey(ctx, target, algorithms)
		switch {
		case err == nil:
			keys = append(keys, policy.judged(key))
		case notOffered(err):
			none = err
		default:
			return nil, err
		}
	}
	if len(keys) == 0 {
		return nil, none
	}
	return settle(keys), nil
}

// scanned are the algorithms of each type of key, those of certificates first:
// a certificate holds the key.
func scanned(legacy bool) [][]string {
	offered := hostKeyAlgorithms(legacy)
	types := []string{"ssh-ed25519", "ecdsa-", "ssh-rsa"}
	if legacy {
		types = append(types, keyTypeDSA)
	}
	var list [][]string
	for _, kind := range types {
		of := slices.DeleteFunc(slices.Clone(offered), func(a string) bool { return !strings.HasPrefix(keyTypeOf(a), kind) })
		slices.SortStableFunc(of, func(a, b string) int {
			return strings.Index(b, certSuffix) - strings.Index(a, certSuffix)
		})
		list = append(list, of)
	}
	return list
}

// notOffered tells whether a host has no key of the types that it was asked for.
func notOffered(err error) bool {
	var mismatch *ssh.AlgorithmNegotiationError
	return errors.As(err, &mismatch) && mismatch.What == "host key"
}

// hostKey asks a host for the key of one type.
func (d *Dialer) hostKey(ctx context.Context, target transport.Target, algorithms []string) (ssh.PublicKey, error) {
	a := d.attempt(target)
	a.scan = &keyScan{algorithms: algorithms}
	_, err := a.onWay(ctx)
	if a.scan.seen != nil {
		return a.scan.seen, nil
	}
	return nil, err
}

// judged is a key with what known_hosts says of it.
func (p *hostKeyPolicy) judged(key ssh.PublicKey) HostKey {
	v := p.judge(key)
	k := HostKey{Key: bareKey(key), Status: v.status, Reason: v.certificate}
	k.Certificate, _ = key.(*ssh.Certificate)
	for _, l := range v.lines {
		k.Lines = append(k.Lines, KnownLine{File: l.file, Number: l.number, Type: l.kind, Fingerprint: l.fingerprint(), Comment: l.comment})
	}
	return k
}

// settle sets right what can only be said when all keys are there: one of a type
// that is not known takes nothing from a host that has shown a known one.
func settle(keys []HostKey) []HostKey {
	proved := slices.ContainsFunc(keys, func(k HostKey) bool { return k.Status == HostKeyKnown || k.Status == HostKeySigned })
	for i, k := range keys {
		same := slices.ContainsFunc(k.Lines, func(l KnownLine) bool { return l.Type == k.Key.Type() })
		if proved && (k.Status == HostKeyNew || k.Status == HostKeyChanged && !same) {
			keys[i].Status, keys[i].Lines = HostKeyAdditional, nil
		}
	}
	return keys
}
