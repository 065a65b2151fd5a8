package facts

import (
	"slices"
	"strings"
	"testing"
)

const (
	nodeIDThen = "8c1f5a6e0b7d4321"
	volumeThen = "00fa1b2c3d4e5f60"
)

// original is the state of a VM that is compared with, of the first site.
func original(how ...func(*Past)) Past {
	all := append([]func(*Past){func(p *Past) {
		p.MachineID = Word{Text: "00FA00014C00"}
		p.Nameservers = Nameservers{List: []string{"10.0.80.11"}}
		p.TimeServers = TimeServers{List: []string{"ntp1.example.internal"}}
		p.HostsTable = HostsTable{List: []HostsEntry{{Address: "127.0.0.1", Names: []string{"loopback"}}, {Address: "10.2.3.4", Names: []string{"aix1"}}, {Address: "10.2.3.9", Names: []string{"db"}}}}
	}}, how...)
	return pastOf(all...)
}

// failedOver is the input of a copy at another site, compared with a capture. The
// settings of its own site are right; how changes it.
func failedOver(how ...func(*FailoverInput)) FailoverInput {
	nic := change(customerNIC(), func(n *NIC) {
		n.MAC, n.EUI64, n.IPv4 = "fa:d4:43:3e:d1:90", "fe80::f8d4:43ff:fe3e:d190", []string{"10.7.3.4"}
		n.Attributes.NetAddr = "10.7.3.4"
	})
	in := FailoverInput{
		Baseline: &Past{}, Captures: &Captures{List: []Past{original()}},
		Identity: &Identity{Known: true, Machine: "00FB99994C00", LPAR: LPAR{Number: 5, Name: "aix1-dr"}, MACs: []string{"fa:d4:43:3e:d1:90"}},
		NodeIDs:  &NodeIDs{State: "agree", ID: nodeIDThen, Command: nodeIDThen, Etc: nodeIDThen, Var: nodeIDThen},
		Disks:    &Disks{List: []Disk{{Name: "hdisk0", PVID: volumeThen, VG: "rootvg", Active: true}}},
		NICs:     &NICs{List: []NIC{nic}},
		Routes: &Routes{List: []Route{
			{Destination: "default", Gateway: "10.7.3.1", Flags: "UG", Interface: "en0", Family: "inet", Static: true},
			{Destination: "10.7.3.0/24", Gateway: "10.7.3.4", Flags: "U", Interface: "en0", Family: "inet"},
		}},
		StaticRoutes: &StaticRoutes{List: []StaticRoute{{Text: "net,-hopcount,0,,0,10.7.3.1", Destination: "default", Gateway: "10.7.3.1"}}},
		Nameservers:  &Nameservers{List: []string{"10.7.80.11"}},
		TimeServers:  &TimeServers{List: []string{"ntp7.example.internal"}},
		HostsTable:   &HostsTable{List: []HostsEntry{{Address: "127.0.0.1", Names: []string{"loopback"}}, {Address: "10.7.3.4", Names: []string{"aix1"}}}},
	}
	for _, h := range how {
		h(&in)
	}
	return in
}

// thatMachine makes the input one of the machine that was captured.
func thatMachine(in *FailoverInput) {
	in.Identity = &Identity{Known: true, Machine: "00FA00014C00", LPAR: LPAR{Number: 12, Name: "aix12"}, MACs: []string{mac0, mac1}}
}

// inCloud makes the VMs of then and now known.
func inCloud(then, thenWorkspace, now, nowWorkspace string) func(*FailoverInput) {
	return func(in *FailoverInput) {
		in.Captures.List[0].API = API{Known: true, Instance: then, Workspace: thenWorkspace}
		in.API = &API{Known: true, Instance: now, Workspace: nowWorkspace}
	}
}

func otherDisks(in *FailoverInput) {
	in.NodeIDs = &NodeIDs{State: "agree", ID: "1111222233334444", Command: "1111222233334444", Etc: "1111222233334444", Var: "1111222233334444"}
	in.Disks = &Disks{List: []Disk{{Name: "hdisk0", PVID: "00fa999999999999", VG: "rootvg", Active: true}}}
}

