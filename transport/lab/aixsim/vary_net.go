package aixsim

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// netKinds are about NICs and the commands that show them.
func netKinds() []kind {
	return []kind{
		{name: "metadata-nic", fits: func(s *State) bool {
			for _, n := range s.NICs {
				if n.Metadata {
					return false
				}
			}
			return s.system() == "AIX"
		}, draw: drawMetadataNIC},
		{name: "entstat-customer", fits: func(s *State) bool { return s.managementNIC() == nil || s.managementNIC().Switch != "" }, draw: drawCustomerEntstat},
		{name: "entstat-vlan-alone", fits: func(s *State) bool { return s.toldByVLAN() }, draw: func(s *State, _ *rand.Rand) string {
			for i := range s.NICs {
				s.NICs[i].Switch = ""
			}
			return "entstat has no line Switch ID"
		}},
		{name: "entstat-switch-alone", fits: func(s *State) bool { n := s.managementNIC(); return n != nil && n.Switch == managementSwitch },
			draw: func(s *State, _ *rand.Rand) string {
				for i := range s.NICs {
					s.NICs[i].VLAN = 0
				}
				return "entstat has no line Port VLAN ID"
			}},
		{name: "entstat-nothing", fits: func(s *State) bool { return s.toldWithoutEntstat() }, draw: func(s *State, _ *rand.Rand) string {
			s.untold()
			return "entstat shows neither switch nor VLAN of any NIC"
		}},
		{name: "entstat-order", draw: func(s *State, r *rand.Rand) string {
			s.Variant.Entstat, s.Variant.EntstatBegin = r.Uint64()|1, one(r, "", "  ", "\t")
			return fmt.Sprintf("lines of entstat in another order, %q before them", s.Variant.EntstatBegin)
		}},
		{name: "netstat-zone", draw: func(s *State, r *rand.Rand) string {
			s.Variant.ZoneID = one(r, "ipv6", "all")
			return "netstat -in has the column ZoneID, filled: " + s.Variant.ZoneID
		}},
		{name: "ifconfig-form", draw: func(s *State, r *rand.Rand) string {
			v := &s.Variant
			v.Zone6, v.Metric, v.Loopback6 = r.IntN(2) == 0, r.IntN(2) == 0, one(r, "", "::1%1/64", "::1/128")
			return fmt.Sprintf("ifconfig: zone of fe80 addresses %t, metric %t, loopback %q", v.Zone6, v.Metric, v.Loopback6)
		}},
		{name: "lsdev-more", draw: func(s *State, r *rand.Rand) string {
			s.Variant.Interfaces = one(r, []string{"et0 Defined", "et1 Defined"}, []string{"sit0 Available"}, []string{"et0 Defined", "sit0 Defined", "ib0 Stopped"})
			return "lsdev lists " + strings.Join(s.Variant.Interfaces, ", ")
		}},
	}
}

const managementSwitch = "MGMTSWITCH"

// drawMetadataNIC adds the metadata service's NIC, in good order. On the management
// switch it is only where the RMC NIC shows that switch too and has its address
// somewhere: else nobody could tell the two apart, for somebody may have put the
// metadata service's address on the RMC NIC.
func drawMetadataNIC(s *State, r *rand.Rand) string {
	vlan, vswitch := 0, ""
	switch m := s.managementNIC(); {
	case m == nil || m.Switch == "" || m.EntstatFails || !s.addressSomewhere(m):
	case r.IntN(3) == 0:
		vlan, vswitch = 4093+r.IntN(2), managementSwitch
	case r.IntN(2) == 0:
		vlan, vswitch = 2+r.IntN(4000), "ETHERNET0"
	}
	n := s.addMetadataNIC(vlan, vswitch)
	return fmt.Sprintf("%s is the metadata service's, VLAN %d, switch %q", n.Name, vlan, vswitch)
}

// drawCustomerEntstat takes out of entstat the lines about NICs that are neither the
// hypervisor's nor bare.
func drawCustomerEntstat(s *State, r *rand.Rand) string {
	fails, names := r.IntN(2) == 0, []string{}
	for i := range s.NICs {
		n := &s.NICs[i]
		if n.Management || n.VLAN == 4094 || len(n.Live.IPv4) == 0 && n.Attrs.NetAddr == "" {
			continue
		}
		n.VLAN, n.Switch, n.EntstatFails = 0, "", fails
		names = append(names, n.Name)
	}
	if fails {
		return "entstat fails for " + strings.Join(names, ", ")
	}
	return "entstat shows neither switch nor VLAN of " + strings.Join(names, ", ")
}

// toldByVLAN reports whether VLAN 4094 alone says which NIC the hypervisor is
// behind: nobody else has it, and no IPv4 speaks against it.
func (s *State) toldByVLAN() bool {
	m := s.managementNIC()
	if m == nil || m.VLAN != 4094 || m.Switch != managementSwitch || len(m.Live.IPv4) > 0 || m.Attrs.NetAddr != "" {
		return false
	}
	for _, n := range s.NICs {
		if !n.Management && n.VLAN == 4094 {
			return false
		}
	}
	return true
}

// toldWithoutEntstat reports whether something but switch and VLAN says which NIC
// the hypervisor is behind: it is the only one without IPv4, and the address of its
// MAC is on it, in the ODM, in /etc/rc.tcpip or in the cloud-init log.
func (s *State) toldWithoutEntstat() bool {
	m := s.managementNIC()
	if m == nil || m.Switch == "" || m.EntstatFails {
		return false
	}
	for _, n := range s.NICs {
		if has4 := len(n.Live.IPv4) > 0 || n.Attrs.NetAddr != ""; has4 == n.Management {
			return false
		}
	}
	return s.addressSomewhere(m)
}

// addressSomewhere reports whether the address of a NIC's MAC is on it, in the ODM,
// in /etc/rc.tcpip or in the cloud-init log.
func (s *State) addressSomewhere(m *NIC) bool {
	addr := EUI64(m.MAC)
	log := s.Files["/var/log/cloud-init-output.log"].Content
	return m.hasLive6(addr) || m.Attrs.NetAddr6 == addr.String() || strings.Contains(s.Files["/etc/rc.tcpip"].Content, addr.String()) ||
		strings.Contains(log, addr.String()) || strings.Contains(log, exploded(addr.String()))
}
