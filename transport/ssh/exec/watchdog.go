package exec

import (
	"sync"
	"time"

	"aixmend/transport"
)

// watchdog limits the time of each command of a script, of all of them together, of the
// time before the first frame, and of the time after the last one.
type watchdog struct {
	commands []transport.Command
	// start bounds the time before the first frame. After it noStart is called.
	start   time.Duration
	noStart func()
	// reply bounds the time after the last frame: a background process may hold the
	// streams open.
	reply time.Duration
	// began is when the first session of the script began; zero: with arm.
	began time.Time
	// expired is closed when the session is given up.
	expired chan struct{}

	mu       sync.Mutex
	timer    *time.Timer
	running  int  // index of the command that runs, -1 before the first frame
	hung     int  // index of the command that hung or was late, -1 if there is none
	late     bool // the time of all commands together was over
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

// left returns how long a command may still run by the limit of all together. bounded is
// false if it has none.
func left(c transport.Command, began time.Time) (d time.Duration, bounded bool) {
	if c.Within <= 0 || began.IsZero() {
		return 0, false
	}
	return c.Within - time.Since(began), true
}

// arm starts the time before the first frame.
func (w *watchdog) arm() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.began.IsZero() {
		w.began = time.Now()
	}
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
	if c, runs := w.current(); runs {
		if most, bounded := left(c, w.began); bounded {
			limit = min(limit, most)
		}
	}
	if w.timer != nil {
		w.timer.Reset(limit)
		return
	}
	w.timer = time.AfterFunc(limit, w.expire)
}

// current returns the command whose turn it is. runs is false if all have ended.
func (w *watchdog) current() (c transport.Command, runs bool) {
	if i := max(w.running, 0); !w.finished && i < len(w.commands) {
		return w.commands[i], true
	}
	return c, false
}

// disarm stops the watchdog.
func (w *watchdog) disarm() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer.Stop()
}

// expire names the command that runs as hung or late and gives the session up.
func (w *watchdog) expire() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c, runs := w.current(); runs {
		most, bounded := left(c, w.began)
		w.late = !w.givenUp && bounded && most <= 0
	}
	switch {
	case w.givenUp:
		return
	case w.late:
		w.hung = max(w.running, 0)
	case w.running < 0:
		w.noStart()
		return
	case !w.finished:
		w.hung = w.running
	}
	w.givenUp = true
	close(w.expired)
}

// hungIndex returns the index of the command that hung or was late, -1 if there is none.
func (w *watchdog) hungIndex() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.hung
}

// isLate reports whether the session was given up since the time of all commands together
// was over.
func (w *watchdog) isLate() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.late
}

// why returns the error of the command that hung or was late.
func (w *watchdog) why() error {
	if w.isLate() {
		return transport.ErrLate
	}
	return transport.ErrHung
}

// ended reports whether the last frame has ended.
func (w *watchdog) ended() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.finished
}
