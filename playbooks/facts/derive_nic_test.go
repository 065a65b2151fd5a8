package facts

import (
	"reflect"
	"testing"
)

// fact parses the healthy sample, or another, of a parser.
func fact[T any](t *testing.T, parse func(Output) (T, error), o Output) *T {
	t.Helper()
	got, err := parse(o)
	if err != nil {
		t.Fatal(err)
	}
	return &got
}

// customerNIC and rmcNIC are the two NICs of the healthy host.
func customerNIC() NIC {
	n := noNIC()
	n.Name, n.Status, n.MAC, n.EUI64, n.Up = "en0", "Available", mac0, eui0, true
	n.IPv4, n.CarriesSession = []string{"10.2.3.4"}, true
	n.Attributes = NICAttributes{Interface: "en0", NetAddr: "10.2.3.4", NetMask: "255.255.255.0", Alias4: []string{}, Alias6: []string{}, State: "up"}
	return n
}

func rmcNIC() NIC {
	n := noNIC()
	n.Name, n.Status, n.MAC, n.EUI64, n.Up = "en1", "Available", mac1, eui1, true
	n.LinkLocal, n.Management = []string{eui1}, true
	n.Attributes = NICAttributes{Interface: "en1", NetAddr6: eui1, PrefixLen: "64", Alias4: []string{}, Alias6: []string{}, State: "up"}
	return n
}

func change(n NIC, how func(*NIC)) NIC {
	how(&n)
	return n
}

func found(n NIC) *RMCNIC {
	return &RMCNIC{State: nicFound, Name: n.Name, Candidates: []string{n.Name}, NIC: n}
}

func TestDeriveNICs(t *testing.T) {
	full := NICsInput{
		Ifconfig:   fact(t, ParseIfconfig, healthy["ifconfig"]),
		Devices:    fact(t, ParseDevices, healthy["lsdev"]),
		Adapters:   fact(t, ParseAdapters, healthy["entstat"]),
		Attributes: fact(t, ParseAttributes, healthy["lsattr"]),
		Session:    fact(t, ParseSSHConnection, healthy["ssh_connection"]),
	}
	runDerive(t, DeriveNICs, []deriveCase[NICsInput, NICs]{
		{name: "D4 healthy host", in: full, want: NICs{List: []NIC{customerNIC(), rmcNIC()}}},
		{
			name: "D4 ifconfig alone, numerical order, other addresses with scope",
			in: NICsInput{Ifconfig: fact(t, ParseIfconfig, stdout("en10: flags=1<UP>\n inet6 2001:1234::1/64\n inet6 fd00::1/64\n inet6 fec0::1/64\n inet6 ff02::1/64\n"+
				"en9: flags=1<UP>\n inet6 fe80::9/64\net0: flags=1<UP>\n inet 10.1.1.1\n"))},
			want: NICs{List: []NIC{
				change(noNIC(), func(n *NIC) { n.Name, n.Up, n.LinkLocal = "en9", true, []string{"fe80::9"} }),
				change(noNIC(), func(n *NIC) {
					n.Name, n.Up = "en10", true
					n.OtherIPv6 = []string{"2001:1234::1 (global)", "fd00::1 (unique-local)", "fec0::1 (site-local)", "ff02::1 (multicast)"}
				}),
			}},
		},
		{
			name: "D4 MAC of netstat where entstat failed, NIC that is down",
			in: NICsInput{
				Ifconfig: &Ifconfig{Interfaces: []Interface{}},
				Devices:  &Devices{List: []Device{{"en1", "Defined"}, {"en2", "Available"}}},
				Adapters: &Adapters{List: []Adapter{{Interface: "en1"}, {Interface: "en2", MAC: mac0, VLAN: 4094}}},
				Links:    &LinkAddresses{List: []LinkAddress{{"en1", mac1}, {"en2", mac1}}},
			},
			want: NICs{List: []NIC{
				change(noNIC(), func(n *NIC) { n.Name, n.Status, n.MAC, n.EUI64 = "en1", "Defined", mac1, eui1 }),
				change(noNIC(), func(n *NIC) { n.Name, n.Status, n.MAC, n.EUI64, n.Management = "en2", "Available", mac0, eui0, true }),
			}},
		},
		{name: "no ifconfig", in: NICsInput{Devices: full.Devices}, err: "interfaces are not known"},
	})
}

