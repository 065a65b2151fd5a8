package facts

import (
	"fmt"
	"strings"
	"testing"
)

// bareNIC is en0 on the new disk, where nothing is configured.
func bareNIC() NIC {
	return change(customerNIC(), func(n *NIC) {
		n.IPv4, n.CarriesSession = []string{}, true
		n.Attributes = NICAttributes{Interface: "en0", Alias4: []string{}, Alias6: []string{}, State: "down"}
	})
}

// bareNICThen is en0 where nothing was configured when captured, and it was up.
func bareNICThen() NIC {
	return change(bareNIC(), attributes(func(a *NICAttributes) { a.State = "up" }))
}

func attributes(how func(*NICAttributes)) func(*NIC) {
	return func(n *NIC) { how(&n.Attributes) }
}

func missing0(how func(*MissingInterface)) MissingInterface {
	m := MissingInterface{Name: "en0", MAC: mac0, Was: "en0", Alias4: []string{}, Alias6: []string{}, NowState: "down", CarriesSession: true}
	how(&m)
	return m
}

func diffOf(differs ...string) NetworkDiff {
	return NetworkDiff{Known: true, Interfaces: []MissingInterface{}, Routes: []MissingRoute{}, Differs: append([]string{}, differs...)}
}

// networkInput has a capture in which the NICs were then; hostname and routes are
// as they were.
func networkInput(then, now []NIC) NetworkInput {
	past := pastOf(func(p *Past) { p.NICs = NICs{List: then} })
	return NetworkInput{
		Own: &OwnCapture{State: "found", Past: past}, NICs: &NICs{List: now}, RMCNIC: found(rmcNIC()),
		Hostname: &Word{Text: "aix1"}, Static: &past.StaticRoutes,
	}
}

