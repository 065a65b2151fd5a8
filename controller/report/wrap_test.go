package report

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// hostsOf reads the hosts of a text back, list by list: a list that is cut is none.
func hostsOf(t *testing.T, text string) []string {
	t.Helper()
	whole := regexp.MustCompile(`^([a-z.]*)(?:\[([0-9,-]+)\]|([0-9]+))?([a-z.]*)$`)
	var hosts []string
	for word := range strings.FieldsSeq(text) {
		m := whole.FindStringSubmatch(word)
		if m == nil {
			t.Fatalf("%q is no list of hosts, in %q", word, text)
		}
		for span := range strings.SplitSeq(m[2]+m[3], ",") {
			first, last, isSpan := strings.Cut(span, "-")
			if !isSpan {
				last = first
			}
			low, err := strconv.Atoi(first)
			high, again := strconv.Atoi(last)
			if err != nil || again != nil || len(first) != len(last) {
				t.Fatalf("%q is no list of hosts, in %q", word, text)
			}
			for n := low; n <= high; n++ {
				hosts = append(hosts, fmt.Sprintf("%s%0*d%s", m[1], len(first), n, m[4]))
			}
		}
	}
	slices.Sort(hosts)
	return hosts
}

// However narrow a column is, each list of hosts on a line is whole, and together they are
// the hosts that were there.
func TestListsOfHostsStayWhole(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	stems := [][2]string{{"aixvm", ""}, {"db", "a"}, {"p", ".example.org"}}
	for range 2000 {
		var hosts []string
		for range 1 + random.IntN(40) {
			stem := stems[random.IntN(len(stems))]
			hosts = append(hosts, fmt.Sprintf("%s%03d%s", stem[0], random.IntN(120), stem[1]))
		}
		slices.Sort(hosts)
		hosts = slices.Compact(hosts)
		text := Compact(hosts)
		width := 2 + max(10+random.IntN(80), Widest(text), len("p000.example.org"))
		wrapped := Wrapped(text, width, "  ")
		for line := range strings.SplitSeq(wrapped, "\n") {
			if ansi.StringWidth(line) > width {
				t.Fatalf("%d columns: %q", width, line)
			}
		}
		slices.Sort(hosts)
		got := hostsOf(t, wrapped)
		if !slices.Equal(got, hosts) {
			t.Fatalf("%d columns: %q became %q", width, hosts, got)
		}
	}
}

