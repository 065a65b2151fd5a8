package controller_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/sshtest"
)

// healing is what rungs 1 to 3 can heal: the steps that are taken, by illness
// of the simulator's catalogue (R1, R2, R3).
var healing = map[string][]string{
	"address-removed-smitty":       {"set-address"},
	"address-removed-live":         {"set-address"},
	"address-of-clone":             {"replace-stale-lines", "set-address"},
	"customer-netaddr6-on-rmc-nic": {"add-alias"},
	"mksysb-restore":               {"set-address"},
	"boot-volume-changed":          {"set-address"},
	"remote-clients-disabled":      {"enable-remote-clients", "refresh-management-domain"},
	"daemon-down":                  {"start-rmc", "enable-remote-clients-again"},
	"daemon-hung":                  {"enable-remote-clients", "refresh-management-domain", "stop-rmc", "start-rmc", "enable-remote-clients-again"},
	"hostile-log":                  {"set-address"},
	"noisy-profile":                {"set-address"},
	"german":                       {"start-rmc", "enable-remote-clients-again"},
}

// Each of them is healed: RMC is really connected in the simulator, not only
// in the report.
func TestRecoverHeals(t *testing.T) {
	t.Parallel()
	var names []string
	for name := range healing {
		names = append(names, name)
	}
	b := newBench(t, names...)
	for name, h := range b.run(controller.Recover) {
		var steps []string
		for _, c := range h.Changes {
			if strings.HasSuffix(c.Step, "arm-undo") { // beside each step on an interface
				continue
			}
			if c.Status != outcome.Applied || c.Undo == "" {
				t.Errorf("%s: step %s is %s, undo %q", name, c.Step, c.Status, c.Undo)
			}
			steps = append(steps, c.Step)
		}
		if diff := cmp.Diff(healing[name], steps); diff != "" {
			t.Errorf("%s: steps (-want +got)\n%s", name, diff)
		}
		if h.Outcome != outcome.Recovered || !b.fleet.Host(name).Connected() {
			t.Errorf("%s: %s: %s; connected %v", name, h.Outcome, h.Reason, b.fleet.Host(name).Connected())
		}
		if err := b.store.Check(h.Capture); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A second recover finds nothing to do and sends no changing command.
func TestRecoverTwice(t *testing.T) {
	t.Parallel()
	b := newBench(t, "address-of-clone", "daemon-down")
	b.run(controller.Recover)
	before := map[string]int{}
	for _, h := range b.hosts {
		before[h.Name] = len(b.sent(h.Name))
	}
	for name, h := range b.run(controller.Recover) {
		if h.Outcome != outcome.Healthy && h.Outcome != outcome.Degraded || len(h.Changes) > 0 {
			t.Errorf("%s: %s: %s, %d changes", name, h.Outcome, h.Reason, len(h.Changes))
		}
		if got := len(b.sent(name)); got != before[name] {
			t.Errorf("%s: %d changing commands, %d before", name, got, before[name])
		}
	}
}

// What rungs 1 to 3 may not touch is left alone, with the reason (D10, D1, D13,
// R1's guard, D14).
func TestRecoverLeavesAlone(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		outcome outcome.Outcome
		reason  string
	}{
		"rmc-nic-ambiguous":      {outcome.NeedsAction, "rmc-nic-ambiguous"},
		"rsct-below-minimum":     {outcome.NeedsAction, "--allow rsct-update"},
		"var-full":               {outcome.NeedsAction, "64 MB"},
		"not-aix":                {outcome.Skipped, "not AIX"},
		"not-root":               {outcome.NeedsAction, "privilege-missing"},
		"healthy":                {outcome.Healthy, ""},
		"address-not-persistent": {outcome.Degraded, "rmc-address-not-persistent"},
		"rsct-below-recommended": {outcome.Degraded, "rsct-below-recommended"},
	}
	var names []string
	for name := range cases {
		names = append(names, name)
	}
	b := newBench(t, names...)
	for name, h := range b.run(controller.Recover) {
		want := cases[name]
		if h.Outcome != want.outcome || !strings.Contains(h.Reason, want.reason) {
			t.Errorf("%s: %s: %s", name, h.Outcome, h.Reason)
		}
		if name == "rmc-nic-ambiguous" {
			continue // the refresh of rung 2 is harmless and may run
		}
		if got := b.changed(name); len(got) > 0 || h.Capture != "" {
			t.Errorf("%s: changed by %v, capture %q", name, got, h.Capture)
		}
	}
}

// Rung 3 refuses to stop RMC on a node of a live cluster (D10, R3).
func TestClusterGuard(t *testing.T) {
	t.Parallel()
	b := newBench(t, "peer-domain")
	h := b.run(controller.Recover)["peer-domain"]
	if h.Outcome != outcome.NeedsAction || !strings.Contains(h.Reason, "cluster guard") {
		t.Errorf("%s: %s", h.Outcome, h.Reason)
	}
	for _, line := range b.sent("peer-domain") {
		if strings.Contains(line, "rmcctrl -z") {
			t.Errorf("RMC was stopped: %s", line)
		}
	}
}

// Warnings are mended only when that is asked for.
func TestMendWarnings(t *testing.T) {
	t.Parallel()
	b := newBench(t, "address-not-persistent")
	e := b.engine(controller.Recover)
	e.MendWarnings = true
	h := b.runEngine(e)["address-not-persistent"]
	if h.Outcome != outcome.Recovered || !slices.Equal(statuses(h), []string{"set-address applied"}) {
		t.Errorf("%s: %s, changes %v", h.Outcome, h.Reason, statuses(h))
	}
}

// audit, capture and plan change nothing: the host's own log and its whole
// state say so, on every illness of the catalogue.
func TestReadOnlyVerbs(t *testing.T) {
	t.Parallel()
	hosts := aixsim.DemoFleet(1, connectDelay)
	b := startBench(t, hosts)
	b.set = append(b.set, "probe_timeout=1s")
	b.concurrency = len(hosts)
	before := map[string]string{}
	for _, h := range b.hosts {
		before[h.Name] = snapshot(t, b, h.Name)
	}
	for _, verb := range []controller.Verb{controller.Audit, controller.Capture, controller.Plan} {
		for name, h := range b.run(verb) {
			if len(h.Changes) > 0 {
				t.Errorf("%s %s: changes %v", verb, name, statuses(h))
			}
		}
	}
	for _, h := range b.hosts {
		if got := b.changed(h.Name); len(got) > 0 {
			t.Errorf("%s was changed by %v", h.Name, got)
		}
		if diff := cmp.Diff(before[h.Name], snapshot(t, b, h.Name)); diff != "" {
			t.Errorf("%s: state (-before +after)\n%s", h.Name, diff)
		}
	}
}

func snapshot(t *testing.T, b *bench, host string) string {
	t.Helper()
	state := b.fleet.Host(host).Snapshot()
	state.RMC = aixsim.State{}.RMC // it connects by itself as time passes
	text, err := json.MarshalIndent(state, "", " ")
	must(t, err)
	return string(text)
}

// A host that failed a step takes no further changing step: each step of each
// healing is made to fail in turn, and the host's own log says what came after.
func TestFailedStepIsTheLast(t *testing.T) {
	for illness, steps := range healing {
		for i, step := range steps {
			if step == "refresh-management-domain" {
				continue // it may fail, see TestStepThatMayFail
			}
			t.Run(illness+"/"+step, func(t *testing.T) {
				t.Parallel()
				b := newBench(t, illness)
				e := b.engine(controller.Recover)
				e.Journal = b.failAt(step, illness)
				h := b.runEngine(e)[illness]
				if h.Outcome != outcome.Failed || !strings.Contains(h.Reason, step) {
					t.Errorf("%s: %s", h.Outcome, h.Reason)
				}
				changes := slices.DeleteFunc(h.Changes, func(c outcome.Change) bool { return strings.HasSuffix(c.Step, "arm-undo") })
				h.Changes = changes
				if got := len(h.Changes); got != i+1 || h.Changes[i].Step != step || !strings.Contains(h.Changes[i].Detail, "exit status 1; ") || !strings.Contains(h.Changes[i].Detail, "by a new look: ") {
					t.Errorf("changes %v", statuses(h))
				}
				sent := b.sent(illness)
				failed := slices.IndexFunc(sent, func(line string) bool { return strings.HasSuffix(line, " = 1") })
				if failed < 0 || failed != len(sent)-1 {
					t.Errorf("the failed command is not the last: %q", sent)
				}
				if last := h.Stages[len(h.Stages)-1].Name; last != outcome.StageVerify {
					t.Errorf("the last stage is %s: the truth was not read", last)
				}
			})
		}
	}
}

// failAt makes every changing command of a host fail from the intent of a step
// on.
func (b *bench) failAt(step, host string) controller.Journal {
	return journalFunc(func(e outcome.Entry) error {
		if e.Event == outcome.EventIntent && e.Step == step {
			b.fleet.Host(host).Mutate(func(s *aixsim.State) {
				s.Behaviours = map[string]aixsim.Behaviour{}
				for _, name := range changing {
					s.Behaviours[name] = aixsim.Behaviour{Exit: 1, Stderr: "0514-516 no\n"}
				}
			})
		}
		return b.dir.Append(e)
	})
}

type journalFunc func(outcome.Entry) error

func (f journalFunc) Append(e outcome.Entry) error { return f(e) }

// A step that may fail does not end the recovery (R2: nobody documents the exit
// codes of rmcrefreshMD).
func TestStepThatMayFail(t *testing.T) {
	t.Parallel()
	const host = "remote-clients-disabled"
	b := newBench(t, host)
	b.fleet.Host(host).Mutate(func(s *aixsim.State) {
		s.Behaviours = map[string]aixsim.Behaviour{"rmcrefreshMD": {Exit: 3}}
	})
	h := b.run(controller.Recover)[host]
	if h.Outcome != outcome.Recovered || !strings.Contains(h.Changes[1].Detail, "exit status 3") {
		t.Errorf("%s: %s, changes %+v", h.Outcome, h.Reason, h.Changes)
	}
}

// Without a good capture nothing is changed (C4).
func TestNoGoodCapture(t *testing.T) {
	t.Parallel()
	for name, behaviour := range map[string]aixsim.Behaviour{
		"fails": {Exit: 1, Stderr: "cat: 0652-050 Cannot open\n"},
		"hangs": {Hang: true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, "address-removed-smitty")
			b.set = append(b.set, "probe_timeout=3s")
			b.fleet.Host("address-removed-smitty").Mutate(func(s *aixsim.State) {
				s.Behaviours = map[string]aixsim.Behaviour{"cat": behaviour}
			})
			h := b.run(controller.Recover)["address-removed-smitty"]
			if h.Outcome != outcome.NeedsAction || !strings.Contains(h.Reason, "no good capture") {
				t.Errorf("%s: %s", h.Outcome, h.Reason)
			}
			if sent := b.sent("address-removed-smitty"); len(sent) > 0 || h.Capture != "" {
				t.Errorf("sent %q, capture %q", sent, h.Capture)
			}
		})
	}
}

