package folded_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/folded"
)

const guarded = "cluster guard: not understood: lscluster_c"

// undone is a host whose address would be taken off again, and whose refresh can't be undone.
func undone(name, address string) outcome.HostSummary {
	const why = "a refresh changes nothing that could be undone"
	return outcome.HostSummary{Name: name, Plan: []outcome.PlanStep{
		{Rung: "refresh", Step: "refresh-management-domain", Command: "none: " + why, Undo: "/r", BlockedBy: why},
		{Rung: "refresh", Step: "enable-remote-clients", Command: "none: " + why, Undo: "/r", BlockedBy: why},
		{Rung: "address", Step: "set-address-arm-undo", Command: "m=/etc/x\narm", Undo: "disarm", Part: "arm"},
		{Rung: "address", Step: "set-address", Command: "for a in " + address + "; do\n  /usr/sbin/ifconfig en1 inet6 $a delete\ndone\n", Undo: "/c " + address, TimedUndo: "4m0s"},
		{Rung: "address", Step: "set-address-disarm-undo", Command: "m=/etc/x\ndisarm", Undo: "none: it only ends the timed undo", Part: "disarm"},
	}}
}

// A rollback is folded as a plan is, and says what is undone and what can't be.
func TestRollback(t *testing.T) {
	daemon := outcome.HostSummary{Name: "aix09", Plan: []outcome.PlanStep{{Rung: "recycle", Step: "start-rmc", Command: "/usr/sbin/rsct/bin/rmcctrl -z", Undo: "/usr/sbin/rsct/bin/rmcctrl -A"}}}
	fixed := undone("aix01", "fe80::1")
	fixed.Plan = fixed.Plan[:2]
	want := `aix[03-04]
  ! refresh  refresh-management-domain, enable-remote-clients: a refresh changes nothing that could be undone
  - address  set-address, a script of 3 lines, by the host itself after 4m if the connection is lost
               /usr/sbin/ifconfig en1 inet6 $a delete
      aix03  fe80::3
      aix04  fe80::4

aix09
  - recycle  /usr/sbin/rsct/bin/rmcctrl -z

aix01
  ! refresh  refresh-management-domain, enable-remote-clients: a refresh changes nothing that could be undone

- is undone, ! can't be undone; -v prints every command
`
	if got := folded.Rollback([]outcome.HostSummary{fixed, undone("aix03", "fe80::3"), undone("aix04", "fe80::4"), daemon}, report.TextOptions{}); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	const full = `aix03:
  rung refresh
    refresh-management-domain can't be undone: a refresh changes nothing that could be undone
    enable-remote-clients can't be undone: a refresh changes nothing that could be undone
  rung address
    set-address-arm-undo, part of set-address
      m=/etc/x
      arm
    set-address, by the host itself after 4m if the connection is lost
      for a in fe80::3; do
        /usr/sbin/ifconfig en1 inet6 $a delete
      done
    set-address-disarm-undo, part of set-address
      m=/etc/x
      disarm
`
	if got := report.RollbackText(undone("aix03", "fe80::3"), 0, true); got != full {
		t.Errorf("%s\nwant\n%s", got, full)
	}
	brief := strings.NewReplacer("    set-address-arm-undo, part of set-address\n      m=/etc/x\n      arm\n", "",
		"    set-address-disarm-undo, part of set-address\n      m=/etc/x\n      disarm\n", "").Replace(full)
	if got := report.RollbackText(undone("aix03", "fe80::3"), 0, false); got != brief {
		t.Errorf("%s\nwant\n%s", got, brief)
	}
}

// planned is a host whose address is set, with RMC restarted unless that is blocked.
func planned(name, address, blocked string) outcome.HostSummary {
	return outcome.HostSummary{Name: name, Outcome: outcome.NeedsAction, Open: []string{"rmc-address-missing"}, Plan: []outcome.PlanStep{
		{Rung: "address", Step: "set-address-arm-undo", Command: "m=/etc/x\narm", Undo: "disarm", Part: "arm"},
		{Rung: "address", Step: "set-address", Command: "/usr/sbin/chdev -l en1 -a netaddr6=" + address + " -a state=up", Undo: "case x\nesac", TimedUndo: "4m0s"},
		{Rung: "address", Step: "set-address-disarm-undo", Command: "m=/etc/x\ndisarm", Undo: "none: it only ends the timed undo", Part: "disarm"},
		{Rung: "refresh", Step: "refresh", Command: "/usr/sbin/rsct/bin/rmcctrl -p", Undo: "none: it restarts nothing", BlockedBy: blocked},
		{Rung: "hand-over", Step: "collect", Command: "ctsnap -d /var/" + name, Undo: "rm", Conditional: true, BlockedBy: "it runs only if nothing else has helped"},
	}}
}

