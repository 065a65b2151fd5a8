package controller_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"aixmend/controller"
	"aixmend/controller/cloud"
	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/playbooks/facts"
	"aixmend/transport/lab/aixsim"
)

// failedOver is an original that was captured with the playbook under its name, and a
// copy of its disks on another machine, which is its own name in the inventory.
func failedOver(t *testing.T) *bench {
	t.Helper()
	original := aixsim.Healthy("original", 1)
	original.Inet0 = append(original.Inet0, "net,-hopcount,0,-netmask,255.255.0.0,,,10.9.0.0,10.20.0.1")
	original.RMC.ConnectDelay = aixsim.Duration(connectDelay)
	copied := aixsim.FailedOver(original, "copy", 300)
	newNodeID(copied, 300) // until it is started from the copied disks
	b := startBench(t, []aixsim.FleetHost{{State: original}, {State: copied}})
	b.use("post-failover")
	if h := b.run(controller.Capture, "original")["original"]; h.Outcome != outcome.Healthy {
		t.Fatalf("the original when it was captured: %s: %s", h.Outcome, h.Reason)
	}
	b.ended = map[string]outcome.Host{}
	b.fleet.Host("copy").Mutate(func(s *aixsim.State) { newNodeID(s, 1) })
	return b
}

// powerOff ends a host: it answers nobody, and the management system does not see its id.
func (b *bench) powerOff(host string) {
	b.fleet.Server(host).Close()
	b.fleet.Host(host).Mutate(func(s *aixsim.State) { newNodeID(s, 900) })
}

// ofOriginal names the capture of the original as the baseline of every host.
func (b *bench) ofOriginal() {
	b.t.Helper()
	taken, err := b.store.Newest("original", "")
	must(b.t, err)
	b.baseline = func(string) facts.Past { return controller.Remember(*taken) }
	b.set = append(b.set, "baseline=original/latest")
}

// titles returns the titles of a host's findings with an id.
func titles(h outcome.Host, id string) []string {
	var list []string
	for _, f := range h.Findings {
		if f.ID == id {
			list = append(list, f.Title)
		}
	}
	return list
}

func severity(h outcome.Host, id string) outcome.Severity {
	i := slices.IndexFunc(h.Findings, func(f outcome.Finding) bool { return f.ID == id })
	if i < 0 {
		return ""
	}
	return h.Findings[i].Severity
}

