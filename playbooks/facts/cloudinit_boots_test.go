package facts

import (
	"strings"
	"testing"
)

// running is the line with which a stage of cloud-init begins.
func running(stage, at string) string {
	return "Cloud-init v. 22.1 running '" + stage + "' at Mon, 12 Jan 2026 " + at + " +0000. Up 48.21 seconds.\n"
}

// bootShapes are the five shapes of one boot that gives a NIC an address; eth
// and en are the names of the NIC.
var bootShapes = []func(eth, en, address string) string{
	func(eth, en, address string) string {
		return "aix.py _write_network settings=auto lo\niface lo inet loopback\n\nauto " + eth + "\niface " + eth + " inet6 static\n    address " + address + "\n    netmask 64\n" +
			"Translated ubuntu style network settings auto lo into {'lo': {'auto': True}, '" + eth + "': {'ipv6': {'address': '" + address + "'}, 'inet6': True}}\n"
	},
	func(eth, en, address string) string {
		return "dev " + eth + " info {'ipv6': {'address': '" + address + "'}}\ndev " + eth + " aix_dev " + en + "\n" +
			"running  ['/usr/sbin/chdev', '-l', '" + en + "', '-anetaddr6=" + address + "', '-aprefixlen=64']\n" + en + " changed\n"
	},
	func(eth, en, address string) string {
		return "2026-01-12 08:29:13,402 - util.py[DEBUG]: Translated ubuntu style network settings into {'" + eth + "': {'ipv6': {'address': '" + address + "'}}}\n" +
			"2026-01-12 08:29:13,511 - util.py[DEBUG]: Running command ['/usr/sbin/chdev', '-l', '" + en + "', '-anetaddr6=" + address + "'] with allowed return codes [0]\n"
	},
	func(eth, en, address string) string {
		return "ci-info: +++++Net device info+++++\nci-info: +---+\nci-info: | Device | Up | Address | Mask | Hw-Address | IPv6 Addresses |\nci-info: +---+\n" +
			"ci-info: | " + en + " | True | . | . | . | ['" + address + "/64'] |\nci-info: +---+\n"
	},
	func(eth, en, address string) string {
		return "ci-info: +++++Net device info+++++\nci-info: +---+\nci-info: | Device | Up | Address | Mask | Scope | Hw-Address |\nci-info: +---+\n" +
			"ci-info: | " + en + " | True | " + address + "/64 | . | . | . |\nci-info: +---+\n"
	},
}

// addressesOf are the addresses of a log by their NICs.
func addressesOf(t *testing.T, log string) string {
	t.Helper()
	fact, err := ParseCloudInit(stdout(log))
	if err != nil || !fact.Present {
		t.Fatalf("%+v, %v", fact, err)
	}
	var list []string
	for _, a := range fact.Addresses {
		list = append(list, a.Interface+" "+a.Address)
	}
	return strings.Join(list, ", ")
}

// Each shape of an earlier boot before each shape of the last one, with the line
// that each boot begins with: nothing of the earlier boot survives, neither for
// another NIC nor for another kind of address.
func TestOnlyTheLastBootOfTheLogCounts(t *testing.T) {
	for i, earlier := range bootShapes {
		old := running("init-local", "08:00:00") + earlier("eth2", "en2", foreign) + running("init", "08:00:05") +
			earlier("eth1", "en1", "2001:db8::9") + running("modules:config", "08:00:10") + running("modules:final", "08:00:15") + "Cloud-init v. 22.1 finished at x\n"
		for j, last := range bootShapes {
			log := old + running("init-local", "09:00:00") + last("eth1", "en1", eui1) + running("init", "09:00:05") + running("modules:config", "09:00:10") + running("modules:final", "09:00:15")
			if got := addressesOf(t, log); got != "en1 "+eui1 {
				t.Errorf("shape %d, then %d: %q", i+1, j+1, got)
			}
			cut := log[strings.Index(log, "08:00:05"):] // the tail begins in the earlier boot
			if got := addressesOf(t, cut); got != "en1 "+eui1 {
				t.Errorf("shape %d, cut, then %d: %q", i+1, j+1, got)
			}
		}
		none := old + running("init-local", "09:00:00") + "no datasource\n" + running("init", "09:00:05") + running("modules:final", "09:00:15")
		if got := addressesOf(t, none); got != "" {
			t.Errorf("shape %d, then a boot without an address: %q", i+1, got)
		}
	}
}

