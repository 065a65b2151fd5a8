package facts

import (
	"strings"
	"testing"
)

func TestParseCloudInit(t *testing.T) {
	logged := func(rows ...LoggedAddress) CloudInit {
		return CloudInit{Present: true, Addresses: append([]LoggedAddress{}, rows...)}
	}
	row := func(nic, address string, shape int) LoggedAddress {
		return LoggedAddress{Interface: nic, Address: address, LinkLocal: strings.HasPrefix(address, "fe80"), Shape: shape}
	}
	const chdev = "running  ['/usr/sbin/chdev', '-l', 'en1', '-anetaddr6=fe80::f8d4:43ff:fe3e:d120', '-aprefixlen=64']\n"
	const newTable = "ci-info: ++++++++++++++++++Net device info+++++++++++++++++\n" +
		"ci-info: +--------+------+------------------------------+------------+-------+------------+\n" +
		"ci-info: | Device |  Up  |           Address            |    Mask    | Scope | Hw-Address |\n" +
		"ci-info: +--------+------+------------------------------+------------+-------+------------+\n" +
		"ci-info: |  en0   | True |          10.2.3.4            | 0xffffff00 |   .   |     .      |\n" +
		"ci-info: |  en1   | True | fe80::f8d4:43ff:fe3e:d120/64 |     .      |   .   |     .      |\n" +
		"ci-info: |  lo0   | True |          ::1%1/0             |     .      |   .   |     .      |\n"
	runParse(t, ParseCloudInit, []parseCase[CloudInit]{
		{
			name: "D7 shape 1, text", want: logged(row("en1", eui1, 1)),
			in: stdout("aix.py _write_network settings=auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet static\n    address 10.2.3.4\n    netmask 255.255.255.0\n" +
				"iface eth1 inet6 static\n    address fe80::f8d4:43ff:fe3e:d120\n    netmask 64\n"),
		},
		{
			name: "D7 shape 1, dict", want: logged(row("en1", eui1, 1)),
			in: stdout("Translated ubuntu style network settings auto lo into {'lo': {'ipv6': {}, 'auto': True}, 'eth0': {'bootproto': 'static', 'address': '10.2.3.4', 'ipv6': {}}, " +
				"'eth1': {'bootproto': 'static', 'ipv6': {'address': 'fe80::f8d4:43ff:fe3e:d120', 'gateway': 'fe80::1'}, 'inet6': True}}\n"),
		},
		{name: "D7 shape 2, list", in: stdout(chdev), want: logged(row("en1", eui1, 2))},
		{
			name: "D7 shape 2, tuple and -a apart", want: logged(row("en1", eui1, 2)),
			in: stdout("running  ('/usr/sbin/chdev', '-len1', '-a', \"netaddr6=FE80:0:0:0:f8d4:43ff:fe3e:d120\")\n"),
		},
		{name: "D7 shape 2, dev line", in: stdout("dev eth1 info {'bootproto': 'static', 'ipv6': {'address': 'fe80::f8d4:43ff:fe3e:d120'}}\ndev eth1 aix_dev en1\n"), want: logged(row("en1", eui1, 2))},
		{
			name: "D7 shape 3, logger", want: logged(row("en1", eui1, 3)),
			in: stdout("2026-11-22 10:00:00,000 - util.py[DEBUG]: Running command ['/usr/sbin/chdev', u'-l', u'en1', '-anetaddr6=fe80::f8d4:43ff:fe3e:d120'] with allowed return codes [0] (shell=False, capture=True)\n"),
		},
		{
			name: "D7 shape 3, translation", want: logged(row("en2", "fe80::2", 3)),
			in: stdout("aix.py[DEBUG]: Translated ubuntu style network settings x into {u'eth2': {u'address': u'fe80::2', u'netmask': u'64'}}\n"),
		},
		{
			name: "D7 shape 4", want: logged(row("en1", eui1, 4), row("en1", "2001:db8::1", 4)),
			in: stdout("ci-info: | Device |  Up  | Address | Mask | Hw-Address | IPv6 Addresses |\n" +
				"ci-info: | en0 | True | 10.2.3.4 | 0xffffff00 | . | [] |\n" +
				"ci-info: | en1 | True | . | . | . | ['fe80::f8d4:43ff:fe3e:d120/64', '2001:db8::1/64'] |\n" +
				"ci-info: | lo0 | True | 127.0.0.1 | 0xff000000 | . | ['::1%1/0'] |\n"),
		},
		{name: "D7 shape 5", in: stdout(newTable), want: logged(row("en1", eui1, 5))},
		{
			name: "D7 the last wins, by interface and kind",
			in:   stdout(strings.ReplaceAll(newTable, eui1, foreign) + strings.ReplaceAll(chdev, eui1, "2001:db8::9") + strings.ReplaceAll(chdev, "en1", "en10") + chdev),
			want: logged(row("en1", eui1, 2), row("en1", "2001:db8::9", 2), row("en10", eui1, 2)),
		},
		{name: "D7 no interface told", in: stdout("running  ['/usr/sbin/chdev', '-anetaddr6=fe80::2']\n"), want: logged(row("", "fe80::2", 2))},
		{name: "D7 no file", in: exit(44, "", ""), want: CloudInit{Addresses: []LoggedAddress{}}},
		{name: "D7 nothing usable", in: stdout("Cloud-init v. 22.1 running\naddress fe80::1\n"), want: logged()},
		{
			name: "D7 begins in the middle of a table: no header, no evidence",
			in:   stdout(newTable[strings.Index(newTable, "|  en0"):]), want: logged(),
		},
		{
			name: "D7 begins in the middle of a stanza",
			in:   stdout("ace eth1 inet6 static\n    address fe80::1\n" + chdev), want: logged(row("en1", eui1, 2)),
		},
		{
			name: "D7 ends in the middle of an address",
			in:   stdout("iface eth1 inet6 static\n    address fe80::f8d4:43"), want: logged(),
		},
		{name: "D7 ends in the middle of a list", in: stdout(chdev + "running  ['/usr/sbin/chdev', '-l', 'en1', '-anetaddr6=fe80::f8d4"), want: logged(row("en1", eui1, 2))},
		{name: "D7 route table is no device table", in: stdout(newTable + "ci-info: | Route | Destination | Gateway | Interface | Flags | X |\nci-info: | en1 | a | fe80::7 | b | c | d |\n"), want: logged(row("en1", eui1, 5))},
		{
			name: "hostile", want: logged(),
			in: stdout("running  ['/usr/sbin/chdev', '-l', 'en1', '-anetaddr6=$(reboot)']\n" +
				"running  ['/usr/sbin/chdev', '-l', 'en1', '-anetaddr6=fe80::1'$(reboot)'']\n" +
				"running  ['/usr/sbin/chdev', '-l', 'en1', '-anetaddr6=fe80::1\\x1b']\n" +
				"running  ['/bin/echo', '/usr/sbin/chdev', '-anetaddr6=fe80::1']\n" +
				"iface eth1 inet6 static\n    address `reboot`\n    address fe80::1;reboot\n    address fe80::1%$(x)/64\n" +
				"iface eth1;x inet6 static\n    address fe80::1\n" +
				"Translated ubuntu style into {'eth1': {'ipv6': {'address': 'fe80::1\x00'}}}\n" +
				"ci-info: | Device | Up | Address |\nci-info: | en1 | True | fe80::1\x1b[0m |\nci-info: | en01 | True | fe80::1 |\n"),
		},
		{name: "loopback, unspecified, multicast, IPv4", in: stdout(strings.ReplaceAll(chdev, eui1, "::1") + strings.ReplaceAll(chdev, eui1, "::") + strings.ReplaceAll(chdev, eui1, "ff02::1") + strings.ReplaceAll(chdev, eui1, "::ffff:10.1.1.1")), want: logged()},
		{name: "giant line is passed over", in: stdout("running ['/usr/sbin/chdev', '-anetaddr6=fe80::2', '" + strings.Repeat("x", maxLine) + "']\n" + chdev), want: logged(row("en1", eui1, 2))},
		{name: "not allowed", in: exit(1, "", "tail: 0653-011 cannot open\n"), err: "0653-011"},
		{name: "cut off", in: Output{Stdout: []byte(chdev), Truncated: true}, err: "cut off"},
	})
}

// A line of the log is given to an expression only where it has the expression's own words.
func FuzzLogWords(f *testing.F) {
	for _, line := range []string{"iface eth1 inet6 static", "settings=iface eth0 inet", "x dev eth1 info {'a': 1}", "dev en1 info {", "Iface eth1 inet", "ifac e", " info {"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if ifaceLine.MatchString(line) && !strings.Contains(line, "iface") || devInfo.MatchString(line) && !strings.Contains(line, " info {") {
			t.Errorf("%q would be left out", line)
		}
	})
}
