package facts

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
	n.VLAN, n.Switch = 321, "ETHERNET0"
	n.Name, n.Status, n.MAC, n.EUI64, n.Up = "en0", "Available", mac0, eui0, true
	n.IPv4, n.CarriesSession = []string{"10.2.3.4"}, true
	n.Attributes = NICAttributes{Interface: "en0", NetAddr: "10.2.3.4", NetMask: "255.255.255.0", Alias4: []string{}, Alias6: []string{}, State: "up"}
	return n
}

func rmcNIC() NIC {
	n := noNIC()
	n.Name, n.Status, n.MAC, n.EUI64, n.Up = "en1", "Available", mac1, eui1, true
	n.LinkLocal, n.VLAN, n.Switch, n.Management = []string{eui1}, 4094, "MGMTSWITCH", true
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
				change(noNIC(), func(n *NIC) {
					n.Name, n.Status, n.MAC, n.EUI64, n.VLAN, n.Management = "en2", "Available", mac0, eui0, 4094, true
				}),
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

// The parts of NICs in the tests below.
type nicPart func(*NIC)

func makeNIC(name string, parts ...nicPart) NIC {
	n := noNIC()
	n.Name, n.Attributes.Interface = name, name
	for _, part := range parts {
		part(&n)
	}
	return n
}

const metadataIP = "169.254.169.253"

func withIPv4(addresses ...string) nicPart { return func(n *NIC) { n.IPv4 = addresses } }
func inODM(address string) nicPart         { return func(n *NIC) { n.Attributes.NetAddr = address } }
func onSwitch(name string) nicPart         { return func(n *NIC) { n.Switch = name } }
func onVLAN(id int) nicPart                { return func(n *NIC) { n.VLAN = id } }
func withStatus(status string) nicPart     { return func(n *NIC) { n.Status = status } }
func withLocal(addresses ...string) nicPart {
	return func(n *NIC) { n.LinkLocal = addresses }
}
func withMAC(mac string) nicPart {
	return func(n *NIC) {
		n.MAC = mac
		addr, _ := EUI64LinkLocal(mac)
		n.EUI64 = addr.String()
	}
}
func unreadODM() nicPart { return func(n *NIC) { n.Attributes.Interface = "" } }

func withODM6(address string) nicPart { return func(n *NIC) { n.Attributes.NetAddr6 = address } }

// nicCase is a host, and the RMC NIC that is found on it.
type nicCase struct {
	name  string
	in    RMCNICInput
	state string
	want  []string // candidates; the first is the NIC when found
	why   string   // part of the reason
}

func nicCases() []nicCase {
	customer := makeNIC("en0", withIPv4("10.2.3.4"), withMAC(mac0))
	nics := func(list ...NIC) RMCNICInput { return RMCNICInput{NICs: &NICs{List: list}} }
	said := func(name string, in RMCNICInput) RMCNICInput { in.Inventory = &Inventory{RMCNIC: name}; return in }
	boot := func(in RMCNICInput, lines ...BootLine) RMCNICInput { in.Boot = &BootLines{List: lines}; return in }
	logged := func(in RMCNICInput, list ...LoggedAddress) RMCNICInput {
		in.Log = &CloudInit{Present: true, Addresses: list}
		return in
	}
	captured := func(in RMCNICInput, list ...NIC) RMCNICInput {
		in.Captured = &Captured{Known: true, ID: "c1", NICs: NICs{List: list}}
		return in
	}
	listed := func(in RMCNICInput, macs ...string) RMCNICInput {
		in.API = &API{Known: true, Instance: "vm-1", NICs: []APINIC{}}
		for _, one := range macs {
			in.API.NICs = append(in.API.NICs, APINIC{MAC: one, Network: "data"})
		}
		return in
	}
	silent := func(in RMCNICInput, macs ...string) RMCNICInput {
		in = listed(in, macs...)
		in.API.Known = false
		return in
	}
	const mac2 = "fa:d4:43:00:00:02"
	bare, meta := makeNIC("en2", withMAC(mac2)), makeNIC("en2", withMAC(mac2), withIPv4(metadataIP))
	mgmt, mac := onSwitch(managementSwitch), withMAC(mac1)
	line := BootLine{Number: 1, Interface: "en1", Address: eui1, Written: eui1}
	const alone, noOne = "nothing else speaks for it", "is without IPv4"
	return []nicCase{
		{"D4 the inventory says so", said("en0", nics(customer, makeNIC("en1", mgmt))), nicFound, []string{"en0"}, "en0 is named by the inventory"},
		{"D4 the inventory names none", said("en7\x1b", nics(makeNIC("en1", mgmt))), nicMissing, []string{}, `the inventory says "en7?", which the host does not have`},
		{"D4 the management switch", nics(customer, makeNIC("en1"), makeNIC("en2", mgmt, withIPv4("10.9.9.9"))), nicFound, []string{"en2"}, "en2 is on the management switch"},
		{"D4 two on it", nics(makeNIC("en1", mgmt), makeNIC("en2", mgmt)), nicAmbiguous, []string{"en1", "en2"}, "each of en1, en2 is on the management switch"},
		{"D4 two on it, one on its VLAN", nics(makeNIC("en1", mgmt, onVLAN(7)), makeNIC("en2", mgmt, onVLAN(4094))), nicFound, []string{"en2"}, "switch and VLAN"},
		{"D4 two on it, the ODM speaks for one", nics(makeNIC("en1", mgmt, mac, withODM6(eui1)), makeNIC("en2", mgmt)), nicFound, []string{"en1"}, "the ODM has"},
		{"D4 Defined", nics(customer, makeNIC("en1", mgmt, withStatus("Defined"))), nicMissing, []string{"en1"}, "en1 is Defined, not Available"},
		{"D4 VLAN 4094, no switch shown", nics(customer, makeNIC("en1", onVLAN(4094), mac)), nicFound, []string{"en1"}, "VLAN 4094"},
		{"D4 VLAN 4094 on another switch is a customer's", nics(makeNIC("en0", withIPv4("10.2.3.4"), onVLAN(4094), onSwitch("ETHERNET0")), makeNIC("en1", mac, withODM6(eui1))), nicFound, []string{"en1"}, "the ODM has"},
		{"D4 the same, nothing speaks for en1", nics(makeNIC("en0", withIPv4("10.2.3.4"), onVLAN(4094), onSwitch("ETHERNET0")), makeNIC("en1")), nicAmbiguous, []string{"en1"}, alone},
		{"D4 VLAN 4094 on a NIC with IPv4", nics(makeNIC("en0", withIPv4("10.2.3.4"), onVLAN(4094)), makeNIC("en1")), nicAmbiguous, []string{"en1"}, alone},

		{"D4 exclusion alone", nics(customer, makeNIC("en1", mac)), nicAmbiguous, []string{"en1"}, alone},
		{"D4 exclusion, and live", nics(customer, makeNIC("en1", mac, withLocal(eui1))), nicFound, []string{"en1"}, "it has the link-local address of its MAC"},
		{"D4 exclusion, live and of another MAC", nics(customer, makeNIC("en1", mac, withLocal(foreign))), nicAmbiguous, []string{"en1"}, alone},
		{"D4 exclusion, and the ODM", nics(customer, makeNIC("en1", mac, withODM6(eui1))), nicFound, []string{"en1"}, "the ODM has"},
		{"D4 exclusion, and rc.tcpip", boot(nics(customer, makeNIC("en1", mac)), line), nicFound, []string{"en1"}, "/etc/rc.tcpip sets"},
		{"D4 exclusion, and the log", logged(nics(customer, makeNIC("en1", mac)), LoggedAddress{Interface: "en5", Address: eui1, LinkLocal: true}), nicFound, []string{"en1"}, "the cloud-init log has"},
		{"D4 exclusion, and a capture", captured(nics(customer, makeNIC("en1", mac)), makeNIC("en9", mac, withLocal(eui1))), nicFound, []string{"en1"}, "capture c1 shows"},
		{"D4 exclusion, and the ODM of a capture", captured(nics(customer, makeNIC("en1", mac)), makeNIC("en9", mac, withODM6(eui1))), nicFound, []string{"en1"}, "capture c1 has"},
		{"D4 a capture in which it had a customer's address", captured(nics(customer, makeNIC("en1", mac)), makeNIC("en1", mac, withLocal(eui1), withIPv4("10.9.9.9"))), nicAmbiguous, []string{"en1"}, alone},
		{"D4 no MAC, no witness", nics(customer, makeNIC("en1", withODM6(eui1))), nicAmbiguous, []string{"en1"}, alone},
		{"D4 two without IPv4", nics(makeNIC("en0"), makeNIC("en1")), nicAmbiguous, []string{"en0", "en1"}, "each of en0, en1 has no IPv4"},
		{"D4 two without IPv4, rc.tcpip speaks for one", boot(nics(makeNIC("en0", withMAC(mac0)), makeNIC("en1", mac)), line), nicFound, []string{"en1"}, "/etc/rc.tcpip sets"},
		{"D4 two without IPv4, one live, and autoconf6 may have made it", boot(nics(makeNIC("en0"), makeNIC("en1", mac, withLocal(eui1))), BootLine{Autoconf: true}), nicAmbiguous, []string{"en0", "en1"}, "each of"},
		{"D4 its MAC twice", boot(nics(makeNIC("en0", mac), makeNIC("en1", mac, withLocal(eui1))), BootLine{Interface: "en7", Autoconf: true}), nicAmbiguous, []string{"en0", "en1"}, "each of en0, en1"},
		{"D4 another switch, and a live address by autoconf6", nics(customer, makeNIC("en1", mac), makeNIC("en2", onSwitch("ETHERNET0"), withMAC(mac0), withLocal(eui0))), nicAmbiguous, []string{"en1"}, alone},
		{"D4 a link-local address on a customer's NIC proves nothing", nics(makeNIC("en0", withIPv4("10.1.1.1"), withMAC(mac0), withLocal(eui0), withODM6(eui0))), nicMissing, []string{}, noOne},
		{"D4 a customer's NIC that is down", nics(customer, makeNIC("en1", mac, withODM6(eui1)), makeNIC("en2", inODM("10.1.1.1"))), nicFound, []string{"en1"}, "the ODM has"},
		{"D4 no NIC at all", nics(), nicMissing, []string{}, noOne},

		{"D15 exclusion, and the API", listed(nics(customer, makeNIC("en1", mac)), mac0), nicFound, []string{"en1"}, "the one NIC that Power Virtual Server does not list"},
		{"D15 the API in another spelling", listed(nics(customer, makeNIC("en1", mac)), strings.ToUpper(strings.ReplaceAll(mac0, ":", "-"))), nicFound, []string{"en1"}, "does not list"},
		{"D15 two without IPv4, the API lists one", listed(nics(customer, makeNIC("en1", mac), bare), mac0, mac2), nicFound, []string{"en1"}, "does not list"},
		{"D15 two without IPv4, one live, the API lists the other", listed(nics(customer, makeNIC("en1", mac, withLocal(eui1)), bare), mac0, mac2), nicFound, []string{"en1"}, "it has the link-local"},
		{"D15 two without IPv4, the API lists neither", listed(nics(customer, makeNIC("en1", mac), bare), mac0), nicAmbiguous, []string{"en1", "en2"}, "each of en1, en2 has no IPv4"},
		{"D15 beside the metadata NIC", listed(nics(customer, makeNIC("en1", mac), meta), mac0), nicFound, []string{"en1"}, "does not list"},
		{"D15 the metadata NIC is no witness for itself", listed(nics(customer, meta), mac0), nicMissing, []string{}, "metadata service's"},
		{"D15 a NIC that is gone", boot(listed(nics(customer, bare), mac0), line), nicAmbiguous, []string{"en2"}, "en1, which is not there"},
		{"D15 no answer", silent(nics(customer, makeNIC("en1", mac)), mac0), nicAmbiguous, []string{"en1"}, alone},
		{"D15 no answer, the inventory says so", silent(said("en1", nics(customer, makeNIC("en1", mac))), mac1), nicFound, []string{"en1"}, "named by the inventory"},
		{"D15 a VM without MACs", listed(nics(customer, makeNIC("en1", mac))), nicAmbiguous, []string{"en1"}, alone},
		{"D15 a MAC that is none", listed(nics(customer, makeNIC("en1", mac)), "x\x1b"), nicAmbiguous, []string{"en1"}, alone},
		{"D15 a NIC without a MAC", listed(nics(customer, makeNIC("en1")), mac0), nicAmbiguous, []string{"en1"}, alone},
		{"D15 unread ODM", listed(nics(customer, makeNIC("en1", mac, unreadODM())), mac0), nicAmbiguous, []string{"en1"}, alone},
		{"D15 another switch is shown", listed(nics(customer, makeNIC("en1", mac, onSwitch("ETHERNET0"))), mac0), nicAmbiguous, []string{"en1"}, alone},
		{"D15 of another machine", listed(nics(customer, makeNIC("en1", mac)), mac2), nicAmbiguous, []string{"en1"}, "lists the MAC " + mac2 + ` in network "data", which no NIC has; en0 has 10.2.3.4, but Power Virtual Server does not list its MAC`},
		{"D15 a customer's NIC that is not listed", listed(nics(customer, makeNIC("en1", mac), makeNIC("en2", withMAC(mac2), withIPv4("10.9.9.9"))), mac0), nicAmbiguous, []string{"en1"}, "en2 has 10.9.9.9, but"},
		{"D15 the inventory names a customer's", listed(said("en1", nics(customer, makeNIC("en1", mac))), mac0, mac1), nicAmbiguous, []string{"en1"}, "en1 is named by the inventory, but Power Virtual Server lists the MAC of en1"},
		{"D15 the management switch under a customer's", listed(nics(customer, makeNIC("en1", mac, mgmt), bare), mac0, mac1), nicAmbiguous, []string{"en1"}, "en1 is on the management switch, but"},
		{"D15 two on the switch, one is a customer's", listed(nics(customer, makeNIC("en1", mac, mgmt), makeNIC("en2", withMAC(mac2), mgmt)), mac0, mac2), nicFound, []string{"en1"}, "management switch"},
		{"D15 VLAN 4094 of a customer's", listed(nics(customer, makeNIC("en1", mac, onVLAN(4094)), bare), mac0, mac1), nicFound, []string{"en2"}, "does not list"},
		{"D15 the ODM speaks for a customer's", listed(nics(customer, makeNIC("en1", mac, withODM6(eui1)), bare), mac0, mac1), nicAmbiguous, []string{"en2"}, "for en1 the ODM has the link-local address of its MAC, but Power Virtual Server lists"},
		{"D15 all are the customer's", listed(nics(customer, makeNIC("en1", mac)), mac0, mac1), nicMissing, []string{}, noOne},

		{"D17 the metadata NIC lost its address, the RMC NIC is gone", boot(nics(customer, makeNIC("en2", withMAC(mac0), onVLAN(4094))), line), nicAmbiguous, []string{"en2"}, "en1, which is not there"},
		{"D17 the same, by the log", logged(nics(customer, makeNIC("en2", onVLAN(4094))), LoggedAddress{Interface: "en1", Address: eui1, LinkLocal: true}), nicAmbiguous, []string{"en2"}, "en1, which is not there"},
		{"D17 the same, no VLAN", nics(customer, makeNIC("en2", withMAC(mac0))), nicAmbiguous, []string{"en2"}, alone},
		{"D17 a capture knows the metadata NIC", captured(nics(customer, makeNIC("en2", mac)), makeNIC("en2", mac, withIPv4(metadataIP))), nicMissing, []string{}, "metadata service's"},
		{"D17 beside the RMC NIC", nics(customer, makeNIC("en1", mac, withODM6(eui1)), makeNIC("en2", withIPv4(metadataIP))), nicFound, []string{"en1"}, "the ODM has"},
		{"D17 on the RMC NIC", nics(customer, makeNIC("en1", mac, withODM6(eui1), withLocal(eui1), withIPv4(metadataIP), inODM(metadataIP)), makeNIC("en2", withMAC(mac0))), nicFound, []string{"en1"}, "the ODM has"},
		{"D17 on one of two bare NICs", nics(customer, makeNIC("en1", mac, withIPv4(metadataIP)), makeNIC("en2", withMAC(mac0))), nicAmbiguous, []string{"en2"}, alone},
		{"D17 the metadata NIC alone on the switch", nics(customer, makeNIC("en2", mgmt, withIPv4(metadataIP))), nicAmbiguous, []string{"en2"}, "may be the NIC of the metadata service"},
		{"D17 a live address that autoconf6 may have made", boot(nics(customer, makeNIC("en1"), makeNIC("en2", mac, withLocal(eui1), withIPv4(metadataIP))), BootLine{Autoconf: true}), nicAmbiguous, []string{"en1", "en2"}, "each of"},
	}
}

// D4, D17: a NIC is the RMC NIC by the inventory, the switch, the VLAN where no
// switch is shown, or exclusion with a second witness. Else a person must say.
func TestDeriveRMCNIC(t *testing.T) {
	for _, c := range nicCases() {
		t.Run(c.name, func(t *testing.T) {
			got, err := DeriveRMCNIC(c.in)
			if err != nil {
				t.Fatal(err)
			}
			name := ""
			if c.state == nicFound {
				name = c.want[0]
			}
			if got.State != c.state || got.Name != name || got.NIC.Name != name || !strings.Contains(got.Why, c.why) || !reflect.DeepEqual(got.Candidates, c.want) {
				t.Errorf("got %s, %v: %s", got.State, got.Candidates, got.Why)
			}
			if len(got.Roles) != len(c.in.NICs.List) {
				t.Errorf("roles %+v", got.Roles)
			}
			if problem := unfit(reflect.ValueOf(got), "fact"); problem != "" {
				t.Error(problem)
			}
		})
	}
	if _, err := DeriveRMCNIC(RMCNICInput{Inventory: &Inventory{RMCNIC: "en1"}}); err == nil {
		t.Error("no error without the nics")
	}
}

// Two hundred NICs with one MAC are several candidates, in a reason of one line.
func TestRMCNICAmongTwins(t *testing.T) {
	var list []NIC
	for i := range 200 {
		list = append(list, makeNIC(fmt.Sprintf("en%d", i), withMAC(mac1), withODM6(eui1)))
	}
	got, err := DeriveRMCNIC(RMCNICInput{NICs: &NICs{List: list}})
	if err != nil || got.State != nicAmbiguous || len(got.Candidates) != 200 || len(got.Why) > maxText {
		t.Errorf("%s, %d candidates: %s %v", got.State, len(got.Candidates), got.Why, err)
	}
}

// D17: where the address of the metadata service is, and where it should be.
func TestDeriveMetadataNIC(t *testing.T) {
	rmc := makeNIC("en1", withMAC(mac1), withODM6(eui1))
	onRMC := makeNIC("en1", withMAC(mac1), withODM6(eui1), withIPv4(metadataIP), inODM(metadataIP))
	bare := makeNIC("en2", withMAC(mac0))
	past := &Captured{Known: true, ID: "c1", NICs: NICs{List: []NIC{makeNIC("en2", withMAC(mac0), withIPv4(metadataIP))}}}
	cases := []struct {
		name     string
		nics     []NIC
		captured *Captured
		want     MetadataNIC // without Why
	}{
		{"nothing of it", []NIC{rmc, bare}, nil, MetadataNIC{State: "none"}},
		{"in place", []NIC{rmc, makeNIC("en2", withIPv4(metadataIP))}, nil, MetadataNIC{State: "in_place", Name: "en2"}},
		{"on the RMC NIC", []NIC{onRMC, bare}, nil, MetadataNIC{State: "on_rmc_nic", Name: "en1", Home: "en2", InODM: "netaddr"}},
		{"on the RMC NIC, only in the ODM", []NIC{makeNIC("en1", withMAC(mac1), withODM6(eui1), inODM(metadataIP))}, nil, MetadataNIC{State: "on_rmc_nic", Name: "en1", InODM: "netaddr"}},
		{"on the RMC NIC, a capture knows where it was", []NIC{onRMC, bare, makeNIC("en3")}, past, MetadataNIC{State: "on_rmc_nic", Name: "en1", Home: "en2", InODM: "netaddr"}},
		{"on the RMC NIC as an alias", []NIC{makeNIC("en1", withMAC(mac1), withODM6(eui1), withIPv4(metadataIP), func(n *NIC) {
			n.Attributes.Alias4 = []string{metadataIP + ",255.255.0.0"}
		})}, nil, MetadataNIC{State: "on_rmc_nic", Name: "en1", InODM: "alias4=" + metadataIP + ",255.255.0.0"}},
		{"lost, the ODM has it", []NIC{rmc, makeNIC("en2", inODM(metadataIP))}, nil, MetadataNIC{State: "lost", Name: "en2", InODM: "netaddr"}},
		{"the service was disabled", []NIC{rmc, makeNIC("en2", inODM(metadataIP), withStatus("Defined"))}, nil, MetadataNIC{State: "none", Name: "en2"}},
		{"lost, a capture has it", []NIC{rmc, bare}, past, MetadataNIC{State: "lost", Name: "en2"}},
	}
	for _, c := range cases {
		nics := &NICs{List: c.nics}
		found, err := DeriveRMCNIC(RMCNICInput{NICs: nics, Captured: c.captured})
		if err != nil {
			t.Fatal(err)
		}
		got, err := DeriveMetadataNIC(MetadataNICInput{NICs: nics, RMCNIC: &found, Captured: c.captured})
		got.Why = ""
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", c.name, err, diff)
		}
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
