package evidence

import (
	"testing"

	"aixmend/controller/outcome"
)

// A page compares with the newest run before it that had all its hosts, or else some.
func TestRunBefore(t *testing.T) {
	run := func(id string, hosts ...string) *outcome.Run {
		r := &outcome.Run{ID: id}
		for _, name := range hosts {
			r.Hosts = append(r.Hosts, outcome.HostSummary{Name: name})
		}
		return r
	}
	asked := run("4", "a", "b")
	asked.ForQuestion = true
	for name, c := range map[string]struct {
		past []*outcome.Run // newest first
		want string
		all  bool
	}{
		"none":                           {nil, "", false},
		"all hosts, the newest":          {[]*outcome.Run{run("4", "c", "b", "a"), run("3", "a", "b")}, "4", true},
		"some, but all before":           {[]*outcome.Run{run("4", "a"), run("3", "a", "b")}, "3", true},
		"some":                           {[]*outcome.Run{run("4", "c"), run("3", "b"), run("2", "a")}, "3", false},
		"no host":                        {[]*outcome.Run{run("4", "c")}, "", false},
		"itself, and later ones":         {[]*outcome.Run{run("6", "a", "b"), run("5", "a", "b"), run("4", "a", "b")}, "4", true},
		"a plan that a question follows": {[]*outcome.Run{asked, run("3", "a", "b")}, "3", true},
	} {
		e := earlier{of: run("5", "a", "b")}
		for _, past := range c.past {
			e.see(past)
		}
		got := e.found()
		if (got == nil) != (c.want == "") || got != nil && (got.ID != c.want || got.All != c.all) {
			t.Errorf("%s: %v", name, got)
		}
	}
}
