package hub

import (
	"strings"
	"testing"
)

// A hub runs nothing for an operator but the verbs that read, with the flags of the table.
func TestOnlyReadingIsShown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ask  show
		want string // the command line, or the error
	}{
		{show{Verb: "runs"}, "runs --"},
		{show{Verb: "report", Flags: map[string]string{"host": "aix1", "format": "json"}, Args: []string{"latest"}}, "report --format=json --host=aix1 -- latest"},
		{show{Verb: "diff", Args: []string{"a", "b"}}, "diff -- a b"},
		{show{Verb: "recover"}, "does not show"},
		{show{Verb: "hub"}, "does not show"},
		{show{Verb: "runs", Flags: map[string]string{"state": "x"}}, "takes no --state"},
		{show{Verb: "report", Flags: map[string]string{"html": "x.html"}}, "takes no --html"},
		{show{Verb: "report", Flags: map[string]string{"host": "../../etc/passwd"}}, "takes no --host"},
		{show{Verb: "report", Flags: map[string]string{"host": ""}}, "takes no --host"},
		{show{Verb: "explain", Args: []string{"--state=/etc"}}, "neither a run nor a host"},
		{show{Verb: "explain", Args: []string{"prune"}}, "explain -- prune"},
		{show{Verb: "explain", Args: []string{"a b"}}, "neither a run nor a host"},
		{show{Verb: "diff", Args: strings.Split(strings.Repeat("a ", 11), " ")}, "does not show"},
	} {
		line, err := c.ask.line()
		got := strings.Join(line, " ")
		if err != nil {
			got = err.Error()
		}
		if err == nil && got != c.want || err != nil && !strings.Contains(got, c.want) {
			t.Errorf("%+v: %q, want %q", c.ask, got, c.want)
		}
	}
}