// The link dies in a step (V5): what happened is read from the host, and
// nothing is sent twice but what the host says did not happen.
func TestLinkDiesInAStep(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		faults  sshtest.Faults
		outcome outcome.Outcome
		changes []string
		sent    int // chdev commands that ran on the host
	}{
		{"before it ran", sshtest.Faults{CutBefore: "chdev -l", Times: 1}, outcome.Recovered,
			[]string{"set-address not_applied", "set-address applied"}, 1},
		{"after it ran", sshtest.Faults{CutAfterRun: "chdev -l", Times: 1}, outcome.Recovered,
			[]string{"set-address applied"}, 1},
		{"before it ran, twice", sshtest.Faults{CutBefore: "chdev -l"}, outcome.Failed,
			[]string{"set-address not_applied", "set-address not_applied"}, 0},
	}
	const host = "address-removed-smitty"
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, host)
			b.set = append(b.set, "wait=20s") // it does not run out
			tries := 0
			e := b.engine(controller.Recover)
			e.Journal = journalFunc(func(entry outcome.Entry) error {
				if entry.Step == "set-address" && entry.Event == outcome.EventIntent && (c.faults.Times == 0 || tries == 0) {
					tries++
					b.fleet.Server(host).SetFaults(c.faults)
				}
				if entry.Step == "set-address-arm-undo" && entry.Event == outcome.EventIntent {
					b.fleet.Server(host).SetFaults(sshtest.Faults{}) // it holds the undo's chdev
				}
				return b.dir.Append(entry)
			})
			h := b.runEngine(e)[host]
			if h.Outcome != c.outcome {
				t.Errorf("%s: %s", h.Outcome, h.Reason)
			}
			if diff := cmp.Diff(c.changes, statuses(h)); diff != "" {
				t.Errorf("changes (-want +got)\n%s", diff)
			}
			if sent := b.sent(host); len(sent) != c.sent {
				t.Errorf("ran on the host: %q", sent)
			}
		})
	}
}

