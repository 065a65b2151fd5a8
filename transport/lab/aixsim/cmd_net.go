package aixsim

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// networkCommands show and change interfaces.
func networkCommands() []Command {
	both := append(bin(), sbin()...)
	return []Command{
		{Name: "ifconfig", Dirs: sbin(), Run: cmdIfconfig},
		{Name: "netstat", Dirs: both, Run: cmdNetstat},
		{Name: "route", Dirs: sbin(), Run: cmdRoute, Root: true},
		{Name: "entstat", Dirs: both, Run: cmdEntstat},
		{Name: "autoconf6", Dirs: sbin(), Run: cmdAutoconf6, Root: true},
		{Name: "chrctcp", Dirs: sbin(), Run: cmdChrctcp, Root: true},
		{Name: "lsdev", Dirs: sbin(), Run: cmdLsdev},
		{Name: "lsattr", Dirs: sbin(), Run: cmdLsattr},
		{Name: "chdev", Dirs: sbin(), Run: cmdChdev, Root: true},
		{Name: "mkdev", Dirs: sbin(), Run: cmdMkdev, Root: true},
		{Name: "lscfg", Dirs: sbin(), Run: cmdLscfg},
	}
}

const (
	flagsUp = "flags=1e084863,814c0<UP,BROADCAST,NOTRAILERS,RUNNING,SIMPLEX,MULTICAST,GROUPRT,64BIT,CHECKSUM_OFFLOAD(ACTIVE),LARGESEND,CHAIN>"
	flagsLo = "flags=e08084b,c0<UP,BROADCAST,LOOPBACK,RUNNING,SIMPLEX,MULTICAST,GROUPRT,64BIT,LARGESEND,CHAIN>"
)

// shown reports whether ifconfig knows an interface: one that is down is not
// shown by -a (aix-facts 3).
func (n *NIC) shown() bool { return n.Status == "Available" && n.Live.Up }

func cmdIfconfig(_ context.Context, e *Env) int {
	if len(e.Args) == 0 {
		return e.usage(flagSet{}, "ifconfig interface [address_family] [address [dest_address]] [parameters...]\n\tifconfig -a")
	}
	if e.Args[0] == "-a" {
		for _, i := range e.State.Variant.order(len(e.State.NICs), "ifconfig") {
			if n := &e.State.NICs[i]; n.shown() {
				e.ifconfigBlock(n)
			}
		}
		e.ifconfigLoopback()
		return 0
	}
	if len(e.Args) > 1 {
		return e.ifconfigChange()
	}
	n := e.State.nic(e.Args[0])
	switch {
	case e.Args[0] == "lo0":
		e.ifconfigLoopback()
	case n == nil || !n.shown() || n.Adapter == e.Args[0]:
		return e.failIn(1, tongues{"ifconfig: 0821-009 Interface %s does not exist.",
			"ifconfig: 0821-009 Die Schnittstelle %s ist nicht vorhanden."}, e.Args[0])
	default:
		e.ifconfigBlock(n)
	}
	return 0
}

func (e *Env) ifconfigLoopback() {
	e.out("lo0: %s\n        inet 127.0.0.1 netmask 0xff000000 broadcast 127.255.255.255\n        inet6 %s\n"+
		"         tcp_sendspace 131072 tcp_recvspace 131072 rfc1323 1\n", flagsLo, orElse(e.State.Variant.Loopback6, "::1%1/0"))
}

func (e *Env) ifconfigBlock(n *NIC) {
	v := e.State.Variant
	if v.Metric {
		e.out("%s: %s metric 1\n", n.Name, flagsUp)
	} else {
		e.out("%s: %s\n", n.Name, flagsUp)
	}
	for _, a := range n.Live.IPv4 {
		if p, err := netip.ParsePrefix(a); err == nil {
			mask := net.CIDRMask(p.Bits(), 32)
			bcast := p.Addr().As4()
			for i := range bcast {
				bcast[i] |= ^mask[i]
			}
			e.out("        inet %s netmask 0x%s broadcast %s\n", p.Addr(), mask, netip.AddrFrom4(bcast))
		}
	}
	for _, a := range n.Live.IPv6 {
		if addr, length, ok := strings.Cut(a, "/"); ok && v.Zone6 && strings.HasPrefix(addr, "fe80:") {
			a = addr + "%" + strings.TrimLeft(n.Name, "en") + "/" + length
		}
		e.out("        inet6 %s\n", a)
	}
	if len(n.Live.IPv4) > 0 {
		e.out("         tcp_sendspace 262144 tcp_recvspace 262144 rfc1323 1\n")
	}
}

