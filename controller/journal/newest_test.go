package journal

import (
	"testing"
	"time"

	"aixmend/controller/outcome"
)

// The run that changed something last is meant, whenever it began; a rollback is not.
func TestNewestChangeIsByTheLastChange(t *testing.T) {
	began := time.Now().Add(-time.Hour)
	type asked struct {
		Undoes string `json:"undoes,omitempty"`
	}
	type sent struct {
		began, changed int // minutes; changed 0: it only looked
		undoes         string
	}
	for name, c := range map[string]struct {
		runs []sent
		want int // the index of the run, -1 for none
	}{
		"none":                     {nil, -1},
		"none that changed":        {[]sent{{began: 1}}, -1},
		"the newest":               {[]sent{{began: 1, changed: 2}, {began: 3, changed: 4}}, 1},
		"the newest only looked":   {[]sent{{began: 1, changed: 2}, {began: 3}}, 0},
		"an older one was resumed": {[]sent{{began: 1, changed: 9}, {began: 3, changed: 4}}, 0},
		"the newest is a rollback": {[]sent{{began: 1, changed: 2}, {began: 3, changed: 4, undoes: "x"}}, 0},
		"there are rollbacks only": {[]sent{{began: 3, changed: 4, undoes: "x"}}, -1},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			want := ""
			for i, r := range c.runs {
				at := func(minute int) time.Time { return began.Add(time.Duration(minute) * time.Minute) }
				run := newRun(t, s, NewRunID(at(r.began)))
				if i == c.want {
					want = run.id
				}
				event := outcome.EventIntent
				if r.changed == 0 {
					event = outcome.EventLooked
				}
				if err := run.WriteRequest(asked{r.undoes}); err != nil {
					t.Fatal(err)
				}
				if err := run.Append(outcome.Entry{Time: at(r.changed), Event: event, Host: "a", Change: 1}); err != nil {
					t.Fatal(err)
				}
			}
			if got, err := s.NewestChange(); got != want || (err == nil) != (want != "") {
				t.Errorf("%q, %v, want %q", got, err, want)
			}
		})
	}
}
