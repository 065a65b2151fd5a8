package console

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// A question fits the terminal, its lists of hosts stay whole, and the blank before the
// answer stays.
func TestQuestionsAreWrapped(t *testing.T) {
	const question = "recover may change 16 hosts: aixvm[004-007,009-016,019-020,022,024]; playbook rmc-restore.\nOnly the steps above, their undos and aixmend's own link (/etc/aixmend.lease) may change a host; -v prints every command.\nType 'yes' to continue: "
	for _, width := range []int{0, 40, 60, 80, 120, 200} {
		got := wrapped(question, width)
		if !strings.HasSuffix(got, ": ") || strings.Join(strings.Fields(got), "") != strings.Join(strings.Fields(question), "") && width >= 60 {
			t.Errorf("%d columns: %q", width, got)
		}
		for line := range strings.SplitSeq(got, "\n") {
			if n := ansi.StringWidth(line); n > width && width > 0 || strings.Count(line, "[") != strings.Count(line, "]") {
				t.Errorf("%d columns: %q", width, line)
			}
		}
	}
	if got := wrapped(question, 0); got != question {
		t.Errorf("%q", got)
	}
}
