//go:build !aix && !nohub

package fleet_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"aixmend/controller/fleet"
	"aixmend/controller/fleet/natstest"
	"aixmend/controller/gather"
)

// office is a hub that speaks through a NATS of somebody else, and those who may join it.
type office struct {
	*fleet.Hub
	t       *testing.T
	nats    *natstest.Server
	member  fleet.Member // the hub
	seed    string
	members []fleet.Member
	ended   chan error // why the hub can't go on

	mu   sync.Mutex
	said []string
}

func newOffice(t *testing.T, o natstest.Options) *office {
	t.Helper()
	b := prepared(t, o)
	if err := b.begin(); err != nil {
		t.Fatal(err)
	}
	return b
}

// prepared is one whose NATS knows the hub, which has not begun.
func prepared(t *testing.T, o natstest.Options) *office {
	t.Helper()
	seed, public := newSeed(t)
	hub := fleet.Member{Key: public, Role: fleet.RoleHub, Name: "hub"}
	return &office{t: t, nats: natstest.New(t, o, fleet.Accounts([]fleet.Member{hub})), member: hub, seed: seed, ended: make(chan error, 9)}
}

func newSeed(t *testing.T) (seed, public string) {
	t.Helper()
	seed, public, err := fleet.NewSeed()
	if err != nil {
		t.Fatal(err)
	}
	return seed, public
}

// load has the NATS know the members.
func (b *office) load() {
	b.t.Helper()
	b.nats.Load(fleet.Accounts(append([]fleet.Member{b.member}, b.members...)))
}

func (b *office) say(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.said = append(b.said, fmt.Sprintf(format, args...))
}

func (b *office) heard() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.said, "\n")
}

// begin begins the hub.
func (b *office) begin() error {
	h, err := b.another()
	b.Hub = h
	return err
}

// another begins a hub with the same keys.
func (b *office) another() (*fleet.Hub, error) {
	through := fleet.Through{NATS: b.nats.NATS(), Seed: b.seed, Public: b.member.Key, Say: b.say}
	ctx, done := context.WithCancel(b.t.Context())
	h, err := through.Hub(ctx, func(err error) { b.ended <- err })
	b.t.Cleanup(func() {
		done()
		if err == nil {
			h.Leave()
		}
	})
	if err == nil {
		err = h.SetMembers(b.members)
	}
	return h, err
}

// pass makes a member that hub and NATS know.
func (b *office) pass(role fleet.Role, name string) *fleet.Pass {
	b.t.Helper()
	p := b.stranger(role, name)
	b.load()
	if err := b.SetMembers(b.members); err != nil {
		b.t.Fatal(err)
	}
	if role == fleet.RoleSite {
		if err := b.Admit(b.t.Context(), name); err != nil {
			b.t.Fatal(err)
		}
	}
	return p
}

// stranger makes a member that neither knows yet.
func (b *office) stranger(role fleet.Role, name string) *fleet.Pass {
	b.t.Helper()
	n := b.nats.NATS()
	seed, public := newSeed(b.t)
	b.members = append(b.members, fleet.Member{Key: public, Role: role, Name: name})
	return &fleet.Pass{V: fleet.FileVersion, Role: role, Name: name, Hub: n.Address(), NATS: &n, HubKey: b.member.Key, Seed: seed, Key: []byte("0123456789abcdef")}
}

