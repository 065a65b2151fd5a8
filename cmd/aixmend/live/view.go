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
	// afresh is after how many frames the whole frame is redrawn, which removes text that
	// was typed into it or written by another program.
	afresh = 10
	// framesPerSecond is how often the library checks for a new frame.
	framesPerSecond = 20
	// patience is how long to wait for a terminal that is stopped with Ctrl-S.
	patience = 2 * time.Second
)

// View shows a run on a terminal. Only Hold and Stop may wait for the terminal, and
// errors of the terminal never reach the run.
type View struct {
	board   *board
	out     io.Writer
	program func(tea.Model) *tea.Program
	colored bool
	// patience is how long to wait for a terminal that accepts nothing.
	patience time.Duration

	mu    sync.Mutex
	held  int
	over  bool
	now   *drawing // nil: nothing is drawn
	lines []string // to write above the frame
	part  string   // a line without its end yet
}

// drawing is a running drawing program.
type drawing struct {
	program *tea.Program
	ended   chan struct{}
}

// Start shows a run until Stop. It returns nil on systems without a live view.
func Start(o Options) *View {
	v := &View{
		board: newBoard(o, time.Now), out: o.Out, colored: o.Color, patience: patience,
		program: func(m tea.Model) *tea.Program {
			// Without input the terminal keeps its mode: Ctrl-C is a signal, and other
			// prompts can read answers.
			return tea.NewProgram(m, tea.WithInput(nil), tea.WithOutput(o.Out), tea.WithoutSignalHandler(), tea.WithFPS(framesPerSecond))
		},
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.draw()
	return v
}

// Moved shows that a host entered another state.
func (v *View) Moved(host string, to controller.State, why string, until time.Time) {
	v.board.moved(host, to, why, until)
}

// Transferred shows the progress of a file transfer, in bytes.
func (v *View) Transferred(host, file string, done, total int64) {
	v.board.transferred(host, file, done, total)
}

// WaveBegun shows which wave runs.
func (v *View) WaveBegun(n, of, hosts int) { v.board.waveBegun(n, of, hosts) }

// Ended shows the outcome of a host.
func (v *View) Ended(h outcome.HostSummary) { v.board.end(h) }

// draw starts a drawing; the caller holds the lock.
func (v *View) draw() {
	d := &drawing{program: v.program(&model{view: v}), ended: make(chan struct{})}
	v.now = d
	go func() {
		defer close(d.ended)
		_, _ = d.program.Run() // if the terminal is gone, the run continues without it
		v.mu.Lock()
		defer v.mu.Unlock()
		v.undrawn(d)
	}()
}

// undrawn writes the lines left to write above the frames of a drawing that has ended;
// the caller holds the lock.
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
	// This also clears text that the terminal echoed into the frame.
	_, _ = io.WriteString(v.out, "\r\x1b[J"+rest)
}

// Write queues whole lines to write above the frame and does not wait; if nothing is
// drawn, it writes at once.
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

// take removes and returns the queued lines.
func (v *View) take() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	text := strings.Join(v.lines, "\n")
	v.lines = nil
	return text
}

// Hold removes the frame until release is called, to give the terminal to a prompt.
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

// Stop removes the frame for good. It may be called again.
func (v *View) Stop() {
	v.mu.Lock()
	v.over = true
	d := v.now
	v.mu.Unlock()
	v.leave(d)
}

// leave ends a drawing. It abandons one that a stuck terminal blocks.
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
		if v.now == d { // it writes its lines when the terminal is back
			v.now = nil
		}
	}
}

// Messages of the model.
type (
	tick    struct{}
	written struct{} // the lines that were taken are above the frame
	leave   struct{}
)

// model draws the board of a view at every tick.
type model struct {
	view          *View
	width, height int
	ticks         int
	writing       bool // lines are being written
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
	if m.left && !m.writing { // write every line before quitting
		return m, tea.Quit
	}
	return m, nil
}

// tick redraws the frame below the lines queued since the last tick.
func (m *model) tick() tea.Cmd {
	m.ticks++
	if m.ticks == 1 || m.left { // there is no frame yet, or no longer one
		return next()
	}
	if text := m.view.take(); text != "" {
		m.writing = true
		// In sequence: the lines keep their order.
		return tea.Sequence(tea.Println(text), func() tea.Msg { return written{} }, next())
	}
	if m.ticks%afresh == 0 {
		return tea.Sequence(tea.Raw("\r"), tea.ClearScreen, next())
	}
	return next()
}

// View implements tea.Model. The cursor stays visible, so a process that dies need not
// restore it. It stands where the frame begins: everything drawn is below it, even if
// the terminal has rewrapped the lines for a narrower window.
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

// ownShape keeps the terminal's own cursor shape: the library counts from it.
const ownShape = tea.CursorBlock - 1
