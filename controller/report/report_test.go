package report

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"aixmend/controller/outcome"
	"aixmend/controller/report/samples"
	"aixmend/transport/lab/golden"
)

func TestClean(t *testing.T) {
	for _, c := range []struct {
		name, in, oneLine, lines string
	}{
		{"plain", "en1 fe80::1 é 日本", "en1 fe80::1 é 日本", "en1 fe80::1 é 日本"},
		{"empty", "", "", ""},
		{"ANSI colour", "\x1b[31mred\x1b[0m", "^[[31mred^[[0m", "^[[31mred^[[0m"},
		{"window title", "\x1b]0;root@prod\x07", "^[]0;root@prod^G", "^[]0;root@prod^G"},
		{"newline and tab", "a\n\tb", "a^J^Ib", "a\n\tb"},
		{"carriage return", "good\rbad", "good^Mbad", "good^Mbad"},
		{"NUL and DEL", "a\x00b\x7fc", "a^@b\uFFFDc", "a^@b\uFFFDc"},
		{"C1 as a character", "a\u009b31mb", "a\uFFFD31mb", "a\uFFFD31mb"},
		{"C1 as a byte", "a\x9b31mb", "a\uFFFD31mb", "a\uFFFD31mb"},
		{"broken UTF-8", "a\xff\xc3", "a\uFFFD\uFFFD", "a\uFFFD\uFFFD"},
		{"bidi override", "a\u202Eb\u2066c\u200Fd", "a\uFFFDb\uFFFDc\uFFFDd", "a\uFFFDb\uFFFDc\uFFFDd"},
		{"zero width, byte order mark", "a\u200Bb\uFEFFc", "a\uFFFDb\uFFFDc", "a\uFFFDb\uFFFDc"},
		{"line and paragraph separator", "a\u2028b\u2029c", "a\uFFFDb\uFFFDc", "a\uFFFDb\uFFFDc"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Clean(c.in, false); got != c.oneLine {
				t.Errorf("one line: %q, want %q", got, c.oneLine)
			}
			if got := Clean(c.in, true); got != c.lines {
				t.Errorf("lines kept: %q, want %q", got, c.lines)
			}
		})
	}
}

// FuzzClean: nothing that a terminal acts on comes through, and what is clean
// stays as it is.
func FuzzClean(f *testing.F) {
	for _, s := range []string{"plain", "\x1b[31m", "a\x9bb", "\u202E", "a\r\nb\t", "\xff"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, s string, keepLines bool) {
		got := Clean(s, keepLines)
		if !utf8.ValidString(got) {
			t.Errorf("%q is not UTF-8", got)
		}
		for _, r := range got {
			if unicode.IsControl(r) && !(keepLines && (r == '\n' || r == '\t')) || unicode.Is(unicode.Bidi_Control, r) {
				t.Errorf("%q holds %U", got, r)
			}
		}
		if Clean(got, keepLines) != got {
			t.Errorf("%q is not clean", got)
		}
	})
}

func TestCompact(t *testing.T) {
	for _, c := range []struct {
		names []string
		want  string
	}{
		{nil, ""},
		{[]string{"db1"}, "db1"},
		{[]string{"aixprd01", "aixprd02", "aixprd03"}, "aixprd[01-03]"},
		{[]string{"aixprd12", "db1", "aixprd01", "aixprd02"}, "aixprd[01-02,12] db1"},
		{[]string{"a9", "a10", "a11"}, "a9 a[10-11]"},
		{[]string{"a09", "a10"}, "a[09-10]"},
		{[]string{"a1", "a01"}, "a01 a1"},
		{[]string{"web1a", "web2a", "web1b"}, "web1b web[1-2]a"},
		{[]string{"rack1-node1", "rack1-node2", "rack2-node1"}, "rack1-node[1-2] rack2-node1"},
		{[]string{"plain", "alone"}, "alone plain"},
		{[]string{"10.0.0.1", "10.0.0.3", "10.0.0.2"}, "10.0.0.[1-3]"},
		{[]string{"a99999999999999999999999", "b"}, "a99999999999999999999999 b"},
		{[]string{"a1", "a3", "a5"}, "a[1,3,5]"},
	} {
		if got := Compact(c.names); got != c.want {
			t.Errorf("%q: %q, want %q", c.names, got, c.want)
		}
	}
}

