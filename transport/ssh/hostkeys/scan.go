package hostkeys

import (
	"context"
	"errors"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/plain"
	"aixmend/transport/ssh/fault"
)

// Key is a key that a host has shown, and proved to hold, without a login.
type Key struct {
	// Key is the key itself, Certificate its certificate, if any.
	Key         ssh.PublicKey
	Certificate *ssh.Certificate
	// Status is the judgement of known_hosts.
	Status Status
	// Lines are the evidence of the status: all known keys of the host if it has
	// changed.
	Lines []Line
	// Reason says why a certificate does not count; nil: it counts, or there is
	// none.
	Reason error
	// Weak says why the key is no proof, although it may be known; nil: it is one.
	Weak error
}

// Line is a key in a known_hosts file.
type Line struct {
	File string
	// Number counts from 1.
	Number int
	// Type and Fingerprint are those of the key, as ssh-keygen prints them.
	Type, Fingerprint string
	// Comment is the text behind the key.
	Comment string
}

// Ask asks a host for the key of one of some algorithms.
type Ask func(ctx context.Context, algorithms []string) (ssh.PublicKey, error)

// Scan asks a target's host for its keys, once for each type, and judges them; all
// are new if no known_hosts file exists. It asks legacy targets for legacy types
// too. It stops at the first error of ask that is not about a type that the host
// does not have.
func (h *KnownHosts) Scan(ctx context.Context, target transport.Target, ask Ask) ([]Key, error) {
	target = target.Defaulted()
	policy, err := h.Policy(target)
	if err != nil && !errors.As(err, new(*noFileError)) {
		return nil, &transport.Error{Kind: transport.KindHostKeyUnknown, Op: "dial", Host: target.Name, Err: plain.Error(err)}
	}
	if policy == nil {
		policy = &Policy{target: target, name: Name(target)}
	}
	var keys []Key
	var none error
	for _, algorithms := range scanned(target.LegacyAlgorithms) {
		key, err := ask(ctx, algorithms)
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

// scanned returns the algorithms of each type of key, those of certificates first
// because a certificate contains the key.
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

// notOffered reports whether a host has no key of the types that it was asked for.
func notOffered(err error) bool {
	var mismatch *ssh.AlgorithmNegotiationError
	return errors.As(err, &mismatch) && mismatch.What == "host key"
}

// judged returns a key with its judgement.
func (p *Policy) judged(key ssh.PublicKey) Key {
	v := p.judge(key)
	k := Key{Key: BareKey(key), Status: v.status, Reason: v.certificate}
	k.Certificate, _ = key.(*ssh.Certificate)
	if !p.target.LegacyAlgorithms {
		k.Weak = fault.ShortRSA(key)
	}
	for _, l := range v.lines {
		k.Lines = append(k.Lines, Line{File: l.file, Number: l.number, Type: l.kind, Fingerprint: l.fingerprint(), Comment: l.comment})
	}
	return k
}

// settle corrects the statuses once all keys are there. A key of an unknown type is
// no fault of a host that has shown a known key. A short key is no proof, so the host's
// other keys are new to one who knows that key alone.
func settle(keys []Key) []Key {
	proved := slices.ContainsFunc(keys, func(k Key) bool { return k.Weak == nil && (k.Status == Known || k.Status == Signed) })
	shown := map[string]bool{} // the fingerprints of short keys
	for _, k := range keys {
		if k.Weak != nil {
			shown[ssh.FingerprintSHA256(k.Key)] = true
		}
	}
	for i, k := range keys {
		same := slices.ContainsFunc(k.Lines, func(l Line) bool { return l.Type == k.Key.Type() })
		lost := slices.ContainsFunc(k.Lines, func(l Line) bool { return !shown[l.Fingerprint] })
		switch {
		case proved && (k.Status == New || k.Status == Changed && !same):
			keys[i].Status, keys[i].Lines = Additional, nil
		case k.Status == Changed && !lost:
			keys[i].Status, keys[i].Lines = New, nil
		}
		if k.Weak != nil && keys[i].Status != Revoked && keys[i].Status != Changed {
			keys[i].Status = Short
		}
	}
	return keys
}

// statuses are those of a host by its keys, the worst first.
var statuses = []Status{Revoked, Changed, New, Short, Signed, Known}

// Worst returns the status of a host that has shown some keys: the worst of theirs. A
// short key does not count beside one that is a proof.
func Worst(keys []Key) Status {
	worst := Known
	proved := slices.ContainsFunc(keys, func(k Key) bool { return k.Status == Known || k.Status == Signed })
	for _, k := range keys {
		at := slices.Index(statuses, k.Status)
		if at >= 0 && at < slices.Index(statuses, worst) && !(proved && k.Status == Short) {
			worst = k.Status
		}
	}
	return worst
}
