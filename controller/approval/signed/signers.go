package signed

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"aixmend/inventory/strictyaml"
	"aixmend/transport/ownership"
	"aixmend/transport/plain"
	"aixmend/transport/sshtext"
)

// maxSigners bounds a file of allowed signers, in bytes.
const maxSigners = 4 << 20

// Signers is a file of allowed signers, in the format of ssh-keygen(1).
type Signers struct {
	// Path is the file as it was named.
	Path  string
	lines []signer
}

// signer is a line of the file.
type signer struct {
	number     int
	principals string // a list of patterns, with commas between
	key        ssh.PublicKey
	options    options
}

// options are the options of a line.
type options struct {
	authority     bool
	namespaces    string // a list of patterns, "" for all
	after, before time.Time
}

// LoadSigners reads a file of allowed signers. One that others can change is refused: they could
// add a key of their own.
func LoadSigners(path string) (*Signers, error) {
	if err := ownership.Check(path); err != nil {
		return nil, err
	}
	text, err := ownership.ReadFile(path, maxSigners)
	if err != nil {
		return nil, plain.Error(err)
	}
	return ParseSigners(path, text, time.Local)
}

// ParseSigners reads the text of a file of allowed signers. zone is that of times without a
// Z. Unlike ssh-keygen, which passes a wrong line over, it returns all problems of the file.
func ParseSigners(path string, text []byte, zone *time.Location) (*Signers, error) {
	s := &Signers{Path: path}
	var problems strictyaml.Problems
	n := 0
	for line := range bytes.Lines(text) {
		n++
		line := strings.TrimSpace(string(line))
		if line == "" || line[0] == '#' {
			continue
		}
		one, err := parseSigner(line, zone)
		if err != nil {
			problems.Add(strictyaml.Pos{File: path, Line: n}, "", "%s", err)
			continue
		}
		one.number = n
		s.lines = append(s.lines, one)
	}
	if len(s.lines) == 0 && len(problems) == 0 {
		problems.Add(strictyaml.Pos{File: path, Line: max(n, 1)}, "a line of it is a name and a public key: man ssh-keygen, ALLOWED SIGNERS", "it allows no signer")
	}
	return s, problems.Err()
}

func parseSigner(line string, zone *time.Location) (signer, error) {
	names, rest, err := firstWord(line)
	if err != nil {
		return signer{}, err
	}
	key, _, list, _, err := ssh.ParseAuthorizedKey([]byte(rest))
	if err != nil {
		return signer{}, fmt.Errorf("no public key after the names %.60q%w", names, plain.Silent(err))
	}
	if _, cert := key.(*ssh.Certificate); cert {
		return signer{}, fmt.Errorf("a certificate: name the key of its authority, with cert-authority")
	}
	s := signer{principals: names, key: key}
	s.options, err = parseOptions(list, zone)
	return s, err
}

// firstWord splits the first word off a line. It may stand in quotes.
func firstWord(line string) (word, rest string, err error) {
	if quoted, ok := strings.CutPrefix(line, `"`); ok {
		word, rest, ok = strings.Cut(quoted, `"`)
		if !ok {
			return "", "", fmt.Errorf("a quote is not closed")
		}
	} else if at := strings.IndexAny(line, " \t"); at > 0 {
		word, rest = line[:at], line[at:]
	}
	if word == "" || strings.TrimSpace(rest) == "" {
		return "", "", fmt.Errorf("expected names and a public key")
	}
	return word, strings.TrimSpace(rest), nil
}

func parseOptions(list []string, zone *time.Location) (options, error) {
	var o options
	seen := map[string]bool{}
	for _, option := range list {
		name, value, has := strings.Cut(option, "=")
		name = strings.ToLower(name)
		if seen[name] {
			return o, fmt.Errorf("the option %s is there twice", name)
		}
		seen[name] = true
		quoted := has && len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"'
		var err error
		switch {
		case name == "cert-authority" && !has:
			o.authority = true
			continue
		case !slices.Contains([]string{"namespaces", "valid-after", "valid-before"}, name):
			return o, fmt.Errorf("the option %.40q is not known", option)
		case !quoted:
			return o, fmt.Errorf("the value of %s must stand in quotes", name)
		}
		value = strings.ReplaceAll(value[1:len(value)-1], `\"`, `"`)
		switch name {
		case "namespaces":
			o.namespaces = value
		case "valid-after":
			o.after, err = parseTime(value, zone)
		case "valid-before":
			o.before, err = parseTime(value, zone)
		}
		if err != nil || value == "" {
			return o, fmt.Errorf("%s=%q: expected %s%w", name, value, map[bool]string{true: "a list of namespaces", false: "YYYYMMDD or YYYYMMDDHHMM[SS], with a Z for UTC"}[name == "namespaces"], plain.Silent(err))
		}
	}
	if !o.after.IsZero() && !o.before.IsZero() && !o.before.After(o.after) {
		return o, fmt.Errorf("valid-before is not after valid-after")
	}
	return o, nil
}

