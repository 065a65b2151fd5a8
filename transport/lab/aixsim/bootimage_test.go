package aixsim

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// hardware is what stays when a machine is started from another volume.
func hardware(s *State) []NIC {
	list := slices.Clone(s.NICs)
	for i := range list {
		list[i] = NIC{MAC: list[i].MAC, VLAN: list[i].VLAN, Switch: list[i].Switch, Device: list[i].Device, Management: list[i].Management}
	}
	slices.SortFunc(list, func(a, b NIC) int { return strings.Compare(a.MAC, b.MAC) })
	return list
}

// TestSwapBoot: the partition and its adapters stay, what lies on the disk is
// the other's, and what is live follows from that.
func TestSwapBoot(t *testing.T) {
	old := Healthy("aixvm1", 1)
	old.Disks = append(old.Disks, Disk{Name: "hdisk2", PVID: "00fa0001da7a0009", VG: "datavg", Active: true})
	s := old.Clone()
	s.SwapBoot(BootImage{Address: true})
	if diff := cmp.Diff(hardware(old), hardware(s)); diff != "" || s.LPAR != old.LPAR || s.UUID != old.UUID {
		t.Errorf("the machine is another:\n%s", diff)
	}
	if diff := cmp.Diff(s, s.Clone()); diff != "" {
		t.Errorf("JSON loses something:\n%s", diff)
	}
	id := s.Files[etcNodeID].Content
	if s.Hostname != "ownimage" || id == old.Files[etcNodeID].Content || id != s.Files[workNodeID].Content || len(id) < 17 || validNodeID(id[:16]) == "" {
		t.Errorf("hostname %q, node id %q", s.Hostname, id)
	}
	wantNICs := []NIC{
		{Name: "en0", Adapter: "ent0", Status: "Available", Live: Live{Up: true, IPv4: []string{"10.20.0.3/24"}}, Attrs: NICAttr{NetAddr: "10.20.0.3", NetMask: "255.255.255.0", State: "up"}},
		{Name: "en1", Adapter: "ent1", Status: "Available", Attrs: NICAttr{State: "down"}},
	}
	if diff := cmp.Diff(wantNICs, s.NICs, cmpopts.IgnoreFields(NIC{}, "MAC", "VLAN", "Switch", "Device", "Management")); diff != "" {
		t.Errorf("NICs (-want +got)\n%s", diff)
	}
	wantDisks := []Disk{{Name: "hdisk0", PVID: old.Disks[0].PVID, VG: "None"}, {Name: "hdisk1", PVID: s.Disks[1].PVID, VG: "rootvg", Active: true},
		{Name: "hdisk2", PVID: "00fa0001da7a0009", VG: "None"}}
	if diff := cmp.Diff(wantDisks, s.Disks); diff != "" || len(s.Disks[1].PVID) != 16 || s.BootDisk != "hdisk1" || s.BootList[0] != "hdisk1 blv=hd5 pathid=0" {
		t.Errorf("boot disk %s, %q; disks (-want +got)\n%s", s.BootDisk, s.BootList, diff)
	}
	if s.Inet0 != nil || s.Routes != nil || !s.BootTime.After(old.bootTime()) || s.RMC.Registered {
		t.Errorf("routes %q %v, boot time %v, registered %t", s.Inet0, s.Routes, s.BootTime, s.RMC.Registered)
	}
	if _, ok := s.Files["/var/log/cloud-init-output.log"]; ok || strings.Contains(s.Files["/etc/rc.tcpip"].Content, "netaddr6") {
		t.Error("the image knows the old machine")
	}
	if got := s.Files["/etc/hosts"].Content; !strings.Contains(got, "10.20.0.3 ownimage\n") {
		t.Errorf("hosts %q", got)
	}
}

func TestSwapBootOptions(t *testing.T) {
	log := func(s *State) string { return s.Files["/var/log/cloud-init-output.log"].Content }
	for name, c := range map[string]struct {
		image BootImage
		check func(s *State) bool
	}{
		"without an address": {BootImage{}, func(s *State) bool { return s.sessionAddress() == "" }},
		"hostname":           {BootImage{Hostname: "mine"}, func(s *State) bool { return s.Hostname == "mine" }},
		"node id":            {BootImage{NodeID: "1234567890abcdef"}, func(s *State) bool { return strings.HasPrefix(s.Files[workNodeID].Content, "1234567890abcdef\n") }},
		"RSCT":               {BootImage{RSCT: "3.1.5.0"}, func(s *State) bool { return s.fileset(rmcFileset).Level == "3.1.5.0" }},
		"images":             {BootImage{Images: rsctImages("")}, func(s *State) bool { return len(s.Images["/usr/sys/inst.images"]) > 0 }},
		"routes":             {BootImage{Address: true, Inet0: []string{DefaultRoute("10.20.0.1")}}, func(s *State) bool { return len(s.Routes) == 1 }},
		"a route to nowhere": {BootImage{Address: true, Inet0: []string{DefaultRoute("10.99.0.1")}}, func(s *State) bool { return len(s.Routes) == 0 && len(s.Inet0) == 1 }},
		"foreign log": {BootImage{CloudInit: true}, func(s *State) bool {
			addr := EUI64(s.managementNIC().MAC).String()
			return log(s) != "" && !strings.Contains(log(s), addr) && !strings.Contains(log(s), exploded(addr))
		}},
		"renumbered": {BootImage{Address: true, Numbering: []int{1, 0}}, func(s *State) bool {
			return s.NICs[0].Name == "en0" && s.NICs[0].Management && s.NICs[1].Adapter == "ent1" && s.NICs[1].Attrs.NetAddr == "10.20.0.3" && s.sessionAddress() == "10.20.0.3"
		}},
		"shifted": {BootImage{Address: true, Numbering: []int{2, 3}}, func(s *State) bool { return s.NICs[0].Name == "en2" && s.NICs[1].Adapter == "ent3" }},
	} {
		s := Healthy("aixvm1", 1)
		s.SwapBoot(c.image)
		if !c.check(s) {
			t.Errorf("%s: NICs %+v, routes %v %v", name, s.NICs, s.Inet0, s.Routes)
		}
	}
	a, b := Healthy("a", 1), Healthy("b", 2)
	a.SwapBoot(BootImage{})
	b.SwapBoot(BootImage{})
	if a.Files[etcNodeID].Content == b.Files[etcNodeID].Content || a.Disks[1].PVID == b.Disks[1].PVID {
		t.Error("two own images are one")
	}
	s := Healthy("aixvm1", 1)
	s.SessionNIC = "en0"
	s.SwapBoot(BootImage{Address: true, Numbering: []int{1, 0}})
	if s.SessionNIC != "en1" {
		t.Errorf("sessions come by %s", s.SessionNIC)
	}
}

