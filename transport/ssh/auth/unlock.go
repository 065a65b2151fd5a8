package auth

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"slices"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/cause"
	"aixmend/transport/plain"
	"aixmend/transport/ssh/fault"
	"aixmend/transport/ssh/passwords"
)

// passphrases is how many wrong passphrases of a key a person may type, as for ssh.
const passphrases = 3

// lock is a key file and the source of its passphrase.
type lock struct{ identity, passphrase string }

// unlock opens an encrypted key: with the passphrase if the target names its
// source, else through the agent if that holds the same key, else by asking.
func (k *Keys) unlock(ctx context.Context, t transport.Target, text []byte, public ssh.PublicKey) *identity {
	from := "identity " + t.Identity
	if public == nil { // the old format does not contain it
		public, _ = readPublic(t.Identity + ".pub")
	}
	if a := k.agent(t); a != nil && public != nil && t.Passphrase == "" {
		id := &identity{from: from + " (from the agent)"}
		if signers, err := a.keys(); err == nil && id.take(a, signers, public) {
			return id
		}
	}
	if k.Passphrase == nil {
		return without(from, cause.PassphraseMissing,
			"identity %s is encrypted, no agent holds it, and there is no terminal to ask on: load it with ssh-add, or say where the passphrase comes from with ssh.passphrase", t.Identity)
	}
	opened, err := once(ctx, k, &k.unlocked, lock{t.Identity, t.Passphrase}, func() *identity { return k.open(ctx, t, text) })
	if err != nil {
		return &identity{from: from, err: err}
	}
	return &identity{from: from, signer: opened.signer}
}

// open asks for the passphrase of a key until it is right.
func (k *Keys) open(ctx context.Context, t transport.Target, text []byte) *identity {
	var wrong [][]byte
	defer func() {
		for _, secret := range wrong {
			clear(secret)
		}
	}()
	for tries := 0; ; tries++ {
		secret, err := k.Passphrase(ctx, t, tries)
		switch {
		case errors.Is(err, passwords.ErrSameAgain):
			return without("", cause.WrongPassphrase, "identity %s: ssh.passphrase names a source whose passphrase does not open it", t.Identity)
		case err != nil:
			return without("", cause.PassphraseMissing, "passphrase of %s: %w", t.Identity, plain.Error(err))
		}
		if !slices.ContainsFunc(wrong, func(before []byte) bool { return bytes.Equal(before, secret) }) {
			signer, err := ssh.ParsePrivateKeyWithPassphrase(text, secret)
			switch {
			case err == nil:
				clear(secret)
				return &identity{signer: signer}
			case !wrongPassphrase(text, secret, err):
				clear(secret)
				return without("", cause.NotAKey, "identity %s can't be decrypted: %w", t.Identity, fault.Detail(err))
			}
		}
		if wrong = append(wrong, secret); len(wrong) == passphrases {
			return without("", cause.WrongPassphrase, "identity %s: %d passphrases were typed, and none opens it", t.Identity, passphrases)
		}
	}
}

// wrongPassphrase reports whether a key could not be opened because of its passphrase.
// The old format has no check of its own: a wrong one may give any text.
func wrongPassphrase(text, secret []byte, err error) bool {
	if errors.Is(err, x509.IncorrectPasswordError) {
		return true
	}
	block, _ := pem.Decode(text)
	if block == nil || !x509.IsEncryptedPEMBlock(block) { //nolint:staticcheck // old keys have it
		return false
	}
	der, err := x509.DecryptPEMBlock(block, secret) //nolint:staticcheck // as above
	clear(der)
	return err == nil
}
