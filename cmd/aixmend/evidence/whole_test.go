package evidence

import (
	"testing"
	"time"
)

// The last runs are those of the largest inventory, however well a smaller one is.
func TestLastRunsOfTheFleet(t *testing.T) {
	at := func(n int) time.Time {
		if n == 0 {
			return time.Time{}
		}
		return time.Unix(int64(n), 0)
	}
	run := func(inventory string, hosts, finished int, well bool) whole {
		return whole{inventory, hosts, at(finished), well}
	}
	for name, c := range map[string]struct {
		past             []whole // newest first
		ended, succeeded int
	}{
		"none":                          {nil, 0, 0},
		"one that is ill":               {[]whole{run("a", 2, 9, false)}, 9, 0},
		"one that is well":              {[]whole{run("a", 2, 9, true)}, 9, 9},
		"well before":                   {[]whole{run("a", 2, 9, false), run("a", 2, 8, true), run("a", 2, 7, true)}, 9, 8},
		"a smaller one is well":         {[]whole{run("b", 1, 9, true), run("a", 2, 8, false)}, 8, 0},
		"a smaller one is well, twice":  {[]whole{run("b", 1, 9, true), run("b", 1, 8, true), run("a", 2, 7, false)}, 7, 0},
		"a smaller one is ill":          {[]whole{run("b", 1, 9, false), run("a", 2, 8, true)}, 8, 8},
		"a larger one":                  {[]whole{run("a", 2, 9, false), run("b", 1, 8, true)}, 9, 0},
		"another one of the same size":  {[]whole{run("b", 2, 9, true), run("a", 2, 8, false)}, 9, 9},
		"the same files with fewer":     {[]whole{run("a", 1, 9, true), run("a", 2, 8, false)}, 9, 9},
		"the same shrank below another": {[]whole{run("a", 1, 9, true), run("b", 2, 8, false), run("a", 3, 7, true)}, 8, 0},
	} {
		if ended, succeeded := last(c.past); !ended.Equal(at(c.ended)) || !succeeded.Equal(at(c.succeeded)) {
			t.Errorf("%s: ended %v, succeeded %v, want %v and %v", name, ended, succeeded, at(c.ended), at(c.succeeded))
		}
	}
}