// TestUnknownAdapter: a volume that has never seen an adapter gives it the next
// free number and no configuration.
func TestUnknownAdapter(t *testing.T) {
	volume := Healthy("aixvm1", 1)
	volume.NICs = volume.NICs[:1]
	volume.edit("/etc/rc.tcpip", func(string) string { return stockRCTCPIP() })
	s := Healthy("aixvm1", 1)
	s.NICs[0], s.NICs[1] = s.NICs[1], s.NICs[0]
	s.SwapBoot(BootImage{Of: volume})
	want := NIC{Name: "en1", Adapter: "ent1", Status: "Available", Attrs: NICAttr{State: "down"}}
	if diff := cmp.Diff(want, s.NICs[1], cmpopts.IgnoreFields(NIC{}, "MAC", "VLAN", "Switch", "Device", "Management")); diff != "" || s.NICs[0].Attrs.NetAddr != "10.20.0.3" {
		t.Errorf("%+v (-want +got)\n%s", s.NICs[0], diff)
	}
}

// TestOwnImageIsMended: what the operator does there, and the way back.
func TestOwnImageIsMended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := Healthy("aixvm1", 1)
		s.Disks = append(s.Disks, Disk{Name: "hdisk2", PVID: "00fa0001da7a0009", VG: "datavg", Active: true})
		f, l := lonely(t, s)
		h := f.Host("aixvm1")
		old := h.Snapshot()
		client := dial(t, l)
		defer client.Close()
		f.SwapBoot("aixvm1", BootImage{Address: true, Numbering: []int{1, 0}})
		if _, cut := over(t, client, "true"); !cut {
			t.Error("a connection outlived the boot")
		}
		client = dial(t, l)
		defer client.Close()
		mgmt := EUI64(old.NICs[1].MAC).String()
		out, _ := over(t, client, "/opt/rsct/bin/lsnodeid; hostname; bootinfo -b; lspv | tr -s ' ' | cut -d' ' -f1,3; ifconfig -a | grep -c inet6; lsattr -El inet0 -a route -F value")
		if want := idOf(h) + "\nownimage\nhdisk1\nhdisk0 None\nhdisk1 rootvg\nhdisk2 None\n1\n\n"; out != want {
			t.Errorf("got %q, want %q", out, want)
		}
		if why := h.Why(); why != "en0 is down" {
			t.Errorf("why %q", why)
		}
		over(t, client, "chdev -l en0 -a netaddr6="+mgmt+" -a prefixlen=64 -a state=up; chdev -l inet0 -a route="+DefaultRoute("10.20.0.1")+
			"; chdev -l inet0 -a hostname=aixvm1; /usr/sbin/rsct/install/bin/recfgct -i "+NodeID(1)+"; /opt/rsct/bin/rmcctrl -p")
		time.Sleep(61 * time.Second)
		if !h.Connected() || idOf(h) != NodeID(1) {
			t.Errorf("node id %s: %s", idOf(h), h.Why())
		}
		h.SwapBoot(BootImage{Of: old})
		time.Sleep(61 * time.Second)
		now := h.Snapshot()
		same := cmpopts.IgnoreFields(State{}, "BootTime", "Effects", "NextPID", "RMC", "Subsystems", "BootList")
		// The other volume is still attached.
		now.Disks[1] = old.Disks[1]
		if diff := cmp.Diff(old, now, same); diff != "" || !h.Connected() {
			t.Errorf("not what it was: %s\n%s", h.Why(), diff)
		}
	})
}

// TestOwnImageWithoutAnAddress: nobody gets in.
func TestOwnImageWithoutAnAddress(t *testing.T) {
	f, l := lonely(t, Healthy("aixvm1", 1))
	f.SwapBoot("aixvm1", BootImage{})
	if err := tryDial(l); err == nil || f.Host("aixvm1").Reachable() {
		t.Error("somebody got in")
	}
}
