package controller_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"aixmend/controller/outcome"
	"aixmend/transport/lab/sshtest"
	"aixmend/transport/lab/suite"
)

// entryOf is the number of the first entry about a step with an event, from 1 on.
func entryOf(t *testing.T, entries []outcome.Entry, event, step string) int {
	t.Helper()
	i := slices.IndexFunc(entries, func(e outcome.Entry) bool { return e.Event == event && e.Step == step })
	if i < 0 {
		t.Fatalf("there is no %s of %s", event, step)
	}
	return i + 1
}

// A process is killed when it has written down what it is about to send, and the
// one that goes on is killed too, at any entry: the third ends where the first
// would have, the step is sent once, and what was said of a change stays said.
func TestResumeTwice(t *testing.T) {
	for name, c := range map[string]struct {
		mortalCase
		event, step string // what the first process does not write any more
		text        string // of the command that never reaches the host; "": it is not sent
	}{
		"address":         {mortalCase{illness: "session-on-rmc-nic"}, outcome.EventResult, "set-address", "( /usr/sbin/chdev "},
		"armed, not sent": {mortalCase{illness: "session-on-rmc-nic"}, outcome.EventIntent, "set-address", ""},
		"armed, unknown":  {mortalCase{illness: "session-on-rmc-nic"}, outcome.EventResult, "set-address-arm-undo", ""},
		"two lines":       {mortalCase{illness: "mksysb-restore"}, outcome.EventResult, "set-address", "( /usr/sbin/chdev "},
		"daemon":          {mortalCase{illness: "daemon-down"}, outcome.EventResult, "start-rmc", "rmcctrl -A\n"},
		"node id":         {mortalCase{illness: "node-id-mismatch", allow: []string{"node-id"}}, outcome.EventResult, "keep-node-id", "recfgct -s\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.set = []string{"wait=8s"} // a step of which nothing tells whether it ran is waited for so long
			whole := c.bench(t)
			want := whole.runEngine(c.engine(whole))[c.illness]
			sent, first := whole.sent(c.illness), entryOf(t, whole.journal(), c.event, c.step)
			step := suite.Rounds(9, 1)
			died := outcome.Entry{Event: "a first time"}
			for k := 1; died.Event != ""; k += step {
				b := c.bench(t)
				if c.text != "" {
					b.fleet.Server(c.illness).SetFaults(sshtest.Faults{CutBefore: c.text, Times: 1})
				}
				b.dieAt(c.engine(b), first)
				e := c.engine(b)
				e.Begun = b.begun
				died = b.dieAt(e, k)
				where := fmt.Sprintf("killed again at entry %d (%s %s %s)", k, died.Event, died.Step, died.State)
				open := outcome.Trails(b.journal())[c.illness]
				got := b.resume(c.engine(b))[c.illness]
				again := b.sent(c.illness)
				if got.Outcome == outcome.Unknown && open.InDoubt() && strings.Contains(got.Reason, "neither confirms nor refutes it") {
					b.fleet.Close()
					continue // nothing on a host tells
				}
				if got.Outcome != want.Outcome || !slices.Equal(again, sent) {
					t.Errorf("%s: %s: %s; sent\n %s\nwanted %s, sent\n %s", where, got.Outcome, got.Reason, strings.Join(again, "\n "), want.Outcome, strings.Join(sent, "\n "))
				}
				for i, c := range open.Changes {
					if c.Status != outcome.UnknownIf && got.Changes[i].Status != c.Status {
						t.Errorf("%s: %s was %s, and is %s now: %s", where, c.Step, c.Status, got.Changes[i].Status, got.Changes[i].Detail)
					}
				}
				b.fleet.Close()
			}
		})
	}
}

// The undo of a step runs on the host because nobody is there to disarm it. That
// is no failure of the host: the rung is entered again, also when the process that
// finds it out is killed at any entry.
func TestResumeTwiceAfterAnUndo(t *testing.T) {
	const host = "session-on-rmc-nic"
	c := mortalCase{illness: host, set: []string{"wait=8s"}}
	whole := c.bench(t)
	whole.runEngine(c.engine(whole))
	first := entryOf(t, whole.journal(), outcome.EventResult, "set-address")
	step := suite.Rounds(9, 1)
	for k := 1; k <= 20; k += step {
		t.Run(fmt.Sprint("entry ", k), func(t *testing.T) {
			t.Parallel()
			b := c.bench(t)
			usual := b.set
			b.set = append(slices.Clone(usual), "undo_after=4s")
			b.dieAt(c.engine(b), first)
			b.awaitChange(host, "netaddr6= ")
			b.set = usual
			e := c.engine(b)
			e.Begun = b.begun
			died := b.dieAt(e, k)
			got := b.resume(c.engine(b))[host]
			if sent := b.sent(host); got.Outcome != outcome.Recovered || len(sent) != 3 || sent[0] != sent[2] {
				t.Errorf("killed again at %s %s %s: %s: %s; sent\n %s", died.Event, died.Step, died.State, got.Outcome, got.Reason, strings.Join(sent, "\n "))
			}
		})
	}
}

// awaitChange waits until a command with a text has changed a host.
func (b *bench) awaitChange(host, text string) {
	b.t.Helper()
	late := time.NewTimer(hang)
	defer late.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !slices.ContainsFunc(b.changed(host), func(c string) bool { return strings.Contains(c, text) }) {
		select {
		case <-tick.C:
		case <-late.C:
			b.t.Fatalf("%s: no change with %q: %q", host, text, b.changed(host))
		}
	}
}