// The link dies in a step and the evidence can't tell: unknown, and no further
// change.
func TestLinkDiesAndNobodyKnows(t *testing.T) {
	t.Parallel()
	const host = "firewalled" // RMC will not connect whatever is done
	b := newBench(t, host)
	b.fleet.Server(host).SetFaults(sshtest.Faults{CutDuring: "rmcctrl -p", Times: 1})
	h := b.run(controller.Recover)[host]
	if h.Outcome != outcome.Unknown || !strings.Contains(h.Reason, "enable-remote-clients") {
		t.Errorf("%s: %s", h.Outcome, h.Reason)
	}
	if diff := cmp.Diff([]string{"enable-remote-clients unknown"}, statuses(h)); diff != "" {
		t.Errorf("changes (-want +got)\n%s", diff)
	}
	if sent := b.sent(host); len(sent) > 1 {
		t.Errorf("sent %q", sent)
	}
}

// The link is dead before a step is sent: it certainly did not happen. The
// step before it was enough, so the rung is not entered again.
func TestLinkDiesBetweenSteps(t *testing.T) {
	t.Parallel()
	const host = "remote-clients-disabled"
	b := newBench(t, host)
	b.fleet.Server(host).SetFaults(sshtest.Faults{CutAfterRun: "rmcctrl -p", Times: 1})
	h := b.run(controller.Recover)[host]
	want := []string{
		"enable-remote-clients applied", "refresh-management-domain not_applied",
	}
	if diff := cmp.Diff(want, statuses(h)); diff != "" || h.Outcome != outcome.Recovered {
		t.Errorf("%s: %s; changes (-want +got)\n%s", h.Outcome, h.Reason, diff)
	}
}

