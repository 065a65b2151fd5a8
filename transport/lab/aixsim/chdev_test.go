package aixsim

import (
	"strings"
	"testing"
)

func TestChdevIPv4(t *testing.T) {
	const show = "; ifconfig en1 2>/dev/null | grep 'inet '; lsattr -El en1 -a netaddr -a netmask -a alias4 -a state -a mtu -F value"
	// en1 carries no session: what happens to it is seen.
	set := func(s *State) {
		s.NICs[1].Attrs.NetAddr, s.NICs[1].Attrs.NetMask = "10.30.0.5", "255.255.255.0"
		s.NICs[1].Live.IPv4 = []string{"10.30.0.5/24"}
	}
	alias := func(s *State) {
		set(s)
		s.NICs[1].Attrs.Alias4 = []string{"10.31.0.5,255.255.0.0", "10.32.0.5,255.255.255.0"}
		s.NICs[1].Live.IPv4 = []string{"10.30.0.5/24", "10.31.0.5/16", "10.32.0.5/24"}
	}
	const own = "        inet 10.30.0.5 netmask 0xffffff00 broadcast 10.30.0.255\n"
	const first = "        inet 10.31.0.5 netmask 0xffff0000 broadcast 10.31.255.255\n"
	const second = "        inet 10.32.0.5 netmask 0xffffff00 broadcast 10.32.0.255\n"
	runCases(t, []commandCase{
		{name: "netaddr and netmask", command: "chdev -l en1 -a netaddr=10.30.0.5 -a netmask=255.255.255.0" + show, out: "en1 changed\n" + own + "\n1500\n10.30.0.5\n255.255.255.0\nup\n"},
		{name: "in one word", command: "chdev -l en1 -a 'netmask=255.255.255.0 netaddr=10.30.0.5'" + show, out: "en1 changed\n" + own + "\n1500\n10.30.0.5\n255.255.255.0\nup\n"},
		{name: "another netaddr leaves aliases", change: alias, command: "chdev -l en1 -a netaddr=10.30.0.6" + show,
			out: "en1 changed\n" + strings.ReplaceAll(own, "0.5", "0.6") + first + second + "10.31.0.5,255.255.0.0\n10.32.0.5,255.255.255.0\n1500\n10.30.0.6\n255.255.255.0\nup\n"},
		{name: "another netmask", change: set, command: "chdev -l en1 -a netmask=255.255.0.0" + show,
			out: "en1 changed\n        inet 10.30.0.5 netmask 0xffff0000 broadcast 10.30.255.255\n\n1500\n10.30.0.5\n255.255.0.0\nup\n"},
		{name: "none", change: set, command: "chdev -l en1 -a netaddr=" + show, out: "en1 changed\n\n1500\n\n255.255.255.0\nup\n"},
		{name: "alias4", change: set, command: "chdev -l en1 -a alias4=10.31.0.5,255.255.0.0; chdev -l en1 -a alias4=10.32.0.5,255.255.255.0" + show,
			out: "en1 changed\nen1 changed\n" + own + first + second + "10.31.0.5,255.255.0.0\n10.32.0.5,255.255.255.0\n1500\n10.30.0.5\n255.255.255.0\nup\n"},
		{name: "delalias4", change: alias, command: "chdev -l en1 -a delalias4=10.31.0.5,255.255.0.0" + show,
			out: "en1 changed\n" + own + second + "10.32.0.5,255.255.255.0\n1500\n10.30.0.5\n255.255.255.0\nup\n"},
		{name: "delalias4 of none", change: alias, command: "chdev -l en1 -a delalias4=10.31.0.6,255.255.0.0", exit: 1, err: "0514-018"},
		{name: "an alias without a mask", command: "chdev -l en1 -a alias4=10.31.0.6", exit: 1, err: "0514-018"},
		{name: "no address", change: set, command: "chdev -l en1 -a netaddr=10.30.0" + show, out: own + "\n1500\n10.30.0.5\n255.255.255.0\nup\n", err: "0514-018"},
		{name: "no mask", change: set, command: "chdev -l en1 -a netmask=255.0.255.0", exit: 1, err: "0514-018"},
		{name: "down is not shown, up is as it was", change: alias, command: "chdev -l en1 -a state=down" + show + "; chdev -l en1 -a state=up >/dev/null; ifconfig en1 | grep -c 'inet '",
			out: "en1 changed\n10.31.0.5,255.255.0.0\n10.32.0.5,255.255.255.0\n1500\n10.30.0.5\n255.255.255.0\ndown\n3\n"},
		{name: "detach loses what is live only, up brings the ODM's back", change: func(s *State) {
			alias(s)
			s.NICs[1].Live.IPv4 = append(s.NICs[1].Live.IPv4, "10.33.0.5/24")
		}, command: "chdev -l en1 -a state=detach >/dev/null; chdev -l en1 -a state=up" + show,
			out: "en1 changed\n" + own + first + second + "10.31.0.5,255.255.0.0\n10.32.0.5,255.255.255.0\n1500\n10.30.0.5\n255.255.255.0\nup\n"},
		{name: "an address while it is down", change: func(s *State) { s.NICs[1].Live, s.NICs[1].Attrs.State = Live{}, "down" },
			command: "chdev -l en1 -a netaddr=10.30.0.5 -a netmask=255.255.255.0" + show + "; chdev -l en1 -a state=up" + show,
			out:     "en1 changed\n\n1500\n10.30.0.5\n255.255.255.0\ndown\nen1 changed\n" + own + "\n1500\n10.30.0.5\n255.255.255.0\nup\n"},
		{name: "its net is not there while it is down", change: func(s *State) { s.NICs[1].Live, s.NICs[1].Attrs.State = Live{}, "down" },
			command: "chdev -l en1 -a netaddr=10.30.0.5; route add 10.40.0.0/16 10.30.0.1", exit: 1, out: "en1 changed\n", err: "0821-279"},
		{name: "the state comes last", change: func(s *State) { s.NICs[1].Live, s.NICs[1].Attrs.State = Live{}, "down" },
			command: "chdev -l en1 -a state=up -a netaddr=10.30.0.5 -a netmask=255.255.255.0" + show, out: "en1 changed\n" + own + "\n1500\n10.30.0.5\n255.255.255.0\nup\n"},
		{name: "mtu", command: "chdev -l en1 -a mtu=9000; lsattr -El en1 -a mtu -F value; netstat -in | grep -c '^en1   9000'", out: "en1 changed\n9000\n2\n"},
		{name: "mtu for the next boot", command: "chdev -P -l en1 -a mtu=9000; lsattr -El en1 -a mtu -F value; netstat -in | grep -c '^en1   1500'", out: "en1 changed\n9000\n2\n"},
		{name: "an mtu that is none", command: "chdev -l en1 -a mtu=59", exit: 1, err: "0514-018"},
		{name: "ifconfig detach", command: "ifconfig en1 detach; ifconfig en1 up; ifconfig en1 | grep -c inet", exit: 1, out: "0\n"},
	})
}

// TestMTUAfterBoot: what -P set is live then.
func TestMTUAfterBoot(t *testing.T) {
	m := boot(t, Healthy("aixvm1", 1))
	m.wants("chdev -P -l en1 -a mtu=9000")
	m.host.Boot(nil)
	if got := m.wants("netstat -in | grep -c '^en1   9000'"); got != "2\n" {
		t.Errorf("%s rows with the new MTU", got)
	}
}
