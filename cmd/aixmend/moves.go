package main

import (
	"sync"
	"time"

	"github.com/rs/zerolog"

	"aixmend/controller"
	"aixmend/controller/report"
)

// progressEvery is the time between two words on a file that is on its way.
const progressEvery = 5 * time.Second

// mover tells on stderr how files move, and every move of every host where that
// is asked for.
func (a *app) mover(everything bool) controller.Observer {
	writer := zerolog.ConsoleWriter{Out: a.err, NoColor: !a.errColor(), TimeFormat: time.TimeOnly}
	return &moves{
		log: zerolog.New(zerolog.SyncWriter(writer)).With().Timestamp().Logger(), everything: everything, files: map[string]transfer{},
	}
}

type moves struct {
	log        zerolog.Logger
	everything bool

	mu    sync.Mutex
	files map[string]transfer // by host and file
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
