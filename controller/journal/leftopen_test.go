package journal

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/outcome"
)

// A run that was cut off after a change to a host is named by whatever looks at that host
// until it is resumed to its end or rolled back; one that changed nothing there is not.
func TestLeftOpen(t *testing.T) {
	s := open(t)
	write := func(id, undoes string, unfinished int, entries ...outcome.Entry) {
		t.Helper()
		r := newRun(t, s, id)
		err := r.WriteRequest(map[string]string{"undoes": undoes})
		for _, e := range append([]outcome.Entry{{Event: outcome.EventRun, Format: outcome.JournalFormat, State: outcome.RunStarted}}, entries...) {
			if e.Event == outcome.EventIntent && err == nil {
				err = r.WriteCheckpoint(outcome.Host{RunID: id, Host: e.Host})
			}
			if err == nil {
				err = r.Append(e)
			}
		}
		if unfinished >= 0 && err == nil {
			err = r.Finish(outcome.Run{ID: id, Unfinished: unfinished})
		}
		if err == nil {
			err = r.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	sent := func(host string) outcome.Entry {
		return outcome.Entry{Time: at, Event: outcome.EventIntent, Host: host, Step: "step"}
	}
	ended := func(host, status string) outcome.Entry {
		return outcome.Entry{Time: at.Add(time.Minute), Event: outcome.EventEnded, Host: host, Status: status}
	}
	const killed = -1
	write("r1", "", killed, sent("b"), sent("a"), sent("done"), ended("done", "recovered"), sent("elsewhere"), outcome.Entry{Event: outcome.EventLooked, Host: "read"})
	write("r2", "", 1, sent("a"))
	write("r3", "", 0, sent("a"), ended("a", "recovered"))
	hosts := []string{"a", "b", "done", "read", "unknown"}
	left := func(after string, want ...outcome.LeftOpen) {
		t.Helper()
		got, err := s.LeftOpen(hosts)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", after, err, diff)
		}
	}
	left("cut off", outcome.LeftOpen{ID: "r2", Hosts: []string{"a"}}, outcome.LeftOpen{ID: "r1", Hosts: []string{"a", "b"}})
	on := s.LeftOpenOn("b")
	if len(on) != 1 || on[0].ID != "r1" || len(on[0].Changes) != 1 || on[0].Changes[0].Status != outcome.UnknownIf {
		t.Errorf("%+v", on)
	}
	write("r4", "r1", 0, ended("a", "undone"), ended("b", "failed"))
	left("rolled back in part", outcome.LeftOpen{ID: "r2", Hosts: []string{"a"}}, outcome.LeftOpen{ID: "r1", Hosts: []string{"b"}})
	// a journal that can't be read tells nothing: not that nothing was changed, either
	if err := os.WriteFile(filepath.Join(s.RunDir("r2"), "journal.jsonl"), []byte("{\n{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	left("unreadable", outcome.LeftOpen{ID: "r2", Hosts: []string{"a"}, Unread: true}, outcome.LeftOpen{ID: "r1", Hosts: []string{"b"}})
	if on := s.LeftOpenOn("a"); len(on) != 1 || !on[0].Unread || len(on[0].Changes) != 0 {
		t.Errorf("%+v", on)
	}
}
