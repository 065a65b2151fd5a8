package journal

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"aixmend/controller/outcome"
)

// A run that was cut off before a rung sent a command begins the rung again when it is
// resumed.
func TestAttemptsCountsRungsThatSentACommand(t *testing.T) {
	s := open(t)
	began := time.Now()
	r := newRun(t, s, NewRunID(began))
	rung := outcome.Entry{Time: began, Event: outcome.EventRung, Host: "a", Rung: "address"}
	intent := outcome.Entry{Time: began, Event: outcome.EventIntent, Host: "a", Rung: "address", Step: "set", Change: 1}
	other := outcome.Entry{Time: began, Event: outcome.EventRung, Host: "b", Rung: "address"}
	for _, e := range []outcome.Entry{rung, rung, other, rung, intent, rung, other} {
		if err := r.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	counts, err := s.Attempts(began.Add(-time.Hour), nil)
	if err != nil || counts["a address"] != 1 || counts["b address"] != 0 {
		t.Errorf("%v, %v", counts, err)
	}
}

// The newest change of a host counts, of whatever run: one that began long ago, too.
func TestChangedIsTheNewestChangeOfAHost(t *testing.T) {
	s := open(t)
	now := time.Now().UTC()
	ago := func(minutes int) time.Time { return now.Add(-time.Duration(minutes) * time.Minute) }
	for began, entries := range map[time.Time][]outcome.Entry{
		ago(5000): {
			{Time: ago(5000), Event: outcome.EventIntent, Host: "old", Change: 1}, {Time: ago(20), Event: outcome.EventEnded, Host: "old", Status: "recovered"},
			{Time: ago(12), Event: outcome.EventIntent, Host: "a", Change: 1}, {Time: ago(11), Event: outcome.EventResult, Host: "a", Change: 1},
			{Time: ago(9), Event: outcome.EventIntent, Host: "cut", Change: 1},
		},
		ago(40): {
			{Time: ago(35), Event: outcome.EventIntent, Host: "a", Change: 1}, {Time: ago(31), Event: outcome.EventResult, Host: "b", Change: 1},
			{Time: ago(3), Event: outcome.EventLooked, Host: "read"},
		},
	} {
		r := newRun(t, s, NewRunID(began))
		for _, e := range entries {
			if err := r.Append(e); err != nil {
				t.Fatal(err)
			}
		}
	}
	got, since, err := s.Changed(ago(30))
	if err != nil || len(got) != 2 || !got["a"].Equal(ago(11)) || !got["cut"].Equal(ago(9)) || !since.Equal(ago(30)) {
		t.Errorf("%v since %s, %v", got, since, err)
	}
}

// Changes are known since the oldest run, and not over a journal that can't be read.
func TestChangesAreKnownSinceTheOldestRun(t *testing.T) {
	s := open(t)
	now := time.Now().UTC().Truncate(time.Millisecond)
	began := now.Add(-20 * time.Minute)
	newRun(t, s, NewRunID(began))
	broken := NewRunID(began.Add(time.Minute))
	newRun(t, s, broken)
	if _, since, err := s.Changed(now.Add(-time.Hour)); err != nil || !since.Equal(began) {
		t.Errorf("since %s, %v, want %s", since, err, began)
	}
	journal, ended := filepath.Join(s.RunDir(broken), "journal.jsonl"), now.Add(-10*time.Minute)
	if err := errors.Join(os.WriteFile(journal, []byte("{\n{}\n"), 0o600), os.Chtimes(journal, ended, ended)); err != nil {
		t.Fatal(err)
	}
	if _, since, err := s.Changed(now.Add(-time.Hour)); err != nil || !since.Equal(ended) {
		t.Errorf("with a journal that can't be read: since %s, %v, want %s", since, err, ended)
	}
	if _, since, err := open(t).Changed(now.Add(-time.Hour)); err != nil || since.Before(now) {
		t.Errorf("without a run: since %s, %v", since, err)
	}
}

// An attempt counts unless the operator rolled it back, or the host of that name was another.
func TestAttemptsThatCount(t *testing.T) {
	began := time.Now()
	type asked struct {
		Undoes string           `json:"undoes,omitempty"`
		Hosts  []map[string]any `json:"hosts"`
	}
	at := func(address string, port int) []map[string]any {
		return []map[string]any{{"Name": "a", "Address": address, "SSH": map[string]any{"Port": port}}}
	}
	entry := func(event, status string) outcome.Entry {
		return outcome.Entry{Time: began, Event: event, Host: "a", Rung: "address", Step: "set", Change: 1, Command: "set it", Undo: "unset it", Status: status}
	}
	back := func(event, status string) outcome.Entry {
		return outcome.Entry{Time: began, Event: event, Host: "a", Rung: "rollback", Step: "undo-set", Change: 1, Command: "unset it", Undo: "set it", Status: status}
	}
	whole := []outcome.Entry{entry(outcome.EventRung, ""), entry(outcome.EventIntent, ""), entry(outcome.EventResult, outcome.Applied)}
	for name, c := range map[string]struct {
		at       []map[string]any // of the run
		sent     []outcome.Entry
		rollback []outcome.Entry
		want     int
	}{
		"it ended":                       {at("10.0.0.1", 22), whole, nil, 1},
		"it was killed after a command":  {at("10.0.0.1", 22), whole[:2], nil, 1},
		"it was killed before a command": {at("10.0.0.1", 22), whole[:1], nil, 0},
		"it was rolled back":             {at("10.0.0.1", 22), whole, []outcome.Entry{back(outcome.EventRung, ""), back(outcome.EventIntent, ""), back(outcome.EventResult, outcome.Applied)}, 0},
		"the rollback was refused":       {at("10.0.0.1", 22), whole, []outcome.Entry{back(outcome.EventRung, ""), back(outcome.EventIntent, ""), back(outcome.EventResult, outcome.NotApplied)}, 1},
		"the rollback was killed":        {at("10.0.0.1", 22), whole, []outcome.Entry{back(outcome.EventRung, ""), back(outcome.EventIntent, "")}, 1},
		"the host had another address":   {at("10.0.0.2", 22), whole, nil, 0},
		"the host had another port":      {at("10.0.0.1", 2222), whole, nil, 0},
		"the request is not readable":    {nil, whole, nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			run := func(began time.Time, request *asked, entries []outcome.Entry) string {
				r := newRun(t, s, NewRunID(began))
				if request != nil {
					if err := r.WriteRequest(request); err != nil {
						t.Fatal(err)
					}
				}
				for _, e := range entries {
					if err := r.Append(e); err != nil {
						t.Fatal(err)
					}
				}
				return r.id
			}
			var request *asked
			if c.at != nil {
				request = &asked{Hosts: c.at}
			}
			id := run(began, request, c.sent)
			if c.rollback != nil {
				run(began.Add(time.Minute), &asked{Undoes: id, Hosts: c.at}, c.rollback)
			}
			counts, err := s.Attempts(began.Add(-time.Hour), map[string]Where{"a": {"10.0.0.1", 22}})
			if err != nil || counts["a address"] != c.want || counts["a rollback"] != 0 {
				t.Errorf("%v, %v, want %d", counts, err, c.want)
			}
		})
	}
}
