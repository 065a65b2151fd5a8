package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/armor"
	gossh "golang.org/x/crypto/ssh"

	"aixmend/inventory"
)

// maxAge is how long an age file, or that of its identity, may be, in bytes.
const maxAge = 256 << 10

// fromAge decrypts a file of age that holds a password: with an identity of age
// or an SSH key, or with the passphrase that the file itself, or its identity,
// is encrypted with; that is asked for once a run.
func (s *secrets) fromAge(ctx context.Context, source inventory.PasswordSource) ([]byte, error) {
	a := &ageFile{secrets: s, ctx: ctx}
	file, err := readBound(source.Age)
	if err != nil {
		return nil, err
	}
	identities := []age.Identity{a.passphrase(source.Age)}
	if source.Identity != "" {
		if identities, err = a.identities(source.Identity); err != nil {
			return nil, err
		}
	}
	text, err := a.decrypt(file, maxSecret+2, identities)
	var none *age.NoIdentityMatchError
	switch {
	case a.asking != nil:
		return nil, a.asking
	case errors.As(err, &none) && source.Identity == "":
		return nil, fmt.Errorf("age file %s is not encrypted with a passphrase: say which identity opens it, {age: FILE, identity: FILE}", source.Age)
	case errors.As(err, &none):
		return nil, fmt.Errorf("age file %s: identity %s does not open it", source.Age, source.Identity)
	case err != nil:
		return nil, a.explain(source.Age, err)
	}
	return checked(text, "age file "+source.Age)
}

// ageFile is how one secret is decrypted.
type ageFile struct {
	secrets *secrets
	ctx     context.Context //nolint:containedctx // age calls back without one
	asking  error           // why a passphrase could not be had: age keeps no more than its text
}

// decrypt gives the first bytes of a file's text.
func (a *ageFile) decrypt(file []byte, limit int64, identities []age.Identity) ([]byte, error) {
	in := bufio.NewReader(bytes.NewReader(file))
	var from io.Reader = in
	if start, _ := in.Peek(len(armor.Header)); string(start) == armor.Header {
		from = armor.NewReader(in)
	}
	out, err := age.Decrypt(from, identities...)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(out, limit))
}

// explain is why a file can't be decrypted. What age says is left out: it quotes
// the beginning of a file that is none of its own, which may be a secret.
func (a *ageFile) explain(path string, err error) error {
	switch {
	case a.asking != nil:
		return a.asking
	case errors.Is(err, errWrongPassphrase):
		return fmt.Errorf("age file %s: %w", path, errWrongPassphrase)
	}
	return fmt.Errorf("age file %s can't be decrypted: it is none, it is damaged, or the passphrase of its identity is wrong", path)
}

var errWrongPassphrase = errors.New("the passphrase is wrong")

// identities reads a file of identities: age's own, or an SSH key. No message
// quotes what is in it.
func (a *ageFile) identities(path string) ([]age.Identity, error) {
	if err := private(path); err != nil {
		return nil, err
	}
	text, err := readBound(path)
	if err != nil {
		return nil, err
	}
	defer clear(text)
	if bytes.HasPrefix(text, []byte("age-encryption.org/")) || bytes.HasPrefix(text, []byte(armor.Header)) {
		open, err := a.decrypt(text, maxAge, []age.Identity{a.passphrase(path)})
		if err != nil {
			return nil, a.explain(path, err)
		}
		defer clear(open)
		text = open
	}
	if !bytes.HasPrefix(text, []byte("-----BEGIN")) {
		list, err := age.ParseIdentities(bytes.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("identity %s is neither one of age nor an SSH key", path)
		}
		return list, nil
	}
	identity, err := agessh.ParseIdentity(text)
	var encrypted *gossh.PassphraseMissingError
	if errors.As(err, &encrypted) && encrypted.PublicKey != nil {
		identity, err = agessh.NewEncryptedSSHIdentity(encrypted.PublicKey, bytes.Clone(text), func() ([]byte, error) { return a.ask(path) })
	}
	if err != nil {
		return nil, fmt.Errorf("identity %s is no SSH key that age can use (ed25519 or RSA, encrypted in OpenSSH's own format)", path)
	}
	return []age.Identity{identity}, nil
}

// ask asks for a file's passphrase, once a run.
func (a *ageFile) ask(path string) ([]byte, error) {
	s, q := a.secrets, "passphrase of "+path+": "
	if text, ok := s.typed[q]; ok {
		return bytes.Clone(text), nil
	}
	if s.ask == nil {
		a.asking = fmt.Errorf("%s wants a passphrase, and there is no terminal to ask for it on", path)
		return nil, a.asking
	}
	text, err := s.ask(a.ctx, q)
	if err != nil {
		a.asking = fmt.Errorf("asking for the passphrase of %s: %w", path, err)
		return nil, a.asking
	}
	s.typed[q] = bytes.Clone(text)
	return text, nil
}

// passphrase is the identity of a file that is encrypted with one.
func (a *ageFile) passphrase(path string) age.Identity { return byPassphrase{a, path} }

type byPassphrase struct {
	*ageFile
	path string
}

// Unwrap implements age.Identity.
func (p byPassphrase) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	if len(stanzas) != 1 || stanzas[0].Type != "scrypt" {
		return nil, age.ErrIncorrectIdentity
	}
	text, err := p.ask(p.path)
	if err != nil {
		return nil, err
	}
	identity, err := age.NewScryptIdentity(strings.TrimRight(string(text), "\r\n"))
	if err != nil {
		return nil, err
	}
	key, err := identity.Unwrap(stanzas)
	if errors.Is(err, age.ErrIncorrectIdentity) {
		return nil, errWrongPassphrase
	}
	return key, err
}

// readBound reads a file of age.
func readBound(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("file %s is no plain file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("file %s can't be read: %w", path, cause(err))
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxAge+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("file %s can't be read: %w", path, cause(err))
	case len(text) > maxAge:
		return nil, fmt.Errorf("file %s is longer than %d bytes", path, maxAge)
	}
	return text, nil
}
