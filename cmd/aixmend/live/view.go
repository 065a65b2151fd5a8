//go:build !aix

package live

import (
	"io"
	"strings"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"aixmend/controller"
	"aixmend/controller/outcome"
)

const (
	// every is the time between two frames.
	every = 200 * time.Millisecond
	// afresh is after how many frames one is drawn whole: what was typed into it, or
	// came there from elsewhere, goes.
	afresh = 10
	// framesPerSecond is how often the library looks whether a frame is new.
	framesPerSecond = 20
	// patience is how long a terminal is waited for where somebody has pressed Ctrl-S.
	patience = 2 * time.Second
)

// View is a run on a terminal. Its methods but Hold and Stop never wait for the
// terminal, and what goes wrong with that never reaches the run.
type View struct {
	board   *board
	out     io.Writer
	program func(tea.Model) *tea.Program
	colored bool
	// patience is how long a terminal that takes nothing is waited for.
	patience time.Duration

	mu    sync.Mutex
	held  int
	over  bool
	now   *drawing // nil: nothing is drawn
	lines []string // to be written above the frame
	part  string   // a line that has not ended yet
}

// drawing is a program that draws.
type drawing struct {
	program *tea.Program
	ended   chan struct{}
}

// Start shows a run until Stop. It returns nil where nothing can be shown.
func Start(o Options) *View {
	v := &View{
		board: newBoard(o, time.Now), out: o.Out, colored: o.Color, patience: patience,
		program: func(m tea.Model) *tea.Program {
			// Without input the terminal stays as it is: Ctrl-C is a signal, and what
			// is asked for elsewhere can be typed.
			return tea.NewProgram(m, tea.WithInput(nil), tea.WithOutput(o.Out), tea.WithoutSignalHandler(), tea.WithFPS(framesPerSecond))
		},
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.draw()
	return v
}

// Moved tells that a host is in another state.
func (v *View) Moved(host string, to controller.State, _ string) { v.board.moved(host, to) }

// Transferred tells how far a file is on its way, in bytes.
func (v *View) Transferred(host, file string, done, total int64) {
	v.board.transferred(host, file, done, total)
}

// WaveBegun tells which wave runs.
func (v *View) WaveBegun(n, of, hosts int) { v.board.waveBegun(n, of, hosts) }

// Ended tells how a host has ended.
func (v *View) Ended(h outcome.HostSummary) { v.board.end(h) }

// draw begins to draw; the lock is held.
func (v *View) draw() {
	d := &drawing{program: v.program(&model{view: v}), ended: make(chan struct{})}
	v.now = d
	go func() {
		defer close(d.ended)
		_, _ = d.program.Run() // the terminal is gone: the run goes on without it
		v.mu.Lock()
		defer v.mu.Unlock()
		v.undrawn(d)
	}()
}

// undrawn writes what was to stand above the frames of a drawing that has ended;
// the lock is held.
func (v *View) undrawn(d *drawing) {
	if v.now != d {
		return
	}
	v.now = nil
	rest := v.part
	if len(v.lines) > 0 {
		rest = strings.Join(v.lines, "\n") + "\n" + rest
	}
	v.lines, v.part = nil, ""
	// What the terminal has echoed where the frame was goes too.
	_, _ = io.WriteString(v.out, "\r\x1b[J"+rest)
}

// Write writes above the frame, whole lines at a time, and does not wait for it;
// where nothing is drawn it writes at once.
func (v *View) Write(p []byte) (int, error) {
	v.mu.Lock()
	if v.now == nil {
		v.mu.Unlock()
		return v.out.Write(p)
	}
	defer v.mu.Unlock()
	lines := strings.Split(v.part+string(p), "\n")
	v.part = lines[len(lines)-1]
	v.lines = append(v.lines, lines[:len(lines)-1]...)
	return len(p), nil
}

// take gives the lines that are to be written.
func (v *View) take() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	text := strings.Join(v.lines, "\n")
	v.lines = nil
	return text
}

// Hold takes the frame away until release is called: somebody is asked something,
// and the terminal is theirs.
func (v *View) Hold() (release func()) {
	v.mu.Lock()
	v.held++
	d := v.now
	v.mu.Unlock()
	v.leave(d)
	return sync.OnceFunc(func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		if v.held--; v.held == 0 && !v.over && v.now == nil {
			v.draw()
		}
	})
}

// Stop takes the frame away for good. It can be called again.
func (v *View) Stop() {
	v.mu.Lock()
	v.over = true
	d := v.now
	v.mu.Unlock()
	v.leave(d)
}

// leave ends a drawing. One that a stuck terminal holds is left behind.
func (v *View) leave(d *drawing) {
	if d == nil {
		return
	}
	go d.program.Send(leave{})
	timer := time.NewTimer(v.patience)
	defer timer.Stop()
	select {
	case <-d.ended:
	case <-timer.C:
		v.mu.Lock()
		defer v.mu.Unlock()
		if v.now == d { // what it has to write it will write when the terminal is back
			v.now = nil
		}
	}
}

// Messages of the model.
type (
	tick    struct{}
	written struct{} // the lines that were taken stand above the frame
	leave   struct{}
)

// model draws the board of a view, whenever a little time has passed.
type model struct {
	view          *View
	width, height int
	ticks         int
	writing       bool // lines are on their way
	left          bool
}

// Init implements tea.Model.
func (m *model) Init() tea.Cmd { return next() }

func next() tea.Cmd { return tea.Tick(every, func(time.Time) tea.Msg { return tick{} }) }

// Update implements tea.Model.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case leave:
		m.left = true
	case written:
		m.writing = false
	case tick:
		return m, m.tick()
	}
	if m.left && !m.writing { // no line is lost
		return m, tea.Quit
	}
	return m, nil
}

// tick draws anew, below the lines that have come since.
func (m *model) tick() tea.Cmd {
	m.ticks++
	if m.ticks == 1 || m.left { // there is no frame yet to be above of, or none any more
		return next()
	}
	if text := m.view.take(); text != "" {
		m.writing = true
		// One after the other: the order of the lines is that of what happened.
		return tea.Sequence(tea.Println(text), func() tea.Msg { return written{} }, next())
	}
	if m.ticks%afresh == 0 {
		return tea.Sequence(tea.Raw("\r"), tea.ClearScreen, next())
	}
	return next()
}

// View implements tea.Model. The cursor stays in sight: whatever ends the process,
// it need not be brought back. It stands where the frame begins: all that was drawn
// is below it, even where a terminal has broken the lines anew for a narrower window.
func (m *model) View() tea.View {
	text := ""
	if !m.left {
		text = frame(m.view.board.shown(), m.width, m.height, m.view.colored)
	}
	v := tea.NewView(text)
	v.DisableBracketedPasteMode = true
	v.Cursor = &tea.Cursor{Shape: ownShape}
	return v
}

// ownShape is the cursor as the terminal has it: the library counts from it.
const ownShape = tea.CursorBlock - 1
