package facts

import (
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// noCluster is a host on which every check answered no.
func noCluster() ClusterInput {
	return ClusterInput{
		CuAt:           &ODM{Known: true},
		CuDv:           &ODM{Known: true},
		LsclusterC:     &CAA{Installed: true},
		LsclusterM:     &CAA{},
		Disks:          &Disks{List: []Disk{{Name: "hdisk0", VG: "rootvg"}}},
		Clconfd:        &Subsystem{Status: "inoperative"},
		PowerHA:        &Filesets{},
		ClusterManager: &ClusterManager{},
		HACMP:          &ODM{},
		Groups:         &Rows{},
		PeerDomains:    &PeerDomains{},
		Domain:         &Domain{State: "connected"},
		Cthags:         &Subsystem{Status: "not on file"},
		Cthats:         &Subsystem{Status: "inoperative"},
		Current:        &CurrentCluster{Present: true, Name: "IW"},
		Dirs:           &Directories{Names: []string{"cfg", "IW", "IW.old"}},
		Tools:          &Existing{},
	}
}

// D10: each check alone makes the cluster live.
func TestClusterEvidence(t *testing.T) {
	stanza := func(fields map[string]string) *ODM {
		return &ODM{Known: true, Stanzas: []Stanza{{Class: "HACMPcluster", Fields: fields}}}
	}
	cases := []struct {
		change func(*ClusterInput)
		want   string
	}{
		{func(in *ClusterInput) { in.LsclusterC = &CAA{Live: true, Evidence: "Cluster Name: x"} }, "lscluster_c: Cluster Name: x"},
		{func(in *ClusterInput) { in.LsclusterM = &CAA{Live: true, Evidence: "Node name: x"} }, "lscluster_m: Node name: x"},
		{func(in *ClusterInput) { in.Disks = &Disks{List: []Disk{{Name: "hdisk2", VG: "caavg_private"}}} }, "lspv: hdisk2 is in caavg_private"},
		{func(in *ClusterInput) { in.Clconfd = &Subsystem{Status: "active", Active: true} }, "clconfd: the subsystem is active"},
		{func(in *ClusterInput) { in.Cthags = &Subsystem{Status: "stopping"} }, "cthags: the subsystem is stopping"},
		{func(in *ClusterInput) { in.Cthats = &Subsystem{Status: "active", Active: true} }, "cthats: the subsystem is active"},
		{func(in *ClusterInput) {
			in.PowerHA = &Filesets{List: []Fileset{{Name: "cluster.es.server.rte", Level: "7.2.7.0"}}}
		}, "powerha: PowerHA is installed: cluster.es.server.rte 7.2.7.0"},
		{func(in *ClusterInput) {
			in.ClusterManager = &ClusterManager{Installed: true, State: "ST_STABLE", Live: true}
		}, "clstrmgr: the cluster manager is in state ST_STABLE"},
		{func(in *ClusterInput) { in.HACMP = stanza(map[string]string{"name": "prod"}) }, "hacmp: HACMPcluster names the cluster prod"},
		{func(in *ClusterInput) { in.Groups = &Rows{List: []string{"rg1"}} }, "clrginfo: a resource group: rg1"},
		{func(in *ClusterInput) { in.PeerDomains = &PeerDomains{Names: []string{"a", "b"}} }, "lsrpdomain: peer domain a, b"},
		{func(in *ClusterInput) { in.Domain = &Domain{PeerDomain: true} }, "domain: rmcdomainstatus shows a peer domain"},
		{func(in *ClusterInput) { in.Tools = &Existing{Paths: []string{"/usr/bin/lssam"}} }, "cluster_tools: /usr/bin/lssam is installed"},
	}
	for _, c := range cases {
		in := noCluster()
		c.change(&in)
		got, err := DeriveCluster(in)
		if err != nil {
			t.Fatal(err)
		}
		want := clusterOf(Cluster{Live: true, Evidence: []string{c.want}})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", c.want, diff)
		}
	}
}

// clusterOf fills the lists that are empty.
func clusterOf(c Cluster) Cluster {
	for _, list := range []*[]string{&c.Evidence, &c.Accepted, &c.Notes} {
		if *list == nil {
			*list = []string{}
		}
	}
	if c.Unclear == nil {
		c.Unclear = []GuardCheck{}
	}
	return c
}

