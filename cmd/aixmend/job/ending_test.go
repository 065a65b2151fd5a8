package job

import (
	"testing"

	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/controller/outcome"
)

// capture && migrate: a host without a capture never ends with 0, whatever --fail-on says.
func TestNoCaptureIsNeverWell(t *testing.T) {
	all := outcome.Outcomes()
	for set := range 1 << len(all) {
		var failOn []outcome.Outcome
		for i, o := range all {
			if set&(1<<i) != 0 {
				failOn = append(failOn, o)
			}
		}
		for _, o := range all {
			for _, kept := range []bool{false, true} {
				host := outcome.HostSummary{Name: "aix1", Outcome: o}
				if kept {
					host.Capture = "captures/aix1/c"
				}
				other := outcome.HostSummary{Name: "aix2", Outcome: outcome.Healthy, Capture: "captures/aix2/c"}
				j := Job{Request: request.Request{Verb: controller.Capture}, failOn: failOn}
				run := outcome.Run{Hosts: []outcome.HostSummary{other, host}}
				run.Counts = outcome.Count(run.Hosts)
				code, why := j.ending(&run, controller.Result{}).Code()
				if !kept && code == outcome.ExitOK {
					t.Errorf("%s without a capture, fail on %v: %d, %s", o, failOn, code, why)
				}
				if len(failOn) == 0 && kept && code != outcome.ExitOK {
					t.Errorf("%s with a capture, fail on nothing: %d, %s", o, code, why)
				}
				if o == outcome.Unreachable && !kept && len(failOn) == 0 && (code != outcome.ExitUnreachable || why != "1 unreachable") {
					t.Errorf("%d, %s", code, why)
				}
			}
		}
	}
}
