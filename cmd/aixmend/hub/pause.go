package hub

import (
	"fmt"

	"aixmend/cmd/aixmend/console"
	"aixmend/controller/fleet"
	"aixmend/controller/report"
)

// A run with --pause waits before each wave but the first until its operator has answered. The
// wait has no limit, and a hub that begins again asks again.

// wave is a wave that waits for an answer.
type wave struct {
	Number int      `json:"number"`
	Hosts  []string `json:"hosts"`
}

// answering is the answer of an operator.
type answering struct {
	Run  string `json:"run"`
	Wave int    `json:"wave"`
	Yes  bool   `json:"yes"`
}

// pause asks the operator of a run before a wave; the stop of the run is a no.
func (g *going) pause(number int, hosts []string) bool {
	answer := make(chan bool, 1)
	g.mu.Lock()
	g.wave, g.answer = &wave{number, hosts}, answer
	close(g.asks)
	g.asks = make(chan struct{})
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.wave, g.answer = nil, nil
	}()
	select {
	case yes := <-answer:
		return yes
	case <-g.stop.Stop():
		return false
	}
}

// waits is the wave that waits for an answer, nil for none, and a channel that is closed by
// the next one.
func (g *going) waits() (*wave, <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.wave, g.asks
}

// answered takes an answer. One that comes twice, or to a wave that does not wait, changes
// nothing.
func (g *going) answered(a answering) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.wave == nil || g.wave.Number != a.Wave {
		return
	}
	select {
	case g.answer <- a.Yes:
	default:
	}
}

// answerWave takes the answer of the operator of a run.
func (s *Service) answerWave(operator string, a answering) (any, error) {
	g, err := s.of(a.Run)
	if err != nil {
		return nil, err
	}
	if g.operator != operator {
		return nil, &fleet.Refusal{Text: fmt.Sprintf("the waves of run %s wait for operator %s", a.Run, g.operator)}
	}
	g.answered(a)
	return a, nil
}

// confirm asks a person about a wave.
func confirm(c *console.Console, w wave) bool {
	ok, err := c.Confirm("wave %d: %s: %s.", w.Number, report.Hosts(len(w.Hosts)), report.Compact(w.Hosts))
	return ok && err == nil
}