func TestText(t *testing.T) {
	script := outcome.HostSummary{Name: "db1", Outcome: outcome.NeedsAction, Open: []string{"rmc-address-stale"}, Plan: []outcome.PlanStep{
		{Rung: "address", Step: "replace-stale-lines", Command: "b=/etc/rc\ncp a b\n", Undo: "mv b a", Because: "two lines are stale"},
	}}
	hosts := []outcome.HostSummary{
		{Name: "aix01", Outcome: outcome.Healthy}, {Name: "aix02", Outcome: outcome.Degraded},
		planned("aix07", "fe80::7", guarded), planned("aix03", "fe80::3", ""), script, planned("aix04", "fe80::4", ""), planned("aix05", "fe80::5", ""),
		{Name: "aix09", Outcome: outcome.NeedsAction, Open: []string{"filesystem-full"}, Plan: []outcome.PlanStep{{Rung: "recycle", BlockedBy: "/var is full"}}},
	}
	for width, want := range map[int]string{
		0: `aix[03-05]: rmc-address-missing
  ~ address  /usr/sbin/chdev -l en1 -a netaddr6=... -a state=up (timed undo, 4m)
  + refresh  /usr/sbin/rsct/bin/rmcctrl -p
      aix03  netaddr6=fe80::3
      aix04  netaddr6=fe80::4
      aix05  netaddr6=fe80::5

aix07: rmc-address-missing
  ~ address  /usr/sbin/chdev -l en1 -a netaddr6=fe80::7 -a state=up (timed undo, 4m)
  ! refresh  blocked: cluster guard: not understood: lscluster_c

db1: rmc-address-stale
  ~ address  replace-stale-lines, a script of 2 lines: two lines are stale

aix09: filesystem-full
  ! recycle  blocked: /var is full

aix[03-05]: only if nothing else has helped
  ~ hand-over  ctsnap -d ...
      aix03  /var/aix03
      aix04  /var/aix04
      aix05  /var/aix05

aix07: only if nothing else has helped, and not while a rung is blocked
  ~ hand-over  ctsnap -d /var/aix07

~ has an undo, + has none, ! is blocked; -v prints every command
Plan: 5 hosts to change, up to 8 steps, 2 rungs, 3 more steps only if nothing else has helped, 1 more not while a rung is blocked; 1 host needs you: aix09; 1 more if these steps do not help: aix07; 1 degraded; 1 healthy.
`,
		60: `aix[03-05]: rmc-address-missing
  ~ address  /usr/sbin/chdev -l en1 -a netaddr6=... \
               -a state=up (timed undo, 4m)
  + refresh  /usr/sbin/rsct/bin/rmcctrl -p
      aix03  netaddr6=fe80::3
      aix04  netaddr6=fe80::4
      aix05  netaddr6=fe80::5

aix07: rmc-address-missing
  ~ address  /usr/sbin/chdev -l en1 -a netaddr6=fe80::7 \
               -a state=up (timed undo, 4m)
  ! refresh  blocked: cluster guard: not understood:
             lscluster_c

db1: rmc-address-stale
  ~ address  replace-stale-lines, a script of 2 lines: two
             lines are stale

aix09: filesystem-full
  ! recycle  blocked: /var is full

aix[03-05]: only if nothing else has helped
  ~ hand-over  ctsnap -d ...
      aix03  /var/aix03
      aix04  /var/aix04
      aix05  /var/aix05

aix07: only if nothing else has helped, and not while a rung
  is blocked
  ~ hand-over  ctsnap -d /var/aix07

~ has an undo, + has none, ! is blocked; -v prints every
  command
Plan: 5 hosts to change, up to 8 steps, 2 rungs, 3 more
  steps only if nothing else has helped, 1 more not while a
  rung is blocked; 1 host needs you: aix09; 1 more if these
  steps do not help: aix07; 1 degraded; 1 healthy.
`,
	} {
		if got := folded.Text(hosts, report.TextOptions{Width: width}); got != want {
			t.Errorf("%d columns:\n%s\nwanted\n%s", width, got, want)
		}
	}
	color := folded.Text(hosts, report.TextOptions{Width: 60, Color: true})
	if plain := folded.Text(hosts, report.TextOptions{Width: 60}); ansi.Strip(color) != plain || color == plain {
		t.Errorf("colours change more than colours:\n%s", color)
	}
}

