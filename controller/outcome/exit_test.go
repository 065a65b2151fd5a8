package outcome

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// endings make each code hold that a finished run can have.
func endings() map[Code]func(*Ending) {
	count := func(o Outcome) func(*Ending) { return func(e *Ending) { e.Counts[o]++ } }
	return map[Code]func(*Ending){
		ExitInternal:    func(e *Ending) { e.Broken = "disk full" },
		ExitLocked:      func(e *Ending) { e.Held = "a is held by another run" },
		ExitUnknown:     count(Unknown),
		ExitBrake:       func(e *Ending) { e.Brake, e.KeptBack = "brake: 1 of 9", 1; e.Counts[Skipped]++ },
		ExitNeedsPerson: count(NeedsAction),
		ExitUnreachable: count(Unreachable),
		ExitChanges:     func(e *Ending) { e.Changes = "changes would be made on 1 host" },
		ExitOK:          count(Recovered),
		ExitInterrupted: func(e *Ending) { e.Signal, e.Cut = ExitInterrupted, 1; e.Counts[Skipped]++ },
		ExitTerminated:  func(e *Ending) { e.Signal, e.Cut = ExitTerminated, 1; e.Counts[Skipped]++ },
	}
}

// contract.md, exit codes: of two that hold, the one that stands first in the table
// wins. A run that was interrupted has not gone through: 0 and 5 don't hold.
func TestEndingOfEveryPair(t *testing.T) {
	var order []Code
	for _, m := range Codes() {
		order = append(order, m.Code)
	}
	all := endings()
	for one := range all {
		for two := range all {
			signals := (one == ExitInterrupted || one == ExitTerminated) && (two == ExitInterrupted || two == ExitTerminated)
			if signals && one != two {
				continue // the first signal counts
			}
			e := Ending{Counts: map[Outcome]int{Healthy: 1}, FailOn: DefaultFailOn()}
			all[one](&e)
			all[two](&e)
			want := one
			if slices.Index(order, two) < slices.Index(order, one) {
				want = two
			}
			if well := want == ExitOK || want == ExitChanges; well && e.Signal != 0 {
				want = e.Signal
			}
			if got, why := e.Code(); got != want || why == "" {
				t.Errorf("%d and %d: %d (%s), want %d", one, two, got, why, want)
			}
		}
	}
}

