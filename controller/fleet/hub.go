package fleet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// OrderAgain is after which silence of a worker its order is delivered again.
	OrderAgain = 15 * time.Second
	// SilentAfter is after which silence a site counts as cut off.
	SilentAfter = 60 * time.Second
	// maxEvents bounds the events that nobody has folded, in bytes on the disk.
	maxEvents = 16 << 30
	maxOrders = 1 << 30
)

// Hub is the hub's side: it orders, hears workers and answers operators. Its methods may be
// called from any goroutine.
type Hub struct {
	link
	js jetstream.JetStream
	// through is the NATS of somebody else; nil: the server is the hub's own.
	through *through
	// streams is when the events began to be kept.
	streams time.Time

	mu    sync.Mutex
	heard map[string]*roster // by site
}

// Heard is the newest sign of life of a site.
type Heard struct {
	// Last is when its worker was heard last, by the hub's clock; zero: not since the hub
	// began.
	Last time.Time
	// Version is that of the worker's program.
	Version string
	// Runs are those that the worker works on.
	Runs []string
	// Instance names the process of the worker, which is the active one since Since.
	Instance string
	Since    time.Time
	// Left says that the worker was stopped, and no other one took its place.
	Left bool
	// Standbys are the other workers of the site, by their instance.
	Standbys []Standby
	// From is since when the hub can hear the site without a break, zero: since it began.
	From time.Time
}

// NewHub makes the streams of a hub on a connection that may do everything.
func NewHub(ctx context.Context, conn *nats.Conn) (*Hub, error) {
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, err
	}
	h := &Hub{link: link{conn: conn}, js: js, heard: map[string]*roster{}}
	for _, c := range streams(1) {
		s, err := js.CreateOrUpdateStream(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("stream %s: %w", c.Name, err)
		}
		if c.Name == events {
			h.streams = s.CachedInfo().Created
		}
	}
	return h, h.listen()
}

// streams are the streams of a hub; each takes a share of the disk that one has.
func streams(share int64) []jetstream.StreamConfig {
	list := []jetstream.StreamConfig{
		{Name: orders, Subjects: []string{"aixmend.order.>"}, MaxMsgsPerSubject: 1, MaxBytes: maxOrders / share},
		{Name: events, Subjects: []string{"aixmend.event.>"}, MaxBytes: maxEvents / share, Discard: jetstream.DiscardNew},
		{Name: sites, Subjects: []string{"aixmend.site.*.hosts"}, MaxMsgsPerSubject: 1, MaxBytes: maxOrders / share},
	}
	for i := range list {
		list[i].Storage, list[i].Replicas, list[i].MaxMsgSize = jetstream.FileStorage, 1, MaxMessage
	}
	return list
}

// listen listens for signs of life.
func (h *Hub) listen() error {
	_, err := h.conn.Subscribe(beatSubject("*"), h.beat)
	return err
}

// beat notes a sign of life, and answers which worker of the site is active. The subject says
// of which site: a site can use its own alone.
func (h *Hub) beat(m *nats.Msg) {
	var b Beat
	site := strings.Split(m.Subject, ".")[2]
	known, heard := h.hears(RoleSite, site, m)
	if !heard || unpack(m.Data, &b) != nil || b.V != Version || !instance.MatchString(b.Instance) {
		return
	}
	if !known {
		if data, err := h.pack(Active{V: Version, Gone: true}); err == nil {
			h.answer(m, data)
		}
		return
	}
	h.mu.Lock()
	r := h.heard[site]
	if r == nil {
		r = &roster{}
		h.heard[site] = r
	}
	active := r.beat(b, time.Now())
	h.mu.Unlock()
	h.arrived(site)
	if data, err := h.pack(active); err == nil {
		h.answer(m, data) // the next beat is answered, too
	}
}

// Heard returns the newest sign of life of a site.
func (h *Hub) Heard(site string) Heard {
	h.mu.Lock()
	defer h.mu.Unlock()
	var heard Heard
	if r := h.heard[site]; r != nil {
		heard = r.state()
	}
	heard.From = h.listensFrom()
	return heard
}

// Admit makes the place from which the worker of a site takes its orders. It may be called
// again.
func (h *Hub) Admit(ctx context.Context, site string) error {
	if h.through != nil {
		return h.expect(ctx, site)
	}
	return h.admit(ctx, site, "")
}

// admit makes the place of a site, which is that of a key, "" for any.
func (h *Hub) admit(ctx context.Context, site, key string) error {
	_, err := h.js.CreateOrUpdateConsumer(ctx, orders, jetstream.ConsumerConfig{
		Durable: site, FilterSubject: "aixmend.order." + site + ".*", AckPolicy: jetstream.AckExplicitPolicy, AckWait: OrderAgain, MaxDeliver: -1,
		Description: key,
	})
	return err
}

// Dismiss removes everything of a site that was revoked.
func (h *Hub) Dismiss(ctx context.Context, site string) error {
	h.mu.Lock()
	delete(h.heard, site)
	h.mu.Unlock()
	err := h.js.DeleteConsumer(ctx, orders, site)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		err = nil
	}
	return errors.Join(err, h.purge(ctx, orders, "aixmend.order."+site+".*"), h.purge(ctx, sites, hostsSubject(site)))
}

