package outcome

import "testing"

// E10: what holds a host back is known by name.
func TestStandings(t *testing.T) {
	state := func(host, state, detail string) Entry {
		return Entry{Event: EventState, Host: host, State: state, Detail: detail}
	}
	looked := func(host string) Entry { return Entry{Event: EventLooked, Host: host} }
	ended := func(host string) Entry { return Entry{Event: EventEnded, Host: host, Status: "healthy"} }
	for _, c := range []struct {
		name    string
		entries []Entry
		run     string
		hosts   map[string]string
	}{
		{"nothing yet", nil, "0 of 3 ended", map[string]string{"a": "not connected yet"}},
		{
			"one is not read", []Entry{looked("a"), state("a", "waiting", "waiting for its wave"), looked("b"), state("b", "gathering", ""), state("c", "connecting", "its slot is free")},
			"0 of 3 ended, 1 in progress, 1 waiting for their wave, 1 waiting for other hosts, not read yet: c",
			map[string]string{"a": "waiting until every host is read; not read yet: c", "b": "waiting until every host is read; not read yet: c", "c": "connecting: its slot is free"},
		},
		{
			"a wave", []Entry{looked("a"), state("a", "recovering", ""), looked("b"), state("b", "waiting", ""), looked("c"), ended("c")},
			"1 of 3 ended, 1 in progress, 1 waiting for their wave",
			map[string]string{"a": "recovering", "b": "waiting for its wave; still in progress: a", "c": ""},
		},
		{"one was taken up again", []Entry{looked("a"), ended("a"), state("a", "verifying", "for: look")}, "0 of 3 ended, 1 in progress", map[string]string{"a": "verifying"}},
	} {
		s := Stand([]string{"c", "a", "b"}, c.entries)
		if got := s.Run(); got != c.run {
			t.Errorf("%s: %q, wanted %q", c.name, got, c.run)
		}
		for host, want := range c.hosts {
			if got := s.Host(host); got != want {
				t.Errorf("%s: %s: %q, wanted %q", c.name, host, got, want)
			}
		}
	}
}

// Of a run at rest no host waits or works any more.
func TestStandingsAtRest(t *testing.T) {
	s := Stand([]string{"unread", "waited", "cut", "changed", "killed", "ended"}, []Entry{
		{Event: EventState, Host: "unread", State: "connecting"},
		{Event: EventLooked, Host: "waited"}, {Event: EventState, Host: "waited", State: "waiting"},
		{Event: EventLooked, Host: "cut"}, {Event: EventState, Host: "cut", State: "done"},
		{Event: EventLooked, Host: "changed"}, {Event: EventIntent, Host: "changed"}, {Event: EventState, Host: "changed", State: "done"},
		{Event: EventLooked, Host: "killed"}, {Event: EventIntent, Host: "killed"}, {Event: EventState, Host: "killed", State: "recovering"},
		{Event: EventEnded, Host: "ended"},
	})
	for host, want := range map[string]string{
		"unread": "its turn never came: it was not read", "waited": "its turn never came: nothing was changed",
		"cut": "its turn never came: nothing was changed", "changed": "cut_off", "killed": "recovering", "ended": "",
	} {
		if got := s.Rest(host); got != want {
			t.Errorf("%s: %q, want %q", host, got, want)
		}
	}
}
