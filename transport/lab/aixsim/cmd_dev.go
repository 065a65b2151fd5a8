package aixsim

import (
	"context"
	"slices"
	"strings"
)

// device is a row of lsdev.
type device struct{ class, name, status, description string }

func (s *State) devices() []device {
	var list []device
	for _, n := range s.NICs {
		list = append(list, device{"if", n.Name, n.Status, "Standard Ethernet Network Interface"},
			device{"adapter", n.Adapter, "Available", n.Device})
	}
	for _, x := range s.Variant.Interfaces {
		name, status, _ := strings.Cut(x, " ")
		list = append(list, device{"if", name, status, "IEEE 802.3 Ethernet Network Interface"})
	}
	list = append(list, device{"if", "lo0", "Available", "Loopback Network Interface"},
		device{"tcpip", "inet0", "Available", "Internet Network Extension"},
		device{"cdrom", "cd0", "Available", "Virtual SCSI Optical Served by VIO Server"})
	for _, d := range s.Disks {
		list = append(list, device{"disk", d.Name, "Available", "MPIO IBM 2107 FC Disk"})
	}
	return list
}

func cmdLsdev(_ context.Context, e *Env) int {
	f := getopt(e.Args, "Cc:F:l:Ps:t:HS:")
	devices := e.State.devices()
	for _, i := range e.State.Variant.order(len(devices), "lsdev") {
		d := devices[i]
		if c := f.last('c'); c != "" && c != d.class {
			continue
		}
		if l := f.last('l'); l != "" && l != d.name {
			continue
		}
		if !f.has('F') {
			e.out("%-6s %-9s %s\n", d.name, d.status, d.description)
			continue
		}
		e.out("%s\n", strings.NewReplacer("description", d.description, "status", d.status, "class", d.class, "name", d.name).Replace(f.last('F')))
	}
	return 0
}

// attr is a row of lsattr.
type attr struct{ name, value, description, settable string }

// attrs lists the attributes of a device; nil when there is no such device.
func (s *State) attrs(name string) []attr {
	if name == "sys0" {
		return s.sys0Attrs()
	}
	if name == "inet0" {
		return s.inet0Attrs()
	}
	n := s.nic(name)
	if n == nil {
		return nil
	}
	if n.Adapter == name {
		mac := strings.ReplaceAll(n.MAC, ":", "")
		return []attr{{"alt_addr", "0x000000000000", "Alternate Ethernet address", "True"}, {"chksum_offload", "yes", "Enable Checksum Offload", "True"},
			{"mac_addr", "0x" + mac, "MAC address", "False"}}
	}
	a := n.Attrs
	mtu := a.MTU
	if mtu == "" {
		mtu = "1500"
	}
	aliases := append(many("alias4", a.Alias4, "IPv4 Alias including Subnet Mask"), many("alias6", a.Alias6, "IPv6 Alias including Prefix Length")...)
	return append(aliases, []attr{
		{"arp", "on", "Address Resolution Protocol (ARP)", "True"},
		{"authority", "", "Authorized Users", "True"},
		{"broadcast", "", "Broadcast Address", "True"},
		{"mtu", mtu, "Maximum IP Packet Size for This Device", "True"},
		{"mtu_bypass", "on", "Enable/Disable largesend for virtual Ethernet", "True"},
		{"netaddr", a.NetAddr, "Internet Address", "True"},
		{"netaddr6", a.NetAddr6, "IPv6 Internet Address", "True"},
		{"netmask", a.NetMask, "Subnet Mask", "True"},
		{"prefixlen", a.PrefixLen, "Prefix Length for IPv6 Internet Address", "True"},
		{"remmtu", "576", "Maximum IP Packet Size for REMOTE Networks", "True"},
		{"security", "none", "Security Level", "True"},
		{"state", a.State, "Current Interface Status", "True"},
	}...)
}

// sys0Attrs are the attributes of the system as a whole.
func (s *State) sys0Attrs() []attr {
	has := s.Sys0
	if has == nil {
		has = map[string]string{"clouddev": "1"}
	}
	list := []attr{{"ncargs", "256", "ARG/ENV list size in 4K byte blocks", "True"}, {"os_uuid", s.UUID, "N/A", "False"}}
	for _, name := range []string{"clouddev", "ghostdev"} {
		if v, ok := has[name]; ok {
			list = append(list, attr{name, v, "Recreate devices in ODM on system change", "True"})
		}
	}
	return list
}

// cmdLsattr is lsattr -El NAME [-a ATTR]... [-F value].
func cmdLsattr(_ context.Context, e *Env) int {
	f := getoptAll(e.Args, "El:a:F:DHOPR")
	all := e.State.attrs(f.last('l'))
	if all == nil {
		return e.failIn(1, tongues{"lsattr: 0514-519 The following device was not found in the customized\n\tdevice configuration database:\n\t%s",
			"lsattr: 0514-519 Die folgende Einheit wurde in der angepassten Einheitenkonfigurationsdatenbank nicht gefunden:\n\t%s"}, f.last('l'))
	}
	wanted := f.values['a']
	for _, w := range wanted {
		if !slices.ContainsFunc(all, func(a attr) bool { return a.name == w }) {
			return e.failIn(255, tongues{"lsattr: 0514-528 The %q attribute does not exist in the predefined\n\tdevice configuration database.",
				"lsattr: 0514-528 Das Attribut %q ist in der vordefinierten Einheitenkonfigurationsdatenbank nicht vorhanden."}, w)
		}
	}
	for _, a := range all {
		if len(wanted) > 0 && !slices.Contains(wanted, a.name) {
			continue
		}
		if format := f.last('F'); format != "" {
			e.out("%s\n", strings.NewReplacer("attribute", a.name, "value", a.value, "description", a.description, "user_settable", a.settable).Replace(format))
			continue
		}
		e.out("%-14s %s %s %s\n", a.name, a.value, a.description, a.settable)
	}
	return 0
}

func cmdMkdev(_ context.Context, e *Env) int {
	name := getopt(e.Args, "l:c:s:t:p:w:a:").last('l')
	n := e.State.nic(name)
	if n == nil {
		return e.fail(1, "mkdev: 0514-519 The following device was not found in the customized\n\tdevice configuration database:\n\t%s", name)
	}
	if n.Status != "Available" {
		n.Status = "Available"
		e.effect("mkdev %s", name)
	}
	e.out("%s Available\n", name)
	return 0
}

func cmdLscfg(_ context.Context, e *Env) int {
	name := getopt(e.Args, "vpl:s").last('l')
	n := e.State.nic(name)
	if n == nil {
		return e.failIn(1, tongues{"lscfg: device %s not found.",
			"lscfg: Einheit %s nicht gefunden."}, name)
	}
	e.out("  %-16s U9009.22A.78ABCD0-V%d-C%s-T1  %s\n\n", name, e.State.LPAR.Number, strings.TrimLeft(name, "ent"), n.Device)
	e.out("        Network Address.............%s\n        Displayable Message.........%s\n", strings.ToUpper(strings.ReplaceAll(n.MAC, ":", "")), n.Device)
	return 0
}
