package main

import (
	"sync"
	"time"

	"github.com/rs/zerolog"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// progressEvery is the time between two words on a file that is on its way.
const progressEvery = 5 * time.Second

// toldFailures is how many hosts that end badly are told one by one.
const toldFailures = 10

// mover tells on stderr how files move and which hosts end badly, and every move
// of every host where that is asked for.
func (a *app) mover(everything bool) controller.Observer {
	writer := zerolog.ConsoleWriter{Out: a.err, NoColor: !a.errColor(), TimeFormat: time.TimeOnly}
	return &moves{
		log: zerolog.New(zerolog.SyncWriter(writer)).With().Timestamp().Logger(), say: a.say, everything: everything, files: map[string]transfer{},
	}
}

type moves struct {
	log        zerolog.Logger
	say        func(format string, args ...any)
	everything bool

	mu    sync.Mutex
	files map[string]transfer // by host and file
	bad   int                 // hosts that ended badly
}

// transfer is a file that is on its way, and when a word was last said of it.
type transfer struct {
	last time.Time
	said bool
}

// Moved implements controller.Observer.
func (m *moves) Moved(host string, to controller.State, note string) {
	if m.everything {
		m.log.Info().Str("host", host).Str("state", string(to)).Msg(note)
	}
}

// WaveBegun implements controller.Observer.
func (m *moves) WaveBegun(n, of, hosts int) {
	if m.everything {
		m.log.Info().Int("wave", n).Int("of", of).Int("hosts", hosts).Msg("the wave begins")
	}
}

// Ended implements controller.Observer: who reads the log of a run sees at once
// that something goes wrong.
func (m *moves) Ended(h outcome.HostSummary) {
	switch h.Outcome {
	case outcome.Failed, outcome.Unknown, outcome.Unreachable:
	default:
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch m.bad++; {
	case m.bad <= toldFailures:
		m.say("%s: %s: %s", h.Name, h.Outcome, report.Clean(h.Reason, false))
	case m.bad == toldFailures+1:
		m.say("more hosts end like this: the summary has them all")
	}
}

// Settled implements controller.Observer.
func (m *moves) Settled(s controller.Settled) {
	m.log.Info().Str("host", s.Host).Str("step", s.Step).Str("status", s.Status).Msg(report.Clean(s.Detail, false))
}

// Transferred implements controller.Observer.
func (m *moves) Transferred(host, file string, done, total int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := host + " " + file
	t, begun := m.files[key]
	if !begun {
		t.last = time.Now()
		m.files[key] = t
	}
	// What is over at once is not worth a word.
	late := time.Since(t.last) >= progressEvery
	if !late && !m.everything && (done < total || !t.said) {
		return
	}
	if !late && done > 0 && done < total {
		return
	}
	m.files[key] = transfer{last: time.Now(), said: true}
	m.log.Info().Str("host", host).Str("file", file).Int64("bytes", done).Int64("of", total).Msg("moving")
}
