package controller_test

import (
	"slices"
	"strings"
	"testing"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/sshtest"
)

// status is that of the change of a step, "" when there is none.
func status(h outcome.Host, step string) string {
	i := slices.IndexFunc(h.Changes, func(c outcome.Change) bool { return c.Step == step })
	if i < 0 {
		return ""
	}
	return h.Changes[i].Status
}

// R5: what an earlier run, or anybody else, left in the place of the images is
// never installed: images are there once this very run has brought them.
func TestUpdateTakesNoOldImages(t *testing.T) {
	t.Parallel()
	b, _ := updating(t, "rsct-below-minimum", func(s *aixsim.State) {
		s.Exports = map[string][]aixsim.Fileset{"nim.example:/export/rsct": s.Images[imagesFolder]}
		stale := slices.Clone(s.Images[imagesFolder])
		for i := range stale {
			stale[i].Level = "3.2.1.5"
		}
		s.Images = map[string][]aixsim.Fileset{"/var/aixmend/images": stale, "/var/aixmend/images.r0": stale}
		for _, folder := range []string{"images", "images.r0"} {
			s.Files["/var/aixmend/"+folder+"/.toc"] = aixsim.File{Content: "0\n"}
		}
	})
	b.fleet.Host("rsct-below-minimum").Mutate(func(s *aixsim.State) { s.Files["/var/aixmend"] = aixsim.File{Dir: true, Mode: 0o700} })
	b.set = append(b.set, "images=nim.example:/export/rsct")
	e := b.engine(controller.Recover)
	e.Allowed = []string{"rsct-update"}
	h := b.runEngine(e)["rsct-below-minimum"]
	if got := level(b.fleet.Host("rsct-below-minimum").Snapshot()); h.Outcome != outcome.Recovered || got != "3.2.6.2 A" {
		t.Errorf("%s: %s; RSCT %s", h.Outcome, h.Reason, got)
	}
}

// R5: a folder with two levels of a fileset: the newest is wanted, and an update
// to it is good.
func TestUpdateFromTwoLevels(t *testing.T) {
	t.Parallel()
	b, e := updating(t, "rsct-below-minimum", func(s *aixsim.State) {
		for _, f := range slices.Clone(s.Images[imagesFolder]) {
			f.Level = "3.2.6.1"
			s.Images[imagesFolder] = append(s.Images[imagesFolder], f)
		}
	})
	h := b.runEngine(e)["rsct-below-minimum"]
	if got := level(b.fleet.Host("rsct-below-minimum").Snapshot()); h.Outcome != outcome.Recovered || got != "3.2.6.2 A" {
		t.Errorf("%s: %s; RSCT %s", h.Outcome, h.Reason, got)
	}
}

// R5: what could not be taken back, or would take others' things along, is not
// begun.
func TestUpdateWithoutAWayBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*aixsim.State)
		want   string
	}{
		"base level": {func(s *aixsim.State) {
			for i := range s.Images[imagesFolder] {
				s.Images[imagesFolder][i].Type = " "
			}
		}, "could not be undone"},
		"something else is broken": {func(s *aixsim.State) {
			s.Filesets = append(s.Filesets, aixsim.Fileset{Name: "oracle.client", Level: "1.0.0.0", State: "B", Type: "F"})
		}, "oracle.client"},
		"still below the minimum": {func(s *aixsim.State) {
			for i := range s.Images[imagesFolder] {
				s.Images[imagesFolder][i].Level = "3.1.9.0"
			}
		}, "3.1.9.0, which is also below"},
	} {
		t.Run(name, func(t *testing.T) {
			b, e := updating(t, "rsct-below-minimum", c.change)
			h := b.runEngine(e)["rsct-below-minimum"]
			if h.Outcome != outcome.NeedsAction || !strings.Contains(h.Reason, c.want) || len(h.Changes) > 0 {
				t.Errorf("%s: %s; %v", h.Outcome, h.Reason, statuses(h))
			}
		})
	}
}

// V5: an installation whose link dies and that is not seen to have happened may
// still run: it is never begun again.
func TestUpdateInDoubtIsNotRepeated(t *testing.T) {
	t.Parallel()
	const host = "rsct-below-minimum"
	b, e := updating(t, host, nil)
	e.Journal = journalFunc(func(entry outcome.Entry) error {
		if entry.Step == "apply-update" && entry.Event == outcome.EventIntent {
			b.fleet.Server(host).SetFaults(sshtest.Faults{CutBefore: "installp -agXY", Times: 1})
		}
		return b.dir.Append(entry)
	})
	h := b.runEngine(e)[host]
	intents := 0
	for _, entry := range b.journal() {
		if entry.Step == "apply-update" && entry.Event == outcome.EventIntent {
			intents++
		}
	}
	if h.Outcome != outcome.Unknown || intents != 1 {
		t.Errorf("%s: %s; %d intents, %v", h.Outcome, h.Reason, intents, statuses(h))
	}
}

