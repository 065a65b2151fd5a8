package facts

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
)

// site holds the networks of the original beside those of the copy.
type site struct {
	from string         // names the original in texts
	now  []netip.Prefix // networks of the copy
	lost []netip.Prefix // networks of the original that the copy is not in
	own  []netip.Addr   // addresses of the original that the copy does not have
}

// settings lists the settings of the original's site that are left. A value that lies in a network of
// the copy is at home, wherever it came from.
func (f *Failover) settings(then *Past, in FailoverInput) {
	if in.NICs == nil || in.Routes == nil {
		f.Unknown = append(f.Unknown, "all settings: the interfaces or the routes could not be read now")
		return
	}
	s := site{from: f.From, now: networksOf(in.NICs.List, in.Routes.List, true)}
	for _, network := range networksOf(then.NICs.List, then.Routes.List, false) {
		if !slices.Contains(s.now, network) {
			s.lost = append(s.lost, network)
		}
	}
	here := siteAddresses(in.NICs.List, true)
	for _, addr := range siteAddresses(then.NICs.List, false) {
		if !slices.Contains(here, addr) {
			s.own = append(s.own, addr)
		}
	}
	f.leftAddresses(in.NICs.List, s)
	f.leftRoutes(then, in, s)
	var names, times []string
	if in.Nameservers != nil {
		names = in.Nameservers.List
	}
	if in.TimeServers != nil {
		times = in.TimeServers.List
	}
	f.leftServers(SiteSetting{What: "nameserver", Where: "/etc/resolv.conf"}, s, remembered(then, "nameservers", then.Nameservers.List), names)
	f.leftServers(SiteSetting{What: "time server", Where: "/etc/ntp.conf"}, s, remembered(then, "time_servers", then.TimeServers.List), times)
	f.leftHosts(then, in.HostsTable, s)
	slices.SortFunc(f.Left, func(a, b SiteSetting) int {
		return cmp.Or(cmp.Compare(a.What, b.What), cmp.Compare(a.Value, b.Value), cmp.Compare(a.Where, b.Where))
	})
	f.Left = slices.Compact(f.Left)
	f.Left = f.Left[:min(len(f.Left), maxShown)]
	slices.Sort(f.Unknown)
}

// remembered is a list of an earlier state; nil: it was not read then.
func remembered(then *Past, fact string, list []string) []string {
	if !then.has(fact) {
		return nil
	}
	return append([]string{}, list...)
}

// networksOf are the networks that a host is in: by its addresses and masks, and by the
// routes of its interfaces. live leaves out addresses that are only in the ODM. Loopback
// and link-local networks are no site's.
func networksOf(nics []NIC, routes []Route, live bool) []netip.Prefix {
	var found []netip.Prefix
	add := func(p netip.Prefix, err error) {
		addr := p.Addr()
		if err == nil && p.Bits() > 0 && !p.IsSingleIP() && !addr.IsLinkLocalUnicast() && !addr.IsLoopback() && !addr.IsMulticast() && !slices.Contains(found, p.Masked()) {
			found = append(found, p.Masked())
		}
	}
	for _, n := range nics {
		shown := liveAddresses(n)
		for _, stored := range maskedAddresses(n) {
			if length, ok := maskLength(stored.mask); ok && (!live || slices.Contains(shown, stored.addr)) {
				add(stored.addr.Prefix(length))
			}
		}
	}
	for _, r := range routes {
		if !strings.Contains(r.Flags, "G") {
			add(netip.ParsePrefix(r.Destination))
		}
	}
	return found
}

// maskedAddress is an IPv4 address of the ODM, with its mask as it is written.
type maskedAddress struct {
	addr netip.Addr
	mask string
}

// maskedAddresses are the IPv4 addresses that a boot brings back.
func maskedAddresses(n NIC) []maskedAddress {
	var found []maskedAddress
	for _, text := range append([]string{n.Attributes.NetAddr + "," + n.Attributes.NetMask}, n.Attributes.Alias4...) {
		address, mask, _ := strings.Cut(text, ",")
		if addr, err := netip.ParseAddr(address); err == nil {
			found = append(found, maskedAddress{addr, mask})
		}
	}
	return found
}

// siteAddresses are the addresses of a host without link-local ones. live leaves out those
// that are only in the ODM.
func siteAddresses(nics []NIC, live bool) []netip.Addr {
	var found []netip.Addr
	for _, n := range nics {
		all := liveAddresses(n)
		if !live {
			for _, stored := range maskedAddresses(n) {
				all = append(all, stored.addr)
			}
		}
		for _, addr := range all {
			if !addr.IsLinkLocalUnicast() {
				found = append(found, addr)
			}
		}
	}
	return found
}

