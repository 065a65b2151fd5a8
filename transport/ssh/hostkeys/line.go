package hostkeys

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

// maxPattern bounds a name or pattern, in bytes: ssh matches no line with a longer one.
const maxPattern = 1022

// lineText is one parsed line of a known_hosts file.
type lineText struct {
	mark string
	// names is the unchanged field: names and patterns separated by commas, or one
	// hashed name.
	names   string
	key     ssh.PublicKey
	comment string
}

// parseLine parses a line. ok is false for a blank line or a comment. An error says
// why the line can't be used; it does not quote the line.
func parseLine(line []byte) (text lineText, ok bool, err error) {
	line, _, _ = bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte{0}) // ssh reads a line up to a NUL
	if err := checkEncoding(line); err != nil {
		return lineText{}, false, err
	}
	fields := bytes.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })
	if len(fields) == 0 || fields[0][0] == '#' {
		return lineText{}, false, nil
	}
	if fields[0][0] == '@' {
		if text.mark, err = parseMark(bytes.TrimLeft(line, " \t"), fields[0]); err != nil {
			return lineText{}, false, err
		}
		fields = fields[1:]
	}
	if len(fields) < 3 {
		return lineText{}, false, errors.New("it is not a name, a key type and a key")
	}
	text.names = string(fields[0])
	if text.names[0] == '@' {
		return lineText{}, false, errors.New("it has two marks")
	}
	if strings.Trim(text.names, ",!") == "" {
		return lineText{}, false, errors.New("it names no host")
	}
	if longest(text.names) > maxPattern {
		return lineText{}, false, fmt.Errorf("a name in it is longer than %d bytes", maxPattern)
	}
	if text.names[0] == '|' {
		if _, err := parseHashedName(text.names); err != nil {
			return lineText{}, false, err
		}
	}
	text.comment = string(bytes.Join(fields[3:], []byte(" ")))
	text.key, err = parseKey(string(fields[1]), string(fields[2]))
	return text, err == nil, err
}

// checkEncoding refuses the first line of a file that an editor has put a mark before:
// ssh takes the mark for a part of the name.
func checkEncoding(line []byte) error {
	for mark, name := range map[string]string{"\xef\xbb\xbf": "a byte order mark", "\xff\xfe": "the mark of UTF-16", "\xfe\xff": "the mark of UTF-16"} {
		if bytes.HasPrefix(line, []byte(mark)) {
			return fmt.Errorf("it begins with %s, which ssh does not skip: save the file as plain UTF-8", name)
		}
	}
	return nil
}

// parseMark checks the mark of a line. ssh ends a mark at the first blank of the line,
// and at a tab only if there is no blank; so it does not see some marks. Such a line
// revokes here, but it makes no authority.
func parseMark(line, mark []byte) (string, error) {
	switch text := string(mark); {
	case text != markAuthority && text != markRevoked:
		return "", errors.New("it begins with a mark that known_hosts does not have")
	case text == markAuthority && bytes.HasPrefix(line[len(mark):], []byte("\t")) && bytes.ContainsRune(line, ' '):
		return "", errors.New("its mark ends with a tab, which ssh does not see: put a blank there")
	default:
		return text, nil
	}
}

// longest returns the length of the longest name of a field of names.
func longest(names string) int {
	n := 0
	for name := range strings.SplitSeq(names, ",") {
		n = max(n, len(strings.TrimPrefix(name, "!")))
	}
	return n
}

// parseKey parses a key, or a certificate, and checks its type.
func parseKey(kind, encoded string) (ssh.PublicKey, error) {
	blob, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, errors.New("its key is not base64")
	}
	key, err := ssh.ParsePublicKey(blob)
	if err != nil {
		return nil, errors.New("its key can't be read, or is of a type that is not supported")
	}
	if key.Type() != keyType(kind) {
		return nil, fmt.Errorf("its key is of type %s, and it says another one", key.Type())
	}
	return key, nil
}

// hashedName is the keyed hash of a name.
type hashedName struct{ salt, sum [sha1.Size]byte }

// parseHashedName parses |1|SALT|HASH.
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

// is reports whether a name is the hashed one. It costs one HMAC.
func (h hashedName) is(name string) bool { return newHashedName(h.salt, name) == h }

// String returns |1|SALT|HASH.
func (h hashedName) String() string {
	return hashedWith + base64.StdEncoding.EncodeToString(h.salt[:]) + "|" + base64.StdEncoding.EncodeToString(h.sum[:])
}

// namePattern is one name or pattern of a line, in lower case.
type namePattern struct {
	text    string
	negated bool
}

// splitNames splits the field of names. plain: none of them is a pattern or
// negated.
func splitNames(field string) (patterns []namePattern, plain bool) {
	plain = true
	for name := range strings.SplitSeq(lower(field), ",") {
		name, negated := strings.CutPrefix(name, "!")
		if name == "" {
			continue
		}
		plain = plain && !negated && !strings.ContainsAny(name, "*?")
		patterns = append(patterns, namePattern{name, negated})
	}
	return patterns, plain
}

// lower returns a text with the letters of ASCII in lower case, as ssh compares names.
func lower(text string) string {
	bytes := []byte(text)
	for i, c := range bytes {
		if 'A' <= c && c <= 'Z' {
			bytes[i] = c + 'a' - 'A'
		}
	}
	return string(bytes)
}

// namesHost reports whether the field of names of a line, plain or hashed, stands for a
// host.
func namesHost(field, host string) bool {
	if strings.HasPrefix(field, "|") {
		name, err := parseHashedName(field)
		return err == nil && name.is(host)
	}
	patterns, _ := splitNames(field)
	return matchNames(patterns, host)
}

// matchNames reports whether names match a host, which is in lower case. A negated
// pattern that matches excludes the host.
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

// globMatch matches OpenSSH's * and ?. It backtracks to the last star only, so the
// cost is at most the product of both lengths.
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
