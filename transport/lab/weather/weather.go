package weather

import (
	"fmt"
	"time"
)

// Kind is the kind of fault that hits a connection.
type Kind string

// The kinds. Reset, Close, HalfOpen and BlackHole are cuts: they strike where
// From and After say.
const (
	// Fair weather forwards every byte at once.
	Fair Kind = "fair"
	// Latency delivers every chunk Delay later than it came, in each direction.
	Latency Kind = "latency"
	// Jitter delivers it up to Delay later, in order.
	Jitter Kind = "jitter"
	// Drip delivers Piece bytes at a time, with a pause of Delay between.
	Drip Kind = "drip"
	// Noise sends Piece bytes of text lines before the server's banner.
	Noise Kind = "noise"
	// TwoBanners sends the server's version line twice.
	TwoBanners Kind = "two-banners"
	// Reset ends the connection on both sides with an RST.
	Reset Kind = "reset"
	// Close ends it on both sides with a FIN.
	Close Kind = "close"
	// HalfOpen forwards nothing more in the direction Way, not even its end,
	// while the other direction goes on.
	HalfOpen Kind = "half-open"
	// BlackHole forwards nothing more in either direction, and closes nothing.
	BlackHole Kind = "black-hole"
)

// Kinds lists every kind.
func Kinds() []Kind {
	return []Kind{Fair, Latency, Jitter, Drip, Noise, TwoBanners, Reset, Close, HalfOpen, BlackHole}
}

// Phase is how far a connection has come.
type Phase int

// The phases. Those before Session the proxy sees by itself.
const (
	Accepted       Phase = iota // the connection is there, no byte has passed
	Versions                    // both version lines have passed
	KeyExchange                 // both sides have said which algorithms they know
	Authentication              // both sides have taken the new keys
	Session                     // the client is let in: told by Reach
	Change                      // a changing command comes next: told by Reach
)

// Phases lists them in their order.
func Phases() []Phase {
	return []Phase{Accepted, Versions, KeyExchange, Authentication, Session, Change}
}

// String is the phase's name.
func (p Phase) String() string {
	return [...]string{"accept", "versions", "key-exchange", "authentication", "session", "change"}[p]
}

// Way is a direction.
type Way int

// The directions.
const (
	Either Way = iota
	ToServer
	ToClient
)

// String is the direction's name.
func (w Way) String() string { return [...]string{"either way", "to the server", "to the client"}[w] }

// Weather is the fate of one connection; the zero value is fair.
type Weather struct {
	Kind Kind
	// From is the phase in which a cut strikes, Nth which one where it comes
	// several times on a connection; 0: the first.
	From Phase
	Nth  int
	// After is how many bytes pass from there on in the direction Way before it
	// strikes; a chunk is divided for it.
	After int64
	// Way is the direction in which bytes are counted. Of HalfOpen it is the one
	// that ends, too; Either is then ToClient.
	Way Way
	// Delay and Piece: see the kinds.
	Delay time.Duration
	Piece int
	// Seed is where Jitter and Noise begin.
	Seed uint64
}

// Cuts reports whether it ends a connection, or a direction of it.
func (w Weather) Cuts() bool {
	switch w.Kind {
	case Reset, Close, HalfOpen, BlackHole:
		return true
	}
	return false
}

// Mild reports whether an SSH client gets through it.
func (w Weather) Mild() bool {
	switch w.Kind {
	case "", Fair, Latency, Jitter:
		return true
	}
	return false
}

// Name is the kind, of a cut with its phase; the weather is counted under it.
func (w Weather) Name() string {
	switch {
	case w.Kind == "":
		return string(Fair)
	case w.Cuts():
		return fmt.Sprintf("%s/%s", w.Kind, w.From)
	}
	return string(w.Kind)
}

// String describes the fault.
func (w Weather) String() string {
	switch w.Kind {
	case Latency, Jitter:
		return fmt.Sprintf("%s of %s", w.Kind, w.Delay)
	case Drip:
		return fmt.Sprintf("%s of %d bytes every %s", w.Kind, w.Piece, w.Delay)
	case Noise:
		return fmt.Sprintf("%s of %d bytes", w.Kind, w.Piece)
	}
	if !w.Cuts() {
		return w.Name()
	}
	return fmt.Sprintf("%s %d bytes %s after phase %s no. %d", w.Kind, w.After, w.Way, w.From, max(w.Nth, 1))
}
