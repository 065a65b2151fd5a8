package facts

import (
	"strings"
	"testing"
)

func TestParseIfconfig(t *testing.T) {
	const flags = ": flags=1e084863,814c0<UP,BROADCAST,RUNNING>"
	block := func(name string, ipv4, ipv6 []string) Interface {
		return Interface{Name: name, Flags: []string{"UP", "BROADCAST", "RUNNING"}, Up: true, Running: true, IPv4: ipv4, IPv6: ipv6}
	}
	runParse(t, ParseIfconfig, []parseCase[Ifconfig]{
		{
			name: "D5 two NICs, ::1 left out", in: stdout("Welcome: authorized use only\n" +
				"en0" + flags + " metric 1\n        inet 10.2.3.4 netmask 0xffffff00 broadcast 10.2.3.255\n        inet 10.2.3.5\n        inet6 ::1%1/0\n         tcp_sendspace 262144\n" +
				"en1" + flags + "\n        inet6 fe80:0:0::F8D4:43ff:fe3e:d120%2/64\n        inet6 2001:1234::1/64\n"),
			want: Ifconfig{Interfaces: []Interface{
				block("en0", []string{"10.2.3.4", "10.2.3.5"}, []string{}),
				block("en1", []string{}, []string{eui1 + "/64", "2001:1234::1/64"}),
			}},
		},
		{
			name: "D5 address line not indented, as on the page", in: stdout("en1" + flags + "\ninet6 fe80::f8d4:43ff:fe3e:d120/64\n"),
			want: Ifconfig{Interfaces: []Interface{block("en1", []string{}, []string{eui1 + "/64"})}},
		},
		{
			name: "D5 flags without names", in: stdout("en1: flags=1e084863,814c0\nen2: flags=1e084822,814c0\n"),
			want: Ifconfig{Interfaces: []Interface{
				{Name: "en1", Flags: []string{}, Up: true, Running: true, IPv4: []string{}, IPv6: []string{}},
				{Name: "en2", Flags: []string{}, IPv4: []string{}, IPv6: []string{}},
			}},
		},
		{
			name: "hostile flag", in: stdout("en1: flags=1<UP,\x1b[2J>\n"),
			want: Ifconfig{Interfaces: []Interface{{Name: "en1", Flags: []string{"UP", "?[2J"}, Up: true, IPv4: []string{}, IPv6: []string{}}}},
		},
		{name: "address not understood", in: stdout("en1" + flags + "\n inet6 fe80::$(reboot)/64\n"), err: "en1: not an ipv6 address"},
		{name: "address cut", in: stdout("en1" + flags + "\n inet6 fe80::f8d4:43ff:fe3e:d1"), err: "without a prefix length"},
		{name: "prefix length too long", in: stdout("en1" + flags + "\n inet6 fe80::1/129\n"), err: "not a prefix length"},
		{name: "not ipv4", in: stdout("en1" + flags + "\n inet 10.2.3\n"), err: "not an ipv4 address"},
		{name: "no address", in: stdout("en1" + flags + "\n inet6\n"), err: "no address after inet6"},
		{name: "block with a broken header is not its neighbour's", in: stdout("en0" + flags + "\nen1: flags=\n inet6 fe80::1/64\n"), err: "address without an interface"},
		{name: "twice", in: stdout("en1" + flags + "\nen1" + flags + "\n"), err: "twice"},
		{name: "no interface", in: stdout("hello\n"), err: "not understood"},
		{name: "no output", in: stdout(""), err: "not understood"},
		{name: "flood of addresses", in: stdout("en1" + flags + "\n" + strings.Repeat(" inet6 fe80::1/64\n", maxAddresses+1)), err: "too many addresses"},
		{name: "not there", in: exit(127, "", ""), err: "ifconfig is not there (exit 127)"},
	})
}

