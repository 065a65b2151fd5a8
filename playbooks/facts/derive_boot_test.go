package facts

import "testing"

func TestDerivePersistence(t *testing.T) {
	with := func(how func(*NIC), lines ...BootLine) PersistenceInput {
		n := change(rmcNIC(), how)
		return PersistenceInput{
			NIC:  found(n),
			NICs: &NICs{List: []NIC{customerNIC(), n}},
			Boot: &BootLines{List: append([]BootLine{}, lines...)},
		}
	}
	noBoot := func(in PersistenceInput) PersistenceInput {
		in.Boot = nil
		return in
	}
	noNICs := func(in PersistenceInput) PersistenceInput {
		in.NICs = nil
		return in
	}
	same := func(*NIC) {}
	unset := func(n *NIC) { n.Attributes.NetAddr6 = "" }
	down := func(n *NIC) { n.Attributes.State = "down" }
	alias := func(n *NIC) {
		n.Attributes.NetAddr6 = "2001:db8::1"
		n.Attributes.Alias6 = []string{"2001:db8::2/64", eui1 + "/64"}
	}
	wrong := func(n *NIC) { n.Attributes.NetAddr6 = foreign }
	set := func(nic, address string) BootLine {
		return BootLine{Number: 42, Interface: nic, Address: address, Written: address}
	}
	verdict := func(persistent bool, by []string, stale ...StalePlace) Persistence {
		p := Persistence{Persistent: persistent, By: append([]string{}, by...), Stale: append([]StalePlace{}, stale...), StaleLines: []string{}, HardLines: []string{}}
		for _, s := range stale {
			if s.Where == "/etc/rc.tcpip line 42" {
				p.StaleLines = append(p.StaleLines, s.Written)
			}
		}
		return p
	}
	line := func(address string) StalePlace {
		return StalePlace{Where: "/etc/rc.tcpip line 42", Address: address, Written: address}
	}
	odm := []string{"lsattr en1 netaddr6"}
	boot := []string{"/etc/rc.tcpip line 42"}
	twice := with(same, set("en1", foreign), set("en1", foreign))
	runDerive(t, DerivePersistence, []deriveCase[PersistenceInput, Persistence]{
		{name: "D6 by the ODM", in: with(same), want: verdict(true, odm)},
		{name: "D6 the ODM proves it without rc.tcpip", in: noBoot(with(same)), want: verdict(true, odm)},
		{name: "D6 down at boot", in: with(down), want: verdict(false, nil)},
		{name: "D6 by alias6 beside a customer's netaddr6", in: with(alias), want: verdict(true, []string{"lsattr en1 alias6"})},
		{name: "D6 alias6, down at boot", in: with(func(n *NIC) { alias(n); down(n) }), want: verdict(false, nil)},
		{name: "D6 by nothing", in: with(unset), want: verdict(false, nil)},
		{name: "D6 by autoconf6 of this NIC", in: with(unset, BootLine{Number: 42, Autoconf: true, Interface: "en1"}), want: verdict(true, boot)},
		{name: "D6 by autoconf6 of all", in: with(unset, BootLine{Number: 42, Autoconf: true}), want: verdict(true, boot)},
		{name: "D6 autoconf6 of another NIC", in: with(unset, BootLine{Number: 42, Autoconf: true, Interface: "en0"}), want: verdict(false, nil)},
		{name: "D6 by rc.tcpip", in: with(unset, set("en1", eui1)), want: verdict(true, boot)},
		{name: "D6 right line of another NIC proves nothing", in: with(unset, set("en0", eui0)), want: verdict(false, nil)},
		{name: "D6 clone's line", in: with(same, set("en1", foreign)), want: verdict(true, odm, line(foreign))},
		{name: "D6 our address on another NIC", in: with(same, set("en0", eui1)), want: verdict(true, odm, line(eui1))},
		{name: "D6 line of a NIC that does not exist", in: with(same, set("en9", eui1)), want: verdict(true, odm, line(eui1))},
		{name: "D6 line without a NIC, address of none", in: with(same, set("", foreign)), want: verdict(true, odm, line(foreign))},
		{name: "D6 line without a NIC, address of one", in: with(unset, set("", eui1)), want: verdict(false, nil)},
		{name: "D6 a customer's line is not stale", in: with(same, set("en9", "2001:db8::1")), want: verdict(true, odm)},
		{name: "D6 stale netaddr6", in: with(wrong), want: verdict(false, nil, StalePlace{Where: "lsattr en1 netaddr6", Address: foreign, Written: foreign})},
		{
			name: "D6 an address is to be replaced once", in: twice,
			want: Persistence{Persistent: true, By: odm, Stale: []StalePlace{line(foreign), line(foreign)}, StaleLines: []string{foreign}, HardLines: []string{}},
		},
		{
			name: "D6 a line that only a person can edit", in: with(same, func() BootLine { l := set("en1", foreign); l.More = "it sets netaddr=10.1.2.3"; return l }()),
			want: Persistence{Persistent: true, By: odm, Stale: []StalePlace{line(foreign)}, StaleLines: []string{foreign}, HardLines: []string{"line 42: it sets netaddr=10.1.2.3"}},
		},
		{name: "rc.tcpip not had", in: noBoot(with(unset)), err: "rc.tcpip does is not known"},
		{name: "no NICs", in: noNICs(with(same)), err: "nics are not known"},
		{name: "MAC not known", in: with(func(n *NIC) { n.EUI64 = "" }), err: "MAC of en1"},
		{name: "MAC of the other NIC not known", in: func() PersistenceInput {
			in := with(same, set("en0", eui0))
			in.NICs.List[0].EUI64 = ""
			return in
		}(), err: "line 42: the MAC of en0"},
		{name: "attributes not read", in: with(func(n *NIC) { n.Attributes = NICAttributes{} }), err: "attributes of en1"},
		{name: "no NIC", in: PersistenceInput{NIC: &RMCNIC{State: nicMissing, Why: "none"}}, err: "missing: none"},
	})
}

