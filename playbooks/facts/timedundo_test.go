package facts

import (
	"strings"
	"testing"
)

// armedUndo is the answer of a host on which an undo is armed.
const armedUndo = "20261130T120000Z\nrun=20261130T115800.000Z-ab12cd\n" +
	"lrwxrwxrwx    1 root     system           52 Nov 30 12:00 /etc/aixmend.undo.set-rmc-address -> run=20261130T115800.000Z-ab12cd,until=20261130T120530Z\n"

func TestParseTimedUndos(t *testing.T) {
	link := func(name, target string) string {
		return "lrwxrwxrwx    1 root     system           52 Nov 30 12:00 /etc/aixmend.undo." + name + " -> " + target + "\n"
	}
	const clock, until = "20261130T120000Z\n", ",until=20261130T120530Z"
	const run1, run2 = "20261130T115800.000Z-ab12cd", "20261130T115900.000Z-ab12ce"
	armed := TimedUndo{File: "/etc/aixmend.undo.set-rmc-address", Step: "set-rmc-address", ArmedBy: run1, Holder: run1, Until: "2026-11-30T12:05:30Z"}
	planned := armed
	planned.Holder = run2
	held := armed
	held.Leased = true
	foreign := func(run string) TimedUndo { undo := armed; undo.ArmedBy, undo.Holder = run, ""; return undo }
	unclear := func(name string) TimedUndo { return TimedUndo{File: "/etc/aixmend.undo." + name} }
	list := func(undos ...TimedUndo) TimedUndos { return TimedUndos{List: append([]TimedUndo{}, undos...)} }
	runParse(t, ParseTimedUndos, []parseCase[TimedUndos]{
		{name: "none", in: stdout(""), want: list()},
		{name: "armed, no lease", in: stdout(clock + link("set-rmc-address", "run="+run1+until)), want: list(armed)},
		{name: "a saved plan was applied: the lease names the run", in: stdout(clock + "run=" + run2 + "\n" + link("set-rmc-address", "run="+run1+until)), want: list(planned)},
		{name: "its lease holds the host", in: stdout(clock + "run=" + run1 + ",until=20261130T115900Z\n" + link("set-rmc-address", "run="+run1+until)), want: list(held)},
		{name: "its lease has expired", in: stdout(clock + "run=" + run1 + ",until=20261130T115859Z\n" + link("set-rmc-address", "run="+run1+until)), want: list(armed)},
		{name: "a lease without a day", in: stdout(clock + "run=" + run1 + ",until=20269930T115859Z\n" + link("set-rmc-address", "run="+run1+until)), want: list(armed)},
		{name: "fired, disarmed or about to take a place", in: stdout(clock + link("a.fired", "run="+run1+until) + link("a.disarmed", "run="+run1+until) + link("a.next", "run="+run1+until)), want: list()},
		{name: "a reboot left it behind", in: stdout("20261130T120531Z\n" + link("set-rmc-address", "run="+run1+until)), want: list()},
		{name: "its last second", in: stdout("20261130T120530Z\n" + link("set-rmc-address", "run="+run1+until)), want: list(armed)},
		{name: "no end", in: stdout(clock + link("a", "run=r1")), want: list(unclear("a -> run=r1"))},
		{name: "no day", in: stdout(clock + link("a", "run=r1,until=20261330T120530Z")), want: list(unclear("a -> run=r1,until=20261330T120530Z"))},
		{name: "no link", in: stdout(clock + "-rw-r--r--    1 root     system           52 Nov 30 12:00 /etc/aixmend.undo.a\n"), want: list(unclear("a"))},
		{name: "hostile", in: stdout(clock + link("$(reboot)\x1b[2J", "run="+run1+until)), want: list(unclear("$(reboot)?[2J -> run=" + run1 + ",until=20261130T120530Z"))},
		{name: "not a run's id, but a flag", in: stdout(clock + link("set-rmc-address", "run=--yes"+until)), want: list(foreign("--yes"))},
		{name: "a word that means a run", in: stdout(clock + "run=latest\n" + link("set-rmc-address", "run=--undo"+until)), want: list(foreign("--undo"))},
		{name: "a file name of two lines", in: stdout(clock + "-rw-r--r-- 1 root system 0 Nov 30 12:00 /etc/aixmend.undo.a\nrun=r3\n"), want: list(unclear("a"), unclear(""))},
		{name: "no clock", in: stdout(link("a", "run="+run1+until)), err: "output of date not understood"},
		{name: "a flood", in: stdout(clock + strings.Repeat(link("a", "x"), maxShown+1)), err: "too many rows"},
		{name: "failed", in: exit(2, clock, "ls: 0653-341 The file does not exist.\n"), err: "0653-341"},
	})
}