func TestParseDevices(t *testing.T) {
	runParse(t, ParseDevices, []parseCase[Devices]{
		{
			name: "D4 status", in: stdout("WARNING: banner\nen0:Available\nen1:Defined \n"),
			want: Devices{List: []Device{{"en0", "Available"}, {"en1", "Defined"}}},
		},
		{name: "cut", in: stdout("en0:Available\nen1"), err: "en1 has no status"},
		{name: "hostile status", in: stdout("en0:Avail\x1bable\n"), err: "en0 has no status"},
		{name: "twice", in: stdout("en0:Available\nen0:Defined\n"), err: "twice"},
		{name: "no row", in: stdout("\n"), err: "not understood"},
		{name: "failed", in: exit(1, "", "lsdev: 0514-521 Cannot find information\n"), err: "0514-521"},
	})
}

func TestParseAdapters(t *testing.T) {
	customer := Adapter{Interface: "en0", MAC: mac0, Device: "Virtual I/O Ethernet Adapter (l-lan)", VLAN: 321, VLANTags: []int{10, 20}, Switch: "ETHERNET0"}
	runParse(t, ParseAdapters, []parseCase[Adapters]{
		{
			name: "D4 management switch", in: healthy["entstat"],
			want: Adapters{List: []Adapter{customer, {Interface: "en1", MAC: mac1, Device: customer.Device, VLAN: 4094, VLANTags: []int{}, Switch: "MGMTSWITCH"}}},
		},
		{
			name: "D4 one adapter failed", in: stdout("=== en0\nentstat: 0909-003 Unable to connect to device en0, errno = 19\nHardware Address: fa:d4:43:3e:d1:20\n=== exit 1\n"),
			want: Adapters{List: []Adapter{{Interface: "en0", VLANTags: []int{}}}},
		},
		{
			name: "D4 first of each wins, others not told", in: stdout("=== en5\nHardware Address: FA:D4:43:3E:D1:20\nHardware Address: fa:d4:43:3e:d1:10\nVLAN Tag IDs:  7, 9 x 99999\n=== exit 0\n"),
			want: Adapters{List: []Adapter{{Interface: "en5", MAC: mac1, VLANTags: []int{7, 9}}}},
		},
		{
			name: "D4 tags on several lines, closed by the next line that is none", in: stdout("=== en5\nVLAN Tag IDs:  7  9\n               11 4095\n\t13,\nSwitch ID: ETHERNET0\n   15 17\n=== exit 0\n"),
			want: Adapters{List: []Adapter{{Interface: "en5", VLANTags: []int{7, 9, 11, 4095, 13}, Switch: "ETHERNET0"}}},
		},
		{
			name: "D4 tags that begin on the next line; those of a member of an aggregate are not ours",
			in:   stdout("=== en5\nVLAN Tag IDs:\n    7\nVLAN Tag IDs:  8\n    9\n=== exit 0\n=== en6\nVLAN Tag IDs:  None\n\nVLAN Tag IDs:  8\n    9\n10\n=== exit 0\n"),
			want: Adapters{List: []Adapter{{Interface: "en5", VLANTags: []int{7}}, {Interface: "en6", VLANTags: []int{}}}},
		},
		{
			name: "hostile", in: stdout("=== en5\nHardware Address: $(reboot)\nPort VLAN ID: 40940\nSwitch ID: \x1b]0;x\a\n=== exit 0\n"),
			want: Adapters{List: []Adapter{{Interface: "en5", VLANTags: []int{}, Switch: "?]0;x?"}}},
		},
		{name: "no section: lsdev failed in the probe", in: stdout(""), err: "not understood"},
		{name: "cut", in: stdout("=== en0\nHardware Address: fa:d4:43:3e:d1:20\n"), err: "section en0 has no end"},
		{name: "next begins before the end", in: stdout("=== en0\n=== en1\n=== exit 0\n"), err: "section en0 has no end before"},
		{name: "twice", in: stdout("=== en0\n=== exit 0\n=== en0\n=== exit 0\n"), err: "unexpected section"},
		{name: "no Ethernet name", in: stdout("=== en0;reboot\n=== exit 0\n"), err: "unexpected section"},
		{name: "end without a beginning", in: stdout("=== exit 0\n"), err: "unexpected section"},
		{name: "banner only", in: stdout("hello\n"), err: "not understood"},
		{name: "probe failed", in: exit(1, "", "x"), err: "entstat failed"},
	})
}

