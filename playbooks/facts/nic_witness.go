package facts

import (
	"net/netip"
	"slices"
)

// nicSearch weighs the evidence that a NIC is the RMC NIC (procedure D4, D17).
type nicSearch struct {
	all      []NIC
	boot     *BootLines
	log      *CloudInit
	captured *Captured
	api      apiNICs
	named    map[string]bool // the names of all
}

func newNICSearch(in RMCNICInput) *nicSearch {
	s := &nicSearch{all: in.NICs.List, boot: in.Boot, log: in.Log, captured: in.Captured, api: newAPINICs(in.API, in.NICs.List), named: map[string]bool{}}
	for _, n := range s.all {
		s.named[n.Name] = true
	}
	for _, n := range s.listed(func(n NIC) bool { return !hasCustomerIPv4(n) && s.witness(n).strong }) {
		s.api.contradictions = append(s.api.contradictions, "for "+n.Name+" "+s.witness(n).text+", but "+s.api.lists(n))
	}
	return s
}

// witness is a second witness for a NIC; its text completes "en1 ...", "" is none.
type witness struct {
	text string
	// strong: somebody has set the address. A live one may be autoconf6's.
	strong bool
}

// witness looks for the EUI-64 of a NIC's own MAC. A NIC that has told no MAC has
// no witness.
func (s *nicSearch) witness(n NIC) witness {
	if n.EUI64 == "" {
		return witness{}
	}
	own := func(addr netip.Addr) bool { return addr.String() == n.EUI64 }
	switch {
	case slices.ContainsFunc(storedAddresses(n.Attributes), own):
		return witness{"the ODM has the link-local address of its MAC", true}
	case s.inBootLine(n):
		return witness{"/etc/rc.tcpip sets the link-local address of its MAC", true}
	case s.inLog(n, true):
		return witness{"the cloud-init log has the link-local address of its MAC", true}
	case s.inCapture(n, true):
		return witness{"capture " + s.captured.ID + " has the link-local address of its MAC", true}
	case s.inLog(n, false):
		return witness{"the cloud-init log lists the link-local address of its MAC", false}
	case s.inCapture(n, false):
		return witness{"capture " + s.captured.ID + " shows the link-local address of its MAC", false}
	case slices.Contains(n.LinkLocal, n.EUI64):
		return witness{"it has the link-local address of its MAC", false}
	}
	return witness{}
}

func (s *nicSearch) inBootLine(n NIC) bool {
	return s.boot != nil && slices.ContainsFunc(s.boot.List, func(l BootLine) bool {
		return l.Address == n.EUI64 && (l.Interface == n.Name || !s.named[l.Interface])
	})
}

// inLog: the log has the address, set (the commands and their input) or listed (its
// tables show the live addresses, autoconf6's among them). Entries about another
// NIC with that MAC, such as the aggregate that this one belongs to, count for that
// other NIC; numbers alone may have changed since.
func (s *nicSearch) inLog(n NIC, set bool) bool {
	return s.log != nil && slices.ContainsFunc(s.log.Addresses, func(a LoggedAddress) bool {
		others := a.Interface != n.Name && slices.ContainsFunc(s.all, func(o NIC) bool { return o.Name == a.Interface && o.EUI64 == n.EUI64 })
		return a.LinkLocal && a.Address == n.EUI64 && !others && set == (a.Shape != shapeOldTable && a.Shape != shapeNewTable)
	})
}

// inCapture: the newest capture of this host has a NIC with this MAC, without a
// customer's address and with its link-local one, in the ODM or only live.
func (s *nicSearch) inCapture(n NIC, stored bool) bool {
	then := s.then(n)
	if then == nil || hasCustomerIPv4(*then) {
		return false
	}
	if stored {
		return slices.ContainsFunc(storedAddresses(then.Attributes), func(a netip.Addr) bool { return a.String() == n.EUI64 })
	}
	return slices.Contains(then.LinkLocal, n.EUI64)
}

// then is the NIC in the newest capture: the one with the same MAC. nil: there is
// none, or several.
func (s *nicSearch) then(n NIC) *NIC {
	if s.captured == nil || !s.captured.Known || n.MAC == "" {
		return nil
	}
	twins := sameMAC(n, s.captured.NICs.List)
	if len(twins) != 1 {
		return nil
	}
	return &twins[0]
}