// Where a log has no line that begins a boot, the order of settings, commands
// and table starts over.
func TestBootsWithoutALineAreToldApartByTheirOrder(t *testing.T) {
	settings, commands, logger, oldTable, newTable := bootShapes[0], bootShapes[1], bootShapes[2], bootShapes[3], bootShapes[4]
	of := func(shapes ...func(eth, en, address string) string) func(eth, en, address string) string {
		return func(eth, en, address string) string {
			var text strings.Builder
			for _, shape := range shapes {
				text.WriteString(shape(eth, en, address))
			}
			return text.String()
		}
	}
	for name, boot := range map[string]func(eth, en, address string) string{
		"settings": settings, "settings, commands": of(settings, commands), "settings, commands, table": of(settings, commands, newTable),
		"logger": logger, "logger, old table": of(logger, oldTable), "old table": oldTable, "new table": newTable, "commands, table": of(commands, newTable),
	} {
		if got := addressesOf(t, boot("eth2", "en2", foreign)+boot("eth1", "en1", eui1)); got != "en1 "+eui1 {
			t.Errorf("%s, twice: %q", name, got)
		}
		if got := addressesOf(t, boot("eth1", "en1", eui1)); got != "en1 "+eui1 {
			t.Errorf("%s, once: %q", name, got)
		}
		if got := addressesOf(t, boot("eth1", "en1", eui1)[20:]); strings.Contains(got, ",") {
			t.Errorf("%s, cut: %q", name, got)
		}
	}
	bare := func(en, address string) string {
		return strings.Join(strings.SplitAfter(oldTable("", en, address), "\n")[2:], "") // without its title
	}
	if got := addressesOf(t, bare("en2", foreign)+bare("en1", eui1)); got != "en1 "+eui1 {
		t.Errorf("two tables without titles: %q", got)
	}
	both := settings("eth1", "en1", eui1) + commands("eth2", "en2", "fe80::2") + newTable("", "en3", "fe80::3")
	if got := addressesOf(t, both); got != "en1 "+eui1+", en2 fe80::2, en3 fe80::3" {
		t.Errorf("one boot in three shapes: %q", got)
	}
}

func TestStagesOfOneBoot(t *testing.T) {
	local, network := bootShapes[1]("eth1", "en1", eui1), bootShapes[4]("", "en2", "fe80::2")
	const all = "en1 " + eui1 + ", en2 fe80::2"
	for _, c := range []struct{ name, log, want string }{
		{"init belongs to the init-local before it", running("init-local", "08:00:00") + local + running("init", "08:00:05") + network, all},
		{"said twice, by the logger too", running("init-local", "08:00:00") + local + running("init", "08:00:05") +
			"2026-01-12 08:00:05,000 - util.py[DEBUG]: " + running("init", "08:00:05") + network, all},
		{"modules belong to the boot before them", running("init-local", "08:00:00") + local + running("modules:config", "08:00:05") + network + running("modules:final", "08:00:06"), all},
		{"a second init is another boot", running("init-local", "08:00:00") + local + running("init", "08:00:05") + running("init", "09:00:05") + network, "en2 fe80::2"},
		{"init without init-local is another boot", running("init", "08:00:00") + local + running("modules:final", "08:00:05") + running("init", "09:00:05") + network, "en2 fe80::2"},
		{"init after the modules of a boot is another boot", running("init-local", "08:00:00") + local + running("modules:final", "08:00:05") + running("init", "09:00:05") + network, "en2 fe80::2"},
		{"a cut block that is the last counts", local + running("modules:config", "08:00:05") + network, all},
		{"a cut block before another boot does not", local + running("init", "09:00:05") + network, "en2 fe80::2"},
		{"in a boot with its line the order is not asked", running("init-local", "08:00:00") + network + local, all},
		{"a stanza of the boot before is over", "iface eth1 inet6 static\n" + running("init-local", "08:00:00") + "    address fe80::9\n", ""},
		{"rows below a table of the boot before", network[:strings.Index(network, "ci-info: | en2")] + running("init-local", "08:00:00") + network[strings.Index(network, "ci-info: | en2"):], ""},
		{"a line that is cut at its end begins no boot", local + "Cloud-init v. 22.1 running 'init-lo", "en1 " + eui1},
	} {
		if got := addressesOf(t, c.log); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
