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
		{"one was taken up again", []Entry{looked("a"), ended("a"), state("a", "verifying", "")}, "0 of 3 ended, 1 in progress", map[string]string{"a": "verifying"}},
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