func (h *Hub) purge(ctx context.Context, stream, subject string) error {
	s, err := h.js.Stream(ctx, stream)
	if err != nil {
		return err
	}
	return s.Purge(ctx, jetstream.WithPurgeSubject(subject))
}

// Hosts returns the hosts that each site has announced.
func (h *Hub) Hosts(ctx context.Context) ([]Hosts, error) {
	s, err := h.js.Stream(ctx, sites)
	if err != nil {
		return nil, err
	}
	info, err := s.Info(ctx, jetstream.WithSubjectFilter("aixmend.site.*.hosts"))
	if err != nil {
		return nil, err
	}
	var list []Hosts
	for subject := range info.State.Subjects {
		m, err := s.GetLastMsgForSubject(ctx, subject)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue // revoked meanwhile
		}
		if err != nil {
			return nil, err
		}
		var one Hosts
		site := strings.Split(subject, ".")[2]
		if h.proven(RoleSite, site, subject, m.Header, m.Data) != nil {
			continue // of one who was revoked
		}
		if err := errors.Join(unpack(m.Data, &one), one.check(site)); err != nil {
			return nil, fmt.Errorf("the hosts of site %s: %w", site, err)
		}
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b Hosts) int { return strings.Compare(a.Site, b.Site) })
	return list, nil
}

// Order publishes an order. Where the run has one for the site already, it does nothing: a
// hub that begins again may publish all.
func (h *Hub) Order(ctx context.Context, o Order) error {
	o.V, o.Streams = Version, h.streams
	data, err := h.pack(o)
	if err != nil {
		return err
	}
	m, err := h.message(orderSubject(o.Site, o.Run), data)
	if err != nil {
		return err
	}
	err = h.insist(ctx, func(ctx context.Context) error {
		_, err := h.js.PublishMsg(ctx, m, jetstream.WithExpectLastSequencePerSubject(0))
		return err
	})
	var api *jetstream.APIError
	if errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence {
		return nil
	}
	return err
}

// Close removes the orders and the events of a run that is over, of some sites.
func (h *Hub) Close(ctx context.Context, run string, of []string) error {
	var problems []error
	for _, site := range of { // each in its own time: there may be many
		problems = append(problems, h.insist(ctx, func(ctx context.Context) error {
			return errors.Join(h.purge(ctx, orders, orderSubject(site, run)), h.purge(ctx, events, eventSubject(site, run)))
		}))
	}
	return errors.Join(problems...)
}

// Tidy removes the orders and the events of all runs but those that are open: a hub that was
// killed at the end of a run has left them, and so has a worker that sent something twice.
func (h *Hub) Tidy(ctx context.Context, open []string) error {
	keep := map[string]bool{}
	for _, run := range open {
		keep[token(run)] = true
	}
	for stream, all := range map[string]string{orders: "aixmend.order.>", events: "aixmend.event.>"} {
		if err := h.purgeBut(ctx, stream, all, keep); err != nil {
			return err
		}
	}
	return nil
}

// Stop asks the worker of a site to end its part of a run. It may be lost, and is repeated
// until the part has ended.
func (h *Hub) Stop(site, run string) error {
	return h.send(stopSubject(site), stop{Version, run})
}

// earlier reports whether an event is the end of an order that was lost with its reports: the
// same order has come again.
func (h *Hub) earlier(e Event) bool {
	return e.Ended != nil && !e.Ended.Streams.IsZero() && !e.Ended.Streams.Equal(h.streams)
}

// Events calls take with every event of a run, the first one first, from the beginning of the
// run on, until ctx ends. bad is told of messages that are none.
func (h *Hub) Events(ctx context.Context, run string, take func(Event), bad func(site string, err error)) error {
	var reader jetstream.Consumer
	err := h.insist(ctx, func(ctx context.Context) (err error) {
		reader, err = h.js.OrderedConsumer(ctx, events, jetstream.OrderedConsumerConfig{
			FilterSubjects: []string{eventSubject("*", run)}, DeliverPolicy: jetstream.DeliverAllPolicy,
		})
		return err
	})
	if err != nil {
		return err
	}
	reading, err := reader.Consume(func(m jetstream.Msg) {
		site := strings.Split(m.Subject(), ".")[2]
		var b batch
		err := h.proven(RoleSite, site, m.Subject(), m.Headers(), m.Data())
		if err == nil {
			err = unpack(m.Data(), &b)
		}
		if err == nil && b.V != Version {
			err = otherVersion(b.V)
		}
		if err != nil {
			bad(site, err)
			return
		}
		for _, e := range b.Events {
			if err := e.check(site, run); err != nil {
				bad(site, err)
			} else if !h.earlier(e) {
				take(e)
			}
		}
	})
	if err != nil {
		return err
	}
	<-ctx.Done()
	reading.Stop()
	<-reading.Closed()
	return nil
}
