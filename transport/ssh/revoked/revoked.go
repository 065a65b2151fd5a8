// Package revoked reads the file of RevokedHostKeys: a list of public keys, or an OpenSSH
// key revocation list (KRL). Nothing in a KRL is passed over: a part that is not known
// makes the whole file unusable.
package revoked

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // a KRL may name keys by it; nothing is signed with it
	"crypto/sha256"
	"fmt"
	"math/big"
	"strings"

	"golang.org/x/crypto/ssh"

	"aixmend/transport/ownership"
)

// maxBytes bounds a file.
const maxBytes = 64 << 20

// List is the revoked keys of one file.
type List struct {
	keys         map[string]bool // plain public keys
	sha1, sha256 map[string]bool
	authorities  []authority
}

// authority holds the revoked certificates of one signer.
type authority struct {
	key     string // "": of any
	ids     map[string]bool
	serials []span
	bitmaps []bitmap
}

type span struct{ from, to uint64 }

type bitmap struct {
	offset uint64
	bits   *big.Int
}

// Load reads a file. One that others can change is refused: they could take a key off it.
func Load(path string) (*List, error) {
	if err := ownership.Check(path); err != nil {
		return nil, err
	}
	data, err := ownership.ReadFile(path, maxBytes)
	if err != nil {
		return nil, err
	}
	list, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return list, nil
}

func newList() *List {
	return &List{keys: map[string]bool{}, sha1: map[string]bool{}, sha256: map[string]bool{}}
}

// parse reads a KRL or, as ssh does, a text with a key a line.
func parse(data []byte) (*List, error) {
	if bytes.HasPrefix(data, []byte(magic)) {
		return parseKRL(data)
	}
	list, n := newList(), 0
	for line := range strings.Lines(string(data)) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		key, _, options, _, err := ssh.ParseAuthorizedKey([]byte(line))
		if err != nil || len(options) > 0 {
			return nil, fmt.Errorf("line %d is not a public key", n)
		}
		list.keys[string(plain(key).Marshal())] = true
	}
	return list, nil
}

func plain(key ssh.PublicKey) ssh.PublicKey {
	if cert, ok := key.(*ssh.Certificate); ok {
		return cert.Key
	}
	return key
}

// Has reports whether a key is revoked: itself, the authority that signed it, or its
// certificate.
func (l *List) Has(key ssh.PublicKey) bool {
	if l.names(plain(key)) {
		return true
	}
	cert, signed := key.(*ssh.Certificate)
	return signed && (l.names(cert.SignatureKey) || l.certificate(cert))
}

func (l *List) names(key ssh.PublicKey) bool {
	blob := key.Marshal()
	one, other := sha1.Sum(blob), sha256.Sum256(blob) //nolint:gosec // see the import
	return l.keys[string(blob)] || l.sha1[string(one[:])] || l.sha256[string(other[:])]
}

func (l *List) certificate(cert *ssh.Certificate) bool {
	signer := string(cert.SignatureKey.Marshal())
	for _, a := range l.authorities {
		if (a.key == "" || a.key == signer) && (a.ids[cert.KeyId] || a.serial(cert.Serial)) {
			return true
		}
	}
	return false
}

// serial reports whether a serial number is revoked. 0 is that of authorities that give
// none; ssh does not look for it.
func (a *authority) serial(n uint64) bool {
	if n == 0 {
		return false
	}
	for _, s := range a.serials {
		if s.from <= n && n <= s.to {
			return true
		}
	}
	for _, b := range a.bitmaps {
		if n >= b.offset && n-b.offset < uint64(b.bits.BitLen()) && b.bits.Bit(int(n-b.offset)) == 1 {
			return true
		}
	}
	return false
}
