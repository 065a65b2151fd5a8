package fleet

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
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
	link
	site string
	js   jetstream.JetStream
	over context.Context
	end  func(error) // ends over
	told func(error) // as Join has it, or nil

	instance string // of this process

	mu    sync.Mutex
	known Active // the newest answer to a beat
}

// Join connects a worker; ctx bounds the wait for the hub. told, which may be nil, learns of
// each attempt that failed and each connection that broke, with the reason, and with nil of each
// connection that is there.
func Join(ctx context.Context, p *Pass, told func(error)) (*Worker, error) {
	over, end := context.WithCancelCause(context.Background())
	conn, err := p.connect(ctx, watch{ended: end, told: told})
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(conn)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return &Worker{link: p.link(conn), site: p.Name, js: js, over: over, end: end, told: told, instance: fmt.Sprintf("%08x", rand.Uint32())}, nil
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
	return w.publish(ctx, hostsSubject(w.site), h)
}

// Beat shows that the worker lives, and returns which worker of its site is active. A beat may
// be lost.
func (w *Worker) Beat(ctx context.Context, b Beat) (Active, error) {
	w.mu.Lock()
	b.V, b.Site, b.Instance, b.Known = Version, w.site, w.instance, w.known
	w.mu.Unlock()
	if !w.conn.IsConnected() { // it would be sent when it is true no more
		return Active{}, nats.ErrDisconnected
	}
	ctx, done := context.WithTimeout(ctx, AliveEvery)
	defer done()
	data, err := w.request(ctx, beatSubject(w.site), b)
	w.listens(err)
	if err != nil {
		return Active{}, err
	}
	var a Active
	switch err := unpack(data, &a); {
	case err != nil:
		return Active{}, err
	case a.V != Version:
		return Active{}, otherVersion(a.V)
	case a.Gone:
		w.end(ErrRevoked)
		return Active{}, ErrRevoked
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.known = a
	return a, nil
}

// listens reports a hub that does not run, or runs again, where the connection does not show it.
func (w *Worker) listens(err error) {
	switch {
	case w.seal == nil || w.told == nil:
	case err == nil:
		w.told(nil)
	case errors.Is(err, nats.ErrNoResponders):
		w.told(errNotThere)
	}
}

// publish publishes a message and returns when a stream has it.
func (w *Worker) publish(ctx context.Context, subject string, message any) error {
	data, err := w.pack(message)
	if err != nil {
		return err
	}
	m, err := w.message(subject, data)
	if err != nil {
		return err
	}
	return within(ctx, func(ctx context.Context) error {
		_, err := w.js.PublishMsg(ctx, m)
		return err
	})
}

// Instance names this process of the site's worker.
func (w *Worker) Instance() string { return w.instance }

// Send sends events of a run in one message and returns when the hub has them on its disk.
// They may be sent again: a later report of a host replaces an earlier one.
func (w *Worker) Send(ctx context.Context, run string, list ...Event) error {
	for i := range list {
		list[i].Run, list[i].Site = run, w.site
	}
	return w.publish(ctx, eventSubject(w.site, run), batch{Version, list})
}

// Stopped calls take with each run whose part is to end.
func (w *Worker) Stopped(take func(run string)) error {
	_, err := w.conn.Subscribe(stopSubject(w.site), func(m *nats.Msg) {
		var s stop
		if w.fromHub(m.Subject, m.Header, m.Data) == nil && unpack(m.Data, &s) == nil && s.V == Version {
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
		if t.Wrong = w.fromHub(msg.Subject(), msg.Headers(), msg.Data()); t.Wrong == nil {
			t.Wrong = unpack(msg.Data(), &t.Order)
		}
		if t.Wrong == nil {
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