// at reports whether an address is in one of some networks.
func at(networks []netip.Prefix, addr netip.Addr) bool {
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// leftAddresses are addresses of the original that the next boot brings back here.
func (f *Failover) leftAddresses(now []NIC, s site) {
	for _, n := range now {
		for _, stored := range maskedAddresses(n) {
			if slices.Contains(s.own, stored.addr) {
				f.left(SiteSetting{What: "address", Value: stored.addr.String(), Where: "lsattr -El " + clean(n.Name, maxName),
					Why: "the original had it in " + s.from + "; the next boot sets it here"})
			}
		}
	}
}

// leftRoutes are static routes of the original whose gateway no interface of the copy
// can reach.
func (f *Failover) leftRoutes(then *Past, in FailoverInput, s site) {
	add := func(where, destination, gateway string) {
		addr, err := netip.ParseAddr(gateway)
		if err == nil && !at(s.now, addr) && !addr.IsLinkLocalUnicast() {
			f.left(SiteSetting{What: "static route", Value: destination + " via " + gateway, Where: where,
				Why: "it is in " + s.from + ", and this VM is in no network with that gateway"})
		}
	}
	switch {
	case len(s.now) == 0:
		f.Unknown = append(f.Unknown, "routes: the networks of this VM are not known")
		return
	case !then.has("routes"):
		f.Unknown = append(f.Unknown, "live routes: not in "+s.from)
	default:
		for _, r := range in.Routes.List {
			if r.Static && slices.ContainsFunc(then.Routes.List, func(t Route) bool { return t.Static && routeText(t) == routeText(r) }) {
				add("netstat -rn", r.Destination, r.Gateway)
			}
		}
	}
	switch {
	case !then.has("static_routes"):
		f.Unknown = append(f.Unknown, "routes of the ODM: not in "+s.from)
	case in.StaticRoutes == nil:
		f.Unknown = append(f.Unknown, "routes of the ODM: could not be read now")
	default:
		for _, r := range in.StaticRoutes.List {
			if slices.ContainsFunc(then.StaticRoutes.List, func(t StaticRoute) bool { return t.Text == r.Text }) {
				add("lsattr -El inet0 -a route", r.Destination, r.Gateway)
			}
		}
	}
}

// leftServers are servers that a file of the copy names as that of the original did, or
// that are in a network of the original alone. nil lists were not read.
func (f *Failover) leftServers(kind SiteSetting, s site, then, now []string) {
	switch {
	case now == nil:
		f.Unknown = append(f.Unknown, kind.Where+": could not be read now")
	case then == nil && len(now) > 0:
		f.Unknown = append(f.Unknown, kind.Where+": not in "+s.from)
	}
	for _, text := range now {
		addr, err := netip.ParseAddr(text)
		kind.Value = text
		switch {
		case err == nil && (at(s.now, addr) || addr.IsLoopback()):
		case err == nil && at(s.lost, addr):
			kind.Why = "it is in a network of " + s.from + " that this VM is not in"
			f.left(kind)
		case slices.Contains(then, text):
			kind.Why = "it is the same in " + s.from
			f.left(kind)
		}
	}
}

// leftHosts are lines of /etc/hosts with an address that the original had, or in a
// network of the original alone. A line that the original did not have is none.
func (f *Failover) leftHosts(then *Past, now *HostsTable, s site) {
	if now == nil {
		f.Unknown = append(f.Unknown, "/etc/hosts: could not be read now")
		return
	}
	for _, e := range now.List {
		addr, err := netip.ParseAddr(e.Address)
		if err != nil || then.has("hosts_table") && !slices.ContainsFunc(then.HostsTable.List, func(t HostsEntry) bool { return t.Address == e.Address }) {
			continue
		}
		entry := SiteSetting{What: "hosts entry", Value: e.Address + " " + strings.Join(e.Names, " "), Where: "/etc/hosts"}
		switch {
		case slices.Contains(s.own, addr):
			entry.Why = "the original had this address in " + s.from + ", this VM does not"
			f.left(entry)
		case at(s.lost, addr) && !at(s.now, addr):
			entry.Why = "it is in a network of " + s.from + " that this VM is not in"
			f.left(entry)
		}
	}
}

func (f *Failover) left(s SiteSetting) {
	s.Value, s.Why = clean(s.Value, maxText), clean(s.Why, maxText)
	if len(f.Left) < maxRows {
		f.Left = append(f.Left, s)
	}
}