func (b *office) join(p *fleet.Pass) *fleet.Worker {
	b.t.Helper()
	w, err := fleet.Join(within(b.t), p, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(w.Close)
	return w
}

// serve answers operators and sites until the test ends.
func (b *office) serve() {
	ctx := b.t.Context()
	go func() { _ = b.Serve(ctx, func(q fleet.Question) (any, error) { return q.Operator, nil }) }()
	if err := b.ServeWords(ctx, func(site string, a fleet.Asks) fleet.Words { return fleet.Words{Session: "of " + site} }); err != nil {
		b.t.Fatal(err)
	}
}

// events are the events of the run, until one says that the part has ended.
func (b *office) events() (got []string, wrong []error) {
	b.t.Helper()
	ctx, enough := context.WithCancel(within(b.t))
	if err := b.Events(ctx, run, func(e fleet.Event) {
		if e.Ended != nil {
			enough()
			return
		}
		got = append(got, e.Site+"/"+e.Host.Host)
	}, func(site string, err error) { wrong = append(wrong, fmt.Errorf("%s: %w", site, err)) }); err != nil {
		b.t.Error(err)
	}
	return got, wrong
}

// Over a NATS of somebody else, whose configuration includes the printed accounts, hub, sites and
// operators work as over the hub's own server.
func TestThroughAnotherNATS(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]natstest.Options{"TLS": {}, "the same machine": {Plain: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newOffice(t, o)
			b.serve()
			w := b.join(b.pass(fleet.RoleSite, "fra"))
			if err := w.Announce(within(t), fleet.Hosts{Names: []string{"aix1"}}); err != nil {
				t.Fatal(err)
			}
			if hosts, err := b.Hosts(within(t)); err != nil || len(hosts) != 1 || hosts[0].Site != "fra" {
				t.Error(hosts, err)
			}
			if a, err := w.Beat(within(t), fleet.Beat{}); err != nil || a.Instance != w.Instance() {
				t.Error(a, err)
			}
			for range 2 {
				if err := b.Order(within(t), order("fra", "aix1")); err != nil {
					t.Fatal(err)
				}
			}
			taken, err := w.Next(within(t))
			if err != nil || taken.Wrong != nil || taken.Run != run {
				t.Fatal(taken, err)
			}
			stopped := make(chan string, 9)
			if err := w.Stopped(func(run string) { stopped <- run }); err != nil {
				t.Fatal(err)
			}
			if words, err := w.Words(within(t), fleet.Asks{Run: run}); err != nil || words.Session != "of fra" {
				t.Error(words, err)
			}
			if err := b.Stop("fra", run); err != nil || <-stopped != run {
				t.Error(err)
			}
			for _, e := range []fleet.Event{{Step: gather.Ended, Host: reportOf("aix1")}, {Ended: &fleet.Ended{}}} {
				if err := w.Send(within(t), run, e); err != nil {
					t.Fatal(err)
				}
			}
			if err := taken.Done(within(t)); err != nil {
				t.Error(err)
			}
			if got, wrong := b.events(); len(got) != 1 || got[0] != "fra/aix1" || wrong != nil {
				t.Error(got, wrong)
			}
			o, err := fleet.Dial(within(t), b.pass(fleet.RoleOperator, "ops"))
			if err != nil {
				t.Fatal(err)
			}
			defer o.Close()
			var me string
			if err := o.Ask(within(t), "who", nil, &me); err != nil || me != "ops" {
				t.Error(me, err)
			}
			if n, err := b.Connected(); err != nil || n[b.members[0].Key] != 1 || n[b.members[1].Key] != 1 {
				t.Error(n, err)
			}
			if err := errors.Join(b.Close(within(t), run, []string{"fra"}), b.Tidy(within(t), nil)); err != nil {
				t.Error(err)
			}
			if text := b.heard(); text != "" {
				t.Error(text)
			}
		})
	}
}

// With the printed accounts another NATS keeps a site to its own subjects, too.
func TestASiteOfAnotherNATSReachesItsOwnSubjectsAlone(t *testing.T) {
	t.Parallel()
	b := newOffice(t, natstest.Options{})
	b.join(b.pass(fleet.RoleSite, "par"))
	reachesOwnSubjectsAlone(t, b.pass(fleet.RoleSite, "fra"))
}

