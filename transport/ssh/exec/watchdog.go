package exec

import (
	"sync"
	"time"

	"aixmend/transport"
)

// watchdog limits the time of each command of a script, of the time before the
// first frame, and of the time after the last one.
type watchdog struct {
	commands []transport.Command
	// start bounds the time before the first frame. After it noStart is called.
	start   time.Duration
	noStart func()
	// reply bounds the time after the last frame: a background process may hold the
	// streams open.
	reply time.Duration
	// expired is closed when the session is given up.
	expired chan struct{}

	mu       sync.Mutex
	timer    *time.Timer
	running  int  // index of the command that runs, -1 before the first frame
	hung     int  // index of the hung command, -1 if none hung
	finished bool // the last frame has ended
	givenUp  bool
}

// newWatchdog returns a watchdog that does not run yet.
func newWatchdog(commands []transport.Command, start, reply time.Duration, noStart func()) *watchdog {
	return &watchdog{
		commands: commands, start: start, noStart: noStart, reply: reply,
		expired: make(chan struct{}), running: -1, hung: -1,
	}
}

// arm starts the time before the first frame.
func (w *watchdog) arm() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.armLocked(-1)
}

// notice follows the frames: a command's time runs from the end of the one before.
func (w *watchdog) notice(index int, ended bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if ended {
		w.finished = index == len(w.commands)-1
		index++
	}
	w.running = index
	w.armLocked(index)
}

func (w *watchdog) armLocked(index int) {
	limit := w.start
	if w.finished {
		limit = w.reply
	}
	if index >= 0 && index < len(w.commands) && w.commands[index].Timeout > 0 {
		limit = w.commands[index].Timeout
	}
	if w.timer != nil {
		w.timer.Reset(limit)
		return
	}
	w.timer = time.AfterFunc(limit, w.expire)
}

// disarm stops the watchdog.
func (w *watchdog) disarm() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer.Stop()
}

// expire names the command that runs as hung and gives the session up.
func (w *watchdog) expire() {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.givenUp:
		return
	case w.running < 0:
		w.noStart()
		return
	case !w.finished:
		w.hung = w.running
	}
	w.givenUp = true
	close(w.expired)
}

// hungIndex returns the index of the hung command, -1 if none hung.
func (w *watchdog) hungIndex() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.hung
}

// ended reports whether the last frame has ended.
func (w *watchdog) ended() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.finished
}