// Which machine it is rests on things of the machine, which system it runs on things of
// its disks; where either is not known, so is the state.
func TestDeriveFailoverState(t *testing.T) {
	const from = "capture c1 of 2026-11-01"
	for _, c := range []struct {
		name             string
		in               FailoverInput
		state, from, why string
		evidence         string
	}{
		{"the copy", failedOver(), "copy", from, "", "machine id (uname -m): 00FA00014C00 then, 00FB99994C00 now"},
		{"the copy names the LPAR", failedOver(), "copy", from, "", "LPAR (uname -L): 12 aix12 then, 5 aix1-dr now"},
		{"the copy names the node id", failedOver(), "copy", from, "", "RSCT node id " + nodeIDThen + ": the same"},
		{"a copy with a new node id", failedOver(func(in *FailoverInput) {
			volume := in.Disks
			otherDisks(in)
			in.Disks = volume
		}), "copy", from, "", "PVID of rootvg (lspv) " + volumeThen + ": the same"},
		{"a copy on another disk", failedOver(func(in *FailoverInput) {
			id := in.NodeIDs
			otherDisks(in)
			in.NodeIDs = id
		}), "copy", from, "", "PVID of rootvg (lspv): " + volumeThen + " then, 00fa999999999999 now"},
		{"a copy on the same managed system", failedOver(func(in *FailoverInput) { in.Identity.Machine = "00FA00014C00" }), "copy", from, "", "machine id (uname -m) 00FA00014C00: the same"},
		{"a copy whose machine id was not captured", failedOver(func(in *FailoverInput) {
			in.Captures.List[0] = original(func(p *Past) {
				p.Has = slices.DeleteFunc(p.Has, func(x string) bool { return x == "machine_id" })
			})
		}), "copy", from, "", "LPAR"},
		{"the machine of the capture", failedOver(thatMachine), "same", from, "", "MAC " + mac0 + ": the same"},
		{"the machine of the capture, with another system", failedOver(thatMachine, otherDisks), "same", from, "", "RSCT node id: " + nodeIDThen + " then, 1111222233334444 now"},
		{"a capture of another machine", failedOver(otherDisks), "other", from, "neither its node id nor its rootvg", "1111222233334444 now"},
		{"the workspace of the other site", failedOver(inCloud("vm-1", "crn:fra", "vm-2", "crn:lon")), "copy", from, "", "workspace: crn:fra then, crn:lon now"},
		{"another VM in the same LPAR of the same machine", failedOver(thatMachine, inCloud("vm-1", "crn:fra", "vm-2", "crn:fra")), "unknown", from, "contradicts", "VM in Power Virtual Server: vm-1 then, vm-2 now"},
		{"only MACs and the VM are known", failedOver(inCloud("vm-1", "crn:fra", "vm-2", "crn:fra"), func(in *FailoverInput) { in.Identity.Machine, in.Identity.LPAR = "", LPAR{} }), "copy", from, "", "workspace crn:fra: the same"},
		{"the VM of then is not known", failedOver(func(in *FailoverInput) { in.API = &API{Known: true, Instance: "vm-2"} }), "copy", from, "", "LPAR"},
		{"no capture", failedOver(func(in *FailoverInput) { in.Captures = &Captures{} }), "unknown", "", "never took a good capture", ""},
		{"captures that could not be read", failedOver(func(in *FailoverInput) { in.Captures = nil }), "unknown", "", "never took a good capture", ""},
		{"the baseline wins", failedOver(func(in *FailoverInput) {
			p := original(func(p *Past) { p.From = "run r0" })
			in.Baseline, in.Captures = &p, &Captures{}
		}), "copy", "run r0", "", "MACs: " + mac0 + " " + mac1 + " then, fa:d4:43:3e:d1:90 now"},
		{"a baseline that is not there", failedOver(func(in *FailoverInput) { in.Baseline = &Past{From: "no such run"} }), "unknown", "", "no such run", ""},
		{"one MAC in common on another machine", failedOver(func(in *FailoverInput) { in.Identity.MACs = []string{mac1} }), "unknown", from, "contradicts", ""},
		{"other adapters in the same LPAR", failedOver(thatMachine, func(in *FailoverInput) { in.Identity.MACs = []string{"fa:d4:43:3e:d1:90"} }), "unknown", from, "contradicts", ""},
		{"no MAC is known", failedOver(func(in *FailoverInput) { in.Identity.MACs = []string{} }), "unknown", from, "too little", ""},
		{"nothing of the machine is known", failedOver(func(in *FailoverInput) { in.Identity = nil }), "unknown", from, "too little", ""},
		{"only MACs are known", failedOver(func(in *FailoverInput) { in.Identity.Machine, in.Identity.LPAR = "", LPAR{} }), "unknown", from, "too little", ""},
		{"nothing of the disks is known", failedOver(func(in *FailoverInput) { in.NodeIDs, in.Disks = nil, nil }), "unknown", from, "no node id and no rootvg", ""},
		{"an empty capture", failedOver(func(in *FailoverInput) { in.Captures = &Captures{List: []Past{noPast()}} }), "unknown", "", "too little", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := DeriveFailover(c.in)
			switch {
			case err != nil:
				t.Fatal(err)
			case got.State != c.state || got.From != c.from || !strings.Contains(got.Why, c.why) || (got.Why == "") != (c.why == ""):
				t.Errorf("%+v", got)
			case !strings.Contains(strings.Join(got.Evidence, "\n"), c.evidence):
				t.Errorf("evidence %q", got.Evidence)
			case got.State != "copy" && len(got.Left)+len(got.Unknown) > 0:
				t.Errorf("settings of what is no copy: %+v", got)
			}
		})
	}
}

