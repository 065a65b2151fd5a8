//go:build !aix

package live

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"go.uber.org/goleak"

	"aixmend/controller"
	"aixmend/controller/outcome"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// paper is a terminal that keeps all that was written to it.
type paper struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // signalled at each write
}

func newPaper() *paper { return &paper{more: make(chan struct{}, 1)} }

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case p.more <- struct{}{}:
	default:
	}
	return p.text.Write(b)
}

func (p *paper) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// awaits waits until a text was written.
func (p *paper) awaits(t *testing.T, text string) {
	t.Helper()
	for !strings.Contains(ansi.Strip(p.String()), text) {
		select {
		case <-p.more:
		case <-t.Context().Done():
			t.Fatalf("there is no %q in %q", text, p.String())
		}
	}
}

func say(t *testing.T, v *View, format string, args ...any) {
	t.Helper()
	if _, err := fmt.Fprintf(v, format, args...); err != nil {
		t.Error(err)
	}
}

func startOn(out io.Writer) *View {
	v := &View{
		board: newBoard(Options{Verb: controller.Audit, Hosts: 3}, time.Now), out: out, patience: time.Minute,
		program: func(m tea.Model) *tea.Program {
			return tea.NewProgram(m, tea.WithInput(nil), tea.WithOutput(out), tea.WithoutSignalHandler(),
				tea.WithWindowSize(80, 24), tea.WithEnvironment([]string{"TERM=xterm"}))
		},
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.draw()
	return v
}

// Lines that are written meanwhile come out whole, once and in their order, and
// none is lost at the end; the cursor is never hidden and no mode is left behind.
func TestViewWritesLines(t *testing.T) {
	out := newPaper()
	v := startOn(out)
	out.awaits(t, "0 of 3 hosts ended")
	for i := range 50 {
		say(t, v, "line %d ", i)
		say(t, v, "of many\n")
		if i == 20 {
			out.awaits(t, "line 20 of many")
		}
	}
	v.Ended(outcome.HostSummary{Name: "a", Outcome: outcome.Failed, Reason: "it broke"})
	v.Stop()
	v.Stop()
	say(t, v, "after")
	text := out.String()
	at := -1
	for i := range 50 {
		line := fmt.Sprintf("line %d of many", i)
		next := strings.Index(text, line)
		if strings.Count(text, line) != 1 || next < at {
			t.Errorf("%q %d times, or not in its order", line, strings.Count(text, line))
		}
		at = next
	}
	if !strings.HasSuffix(text, "after") || strings.Contains(text, "\x1b[?1049h") {
		t.Errorf("%q", text)
	}
	if hidden := strings.LastIndex(text, "\x1b[?25l"); hidden > strings.LastIndex(text, "\x1b[?25h") {
		t.Errorf("the cursor is gone: %q", text)
	}
	if strings.Contains(text, "\x1b[?2004h") || strings.Contains(text, "\x1b[?2026$p") || strings.Contains(text, "\x1b[?u") {
		t.Errorf("a mode is set, or an answer wanted: %q", text)
	}
}

// While somebody is asked nothing is drawn, what is written is seen at once, and
// the view comes back with what has happened.
func TestViewHolds(t *testing.T) {
	out := newPaper()
	v := startOn(out)
	out.awaits(t, "0 of 3 hosts ended")
	release, second := v.Hold(), v.Hold()
	say(t, v, "go on? ")
	if !strings.HasSuffix(out.String(), "go on? ") {
		t.Errorf("%q", out.String())
	}
	v.Ended(outcome.HostSummary{Name: "a", Outcome: outcome.Healthy})
	second()
	release()
	release() // once counts
	out.awaits(t, "1 of 3 hosts ended")
	if _, drawn, _ := strings.Cut(out.String(), "go on? "); !strings.Contains(ansi.Strip(drawn), "1 of 3 hosts") {
		t.Errorf("%q", drawn)
	}
	v.Stop()
	v.Hold()() // nothing comes back
	say(t, v, "after")
	if !strings.HasSuffix(out.String(), "after") {
		t.Errorf("%q", out.String())
	}
}

// broken is a terminal that is gone.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// A terminal that is gone hurts nobody.
func TestViewOnALostTerminal(t *testing.T) {
	v := startOn(broken{})
	for i := range 100 {
		v.Moved(fmt.Sprint(i), controller.Diagnosing, "", time.Time{})
		v.Transferred(fmt.Sprint(i), "f", 1, 2)
		v.WaveBegun(1, 1, 1)
		v.Ended(outcome.HostSummary{Name: fmt.Sprint(i), Outcome: outcome.Failed})
		say(t, v, "warning\n")
	}
	v.Hold()()
	v.Stop()
}

// stuck is a terminal that takes nothing until it is let go.
type stuck struct{ until chan struct{} }

func (s stuck) Write(p []byte) (int, error) {
	<-s.until
	return len(p), nil
}

// A terminal that takes nothing holds nobody up who tells the view something, and
// it ends all the same.
func TestViewOnAStuckTerminal(t *testing.T) {
	out := stuck{make(chan struct{})}
	v := startOn(out)
	v.patience = time.Millisecond
	for i := range 1000 {
		v.Moved(fmt.Sprint(i), controller.Diagnosing, "", time.Time{})
		v.Ended(outcome.HostSummary{Name: fmt.Sprint(i), Outcome: outcome.Failed})
		say(t, v, "warning\n")
	}
	v.Stop()
	close(out.until)
}

// The model draws what fits, where there is a size, and leaves when its lines are
// written.
func TestModel(t *testing.T) {
	v := &View{board: newBoard(Options{Verb: controller.Audit, Hosts: 3}, (&clock{}).now)}
	m := &model{view: v}
	if m.Init() == nil || m.View().Content != "" {
		t.Error("it has no size yet, and draws")
	}
	m.Update(tea.WindowSizeMsg{Width: 30, Height: 5})
	if got := m.View(); got.Content != "0 of 3 hosts ended" || got.Cursor == nil || got.AltScreen || !got.DisableBracketedPasteMode {
		t.Errorf("%+v", got)
	}
	m.Update(tea.WindowSizeMsg{Width: 4, Height: 1})
	if got := m.View().Content; got != "0/3~" {
		t.Errorf("%q", got)
	}
	// Now and then a frame is drawn whole; lines that are on their way are waited for.
	m.Update(tick{})
	v.lines = []string{"a line"}
	if _, cmd := m.Update(tick{}); cmd == nil || !m.writing || len(v.lines) != 0 {
		t.Error("the line is not taken")
	}
	if _, cmd := m.Update(leave{}); cmd != nil || m.View().Content != "" {
		t.Error("it left before the line was written")
	}
	if _, cmd := m.Update(written{}); cmd == nil {
		t.Error("it does not leave")
	}
}