// D4: which NIC carries the SSH session.
func TestCarriesSession(t *testing.T) {
	ifconfig := &Ifconfig{Interfaces: []Interface{
		{Name: "en0", IPv4: []string{"10.2.3.4"}},
		{Name: "en1", IPv6: []string{"fe80::1/64"}},
		{Name: "en2", IPv4: []string{"10.2.4.4"}},
	}}
	cases := []struct {
		name    string
		session *SSHConnection
		want    []string
	}{
		{"holds the server's side", &SSHConnection{Known: true, Server: "10.2.4.4"}, []string{"en2"}},
		{"over IPv6", &SSHConnection{Known: true, Server: "fe80::1"}, []string{"en1"}},
		{"behind NAT", &SSHConnection{Known: true, Server: "192.0.2.1"}, []string{"en0", "en2"}},
		{"not known", &SSHConnection{}, []string{"en0", "en2"}},
		{"not had", nil, []string{"en0", "en2"}},
	}
	for _, c := range cases {
		nics, err := DeriveNICs(NICsInput{Ifconfig: ifconfig, Session: c.session})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, n := range nics.List {
			if n.CarriesSession {
				got = append(got, n.Name)
			}
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestDeriveRMCNIC(t *testing.T) {
	nic := func(name string, how ...func(*NIC)) NIC {
		n := noNIC()
		n.Name = name
		for _, h := range how {
			h(&n)
		}
		return n
	}
	ipv4 := func(n *NIC) { n.IPv4 = []string{"10.1.1.1"} }
	local := func(n *NIC) { n.LinkLocal = []string{"fe80::1"} }
	management := func(n *NIC) { n.Management = true }
	defined := func(n *NIC) { n.Status = "Defined" }
	sameAs := func(n *NIC) { n.MAC = mac1 }
	configured := func(n *NIC) { n.Attributes.NetAddr = "10.1.1.1" }
	cases := []struct {
		name      string
		inventory string
		nics      []NIC
		state     string
		want      []string // candidates; the first is the NIC when found
		why       string
	}{
		{"D4 inventory", "en0", []NIC{nic("en0", ipv4), nic("en1", management)}, nicFound, []string{"en0"}, "en0 is named by the inventory"},
		{"D4 inventory names none", "en7\x1b", []NIC{nic("en1", management)}, nicMissing, []string{}, `the inventory says "en7?", which the host does not have`},
		{"D4 management switch", "", []NIC{nic("en0", ipv4), nic("en1"), nic("en2", management, ipv4)}, nicFound, []string{"en2"}, "en2 is on the management switch or VLAN"},
		{"D4 two on it", "", []NIC{nic("en1", management), nic("en2", management)}, nicAmbiguous, []string{"en1", "en2"}, "each of en1, en2 is on the management switch or VLAN"},
		{"D4 one without IPv4", "", []NIC{nic("en0", ipv4, local), nic("en1")}, nicFound, []string{"en1"}, "en1 has no IPv4"},
		{"D4 two without IPv4", "", []NIC{nic("en0"), nic("en1")}, nicAmbiguous, []string{"en0", "en1"}, "each of en0, en1 has no IPv4"},
		{"D4 one of them with fe80", "", []NIC{nic("en0"), nic("en1", local)}, nicFound, []string{"en1"}, "en1 has no IPv4 and a link-local address"},
		{"D4 two of them with fe80", "", []NIC{nic("en0"), nic("en1", local), nic("en2", local)}, nicAmbiguous, []string{"en1", "en2"}, "each of en1, en2 has no IPv4 and a link-local address"},
		{"D4 its MAC twice", "", []NIC{nic("en0", sameAs), nic("en1", local, sameAs)}, nicAmbiguous, []string{"en0", "en1"}, "each of en0, en1 has no IPv4 and the MAC " + mac1},
		{"D4 all with IPv4, one with fe80", "", []NIC{nic("en0", ipv4), nic("en1", ipv4, local)}, nicFound, []string{"en1"}, "en1 has a link-local address"},
		{"D4 all with IPv4, two with fe80", "", []NIC{nic("en0", ipv4, local), nic("en1", ipv4, local)}, nicAmbiguous, []string{"en0", "en1"}, "each of en0, en1 has a link-local address"},
		{"D4 all with IPv4, none with fe80", "", []NIC{nic("en0", ipv4)}, nicMissing, []string{}, "no nic has a link-local address"},
		{"D4 a customer's NIC that is down", "", []NIC{nic("en0", ipv4), nic("en1"), nic("en2", configured)}, nicFound, []string{"en1"}, "en1 has no IPv4"},
		{"D4 Defined", "", []NIC{nic("en0", ipv4), nic("en1", management, defined)}, nicMissing, []string{"en1"}, "en1 is Defined, not Available"},
		{"D4 no NIC at all", "", []NIC{}, nicMissing, []string{}, "no nic has a link-local address"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := DeriveRMCNIC(RMCNICInput{Inventory: &Inventory{RMCNIC: c.inventory}, NICs: &NICs{List: c.nics}})
			if err != nil {
				t.Fatal(err)
			}
			name := ""
			if c.state == nicFound {
				name = c.want[0]
			}
			if got.State != c.state || got.Name != name || got.NIC.Name != name || got.Why != c.why || !reflect.DeepEqual(got.Candidates, c.want) {
				t.Errorf("got %+v", got)
			}
			if problem := unfit(reflect.ValueOf(got), "fact"); problem != "" {
				t.Error(problem)
			}
		})
	}
	if got, err := DeriveRMCNIC(RMCNICInput{NICs: &NICs{List: []NIC{nic("en1")}}}); err != nil || got.Name != "en1" {
		t.Errorf("without an inventory: %+v, %v", got, err)
	}
	if _, err := DeriveRMCNIC(RMCNICInput{Inventory: &Inventory{RMCNIC: "en1"}}); err == nil {
		t.Error("no error without the nics")
	}
}

func TestDeriveRMCAddress(t *testing.T) {
	runDerive(t, DeriveRMCAddress, []deriveCase[RMCAddressInput, RMCAddress]{
		{name: "D5 right", in: RMCAddressInput{found(rmcNIC())}, want: RMCAddress{State: "right", Expected: eui1, Live: []string{eui1}, Other: []string{}}},
		{
			name: "D5 right among others",
			in:   RMCAddressInput{found(change(rmcNIC(), func(n *NIC) { n.LinkLocal = []string{foreign, eui1} }))},
			want: RMCAddress{State: "right", Expected: eui1, Live: []string{foreign, eui1}, Other: []string{}},
		},
		{
			name: "D5 wrong", in: RMCAddressInput{found(change(rmcNIC(), func(n *NIC) { n.LinkLocal = []string{foreign} }))},
			want: RMCAddress{State: "wrong", Expected: eui1, Live: []string{foreign}, Other: []string{}},
		},
		{
			name: "D5 another IPv6 is not the address", in: RMCAddressInput{found(change(rmcNIC(), func(n *NIC) { n.LinkLocal, n.OtherIPv6 = nil, []string{"2001::1 (global)"} }))},
			want: RMCAddress{State: "missing", Expected: eui1, Live: []string{}, Other: []string{"2001::1 (global)"}},
		},
		{
			name: "D5 missing needs no MAC", in: RMCAddressInput{found(change(rmcNIC(), func(n *NIC) { n.LinkLocal, n.EUI64, n.MAC = nil, "", "" }))},
			want: RMCAddress{State: "missing", Live: []string{}, Other: []string{}},
		},
		{name: "no MAC", in: RMCAddressInput{found(change(rmcNIC(), func(n *NIC) { n.EUI64, n.MAC = "", "" }))}, err: "MAC of en1"},
		{name: "no NIC", in: RMCAddressInput{&RMCNIC{State: nicAmbiguous, Why: "two"}}, err: "ambiguous: two"},
		{name: "not had", in: RMCAddressInput{}, err: "not known"},
	})
}