// A member that was revoked is not served, also while the NATS still lets it in, and also when
// another one has its name; then the NATS learns of it, and throws it out.
func TestRevokedAtAnotherNATS(t *testing.T) {
	t.Parallel()
	b := newOffice(t, natstest.Options{})
	b.serve()
	site, operator := b.pass(fleet.RoleSite, "fra"), b.pass(fleet.RoleOperator, "ops")
	w, deaf := b.join(site), b.join(site)
	o, err := fleet.Dial(within(t), operator)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	if _, err := w.Beat(within(t), fleet.Beat{}); err != nil {
		t.Fatal(err)
	}
	if err := b.Order(within(t), order("fra", "aix1")); err != nil {
		t.Fatal(err)
	}
	b.members = nil
	if err := errors.Join(b.SetMembers(nil), b.Dismiss(within(t), "fra")); err != nil {
		t.Fatal(err)
	}
	again := b.stranger(fleet.RoleSite, "fra")
	conn, _ := fleet.Raw(t, b.owner())
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	for _, members := range [][]fleet.Member{nil, b.members} {
		if err := b.SetMembers(members); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Beat(within(t), fleet.Beat{}); !errors.Is(err, fleet.ErrRevoked) {
			t.Error(err)
		}
		if words, err := deaf.Words(within(t), fleet.Asks{Run: run}); err != nil || !words.Over || words.Session != "" {
			t.Error(words, err)
		}
		if err := o.Ask(within(t), "who", nil, new(string)); !errors.Is(err, fleet.ErrRevoked) {
			t.Error(err)
		}
		if err := errors.Join(deaf.Announce(within(t), fleet.Hosts{Names: []string{"planted"}}), deaf.Send(within(t), run, fleet.Event{Step: gather.Ended, Host: reportOf("planted")})); err != nil {
			t.Fatal(err)
		}
		if hosts, err := b.Hosts(within(t)); err != nil || len(hosts) != 0 {
			t.Error(hosts, err)
		}
	}
	if err := errors.Join(b.Admit(within(t), "fra"), b.Order(within(t), order("fra", "aix1"))); err != nil {
		t.Fatal(err)
	}
	if _, err := js.Consumer(within(t), "ORDERS", "fra"); !errors.Is(err, jetstream.ErrConsumerNotFound) {
		t.Error("one who was revoked can take the orders of the new site:", err)
	}
	if _, err := w.Next(within(t)); !errors.Is(err, fleet.ErrRevoked) {
		t.Error(err)
	}
	if h := b.Heard("fra"); !h.Last.IsZero() {
		t.Error("it is still heard:", h)
	}
	if _, err := fleet.Dial(within(t), operator); !errors.Is(err, fleet.ErrRevoked) {
		t.Error(err)
	}

	b.load()
	fresh := b.join(again)
	if _, err := fresh.Beat(within(t), fleet.Beat{}); err != nil {
		t.Fatal(err)
	}
	if taken, err := fresh.Next(within(t)); err != nil || taken.Wrong != nil || taken.Run != run {
		t.Error(taken, err)
	}
	if err := fresh.Send(within(t), run, fleet.Event{Ended: &fleet.Ended{}}); err != nil {
		t.Fatal(err)
	}
	if got, wrong := b.events(); len(got) != 0 || len(wrong) != 2 || !strings.Contains(wrong[0].Error(), "fra: it is not signed") {
		t.Error(got, wrong)
	}
	if _, err := deaf.Next(within(t)); !errors.Is(err, fleet.ErrRevoked) || !strings.Contains(err.Error(), "aixmend hub accounts") {
		t.Error(err)
	}
	if _, err := fleet.Join(within(t), site, nil); !errors.Is(err, fleet.ErrRevoked) || !strings.Contains(err.Error(), "the NATS does not let this key in") {
		t.Error(err)
	}
}

