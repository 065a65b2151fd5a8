package hostkeys

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/crypto/ssh"

	"aixmend/transport/ownership"
)

const (
	// maxLine bounds a line of known_hosts, in bytes. One that lists the names of
	// 10,000 hosts has 200 KiB.
	maxLine = 1 << 20
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
	// revoked holds the lines that revoke a key, by key.
	revoked map[string][]revokedEntry
	// types counts the hashed lines of each type of key.
	types map[string]int
	// authorities holds the hashed lines of authorities. They are few: users have no
	// reason to hide the name of a network.
	authorities []hashedEntry

	macs *atomic.Int64 // counts the HMACs of look-ups

	mu sync.Mutex
	// found holds the hashed lines of the names that were compared with all.
	found map[string][]hashedEntry
}

// entry is a key in a known_hosts file. The kind of a line that holds a certificate
// is that of certificates: no host shows such a key.
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

type revokedEntry struct {
	names string // the field of names
	entry
}

// fingerprint returns the fingerprint of the key.
func (l entry) fingerprint() string {
	key, err := ssh.ParsePublicKey([]byte(l.key))
	if err != nil { // can't happen: it was parsed before
		return "SHA256:?"
	}
	return ssh.FingerprintSHA256(BareKey(key))
}

// String returns type, fingerprint, file and line.
func (l entry) String() string {
	return fmt.Sprintf("%s %s (%s:%d)", l.kind, l.fingerprint(), l.file, l.number)
}

// loadIndex reads a file. It leaves out lines that can't be used, with a warning.
// A file that others can change is an error: whoever can write it can pose as each host.
func loadIndex(path string, warn func(string), macs *atomic.Int64) (*index, error) {
	var fault *ownership.Fault
	if err := ownership.Check(path); errors.As(err, &fault) {
		return nil, fmt.Errorf("%w; %s", err, fault.Remedy)
	}
	file, _, err := ownership.Open(path) // a pipe that nobody writes to would hang
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readIndex(path, file, warn, macs)
}

func readIndex(path string, text io.Reader, warn func(string), macs *atomic.Int64) (*index, error) {
	k := &index{
		path: path, plain: map[string][]entry{}, hashed: map[string][]hashedEntry{}, revoked: map[string][]revokedEntry{},
		types: map[string]int{}, found: map[string][]hashedEntry{}, macs: macs,
	}
	broken := 0
	defer func() {
		if broken > maxWarnings {
			warn(fmt.Sprintf("%s: %d more lines are left out", path, broken-maxWarnings))
		}
	}()
	lines := bufio.NewReaderSize(text, 64<<10)
	for number := 1; ; number++ {
		line, err := nextLine(lines)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		unusable := errLong
		switch {
		case len(line) <= maxLine:
			unusable = k.add(line, number)
		case bytes.HasPrefix(bytes.TrimLeft(line, " \t"), []byte(markRevoked)):
			return nil, fmt.Errorf("%s:%d: a line that revokes a key is longer than %d bytes", path, number, maxLine)
		}
		if unusable != nil {
			if broken++; broken <= maxWarnings {
				warn(fmt.Sprintf("%s:%d: this line is left out: %v", path, number, unusable))
			}
		}
		if err != nil {
			return k, nil
		}
	}
}

// errLong means that a line is too long.
var errLong = fmt.Errorf("it is longer than %d bytes", maxLine)

// nextLine reads a line; of one that is too long, a beginning that is too long. The
// line is valid until the next call. The error is io.EOF where the file ends.
func nextLine(lines *bufio.Reader) ([]byte, error) {
	line, err := lines.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	long := bytes.Clone(line)
	for errors.Is(err, bufio.ErrBufferFull) {
		line, err = lines.ReadSlice('\n')
		if len(long) <= maxLine {
			long = append(long, line...)
		}
	}
	return long, err
}

// add adds a line.
func (k *index) add(line []byte, number int) error {
	text, ok, err := parseLine(line)
	if err != nil || !ok {
		return err
	}
	if text.mark != markNone {
		text.key = BareKey(text.key) // as in ssh: a certificate stands for its key there
	}
	known := entry{
		file: k.path, number: number, authority: text.mark == markAuthority,
		kind: text.key.Type(), key: string(text.key.Marshal()), comment: text.comment,
	}
	if text.mark == markRevoked {
		k.revoked[known.key] = append(k.revoked[known.key], revokedEntry{text.names, known})
		return nil
	}
	if strings.HasPrefix(text.names, "|") {
		name, err := parseHashedName(text.names)
		if err != nil {
			return err
		}
		if known.authority {
			k.authorities = append(k.authorities, hashedEntry{name, known})
			return nil
		}
		k.hashed[known.key] = append(k.hashed[known.key], hashedEntry{name, known})
		k.types[known.kind]++
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

// named returns the lines that name a host by a plain name or a pattern, and its
// authorities with a hashed name.
func (k *index) named(host string) []entry {
	lines := slices.Clone(k.plain[host])
	for _, p := range k.patterns {
		if matchNames(p.names, host) {
			lines = append(lines, p.entry)
		}
	}
	for _, l := range k.authorities {
		if k.is(l.name, host) {
			lines = append(lines, l.entry)
		}
	}
	return lines
}

// withKey returns the hashed line of a host that has a key.
func (k *index) withKey(host, key string) (entry, bool) {
	for _, l := range k.hashed[key] {
		if k.is(l.name, host) {
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
