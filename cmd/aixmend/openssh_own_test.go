//go:build linux

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/outcome"
	"aixmend/transport/lab/aixsim"
)

const ownImage = "--playbook=rmc-restore-own-image"

// customerNetwork gives a host what an image that was never on it lacks: an
// alias on the NIC that carries the sessions, a NIC of its own with both
// families, and a route behind that.
func customerNetwork(s *aixsim.State) {
	first := &s.NICs[0]
	first.Live.IPv4 = append(first.Live.IPv4, "10.77.1.5/24")
	first.Attrs.Alias4 = []string{"10.77.1.5,255.255.255.0"}
	second := aixsim.NIC{
		Adapter: "ent2", Name: "en2", MAC: strings.TrimSuffix(first.MAC, "20") + "22", VLAN: 777, Switch: first.Switch, Device: first.Device, Status: "Available",
		Live: aixsim.Live{Up: true, IPv4: []string{"10.88.2.9/24", "10.88.3.9/24"}, IPv6: []string{"2001:db8:88::9/64", "2001:db8:89::9/64"}},
		Attrs: aixsim.NICAttr{
			NetAddr: "10.88.2.9", NetMask: "255.255.255.0", Alias4: []string{"10.88.3.9,255.255.255.0"},
			NetAddr6: "2001:db8:88::9", PrefixLen: "64", Alias6: []string{"2001:db8:89::9/64"}, State: "up",
		},
	}
	s.NICs = append(s.NICs, second)
	s.Inet0 = append(s.Inet0, "net,-hopcount,0,-netmask,255.255.0.0,,,,,,-static,10.99.0.0,10.88.2.254")
	s.Routes = append(s.Routes, aixsim.Route{Destination: "10.99.0.0/16", Gateway: "10.88.2.254"})
}

// machine is what of a host must be the same again after a swap, its NICs by
// their MAC.
type machine struct {
	ids   [2]string
	live  map[string]aixsim.Live
	attrs map[string]aixsim.NICAttr
	inet0 []string
	route []aixsim.Route
}

func (h *sshHost) machine(t *testing.T) machine {
	t.Helper()
	s := h.now(t)
	m := machine{ids: h.nodeIDs(t), live: map[string]aixsim.Live{}, attrs: map[string]aixsim.NICAttr{}, inet0: s.Inet0, route: s.Routes}
	for _, n := range s.NICs {
		m.live[n.MAC], m.attrs[n.MAC] = n.Live, n.Attrs
	}
	return m
}

// nodeIDs are the first lines of the two files that hold the node id.
func (h *sshHost) nodeIDs(t *testing.T) (ids [2]string) {
	t.Helper()
	for i, name := range []string{"/etc/ct_node_id", "/var/ct/cfg/ct_node_id"} {
		ids[i], _, _ = strings.Cut(string(h.read(t, name)), "\n")
	}
	return ids
}

// The whole repair: captured on the IBM image, started from another volume by
// somebody else, and given back its network and its node id.
func testSSHOwnImage(t *testing.T, lab *sshLab) {
	images := map[string]aixsim.BootImage{"numbered": {}, "renumbered": {Numbering: []int{1, 0, 2}, CloudInit: true}}
	var hosts []*sshHost
	for name := range images {
		hosts = append(hosts, lab.start(t, name, hostOptions{change: customerNetwork}))
	}
	d := lab.sit(t, rows("host_ed25519", hosts...)...)
	d.run("capture", ownImage).exits(0)
	was, swapped := map[string]machine{}, map[string]machine{}
	for _, h := range hosts {
		if report := d.report(h.name); finding(report, "swap-ready") == "" || report.Outcome != outcome.Healthy {
			t.Fatalf("%s, before the swap: %s: %s", h.name, report.Outcome, report.Reason)
		}
		was[h.name] = h.machine(t)
		image := images[h.name]
		image.Hostname, image.Address = h.name, true
		h.swapBoot(t, image)
		if now := h.machine(t); now.ids == was[h.name].ids || len(now.inet0) > 0 || h.connected(t) {
			t.Fatalf("%s: the own image has it all already: %+v", h.name, now)
		}
		swapped[h.name] = h.machine(t)
	}
	d.plansNodeID(hosts)
	d.run("recover", ownImage, "--yes", "--allow", "node-id").exits(0)
	settled, changes := map[string]map[string]string{}, map[string][]outcome.Change{}
	for _, h := range hosts {
		if diff := cmp.Diff(was[h.name], h.machine(t), cmp.AllowUnexported(machine{})); diff != "" || !h.connected(t) {
			t.Errorf("%s: connected %v (-captured +now)\n%s", h.name, h.connected(t), diff)
		}
		if report := d.report(h.name); report.Outcome != outcome.Recovered {
			t.Errorf("%s: %s: %s", h.name, report.Outcome, report.Reason)
		}
		settled[h.name], changes[h.name] = h.tree(t), d.report(h.name).Changes
	}
	d.run("recover", ownImage, "--yes", "--allow", "node-id").exits(0)
	for _, h := range hosts {
		if diff := cmp.Diff(settled[h.name], h.tree(t)); diff != "" || len(d.report(h.name).Changes) > 0 {
			t.Errorf("%s: the second time: %v (-before +after)\n%s", h.name, statuses(d.report(h.name)), diff)
		}
		h.takeBack(t, changes[h.name])
		if diff := cmp.Diff(swapped[h.name], h.machine(t), cmp.AllowUnexported(machine{})); diff != "" {
			t.Errorf("%s: taken back by what the report says (-before the recovery +now)\n%s", h.name, diff)
		}
	}
}