// D10: a check that did not answer, or is not understood, keeps the guard from
// being clear until the inventory accepts it. A positive answer stays one.
func TestClusterUnclear(t *testing.T) {
	got, err := DeriveCluster(noCluster())
	if diff := cmp.Diff(clusterOf(Cluster{Clear: true}), got); diff != "" || err != nil {
		t.Fatalf("no cluster: %v\n%s", err, diff)
	}
	for d := range reflect.TypeFor[ClusterInput]().Fields() {
		name, optional := inputName(d)
		if optional || name == problemsTag {
			continue
		}
		in := noCluster()
		in.PeerDomains = nil // else the folders of /var/ct decide nothing
		in.Problems = map[string]string{name: "it said odd things"}
		reflect.ValueOf(&in).Elem().FieldByName(d.Name).SetZero()
		got, _ := DeriveCluster(in)
		at := slices.IndexFunc(got.Unclear, func(c GuardCheck) bool { return c.Check == name })
		if got.Clear || got.Live || at < 0 || got.Unclear[at].Said != "it said odd things" {
			t.Errorf("without %s: %+v", name, got)
		}
		in.Inventory = &Inventory{Accepted: []string{name, "lsrpdomain"}}
		if got, _ := DeriveCluster(in); !got.Clear || !slices.Contains(got.Accepted, name+": it said odd things") {
			t.Errorf("%s is accepted: %+v", name, got)
		}
		in.Tools = &Existing{Paths: []string{"/x"}}
		if got, _ := DeriveCluster(in); !got.Live || got.Clear {
			t.Errorf("%s is accepted, and there is a cluster: %+v", name, got)
		}
	}
	got, _ = DeriveCluster(ClusterInput{})
	if got.Clear || got.Live || len(got.Unclear) != len(ClusterInput{}.checks()) {
		t.Errorf("of nothing: %+v", got)
	}
}

// A host of which most was not read has no news about clusters, and is not clear.
func TestClusterNotRead(t *testing.T) {
	in := ClusterInput{Problems: map[string]string{}}
	for _, c := range in.checks() {
		in.Problems[c.name] = NotRead
	}
	got, _ := DeriveCluster(in)
	if diff := cmp.Diff(clusterOf(Cluster{}), got); diff != "" {
		t.Error(diff)
	}
}