// A member that a NATS lets publish anywhere can't pass for another one, nor for the hub.
func TestForgedAtAnotherNATS(t *testing.T) {
	t.Parallel()
	b := newOffice(t, natstest.Options{})
	b.serve()
	w := b.join(b.pass(fleet.RoleSite, "fra"))
	thief := b.pass(fleet.RoleSite, "par")
	b.nats.Load(strings.ReplaceAll(fleet.Accounts(append([]fleet.Member{b.member}, b.members...)), "aixmend.site.par.*", ">"))
	conn, _ := fleet.Raw(t, thief)
	stopped := make(chan string, 9)
	if err := w.Stopped(func(run string) { stopped <- run }); err != nil {
		t.Fatal(err)
	}
	for subject, text := range map[string]string{
		"aixmend.stop.fra":              version + `"run":"forged"}`,
		"aixmend.order.fra.x":           version + `"run":"x","site":"fra","verb":"audit","hosts":["aix1"]}`,
		"aixmend.site.fra.hosts":        version + `"site":"fra","names":["aix1"]}`,
		"aixmend.event.fra." + runToken: version + `"events":[{"site":"fra","run":"` + run + `","ended":{}}]}`,
	} {
		if err := conn.Publish(subject, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	for _, subject := range []string{"aixmend.site.fra.beat", "aixmend.turns.fra", "aixmend.ask._owner.drain"} {
		m, err := conn.RequestWithContext(within(t), subject, []byte(version+`"instance":"ab"}`))
		if err != nil || !strings.Contains(string(m.Data), `"gone":true`) && !strings.Contains(string(m.Data), `"over":true`) {
			t.Errorf("%s: %v %v", subject, m, err)
		}
	}
	if _, err := w.Beat(within(t), fleet.Beat{}); err != nil {
		t.Fatal(err)
	}
	if taken, err := w.Next(within(t)); err != nil || taken.Wrong == nil {
		t.Error(taken, err)
	}
	if hosts, err := b.Hosts(within(t)); err != nil || len(hosts) != 0 {
		t.Error(hosts, err)
	}
	if err := b.Stop("fra", run); err != nil {
		t.Fatal(err)
	}
	if got := <-stopped; got != run {
		t.Error("stopped by another one:", got)
	}
	if err := w.Send(within(t), run, fleet.Event{Ended: &fleet.Ended{}}); err != nil {
		t.Fatal(err)
	}
	if got, wrong := b.events(); len(got) != 0 || len(wrong) != 1 {
		t.Error(got, wrong)
	}
}

// A question that a NATS repeats, at once or later, is not heard again: it may begin a run.
func TestQuestionsAreHeardOnce(t *testing.T) {
	t.Parallel()
	b := newOffice(t, natstest.Options{})
	heard := make(chan string, 9)
	ctx := t.Context()
	go func() { _ = b.Serve(ctx, func(q fleet.Question) (any, error) { heard <- q.Verb; return "begun", nil }) }()
	conn, _ := fleet.Raw(t, b.owner())
	kept, err := conn.SubscribeSync("aixmend.ask.ops.run")
	if err == nil {
		err = conn.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	o, err := fleet.Dial(within(t), b.pass(fleet.RoleOperator, "ops"))
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	var begun string
	if err := o.Ask(within(t), "run", "20261201T070000.000Z-3f9ac2", &begun); err != nil || <-heard != "run" {
		t.Fatal(err)
	}
	m, err := kept.NextMsgWithContext(within(t))
	if err != nil {
		t.Fatal(err)
	}
	repeat := func(header nats.Header) string {
		t.Helper()
		again := &nats.Msg{Subject: m.Subject, Header: header, Data: m.Data}
		answer, err := conn.RequestMsgWithContext(within(t), again)
		if err != nil {
			t.Fatal(err)
		}
		return string(answer.Data)
	}
	other := nats.Header{}
	for key, values := range m.Header {
		other[key] = []string{values[0]}
		if strings.HasSuffix(key, "Signature") { // the same one, in other letters
			other[key] = []string{values[0] + "\r\n"}
		}
	}
	for range 2 {
		if text := repeat(m.Header); !strings.Contains(text, "was heard before") {
			t.Error(text)
		}
	}
	if text := repeat(other); !strings.Contains(text, "refusal") && !strings.Contains(text, "gone") {
		t.Error(text)
	}
	for clock, want := range map[time.Duration]string{6 * time.Minute: "6m0s behind", -6 * time.Minute: "6m0s ahead of", 30 * 24 * time.Hour: "behind"} {
		fleet.Shift(b.Hub, clock)
		if text := repeat(m.Header); !strings.Contains(text, want) {
			t.Errorf("%s: %s", clock, text)
		}
	}
	fleet.Shift(b.Hub, 0)
	if err := o.Ask(within(t), "run", "20261201T070000.000Z-3f9ac2", &begun); err != nil || <-heard != "run" {
		t.Error("asked anew:", err)
	}
	if len(heard) > 0 {
		t.Error("heard again:", <-heard)
	}
}

// version begins a message.
var version = fmt.Sprintf(`{"v":%d,`, fleet.Version)

// runToken is run in a subject.
var runToken = strings.ReplaceAll(run, ".", "_")

// The NATS begins again: hub, worker and operator go on, an order that was published meanwhile
// comes, and the time without it counts as nobody's silence.
func TestAnotherNATSBeginsAgain(t *testing.T) {
	t.Parallel()
	b := newOffice(t, natstest.Options{})
	b.serve()
	w := b.join(b.pass(fleet.RoleSite, "fra"))
	b.placed(w, "fra")
	b.nats.Stop()
	ordered := make(chan error, 1)
	go func() { ordered <- b.Order(within(t), order("fra", "aix1")) }()
	for b.Heard("fra").From.Before(b.Heard("fra").Last.Add(1)) { // until the hub has noticed
		continue
	}
	b.nats.Start()
	if err := <-ordered; err != nil {
		t.Fatal(err)
	}
	if taken, err := w.Next(within(t)); err != nil || taken.Run != run {
		t.Fatal(taken, err)
	}
	for {
		if _, err := w.Beat(within(t), fleet.Beat{}); err == nil {
			break
		}
		if within(t).Err() != nil {
			t.Fatal("it is not heard")
		}
	}
	if err := w.Send(within(t), run, fleet.Event{Ended: &fleet.Ended{}}); err != nil {
		t.Fatal(err)
	}
	if got, wrong := b.events(); len(got) != 0 || wrong != nil {
		t.Error(got, wrong)
	}
	if text := b.heard(); strings.Count(text, " is gone: ") != 1 || strings.Count(text, " is back") != 1 {
		t.Error(text)
	}
	if len(b.ended) > 0 {
		t.Error(<-b.ended)
	}
}

// placed has the worker of a site say that it is there, until the site has its place for orders.
func (b *office) placed(w *fleet.Worker, site string) {
	b.t.Helper()
	place, late := b.place(site), within(b.t)
	for place() != nil {
		if _, err := w.Beat(late, fleet.Beat{}); err != nil && late.Err() != nil {
			b.t.Fatal(err)
		}
	}
}

// place looks for the place for orders of a site.
func (b *office) place(site string) func() error {
	b.t.Helper()
	conn, _ := fleet.Raw(b.t, b.owner())
	js, err := jetstream.New(conn)
	if err != nil {
		b.t.Fatal(err)
	}
	return func() error {
		_, err := js.Consumer(within(b.t), "ORDERS", site)
		return err
	}
}

// A place that was removed at the NATS is made again: orders come as before.
func TestPlaceIsMadeAgain(t *testing.T) {
	t.Parallel()
	b := newOffice(t, natstest.Options{})
	w := b.join(b.pass(fleet.RoleSite, "fra"))
	b.placed(w, "fra")
	conn, _ := fleet.Raw(t, b.owner())
	js, err := jetstream.New(conn)
	if err == nil {
		err = js.DeleteConsumer(within(t), "ORDERS", "fra")
	}
	if err != nil {
		t.Fatal(err)
	}
	b.nats.Stop() // the hub looks when it is back, and once in a while
	b.nats.Start()
	b.placed(w, "fra")
	if err := b.Order(within(t), order("fra", "aix1")); err != nil {
		t.Fatal(err)
	}
	if taken, err := w.Next(within(t)); err != nil || taken.Run != run {
		t.Error(taken, err)
	}
}

// far is a JetStream that answers late. It knows no consumer.
type far struct {
	jetstream.JetStream
	purged *int
}

func (far) answer(ctx context.Context) error {
	select {
	case <-time.After(300 * time.Millisecond):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f far) Consumer(ctx context.Context, _, _ string) (jetstream.Consumer, error) {
	return nil, cmp.Or(f.answer(ctx), error(jetstream.ErrConsumerNotFound))
}

func (f far) Stream(ctx context.Context, _ string) (jetstream.Stream, error) {
	return farStream{far: f}, f.answer(ctx)
}

type farStream struct {
	jetstream.Stream
	far far
}

func (f farStream) Purge(ctx context.Context, _ ...jetstream.StreamPurgeOpt) error {
	err := f.far.answer(ctx)
	if err == nil {
		*f.far.purged++
	}
	return err
}

// However far the NATS is, and however many sites there are: a hub sees all their places, and ends
// a run at each. Only one answer has to come soon.
func TestManySitesFarAway(t *testing.T) {
	var names []string
	var list []fleet.Member
	for i := range 1000 {
		names = append(names, fmt.Sprint("site", i))
		list = append(list, fleet.Member{Key: "key", Role: fleet.RoleSite, Name: names[i]})
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, done := context.WithTimeout(t.Context(), time.Hour)
		defer done()
		purged := 0
		h, err := fleet.Over(far{purged: &purged}, list)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := fleet.Places(ctx, h); n != len(list) || err != nil {
			t.Errorf("%d of %d places were seen, %v", n, len(list), err)
		}
		if err := h.Close(ctx, run, names); purged != 2*len(names) || err != nil {
			t.Errorf("%d of %d were removed, %v", purged, 2*len(names), err)
		}
	})
}

// A site that was revoked and added again before the hub has looked has a new place for orders.
func TestPlaceOfAnotherKey(t *testing.T) {
	t.Parallel()
	b := newOffice(t, natstest.Options{})
	w := b.join(b.pass(fleet.RoleSite, "fra"))
	b.placed(w, "fra")
	place := b.place("fra")
	if err := b.Admit(within(t), "fra"); err != nil || place() != nil {
		t.Error("the same key has lost its place:", err)
	}
	b.members = nil
	b.stranger(fleet.RoleSite, "fra")
	if err := errors.Join(b.SetMembers(b.members), b.Admit(within(t), "fra")); err != nil || !errors.Is(place(), jetstream.ErrConsumerNotFound) {
		t.Error(place(), err)
	}
}

// A NATS that lets the hub in no more ends it, with the reason.
func TestAnotherNATSForgetsTheHub(t *testing.T) {
	t.Parallel()
	b := newOffice(t, natstest.Options{})
	_, other := newSeed(t)
	b.nats.Load(fleet.Accounts([]fleet.Member{{Key: other, Role: fleet.RoleHub, Name: "hub"}}))
	if err := <-b.ended; !strings.Contains(err.Error(), "does not let the hub in any more") {
		t.Error(err)
	}
}

// beginsAgain waits until the hub has ended because its streams were lost, and begins it again.
func (b *office) beginsAgain() {
	b.t.Helper()
	if err := <-b.ended; !strings.Contains(err.Error(), "start the hub again") {
		b.t.Error(err)
	}
	b.Leave()
	if err := b.begin(); err != nil {
		b.t.Fatal(err)
	}
}

// A hub whose streams were lost can't go on; started again, it makes them.
func TestAnotherNATSLosesItsStreams(t *testing.T) {
	t.Parallel()
	b := newOffice(t, natstest.Options{})
	b.nats.Stop()
	b.nats.Forget()
	b.nats.Start()
	b.beginsAgain()
}

// Where only the reports were lost, the orders come again, also those that were confirmed.
func TestAnotherNATSLosesTheReports(t *testing.T) {
	t.Parallel()
	b := newOffice(t, natstest.Options{})
	w := b.join(b.pass(fleet.RoleSite, "fra"))
	if _, err := w.Beat(within(t), fleet.Beat{}); err != nil {
		t.Fatal(err)
	}
	if err := b.Order(within(t), order("fra", "aix1")); err != nil {
		t.Fatal(err)
	}
	taken, err := w.Next(within(t))
	if err == nil {
		err = taken.Done(within(t))
	}
	if err != nil {
		t.Fatal(err)
	}
	conn, _ := fleet.Raw(t, b.owner())
	js, err := jetstream.New(conn)
	if err == nil {
		err = js.DeleteStream(within(t), "EVENTS")
	}
	if err != nil {
		t.Fatal(err)
	}
	b.nats.Stop()
	b.nats.Start()
	b.beginsAgain()
	if err := b.Order(within(t), order("fra", "aix1")); err != nil {
		t.Fatal(err)
	}
	if again, err := w.Next(within(t)); err != nil || again.Run != run || again.Streams.Equal(taken.Streams) {
		t.Error(again, err)
	}
}

// A copy of the hub's folder that runs elsewhere is not a second hub.
func TestOneHubAtAnotherNATS(t *testing.T) {
	t.Parallel()
	b := newOffice(t, natstest.Options{})
	if _, err := b.another(); err == nil || !strings.Contains(err.Error(), "a copy of its folder runs elsewhere") {
		t.Error(err)
	}
	b.Leave()
	if err := b.begin(); err != nil {
		t.Error(err)
	}
}

// A stream of somebody else is left as it is, with its messages, also that of another hub.
func TestStreamsOfOthersAreNotTouched(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]jetstream.StreamConfig{
		"of a shop":      {Name: "ORDERS", Subjects: []string{"shop.>"}},
		"of another hub": {Name: "EVENTS", Subjects: []string{"aixmend.event.>"}, Description: "aixmend hub UOTHER", MaxBytes: 1 << 20},
		"on its subject": {Name: "LOG", Subjects: []string{"aixmend.>", "shop.>"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := prepared(t, natstest.Options{})
			conn, _ := fleet.Raw(t, b.owner())
			js, err := jetstream.New(conn)
			if err != nil {
				t.Fatal(err)
			}
			s, err := js.CreateStream(within(t), config)
			if err != nil {
				t.Fatal(err)
			}
			subject := strings.Replace(config.Subjects[len(config.Subjects)-1], ">", "x", 1)
			if _, err := js.Publish(within(t), subject, []byte("mine")); err != nil {
				t.Fatal(err)
			}
			before := s.CachedInfo().Config
			if err := b.begin(); err == nil || !strings.Contains(err.Error(), "stream") {
				t.Fatal(err)
			}
			after, err := s.Info(within(t))
			if err != nil || after.State.Msgs != 1 || fmt.Sprint(after.Config) != fmt.Sprint(before) {
				t.Errorf("%+v %v; it was %+v", after, err, before)
			}
		})
	}
}

// owner is the key of the hub, for tests that act in its name.
func (b *office) owner() *fleet.Pass {
	n := b.nats.NATS()
	return &fleet.Pass{V: fleet.FileVersion, Role: fleet.RoleHub, Name: "hub", Hub: n.Address(), NATS: &n, Seed: b.seed}
}

// The hub looks at a NATS as far as a client can: it refuses one that would break a promise, and
// warns of lesser faults.
func TestWhatTheNATSMustHave(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options       natstest.Options
		refused, said string
	}{
		"no JetStream":      {natstest.Options{NoJetStream: true}, "it has no JetStream for the account of the hub", ""},
		"tiny messages":     {natstest.Options{MaxPayload: 1 << 19}, "max_payload must be at least 1048576", ""},
		"small messages":    {natstest.Options{MaxPayload: 1 << 20}, "", "warning: the NATS takes messages of 1048576 bytes at most"},
		"anybody":           {natstest.Options{MoreUsers: "{ user: guest }", More: "no_auth_user: guest"}, "it lets anybody without a key send messages to the hub", ""},
		"anybody elsewhere": {natstest.Options{MoreAccounts: "SHOP: { users: [{ user: guest, password: x }] }", More: "no_auth_user: guest"}, "", ""},
		"TLS is optional":   {natstest.Options{More: "allow_non_tls: true"}, "", "warning: the NATS also takes connections without TLS"},
		"TLS first, or not": {natstest.Options{MoreTLS: `handshake_first: "auto"`}, "", ""},
		"a small disk":      {natstest.Options{MaxStore: "1GB"}, "it reserves 4096 MiB of the file store", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := prepared(t, c.options)
			err := b.begin()
			if c.refused != "" && (err == nil || !strings.Contains(err.Error(), c.refused)) || c.refused == "" && err != nil {
				t.Error(err)
			}
			if text := b.heard(); !strings.HasPrefix(text, c.said) || c.said == "" && text != "" {
				t.Error(text)
			}
		})
	}
}