// A step that certainly never left is sent, and not once more the step before it,
// which the host has answered.
func TestAppliedStepIsNotSentAgain(t *testing.T) {
	t.Parallel()
	const host = "daemon-hung" // the step before does not help
	b := newBench(t, host)
	b.fleet.Server(host).SetFaults(sshtest.Faults{CutAfterRun: "rmcctrl -p", Times: 1})
	h := b.run(controller.Recover)[host]
	want := []string{
		"enable-remote-clients applied", "refresh-management-domain not_applied", "refresh-management-domain applied",
		"stop-rmc applied", "start-rmc applied", "enable-remote-clients-again applied",
	}
	if diff := cmp.Diff(want, statuses(h)); diff != "" || h.Outcome != outcome.Recovered {
		t.Errorf("%s: %s; changes (-want +got)\n%s", h.Outcome, h.Reason, diff)
	}
}

// Before each changing command its intent is in the journal, after it the
// result.
func TestJournalIsWrittenAhead(t *testing.T) {
	t.Parallel()
	b := newBench(t, "daemon-hung")
	b.run(controller.Recover)
	open := ""
	n := 0
	for _, e := range b.journal() {
		switch e.Event {
		case outcome.EventIntent:
			if open != "" || e.Command == "" || e.Undo == "" {
				t.Errorf("intent %+v while %q is open", e, open)
			}
			open = e.Step
			n++
		case outcome.EventResult:
			if open != e.Step || e.Status != outcome.Applied || e.Exit == nil || *e.Exit != 0 {
				t.Errorf("result %+v of %q", e, open)
			}
			open = ""
		}
	}
	if n != 5 || open != "" {
		t.Errorf("%d intents, %q open", n, open)
	}
}

