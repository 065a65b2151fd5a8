package onhost

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// undoDesk is a folder of markers, and a shell that arms and disarms there.
type undoDesk struct {
	t             *testing.T
	shell, marker string
}

func desks(t *testing.T, run func(t *testing.T, d undoDesk)) {
	t.Helper()
	for _, sh := range shells(t) {
		t.Run(filepath.Base(sh), func(t *testing.T) { run(t, undoDesk{t, sh, filepath.Join(t.TempDir(), "aixmend.undo.set-address")}) })
	}
}

// run runs a text, and returns what it printed with its status.
func (d undoDesk) run(text string) string {
	d.t.Helper()
	exit, out, errs := inShell(d.t, d.shell, text)
	return strings.TrimSpace(fmt.Sprintf("%d %s%s", exit, out, errs))
}

func (d undoDesk) link(suffix, target string) {
	d.t.Helper()
	if err := os.Symlink(target, d.marker+suffix); err != nil {
		d.t.Fatal(err)
	}
}

func (d undoDesk) armed() Armed {
	d.t.Helper()
	_, out, _ := inShell(d.t, d.shell, armed(d.marker))
	a, err := ReadArmed(out)
	if err != nil {
		d.t.Fatal(err)
	}
	return a
}

// left are the names in the folder.
func (d undoDesk) left() []string {
	d.t.Helper()
	entries, err := os.ReadDir(filepath.Dir(d.marker))
	if err != nil {
		d.t.Fatal(err)
	}
	names := []string{}
	for _, e := range entries {
		names = append(names, strings.TrimPrefix(e.Name(), "aixmend.undo.set-address"))
	}
	return names
}

func stamp(at time.Time) string { return at.UTC().Format(leaseClock) }

const (
	long  = 12 * time.Hour // no test waits for it
	slack = time.Minute    // of the step
)

// An undo that was armed says by whom and until when; its run disarms it, once, and
// nothing is left of it.
func TestUndoIsArmedAndDisarmed(t *testing.T) {
	desks(t, func(t *testing.T, d undoDesk) {
		before := time.Now()
		if said := d.run(unattended(arm(d.marker, "r1", "echo no", long, slack))); said != "0" {
			t.Fatal(said)
		}
		a := d.armed()
		if end := before.Add(long + slack); a.State != UndoArmed || a.Run != "r1" || a.Until.Before(end.Truncate(time.Second)) || a.Until.After(end.Add(time.Minute)) {
			t.Errorf("armed %+v, wanted until about %s", a, stamp(end))
		}
		if said := d.run(disarm(d.marker, "r2")); said != "0 nowhere" {
			t.Errorf("another run disarms it: %s", said)
		}
		if said := d.run(disarm(d.marker, "r1")); said != "0 disarmed" || len(d.left()) > 0 || d.armed() != (Armed{}) {
			t.Errorf("disarmed: %s; left %q, %+v", said, d.left(), d.armed())
		}
		if said := d.run(disarm(d.marker, "r1")); said != "0 nowhere" {
			t.Errorf("disarmed again: %s", said)
		}
	})
}

// unattended is an arming without the shell that it leaves behind.
func unattended(text string) string {
	text, _, _ = strings.Cut(text, "( trap '' 1")
	return text
}

// A marker that is there already: an undo that may still run is left alone, one
// whose time is over gives way, and what can't be read is named with the remedy.
func TestUndoMarkerIsThere(t *testing.T) {
	now := time.Now()
	soon, over := stamp(now.Add(5*time.Minute)), stamp(now.Add(-5*time.Second))
	for name, c := range map[string]struct{ target, want string }{
		"armed by another run":        {"run=r0,until=" + soon, "1 an undo of this step is armed already, by run r0 until " + soon},
		"armed by this run":           {"run=r1,until=" + soon, "1 an undo of this step is armed already, by run r1 until " + soon},
		"expired":                     {"run=r0,until=" + over, "0"},
		"expired last year":           {"run=r0,until=20251231T235959Z", "0"},
		"expired, of this run":        {"run=r1,until=" + over, "0"},
		"an end that is none":         {"run=r0,until=tomorrow", "has no end time: an undo of this step may be armed already"},
		"no end":                      {"run=r0", "has no end time"},
		"something else":              {"/etc/passwd", "has no end time"},
		"arithmetic":                  {"run=r0,until=1+1", "has no end time"},
		"text that a shell would run": {"run=$(touch x),until=" + over, "0"},
	} {
		t.Run(name, func(t *testing.T) {
			desks(t, func(t *testing.T, d undoDesk) {
				d.link("", c.target)
				d.link(".fired", "run=r0,until="+over)
				d.link(".disarmed", "run=r0,until="+over)
				said := d.run(unattended(arm(d.marker, "r1", "echo no", long, slack)))
				if !strings.Contains(said, c.want) || strings.HasPrefix(said, "0") != (c.want == "0") || !strings.HasPrefix(said, "0") && !strings.HasPrefix(said, "1 ") {
					t.Fatalf("%s, want %s", said, c.want)
				}
				target, err := os.Readlink(d.marker)
				if err != nil {
					t.Fatal(err)
				}
				if c.want != "0" {
					if target != c.target || len(d.left()) != 3 {
						t.Errorf("refused, and the marker is %q; left %q", target, d.left())
					}
					return
				}
				if !strings.HasPrefix(target, "run=r1,until=") || !cmp.Equal(d.left(), []string{""}) {
					t.Errorf("armed, and the marker is %q; left %q", target, d.left())
				}
			})
		})
	}
}

