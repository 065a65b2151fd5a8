package controller_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/suite"
)

var errDead = errors.New("the process is dead")

// mortal is a journal and a sink that write nothing more after a number of
// journal entries, as if the process had been killed there.
type mortal struct {
	*bench
	mu     sync.Mutex
	left   int // entries until death
	died   outcome.Entry
	cancel context.CancelFunc
}

func (m *mortal) Append(e outcome.Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.left == 0 {
		if m.died.Event == "" {
			m.died = e
		}
		m.cancel() // whatever runs is cut, as a dead process's connections are
		return errDead
	}
	m.left--
	return m.dir.Append(e)
}

func (m *mortal) dead() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.died.Event != ""
}

func (m *mortal) HostDone(h outcome.Host) error {
	if m.dead() {
		return errDead
	}
	return m.bench.HostDone(h)
}

func (m *mortal) Checkpoint(h outcome.Host) error {
	if m.dead() {
		return errDead
	}
	return m.bench.Checkpoint(h)
}

// dieAt runs an engine whose process dies at a journal entry, counted from 1. It
// returns that entry; none when the run ended before.
func (b *bench) dieAt(e *controller.Engine, entry int) outcome.Entry {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), hang)
	defer cancel()
	if e.Begun != nil {
		b.goesOn()
	}
	m := &mortal{bench: b, left: entry - 1, cancel: cancel}
	e.Journal, e.Sink = m, m
	if _, err := e.Run(ctx, b.hosts); err != nil && !errors.Is(err, errDead) {
		b.t.Fatal(err)
	}
	return m.died
}

// begun is what the bench's journal tells a process that goes on.
func (b *bench) begun(host string) (controller.Begun, error) {
	trail := outcome.Trails(b.journal())[host]
	if trail == nil {
		return controller.Begun{}, nil
	}
	b.mu.Lock()
	h, ended := b.ended[host]
	b.mu.Unlock()
	if ended && trail.Ended != "" {
		return controller.Begun{Done: &h}, nil
	}
	begun := controller.Begun{Events: controller.Events(b.journal())[host]}
	if ended {
		begun.Report = &h
	}
	var err error
	begun.Checkpoint, err = b.store.LoadCheckpoint(b.id, host)
	return begun, err
}

// goesOn notes that another process goes on with the run, as the command does.
func (b *bench) goesOn() {
	must(b.t, b.dir.Append(outcome.Entry{Time: time.Now(), Event: outcome.EventRun, State: outcome.RunResumed}))
}

// resume goes on with the run.
func (b *bench) resume(e *controller.Engine) map[string]outcome.Host {
	b.t.Helper()
	e.Begun, e.Began = b.begun, time.Now()
	b.goesOn()
	return b.runEngine(e)
}

// mortalCase is a recovery that is killed at every entry of its journal.
type mortalCase struct {
	illness string
	allow   []string
	set     []string
	images  bool
	upload  bool
}

var mortalCases = []mortalCase{
	{illness: "address-removed-smitty"},
	{illness: "session-on-rmc-nic"},
	{illness: "mksysb-restore"},
	{illness: "daemon-down"},
	{illness: "node-id-mismatch", allow: []string{"node-id"}},
	{illness: "cluster0-leftover", allow: []string{"cluster0", "node-id"}},
	{illness: "rsct-below-minimum", allow: []string{"rsct-update"}, images: true},
	{illness: "rsct-below-minimum", allow: []string{"rsct-update"}, upload: true},
}

func (c mortalCase) bench(t *testing.T) *bench {
	b := newBench(t, c.illness)
	b.set = append(b.set, "wait=20s")
	// A look that finds RMC on its way looks once more, seconds later.
	b.fleet.Host(c.illness).Mutate(func(s *aixsim.State) { s.RMC.ConnectDelay = 0 })
	if c.images {
		b.fleet.Host(c.illness).Mutate(func(s *aixsim.State) { s.Files[imagesFolder+"/.toc"] = aixsim.File{Content: "0\n"} })
		b.set = append(b.set, "images="+imagesFolder)
	}
	if c.upload {
		b.uploading(b.fleet.Host(c.illness))
	}
	b.set = append(b.set, c.set...)
	return b
}

func (c mortalCase) engine(b *bench) *controller.Engine {
	e := b.engine(controller.Recover)
	e.Allowed, e.MendWarnings = c.allow, true
	return e
}

// A process that dies at any entry of its journal loses nothing: who goes on
// says what became of the open step, sends nothing twice, and ends where the
// first would have.
func TestResumeAtEveryEntry(t *testing.T) {
	for _, c := range mortalCases {
		t.Run(c.illness, func(t *testing.T) {
			t.Parallel()
			whole := c.bench(t)
			want := whole.runEngine(c.engine(whole))[c.illness]
			sent := whole.sent(c.illness)
			if len(want.Changes) == 0 {
				t.Fatalf("nothing was changed: %s %s", want.Outcome, want.Reason)
			}
			total, unknown := len(whole.journal()), 0
			step := suite.Rounds(9, 1)
			for k := 1; k <= total; k += step {
				b := c.bench(t)
				died := b.dieAt(c.engine(b), k)
				open := outcome.Trails(b.journal())[c.illness]
				got := b.resume(c.engine(b))[c.illness]
				where := fmt.Sprintf("died at entry %d of %d (%s %s %s)", k, total, died.Event, died.Step, died.State)
				again := b.sent(c.illness)
				if got.Outcome == outcome.Unknown && open.InDoubt() && strings.Contains(got.Reason, "neither confirms nor refutes it") {
					// Nothing on a host tells whether rmcctrl -p or rmcrefreshMD ran.
					unknown++
					if len(again) > len(sent) || !slices.Equal(again, sent[:len(again)]) {
						t.Errorf("%s: after a step of which nothing is known, more was sent\n %s", where, strings.Join(again, "\n "))
					}
					b.fleet.Close()
					continue
				}
				if got.Outcome != want.Outcome {
					t.Errorf("%s: %s: %s, wanted %s", where, got.Outcome, got.Reason, want.Outcome)
				}
				if !slices.Equal(again, sent) {
					t.Errorf("%s: sent\n %s\nwanted\n %s", where, strings.Join(again, "\n "), strings.Join(sent, "\n "))
				}
				if open != nil && open.InDoubt() && len(b.settled) != 1 {
					t.Errorf("%s: said of the open step %v: %v", where, open.Changes[len(open.Changes)-1].Step, b.settled)
				}
				for _, change := range got.Changes {
					left := slices.ContainsFunc(got.Findings, func(f outcome.Finding) bool { return f.ID == controller.LeftBehind })
					if change.Status == outcome.UnknownIf && !(left && strings.HasSuffix(change.Step, "-undo")) {
						t.Errorf("%s: %s is unknown: %s", where, change.Step, change.Detail)
					}
				}
				b.fleet.Close()
			}
			t.Logf("killed at entries 1 to %d, every %d.: %d ended unknown, as they must", total, step, unknown)
		})
	}
}
