package aixsim

import (
	"fmt"
	"hash/fnv"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// BootImage is a boot volume that a machine is started from in place of the
// one it has: the customer's own image. The zero value is an image that was
// never on this machine and knows nothing of it.
type BootImage struct {
	// Of, when set, is the volume of a state that ran from it, such as a
	// snapshot: nothing else counts then. It is how a machine goes back.
	Of *State
	// Hostname of the image; "" is ownimage.
	Hostname string
	// Address tells that the image has the address by which sessions come to
	// this machine, on the same adapter. Without it nobody gets in.
	Address bool
	// Inet0 are its routes, as in [State].
	Inet0 []string
	// Numbering gives the interface of each NIC, in their order, another
	// number: {1, 0} swaps two. nil keeps them.
	Numbering []int
	// RSCT is the level of rsct.core.rmc; "" is 3.2.6.2.
	RSCT string
	// NodeID is in both of its places; "" is one of the image's own.
	NodeID string
	// CloudInit tells that the image holds the log of the machine that it was
	// made on, else none.
	CloudInit bool
	// Images are the filesets for installp on it.
	Images map[string][]Fileset
}

// SwapBoot starts the machine from another volume, while nothing runs on it:
// the partition and its adapters stay (MAC, VLAN, switch, the network behind
// them), everything that lies on the disk is the other's. Then it boots. For a
// host that runs see [Host.SwapBoot].
func (s *State) SwapBoot(image BootImage) {
	s.swap(image)
	now := s.bootTime().Add(7 * 24 * time.Hour)
	s.comeUp(stateFS{s: s, now: func() time.Time { return now }, effect: func(string, ...any) {}}, func() time.Time { return now })
}

// SwapBoot restarts the host from another volume, see [State.SwapBoot] and
// [Host.Boot].
func (h *Host) SwapBoot(image BootImage) {
	h.Boot(func(s *State) { s.swap(image) })
}

// SwapBoot restarts a host of the fleet from another volume; its connections
// are cut.
func (f *Fleet) SwapBoot(name string, image BootImage) {
	f.servers[name].CloseConnections()
	f.hosts[name].SwapBoot(image)
}

// swap exchanges the contents of the disk.
func (s *State) swap(image BootImage) {
	volume := image.Of
	if volume == nil {
		volume = s.ownVolume(image)
	}
	v := volume.Clone()
	s.swapDisks(v)
	s.swapNICs(v)
	s.Hostname, s.OSLevel, s.System, s.Language = v.Hostname, v.OSLevel, v.System, v.Language
	s.ProfileOut, s.ProfileErr = v.ProfileOut, v.ProfileErr
	s.Files, s.FileSystems, s.Errpt = v.Files, v.FileSystems, v.Errpt
	s.Filesets, s.Saved, s.Images, s.Installp, s.RootvgFreeKB = v.Filesets, v.Saved, v.Images, v.Installp, v.RootvgFreeKB
	s.Subsystems, s.ODM, s.Classes, s.Inet0, s.Cluster = v.Subsystems, v.ODM, v.Classes, v.Inet0, v.Cluster
	s.Sys0 = v.Sys0
	rmc := v.RMC
	rmc.MCPNodeID, rmc.MCPAddress, rmc.ConnectDelay = s.RMC.MCPNodeID, s.RMC.MCPAddress, s.RMC.ConnectDelay
	rmc.Hung, rmc.HeldSince = false, time.Time{}
	s.RMC = rmc
}

// ownVolume is an image as another machine would have left it.
func (s *State) ownVolume(image BootImage) *State {
	id := fnv.New64a()
	_, _ = id.Write([]byte("own image of " + s.UUID)) // never fails
	n := 60000 + int(id.Sum64()%5000)
	v := Healthy(orElse(image.Hostname, "ownimage"), n)
	v.NICs = s.foreignNICs(image)
	v.Inet0, v.Images = image.Inet0, image.Images
	v.Disks = []Disk{{PVID: fmt.Sprintf("00fa0002%08x", uint32(id.Sum64())), VG: "rootvg", Active: true}}
	v.RMC.Registered = false
	v.fileset(rmcFileset).Level = orElse(image.RSCT, v.fileset(rmcFileset).Level)
	setNodeID(v, orElse(image.NodeID, fmt.Sprintf("4%015x", id.Sum64()>>4)), etcNodeID, workNodeID)
	v.edit("/etc/rc.tcpip", func(string) string { return stockRCTCPIP() })
	hosts := "127.0.0.1 loopback localhost\n"
	if addr := s.sessionAddress(); image.Address && addr != "" {
		hosts += addr + " " + v.Hostname + "\n"
	}
	v.edit("/etc/hosts", func(string) string { return hosts })
	delete(v.Files, "/opt/freeware/var/lib/cloud/data/instance-id")
	if !image.CloudInit {
		delete(v.Files, "/var/log/cloud-init-output.log")
	}
	return v
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// foreignNICs are the machine's adapters as an image numbers and configures
// them that has never seen them.
func (s *State) foreignNICs(image BootImage) []NIC {
	list := slices.Clone(s.NICs)
	session := s.sessionAddress()
	for i := range list {
		n := &list[i]
		old := n.Live.IPv4
		n.Live, n.Attrs = Live{}, NICAttr{State: "down"}
		if i < len(image.Numbering) {
			n.Name, n.Adapter = fmt.Sprintf("en%d", image.Numbering[i]), fmt.Sprintf("ent%d", image.Numbering[i])
		}
		if j := index4(old, session); j >= 0 && image.Address {
			p, _ := netip.ParsePrefix(old[j]) // it was live
			n.Attrs = NICAttr{NetAddr: session, NetMask: net.IP(net.CIDRMask(p.Bits(), 32)).String(), State: "up"}
		}
	}
	return list
}

// swapNICs gives the adapters the names and attributes that a volume has for
// them, by their MAC. One that it does not know gets the next free number.
func (s *State) swapNICs(v *State) {
	sessionMAC := ""
	if n := s.nic(s.SessionNIC); n != nil {
		sessionMAC = n.MAC
	}
	taken := map[string]bool{}
	for i := range s.NICs {
		n := &s.NICs[i]
		n.Live, n.Attrs, n.Status = Live{}, NICAttr{State: "down"}, "Available"
		known := slices.IndexFunc(v.NICs, func(o NIC) bool { return o.MAC == n.MAC })
		if n.Name = ""; known >= 0 {
			o := v.NICs[known]
			n.Name, n.Adapter, n.Attrs, n.Status = o.Name, o.Adapter, o.Attrs, o.Status
			taken[n.Name] = true
		}
	}
	for i := range s.NICs {
		n := &s.NICs[i]
		for number := 0; n.Name == ""; number++ {
			if name := fmt.Sprintf("en%d", number); !taken[name] {
				n.Name, n.Adapter, taken[name] = name, fmt.Sprintf("ent%d", number), true
			}
		}
		if n.MAC == sessionMAC {
			s.SessionNIC = n.Name
		}
	}
	slices.SortStableFunc(s.NICs, func(a, b NIC) int { return numberOf(a.Name) - numberOf(b.Name) })
}

// numberOf is the number of an interface.
func numberOf(name string) int {
	n, _ := strconv.Atoi(strings.TrimLeft(name, "ent"))
	return n
}

// swapDisks makes the volume's disk the one of rootvg. A volume group that it
// does not know is not there any more; its disk is.
func (s *State) swapDisks(v *State) {
	for _, d := range v.Disks {
		if d.PVID != "none" && !slices.ContainsFunc(s.Disks, func(o Disk) bool { return o.PVID == d.PVID }) {
			s.attach(d.PVID)
		}
	}
	for i := range s.Disks {
		d := &s.Disks[i]
		d.VG, d.Active = "None", false
		known := slices.IndexFunc(v.Disks, func(o Disk) bool { return o.PVID == d.PVID && o.PVID != "none" })
		if known >= 0 {
			d.VG, d.Active = v.Disks[known].VG, v.Disks[known].Active
		}
		if d.VG == "rootvg" {
			s.BootDisk, s.BootList = d.Name, []string{d.Name + " blv=hd5 pathid=0"}
		}
	}
}

// attach adds a disk: in the place of one that nobody uses, or as the next.
func (s *State) attach(pvid string) {
	i := slices.IndexFunc(s.Disks, func(d Disk) bool { return d.PVID == "none" })
	if i < 0 {
		i = len(s.Disks)
		s.Disks = append(s.Disks, Disk{Name: fmt.Sprintf("hdisk%d", i)})
	}
	s.Disks[i].PVID = pvid
}
