package aixsim

import (
	"fmt"
	"slices"
	"time"
)

// Illness is a fault of a host. It does not say what anybody should
// find or do: that is the product's to know.
type Illness struct {
	Name        string
	Description string
	// Apply makes a healthy host ill.
	Apply func(*State)
	// Pair makes a second host the counterpart of the first.
	Pair func(first, second *State)
}

// FindIllness returns an illness by name, of [Illnesses] or [FieldCases].
func FindIllness(name string) (Illness, error) {
	for _, i := range slices.Concat(Illnesses(), FieldCases()) {
		if i.Name == name {
			return i, nil
		}
	}
	return Illness{}, fmt.Errorf("aixsim: there is no illness %q", name)
}

// DemoFleet is n hosts or more: every illness of [Illnesses] once, and healthy
// hosts as the rest. RMC needs delay to connect.
func DemoFleet(n int, delay time.Duration) []FleetHost {
	var hosts []FleetHost
	add := func(illness string) *State {
		s := Healthy(fmt.Sprintf("aixvm%03d", len(hosts)+1), len(hosts)+1)
		s.RMC.ConnectDelay = Duration(delay)
		hosts = append(hosts, FleetHost{State: s, Illness: illness})
		return s
	}
	for _, i := range Illnesses() {
		first := add(i.Name)
		if i.Apply != nil {
			i.Apply(first)
		}
		if i.Pair != nil {
			i.Pair(first, add(i.Name))
		}
	}
	for len(hosts) < n {
		add("healthy")
	}
	return hosts
}

// Illnesses is the catalogue, in an order that a demo can tell.
func Illnesses() []Illness {
	return slices.Concat([]Illness{
		{Name: "healthy", Description: "nothing is wrong", Apply: func(*State) {}},
		{Name: "healthy-no-refreshmd", Description: "healthy, rmcrefreshMD is not installed", Apply: func(s *State) { s.RMC.HasRefreshMD = false }},
		{Name: "healthy-customer-ipv6", Description: "healthy, the customer's NIC has IPv6 of its own", Apply: customerIPv6},
	}, addressIllnesses(), daemonIllnesses(), identityIllnesses(), otherIllnesses(), // what comes later stands behind: hosts keep their numbers
		nodeIDIllnesses(), networkIllnesses(), ownImageIllnesses())
}

func customerIPv6(s *State) {
	n := &s.NICs[0]
	n.Live.IPv6 = []string{"2001:db8:20::15/64", EUI64(n.MAC).String() + "/64"}
	n.Attrs.NetAddr6, n.Attrs.PrefixLen = "2001:db8:20::15", "64"
}

// loseAddress takes the management address off, live and in the ODM.
func loseAddress(s *State) {
	n := s.managementNIC()
	n.Live.IPv6 = nil
	n.Attrs.NetAddr6, n.Attrs.PrefixLen = "", ""
	s.edit("/etc/rc.tcpip", func(string) string { return stockRCTCPIP() })
}

func stockRCTCPIP() string {
	text := rcTCPIP(NIC{Name: "en1", MAC: "00:00:00:00:00:00"})
	return text[:len(text)-len(ChdevBootLine("en1", EUI64("00:00:00:00:00:00").String()))]
}

// edit changes the content of a file.
func (s *State) edit(name string, f func(string) string) {
	file := s.Files[name]
	file.Content = f(file.Content)
	s.Files[name] = file
}

func appendText(text string) func(string) string {
	return func(old string) string { return old + text }
}

