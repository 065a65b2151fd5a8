package facts

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
)

// lostInput is the healthy host compared with itself.
func lostInput(how ...func(*LostInput)) LostInput {
	then, now := pastOf(), pastOf()
	in := LostInput{
		Baseline: &then, Hostname: &now.Hostname, NICs: &now.NICs, Routes: &now.Routes,
		Installed: &now.Installed, Disks: &now.Disks, NodeIDs: &now.NodeIDs,
	}
	for _, h := range how {
		h(&in)
	}
	return in
}

func lostOf(how ...func(*Lost)) Lost {
	lost := Lost{
		Known: true, From: "capture c1 of 2026-11-01", Addresses: []string{}, Routes: []string{}, Filesets: []string{},
		VolumeGroups: []string{}, Hostname: []string{}, NodeID: []string{}, Unknown: []string{},
	}
	for _, h := range how {
		h(&lost)
	}
	return lost
}

func TestDeriveLost(t *testing.T) {
	nics := func(list ...NIC) func(*LostInput) { return func(in *LostInput) { in.NICs = &NICs{List: list} } }
	nicsThen := func(list ...NIC) func(*LostInput) { return func(in *LostInput) { in.Baseline.NICs.List = list } }
	addresses := func(list ...string) Lost { return lostOf(func(l *Lost) { l.Addresses = list }) }
	others := func(n *NIC) { n.OtherIPv6 = []string{"2001:db8::1 (global)", "fd00::1 (unique-local)", "x y"} }
	noLinkLocal := func(n *NIC) { n.LinkLocal = []string{} }
	otherLinkLocal := func(n *NIC) { n.LinkLocal = []string{"fe80::7", "febf::7%en1"} }
	newMAC := func(n *NIC) {
		n.MAC, n.EUI64, n.LinkLocal = "fa:d4:43:3e:d1:99", "fe80::f8d4:43ff:fe3e:d199", []string{"fe80::f8d4:43ff:fe3e:d199"}
	}
	runDerive(t, DeriveLost, []deriveCase[LostInput, Lost]{
		{name: "V4 nothing lost", in: lostInput(), want: lostOf()},
		{name: "V4 no baseline", in: lostInput(func(in *LostInput) { in.Baseline.Known = false }), want: lostOf(func(l *Lost) { l.Known, l.From = false, "" })},
		{name: "V4 nothing at all", in: LostInput{}, want: lostOf(func(l *Lost) { l.Known, l.From = false, "" })},
		{
			name: "V4 nothing could be read now", in: LostInput{Baseline: lostInput().Baseline},
			want: lostOf(func(l *Lost) {
				l.Unknown = []string{"addresses: could not be read now", "filesets: could not be read now", "hostname: could not be read now",
					"node id: could not be read now", "routes: could not be read now", "volume groups: could not be read now"}
			}),
		},
		{
			name: "V4 the baseline knew nothing", in: lostInput(func(in *LostInput) { in.Baseline.Has, in.Baseline.From = []string{"lpar"}, "run r1" }),
			want: lostOf(func(l *Lost) {
				l.From = "run r1"
				l.Unknown = []string{"addresses: not in run r1", "filesets: not in run r1", "hostname: not in run r1", "node id: not in run r1", "routes: not in run r1", "volume groups: not in run r1"}
			}),
		},
		{
			name: "V4 a baseline without a name", in: lostInput(func(in *LostInput) {
				in.Baseline.Has = slices.DeleteFunc(in.Baseline.Has, func(s string) bool { return s == "routes" })
				in.Baseline.From = ""
			}),
			want: lostOf(func(l *Lost) { l.From, l.Unknown = "", []string{"routes: not in the baseline"} }),
		},
		{name: "V4 addresses lost, sorted", in: lostInput(nicsThen(change(customerNIC(), others), rmcNIC()), nics(change(rmcNIC(), noLinkLocal), change(customerNIC(), func(n *NIC) { n.IPv4 = nil }))),
			want: addresses("10.2.3.4 (was on en0)", "2001:db8::1 (was on en0)", "fd00::1 (was on en0)")},
		{
			name: "V4 an address that moved is not lost, however it is written",
			in: lostInput(nicsThen(change(customerNIC(), func(n *NIC) { n.OtherIPv6 = []string{"2001:db8::1 (global)"} })),
				nics(change(rmcNIC(), func(n *NIC) { n.IPv4, n.OtherIPv6 = []string{"10.2.3.4"}, []string{"2001:db8:0::1 (global)"} }))),
			want: lostOf(),
		},
		{name: "V4 new addresses do not count", in: lostInput(nics(change(customerNIC(), others), rmcNIC())), want: lostOf()},
		{name: "V4 the link-local address goes with its MAC", in: lostInput(nics(customerNIC(), change(rmcNIC(), newMAC))), want: lostOf()},
		{name: "V4 the link-local address of a MAC that is there is D5's", in: lostInput(nics(customerNIC(), change(rmcNIC(), noLinkLocal))), want: lostOf()},
		{name: "V4 no other link-local address is compared either", in: lostInput(nicsThen(change(rmcNIC(), otherLinkLocal)), nics(rmcNIC())), want: lostOf()},
		{name: "V4 of IPv4 they are", in: lostInput(nicsThen(change(rmcNIC(), func(n *NIC) { n.IPv4 = []string{"169.254.1.7"} })), nics(rmcNIC())), want: addresses("169.254.1.7 (was on en1)")},
		{name: "hostile name", in: lostInput(nicsThen(change(customerNIC(), func(n *NIC) { n.Name = "en0\x1b" })), nics()), want: addresses("10.2.3.4 (was on en0?)")},
		{
			name: "V4 hostname", in: lostInput(func(in *LostInput) { in.Hostname = &Word{Text: "aix2"} }),
			want: lostOf(func(l *Lost) { l.Hostname = []string{"aix1 then, aix2 now"} }),
		},
		{
			name: "V4 node id changed", in: lostInput(func(in *LostInput) { in.NodeIDs = &NodeIDs{State: "agree", ID: "ffffffffffffffff"} }),
			want: lostOf(func(l *Lost) { l.NodeID = []string{"8c1f5a6e0b7d4321 then, ffffffffffffffff now"} }),
		},
		{
			name: "V4 node id gone", in: lostInput(func(in *LostInput) { in.NodeIDs = &NodeIDs{State: "missing"} }),
			want: lostOf(func(l *Lost) { l.NodeID = []string{"8c1f5a6e0b7d4321 then, none now"} }),
		},
		{name: "V4 there was no node id to lose", in: lostInput(func(in *LostInput) { in.Baseline.NodeIDs = NodeIDs{State: "missing"} }), want: lostOf()},
	})
}