func TestDeriveNetworkIPv4(t *testing.T) {
	alias := func(list ...string) func(*NIC) {
		return attributes(func(a *NICAttributes) { a.Alias4 = list })
	}
	then := customerNIC()
	withAlias := change(then, alias("10.2.3.5,255.255.255.0", "10.2.3.5,255.255.255.0"))
	missing := func(how func(*MissingInterface)) NetworkDiff {
		diff := diffOf()
		diff.Interfaces = append(diff.Interfaces, missing0(how))
		return diff
	}
	address := func(m *MissingInterface) { m.NetAddr, m.NetMask = "10.2.3.4", "255.255.255.0" }
	configured := func(m *MissingInterface) { m.NowNetAddr, m.NowNetMask, m.NowState = "10.2.3.4", "255.255.255.0", "up" }
	const nic = "en0 (MAC " + mac0 + "): "
	cases := []struct {
		name      string
		then, now NIC
		want      NetworkDiff
	}{
		{"nothing changed", then, then, diffOf()},
		{"address missing", then, bareNIC(), missing(address)},
		{
			"address missing, other name now, current values for the undo", change(then, func(n *NIC) { n.Name, n.Attributes.Interface = "en7", "en7" }),
			change(bareNIC(), attributes(func(a *NICAttributes) { a.NetMask, a.NetAddr6, a.PrefixLen = "255.0.0.0", "2001:db8::1", "48" })),
			missing(func(m *MissingInterface) {
				address(m)
				m.Was, m.NowNetMask, m.NowNetAddr6, m.NowPrefixLen = "en7", "255.0.0.0", "2001:db8::1", "48"
			}),
		},
		{"hexadecimal netmask", change(then, attributes(func(a *NICAttributes) { a.NetMask = "0xffffff00" })), bareNIC(), missing(func(m *MissingInterface) { m.NetAddr, m.NetMask = "10.2.3.4", "0xffffff00" })},
		{"unset was unset", bareNICThen(), bareNIC(), diffOf()},
		{"0.0.0.0 is unset", change(bareNICThen(), attributes(func(a *NICAttributes) { a.NetAddr = "0.0.0.0" })), bareNIC(), diffOf()},
		{"nothing then, an address now", bareNICThen(), then, diffOf()},
		{"another address in the ODM", then, change(then, attributes(func(a *NICAttributes) { a.NetAddr = "10.1.9.9" })), diffOf(nic + "10.2.3.4 then, 10.1.9.9 now")},
		{"another address live", then, change(bareNIC(), func(n *NIC) { n.IPv4 = []string{"10.1.9.9"} }), diffOf(nic + "10.2.3.4 then, 10.1.9.9 (only live) now")},
		{"the address only live", then, change(bareNIC(), func(n *NIC) { n.IPv4 = []string{"10.2.3.4"} }), diffOf(nic + "10.2.3.4 was in the ODM then, it is only live now")},
		{"the address only an alias", then, change(change(bareNIC(), alias("10.2.3.4,255.255.255.0")), func(n *NIC) { n.IPv4 = []string{"10.2.3.4"} }), diffOf(nic + "10.2.3.4 is only an alias now")},
		{"the same address, another mask", then, change(then, attributes(func(a *NICAttributes) { a.NetMask = "255.255.0.0" })), diffOf(nic + "netmask of 10.2.3.4: 255.255.255.0 then, 255.255.0.0 now")},
		{"the same mask written otherwise", then, change(then, attributes(func(a *NICAttributes) { a.NetMask = "0xffffff00" })), diffOf()},
		{"the same address, down now", then, change(then, attributes(func(a *NICAttributes) { a.State = "detach" })), diffOf(nic + "state up then, detach now")},
		{"hostile address", change(then, attributes(func(a *NICAttributes) { a.NetAddr = "$(reboot)" })), bareNIC(), diffOf(nic+`the captured netaddr "$(reboot)" can't be used`, nic+"10.2.3.4 was live and not in the ODM then, it is not there now")},
		{"IPv6 in netaddr", change(then, func(n *NIC) { n.Attributes.NetAddr, n.IPv4 = "2001:db8::1", nil }), bareNIC(), diffOf(nic + `the captured netaddr "2001:db8::1" can't be used`)},
		{"no netmask", change(then, attributes(func(a *NICAttributes) { a.NetMask = "" })), bareNIC(), diffOf(nic + `10.2.3.4 is missing, but its captured netmask "" can't be used`)},
		{"hostile netmask", change(then, attributes(func(a *NICAttributes) { a.NetMask = "255.255.255.0;x" })), bareNIC(), diffOf(nic + `10.2.3.4 is missing, but its captured netmask "255.255.255.0;x" can't be used`)},
		{"live only then", change(bareNICThen(), func(n *NIC) { n.IPv4 = []string{"10.2.3.9"} }), bareNIC(), diffOf(nic + "10.2.3.9 was live and not in the ODM then, it is not there now")},
		{"live only then and now", change(bareNICThen(), func(n *NIC) { n.IPv4 = []string{"10.2.3.9"} }), change(bareNIC(), func(n *NIC) { n.IPv4 = []string{"10.2.3.9"} }), diffOf()},
		{"alias missing, told once", withAlias, then, missing(func(m *MissingInterface) { configured(m); m.Alias4 = []string{"10.2.3.5,255.255.255.0"} })},
		{"address and alias missing", withAlias, bareNIC(), missing(func(m *MissingInterface) { address(m); m.Alias4 = []string{"10.2.3.5,255.255.255.0"} })},
		{"alias without a mask", change(then, alias("10.2.3.5")), then, missing(func(m *MissingInterface) { configured(m); m.Alias4 = []string{"10.2.3.5"} })},
		{"alias there", withAlias, change(then, alias("10.2.3.5,0xffffff00")), diffOf()},
		{"alias with another mask", withAlias, change(then, alias("10.2.3.5,255.255.0.0")), diffOf(nic+"mask of alias 10.2.3.5: 255.255.255.0 then, 255.255.0.0 now", nic+"mask of alias 10.2.3.5: 255.255.255.0 then, 255.255.0.0 now")},
		{"alias is the address now", change(bareNICThen(), alias("10.2.3.4,255.255.255.0")), then, diffOf()},
		{"alias only live", change(then, alias("10.2.3.5,255.255.255.0")), change(then, func(n *NIC) { n.IPv4 = append(n.IPv4, "10.2.3.5") }), diffOf(nic + "alias 10.2.3.5 was in the ODM then, it is only live now")},
		{"alias beside another address", change(then, alias("10.2.3.5,255.255.255.0")), change(then, attributes(func(a *NICAttributes) { a.NetAddr = "10.1.9.9" })), diffOf(nic+"10.2.3.4 then, 10.1.9.9 now", nic+"alias 10.2.3.5 then, not now")},
		{"hostile aliases", change(then, alias("10.2.3.5,$(reboot)", "x", "10.2.3.6,")), then, diffOf(nic+`the captured alias4 "10.2.3.5,$(reboot)" can't be used`, nic+`the captured alias4 "x" can't be used`, nic+`the captured alias4 "10.2.3.6," can't be used`)},
		{"attributes not captured", change(then, attributes(func(a *NICAttributes) { a.Interface = "" })), bareNIC(), diffOf(nic + "its ODM attributes were not captured")},
		{"attributes not read now", then, change(bareNIC(), attributes(func(a *NICAttributes) { a.Interface = "" })), diffOf(nic + "its ODM attributes could not be read now")},
		{"Defined", then, change(bareNIC(), func(n *NIC) { n.Status = "Defined" }), diffOf(nic + "it is Defined, not Available")},
	}
	var derive []deriveCase[NetworkInput, NetworkDiff]
	for _, c := range cases {
		derive = append(derive, deriveCase[NetworkInput, NetworkDiff]{name: "own image: " + c.name, in: networkInput([]NIC{c.then}, []NIC{c.now}), want: c.want})
	}
	runDerive(t, DeriveNetwork, derive)
}

