package gather

import (
	"context"
	"errors"
	"slices"
	"testing"

	"aixmend/controller/outcome"
	"aixmend/controller/rollout"
)

// atOnce lets every host begin at once, and cuts the run in the same moment.
type atOnce struct {
	rollout.Turns
	cut func()
}

func (a atOnce) Want(string) <-chan string {
	a.cut()
	permit := make(chan string, 1)
	permit <- ""
	return permit
}

func (atOnce) End(outcome.Host, bool) {}

// A host whose turn comes when the run is cut, by --deadline for one, does not begin.
func TestNoHostBeginsAfterTheCut(t *testing.T) {
	t.Parallel()
	for range 64 { // select takes any of what is ready
		s, l := newSite([]string{"a"}), &log{}
		g := hub(t, s, l, []string{"a"}, nil)
		ctx, cut := context.WithCancelCause(t.Context())
		g.Turns = atOnce{cut: func() { cut(errors.New("cut by --deadline")) }}
		s.step("a", Wants, "f1.x", "")
		if h, err := g.Host(ctx, "a", nil); err != nil || !h.Interrupted || len(l.turns("a")) > 0 {
			t.Fatal(h, err, l.turns("a"))
		}
	}
}

// The end of a host that another worker tells than the one that was let begin it is none: the
// host may have been changed, and resume continues it.
func TestTheEndThatAnotherWorkerTells(t *testing.T) {
	t.Parallel()
	begun := []outcome.Entry{{Event: outcome.EventTurn, Host: "a", Process: "f1.x"}}
	for _, c := range []struct {
		process string
		want    outcome.Outcome
	}{{"f2.x", outcome.Unknown}, {"f1.y", outcome.Skipped}, {"", outcome.Skipped}} {
		s, l := newSite([]string{"a"}), &log{}
		g := hub(t, s, l, []string{"a"}, nil)
		s.step("a", Ended, c.process, outcome.Skipped)
		h, err := g.Host(t.Context(), "a", begun)
		if unknown := c.want == outcome.Unknown; err != nil || h.Outcome != c.want || h.Interrupted != unknown || (len(l.entries) == 0) != unknown {
			t.Errorf("%q: %+v %v %v", c.process, h, err, l.entries)
		}
	}
}

// A hub that was restored from an older copy learns from the worker that a host has begun: no
// other worker is let begin it.
func TestBegunBeforeTheCopy(t *testing.T) {
	t.Parallel()
	hosts := []string{"a", "b"}
	s, l := newSite(hosts), &log{}
	all := hub(t, s, l, hosts, nil).run(t.Context(), hosts, nil)
	s.step("a", GoesOn, "f1.x", "")
	s.step("a", GoesOn, "f1.y", "")
	s.step("a", Wants, "f2.x", "")
	s.until(t, func(turn Turn) bool { return turn.Process == "f2.x" && turn.Refused != "" })
	if got := l.turns("a"); !slices.Equal(got, []string{"f1.x"}) {
		t.Error(got)
	}
	s.step("a", Ended, "f1.x", outcome.Recovered)
	s.step("b", Ended, "f1.x", outcome.Healthy)
	all.Wait()
}

// full is a journal on a full disk.
type full struct{ log }

func (*full) Append(outcome.Entry) error { return errors.New("disk full") }

// Where the hub can't note a turn, nobody is told, and the sites are asked to stop: nobody
// waits for turns that never come.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	hosts := []string{"a"}
	s := newSite(hosts)
	g := hub(t, s, nil, hosts, nil)
	g.Journal = &full{}
	s.step("a", Wants, "f1.x", "")
	_, err := g.Host(t.Context(), "a", nil)
	if told, _ := s.turns(); err == nil || len(told) > 0 || !slices.Equal(s.cut, hosts) {
		t.Error(err, told, s.cut)
	}
}
