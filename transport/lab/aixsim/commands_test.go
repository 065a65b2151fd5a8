package aixsim

import (
	"strings"
	"testing"
)

// A case of a command: what a host says to it.
type commandCase struct {
	name    string
	change  func(*State)
	command string
	stdin   string
	exit    int
	out     string   // the whole of stdout; "" is not looked at, nothing is an empty one
	has     []string // parts of stdout
	not     []string // what stdout must not hold
	err     string   // part of stderr; "" wants an empty one
}

const nothing = "\x00"

func (c commandCase) check(t *testing.T) {
	t.Helper()
	s := Healthy("aixvm1", 1)
	if c.change != nil {
		c.change(s)
	}
	m := boot(t, s)
	r := m.feed(c.command, c.stdin)
	if r.Exit != c.exit {
		t.Errorf("exit %d, want %d", r.Exit, c.exit)
	}
	if c.out != "" && r.Stdout != strings.Trim(c.out, nothing) {
		t.Errorf("stdout\n%q, want\n%q", r.Stdout, c.out)
	}
	for _, part := range c.has {
		if !strings.Contains(r.Stdout, part) {
			t.Errorf("stdout lacks %q:\n%s", part, r.Stdout)
		}
	}
	for _, part := range c.not {
		if strings.Contains(r.Stdout, part) {
			t.Errorf("stdout has %q:\n%s", part, r.Stdout)
		}
	}
	if c.err == "" && r.Stderr != "" || !strings.Contains(r.Stderr, c.err) {
		t.Errorf("stderr %q, want %q", r.Stderr, c.err)
	}
}

func runCases(t *testing.T, cases []commandCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, c.check)
	}
}

func TestSystemCommands(t *testing.T) {
	linux := func(s *State) { s.System = "Linux" }
	runCases(t, []commandCase{
		{name: "uname", command: "/usr/bin/uname -s; uname -n; uname -L", out: "AIX\naixvm1\n4 aixvm1\n"},
		{name: "uname of Linux", change: linux, command: "uname -s", out: "Linux\n"},
		{name: "Linux has no AIX commands", change: linux, command: "/usr/bin/lssrc -s ctrmc", exit: 127, err: "not found"},
		{name: "oslevel", command: "oslevel -s; oslevel -r; oslevel", out: "7200-05-08-2420\n7200-05\n7.2.0.0\n"},
		{name: "id", command: "id -u", out: "0\n"},
		{name: "id of a user", change: func(s *State) { s.Unprivileged = true }, command: "id -u; echo $HOME", out: "202\n/home/root\n"},
		{name: "df", command: "df -k /var /tmp", has: []string{"/dev/hd9var", "1436672", "/tmp"}, not: []string{"/opt"}},
		{name: "df of nothing", command: "df -k /nosuch/../var", has: []string{"/var"}},
		{name: "date knows no nanoseconds", command: "date -u +%Y%N | wc -c", has: []string{"6"}},
		{name: "date -d is GNU's", command: "date -d yesterday", exit: 1, err: "Not a recognized flag"},
		{name: "lparstat", command: "lparstat -i", has: []string{"Partition Name                             : aixvm1", "Partition Number"}},
		{name: "errpt", command: "errpt -a -N RMCdaemon", has: []string{"RMCD_INFO_0_ST", "A6DF45AA"}},
		{name: "bootinfo", command: "bootinfo -b; bootlist -m normal -o", out: "hdisk0\nhdisk0 blv=hd5 pathid=0\nhdisk0 blv=hd5 pathid=1\n"},
		{name: "lspv", command: "lspv", has: []string{"hdisk0", "rootvg", "active", "hdisk1", "none"}},
		{name: "missing command", command: "timeout 5 true", exit: 127, err: "ksh: timeout:  not found."},
		{name: "missing by state", change: func(s *State) { s.behave("lspv", Behaviour{Missing: true}) }, command: "[ -x /usr/sbin/lspv ] || lspv", exit: 127, err: "not found"},
		{name: "exit by state", change: func(s *State) { s.behave("lspv", Behaviour{Exit: 3, Stderr: "sick\n"}) }, command: "lspv", exit: 3, err: "sick\n"},
		{name: "wears off", change: func(s *State) { s.behave("lspv", Behaviour{Exit: 3, Times: 1}) }, command: "lspv; echo $?; lspv >/dev/null; echo $?", out: "3\n0\n"},
		{name: "flood", change: func(s *State) { s.behave("lspv", Behaviour{Flood: 200000}) }, command: "lspv | wc -c", has: []string{"200"}},
		{name: "German", change: func(s *State) { s.Language = "de" }, command: "lssrc -s nosuch; LC_ALL=C lssrc -s nosuch", exit: 1, out: "0513-085 Das Subsystem nosuch ist nicht vorhanden.\n0513-085 The nosuch Subsystem is not on file.\n"},
	})
}