func TestParseLinkAddresses(t *testing.T) {
	runParse(t, ParseLinkAddresses, []parseCase[LinkAddresses]{
		{
			name: "D4 dotted hex without zeros, lo0 without an address", in: healthy["netstat_in"],
			want: LinkAddresses{List: []LinkAddress{{"en0", mac0}, {"en1", mac1}, {"en2", "00:00:c9:d9:e8:bf"}}},
		},
		{
			name: "D4 column grown together tells nothing", in: stdout("en0   1500  link#2      fa.d4.43.3e.d1.1019381400     0    15203     0     0\n"),
			want: LinkAddresses{List: []LinkAddress{}},
		},
		{
			name: "D4 ZoneID behind the address, empty in some rows, and a link row without an address",
			in: stdout("Name  Mtu   Network     Address         ZoneID    Ipkts Ierrs    Opkts Oerrs  Coll\n" +
				"en0   1500  link#2      fa.d4.43.3e.d1.10        193814     0    15203     0     0\n" +
				"en0   1500  10.2.3      10.2.3.4                 193814     0    15203     0     0\n" +
				"en1   1500  link#3      fa.d4.43.3e.d1.20      3   1200     0     1100     0     0\n" +
				"en1   1500  fe80::f8d4:43ff:fe3e:d120          3   1200     0     1100     0     0\n" +
				"sit0  1480  link#4                               0     0        0     0     0\n" +
				"lo0   16896 link#1                           85012     0    85012     0     0\n"),
			want: LinkAddresses{List: []LinkAddress{{"en0", mac0}, {"en1", mac1}}},
		},
		{
			name: "D4 a column before the address, empty in a row, and one behind all",
			in: stdout("Name  Mtu   Network     Zone Address            Ipkts Ierrs    Opkts Oerrs  Coll Drop\n" +
				"en0   1500  link#2      1    fa.d4.43.3e.d1.10  193814     0    15203     0     0    0\n" +
				"en1   1500  link#3           fa.d4.43.3e.d1.20  193814     0    15203     0     0    0\n"),
			want: LinkAddresses{List: []LinkAddress{{"en0", mac0}, {"en1", mac1}}},
		},
		{
			name: "D4 only dotted hex is a hardware address here", in: stdout("Name  Mtu   Network     Address\nen0 1500 link#2 fa:d4:43:3e:d1:10 1 0 1 0 0\n"),
			want: LinkAddresses{List: []LinkAddress{}},
		},
		{name: "D4 row cut in the address tells nothing", in: stdout("Name  Mtu   Network     Address\nen0 1500 link#2 fa.d4.43.3e.d1.1"), want: LinkAddresses{List: []LinkAddress{}}},
		{name: "two addresses", in: stdout("en0 1500 link#2 fa.d4.43.3e.d1.10 1 0 1 0 0\nen0 1500 link#2 fa.d4.43.3e.d1.20 1 0 1 0 0\n"), err: "two hardware addresses"},
		{name: "no link row", in: stdout("Name  Mtu   Network     Address\n"), err: "not understood"},
		{name: "failed", in: exit(1, "", ""), err: "netstat failed (exit 1)"},
	})
}