func summary(name string, o outcome.Outcome, reason string, open ...string) outcome.HostSummary {
	return outcome.HostSummary{Name: name, Address: "10.0.0.1", Outcome: o, Reason: reason, Findings: open, Open: open}
}

// Hosts that ended alike are one line: the worst outcome first, then the larger
// group.
func TestFolds(t *testing.T) {
	got := Folds(fleet().Hosts)
	var order []string
	for _, f := range got {
		order = append(order, string(f.Outcome)+" "+strings.Join(f.Hosts, ","))
	}
	want := []string{
		"unknown aix30", "failed aix21", "needs_action aix04,aix05,aix06", "needs_action aix07", "needs_action aix08", "needs_action aix09", "unreachable aix10,aix11", "unreachable aix12",
		"skipped aix13", "degraded aix14,aix15", "degraded aix16", "recovered aix20", "healthy aix01,aix02,aix03",
	}
	if diff := cmp.Diff(want, order); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if Folds(nil) != nil {
		t.Error("no host makes a line")
	}
}

// fleet is a run with every outcome and hostile reasons.
func fleet() outcome.Run {
	r := outcome.Run{Hosts: []outcome.HostSummary{
		summary("aix01", outcome.Healthy, ""), summary("aix02", outcome.Healthy, ""), summary("aix03", outcome.Healthy, ""),
		summary("aix07", outcome.NeedsAction, "not allowed: requires --allow node-id", "node-id-mismatch"),
		summary("aix04", outcome.NeedsAction, "rmc-address-missing: en1 has no address", "rmc-address-missing", "rmc-disconnected"),
		summary("aix05", outcome.NeedsAction, "rmc-address-missing: en1 has no address", "rmc-address-missing", "rmc-disconnected"),
		summary("aix06", outcome.NeedsAction, "rmc-address-missing: en1 has no address", "rmc-address-missing", "rmc-disconnected"),
		summary("aix08", outcome.NeedsAction, "no good capture: disk full"),
		summary("aix09", outcome.NeedsAction, "", "rsct-missing"),
		summary("aix12", outcome.Unreachable, "timeout: no answer in 15s"),
		summary("aix10", outcome.Unreachable, "refused: \x1b[2J10.0.0.10:22"), summary("aix11", outcome.Unreachable, "refused: 10.0.0.11:22"),
		summary("aix13", outcome.Skipped, "not AIX: uname -s says \u202ELinux"),
		summary("aix14", outcome.Degraded, "", "clock-skew"), summary("aix15", outcome.Degraded, "", "clock-skew"),
		summary("aix16", outcome.Degraded, "", "rsct-below-recommended"),
		summary("aix20", outcome.Recovered, "rung 1 brought it back", "rmc-address-missing"),
		summary("aix21", outcome.Failed, "step set-address failed: exit 1"),
		summary("aix30", outcome.Unknown, "the link died while stop-rmc ran", "rmc-disconnected"),
	}}
	r.Hosts[0].Waived, r.Hosts[1].Waived, r.Hosts[13].Expired = []string{"clock-skew"}, []string{"clock-skew", "rsct-below-recommended"}, []string{"clock-skew"}
	r.Fleet = []outcome.FleetFinding{{ID: "node-id-duplicate", Hosts: []string{"aix01", "aix02"}, Title: "the same node id on aix01 and aix02"}}
	r.Counts = outcome.Count(r.Hosts)
	return r
}

