package aixsim

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// Healthy builds virtual machine number n (0 to 65535), in good health and
// with RMC connected: en0 is the customer's and carries the session, en1 is
// the management adapter with the address of its MAC. The same n gives the
// same machine; different n differ in everything that must be unique.
func Healthy(name string, n int) *State {
	mac0, mac1 := fmt.Sprintf("fa:16:3e:%02x:%02x:20", n>>8&0xff, n&0xff), fmt.Sprintf("fa:d4:43:%02x:%02x:21", n>>8&0xff, n&0xff)
	ip := fmt.Sprintf("10.%d.%d.%d", 20+n>>14&0x3, n>>7&0x7f, 2+n&0x7f)
	addr := EUI64(mac1).String()
	s := &State{
		Hostname: name,
		LPAR:     LPAR{Number: 3 + n%250, Name: name},
		UUID:     fmt.Sprintf("4c4c4544-%04x-4d10-8052-b8c04f%06x", n&0xffff, n),
		OSLevel:  "7200-05-08-2420",
		NICs: []NIC{
			{Adapter: "ent0", Name: "en0", MAC: mac0, VLAN: 320 + n%50, Switch: "ETHERNET0", Device: virtualAdapter, Status: "Available",
				Live: Live{Up: true, IPv4: []string{ip + "/24"}}, Attrs: NICAttr{NetAddr: ip, NetMask: "255.255.255.0", State: "up"}},
			{Adapter: "ent1", Name: "en1", MAC: mac1, VLAN: 4094, Switch: "MGMTSWITCH", Device: virtualAdapter, Status: "Available",
				Management: true, Live: Live{Up: true, IPv6: []string{addr + "/64"}}, Attrs: NICAttr{NetAddr6: addr, PrefixLen: "64", State: "up"}},
		},
		Inet0:       []string{DefaultRoute(gatewayOf(ip + "/24"))},
		Routes:      []Route{{Destination: defaultRoute, Gateway: gatewayOf(ip + "/24")}},
		Filesets:    healthyFilesets(),
		Subsystems:  healthySubsystems(n),
		Disks:       []Disk{{Name: "hdisk0", PVID: fmt.Sprintf("00fa0001%08x", n+1), VG: "rootvg", Active: true}, {Name: "hdisk1", PVID: "none", VG: "None"}},
		BootDisk:    "hdisk0",
		BootList:    []string{"hdisk0 blv=hd5 pathid=0", "hdisk0 blv=hd5 pathid=1"},
		FileSystems: healthyFileSystems(),
		RMC: RMC{RemoteClients: true, HasRefreshMD: true, MCPNodeID: "3f12ab90cc41d7e8", MCPAddress: "fe80::3a4b:c5ff:fe00:1",
			Registered: true, ConnectDelay: Duration(60 * time.Second)},
		Errpt: []ErrorEntry{{Label: "RMCD_INFO_0_ST", ID: "A6DF45AA", Resource: "RMCdaemon", Text: "The daemon is started.",
			Time: time.Date(2026, 1, 12, 8, 30, 0, 0, time.UTC)}},
		NextPID: 6947312 + 2*(n%1000),
	}
	s.Files = healthyFiles(s, n)
	return s
}

// gatewayOf is the first address of the net that address/length is in.
func gatewayOf(entry string) string {
	p, err := netip.ParsePrefix(entry)
	if err != nil {
		return ""
	}
	return p.Masked().Addr().Next().String()
}

const virtualAdapter = "Virtual I/O Ethernet Adapter (l-lan)"

