//go:build !aix

package live

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/transport/lab/golden"
)

func end(host string, o outcome.Outcome, reason string) outcome.HostSummary {
	return outcome.HostSummary{Name: host, Outcome: o, Reason: reason}
}

// story is a recover of 300 hosts in its midst: of every kind of line something.
func story() (*board, *clock) {
	c := &clock{at: time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC)}
	b := newBoard(Options{Verb: controller.Recover, Hosts: 300}, c.now)
	for i := range 110 {
		b.end(end(fmt.Sprintf("aixprd%03d", i), outcome.Healthy, ""))
	}
	b.waveBegun(2, 4, 15)
	b.moved("aixprd200", controller.Waiting, "", time.Time{})
	b.moved("aixprd150", controller.Settling, "", c.now().Add(15*time.Minute))
	c.passes(72 * time.Second)
	b.moved("aixprd151", controller.Settling, "", time.Time{})
	b.moved("aixprd160", controller.Recovering, "", time.Time{})
	b.transferred("aixprd160", "rsct.core.bff", 25<<20, 100<<20)
	c.passes(3 * time.Second)
	for i := range 20 {
		b.moved(fmt.Sprintf("aixprd%03d", 210+i), controller.Diagnosing, "", time.Time{})
	}
	b.moved("aixprd250", controller.Gathering, "", time.Time{})
	b.end(end("aixprd201", outcome.Unreachable, "timeout: no answer in 15s"))
	b.end(end("aixprd202", outcome.Failed, "step set-address failed (exit 1): chdev: 0514-018 The values specified for the following attributes are not valid"))
	b.end(end("aixprd203", outcome.NeedsAction, "rsct-missing"))
	b.end(end("aixprd204", outcome.Unknown, "the link died while stop-rmc ran"))
	b.end(end("aixprd205", outcome.Recovered, ""))
	c.passes(2 * time.Second)
	return b, c
}

var sizes = [][2]int{{0, 0}, {1, 1}, {20, 5}, {80, 1}, {80, 2}, {80, 3}, {80, 24}, {300, 100}, {0, 24}, {80, 0}, {-1, -1}}

// fits fails where a frame is larger than its window.
func fits(t *testing.T, text string, width, height int) {
	t.Helper()
	if text == "" {
		return
	}
	lines := strings.Split(text, "\n")
	if len(lines) > max(height, 0) || height > 1 && len(lines) == height {
		t.Errorf("%d lines in %d rows:\n%s", len(lines), height, text)
	}
	for _, line := range lines {
		if got := ansi.StringWidth(line); got > width {
			t.Errorf("%d columns, there are %d: %q", got, width, line)
		}
	}
}

func TestFrames(t *testing.T) {
	b, _ := story()
	for _, size := range sizes {
		text := frame(b.shown(), size[0], size[1], false)
		golden.Check(t, fmt.Sprintf("testdata/frame-%dx%d.golden", size[0], size[1]), text+"\n")
		fits(t, text, size[0], size[1])
		colored := frame(b.shown(), size[0], size[1], true)
		fits(t, colored, size[0], size[1])
		if ansi.Strip(colored) != text {
			t.Errorf("%v: the colours say something that the words do not:\n%s", size, ansi.Strip(colored))
		}
		if strings.Contains(text, "\x1b") || size[0] >= 80 && size[1] > 2 && colored == text {
			t.Errorf("%v: colours: %q", size, colored)
		}
	}
}

// A run that has just begun, and one that is over.
func TestFrameAtTheEnds(t *testing.T) {
	c := &clock{}
	b := newBoard(Options{Verb: controller.Audit, Hosts: 1}, c.now)
	if got, want := frame(b.shown(), 80, 24, false), "audit [--------------------] 0 of 1 host ended, 0s"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	b.moved("a", controller.Connecting, "", time.Time{})
	b.moved("a", controller.Done, "", time.Time{})
	b.end(end("a", outcome.Healthy, ""))
	c.passes(3*time.Hour + 25*time.Minute + 7*time.Second)
	if got, want := frame(b.shown(), 80, 24, false), "audit [####################] 1 of 1 host ended, 3h25m\n1 healthy"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// What hosts said and what they are called does nothing to a terminal, in any
// window.
func TestHostileFrames(t *testing.T) {
	hostile := []string{
		"\x1b[2J\x1b]0;owned\x07", "a\nb\r\nc", "\u202Ereversed", "\x9b31m", strings.Repeat("wide界", 5000), "\xff\xfe", "", "\t\t\t", "e\u0301\u0301\u0301\u200d",
	}
	c := &clock{}
	b := newBoard(Options{Verb: controller.Recover, Hosts: -1}, c.now)
	for _, text := range hostile {
		b.moved(text, controller.Recovering, "", time.Time{})
		b.transferred(text, text, 1<<62, 1)
		b.transferred(text, text, -5, 7)
		b.end(end(text+"x", outcome.Failed, text))
		b.moved(text+"y", controller.Settling, "", time.Time{})
	}
	for _, size := range append([][2]int{{7, 9}, {33, 13}}, sizes...) {
		text := frame(b.shown(), size[0], size[1], false)
		fits(t, text, size[0], size[1])
		if strings.ContainsAny(text, "\x1b\x07\r\t\u009b\u202E") {
			t.Errorf("%v: %q", size, text)
		}
	}
}

// The last failures are kept, not all of them; what a host was doing is forgotten
// when it ends.
func TestBoardStaysSmall(t *testing.T) {
	c := &clock{}
	b := newBoard(Options{Verb: controller.Audit, Hosts: 10_000}, c.now)
	for i := range 10_000 {
		host := fmt.Sprintf("aix%05d", i)
		b.moved(host, controller.Diagnosing, "", time.Time{})
		b.moved(host, controller.Done, "", time.Time{})
		b.end(end(host, outcome.Unreachable, "refused"))
	}
	s := b.shown()
	if len(s.failures) != keptFailures || s.failures[0].host != "aix09999" || len(b.running) != 0 || s.ended != 10_000 {
		t.Errorf("%d failures, %d running, %d ended", len(s.failures), len(b.running), s.ended)
	}
}

func BenchmarkFrame(b *testing.B) {
	c := &clock{}
	board := newBoard(Options{Verb: controller.Audit, Hosts: 10_000}, c.now)
	for i := range 10_000 {
		board.moved(fmt.Sprintf("aix%05d", i), controller.Diagnosing, "", time.Time{})
	}
	for b.Loop() {
		frame(board.shown(), 120, 40, true)
	}
}

// A wait that is over has no limit any more: the host is read. Between the hosts that wait for their
// turn, the one that settles is named.
func TestWaitThatIsOver(t *testing.T) {
	c := &clock{}
	b := newBoard(Options{Verb: controller.Recover, Hosts: 2}, c.now)
	b.moved("waits", controller.Waiting, "", time.Time{})
	c.passes(time.Second)
	if got := idleLine(b.shown()); got != "  1 waiting for their wave" {
		t.Errorf("%q", got)
	}
	b.moved("works", controller.Settling, "", c.now().Add(6*time.Second))
	c.passes(6 * time.Second)
	if got := idleLine(b.shown()); got != "  1 settling, 1 waiting for their wave; longest: works 6s of at most 6s" {
		t.Errorf("%q", got)
	}
	c.passes(time.Second)
	if got := idleLine(b.shown()); !strings.HasSuffix(got, "longest: works 7s") {
		t.Errorf("%q", got)
	}
}
