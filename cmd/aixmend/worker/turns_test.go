package worker

import (
	"context"
	"strings"
	"testing"
	"time"

	"aixmend/controller/fleet"
	"aixmend/controller/gather"
	"aixmend/controller/outcome"
	"aixmend/controller/peers"
)

// waitingTurns are turns of a process, at a time that the test sets.
func waitingTurns(changes bool, now *time.Time) *turns {
	t := newTurns(newOutbox(&Worker{}, "run"), "f1.x", changes, func(string) {})
	t.now = func() time.Time { return *now }
	t.heard = *now
	return t
}

// A host begins when its turn is this folder's, and no word for another one lets it begin;
// words that come twice change nothing.
func TestTurns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		turn          gather.Turn
		begins, waits bool
		refused       string
	}{
		{"begin", gather.Turn{Host: "a", Process: "f1.x"}, true, false, ""},
		{"an earlier process of this folder", gather.Turn{Host: "a", Process: "f1.old"}, true, false, ""},
		{"brake", gather.Turn{Host: "a", Process: "f1.x", Refused: "brake: 3 failed"}, false, false, "brake: 3 failed"},
		{"another folder begins", gather.Turn{Host: "a", Process: "f2.x"}, false, false, "another worker of this site was let begin"},
		{"another folder is refused", gather.Turn{Host: "a", Process: "f2.x", Refused: "brake"}, false, true, ""},
		{"nobody", gather.Turn{Host: "a"}, false, false, "another worker of this site was let begin"},
		{"another host", gather.Turn{Host: "b", Process: "f1.x"}, false, true, ""},
	} {
		now := time.Now()
		w := waitingTurns(true, &now)
		permit := w.Want("a")
		word := fleet.Word{Turn: &c.turn}
		w.take([]fleet.Word{word, word})
		select {
		case text := <-permit:
			if c.waits || (text == "") != c.begins {
				t.Errorf("%s: %q", c.name, text)
			}
		default:
			if !c.waits {
				t.Errorf("%s: it waits", c.name)
			}
		}
		if got := w.Refused("a"); got != c.refused {
			t.Errorf("%s: refused %q, want %q", c.name, got, c.refused)
		}
	}
}

// A run that may change hosts is cut off when the hub was silent for more than 30 s, and one
// that reads never.
func TestSilentHub(t *testing.T) {
	t.Parallel()
	for _, changes := range []bool{true, false} {
		now := time.Now()
		w := waitingTurns(changes, &now)
		for _, c := range []struct {
			after time.Duration
			word  bool
			cut   bool
		}{{20 * time.Second, false, false}, {10 * time.Second, false, false}, {time.Millisecond, false, true}, {0, true, false}, {31 * time.Second, false, true}} {
			if now = now.Add(c.after); c.word {
				w.take(nil)
			}
			if w.Cut() != (c.cut && changes) {
				t.Errorf("%+v, changes %v: cut %v", c, changes, w.Cut())
			}
		}
	}
}

// A hub that began again is told the newest step of each host: of one that was let begin that
// it goes on.
func TestHubThatBeganAgain(t *testing.T) {
	t.Parallel()
	now := time.Now()
	w := waitingTurns(true, &now)
	w.Read("a")
	w.Want("b")
	w.Want("c")
	w.End(outcome.Host{Host: "d"}, true)
	begins := []fleet.Word{{Turn: &gather.Turn{Host: "b", Process: "f1.x"}}}
	answers := []fleet.Words{{Session: "one", List: begins}, {Session: "one", First: 1}, {Session: "two"}, {Over: true}}
	w.ask = func(_ context.Context, a fleet.Asks) (fleet.Words, error) {
		next := answers[0]
		if answers = answers[1:]; next.Session == "two" {
			w.box.list = nil // it is sent before
		}
		return next, nil
	}
	w.follow(t.Context())
	var got []string
	for _, s := range w.box.list {
		got = append(got, s.host+" "+string(s.step)+" "+s.process)
	}
	if text := strings.Join(got, ", "); text != "a read f1.x, b goes on f1.x, c wants f1.x, d ended f1.x" {
		t.Error(text)
	}
}

// The others are known once, with the first word about them.
func TestOthers(t *testing.T) {
	t.Parallel()
	now := time.Now()
	w := waitingTurns(false, &now)
	first := peers.Others{Same: map[string][]string{"a": {"b"}}}
	w.take([]fleet.Word{{Others: &first}, {Others: &peers.Others{}}})
	got, err := w.Others(t.Context())
	if err != nil || got.Same["a"][0] != "b" {
		t.Error(got, err)
	}
}

// What was told before the worker knows which process of the hub listens may have been told to an
// earlier one, whose streams are lost: it is told again.
func TestFirstWordAfterTheHubBeganAgain(t *testing.T) {
	t.Parallel()
	for _, known := range []string{"", "first"} {
		now := time.Now()
		w := waitingTurns(true, &now)
		w.Read("a")
		sent := len(w.box.list)
		ctx, end := context.WithCancel(t.Context())
		answers := []fleet.Words{{Session: "second"}, {Session: "second"}}
		if known != "" {
			answers = append([]fleet.Words{{Session: known}}, answers...)
		}
		w.ask = func(context.Context, fleet.Asks) (fleet.Words, error) {
			if len(answers) == 0 {
				end()
				return fleet.Words{}, ctx.Err()
			}
			answer := answers[0]
			answers = answers[1:]
			return answer, nil
		}
		w.follow(ctx)
		if again := len(w.box.list) - sent; again < 1 || again > 2 || w.box.list[sent].host != "a" || w.box.list[sent].step != gather.Read {
			t.Errorf("known %q: told %d times again", known, again)
		}
	}
}