func TestDeriveNetworkIPv6(t *testing.T) {
	six := func(base NIC, netaddr6, length string, aliases ...string) NIC {
		return change(base, attributes(func(a *NICAttributes) {
			a.NetAddr6, a.PrefixLen, a.Alias6 = netaddr6, length, append([]string{}, aliases...)
		}))
	}
	const global, other, odd = "2001:db8::1", "2001:db8::2", "fe80::77"
	missing := func(how func(*MissingInterface)) NetworkDiff {
		diff := diffOf()
		diff.Interfaces = append(diff.Interfaces, missing0(how))
		return diff
	}
	const nic = "en0 (MAC " + mac0 + "): "
	was, bare := bareNICThen(), bareNIC()
	cases := []struct {
		name      string
		then, now NIC
		rmc       *RMCNIC
		want      NetworkDiff
	}{
		{"missing", six(was, global, "64"), bare, found(rmcNIC()), missing(func(m *MissingInterface) { m.NetAddr6, m.PrefixLen = global, "64" })},
		{"missing, no length kept", six(was, global, ""), bare, found(rmcNIC()), missing(func(m *MissingInterface) { m.NetAddr6 = global })},
		{"there", six(was, global, "64"), six(bare, global, "64"), found(rmcNIC()), diffOf()},
		{"there with another length", six(was, global, "64"), six(bare, global, "48"), found(rmcNIC()), diffOf(nic + "prefixlen of 2001:db8::1: 64 then, 48 now")},
		{"there as an alias", six(was, global, "64"), six(bare, other, "48", global+"/64"), found(rmcNIC()), diffOf()},
		{"another one", six(was, global, "64", "2001:db8::5/64"), six(bare, other, "64"), found(rmcNIC()), diffOf(nic+"2001:db8::1 then, 2001:db8::2 now", nic+"alias 2001:db8::5 then, not now")},
		{"only live", six(was, global, "64", other+"/64"), change(bare, func(n *NIC) { n.OtherIPv6 = []string{global + " (global)", other + " (global)"} }), found(rmcNIC()),
			diffOf(nic+"2001:db8::1 was in the ODM then, it is only live now", nic+"alias 2001:db8::2 was in the ODM then, it is only live now")},
		{"hostile", six(was, "$(reboot)", "64", "x/64", "2001:db8::9%1/64"), bare, found(rmcNIC()),
			diffOf(nic+`the captured netaddr6 "$(reboot)" can't be used`, nic+`the captured alias6 "x/64" can't be used`, nic+`the captured alias6 "2001:db8::9%1/64" can't be used`)},
		{"hostile length", six(was, global, "640"), bare, found(rmcNIC()), diffOf(nic + `2001:db8::1 is missing, but its captured prefixlen "640" can't be used`)},
		{"aliases missing, told once", six(was, "", "", other+"/64", other+"/64", odd), six(bare, "", "", global+"/64"), found(rmcNIC()), missing(func(m *MissingInterface) { m.Alias6 = []string{other + "/64", odd} })},
		{"alias is the address now", six(was, "", "", global+"/64"), six(bare, global, "64"), found(rmcNIC()), diffOf()},
		{"link-local of the MAC is left out", six(was, eui0, "64", eui0+"/64"), bare, found(rmcNIC()), diffOf()},
		{"another link-local on a customer's NIC", six(was, odd, "64"), bare, found(rmcNIC()), missing(func(m *MissingInterface) { m.NetAddr6, m.PrefixLen = odd, "64" })},
		{"link-local on the RMC NIC is rung 1's", six(was, odd, "64", foreign+"/64"), bare, found(change(rmcNIC(), func(n *NIC) { n.Name = "en0" })), diffOf()},
		{"not link-local on the RMC NIC is compared", six(was, eui0, "64", global+"/64"), six(bare, eui0, "64"), found(change(rmcNIC(), func(n *NIC) { n.Name = "en0" })),
			missing(func(m *MissingInterface) {
				m.Alias6, m.NowNetAddr6, m.NowPrefixLen = []string{global + "/64"}, eui0, "64"
			})},
		{"RMC NIC not known", six(was, odd, "64"), bare, nil, diffOf()},
		{"RMC NIC ambiguous", six(was, odd, "64"), bare, &RMCNIC{State: nicAmbiguous}, diffOf()},
	}
	var derive []deriveCase[NetworkInput, NetworkDiff]
	for _, c := range cases {
		in := networkInput([]NIC{c.then}, []NIC{c.now})
		in.RMCNIC = c.rmc
		derive = append(derive, deriveCase[NetworkInput, NetworkDiff]{name: "own image: " + c.name, in: in, want: c.want})
	}
	runDerive(t, DeriveNetwork, derive)
}

