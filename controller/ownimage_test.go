package controller_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"aixmend/controller"
	"aixmend/controller/cloud"
	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/playbooks/facts"
	"aixmend/transport/lab/aixsim"
)

// has reports whether a host's report has a finding.
func has(h outcome.Host, id string) bool {
	return slices.ContainsFunc(h.Findings, func(f outcome.Finding) bool { return f.ID == id })
}

// title is that of the first finding with an id.
func title(h outcome.Host, id string) string {
	for _, f := range h.Findings {
		if f.ID == id {
			return f.Title + " " + strings.Join(f.Evidence, " ")
		}
	}
	return ""
}

// idOf is the node id of a simulated host, from its working copy.
func idOf(s *aixsim.State) string {
	id, _, _ := strings.Cut(s.Files["/var/ct/cfg/ct_node_id"].Content, "\n")
	return id
}

// own is a bench with one healthy host and the own-image playbook.
func own(t *testing.T, illness string) *bench {
	t.Helper()
	b := newBench(t, illness)
	b.use("rmc-restore-own-image")
	return b
}

// The whole repair: captured on the IBM image, restarted from the own one by
// somebody else, and healed to the captured id and network.
func TestOwnImage(t *testing.T) {
	t.Parallel()
	b := own(t, "healthy")
	host := b.fleet.Host("healthy")
	before := host.Snapshot()
	h := b.run(controller.Capture)["healthy"]
	if !has(h, "swap-ready") || has(h, "swap-not-ready") || has(h, "capture-missing") || h.Outcome != outcome.Healthy {
		t.Fatalf("before the swap: %s: %s, %v", h.Outcome, h.Reason, outcome.FindingIDs(h.Findings))
	}
	for _, f := range h.Findings {
		if f.ID == "swap-ready" && (len(f.Next) < 5 || !strings.Contains(strings.Join(f.Next, "\n"), "aixmend recover --playbook rmc-restore-own-image")) {
			t.Errorf("the operator is not told how to go on: %q", f.Next)
		}
	}
	b.fleet.SwapBoot("healthy", aixsim.BootImage{Hostname: before.Hostname, Address: true})
	if id := idOf(host.Snapshot()); id == idOf(before) {
		t.Fatal("the own image has the id already: nothing would be tested")
	}
	// Not allowed: the plan says what it would do, and which flag allows it.
	h = b.run(controller.Recover)["healthy"]
	if h.Outcome != outcome.NeedsAction || !strings.Contains(h.Reason, "--allow node-id") {
		t.Errorf("without --allow: %s: %s", h.Outcome, h.Reason)
	}
	e := b.engine(controller.Recover)
	e.Allowed = []string{"node-id"}
	h = b.runEngine(e)["healthy"]
	after := host.Snapshot()
	if h.Outcome != outcome.Recovered || !host.Connected() || idOf(after) != idOf(before) {
		t.Fatalf("%s: %s; connected %v, id %s, captured %s\n%v", h.Outcome, h.Reason, host.Connected(), idOf(after), idOf(before), statuses(h))
	}
	for i, n := range after.NICs {
		if n.Attrs.NetAddr != before.NICs[i].Attrs.NetAddr || !slices.Equal(n.Live.IPv4, before.NICs[i].Live.IPv4) {
			t.Errorf("%s: %+v, captured %+v", n.Name, n.Attrs, before.NICs[i].Attrs)
		}
	}
	if !slices.Equal(after.Inet0, before.Inet0) {
		t.Errorf("routes %q, captured %q", after.Inet0, before.Inet0)
	}
	// A second time there is nothing to do.
	sent := len(b.sent("healthy"))
	e = b.engine(controller.Recover)
	e.Allowed = []string{"node-id"}
	if h = b.runEngine(e)["healthy"]; len(h.Changes) > 0 || len(b.sent("healthy")) != sent {
		t.Errorf("a second recover: %v", statuses(h))
	}
}

// The cloud shows whether the swap took effect: the boot volume is another one than in the capture,
// and AIX started from it.
func TestOwnImageInTheCloud(t *testing.T) {
	t.Parallel()
	b := own(t, "healthy")
	host := b.fleet.Host("healthy")
	before := host.Snapshot()
	boot := ""
	run := func(verb controller.Verb) outcome.Host {
		e := b.engine(verb)
		e.Cloud = func(context.Context) cloud.Sights {
			s := cloud.Sight{Instance: "vm-1", Status: "ACTIVE", Health: "OK"}
			return cloud.Sights{At: time.Now(), Of: func(inventory.Host, []string) cloud.Sight { return s }, Storage: func(context.Context, cloud.Sight) facts.Storage {
				disks := facts.Storage{Known: true, Status: s.Status, Volumes: []facts.Volume{}, Snapshots: []facts.Snapshot{{Name: "s", Status: "available", Created: "2026-11-02T03:04:05Z"}}}
				for _, d := range host.Snapshot().Disks {
					disks.Volumes = append(disks.Volumes, facts.Volume{ID: "vol-" + d.Name, Name: d.Name, WWN: strings.ToLower(aixsim.WWN(d)), Boot: d.Name == boot, Bootable: true})
				}
				return disks
			}}
		}
		e.Allowed = []string{"node-id"}
		return b.runEngine(e)["healthy"]
	}
	boot = "hdisk0"
	if h := run(controller.Capture); h.Outcome != outcome.Healthy || !strings.Contains(title(h, "swap-ready"), "which AIX started from") {
		t.Fatalf("before: %s %q", h.Outcome, title(h, "swap-ready"))
	}
	if h := run(controller.Audit); !has(h, "swap-not-taken") || has(h, "swap-took") {
		t.Errorf("not swapped: %v", outcome.FindingIDs(h.Findings))
	}
	b.fleet.SwapBoot("healthy", aixsim.BootImage{Hostname: before.Hostname, Address: true})
	if h := run(controller.Audit); has(h, "swap-took") || !has(h, "swap-not-taken") {
		t.Errorf("the cloud does not show it: %v", outcome.FindingIDs(h.Findings))
	}
	boot = host.Snapshot().BootDisk
	if boot == "hdisk0" {
		t.Fatal("the own image is on the disk of the other: nothing would be tested")
	}
	if h := run(controller.Recover); h.Outcome != outcome.Recovered || !strings.Contains(title(h, "swap-took"), "the VM is ACTIVE") {
		t.Errorf("after: %s %s %q", h.Outcome, h.Reason, title(h, "swap-took"))
	}
}