// ifconfigChange is ifconfig enX inet6 ADDR/64 [delete], up, down: live only.
func (e *Env) ifconfigChange() int {
	n := e.State.nic(e.Args[0])
	if e.UID != 0 {
		return e.fail(1, "ifconfig: 0821-103 : The command failed: Operation not permitted.")
	}
	if n == nil {
		return e.fail(1, "ifconfig: 0821-009 Interface %s does not exist.", e.Args[0])
	}
	args := e.Args[1:]
	switch {
	case args[0] == "up" || args[0] == "down":
		if up := args[0] == "up"; up != n.Live.Up {
			n.Live.Up = up
			e.effect("ifconfig %s %s", n.Name, args[0])
		}
		return 0
	case args[0] == "detach":
		before := *n
		n.Live = Live{}
		e.State.loseRoutes(&before)
		if fmt.Sprintf("%+v", before) != fmt.Sprintf("%+v", *n) {
			e.effect("ifconfig %s detach", n.Name)
		}
		return 0
	case args[0] == "inet6" && len(args) > 1:
		p, err := netip.ParsePrefix(args[1])
		if err != nil {
			p = netip.PrefixFrom(netip.MustParseAddr("::"), 0)
			if a, err := netip.ParseAddr(args[1]); err == nil {
				p = netip.PrefixFrom(a, 64)
			}
		}
		if args[len(args)-1] != "delete" {
			e.addLive6(n, p)
			return 0
		}
		if !n.hasLive6(p.Addr()) { // the words are not known (K)
			return e.fail(1, "ifconfig: 0821-279 %s is not on %s", p.Addr(), n.Name)
		}
		e.delLive6(n, p.Addr())
		return 0
	}
	return e.fail(1, "ifconfig: 0821-015 %s: invalid argument", args[0])
}

func (e *Env) addLive6(n *NIC, p netip.Prefix) {
	if !n.hasLive6(p.Addr()) {
		n.Live.IPv6 = append(n.Live.IPv6, p.String())
		e.effect("%s: address %s added", n.Name, p)
	}
}

func (e *Env) delLive6(n *NIC, a netip.Addr) {
	if i := index6(n.Live.IPv6, a); i >= 0 {
		n.Live.IPv6 = dropAt(slices.Clone(n.Live.IPv6), i)
		e.effect("%s: address %s removed", n.Name, a)
	}
}

func cmdNetstat(_ context.Context, e *Env) int {
	f := getopt(e.Args, "inrasf:I:vp:")
	switch {
	case f.has('i'):
		e.netstatInterfaces()
	case f.has('r'):
		e.netstatRoutes()
	default:
		e.netstatSockets()
	}
	return 0
}

// dottedMAC is a MAC as netstat shows it: 0.0.c9.d9.e8.bf.
func dottedMAC(mac string) string {
	parts := strings.Split(mac, ":")
	for i, p := range parts {
		if p = strings.TrimLeft(p, "0"); p == "" {
			p = "0"
		}
		parts[i] = p
	}
	return strings.Join(parts, ".")
}

// zoneID is the column ZoneID of newer levels, between the address and the
// counters; how it is filled for protocols other than IPv6 is unknown (K).
func (e *Env) zoneID(address, number string) string {
	switch e.State.Variant.ZoneID {
	case "":
		return ""
	case "all":
		return fmt.Sprintf(" %6s", number)
	}
	if !strings.Contains(address, ":") {
		number = ""
	}
	return fmt.Sprintf(" %6s", number)
}

func (e *Env) netstatInterfaces() {
	head := ""
	if e.State.Variant.ZoneID != "" {
		head = " ZoneID"
	}
	e.out("%-5s %-5s %-11s %-17s%s %9s %5s %9s %5s %5s\n", "Name", "Mtu", "Network", "Address", head, "Ipkts", "Ierrs", "Opkts", "Oerrs", "Coll")
	for i, n := range e.State.NICs {
		if !n.shown() {
			continue
		}
		mtu := n.mtu()
		row := func(network, address string) {
			e.out("%-5s %-5s %-11s %-17s%s %9d %5d %9d %5d %5d\n", n.Name, mtu, network, address, e.zoneID(address, itoa(int64(i+2))),
				240000+i, 0, 120000+i, 0, 0)
		}
		row(fmt.Sprintf("link#%d", i+2), dottedMAC(n.MAC))
		for _, a := range append(append([]string(nil), n.Live.IPv4...), n.Live.IPv6...) {
			p, err := netip.ParsePrefix(a)
			if err != nil {
				continue
			}
			network := p.Masked().Addr().String()
			if p.Addr().Is4() {
				network = shortNetwork(p)
			}
			row(network, p.Addr().String())
		}
	}
	e.out("lo0   16896 link#1                        %[1]s      11391     0     11391     0     0\n"+
		"lo0   16896 127         127.0.0.1        %[1]s      11391     0     11391     0     0\n"+
		"lo0   16896 ::1%%1                        %[2]s      11391     0     11391     0     0\n", e.zoneID("", "1"), e.zoneID("::1", "1"))
}

// shortNetwork drops the zero octets at the end of a network, as AIX does.
func shortNetwork(p netip.Prefix) string {
	b := p.Masked().Addr().As4()
	n := max(1, (p.Bits()+7)/8)
	var parts []string
	for _, o := range b[:n] {
		parts = append(parts, strconv.Itoa(int(o)))
	}
	return strings.Join(parts, ".")
}

