package facts

import "testing"

const mac2, eui2 = "fa:d4:43:3e:d1:30", "fe80::f8d4:43ff:fe3e:d130"

// D4, D17: a live address that autoconf6 may have made is no witness wherever it is
// listed, an unread ODM is no "without IPv4", and the metadata NIC is not found over a
// NIC for which somebody set the address.
func TestWrongNICIsNotFound(t *testing.T) {
	customer := makeNIC("en0", withIPv4("10.2.3.4"), withMAC(mac0))
	six := makeNIC("en1", withMAC(mac1), withLocal(eui1), func(n *NIC) { n.OtherIPv6 = []string{"2001:db8::10 (global)"} })
	lost := makeNIC("en2", withMAC(mac2))
	mgmt := onSwitch(managementSwitch)
	bare := fact(t, ParseBootLines, stdout("12:start /usr/sbin/autoconf6 \"\"\n"))
	auto := &BootLines{List: []BootLine{{Number: 1, Autoconf: true}}}
	table := fact(t, ParseCloudInit, stdout("ci-info: | Device | Up | Address | Mask | Scope | Hw-Address |\nci-info: | en1 | True | "+eui1+"/64 | . | . | . |\n"))
	member := makeNIC("en1", withMAC(mac1), withStatus("Available"))
	list := func(n ...NIC) *NICs { return &NICs{List: n} }
	for _, c := range []struct {
		name string
		in   RMCNICInput
	}{
		{"it came with the customer's IPv6 address", RMCNICInput{NICs: list(customer, six, lost), Boot: &BootLines{}}},
		{"an autoconf6 without flags made it", RMCNICInput{NICs: list(customer, six, lost), Boot: bare}},
		{"autoconf6 made what the ci-info table lists", RMCNICInput{NICs: list(customer, six, lost), Boot: auto, Log: table}},
		{"autoconf6 made what the capture shows live", RMCNICInput{NICs: list(customer, six, lost), Boot: auto, Captured: &Captured{Known: true, ID: "c1", NICs: NICs{List: []NIC{customer, six}}}}},
		{"the log speaks of the aggregate, not of its member", RMCNICInput{NICs: list(member, lost, makeNIC("en4", withMAC(mac1), withIPv4("10.2.3.4"))), Boot: auto,
			Log: &CloudInit{Present: true, Addresses: []LoggedAddress{{Interface: "en4", Address: eui1, LinkLocal: true}}}}},
		{"its ODM was not read: a customer's NIC that is down, VLAN 4094", RMCNICInput{NICs: list(customer, makeNIC("en1", onVLAN(4094), withMAC(mac1), unreadODM())), Boot: &BootLines{}}},
	} {
		if got, err := DeriveRMCNIC(c.in); err != nil || got.State == nicFound && got.Name == "en1" {
			t.Errorf("%s: found %s: %s %v", c.name, got.Name, got.Why, err)
		}
	}
	rmc := makeNIC("en1", withMAC(mac2), withODM6(eui2), withLocal(eui2))
	metadata := makeNIC("en2", mgmt, onVLAN(4094), withMAC(mac1), withIPv4(metadataIP))
	for name, in := range map[string]RMCNICInput{
		"entstat of the RMC NIC failed":      {NICs: list(customer, rmc, metadata), Boot: &BootLines{}},
		"the RMC NIC shows the switch alone": {NICs: list(customer, change(rmc, mgmt), metadata), Boot: &BootLines{}},
	} {
		if got, err := DeriveRMCNIC(in); err != nil || got.State == nicFound && got.Name == "en2" {
			t.Errorf("%s: the metadata NIC is found: %s %v", name, got.Why, err)
		}
	}
}

