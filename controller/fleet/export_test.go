package fleet

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
)

// Raw is a connection with the key of a member, for what no program of ours would do; the
// errors of the server come on the channel.
func Raw(t *testing.T, p *Pass) (*nats.Conn, <-chan error) {
	t.Helper()
	conn, err := p.connect(t.Context(), watch{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	errs := make(chan error, 100)
	conn.SetErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { errs <- err })
	return conn, errs
}

// Roster is the workers of one site.
type Roster struct{ roster }

// Beat takes a sign of life.
func (r *Roster) Beat(b Beat, now time.Time) Active { return r.beat(b, now) }

// State is the site as its active worker was heard last.
func (r *Roster) State() Heard { return r.state() }

// Shift sets the clock of a hub ahead.
func Shift(h *Hub, by time.Duration) {
	h.through.mu.Lock()
	defer h.through.mu.Unlock()
	h.through.now = func() time.Time { return time.Now().Add(by) }
}

// Sealed is the header by which the owner of a seed has signed a message.
func Sealed(t *testing.T, seed, subject, text string) nats.Header {
	t.Helper()
	key, err := nkeys.FromSeed([]byte(seed))
	if err != nil {
		t.Error(err)
		return nil
	}
	m, err := (&link{seal: key}).message(subject, []byte(text))
	if err != nil {
		t.Error(err)
		return nil
	}
	return m.Header
}

// Over is a hub of some members at a JetStream.
func Over(js jetstream.JetStream, list []Member) (*Hub, error) {
	h := &Hub{js: js, through: &through{absent: map[string]bool{}}}
	return h, h.SetMembers(list)
}

// Places has a hub look for the places of its sites, and returns how many have none.
func Places(ctx context.Context, h *Hub) (int, error) {
	err := h.places(ctx)
	return len(h.through.absent), err
}