func TestNetworkCommands(t *testing.T) {
	custom := func(s *State) { customerIPv6(s) }
	runCases(t, []commandCase{
		{name: "ifconfig -a", command: "/usr/sbin/ifconfig -a; /etc/ifconfig en1 | head -n 1", has: []string{"en0: flags=", "        inet 10.20.0.3 netmask 0xffffff00 broadcast 10.20.0.255\n",
			"        inet6 fe80::f8d4:43ff:fe00:121/64\n", "inet6 ::1%1/0"}},
		{name: "down is not shown", change: func(s *State) { s.NICs[1].Live.Up = false }, command: "ifconfig -a", not: []string{"en1"}},
		{name: "no such interface", command: "ifconfig en9", exit: 1, err: "0821-009"},
		{name: "entstat -d", command: "entstat -d ent1", has: []string{"Hardware Address: fa:d4:43:00:01:21", "Port VLAN ID:  4094", "Switch ID: MGMTSWITCH"}},
		{name: "entstat without -d", command: "entstat en1", has: []string{"Hardware Address"}, not: []string{"VLAN"}},
		{name: "entstat of nothing", command: "entstat -d ent9", exit: 1, err: "0909-003"},
		{name: "netstat -in", change: custom, command: "netstat -in", has: []string{"link#3      fa.d4.43.0.1.21", "2001:db8:20::15"}},
		{name: "netstat -rn", command: "netstat -rn", has: []string{"default", "10.20.0.1"}},
		{name: "lscfg", command: "lscfg -vpl ent1", has: []string{"Network Address.............FAD443000121"}},
		{name: "lsdev", command: "lsdev -Cc if -F name:status; lsdev -Cc adapter -F name:status:description", out: "en0:Available\nen1:Available\nlo0:Available\n" +
			"ent0:Available:Virtual I/O Ethernet Adapter (l-lan)\nent1:Available:Virtual I/O Ethernet Adapter (l-lan)\n"},
		{name: "lsattr value", command: "lsattr -El en1 -a netaddr6 -F value; lsattr -El en0 -a netaddr6 -F value", out: "fe80::f8d4:43ff:fe00:121\n\n"},
		{name: "lsattr list", command: "lsattr -El en1", has: []string{"netaddr6       fe80::f8d4:43ff:fe00:121 IPv6 Internet Address True", "alias6          IPv6 Alias"}},
		{name: "lsattr of no attribute", command: "lsattr -El en1 -a nosuch -F value", exit: 255, err: "0514-528"},
		{name: "lsattr of no device", command: "lsattr -El en9", exit: 1, err: "0514-519"},
	})
}

func TestLinks(t *testing.T) {
	runCases(t, []commandCase{
		{name: "ln -s", command: "ln -s by=a,until=1 /etc/l && ls -ld /etc/l", has: []string{"lrwxrwxrwx", " /etc/l -> by=a,until=1\n"}},
		{name: "a link that is there", command: "ln -s a /etc/l; ln -s b /etc/l; echo $?; ls -l /etc/l", has: []string{"1\n", "-> a\n"}, err: "0653-421 /etc/l exists"},
		{name: "mv over a link", command: "ln -s a /etc/l; ln -s b /etc/m; mv -f /etc/m /etc/l; ls -l /etc/l; ls -d /etc/m", exit: 2, has: []string{"-> b\n"}, err: "/etc/m does not exist"},
		{name: "what a link leads to", command: "ln -s hosts /etc/l; cmp /etc/l /etc/hosts && [ -h /etc/l ] && [ -f /etc/l ] && echo same", out: "same\n"},
		{name: "a link that leads nowhere", command: "ln -s nosuch /etc/l; [ -f /etc/l ] || echo none; cat /etc/l; [ -h /etc/l ] && rm /etc/l; [ -h /etc/l ] || echo gone", has: []string{"none\n", "gone\n"}, err: "Cannot open /etc/l"},
		{name: "ln of a user", change: func(s *State) { s.Unprivileged = true }, command: "ln -s a /etc/l", exit: 1, err: "permissions"},
	})
}