func healthyFilesets() []Fileset {
	list := []Fileset{{Name: rmcFileset, Level: "3.2.6.2", State: "C", Type: "F", Description: "RSCT Resource Monitoring and Control"}}
	for _, x := range [][2]string{{"rsct.core.auditrm", "Audit Log Resource Manager"}, {"rsct.core.errm", "Event Response Resource Manager"},
		{"rsct.core.fsrm", "File System Resource Manager"}, {"rsct.core.gui", "Graphical User Interface"}, {"rsct.core.hostrm", "Host Resource Manager"},
		{"rsct.core.lprm", "Least Privilege Resource Manager"}, {"rsct.core.microsensor", "Microsensor Resource Manager"},
		{"rsct.core.sec", "Security"}, {"rsct.core.sensorrm", "Sensor Resource Manager"}, {"rsct.core.sr", "Registry"}, {"rsct.core.utils", "Utilities"},
		{"rsct.basic.rte", "Basic Functions"}, {"rsct.basic.hacmp", "HACMP Functions"}} {
		list = append(list, Fileset{Name: x[0], Level: "3.2.6.0", State: "C", Type: " ", Description: "RSCT " + x[1]})
	}
	return append(list,
		Fileset{Name: "bos.rte", Level: "7.2.5.200", State: "C", Type: "F", Description: "Base Operating System Runtime"},
		Fileset{Name: "bos.cluster.rte", Level: "7.2.5.200", State: "C", Type: "F", Description: "Cluster Aware AIX"},
		Fileset{Name: "devices.chrp.base.ServiceRM", Level: "3.2.6.0", State: "C", Type: " ", Description: "RSCT Service Resource Manager"},
		Fileset{Name: "openssh.base.server", Level: "8.1.112.2000", State: "C", Type: "F", Description: "Open Secure Shell Server"})
}

func healthySubsystems(n int) []Subsystem {
	list := []Subsystem{{Name: ctrmc, Group: "rsct", PID: 6947312 + 2*(n%1000), Status: "active"}}
	for i, name := range []string{"IBM.HostRM", "IBM.ServiceRM", "IBM.DRM", "IBM.MgmtDomainRM", "IBM.ConfigRM"} {
		list = append(list, Subsystem{Name: name, Group: "rsct_rm", PID: 7012848 + 2*i, Status: "active"})
	}
	for _, name := range []string{"IBM.ERRM", "IBM.AuditRM", "IBM.LPRM", "IBM.SensorRM"} {
		list = append(list, Subsystem{Name: name, Group: "rsct_rm", Status: "inoperative"})
	}
	return append(list, Subsystem{Name: "ctcas", Group: "rsct", Status: "inoperative"},
		Subsystem{Name: "clcomd", Group: "caa", PID: 5308886, Status: "active"}, Subsystem{Name: "clconfd", Group: "caa", Status: "inoperative"},
		Subsystem{Name: "cthags", Group: "cthags", Status: "inoperative"}, Subsystem{Name: "cthats", Group: "cthats", Status: "inoperative"},
		// syslogd in group ras: general knowledge, no source at hand (K).
		Subsystem{Name: "syslogd", Group: "ras", PID: 4456762, Status: "active"},
		Subsystem{Name: "sshd", Group: "ssh", PID: 5112010, Status: "active"})
}

func healthyFileSystems() []FileSystem {
	row := func(device, mount string, size, free int64) FileSystem {
		return FileSystem{Device: device, Mount: mount, SizeKB: size << 10, FreeKB: free << 10}
	}
	return []FileSystem{row("/dev/hd4", "/", 1024, 612), row("/dev/hd2", "/usr", 6144, 2210), row("/dev/hd9var", "/var", 2048, 1403),
		row("/dev/hd3", "/tmp", 2048, 1990), row("/dev/hd1", "/home", 512, 500), row("/dev/hd10opt", "/opt", 2048, 911)}
}

// NodeID is the node id of machine number n in good health.
func NodeID(n int) string { return fmt.Sprintf("6e0d%04x5a17%04x", (n*40503+4097)&0xffff, n&0xffff) }

