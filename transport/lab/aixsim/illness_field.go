package aixsim

import "strings"

// FieldCases are further ways for a host to be, as they are met in the field:
// metadata service NICs, customers on VLAN 4094, clusters that are not up. The
// demo fleet has none of them; [FindIllness] finds them.
func FieldCases() []Illness {
	return append(metadataCases(), clusterCases()...)
}

// metadataAddress is the address of the metadata service NIC (aix-facts 0.2).
const metadataAddress = "169.254.169.253"

// addMetadataNIC adds the metadata service's NIC, with its address live and in the
// ODM. On which switch it is, is not known (K): "" has no line of it in entstat.
func (s *State) addMetadataNIC(vlan int, vswitch string) *NIC {
	number := 0
	for _, n := range s.NICs {
		number = max(number, numberOf(n.Name)+1)
	}
	name := itoa(int64(number))
	mac := "fa:16:3e" // as the management adapter's, but for its beginning and end
	if n := s.managementNIC(); n != nil {
		mac += n.MAC[8:15] + "5a"
	} else {
		mac += s.NICs[0].MAC[8:15] + "5b"
	}
	s.NICs = append(s.NICs, NIC{Adapter: "ent" + name, Name: "en" + name, MAC: mac, VLAN: vlan, Switch: vswitch, Device: virtualAdapter,
		Status: "Available", Metadata: true})
	n := &s.NICs[len(s.NICs)-1]
	n.setMetadataAddress()
	return n
}

// setMetadataAddress gives a NIC the metadata service's address.
func (n *NIC) setMetadataAddress() {
	n.Live.Up, n.Live.IPv4 = true, []string{metadataAddress + "/16"}
	n.Attrs.NetAddr, n.Attrs.NetMask, n.Attrs.State = metadataAddress, "255.255.0.0", "up"
}

// bare takes everything off a NIC but that it is up.
func (n *NIC) bare() {
	n.Live, n.Attrs = Live{Up: true}, NICAttr{State: "up"}
}

// untold takes the switch and VLAN lines out of entstat's output.
func (s *State) untold() {
	for i := range s.NICs {
		s.NICs[i].VLAN, s.NICs[i].Switch = 0, ""
	}
}

func metadataCases() []Illness {
	return []Illness{
		{Name: "metadata-nic", Description: "healthy, with a third NIC for the metadata service", Apply: func(s *State) { s.addMetadataNIC(0, "") }},
		{Name: "metadata-address-lost", Description: "connected; the metadata service NIC has lost its address, live and in the ODM", Apply: func(s *State) {
			s.addMetadataNIC(0, "").bare()
		}},
		{Name: "metadata-on-rmc-nic", Description: "connected; somebody put the metadata service's address on the RMC NIC, and entstat shows no switch", Apply: func(s *State) {
			s.addMetadataNIC(0, "").bare()
			s.managementNIC().setMetadataAddress()
			s.untold()
		}},
		{Name: "vlan-4094-on-customer", Description: "the customer's NIC is on VLAN 4094 of ETHERNET0, entstat of the RMC NIC fails, its address is gone live", Apply: func(s *State) {
			s.NICs[0].VLAN = 4094
			n := s.managementNIC()
			n.EntstatFails, n.Live.IPv6 = true, nil
		}},
		{Name: "rmc-nic-gone", Description: "the RMC NIC is gone, the metadata service NIC has lost its address, and entstat shows no switch", Apply: func(s *State) {
			s.addMetadataNIC(0, "").bare()
			s.NICs = append(s.NICs[:1:1], s.NICs[2:]...)
			s.untold()
		}},
	}
}

// caaDisk is the repository disk of CAA.
func (s *State) caaDisk() {
	s.Disks = append(s.Disks, Disk{Name: "hdisk2", PVID: "00fa0001caa00002", VG: "caavg_private", Active: true})
}

func clusterCases() []Illness {
	caa := func(s *State) {
		setNodeID(s, "1111222233337777", workNodeID)
		s.Cluster.CAA, s.Cluster.Nodes = "sspcl", []string{s.Hostname}
		s.ODM = cluster0()
	}
	return []Illness{
		{Name: "caa-live", Description: "a node of a CAA cluster without PowerHA; its node ids differ", Apply: func(s *State) {
			caa(s)
			s.caaDisk()
		}},
		{Name: "caa-stopped", Description: "CAA's services were stopped on this node; its node ids differ", Apply: func(s *State) {
			caa(s)
			s.Cluster.Stopped = true
			s.caaDisk()
		}},
		{Name: "caa-stopped-no-disk", Description: "as caa-stopped, and the repository disk can't be seen", Apply: func(s *State) {
			caa(s)
			s.Cluster.Stopped = true
		}},
		{Name: "powerha-down", Description: "PowerHA is installed and configured, and not running; the node ids differ", Apply: func(s *State) {
			setNodeID(s, "1111222233338888", workNodeID)
			s.ODM = []Stanza{{Class: "HACMPcluster", Attrs: []Field{{Name: "id", Value: "1531990482", Numeric: true}, {Name: "name", Value: "prodcl"}}}}
			s.Filesets = append(s.Filesets, Fileset{Name: "cluster.es.server.rte", Level: "7.2.7.0", State: "C", Type: "F", Description: "PowerHA SystemMirror Base Server Runtime"})
			s.Subsystems = append(s.Subsystems, Subsystem{Name: "clstrmgrES", Group: "cluster", Status: "inoperative"})
		}},
		{Name: "peer-domain-live", Description: "a node of an RSCT peer domain; its node ids differ", Apply: func(s *State) {
			setNodeID(s, "1111222233339999", workNodeID)
			s.Cluster.PeerDomain = "db2dom"
			s.subsystem("cthags").Status, s.subsystem("cthags").PID = "active", 9044400
			s.edit("/var/ct/cfg/current_cluster", func(string) string { return "3zYxwVut\n" })
		}},
	}
}

// clustered reports whether the host is, or was set up as, a node of a cluster.
func (s *State) clustered() bool {
	return s.Cluster.CAA != "" || s.Cluster.PeerDomain != "" || s.fileset("cluster.es.server.rte") != nil
}

// cluster0Rows reports whether the ODM has rows of cluster0.
func (s *State) cluster0Rows() bool {
	for _, st := range s.ODM {
		if strings.HasPrefix(st.Get("name"), "cluster0") {
			return true
		}
	}
	return false
}