func TestChdev(t *testing.T) {
	const show = "; /usr/sbin/ifconfig en1 | grep inet6; /usr/sbin/lsattr -El en1 -a netaddr6 -a prefixlen -a alias6 -a state -F value"
	lost := func(s *State) { loseAddress(s) }
	runCases(t, []commandCase{
		{name: "netaddr6", change: lost, command: "chdev -l en1 -a netaddr6=fe80::f8d4:43ff:fe00:121 -a prefixlen=64 -a state=up" + show,
			out: "en1 changed\n        inet6 fe80::f8d4:43ff:fe00:121/64\n\nfe80::f8d4:43ff:fe00:121\n64\nup\n"},
		{name: "joined flags, any spelling", change: lost, command: "chdev -l en1 -anetaddr6=FE80::F8D4:43FF:FE00:0121 -aprefixlen=64" + show,
			has: []string{"        inet6 fe80::f8d4:43ff:fe00:121/64\n", "FE80::F8D4"}},
		{name: "netaddr6 replaces", command: "chdev -l en1 -a netaddr6=2001:db8::7 -a prefixlen=64" + show,
			out: "en1 changed\n        inet6 2001:db8::7/64\n\n2001:db8::7\n64\nup\n"},
		{name: "alias6 adds", command: "chdev -l en1 -a alias6=2001:db8::7/64" + show,
			out: "en1 changed\n        inet6 fe80::f8d4:43ff:fe00:121/64\n        inet6 2001:db8::7/64\n2001:db8::7/64\nfe80::f8d4:43ff:fe00:121\n64\nup\n"},
		{name: "delalias6", command: "chdev -l en1 -a alias6=2001:db8::7/64; chdev -l en1 -a delalias6=2001:db8::7/64" + show,
			out: "en1 changed\nen1 changed\n        inet6 fe80::f8d4:43ff:fe00:121/64\n\nfe80::f8d4:43ff:fe00:121\n64\nup\n"},
		{name: "empty removes", command: "chdev -l en1 -a netaddr6= -a prefixlen=" + show, out: "en1 changed\n\n\n\nup\n"},
		{name: "-P is for the next boot", change: lost, command: "chdev -P -l en1 -a netaddr6=fe80::1 -a prefixlen=64" + show, out: "en1 changed\n\nfe80::1\n64\nup\n"},
		{name: "state brings back what the ODM holds", change: func(s *State) { s.NICs[1].Live.IPv6 = nil }, command: "chdev -l en1 -a state=up; ifconfig en1 | grep inet6",
			out: "en1 changed\n        inet6 fe80::f8d4:43ff:fe00:121/64\n"},
		{name: "bad address changes nothing", command: "chdev -l en1 -a state=down -a netaddr6=fe80::xyz" + show, exit: 0,
			out: "        inet6 fe80::f8d4:43ff:fe00:121/64\n\nfe80::f8d4:43ff:fe00:121\n64\nup\n", err: "0514-018"},
		{name: "no such device", command: "chdev -l en9 -a state=up", exit: 1, err: "0514-519"},
		{name: "no such attribute", command: "chdev -l en1 -a nosuch=1", exit: 1, err: "0514-018"},
		{name: "needs root", change: func(s *State) { s.Unprivileged = true }, command: "/usr/sbin/chdev -l en1 -a state=down", exit: 1, err: "0403-027"},
		{name: "autoconf6", change: lost, command: "/usr/sbin/autoconf6 -i en1; ifconfig en1 | grep inet6", out: "        inet6 fe80::f8d4:43ff:fe00:121/64\n"},
		{name: "ifconfig delete of what is not there", command: "ifconfig en1 inet6 fe80::5/64 delete", exit: 1, err: "0821-279"},
		{name: "ifconfig alias and delete, as it is written on AIX", command: "ifconfig en1 inet6 fe80::5/64 alias; ifconfig en1 inet6 fe80::f8d4:43ff:fe00:121/64 delete; ifconfig en1 | grep inet6", out: "        inet6 fe80::5/64\n"},
		{name: "ifconfig alias and delete", command: "ifconfig en1 inet6 fe80::5/64; ifconfig en1 inet6 fe80::f8d4:43ff:fe00:121 delete; ifconfig en1 | grep inet6", out: "        inet6 fe80::5/64\n"},
	})
}

