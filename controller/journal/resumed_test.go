package journal

import (
	"errors"
	"io/fs"
	"testing"
	"time"

	"aixmend/controller/outcome"
)

// A resume writes run.json at its end. Until then, and for good if it is killed, the file is
// that of the part before: its outcomes, exit code and duration hold no longer.
func TestLoadRunRefusesTheSummaryOfAnEarlierPart(t *testing.T) {
	s := open(t)
	r := newRun(t, s, "r1")
	begin := func(state string) {
		t.Helper()
		if err := r.Append(outcome.Entry{Time: at, Event: outcome.EventRun, Format: outcome.JournalFormat, State: state}); err != nil {
			t.Fatal(err)
		}
	}
	finish := func(unfinished int, resumed ...time.Time) {
		t.Helper()
		if err := r.Finish(outcome.Run{ID: "r1", Unfinished: unfinished, Resumed: resumed}); err != nil {
			t.Fatal(err)
		}
	}
	loads := func(after string, want bool) {
		t.Helper()
		if _, err := s.LoadRun("r1"); (err == nil) != want || err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: LoadRun: %v, loads: want %v", after, err, want)
		}
	}
	if err := r.WriteRequest("request"); err != nil {
		t.Fatal(err)
	}
	begin(outcome.RunStarted)
	finish(1)
	loads("interrupted", true)
	begin(outcome.RunResumed)
	loads("resumed and killed", false)
	if state := s.StateAtRest("r1"); state != StateOpen {
		t.Errorf("the run is %s, want open", state)
	}
	finish(1, at)
	loads("resumed and interrupted", true)
	begin(outcome.RunResumed)
	loads("resumed twice and killed", false)
	finish(0, at, at)
	loads("ended", true)
}