// post-failover: the copy is known by its machine and its disks, and the original by an
// answer in the same run, never by less.
func TestPostFailover(t *testing.T) {
	t.Parallel()
	type want struct {
		outcome outcome.Outcome
		copied  string // the finding that says which machine it is
		answers outcome.Severity
		title   string // of original-answers
	}
	for _, c := range []struct {
		name    string
		prepare func(*bench)
		only    []string
		want    map[string]want
	}{
		{"both are alive", (*bench).ofOriginal, nil, map[string]want{
			"original": {outcome.NeedsAction, "failover-original", outcome.Critical, "a copy of this VM answers too: copy"},
			"copy":     {outcome.NeedsAction, "failover-copy", outcome.Critical, "this VM is a copy, and the original still answers: original"},
		}},
		{"the original is not selected", (*bench).ofOriginal, []string{"copy"}, map[string]want{
			"copy": {outcome.NeedsAction, "failover-copy", outcome.Warning, "not known whether the original still answers: original ("},
		}},
		{"the original is down", func(b *bench) {
			b.ofOriginal()
			b.powerOff("original")
		}, nil, map[string]want{
			"original": {outcome: outcome.Unreachable},
			"copy":     {outcome.Degraded, "failover-copy", outcome.Warning, "not known whether the original still answers: original ("},
		}},
		{"only the copy is alive, with a new node id", func(b *bench) {
			b.ofOriginal()
			b.fleet.Host("copy").Mutate(func(s *aixsim.State) { newNodeID(s, 77) })
		}, []string{"copy"}, map[string]want{"copy": {outcome.Degraded, "failover-copy", "", ""}}},
		{"no capture", func(b *bench) { b.powerOff("original") }, []string{"copy"}, map[string]want{
			"copy": {outcome.Degraded, "failover-unknown", outcome.Warning, "not known whether"},
		}},
		{"no capture, both are alive", func(*bench) {}, nil, map[string]want{
			"original": {outcome.NeedsAction, "failover-original", outcome.Critical, "a copy of this VM answers too"},
			"copy":     {outcome.NeedsAction, "failover-unknown", outcome.Critical, "one RSCT node id is alive twice"},
		}},
		{"a capture of another machine", func(b *bench) {
			b.ofOriginal()
			b.fleet.Host("copy").Mutate(func(s *aixsim.State) {
				newNodeID(s, 77)
				s.Disks[0].PVID = "00fa000112345678"
			})
		}, []string{"copy"}, map[string]want{"copy": {outcome.Degraded, "failover-unknown", "", ""}}},
		{"a baseline that is not there", func(b *bench) {
			b.baseline = func(string) facts.Past { return facts.Past{From: "no such run"} }
			b.set = append(b.set, "baseline=nosuch")
		}, []string{"copy"}, map[string]want{"copy": {outcome.NeedsAction, "failover-unknown", outcome.Warning, "not known whether"}}},
		{"the adapters do not answer", func(b *bench) {
			b.ofOriginal()
			b.fleet.Host("copy").Mutate(func(s *aixsim.State) {
				s.Behaviours = map[string]aixsim.Behaviour{"entstat": {Missing: true}, "netstat": {Exit: 1}}
			})
		}, []string{"copy"}, map[string]want{"copy": {outcome.NeedsAction, "failover-unknown", outcome.Warning, "not known whether"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := failedOver(t)
			c.prepare(b)
			e := b.engine(controller.Audit)
			held, err := b.store.Held("original", b.playbook.Captured)
			must(t, err)
			e.Past = held
			b.runEngine(e, c.only...)
			for host, w := range c.want {
				h := b.ended[host]
				if h.Outcome != w.outcome || severity(h, "original-answers") != w.answers || !strings.HasPrefix(title(h, "original-answers"), w.title) {
					t.Errorf("%s: %s: %s; %s %q", host, h.Outcome, h.Reason, severity(h, "original-answers"), title(h, "original-answers"))
				}
				for _, id := range []string{"failover-copy", "failover-original", "failover-unknown"} {
					if has(h, id) != (id == w.copied) {
						t.Errorf("%s: %s: %q", host, id, titles(h, id))
					}
				}
				if w.copied != "failover-copy" && has(h, "other-site-left") {
					t.Errorf("%s: settings of what is no copy: %q", host, titles(h, "other-site-left"))
				}
				if sent := b.changed(host); len(sent) > 0 {
					t.Errorf("%s was changed by %q", host, sent)
				}
			}
		})
	}
}

// newNodeID gives a host the node id of another machine.
func newNodeID(s *aixsim.State, n int) {
	for _, path := range []string{"/etc/ct_node_id", "/var/ct/cfg/ct_node_id"} {
		f := s.Files[path]
		f.Content = aixsim.NodeID(n) + "\n"
		s.Files[path] = f
	}
}

// post-failover: each setting that the copied disks brought along is named with its
// file, and none that was adapted.
func TestPostFailoverLeft(t *testing.T) {
	t.Parallel()
	b := failedOver(t)
	b.ofOriginal()
	h := b.run(controller.Audit, "copy")["copy"]
	for _, want := range []string{
		"static route 10.9.0.0/16 via 10.20.0.1 (lsattr -El inet0 -a route)", "static route default via 10.20.0.1 (lsattr -El inet0 -a route)",
		"nameserver 10.0.80.11 (/etc/resolv.conf)", "time server 10.0.80.21 (/etc/ntp.conf)", "hosts entry 10.20.0.3 original (/etc/hosts)",
	} {
		if !slices.Contains(titles(h, "other-site-left"), "left of the other site: "+want) {
			t.Errorf("%s is not among %q", want, titles(h, "other-site-left"))
		}
	}
	b.fleet.Host("copy").Mutate(func(s *aixsim.State) {
		own := s.NICs[0].Attrs.NetAddr
		s.Inet0 = s.Inet0[len(s.Inet0)-1:]
		for path, content := range map[string]string{"/etc/resolv.conf": "nameserver 10.7.80.11\n", "/etc/ntp.conf": "server 10.7.80.21\n", "/etc/hosts": own + " copy\n"} {
			s.Files[path] = aixsim.File{Content: content}
		}
	})
	h = b.run(controller.Audit, "copy")["copy"]
	if left := titles(h, "other-site-left"); len(left) > 0 || has(h, "baseline-incomplete") || !has(h, "failover-copy") {
		t.Errorf("after the settings were adapted: %q %q", left, titles(h, "baseline-incomplete"))
	}
}

// post-failover reports a file that can't be read as unreadable, not as a leftover.
func TestPostFailoverNotRead(t *testing.T) {
	t.Parallel()
	b := failedOver(t)
	b.ofOriginal()
	b.fleet.Host("copy").Mutate(func(s *aixsim.State) { s.Behaviours = map[string]aixsim.Behaviour{"cat": {Exit: 2}} })
	h := b.run(controller.Audit, "copy")["copy"]
	i := slices.IndexFunc(h.Findings, func(f outcome.Finding) bool { return f.ID == "baseline-incomplete" })
	if i < 0 || !strings.Contains(h.Findings[i].Evidence[0], "/etc/resolv.conf: could not be read now") || slices.ContainsFunc(titles(h, "other-site-left"), func(s string) bool { return strings.Contains(s, "nameserver") }) {
		t.Errorf("%q %q", titles(h, "baseline-incomplete"), titles(h, "other-site-left"))
	}
}

// D9: rmc-restore on a copy while the original answers, as docs/playbooks.md says it. The
// original is left alone. RMC of the copy is neither refreshed nor restarted and its node
// id stays, unless a new one is allowed: then it is no longer the id of the original.
func TestRecoverBesideTheOriginal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		allowed []string
		outcome outcome.Outcome
	}{
		{nil, outcome.NeedsAction},
		{[]string{"node-id"}, outcome.Recovered},
	} {
		b := failedOver(t)
		b.use("rmc-restore")
		e := b.engine(controller.Recover)
		e.Allowed = c.allowed
		b.runEngine(e)
		if sent := b.sent("original"); len(sent) > 0 || nodeID(b, "original") != aixsim.NodeID(1) {
			t.Errorf("allowed %v: the original was changed by %q", c.allowed, sent)
		}
		h, sent := b.ended["copy"], b.sent("copy")
		kept := len(sent) == 0 && nodeID(b, "copy") == aixsim.NodeID(1)
		if h.Outcome != c.outcome || kept != (c.allowed == nil) || strings.Contains(strings.Join(sent, " "), "rmcctrl -z") {
			t.Errorf("allowed %v: %s: %s; node id %s, sent %q", c.allowed, h.Outcome, h.Reason, nodeID(b, "copy"), sent)
		}
		if first := slices.IndexFunc(sent, func(s string) bool { return strings.Contains(s, "rmcctrl -p") }); c.allowed != nil && !slices.ContainsFunc(sent[:max(first, 0)], func(s string) bool { return strings.Contains(s, "recfgct -n") }) {
			t.Errorf("remote clients are enabled before the copy has an id of its own: %q", sent)
		}
	}
}