// Own image: NICs are told apart by MAC, and no address is set twice.
func TestDeriveNetworkNICs(t *testing.T) {
	name := func(name string) func(*NIC) {
		return func(n *NIC) { n.Name, n.Attributes.Interface = name, name }
	}
	vlan := change(change(customerNIC(), name("en4")), func(n *NIC) { n.IPv4, n.Attributes.NetAddr = []string{"10.4.4.4"}, "10.4.4.4" })
	swapped := []NIC{change(rmcNIC(), name("en0")), change(bareNIC(), name("en1"))}
	renamed := diffOf()
	renamed.Interfaces = append(renamed.Interfaces, missing0(func(m *MissingInterface) {
		m.Name, m.NetAddr, m.NetMask = "en1", "10.2.3.4", "255.255.255.0"
	}))
	shared := diffOf()
	shared.Interfaces = append(shared.Interfaces, missing0(func(m *MissingInterface) {
		m.Name, m.Was, m.NetAddr, m.NetMask = "en4", "en4", "10.4.4.4", "255.255.255.0"
	}))
	rmcIsEn0 := networkInput([]NIC{customerNIC(), rmcNIC()}, swapped)
	rmcIsEn0.RMCNIC = found(swapped[0])
	runDerive(t, DeriveNetwork, []deriveCase[NetworkInput, NetworkDiff]{
		{name: "the new disk numbers them otherwise", in: rmcIsEn0, want: renamed},
		{name: "the MAC is gone", in: networkInput([]NIC{customerNIC()}, []NIC{rmcNIC()}), want: diffOf("en0 (MAC " + mac0 + "): there is no NIC with this MAC any more")},
		{
			name: "the MAC was not read", in: networkInput([]NIC{change(customerNIC(), func(n *NIC) { n.MAC = "" })}, []NIC{bareNIC()}),
			want: diffOf("en0: its MAC was not read then, so it can't be told which NIC it is now"),
		},
		{name: "a VLAN over the same adapter", in: networkInput([]NIC{customerNIC(), vlan}, []NIC{customerNIC(), change(bareNIC(), name("en4"))}), want: shared},
		{
			name: "the name does not tell either", in: networkInput([]NIC{customerNIC(), vlan}, []NIC{customerNIC()}),
			want: diffOf("en4 (MAC " + mac0 + "): this MAC alone does not tell which NIC it is now, and the name does not either"),
		},
		{
			name: "the address is on another NIC now", in: networkInput([]NIC{customerNIC()}, []NIC{bareNIC(), change(rmcNIC(), func(n *NIC) { n.IPv4 = []string{"10.2.3.4"} })}),
			want: diffOf("en0 (MAC " + mac0 + "): 10.2.3.4 is on en1 now"),
		},
		{
			name: "the aliases are in another NIC's ODM now",
			in: networkInput([]NIC{change(bareNICThen(), attributes(func(a *NICAttributes) {
				a.Alias4, a.NetAddr6, a.Alias6 = []string{"10.2.3.5,255.255.255.0"}, "2001:db8::1", []string{"2001:db8::2/64"}
			}))}, []NIC{bareNIC(), change(rmcNIC(), attributes(func(a *NICAttributes) {
				a.Alias4, a.Alias6 = []string{"10.2.3.5,255.255.255.0"}, []string{"2001:db8::1/64", "2001:db8::2/64"}
			}))}),
			want: diffOf("en0 (MAC "+mac0+"): 10.2.3.5 is on en1 now", "en0 (MAC "+mac0+"): 2001:db8::1 is on en1 now", "en0 (MAC "+mac0+"): 2001:db8::2 is on en1 now"),
		},
		{
			name: "another name in the sentence", in: networkInput([]NIC{change(customerNIC(), name("en7"))}, []NIC{change(customerNIC(), attributes(func(a *NICAttributes) { a.NetAddr = "10.1.9.9" }))}),
			want: diffOf("en0 (MAC " + mac0 + ", en7 then): 10.2.3.4 then, 10.1.9.9 now"),
		},
	})
}

