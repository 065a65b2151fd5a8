package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"aixmend/controller/journal/durable"
	"aixmend/controller/journal/outage"
	"aixmend/controller/outcome"
	"aixmend/transport/lab/suite"
)

// The power fails at each moment of a run that changes hosts, and of the changes that were not
// synced none arrives, all, or any part. All that was promised is there, no capture is half of one, and the
// journal names none that is not whole.
func TestPowerLoss(t *testing.T) {
	t.Parallel()
	for name, oneByOne := range map[string]bool{"shared": false, "one by one": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			rec, root := &outage.Recorder{}, filepath.Join(folder, "state")
			recorded(t, rec, durable.Watched(rec, oneByOne), root)
			losses, last := 0, outage.Some+outage.Kind(suite.Rounds(1, 60))
			for moment := rec.Moments() - 1; moment >= 0; moment -= suite.Rounds(4, 1) {
				for kind := outage.Nothing; kind < last; kind++ {
					left := filepath.Join(folder, fmt.Sprint(moment, "-", int(kind)))
					losses++
					if err := errors.Join(os.Mkdir(left, durable.DirMode), loss(rec, left, root, moment, kind)); err != nil {
						t.Fatalf("moment %d, %s: %v\n%s", moment, kind, err, strings.Join(tree(t, left), "\n"))
					}
					if err := os.RemoveAll(left); err != nil {
						t.Fatal(err)
					}
				}
			}
			t.Logf("%d losses of power at %d moments", losses, rec.Moments())
		})
	}
}

// loss makes the rest of a state folder after a loss, and checks it.
func loss(rec *outage.Recorder, left, root string, moment int, kind outage.Kind) error {
	if err := rec.Make(left, root, moment, kind); err != nil {
		return err
	}
	if err := sound(left); err != nil || (moment+int(kind))%50 != 0 { // the next check syncs
		return err
	}
	return usable(left)
}

// recorded takes three hosts at a time through two rungs of a run.
func recorded(t *testing.T, rec *outage.Recorder, disk durable.Disk, root string) {
	t.Helper()
	s, err := OpenOn(disk, root)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.NewRun("r1")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	must := func(err error) {
		if err != nil {
			t.Error(err)
		}
	}
	must(r.WriteRequest(map[string]string{"verb": "recover"}))
	claim(rec, func(s *Store) error {
		var asked struct{ Verb string }
		return s.LoadRequest("r1", &asked)
	})
	must(r.Append(outcome.Entry{Time: at, Event: outcome.EventRun, State: outcome.RunStarted}))
	run := outcome.Run{Schema: outcome.RunSchema, ID: "r1"}
	var wait sync.WaitGroup
	for i := range 3 {
		host := fmt.Sprint("aix", i)
		run.Hosts = append(run.Hosts, outcome.HostSummary{Name: host, Capture: "captures/" + host + "/c1"})
		wait.Go(func() { must(changed(rec, s, r, host)) })
	}
	wait.Wait()
	must(r.Finish(run))
	claim(rec, func(s *Store) error {
		id, err := s.Resolve("latest")
		if err == nil {
			_, err = s.LoadRun(id)
		}
		for _, h := range run.Hosts {
			_, lost := s.LoadHost(id, h.Name)
			err = errors.Join(err, lost)
		}
		return err
	})
}

