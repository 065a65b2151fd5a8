package report

import (
	"testing"

	"aixmend/controller/outcome"
)

func TestLease(t *testing.T) {
	const text = "run=r,host=h,by=root@vm,proc=a.b....,until=20261201T022843Z"
	take, release := outcome.Command{ID: "lease-take", Mutating: true}, outcome.Command{ID: outcome.LeaseRelease, Mutating: true}
	failed := release
	failed.ExitStatus = 1
	look := outcome.Command{ID: "lease-show"}
	const taken = "taken, so that no other run could change the host; "
	for _, c := range []struct {
		name  string
		lease outcome.Lease
		want  string
	}{
		{"released", outcome.Lease{Text: text, Steps: []outcome.Command{take, release, look}}, taken + "released"},
		{"held", outcome.Lease{Text: text, Steps: []outcome.Command{take}}, taken + "not released: other runs must wait until 2026-12-01T02:28:43Z by the host's clock"},
		{"taken again", outcome.Lease{Text: text, Steps: []outcome.Command{take, release, take, failed}}, taken + "not released: other runs must wait until 2026-12-01T02:28:43Z by the host's clock"},
		{"no time", outcome.Lease{Text: "run=r,until=20269999T999999Z", Note: "took over"}, taken + "not released: other runs must wait until 20269999T999999Z by the host's clock; took over"},
		{"another text", outcome.Lease{Text: "\x1b[1m"}, taken + "not released"},
	} {
		if got := Lease(c.lease); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
