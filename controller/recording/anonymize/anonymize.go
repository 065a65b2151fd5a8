// Package anonymize replaces names, addresses and ids in recordings, so that they can
// be sent to somebody who must not know them.
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

// Anonymizer replaces names, addresses and ids in recordings. Equal things become
// equal ones and different things different ones, over all recordings that one
// Anonymizer sees:
//
//   - IPv4 and IPv6 addresses of one network stay in one network, private ones stay
//     private, and the network and broadcast addresses of a network stay its own;
//   - an IPv6 address that follows from a MAC follows from the replacement of the MAC;
//   - masks, loopback, unspecified, multicast and link-local IPv4 addresses, the
//     prefix fe80::, zeros, words of the vendor, levels and interface names stay.
//
// Nothing can be computed back: each Anonymizer has a key of its own, which it never
// writes down.
type Anonymizer struct {
	key []byte
	// own are the playbooks whose commands may hold names, too.
	own map[string]bool
	// names are in lower case; domains are those of names, without a dot before them.
	names, domains map[string]bool
	serials        map[string]bool
	macs, ids      map[uint64]bool
	levels         map[string]bool
	networks       networks
	became         map[uint32]netip.Addr // replacements of IPv4 addresses, as a memory
	// words are the names that were made, by class and name; taken are the same.
	words map[string]string
	taken map[string]bool
}

// New returns one with a key; nil: a random one. Its error is that there is
// no randomness.
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

// Learn makes names and addresses known that may be in any recording: those of the
// inventory.
func (a *Anonymizer) Learn(names ...string) {
	for _, name := range names {
		a.learnName(name)
	}
}

// Own says that the commands of a playbook are not of this product: names may be in
// them, too.
func (a *Anonymizer) Own(playbook string) { a.own[playbook] = true }

// All returns recordings without names, addresses and ids; those that it is given
// stay as they are. What one host says of another is replaced, too: all are read
// first.
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

// replace returns a recording without names, addresses and ids.
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

// digest returns the replacement of a value of a class: 32 bytes that nobody can compute who has
// not the key.
func (a *Anonymizer) digest(class string, value []byte) []byte {
	h := hmac.New(sha256.New, a.key)
	h.Write([]byte(class))
	h.Write([]byte{0})
	h.Write(value)
	return h.Sum(nil)
}

// number is a digest of a number, as a number.
func (a *Anonymizer) number(class string, value uint64) uint64 {
	return binary.BigEndian.Uint64(a.digest(class, binary.BigEndian.AppendUint64(nil, value)))
}

// name returns the replacement of the name of a host.
func (a *Anonymizer) name(name string) string {
	host, domain, dotted := strings.Cut(name, ".")
	short := a.made("name", "host-", host, 8)
	if dotted {
		return short + "." + a.domain(domain)
	}
	return short
}

// domain returns the replacement of the name of a domain.
func (a *Anonymizer) domain(name string) string {
	return a.made("domain", "domain-", name, 6) + ".example"
}

// made is a name that is made for another, with so many letters at its end; two names
// never become one.
func (a *Anonymizer) made(class, begin, name string, letters int) string {
	name = strings.ToLower(name)
	if made := a.words[class+" "+name]; made != "" {
		return made
	}
	digest := a.digest(class, []byte(name))
	for { // a word that is taken becomes longer
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

// serial returns the replacement of a serial number: as many digits and capitals.
func (a *Anonymizer) serial(serial string) string {
	digest := strings.ToUpper(hex.EncodeToString(a.digest("serial", []byte(strings.ToUpper(serial)))))
	return digest[:min(len(serial), len(digest))]
}

// mac returns the replacement of a MAC; whether it is local, and for many, stays.
func (a *Anonymizer) mac(mac uint64) uint64 {
	const all, flags = 1<<48 - 1, 0x03 << 40
	if mac == 0 || mac == all {
		return mac
	}
	return a.number("mac", mac)&(all&^flags) | mac&flags
}

// id returns the replacement of a node id, a PVID or the like: as many hex digits.
func (a *Anonymizer) id(id uint64) uint64 {
	if id == 0 || id == 1<<64-1 {
		return id
	}
	digits := (len(fmt.Sprintf("%x", id)))
	became := a.number("id", id)
	if digits < 16 {
		became &= 1<<(4*digits) - 1
	}
	top := uint64(1) << (4*digits - 1) // the first digit is none of 0 to 7: the length stays
	return became | top
}

// uuid returns the replacement of a UUID without its dashes.
func (a *Anonymizer) uuid(digits string) string {
	if strings.Trim(digits, "0") == "" {
		return digits
	}
	return hex.EncodeToString(a.digest("uuid", []byte(strings.ToLower(digits)))[:16])
}
