package revoked

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"

	"golang.org/x/crypto/ssh"
)

// The format is that of PROTOCOL.krl of OpenSSH.
const (
	magic   = "SSHKRL\n\x00"
	version = 1

	sectionCertificates = 1
	sectionKeys         = 2
	sectionSHA1         = 3
	sectionSHA256       = 5

	serialList   = 0x20
	serialRange  = 0x21
	serialBitmap = 0x22
	keyIDs       = 0x23

	// maxBitmap bounds a bitmap, in bytes.
	maxBitmap = 1 << 20
)

var errShort = errors.New("the KRL ends too early")

// reader takes a KRL apart. The first error stays.
type reader struct {
	data []byte
	err  error
}

func (r *reader) take(n uint64) []byte {
	if r.err != nil || n > uint64(len(r.data)) {
		r.err = errShort
		r.data = nil
		return nil
	}
	out := r.data[:n]
	r.data = r.data[n:]
	return out
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) uint64() uint64 {
	if b := r.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

func (r *reader) string() []byte {
	b := r.take(4)
	if b == nil {
		return nil
	}
	return r.take(uint64(binary.BigEndian.Uint32(b)))
}

func (r *reader) more() bool { return r.err == nil && len(r.data) > 0 }

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

// parseKRL reads a KRL.
func parseKRL(data []byte) (*List, error) {
	r := &reader{data: data[len(magic):]}
	if b := r.take(4); b != nil && binary.BigEndian.Uint32(b) != version {
		return nil, fmt.Errorf("a KRL of version %d is not read", binary.BigEndian.Uint32(b))
	}
	r.take(24) // its number, its date and its flags
	reserved := r.string()
	r.string() // its comment
	if len(reserved) > 0 {
		return nil, errors.New("the reserved part of the KRL is not empty")
	}
	list := newList()
	for r.more() {
		kind := r.byte()
		section := &reader{data: r.string()}
		if r.err != nil {
			break
		}
		list.section(kind, section)
		if section.err != nil {
			return nil, section.err
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	return list, nil
}

func (l *List) section(kind byte, r *reader) {
	switch kind {
	case sectionCertificates:
		l.certificates(r)
	case sectionKeys:
		for r.more() {
			key, err := ssh.ParsePublicKey(r.string())
			if r.err == nil && err != nil {
				r.fail("a key of the KRL can't be read: %w", err)
			}
			if r.err == nil {
				l.keys[string(plain(key).Marshal())] = true
			}
		}
	case sectionSHA1:
		hashes(r, l.sha1, 20)
	case sectionSHA256:
		hashes(r, l.sha256, 32)
	default:
		r.fail("section %d of the KRL is not read", kind)
	}
}

func hashes(r *reader, into map[string]bool, size int) {
	for r.more() {
		hash := r.string()
		if r.err == nil && len(hash) != size {
			r.fail("a fingerprint of the KRL has %d bytes", len(hash))
		}
		into[string(hash)] = true
	}
}

func (l *List) certificates(r *reader) {
	a := authority{ids: map[string]bool{}}
	if blob := r.string(); len(blob) > 0 {
		key, err := ssh.ParsePublicKey(blob)
		if err != nil {
			r.fail("an authority of the KRL can't be read: %w", err)
			return
		}
		a.key = string(plain(key).Marshal())
	}
	if reserved := r.string(); len(reserved) > 0 {
		r.fail("a reserved part of the KRL is not empty")
	}
	for r.more() {
		kind := r.byte()
		part := &reader{data: r.string()}
		if r.err == nil {
			a.part(kind, part)
		}
		if part.err != nil {
			r.fail("%w", part.err)
		}
	}
	l.authorities = append(l.authorities, a)
}

func (a *authority) part(kind byte, r *reader) {
	switch kind {
	case serialList:
		for r.more() {
			n := r.uint64()
			a.serials = append(a.serials, span{n, n})
		}
	case serialRange:
		s := span{r.uint64(), r.uint64()}
		if r.more() || s.from > s.to {
			r.fail("a range of serial numbers in the KRL can't be read")
		}
		a.serials = append(a.serials, s)
	case serialBitmap:
		offset, bits := r.uint64(), r.string()
		if r.more() || len(bits) > maxBitmap || len(bits) > 0 && bits[0]&0x80 != 0 {
			r.fail("a bitmap of the KRL can't be read")
		}
		a.bitmaps = append(a.bitmaps, bitmap{offset, new(big.Int).SetBytes(bits)})
	case keyIDs:
		for r.more() {
			a.ids[string(r.string())] = true
		}
	default:
		r.fail("part %#x of the certificates in the KRL is not read", kind)
	}
}