func addressIllnesses() []Illness {
	return []Illness{
		{Name: "address-removed-smitty", Description: "an operator removed the address with smitty: live and in the ODM", Apply: func(s *State) {
			addr := EUI64(s.managementNIC().MAC).String()
			loseAddress(s)
			s.edit("/smit.log", appendText("\n[Feb 03 2026, 14:02:11] \n    Command_to_Execute follows below:\n>> chdev -l en1 -a netaddr6='' -a prefixlen=''\n    Output from Command_to_Execute follows below:\nen1 changed\n"))
			s.edit("/smit.script", appendText("#\n# [Feb 03 2026, 14:02:11]\n#\nchdev -l en1 -a netaddr6='' -a prefixlen=''   # was "+addr+"\n"))
		}},
		{Name: "address-removed-live", Description: "the address was taken off the interface, the ODM still has it", Apply: func(s *State) { s.managementNIC().Live.IPv6 = nil }},
		{Name: "address-of-clone", Description: "a cloned disk brought the address of another VM: live, in the ODM and in rc.tcpip", Apply: func(s *State) {
			n, wrong := s.managementNIC(), EUI64("fa:d4:43:77:88:99").String()
			n.Live.IPv6, n.Attrs.NetAddr6 = []string{wrong + "/64"}, wrong
			s.edit("/etc/rc.tcpip", func(string) string { return stockRCTCPIP() + ChdevBootLine(n.Name, wrong) })
			s.edit("/var/log/cloud-init-output.log", func(string) string { return CloudInitLog(1, s.NICs[0], NIC{Name: n.Name, MAC: "fa:d4:43:77:88:99"}) })
		}},
		{Name: "customer-netaddr6-on-rmc-nic", Description: "the customer's own IPv6 address took the place of the management address", Apply: func(s *State) {
			loseAddress(s)
			n := s.managementNIC()
			n.Live.IPv6, n.Attrs.NetAddr6, n.Attrs.PrefixLen = []string{"2001:db8:77::9/64"}, "2001:db8:77::9", "64"
		}},
		{Name: "address-not-persistent", Description: "connected, but a reboot loses the address", Apply: func(s *State) {
			live := s.managementNIC().Live
			loseAddress(s)
			s.managementNIC().Live = live
		}},
		{Name: "mksysb-restore", Description: "a mksysb of another machine was restored: old_rootvg, its cloud-init log, no address", Apply: func(s *State) {
			loseAddress(s)
			s.Disks[0].VG, s.Disks[0].Active = "old_rootvg", false
			s.Disks[1] = Disk{Name: "hdisk1", PVID: "00fa0001deadbeef", VG: "rootvg", Active: true}
			s.BootDisk, s.BootList = "hdisk1", []string{"hdisk1 blv=hd5 pathid=0"}
			s.edit("/var/log/cloud-init-output.log", func(string) string { return CloudInitLog(4, s.NICs[0], NIC{Name: "en1", MAC: "fa:d4:43:0a:0b:0c"}) })
			s.Files["/var/adm/ras/bosinstlog"] = File{Content: "Restoring files from the mksysb image\nInstallation of the Base Operating System is complete.\n"}
		}},
		{Name: "boot-volume-changed", Description: "started from the customer's own volume, without cloud-init: no address, no log", Apply: func(s *State) {
			loseAddress(s)
			s.BootDisk = "hdisk1"
			s.Disks[0].VG, s.Disks[0].Active = "None", false
			s.Disks[1] = Disk{Name: "hdisk1", PVID: "00fa0001cafe0001", VG: "rootvg", Active: true}
			delete(s.Files, "/var/log/cloud-init-output.log")
		}},
		{Name: "session-on-rmc-nic", Description: "one NIC for everything: the SSH session travels over the RMC NIC", Apply: func(s *State) {
			loseAddress(s)
			customer := s.NICs[0]
			n := s.managementNIC()
			n.Live.IPv4, n.Attrs.NetAddr, n.Attrs.NetMask = customer.Live.IPv4, customer.Attrs.NetAddr, customer.Attrs.NetMask
			s.NICs = s.NICs[1:]
			s.SessionNIC = "en1"
		}},
		{Name: "rmc-nic-ambiguous", Description: "two NICs without IPv4, entstat tells no VLAN, and there is no cloud-init log", Apply: func(s *State) {
			loseAddress(s)
			delete(s.Files, "/var/log/cloud-init-output.log")
			third := s.NICs[1]
			third.Adapter, third.Name, third.MAC, third.Management = "ent2", "en2", "fa:16:3e:00:99:22", false
			s.NICs = append(s.NICs, third)
			for i := range s.NICs {
				s.NICs[i].VLAN, s.NICs[i].Switch = 0, ""
			}
		}},
		{Name: "rmc-nic-missing", Description: "the LPAR has no management adapter", Apply: func(s *State) { s.NICs = s.NICs[:1] }},
	}
}