// Hosts share a block only where the block shows every difference between their commands.
func TestDifferences(t *testing.T) {
	host := func(name, command, undo string) outcome.HostSummary {
		return outcome.HostSummary{Name: name, Outcome: outcome.NeedsAction, Plan: []outcome.PlanStep{{Rung: "r", Step: "s", Command: command, Undo: undo}}}
	}
	for name, c := range map[string]struct {
		a, b, undoOfA, undoOfB string
		blocks                 int
		shows                  []string
	}{
		"the same script":              {"cp x y\nsync", "cp x y\nsync", "u", "u", 1, nil},
		"another word in a script":     {"cp x y\nsync", "rm x y\nsync", "u", "u", 2, nil},
		"another line break":           {"cp x y\nsync\nls", "cp x\ny sync\nls", "u", "u", 2, nil},
		"a value in a script":          {"a=fe80::1\nset $a", "a=fe80::2\nset $a", "u", "u", 1, []string{"a=fe80::1", "a=fe80::2"}},
		"the name of the host":         {"mkdir /db\nsync", "mkdir /web\nsync", "u", "u", 1, []string{"/db", "/web"}},
		"another flag of a command":    {"chdev -l en1 -P", "chdev -l en1 -T", "u", "u", 2, nil},
		"another command":              {"chdev -l en1", "rmdev -l en1", "u", "u", 2, nil},
		"a value of a command":         {"chdev -l en1", "chdev -l en2", "u", "u", 1, []string{"en1", "en2"}},
		"another undo":                 {"chdev -l en1", "chdev -l en1", "chdev -P", "rmdev -P", 2, nil},
		"the undo has a value":         {"chdev -l en1", "chdev -l en1", "chdev -l en1", "chdev -l en2", 1, nil},
		"a value without its name":     {"chdev -a x=1", "chdev -a y=1", "u", "u", 2, nil},
		"a number of words in a value": {"set 1 2", "set 1", "u", "u", 2, nil},
	} {
		hosts := []outcome.HostSummary{host("db", c.a, c.undoOfA), host("web", c.b, c.undoOfB)}
		text := folded.Text(hosts, report.TextOptions{})
		blocks := 2
		if strings.HasPrefix(text, "db web") {
			blocks = 1
		}
		if blocks != c.blocks {
			t.Errorf("%s: %d blocks, wanted %d:\n%s", name, blocks, c.blocks, text)
		}
		for _, value := range c.shows {
			if !strings.Contains(text, "  "+value+"\n") {
				t.Errorf("%s: %s is not shown:\n%s", name, value, text)
			}
		}
	}
}

// A line a rung, for a person who wants no more than an overview.
func TestRungs(t *testing.T) {
	hosts := []outcome.HostSummary{
		{Name: "aix01", Outcome: outcome.Healthy},
		planned("aix03", "fe80::3", ""), planned("aix04", "fe80::4", ""), planned("aix07", "fe80::7", guarded),
		{Name: "aix09", Outcome: outcome.NeedsAction, Plan: []outcome.PlanStep{{Rung: "recycle", BlockedBy: "/var is full"}, {Rung: "node-id", BlockedBy: "x"}}},
	}
	want := `Plan: 3 hosts to change, up to 5 steps, 2 rungs, 2 more steps only if nothing else has helped, 1 more not while a rung is blocked; 1 host needs you: aix09; 1 more if these steps do not help: aix07; 1 healthy.
  ~ address  3 hosts  aix[03-04,07]
  + refresh  2 hosts  aix[03-04]
  ! blocked  2 hosts  aix[07,09]
  ~ has an undo, + has none, ! is blocked; -v prints every command
`
	if got := folded.Rungs(hosts, report.TextOptions{}); got != want {
		t.Errorf("%s\nwanted\n%s", got, want)
	}
	for width := 20; width < 120; width++ {
		text := folded.Rungs(hosts, report.TextOptions{Width: width, Color: true})
		if !strings.Contains(text, "\x1b") {
			t.Fatal("no colours")
		}
		for line := range strings.Lines(ansi.Strip(text)) {
			if n := ansi.StringWidth(strings.TrimRight(line, "\n")); n > max(width, 24) || strings.Count(line, "[") != strings.Count(line, "]") {
				t.Errorf("%d columns: %q", width, line)
			}
		}
	}
	if got := folded.Rungs(hosts[:1], report.TextOptions{}); got != "Plan: nothing to change; 1 healthy.\n" {
		t.Errorf("%q", got)
	}
}