// Own image: what a NIC had is given back only where it was in use when captured,
// and where the undo knows the state of now. Nothing is said of it where nothing
// would be missing.
func TestDeriveNetworkNotSetAgain(t *testing.T) {
	status := func(status string) func(*NIC) { return func(n *NIC) { n.Status = status } }
	state := func(state string) func(*NIC) {
		return attributes(func(a *NICAttributes) { a.State = state })
	}
	with := func(how ...func(*NICAttributes)) NIC {
		n := bareNICThen()
		for _, h := range how {
			h(&n.Attributes)
		}
		return n
	}
	address := func(a *NICAttributes) { a.NetAddr, a.NetMask = "10.2.3.4", "255.255.255.0" }
	alias4 := func(a *NICAttributes) { a.Alias4 = []string{"10.2.3.5,255.255.255.0"} }
	address6 := func(a *NICAttributes) { a.NetAddr6, a.PrefixLen = "2001:db8::1", "64" }
	alias6 := func(a *NICAttributes) { a.Alias6 = []string{"2001:db8::2/64"} }
	const nic = "en0 (MAC " + mac0 + "): "
	was := func(how string) NetworkDiff {
		return diffOf(nic + "it was " + how + " when captured: what it had is not set again")
	}
	unknown := diffOf(nic + "its state in the ODM is not known, so a change could not be undone")
	missing := diffOf()
	missing.Interfaces = append(missing.Interfaces, missing0(func(m *MissingInterface) { m.NetAddr, m.NetMask = "10.2.3.4", "255.255.255.0" }))
	cases := []struct {
		name      string
		then, now NIC
		want      NetworkDiff
	}{
		{"Defined then", change(with(address), status("Defined")), bareNIC(), was("Defined and up")},
		{"Stopped then", change(with(address), status("Stopped")), bareNIC(), was("Stopped and up")},
		{"down then", change(with(address), state("down")), bareNIC(), was("Available and down")},
		{"detached then", change(with(address), state("detach")), bareNIC(), was("Available and detach")},
		{"state not known then", change(with(address), state("")), bareNIC(), was("Available and none")},
		{"Defined and down then", change(change(with(address), status("Defined")), state("down")), bareNIC(), was("Defined and down")},
		{"the status not known then is no obstacle", change(with(address), status("")), bareNIC(), missing},
		{"down then, an alias", change(with(alias4), state("down")), bareNIC(), was("Available and down")},
		{"down then, IPv6", change(with(address6), state("down")), bareNIC(), was("Available and down")},
		{"down then, an IPv6 alias", change(with(alias6), state("down")), bareNIC(), was("Available and down")},
		{"down then, several: told once", change(with(address, alias4, address6, alias6), state("down")), bareNIC(), was("Available and down")},
		{"down then and not known now: told once", change(with(address), state("down")), change(bareNIC(), state("")), was("Available and down")},
		{"another name now", change(change(with(address), status("Defined")), func(n *NIC) { n.Name = "en7" }), bareNIC(),
			diffOf("en0 (MAC " + mac0 + ", en7 then): it was Defined and up when captured: what it had is not set again")},
		{"hostile state then", change(with(address), state("\x1b$(reboot)")), bareNIC(), was("Available and ?$(reboot)")},
		{"state not known now", with(address), change(bareNIC(), state("")), unknown},
		{"state not known now, an alias", with(alias4), change(bareNIC(), state("")), unknown},
		{"state not known now, IPv6", with(address6), change(bareNIC(), state("")), unknown},
		{"state not known now, an IPv6 alias", with(alias6), change(bareNIC(), state("")), unknown},
		{"detached now is known", with(address), change(bareNIC(), state("detach")), func() NetworkDiff {
			m := missing.Interfaces[0]
			m.NowState = "detach"
			return NetworkDiff{Known: true, Interfaces: []MissingInterface{m}, Routes: []MissingRoute{}, Differs: []string{}}
		}()},
		{"nothing missing of one that was Defined", change(with(address), status("Defined")), with(address), diffOf()},
		{"nothing missing of one that was down", change(with(address, alias4, address6, alias6), state("down")), with(address, alias4, address6, alias6), diffOf()},
		{"nothing to miss of one that was down", change(bareNICThen(), state("down")), bareNIC(), diffOf()},
		{"nothing missing, state not known now", bareNICThen(), change(bareNIC(), state("")), diffOf()},
		{"down then, another address now: only that is said", change(with(address), state("down")), with(func(a *NICAttributes) { a.NetAddr = "10.1.9.9" }), diffOf(nic + "10.2.3.4 then, 10.1.9.9 now")},
	}
	var derive []deriveCase[NetworkInput, NetworkDiff]
	for _, c := range cases {
		derive = append(derive, deriveCase[NetworkInput, NetworkDiff]{name: "own image: " + c.name, in: networkInput([]NIC{c.then}, []NIC{c.now}), want: c.want})
	}
	// The one that was in use is given back, whatever stands beside it.
	both := missing
	both.Differs = []string{"en1 (MAC " + mac1 + "): it was Available and down when captured: what it had is not set again"}
	beside := func(netaddr, state string) NIC {
		return change(rmcNIC(), attributes(func(a *NICAttributes) { a.NetAddr, a.NetMask, a.State = netaddr, "255.255.255.0", state }))
	}
	derive = append(derive, deriveCase[NetworkInput, NetworkDiff]{
		name: "own image: the one that was up beside one that was down", want: both,
		in: networkInput([]NIC{with(address), beside("10.4.4.4", "down")}, []NIC{bareNIC(), beside("", "up")}),
	})
	runDerive(t, DeriveNetwork, derive)
}