// A signal after an update was applied: it is still checked, and taken back
// where the check fails.
func TestUpdateIsCheckedAfterASignal(t *testing.T) {
	t.Parallel()
	const host = "rsct-below-minimum"
	b, e := updating(t, host, func(s *aixsim.State) { s.Installp = "inconsistent" })
	e.Journal = journalFunc(func(entry outcome.Entry) error {
		if entry.Step == "apply-update" && entry.Event == outcome.EventResult && entry.Status == outcome.Applied {
			select {
			case <-b.stop:
			default:
				close(b.stop)
			}
		}
		return b.dir.Append(entry)
	})
	h := b.runEngine(e)[host]
	if h.Outcome != outcome.Failed || status(h, "apply-update") != outcome.Undone || !strings.HasPrefix(level(b.fleet.Host(host).Snapshot()), "3.1.5.0") {
		t.Errorf("%s: %s; %v, RSCT %s", h.Outcome, h.Reason, statuses(h), level(b.fleet.Host(host).Snapshot()))
	}
}

// A proof that can't be read takes nothing back: it is read again.
func TestUpdateIsNotTakenBackForWantOfAProof(t *testing.T) {
	t.Parallel()
	const host = "rsct-below-minimum"
	b, _ := updating(t, host, nil)
	b.set = append(b.set, "wait=20s")
	e := b.engine(controller.Recover)
	e.Allowed = []string{"rsct-update"}
	broken := false
	e.Journal = journalFunc(func(entry outcome.Entry) error {
		if entry.State == string(controller.Settling) && entry.Host == host && !broken {
			broken = true // the first look after the update
			b.fleet.Host(host).Mutate(func(s *aixsim.State) {
				s.Behaviours = map[string]aixsim.Behaviour{"lslpp": {Exit: 1, Stderr: "0504-101 ODM lock\n", Times: 3}}
			})
		}
		return b.dir.Append(entry)
	})
	h := b.runEngine(e)[host]
	if !broken || status(h, "apply-update") != outcome.Applied || level(b.fleet.Host(host).Snapshot()) != "3.2.6.2 A" || h.Outcome != outcome.Recovered {
		t.Errorf("%s: %s; %v, RSCT %s", h.Outcome, h.Reason, statuses(h), level(b.fleet.Host(host).Snapshot()))
	}
}

// What could not be taken away is a finding with the command, and its clean-up
// is not called applied.
func TestLeftBehind(t *testing.T) {
	t.Parallel()
	const host = "rsct-below-minimum"
	b, _ := updating(t, host, func(s *aixsim.State) {
		s.Exports = map[string][]aixsim.Fileset{"nim.example:/export/rsct": s.Images[imagesFolder]}
		s.Images = nil
		s.Behaviours = map[string]aixsim.Behaviour{"umount": {Exit: 1, Stderr: "umount: device busy\n"}}
	})
	b.set = append(b.set, "images=nim.example:/export/rsct")
	e := b.engine(controller.Recover)
	e.Allowed = []string{"rsct-update"}
	h := b.runEngine(e)[host]
	if !strings.Contains(title(h, controller.LeftBehind), "/usr/sbin/umount /var/aixmend/images.r1") || status(h, "mount-images-undo") != outcome.NotApplied {
		t.Errorf("%s: %s; %q, %v", h.Outcome, h.Reason, title(h, controller.LeftBehind), statuses(h))
	}
}

// A link that dies while something is taken back: it is not known whether it
// was, and the host says so.
func TestLinkDiesInAnUndo(t *testing.T) {
	t.Parallel()
	const host = "rsct-below-minimum"
	b, e := updating(t, host, func(s *aixsim.State) { s.Installp = "inconsistent" })
	e.Journal = journalFunc(func(entry outcome.Entry) error {
		if entry.Step == "apply-update-undo" && entry.Event == outcome.EventIntent {
			b.cutDuring(host, "installp -C")
		}
		return b.dir.Append(entry)
	})
	h := b.runEngine(e)[host]
	if h.Outcome != outcome.Unknown || !strings.Contains(h.Reason, "being reverted") {
		t.Errorf("%s: %s; %v", h.Outcome, h.Reason, statuses(h))
	}
}

