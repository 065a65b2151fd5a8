package fleet

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// AliveEvery is how often a worker shows that it lives, and that it works on an order.
	AliveEvery = 4 * time.Second
	// askEvery is how long one question for an order waits.
	askEvery = 5 * time.Second
)

// Worker is the connection of a site's worker to its hub. Its methods may be called from any
// goroutine.
type Worker struct {
	site string
	conn *nats.Conn
	js   jetstream.JetStream
	over context.Context
}

// Join connects a worker; ctx bounds the wait for the hub.
func Join(ctx context.Context, p *Pass) (*Worker, error) {
	over, end := context.WithCancelCause(context.Background())
	conn, err := p.connect(ctx, end)
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(conn)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return &Worker{site: p.Name, conn: conn, js: js, over: over}, nil
}

// Site is the name of the site.
func (w *Worker) Site() string { return w.site }

// Over ends when the hub has thrown the worker out, with the reason as its cause: ErrRevoked.
func (w *Worker) Over() context.Context { return w.over }

// Close ends the connection.
func (w *Worker) Close() { w.conn.Close() }

// Announce tells the hub the hosts of the site, in the place of those told before.
func (w *Worker) Announce(ctx context.Context, h Hosts) error {
	h.V, h.Site = Version, w.site
	if err := h.check(w.site); err != nil {
		return err
	}
	data, err := pack(h)
	if err != nil {
		return err
	}
	_, err = w.js.Publish(ctx, hostsSubject(w.site), data)
	return err
}

// Beat shows that the worker lives. A beat may be lost.
func (w *Worker) Beat(b Beat) error {
	b.V, b.Site = Version, w.site
	return w.tell(beatSubject(w.site), b)
}

func (w *Worker) tell(subject string, message any) error {
	data, err := pack(message)
	if err != nil {
		return err
	}
	return w.conn.Publish(subject, data)
}

// Send sends an event and returns when the hub has it on its disk. It may be sent again:
// a later report of a host replaces an earlier one.
func (w *Worker) Send(ctx context.Context, e Event) error {
	e.V, e.Site = Version, w.site
	data, err := pack(e)
	if err != nil {
		return err
	}
	_, err = w.js.Publish(ctx, eventSubject(w.site, e.Run), data)
	return err
}

// Stopped calls take with each run whose part is to end.
func (w *Worker) Stopped(take func(run string)) error {
	_, err := w.conn.Subscribe(stopSubject(w.site), func(m *nats.Msg) {
		var s stop
		if unpack(m.Data, &s) == nil && s.V == Version {
			take(s.Run)
		}
	})
	return err
}

// Taken is an order that was delivered, perhaps not for the first time.
type Taken struct {
	Order
	// Wrong is why the message is no order of this site, nil where it is.
	Wrong error
	msg   jetstream.Msg
}

// Alive keeps the order from being delivered again for a while.
func (t *Taken) Alive() error { return t.msg.InProgress() }

// Done says that everything about the order is with the hub: it is not delivered again. The
// answer of a hub that was killed meanwhile never comes, so that the wait for it is bounded.
func (t *Taken) Done(ctx context.Context) error {
	ctx, done := context.WithTimeout(ctx, connectTimeout)
	defer done()
	return t.msg.DoubleAck(ctx)
}

// Next waits for an order. Its error is that of ctx, or of a worker that was thrown out.
func (w *Worker) Next(ctx context.Context) (*Taken, error) {
	for {
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case w.over.Err() != nil:
			return nil, context.Cause(w.over)
		}
		msg, err := w.ask(ctx)
		if err != nil || msg == nil { // the hub may be away: it is asked again
			select {
			case <-ctx.Done():
			case <-w.over.Done():
			case <-time.After(time.Second):
			}
			continue
		}
		t := &Taken{msg: msg}
		if t.Wrong = unpack(msg.Data(), &t.Order); t.Wrong == nil {
			t.Wrong = t.check(w.site)
		}
		return t, nil
	}
}

// ask asks once for an order; nil for none.
func (w *Worker) ask(ctx context.Context) (jetstream.Msg, error) {
	asking, done := context.WithTimeout(ctx, connectTimeout)
	defer done()
	from, err := w.js.Consumer(asking, orders, w.site)
	if err != nil {
		return nil, err
	}
	batch, err := from.Fetch(1, jetstream.FetchMaxWait(askEvery))
	if err != nil {
		return nil, err
	}
	for {
		select {
		case msg, ok := <-batch.Messages():
			if !ok {
				return nil, batch.Error()
			}
			return msg, nil
		case <-ctx.Done():
			return nil, errors.New("stopped") // an order that comes now is delivered again
		}
	}
}