func healthyFiles(s *State, n int) map[string]File {
	id := NodeID(n)
	files := map[string]File{
		etcNodeID:                        {Content: nodeIDFile(id), Mode: 0o444},
		workNodeID:                       {Content: nodeIDFile(id), Mode: 0o444},
		"/var/ct/cfg/current_cluster":    {Content: "IW\n"},
		"/var/ct/cfg/default_cluster":    {Content: "IW\n"},
		"/var/ct/IW/log/mc/default":      {Content: ""},
		"/etc/rc.tcpip":                  {Content: rcTCPIP(s.NICs[1]), Mode: 0o774},
		"/etc/inittab":                   {Content: "init:2:initdefault:\nrctcpip:23456789:wait:/etc/rc.tcpip > /dev/console 2>&1\nctrmc:2:once:/usr/bin/startsrc -s ctrmc > /dev/console 2>&1\n"},
		"/etc/resolv.conf":               {Content: "nameserver 10.0.80.11\nsearch example.internal\n"},
		"/etc/ntp.conf":                  {Content: "# broadcastclient\ndriftfile /etc/ntp.drift\ntracefile /etc/ntp.trace\nserver 10.0.80.21 prefer\n"},
		"/etc/hosts":                     {Content: fmt.Sprintf("127.0.0.1 loopback localhost\n%s %s\n", addrOf(s.NICs[0].Live.IPv4[0]), s.Hostname)},
		"/etc/environment":               {Content: "PATH=/usr/bin:/etc:/usr/sbin:/usr/ucb:/sbin\nTZ=UTC\nLANG=C\n"},
		"/etc/ssh/sshd_config":           {Content: "PermitRootLogin yes\nSubsystem sftp /usr/sbin/sftp-server\n", Mode: 0o600},
		"/var/log/cloud-init-output.log": {Content: CloudInitLog(n, s.NICs[0], s.NICs[1])},
		"/smit.log":                      {Content: "[Jan 12 2026, 08:31:02] Starting SMIT\n"},
		"/smit.script":                   {Content: ""},
		"/opt/freeware/var/lib/cloud/data/instance-id": {Content: s.UUID + "\n"},
	}
	stamp := time.Date(2026, 1, 12, 8, 30, 0, 0, time.UTC)
	for name, f := range files {
		f.ModTime = stamp
		files[name] = f
	}
	return files
}

// rcTCPIP is /etc/rc.tcpip as it comes, with the line that the 22.x cloud-init
// port adds for a NIC.
func rcTCPIP(mgmt NIC) string {
	return "#!/bin/ksh\n# @(#)rc.tcpip - starts TCP/IP daemons\n\nstart()\n{\n        test -x $1 && $1 $2\n}\n\n" +
		"# Bring up autoconf6 process\n#start /usr/sbin/autoconf6 \"\"\n\n# Start up the ndpd-host daemon\n#start /usr/sbin/ndpd-host \"$src_running\"\n\n" +
		"# Start up socket-based daemons\nstart /usr/sbin/syslogd \"$src_running\"\nstart /usr/sbin/inetd \"$src_running\"\n\n" +
		ChdevBootLine(mgmt.Name, EUI64(mgmt.MAC).String())
}

// ChdevBootLine is the line that the 22.x cloud-init port appends to
// /etc/rc.tcpip.
func ChdevBootLine(name, addr string) string {
	return fmt.Sprintf("/usr/sbin/chdev -l %s -anetaddr6=%s -aprefixlen=64\n", name, addr)
}

// exploded is an address with all its zeros, as nova writes it.
func exploded(addr string) string {
	parts := strings.Split(addr, ":")
	if a, b, ok := strings.Cut(addr, "::"); ok {
		head, tail := strings.Split(a, ":"), strings.Split(b, ":")
		fill := 8 - len(head) - len(tail)
		parts = append(append(head, strings.Split(strings.Repeat("0 ", fill), " ")[:fill]...), tail...)
	}
	for i, p := range parts {
		parts[i] = strings.Repeat("0", 4-len(p)) + p
	}
	return strings.Join(parts[:1], ":") + "::" + strings.Join(parts[4:], ":")
}