func (e *Env) netstatSockets() {
	e.out("Active Internet connections (including servers)\nProto Recv-Q Send-Q  Local Address          Foreign Address        (state)\n")
	e.out("tcp        0      0  *.22                   *.*                    LISTEN\n")
	if s := e.State.subsystem(ctrmc); s != nil && s.Active() && e.State.RMC.RemoteClients {
		e.out("tcp        0      0  *.657                  *.*                    LISTEN\nudp        0      0  *.657                  *.*\n")
	}
}

func cmdEntstat(_ context.Context, e *Env) int {
	f := getopt(e.Args, "drt")
	if len(f.rest) != 1 || e.State.nic(f.rest[0]) == nil {
		name := strings.Join(f.rest, " ")
		return e.failIn(1, tongues{"entstat: 0909-003 Unable to connect to device %s, errno = 19",
			"entstat: 0909-003 Keine Verbindung zur Einheit %s, errno = 19"}, name)
	}
	n := e.State.nic(f.rest[0])
	if n.EntstatFails {
		if a := e.State.Variant.EntstatFailed; a != nil {
			return e.answer(a, f.rest[0])
		}
		return e.fail(1, "entstat: 0909-003 Unable to connect to device %s, errno = 5", f.rest[0])
	}
	if f.has('r') {
		e.effect("entstat -r %s: counters reset", n.Adapter)
	}
	line := strings.Repeat("-", 61)
	e.out("%s\nETHERNET STATISTICS (%s) :\nDevice Type: %s\nHardware Address: %s\nElapsed Time: 12 days 3 hours 41 minutes 7 seconds\n\n",
		line, f.rest[0], n.Device, n.MAC)
	e.out("Transmit Statistics:                          Receive Statistics:\n--------------------                          -------------------\n" +
		"Packets: 120031                               Packets: 240012\nBytes: 18234010                               Bytes: 40120331\n\n" +
		"General Statistics:\n-------------------\nNo mbuf Errors: 0\nAdapter Reset Count: 0\nAdapter Data Rate: 20000\n" +
		"Driver Flags: Up Broadcast Running\n\tSimplex 64BitSupport ChecksumOffload\n\tDataRateSet VIOENT\n")
	if !f.has('d') || !strings.Contains(n.Device, "l-lan") {
		return 0
	}
	e.out("\nVirtual I/O Ethernet Adapter (l-lan) Specific Statistics:\n---------------------------------------------------------\n")
	for _, l := range e.State.virtualLines(n) {
		e.out("%s%s\n", e.State.Variant.EntstatBegin, l)
	}
	return 0
}

// virtualLines are the lines of entstat -d that a virtual adapter adds.
func (s *State) virtualLines(n *NIC) []string {
	list := []string{"RQ Length: 4481", "Trunk Adapter: False", "Filter MCast Mode: False"}
	if n.VLAN != 0 {
		list = append(list, fmt.Sprintf("Port VLAN ID: %5d", n.VLAN), "VLAN Tag IDs:  None")
	}
	if n.Switch != "" {
		list = append(list, "Switch ID: "+n.Switch)
	}
	if s.Variant.Entstat != 0 {
		newRand(s.Variant.Entstat, n.Name).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
	return append(list, "Hypervisor Send Failures: 0", "  Receiver Failures: 0", "  Send Errors: 0", "Hypervisor Receive Failures: 0")
}

// cmdAutoconf6 gives interfaces the address of their MAC.
func cmdAutoconf6(_ context.Context, e *Env) int {
	f := getopt(e.Args, "aAi:m:RsO:l:vMn:d")
	names := f.values['i']
	if f.has('a') || f.has('A') {
		names = nil
		for _, n := range e.State.NICs {
			names = append(names, n.Name)
		}
	}
	for _, name := range names {
		n := e.State.nic(name)
		if n == nil || !n.shown() {
			return e.fail(1, "autoconf6: %s: interface does not exist", name)
		}
		e.addLive6(n, netip.PrefixFrom(EUI64(n.MAC), 64))
	}
	return 0
}

// cmdChrctcp is chrctcp -c autoconf6 -f interface=enX: the boot entry.
func cmdChrctcp(_ context.Context, e *Env) int {
	f := getopt(e.Args, "Sa:d:c:f:s:")
	data, err := e.Files.ReadFile("/etc/rc.tcpip")
	if err != nil {
		return e.fileError("/etc/rc.tcpip", err)
	}
	name := f.last('a') + f.last('c')
	if name != "autoconf6" {
		return e.fail(1, "chrctcp: subsystem %s is not known", name)
	}
	iface, _ := strings.CutPrefix(f.last('f'), "interface=")
	entry := "start /usr/sbin/autoconf6 \"\""
	if iface != "" {
		entry += " \"-i " + iface + "\""
	}
	var out []string
	done := false
	for line := range strings.SplitSeq(strings.TrimSuffix(string(data), "\n"), "\n") {
		if strings.Contains(line, "/usr/sbin/autoconf6") && !done {
			line, done = entry, true
		}
		out = append(out, line)
	}
	if !done {
		out = append(out, entry)
	}
	if err := e.Files.WriteFile("/etc/rc.tcpip", []byte(strings.Join(out, "\n")+"\n"), 0o774); err != nil {
		return e.fileError("/etc/rc.tcpip", err)
	}
	return 0
}
