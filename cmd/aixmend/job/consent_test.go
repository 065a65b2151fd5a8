package job

import (
	"fmt"
	"slices"
	"testing"

	"aixmend/controller/approval"
)

// The question of a resume says for which hosts the plan above it is a forecast.
func TestQuestionOfAResume(t *testing.T) {
	const begun = "Steps were sent to the begun hosts already: the plan above is a forecast there; each is judged again, and may get other steps.\n"
	shown := map[string]*approval.Host{"a": {}}
	for _, c := range []struct {
		question question
		want     string
	}{
		{question{shown: shown}, "The commands above and aixmend's own link (/etc/aixmend.lease) are all that may change a host."},
		{question{shown: shown, folded: true}, "Only the steps above, their undos and aixmend's own link (/etc/aixmend.lease) may change a host; -v prints every command.\n"},
		{question{shown: shown, begun: []string{"b"}}, begun + "The other hosts get the steps above, or are skipped.\n"},
		{question{begun: []string{"b"}}, begun},
	} {
		if got := (&Job{question: c.question}).asksFor(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// Every host that a resume may touch is in the list of its question, those that were begun marked,
// also where the plan above has no step for them.
func TestQuestionListsWhatItTouches(t *testing.T) {
	for _, c := range []struct {
		question question
		hosts    []string
		want     string
	}{
		{question{read: true, changes: []string{"a1", "a3"}, begun: []string{"a2", "a3"}}, []string{"a1", "a2", "a3"}, "may change 3: a[2-3] (2 begun), a1 (1 not begun)"},
		{question{read: true, changes: []string{"a1"}}, []string{"a1"}, "may change 1: a1"},
		{question{read: true, changes: []string{"a1"}, begun: []string{"a1"}}, []string{"a1"}, "may change 1: a1 (1 begun)"},
		{question{read: true, begun: []string{"a2"}}, []string{"a1", "a2"}, "finds no step left to send now, and verifies 2: a2 (1 begun), a1 (1 not begun)"},
		{question{read: true}, []string{"a1"}, "has no step left to send, and only verifies 1: a1"},
	} {
		hosts := []string{"a1", "a2"} // all that are left
		if len(c.question.changes) > 0 {
			hosts = slices.Sorted(slices.Values(c.question.touched()))
		}
		if len(c.hosts) < len(hosts) {
			hosts = c.hosts
		}
		if got := fmt.Sprintf("%s %d: %s", c.question.may(), len(hosts), c.question.marked(hosts)); got != c.want || !slices.Equal(hosts, c.hosts) {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
