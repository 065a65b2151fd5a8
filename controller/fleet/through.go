package fleet

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// aloneSubject is where a hub asks whether another one is there.
	aloneSubject = "aixmend.hub"
	// here is its answer.
	here = "here"
	// share is the part of the disk of an own server that the streams reserve at another one.
	share = 4
	// insistEvery is the pause before something is tried again.
	insistEvery = time.Second
	// lookEvery is how often the hub looks whether its streams are there.
	lookEvery = 30 * time.Second
	// aloneWithin is how long another hub has to answer.
	aloneWithin = 2 * time.Second
	// present is how long a member counts as connected after it was heard.
	present = 3 * AliveEvery
	// questionLife is how long a question of an operator may be under way, and how far its clock may
	// differ from the hub's.
	questionLife = 5 * time.Minute
	// leastPayload is the least that a NATS must take, its own default.
	leastPayload = 1 << 20
)

var (
	// errTwo: another process speaks for this hub.
	errTwo = errors.New("another hub with this hub's keys is connected: a copy of its folder runs elsewhere; there must be one hub")
	// errOthers: a stream of the account is not the hub's.
	errOthers = errors.New("it is not of this hub, and is left as it is; give the hub an account of its own, as aixmend hub accounts prints it")
	// errStreams: the streams are not those that the hub has begun with.
	errStreams = errors.New("the hub's streams are gone, or were made anew; start the hub again: it makes them and orders its open runs again")
)

// Member is one who may connect.
type Member struct {
	// Key is the public key.
	Key  string
	Role Role
	Name string
}

// through is the state of a hub at a NATS that somebody else runs.
type through struct {
	Through
	made map[string]time.Time // when each stream was made
	// checked is the connection, by its number, on which the hub knows that it is the only one.
	checked atomic.Uint64
	begun   atomic.Bool   // the connection was there
	again   chan struct{} // receives when the connection is back
	end     func(error)

	mu   sync.Mutex
	keys map[Member]string // by role and name alone
	seen map[string]time.Time
	from time.Time // since when the hub listens
	// absent are the sites that have no place for orders yet.
	absent map[string]bool
	// asked are the stamps of the questions that were heard in the last questionLife.
	asked map[string]time.Time
	now   func() time.Time
}

// Through is how a hub speaks through a NATS that somebody else runs.
type Through struct {
	NATS NATS
	// Seed is the private key of the hub, Public the public one.
	Seed, Public string
	// Say prints a line.
	Say func(format string, args ...any)
}

// Hub connects to the NATS, which it waits for until ctx ends, looks at it as far as a client can,
// and makes the streams there. end is told why the hub can't go on.
func (t Through) Hub(ctx context.Context, end func(error)) (*Hub, error) {
	to := &through{Through: t, made: map[string]time.Time{}, again: make(chan struct{}, 1), end: end, keys: map[Member]string{}, seen: map[string]time.Time{}, absent: map[string]bool{}, asked: map[string]time.Time{}, now: time.Now}
	p := &Pass{V: FileVersion, Role: RoleHub, Name: "hub", Hub: t.NATS.Address(), NATS: &t.NATS, Seed: t.Seed}
	conn, err := p.connect(ctx, watch{ended: to.closed, told: to.told()})
	if err != nil {
		return nil, err
	}
	to.begun.Store(true)
	h := &Hub{link: p.link(conn), through: to, heard: map[string]*roster{}}
	if err := h.settle(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	go h.keep(ctx)
	return h, nil
}

// settle looks at the NATS, and makes the streams.
func (h *Hub) settle(ctx context.Context) (err error) {
	if h.js, err = jetstream.New(h.conn); err != nil {
		return err
	}
	if err := h.inspect(ctx); err != nil {
		return err
	}
	switch name, err := h.js.StreamNameBySubject(ctx, aloneSubject); {
	case err == nil: // to which a question would add a message
		return fmt.Errorf("stream %s of the account takes the hub's subjects: %w", name, errOthers)
	case !errors.Is(err, jetstream.ErrStreamNotFound):
		return err
	}
	if _, err := h.conn.Subscribe(aloneSubject, func(m *nats.Msg) { _ = m.Respond([]byte(here)) }); err != nil {
		return err
	}
	at := h.conn.Stats().Reconnects
	if err := h.insist(ctx, h.alone); err != nil {
		return err
	}
	made := map[string]bool{}
	for _, c := range streams(share) {
		if made[c.Name], err = h.own(ctx, c); err != nil {
			return fmt.Errorf("stream %s: %w", c.Name, err)
		}
	}
	if made[events] && !made[orders] { // the reports of those orders are lost: they come again
		if err := h.purge(ctx, orders, "aixmend.order.>"); err != nil {
			return err
		}
	}
	h.streams = h.through.made[events]
	h.through.checked.Store(at)
	return h.listen()
}

// inspect checks the properties that a server of the hub's own always has.
func (h *Hub) inspect(ctx context.Context) error {
	t := h.through
	var major, minor int
	if _, err := fmt.Sscanf(h.conn.ConnectedServerVersion(), "%d.%d", &major, &minor); err != nil || major < 2 || major == 2 && minor < 10 {
		return fmt.Errorf("it has version %s; 2.10 or later is needed", h.conn.ConnectedServerVersion())
	}
	if most := h.conn.MaxPayload(); most < leastPayload {
		return fmt.Errorf("it takes messages of %d bytes at most; max_payload must be at least %d", most, leastPayload)
	} else if most < MaxMessage {
		t.Say("warning: the NATS takes messages of %d bytes at most: sites of many ten thousand hosts need more; max_payload: %d is enough for any", most, MaxMessage)
	}
	if !t.NATS.plain() && !h.conn.TLSRequired() {
		t.Say("warning: the NATS also takes connections without TLS; hub, workers and operators use none")
	}
	account, err := h.js.AccountInfo(ctx)
	switch {
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount), errors.Is(err, nats.ErrNoResponders):
		return errors.New("it has no JetStream for the account of the hub")
	case err != nil:
		return fmt.Errorf("JetStream: %w", err)
	}
	if err := h.stranger(); err != nil {
		return err
	}
	return h.neighbours(ctx, account.Streams)
}

