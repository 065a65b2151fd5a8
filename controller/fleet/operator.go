package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	// patience is how long an operator waits for one answer.
	patience = 15 * time.Second
	// hello is the question whether a hub is there.
	hello = "hello"
)

var (
	// errLost: the connection broke while an answer was waited for.
	errLost = errors.New("the connection was lost")
	// errNotThere: no hub listens.
	errNotThere = errors.New("aixmend hub run does not run there")
)

// Refusal is an answer of the hub that says no, with a hint or "".
type Refusal struct {
	Text string `json:"text"`
	Hint string `json:"hint,omitempty"`
}

// Error implements error.
func (r *Refusal) Error() string { return r.Text }

// answer is the answer of a hub.
type answer struct {
	V       int             `json:"v"`
	Refusal *Refusal        `json:"refusal,omitempty"`
	Content json.RawMessage `json:"content,omitempty"`
	// Gone says that the hub does not know the operator: it was revoked.
	Gone bool `json:"gone,omitempty"`
}

// Operator is the connection of one who asks the hub.
type Operator struct {
	link
	name string
	over context.Context

	mu   sync.Mutex
	lost chan struct{} // closed when the connection breaks, then another one
}

// Owner asks for the owner of the hub, from its own machine and with the hub's own key. No operator
// can have the name.
const Owner = "_owner"

// Dial connects an operator; ctx bounds the wait for the hub. Where nothing listens at its
// address, that is the error at once: a *NoHub.
func Dial(ctx context.Context, p *Pass) (*Operator, error) {
	over, end := context.WithCancelCause(context.Background())
	o := &Operator{name: p.Name, over: over, lost: make(chan struct{})}
	conn, err := p.connect(ctx, watch{ended: end, hasty: true, told: o.broke})
	if err != nil {
		return nil, err
	}
	o.link = p.link(conn)
	if p.NATS != nil {
		err = o.hello(ctx, p)
	}
	return o, err
}

// hello looks whether the hub is there, where that is not known by the connection.
func (o *Operator) hello(ctx context.Context, p *Pass) error {
	var none any
	switch err := o.Ask(ctx, hello, nil, &none); {
	case errors.Is(err, ErrRevoked):
		o.Close()
		return err
	case errors.Is(err, errNotThere):
		o.Close()
		return &NoHub{Address: p.Hub, Through: true, err: errNotThere}
	}
	return nil // the question that follows says more
}

// broke wakes those who wait for an answer that can't come any more.
func (o *Operator) broke(err error) {
	if err == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.lost)
	o.lost = make(chan struct{})
}

// broken is closed when the connection breaks next.
func (o *Operator) broken() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.lost
}

// Close ends the connection.
func (o *Operator) Close() { o.conn.Close() }

// Ask asks the hub something and reads its answer into one. The error is a *Refusal where the
// hub says no, ErrRevoked where it does not know the operator any more, and else says that
// no answer came: then it is not known whether the question arrived.
func (o *Operator) Ask(ctx context.Context, verb string, question, into any) error {
	waiting, done := context.WithTimeout(ctx, patience)
	defer done()
	waiting, cut := context.WithCancelCause(waiting)
	defer cut(nil)
	go func(broken <-chan struct{}) {
		select {
		case <-broken:
			cut(errLost)
		case <-waiting.Done():
		}
	}(o.broken())
	defer context.AfterFunc(o.over, func() { cut(context.Cause(o.over)) })()
	data, err := o.request(waiting, askSubject(o.name, verb), question)
	if errors.Is(err, nats.ErrConnectionClosed) {
		<-waiting.Done() // the reason follows
	}
	switch {
	case o.over.Err() != nil:
		return context.Cause(o.over)
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, nats.ErrNoResponders):
		return fmt.Errorf("the hub does not answer: %w", errNotThere)
	case errors.Is(context.Cause(waiting), errLost):
		return fmt.Errorf("the hub does not answer: %w", errLost)
	case err != nil:
		return fmt.Errorf("the hub does not answer: %w", err)
	}
	var a answer
	if err := unpack(data, &a); err != nil {
		return fmt.Errorf("the answer of the hub: %w", err)
	}
	switch {
	case a.V != Version:
		return fmt.Errorf("the answer of the hub: %w", otherVersion(a.V))
	case a.Gone:
		return ErrRevoked
	case a.Refusal != nil:
		return a.Refusal
	}
	return unpack(a.Content, into)
}

// Question is the question of an operator.
type Question struct {
	Operator, Verb string
	data           []byte
}

// Read reads the question.
func (q Question) Read(into any) error { return unpack(q.data, into) }

// Serve answers operators by reply, each question in a goroutine of its own,
// until ctx ends.
func (h *Hub) Serve(ctx context.Context, reply func(Question) (any, error)) error {
	s, err := h.conn.Subscribe(askSubject("*", "*"), func(m *nats.Msg) {
		part := strings.Split(m.Subject, ".")
		known, heard := h.hears(RoleOperator, part[2], m)
		if heard && known {
			if err := h.once(part[2], m.Header); err != nil {
				h.answer(m, h.answerTo(nil, err))
				return
			}
		}
		switch {
		case heard && known && part[3] == hello:
			h.answer(m, h.answerTo(nil, nil))
		case heard && known:
			go func() { h.answer(m, h.answerTo(reply(Question{part[2], part[3], m.Data}))) }()
		case heard:
			if data, err := h.pack(answer{V: Version, Gone: true}); err == nil {
				h.answer(m, data)
			}
		}
	})
	if err != nil {
		return err
	}
	<-ctx.Done()
	return s.Unsubscribe()
}

// answerTo packs an answer, or the refusal that an error is.
func (h *Hub) answerTo(content any, err error) []byte {
	a := answer{V: Version}
	if err == nil {
		a.Content, err = h.pack(content)
	}
	if err != nil && !errors.As(err, &a.Refusal) {
		a.Refusal = &Refusal{Text: err.Error()}
	}
	data, err := h.pack(a)
	if err != nil { // of content near the limit
		data, _ = h.pack(answer{V: Version, Refusal: &Refusal{Text: err.Error()}})
	}
	return data
}