// An image that numbers the interfaces otherwise: they are known by their MAC.
func TestOwnImageRenumbered(t *testing.T) {
	t.Parallel()
	b := own(t, "healthy")
	host := b.fleet.Host("healthy")
	before := host.Snapshot()
	b.run(controller.Capture)
	b.fleet.SwapBoot("healthy", aixsim.BootImage{Hostname: before.Hostname, Address: true, Numbering: []int{1, 0}})
	e := b.engine(controller.Recover)
	e.Allowed = []string{"node-id"}
	h := b.runEngine(e)["healthy"]
	if h.Outcome != outcome.Recovered || !host.Connected() || idOf(host.Snapshot()) != idOf(before) {
		t.Errorf("%s: %s; connected %v", h.Outcome, h.Reason, host.Connected())
	}
}

// Without a capture, with a damaged one, with one of another machine, or with
// one whose ids did not agree, no id is given back.
func TestOwnImageWithoutItsCapture(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		make func(t *testing.T, b *bench)
		want string
	}{
		{"none", func(*testing.T, *bench) {}, "there is no capture of this machine"},
		{"only a pre-image", func(t *testing.T, b *bench) {
			b.fleet.Host("own-boot-image").Mutate(func(s *aixsim.State) { s.RMC.RemoteClients = false })
			b.run(controller.Recover)
		}, "there is no capture of this machine"},
		{"of another machine", func(t *testing.T, b *bench) {
			b.run(controller.Capture)
			b.fleet.Host("own-boot-image").Mutate(func(s *aixsim.State) {
				s.LPAR = aixsim.LPAR{Number: 77, Name: "elsewhere"}
				for i := range s.NICs {
					s.NICs[i].MAC = "fa:16:3e:99:99:0" + string(rune('0'+i))
				}
			})
		}, "77"},
		{"ids that do not agree", func(t *testing.T, b *bench) {
			b.fleet.Host("own-boot-image").Mutate(func(s *aixsim.State) {
				s.Files["/etc/ct_node_id"] = aixsim.File{Content: "1111222233334444\n"}
			})
			b.run(controller.Capture)
		}, "no node id that can be restored"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := own(t, "own-boot-image")
			c.make(t, b)
			e := b.engine(controller.Recover)
			e.Allowed = []string{"node-id"}
			h := b.runEngine(e)["own-boot-image"]
			if !has(h, "capture-missing") || !strings.Contains(title(h, "capture-missing"), c.want) {
				t.Errorf("%s: %s: %q", h.Outcome, h.Reason, title(h, "capture-missing"))
			}
			for _, line := range b.sent("own-boot-image") {
				if strings.Contains(line, "recfgct") {
					t.Errorf("ran %s", line)
				}
			}
			if h.Outcome == outcome.Recovered || h.Outcome == outcome.Healthy {
				t.Errorf("%s: %s", h.Outcome, h.Reason)
			}
		})
	}
}

// The captured id is in use on another host: it is not given back.
func TestOwnImageIDInUse(t *testing.T) {
	t.Parallel()
	b := newBench(t, "healthy", "healthy")
	b.use("rmc-restore-own-image")
	before := b.fleet.Host("healthy").Snapshot()
	b.run(controller.Capture, "healthy")
	b.fleet.SwapBoot("healthy", aixsim.BootImage{Hostname: before.Hostname, Address: true})
	b.fleet.Host("healthy-2").Mutate(func(s *aixsim.State) {
		for _, name := range []string{"/etc/ct_node_id", "/var/ct/cfg/ct_node_id"} {
			s.Files[name] = aixsim.File{Content: idOf(before) + "\n"}
		}
	})
	e := b.engine(controller.Recover)
	e.Allowed = []string{"node-id"}
	h := b.runEngine(e)["healthy"]
	if !strings.Contains(h.Reason, "in use on another host") || !strings.Contains(h.Reason, "healthy-2") {
		t.Errorf("%s: %s", h.Outcome, h.Reason)
	}
	if id := idOf(b.fleet.Host("healthy").Snapshot()); id == idOf(before) {
		t.Error("the id was given back all the same")
	}
}

// swap-not-ready says what is wanting before anybody powers the machine down.
func TestSwapNotReady(t *testing.T) {
	t.Parallel()
	b := own(t, "node-id-mismatch")
	h := b.run(controller.Capture)["node-id-mismatch"]
	if !has(h, "swap-not-ready") || has(h, "swap-ready") || !strings.Contains(title(h, "swap-not-ready"), "node id") {
		t.Errorf("%v: %q", outcome.FindingIDs(h.Findings), title(h, "swap-not-ready"))
	}
}
