package hub

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"aixmend/controller/journal"
	"aixmend/controller/outcome"
)

const run = "20261201T070000.000Z-3f9ac2"

// The end of a run that is longer than a message arrives in pieces, also where the hub began
// again in between and has it in another notation. One that a hub makes up is an error.
func TestLongEnd(t *testing.T) {
	t.Parallel()
	store, err := journal.Open(t.TempDir())
	must(t, err)
	hubOf := func(size int) *Service {
		g := newGoing("ops")
		g.end = &result{Run: outcome.Run{ID: run, ExitReason: strings.Repeat("x", size)}, Broken: "y"}
		return &Service{ctx: t.Context(), store: store, present: present{runs: map[string]*going{run: g}}}
	}
	s := hubOf(2*pieceBytes + 77)
	asked := 0
	ask := func(f fetching, p *piece) error {
		answer, err := s.result("ops", f)
		if err != nil {
			return err
		}
		*p = answer.(piece)
		if len(p.Text) > pieceBytes {
			t.Errorf("a piece of %d bytes", len(p.Text))
		}
		if asked++; asked == 2 {
			s = hubOf(2*pieceBytes + 88)
		}
		return nil
	}
	end, err := joined(run, ask)
	must(t, err)
	if want := s.runs[run].ended(); !reflect.DeepEqual(end, want) || asked < 5 {
		t.Errorf("%d bytes after %d questions", len(end.Run.ExitReason), asked)
	}
	if _, err := s.take("ops", named{run}); err != nil || s.runs[run].text != nil {
		t.Error("the text is kept although the operator has it", err)
	}
	for _, wrong := range []int{-1, 1 << 40} {
		if _, err := s.result("ops", fetching{run, wrong}); err == nil {
			t.Errorf("there is a byte %d", wrong)
		}
	}
	for name, lie := range map[string]piece{"nothing": {}, "no end": {nil, 9}, "more than it has": {[]byte("{}"), 1}, "too much": {[]byte("{}"), maxEnding + 1}} {
		if _, err := joined(run, func(_ fetching, p *piece) error { *p = lie; return nil }); err == nil {
			t.Error(name, "is an end")
		}
	}
	var syntax *json.SyntaxError
	if _, err := joined(run, func(_ fetching, p *piece) error { *p = piece{[]byte("{x"), 2}; return nil }); !errors.As(err, &syntax) {
		t.Error(err)
	}
}
