package job

import (
	"io"
	"os"
	"slices"
	"testing"

	"aixmend/cmd/aixmend/console"
	"aixmend/controller/approval"
	"aixmend/controller/outcome"
)

// A host that an open run held when the question was asked is not approved.
func TestLeaveOut(t *testing.T) {
	const open = "20261130T110000.000Z-aaaaaa"
	var j Job
	free, err := j.leaveOut(console.New(console.Streams{Err: io.Discard}, nil, os.Getenv), []string{"taken", "done"}, map[string]string{"taken": open})
	if err != nil || !slices.Equal(free, []string{"done"}) {
		t.Errorf("asked about %q: %v", free, err)
	}
	for host, want := range map[string]string{"taken": outcome.ReasonHeld + open + " (open when the question was asked; aixmend resume " + open + ")", "done": ""} {
		if got := j.consented(func(string) *approval.Host { return &approval.Host{} })(host); got.Held != want {
			t.Errorf("%s: held: %q, want %q", host, got.Held, want)
		}
	}
	if got := j.consented(nil)("done"); got != nil {
		t.Errorf("without a plan: %+v", got)
	}
}