func TestParseAttributes(t *testing.T) {
	const rest = "alias6=\nstate=up\n=== end\n"
	runParse(t, ParseAttributes, []parseCase[Attributes]{
		{
			name: "D6 healthy, canonical", in: healthy["lsattr"],
			want: Attributes{List: []NICAttributes{
				{Interface: "en0", NetAddr: "10.2.3.4", NetMask: "255.255.255.0", Alias4: []string{}, Alias6: []string{}, State: "up"},
				{Interface: "en1", NetAddr6: eui1, PrefixLen: "64", Alias4: []string{}, Alias6: []string{}, State: "up"},
			}},
		},
		{
			name: "D6 aliases by comma, on lines of their own, with a bare length",
			in:   stdout("=== en1\nnetaddr6=\nalias6=2001:DB8::1/64,fe80::1\nalias6=2001:db8::2,64\n2001:db8::3/48\nstate=down\n=== end\n"),
			want: Attributes{List: []NICAttributes{{
				Interface: "en1", Alias4: []string{}, Alias6: []string{"2001:db8::1/64", "fe80::1", "2001:db8::2/64", "2001:db8::3/48"}, State: "down",
			}}},
		},
		{
			name: "D6 netaddr6 with zone and length", in: stdout("=== en1\nnetaddr6=fe80::1%2/64\n" + rest),
			want: Attributes{List: []NICAttributes{{Interface: "en1", NetAddr6: "fe80::1", Alias4: []string{}, Alias6: []string{}, State: "up"}}},
		},
		{
			name: "hostile netaddr", in: stdout("=== en1\nnetaddr=$(reboot)\x1b\nnetaddr6=\n" + rest),
			want: Attributes{List: []NICAttributes{{Interface: "en1", NetAddr: "$(reboot)?", Alias4: []string{}, Alias6: []string{}, State: "up"}}},
		},
		{
			name: "own image: alias4 by line and by comma, mask as stored, mtu",
			in:   stdout("=== en1\nnetaddr=10.2.3.4\nalias4=10.2.3.5,255.255.255.0\n10.2.3.6,0xffffff00\nalias4=10.2.3.7 10.2.3.8,10.2.3.9,255.255.255.255\nmtu=9000\nnetaddr6=\n" + rest),
			want: Attributes{List: []NICAttributes{{
				Interface: "en1", NetAddr: "10.2.3.4", MTU: "9000", Alias6: []string{}, State: "up",
				Alias4: []string{"10.2.3.5,255.255.255.0", "10.2.3.6,0xffffff00", "10.2.3.7", "10.2.3.8", "10.2.3.9,255.255.255.255"},
			}}},
		},
		{
			name: "own image: alias4 and mtu unset", in: stdout("=== en1\nalias4=\nmtu=\nnetaddr6=\n" + rest),
			want: Attributes{List: []NICAttributes{{Interface: "en1", Alias4: []string{}, Alias6: []string{}, State: "up"}}},
		},
		{
			name: "hostile mtu", in: stdout("=== en1\nmtu=$(reboot)\x1b" + strings.Repeat("9", 100) + "\nnetaddr6=\n" + rest),
			want: Attributes{List: []NICAttributes{{Interface: "en1", Alias4: []string{}, Alias6: []string{}, MTU: "$(reboot)?" + strings.Repeat("9", 22), State: "up"}}},
		},
		{name: "alias4 not an address", in: stdout("=== en1\nalias4=10.2.3.5;reboot,255.255.255.0\nnetaddr6=\n" + rest), err: "not an ipv4 alias"},
		{name: "alias4 with two masks", in: stdout("=== en1\nalias4=10.2.3.5,0xffffff00,0xffffff00\nnetaddr6=\n" + rest), err: "not an ipv4 alias"},
		{name: "alias4 is IPv6 alone", in: stdout("=== en1\nalias4=fe80::1\nnetaddr6=\n" + rest), err: "not an ipv4 alias"},
		{name: "alias4 is IPv6", in: stdout("=== en1\nalias4=fe80::1,64\nnetaddr6=\n" + rest), err: "not an ipv4 alias"},
		{name: "flood of IPv4 aliases", in: stdout("=== en1\nalias4=" + strings.Repeat("10.2.3.5,", maxAliases+1) + "\nnetaddr6=\n" + rest), err: "too many aliases"},
		{name: "mtu twice", in: stdout("=== en1\nmtu=1500\nmtu=9000\nnetaddr6=\n" + rest), err: "twice"},
		{name: "no section: lsdev failed in the probe", in: stdout(""), err: "not understood"},
		{name: "no state: lsattr failed in the probe", in: stdout("=== en1\nnetaddr6=\nalias6=\nstate=\n=== end\n"), err: "state is empty"},
		{name: "cut", in: stdout("=== en1\nnetaddr6=fe80::1\nalias6=\nstate=up\n"), err: "section en1 has no end"},
		{name: "netaddr6 not an address", in: stdout("=== en1\nnetaddr6=fe80::zz\n" + rest), err: "netaddr6: not an ipv6 address"},
		{name: "alias6 not an address", in: stdout("=== en1\nnetaddr6=\nalias6=x\nstate=up\n=== end\n"), err: "alias6: not an ipv6 address"},
		{name: "prefixlen not a length", in: stdout("=== en1\nnetaddr6=\nprefixlen=640\n" + rest), err: "prefixlen"},
		{name: "netaddr6 missing", in: stdout("=== en1\n" + rest), err: "netaddr6 was not told"},
		{name: "twice", in: stdout("=== en1\nnetaddr6=\nnetaddr6=fe80::1\n" + rest), err: "twice"},
		{name: "flood of aliases", in: stdout("=== en1\nnetaddr6=\nalias6=" + strings.Repeat("fe80::1,", maxAliases+1) + "\nstate=up\n=== end\n"), err: "too many aliases"},
	})
}