func (s *State) stopForever(names ...string) {
	for _, name := range names {
		if sub := s.subsystem(name); sub != nil {
			sub.Status, sub.PID = "inoperative", 0
		}
	}
}

func daemonIllnesses() []Illness {
	return []Illness{
		{Name: "remote-clients-disabled", Description: "rmcctrl -P was run: the daemon takes no remote clients", Apply: func(s *State) { s.RMC.RemoteClients = false }},
		{Name: "daemon-down", Description: "ctrmc is not running", Apply: func(s *State) { s.stopForever(ctrmc, "IBM.HostRM", "IBM.DRM", "IBM.MgmtDomainRM") }},
		{Name: "daemon-hung", Description: "ctrmc is active and does not answer; only a restart helps", Apply: func(s *State) { s.RMC.Hung = true }},
		{Name: "auth-pending", Description: "the handshake with the hypervisor never ends", Apply: func(s *State) { s.RMC.AuthBroken = true }},
		{Name: "firewalled", Description: "a filter on the host drops port 657", Apply: func(s *State) { s.RMC.Firewalled = true }},
		{Name: "rsct-below-minimum", Description: "RSCT 3.1.5.0, images for an update are on the host", Apply: func(s *State) {
			s.fileset(rmcFileset).Level = "3.1.5.0"
			s.Images = rsctImages("")
		}},
		{Name: "rsct-update-blocked", Description: "RSCT below the minimum, and the update misses a requisite", Apply: func(s *State) {
			s.fileset(rmcFileset).Level = "3.1.5.0"
			s.Images = rsctImages("bos.rte.security")
		}},
		{Name: "rsct-below-recommended", Description: "RSCT 3.2.5.2, connected", Apply: func(s *State) { s.fileset(rmcFileset).Level = "3.2.5.2" }},
		{Name: "rsct-broken", Description: "an update of rsct.core.rmc was cut off", Apply: func(s *State) {
			saved := *s.fileset(rmcFileset)
			saved.Level = "3.2.5.2"
			s.save(saved)
			s.fileset(rmcFileset).State = "B"
			s.Images = rsctImages("")
		}},
		{Name: "rsct-missing", Description: "RSCT was removed", Apply: func(s *State) {
			var kept []Fileset
			for _, f := range s.Filesets {
				if !globMatch("rsct.*", f.Name) {
					kept = append(kept, f)
				}
			}
			s.Filesets, s.Subsystems = kept, s.Subsystems[len(s.Subsystems)-1:]
			s.Files = without(s.Files, "/var/ct", etcNodeID)
		}},
	}
}

// rsctImages is a folder with an update of RSCT.
func rsctImages(requires string) map[string][]Fileset {
	var list []Fileset
	for _, f := range healthyFilesets() {
		if globMatch("rsct.core.*", f.Name) {
			f.Level, f.Type = "3.2.6.2", "F"
			if f.Name == rmcFileset {
				f.Requires = requires
			}
			list = append(list, f)
		}
	}
	return map[string][]Fileset{"/usr/sys/inst.images": list}
}

func without(files map[string]File, names ...string) map[string]File {
	kept := map[string]File{}
	for p, f := range files {
		gone := false
		for _, n := range names {
			gone = gone || under(p, n)
		}
		if !gone {
			kept[p] = f
		}
	}
	return kept
}
