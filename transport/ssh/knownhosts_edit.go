package ssh

import (
	"bytes"
	"crypto/rand"
	"crypto/sha1"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/ssh"
)

// KnownHostsEdit says what becomes of one host in a known_hosts file.
type KnownHostsEdit struct {
	// Name is what the file calls the host: KnownName.
	Name string
	// Keys are those that the host has from now on.
	Keys []ssh.PublicKey
	// Replace takes out what else the file holds for the host. Without it a host
	// of which the file holds another key is left alone.
	Replace bool
	// Comment stands behind each new key.
	Comment string
}

// maxKnownName bounds a name that is stored; OpenSSH takes no longer ones.
const maxKnownName = 1000

// Check checks that the name is one name in a line and nothing else, and that
// the comment is one.
func (e KnownHostsEdit) Check() error {
	odd := func(r rune) bool {
		return !unicode.IsGraphic(r) || unicode.IsSpace(r) || strings.ContainsRune(",*?!|#@", r)
	}
	if e.Name == "" || len(e.Name) > maxKnownName || !utf8.ValidString(e.Name) || strings.ContainsFunc(e.Name, odd) {
		return fmt.Errorf("%s can't stand in known_hosts as the name of a host", printable(e.Name))
	}
	if strings.ContainsFunc(e.Comment, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return fmt.Errorf("%s can't stand in known_hosts as a comment", printable(e.Comment))
	}
	return nil
}

// editing is one pass over the text of a file.
type editing struct {
	edits []KnownHostsEdit
	of    map[string][]int // the edits by name
	// before is what was read of the file when the hosts were judged; nil: it
	// was not there.
	before *knownHosts
	// hashed are the names behind those hashed names that were there then.
	hashed map[hashedName][]string

	present map[[2]string]bool // name and key that the file holds already
	other   map[string]bool    // names of which it holds another key
	revoked map[string]bool    // keys
	counts  struct{ hashed, plain int }

	macs *atomic.Int64 // counts the HMACs
}

func newEditing(edits []KnownHostsEdit, before *knownHosts, macs *atomic.Int64) *editing {
	e := &editing{
		edits: edits, macs: macs, of: map[string][]int{}, before: before, hashed: map[hashedName][]string{},
		present: map[[2]string]bool{}, other: map[string]bool{}, revoked: map[string]bool{},
	}
	for i, edit := range edits {
		e.of[edit.Name] = append(e.of[edit.Name], i)
		if before == nil {
			continue
		}
		for _, l := range before.all(edit.Name) {
			e.hashed[l.name] = append(e.hashed[l.name], edit.Name)
		}
	}
	if before != nil {
		for _, same := range before.hashed {
			for _, l := range same {
				if _, ours := e.hashed[l.name]; !ours {
					e.hashed[l.name] = nil
				}
			}
		}
	}
	return e
}

// apply gives the text as it is to be, and the names that were left alone: the
// file holds something else for them by now, or revokes the key. Every line
// that is about no host of the edits stays as it is.
func (e *editing) apply(text []byte) (after []byte, left []string) {
	for line := range bytes.SplitAfterSeq(text, []byte("\n")) {
		after = append(after, e.line(line)...)
	}
	if len(after) > 0 && after[len(after)-1] != '\n' {
		after = append(after, '\n')
	}
	for _, edit := range e.edits {
		if revoked := slices.ContainsFunc(edit.Keys, func(k ssh.PublicKey) bool { return e.revoked[string(k.Marshal())] }); revoked || e.other[edit.Name] && !edit.Replace {
			left = append(left, edit.Name)
			continue
		}
		for _, key := range edit.Keys {
			if mark := [2]string{edit.Name, string(key.Marshal())}; !e.present[mark] {
				e.present[mark] = true
				after = append(after, e.newLine(edit, key)...)
			}
		}
	}
	return after, left
}

// newLine is a line for a key, in the manner of the file.
func (e *editing) newLine(edit KnownHostsEdit, key ssh.PublicKey) string {
	name := edit.Name
	if e.counts.hashed > e.counts.plain {
		var salt [sha1.Size]byte
		_, _ = rand.Read(salt[:]) // it never fails
		name = newHashedName(salt, name).String()
	}
	line := name + " " + strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
	if edit.Comment != "" {
		line += " " + edit.Comment
	}
	return line + "\n"
}

// line gives what becomes of a line of the file.
func (e *editing) line(line []byte) []byte {
	text, ok, err := parseKnownLine(line)
	if err != nil || !ok {
		return line
	}
	key := string(text.key.Marshal())
	switch {
	case text.mark == markRevoked:
		e.revoked[key] = true
		return line
	case text.mark != markNone:
		return line
	case strings.HasPrefix(text.names, "|"):
		e.counts.hashed++
		name, err := parseHashedName(text.names)
		if err == nil && e.leaves(e.behind(name), key, true) {
			return nil
		}
		return line
	}
	e.counts.plain++
	return e.plainLine(line, text.names, key)
}

// behind returns the names of the edits that a hashed name is one of. Only those
// hashes are tried that were not there before.
func (e *editing) behind(name hashedName) []string {
	names, known := e.hashed[name]
	if known {
		return names
	}
	for _, edit := range e.edits {
		e.macs.Add(1)
		if name.is(edit.Name) {
			names = append(names, edit.Name)
		}
	}
	e.hashed[name] = names
	return names
}

// leaves notes that the file holds a key for some names, and tells whether the
// key is to go. A line that is not sure to be about them has nothing to count.
func (e *editing) leaves(names []string, key string, sure bool) bool {
	goes := false
	for _, name := range names {
		for _, i := range e.of[name] {
			if slices.ContainsFunc(e.edits[i].Keys, func(k ssh.PublicKey) bool { return string(k.Marshal()) == key }) {
				e.present[[2]string{name, key}] = e.present[[2]string{name, key}] || sure
				continue
			}
			e.other[name] = true
			goes = goes || e.edits[i].Replace
		}
	}
	return goes
}

// plainLine gives what becomes of a line with names in clear: other names stay.
func (e *editing) plainLine(line []byte, names, key string) []byte {
	var stay []string
	_, sure := splitNames(names) // a negated pattern may take back what stands in clear
	for one := range strings.SplitSeq(names, ",") {
		patterns, plain := splitNames(one)
		if plain && len(patterns) == 1 && e.leaves([]string{patterns[0].text}, key, sure) {
			continue
		}
		stay = append(stay, one)
	}
	rest := strings.Join(stay, ",")
	switch {
	case rest == names:
		return line
	case strings.Trim(rest, ",") == "":
		return nil
	}
	return bytes.Replace(line, []byte(names), []byte(rest), 1)
}