// A hung host holds nobody: the others end, and their reports are there, while
// it still hangs.
func TestHungHostHoldsNobody(t *testing.T) {
	t.Parallel()
	for _, verb := range []controller.Verb{controller.Audit, controller.Recover} {
		t.Run(string(verb), func(t *testing.T) { hungHostHoldsNobody(t, verb) })
	}
}

func hungHostHoldsNobody(t *testing.T, verb controller.Verb) {
	b := newBench(t, "healthy", "healthy", "healthy", "healthy")
	b.concurrency = 2
	b.fleet.Server("healthy").SetFaults(sshtest.Faults{HangExec: true})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { // the hung host is given up once the others have ended
		ticker := time.NewTicker(time.Millisecond)
		defer ticker.Stop()
		for {
			b.mu.Lock()
			n := len(b.ended)
			b.mu.Unlock()
			if n == 3 || ctx.Err() != nil {
				cancel()
				return
			}
			<-ticker.C
		}
	}()
	timeout := time.AfterFunc(hang, cancel)
	defer timeout.Stop()
	if _, err := b.engine(verb).Run(ctx, b.hosts); err != nil {
		t.Fatal(err)
	}
	for _, h := range b.hosts[1:] {
		if got := b.ended[h.Name].Outcome; got != outcome.Healthy {
			t.Errorf("%s: %s: %s", h.Name, got, b.ended[h.Name].Reason)
		}
	}
	if got := b.ended["healthy"].Outcome; got != outcome.Skipped {
		t.Errorf("the hung one: %s", got)
	}
}

// While a host settles it holds no place in the window: with a window of one,
// both settle at the same time.
func TestSettlingHoldsNoPlace(t *testing.T) {
	t.Parallel()
	b := newBench(t, "address-removed-smitty", "address-removed-live")
	b.concurrency = 1
	b.set = append(b.set, "settle=10s", "wait=1m")
	for name, h := range b.run(controller.Recover) {
		if h.Outcome != outcome.Recovered {
			t.Errorf("%s: %s: %s", name, h.Outcome, h.Reason)
		}
	}
	first := slices.IndexFunc(b.moves, func(m string) bool { return strings.HasSuffix(m, " verifying") })
	settling := 0
	for _, m := range b.moves[:first] {
		if strings.HasSuffix(m, " settling") {
			settling++
		}
	}
	if settling != 2 {
		t.Errorf("%d hosts settled at one time: %q", settling, b.moves)
	}
}

// The first signal: nothing new begins, what is read is kept.
func TestStop(t *testing.T) {
	t.Parallel()
	b := newBench(t, "address-removed-smitty", "healthy")
	close(b.stop)
	for name, h := range b.run(controller.Recover) {
		if h.Outcome != outcome.Skipped || len(h.Stages) > 0 {
			t.Errorf("%s: %s: %s", name, h.Outcome, h.Reason)
		}
	}
}

