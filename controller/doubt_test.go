package controller_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/playbooks"
	"aixmend/transport"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/sshtest"
	"aixmend/transport/wrap"
)

// rebuilds runs rung 4 on a host whose recfgct behaves like this, and returns how the
// host ended and how often its new-node-id was sent.
func (b *bench) rebuilds(how aixsim.Behaviour, prepare func(e *controller.Engine)) (outcome.Host, int) {
	b.t.Helper()
	const host = "node-id-missing"
	b.fleet.Host(host).Mutate(func(s *aixsim.State) {
		if s.Behaviours == nil {
			s.Behaviours = map[string]aixsim.Behaviour{}
		}
		s.Behaviours["recfgct"] = how
	})
	e := b.engine(controller.Recover)
	e.Allowed = []string{"node-id"}
	prepare(e)
	h := b.runEngine(e)[host]
	intents := 0
	for _, entry := range b.journal() {
		if entry.Step == "new-node-id" && entry.Event == outcome.EventIntent {
			intents++
		}
	}
	return h, intents
}

// cutsIn cuts all connections when recfgct runs.
func (b *bench) cutsIn(e *controller.Engine) {
	const host = "node-id-missing"
	armed, cut := false, make(chan struct{})
	e.Journal = journalFunc(func(entry outcome.Entry) error {
		if entry.Step == "new-node-id" && entry.Event == outcome.EventIntent && !armed {
			armed = true
			go func() {
				defer close(cut)
				for !b.runs(host, "install/bin/recfgct -n\n") && b.t.Context().Err() == nil {
				}
				b.fleet.Server(host).CloseConnections()
			}()
		}
		return b.dir.Append(entry)
	})
	b.t.Cleanup(func() {
		if armed {
			<-cut
		}
	})
}

// runs reports whether the process table of a host has a line that ends so.
func (b *bench) runs(name, end string) bool {
	h := b.hosts[slices.IndexFunc(b.hosts, func(h inventory.Host) bool { return h.Name == name })]
	conn, err := b.dialer(wrap.Shut).Dial(b.t.Context(), controller.TargetOf(h))
	if err != nil {
		return false
	}
	defer conn.Close()
	got, err := conn.Run(b.t.Context(), []transport.Command{{ID: "ps", Line: "/usr/bin/ps -e -o pid= -o ppid= -o args=", Timeout: time.Minute}})
	return err == nil && strings.Contains(string(got.Results[0].Stdout), end)
}

// E4: a step whose link died and that is not seen to have happened is not sent again
// while its program runs, however often the host is looked at.
func TestStepInDoubtStillRuns(t *testing.T) {
	t.Parallel()
	b := newBench(t, "node-id-missing")
	h, sent := b.rebuilds(aixsim.Behaviour{Hang: true}, b.cutsIn)
	if h.Outcome != outcome.Unknown || sent != 1 || !strings.Contains(h.Reason, "and still runs (pid ") {
		t.Errorf("%s: %s; sent %d times, %v", h.Outcome, h.Reason, sent, statuses(h))
	}
}

// E4: the step is waited for, and its effect is looked for only after that.
func TestStepInDoubtIsWaitedFor(t *testing.T) {
	t.Parallel()
	b := newBench(t, "node-id-missing")
	b.set = append(b.set, "wait=20s")
	h, sent := b.rebuilds(aixsim.Behaviour{Delay: aixsim.Duration(time.Second), Times: 1}, b.cutsIn)
	if h.Outcome != outcome.Recovered || sent != 1 {
		t.Errorf("%s: %s; sent %d times, %v", h.Outcome, h.Reason, sent, statuses(h))
	}
	for _, stage := range h.Stages {
		for _, step := range stage.Steps {
			if step.ID == "new-node-id-processes" && (step.Mutating || strings.Count(step.Stdout, "\n") > 1) {
				t.Errorf("the report shows what else runs on the host:\n%s", step.Stdout)
			}
		}
	}
}

// E4: a step that did not end in its time is sent again once it has ended and is not
// seen to have happened; before, nothing could tell.
func TestHungStepThatEnds(t *testing.T) {
	t.Parallel()
	text, err := playbooks.Source("rmc-restore")
	must(t, err)
	b := newBench(t, "node-id-missing")
	b.playbook, err = playbooks.Parse("rmc-restore.yaml", bytes.ReplaceAll(text, []byte("timeout: 5m"), []byte("timeout: 1s")))
	must(t, err)
	b.set = append(b.set, "wait=20s")
	h, sent := b.rebuilds(aixsim.Behaviour{Delay: aixsim.Duration(1500 * time.Millisecond), Exit: 1, Times: 1}, func(*controller.Engine) {})
	if h.Outcome != outcome.Recovered || sent != 2 {
		t.Errorf("%s: %s; sent %d times, %v", h.Outcome, h.Reason, sent, statuses(h))
	}
}

// E4: where there is no ps, two looks count, as ever.
func TestStepInDoubtWithoutPS(t *testing.T) {
	t.Parallel()
	b := newBench(t, "node-id-missing")
	b.set = append(b.set, "wait=20s")
	b.fleet.Host("node-id-missing").Mutate(func(s *aixsim.State) {
		s.Behaviours = map[string]aixsim.Behaviour{"ps": {Missing: true}}
	})
	h, sent := b.rebuilds(aixsim.Behaviour{}, func(e *controller.Engine) {
		armed := false
		e.Journal = journalFunc(func(entry outcome.Entry) error {
			if entry.Step == "new-node-id" && entry.Event == outcome.EventIntent && !armed {
				armed = true
				b.fleet.Server("node-id-missing").SetFaults(sshtest.Faults{CutBefore: "recfgct -n", Times: 1})
			}
			return b.dir.Append(entry)
		})
	})
	if h.Outcome != outcome.Recovered || sent != 2 {
		t.Errorf("%s: %s; sent %d times, %v", h.Outcome, h.Reason, sent, statuses(h))
	}
}
