package aixsim

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestVaryKeepsTheTruth: a variant changes what is said, not what is so; it can be
// saved, and the same seed draws the same.
func TestVaryKeepsTheTruth(t *testing.T) {
	drawn := map[string]bool{}
	for _, i := range slices.Concat(Illnesses(), FieldCases()) {
		if i.Apply == nil {
			continue
		}
		plain := Healthy("aixvm1", 1)
		i.Apply(plain)
		want := truth(t, plain)
		for seed := range uint64(40) {
			s, again := Healthy("aixvm1", 1), Healthy("aixvm1", 1)
			i.Apply(s)
			i.Apply(again)
			notes := Vary(s, seed)
			if twice := Vary(again, seed); !slices.Equal(notes, twice) || !cmp.Equal(s, again) {
				t.Fatalf("%s, seed %d draws now %q, now %q", i.Name, seed, notes, twice)
			}
			for _, note := range notes {
				kind, what, _ := strings.Cut(note, ": ")
				drawn[kind] = true
				if what == "" {
					t.Errorf("%s, seed %d: %q says nothing", i.Name, seed, note)
				}
			}
			if diff := cmp.Diff(s, s.Clone()); diff != "" {
				t.Fatalf("%s, seed %d: JSON loses something:\n%s", i.Name, seed, diff)
			}
			if got := truth(t, s); got != want {
				t.Errorf("%s, seed %d: %q, without the variant %q; %q", i.Name, seed, got, want, notes)
			}
		}
	}
	for _, kind := range VariantKinds() {
		if !drawn[kind] {
			t.Errorf("kind %s was never drawn", kind)
		}
	}
}

// truth is what stands in RMC's way, and where the sessions come in.
func truth(t *testing.T, s *State) string {
	t.Helper()
	h := NewHost(s.Clone(), HostOptions{})
	defer h.Close()
	return h.Why() + " at " + h.Snapshot().sessionAddress()
}

// TestSeedZeroDrawsNothing: what was written for one simulator stays true.
func TestSeedZeroDrawsNothing(t *testing.T) {
	s := Healthy("aixvm1", 1)
	if notes := Vary(s, 0); len(notes) > 0 || !cmp.Equal(s, Healthy("aixvm1", 1)) {
		t.Errorf("%q", notes)
	}
}

// TestVaryOneKind: a kind alone is drawn as among the others, and nothing else.
func TestVaryOneKind(t *testing.T) {
	for seed := range uint64(30) {
		all := Vary(Healthy("aixvm1", 1), seed)
		for _, kind := range VariantKinds() {
			alone := Vary(Healthy("aixvm1", 1), seed, kind)
			among := slices.ContainsFunc(all, func(note string) bool { return strings.HasPrefix(note, kind+": ") })
			switch {
			case len(alone) > 1, len(alone) == 1 && !strings.HasPrefix(alone[0], kind+": "):
				t.Errorf("seed %d: %s alone draws %q", seed, kind, alone)
			case among && len(alone) == 0:
				t.Errorf("seed %d: %s is drawn among the others only", seed, kind)
			}
		}
	}
}