// Own image: two machines that are to get the same id back are both refused.
func TestOwnImagesOfOneID(t *testing.T) {
	t.Parallel()
	b := newBench(t, "healthy", "healthy")
	b.use("rmc-restore-own-image")
	id := idOf(b.fleet.Host("healthy").Snapshot())
	setID := func(s *aixsim.State) {
		for _, name := range []string{"/etc/ct_node_id", "/var/ct/cfg/ct_node_id"} {
			s.Files[name] = aixsim.File{Content: id + "\n"}
		}
	}
	b.fleet.Host("healthy-2").Mutate(setID)
	b.run(controller.Capture)
	for _, name := range []string{"healthy", "healthy-2"} {
		b.fleet.SwapBoot(name, aixsim.BootImage{Hostname: name, Address: true})
	}
	e := b.engine(controller.Recover)
	e.Allowed = []string{"node-id"}
	for name, h := range b.runEngine(e) {
		if !strings.Contains(h.Reason, "is to get it back too") || idOf(b.fleet.Host(name).Snapshot()) == id {
			t.Errorf("%s: %s: %s", name, h.Outcome, h.Reason)
		}
	}
}

// support-data that was interrupted, or had no room, is not called well.
func TestSupportDataIsHonest(t *testing.T) {
	t.Parallel()
	b := newBench(t, "healthy")
	b.use("support-data")
	b.fleet.Host("healthy").Mutate(func(s *aixsim.State) {
		for i := range s.FileSystems {
			s.FileSystems[i].FreeKB = 100 << 10
		}
	})
	if h := b.run(controller.Recover)["healthy"]; h.Outcome != outcome.NeedsAction || len(h.Support) > 0 {
		t.Errorf("no room: %s: %s", h.Outcome, h.Reason)
	}
	b = newBench(t, "healthy")
	b.use("support-data")
	b.fleet.Host("healthy").Mutate(func(s *aixsim.State) { s.Behaviours = map[string]aixsim.Behaviour{"snap": {Exit: 1}} })
	if h := b.run(controller.Recover)["healthy"]; h.Outcome != outcome.Failed || !strings.Contains(h.Reason, "collect-system-data") || len(h.Support) == 0 {
		t.Errorf("half of it: %s: %s", h.Outcome, h.Reason)
	}
	b = newBench(t, "healthy")
	b.use("support-data")
	e := b.engine(controller.Recover)
	e.Journal = journalFunc(func(entry outcome.Entry) error {
		if entry.Step == "collect-rsct-data" && entry.Event == outcome.EventResult {
			close(b.stop)
		}
		return b.dir.Append(entry)
	})
	if h := b.runEngine(e)["healthy"]; h.Outcome != outcome.Failed || !strings.Contains(h.Reason, "interrupted in the middle") {
		t.Errorf("interrupted: %s: %s", h.Outcome, h.Reason)
	}
}

// RSCT that is missing or broken is a person's to mend: no rung could take back
// what it would do, and the finding says what to do.
func TestMissingRSCTIsAPersonsToMend(t *testing.T) {
	t.Parallel()
	for illness, want := range map[string]string{"rsct-missing": "no rung does this", "rsct-broken": "installp -C"} {
		b, e := updating(t, illness, nil)
		h := b.runEngine(e)[illness]
		i := slices.IndexFunc(h.Findings, func(f outcome.Finding) bool { return f.ID == illness })
		if h.Outcome != outcome.NeedsAction || i < 0 || !strings.Contains(h.Findings[i].Remedy, want) || len(h.Changes) > 0 {
			t.Errorf("%s: %s: %s; %v", illness, h.Outcome, h.Reason, h.Findings)
		}
	}
}

// R1: a line of rc.tcpip that only a person can edit is known before anything is
// sent: the host needs a person, and the plan says why.
func TestHardLineIsKnownBefore(t *testing.T) {
	t.Parallel()
	const host = "address-of-clone"
	b := newBench(t, host)
	b.fleet.Host(host).Mutate(func(s *aixsim.State) {
		f := s.Files["/etc/rc.tcpip"]
		f.Content = strings.Replace(f.Content, "/usr/sbin/chdev -l en1", "/usr/sbin/chdev -l en1 -a mtu=1500", 1)
		s.Files["/etc/rc.tcpip"] = f
	})
	const why = "a stale line of /etc/rc.tcpip must be edited manually: line 19: it sets mtu=1500"
	plan := b.run(controller.Plan)[host]
	i := slices.IndexFunc(plan.Plan, func(s outcome.PlanStep) bool { return s.Step == "replace-stale-lines" })
	if i < 0 || plan.Plan[i].BlockedBy != why {
		t.Errorf("the plan: %+v", plan.Plan)
	}
	h := b.run(controller.Recover)[host]
	if h.Outcome != outcome.NeedsAction || !strings.Contains(h.Reason, why) || slices.ContainsFunc(h.Changes, func(c outcome.Change) bool { return c.Rung == "address" }) {
		t.Errorf("%s: %s; %v", h.Outcome, h.Reason, statuses(h))
	}
}