// Each setting of the original that the copy still has is named with its file; one that
// is at home at the new site is not.
func TestDeriveFailoverLeft(t *testing.T) {
	static := func(destination, gateway string) func(*FailoverInput) {
		return func(in *FailoverInput) {
			r := Route{Destination: destination, Gateway: gateway, Flags: "UG", Interface: "en0", Family: "inet", Static: true}
			in.Routes.List = append(in.Routes.List, r)
			in.Captures.List[0].Routes.List = append(in.Captures.List[0].Routes.List, r)
		}
	}
	forget := func(names ...string) func(*FailoverInput) {
		return func(in *FailoverInput) {
			in.Captures.List[0] = original(func(p *Past) {
				p.Has = slices.DeleteFunc(p.Has, func(x string) bool { return slices.Contains(names, x) })
			})
		}
	}
	for _, c := range []struct {
		name    string
		in      FailoverInput
		left    []string // "what value (where)"
		unknown []string
	}{
		{name: "nothing is left", in: failedOver()},
		{name: "a route", in: failedOver(static("10.9.0.0/16", "10.2.3.254")), left: []string{"static route 10.9.0.0/16 via 10.2.3.254 (netstat -rn)"}},
		{name: "a route by a gateway of this site", in: failedOver(static("10.9.0.0/16", "10.7.3.1"))},
		{name: "the default route in the ODM", in: failedOver(func(in *FailoverInput) {
			in.StaticRoutes.List = append(in.StaticRoutes.List, StaticRoute{Text: "net,-hopcount,0,,0,10.2.3.1", Destination: "default", Gateway: "10.2.3.1"})
		}), left: []string{"static route default via 10.2.3.1 (lsattr -El inet0 -a route)"}},
		{name: "an address in the ODM", in: failedOver(func(in *FailoverInput) { in.NICs.List[0].Attributes.NetAddr = "10.2.3.4" }), left: []string{"address 10.2.3.4 (lsattr -El en0)"}},
		{name: "a nameserver", in: failedOver(func(in *FailoverInput) { in.Nameservers.List = []string{"10.0.80.11", "10.7.80.11"} }), left: []string{"nameserver 10.0.80.11 (/etc/resolv.conf)"}},
		{name: "a nameserver in the network of the original", in: failedOver(func(in *FailoverInput) { in.Nameservers.List = []string{"10.2.3.53"} }), left: []string{"nameserver 10.2.3.53 (/etc/resolv.conf)"}},
		{name: "a nameserver in the network of this VM", in: failedOver(func(in *FailoverInput) {
			in.Nameservers.List = []string{"10.7.3.53"}
			in.Captures.List[0].Nameservers.List = []string{"10.7.3.53"}
			in.NICs.List[0].Attributes.NetMask = "255.255.255.0"
		})},
		{name: "a time server by name", in: failedOver(func(in *FailoverInput) { in.TimeServers.List = []string{"ntp1.example.internal"} }), left: []string{"time server ntp1.example.internal (/etc/ntp.conf)"}},
		{name: "hosts: the address of the original", in: failedOver(func(in *FailoverInput) {
			in.HostsTable.List = append(in.HostsTable.List, HostsEntry{Address: "10.2.3.4", Names: []string{"aix1", "aix1.example"}})
		}), left: []string{"hosts entry 10.2.3.4 aix1 aix1.example (/etc/hosts)"}},
		{name: "hosts: a neighbour of the original", in: failedOver(func(in *FailoverInput) {
			in.HostsTable.List = append(in.HostsTable.List, HostsEntry{Address: "10.2.3.9", Names: []string{"db"}})
		}), left: []string{"hosts entry 10.2.3.9 db (/etc/hosts)"}},
		{name: "hosts: a line that was added since", in: failedOver(func(in *FailoverInput) {
			in.HostsTable.List = append(in.HostsTable.List, HostsEntry{Address: "10.2.3.77", Names: []string{"new"}})
		})},
		{name: "an older capture knows less", in: failedOver(forget("nameservers", "time_servers", "hosts_table", "static_routes"), func(in *FailoverInput) {
			in.Nameservers.List = []string{"10.0.80.11", "10.2.3.53"}
			in.HostsTable.List = append(in.HostsTable.List, HostsEntry{Address: "10.2.3.9", Names: []string{"db"}})
		}), left: []string{"hosts entry 10.2.3.9 db (/etc/hosts)", "nameserver 10.2.3.53 (/etc/resolv.conf)"},
			unknown: []string{"/etc/ntp.conf: not in capture c1 of 2026-11-01", "/etc/resolv.conf: not in capture c1 of 2026-11-01", "routes of the ODM: not in capture c1 of 2026-11-01"}},
		{name: "files that can't be read now", in: failedOver(func(in *FailoverInput) {
			in.Nameservers, in.TimeServers, in.HostsTable, in.StaticRoutes = nil, nil, nil, nil
		}), unknown: []string{"/etc/hosts: could not be read now", "/etc/ntp.conf: could not be read now", "/etc/resolv.conf: could not be read now", "routes of the ODM: could not be read now"}},
		{name: "no routes now", in: failedOver(func(in *FailoverInput) { in.Routes = nil }), unknown: []string{"all settings: the interfaces or the routes could not be read now"}},
		{name: "one network over both sites", in: failedOver(func(in *FailoverInput) {
			in.NICs.List[0].IPv4, in.NICs.List[0].Attributes.NetAddr = []string{"10.2.3.4"}, "10.2.3.4"
			*in.Routes = original().Routes
			*in.StaticRoutes = original().StaticRoutes
			*in.HostsTable = original().HostsTable
		})},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := DeriveFailover(c.in)
			if err != nil || got.State != "copy" {
				t.Fatalf("%+v, %v", got, err)
			}
			var left []string
			for _, s := range got.Left {
				left = append(left, s.What+" "+s.Value+" ("+s.Where+")")
				if !strings.Contains(s.Why, "capture c1") {
					t.Errorf("%q does not name the capture: %q", s.Value, s.Why)
				}
			}
			if !slices.Equal(left, c.left) || !slices.Equal(got.Unknown, append([]string{}, c.unknown...)) {
				t.Errorf("left %q\nunknown %q", left, got.Unknown)
			}
		})
	}
}
