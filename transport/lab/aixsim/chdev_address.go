package aixsim

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// index4 finds an address among entries like 10.2.3.4/24.
func index4(list []string, addr string) int {
	return slices.IndexFunc(list, func(entry string) bool { return addrOf(entry) == addr })
}

// drop4 takes an IPv4 address off the live interface.
func (n *NIC) drop4(addr string) {
	n.Live.IPv4 = dropAt(n.Live.IPv4, index4(n.Live.IPv4, addr))
}

// dropAt removes an entry, if there is one (i is not negative); an empty list
// is nil, as JSON gives it back.
func dropAt[T any](list []T, i int) []T {
	switch {
	case i < 0:
		return list
	case len(list) == 1:
		return nil
	}
	return slices.Delete(list, i, i+1)
}

// add4 puts an IPv4 address on the live interface; the first one is its own,
// the rest are aliases.
func (n *NIC) add4(at int, addr string, bits int) {
	if index4(n.Live.IPv4, addr) < 0 {
		n.Live.IPv4 = slices.Insert(n.Live.IPv4, min(at, len(n.Live.IPv4)), fmt.Sprintf("%s/%d", addr, bits))
	}
}

// netaddr replaces the one IPv4 address; aliases stay.
func (c *chdev) netaddr(v string) string {
	n := c.nic
	if v == "0.0.0.0" {
		v = "" // how it is unset by those who know
	}
	if v != "" && !isIPv4(v) {
		return badValue("netaddr")
	}
	mask, given := c.values["netmask"]
	if !given {
		mask = n.Attrs.NetMask
	}
	n.drop4(n.Attrs.NetAddr)
	n.Attrs.NetAddr = v
	if v != "" && c.becomesUp() {
		n.drop4(v)
		n.add4(0, v, maskBits(mask))
	}
	return ""
}

// netmask changes the length of the one IPv4 address.
func (c *chdev) netmask(v string) string {
	if v != "" && maskLength(v) < 0 {
		return badValue("netmask")
	}
	n := c.nic
	n.Attrs.NetMask = v
	if i := index4(n.Live.IPv4, n.Attrs.NetAddr); i >= 0 {
		n.Live.IPv4[i] = fmt.Sprintf("%s/%d", n.Attrs.NetAddr, maskBits(v))
	}
	return ""
}

// maskBits is the length of a mask; of none, that of most nets.
func maskBits(mask string) int {
	if bits := maskLength(mask); bits >= 0 {
		return bits
	}
	return 24
}

// alias4 adds or removes ADDRESS,MASK.
func (c *chdev) alias4(k, v string) string {
	n := c.nic
	addr, mask, ok := strings.Cut(v, ",")
	if !isIPv4(addr) || !ok || maskLength(mask) < 0 {
		return badValue(k)
	}
	i := slices.Index(n.Attrs.Alias4, v)
	switch {
	case k == "delalias4" && i < 0:
		return badValue(k)
	case k == "delalias4":
		n.Attrs.Alias4 = dropAt(n.Attrs.Alias4, i)
		n.drop4(addr)
		return ""
	case i < 0:
		n.Attrs.Alias4 = append(n.Attrs.Alias4, v)
	}
	if c.becomesUp() {
		n.add4(len(n.Live.IPv4), addr, maskLength(mask))
	}
	return ""
}

// raise4 brings up the IPv4 addresses of the ODM.
func (c *chdev) raise4() {
	n := c.nic
	if n.Attrs.NetAddr != "" {
		n.add4(0, n.Attrs.NetAddr, maskBits(n.Attrs.NetMask))
	}
	for _, alias := range n.Attrs.Alias4 {
		addr, mask, _ := strings.Cut(alias, ",")
		n.add4(len(n.Live.IPv4), addr, maskBits(mask))
	}
}

func (c *chdev) prefixlen(v string) string {
	if n, err := strconv.Atoi(v); v != "" && (err != nil || n < 1 || n > 128) {
		return badValue("prefixlen")
	}
	c.nic.Attrs.PrefixLen = v
	return ""
}

// netaddr6 replaces the one address: the old one leaves the interface.
func (c *chdev) netaddr6(v string) string {
	n := c.nic
	var addr netip.Addr
	if v != "" {
		a, err := netip.ParseAddr(v)
		if err != nil || !a.Is6() || a.Zone() != "" {
			return badValue("netaddr6")
		}
		addr = a
	}
	if old, err := netip.ParseAddr(n.Attrs.NetAddr6); err == nil && old != addr {
		n.Live.IPv6 = dropAt(n.Live.IPv6, index6(n.Live.IPv6, old))
	}
	n.Attrs.NetAddr6 = v
	if v == "" {
		n.Attrs.PrefixLen = ""
		return ""
	}
	bits := c.values["prefixlen"]
	if bits == "" {
		bits = n.Attrs.PrefixLen
	}
	length, err := strconv.Atoi(bits)
	if err != nil {
		length = 64
	}
	if !n.hasLive6(addr) && c.becomesUp() {
		n.Live.IPv6 = append(n.Live.IPv6, netip.PrefixFrom(addr, length).String())
	}
	return ""
}

func (c *chdev) alias6(k, v string) string {
	addr, length, ok := strings.Cut(v, "/")
	a, err := netip.ParseAddr(addr)
	if bits, convErr := strconv.Atoi(length); err != nil || !a.Is6() || ok && (convErr != nil || bits < 1 || bits > 128) {
		return badValue(k)
	}
	if !ok {
		length = "64"
	}
	n := c.nic
	if k == "delalias6" {
		i := index6(n.Attrs.Alias6, a)
		if i < 0 {
			return badValue(k)
		}
		n.Attrs.Alias6 = dropAt(n.Attrs.Alias6, i)
		n.Live.IPv6 = dropAt(n.Live.IPv6, index6(n.Live.IPv6, a))
		return ""
	}
	if !contains6(n.Attrs.Alias6, a) {
		n.Attrs.Alias6 = append(n.Attrs.Alias6, addr+"/"+length)
	}
	if !n.hasLive6(a) && c.becomesUp() {
		n.Live.IPv6 = append(n.Live.IPv6, a.String()+"/"+length)
	}
	return ""
}

// raise6 brings up the IPv6 addresses of the ODM.
func (c *chdev) raise6() {
	n := c.nic
	if a, err := netip.ParseAddr(n.Attrs.NetAddr6); err == nil && !n.hasLive6(a) {
		n.Live.IPv6 = append(n.Live.IPv6, fmt.Sprintf("%s/%d", a, max(1, prefixOr64(n.Attrs.PrefixLen))))
	}
	for _, alias := range n.Attrs.Alias6 {
		if a, err := netip.ParseAddr(addrOf(alias)); err == nil && !n.hasLive6(a) {
			n.Live.IPv6 = append(n.Live.IPv6, alias)
		}
	}
}

func prefixOr64(s string) int {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	return 64
}
