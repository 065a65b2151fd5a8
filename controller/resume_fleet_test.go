package controller_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/controller/rollout"
	"aixmend/transport/lab/aixsim"
)

// judgedTwins fails the test unless both hosts with one node id are said to be so,
// each once.
func judgedTwins(t *testing.T, ended map[string]outcome.Host) {
	t.Helper()
	for name, want := range map[string]int{"first": 1, "second": 1, "third": 0} {
		found := 0
		for _, f := range ended[name].Findings {
			if f.ID == "node-id-duplicate" {
				found++
			}
		}
		if h := ended[name]; found != want || (h.Outcome == outcome.NeedsAction) != (want == 1) {
			t.Errorf("%s: %s: %s: found %d times, wanted %d", name, h.Outcome, h.Reason, found, want)
		}
	}
}

// A run that only reads was killed when it had judged its hosts among each other:
// whoever goes on does not judge them a second time.
func TestResumeJudgesAmongOthersOnce(t *testing.T) {
	t.Parallel()
	b := duplicates(t)
	judgedTwins(t, b.run(controller.Audit))
	judgedTwins(t, b.resume(b.engine(controller.Audit)))
}

// A run is stopped when one of two hosts with one node id has been read: that one
// has not been judged among the others, and is gone on with.
func TestResumeOfATwin(t *testing.T) {
	t.Parallel()
	b := duplicates(t)
	b.concurrency = 1
	for _, h := range b.hosts {
		b.fleet.Host(h.Name).Mutate(func(s *aixsim.State) {
			s.Behaviours = map[string]aixsim.Behaviour{"uname": {Delay: aixsim.Duration(200 * time.Millisecond), Times: 1}}
		})
	}
	e := b.engine(controller.Plan)
	stop := sync.OnceFunc(func() { close(b.stop) })
	e.Journal = journalFunc(func(entry outcome.Entry) error {
		if entry.State == string(controller.Gathering) && entry.Host != "third" {
			stop()
		}
		return b.dir.Append(entry)
	})
	for name, h := range b.runEngine(e) {
		if !h.Interrupted {
			t.Errorf("%s is not to be gone on with: %s: %s", name, h.Outcome, h.Reason)
		}
	}
	b.stop = make(chan struct{})
	judgedTwins(t, b.resume(b.engine(controller.Plan)))
}

// Every step of the one host that was changed has its result, and another host is
// read late: the first goes on when it has been, and not never.
func TestResumeWaitsForNamesAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t, "address-removed-smitty", "daemon-down")
	b.set = append(b.set, "wait=1m")
	died := false
	recover := func() *controller.Engine {
		e := b.engine(controller.Recover)
		e.Waves = []rollout.Wave{{Count: 1}, {Percent: 100}}
		return e
	}
	e := recover()
	e.Journal = journalFunc(func(entry outcome.Entry) error {
		if died {
			return errDead
		}
		died = entry.Event == outcome.EventResult && entry.Step == "set-address"
		return b.dir.Append(entry)
	})
	if _, err := e.Run(t.Context(), b.hosts); !errors.Is(err, errDead) {
		t.Fatal(err)
	}
	b.ended = map[string]outcome.Host{} // the reports were never written
	b.fleet.Host("daemon-down").Mutate(func(s *aixsim.State) {
		s.Behaviours = map[string]aixsim.Behaviour{"uname": {Delay: aixsim.Duration(300 * time.Millisecond), Times: 1}}
	})
	for name, h := range b.resume(recover()) {
		if h.Outcome != outcome.Recovered {
			t.Errorf("%s: %s: %s", name, h.Outcome, h.Reason)
		}
	}
}
