package main

import (
	"sync"
	"time"

	"github.com/rs/zerolog"

	"aixmend/controller"
)

// progressEvery is the time between two words on a file that is on its way.
const progressEvery = 5 * time.Second

// mover tells on stderr how files move, and every move of every host where that
// is asked for.
func (a *app) mover(everything bool) controller.Observer {
	writer := zerolog.ConsoleWriter{Out: a.err, NoColor: !a.errColor(), TimeFormat: time.TimeOnly}
	return &moves{
		log: zerolog.New(zerolog.SyncWriter(writer)).With().Timestamp().Logger(), everything: everything, said: map[string]time.Time{},
	}
}

type moves struct {
	log        zerolog.Logger
	everything bool

	mu   sync.Mutex
	said map[string]time.Time // by host and file
}

// Moved implements controller.Observer.
func (m *moves) Moved(host string, to controller.State, note string) {
	if m.everything {
		m.log.Info().Str("host", host).Str("state", string(to)).Msg(note)
	}
}

// Transferred implements controller.Observer.
func (m *moves) Transferred(host, file string, done, total int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := host + " " + file
	if done < total && time.Since(m.said[key]) < progressEvery {
		return
	}
	m.said[key] = time.Now()
	m.log.Info().Str("host", host).Str("file", file).Int64("bytes", done).Int64("of", total).Msg("moving")
}