// neighbours warns of streams of others in the account of the hub.
func (h *Hub) neighbours(ctx context.Context, n int) error {
	if n == 0 {
		return nil
	}
	list := h.js.StreamNames(ctx)
	var others []string
	for name := range list.Name() {
		if name != orders && name != events && name != sites {
			others = append(others, name)
		}
	}
	if len(others) > 0 {
		h.through.Say("warning: the account of the hub at the NATS has streams of others (%s): give the hub one of its own, as aixmend hub accounts prints it", strings.Join(others, " "))
	}
	return list.Err()
}

// stranger returns an error where somebody without a key can send the hub a message.
func (h *Hub) stranger() error {
	p := Pass{Hub: h.through.NATS.Address(), NATS: &h.through.NATS}
	secure, err := p.secure()
	if err != nil {
		return err
	}
	conn, err := nats.Connect("nats://"+p.Hub, append(secure, nats.Timeout(connectTimeout), nats.NoReconnect())...)
	if err != nil {
		return nil // as it should be
	}
	defer conn.Close()
	subject := askSubject("stranger", nats.NewInbox()[len(nats.InboxPrefix):])
	heard, err := h.conn.SubscribeSync(subject)
	if err != nil {
		return err
	}
	defer func() { _ = heard.Unsubscribe() }()
	if err := h.conn.Flush(); err != nil {
		return err
	}
	_ = conn.Publish(subject, nil)
	if conn.Flush() != nil || h.conn.Flush() != nil {
		return nil // it was thrown out
	}
	if n, _, err := heard.Pending(); err == nil && n > 0 {
		return errors.New("it lets anybody without a key send messages to the hub: take no_auth_user from its account")
	}
	return nil
}

// alone returns an error where another hub with the same keys is there. One that does not answer
// is one whose connection has died and was not missed yet; else it is found the next time.
func (h *Hub) alone(ctx context.Context) error {
	waiting, done := context.WithTimeout(ctx, aloneWithin)
	defer done()
	if err := h.conn.FlushWithContext(waiting); err != nil { // the other one must hear this one, too
		return err
	}
	m, err := h.conn.RequestWithContext(waiting, aloneSubject, nil)
	switch {
	case errors.Is(err, nats.ErrNoResponders), err == nil && string(m.Data) != here: // that is a stream
		return nil
	case err == nil:
		return errTwo
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil && h.conn.IsConnected():
		return nil
	}
	return err
}

