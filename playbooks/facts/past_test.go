package facts

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pastOf is the capture of the healthy host, with every fact.
func pastOf(how ...func(*Past)) Past {
	past := noPast()
	past.Known, past.Host, past.ID, past.Date, past.Purpose = true, "aixprd01", "c1", "2026-11-01", "capture"
	past.From = "capture c1 of 2026-11-01"
	past.LPAR = LPAR{Number: 12, Name: "aix12"}
	past.Hostname = Word{Text: "aix1"}
	past.NodeIDs = NodeIDs{State: "agree", ID: "8c1f5a6e0b7d4321", Command: "8c1f5a6e0b7d4321", Etc: "8c1f5a6e0b7d4321", Var: "8c1f5a6e0b7d4321"}
	past.NICs = NICs{List: []NIC{customerNIC(), rmcNIC()}}
	past.Routes = Routes{List: []Route{{Destination: "default", Gateway: "10.2.3.1", Flags: "UG", Interface: "en0", Family: "inet", Static: true}}}
	past.StaticRoutes = StaticRoutes{List: []StaticRoute{{Text: "net,-hopcount,0,,0,10.2.3.1", Destination: "default", Gateway: "10.2.3.1"}}}
	past.RSCT = RSCT{Installed: true, Level: "3.2.6.2", State: "C"}
	past.Installed = Filesets{List: []Fileset{{Name: "rsct.core.rmc", Level: "3.2.6.2", State: "C", Type: "F"}}}
	past.Disks = Disks{List: []Disk{{Name: "hdisk0", PVID: "00fa1b2c3d4e5f60", VG: "rootvg", Active: true}}}
	past.Cluster = Cluster{Clear: true, Evidence: []string{}, Silent: []string{}}
	past.Has = []string{"cluster", "hostname", "installed", "lpar", "lspv", "nics", "node_ids", "routes", "rsct", "static_routes"}
	for _, h := range how {
		h(&past)
	}
	return past
}

// asJSON is what a capture.json makes of the facts of a past.
func asJSON(t *testing.T, past Past) map[string]any {
	t.Helper()
	text, err := json.Marshal(past)
	if err != nil {
		t.Fatal(err)
	}
	var decoded map[string]any
	if err := json.Unmarshal(text, &decoded); err != nil {
		t.Fatal(err)
	}
	return decoded
}

// C1: what was kept comes back as it was.
func TestReadPast(t *testing.T) {
	want := pastOf()
	got := ReadPast(asJSON(t, want))
	want.Known, want.Host, want.ID, want.Date, want.Purpose, want.From = false, "", "", "", "", ""
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("past (-want +got):\n%s", diff)
	}
	// Typed facts, as the judge of this run has them, are read as well.
	got = ReadPast(map[string]any{"nics": want.NICs, "hostname": want.Hostname})
	if diff := cmp.Diff([]string{"hostname", "nics"}, got.Has); diff != "" || !reflect.DeepEqual(got.NICs, want.NICs) {
		t.Errorf("typed facts: %s, %+v", diff, got.NICs)
	}
}

// What does not decode is not known; nothing else suffers.
func TestReadPastHostile(t *testing.T) {
	nic := map[string]any{"name": "en0\x1b[31m", "mac": mac0, "attributes": map[string]any{"interface": "en0", "netaddr": strings.Repeat("x", 5000)}}
	for _, c := range []struct {
		name  string
		facts map[string]any
		has   []string
	}{
		{"nothing", nil, nil},
		{"null", map[string]any{"nics": nil}, nil},
		{"other types", map[string]any{"nics": "x", "lpar": []any{1}, "hostname": 7.0, "routes": map[string]any{"list": "x"}, "rsct": map[string]any{"installed": "yes"}}, nil},
		{"not for JSON", map[string]any{"nics": func() {}, "hostname": map[string]any{"text": "aix1"}}, []string{"hostname"}},
		{"a list too long", map[string]any{"installed": map[string]any{"list": make([]map[string]any, maxRows+1)}}, nil},
		{"a number too large", map[string]any{"lpar": map[string]any{"number": 1e300}}, nil},
		{"null lists, an old capture without alias4", map[string]any{"nics": map[string]any{"list": []any{nic}}, "routes": map[string]any{"list": nil}}, []string{"nics", "routes"}},
		{"other facts", map[string]any{"fleet": map[string]any{}, "Nics": map[string]any{}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			past := ReadPast(c.facts)
			if diff := cmp.Diff(append([]string{}, c.has...), past.Has); diff != "" {
				t.Errorf("has (-want +got):\n%s", diff)
			}
			if problem := unfit(reflect.ValueOf(past), "past"); problem != "" {
				t.Error(problem)
			}
		})
	}
}