func TestDeriveNetworkRoutesAndHostname(t *testing.T) {
	const toDefault, toBranch = "net,-hopcount,0,,0,10.2.3.1", "net,-hopcount,0,-netmask,255.255.0.0,,,10.9.0.0,10.2.3.254"
	routes := func(texts ...string) *StaticRoutes {
		list := &StaticRoutes{List: []StaticRoute{}}
		for _, text := range texts {
			r, err := parseStaticRoute(text)
			if err != nil {
				r = StaticRoute{Text: text}
			}
			list.List = append(list.List, r)
		}
		return list
	}
	input := func(then, now *StaticRoutes, how ...func(*NetworkInput)) NetworkInput {
		in := networkInput([]NIC{}, []NIC{})
		in.Own.Past.StaticRoutes, in.Static = *then, now
		for _, h := range how {
			h(&in)
		}
		return in
	}
	missing := func(list ...MissingRoute) NetworkDiff {
		diff := diffOf()
		diff.Routes = append(diff.Routes, list...)
		return diff
	}
	defaultRoute := MissingRoute{Text: toDefault, Destination: "default", Gateway: "10.2.3.1"}
	branch := MissingRoute{Text: toBranch, Destination: "10.9.0.0/16", Gateway: "10.2.3.254"}
	both := routes(toDefault, toBranch)
	runDerive(t, DeriveNetwork, []deriveCase[NetworkInput, NetworkDiff]{
		{name: "own image: routes there", in: input(both, both), want: diffOf()},
		{name: "own image: a route written otherwise", in: input(both, routes("net,-hopcount,0,,,,,,-static,default,10.2.3.1", "net,-hopcount,0,-netmask,0xffff0000,0,10.9.0.0,10.2.3.254")), want: diffOf()},
		{name: "own image: routes missing", in: input(both, routes()), want: missing(defaultRoute, branch)},
		{name: "own image: a route missing, captured twice", in: input(routes(toBranch, toBranch), routes(toDefault)), want: missing(branch)},
		{name: "own image: another default gateway", in: input(both, routes("net,-hopcount,0,,0,10.2.3.9", toBranch)), want: diffOf("route to default: via 10.2.3.1 then, via 10.2.3.9 now")},
		{name: "own image: another gateway", in: input(routes(toBranch), routes("net,-hopcount,0,-netmask,255.255.0.0,,,10.9.0.0,10.2.3.9")), want: diffOf("route to 10.9.0.0/16: via 10.2.3.254 then, via 10.2.3.9 now")},
		{name: "own image: the second of two default gateways", in: input(routes("net,-hopcount,0,,0,10.2.3.9", toDefault), routes("net,-hopcount,0,,0,10.2.3.9")), want: missing(defaultRoute)},
		{
			name: "own image: what the text says counts, not what stands beside it",
			in:   input(&StaticRoutes{List: []StaticRoute{{Text: toDefault, Destination: "10.9.0.0/16", Gateway: "10.2.3.254"}}}, routes()), want: missing(defaultRoute),
		},
		{
			name: "own image: hostile routes", in: input(routes("net,-hopcount,0,,0,$(reboot)", "", "hello"), routes()),
			want: diffOf(`static route of the capture can't be used: the route "net,-hopcount,0,,0,$(reboot)" could not become part of a command`,
				`static route of the capture can't be used: the route "" could not become part of a command`, `static route of the capture can't be used: not a route: "hello"`),
		},
		{name: "own image: routes not read now", in: input(both, nil), want: diffOf("static routes: could not be read now")},
		{
			name: "own image: an old capture", in: input(both, both, func(in *NetworkInput) { in.Own.Past.Has = []string{"nics"} }),
			want: diffOf("static routes: not in capture c1 of 2026-11-01", "hostname: not in capture c1 of 2026-11-01"),
		},
		{
			name: "own image: the past has no name", in: input(both, both, func(in *NetworkInput) { in.Own.Past.Has, in.Own.Past.From = []string{"hostname"}, "" }),
			want: diffOf("static routes: not in the capture"),
		},
		{name: "own image: another hostname", in: input(both, both, func(in *NetworkInput) { in.Hostname = &Word{Text: "aix2"} }), want: diffOf("hostname: aix1 then, aix2 now")},
		{name: "own image: hostname not read now", in: input(both, both, func(in *NetworkInput) { in.Hostname = nil }), want: diffOf("hostname: could not be read now")},
		{
			name: "own image: no capture of this machine", in: input(both, nil, func(in *NetworkInput) { in.Own, in.NICs = &OwnCapture{State: "other"}, nil }),
			want: NetworkDiff{Interfaces: []MissingInterface{}, Routes: []MissingRoute{}, Differs: []string{}},
		},
		{name: "no NICs", in: input(both, both, func(in *NetworkInput) { in.NICs = nil }), err: "nics are not known"},
		{name: "not had", in: input(both, both, func(in *NetworkInput) { in.Own = nil }), err: "is not known"},
	})
}