func TestSoftwareCommands(t *testing.T) {
	old := func(s *State) {
		s.fileset(rmcFileset).Level = "3.1.5.0"
		s.Images = rsctImages("")
	}
	const level = "lslpp -Lcq rsct.core.rmc"
	runCases(t, []commandCase{
		{name: "lslpp -Lcq", command: level, out: "rsct.core:rsct.core.rmc:3.2.6.2: : :C:F:RSCT Resource Monitoring and Control: : : : : : :0:0:/:\n"},
		{name: "lslpp -qLc", command: "lslpp -qLc 'rsct.core.*' | wc -l", has: []string{"12"}},
		{name: "lslpp -L", command: "lslpp -L 'rsct.core.rmc'", has: []string{"Fileset", "rsct.core.rmc", "State codes:"}},
		{name: "lslpp of nothing", command: "lslpp -Lcq cluster.es.server.rte", exit: 1, err: "0504-132"},
		{name: "preview changes nothing", change: old, command: "installp -apgXY -d /usr/sys/inst.images rsct.core.rmc; " + level, has: []string{"PREVIEW", "SUCCESSES", ":3.1.5.0:"}},
		{name: "no name is no wish", change: old, command: "installp -agXY -d /usr/sys/inst.images", exit: 1, err: "Usage"},
		{name: "apply and reject", change: old, command: "installp -agXY -d /usr/sys/inst.images -e /tmp/log rsct.core.rmc && " + level + " && installp -r rsct.core.rmc && " + level,
			has: []string{":3.2.6.2: : :A:", "APPLY       SUCCESS", ":3.1.5.0: : :C:"}},
		{name: "missing requisite", change: func(s *State) { s.Images = rsctImages("no.such"); s.fileset(rmcFileset).Level = "3.1.0.0" },
			command: "installp -apgXY -d /usr/sys/inst.images all", exit: 1, has: []string{"FAILURES", "Missing Requisites"}},
		{name: "no images", command: "installp -apgXY -d /nosuch all", exit: 1, err: "0503-105"},
		{name: "lppchk", change: func(s *State) { s.fileset(rmcFileset).State = "B" }, command: "lppchk -v", exit: 3, err: rmcFileset},
		{name: "RSCT removed", change: func(s *State) { i, _ := FindIllness("rsct-missing"); i.Apply(s) },
			command: "[ -x /opt/rsct/bin/rmcctrl ]; echo $?; /usr/sbin/rsct/bin/rmcdomainstatus -s ctrmc", exit: 127, out: "1\n", err: "not found"},
	})
}