// Streams of others in the hub's account are named.
func TestAccountIsShared(t *testing.T) {
	t.Parallel()
	b := prepared(t, natstest.Options{})
	conn, _ := fleet.Raw(t, b.owner())
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(within(t), jetstream.StreamConfig{Name: "LOG", Subjects: []string{"shop.>"}}); err != nil {
		t.Fatal(err)
	}
	if err := b.begin(); err != nil || !strings.Contains(b.heard(), "streams of others (LOG)") {
		t.Error(b.heard(), err)
	}
}

// A message that the NATS would not take is refused at once, with its limit.
func TestMessagesFitTheNATS(t *testing.T) {
	t.Parallel()
	b := newOffice(t, natstest.Options{MaxPayload: 1 << 20})
	b.serve()
	w := b.join(b.pass(fleet.RoleSite, "fra"))
	var names []string
	for i := range 60_000 {
		names = append(names, fmt.Sprintf("host-of-some-length-%06d", i))
	}
	if err := w.Announce(within(t), fleet.Hosts{Names: names}); err == nil || !strings.Contains(err.Error(), "is too long, the limit is 1047552") {
		t.Error(err)
	}
	if err := w.Announce(within(t), fleet.Hosts{Names: names[:30_000]}); err != nil {
		t.Error(err)
	}
}