// Whatever a capture.json holds: no panic, and what follows from it is fit.
func FuzzPast(f *testing.F) {
	text, err := json.Marshal(pastOf())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text, "c1")
	f.Add([]byte(`{"nics":{"list":[{"name":"en0","mac":"fa:d4:43:3e:d1:10","attributes":{"interface":"en0","netaddr":"x y","alias4":["1.2.3.4,9"],"netaddr6":"fe80::zz","alias6":["::1/x"]}}]}}`), "")
	f.Add([]byte(`{"static_routes":{"list":[{"text":"net,$(reboot)"}]},"lpar":{"number":12,"name":"aix12"},"has":["nics"]}`), "")
	f.Fuzz(func(t *testing.T, text []byte, asked string) {
		var decoded map[string]any
		if json.Unmarshal(text, &decoded) != nil || len(text) > maxLine {
			return
		}
		past := ReadPast(decoded)
		past.Known, past.ID, past.Date = true, "c1", "2026-11-01"
		now := pastOf()
		own, err := DeriveMachine(MachineInput{Captures: &Captures{List: []Past{past}, Asked: clean(asked, maxName)}, LPAR: &now.LPAR, NICs: &now.NICs})
		if err != nil {
			t.Fatal(err)
		}
		forced := OwnCapture{State: ownFound, Past: past, Others: []string{}}
		network, err := DeriveNetwork(NetworkInput{Own: &forced, NICs: &now.NICs, RMCNIC: found(rmcNIC()), Hostname: &now.Hostname, Static: &now.StaticRoutes})
		if err != nil {
			t.Fatal(err)
		}
		lost, err := DeriveLost(LostInput{Baseline: &past, Hostname: &now.Hostname, NICs: &now.NICs, Routes: &now.Routes, Installed: &now.Installed, Disks: &now.Disks, NodeIDs: &now.NodeIDs})
		if err != nil {
			t.Fatal(err)
		}
		for _, fact := range []any{past, own, network, lost} {
			if problem := unfit(reflect.ValueOf(fact), "fact"); problem != "" {
				t.Fatal(problem)
			}
		}
		for _, m := range network.Interfaces {
			for _, value := range append(append([]string{m.NetAddr, m.NetMask, m.NetAddr6, m.PrefixLen}, m.Alias4...), m.Alias6...) {
				if value != "" && !safeWord.MatchString(value) {
					t.Fatalf("%q would become part of a command", value)
				}
			}
		}
		for _, r := range network.Routes {
			if !safeWord.MatchString(r.Text) {
				t.Fatalf("%q would become part of a command", r.Text)
			}
		}
	})
}

