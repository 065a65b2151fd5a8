package hostkeys

import (
	"aixmend/transport/ssh/fault"
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

// Edit is the change of one host's lines in a known_hosts file.
type Edit struct {
	// Name is the host's name in the file; see the function Name.
	Name string
	// Keys are the host's keys from now on.
	Keys []ssh.PublicKey
	// Beside are keys of the host that are not written, and stay unless others are
	// replaced.
	Beside []ssh.PublicKey
	// Replace removes the other keys of the host. Without it, a host with another
	// key in the file is left alone.
	Replace bool
	// Comment is put behind each new key.
	Comment string
}

// maxName bounds a stored name, in bytes; OpenSSH accepts no longer ones.
const maxName = 1000

// Check checks that the name is a single plain name and the comment a single line.
func (e Edit) Check() error {
	odd := func(r rune) bool {
		return !unicode.IsGraphic(r) || unicode.IsSpace(r) || strings.ContainsRune(",*?!|#@", r)
	}
	if e.Name == "" || len(e.Name) > maxName || !utf8.ValidString(e.Name) || strings.ContainsFunc(e.Name, odd) {
		return fmt.Errorf("%s can't be the name of a host in known_hosts", fault.Printable(e.Name))
	}
	if strings.ContainsFunc(e.Comment, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return fmt.Errorf("%s can't be a comment in known_hosts", fault.Printable(e.Comment))
	}
	return nil
}

// editing is one pass over the text of a file.
type editing struct {
	edits []Edit
	of    map[string][]int // the edits by name
	// before is the file as it was when the hosts were judged; nil: it did not
	// exist.
	before *index
	// hashed maps the hashed names of that time to the edits' names.
	hashed map[hashedName][]string

	present map[[2]string]bool // name and key that are in the file already
	other   map[string]bool    // names that have another key in the file
	revoked map[string]bool    // keys
	counts  struct{ hashed, plain int }

	macs *atomic.Int64 // counts the HMACs
}

func newEditing(edits []Edit, before *index, macs *atomic.Int64) *editing {
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

// apply returns the new text, and the names that were left alone because the file
// has another key for them by now, or revokes the key. Lines about other hosts stay
// unchanged.
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

// newLine returns a line for a key, with a hashed name if most names of the file
// are hashed.
func (e *editing) newLine(edit Edit, key ssh.PublicKey) string {
	name := edit.Name
	if e.counts.hashed > e.counts.plain {
		var salt [sha1.Size]byte
		_, _ = rand.Read(salt[:]) // never fails
		name = newHashedName(salt, name).String()
	}
	line := name + " " + strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
	if edit.Comment != "" {
		line += " " + edit.Comment
	}
	return line + "\n"
}

// line returns the new text of a line; nil: it is removed.
func (e *editing) line(line []byte) []byte {
	text, ok, err := parseLine(line)
	if err != nil || !ok {
		return line
	}
	key := string(text.key.Marshal())
	switch {
	case text.mark == markRevoked:
		e.revoked[string(BareKey(text.key).Marshal())] = true
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

// behind returns the names of the edits that a hashed name stands for. It computes
// HMACs only for hashes that are new in the file.
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

// leaves notes that the file has a key for some names, and reports whether the key
// must be removed. Unless sure, the line does not count as holding the key.
func (e *editing) leaves(names []string, key string, sure bool) bool {
	goes := false
	for _, name := range names {
		for _, i := range e.of[name] {
			same := func(k ssh.PublicKey) bool { return string(k.Marshal()) == key }
			if slices.ContainsFunc(e.edits[i].Keys, same) {
				e.present[[2]string{name, key}] = e.present[[2]string{name, key}] || sure
				continue
			}
			if slices.ContainsFunc(e.edits[i].Beside, same) && !e.edits[i].Replace {
				continue
			}
			e.other[name] = true
			goes = goes || e.edits[i].Replace
		}
	}
	return goes
}

// plainLine returns the new text of a line with plain names: other names stay.
func (e *editing) plainLine(line []byte, names, key string) []byte {
	var stay []string
	_, sure := splitNames(names) // a negated pattern may exclude a plain name
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
