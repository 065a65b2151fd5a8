package facts

import (
	"net/netip"
	"slices"
)

// nicDiff compares one captured NIC with its current state (own image, step 3).
type nicDiff struct {
	then, now NIC
	holders   map[netip.Addr][]string // the names of the NICs that hold an address now
	rmc       *RMCNIC                 // nil when it could not be judged
	out       *NetworkDiff
	missing   MissingInterface

	masks   map[netip.Addr]string // IPv4 addresses in this NIC's ODM now
	stored6 map[netip.Addr]bool   // IPv6 addresses in this NIC's ODM now
	shown   map[netip.Addr]bool   // addresses live on this NIC now
}

// compare adds missing and differing settings to the diff.
func (c *nicDiff) compare() {
	old, is := c.then.Attributes, c.now.Attributes
	switch {
	case old.Interface == "":
		c.differs("its ODM attributes were not captured")
		return
	case is.Interface == "":
		c.differs("its ODM attributes could not be read now")
		return
	case !available(c.now):
		c.differs("it is %s, not Available", c.now.Status)
		return
	}
	c.missing = MissingInterface{
		Name: c.now.Name, MAC: c.now.MAC, Was: c.then.Name,
		Alias4: []string{}, Alias6: []string{},
		NowNetAddr: is.NetAddr, NowNetMask: is.NetMask, NowState: is.State,
		NowNetAddr6: is.NetAddr6, NowPrefixLen: is.PrefixLen,
		CarriesSession: c.now.CarriesSession,
	}
	c.index()
	c.aliases4(c.primary4())
	c.aliases6(c.primary6())
	c.liveOnly()
	m := c.missing
	if m.NetAddr == "" && m.NetAddr6 == "" && len(m.Alias4) == 0 && len(m.Alias6) == 0 {
		return
	}
	switch {
	case !available(c.then) || old.State != "up":
		// Its address may be in use where it was moved to meanwhile.
		c.differs("it was %s and %s when captured: what it had is not set again", orNone(c.then.Status), orNone(old.State))
		return
	case is.State == "":
		c.differs("its state in the ODM is not known, so a change could not be undone")
		return
	}
	c.out.Interfaces = append(c.out.Interfaces, m)
}

// index takes the NIC's addresses of now apart.
func (c *nicDiff) index() {
	is := c.now.Attributes
	c.masks, c.stored6, c.shown = map[netip.Addr]string{}, map[netip.Addr]bool{}, map[netip.Addr]bool{}
	for _, text := range is.Alias4 {
		if addr, mask, ok := splitAlias4(text); ok {
			c.masks[addr] = mask
		}
	}
	if addr, err := netip.ParseAddr(is.NetAddr); err == nil {
		c.masks[addr] = is.NetMask
	}
	for _, text := range append([]string{is.NetAddr6}, is.Alias6...) {
		if addr, _, err := parseIPv6(text); err == nil {
			c.stored6[addr] = true
		}
	}
	for _, addr := range liveAddresses(c.now) {
		c.shown[addr] = true
	}
}

// differs adds a sentence about this NIC.
func (c *nicDiff) differs(format string, values ...any) {
	name := nicName(NIC{Name: c.now.Name, MAC: c.now.MAC})
	if c.then.Name != c.now.Name {
		name = nicName(NIC{Name: c.now.Name, MAC: c.now.MAC + ", " + c.then.Name + " then"})
	}
	c.out.differs("%s: "+format, append([]any{name}, values...)...)
}

// primary4 compares netaddr and netmask. It reports whether the aliases may be
// set: not where another address has taken the place.
func (c *nicDiff) primary4() bool {
	old, is := c.then.Attributes, c.now.Attributes
	then, err := netip.ParseAddr(old.NetAddr)
	now, _ := netip.ParseAddr(is.NetAddr)
	switch {
	case old.NetAddr == "" || err == nil && then.IsUnspecified():
		return true
	case err != nil || !then.Is4():
		c.differs("the captured netaddr %s can't be used", quoted(old.NetAddr))
		return true
	case now == then:
		if !sameMask(old.NetMask, is.NetMask) {
			c.differs("netmask of %s: %s", then, changed(old.NetMask, is.NetMask))
		}
		if old.State == "up" && is.State != "up" {
			c.differs("state %s", changed(old.State, is.State))
		}
		return true
	case is.NetAddr != "" && !now.IsUnspecified():
		c.differs("%s", changed(then.String(), is.NetAddr))
		return false
	case c.isAlias4(then):
		c.differs("%s is only an alias now", then)
		return true
	case len(c.now.IPv4) > 0:
		if c.shown[then] {
			c.differs("%s was in the ODM then, it is only live now", then)
			return true
		}
		c.differs("%s", changed(then.String(), c.now.IPv4[0]+" (only live)"))
		return false
	case c.elsewhere(then):
		return true
	}
	if _, ok := maskLength(old.NetMask); !ok {
		c.differs("%s is missing, but its captured netmask %s can't be used", then, quoted(old.NetMask))
		return true
	}
	c.missing.NetAddr, c.missing.NetMask = then.String(), old.NetMask
	return true
}

