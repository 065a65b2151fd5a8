package report

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"aixmend/controller/outcome"
)

var update = flag.Bool("update", false, "write golden files")

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

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
		summary("aix07", outcome.NeedsAction, "not allowed: it takes --allow node-id", "node-id-mismatch"),
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
	next := func(f Fold) []string {
		if f.Outcome == outcome.Healthy || f.Outcome == outcome.Recovered {
			return nil
		}
		return []string{"aixmend", "explain", "20261122T103000Z-3f9ac2", f.Hosts[0], "--state", "'/var/lib/our aixmend'"}
	}
	for name, o := range map[string]TextOptions{
		"text-0": {}, "text-60": {Width: 60}, "text-120": {Width: 120},
		"text-0-next": {Next: next}, "text-40-next": {Width: 40, Next: next}, "text-80-next": {Width: 80, Next: next}, "text-200-next": {Width: 200, Next: next},
		"text-0-color": {Color: true}, "text-60-color": {Width: 60, Color: true}, "text-120-color": {Width: 120, Color: true},
	} {
		got := Text(fleet(), o)
		golden(t, "testdata/"+name+".golden", got)
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

func typical() outcome.Host {
	at := time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC)
	return outcome.Host{
		Schema: outcome.HostSchema, RunID: "20261122T103000Z-3f9ac2", Host: "aixprd01", Address: "10.1.2.3", Outcome: outcome.NeedsAction,
		Reason: "rmc-address-missing: en1 has no IPv6 link-local address", Started: at, Duration: 1234, Capture: "captures/aixprd01/c1",
		SSH: &outcome.SSH{
			Server: "SSH-2.0-OpenSSH_6.0", Kex: "diffie-hellman-group14-sha1", HostKey: "rsa-sha2-256", Cipher: "aes128-ctr", MAC: "hmac-sha1",
			Login: "identity /home/ops/.ssh/id_rsa (certificate fleet, signed by SHA256:x)", Legacy: true, Via: []string{"bastion.example"},
		},
		FactErrors: map[string]string{"lscluster_m": "hung: no answer in 30s", "clock": "date failed (exit 2)"},
		Findings: []outcome.Finding{
			{ID: "rmc-address-missing", Severity: outcome.Critical, Title: "en1 has no IPv6 link-local address", Evidence: []string{"ifconfig -a: no fe80::/10 address on en1", "MAC of en1: fa:d4:43:3e:d1:20"},
				Remedy: "chdev -l en1 -a netaddr6=fe80::f8d4:43ff:fe3e:d120", Source: "D5: IBM page"},
			{ID: "rsct-below-recommended", Severity: outcome.Warning, Title: "RSCT 3.2.6.1 is below 3.2.6.2", Evidence: []string{"lslpp: 3.2.6.1"}, Remedy: "plan an RSCT update", Source: "D1: IBM page", Waived: true, Waiver: "frozen for audit, until 2027-01-31"},
		},
		Plan: []outcome.PlanStep{
			{Rung: "1", Step: "replace-stale-lines", Command: "cp a b || exit 1\nwhile read x; do\n  echo \"$x\"\ndone", Undo: "cp b a"},
			{Rung: "1", Step: "set-address", Command: "/usr/sbin/chdev -l en1 -a state=up", Undo: "/usr/sbin/chdev -l en1 -a state=down"},
			{Rung: "3", Step: "stop-rmc", Command: "rmcctrl -z", Undo: "rmcctrl -A", BlockedBy: "cluster guard: lscluster -c: live"},
		},
		Changes: []outcome.Change{{Step: "set-address", Command: "/usr/sbin/chdev -l en1 -a state=up", Undo: "/usr/sbin/chdev -l en1 -a state=down", Status: outcome.Applied, At: at, Detail: "exit 0"}},
		Stages: []outcome.Stage{{Name: outcome.StageDiagnose, Status: outcome.StageOK, Started: at, DurationMS: 800, Note: "two findings", Steps: []outcome.Step{
			{ID: "uname", Command: "/usr/bin/uname -s", Stdout: "AIX\n", DurationMS: 3},
			{ID: "node_id_etc", Command: "[ -f /etc/ct_node_id ] || exit 44\n/usr/bin/head -n 1 /etc/ct_node_id", ExitStatus: 44, Stderr: "gone\n", Truncated: 12},
			{ID: "lscluster_m", Command: "/usr/sbin/lscluster -m", ExitStatus: -1, Error: "hung: no answer in 30s"},
			{ID: "set-address", Command: "/usr/sbin/chdev -l en1 -a state=up", Mutating: true, Stdout: "en1 changed\n"},
		}}},
	}
}