func TestParseBootLines(t *testing.T) {
	set := func(number int, nic, address, written string) BootLine {
		return BootLine{Number: number, Interface: nic, Address: address, Written: written}
	}
	also := func(l BootLine, more string) BootLine {
		l.More = more
		return l
	}
	const several = "it holds more than one command, or a redirection"
	autoconf := func(number int, nic string) BootLine {
		return BootLine{Number: number, Interface: nic, Autoconf: true}
	}
	list := func(rows ...BootLine) BootLines { return BootLines{List: append([]BootLine{}, rows...)} }
	runParse(t, ParseBootLines, []parseCase[BootLines]{
		{name: "D6 chdev line", in: healthy["rc_tcpip"], want: list(set(42, "en1", eui1, eui1))},
		{
			name: "D6 blanks, quotes, upper case, uncompressed",
			in:   stdout("7:  /usr/sbin/chdev -l 'en1' -a \"netaddr6=FE80:0:0:0:F8D4:43FF:FE3E:D120\" -a prefixlen=64 >/dev/null 2>&1\n"),
			want: list(also(set(7, "en1", eui1, "FE80:0:0:0:F8D4:43FF:FE3E:D120"), several)),
		},
		{
			name: "D6 other ways to write it",
			in:   stdout("1:if true; then chdev -len2 -anetaddr6=fe80::2; fi\n2:chdev -l $IF -anetaddr6=2001:db8::1\n"),
			want: list(also(set(1, "en2", "fe80::2", "fe80::2"), several), set(2, "", "2001:db8::1", "2001:db8::1")),
		},
		{
			name: "D6 autoconf6 forms",
			in: stdout("1:/usr/sbin/autoconf6 -i en1\n2:start /usr/sbin/autoconf6 \"$src_running\" \"-i en1\"\n3:start /usr/sbin/autoconf6 \"\" \" -A\"\n" +
				"4:autoconf6 -a\n5:autoconf6 -v -m en0 -i en1 en2\n"),
			want: list(autoconf(1, "en1"), autoconf(2, "en1"), autoconf(3, ""), autoconf(4, ""), autoconf(5, "en1"), autoconf(5, "en2")),
		},
		{name: "D6 bare autoconf6 promises nothing", in: stdout("9:start /usr/sbin/autoconf6 \"\"\n10:autoconf6 -i\n11:[ -x /usr/sbin/autoconf6 ]\n"), want: list(BootLine{Number: 9, Autoconf: true, Bare: true})},
		{
			name: "D6 comments", in: stdout("1:#/usr/sbin/chdev -l en1 -anetaddr6=fe80::1\n2:   # autoconf6 -a\n3:true # autoconf6 -a\n"),
			want: list(),
		},
		{
			name: "hostile addresses", in: stdout("1:chdev -l en1 -anetaddr6=fe80::1$(reboot)\n2:chdev -l en1 -anetaddr6='fe80::1\x1b'\n3:chdev -l en1 -anetaddr6=fe80::1/64\n" +
				"4:chdev -l en1 -anetaddr6=\n5:chdev -l en1 -anetaddr6=12:34\n6:chdev -l en1 -anetaddr6=" + strings.Repeat("f", 500) + "\n"),
			want: list(),
		},
		{name: "hostile interface", in: stdout("1:chdev -l 'en1;x' -anetaddr6=fe80::1\n"), want: list(also(set(1, "", "fe80::1", "fe80::1"), several))},
		{
			name: "D6 a line that sets an address and nothing else",
			in:   stdout("1:\tchdev -len1 -a 'netaddr6=fe80::1 prefixlen=64' -a state=up # aixmend.r1.1\n2:/etc/chdev -l en1 -a prefixlen=64 -anetaddr6=fe80::1\n"),
			want: list(func() BootLine { l := set(1, "en1", "fe80::1", "fe80::1"); l.Note = "aixmend.r1.1"; return l }(), set(2, "en1", "fe80::1", "fe80::1")),
		},
		{
			name: "D6 a line that does more",
			in: stdout("1:chdev -l en1 -anetaddr6=fe80::1 -a netaddr=10.1.2.3\n2:chdev -l en1 -anetaddr6=fe80::1 \\\n3:start /usr/sbin/chdev -l en1 -anetaddr6=fe80::1\n" +
				"4:chdev -P -l en1 -anetaddr6=fe80::1\n5:chdev -l en1 -anetaddr6=fe80::1 -a state=down\n6:chdev -l en1 -anetaddr6=fe80::1 >/dev/null\n"),
			want: list(also(set(1, "en1", "fe80::1", "fe80::1"), "it sets netaddr=10.1.2.3"), also(set(2, "en1", "fe80::1", "fe80::1"), "it goes on in the next line"),
				also(set(3, "en1", "fe80::1", "fe80::1"), "the command is not the first word"), also(set(4, "en1", "fe80::1", "fe80::1"), "it sets -P"),
				also(set(5, "en1", "fe80::1", "fe80::1"), "it sets state=down"), also(set(6, "en1", "fe80::1", "fe80::1"), several)),
		},
		{name: "D6 no line", in: exit(1, "", ""), want: list()},
		{name: "no file", in: exit(2, "", "grep: can't open /etc/rc.tcpip\n"), err: "can't open"},
		{name: "not grep that failed", in: exit(1, "", "sudo: a password is required\n"), err: "sudo"},
		{name: "no numbers", in: stdout("chdev -l en1 -anetaddr6=fe80::1\n"), err: "not understood"},
	})
}

func TestParseSSHConnection(t *testing.T) {
	runParse(t, ParseSSHConnection, []parseCase[SSHConnection]{
		{name: "D4 IPv4", in: stdout("10.9.8.7 50222 10.2.3.4 22\n"), want: SSHConnection{Known: true, Client: "10.9.8.7", Server: "10.2.3.4"}},
		{name: "D4 IPv4 in IPv6, zone", in: stdout("fe80::9%en0 50222 ::ffff:10.2.3.4 22\n"), want: SSHConnection{Known: true, Client: "fe80::9", Server: "10.2.3.4"}},
		{name: "D4 not set", in: stdout("\n"), want: SSHConnection{}},
		{name: "D4 unknown", in: stdout("UNKNOWN 65535 UNKNOWN 65535\n"), want: SSHConnection{}},
		{name: "three words", in: stdout("10.9.8.7 50222 10.2.3.4\n"), err: "not understood"},
		{name: "no address", in: stdout("a 1 b 2\n"), err: "not understood"},
		{name: "no port", in: stdout("10.9.8.7 x 10.2.3.4 22\n"), err: "not understood"},
	})
}