// D17: somebody tried it on both NICs.
func TestMetadataAddressOnBothNICs(t *testing.T) {
	for name, part := range map[string]nicPart{"live": withIPv4(metadataIP), "in the ODM": inODM(metadataIP)} {
		nics := &NICs{List: []NIC{makeNIC("en1", withMAC(mac1), part), makeNIC("en2", withMAC(mac2), withODM6(eui2), part)}}
		rmc, err := DeriveRMCNIC(RMCNICInput{NICs: nics, Boot: &BootLines{}})
		if err != nil || rmc.Name != "en2" {
			t.Fatal(rmc, err)
		}
		if got, _ := DeriveMetadataNIC(MetadataNICInput{NICs: nics, RMCNIC: &rmc}); got.State != "on_rmc_nic" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// D10: a positive answer in another form is an error at least, never a no.
func TestPositiveAnswersAreNotOverlooked(t *testing.T) {
	mcp := "Management Domain Status: Management Control Points\n   I A  0x3f12ab90cc41d7e9  0001  fe80::1\n"
	for _, text := range []string{"Peer Domain Status: prodpd\n   S S  0x3f12ab90cc41d7e8  0001  n1\n" + mcp, mcp + "Peer Domain Status (prodpd)\n   S S  0x3f12ab90cc41d7e8  0001  n1\n"} {
		if d, err := ParseDomain(stdout(text)); err == nil && !d.PeerDomain {
			t.Errorf("no peer domain in %q", text)
		}
	}
	for _, o := range []Output{
		{Stdout: []byte("Cluster Name: prodcl\n"), Exit: 44},
		{Stdout: []byte("Cluster: prodcl\nNodes: 2\n")},
	} {
		if c, err := ParseCAA(o); err == nil && !c.Live {
			t.Errorf("lscluster %q, exit %d: %+v", o.Stdout, o.Exit, c)
		}
	}
	if p, err := ParsePeerDomains(Output{Stdout: []byte("Name OpState\npd Online\n"), Exit: 44}); err == nil && len(p.Names) == 0 {
		t.Error("lsrpdomain, exit 44")
	}
	if o, err := ParseODM(Output{Stdout: []byte("HACMPcluster:\n\tname = \"prod\"\n"), Exit: 44}); err == nil && len(o.Stanzas) == 0 {
		t.Error("odmget, exit 44")
	}
	if m, err := ParseClusterManager(Output{Stdout: []byte("Current state: ST_STABLE\n"), Exit: 44}); err == nil && !m.Live {
		t.Error("clstrmgr, exit 44")
	}
	if d, err := ParseDisks(stdout("hdisk0 00f6050a2cd79ef8 rootvg active\nrepo0 None caavg_private active\n")); err == nil && len(d.List) == 1 {
		t.Error("lspv: the row of the repository disk was passed over")
	}
	two := "Subsystem         Group            PID          Status\n cthags           cthags                        inoperative\n cthags           cthags           77           starting\n"
	if s, err := ParseSubsystem(stdout(two)); err == nil && s.Status == "inoperative" {
		t.Error("of two instances the stopped one is told")
	}
}

// D4: a line for a name that the NIC had before speaks for the NIC with that MAC.
func TestRenumberedNIC(t *testing.T) {
	nics := &NICs{List: []NIC{makeNIC("en0", withIPv4("10.2.3.4"), withMAC(mac0)), makeNIC("en3", withMAC(mac1), onVLAN(4094))}}
	for name, in := range map[string]RMCNICInput{
		"rc.tcpip":  {NICs: nics, Boot: &BootLines{List: []BootLine{{Number: 1, Interface: "en1", Address: eui1, Written: eui1}}}},
		"a capture": {NICs: nics, Boot: &BootLines{}, Captured: &Captured{Known: true, ID: "c1", NICs: NICs{List: []NIC{makeNIC("en1", withMAC(mac1), withLocal(foreign))}}}},
	} {
		if got, err := DeriveRMCNIC(in); err != nil || got.State != nicFound || got.Name != "en3" {
			t.Errorf("%s: %s: %s %v", name, got.State, got.Why, err)
		}
	}
}
