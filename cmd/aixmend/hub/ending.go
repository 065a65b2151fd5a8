package hub

import (
	"encoding/json"
	"fmt"

	"aixmend/controller/fleet"
)

// result answers with a piece of the end of a run.
func (s *Service) result(_ string, f fetching) (any, error) {
	g, err := s.of(f.Run)
	if err != nil {
		return nil, err
	}
	text, err := g.ending()
	switch {
	case err != nil:
		return nil, err
	case text == nil:
		return nil, &fleet.Refusal{Text: "run " + f.Run + " has not ended"}
	case f.From < 0 || f.From > len(text):
		return nil, &fleet.Refusal{Text: fmt.Sprintf("the end of run %s has no byte %d", f.Run, f.From)}
	}
	size := pieceBytes
	if s.hub != nil { // a NATS of somebody else may take less
		size = min(size, s.hub.Most()/2)
	}
	return piece{text[f.From:min(f.From+size, len(text))], len(text)}, nil
}

// ending is the text of the end, nil before it. Where that is short it is made for each question,
// else it is kept until the operator has it.
func (g *going) ending() ([]byte, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.end == nil || g.text != nil {
		return g.text, nil
	}
	text, err := json.Marshal(g.end)
	if err == nil && len(text) > pieceBytes {
		g.text = text
	}
	return text, err
}

// take notes that the operator of a run has its end: an answer that was sent may not arrive
// from a hub that stops.
func (s *Service) take(operator string, n named) (any, error) {
	g, err := s.of(n.Run)
	if err != nil {
		return nil, err
	}
	if g.operator == operator && g.ended() != nil {
		g.take()
	}
	return n, nil
}

// take notes that nobody waits for the end of the run any more.
func (g *going) take() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.text = nil
	select {
	case <-g.taken:
	default:
		close(g.taken)
	}
}