// loseAddress takes the RMC address from the copy, for rmc-restore to put back.
func (b *bench) loseAddress() {
	b.fleet.Host("copy").Mutate(func(s *aixsim.State) {
		for i := range s.NICs {
			if s.NICs[i].Management {
				s.NICs[i].Attrs.NetAddr6, s.NICs[i].Live.IPv6 = "", nil
			}
		}
	})
	b.use("rmc-restore")
	b.ended = map[string]outcome.Host{}
}

// healed reports whether the RMC address was put back.
func healed(h outcome.Host) bool {
	return slices.ContainsFunc(h.Changes, func(c outcome.Change) bool {
		return strings.Contains(c.Step, "address") || strings.Contains(c.Step, "netaddr6")
	})
}

// besideOriginal returns engines that recover the copy under the name of the original,
// beside a cloud that shows the original with a status: "silent", "absent" or one of the
// API. own is whether it shows a VM of the copy, too.
func (b *bench) besideOriginal(status *string, own bool) func() *controller.Engine {
	b.t.Helper()
	macs := map[string]string{b.fleet.Host("copy").Snapshot().NICs[0].MAC: "copy", b.fleet.Host("original").Snapshot().NICs[0].MAC: "original"}
	captured, err := b.store.Newest("original", "")
	must(b.t, err)
	b.loseAddress()
	b.powerOff("original")
	sight := func(_ inventory.Host, seen []string) cloud.Sight {
		for _, mac := range seen {
			switch s := (cloud.Sight{Instance: "vm-" + macs[mac], Name: macs[mac], Status: "ACTIVE", Health: "OK", NICs: []cloud.NIC{{MAC: mac}}}); {
			case macs[mac] == "copy" && own:
				return s
			case macs[mac] == "original" && *status != "silent" && *status != "absent":
				s.Status = *status
				return s
			}
		}
		return cloud.Sight{Silence: "no route", Absent: *status != "silent"}
	}
	return func() *controller.Engine {
		e := b.engine(controller.Recover)
		e.Captures = underAnotherName{e.Captures, captured}
		e.Cloud = func(context.Context) cloud.Sights { return cloud.Sights{At: time.Now(), Of: sight} }
		return e
	}
}

