package ssh

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/crypto/ssh"
)

const (
	// maxKnownLine bounds a line of known_hosts, in bytes: the key of the
	// longest RSA key in use has 3 KiB.
	maxKnownLine = 64 << 10
	// maxKnownWarnings bounds what is said about the lines of one file.
	maxKnownWarnings = 10
)

// knownHosts is the index of one known_hosts file. A look-up costs a map where
// the name is plain, and one HMAC where it is hashed: lines with hashed names
// are found by their key. It is safe for concurrent use.
type knownHosts struct {
	path string
	// plain holds the lines by name, patterns those with a pattern or a
	// negation, hashed those with a hashed name by key.
	plain    map[string][]knownLine
	patterns []patternLine
	hashed   map[string][]hashedLine
	// revoked holds the keys that must not be taken, by key.
	revoked map[string]knownLine
	// types counts the hashed lines of each type of key; authorities tells
	// that one of them is an authority's.
	types       map[string]int
	authorities bool

	macs *atomic.Int64 // counts the HMACs of look-ups

	mu sync.Mutex
	// found holds the hashed lines of the names for which all were tried.
	found map[string][]hashedLine
}

// knownLine is a key that stands in a known_hosts file.
type knownLine struct {
	file      string
	number    int
	authority bool
	kind      string // of the key
	key       string // as it goes over the wire
	comment   string
}

type patternLine struct {
	names []namePattern
	knownLine
}

type hashedLine struct {
	name hashedName
	knownLine
}

// fingerprint is that of the key.
func (l knownLine) fingerprint() string {
	key, err := ssh.ParsePublicKey([]byte(l.key))
	if err != nil { // it was parsed before it was kept
		return "SHA256:?"
	}
	return ssh.FingerprintSHA256(key)
}

// String gives type, fingerprint and place.
func (l knownLine) String() string {
	return fmt.Sprintf("%s %s (%s:%d)", l.kind, l.fingerprint(), l.file, l.number)
}

// loadKnownHosts reads a file. A line of which nothing can be made is left
// out, and said.
func loadKnownHosts(path string, warn func(string), macs *atomic.Int64) (*knownHosts, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readKnownHosts(path, file, warn, macs)
}

func readKnownHosts(path string, text io.Reader, warn func(string), macs *atomic.Int64) (*knownHosts, error) {
	k := &knownHosts{
		path: path, plain: map[string][]knownLine{}, hashed: map[string][]hashedLine{}, revoked: map[string]knownLine{},
		types: map[string]int{}, found: map[string][]hashedLine{}, macs: macs,
	}
	broken := 0
	defer func() {
		if broken > maxKnownWarnings {
			warn(fmt.Sprintf("%s: %d more lines are left out", path, broken-maxKnownWarnings))
		}
	}()
	lines := bufio.NewReaderSize(text, maxKnownLine)
	for number := 1; ; number++ {
		line, err := nextLine(lines)
		if err == nil || len(line) > 0 && errors.Is(err, io.EOF) {
			if added := k.add(line, number); added != nil {
				if broken++; broken <= maxKnownWarnings {
					warn(fmt.Sprintf("%s:%d: this line is left out: %v", path, number, added))
				}
			}
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull): // number counts it
			if broken++; broken <= maxKnownWarnings {
				warn(fmt.Sprintf("%s:%d: this line is left out: it is longer than %d bytes", path, number, maxKnownLine))
			}
		case errors.Is(err, io.EOF):
			return k, nil
		case err != nil:
			return nil, err
		}
	}
}

// nextLine reads a line. One that is too long is passed over as a whole:
// bufio.ErrBufferFull. The line holds until the next call.
func nextLine(lines *bufio.Reader) ([]byte, error) {
	line, err := lines.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = lines.ReadSlice('\n')
	}
	if err == nil || errors.Is(err, io.EOF) { // its end is found again by the next call
		return nil, bufio.ErrBufferFull
	}
	return nil, err
}

// add puts a line into the index.
func (k *knownHosts) add(line []byte, number int) error {
	text, ok, err := parseKnownLine(line)
	if err != nil || !ok {
		return err
	}
	known := knownLine{
		file: k.path, number: number, authority: text.mark == markAuthority,
		kind: text.key.Type(), key: string(text.key.Marshal()), comment: text.comment,
	}
	if text.mark == markRevoked {
		if _, there := k.revoked[known.key]; !there {
			k.revoked[known.key] = known
		}
		return nil
	}
	if strings.HasPrefix(text.names, "|") {
		name, err := parseHashedName(text.names)
		if err != nil {
			return err
		}
		k.hashed[known.key] = append(k.hashed[known.key], hashedLine{name, known})
		k.authorities = k.authorities || known.authority
		if !known.authority {
			k.types[known.kind]++
		}
		return nil
	}
	patterns, plain := splitNames(text.names)
	if !plain {
		k.patterns = append(k.patterns, patternLine{patterns, known})
		return nil
	}
	for _, p := range patterns {
		if same := k.plain[p.text]; len(same) == 0 || same[len(same)-1].number != number {
			k.plain[p.text] = append(same, known)
		}
	}
	return nil
}

// named returns the lines whose names, other than hashed ones, are those of a
// host.
func (k *knownHosts) named(host string) []knownLine {
	lines := slices.Clone(k.plain[host])
	for _, p := range k.patterns {
		if matchNames(p.names, host) {
			lines = append(lines, p.knownLine)
		}
	}
	return lines
}

// withKey returns the hashed line that has a key for a host.
func (k *knownHosts) withKey(host, key string, authority bool) (knownLine, bool) {
	for _, l := range k.hashed[key] {
		if l.authority == authority && k.is(l.name, host) {
			return l.knownLine, true
		}
	}
	return knownLine{}, false
}

func (k *knownHosts) is(name hashedName, host string) bool {
	k.macs.Add(1)
	return name.is(host)
}

// all returns every hashed line of a host. It tries all of them once a name:
// ask only where the key that a host shows is not the known one.
func (k *knownHosts) all(host string) []hashedLine {
	if lines, done := k.tried(host); done {
		return lines
	}
	var lines []hashedLine
	for _, same := range k.hashed {
		for _, l := range same {
			if k.is(l.name, host) {
				lines = append(lines, l)
			}
		}
	}
	slices.SortFunc(lines, func(a, b hashedLine) int { return a.number - b.number })
	k.mu.Lock()
	defer k.mu.Unlock()
	k.found[host] = lines
	return lines
}

// tried returns the hashed lines of a host where all were tried for it before,
// or there is none.
func (k *knownHosts) tried(host string) (lines []hashedLine, done bool) {
	if len(k.hashed) == 0 {
		return nil, true
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	lines, done = k.found[host]
	return lines, done
}