func TestDeriveLostRoutes(t *testing.T) {
	route := func(destination, gateway string, static bool) Route {
		return Route{Destination: destination, Gateway: gateway, Flags: "UG", Interface: "en0", Family: "inet", Static: static}
	}
	six := route("default", "10.2.3.1", true)
	six.Family = "inet6"
	input := func(then, now []Route) LostInput {
		return lostInput(func(in *LostInput) { in.Baseline.Routes.List, in.Routes = then, &Routes{List: now} })
	}
	lost := func(list ...string) Lost { return lostOf(func(l *Lost) { l.Routes = append([]string{}, list...) }) }
	branch := route("10.9.0.0/16", "10.2.3.254", true)
	runDerive(t, DeriveLost, []deriveCase[LostInput, Lost]{
		{name: "V4 routes lost, sorted, told once", in: input([]Route{route("default", "10.2.3.1", true), branch, branch}, nil), want: lost("10.9.0.0/16 via 10.2.3.254", "default via 10.2.3.1")},
		{name: "V4 another gateway", in: input([]Route{branch}, []Route{route("10.9.0.0/16", "10.2.3.9", true)}), want: lost("10.9.0.0/16 via 10.2.3.254")},
		{name: "V4 what was not static is not missed", in: input([]Route{route("10.9.0.0/16", "10.2.3.254", false)}, nil), want: lost()},
		{name: "V4 over another NIC, not static now", in: input([]Route{branch}, []Route{{Destination: "10.9.0.0/16", Gateway: "10.2.3.254", Family: "inet", Interface: "en5"}}), want: lost()},
		{name: "V4 of the other family", in: input([]Route{six}, []Route{route("default", "10.2.3.1", true)}), want: lost("default via 10.2.3.1")},
		{name: "hostile", in: input([]Route{route("default\x1b", "$(reboot)", true)}, nil), want: lost("default? via $(reboot)")},
	})
}

