package aixsim

import (
	"strings"
	"time"
)

// nodeIDIllnesses are hosts whose node id looks odd. All but the last are
// well: the first line counts, in any case, with or without 0x, from 9 digits
// on (aix-facts 1).
func nodeIDIllnesses() []Illness {
	each := func(f func(id string) string, names ...string) func(*State) {
		return func(s *State) {
			for _, name := range names {
				s.edit(name, func(old string) string {
					id, _, _ := strings.Cut(old, "\n")
					return f(id)
				})
			}
		}
	}
	return []Illness{
		{Name: "node-id-forty-lines", Description: "healthy, the node id files have forty lines",
			Apply: each(func(id string) string { return id + "\n" + strings.Repeat("deadbeefdeadbeef\n", 39) }, etcNodeID, workNodeID)},
		{Name: "node-id-upper-case", Description: "healthy, the node id is written in upper case",
			Apply: each(func(id string) string { return nodeIDFile(strings.ToUpper(id)) }, etcNodeID, workNodeID)},
		{Name: "node-id-0x", Description: "healthy, the node id is written with 0x before it",
			Apply: each(func(id string) string { return nodeIDFile("0x" + id) }, etcNodeID, workNodeID)},
		{Name: "node-id-nine-digits", Description: "healthy, /etc holds a node id of nine digits, /var the same with zeros before it", Apply: func(s *State) {
			each(func(id string) string { return nodeIDFile(id[len(id)-9:]) }, etcNodeID)(s)
			each(func(id string) string { return nodeIDFile("0000000" + id[len(id)-9:]) }, workNodeID)(s)
		}},
		{Name: "cluster0-odd-quoting", Description: "rows of a cluster that is gone, their values full of quotes, and the node id of a clone", Apply: func(s *State) {
			s.ODM = cluster0()
			for i, value := range []string{`the "old" cluster \ 'prod' $(reboot) ; = : *`, `"`, `\`} {
				setField(&s.ODM[i], map[bool]string{true: "value", false: "location"}[i < 2], value)
			}
			setNodeID(s, "1111222233336666", workNodeID)
		}},
	}
}

func setField(st *Stanza, name, value string) {
	for i := range st.Attrs {
		if st.Attrs[i].Name == name {
			st.Attrs[i].Value = value
		}
	}
}

// networkIllnesses are about what lies around RMC: all are connected.
func networkIllnesses() []Illness {
	return []Illness{
		{Name: "ipv4-duplicate", Description: "connected, two NICs have the same IPv4 address", Apply: func(s *State) {
			twin := s.NICs[0].clone()
			twin.Adapter, twin.Name, twin.MAC, twin.Management = "ent2", "en2", "fa:16:3e:0d:0b:1e", false
			s.NICs = append(s.NICs, twin)
		}},
		{Name: "default-route-lost", Description: "connected, the default route is gone, live and in the ODM", Apply: func(s *State) {
			s.Inet0 = nil
			s.Routes = withoutRoutes(s.Routes, func(r Route) bool { return r.Destination == defaultRoute })
		}},
		{Name: "volume-group-gone", Description: "connected, the disk of datavg is there, nobody imported the volume group", Apply: func(s *State) {
			s.dropVG("datavg")
			s.Files["/etc/filesystems"] = File{Content: "/data:\n\tdev\t\t= /dev/fslv00\n\tvfs\t\t= jfs2\n\tlog\t\t= /dev/loglv00\n\tmount\t\t= true\n\taccount\t\t= false\n\n"}
		}},
		{Name: "clock-year-off", Description: "connected, the clock is a year behind", Apply: func(s *State) { s.ClockOffset = Duration(-365 * 24 * time.Hour) }},
	}
}

// dropVG leaves the disk of a volume group, which it makes where there is
// none, without it.
func (s *State) dropVG(name string) {
	for i := range s.Disks {
		if d := &s.Disks[i]; d.VG == name {
			d.VG, d.Active = "None", false
			return
		}
	}
	s.Disks = append(s.Disks, Disk{Name: "hdisk2", PVID: "00fa0001da7a0001", VG: "None"})
}

// ownImageIllnesses are machines that were started from a volume of the
// customer's own. They keep their name and the address by which one gets in.
func ownImageIllnesses() []Illness {
	own := func(image BootImage) func(*State) {
		return func(s *State) {
			image.Hostname, image.Address = s.Hostname, true
			s.SwapBoot(image)
		}
	}
	return []Illness{
		{Name: "own-boot-image", Description: "started from an image of the customer's own: other node id, no management address, no default route", Apply: own(BootImage{})},
		{Name: "own-boot-image-renumbered", Description: "started from an own image that numbers the interfaces the other way round, with the cloud-init log of another machine",
			Apply: own(BootImage{Numbering: []int{1, 0}, CloudInit: true})},
		{Name: "own-boot-image-old-rsct", Description: "started from an own image with RSCT 3.1.5.0, images for an update are on it",
			Apply: own(BootImage{RSCT: "3.1.5.0", Images: rsctImages("")})},
	}
}
