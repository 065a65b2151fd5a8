package cloud

import (
	"net"
	"reflect"
	"strings"
	"testing"

	"aixmend/controller/cloud"
	"aixmend/inventory"
	"aixmend/inventory/powervs"
	"aixmend/transport/lab/cloudsim"
)

// Which VM is a host: by id, else the one on which name, address and MACs agree. Several are
// none, and so are contradictions.
func TestSight(t *testing.T) {
	vm := func(workspace, id, name, address, mac, health string) powervs.Machine {
		return powervs.Machine{
			Instance:  powervs.Instance{ID: id, Name: name, Status: "ACTIVE", Health: powervs.Health{Status: health}, Networks: []powervs.Network{{Address: address, MAC: mac}}},
			Workspace: powervs.Workspace{ID: workspace, CRN: "crn:v1:" + workspace + "::"},
		}
	}
	list := []powervs.Machine{
		vm("fra", "vm-1", "aix1", "10.0.0.1", "fa:00:00:00:00:01", "OK"), vm("dal", "vm-1d", "aix1", "10.7.0.1", "fa:00:00:00:00:d1", "WARNING"),
		vm("fra", "vm-2", "AIX2", "10.0.0.2", "fa:00:00:00:00:02", "WARNING"), vm("fra", "vm-3", "other", "fd00::3", "fa:00:00:00:00:03", "OK"),
		vm("fra", "vm-4", "x4", "10.0.0.9", "fa:00:00:00:00:04", "OK"), vm("dal", "vm-5", "x5", "10.0.0.9", "fa:00:00:00:00:05", "OK"),
		vm("fra", "vm-6", "aix6", "10.0.0.6", "", "OK"),
	}
	all := newMachines()
	all.add(list)
	all.add(list[:2]) // a second source of the same workspaces
	mac := func(of ...string) (macs []string) {
		for _, one := range of {
			macs = append(macs, "fa:00:00:00:00:"+one)
		}
		return macs
	}
	ok, bad := cloud.Sight{Status: "ACTIVE", Health: "OK"}, cloud.Sight{Status: "ACTIVE", Health: "WARNING"}
	silent := func(why string) cloud.Sight { return cloud.Sight{Silence: why} }
	const choose, check = ": name one with cloud: {instance: ID}", ": name the right one with cloud: {instance: ID}, or check the address"
	const another = ": the guest is another VM, check the address"
	none := cloud.Sight{Silence: "no VM has its name, address or MAC", Stranger: true}
	id := func(id string) inventory.Cloud { return inventory.Cloud{Instance: id} }
	for name, c := range map[string]struct {
		host inventory.Host
		macs []string
		want cloud.Sight
	}{
		"by name":                     {inventory.Host{Name: "aix2"}, nil, bad},
		"by id, under another name":   {inventory.Host{Name: "db01", Cloud: id("vm-2")}, nil, bad},
		"by id, at another address":   {inventory.Host{Name: "aix1", Address: "10.0.0.1", Cloud: id("vm-2")}, nil, bad},
		"by address":                  {inventory.Host{Name: "db03", Address: "FD00:0::3"}, nil, ok},
		"by MAC":                      {inventory.Host{Name: "db03", Address: "192.0.2.3"}, mac("77", "02"), bad},
		"name and address agree":      {inventory.Host{Name: "aix2", Address: "10.0.0.2"}, nil, bad},
		"all agree, with a NIC more":  {inventory.Host{Name: "aix2", Address: "10.0.0.2"}, mac("02", "77"), bad},
		"another guest, by name":      {inventory.Host{Name: "aix2"}, mac("77"), silent("VM AIX2 (vm-2) has its name, but not its MACs: fa:00:00:00:00:02 there, fa:00:00:00:00:77 in the guest" + another)},
		"another guest, by address":   {inventory.Host{Name: "db03", Address: "10.0.0.2"}, mac("77", "78"), silent("VM AIX2 (vm-2) has its address, but not its MACs: fa:00:00:00:00:02 there, fa:00:00:00:00:77, fa:00:00:00:00:78 in the guest" + another)},
		"another guest, by both":      {inventory.Host{Name: "aix2", Address: "10.0.0.2"}, mac("77"), silent("VM AIX2 (vm-2) has its name and address, but not its MACs: fa:00:00:00:00:02 there, fa:00:00:00:00:77 in the guest" + another)},
		"another guest, by id":        {inventory.Host{Name: "aix2", Cloud: id("vm-2")}, mac("77"), silent("VM AIX2 (vm-2) has the id vm-2, but not its MACs: fa:00:00:00:00:02 there, fa:00:00:00:00:77 in the guest" + another)},
		"a VM without a MAC":          {inventory.Host{Name: "aix6"}, mac("77"), ok},
		"name against address":        {inventory.Host{Name: "aix2", Address: "10.0.0.1"}, nil, silent("VM AIX2 (vm-2) has its name, VM aix1 (vm-1) has its address" + check)},
		"name against MAC":            {inventory.Host{Name: "aix2"}, mac("01"), silent("VM AIX2 (vm-2) has its name, VM aix1 (vm-1) has its MAC" + check)},
		"address against MAC":         {inventory.Host{Name: "db03", Address: "10.0.0.2"}, mac("01"), silent("VM AIX2 (vm-2) has its address, VM aix1 (vm-1) has its MAC" + check)},
		"id against MAC":              {inventory.Host{Name: "aix2", Cloud: id("vm-2")}, mac("01"), silent("VM AIX2 (vm-2) has the id vm-2, VM aix1 (vm-1) has its MAC" + check)},
		"two names against MAC":       {inventory.Host{Name: "aix1"}, mac("02"), silent("VM aix1 (vm-1) and 1 more have its name, VM AIX2 (vm-2) has its MAC" + check)},
		"two of one name":             {inventory.Host{Name: "aix1"}, nil, silent("2 VMs have its name" + choose)},
		"two, and an address of one":  {inventory.Host{Name: "aix1", Address: "10.7.0.1"}, nil, bad},
		"two, and a MAC of one":       {inventory.Host{Name: "aix1"}, mac("d1"), bad},
		"two, and a workspace":        {inventory.Host{Name: "aix1", Cloud: inventory.Cloud{Workspace: "crn:v1:dal"}}, nil, bad},
		"two of one address":          {inventory.Host{Name: "db09", Address: "10.0.0.9"}, nil, silent("2 VMs have its address" + choose)},
		"two MACs, of two VMs":        {inventory.Host{Name: "db09"}, mac("01", "02"), silent("2 VMs have its MAC" + choose)},
		"two in all that there is":    {inventory.Host{Name: "db09", Address: "10.0.0.9"}, mac("04", "05"), silent("2 VMs have its address and MAC" + choose)},
		"no such id":                  {inventory.Host{Name: "aix2", Cloud: id("vm-0")}, mac("02"), silent("no VM has the id vm-0")},
		"id in another workspace":     {inventory.Host{Name: "aix2", Cloud: inventory.Cloud{Instance: "vm-2", Workspace: "crn:v1:dal::"}}, nil, silent("no VM has the id vm-2")},
		"MAC in another workspace":    {inventory.Host{Name: "x", Cloud: inventory.Cloud{Workspace: "crn:v1:dal::"}}, mac("02"), silent("no VM has its name, address or MAC")},
		"nothing of it":               {inventory.Host{Name: "db07", Address: "10.0.0.7"}, mac("77"), none},
		"a DNS name for its address":  {inventory.Host{Name: "db07", Address: "db07.example"}, nil, none},
		"no MAC, and VMs without one": {inventory.Host{Name: "db07"}, []string{""}, none},
	} {
		t.Run(name, func(t *testing.T) {
			got := all.sight(c.host, c.macs)
			if (got.Instance != "") != (got.Silence == "") || len(got.NICs) > 1 || got.Silence != "" && len(got.NICs) > 0 {
				t.Errorf("instance %q, %v", got.Instance, got.NICs)
			}
			if got.Absent != strings.HasPrefix(got.Silence, "no VM has ") {
				t.Errorf("absent %t: %s", got.Absent, got.Silence)
			}
			got.Instance, got.Name, got.Workspace, got.NICs, got.Sure, got.Absent = "", "", "", nil, false, false
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
	// A VM of the list that is missing may have the name or the address, too.
	all.silence = "no route"
	for name, c := range map[string]struct {
		host  inventory.Host
		macs  []string
		want  string // the VM
		about string
	}{
		"by MAC":       {inventory.Host{Name: "aix2"}, mac("02"), "vm-2", ""},
		"by id":        {inventory.Host{Name: "aix2", Cloud: id("vm-2")}, nil, "vm-2", ""},
		"by name":      {inventory.Host{Name: "aix2"}, nil, "", "VM AIX2 (vm-2) has its name, but a list of VMs is missing: no route"},
		"by address":   {inventory.Host{Name: "db03", Address: "10.0.0.2"}, nil, "", "VM AIX2 (vm-2) has its address, but a list of VMs is missing: no route"},
		"without MACs": {inventory.Host{Name: "aix6"}, mac("77"), "", "VM aix6 (vm-6) has its name, but a list of VMs is missing: no route"},
		"no sign":      {inventory.Host{Name: "db07"}, nil, "", "no route"},
	} {
		if got := all.sight(c.host, c.macs); got.Instance != c.want || got.Silence != c.about || got.Absent {
			t.Errorf("a list is missing, %s: %q %q", name, got.Instance, got.Silence)
		}
	}
}

// A name or an address alone names no VM in a command for a person, and its volumes are
// not looked at.
func TestSightIsSure(t *testing.T) {
	all := newMachines()
	all.add([]powervs.Machine{{Instance: powervs.Instance{ID: "vm-1", Name: "aix1", Networks: []powervs.Network{{MAC: "fa:00:00:00:00:01"}}}}})
	for name, c := range map[string]struct {
		host inventory.Host
		macs []string
		sure bool
	}{
		"by name":         {inventory.Host{Name: "aix1"}, nil, false},
		"by MAC":          {inventory.Host{Name: "db01"}, []string{"fa:00:00:00:00:01"}, true},
		"by name and MAC": {inventory.Host{Name: "aix1"}, []string{"fa:00:00:00:00:01"}, true},
		"by id":           {inventory.Host{Name: "db01", Cloud: inventory.Cloud{Instance: "vm-1"}}, nil, true},
	} {
		s := all.sight(c.host, c.macs)
		if s.Instance != "vm-1" || s.Sure != c.sure {
			t.Errorf("%s: %+v", name, s)
		}
		if found := all.storage(t.Context(), cloud.Sight{Instance: s.Instance, Workspace: s.Workspace, Name: s.Name}); found.Known || found.Why != "VM aix1 (vm-1) may be another: no MAC of it is known in the guest" {
			t.Errorf("%s: %+v", name, found)
		}
	}
}

// The cloud is asked where there is a key or a source, or where it is wanted.
func TestAsks(t *testing.T) {
	for flag, want := range map[string][3]bool{"": {false, true, true}, On: {true, true, true}, Off: {false, false, false}} {
		bare, keyed, sourced := New(Options{Lookup: lookup(nil)}), New(Options{Lookup: lookup(map[string]string{KeyVariable: "k"})}), New(Options{Lookup: lookup(nil)})
		sourced.asked = []powervs.Source{{}}
		if got := [3]bool{bare.Asks(flag), keyed.Asks(flag), sourced.Asks(flag)}; got != want {
			t.Errorf("--cloud %q: %v, want %v", flag, got, want)
		}
		if says := bare.Unasked(flag) != ""; says != (flag == "") || keyed.Unasked(flag) != "" || sourced.Unasked(flag) != "" {
			t.Errorf("--cloud %q: says that it was not asked: %t", flag, says)
		}
	}
}

// Where one workspace can't be read, those that were are evidence all the same: a VM is
// known by a MAC, and one that is in no list may be in the missing one.
func TestSightsOfTheListsThatAreThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	const mac = "fa:00:00:00:00:01"
	sim := cloudsim.Serve(l,
		&cloudsim.Workspace{ID: "ws-prod", Name: "prod", Region: "eu-de-1", Hidden: true, VMs: []*cloudsim.VM{{ID: "vm-0", Name: "aix0"}}},
		&cloudsim.Workspace{ID: "ws-dr", Name: "dr", Region: "eu-de-2", VMs: []*cloudsim.VM{{ID: "vm-1", Name: "aix1", Health: "OK", Networks: []cloudsim.Network{{Name: "admin", MAC: mac}}}}})
	defer sim.Close()
	clouds := New(Options{Lookup: lookup(nil), Simulated: &Simulated{Endpoint: sim.URL(), Key: cloudsim.Key, RootCAs: sim.RootCAs()}})
	defer clouds.Close()
	var said []string
	seen := clouds.Sights(t.Context(), func(why string) { said = append(said, why) })
	if len(said) != 1 || !strings.Contains(said[0], `workspace "prod"`) || !strings.Contains(said[0], "403 Forbidden") || seen.At.IsZero() {
		t.Fatalf("%q at %s", said, seen.At)
	}
	if s := seen.Of(inventory.Host{Name: "aix1"}, []string{mac}); s.Instance != "vm-1" || !s.Sure || s.Health != "OK" {
		t.Errorf("%+v", s)
	}
	if s := seen.Of(inventory.Host{}, []string{"fa:00:00:00:00:00"}); s.Silence != said[0] || s.Absent {
		t.Errorf("%+v", s)
	}
	if s := seen.Of(inventory.Host{Name: "aix1"}, nil); s.Instance != "" || !strings.Contains(s.Silence, "but a list of VMs is missing") {
		t.Errorf("%+v", s)
	}
}
