package controller_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/journal/durable"
	"aixmend/controller/journal/outage"
	"aixmend/controller/outcome"
	"aixmend/transport/lab/suite"
)

// watch has the state folder of a bench watched.
func (b *bench) watch(oneByOne bool) (rec *outage.Recorder, root string) {
	rec, root = &outage.Recorder{}, filepath.Join(b.t.TempDir(), "state")
	store, err := journal.OpenOn(durable.Watched(rec, oneByOne), root)
	must(b.t, err)
	run, err := store.NewRun(b.id)
	must(b.t, err)
	b.t.Cleanup(func() { _ = run.Close() })
	b.store, b.dir = store, run
	return rec, root
}

// maxSyncs is how many syncs a host may take whose one rung was run.
const maxSyncs = 12

// A change is on the disk before it is sent, and that takes few syncs: most are those of the
// journal.
func TestSyncsOfARecover(t *testing.T) {
	t.Parallel()
	var illnesses []string
	for range 10 {
		illnesses = append(illnesses, "address-removed-smitty")
	}
	b := newBench(t, illnesses...)
	rec, _ := b.watch(false)
	before, _ := rec.Syncs()
	var rungs atomic.Int64
	e := b.engine(controller.Recover)
	e.Journal = journalFunc(func(e outcome.Entry) error {
		if e.Event == outcome.EventRung {
			rungs.Add(1)
		}
		return b.dir.Append(e)
	})
	for name, h := range b.runEngine(e) {
		if h.Outcome != outcome.Recovered {
			t.Errorf("%s: %s: %s", name, h.Outcome, h.Reason)
		}
	}
	all, shared := rec.Syncs()
	t.Logf("%d syncs, %d of them shared, for %d rungs", all-before, shared, rungs.Load())
	if shared == 0 {
		t.Skip("this file system can't be synced as a whole")
	}
	const once = 2 // the folder of the checkpoints
	if limit := maxSyncs*int(rungs.Load()) + once; all-before > limit {
		t.Errorf("%d syncs for %d rungs, want at most %d", all-before, rungs.Load(), limit)
	}
}

// The power fails at any moment of a recover. The journal has each step that was sent, and the
// capture from before it is whole.
func TestOutageOfARecover(t *testing.T) {
	t.Parallel()
	for name, oneByOne := range map[string]bool{"shared": false, "one by one": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "address-removed-smitty", "daemon-down")
			rec, root := b.watch(oneByOne)
			e := b.engine(controller.Recover)
			e.Journal = journalFunc(func(e outcome.Entry) error {
				err := b.dir.Append(e)
				if err == nil && e.Event == outcome.EventIntent { // it may be sent now
					rec.Claim(func(state string) error { return preparedFor(state, b.id, e) })
				}
				return err
			})
			b.runEngine(e)
			moments := rec.Moments()
			step := max(1, moments/suite.Rounds(25, moments))
			for moment := moments - 1; moment >= 0; moment -= step {
				kind := outage.Kind(moment % int(outage.Some+2))
				left := filepath.Join(t.TempDir(), "state")
				if err := errors.Join(os.Mkdir(left, durable.DirMode), rec.Make(left, root, moment, kind)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// preparedFor checks that all is on the disk that a change depends on.
func preparedFor(state, id string, intent outcome.Entry) error {
	s, err := journal.OpenExisting(state)
	if err != nil {
		return err
	}
	entries, err := s.ReadJournal(id)
	if err != nil {
		return err
	}
	same := func(e outcome.Entry) bool {
		return e.Event == intent.Event && e.Host == intent.Host && e.Step == intent.Step && e.Time.Equal(intent.Time.Truncate(time.Nanosecond))
	}
	if !slices.ContainsFunc(entries, same) {
		return fmt.Errorf("the journal has no %s of %s", intent.Step, intent.Host)
	}
	h, err := s.LoadCheckpoint(id, intent.Host)
	if err != nil || h == nil {
		return fmt.Errorf("%s has no checkpoint: %w", intent.Host, err)
	}
	_, err = s.Load(h.Capture)
	return err
}