func TestDeriveMachine(t *testing.T) {
	lpar := LPAR{Number: 12, Name: "aix12"}
	nics := NICs{List: []NIC{customerNIC(), rmcNIC()}}
	otherMAC := func(p *Past) {
		p.NICs = NICs{List: []NIC{change(customerNIC(), func(n *NIC) { n.MAC = "fa:d4:43:3e:d1:99" })}}
	}
	id := func(id, date string) func(*Past) { return func(p *Past) { p.ID, p.Date = id, date } }
	moved := func(p *Past) { p.LPAR.Number = 7 }
	none := func(state, why string, others ...string) OwnCapture {
		return OwnCapture{State: state, Why: why, Past: noPast(), Others: append([]string{}, others...)}
	}
	is := func(past Past, why string, others ...string) OwnCapture {
		return OwnCapture{State: "found", Why: why, Past: past, Others: append([]string{}, others...)}
	}
	input := func(c Captures) MachineInput { return MachineInput{Captures: &c, LPAR: &lpar, NICs: &nics} }
	const same = "c1 of 2026-11-01: LPAR 12 aix12 and MAC " + mac0 + " are those of this machine"
	const elsewhere = "c0 of 2026-10-01: LPAR 7 aix7 then, 12 aix12 now; no MAC in common"
	elsewherePast := pastOf(id("c0", "2026-10-01"), otherMAC, func(p *Past) { p.LPAR = LPAR{Number: 7, Name: "aix7"} })
	runDerive(t, DeriveMachine, []deriveCase[MachineInput, OwnCapture]{
		{name: "own image: the newest", in: input(Captures{List: []Past{pastOf(), pastOf(id("c0", "2026-10-01"))}}), want: is(pastOf(), same)},
		{
			name: "own image: one MAC in common is enough", in: input(Captures{List: []Past{pastOf(func(p *Past) { p.NICs.List = p.NICs.List[1:] })}}),
			want: is(pastOf(func(p *Past) { p.NICs.List = p.NICs.List[1:] }), "c1 of 2026-11-01: LPAR 12 aix12 and MAC "+mac1+" are those of this machine"),
		},
		{
			name: "own image: a MAC written otherwise", in: input(Captures{List: []Past{pastOf(func(p *Past) { p.NICs.List[0].MAC = "FA.D4.43.3E.D1.10" })}}),
			want: is(pastOf(func(p *Past) { p.NICs.List[0].MAC = "FA.D4.43.3E.D1.10" }), same),
		},
		{name: "own image: one of another machine is passed over", in: input(Captures{List: []Past{elsewherePast, pastOf()}}), want: is(pastOf(), same, elsewhere)},
		{name: "own image: none at all", in: input(Captures{}), want: none("none", "the capture verb never took a good capture of this host")},
		{name: "own image: none, whatever could be read", in: MachineInput{Captures: &Captures{}}, want: none("none", "the capture verb never took a good capture of this host")},
		{name: "own image: all of another machine", in: input(Captures{List: []Past{elsewherePast}}), want: none("other", "none of 1 captures is of this machine, 12 aix12; "+elsewhere, elsewhere)},
		{
			name: "own image: another name", in: input(Captures{List: []Past{pastOf(func(p *Past) { p.LPAR.Name = "aix13" })}}),
			want: none("other", "none of 1 captures is of this machine, 12 aix12; c1 of 2026-11-01: LPAR 12 aix13 then, 12 aix12 now", "c1 of 2026-11-01: LPAR 12 aix13 then, 12 aix12 now"),
		},
		{
			name: "own image: another number and another name on the same MAC", in: input(Captures{Asked: "c1", List: []Past{pastOf(func(p *Past) { p.LPAR = LPAR{Number: 7, Name: "aix7"} })}}),
			want: none("other", "none of 1 captures is of this machine, 12 aix12; c1 of 2026-11-01: LPAR 7 aix7 then, 12 aix12 now", "c1 of 2026-11-01: LPAR 7 aix7 then, 12 aix12 now"),
		},
		{
			name: "own image: no MAC in common", in: input(Captures{List: []Past{pastOf(otherMAC)}}),
			want: none("other", "none of 1 captures is of this machine, 12 aix12; c1 of 2026-11-01: no MAC in common", "c1 of 2026-11-01: no MAC in common"),
		},
		{
			name: "own image: a capture that read neither", in: input(Captures{List: []Past{noPast()}}),
			want: none("other", "none of 1 captures is of this machine, 12 aix12; of : its LPAR was not read; its MACs were not read", "of : its LPAR was not read; its MACs were not read"),
		},
		{
			name: "own image: another number is another machine", in: input(Captures{List: []Past{elsewherePast, pastOf(moved)}}),
			want: none("other", "none of 2 captures is of this machine, 12 aix12; c1 of 2026-11-01: LPAR 7 aix12 then, 12 aix12 now; the name and MAC "+mac0+
				" are the same, so it may have been moved: name it with --set capture=c1 to use it", elsewhere,
				"c1 of 2026-11-01: LPAR 7 aix12 then, 12 aix12 now; the name and MAC "+mac0+" are the same, so it may have been moved: name it with --set capture=c1 to use it"),
		},
		{
			name: "own image: unless it was asked for by id", in: input(Captures{Asked: "c1", List: []Past{pastOf(id("c2", "2026-11-02"), moved), pastOf(moved)}}),
			want: is(pastOf(moved), "c1 of 2026-11-01: LPAR 7 aix12 then, 12 aix12 now; the name and MAC "+mac0+" are the same, and a live partition mobility may change the number"),
		},
		{
			name: "own image: asked by label, the newest of them", in: input(Captures{Asked: "before", List: []Past{pastOf(id("c3", "x")), pastOf(func(p *Past) { p.Label = "before" }), pastOf(id("c0", "x"), func(p *Past) { p.Label = "before" })}}),
			want: is(pastOf(func(p *Past) { p.Label = "before" }), same),
		},
		{name: "own image: asked does not make it ours", in: input(Captures{Asked: "c0", List: []Past{pastOf(), elsewherePast}}), want: none("other", "none of 1 captures is of this machine, 12 aix12; "+elsewhere, elsewhere)},
		{name: "own image: asked and damaged", in: input(Captures{Asked: "c9", Problem: "capture c9 is \x1b damaged", List: []Past{pastOf()}}), want: none("none", "capture c9 is ? damaged")},
		{name: "own image: asked and not there", in: input(Captures{Asked: "c9", List: []Past{pastOf()}}), want: none("none", `there is no good capture "c9" of this host`)},
		{name: "no LPAR", in: MachineInput{Captures: &Captures{List: []Past{pastOf()}}, NICs: &nics}, want: none("unclear", "the LPAR's number and name could not be read, so no capture can be told to be of this machine")},
		{
			name: "no partition", in: MachineInput{Captures: &Captures{List: []Past{pastOf(func(p *Past) { p.LPAR = LPAR{Number: -1, Name: "NULL"} })}}, LPAR: &LPAR{Number: -1, Name: "NULL"}, NICs: &nics},
			want: none("unclear", "uname -L names no LPAR (-1 NULL), so no capture can be told to be of this machine"),
		},
		{
			name: "no number", in: MachineInput{Captures: &Captures{List: []Past{pastOf()}}, LPAR: &LPAR{Number: 0, Name: "aix12"}, NICs: &nics},
			want: none("unclear", "uname -L names no LPAR (0 aix12), so no capture can be told to be of this machine"),
		},
		{name: "no NICs", in: MachineInput{Captures: &Captures{List: []Past{pastOf()}}, LPAR: &lpar}, want: none("unclear", "the MACs could not be read, so no capture can be told to be of this machine")},
		{name: "no MAC", in: MachineInput{Captures: &Captures{List: []Past{pastOf()}}, LPAR: &lpar, NICs: &NICs{List: []NIC{noNIC()}}}, want: none("unclear", "no NIC has told its MAC, so no capture can be told to be of this machine")},
		{name: "no captures", in: MachineInput{LPAR: &lpar, NICs: &nics}, err: "captures are not known"},
	})
}

// A long list of foreign captures is told in part.
func TestDeriveMachineOthersAreBounded(t *testing.T) {
	now := pastOf()
	captures := Captures{}
	for range 5000 {
		captures.List = append(captures.List, pastOf(func(p *Past) { p.ID, p.LPAR.Name = strings.Repeat("\x1bx", 500), strings.Repeat("y", 5000) }))
	}
	got, err := DeriveMachine(MachineInput{Captures: &captures, LPAR: &now.LPAR, NICs: &now.NICs})
	if err != nil || got.State != "other" || len(got.Others) != maxShown {
		t.Errorf("%s, %d others, %v", got.State, len(got.Others), err)
	}
	if problem := unfit(reflect.ValueOf(got), "fact"); problem != "" {
		t.Error(problem)
	}
}
