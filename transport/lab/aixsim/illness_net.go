package aixsim

import "time"

// networkIllnesses are about the network around RMC, which stays connected.
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