// takeBack does on the host what a report says takes its changes back, the
// newest first, as a person does who copies it into a shell.
func (h *sshHost) takeBack(t *testing.T, changes []outcome.Change) {
	t.Helper()
	for _, c := range slices.Backward(withoutTimedUndo(changes)) {
		if !strings.HasPrefix(c.Undo, "none: ") {
			h.standin(t, shellPath, "-c", c.Undo)
		}
	}
}

// plansNodeID fails the test unless plan says which flag gives the node id back,
// and changes nothing.
func (d *desk) plansNodeID(hosts []*sshHost) {
	d.t.Helper()
	untouched := map[string]map[string]string{}
	for _, h := range hosts {
		untouched[h.name] = h.tree(d.t)
	}
	r := d.run("plan", ownImage).exits(3)
	for _, h := range hosts {
		report := d.report(h.name)
		planned := slices.ContainsFunc(report.Plan, func(p outcome.PlanStep) bool {
			return p.Step == "restore-captured-node-id" && p.AllowedBy == "node-id" && strings.Contains(p.BlockedBy, "--allow node-id")
		})
		if report.Outcome != outcome.NeedsAction || !planned || !strings.Contains(r.stdout, "--allow node-id") {
			d.t.Errorf("%s: plan without --allow: %s: %s\n%s", h.name, report.Outcome, report.Reason, r.stdout)
		}
		if diff := cmp.Diff(untouched[h.name], h.tree(d.t)); diff != "" {
			d.t.Errorf("%s: plan changed the host (-before +after)\n%s", h.name, diff)
		}
	}
}

// No id is given back without a capture, with one of another machine, or where
// another host has it by now. A machine that was moved is known when its capture
// is named.
func testSSHOwnImageRefused(t *testing.T, lab *sshLab) {
	refused := map[string]struct {
		change func(*aixsim.State)
		want   string
	}{
		"never":     {nil, "there is no capture of this machine"},
		"elsewhere": {func(s *aixsim.State) { s.LPAR = aixsim.LPAR{Number: 177, Name: "another"} }, "177 another"},
		"moved":     {func(s *aixsim.State) { s.LPAR.Number = 178 }, "--set capture="},
		"taken":     {func(*aixsim.State) {}, "in use on another host"},
	}
	holder := lab.start(t, "holder", hostOptions{})
	hosts := map[string]*sshHost{}
	all := []*sshHost{holder}
	for name := range refused {
		hosts[name] = lab.start(t, name, hostOptions{})
		all = append(all, hosts[name])
	}
	d := lab.sit(t, rows("host_ecdsa", all...)...)
	d.run("capture", ownImage, "-l", "elsewhere,moved,taken").exits(0)
	captured := hosts["moved"].nodeIDs(t)
	for _, name := range []string{"/etc/ct_node_id", "/var/ct/cfg/ct_node_id"} {
		noError(t, writeMode(holder.path(name), hosts["taken"].read(t, name), 0o444))
	}
	ids := map[string][2]string{}
	for name, h := range hosts {
		h.swapBoot(t, aixsim.BootImage{Hostname: name, Address: true})
		if change := refused[name].change; change != nil {
			h.change(t, change)
		}
		ids[name] = h.nodeIDs(t)
	}
	d.run("recover", ownImage, "--yes", "--allow", "node-id").exits(3)
	for name, h := range hosts {
		report := d.report(name)
		if said := report.Reason + finding(report, "capture-missing"); report.Outcome != outcome.NeedsAction || !strings.Contains(said, refused[name].want) {
			t.Errorf("%s: %s: %s", name, report.Outcome, said)
		}
		if now := h.nodeIDs(t); now != ids[name] {
			t.Errorf("%s: the ids are %q, they were %q", name, now, ids[name])
		}
	}
	taken, err := os.ReadDir(filepath.Join(d.dir, "aixmend-state/captures/moved"))
	noError(t, err)
	d.run("recover", ownImage, "--yes", "--allow", "node-id", "-l", "moved", "--set", "capture="+taken[0].Name()).exits(0)
	if now := hosts["moved"].nodeIDs(t); now != captured || !hosts["moved"].connected(t) {
		t.Errorf("moved, its capture named: ids %q, captured %q, connected %v", now, captured, hosts["moved"].connected(t))
	}
}