// A large fleet stays a page, and a window is never too narrow.
func TestLargeAndNarrow(t *testing.T) {
	var hosts []outcome.HostSummary
	for i := range 1000 {
		hosts = append(hosts, planned(fmt.Sprintf("aix%04d", i), fmt.Sprintf("fe80::%x", i), ""))
	}
	text := folded.Text(hosts, report.TextOptions{Width: 80})
	if n := strings.Count(text, "\n"); n > 36 || !strings.Contains(text, "and 988 more: -v shows them") || !strings.Contains(text, "1000 hosts to change, up to 2000 steps, 2 rungs") {
		t.Errorf("%d lines:\n%s", n, text)
	}
	for width := 1; width < 60; width++ {
		text := folded.Text(hosts[:2], report.TextOptions{Width: width})
		for line := range strings.Lines(text) {
			if n := ansi.StringWidth(strings.TrimRight(line, "\n")); n > max(width, 24) && len(strings.Fields(line)) > 1 { // a word is never broken
				t.Errorf("%d columns, and a line of %d: %q", width, n, line)
			}
		}
	}
}

// Text of a host or of a plan file has no effect on the terminal.
func TestHostile(t *testing.T) {
	h := planned("aix\x1b[2J", "fe80::\x1b]0;x\x07", "because\x1b[31m\nrm -rf /")
	h.Open, h.Plan[1].Because, h.Plan[1].TimedUndo = []string{"\x1b[1m"}, "\u202ex", "\x1b[0m"
	h.Plan[3].Rung = "a\x1b[2J\nb"
	other := planned("b", "fe80::1", "")
	other.Open, other.Plan[1].Because, other.Plan[1].TimedUndo, other.Plan[3].Rung = h.Open, h.Plan[1].Because, h.Plan[1].TimedUndo, h.Plan[3].Rung
	both := []outcome.HostSummary{h, other}
	text := folded.Text(both, report.TextOptions{Width: 70}) + folded.Rungs(both, report.TextOptions{Width: 70})
	if strings.ContainsAny(text, "\x1b\x07\u202e") || strings.Contains(text, "\nrm -rf") {
		t.Errorf("%q", text)
	}
}

func TestNothingToDo(t *testing.T) {
	got := folded.Text([]outcome.HostSummary{{Name: "a", Outcome: outcome.Healthy}, {Name: "b", Outcome: outcome.Unreachable}}, report.TextOptions{})
	if want := "Plan: nothing to change; 1 unreachable; 1 healthy.\n"; got != want {
		t.Errorf("%q", got)
	}
}

// The hosts that need a person are those that need action and that the steps can't heal: with
// nothing to send, or with a critical finding that no step would fix. A rung that is blocked
// behind steps that may heal the host makes none of them.
func TestCounted(t *testing.T) {
	host := func(o outcome.Outcome, steps ...outcome.PlanStep) outcome.HostSummary {
		return outcome.HostSummary{Name: "h", Outcome: o, Plan: steps}
	}
	needing := func(steps ...outcome.PlanStep) outcome.HostSummary {
		return outcome.HostSummary{Name: "n", Outcome: outcome.NeedsAction, Plan: steps, Needs: []outcome.Need{{Finding: "f", Step: "do it"}}}
	}
	runs, blocked := outcome.PlanStep{Rung: "r", Step: "s", Command: "c"}, outcome.PlanStep{Rung: "b", BlockedBy: "x"}
	last := outcome.PlanStep{Rung: "hand-over", Step: "s", BlockedBy: "only then", Conditional: true}
	const one = "1 host to change, up to 1 step, 1 rung"
	for want, hosts := range map[string][]outcome.HostSummary{
		"nothing to change; 1 host needs you: h":  {host(outcome.NeedsAction)},
		"nothing to change; 1 degraded":           {host(outcome.Degraded)},
		"nothing to change; 1 skipped; 1 healthy": {host(outcome.Skipped), host(outcome.Healthy)},
		one: {host(outcome.NeedsAction, runs)},
		one + ", 1 more step only if nothing else has helped":                                                                                  {host(outcome.NeedsAction, runs, last)},
		one + ", 2 more steps only if nothing else has helped; 1 healthy":                                                                      {host(outcome.NeedsAction, runs, last, last), host(outcome.Healthy)},
		one + ", 1 more step only if nothing else has helped, and not while a rung is blocked; 1 host needs you if these steps do not help: h": {host(outcome.NeedsAction, runs, blocked, last)},
		one + "; 1 host needs you if these steps do not help: h; 1 healthy":                                                                    {host(outcome.NeedsAction, runs, blocked), host(outcome.Healthy)},
		one + "; 1 healthy":                                        {host(outcome.Degraded, runs, blocked), host(outcome.Healthy)},
		one + "; 1 host needs you after these steps: n":            {needing(runs, blocked)},
		one + "; 1 host needs you: h; 1 more after these steps: n": {needing(runs, blocked), host(outcome.NeedsAction, blocked)},
		one + "; 2 hosts need you: h n; 1 healthy":                 {host(outcome.NeedsAction, runs), host(outcome.NeedsAction, blocked), needing(blocked), host(outcome.Healthy)},
	} {
		if got := folded.Counted(hosts); got != "Plan: "+want+"." {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
