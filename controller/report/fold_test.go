package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"aixmend/controller/outcome"
)

// Hosts with one diagnosis are one line only where the same is to be typed next.
func TestFoldsByWhatIsToBeDone(t *testing.T) {
	open := []string{"node-id-mismatch"}
	host := func(name string, change func(*outcome.HostSummary)) outcome.HostSummary {
		h := outcome.HostSummary{Name: name, Outcome: outcome.NeedsAction, Open: open, Reason: "node-id-mismatch: x"}
		if change != nil {
			change(&h)
		}
		return h
	}
	steps := func(s ...outcome.PlanStep) func(*outcome.HostSummary) {
		return func(h *outcome.HostSummary) { h.Plan = s }
	}
	wanting := outcome.PlanStep{AllowedBy: "node-id", BlockedBy: "not allowed"}
	got := Folds([]outcome.HostSummary{
		host("a", nil), host("b", nil),
		host("c", steps(outcome.PlanStep{Step: "s"})),
		host("d", steps(wanting, outcome.PlanStep{Step: "s"})), // something would run: nothing need be allowed first
		host("e", steps(wanting, wanting)),
		host("f", steps(outcome.PlanStep{BlockedBy: "RSCT must be newer"})),
		host("g", func(h *outcome.HostSummary) { h.Guides = open }),
		host("h", func(h *outcome.HostSummary) { h.Interrupted = true }),
		host("i", func(h *outcome.HostSummary) { // a rung would run, and another waits for a word
			h.Plan, h.Needs = []outcome.PlanStep{{Step: "s"}, wanting}, []outcome.Need{{Finding: "node-id-mismatch", Step: "not allowed", Rung: "node-id", Allow: "node-id"}}
		}),
		host("j", func(h *outcome.HostSummary) { // a remedy unblocks the rung
			h.Plan, h.Needs = []outcome.PlanStep{{Step: "s"}}, []outcome.Need{{Step: "the NIC is not known", Rung: "address"}, {Step: "set rmc_nic"}, {Step: "wait"}}
		}),
		host("l", func(h *outcome.HostSummary) { // the cause says it already
			h.Reason, h.Open = "rung 3 is blocked: a cluster", []string{"x"}
			h.Needs = []outcome.Need{{Step: "a cluster", Rung: "recycle"}}
		}),
		host("k", func(h *outcome.HostSummary) { h.Needs = []outcome.Need{{Step: "a cluster", Rung: "recycle"}} }),
	})
	fold := func(hosts string, change func(*Fold)) Fold {
		f := Fold{Outcome: outcome.NeedsAction, Findings: open, Reason: "node-id-mismatch: x", Hosts: strings.Fields(hosts)}
		change(&f)
		return f
	}
	want := []Fold{
		fold("a b f", func(*Fold) {}),
		fold("c d", func(f *Fold) { f.Planned = true }),
		fold("e", func(f *Fold) { f.Allow = []string{"node-id"} }),
		fold("g", func(f *Fold) { f.Guided = true }),
		fold("h", func(f *Fold) { f.Interrupted = true }),
		fold("i", func(f *Fold) { f.Planned, f.Allow = true, []string{"node-id"} }),
		fold("j", func(f *Fold) { f.Planned, f.Step = true, "set rmc_nic" }),
		fold("l", func(f *Fold) { f.Reason, f.Findings = "rung 3 is blocked: a cluster", []string{"x"} }),
		fold("k", func(f *Fold) { f.Step = "unblock rung recycle: a cluster" }),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestClip(t *testing.T) {
	var odd []string
	for i := range 100 {
		odd = append(odd, fmt.Sprintf("aix%03d", 2*i+1))
	}
	for _, c := range []struct {
		names   []string
		columns int
		want    string
	}{
		{nil, 10, ""},
		{[]string{"aix01", "aix02"}, 10, "aix[01-02]"},
		{[]string{"aix01", "aix02"}, 9, "aix01 and 1 more"},
		{odd, 40, "aix[001,003,005,007,009,011] and 94 more"},
		{odd, 1, "aix001 and 99 more"},
		{[]string{"db", "web", "app"}, 9, "app and 2 more"},
	} {
		if got := clip(c.names, c.columns); got != c.want {
			t.Errorf("%d columns: %q, want %q", c.columns, got, c.want)
		}
	}
}

// A fleet that is large, with names and reasons that are hostile or huge: on a
// terminal each line fits, in a pipe nothing is left out.
func TestTextOfALargeFleet(t *testing.T) {
	var run outcome.Run
	for i := range 10_000 {
		h := outcome.HostSummary{Name: fmt.Sprintf("aix%05d", i*3), Outcome: outcome.NeedsAction, Open: []string{"rmc-disconnected"}}
		if i%1000 == 0 {
			h.Outcome, h.Open, h.Reason = outcome.Failed, nil, strings.Repeat("x界\x1b[2J\u202E ", 200)+strings.Repeat("y", 500)
		}
		run.Hosts = append(run.Hosts, h)
	}
	run.Hosts[1].Name, run.Hosts[2].Name = "a\nb\x1b[2J", strings.Repeat("界", 300)
	run.Counts = outcome.Count(run.Hosts)
	next := func(f Fold) Next {
		return Next{Step: "look \x1b[2J at it", Command: []string{"aixmend", "explain", f.Reason[:0] + "RUN"}}
	}
	for _, width := range []int{1, 2, 20, 40, 41, 60, 80, 100, 132, 200} {
		text := Text(run, TextOptions{Width: width, Next: next})
		if strings.ContainsAny(text, "\x1b\u202E") {
			t.Errorf("%d columns: what a host said comes through", width)
		}
		if width >= 40 && !strings.Contains(strings.Join(strings.Fields(text), " "), "more") {
			t.Errorf("%d columns: nothing is clipped", width)
		}
		for line := range strings.Lines(text) {
			if got := ansi.StringWidth(strings.TrimRight(line, "\n")); width >= 40 && got > width && strings.Contains(strings.TrimSpace(line), " ") {
				t.Errorf("%d columns, there are %d: %q", got, width, line)
			}
		}
	}
	whole := Text(run, TextOptions{Next: next})
	for _, host := range []string{"aix[00009,00012", ",29997]"} {
		if !strings.Contains(whole, host) {
			t.Errorf("there is no %s", host)
		}
	}
}

// Hosts that can't be reached share a line if kind and cause are the same, and one that
// failed otherwise has a line of its own.
func TestFoldsByCause(t *testing.T) {
	var hosts []outcome.HostSummary
	for name, reason := range map[string]string{
		"aix1": "auth: passphrase missing: identity /a is encrypted", "aix2": "auth: passphrase missing: identity /b is encrypted",
		"aix3": "auth: key file missing: open /c", "aix4": "auth: key refused: 10.0.0.4 said no", "aix5": "auth: key refused: 10.0.0.5 said no",
		"aix6": "auth: wrong passphrase: identity /d", "aix7": "jump: bastion g: auth: wrong passphrase: x", "aix8": "jump: bastion g: timeout: no answer: y",
		"aix9": "auth: as an older version said it",
	} {
		hosts = append(hosts, outcome.HostSummary{Name: name, Outcome: outcome.Unreachable, Reason: reason})
	}
	slices.SortFunc(hosts, func(a, b outcome.HostSummary) int { return strings.Compare(a.Name, b.Name) })
	var got []string
	for _, f := range Folds(hosts) {
		got = append(got, strings.Join(f.Hosts, ",")+" "+f.What())
	}
	want := []string{
		"aix1,aix2 auth: passphrase missing (see explain)", "aix4,aix5 auth: key refused (see explain)",
		"aix3 auth: key file missing: open /c", "aix6 auth: wrong passphrase: identity /d",
		"aix7 jump: bastion g: auth: wrong passphrase: x", "aix8 jump: bastion g: timeout: no answer: y", "aix9 auth: as an older version said it",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// A command of several lines in a reason is cut in the column of causes.
func TestWhatIsOneLine(t *testing.T) {
	f := Fold{Outcome: outcome.Failed, Reason: "undo it by hand: a=1\nif b; then c; fi"}
	if got := f.What(); got != "undo it by hand: a=1 ... (see explain)" {
		t.Error(got)
	}
}

// Hosts that were rolled back alike are one line, whatever their own verdicts say: these are
// the findings beside it. One with another rest has a line of its own.
func TestFoldsOfARollback(t *testing.T) {
	undone := func(name, reason, now string) outcome.HostSummary {
		return outcome.HostSummary{Name: name, Outcome: outcome.OutcomeUndone, Open: []string{"x"}, Reason: reason + outcome.ReasonNow + now}
	}
	var got []string
	for _, f := range Folds([]outcome.HostSummary{undone("a", "1 step", "at 10.0.0.1"), undone("b", "1 step", "at 10.0.0.2"), undone("c", "2 steps", "at 10.0.0.1")}) {
		got = append(got, Compact(f.Hosts)+": "+f.What())
	}
	if diff := cmp.Diff([]string{"a b: x; 1 step", "c: x; 2 steps"}, got); diff != "" {
		t.Error(diff)
	}
}
