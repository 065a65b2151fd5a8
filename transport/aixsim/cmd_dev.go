package aixsim

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
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
	list = append(list, device{"if", "lo0", "Available", "Loopback Network Interface"},
		device{"cdrom", "cd0", "Available", "Virtual SCSI Optical Served by VIO Server"})
	for _, d := range s.Disks {
		list = append(list, device{"disk", d.Name, "Available", "MPIO IBM 2107 FC Disk"})
	}
	return list
}

func cmdLsdev(_ context.Context, e *Env) int {
	f := getopt(e.Args, "Cc:F:l:Ps:t:HS:")
	for _, d := range e.State.devices() {
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
		return []attr{{"clouddev", "1", "Recreate devices on next boot", "True"}, {"ncargs", "256", "ARG/ENV list size in 4K byte blocks", "True"},
			{"os_uuid", s.UUID, "N/A", "False"}}
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
	return []attr{
		{"alias4", strings.Join(a.Alias4, " "), "IPv4 Alias including Subnet Mask", "True"},
		{"alias6", strings.Join(a.Alias6, " "), "IPv6 Alias including Prefix Length", "True"},
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
	}
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

// cmdChdev is chdev -l NAME -a k=v... [-P]: the ODM, and without -P the live
// interface too. Either all of it is done or nothing.
func cmdChdev(_ context.Context, e *Env) int {
	f := getoptAll(e.Args, "l:a:PTUp:w:")
	name := f.last('l')
	n := e.State.nic(name)
	if n == nil || n.Name != name {
		if name == "sys0" {
			return 0
		}
		return e.failIn(1, tongues{"chdev: 0514-519 The following device was not found in the customized\n\tdevice configuration database:\n\t%s",
			"chdev: 0514-519 Die folgende Einheit wurde in der angepassten Einheitenkonfigurationsdatenbank nicht gefunden:\n\t%s"}, name)
	}
	next := *n
	next.Live.IPv4, next.Live.IPv6 = slices.Clone(n.Live.IPv4), slices.Clone(n.Live.IPv6)
	next.Attrs.Alias4, next.Attrs.Alias6 = slices.Clone(n.Attrs.Alias4), slices.Clone(n.Attrs.Alias6)
	c := chdev{e: e, nic: &next, values: map[string]string{}}
	for _, arg := range f.values['a'] {
		for pair := range strings.FieldsSeq(arg) {
			k, v, ok := strings.Cut(pair, "=")
			if !ok {
				return e.fail(1, "chdev: 0514-013 Logical name is required or the attribute %s has no value.", k)
			}
			c.set(k, v)
		}
	}
	if msg := c.apply(); msg != "" {
		return e.failIn(1, tongues{"Method error (/usr/lib/methods/chgif):\n\t%s",
			"Methodenfehler (/usr/lib/methods/chgif):\n\t%s"}, msg)
	}
	before, after := fmt.Sprintf("%+v", *n), fmt.Sprintf("%+v", next)
	if f.has('P') {
		next.Live = n.Live
		after = fmt.Sprintf("%+v", next)
	}
	if before != after {
		*n = next
		e.effect("chdev %s", strings.Join(e.Args, " "))
	}
	e.out("%s changed\n", name)
	return 0
}

// chdev is one change of an interface, made on a copy.
type chdev struct {
	e      *Env
	nic    *NIC
	values map[string]string
	order  []string
}

func (c *chdev) set(k, v string) {
	if _, ok := c.values[k]; !ok {
		c.order = append(c.order, k)
	}
	c.values[k] = v
}

// apply changes the copy; it returns the method's error, or "".
func (c *chdev) apply() string {
	for _, k := range c.order {
		var msg string
		switch v := c.values[k]; k {
		case "netaddr6":
			msg = c.netaddr6(v)
		case "prefixlen":
			if n, err := strconv.Atoi(v); v != "" && (err != nil || n < 1 || n > 128) {
				msg = badValue(k)
			} else {
				c.nic.Attrs.PrefixLen = v
			}
		case "alias6", "delalias6":
			msg = c.alias6(k, v)
		case "alias4", "delalias4":
			c.alias4(k, v)
		case "netaddr", "netmask":
			msg = c.ipv4(k, v)
		case "mtu":
			if _, err := strconv.Atoi(v); err != nil {
				msg = badValue(k)
			} else {
				c.nic.Attrs.MTU = v
			}
		case "state":
			msg = c.state(v)
		case "remmtu", "mtu_bypass", "security", "arp", "rfc1323", "tcp_sendspace", "tcp_recvspace", "monitor":
		default:
			msg = fmt.Sprintf("0514-018 The values specified for the following attributes\n\t               are not valid:\n\t%s", k)
		}
		if msg != "" {
			return msg
		}
	}
	return ""
}

func badValue(k string) string {
	return fmt.Sprintf("0514-018 The values specified for the following attributes\n\t               are not valid:\n     %s", k)
}

// netaddr6 replaces the one address: the old one leaves the interface.
func (c *chdev) netaddr6(v string) string {
	n := c.nic
	var addr netip.Addr
	if v != "" {
		a, err := netip.ParseAddr(v)
		if err != nil || !a.Is6() || a.Zone() != "" {
			return badValue("netaddr6")
		}
		addr = a
	}
	if old, err := netip.ParseAddr(n.Attrs.NetAddr6); err == nil && old != addr {
		if i := index6(n.Live.IPv6, old); i >= 0 {
			n.Live.IPv6 = slices.Delete(n.Live.IPv6, i, i+1)
		}
	}
	n.Attrs.NetAddr6 = v
	if v == "" {
		n.Attrs.PrefixLen = ""
		return ""
	}
	bits := c.values["prefixlen"]
	if bits == "" {
		bits = n.Attrs.PrefixLen
	}
	length, err := strconv.Atoi(bits)
	if err != nil {
		length = 64
	}
	if !n.hasLive6(addr) && c.becomesUp() {
		n.Live.IPv6 = append(n.Live.IPv6, netip.PrefixFrom(addr, length).String())
	}
	return ""
}

// becomesUp tells whether the interface is up when the change is done.
func (c *chdev) becomesUp() bool {
	if s, ok := c.values["state"]; ok {
		return s == "up"
	}
	return c.nic.Live.Up
}

func (c *chdev) alias6(k, v string) string {
	addr, length, ok := strings.Cut(v, "/")
	a, err := netip.ParseAddr(addr)
	if bits, convErr := strconv.Atoi(length); err != nil || !a.Is6() || ok && (convErr != nil || bits < 1 || bits > 128) {
		return badValue(k)
	}
	if !ok {
		length = "64"
	}
	n := c.nic
	if k == "delalias6" {
		i := index6(n.Attrs.Alias6, a)
		if i < 0 {
			return badValue(k)
		}
		n.Attrs.Alias6 = slices.Delete(n.Attrs.Alias6, i, i+1)
		if j := index6(n.Live.IPv6, a); j >= 0 {
			n.Live.IPv6 = slices.Delete(n.Live.IPv6, j, j+1)
		}
		return ""
	}
	if !contains6(n.Attrs.Alias6, a) {
		n.Attrs.Alias6 = append(n.Attrs.Alias6, addr+"/"+length)
	}
	if !n.hasLive6(a) && c.becomesUp() {
		n.Live.IPv6 = append(n.Live.IPv6, a.String()+"/"+length)
	}
	return ""
}

func (c *chdev) alias4(k, v string) {
	n := c.nic
	if i := slices.Index(n.Attrs.Alias4, v); k == "delalias4" && i >= 0 {
		n.Attrs.Alias4 = slices.Delete(n.Attrs.Alias4, i, i+1)
	} else if k == "alias4" && i < 0 {
		n.Attrs.Alias4 = append(n.Attrs.Alias4, v)
	}
}

func (c *chdev) ipv4(k, v string) string {
	n := c.nic
	if k == "netmask" {
		n.Attrs.NetMask = v
		return ""
	}
	n.Attrs.NetAddr = v
	n.Live.IPv4 = nil
	if v == "" {
		return ""
	}
	if _, err := netip.ParseAddr(v); err != nil {
		return badValue(k)
	}
	mask := c.values["netmask"]
	if mask == "" {
		mask = n.Attrs.NetMask
	}
	n.Live.IPv4 = []string{fmt.Sprintf("%s/%d", v, maskBits(mask))}
	return ""
}

func maskBits(mask string) int {
	a, err := netip.ParseAddr(mask)
	if err != nil || !a.Is4() {
		return 24
	}
	bits := 0
	for _, b := range a.As4() {
		for ; b&0x80 != 0; b <<= 1 {
			bits++
		}
	}
	return bits
}

// state brings the interface up with everything that the ODM holds, or down.
func (c *chdev) state(v string) string {
	n := c.nic
	switch v {
	case "up":
		n.Live.Up = true
		if a, err := netip.ParseAddr(n.Attrs.NetAddr6); err == nil && !n.hasLive6(a) {
			n.Live.IPv6 = append(n.Live.IPv6, fmt.Sprintf("%s/%d", a, max(1, prefixOr64(n.Attrs.PrefixLen))))
		}
		for _, alias := range n.Attrs.Alias6 {
			if a, err := netip.ParseAddr(addrOf(alias)); err == nil && !n.hasLive6(a) {
				n.Live.IPv6 = append(n.Live.IPv6, alias)
			}
		}
		if n.Attrs.NetAddr != "" && len(n.Live.IPv4) == 0 {
			n.Live.IPv4 = []string{fmt.Sprintf("%s/%d", n.Attrs.NetAddr, maskBits(n.Attrs.NetMask))}
		}
	case "down":
		n.Live.Up = false
	case "detach":
		n.Live = Live{}
	default:
		return badValue("state")
	}
	n.Attrs.State = v
	return ""
}

func prefixOr64(s string) int {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	return 64
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
