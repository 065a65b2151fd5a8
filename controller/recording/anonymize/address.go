package anonymize

import (
	"encoding/binary"
	"net/netip"
)

// networks are the networks of the interfaces in the recordings. They define the network
// and broadcast addresses.
type networks []netip.Prefix

// of returns the narrowest network with an address; without one, its /24 network.
func (n networks) of(addr netip.Addr) netip.Prefix {
	best := netip.PrefixFrom(addr, 24).Masked()
	found := false
	for _, p := range n {
		if p.Contains(addr) && (!found || p.Bits() > best.Bits()) {
			best, found = p, true
		}
	}
	return best
}

func number4(addr netip.Addr) uint32 {
	b := addr.As4()
	return binary.BigEndian.Uint32(b[:])
}

func addr4(n uint32) netip.Addr {
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, n)))
}

// stays returns the number of leading bits of an IPv4 address that are kept, because they
// define its kind. 32: the address is kept, such as a mask.
func stays(n uint32) int {
	first, second := n>>24, n>>16&0xff
	switch {
	case first == 0, first == 127, first >= 224, first == 169 && second == 254:
		return 32
	case first == 172 && second&0xf0 == 16:
		return 12
	case first == 192, first == 172, first == 169: // other addresses must not become private ones
		return 16
	}
	return 8
}

// bits4 returns the replacement of an IPv4 address. Whether a bit is flipped depends on the
// bits before it, so addresses keep the length of their common prefix. The first bit that
// may be flipped always is, so no address stays the same.
func (a *Anonymizer) bits4(n uint32) uint32 {
	kept := stays(n)
	became := n
	for depth := kept; depth < 32; depth++ {
		bit := uint32(1) << (31 - depth)
		before := uint64(n&^(bit<<1-1))<<8 | uint64(depth)
		if depth == 0 {
			before = 0
		}
		if depth == kept || a.number("ipv4", before)&1 == 1 {
			became ^= bit
		}
	}
	return became
}

// ipv4 returns the replacement of an IPv4 address.
func (a *Anonymizer) ipv4(addr netip.Addr) netip.Addr {
	n := number4(addr)
	if stays(n) == 32 {
		return addr
	}
	if became, known := a.became[n]; known {
		return became
	}
	became := a.mapped4(n, addr)
	if len(a.became) < 100_000 {
		a.became[n] = became
	}
	return became
}

// mapped4 returns the replacement of an address that is not kept.
func (a *Anonymizer) mapped4(n uint32, addr netip.Addr) netip.Addr {
	network := a.networks.of(addr)
	if network.Bits() > 30 || network.Bits() < stays(n) {
		return addr4(a.bits4(n))
	}
	host := uint32(1)<<(32-network.Bits()) - 1
	first, last := n&^host, n|host
	// Swap so that the network address maps to the new network address and the broadcast
	// address to the new broadcast address.
	image := a.bits4(n) &^ host
	swap := func(x, one, other uint32) uint32 {
		switch x {
		case one:
			return other
		case other:
			return one
		}
		return x
	}
	zero := func(x uint32) uint32 { return swap(a.bits4(x), a.bits4(first), image) }
	return addr4(swap(zero(n), zero(last), image|host))
}

// prefix4 returns the replacement of the first bits of an IPv4 address.
func (a *Anonymizer) prefix4(n uint32, bits int) uint32 {
	if stays(n) == 32 || bits < stays(n) {
		return n
	}
	return a.bits4(n) &^ (1<<(32-bits) - 1)
}

// ipv6 returns the replacement of an IPv6 address. Addresses keep the number of groups that
// they have in common at the start of their first half.
func (a *Anonymizer) ipv6(addr netip.Addr) netip.Addr {
	switch {
	case addr.Is4In6():
		v4 := a.ipv4(addr.Unmap())
		return netip.AddrFrom16(v4.As16())
	case addr.IsUnspecified(), addr.IsLoopback(), addr.IsMulticast():
		return addr
	}
	b := addr.As16()
	for i := 2; i < 8; i += 2 { // the first group defines the kind of address
		group := uint64(binary.BigEndian.Uint16(b[i:]))
		if group == 0 {
			continue
		}
		was := addr.As16()
		digest := a.digest("ipv6", was[:i+2])
		became := binary.BigEndian.Uint16(digest) | 1 // not 0
		if uint64(became) == group {
			became ^= 0x8000
		}
		binary.BigEndian.PutUint16(b[i:], became)
	}
	binary.BigEndian.PutUint64(b[8:], a.interfaceID(binary.BigEndian.Uint64(b[8:])))
	return netip.AddrFrom16(b)
}

// interfaceID returns the replacement of the second half of an IPv6 address.
func (a *Anonymizer) interfaceID(id uint64) uint64 {
	if id == 0 {
		return 0
	}
	if id>>24&0xffff == 0xfffe { // derived from a MAC
		mac := id>>40<<24 | id&0xffffff
		mac = a.mac(mac^0x02<<40) ^ 0x02<<40
		return mac>>24<<40 | 0xfffe<<24 | mac&0xffffff
	}
	became := a.number("interface", id)
	if became>>24&0xffff == 0xfffe {
		became ^= 1 << 24
	}
	return became
}