func TestDeriveInjected(t *testing.T) {
	log := func(rows ...LoggedAddress) *CloudInit { return &CloudInit{Present: true, Addresses: rows} }
	row := func(nic, address string) LoggedAddress {
		return LoggedAddress{Interface: nic, Address: address, LinkLocal: isLinkLocal(address)}
	}
	nic := found(rmcNIC())
	runDerive(t, DeriveInjected, []deriveCase[InjectedInput, Injected]{
		{name: "D7 same", in: InjectedInput{nic, log(row("en1", eui1))}, want: Injected{State: "same", Address: eui1, Detail: "logged for en1, and it follows from the MAC of en1"}},
		{name: "D7 same under another number", in: InjectedInput{nic, log(row("en1", foreign), row("en2", eui1))}, want: Injected{State: "same", Address: eui1, Detail: "logged for en2, and it follows from the MAC of en1"}},
		{name: "D7 foreign", in: InjectedInput{nic, log(row("en0", eui0), row("en1", foreign))}, want: Injected{State: "foreign", Address: foreign, Detail: "logged for en1; the MAC of en1 gives " + eui1}},
		{name: "D7 foreign, no interface told", in: InjectedInput{nic, log(row("", foreign))}, want: Injected{State: "foreign", Address: foreign, Detail: "logged for no nic by name; the MAC of en1 gives " + eui1}},
		{name: "D7 another NIC's address is no evidence", in: InjectedInput{nic, log(row("en0", eui0))}, want: Injected{State: "none", Detail: "the cloud-init log holds no link-local address of en1"}},
		{name: "D7 no link-local address", in: InjectedInput{nil, log(row("en1", "2001:db8::1"))}, want: Injected{State: "none", Detail: "the cloud-init log holds no link-local address"}},
		{name: "D7 no log", in: InjectedInput{nil, &CloudInit{}}, want: Injected{State: "none", Detail: "there is no cloud-init log"}},
		{name: "log not had", in: InjectedInput{nic, nil}, err: "log is not known"},
		{name: "NIC not had", in: InjectedInput{nil, log(row("en1", eui1))}, err: "RMC NIC is not known"},
		{name: "MAC not known", in: InjectedInput{found(change(rmcNIC(), func(n *NIC) { n.EUI64 = "" })), log(row("en1", eui1))}, err: "MAC of en1"},
	})
}

