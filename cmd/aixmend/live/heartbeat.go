package live

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

const (
	// silence is how long nothing is printed before a heartbeat is.
	silence = time.Minute
	// maxAwaited is how many hosts a heartbeat names.
	maxAwaited = 3
)

// Heartbeat prints a line about a run where no terminal shows it, whenever nothing was
// printed for a minute: pipelines end a job that is silent.
type Heartbeat struct {
	board  *board
	spoken chan struct{}
	stop   chan struct{}
	ended  chan struct{}
	once   sync.Once
}

// Beat starts the heartbeat of a run; say prints a line. It ends with Stop.
func Beat(o Options, say func(line string)) *Heartbeat {
	h := &Heartbeat{
		board: newBoard(o, time.Now), spoken: make(chan struct{}, 1), stop: make(chan struct{}), ended: make(chan struct{}),
	}
	go h.beat(say)
	return h
}

// Messages is where a heartbeat prints its lines: Spoken has tell called after each message.
type Messages interface {
	Say(format string, args ...any)
	Spoken(tell func())
}

// BeatOn starts a heartbeat between messages, for as long as stop is not called; quiet: it
// prints nothing.
func BeatOn(m Messages, o Options, quiet bool) (beat *Heartbeat, stop func()) {
	if quiet {
		beat = Beat(o, func(string) {})
		return beat, beat.Stop
	}
	beat = Beat(o, func(line string) { m.Say("%s", line) })
	m.Spoken(beat.Spoken)
	return beat, func() {
		m.Spoken(nil)
		beat.Stop()
	}
}

func (h *Heartbeat) beat(say func(line string)) {
	defer close(h.ended)
	timer := time.NewTimer(silence)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			say(h.board.line())
		case <-h.spoken:
		case <-h.stop:
			return
		}
		timer.Reset(silence)
	}
}

// Spoken tells the heartbeat that something was printed. It does not wait.
func (h *Heartbeat) Spoken() {
	select {
	case h.spoken <- struct{}{}:
	default:
	}
}

// Stop ends the heartbeat, after the line that is being printed. It may be called again.
func (h *Heartbeat) Stop() {
	h.once.Do(func() { close(h.stop) })
	<-h.ended
}

// Moved notes that a host entered another state.
func (h *Heartbeat) Moved(host string, to controller.State, why string, until time.Time) {
	h.board.moved(host, to, why, until)
}

// Transferred notes the progress of a file transfer, in bytes.
func (h *Heartbeat) Transferred(host, file string, done, total int64) {
	h.board.transferred(host, file, done, total)
}

// WaveBegun notes which wave runs.
func (h *Heartbeat) WaveBegun(n, of, hosts int) { h.board.waveBegun(n, of, hosts) }

// Ended notes the outcome of a host.
func (h *Heartbeat) Ended(s outcome.HostSummary) { h.board.end(s) }

// line words a run: how many hosts ended, which of the others the run waits for and why.
func (b *board) line() string {
	s := b.shown()
	b.mu.Lock()
	var awaited []running
	for _, r := range b.running {
		if r.state != controller.Waiting && r.state != controller.Gathering {
			awaited = append(awaited, *r)
		}
	}
	begun := len(b.running)
	b.mu.Unlock()
	slices.SortFunc(awaited, longer)
	parts := []string{fmt.Sprintf("%s: %d of %s ended after %s", s.kind, s.ended, report.Hosts(s.hosts), short(s.taken))}
	if s.wave != "" {
		parts = append(parts, s.wave)
	}
	if left := leftText(s.left); left != "" {
		parts = append(parts, left)
	}
	if text := awaitedText(awaited, s.now); text != "" {
		parts = append(parts, "in progress: "+text)
	}
	for _, state := range []controller.State{controller.Waiting, controller.Gathering} {
		if n := s.idle[state]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, about(state)))
		}
	}
	if n := s.hosts - s.ended - begun; n > 0 {
		parts = append(parts, fmt.Sprintf("%d not begun", n))
	}
	return strings.Join(parts, "; ")
}

// awaitedText names the hosts that the run waits for, the longest first.
func awaitedText(awaited []running, now time.Time) string {
	var names []string
	for _, r := range awaited[:min(len(awaited), maxAwaited)] {
		state := string(r.state)
		switch {
		case r.file != "":
			state += ", " + r.file
		case r.why != "":
			state += ", " + r.why
		}
		names = append(names, report.Clean(fmt.Sprintf("%s (%s, %s)", r.host, state, r.taken(now)), false))
	}
	if more := len(awaited) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}
