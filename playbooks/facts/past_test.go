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
	past.Cluster = clusterOf(Cluster{Clear: true})
	past.Storage = Storage{Known: true, Status: "ACTIVE", Volumes: []Volume{{ID: "vol-1", Boot: true}}, Snapshots: []Snapshot{{ID: "snap-1", Volumes: []string{"vol-1"}}}}
	past.API = API{Known: true, Instance: "vm-1", Workspace: "crn:v1:fra", NICs: []APINIC{{MAC: "fa:d4:43:3e:d1:10", Network: "data"}}}
	past.Has = []string{"api", "cluster", "hostname", "hosts_table", "installed", "lpar", "lspv", "machine_id", "nameservers", "nics", "node_ids", "routes", "rsct", "static_routes", "storage", "time_servers"}
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
	other, err := json.Marshal(pastOf(func(p *Past) { p.Disks.List[0].PVID, p.NodeIDs.ID = "00fa1b2c3d4e5f61", "ffffffffffffffff" }))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(other, "")
	f.Add([]byte(`{"nics":{"list":[{"name":"en0","mac":"fa:d4:43:3e:d1:10","attributes":{"interface":"en0","netaddr":"x y","alias4":["1.2.3.4,9"],"netaddr6":"fe80::zz","alias6":["::1/x"],"state":"up"}}]}}`), "")
	f.Add([]byte(`{"nics":{"list":[{"name":"en0","mac":"fa:d4:43:3e:d1:10","status":"Available","attributes":{"interface":"en0","alias4":["1.2.3.4,255.0.0.0"],"netaddr6":"2001:db8::1","prefixlen":"64","alias6":["2001:db8::2/64"],"state":"up"}}]}}`), "")
	f.Add([]byte(`{"static_routes":{"list":[{"text":"net,$(reboot)"}]},"lpar":{"number":12,"name":"aix12"},"has":["nics"]}`), "")
	f.Fuzz(func(t *testing.T, text []byte, asked string) {
		var decoded map[string]any
		if json.Unmarshal(text, &decoded) != nil || len(text) > maxLine {
			return
		}
		past := ReadPast(decoded)
		past.Known, past.ID, past.Date = true, "c1", "2026-11-01"
		now := pastOf()
		own, err := DeriveMachine(MachineInput{Captures: &Captures{List: []Past{past}, Asked: clean(asked, maxName)}, LPAR: &now.LPAR, NICs: &now.NICs, Disks: &now.Disks})
		if err != nil {
			t.Fatal(err)
		}
		among, err := DeriveMachine(MachineInput{Captures: &Captures{List: []Past{past, now, past}}, LPAR: &now.LPAR, NICs: &now.NICs, Disks: &now.Disks})
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
		for _, fact := range []any{past, own, among, network, lost} {
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
