package facts

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// LostInput holds the facts that DeriveLost reads. A nil fact could not be read now.
type LostInput struct {
	Baseline  *Past     `fact:"baseline"`
	Hostname  *Word     `fact:"hostname"`
	NICs      *NICs     `fact:"nics"`
	Routes    *Routes   `fact:"routes"`
	Installed *Filesets `fact:"installed"`
	Disks     *Disks    `fact:"lspv"`
	NodeIDs   *NodeIDs  `fact:"node_ids"`
}

// DeriveLost compares the host with a baseline (procedure V4, post-migration):
// it lists the things that are gone, and no new ones.
func DeriveLost(in LostInput) (Lost, error) {
	lost := Lost{
		Addresses: []string{}, Routes: []string{}, Filesets: []string{}, VolumeGroups: []string{},
		Hostname: []string{}, NodeID: []string{}, Unknown: []string{},
	}
	if in.Baseline == nil || !in.Baseline.Known {
		return lost, nil
	}
	then := in.Baseline
	lost.Known, lost.From = true, clean(then.From, maxText)
	if lost.comparable("addresses", "nics", then, in.NICs != nil) {
		lost.Addresses = lostAddresses(then.NICs.List, in.NICs.List)
	}
	if lost.comparable("routes", "routes", then, in.Routes != nil) {
		lost.Routes = lostRoutes(then.Routes.List, in.Routes.List)
	}
	if lost.comparable("filesets", "installed", then, in.Installed != nil) {
		lost.Filesets = lostFilesets(then.Installed.List, in.Installed.List)
	}
	if lost.comparable("volume groups", "lspv", then, in.Disks != nil) {
		lost.VolumeGroups = lostVolumeGroups(then.Disks.List, in.Disks.List)
	}
	if lost.comparable("hostname", "hostname", then, in.Hostname != nil) && then.Hostname.Text != in.Hostname.Text {
		lost.Hostname = append(lost.Hostname, changed(then.Hostname.Text, in.Hostname.Text))
	}
	if lost.comparable("node id", "node_ids", then, in.NodeIDs != nil) && then.NodeIDs.ID != "" && then.NodeIDs.ID != in.NodeIDs.ID {
		lost.NodeID = append(lost.NodeID, changed(then.NodeIDs.ID, in.NodeIDs.ID))
	}
	slices.Sort(lost.Unknown)
	return lost, nil
}

// comparable reports whether a kind is known on both sides, or notes why not.
func (l *Lost) comparable(kind, fact string, then *Past, now bool) bool {
	switch {
	case !then.has(fact):
		l.Unknown = append(l.Unknown, clean(kind+": not in "+orElse(then.From, "the baseline"), maxText))
	case !now:
		l.Unknown = append(l.Unknown, kind+": could not be read now")
	default:
		return true
	}
	return false
}

// lostAddresses compares the live addresses of the whole host: one that moved
// to another NIC is not lost. Link-local addresses follow from the MACs: D5 and
// D6 judge the one that counts.
func lostAddresses(then, now []NIC) []string {
	have := map[netip.Addr]bool{}
	for _, n := range now {
		for _, addr := range liveAddresses(n) {
			have[addr] = true
		}
	}
	lost := []string{}
	for _, n := range then {
		for _, addr := range liveAddresses(n) {
			if have[addr] || (addr.Is6() && addr.IsLinkLocalUnicast()) {
				continue
			}
			lost = append(lost, fmt.Sprintf("%s (was on %s)", addr, clean(n.Name, maxName)))
		}
	}
	return sorted(lost)
}

// liveAddresses are all addresses that a NIC shows.
func liveAddresses(n NIC) []netip.Addr {
	var found []netip.Addr
	for _, list := range [][]string{n.IPv4, n.LinkLocal, n.OtherIPv6} {
		for _, text := range list {
			bare, _, _ := strings.Cut(text, " ") // OtherIPv6 names the scope
			if addr, err := netip.ParseAddr(bare); err == nil {
				found = append(found, addr.WithZone(""))
			}
		}
	}
	return found
}

// lostRoutes compares static routes by destination and gateway. A route that
// is there but no longer static is there.
func lostRoutes(then, now []Route) []string {
	have := map[string]bool{}
	for _, r := range now {
		have[r.Family+" "+routeText(r)] = true
	}
	lost := []string{}
	for _, r := range then {
		if r.Static && !have[r.Family+" "+routeText(r)] {
			lost = append(lost, routeText(r))
		}
	}
	return sorted(lost)
}

func routeText(r Route) string {
	return clean(r.Destination+" via "+r.Gateway, maxText)
}

// lostFilesets are those that are not installed, older or broken now. Rpms and
// interim fixes are not compared: their names change with every update.
func lostFilesets(then, now []Fileset) []string {
	was, is := installedLevels(then), installedLevels(now)
	lost := []string{}
	for name, old := range was {
		text := name
		if old.known {
			text += " " + old.level.String()
		}
		got, there := is[name]
		switch {
		case !there:
			lost = append(lost, text+": not installed")
		case old.known && got.known && got.level.Compare(old.level) < 0:
			lost = append(lost, fmt.Sprintf("%s: %s now, %s then", name, got.level, old.level))
		case got.broken && !old.broken:
			lost = append(lost, text+": broken now")
		}
	}
	return sorted(lost)
}

// lostVolumeGroups are those that no disk holds now, or that are no longer varied
// on. Leftovers of an installation are not counted.
func lostVolumeGroups(then, now []Disk) []string {
	was, is := volumeGroups(then), volumeGroups(now)
	lost := []string{}
	for name, active := range was {
		activeNow, there := is[name]
		switch {
		case name == "old_rootvg" || name == "altinst_rootvg":
		case !there:
			lost = append(lost, name)
		case active && !activeNow:
			lost = append(lost, name+": varied on then, not now")
		}
	}
	return sorted(lost)
}

// volumeGroups tells of each volume group whether any of its disks is active.
func volumeGroups(disks []Disk) map[string]bool {
	found := map[string]bool{}
	for _, d := range disks {
		if d.VG != "" && d.VG != "None" {
			found[d.VG] = found[d.VG] || d.Active
		}
	}
	return found
}

// changed is the line of a value that is another one now.
func changed(then, now string) string {
	return clean(orNone(then)+" then, "+orNone(now)+" now", maxText)
}

// sorted puts a list in order, each line once, and cuts it to the length limit.
func sorted(list []string) []string {
	slices.Sort(list)
	list = slices.Compact(list)
	return list[:min(len(list), maxRows)]
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