func TestSubsystemsAndODM(t *testing.T) {
	rows := func(s *State) { s.ODM = cluster0() }
	runCases(t, []commandCase{
		{name: "lssrc", command: "lssrc -s ctrmc | tail -n 1", out: " ctrmc            rsct             6947314      active\n"},
		{name: "lssrc inoperative", command: "lssrc -s ctcas | tail -n 1", out: " ctcas            rsct                          inoperative\n"},
		{name: "lssrc unknown", command: "lssrc -s clstrmgrES", exit: 1, out: "0513-085 The clstrmgrES Subsystem is not on file.\n"},
		{name: "lssrc -ls", command: "lssrc -ls ctrmc", has: []string{"Port 657"}},
		{name: "stop and start", command: "stopsrc -s ctrmc; lssrc -s ctrmc | tail -n 1; startsrc -s ctrmc; startsrc -s ctrmc", exit: 1,
			has: []string{"0513-044", "inoperative", "0513-059"}, err: "0513-029"},
		{name: "odmget", change: rows, command: "odmget -q name=cluster0 CuAt | head -n 4", out: "\nCuAt:\n\tname = \"cluster0\"\n\tattribute = \"node_uuid\"\n"},
		{name: "odmget nothing", command: "odmget -q name=cluster0 CuAt; odmget -q 'name=cluster0' CuDv", out: nothing},
		{name: "odmget of no class", command: "odmget HACMPcluster", exit: 1, err: "HACMPcluster"},
		{name: "odmget of odd criteria", command: "odmget -q name CuAt", exit: 1, err: "0519-004"},
		{name: "odmdelete and odmadd", change: rows, command: "odmget -q name=cluster0 CuAt > /tmp/s; odmdelete -o CuAt -q name=cluster0; odmget -q name=cluster0 CuAt; odmadd /tmp/s; odmget -q name=cluster0 CuAt > /tmp/t; cmp /tmp/s /tmp/t && echo same",
			out: "0518-307 odmdelete: 2 objects deleted.\nsame\n"},
		{name: "odmdelete nothing", command: "odmdelete -o CuAt -q name=cluster0", out: "0518-307 odmdelete: 0 objects deleted.\n"},
		{name: "prose behind the criteria", change: rows, command: "odmdelete -o CuAt -q name=cluster0 to remove 'cluster0' entry", exit: 1, err: "Usage"},
		{name: "no cluster", command: "lscluster -c", exit: 1, err: "Cluster services are not active"},
		{name: "live cluster", change: func(s *State) { i, _ := FindIllness("cluster-live"); i.Apply(s) },
			command: "lscluster -c; lssrc -ls clstrmgrES; odmget HACMPcluster; /usr/es/sbin/cluster/utilities/clRGinfo -s; lspv",
			has:     []string{"Cluster Name: prodcl", "Current state: ST_STABLE", "name = \"prodcl\"", "rg1:ONLINE", "caavg_private"}},
		{name: "peer domain", change: func(s *State) { s.Cluster.PeerDomain = "db2dom" }, command: "/usr/sbin/rsct/bin/lsrpdomain; /usr/sbin/rsct/bin/rmcdomainstatus -s ctrmc",
			has: []string{"db2dom Online", "Peer Domain Status", "Management Control Points"}},
	})
}