// RMC of a copy is not repaired while the original answers: in the run with the same node
// id, or as a VM that runs in the cloud with the MACs of the capture under this name. Nor is
// it where the cloud is asked and does not say.
func TestACopyIsNotHealedBesideItsOriginal(t *testing.T) {
	t.Parallel()
	t.Run("in the run", func(t *testing.T) {
		t.Parallel()
		b := failedOver(t)
		b.loseAddress()
		h := b.run(controller.Recover)["copy"]
		held := slices.ContainsFunc(h.Plan, func(p outcome.PlanStep) bool {
			return p.Rung == "address" && strings.Contains(p.BlockedBy, "original answers with the same RSCT node id")
		})
		if h.Outcome != outcome.NeedsAction || healed(h) || len(b.changed("copy")) > 0 || !held {
			t.Errorf("%s: %s, %v, %+v", h.Outcome, h.Reason, statuses(h), h.Plan)
		}
		b.powerOff("original")
		if h := b.run(controller.Recover)["copy"]; !healed(h) {
			t.Errorf("the original is down: %s: %s, %v", h.Outcome, h.Reason, statuses(h))
		}
	})
	for _, c := range []struct {
		status string // of the original
		own    bool   // the copy has a VM
		says   string // in the reason; "" where it is healed
	}{
		{"ACTIVE", true, "shows original (vm-original) ACTIVE"}, {"MIGRATING", true, "shows original (vm-original) MIGRATING"}, {"ACTIVE", false, "shows original (vm-original) ACTIVE"},
		{"SHUTOFF", true, ""}, {"SHUTOFF", false, ""}, {"absent", true, ""}, {"absent", false, ""}, {"not asked", true, ""},
		{"silent", true, "may be a copy; whether the original runs could not be read: no route"}, {"silent", false, "or, if the original is down, with --cloud off"},
	} {
		t.Run(fmt.Sprintf("in the cloud, %s, own %t", c.status, c.own), func(t *testing.T) {
			t.Parallel()
			b := failedOver(t)
			e := b.besideOriginal(&c.status, c.own)()
			if c.status == "not asked" {
				e.Cloud = nil
			}
			h := b.runEngine(e, "copy")["copy"]
			if held := c.says != ""; held && (h.Outcome != outcome.NeedsAction || healed(h) || len(b.changed("copy")) > 0 || !strings.Contains(h.Reason, c.says)) || !held && !healed(h) {
				t.Errorf("%s: %s, %v", h.Outcome, h.Reason, statuses(h))
			}
		})
	}
}

// post-failover says that the machine of the newest capture still runs in the cloud, or that
// the cloud was asked and does not say.
func TestPostFailoverAsksTheCloud(t *testing.T) {
	t.Parallel()
	for status, c := range map[string]struct {
		severity outcome.Severity
		title    string
	}{
		"ACTIVE":  {outcome.Critical, "still runs: Power Virtual Server shows original (vm-original) ACTIVE"},
		"silent":  {outcome.Warning, "not known whether the machine of capture"},
		"SHUTOFF": {}, "absent": {},
	} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			b := failedOver(t)
			engine := b.besideOriginal(&status, true)
			b.use("post-failover")
			e := engine()
			e.Verb = controller.Audit
			h := b.runEngine(e, "copy")["copy"]
			if n := len(titles(h, "original-runs")); severity(h, "original-runs") != c.severity || !strings.Contains(title(h, "original-runs"), c.title) || n > 1 || (n == 1) != (c.title != "") {
				t.Errorf("%s %q", severity(h, "original-runs"), titles(h, "original-runs"))
			}
		})
	}
}

// A copy is held for its original in a resumed run, too: when it was begun, the original was
// off.
func TestACopyIsHeldAfterAResume(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"ACTIVE", "silent", "SHUTOFF"} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			b := failedOver(t)
			b.fleet.Host("copy").Mutate(func(s *aixsim.State) { s.RMC.Hung = true }) // a restart follows the address
			shown := "SHUTOFF"
			engine := b.besideOriginal(&shown, true)
			e := engine()
			stop := sync.OnceFunc(func() { close(b.stop) })
			e.Journal = journalFunc(func(entry outcome.Entry) error {
				if entry.Event == outcome.EventResult {
					stop()
				}
				return b.dir.Append(entry)
			})
			h := b.runEngine(e, "copy")["copy"]
			n := len(h.Changes)
			if !h.Interrupted || !healed(h) {
				t.Fatalf("%s: %s: it was not cut off after its first step: %v", h.Outcome, h.Reason, statuses(h))
			}
			b.stop = make(chan struct{})
			shown = status
			h = b.resume(engine())["copy"]
			if held := len(h.Changes) == n; held != (status != "SHUTOFF") || held && h.Outcome == outcome.Recovered {
				t.Errorf("%s: %s, %v", h.Outcome, h.Reason, statuses(h))
			}
		})
	}
}

// underAnotherName has the capture of an original as the newest one of every host.
type underAnotherName struct {
	controller.Captures
	capture *outcome.Capture
}

func (u underAnotherName) Newest(string, string) (*outcome.Capture, error) { return u.capture, nil }

func (u underAnotherName) Load(path string) (*outcome.Capture, error) {
	if strings.HasSuffix(path, "/"+u.capture.ID) {
		return u.capture, nil
	}
	return u.Captures.Load(path)
}