func TestText(t *testing.T) {
	next := func(f Fold) Next {
		if f.Outcome == outcome.Healthy || f.Outcome == outcome.Recovered {
			return Next{}
		}
		n := Next{Command: []string{"aixmend", "explain", "20261122T103000Z-3f9ac2", f.Hosts[0], "--state", "'/var/lib/our aixmend'"}}
		if f.Outcome == outcome.NeedsAction {
			n.Step = "check the adapter (lsdev -Cc adapter, cfgmgr)"
		}
		return n
	}
	for name, o := range map[string]TextOptions{
		"text-0": {}, "text-60": {Width: 60}, "text-120": {Width: 120},
		"text-0-next": {Next: next}, "text-40-next": {Width: 40, Next: next}, "text-80-next": {Width: 80, Next: next}, "text-200-next": {Width: 200, Next: next},
		"text-0-color": {Color: true}, "text-60-color": {Width: 60, Color: true}, "text-120-color": {Width: 120, Color: true},
	} {
		got := Text(fleet(), o)
		golden.Check(t, "testdata/"+name+".golden", got)
		colours := strings.NewReplacer("\x1b[31m", "", "\x1b[32m", "", "\x1b[33m", "", "\x1b[35m", "", "\x1b[0m", "")
		plain := got
		if o.Color {
			if plain = colours.Replace(got); plain == got {
				t.Errorf("%s: no colour", name)
			}
		}
		if strings.ContainsAny(plain, "\x1b\u202E") {
			t.Errorf("%s: what a host printed comes through", name)
		}
		for line := range strings.Lines(plain) {
			line = strings.TrimRight(line, "\n")
			if o.Width > 0 && ansi.StringWidth(line) > o.Width {
				t.Errorf("%s: %d columns: %s", name, ansi.StringWidth(line), line)
			}
		}
	}
	one := Text(outcome.Run{Hosts: []outcome.HostSummary{summary("a", outcome.Healthy, "")}, Counts: map[outcome.Outcome]int{outcome.Healthy: 1}}, TextOptions{})
	if !strings.Contains(one, "1 host: 1 healthy") {
		t.Error(one)
	}
}

func TestPlanText(t *testing.T) {
	h := samples.Typical()
	var b strings.Builder
	b.WriteString(PlanText(outcome.HostSummary{Name: h.Host, Outcome: h.Outcome, Reason: h.Reason, Plan: h.Plan}, 0, true))
	b.WriteString(PlanText(outcome.HostSummary{Name: "aixprd02", Outcome: outcome.Healthy}, 0, true))
	golden.Check(t, "testdata/plan.golden", b.String())
	hostile := []outcome.PlanStep{{Rung: "1", Step: "s", Command: "a\x1b[31m\nb", Undo: "u\x07", BlockedBy: "x\ny\u202E"}}
	got := PlanText(outcome.HostSummary{Name: "a", Outcome: outcome.Healthy, Reason: "r\x1b[2J\nforged: healthy", Plan: hostile}, 0, true)
	if strings.ContainsAny(got, "\x1b\x07\u202E") || strings.Contains(got, "\nforged") || strings.Contains(got, "\ny") {
		t.Errorf("%q", got)
	}
}

// The commands around a timed undo, which would bury the one that matters, are words on its step
// unless the whole plan is wanted; then they are named as its parts.
func TestTimedUndoIsFolded(t *testing.T) {
	h := outcome.HostSummary{Name: "a", Outcome: outcome.NeedsAction, Plan: []outcome.PlanStep{
		{Rung: "address", Step: "set-arm-undo", Command: "m=1\narm", Undo: "disarm", Part: "arm"},
		{Rung: "address", Step: "set", Command: "/usr/sbin/chdev", Undo: "u", TimedUndo: "1m30s"},
		{Rung: "address", Step: "set-disarm-undo", Command: "disarm", Undo: "none: it only ends the timed undo", Part: "disarm"},
	}}
	const brief = "a: needs_action\n  rung address\n    set (timed undo, 1m30s)\n      /usr/sbin/chdev\n      undo: u\n"
	if got := PlanText(h, 0, false); got != brief {
		t.Errorf("%s\nwant\n%s", got, brief)
	}
	for _, want := range []string{"    set-arm-undo, part of set\n      m=1\n      arm\n", "    set-disarm-undo, part of set\n      disarm\n"} {
		if got := PlanText(h, 0, true); !strings.Contains(got, want) {
			t.Errorf("%s\nwithout\n%s", got, want)
		}
	}
	hosts := []outcome.HostSummary{{Name: "b"}, h}
	if note := TimedNote(hosts, false, false); !strings.Contains(note, "-v") || TimedNote(hosts, false, true) != "" || TimedNote(hosts[:1], false, false) != "" {
		t.Errorf("%q", note)
	}
	for span, want := range map[string]string{"4m0s": "4m", "1m30s": "1m30s", "20s": "20s", "1h0m0s": "1h", "1h10m0s": "1h10m", "0s": "0s", "": ""} {
		if got := (outcome.PlanStep{TimedUndo: span}).UndoAfter(); got != want {
			t.Errorf("%q: %q, want %q", span, got, want)
		}
	}
}
