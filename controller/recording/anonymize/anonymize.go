// Package anonymize replaces names, addresses and ids in recordings, so that they can be
// sent to people who must not see them.
package anonymize

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"aixmend/controller/recording"
)

// Anonymizer replaces names, addresses and ids in recordings. Across all its recordings
// equal values get equal replacements, and different values different ones:
//
//   - IPv4 and IPv6 addresses of one network stay in one network, private addresses stay
//     private, and network and broadcast addresses stay such;
//   - an IPv6 address derived from a MAC becomes the one derived from the MAC's
//     replacement;
//   - masks, loopback, unspecified, multicast and link-local IPv4 addresses, the prefix
//     fe80::, zeros, vendor words, levels and interface names are kept.
//
// Replacements can't be reversed: each Anonymizer has its own key, which is never written.
type Anonymizer struct {
	key []byte
	// own are the user's playbooks: their commands may hold names, too.
	own map[string]bool
	// names are in lower case; domains have no leading dot.
	names, domains map[string]bool
	serials        map[string]bool
	macs, ids      map[uint64]bool
	levels         map[string]bool
	networks       networks
	became         map[uint32]netip.Addr // cache of IPv4 replacements
	// words are the replacement names, by class and name; taken is their set.
	words map[string]string
	taken map[string]bool
}

// New returns an Anonymizer with a key; nil: a random key.
func New(key []byte) (*Anonymizer, error) {
	if key == nil {
		key = make([]byte, 32)
		if _, err := rand.Read(key); err != nil {
			return nil, fmt.Errorf("anonymize: %w", err)
		}
	}
	return &Anonymizer{
		key: bytes.Clone(key), own: map[string]bool{}, names: map[string]bool{}, domains: map[string]bool{}, serials: map[string]bool{},
		macs: map[uint64]bool{}, ids: map[uint64]bool{}, levels: map[string]bool{},
		words: map[string]string{}, taken: map[string]bool{}, became: map[uint32]netip.Addr{},
	}, nil
}

// Learn adds names and addresses to replace, such as those of the inventory.
func (a *Anonymizer) Learn(names ...string) {
	for _, name := range names {
		a.learnName(name)
	}
}

// Own marks a playbook as the user's: its commands may hold names, too.
func (a *Anonymizer) Own(playbook string) { a.own[playbook] = true }

// All returns anonymized copies of recordings. It reads all of them first, because one host
// may print names of another.
func (a *Anonymizer) All(list []*recording.Recording) []*recording.Recording {
	for _, r := range list {
		a.learn(r)
	}
	done := make([]*recording.Recording, len(list))
	for i, r := range list {
		done[i] = a.replace(r)
	}
	return done
}

// replace returns an anonymized copy of a recording.
func (a *Anonymizer) replace(r *recording.Recording) *recording.Recording {
	c := *r
	c.Anonymized = true
	c.Host.Name = a.name(r.Host.Name)
	c.Host.Address = a.text(r.Host.Address, place{})
	c.Host.Waivers = slices.Clone(r.Host.Waivers)
	for i, w := range c.Host.Waivers {
		c.Host.Waivers[i].Reason = a.text(w.Reason, place{})
	}
	c.System.SSHServer = a.text(r.System.SSHServer, place{})
	c.System.Tools = maps.Clone(r.System.Tools)
	c.Playbooks = slices.Clone(r.Playbooks)
	for i, p := range c.Playbooks {
		if a.own[p.Name] {
			c.Playbooks[i].Name = a.text(p.Name, place{})
		}
	}
	c.Noise = a.stream(r.Noise, place{})
	if r.Trouble != nil {
		trouble := *r.Trouble
		trouble.Text = a.text(trouble.Text, place{})
		c.Trouble = &trouble
	}
	c.Commands = make([]recording.Entry, len(r.Commands))
	for i, e := range r.Commands {
		at := placeOf(e)
		e.Stdout, e.Stderr = a.stream(e.Stdout, at), a.stream(e.Stderr, at)
		if !slices.ContainsFunc(e.Of, func(of string) bool { return !a.own[of] }) {
			e.Command = a.stream(e.Command, place{})
		}
		c.Commands[i] = e
	}
	return &c
}

func (a *Anonymizer) stream(s recording.Stream, at place) recording.Stream {
	if s == nil {
		return nil
	}
	return recording.Stream(a.text(string(s), at))
}

// digest returns 32 bytes for a value of a class, which can't be computed without the
// key.
func (a *Anonymizer) digest(class string, value []byte) []byte {
	h := hmac.New(sha256.New, a.key)
	h.Write([]byte(class))
	h.Write([]byte{0})
	h.Write(value)
	return h.Sum(nil)
}

// number returns the digest of a number as a number.
func (a *Anonymizer) number(class string, value uint64) uint64 {
	return binary.BigEndian.Uint64(a.digest(class, binary.BigEndian.AppendUint64(nil, value)))
}

// name returns the replacement of a host name.
func (a *Anonymizer) name(name string) string {
	host, domain, dotted := strings.Cut(name, ".")
	short := a.made("name", "host-", host, 8)
	if dotted {
		return short + "." + a.domain(domain)
	}
	return short
}

// domain returns the replacement of a domain name.
func (a *Anonymizer) domain(name string) string {
	return a.made("domain", "domain-", name, 6) + ".example"
}

// made returns the replacement of a name: begin and some letters. Two names never get the
// same replacement.
func (a *Anonymizer) made(class, begin, name string, letters int) string {
	name = strings.ToLower(name)
	if made := a.words[class+" "+name]; made != "" {
		return made
	}
	digest := a.digest(class, []byte(name))
	for { // use more letters if the word is taken
		word := begin
		for i := range letters {
			word += string("bcdfghjklmnpqrst"[digest[i/2]>>(4*(i%2))&0xf])
		}
		if taken := a.taken[word]; taken || a.names[word] {
			letters++
			continue
		}
		a.taken[word], a.words[class+" "+name] = true, word
		return word
	}
}

// serial returns the replacement of a serial number, of the same length, in digits and
// capitals.
func (a *Anonymizer) serial(serial string) string {
	digest := strings.ToUpper(hex.EncodeToString(a.digest("serial", []byte(strings.ToUpper(serial)))))
	return digest[:min(len(serial), len(digest))]
}

// mac returns the replacement of a MAC. It keeps the local and multicast bits.
func (a *Anonymizer) mac(mac uint64) uint64 {
	const all, flags = 1<<48 - 1, 0x03 << 40
	if mac == 0 || mac == all {
		return mac
	}
	return a.number("mac", mac)&(all&^flags) | mac&flags
}

// id returns the replacement of a node id, a PVID or the like, with as many hex digits.
func (a *Anonymizer) id(id uint64) uint64 {
	if id == 0 || id == 1<<64-1 {
		return id
	}
	digits := (len(fmt.Sprintf("%x", id)))
	became := a.number("id", id)
	if digits < 16 {
		became &= 1<<(4*digits) - 1
	}
	top := uint64(1) << (4*digits - 1) // the first digit is 8 or more: the length stays
	return became | top
}

// uuid returns the replacement of a UUID without its dashes.
func (a *Anonymizer) uuid(digits string) string {
	if strings.Trim(digits, "0") == "" {
		return digits
	}
	return hex.EncodeToString(a.digest("uuid", []byte(strings.ToLower(digits)))[:16])
}