// isAlias4 reports whether an IPv4 address stands in this NIC's ODM now.
func (c *nicDiff) isAlias4(addr netip.Addr) bool {
	_, there := c.masks[addr]
	return there
}

// aliases4 compares alias4.
func (c *nicDiff) aliases4(maySet bool) {
	for _, text := range c.then.Attributes.Alias4 {
		addr, mask, ok := splitAlias4(text)
		if !ok || !safeWord.MatchString(text) {
			c.differs("the captured alias4 %s can't be used", quoted(text))
			continue
		}
		switch now, there := c.masks[addr]; {
		case there:
			if now != mask && !sameMask(now, mask) {
				c.differs("mask of alias %s: %s", addr, changed(mask, now))
			}
		case c.shown[addr]:
			c.differs("alias %s was in the ODM then, it is only live now", addr)
		case c.elsewhere(addr):
		case !maySet:
			c.differs("alias %s then, not now", addr)
		case !slices.Contains(c.missing.Alias4, text):
			c.missing.Alias4 = append(c.missing.Alias4, text)
		}
	}
}

// primary6 compares netaddr6 and prefixlen; it reports as primary4 does.
func (c *nicDiff) primary6() bool {
	old, is := c.then.Attributes, c.now.Attributes
	if old.NetAddr6 == "" {
		return true
	}
	then, _, err := parseIPv6(old.NetAddr6)
	if err != nil {
		c.differs("the captured netaddr6 %s can't be used", quoted(old.NetAddr6))
		return true
	}
	switch {
	case !c.wanted(then):
		return true
	case c.stored6[then]:
		if is.NetAddr6 == then.String() && old.PrefixLen != is.PrefixLen {
			c.differs("prefixlen of %s: %s", then, changed(old.PrefixLen, is.PrefixLen))
		}
		return true
	case is.NetAddr6 != "":
		c.differs("%s", changed(then.String(), is.NetAddr6))
		return false
	case c.shown[then]:
		c.differs("%s was in the ODM then, it is only live now", then)
		return true
	case c.elsewhere(then):
		return true
	}
	if _, err := parsePrefixLength(old.PrefixLen); err != nil && old.PrefixLen != "" {
		c.differs("%s is missing, but its captured prefixlen %s can't be used", then, quoted(old.PrefixLen))
		return true
	}
	c.missing.NetAddr6, c.missing.PrefixLen = then.String(), old.PrefixLen
	return true
}

// aliases6 compares alias6.
func (c *nicDiff) aliases6(maySet bool) {
	for _, text := range c.then.Attributes.Alias6 {
		addr, _, err := parseIPv6(text)
		switch {
		case err != nil || !safeWord.MatchString(text):
			c.differs("the captured alias6 %s can't be used", quoted(text))
		case !c.wanted(addr) || c.stored6[addr]:
		case c.shown[addr]:
			c.differs("alias %s was in the ODM then, it is only live now", addr)
		case c.elsewhere(addr):
		case !maySet:
			c.differs("alias %s then, not now", addr)
		case !slices.Contains(c.missing.Alias6, text):
			c.missing.Alias6 = append(c.missing.Alias6, text)
		}
	}
}

// wanted reports whether an IPv6 address is compared at all: a link-local one is not
// when it follows from the MAC, and never on the RMC NIC or while that is not
// known.
func (c *nicDiff) wanted(addr netip.Addr) bool {
	if !addr.IsLinkLocalUnicast() {
		return true
	}
	rmc := c.rmc == nil || c.rmc.State != nicFound || c.rmc.Name == c.now.Name
	eui, err := EUI64LinkLocal(c.now.MAC)
	return !rmc && (err != nil || addr != eui)
}

// elsewhere says in Differs that another NIC has the address now: to set it
// here too would break both.
func (c *nicDiff) elsewhere(addr netip.Addr) bool {
	for _, name := range c.holders[addr] {
		if name != c.now.Name {
			c.differs("%s is on %s now", addr, name)
			return true
		}
	}
	return false
}

// liveOnly tells of IPv4 addresses that were live and not in the ODM then, and
// are nowhere now: nothing says whether they were meant to stay.
func (c *nicDiff) liveOnly() {
	stored := storedIPv4(c.then.Attributes)
	for _, text := range c.then.IPv4 {
		addr, err := netip.ParseAddr(text)
		if err == nil && !slices.Contains(stored, addr) && len(c.holders[addr]) == 0 {
			c.differs("%s was live and not in the ODM then, it is not there now", addr)
		}
	}
}

// storedAddresses are all addresses in the ODM of one NIC.
func storedAddresses(a NICAttributes) []netip.Addr {
	found := storedIPv4(a)
	for _, text := range append([]string{a.NetAddr6}, a.Alias6...) {
		if addr, _, err := parseIPv6(text); err == nil {
			found = append(found, addr)
		}
	}
	return found
}

// sameMask compares two masks however they are written.
func sameMask(a, b string) bool {
	left, okLeft := maskLength(a)
	right, okRight := maskLength(b)
	return a == b || okLeft && okRight && left == right
}