// Nobody speaks to a server that can't prove itself, and none without TLS over a network.
func TestAnotherNATSMustProveItself(t *testing.T) {
	t.Parallel()
	b, other := newOffice(t, natstest.Options{}), natstest.New(t, natstest.Options{}, "")
	p := b.pass(fleet.RoleSite, "fra")
	p.NATS.CA = other.NATS().CA
	if _, err := fleet.Join(within(t), p, nil); err == nil || errors.Is(err, fleet.ErrRevoked) || !strings.Contains(err.Error(), "certificate") {
		t.Error(err)
	}
	p.NATS.CA = "" // whom the system trusts
	if _, err := fleet.Join(within(t), p, nil); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Error(err)
	}
	plain := natstest.New(t, natstest.Options{Plain: true}, fleet.Accounts(b.members))
	p.Hub, p.NATS.URL = plain.NATS().Address(), "tls://"+plain.NATS().Address()
	if _, err := fleet.Join(within(t), p, nil); err == nil || !strings.Contains(err.Error(), "secure connection not available") {
		t.Error(err)
	}
	for url, want := range map[string]string{
		"tls://nats.example.com": "", "tls://nats.example.com:4333/": "", "nats://127.0.0.1": "", "nats://localhost:4222": "", "nats://[::1]:4222": "", "tls://[2001:db8::1]": "",
		"nats://nats.example.com": "write tls://", "nats://10.0.0.1:4222": "write tls://", "nats://127.0.0.1.example.com": "write tls://",
		"ws://nats.example.com": "neither tls:// nor nats://", "nats.example.com:4222": "write it as tls://HOST:PORT", "": "write it as", "tls://": "write it as", "tls://:4222": "write it as",
		"tls://user:secret@nats.example.com": "it has a user", "tls://a:1,b:2": "write it as", "tls://a/b": "it has more than HOST:PORT", "tls://a?x": "it has more than",
	} {
		n, err := fleet.NewNATS(url, nil)
		if want == "" && (err != nil || n.Address() == "") || want != "" && (err == nil || !strings.Contains(err.Error(), want)) || err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %+v %v", url, n, err)
		}
	}
	if _, err := fleet.NewNATS("tls://a", []byte("no certificate")); err == nil {
		t.Error("no certificate is taken")
	}
}

// Where no hub runs, the worker is told so, and the operator at once.
func TestNoHubAtAnotherNATS(t *testing.T) {
	t.Parallel()
	b := newOffice(t, natstest.Options{})
	site, operator := b.pass(fleet.RoleSite, "fra"), b.pass(fleet.RoleOperator, "ops")
	b.Leave()
	var none *fleet.NoHub
	if _, err := fleet.Dial(within(t), operator); !errors.As(err, &none) || !none.Through || !strings.Contains(err.Error(), "aixmend hub run does not run there") {
		t.Error(err)
	}
	told := make(chan error, 99)
	w, err := fleet.Join(within(t), site, func(err error) { told <- err })
	if err != nil || <-told != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := w.Beat(within(t), fleet.Beat{}); !errors.Is(err, nats.ErrNoResponders) {
		t.Error(err)
	}
	if err := <-told; err == nil || !strings.Contains(err.Error(), "aixmend hub run does not run there") {
		t.Error(err)
	}
}