// TestVariants: what a variant says is what the command prints.
func TestVariants(t *testing.T) {
	down := func(s *State) { s.stopForever(ctrmc) }
	vary := func(f func(*Variant)) func(*State) { return func(s *State) { f(&s.Variant) } }
	runCases(t, []commandCase{
		{name: "silent lscluster", change: vary(func(v *Variant) { v.NoCluster = &Answer{Exit: 255} }), command: "lscluster -c", exit: 255, out: nothing},
		{name: "an answer on stdout", change: vary(func(v *Variant) { v.NotOnFile = &Answer{Text: "no %s\n", Stdout: true, Exit: 1} }),
			command: "lssrc -s nosuch", exit: 1, out: "no nosuch\n"},
		{name: "odmget of nothing", change: vary(func(v *Variant) { v.NoMatch = 1 }), command: "odmget -q name=cluster0 CuAt", exit: 1, out: nothing},
		{name: "lslpp of nothing", change: vary(func(v *Variant) { v.NotInstalled = &Answer{Text: "%s\n", Exit: 2} }), command: "lslpp -Lcq no.such", exit: 2, err: "no.such"},
		{name: "groups", change: vary(func(v *Variant) { v.NoGroups = true }), command: "lssrc -s sshd | tail -n 1", out: " sshd                              5112010      active\n"},
		{name: "ZoneID", change: vary(func(v *Variant) { v.ZoneID = "ipv6" }), command: "netstat -in | head -n 4",
			has: []string{"Address           ZoneID     Ipkts", "10.20.0.3                   240000", "fa.d4.43.0.1.21             240001"}},
		{name: "date", change: vary(func(v *Variant) { v.UTC = "CUT" }), command: "date -u; date -u '+%Y-%m-%dT%H:%M:%SZ'", has: []string{" CUT 20", "Z\n"}},
		{name: "lsnodeid", change: vary(func(v *Variant) { v.UpperNodeID, v.NodeIDPrefix = true, "0x" }), command: "/opt/rsct/bin/lsnodeid", out: "0x" + strings.ToUpper(NodeID(1)) + "\n"},
		{name: "a row of a domain", change: vary(func(v *Variant) { v.DomainRow = "{1} {2} {id} {mcp}\n" }), command: "/opt/rsct/bin/rmcdomainstatus -s ctrmc | tail -n 1",
			out: "I A 3f12ab90cc41d7e8 fe80::3a4b:c5ff:fe00:1\n"},
		{name: "no daemon", change: func(s *State) {
			down(s)
			s.Variant.DaemonDown, s.Variant.NoSession = &Answer{Exit: 3}, &Answer{Exit: 4}
		},
			command: "/opt/rsct/bin/rmcdomainstatus -s ctrmc; echo $?; /opt/rsct/bin/lsrpdomain", exit: 4, out: "3\n"},
		{name: "a zone", change: vary(func(v *Variant) { v.Zone6, v.Metric = true, true }), command: "ifconfig en1", has: []string{"metric 1\n", "fe80::f8d4:43ff:fe00:121%1/64"}},
		{name: "sys0", change: func(s *State) { s.Sys0 = map[string]string{"ghostdev": "1"} },
			command: "lsattr -El sys0 -a ghostdev -F value; lsattr -El sys0 -a clouddev -F value", exit: 255, out: "1\n", err: "0514-528"},
		{name: "rows of lsdev", change: vary(func(v *Variant) { v.Interfaces = []string{"sit0 Defined"} }), command: "lsdev -Cc if -F name:status", has: []string{"sit0:Defined\n"}},
		{name: "another order", change: vary(func(v *Variant) { v.Shuffle = 3 }), command: "lsdev -Cc if -F name | sort | tr '\\n' ' '", out: "en0 en1 lo0 "},
	})
}

// TestFieldCases: what the host says, and what stands in RMC's way.
func TestFieldCases(t *testing.T) {
	const v4, odm = "; lsattr -El en2 -a netaddr -F value", "lsattr -El en1 -a netaddr6 -F value; "
	for name, c := range map[string]struct{ why, command, want string }{
		"metadata-nic":          {"", "ifconfig en2 | grep -c 169.254.169.253" + v4, "1\n169.254.169.253\n"},
		"metadata-address-lost": {"", "ifconfig en2 | grep -c inet" + v4, "0\n\n"},
		"metadata-on-rmc-nic":   {"", "ifconfig en1 | grep -c -e 169.254 -e fe80; entstat -d en1 | grep -c -e Switch -e VLAN" + v4, "2\n0\n\n"},
		"vlan-4094-on-customer": {"en1 has not the address of its MAC", odm + "entstat -d en0 | grep -e Port -e Switch; entstat -d en1 2>/dev/null; echo $?",
			"fe80::f8d4:43ff:fe00:121\nPort VLAN ID:  4094\nSwitch ID: ETHERNET0\n1\n"},
		"rmc-nic-gone":        {"there is no management adapter", "lsdev -Cc if -F name; ifconfig en2 | grep -c inet; entstat -d en2 | grep -c Switch", "en0\nen2\nlo0\n0\n0\n"},
		"caa-live":            {"the places of the node id differ", "lscluster -c | head -n 1; lspv | grep -c caavg_private", "Cluster Name: sspcl\n1\n"},
		"caa-stopped":         {"the places of the node id differ", "lscluster -c 2>&1; lspv | grep -c caavg_private", "lscluster: Cluster services are not active on this node because it has been stopped.\n1\n"},
		"caa-stopped-no-disk": {"the places of the node id differ", "lscluster -m 2>&1; lspv | grep -c caavg_private", "lscluster: Cluster services are not active on this node because it has been stopped.\n0\n"},
		"powerha-down":        {"the places of the node id differ", "[ -f /etc/objrepos/HACMPcluster ] && odmget HACMPcluster | grep name; lssrc -s clstrmgrES | tail -n 1 | tr -s ' '", "\tname = \"prodcl\"\n clstrmgrES cluster inoperative\n"},
		"peer-domain-live":    {"the places of the node id differ", "/opt/rsct/bin/lsrpdomain | tail -n 1 | cut -c1-13; /opt/rsct/install/bin/recfgct -n 2>&1", "db2dom Online\nrecfgct: Cannot run if an online Peer Domain exists (see output of lsrpdomain).\n"},
	} {
		t.Run(name, func(t *testing.T) {
			shows(t, name, c.why, c.command, c.want)
		})
	}
	if got, want := len(FieldCases()), 10; got != want {
		t.Errorf("%d cases, want %d", got, want)
	}
}