func TestClusterHalfAnswers(t *testing.T) {
	unclear := func(check, said string) Cluster {
		return clusterOf(Cluster{Unclear: []GuardCheck{{check, said}}})
	}
	stanza := func(fields map[string]string) *ODM {
		return &ODM{Known: true, Stanzas: []Stanza{{Fields: fields}}}
	}
	refused := &CAA{Installed: true, Refused: true, Evidence: "lscluster: odd"}
	cases := []struct {
		name   string
		change func(*ClusterInput)
		want   Cluster
	}{
		{"D11 rows of cluster0 are ordinary", func(in *ClusterInput) {
			in.CuAt, in.CuDv = stanza(map[string]string{"attribute": "clvdisk", "value": "x"}), stanza(nil)
		}, clusterOf(Cluster{Clear: true})},
		{"CuAt cannot be missing", func(in *ClusterInput) { in.CuAt = &ODM{} }, unclear("cuat", "the object class is not there")},
		{"an empty name is no cluster", func(in *ClusterInput) { in.HACMP = stanza(map[string]string{"name": ""}) }, clusterOf(Cluster{Clear: true})},
		{"a stanza cut before its name", func(in *ClusterInput) { in.HACMP = stanza(map[string]string{"id": "1"}) }, unclear("hacmp", "a stanza without a name")},
		{"an empty current_cluster, and lsrpdomain says none", func(in *ClusterInput) { in.Current = &CurrentCluster{Present: true} },
			clusterOf(Cluster{Clear: true, Notes: []string{"current_cluster: the file is there and says nothing"}})},
		{"an empty current_cluster, and lsrpdomain does not answer", func(in *ClusterInput) { in.Current, in.PeerDomains = &CurrentCluster{Present: true}, nil },
			clusterOf(Cluster{Unclear: []GuardCheck{{"lsrpdomain", "no answer"}, {"current_cluster", "the file is there and says nothing"}}})},
		{"another current_cluster", func(in *ClusterInput) { in.Current = &CurrentCluster{Present: true, Name: "iwate"} },
			clusterOf(Cluster{Live: true, Evidence: []string{"current_cluster: the current cluster is iwate"}})},
		{"IW in another form", func(in *ClusterInput) { in.Current = &CurrentCluster{Present: true, Name: "iw 0"} }, clusterOf(Cluster{Clear: true})},
		{"no current_cluster at all", func(in *ClusterInput) { in.Current = &CurrentCluster{} }, clusterOf(Cluster{Clear: true})},
		{"a folder in /var/ct, and lsrpdomain says none", func(in *ClusterInput) { in.Dirs = &Directories{Names: []string{"cfg", "db2"}} },
			clusterOf(Cluster{Clear: true, Notes: []string{"var_ct: /var/ct has a folder db2"}})},
		{"a folder in /var/ct, and lsrpdomain does not answer", func(in *ClusterInput) { in.Dirs, in.PeerDomains = &Directories{Names: []string{"db2"}}, nil },
			clusterOf(Cluster{Unclear: []GuardCheck{{"lsrpdomain", "no answer"}, {"var_ct", "/var/ct has a folder db2"}}})},
		{"lscluster refuses, and nothing speaks for CAA", func(in *ClusterInput) { in.LsclusterC = refused }, clusterOf(Cluster{Clear: true})},
		{"lscluster refuses, and clconfd does not answer", func(in *ClusterInput) { in.LsclusterC, in.Clconfd = refused, nil },
			clusterOf(Cluster{Unclear: []GuardCheck{{"lscluster_c", "it lists nothing (lscluster: odd), and lspv and clconfd do not both say that there is no cluster"}, {"clconfd", "no answer"}}})},
		{"live and unclear at once", func(in *ClusterInput) { in.Groups = nil; in.Tools = &Existing{Paths: []string{"/x"}} },
			clusterOf(Cluster{Live: true, Evidence: []string{"cluster_tools: /x is installed"}, Unclear: []GuardCheck{{"clrginfo", "no answer"}}})},
	}
	for _, c := range cases {
		in := noCluster()
		c.change(&in)
		got, err := DeriveCluster(in)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
	}
}

// D11: node_uuid is ordinary, zeros are nothing, another attribute with a value is
// a leftover; a node_uuid that is not zeros brings the old node id back.
func TestDeriveCluster0(t *testing.T) {
	row := func(attribute, value string) Stanza {
		return Stanza{Class: "CuAt", Fields: map[string]string{"name": "cluster0", "attribute": attribute, "value": value}}
	}
	const uuid = "c3a1f0aa-77aa-11ee-8000-fad4433ed120"
	cases := []struct {
		name string
		rows []Stanza
		want Cluster0
	}{
		{"no row", nil, Cluster0{Leftovers: []string{}}},
		{"an ordinary row", []Stanza{row("node_uuid", uuid)}, Cluster0{Leftovers: []string{}, NodeUUID: uuid, Restores: true}},
		{"zeros", []Stanza{row("node_uuid", "00000000-0000-0000-0000-000000000000")}, Cluster0{Leftovers: []string{}}},
		{"zeros of another attribute", []Stanza{row("clvdisk", "00000000-0000-0000-0000-000000000000"), row("quorum", ""), row("x", "0x0000")}, Cluster0{Leftovers: []string{}}},
		{"a leftover", []Stanza{row("node_uuid", uuid), row("clvdisk", "ab12")}, Cluster0{Leftovers: []string{"clvdisk=ab12"}, NodeUUID: uuid, Restores: true}},
		{"a value that begins with zeros", []Stanza{row("node_uuid", "00000000-0000-0000-0000-000000000001")}, Cluster0{Leftovers: []string{}, NodeUUID: "00000000-0000-0000-0000-000000000001", Restores: true}},
	}
	for _, c := range cases {
		got, err := DeriveCluster0(Cluster0Input{CuAt: &ODM{Known: true, Stanzas: c.rows}})
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", c.name, err, diff)
		}
	}
	if _, err := DeriveCluster0(Cluster0Input{CuAt: &ODM{}}); err == nil {
		t.Error("no error without the class")
	}
}
