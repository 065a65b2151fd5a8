package hub

import (
	"testing"
)

// The answer of the operator lets a wave begin or not, once; an answer to another wave, a
// second one and another operator's change nothing; the stop of the run is a no.
func TestPause(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		answers []answering
		stop    bool
		want    bool
	}{
		{"yes", []answering{{Wave: 2, Yes: true}}, false, true},
		{"no", []answering{{Wave: 2}}, false, false},
		{"twice", []answering{{Wave: 2}, {Wave: 2, Yes: true}}, false, false},
		{"another wave", []answering{{Wave: 1, Yes: true}, {Wave: 3, Yes: true}, {Wave: 2}}, false, false},
		{"stopped", []answering{{Wave: 1, Yes: true}}, true, false},
	} {
		g := newGoing("ops")
		s := &Service{present: present{runs: map[string]*going{"r": g}}}
		_, asks := g.waits()
		got := make(chan bool, 1)
		go func() { got <- g.pause(2, []string{"a", "b"}) }()
		<-asks
		if w, _ := g.waits(); w == nil || w.Number != 2 || len(w.Hosts) != 2 {
			t.Errorf("%s: %+v", c.name, w)
		}
		if _, err := s.answerWave("thief", answering{Run: "r", Wave: 2, Yes: true}); err == nil {
			t.Errorf("%s: another operator may answer", c.name)
		}
		for _, a := range c.answers {
			a.Run = "r"
			if _, err := s.answerWave("ops", a); err != nil {
				t.Error(err)
			}
		}
		if c.stop {
			g.stop.Interrupt()
		}
		if yes := <-got; yes != c.want {
			t.Errorf("%s: %v", c.name, yes)
		}
		if w, _ := g.waits(); w != nil {
			t.Errorf("%s: it still waits", c.name)
		}
	}
}