// TestClassesAreFiles: whether a class exists is asked of the file system, by every
// test that a shell has.
func TestClassesAreFiles(t *testing.T) {
	row := func(s *State) { s.ODM = append(s.ODM, Stanza{Class: "HACMPcluster"}) }
	const every = "for f in CuAt HACMPcluster; do for t in -e -f -r -s -h -L -d -x; do [ $t /etc/objrepos/$f ] && printf '%s %s, ' $t $f; done; done; ls /etc/objrepos | tr '\\n' ' '"
	runCases(t, []commandCase{
		{name: "plain", command: every, out: "-e CuAt, -f CuAt, -r CuAt, -s CuAt, CuAt CuDv PdAt PdDv "},
		{name: "PowerHA", change: row, command: every, has: []string{"-f HACMPcluster, ", " HACMPcluster "}},
		{name: "a class without rows", change: func(s *State) { row(s); s.ODM = nil; s.Classes = []string{"HACMPcluster"} }, command: every + "; odmget HACMPcluster",
			has: []string{"-e HACMPcluster, "}},
	})
}

// TestZerosBringNothingBack: recfgct gives a new id where cluster0 has none to bring.
func TestZerosBringNothingBack(t *testing.T) {
	uuid := func(value string) func(*State) {
		return func(s *State) {
			s.ODM = cluster0()[:1]
			setField(&s.ODM[0], "value", value)
		}
	}
	for name, c := range map[string]struct {
		change func(*State)
		old    bool
	}{
		"zeros": {uuid("00000000-0000-0000-0000-000000000000"), false}, "a uuid": {uuid("c5a1e0de-44d2-11f0-8006-fad44300b121"), true}, "empty": {uuid(""), false},
		"clvdisk": {func(s *State) { s.ODM = cluster0()[1:2] }, true}, "CuDv alone": {func(s *State) { s.ODM = cluster0()[2:] }, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := Healthy("aixvm1", 1)
			c.change(s)
			m := boot(t, s)
			m.wants("/opt/rsct/install/bin/recfgct -n")
			if old := idOf(m.host) == NodeID(1); old != c.old {
				t.Errorf("the old id is back: %t", old)
			}
		})
	}
}

// shows boots a healthy host that was given an illness, and holds what stands in
// RMC's way there and what a command says.
func shows(t *testing.T, illness, why, command, want string) *machine {
	t.Helper()
	i, err := FindIllness(illness)
	if err != nil {
		t.Fatal(err)
	}
	s := Healthy("aixvm1", 1)
	i.Apply(s)
	m := boot(t, s)
	if got := m.host.Why(); got != why {
		t.Errorf("why %q, want %q", got, why)
	}
	if r := m.run(command); r.Stdout != want {
		t.Errorf("got %q, want %q; %s", r.Stdout, want, r.Stderr)
	}
	return m
}
