package notices

import (
	"testing"

	"aixmend/controller/drift"
	"aixmend/controller/outcome"
)

func TestWanted(t *testing.T) {
	nothing, some := &drift.Drift{}, &drift.Drift{Hosts: []drift.Host{{Name: "h"}}}
	run := func(code outcome.Code, recovered int) outcome.Run {
		return outcome.Run{ExitCode: int(code), Counts: map[outcome.Outcome]int{outcome.Recovered: recovered}}
	}
	for _, c := range []struct {
		name                    string
		run                     outcome.Run
		news                    *drift.Drift
		change, trouble, always bool
	}{
		{"well, nothing to compare with", run(0, 0), nil, false, false, true},
		{"well, as before", run(0, 0), nothing, false, false, true},
		{"well again", run(0, 0), some, true, false, true},
		{"mended", run(0, 1), nothing, true, false, true},
		{"mended, nothing to compare with", run(0, 1), nil, true, false, true},
		{"trouble, nothing to compare with", run(3, 0), nil, true, true, true},
		{"trouble as before", run(3, 0), nothing, false, true, true},
		{"trouble, and news", run(4, 0), some, true, true, true},
		{"interrupted", run(130, 0), nothing, true, true, true},
		{"terminated", run(143, 0), nothing, true, true, true},
		{"interrupted, with trouble as before", outcome.Run{ExitCode: 3, Unfinished: 1}, nothing, true, true, true},
		{"failed itself", run(1, 0), nothing, true, true, true},
	} {
		for on, want := range map[string]bool{onChange: c.change, onTrouble: c.trouble, onAlways: c.always} {
			if got := (Notices{notifyOn: on}).wanted(c.run, c.news); got != want {
				t.Errorf("%s, on %s: %v", c.name, on, got)
			}
		}
	}
}