func TestDeriveRSCT(t *testing.T) {
	list := func(rows ...Fileset) RSCTInput { return RSCTInput{&Filesets{List: rows}} }
	rmc := func(level, state string) Fileset {
		return Fileset{Name: "rsct.core.rmc", Level: level, State: state, Type: "F"}
	}
	sec := Fileset{Name: "rsct.core.sec", Level: "3.1.0.0", State: "B"}
	runDerive(t, DeriveRSCT, []deriveCase[RSCTInput, RSCT]{
		{name: "D1 judged by rsct.core.rmc only", in: list(sec, rmc("3.2.6.2", "C")), want: RSCT{Installed: true, Level: "3.2.6.2", State: "C"}},
		{name: "D1 broken", in: list(rmc("3.2.6.2", "B")), want: RSCT{Installed: true, Level: "3.2.6.2", State: "B", Broken: true}},
		{name: "D1 inconsistent", in: list(rmc("3.2.6.2", "?")), want: RSCT{Installed: true, Level: "3.2.6.2", State: "?", Broken: true}},
		{name: "D1 interim fix row is not the fileset", in: list(Fileset{Name: "rsct.core.rmc", Type: "E", State: "C"}, rmc("3.2.6.2", "E")), want: RSCT{Installed: true, Level: "3.2.6.2", State: "E"}},
		{name: "D1 missing", in: list(sec), want: RSCT{}},
		{name: "two levels", in: list(rmc("3.2.6.2", "C"), rmc("3.2.5.0", "C")), err: "listed twice"},
		{name: "not had", in: RSCTInput{}, err: "not known"},
	})
}

func TestDeriveNodeIDs(t *testing.T) {
	const a, b = "8c1f5a6e0b7d4321", "1111111111111111"
	id := func(s string) *NodeID { return &NodeID{Present: true, Valid: s != "", ID: s} }
	absent, invalid := &NodeID{}, &NodeID{Present: true, Raw: "x"}
	runDerive(t, DeriveNodeIDs, []deriveCase[NodeIDsInput, NodeIDs]{
		{name: "D8 agree", in: NodeIDsInput{id(a), id(a), id(a)}, want: NodeIDs{State: "agree", ID: a, Command: a, Etc: a, Var: a}},
		{name: "D8 mismatch", in: NodeIDsInput{id(a), id(b), id(a)}, want: NodeIDs{State: "mismatch", Command: a, Etc: b, Var: a}},
		{name: "D8 one is gone", in: NodeIDsInput{id(a), absent, id(a)}, want: NodeIDs{State: "mismatch", Command: a, Var: a}},
		{name: "D8 one is invalid", in: NodeIDsInput{invalid, id(a), id(a)}, want: NodeIDs{State: "mismatch", Etc: a, Var: a}},
		{name: "D8 missing", in: NodeIDsInput{invalid, absent, absent}, want: NodeIDs{State: "missing"}},
		{name: "D8 certain without the third", in: NodeIDsInput{id(a), nil, id(b)}, want: NodeIDs{State: "mismatch", Command: a, Var: b}},
		{name: "two agree, the third not had", in: NodeIDsInput{id(a), id(a), nil}, err: "could be read"},
		{name: "one is gone, the third not had", in: NodeIDsInput{id(a), absent, nil}, err: "could be read"},
		{name: "none had", in: NodeIDsInput{}, err: "could be read"},
	})
}