func TestTextCommands(t *testing.T) {
	runCases(t, []commandCase{
		{name: "grep", command: "grep -n -i -e 'B' -e c; echo $?", stdin: "a\nb\nC\n", out: "2:b\n3:C\n0\n"},
		{name: "grep -v -c", command: "grep -vc '^a*$'", stdin: "aa\nb\n\n", out: "1\n"},
		{name: "grep basic and extended", command: "echo 'a+b' | grep 'a+b'; echo aab | grep -E 'a+b'; echo aab | grep 'a\\{2\\}b'; echo 'a.b' | grep -F .", out: "a+b\naab\naab\na.b\n"},
		{name: "grep -q no match", command: "echo a | grep -q b", exit: 1},
		{name: "grep -o is GNU's", command: "echo a | grep -o a", exit: 2, err: "Not a recognized flag: o"},
		{name: "grep no file", command: "grep a /nosuch", exit: 2, err: "0652-050"},
		{name: "sed s", command: "sed 's/\\(b\\)c/<\\1&>/g'", stdin: "abcbc\n", out: "a<bbc><bbc>\n"},
		{name: "sed -n p", command: "sed -n -e '2,3p' -e '/d/p'", stdin: "a\nb\nc\nd\n", out: "b\nc\nd\n"},
		{name: "sed delete", command: "sed '/^#/d;$d'", stdin: "#a\nb\nc\n", out: "b\n"},
		{name: "sed -i is GNU's", command: "sed -i s/a/b/ /etc/hosts", exit: 1, err: "Not a recognized flag: i"},
		{name: "sed beyond us fails", command: "sed y/a/b/", exit: 2, err: "0602-404"},
		{name: "head and tail", command: "printf '1\\n2\\n3\\n4\\n' > /tmp/x; head -n 1 /tmp/x; head -2 /tmp/x; tail -n 1 /tmp/x; tail -n +3 /tmp/x; tail -c 2 /tmp/x", out: "1\n1\n2\n4\n3\n4\n4\n"},
		{name: "wc sort uniq tr cut", command: "sort | uniq -c | tr -s ' ' : | cut -d: -f2-3; printf 'a b\\n' | wc", stdin: "b\na\nb\n", out: "1:a\n2:b\n       1       2       4\n"},
		{name: "tr", command: "tr a-z A-Z | tr -d B | tr -c 'A-Z\\n' _", stdin: "ab c\n", out: "A_C\n"},
		{name: "cksum", command: "printf 123456789 | cksum", out: "930766865 9\n"},
		{name: "csum", command: "printf abc > /tmp/x; csum -h SHA256 /tmp/x; csum -h MD5 /tmp/x", out: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  /tmp/x\n900150983cd24fb0d6963f7d28e17f72  /tmp/x\n"},
		{name: "echo interprets", command: `echo 'a\tb\c'; printf '%s\n' 'a\tb'`, out: "a\tba\\tb\n"},
	})
}

func TestFileCommands(t *testing.T) {
	runCases(t, []commandCase{
		{name: "write, append, read", command: "echo a > /tmp/x; echo b >> /tmp/x; cat < /tmp/x; while read l; do echo \"<$l>\"; done < /tmp/x", out: "a\nb\n<a>\n<b>\n"},
		{name: "cp keeps mode and time", command: "chmod 600 /etc/hosts; cp -p /etc/hosts /tmp; ls -l /tmp/hosts", has: []string{"-rw-------", "Jan 12 08:30"}},
		{name: "mv rm", command: "mv /etc/hosts /etc/hosts.bak; [ -f /etc/hosts ] || echo gone; rm -f /etc/hosts.bak /nosuch; [ -e /etc/hosts.bak ]; echo $?", out: "gone\n1\n"},
		{name: "mkdir rm -r", command: "mkdir -p /tmp/a/b && [ -d /tmp/a/b ] && touch /tmp/a/b/c && rm -r /tmp/a && ls /tmp", out: nothing},
		{name: "ls", command: "ls -p /var/ct; ls /usr/sbin/rsct/bin/rmc*", out: "IW/\ncfg/\n/usr/sbin/rsct/bin/rmcctrl\n/usr/sbin/rsct/bin/rmcdomainstatus\n"},
		{name: "no such file", command: "cat /nosuch; ls /nosuch", exit: 2, err: "cat: 0652-050 Cannot open /nosuch: A file or directory in the path name does not exist.\nls: 0653-341"},
		{name: "redirect from nothing", command: "cat < /nosuch", exit: 1, err: "Cannot find or open the file"},
		{name: "no folder", command: "echo a > /nosuch/x", exit: 1, err: "Cannot find or open the file"},
		{name: "full file system", change: func(s *State) { s.mountOf("/var").FreeKB = 0 }, command: "echo a > /var/x; cp /etc/hosts /var/y", exit: 1, err: "There is not enough space"},
		{name: "user may not write", change: func(s *State) { s.Unprivileged = true }, command: "echo a > /etc/x; rm -f /etc/hosts; echo b > /tmp/x && cat /tmp/x", out: "b\n", err: "0403-005"},
		{name: "user may not read", change: func(s *State) { s.Unprivileged = true }, command: "[ -r /etc/ssh/sshd_config ] || cat /etc/ssh/sshd_config", exit: 2, err: "permissions"},
		{name: "executable test", command: "[ -x /usr/sbin/rsct/bin/rmcctrl ] && [ -x /opt/rsct/install/bin/recfgct ] && [ ! -x /usr/sbin/rsct/bin/rmcrefreshMD ] && [ -x /opt/rsct/bin/rmcrefreshMD ] && echo all", out: "all\n"},
	})
}

func TestRSCTCommands(t *testing.T) {
	runCases(t, []commandCase{
		{name: "lsrsrc", command: "/usr/sbin/rsct/bin/lsrsrc IBM.MCP", has: []string{"resource 1:", "NodeID            = 4544", "IPAddresses       = {\"fe80::3a4b:c5ff:fe00:1\"}"}},
		{name: "ctversion", command: "/opt/rsct/install/bin/ctversion", has: []string{"3.2.6.2"}},
		{name: "lsnodeid", command: "/usr/sbin/rsct/bin/lsnodeid; head -n 1 /etc/ct_node_id /dev/null | tail -n 1; cat /etc/ct_node_id | wc -l", has: []string{NodeID(1) + "\n", "2"}},
		{name: "lsnodeid of none", change: func(s *State) { s.Files = without(s.Files, workNodeID) }, command: "/usr/sbin/rsct/bin/lsnodeid", exit: 1, err: "2641-036"},
		{name: "rmcdomainstatus of a daemon that is down", change: func(s *State) { s.stopForever(ctrmc) }, command: "/opt/rsct/bin/rmcdomainstatus -s ctrmc", exit: 1, err: "0513-036"},
	})
}
