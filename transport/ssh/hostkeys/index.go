package hostkeys

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
	// maxLine bounds a line of known_hosts, in bytes. The line of the longest RSA
	// key in use has 3 KiB.
	maxLine = 64 << 10
	// maxWarnings bounds the warnings about the lines of one file.
	maxWarnings = 10
)

// index is the index of one known_hosts file. A look-up costs a map access for a
// plain name, and one HMAC for a hashed one: lines with hashed names are found by
// their key. It is safe for concurrent use.
type index struct {
	path string
	// plain holds the lines by name, patterns those with a pattern or a
	// negation, hashed those with a hashed name by key.
	plain    map[string][]entry
	patterns []patternEntry
	hashed   map[string][]hashedEntry
	// revoked holds the revoked keys, by key.
	revoked map[string]entry
	// types counts the hashed lines of each type of key; authorities: one of them
	// is an authority's.
	types       map[string]int
	authorities bool

	macs *atomic.Int64 // counts the HMACs of look-ups

	mu sync.Mutex
	// found holds the hashed lines of the names that were compared with all.
	found map[string][]hashedEntry
}

// entry is a key in a known_hosts file.
type entry struct {
	file      string
	number    int
	authority bool
	kind      string // of the key
	key       string // in wire format
	comment   string
}

type patternEntry struct {
	names []namePattern
	entry
}

type hashedEntry struct {
	name hashedName
	entry
}

// fingerprint returns the fingerprint of the key.
func (l entry) fingerprint() string {
	key, err := ssh.ParsePublicKey([]byte(l.key))
	if err != nil { // can't happen: it was parsed before
		return "SHA256:?"
	}
	return ssh.FingerprintSHA256(key)
}

// String returns type, fingerprint, file and line.
func (l entry) String() string {
	return fmt.Sprintf("%s %s (%s:%d)", l.kind, l.fingerprint(), l.file, l.number)
}

// loadIndex reads a file. It leaves out lines that can't be used, with a warning.
func loadIndex(path string, warn func(string), macs *atomic.Int64) (*index, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readIndex(path, file, warn, macs)
}

func readIndex(path string, text io.Reader, warn func(string), macs *atomic.Int64) (*index, error) {
	k := &index{
		path: path, plain: map[string][]entry{}, hashed: map[string][]hashedEntry{}, revoked: map[string]entry{},
		types: map[string]int{}, found: map[string][]hashedEntry{}, macs: macs,
	}
	broken := 0
	defer func() {
		if broken > maxWarnings {
			warn(fmt.Sprintf("%s: %d more lines are left out", path, broken-maxWarnings))
		}
	}()
	lines := bufio.NewReaderSize(text, maxLine)
	for number := 1; ; number++ {
		line, err := nextLine(lines)
		if err == nil || len(line) > 0 && errors.Is(err, io.EOF) {
			if added := k.add(line, number); added != nil {
				if broken++; broken <= maxWarnings {
					warn(fmt.Sprintf("%s:%d: this line is left out: %v", path, number, added))
				}
			}
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			if broken++; broken <= maxWarnings {
				warn(fmt.Sprintf("%s:%d: this line is left out: it is longer than %d bytes", path, number, maxLine))
			}
		case errors.Is(err, io.EOF):
			return k, nil
		case err != nil:
			return nil, err
		}
	}
}

// nextLine reads a line, which is valid until the next call. It skips a line that
// is too long and returns bufio.ErrBufferFull.
func nextLine(lines *bufio.Reader) ([]byte, error) {
	line, err := lines.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = lines.ReadSlice('\n')
	}
	if err == nil || errors.Is(err, io.EOF) { // the next call finds the end again
		return nil, bufio.ErrBufferFull
	}
	return nil, err
}

// add adds a line.
func (k *index) add(line []byte, number int) error {
	text, ok, err := parseLine(line)
	if err != nil || !ok {
		return err
	}
	known := entry{
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
		k.hashed[known.key] = append(k.hashed[known.key], hashedEntry{name, known})
		k.authorities = k.authorities || known.authority
		if !known.authority {
			k.types[known.kind]++
		}
		return nil
	}
	patterns, plain := splitNames(text.names)
	if !plain {
		k.patterns = append(k.patterns, patternEntry{patterns, known})
		return nil
	}
	for _, p := range patterns {
		if same := k.plain[p.text]; len(same) == 0 || same[len(same)-1].number != number {
			k.plain[p.text] = append(same, known)
		}
	}
	return nil
}

// named returns the lines that name a host by a plain name or a pattern.
func (k *index) named(host string) []entry {
	lines := slices.Clone(k.plain[host])
	for _, p := range k.patterns {
		if matchNames(p.names, host) {
			lines = append(lines, p.entry)
		}
	}
	return lines
}

// withKey returns the hashed line of a host that has a key.
func (k *index) withKey(host, key string, authority bool) (entry, bool) {
	for _, l := range k.hashed[key] {
		if l.authority == authority && k.is(l.name, host) {
			return l.entry, true
		}
	}
	return entry{}, false
}

func (k *index) is(name hashedName, host string) bool {
	k.macs.Add(1)
	return name.is(host)
}

// all returns every hashed line of a host. The first call for a name computes an
// HMAC for each hashed line: call it only if the host's key is not the known one.
func (k *index) all(host string) []hashedEntry {
	if lines, done := k.tried(host); done {
		return lines
	}
	var lines []hashedEntry
	for _, same := range k.hashed {
		for _, l := range same {
			if k.is(l.name, host) {
				lines = append(lines, l)
			}
		}
	}
	slices.SortFunc(lines, func(a, b hashedEntry) int { return a.number - b.number })
	k.mu.Lock()
	defer k.mu.Unlock()
	k.found[host] = lines
	return lines
}

// tried returns the hashed lines of a host if all was called for it before, or if
// no line is hashed.
func (k *index) tried(host string) (lines []hashedEntry, done bool) {
	if len(k.hashed) == 0 {
		return nil, true
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	lines, done = k.found[host]
	return lines, done
}