func TestEnding(t *testing.T) {
	for name, c := range map[string]struct {
		e    Ending
		want Code
		why  string
	}{
		"a signal that came too late to cut anything":       {Ending{Counts: map[Outcome]int{Healthy: 2}, Signal: ExitInterrupted}, ExitInterrupted, "interrupted"},
		"a signal before any host was judged":               {Ending{Counts: map[Outcome]int{Skipped: 2}, Signal: ExitTerminated, Cut: 2}, ExitTerminated, "interrupted"},
		"a signal, and no host was to be judged anyway":     {Ending{Counts: map[Outcome]int{Skipped: 2}, Signal: ExitInterrupted}, ExitNeedsPerson, "no host was judged: 2 skipped"},
		"a signal while a change ran":                       {Ending{Counts: map[Outcome]int{Unknown: 1, Skipped: 8}, Signal: ExitInterrupted, Cut: 8}, ExitUnknown, "1 unknown"},
		"a signal after the brake":                          {Ending{Counts: map[Outcome]int{Failed: 1, Skipped: 8}, Brake: "brake: b", KeptBack: 3, Signal: ExitInterrupted, Cut: 5}, ExitBrake, "brake: b"},
		"a signal after a failure":                          {Ending{Counts: map[Outcome]int{Failed: 1, Skipped: 8}, Signal: ExitInterrupted, Cut: 8}, ExitNeedsPerson, "1 failed"},
		"a signal, and one can't be reached":                {Ending{Counts: map[Outcome]int{Unreachable: 1, Skipped: 8}, Signal: ExitInterrupted, Cut: 8}, ExitUnreachable, "1 unreachable"},
		"a signal, and failures do not count":               {Ending{Counts: map[Outcome]int{Failed: 1, Skipped: 8}, FailOn: []Outcome{Unknown}, Signal: ExitInterrupted, Cut: 8}, ExitInterrupted, "interrupted"},
		"a brake that had nothing left to keep back":        {Ending{Counts: map[Outcome]int{Failed: 2}, Brake: "brake: b"}, ExitNeedsPerson, "2 failed"},
		"a brake that had nothing left, failures uncounted": {Ending{Counts: map[Outcome]int{Failed: 2}, FailOn: []Outcome{Unknown}, Brake: "brake: b"}, ExitOK, "no trouble"},
		"unknown before the brake":                          {Ending{Counts: map[Outcome]int{Unknown: 2, Skipped: 1}, Brake: "brake: b", KeptBack: 1}, ExitUnknown, "2 unknown"},
		"the deadline":                                      {Ending{Counts: map[Outcome]int{Healthy: 1, Skipped: 1}, Deadline: true, Cut: 1}, ExitNeedsPerson, "cut by --deadline"},
		"the deadline, and one can't be reached":            {Ending{Counts: map[Outcome]int{Unreachable: 1, Skipped: 1}, Deadline: true, Cut: 1}, ExitNeedsPerson, "cut by --deadline"},
		"hosts that a site has cut off":                     {Ending{Counts: map[Outcome]int{Recovered: 8, Skipped: 1}, Cut: 1}, ExitNeedsPerson, "cut off before the end: 1 host"},
		"the deadline and failures":                         {Ending{Counts: map[Outcome]int{Failed: 1, Skipped: 1}, Deadline: true, Cut: 1}, ExitNeedsPerson, "1 failed"},
		"a capture that was not kept":                       {Ending{Counts: map[Outcome]int{NeedsAction: 2}, FailOn: CaptureFailOn(), Uncaptured: "1 host has no capture"}, ExitNeedsPerson, "1 host has no capture"},
		"a capture not kept, and one can't be reached":      {Ending{Counts: map[Outcome]int{NeedsAction: 1, Unreachable: 1}, FailOn: CaptureFailOn(), Uncaptured: "1 host has no capture"}, ExitNeedsPerson, "1 host has no capture"},
		"captures of ill hosts":                             {Ending{Counts: map[Outcome]int{NeedsAction: 1, Degraded: 1}, FailOn: CaptureFailOn()}, ExitOK, "no trouble"},
		"captures, and one can't be reached":                {Ending{Counts: map[Outcome]int{NeedsAction: 1, Unreachable: 1}, FailOn: CaptureFailOn()}, ExitUnreachable, "1 unreachable"},
		"a host drifted, and is ill":                        {Ending{Counts: map[Outcome]int{Recovered: 1, Skipped: 1}, Drifted: 1}, ExitNeedsPerson, "drifted since the plan and not recovered: 1 host"},
		"some drifted, one failed":                          {Ending{Counts: map[Outcome]int{Failed: 1, Skipped: 3}, Drifted: 2}, ExitNeedsPerson, "1 failed"},
		"a host drifted, and another can't be reached":      {Ending{Counts: map[Outcome]int{Unreachable: 1, Skipped: 1, Healthy: 1}, Drifted: 1}, ExitNeedsPerson, "drifted since the plan and not recovered: 1 host"},
		"a host drifted, and changes were asked for":        {Ending{Counts: map[Outcome]int{Healthy: 1, Skipped: 1}, Drifted: 1, Changes: "changes"}, ExitNeedsPerson, "drifted since the plan and not recovered: 1 host"},
		"all hosts drifted":                                 {Ending{Counts: map[Outcome]int{Skipped: 2}, Drifted: 2}, ExitNeedsPerson, "drifted since the plan and not recovered: 2 hosts"},
		"a host drifted, and ill ones do not count":         {Ending{Counts: map[Outcome]int{Recovered: 1, Skipped: 1}, FailOn: []Outcome{Failed}, Drifted: 1}, ExitOK, "no trouble"},
		"the disk is full":                                  {Ending{Counts: map[Outcome]int{Unknown: 1}, Broken: "disk full"}, ExitInternal, "disk full"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.e.FailOn == nil {
				c.e.FailOn = DefaultFailOn()
			}
			if got, why := c.e.Code(); got != c.want || why != c.why {
				t.Errorf("%d %q, want %d %q", got, why, c.want, c.why)
			}
		})
	}
}

// Whatever is known, some code holds.
func TestEndingHolds(t *testing.T) {
	all := endings()
	codes := slices.Sorted(maps.Keys(all))
	for set := range 1 << len(codes) {
		for _, failOn := range [][]Outcome{nil, DefaultFailOn(), Outcomes()} {
			e := Ending{Counts: map[Outcome]int{}, FailOn: failOn}
			name := ""
			for i, code := range codes {
				if set&(1<<i) != 0 {
					all[code](&e)
					name += fmt.Sprint(" ", code)
				}
			}
			if len(e.holds()) == 0 {
				t.Errorf("none holds: %s, fail on %v", name, failOn)
			}
		}
	}
}

// -q prints the hosts that make the exit code, and no others.
func TestTroubled(t *testing.T) {
	host := func(name string, o Outcome, reason string) HostSummary {
		return HostSummary{Name: name, Outcome: o, Reason: reason}
	}
	linux, ill, warned, kept := host("linux", Skipped, "not AIX: uname -s says Linux"), host("ill", NeedsAction, ""), host("warned", Degraded, ""), host("kept", Skipped, ReasonBrake+"2 of 2")
	for name, c := range map[string]struct {
		run  Run
		want string
	}{
		"what is skipped for good is no trouble":    {Run{ExitCode: 3, Hosts: []HostSummary{linux, ill, warned, kept}}, "ill kept"},
		"unless it is all there is":                 {Run{ExitCode: 3, Hosts: []HostSummary{linux}}, "linux"},
		"--fail-on decides":                         {Run{ExitCode: 3, FailOn: []Outcome{Degraded}, Hosts: []HostSummary{linux, ill, warned}}, "warned"},
		"changes that would be made are no trouble": {Run{ExitCode: 5, FailOn: []Outcome{Failed}, Hosts: []HostSummary{ill, warned}}, ""},
	} {
		var got []string
		for _, h := range c.run.Troubled() {
			got = append(got, h.Name)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
