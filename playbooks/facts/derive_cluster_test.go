package facts

import (
	"reflect"
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
		{func(in *ClusterInput) { in.LsclusterC = &CAA{Live: true, Evidence: "Cluster Name: x"} }, "lscluster -c: live: Cluster Name: x"},
		{func(in *ClusterInput) { in.LsclusterM = &CAA{Live: true, Evidence: "Node name: x"} }, "lscluster -m: live: Node name: x"},
		{func(in *ClusterInput) { in.Disks = &Disks{List: []Disk{{Name: "hdisk2", VG: "caavg_private"}}} }, "lspv: hdisk2 is in caavg_private"},
		{func(in *ClusterInput) { in.Clconfd = &Subsystem{Status: "active", Active: true} }, "lssrc -s clconfd: status active"},
		{func(in *ClusterInput) { in.Cthags = &Subsystem{Status: "stopping"} }, "lssrc -s cthags: status stopping"},
		{func(in *ClusterInput) { in.Cthats = &Subsystem{Status: "active", Active: true} }, "lssrc -s cthats: status active"},
		{func(in *ClusterInput) {
			in.PowerHA = &Filesets{List: []Fileset{{Name: "cluster.es.server.rte", Level: "7.2.7.0"}}}
		}, "lslpp cluster.es.server.rte: PowerHA is installed: cluster.es.server.rte 7.2.7.0"},
		{func(in *ClusterInput) {
			in.ClusterManager = &ClusterManager{Installed: true, State: "ST_STABLE", Live: true}
		}, "lssrc -ls clstrmgrES: state ST_STABLE"},
		{func(in *ClusterInput) { in.HACMP = stanza(map[string]string{"name": "prod"}) }, "odmget HACMPcluster: names the cluster prod"},
		{func(in *ClusterInput) { in.Groups = &Rows{List: []string{"rg1"}} }, "clRGinfo -s: rg1"},
		{func(in *ClusterInput) { in.PeerDomains = &PeerDomains{Names: []string{"a", "b"}} }, "lsrpdomain: peer domain a, b"},
		{func(in *ClusterInput) { in.Domain = &Domain{PeerDomain: true} }, "rmcdomainstatus: shows a peer domain"},
		{func(in *ClusterInput) { in.Current = &CurrentCluster{Present: true, Name: "prod"} }, "current_cluster: the current cluster is prod"},
		{func(in *ClusterInput) { in.Dirs = &Directories{Names: []string{"cfg", "db2", "b", "c", "d", "e", "f"}} }, "ls /var/ct: unknown folder db2, b, c, d, e and 1 more"},
		{func(in *ClusterInput) { in.Tools = &Existing{Paths: []string{"/usr/bin/lssam"}} }, "lssam, mmgetstate: /usr/bin/lssam is installed"},
	}
	for _, c := range cases {
		in := noCluster()
		c.change(&in)
		got, err := DeriveCluster(in)
		if err != nil {
			t.Fatal(err)
		}
		want := Cluster{Live: true, Evidence: []string{c.want}, Silent: []string{}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", c.want, diff)
		}
	}
}

// D10: a check that did not answer keeps the guard from being clear.
func TestClusterSilent(t *testing.T) {
	got, err := DeriveCluster(noCluster())
	if diff := cmp.Diff(Cluster{Clear: true, Evidence: []string{}, Silent: []string{}}, got); diff != "" || err != nil {
		t.Fatalf("no cluster: %v\n%s", err, diff)
	}
	fields := reflect.TypeFor[ClusterInput]().NumField()
	names := map[string]bool{}
	for i := range fields {
		in := noCluster()
		reflect.ValueOf(&in).Elem().Field(i).SetZero()
		got, _ := DeriveCluster(in)
		if got.Clear || got.Live || len(got.Silent) != 1 {
			t.Errorf("without %s: %+v", reflect.TypeFor[ClusterInput]().Field(i).Name, got)
			continue
		}
		names[got.Silent[0]] = true
	}
	if len(names) != fields {
		t.Errorf("%d names for %d checks", len(names), fields)
	}
	got, _ = DeriveCluster(ClusterInput{})
	if got.Clear || got.Live || len(got.Silent) != fields {
		t.Errorf("of nothing: %+v", got)
	}
}

func TestClusterHalfAnswers(t *testing.T) {
	cases := []struct {
		name   string
		change func(*ClusterInput)
		want   Cluster
	}{
		{
			"D11 rows of cluster0 are counted and not live",
			func(in *ClusterInput) {
				in.CuAt = &ODM{Known: true, Stanzas: make([]Stanza, 3)}
				in.CuDv = &ODM{Known: true, Stanzas: make([]Stanza, 1)}
			},
			Cluster{Clear: true, Evidence: []string{}, Silent: []string{}, LeftoverRows: 4},
		},
		{
			"CuAt cannot be missing", func(in *ClusterInput) { in.CuAt = &ODM{} },
			Cluster{Evidence: []string{}, Silent: []string{"odmget CuAt"}},
		},
		{
			"an empty name is no cluster",
			func(in *ClusterInput) {
				in.HACMP = &ODM{Known: true, Stanzas: []Stanza{{Fields: map[string]string{"name": ""}}}}
			},
			Cluster{Clear: true, Evidence: []string{}, Silent: []string{}},
		},
		{
			"a stanza cut before its name",
			func(in *ClusterInput) {
				in.HACMP = &ODM{Known: true, Stanzas: []Stanza{{Fields: map[string]string{"id": "1"}}}}
			},
			Cluster{Evidence: []string{}, Silent: []string{"odmget HACMPcluster"}},
		},
		{
			"an empty current_cluster", func(in *ClusterInput) { in.Current = &CurrentCluster{Present: true} },
			Cluster{Evidence: []string{}, Silent: []string{"current_cluster"}},
		},
		{
			"no current_cluster at all", func(in *ClusterInput) { in.Current = &CurrentCluster{} },
			Cluster{Clear: true, Evidence: []string{}, Silent: []string{}},
		},
		{
			"live and silent at once",
			func(in *ClusterInput) { in.Groups = nil; in.Tools = &Existing{Paths: []string{"/x"}} },
			Cluster{Live: true, Evidence: []string{"lssam, mmgetstate: /x is installed"}, Silent: []string{"clRGinfo -s"}},
		},
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
