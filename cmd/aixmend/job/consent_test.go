package job

import (
	"testing"

	"aixmend/controller/approval"
)

// The question of a resume says for which hosts the plan above it is a forecast.
func TestQuestionOfAResume(t *testing.T) {
	const begun = "Steps were sent to 1 host: b; the plan above is a forecast there: each is judged again, and may get other steps.\n"
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
