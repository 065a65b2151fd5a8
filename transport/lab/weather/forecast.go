package weather

import (
	"hash/fnv"
	"math/rand/v2"
	"time"
)

// Forecast says which weather a connection gets. It is a value: the same seed
// gives the same weather to the k-th connection of a host of the same name.
type Forecast struct {
	Seed uint64
	// Spell is how many connections of a host have bad weather at most, before it
	// clears up; 0: 6.
	Spell int
	// Forever is one host in how many on which it never does; 0: 6.
	Forever int
}

// spell is how many connections of a host have bad weather, -1: all.
func (f Forecast) spell(host string) int {
	orElse := func(n, fallback int) int {
		if n <= 0 {
			return fallback
		}
		return n
	}
	r := f.random(host, -1)
	if r.IntN(orElse(f.Forever, 6)) == 0 {
		return -1
	}
	return r.IntN(orElse(f.Spell, 6) + 1)
}

// Clears reports whether the weather of a host is good in the end.
func (f Forecast) Clears(host string) bool { return f.spell(host) >= 0 }

// At is the weather of the k-th connection of a host, from 0 on.
func (f Forecast) At(host string, k int) Weather {
	if spell := f.spell(host); spell >= 0 && k >= spell {
		return Weather{Kind: Fair}
	}
	return draw(f.random(host, k))
}

// Host is At for one host, the form that a Proxy needs.
func (f Forecast) Host(host string) func(k int) Weather {
	return func(k int) Weather { return f.At(host, k) }
}

func (f Forecast) random(host string, k int) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(host))
	return rand.New(rand.NewPCG(f.Seed, h.Sum64()+uint64(k+1)*0x9e3779b97f4a7c15))
}

// draw is bad weather, and now and then none. Half of it strikes in a changing
// command: that is where it hurts.
func draw(r *rand.Rand) Weather {
	w := Weather{Seed: r.Uint64()}
	switch n := r.IntN(100); {
	case n < 10:
		w.Kind = Fair
	case n < 15:
		w.Kind, w.Delay = Latency, between(r, time.Millisecond, 15*time.Millisecond)
	case n < 20:
		w.Kind, w.Delay = Jitter, between(r, time.Millisecond, 15*time.Millisecond)
	case n < 24:
		w.Kind, w.Delay, w.Piece = Drip, between(r, 200*time.Microsecond, time.Millisecond), 64+r.IntN(448)
	case n < 26:
		w.Kind, w.Piece = Noise, 20+r.IntN(400)
	case n < 28:
		w.Kind = TwoBanners
	default:
		cut(r, &w)
	}
	return w
}

func between(r *rand.Rand, from, to time.Duration) time.Duration {
	return from + time.Duration(r.Int64N(int64(to-from)))
}

// cut makes w one. How many bytes pass follows from the size of a phase; a cut
// that comes too late for its phase strikes in the next one, or never.
func cut(r *rand.Rand, w *Weather) {
	w.Kind = []Kind{Reset, Reset, Close, HalfOpen, HalfOpen, BlackHole}[r.IntN(6)]
	w.Way = []Way{ToServer, ToClient, Either}[r.IntN(3)]
	room := int64(0)
	switch n := r.IntN(100); {
	case n < 4:
		w.From = Accepted
	case n < 8:
		w.From, room = Versions, 800
	case n < 12:
		w.From, room = KeyExchange, 400
	case n < 16:
		w.From, room = Authentication, 400
	case n < 32:
		w.From, w.Nth, room = Session, 1, 60_000
	default:
		w.From, w.Nth, room = Change, 1+r.IntN(3), 400
		if w.Way == ToServer {
			room = 2000
		}
	}
	if room > 0 && r.IntN(8) > 0 { // else at once
		w.After = r.Int64N(room)
	}
}