// own makes a stream, or takes the one of this hub that is there, and reports whether it was made.
// Another one of its name is not touched.
func (h *Hub) own(ctx context.Context, c jetstream.StreamConfig) (made bool, err error) {
	c.Description = "aixmend hub " + h.through.Public
	there, err := h.js.Stream(ctx, c.Name)
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		made = true
	case err != nil:
		return false, err
	case there.CachedInfo().Config.Description != c.Description:
		return false, errOthers
	}
	s, err := h.js.CreateOrUpdateStream(ctx, c)
	if err != nil {
		return false, fmt.Errorf("%w: it reserves %d MiB of the file store", err, c.MaxBytes>>20)
	}
	info := s.CachedInfo()
	if got := info.Config; got.Storage != c.Storage || got.Retention != c.Retention || got.MaxAge != 0 || got.Discard != c.Discard || got.NoAck || got.Mirror != nil || len(got.Sources) > 0 || got.RePublish != nil || got.SubjectTransform != nil {
		return false, errors.New("it is not made as the hub has asked for")
	}
	if info.Cluster != nil && info.Cluster.Name != "" && c.Name == events {
		h.through.Say("warning: JetStream of the NATS is a cluster (%s): where a server of it fails, it can lose reports that it has confirmed", info.Cluster.Name)
	}
	h.through.made[c.Name] = info.Created
	return made, nil
}

// told says that the NATS is gone, or back, once each.
func (t *through) told() func(error) {
	gone, before := false, false
	return func(err error) {
		t.mu.Lock()
		defer t.mu.Unlock()
		switch {
		case err != nil && !gone && before:
			t.Say("warning: the NATS %s is gone: %s; the workers finish what they have begun", t.NATS.Address(), err)
		case err != nil && !gone:
			t.Say("warning: the NATS %s can't be reached: %s; trying until it can", t.NATS.Address(), err)
		case err == nil && gone && before:
			t.Say("the NATS %s is back", t.NATS.Address())
		}
		if err == nil {
			t.from = time.Now()
			select {
			case t.again <- struct{}{}:
			default:
			}
		}
		gone, before = err != nil, before || err == nil
	}
}

// closed is called when the connection is over for good.
func (t *through) closed(err error) {
	switch {
	case err == nil || !t.begun.Load(): // the hub has closed it
	case errors.Is(err, ErrRevoked):
		t.end(fmt.Errorf("the NATS %s does not let the hub in any more: its configuration lacks the output of aixmend hub accounts", t.NATS.Address()))
	default:
		t.end(fmt.Errorf("the NATS %s: %w", t.NATS.Address(), err))
	}
}

// keep looks after the connection until ctx ends: where it was cut, another hub may have begun, or
// the streams may be gone.
func (h *Hub) keep(ctx context.Context) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.through.again:
		case <-look.C:
		}
		err := h.insist(ctx, h.still)
		if err == nil {
			err = h.places(ctx)
		}
		if err != nil && ctx.Err() == nil {
			h.through.end(fmt.Errorf("the NATS %s: %w", h.through.NATS.Address(), err))
			return
		}
	}
}

// still looks whether everything is as it was when the hub began.
func (h *Hub) still(ctx context.Context) error {
	at := h.conn.Stats().Reconnects
	if err := h.alone(ctx); err != nil {
		return err
	}
	for name, made := range h.through.made {
		s, err := h.js.Stream(ctx, name)
		if errors.Is(err, jetstream.ErrStreamNotFound) || err == nil && !s.CachedInfo().Created.Equal(made) {
			return errStreams
		}
		if err != nil {
			return err
		}
	}
	h.through.checked.Store(at)
	return nil
}

// places looks for the place of each site. Their number times the way to the NATS may take longer
// than one answer may.
func (h *Hub) places(ctx context.Context) error {
	for _, site := range h.through.sites() {
		if err := h.insist(ctx, func(ctx context.Context) error { return h.expect(ctx, site) }); err != nil {
			return err
		}
	}
	return nil
}

// sites are the sites of the hub.
func (t *through) sites() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []string
	for m := range t.keys {
		if m.Role == RoleSite {
			list = append(list, m.Name)
		}
	}
	return list
}

// insist does something that an own server does at once, until it is done, ctx ends, or it can't
// be done. Each time is bounded: an answer that was lost with a connection never comes.
func (h *Hub) insist(ctx context.Context, do func(context.Context) error) error {
	once := func() error { return do(ctx) }
	if h.through != nil {
		once = func() error { return within(ctx, do) }
	}
	for {
		err := once()
		var api *jetstream.APIError
		switch {
		case err == nil, h.through == nil, errors.Is(err, errTwo), errors.Is(err, errStreams), ctx.Err() != nil:
			return err
		case errors.As(err, &api) && api.Code < 500: // an answer
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(insistEvery):
		}
	}
}

// SetMembers says who the members are; nobody else is heard.
func (h *Hub) SetMembers(list []Member) error {
	keys := map[Member]string{{Role: RoleOperator, Name: Owner}: h.through.Public}
	for _, m := range list {
		keys[Member{Role: m.Role, Name: m.Name}] = m.Key
	}
	h.through.mu.Lock()
	defer h.through.mu.Unlock()
	h.through.keys = keys
	return nil
}