// autoconfigured reports whether nobody need have set the live link-local address of
// a NIC: a line of rc.tcpip starts autoconf6 there, the lines are not known, or the
// NIC has another IPv6 address, which comes with one.
func (s *nicSearch) autoconfigured(n NIC) bool {
	return s.boot == nil || len(n.OtherIPv6) > 0 || slices.ContainsFunc(s.boot.List, func(l BootLine) bool {
		return l.Autoconf && (l.Interface == "" || l.Interface == n.Name)
	})
}

// gone says where something names an injected address for an interface that the
// host does not have: the RMC NIC may be the one that is gone. "" is nowhere.
//
// A NIC that is there under another name is not gone: its address or MAC is known.
func (s *nicSearch) gone() string {
	missing := func(name string) bool { return ethernetName.MatchString(name) && !s.named[name] }
	here := func(address string) bool {
		return slices.ContainsFunc(s.all, func(n NIC) bool { return n.EUI64 == address })
	}
	if s.boot != nil {
		for _, l := range s.boot.List {
			if missing(l.Interface) && isLinkLocal(l.Address) && !here(l.Address) {
				return "/etc/rc.tcpip sets a link-local address on " + l.Interface + ", which is not there"
			}
		}
	}
	if s.log != nil {
		for _, a := range s.log.Addresses {
			if missing(a.Interface) && a.LinkLocal && !here(a.Address) {
				return "the cloud-init log has a link-local address for " + a.Interface + ", which is not there"
			}
		}
	}
	if s.captured != nil {
		for _, n := range s.captured.NICs.List {
			if missing(n.Name) && len(n.LinkLocal) > 0 && !hasCustomerIPv4(n) && len(sameMAC(n, s.all)) == 0 {
				return "capture " + s.captured.ID + " has a NIC " + n.Name + " with a link-local address, which is not there"
			}
		}
	}
	return ""
}

// metadataSign says where the address of the metadata service speaks for a NIC, ""
// when nothing does.
func (s *nicSearch) metadataSign(n NIC) string {
	switch {
	case slices.Contains(n.IPv4, metadataIPv4):
		return "it has " + metadataIPv4
	case slices.Contains(odmIPv4(n), metadataIPv4):
		return "the ODM has " + metadataIPv4 + " for it"
	}
	if then := s.then(n); then != nil && !hasCustomerIPv4(*then) && slices.Contains(allIPv4(*then), metadataIPv4) {
		return "capture " + s.captured.ID + " has " + metadataIPv4 + " on it"
	}
	return ""
}

func (s *nicSearch) mayBeMetadata(n NIC) bool { return s.metadataSign(n) != "" }

// isInjectedForm reports whether an address looks like one that was made of a MAC
// and injected: link-local, with ff:fe in the middle of its interface id.
func isInjectedForm(addr netip.Addr) bool {
	return addr.Is6() && addr.IsLinkLocalUnicast() && looksLikeEUI64(addr.String())
}

// odmIPv4 are the IPv4 addresses in the ODM of a NIC.
func odmIPv4(n NIC) []string {
	var list []string
	for _, addr := range storedIPv4(n.Attributes) {
		if addr.Is4() && !addr.IsUnspecified() {
			list = append(list, addr.String())
		}
	}
	return list
}

// allIPv4 are the live ones and those in the ODM, each once.
func allIPv4(n NIC) []string {
	list := append(slices.Clone(n.IPv4), odmIPv4(n)...)
	slices.Sort(list)
	return slices.Compact(list)
}

// customerIPv4 are those that are not the metadata service's.
func customerIPv4(n NIC) []string {
	return slices.DeleteFunc(allIPv4(n), func(a string) bool { return a == metadataIPv4 })
}

func hasIPv4(n NIC) bool { return len(allIPv4(n)) > 0 }

// odmRead reports whether the attributes of a NIC were read: one that is down shows
// its addresses nowhere else.
func odmRead(n NIC) bool { return n.Attributes.Interface != "" }

func hasCustomerIPv4(n NIC) bool { return len(customerIPv4(n)) > 0 }