// parseTime reads a time as ssh-keygen does.
func parseTime(text string, zone *time.Location) (time.Time, error) {
	digits := strings.TrimSuffix(strings.TrimSuffix(text, "Z"), "z")
	if digits != text {
		zone = time.UTC
	}
	for _, layout := range []string{"20060102", "200601021504", "20060102150405"} {
		if len(digits) == len(layout) {
			return time.ParseInLocation(layout, digits, zone)
		}
	}
	return time.Time{}, fmt.Errorf("not a time")
}

// identity is who signed, by a file of allowed signers.
type identity struct {
	principal string
	names     []string // all names of the person: of the key on any line, and of the certificate
	authority string   // the fingerprint of the authority, "" for none
}

// find returns who a key belongs to. The error says why it may not approve.
func (s *Signers) find(key ssh.PublicKey, now time.Time) (identity, error) {
	if cert, ok := key.(*ssh.Certificate); ok {
		return s.certified(cert, now)
	}
	var id identity
	why := "its key is not among them"
	for _, line := range s.lines {
		if line.options.authority || !sameKey(line.key, key) {
			continue
		}
		if strings.ContainsAny(line.principals, "*?!") {
			why = fmt.Sprintf("line %d has a pattern for a name (%.60s), and so does not say whose key it is", line.number, line.principals)
			continue
		}
		names := strings.Split(line.principals, ",")
		id.names = append(id.names, names...)
		if not := line.options.not(now); not != "" {
			why = fmt.Sprintf("line %d %s", line.number, not)
		} else if id.principal == "" {
			id.principal = names[0]
		}
	}
	if id.principal == "" {
		return id, fmt.Errorf("%s: %s", s.Path, why)
	}
	return id, nil
}

// certified is find of a certificate.
func (s *Signers) certified(cert *ssh.Certificate, now time.Time) (identity, error) {
	id := identity{names: append([]string{cert.KeyId}, cert.ValidPrincipals...), authority: ssh.FingerprintSHA256(cert.SignatureKey)}
	own, _ := s.find(cert.Key, now) // its lines allow nothing here, but name the person: a certificate may have other names
	id.names = append(id.names, own.names...)
	why := "the authority of its certificate, " + id.authority + ", is not among them"
	for _, line := range s.lines {
		if !line.options.authority || !sameKey(line.key, cert.SignatureKey) {
			continue
		}
		if not := line.options.not(now); not != "" {
			why = fmt.Sprintf("line %d %s", line.number, not)
			continue
		}
		at := slices.IndexFunc(cert.ValidPrincipals, func(name string) bool { return sshtext.MatchList(name, line.principals) })
		if at < 0 {
			why = fmt.Sprintf("line %d is for %.60s, and the certificate for %.60q", line.number, line.principals, cert.ValidPrincipals)
			continue
		}
		id.principal = cert.ValidPrincipals[at]
		checker := ssh.CertChecker{Clock: func() time.Time { return now }}
		if err := checker.CheckCert(id.principal, cert); err != nil {
			return id, fmt.Errorf("its certificate: %s%w", plain.Text(err), plain.Silent(err))
		}
		if cert.CertType != ssh.UserCert || cert.Signature.Format == ssh.KeyAlgoRSA { // the latter is SHA-1
			return id, fmt.Errorf("its certificate is that of a host, or is signed by SHA-1")
		}
		return id, nil
	}
	return id, fmt.Errorf("%s: %s", s.Path, why)
}

// not says why a line does not count for a plan now, "" where it does.
func (o options) not(now time.Time) string {
	switch {
	case o.namespaces != "" && !sshtext.MatchList(Namespace, o.namespaces):
		return "allows the key for the namespaces " + o.namespaces + " alone, and that of a plan is " + Namespace
	case !o.after.IsZero() && now.Before(o.after):
		return "allows the key from " + o.after.UTC().Format(time.RFC3339) + " on"
	case !o.before.IsZero() && now.After(o.before):
		return "allowed the key until " + o.before.UTC().Format(time.RFC3339)
	}
	return ""
}

func sameKey(a, b ssh.PublicKey) bool {
	return sha256.Sum256(a.Marshal()) == sha256.Sum256(b.Marshal())
}