// A state folder that can't be written ends the run with an error, and no host
// is changed without its intent on disk.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	b := newBench(t, "address-removed-smitty")
	must(t, b.dir.Close()) // every write to the journal fails from now on
	_, err := b.engine(controller.Recover).Run(t.Context(), b.hosts)
	if err == nil || !strings.Contains(err.Error(), "journal") {
		t.Errorf("error %v", err)
	}
	if sent := b.sent("address-removed-smitty"); len(sent) > 0 {
		t.Errorf("sent %q", sent)
	}
}

// A capture that has changed since it was written is damaged (C4).
func TestCaptureIsCheckedBeforeUse(t *testing.T) {
	t.Parallel()
	b := newBench(t, "address-removed-smitty")
	e := b.engine(controller.Recover)
	e.Captures = tampering{e.Captures, b.store.Root()}
	h := b.runEngine(e)["address-removed-smitty"]
	if h.Outcome != outcome.Failed || !strings.Contains(h.Reason, "capture is damaged") {
		t.Errorf("%s: %s", h.Outcome, h.Reason)
	}
	if sent := b.sent("address-removed-smitty"); len(sent) > 0 {
		t.Errorf("sent %q", sent)
	}
}

// tampering changes a byte of each capture after it was kept.
type tampering struct {
	controller.Captures
	root string
}

func (c tampering) Keep(capture outcome.Capture, files []outcome.CaptureFile) (string, error) {
	where, err := c.Captures.Keep(capture, files)
	if err != nil {
		return where, err
	}
	return where, os.WriteFile(filepath.Join(c.root, where, "files/etc/rc.tcpip"), []byte("other"), 0o600)
}

// The hostile log's text is nowhere in a command.
func TestHostileLogStaysText(t *testing.T) {
	t.Parallel()
	b := newBench(t, "hostile-log")
	b.run(controller.Recover)
	for _, entry := range b.fleet.Host("hostile-log").Log() {
		if line := strings.Join(entry.Argv, " "); strings.Contains(line, "reboot") || strings.Contains(line, "$(") {
			t.Errorf("ran %q", line)
		}
	}
}

// Unreachable hosts say which kind of unreachable.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	b := newBench(t, "healthy", "healthy", "healthy")
	b.fleet.Server("healthy").SetFaults(sshtest.Faults{RejectAuth: true})
	b.fleet.Server("healthy-2").SetFaults(sshtest.Faults{DropAt: sshtest.StageKexInit})
	b.fleet.Server("healthy-3").Close()
	want := map[string]string{"healthy": "auth: ", "healthy-2": "lost: ", "healthy-3": "refused: "}
	for name, h := range b.run(controller.Audit) {
		if h.Outcome != outcome.Unreachable || !strings.HasPrefix(h.Reason, want[name]) {
			t.Errorf("%s: %s: %s", name, h.Outcome, h.Reason)
		}
	}
}

// A link that breaks while a host is read is tried once more; reading changes
// nothing.
func TestLinkBreaksInDiagnosis(t *testing.T) {
	t.Parallel()
	b := newBench(t, "healthy", "healthy")
	b.fleet.Server("healthy").SetFaults(sshtest.Faults{CutDuring: "lslpp", Times: 1})
	b.fleet.Server("healthy-2").SetFaults(sshtest.Faults{CutDuring: "lslpp"})
	ended := b.run(controller.Audit)
	if h := ended["healthy"]; h.Outcome != outcome.Healthy || len(h.Stages) != 2 {
		t.Errorf("cut once: %s: %s, %d stages", h.Outcome, h.Reason, len(h.Stages))
	}
	if h := ended["healthy-2"]; h.Outcome != outcome.Unreachable || !strings.HasPrefix(h.Reason, "lost: ") {
		t.Errorf("cut always: %s: %s", h.Outcome, h.Reason)
	}
}
