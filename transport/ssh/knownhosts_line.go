package ssh

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
)

// Marks of a known_hosts line.
const (
	markNone      = ""
	markAuthority = "@cert-authority"
	markRevoked   = "@revoked"
)

// hashedWith begins a hashed name; OpenSSH has no other hash.
const hashedWith = "|1|"

// knownText is one line of a known_hosts file taken apart.
type knownText struct {
	mark string
	// names is the field as it stands: names and patterns, commas between, or
	// one hashed name.
	names   string
	key     ssh.PublicKey
	comment string
}

// parseKnownLine takes a line apart. ok is false where it holds nothing: it is
// blank or a comment. An error says why nothing can be made of it.
func parseKnownLine(line []byte) (text knownText, ok bool, err error) {
	fields := bytes.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' || r == '\r' || r == '\n' })
	if len(fields) == 0 || fields[0][0] == '#' {
		return knownText{}, false, nil
	}
	if fields[0][0] == '@' {
		text.mark = string(fields[0])
		if text.mark != markAuthority && text.mark != markRevoked {
			return knownText{}, false, errors.New("it begins with a mark that known_hosts does not have")
		}
		fields = fields[1:]
	}
	if len(fields) < 3 {
		return knownText{}, false, errors.New("it is not a name, a key type and a key")
	}
	text.names = string(fields[0])
	if text.names[0] == '@' {
		return knownText{}, false, errors.New("it has two marks")
	}
	if strings.Trim(text.names, ",!") == "" {
		return knownText{}, false, errors.New("it names no host")
	}
	if text.names[0] == '|' {
		if _, err := parseHashedName(text.names); err != nil {
			return knownText{}, false, err
		}
	}
	text.comment = string(bytes.Join(fields[3:], []byte(" ")))
	text.key, err = parseKnownKey(string(fields[1]), string(fields[2]))
	return text, err == nil, err
}

// parseKnownKey reads a key that is to be of a type.
func parseKnownKey(kind, encoded string) (ssh.PublicKey, error) {
	blob, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, errors.New("its key is not base64")
	}
	key, err := ssh.ParsePublicKey(blob)
	if err != nil {
		return nil, errors.New("its key can't be read, or is of a type that is not supported")
	}
	if _, certificate := key.(*ssh.Certificate); certificate {
		return nil, errors.New("its key is a certificate: wanted the key of the host or of its authority")
	}
	if key.Type() != kind {
		return nil, fmt.Errorf("its key is of type %s, and it says another one", key.Type())
	}
	return key, nil
}

// hashedName is a name of which only a keyed hash is known.
type hashedName struct{ salt, sum [sha1.Size]byte }

// parseHashedName reads |1|SALT|HASH.
func parseHashedName(text string) (h hashedName, err error) {
	salt, sum, both := strings.Cut(strings.TrimPrefix(text, hashedWith), "|")
	if !strings.HasPrefix(text, hashedWith) || !both {
		return h, errors.New("its hashed name is not |1|SALT|HASH")
	}
	for _, part := range []struct {
		into []byte
		text string
	}{{h.salt[:], salt}, {h.sum[:], sum}} {
		bytes, err := base64.StdEncoding.DecodeString(part.text)
		if err != nil || len(bytes) != sha1.Size {
			return h, errors.New("its hashed name is not |1|SALT|HASH")
		}
		copy(part.into, bytes)
	}
	return h, nil
}

// newHashedName hashes a name with a salt.
func newHashedName(salt [sha1.Size]byte, name string) hashedName {
	h := hashedName{salt: salt}
	mac := hmac.New(sha1.New, salt[:])
	mac.Write([]byte(name))
	mac.Sum(h.sum[:0])
	return h
}

// is tells whether a name is the one that was hashed. It costs one HMAC.
func (h hashedName) is(name string) bool { return newHashedName(h.salt, name) == h }

// String gives |1|SALT|HASH.
func (h hashedName) String() string {
	return hashedWith + base64.StdEncoding.EncodeToString(h.salt[:]) + "|" + base64.StdEncoding.EncodeToString(h.sum[:])
}

// namePattern is one name of a line, in lower case.
type namePattern struct {
	text    string
	negated bool
}

// splitNames takes the field of names apart. plain tells that none of them is
// a pattern or negated.
func splitNames(field string) (patterns []namePattern, plain bool) {
	plain = true
	for name := range strings.SplitSeq(strings.ToLower(field), ",") {
		name, negated := strings.CutPrefix(name, "!")
		if name == "" {
			continue
		}
		if inner, port22 := strings.CutSuffix(name, "]:22"); port22 && strings.HasPrefix(inner, "[") {
			name = inner[1:] // OpenSSH calls port 22 by the bare name
		}
		plain = plain && !negated && !strings.ContainsAny(name, "*?")
		patterns = append(patterns, namePattern{name, negated})
	}
	return patterns, plain
}

// matchNames tells whether a line with these names is about a host, which is in
// lower case. One negated pattern that matches decides against it.
func matchNames(patterns []namePattern, host string) bool {
	matched := false
	for _, p := range patterns {
		switch {
		case !globMatch(p.text, host):
		case p.negated:
			return false
		default:
			matched = true
		}
	}
	return matched
}

// globMatch matches OpenSSH's * and ?. It goes back to the last star only, so
// that no pattern costs more than its length times that of the name.
func globMatch(pattern, name string) bool {
	p, n, star, resume := 0, 0, -1, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, n
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == name[n]):
			p, n = p+1, n+1
		case star >= 0:
			resume++
			p, n = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