func TestExplain(t *testing.T) {
	golden(t, "testdata/explain.golden", Explain(typical()))
	for _, c := range []struct {
		name string
		host outcome.Host
		want string
	}{
		{"unreachable", outcome.Host{Outcome: outcome.Unreachable, Reason: "auth: no key"}, "ssh-copy-id"},
		{"blocked", outcome.Host{Outcome: outcome.NeedsAction,
			Findings: []outcome.Finding{{ID: "rmc-disconnected", Severity: outcome.Critical, Remedy: "recycle it"}},
			Plan:     []outcome.PlanStep{{Rung: "recycle", BlockedBy: "cluster guard", Mends: []string{"rmc-disconnected"}}},
		}, "What to do next\n  rung recycle is blocked: cluster guard\n"},
		{"healthy", outcome.Host{Outcome: outcome.Healthy}, "What to do next\n  nothing"},
		{"nothing known", outcome.Host{Outcome: outcome.Failed}, "open a case"},
		{"waived is no advice", outcome.Host{Outcome: outcome.Failed, Findings: []outcome.Finding{{ID: "x", Severity: outcome.Critical, Remedy: "do", Waived: true}}}, "open a case"},
	} {
		if got := Explain(c.host); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

func TestPlanText(t *testing.T) {
	h := typical()
	var b strings.Builder
	b.WriteString(PlanText(outcome.HostSummary{Name: h.Host, Outcome: h.Outcome, Reason: h.Reason, Plan: h.Plan}))
	b.WriteString(PlanText(outcome.HostSummary{Name: "aixprd02", Outcome: outcome.Healthy}))
	golden(t, "testdata/plan.golden", b.String())
	hostile := []outcome.PlanStep{{Rung: "1", Step: "s", Command: "a\x1b[31m\nb", Undo: "u\x07", BlockedBy: "x\ny\u202E"}}
	got := PlanText(outcome.HostSummary{Name: "a", Outcome: outcome.Healthy, Reason: "r\x1b[2J\nforged: healthy", Plan: hostile})
	if strings.ContainsAny(got, "\x1b\x07\u202E") || strings.Contains(got, "\nforged") || strings.Contains(got, "\ny") {
		t.Errorf("%q", got)
	}
}

func TestHostMarkdown(t *testing.T) {
	golden(t, "testdata/host.golden.md", string(HostMarkdown(typical())))
	golden(t, "testdata/host-empty.golden.md", string(HostMarkdown(outcome.Host{Host: "aixprd02", Outcome: outcome.Healthy})))
}

// hostileTexts is what a host may print to get out of its place in a document.
func hostileTexts() []string {
	return []string{
		"```\n# owned", "`````\n<script>alert(1)</script>\n`````", "~~~\n# owned\n~~~", "```text\nx\n```\n- item", strings.Repeat("`", 500),
		"<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "![](http://evil.example/x.png)", "[click](http://evil.example)", "<http://evil.example>",
		"http://evil.example/x", "https://evil.example", "www.evil.example", "&lt;b&gt;", "# heading", "## heading", "- item", "+ item", "* item", "1. item", "1) item", "> quote", "---", "===", "    code", "| a | b |",
		"a\n# owned", "a\r# owned", "a\u2028# owned", "\x1b[31mred\x1b[0m", "\x9b31m", "\u202Eevil", "a\x00b", "[x]: http://evil.example", "\\`x\\`", "\\", "{{ template }}", "$(reboot)",
		strings.Repeat("x`", 10_000),
	}
}

func hostileHost(s string) outcome.Host {
	return outcome.Host{
		SSH:    &outcome.SSH{Server: s, Kex: s, Cipher: s, Login: s, Via: []string{s}, Legacy: true},
		Mended: []outcome.Finding{{ID: s, Title: s}},
		Host:   s, RunID: s, Address: s, Reason: s, Outcome: outcome.Failed, Capture: s, FactErrors: map[string]string{"fact": s},
		Findings: []outcome.Finding{{ID: s, Severity: outcome.Critical, Title: s, Evidence: []string{s}, Remedy: s, Next: []string{s}, Source: s, Waived: true, Waiver: s}},
		Plan:     []outcome.PlanStep{{Rung: s, Step: "s" + s, Command: s, Undo: s, BlockedBy: s}, {Rung: s, BlockedBy: s}},
		Support:  []outcome.SupportFile{{Name: s, SHA256: s}},
		Changes:  []outcome.Change{{Step: s, Command: s, Undo: s, Status: outcome.Applied, Detail: s}},
		Stages:   []outcome.Stage{{Name: "diagnose", Status: "ok", Note: s, Steps: []outcome.Step{{ID: s, Command: s, Stdout: s, Stderr: s, Error: s}}}},
		Noise:    s,
	}
}

// Whatever a host printed stays text: it can't leave its fence, and outside of
// fences nothing of it is markup.
func TestHostMarkdownStaysText(t *testing.T) {
	for _, s := range hostileTexts() {
		checkMarkdown(t, s)
		if got := Explain(hostileHost(s)); Clean(got, true) != got {
			t.Errorf("explain of %.40q lets something through", s)
		}
	}
}

// One line of 1 MB, and many fences.
func TestHostMarkdownOfMuch(t *testing.T) {
	h := hostileHost("x")
	for _, s := range []string{strings.Repeat("x", 1<<20), strings.Repeat("x`", 1<<15), strings.Repeat("```\n", 1<<14)} {
		h.Stages[0].Steps[0].Stdout = s
		document := string(HostMarkdown(h))
		if !strings.Contains(document, strings.TrimRight(s, "\n")) {
			t.Error("the output is not there whole")
		}
		if _, fences := skeleton(t, document); fences != 7 {
			t.Errorf("%d fences", fences)
		}
	}
}

func FuzzHostMarkdown(f *testing.F) {
	for _, s := range hostileTexts() {
		if len(s) < 1000 {
			f.Add(s)
		}
	}
	f.Fuzz(func(t *testing.T, s string) { checkMarkdown(t, s) })
}

// skeleton is the document without what the host printed: the lines that make
// its structure, and the number of fences.
func skeleton(t *testing.T, document string) (headings []string, fences int) {
	t.Helper()
	fence := "" // the open one
	for line := range strings.Lines(document) {
		line = strings.TrimRight(line, "\n")
		ticks := line[:len(line)-len(strings.TrimLeft(line, "`"))]
		switch {
		case fence != "":
			// CommonMark: a closing fence is at least as long, indented by at
			// most three blanks, and nothing but blanks comes after it.
			bare := strings.Trim(line, " \t")
			if strings.Trim(bare, "`") == "" && len(bare) >= len(fence) {
				fence = ""
			}
		case len(ticks) >= 3:
			fence = ticks
			fences++
			if line != ticks+"text" {
				t.Errorf("a fence opens with %q", line)
			}
		default:
			checkProse(t, line)
			if strings.HasPrefix(line, "#") {
				level, _, _ := strings.Cut(line, " ")
				headings = append(headings, level)
			}
		}
	}
	if fence != "" {
		t.Errorf("the fence %.20q stays open", fence)
	}
	return headings, fences
}

// checkProse: outside of fences no character that makes markup stands without a
// backslash, but for the document's own.
func checkProse(t *testing.T, line string) {
	t.Helper()
	for _, own := range []string{"# ", "## ", "### ", "- **critical** ", "- ", "  - "} {
		if rest, ok := strings.CutPrefix(line, own); ok {
			line = rest
			break
		}
	}
	if trimmed := strings.TrimLeft(line, " "); trimmed != "" && strings.ContainsRune("-+=", rune(trimmed[0])) {
		t.Errorf("a line begins like a list or rule: %.60q", line)
	}
	waiver := strings.Count(line, " (waived: ") // the document's own words
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '(' && waiver > 0 && strings.HasPrefix(line[i:], "(waived: "), c == ')' && waiver > 0:
			waiver-- // opened, or closed
			if c == '(' {
				waiver = 1
			}
		case c == '\\':
			i++
		case strings.IndexByte("`*_{}[]<>()#!|~", c) >= 0:
			t.Errorf("markup %q in %.60q", c, line)
			return
		}
	}
	unescaped := strings.NewReplacer(`\:`, " ", `\.`, " ").Replace(strings.ToLower(line))
	for _, link := range []string{"://", "www."} {
		if strings.Contains(unescaped, link) {
			t.Errorf("a link in %.60q", line)
		}
	}
}

func checkMarkdown(t *testing.T, s string) {
	t.Helper()
	h := hostileHost(s)
	document := string(HostMarkdown(h))
	if Clean(document, true) != document {
		t.Errorf("%.40q: control characters come through", s)
	}
	if text := Case(h); Clean(text, true) != text {
		t.Errorf("%.40q: control characters come through in the case", s)
	}
	headings, fences := skeleton(t, document)
	if diff := cmp.Diff([]string{"#", "##", "##", "##", "##", "##", "##", "###"}, headings); diff != "" {
		t.Errorf("%.40q: headings (-want +got):\n%s", s, diff)
	}
	want := 7
	if strings.TrimSpace(s) == "" {
		want = 5 // no stdout, no stderr
	}
	if fences != want {
		t.Errorf("%.40q: %d fences, want %d", s, fences, want)
	}
}