// A host that lists as much as the parsers let through, in a capture and now,
// is compared in moments, whether it is all missing or was not up.
func TestDeriveNetworkOfAHostileSize(t *testing.T) {
	var up, down, now []NIC
	for i := range maxSections {
		n := change(bareNICThen(), func(n *NIC) {
			n.Name = fmt.Sprintf("en%d", i)
			for j := range maxAliases {
				n.Attributes.Alias4 = append(n.Attributes.Alias4, fmt.Sprintf("10.%d.%d.%d,255.255.255.0", i>>8, i&255, j))
			}
		})
		up = append(up, n)
		down = append(down, change(n, func(n *NIC) { n.Attributes.State = "down" }))
		now = append(now, change(n, attributes(func(a *NICAttributes) { a.Alias4, a.State = nil, "down" })))
	}
	in := networkInput(up, now)
	in.Own.Past.StaticRoutes.List, in.Static = nil, &StaticRoutes{}
	for i := range maxRows {
		in.Own.Past.StaticRoutes.List = append(in.Own.Past.StaticRoutes.List, StaticRoute{Text: fmt.Sprintf("net,-hopcount,0,,,10.8.0.0,10.%d.%d.9", i>>8, i&255)})
		in.Static.List = append(in.Static.List, StaticRoute{Destination: "10.8.0.0", Gateway: fmt.Sprintf("10.%d.%d.10", i>>8, i&255)})
	}
	got, err := DeriveNetwork(in)
	if err != nil || len(got.Interfaces) != maxSections || len(got.Interfaces[7].Alias4) != maxAliases || len(got.Differs) != maxRows {
		t.Errorf("%d interfaces, %d differ, %v", len(got.Interfaces), len(got.Differs), err)
	}
	in.Own.Past.NICs.List = down
	got, err = DeriveNetwork(in)
	if err != nil || len(got.Interfaces) != 0 || len(got.Differs) != maxRows || !strings.Contains(got.Differs[maxSections-1], "when captured") || !strings.HasPrefix(got.Differs[maxSections], "route to") {
		t.Errorf("captured down: %d interfaces, %d differ, %v", len(got.Interfaces), len(got.Differs), err)
	}
}