// changed takes a host through two rungs, and claims the promise of each step.
func changed(rec *outage.Recorder, s *Store, r *Run, host string) error {
	where, err := s.Keep(outcome.Capture{Schema: outcome.CaptureSchema, Host: host, ID: "c1", RunID: "r1"}, []outcome.CaptureFile{
		{Name: "files/etc/rc.tcpip", Data: []byte(strings.Repeat("start /usr/sbin/syslogd\n", 20))},
		{Name: "files/etc/hosts", Data: []byte("127.0.0.1 loopback\n")},
		{Name: "probes/empty"},
	})
	if err != nil {
		return err
	}
	claim(rec, func(s *Store) error { _, err := s.Load(where); return err })
	if err := r.Append(outcome.Entry{Time: at, Event: outcome.EventCaptured, Host: host, Detail: where}); err != nil {
		return err
	}
	if err := s.MarkApplied("p1", host, "r1"); err != nil {
		return err
	}
	claim(rec, func(s *Store) error {
		applied, err := s.Applied("p1")
		if err == nil && applied[host] != "r1" {
			err = fmt.Errorf("the plan is not applied to %s", host)
		}
		return err
	})
	report := outcome.Host{Schema: outcome.HostSchema, RunID: "r1", Host: host, Capture: where}
	for _, rung := range []string{"address", "refresh"} {
		report.Reason = rung
		if err := synced(rec, r, outcome.Entry{Time: at, Event: outcome.EventRung, Host: host, Rung: rung}); err != nil {
			return err
		}
		if err := r.WriteCheckpoint(report); err != nil {
			return err
		}
		claim(rec, func(s *Store) error {
			// Finish removes it when the report is there, and the next rung replaces it.
			_, lost := s.LoadHost("r1", host)
			h, err := s.LoadCheckpoint("r1", host)
			if err == nil && lost != nil && (h == nil || h.Reason != rung && h.Reason != "refresh") {
				err = fmt.Errorf("the checkpoint of rung %s is gone: %v", rung, h)
			}
			return err
		})
		for _, event := range []string{outcome.EventIntent, outcome.EventResult} {
			if err := synced(rec, r, outcome.Entry{Time: at, Event: event, Host: host, Rung: rung, Step: "set-address"}); err != nil {
				return err
			}
		}
	}
	if err := r.WriteHost(report, []byte("# report\n")); err != nil {
		return err
	}
	return r.Append(outcome.EndEntry(report))
}

// synced appends an entry that is on the disk from then on.
func synced(rec *outage.Recorder, r *Run, e outcome.Entry) error {
	if err := r.Append(e); err != nil {
		return err
	}
	claim(rec, func(s *Store) error {
		entries, err := s.ReadJournal("r1")
		if err == nil && !slices.ContainsFunc(entries, func(x outcome.Entry) bool {
			return x.Host == e.Host && x.Event == e.Event && x.Rung == e.Rung && x.Step == e.Step
		}) {
			err = fmt.Errorf("the journal has lost %s of %s on %s", e.Event, e.Rung, e.Host)
		}
		return err
	})
	return nil
}

// claim adds a check that holds from now on, of the state folder that is left.
func claim(rec *outage.Recorder, holds func(*Store) error) {
	rec.Claim(func(state string) error {
		s, err := OpenExisting(state)
		if err != nil {
			return err
		}
		return holds(s)
	})
}

// sound checks a state folder for the things that always hold: a capture is whole
// or has no manifest, and the journal names whole ones alone.
func sound(state string) error {
	s, err := OpenExisting(state)
	if err != nil {
		return nil // the run had not begun
	}
	hosts, err := s.CapturedHosts()
	if err != nil {
		return err
	}
	for _, host := range hosts {
		kept, err := s.Kept(host)
		if err != nil {
			return err
		}
		for _, k := range kept {
			_, manifest := os.Stat(filepath.Join(state, "captures", host, k.ID, "manifest.sha256"))
			if k.Err != nil && !errors.Is(manifest, fs.ErrNotExist) {
				return fmt.Errorf("half a capture has a manifest: %w", k.Err)
			}
		}
		if surplus, err := s.Surplus(host, 1); err != nil || len(surplus) != len(kept) && len(kept) > 0 && kept[0].Err != nil {
			return fmt.Errorf("pruning leaves half a capture of %s: %v, %w", host, surplus, err)
		}
	}
	entries, err := s.ReadJournal("r1")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		if e.Event != outcome.EventCaptured {
			continue
		}
		if err := s.Check(e.Detail); err != nil {
			return fmt.Errorf("the journal names it: %w", err)
		}
	}
	return nil
}

// usable checks that a state folder can be worked on.
func usable(state string) error {
	s, err := Open(state)
	if err != nil {
		return err
	}
	if s.StateAtRest("r1") != StateOpen { // else resume has nothing to continue
		return nil
	}
	r, err := s.Reopen("r1")
	if err != nil {
		return err
	}
	_, err = s.Keep(outcome.Capture{Schema: outcome.CaptureSchema, Host: "aix0", ID: "c2"}, nil)
	return errors.Join(err, r.Append(outcome.Entry{Time: at, Event: outcome.EventRun, State: outcome.RunResumed}), r.Close())
}
