package secrets

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/armor"
	gossh "golang.org/x/crypto/ssh"

	"aixmend/inventory"
	"aixmend/transport/plain"
)

// maxAge is the longest age file or identity, in bytes.
const maxAge = 256 << 10

// fromAge decrypts an age file that holds a password: with an age identity or an SSH
// key, or with the passphrase of the file or of its identity, asked for once a run.
func (s *Secrets) fromAge(ctx context.Context, source inventory.PasswordSource) ([]byte, error) {
	a := &ageFile{secrets: s, ctx: ctx}
	file, err := readBound(source.Age, false)
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
		return nil, fmt.Errorf("age file %s is not encrypted with a passphrase: name the identity that opens it, {age: FILE, identity: FILE}", source.Age)
	case errors.As(err, &none):
		return nil, fmt.Errorf("age file %s: identity %s does not open it", source.Age, source.Identity)
	case err != nil:
		return nil, a.explain(source.Age, err)
	}
	return checked(text, "age file "+source.Age)
}

// ageFile decrypts one secret.
type ageFile struct {
	secrets *Secrets
	ctx     context.Context //nolint:containedctx // age calls back without one
	asking  error           // why the passphrase could not be asked for: age keeps only its text
}

// decrypt returns the first bytes of a file's plain text.
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

// explain says why a file can't be decrypted. The text of age's own error is dropped: it
// quotes the start of a file that is not an age file, which may be a secret.
func (a *ageFile) explain(path string, err error) error {
	switch {
	case a.asking != nil:
		return a.asking
	case errors.Is(err, errWrongPassphrase):
		return fmt.Errorf("age file %s: %w", path, errWrongPassphrase)
	}
	return fmt.Errorf("age file %s can't be decrypted: it is not an age file, it is damaged, or the passphrase of its identity is wrong", path)
}

var errWrongPassphrase = errors.New("the passphrase is wrong")

// identities reads age identities or an SSH key. No message quotes the contents.
func (a *ageFile) identities(path string) ([]age.Identity, error) {
	text, err := readBound(path, true)
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
			return nil, fmt.Errorf("identity %s is neither an age identity nor an SSH key", path)
		}
		return list, nil
	}
	identity, err := agessh.ParseIdentity(text)
	var encrypted *gossh.PassphraseMissingError
	if errors.As(err, &encrypted) && encrypted.PublicKey != nil {
		key := bytes.Clone(text)
		identity, err = agessh.NewEncryptedSSHIdentity(encrypted.PublicKey, key, func() ([]byte, error) { return a.opening(path, key) })
	}
	if err != nil {
		return nil, fmt.Errorf("identity %s is not an SSH key that age can use (ed25519 or RSA, encrypted in OpenSSH's own format)", path)
	}
	return []age.Identity{identity}, nil
}

// passphrases is how many wrong passphrases of a file a person may type, as for ssh.
const passphrases = 3

// opening asks for the passphrase of an SSH key until it is right.
func (a *ageFile) opening(path string, key []byte) ([]byte, error) {
	for tries := range passphrases {
		text, err := a.ask(path, tries > 0)
		if err != nil {
			return nil, err
		}
		if _, err := gossh.ParseRawPrivateKeyWithPassphrase(key, text); !errors.Is(err, x509.IncorrectPasswordError) {
			return text, nil
		}
		clear(text)
	}
	a.asking = fmt.Errorf("identity %s: %w", path, errWrongPassphrase)
	return nil, a.asking
}

// ask asks for the passphrase of a file, once a run, and again if it was wrong.
func (a *ageFile) ask(path string, again bool) ([]byte, error) {
	s, q := a.secrets, "passphrase of "+path+": "
	if text, ok := s.typed[q]; ok && !again {
		return bytes.Clone(text), nil
	}
	if s.ask == nil {
		a.asking = fmt.Errorf("%s needs a passphrase, and there is no terminal to ask on", path)
		return nil, a.asking
	}
	question := q
	if again {
		question = "wrong; " + q
	}
	text, err := s.ask(a.ctx, question)
	if err != nil {
		a.asking = fmt.Errorf("asking for the passphrase of %s: %w", path, err)
		return nil, a.asking
	}
	clear(s.typed[q])
	s.typed[q] = bytes.Clone(text)
	return text, nil
}

// passphrase is the identity of a file encrypted with a passphrase.
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
	for tries := range passphrases {
		text, err := p.ask(p.path, tries > 0)
		if err != nil {
			return nil, err
		}
		identity, err := age.NewScryptIdentity(strings.TrimRight(string(text), "\r\n"))
		clear(text)
		if err != nil {
			return nil, err
		}
		if key, err := identity.Unwrap(stanzas); !errors.Is(err, age.ErrIncorrectIdentity) {
			return key, err
		}
	}
	return nil, errWrongPassphrase
}

// readBound reads an age file, or an identity, which nobody else may read.
func readBound(path string, secret bool) ([]byte, error) {
	file, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if secret {
		if err := private(file); err != nil {
			return nil, err
		}
	}
	text, err := io.ReadAll(io.LimitReader(file, maxAge+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("file %s can't be read: %w", path, plain.Cause(err))
	case len(text) > maxAge:
		return nil, fmt.Errorf("file %s is longer than %d bytes", path, maxAge)
	}
	return text, nil
}