func TestDeriveLostFilesets(t *testing.T) {
	row := func(name, level, state, kind string) Fileset {
		return Fileset{Name: name, Level: level, State: state, Type: kind}
	}
	input := func(then, now []Fileset) LostInput {
		return lostInput(func(in *LostInput) { in.Baseline.Installed.List, in.Installed = then, &Filesets{List: now} })
	}
	lost := func(list ...string) Lost { return lostOf(func(l *Lost) { l.Filesets = append([]string{}, list...) }) }
	tcp := row("bos.net.tcp.client", "7.2.5.200", "C", "F")
	runDerive(t, DeriveLost, []deriveCase[LostInput, Lost]{
		{name: "V4 not installed", in: input([]Fileset{tcp}, []Fileset{}), want: lost("bos.net.tcp.client 7.2.5.200: not installed")},
		{name: "V4 older", in: input([]Fileset{tcp}, []Fileset{row("bos.net.tcp.client", "7.2.5.100", "C", "F")}), want: lost("bos.net.tcp.client: 7.2.5.100 now, 7.2.5.200 then")},
		{name: "V4 newer", in: input([]Fileset{tcp}, []Fileset{row("bos.net.tcp.client", "7.2.10.0", "A", "F")}), want: lost()},
		{name: "V4 broken now", in: input([]Fileset{tcp}, []Fileset{row("bos.net.tcp.client", "7.2.5.200", "B", "F")}), want: lost("bos.net.tcp.client 7.2.5.200: broken now")},
		{name: "V4 inconsistent now", in: input([]Fileset{tcp}, []Fileset{row("bos.net.tcp.client", "7.2.5.300", "?", "F")}), want: lost("bos.net.tcp.client 7.2.5.200: broken now")},
		{name: "V4 it was broken before", in: input([]Fileset{row("bos.net.tcp.client", "7.2.5.200", "B", "F")}, []Fileset{row("bos.net.tcp.client", "7.2.5.200", "B", "F")}), want: lost()},
		{name: "V4 two rows, the newest counts", in: input([]Fileset{tcp}, []Fileset{row("bos.net.tcp.client", "7.2.5.0", "C", ""), tcp}), want: lost()},
		{name: "V4 rpms and interim fixes are not compared", in: input([]Fileset{row("bash-5.0-3", "", "C", "R"), row("IJ1s1a", "22.11.7.1", "C", "E")}, []Fileset{}), want: lost()},
		{name: "V4 levels that are none", in: input([]Fileset{row("a", "", "C", "F"), row("b", "", "C", "F"), row("c", "1.1.1.1", "C", "F")}, []Fileset{row("a", "1.1.1.1", "C", "F"), row("c", "", "C", "F")}), want: lost("b: not installed")},
		{name: "V4 sorted", in: input([]Fileset{row("c", "1.0.0.0", "C", "F"), row("a", "1.0.0.0", "C", "F"), row("b", "1.0.0.0", "C", "F")}, []Fileset{}), want: lost("a 1.0.0.0: not installed", "b 1.0.0.0: not installed", "c 1.0.0.0: not installed")},
	})
}

func TestDeriveLostVolumeGroups(t *testing.T) {
	disk := func(vg string, active bool) Disk { return Disk{Name: "hdisk1", VG: vg, Active: active} }
	input := func(then, now []Disk) LostInput {
		return lostInput(func(in *LostInput) { in.Baseline.Disks.List, in.Disks = then, &Disks{List: now} })
	}
	lost := func(list ...string) Lost {
		return lostOf(func(l *Lost) { l.VolumeGroups = append([]string{}, list...) })
	}
	runDerive(t, DeriveLost, []deriveCase[LostInput, Lost]{
		{
			name: "V4 gone, sorted, told once, leftovers not missed",
			in: input([]Disk{disk("rootvg", true), disk("oravg", true), disk("datavg", true), disk("datavg", true), disk("", false), disk("None", false), disk("old_rootvg", false), disk("altinst_rootvg", true)},
				[]Disk{disk("rootvg", true), disk("", false), disk("newvg", true)}),
			want: lost("datavg", "oravg"),
		},
		{name: "V4 imported and not varied on", in: input([]Disk{disk("datavg", true), disk("offvg", false)}, []Disk{disk("datavg", false), disk("offvg", false)}), want: lost("datavg: varied on then, not now")},
		{name: "V4 one of its disks is active", in: input([]Disk{disk("datavg", true)}, []Disk{disk("datavg", false), disk("datavg", true), disk("datavg", false)}), want: lost()},
	})
}

// V4: the answer is the same every time, and bounded.
func TestDeriveLostIsDeterministicAndBounded(t *testing.T) {
	in := lostInput(func(in *LostInput) {
		for i := range maxRows {
			in.Baseline.Installed.List = append(in.Baseline.Installed.List, Fileset{Name: fmt.Sprintf("f%d", i), Level: "1.1.1.1", State: "C"})
		}
		in.Baseline.NICs.List = nil
		for i := range 20 {
			n := noNIC()
			n.Name = fmt.Sprintf("en%d", i)
			for j := range 1000 {
				n.IPv4 = append(n.IPv4, fmt.Sprintf("10.%d.%d.%d", i, j>>8, j&255))
			}
			in.Baseline.NICs.List = append(in.Baseline.NICs.List, n)
		}
	})
	first, err := DeriveLost(in)
	if err != nil || len(first.Filesets) != maxRows || len(first.Addresses) != maxRows {
		t.Fatalf("%d filesets, %d addresses, %v", len(first.Filesets), len(first.Addresses), err)
	}
	if problem := unfit(reflect.ValueOf(first), "fact"); problem != "" {
		t.Error(problem)
	}
	if again, err := DeriveLost(in); err != nil || !reflect.DeepEqual(first, again) {
		t.Errorf("another answer the second time, %v", err)
	}
}
