package facts

import (
	"errors"
	"net/netip"
	"slices"
)

// Marks of NovaLink's RMC network (I: seen in driver code only).
const (
	managementVLAN   = 4094
	managementSwitch = "MGMTSWITCH"
)

// metadataIPv4 is the address of the metadata service's NIC (D).
const metadataIPv4 = "169.254.169.253"

// NICsInput holds the facts that DeriveNICs reads; only Ifconfig is required.
type NICsInput struct {
	Ifconfig   *Ifconfig      `fact:"ifconfig"`
	Devices    *Devices       `fact:"lsdev"`
	Adapters   *Adapters      `fact:"entstat"`
	Links      *LinkAddresses `fact:"netstat"`
	Attributes *Attributes    `fact:"lsattr"`
	Session    *SSHConnection `fact:"session"`
}

// DeriveNICs joins the outputs of several commands for each en interface (procedure D4 to
// D6). An interface that is down is missing from ifconfig (K), so every source
// adds names. The MAC is entstat's, else netstat's. Attributes.Interface stays
// "" for a NIC whose attributes were not read.
func DeriveNICs(in NICsInput) (NICs, error) {
	if in.Ifconfig == nil {
		return NICs{}, errors.New("the interfaces are not known")
	}
	byName := map[string]*NIC{}
	nic := func(name string) *NIC {
		if !ethernetName.MatchString(name) {
			return &NIC{} // not an Ethernet interface: written to and forgotten
		}
		if byName[name] == nil {
			fresh := noNIC()
			fresh.Name = name
			byName[name] = &fresh
		}
		return byName[name]
	}
	for _, i := range in.Ifconfig.Interfaces {
		nic(i.Name).addLive(i)
	}
	if in.Devices != nil {
		for _, d := range in.Devices.List {
			nic(d.Name).Status = d.Status
		}
	}
	if in.Links != nil {
		for _, l := range in.Links.List {
			nic(l.Interface).MAC = l.MAC
		}
	}
	if in.Adapters != nil {
		for _, a := range in.Adapters.List {
			n := nic(a.Interface)
			n.VLAN, n.Switch = a.VLAN, a.Switch
			if a.MAC != "" {
				n.MAC = a.MAC
			}
		}
	}
	if in.Attributes != nil {
		for _, a := range in.Attributes.List {
			nic(a.Interface).Attributes = a
		}
	}
	found := NICs{List: []NIC{}}
	holders := sessionHolders(in)
	for _, n := range byName {
		if n.Attributes.Alias6 == nil {
			n.Attributes.Alias6 = []string{}
		}
		if n.Attributes.Alias4 == nil {
			n.Attributes.Alias4 = []string{}
		}
		if addr, err := EUI64LinkLocal(n.MAC); err == nil {
			n.EUI64 = addr.String()
		}
		n.Management = n.Switch == managementSwitch || n.Switch == "" && n.VLAN == managementVLAN && !hasIPv4(*n)
		n.CarriesSession = slices.Contains(holders, n.Name) || len(holders) == 0 && len(n.IPv4) > 0
		found.List = append(found.List, *n)
	}
	slices.SortFunc(found.List, func(a, b NIC) int {
		return ethernetNumber(a.Name) - ethernetNumber(b.Name)
	})
	return found, nil
}

// noNIC is the NIC of which nothing is known; its lists are empty, not nil.
func noNIC() NIC {
	return NIC{
		IPv4:       []string{},
		LinkLocal:  []string{},
		OtherIPv6:  []string{},
		Attributes: NICAttributes{Alias4: []string{}, Alias6: []string{}},
	}
}

// addLive takes over the addresses that ifconfig shows.
func (n *NIC) addLive(i Interface) {
	n.Up = i.Up
	n.IPv4 = append(n.IPv4, i.IPv4...)
	for _, text := range i.IPv6 {
		addr, _, err := parseIPv6(text)
		switch {
		case err != nil:
		case addr.IsLinkLocalUnicast():
			n.LinkLocal = append(n.LinkLocal, addr.String())
		default:
			n.OtherIPv6 = append(n.OtherIPv6, addr.String()+" ("+scope(addr)+")")
		}
	}
}

// sessionHolders names the interfaces that hold the server's side of the SSH
// connection; none when it is not known, or behind NAT.
func sessionHolders(in NICsInput) []string {
	var holders []string
	if in.Session == nil || !in.Session.Known {
		return nil
	}
	server, err := netip.ParseAddr(in.Session.Server)
	if err != nil {
		return nil
	}
	for _, i := range in.Ifconfig.Interfaces {
		held := slices.Contains(i.IPv4, server.String())
		for _, text := range i.IPv6 {
			addr, _, err := parseIPv6(text)
			held = held || err == nil && addr == server
		}
		if held && ethernetName.MatchString(i.Name) {
			holders = append(holders, i.Name)
		}
	}
	return holders
}
