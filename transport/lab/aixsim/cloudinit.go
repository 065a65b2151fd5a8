package aixsim

import (
	"fmt"
	"strings"
)

// CloudInitLog is a plausible /var/log/cloud-init-output.log; shape modulo 5
// chooses among the forms that occur (aix-facts 2). The first boot of another
// time stands before the last: the last block counts.
func CloudInitLog(shape int, customer, mgmt NIC) string {
	ip, mask := addrOf(customer.Live.IPv4[0]), "255.255.255.0"
	addr := EUI64(mgmt.MAC).String()
	v := logValues{ip: ip, mask: mask, addr: addr, en: mgmt.Name, eth: "eth" + strings.TrimPrefix(mgmt.Name, "en")}
	var b strings.Builder
	b.WriteString("Cloud-init v. 22.1 running 'init-local' at Mon, 12 Jan 2026 08:29:11 +0000. Up 48.21 seconds.\n")
	switch shape % 5 {
	case 0:
		v.settings(&b)
	case 1:
		v.commands(&b)
	case 2:
		v.debug(&b)
	case 3:
		v.oldTable(&b)
	default:
		v.newTable(&b)
	}
	b.WriteString("Cloud-init v. 22.1 finished at Mon, 12 Jan 2026 08:31:40 +0000. Datasource DataSourceConfigDrive [net,ver=2][source=/dev/cd0].  Up 196.05 seconds\n")
	return b.String()
}

type logValues struct{ ip, mask, addr, en, eth string }

func (v logValues) settings(b *strings.Builder) {
	text := fmt.Sprintf("auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet static\n    address %s\n    netmask %s\n\nauto %s\niface %s inet6 static\n    address %s\n    netmask 64\n",
		v.ip, v.mask, v.eth, v.eth, exploded(v.addr))
	fmt.Fprintf(b, "aix.py _write_network settings=%s\nTranslated ubuntu style network settings %s into {'lo': {'auto': True}, 'eth0': {'bootproto': 'static', 'address': '%s', 'netmask': '%s', 'auto': True}, '%s': {'auto': True, 'ipv6': {'address': '%s'}, 'inet6': True}}\n",
		text, text, v.ip, v.mask, v.eth, exploded(v.addr))
}

func (v logValues) commands(b *strings.Builder) {
	fmt.Fprintf(b, "dev %s info {'auto': True, 'ipv6': {'address': '%s'}, 'inet6': True}\ndev %s aix_dev %s\n", v.eth, v.addr, v.eth, v.en)
	fmt.Fprintf(b, "running  ['/usr/sbin/chdev', '-l', '%s', '-anetaddr6=%s', '-aprefixlen=64']\n%s changed\n", v.en, v.addr, v.en)
	fmt.Fprintf(b, "running  ['/usr/sbin/autoconf6', '-i', 'en0']\n")
}

func (v logValues) debug(b *strings.Builder) {
	fmt.Fprintf(b, "2026-01-12 08:29:13,402 - util.py[DEBUG]: Translated ubuntu style network settings into {'%s': {'inet6': True, 'ipv6': {'address': '%s'}}}\n", v.eth, v.addr)
	fmt.Fprintf(b, "2026-01-12 08:29:13,511 - util.py[DEBUG]: Running command ['/usr/sbin/chdev', '-l', '%s', '-anetaddr6=%s', '-aprefixlen=64'] with allowed return codes [0] (shell=False, capture=True)\n", v.en, v.addr)
}

// table draws rows as PrettyTable does, each line behind ci-info.
func table(b *strings.Builder, rows [][]string) {
	width := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, c := range r {
			width[i] = max(width[i], len(c))
		}
	}
	line := "ci-info: +"
	for _, w := range width {
		line += strings.Repeat("-", w+2) + "+"
	}
	b.WriteString("ci-info: " + strings.Repeat("+", 20) + "Net device info" + strings.Repeat("+", 20) + "\n" + line + "\n")
	for i, r := range rows {
		b.WriteString("ci-info: |")
		for j, c := range r {
			left := (width[j] - len(c)) / 2
			b.WriteString(" " + strings.Repeat(" ", left) + c + strings.Repeat(" ", width[j]-len(c)-left) + " |")
		}
		b.WriteString("\n")
		if i == 0 {
			b.WriteString(line + "\n")
		}
	}
	b.WriteString(line + "\n")
}

func (v logValues) oldTable(b *strings.Builder) {
	table(b, [][]string{{"Device", "Up", "Address", "Mask", "Hw-Address", "IPv6 Addresses"},
		{"en0", "True", v.ip, "0xffffff00", ".", "[]"}, {v.en, "True", ".", ".", ".", "['" + v.addr + "/64']"},
		{"lo0", "True", "127.0.0.1", "0xff000000", ".", "['::1%1/0']"}})
}

func (v logValues) newTable(b *strings.Builder) {
	table(b, [][]string{{"Device", "Up", "Address", "Mask", "Scope", "Hw-Address"}, {"en0", "True", v.ip, "0xffffff00", ".", "."},
		{v.en, "True", v.addr + "/64", ".", ".", "."}, {"lo0", "True", "127.0.0.1", "0xff000000", ".", "."}, {"lo0", "True", "::1%1/0", ".", ".", "."}})
}