// expect makes the place of a site as soon as its worker is heard. Before, the NATS may let in
// another one who was revoked and had the name: that one would take the orders.
func (h *Hub) expect(ctx context.Context, site string) error {
	there, err := h.js.Consumer(ctx, orders, site)
	switch {
	case errors.Is(err, jetstream.ErrConsumerNotFound):
	case err != nil:
		return err
	case there.CachedInfo().Config.Description == h.keyOf(RoleSite, site):
		return nil
	default:
		if err := h.js.DeleteConsumer(ctx, orders, site); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
			return err
		}
	}
	h.through.mu.Lock()
	defer h.through.mu.Unlock()
	h.through.absent[site] = true
	return nil
}

// arrived makes the place of a site that was heard, unless it has one.
func (h *Hub) arrived(site string) {
	if h.through == nil {
		return
	}
	h.through.mu.Lock()
	absent := h.through.absent[site]
	delete(h.through.absent, site)
	h.through.mu.Unlock()
	if !absent {
		return
	}
	go func() {
		ctx, done := context.WithTimeout(context.Background(), connectTimeout)
		defer done()
		if h.admit(ctx, site, h.keyOf(RoleSite, site)) != nil { // the next sign of life tries again
			h.through.mu.Lock()
			defer h.through.mu.Unlock()
			h.through.absent[site] = true
		}
	}()
}

// keyOf is the public key of a member, "" for none.
func (h *Hub) keyOf(role Role, name string) string {
	h.through.mu.Lock()
	defer h.through.mu.Unlock()
	return h.through.keys[Member{Role: role, Name: name}]
}

// Connected is how many connections each member has, by its public key, as far as it was heard.
func (h *Hub) Connected() (map[string]int, error) {
	h.through.mu.Lock()
	defer h.through.mu.Unlock()
	n := map[string]int{}
	for key, at := range h.through.seen {
		if time.Since(at) <= present {
			n[key] = 1
		} else {
			delete(h.through.seen, key)
		}
	}
	return n, nil
}

// Leave ends the connection.
func (h *Hub) Leave() { h.conn.Close() }

// listensFrom is since when the hub listens, zero: since it began.
func (h *Hub) listensFrom() time.Time {
	if h.through == nil {
		return time.Time{}
	}
	if !h.sure() {
		return time.Now()
	}
	h.through.mu.Lock()
	defer h.through.mu.Unlock()
	return h.through.from
}

// sure reports whether the connection is there, and no other hub was since it was cut.
func (h *Hub) sure() bool {
	return h.conn.IsConnected() && h.through.checked.Load() == h.conn.Stats().Reconnects
}

// proven returns an error unless a member has sent a message, and is still one.
func (h *Hub) proven(role Role, name, subject string, header nats.Header, data []byte) error {
	if h.through == nil {
		return nil
	}
	return verify(h.keyOf(role, name), subject, header, data)
}

// hears reports whether a message comes from a member, and whether it is to be answered at all.
func (h *Hub) hears(role Role, name string, m *nats.Msg) (known, heard bool) {
	switch {
	case h.through == nil:
		return true, true
	case !h.sure():
		return false, false
	}
	if h.proven(role, name, m.Subject, m.Header, m.Data) != nil {
		return false, true
	}
	key := h.keyOf(role, name)
	h.through.mu.Lock()
	defer h.through.mu.Unlock()
	h.through.seen[key] = time.Now()
	return true, true
}

// once returns a refusal where a question of an operator is old, or was heard before: the owner of the
// NATS may repeat it, and it may begin a run that was stopped, or removed, since.
func (h *Hub) once(operator string, header nats.Header) error {
	if h.through == nil {
		return nil
	}
	t, text := h.through, header.Get(stamp)
	made, _, _ := strings.Cut(text, " ")
	at, err := time.Parse(time.RFC3339Nano, made)
	if err != nil {
		return &Refusal{Text: "the question has no time"}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if age := now.Sub(at).Round(time.Second); age.Abs() > questionLife {
		side := "behind"
		if age < 0 {
			side = "ahead of"
		}
		return &Refusal{Text: fmt.Sprintf("the clock of the operator is %s %s that of the hub, or the NATS has held the question back", age.Abs(), side), Hint: "set the clocks of both machines"}
	}
	for text, at := range t.asked {
		if now.Sub(at) > questionLife {
			delete(t.asked, text)
		}
	}
	if _, heard := t.asked[operator+" "+text]; heard {
		return &Refusal{Text: "the question was heard before"}
	}
	t.asked[operator+" "+text] = at
	return nil
}
