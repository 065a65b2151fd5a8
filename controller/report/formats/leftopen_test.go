package formats

import (
	"strings"
	"testing"

	"aixmend/controller/outcome"
)

// A summary names the other runs that are open on its hosts, with the command that continues each.
func TestLeftOpen(t *testing.T) {
	e := everyOutcome()
	e.Run.LeftOpen = []outcome.LeftOpen{{ID: "r|2", Hosts: []string{"aix1", "aix2"}}, {ID: "r1", Hosts: []string{"aix3"}, Unread: true}}
	var summary strings.Builder
	if err := Markdown(&summary, e); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string][2]string{
		"markdown": {summary.String(), "\nNot finished: run r1 may have changed aix3 and has not finished; to continue: `aixmend resume r1`\n"},
		"nagios":   {Nagios(e.Run), "\nnot finished: run r/2 has changed aix[1-2] and has not finished\nnot finished: run r1 may have changed aix3 and has not finished\n"},
	} {
		if !strings.Contains(c[0], c[1]) {
			t.Errorf("%s: there is no %q in\n%s", name, c[1], c[0])
		}
	}
}