func TestWrappedWords(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"aixvm[004-005,007,009-011,024]", 20, "aixvm[004-005,007]|aixvm[009-011,024]"},
		{"skipped: aix[001,003]-db: why", 13, "skipped:|aix001-db|aix003-db:|why"},
		{"see aix[001-099]", 9, "see|aix[001-099]"},    // a range is one word
		{"-l 'aix[001,003]'", 10, "-l|'aix[001,003]'"}, // of a shell: it is one argument
		{"auth,rmc-address-wrong,x", 12, "auth,|rmc-address-wrong,|x"},
		{"host123456", 6, "host123456"},
		{"a /a/very/long/path b", 7, "a|/a/very/long/path|b"},
		{"run aixmend plan -l web --set a=b to see", 12, "run|aixmend plan -l web --set a=b|to see"},
		{"aixmend runs shows it; aixmend inventory list, too", 14, "aixmend runs|shows it;|aixmend inventory list,|too"},
		{"see (aixmend explain 2026-1 web) or aixmend runbook sources, and read", 12, "see|(aixmend explain 2026-1 web)|or|aixmend runbook sources,|and read"},
		{"type ./bin/aixmend audit --state 'of demo' again", 12, "type|./bin/aixmend audit --state 'of demo'|again"},
		{"type /x/am-1.2 plan -l web again", 12, "type|/x/am-1.2 plan -l web|again"},
		{"type (go run ./cmd/aixmend plan -l web) again", 12, "type|(go run ./cmd/aixmend plan -l web)|again"},
		{"type '/of demo/am 1' runs, again", 12, "type|'/of demo/am 1' runs,|again"},
		{"/var/lib is full here", 12, "/var/lib is|full here"},
	} {
		if got := strings.Join(lines(c.text, c.width), "|"); got != c.want {
			t.Errorf("%q in %d columns: %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

// Only lines that are too long are broken. They go on behind their label.
func TestFit(t *testing.T) {
	text := `error: a short one
hint: aixmend inventory list -i demo.yaml shows them
page:    state/runs/20261130T173652.695Z-5fed07/report.html
- Rule: a word and another and so on, until the line is full
  value    a.b is a list of some words that go on and on
`
	want := `error: a short one
hint:
  aixmend inventory list -i demo.yaml
  shows them
page:
  state/runs/20261130T173652.695Z-5fed07/report.html
- Rule: a word and another and so on,
  until the line is full
  value    a.b is a list of some words
           that go on and on
`
	if got := Fit(text, 40); got != strings.Replace(want, "  state", "state", 1) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if got := Fit(text, 0); got != text {
		t.Errorf("without a terminal:\n%s", got)
	}
}

// A command stays whole however the program is called: by its name, another one, or a path.
func TestCommandsOfAnyName(t *testing.T) {
	for _, name := range []string{"aixmend", "am-1.2", "am", "./am", "/opt/am 1/am", "go run ./cmd/aixmend"} {
		program := name
		if strings.Contains(name, "am 1") {
			program = "'" + name + "'"
		}
		command := program + " recover -l 'a b' --set wait=6s"
		for width := 20; width < 120; width++ {
			if got := FitAs("hint: look at it ("+command+"), and "+program+" runs lists more of them than a line holds", width, program); !strings.Contains(got, command) || !strings.Contains(got, program+" runs") {
				t.Errorf("%d columns:\n%s", width, got)
			}
		}
	}
}

func TestIsCommand(t *testing.T) {
	for remedy, want := range map[string]bool{
		"chdev -l en1 -a netaddr6=fe80::1 -a prefixlen=64 -a state=up": true,
		"/usr/sbin/rsct/bin/rmcctrl -A":                                true,
		"rmcctrl -A":                                                   true,
		"rmcctrl -A, then rmcctrl -p":                                  false,
		"chdev -l en1 with the attributes of the capture":              false,
		"recfgct -s keeps the id in /etc":                              false,
		"plan an RSCT update":                                          false,
		"":                                                             false,
		"chdev -l en1\nrm -r /":                                        false,
	} {
		if got := IsCommand(remedy); got != want {
			t.Errorf("%q: %t", remedy, got)
		}
	}
}

// A command that is wider than the terminal is broken at blanks outside of quotes, so that a shell
// joins its lines; only a word that is too wide alone stays so.
func TestPasted(t *testing.T) {
	const command = "aixmend plan -l 'aixvm[004-005,  007]' --set probe_timeout=3s --set wait=6s --state /var/lib/aixmend-state-of-the-team"
	for _, width := range []int{0, 20, 40, 60, 80, 120, 200} {
		got := Pasted(command, width, "    ")
		if strings.Contains(got, "--set \\") && width >= 40 {
			t.Errorf("%d columns: a flag without its value: %q", width, got)
		}
		if joined := strings.TrimSpace(regexp.MustCompile(` \\\n +`).ReplaceAllString(got, " ")); joined != command {
			t.Errorf("%d columns: %q", width, joined)
		}
		lines := strings.Split(got, "\n")
		for i, line := range lines {
			words := quotedWords(strings.TrimSuffix(line, " \\"))
			if ends := strings.HasSuffix(line, " \\"); ends == (i == len(lines)-1) || width > 0 && len(words) > 1 && ansi.StringWidth(line) > width {
				t.Errorf("%d columns: line %d is %q", width, i+1, line)
			}
		}
	}
}

// A command of a host that is wider than the terminal can still be pasted: a shell joins its
// lines, an option keeps its value where there is room, and nothing in quotes is changed.
func TestHangingCommand(t *testing.T) {
	const set = "/usr/sbin/chdev -l en1 -a netaddr6=fe80::f8d4:43ff:fe00:521 -a prefixlen=64 -a state=up"
	for _, c := range []struct {
		begin, command, note string
		width                int
		want                 string
	}{
		{"  ~ address  ", set, " (timed undo, 4m)", 0, "  ~ address  " + set + " (timed undo, 4m)"},
		{"  ~ address  ", set, " (timed undo, 4m)", 80, "  ~ address  /usr/sbin/chdev -l en1 -a netaddr6=fe80::f8d4:43ff:fe00:521 \\\n" +
			"               -a prefixlen=64 -a state=up (timed undo, 4m)"},
		{"  ~ address  ", set, " (timed undo, 4m)", 60, "  ~ address  /usr/sbin/chdev -l en1 \\\n" +
			"               -a netaddr6=fe80::f8d4:43ff:fe00:521 \\\n               -a prefixlen=64 -a state=up (timed undo, 4m)"},
		{"  ~ address  ", set, " (timed undo, 4m)", 50, "  ~ address  /usr/sbin/chdev -l en1 -a \\\n               netaddr6=fe80::f8d4:43ff:fe00:521 \\\n" +
			"               -a prefixlen=64 -a state=up\n             (timed undo, 4m)"},
		{"  - address  ", set, ", by the host itself after 4m if the connection is lost", 101, "  - address  " + set + "\n             by the host itself after 4m if the connection is lost"},
		{"  ~ address  ", "printf '%s  x' \"a 'b  c\" d\\ e ffffffffffffffffffff", "", 50, "  ~ address  printf '%s  x' \"a 'b  c\" d\\ e \\\n               ffffffffffffffffffff"},
		{"  + collect  ", "# fetch the files of /var/aixmend/support into the folder of the run", "", 50, "  + collect  # fetch the files of\n             /var/aixmend/support into the folder\n             of the run"},
	} {
		if got := HangingCommand(c.begin, c.command, c.note, c.width); got != c.want {
			t.Errorf("%d columns:\n%s\nwant\n%s", c.width, got, c.want)
		}
	}
}