// A marker of an older version is a file: nothing says until when it holds.
func TestUndoMarkerIsAFile(t *testing.T) {
	desks(t, func(t *testing.T, d undoDesk) {
		if err := os.WriteFile(d.marker, []byte("armed\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		want := "1 " + d.marker + " exists and has no end time: an undo of this step may be armed already; if none waits on the host, rm " + d.marker
		if said := d.run(arm(d.marker, "r1", "echo no", long, slack)); said != want {
			t.Errorf("%s, want %s", said, want)
		}
		_, out, _ := inShell(t, d.shell, armed(d.marker))
		if a, err := ReadArmed(out); err == nil {
			t.Errorf("it reads as %+v", a)
		}
	})
}

// Nobody disarms it: the undo runs, once, and whoever comes late is told so.
func TestUndoFires(t *testing.T) {
	desks(t, func(t *testing.T, d undoDesk) {
		done := filepath.Join(filepath.Dir(d.marker), "undone")
		if said := d.run(arm(d.marker, "r1", "echo 1 >>"+done+"\necho 2 >>"+done, time.Second, slack)); said != "0" {
			t.Fatal(said)
		}
		awaitFile(t, done, "1\n2\n")
		if a := d.armed(); a.State != UndoFired || a.Run != "r1" || a.Until.IsZero() {
			t.Errorf("%+v", a)
		}
		if said := d.run(disarm(d.marker, "r1")); said != "0 fired" || !cmp.Equal(d.left(), []string{"undone"}) {
			t.Errorf("%s; left %q", said, d.left())
		}
	})
}

// A shell that waits longer than its marker holds, because the host stood still or
// its clock was set, leaves the marker of who has come after it alone.
func TestUndoOfAnotherMarkerDoesNotFire(t *testing.T) {
	desks(t, func(t *testing.T, d undoDesk) {
		done, ended := filepath.Join(filepath.Dir(d.marker), "undone"), filepath.Join(filepath.Dir(d.marker), "ended")
		text := strings.Replace(arm(d.marker, "r1", "echo 1 >"+done, time.Second, slack), "\n) </dev/null", "\n  echo 1 >"+ended+"\n) </dev/null", 1)
		if said := d.run(text); said != "0" {
			t.Fatal(said)
		}
		if err := os.Remove(d.marker); err != nil {
			t.Fatal(err)
		}
		d.link("", "run=r2,until="+stamp(time.Now().Add(time.Hour)))
		awaitFile(t, ended, "1\n")
		if _, err := os.Stat(done); err == nil || d.armed().Run != "r2" {
			t.Errorf("the undo of r1 ran: %v; armed %+v", err == nil, d.armed())
		}
	})
}

// awaitFile waits until a file holds a text.
func awaitFile(t *testing.T, path, want string) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for t.Context().Err() == nil {
		if text, err := os.ReadFile(path); err == nil && string(text) == want {
			return
		}
		<-tick.C
	}
}

// The disarming was cut off between its two halves.
func TestUndoHalfDisarmed(t *testing.T) {
	desks(t, func(t *testing.T, d undoDesk) {
		d.link(".disarmed", "run=r1,until="+stamp(time.Now().Add(time.Hour)))
		if a := d.armed(); a.State != UndoDisarmed || a.Run != "r1" {
			t.Errorf("%+v", a)
		}
		if said := d.run(disarm(d.marker, "r1")); said != "0 disarmed" || len(d.left()) > 0 {
			t.Errorf("%s; left %q", said, d.left())
		}
	})
}

// The end of a marker is reckoned by the calendar.
func TestUndoEnd(t *testing.T) {
	for _, c := range []struct {
		now   string
		after time.Duration
		want  string
	}{
		{"2026 111 129 115 123 108", 4 * time.Minute, "20261129T152808Z"},
		{"2026 108 109 108 109 108", time.Minute, "20260809T081108Z"},
		{"2026 111 129 123 158 130", time.Minute, "20261130T000030Z"},
		{"2026 111 130 123 159 159", 10 * time.Second, "20261201T000109Z"},
		{"2026 112 131 123 159 100", 0, "20270101T000001Z"},
		{"2026 102 128 123 159 159", time.Minute, "20260301T000159Z"},
		{"2028 102 128 123 159 159", time.Minute, "20280229T000159Z"},
		{"2028 102 129 123 159 159", time.Minute, "20280301T000159Z"},
		{"2026 101 131 100 100 100", 49 * time.Hour, "20260202T010100Z"},
		{"2026 112 130 100 100 100", 72 * time.Hour, "20270102T000100Z"},
	} {
		for _, sh := range shells(t) {
			text := unattended(arm(filepath.Join(t.TempDir(), "m"), "r1", "echo no", c.after, slack))
			text = strings.Replace(text, "$(/usr/bin/date -u '+%Y 1%m 1%d 1%H 1%M 1%S')", c.now, 1)
			exit, said, errs := inShell(t, sh, text+"echo \"$mine\"")
			if exit != 0 || said != "run=r1,until="+c.want+"\n" {
				t.Errorf("%s: %s and %s: %d %s%s, want %s", sh, c.now, c.after, exit, said, errs, c.want)
			}
		}
	}
}

// Of several who arm at one moment one succeeds.
func TestUndoIsArmedOnce(t *testing.T) {
	desks(t, func(t *testing.T, d undoDesk) {
		d.link("", "run=r0,until=20251231T235959Z") // of long ago
		said := make(chan string, 6)
		for i := range cap(said) {
			go func() { said <- d.run(unattended(arm(d.marker, fmt.Sprint("r", i+1), "echo no", long, slack))) }()
		}
		armed := 0
		for range cap(said) {
			if strings.HasPrefix(<-said, "0") {
				armed++
			}
		}
		if armed != 1 || d.armed().State != UndoArmed {
			t.Errorf("%d have armed it; %+v", armed, d.armed())
		}
	})
}

// One that was to take the place of an expired marker and was cut off holds nobody
// up for longer than its own time.
func TestUndoIsHalfArmed(t *testing.T) {
	for over, want := range map[time.Duration]string{-time.Hour: "0", time.Hour: "1 "} {
		desks(t, func(t *testing.T, d undoDesk) {
			d.link("", "run=r0,until=20251231T235959Z")
			d.link(".next", "run=r2,until="+stamp(time.Now().Add(over)))
			if said := d.run(unattended(arm(d.marker, "r1", "echo no", long, slack))); !strings.HasPrefix(said, want) {
				t.Errorf("its end is %s from now: %s, want %s", over, said, want)
			}
		})
	}
}

func TestReadArmed(t *testing.T) {
	line := func(suffix, target string) string {
		return "lrwxrwxrwx    1 root     system           46 Nov 29 15:13 /etc/aixmend.undo.restore-interface-1" + suffix + " -> " + target + "\n"
	}
	at := time.Date(2026, 11, 29, 15, 28, 8, 0, time.UTC)
	for name, c := range map[string]struct {
		printed string
		want    Armed
		err     string
	}{
		"nothing":              {"", Armed{}, ""},
		"armed":                {line("", "run=r1,until=20261129T152808Z"), Armed{UndoArmed, "r1", at}, ""},
		"fired":                {line(".fired", "run=r1,until=20261129T152808Z"), Armed{UndoFired, "r1", at}, ""},
		"disarmed":             {line(".disarmed", "run=r1,until=20261129T152808Z"), Armed{UndoDisarmed, "r1", at}, ""},
		"armed after it fired": {line("", "run=r2,until=20261129T152808Z") + line(".fired", "run=r1,until=20251129T152808Z"), Armed{UndoArmed, "r2", at}, ""},
		"a file":               {"-rw-r--r--    1 root     system            6 Nov 29 15:13 /etc/aixmend.undo.x\n", Armed{}, "is no marker of a timed undo"},
		"another target":       {line("", "/etc/passwd"), Armed{}, "is no marker"},
		"no such day":          {line("", "run=r1,until=20261399T152808Z"), Armed{}, "marker of a timed undo: parsing time"},
		"more behind it":       {line("", "run=r1,until=20261129T152808Zx"), Armed{}, "is no marker"},
		"another text":         {"ksh: ls:  not found.\n", Armed{}, "is no marker"},
	} {
		got, err := ReadArmed(c.printed)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v, want %s", name, err, c.err)
		}
	}
}

// Whatever a host prints: what is armed is said with its run and its end.
func FuzzReadArmed(f *testing.F) {
	const line = "lrwxrwxrwx 1 root system 46 Nov 29 15:13 /etc/aixmend.undo.x.fired -> run=r1,until=20261129T152808Z\n"
	for _, seed := range []string{"", line, strings.Replace(line, ".fired", "", 1), line + line, "-rw 1 /etc/aixmend.undo.x\n", "\n\r\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, printed string) {
		a, err := ReadArmed(printed)
		switch {
		case err != nil && a != (Armed{}):
			t.Errorf("%+v beside an error: %v", a, err)
		case err == nil && (a.State == UndoNone) != (strings.Trim(printed, "\n") == ""):
			t.Errorf("%+v", a)
		case a.State != UndoNone && (a.Run == "" || a.Until.IsZero() && !strings.Contains(printed, "00010101T000000Z")):
			t.Errorf("%+v", a)
		}
	})
}
