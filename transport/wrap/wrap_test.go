package wrap

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"aixmend/transport"
	"aixmend/transport/lab/transporttest"
	"aixmend/transport/retry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	target = transport.Target{Name: "aix1", Address: "10.1.2.3", Port: 22}
	look   = transport.Command{ID: "look", Line: "look"}
	mend   = transport.Command{ID: "mend", Line: "mend", Mutating: true}
)

// host is a fake that answers look and mend.
func host(t *testing.T) *transporttest.Fake {
	f := transporttest.NewFake(t)
	f.On("look", transporttest.Answer{Stdout: "seen"})
	f.On("mend", transporttest.Answer{Stdout: "mended"})
	return f
}

func dial(t *testing.T, d transport.Dialer) transport.Conn {
	t.Helper()
	conn, err := d.Dial(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func failed(kind transport.Kind) error {
	return &transport.Error{Kind: kind, Op: "dial", Host: "aix1", Err: errors.New("as the test wants")}
}

// linked is a connection that knows how it came about.
type linked struct{ transport.Conn }

func (linked) Link() transport.Link {
	return transport.Link{HostKey: "SHA256:x", Login: "password", Via: []string{"bastion"}}
}

// How a connection came about is known through every decorator.
func TestLinkPasses(t *testing.T) {
	inner := transport.DialerFunc(func(ctx context.Context, target transport.Target) (transport.Conn, error) {
		conn, err := host(t).Dial(ctx, target)
		return linked{conn}, err
	})
	d := Gated(Limited(Retried(inner, retry.Dial), one(1)), Shut)
	if diff := cmp.Diff(linked{}.Link(), transport.LinkOf(dial(t, d))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := transport.LinkOf(dial(t, host(t))); got.Login != "" {
		t.Errorf("of a transport that can't tell: %+v", got)
	}
}

func TestGated(t *testing.T) {
	consent := func(transport.Target, transport.Command) error { return nil }
	for _, c := range []struct {
		name     string
		gate     Gate
		commands []transport.Command
		sent     []string
	}{
		{"read-only passes a shut gate", Shut, []transport.Command{look, look}, []string{"look", "look"}},
		{"a change does not", Shut, []transport.Command{mend}, nil},
		{"nor does what travels with it", Shut, []transport.Command{look, mend}, nil},
		{"a change passes with consent", consent, []transport.Command{mend}, []string{"mend"}},
		{"and travels alone all the same, first", consent, []transport.Command{mend, look}, nil},
		{"last", consent, []transport.Command{look, mend}, nil},
		{"twice", consent, []transport.Command{mend, mend}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := host(t)
			got, err := dial(t, Gated(f, c.gate)).Run(t.Context(), c.commands)
			var sent []string
			for _, s := range f.Sent() {
				sent = append(sent, s.Line)
			}
			if diff := cmp.Diff(c.sent, sent); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
			if (c.sent == nil) != errors.Is(err, transport.ErrGateShut) || len(got.Results) != len(c.commands) {
				t.Fatalf("%d results, error %v", len(got.Results), err)
			}
			for _, r := range got.Results {
				if r.ID == "" || (c.sent == nil) != errors.Is(r.Err, transport.ErrNotRun) {
					t.Errorf("result of %q: %v", r.ID, r.Err)
				}
			}
		})
	}
}

func TestGateSeesTargetAndCommand(t *testing.T) {
	why := errors.New("no approval for this step")
	var asked []string
	gate := func(to transport.Target, c transport.Command) error {
		asked = append(asked, to.Name+" "+c.Line)
		return why
	}
	conn := dial(t, Gated(host(t), gate))
	for _, c := range []transport.Command{look, mend} {
		if _, err := conn.Run(t.Context(), []transport.Command{c}); c.Mutating != errors.Is(err, why) {
			t.Errorf("%s: %v", c.ID, err)
		}
	}
	if diff := cmp.Diff([]string{"aix1 mend"}, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

func TestGatedPassesADialErrorOn(t *testing.T) {
	f := host(t)
	f.FailDial(failed(transport.KindAuth))
	if _, err := Gated(f, Shut).Dial(t.Context(), target); transport.KindOf(err) != transport.KindAuth {
		t.Errorf("Dial: %v", err)
	}
}

// A decorated connection is one: it passes the suite's lines of conduct on
// closing, and its results are those of the inner one.
func TestDecoratorsKeepResults(t *testing.T) {
	f := host(t)
	conn := dial(t, Gated(Limited(Retried(f, retry.Dial), one(1)), Shut))
	got, err := conn.Run(t.Context(), []transport.Command{look})
	if err != nil || len(got.Results) != 1 || string(got.Results[0].Stdout) != "seen" || got.Results[0].ID != "look" {
		t.Errorf("%+v, %v", got, err)
	}
	for range 2 {
		if err := conn.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if n := f.Open(); n != 0 {
		t.Errorf("%d connections open after Close", n)
	}
}

func TestLimitedNeverOpensMoreThanN(t *testing.T) {
	const slots, hosts = 3, 40
	var now, most atomic.Int32
	inner := transport.DialerFunc(func(ctx context.Context, to transport.Target) (transport.Conn, error) {
		n := now.Add(1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		return &counted{leave: func() { now.Add(-1) }}, nil
	})
	synctest.Test(t, func(t *testing.T) {
		d := Limited(inner, one(slots))
		var visits sync.WaitGroup
		for i := range hosts {
			visits.Go(func() {
				conn, err := d.Dial(t.Context(), target)
				if err != nil {
					t.Error(err)
					return
				}
				<-time.After(time.Duration(1+i%3) * time.Second)
				_ = conn.Close()
				_ = conn.Close() // gives no second place back
			})
		}
		visits.Wait()
	})
	if n := most.Load(); n != slots {
		t.Errorf("%d connections at one time, want %d", n, slots)
	}
}

// counted is a connection that only counts.
type counted struct {
	leave func()
	once  sync.Once
}

func (c *counted) Run(context.Context, []transport.Command) (transport.Transcript, error) {
	return transport.Transcript{}, nil
}

func (c *counted) Close() error {
	c.once.Do(c.leave)
	return errors.New("already gone") // a place is given back all the same
}

func TestLimitedGivesThePlaceBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // a place that is not given back is a deadlock
		f := host(t)
		d := Limited(f, one(1))
		f.FailDial(failed(transport.KindRefused), failed(transport.KindAuth))
		for _, want := range []transport.Kind{transport.KindRefused, transport.KindAuth} {
			if _, err := d.Dial(t.Context(), target); transport.KindOf(err) != want {
				t.Errorf("Dial: %v, want %q", err, want)
			}
		}
		for range 3 {
			conn, err := d.Dial(t.Context(), target)
			if err != nil {
				t.Fatal(err)
			}
			_ = conn.Close()
		}
	})
}

func TestLimitedWaitIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := host(t)
		d := Limited(f, one(1))
		conn := dial(t, d)
		why := errors.New("first signal")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(why) })
		_, err := d.Dial(ctx, target)
		if transport.KindOf(err) != transport.KindCanceled || !errors.Is(err, why) {
			t.Errorf("Dial: %v, want %q for %q", err, transport.KindCanceled, why)
		}
		if n := len(f.Dialed()); n != 1 {
			t.Errorf("%d dials, want one", n)
		}
		_ = conn.Close()
		_ = dial(t, d).Close() // the wait that was given up holds no place
	})
}

// A place that was waited for before the dial is that of the dial, is kept from
// others, and is given back where no dial uses it.
func TestPlaceIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // a place that is not given back is a deadlock
		f, slots := host(t), one(1)
		d := Limited(f, slots)
		other := transport.Target{Name: "other"}
		if err := slots.Await(t.Context(), target.Name); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := d.Dial(ctx, other); transport.KindOf(err) != transport.KindCanceled {
			t.Errorf("Dial: %v, want to wait for the place of another", err)
		}
		if err := slots.Await(ctx, other.Name); transport.KindOf(err) != transport.KindCanceled {
			t.Errorf("Await: %v, want to wait for the place of another", err)
		}
		conn := dial(t, d)
		slots.Leave(target.Name) // it is used: it is the connection's
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := d.Dial(ctx, other); err == nil {
			t.Error("a place that is used was given back")
		}
		_ = conn.Close()
		for range 2 {
			if err := slots.Await(t.Context(), target.Name); err != nil {
				t.Fatal(err)
			}
			slots.Leave(target.Name)
			slots.Leave(target.Name) // once is enough
		}
	})
}

func TestRetriedTriesTemporaryKindsAlone(t *testing.T) {
	for kind, want := range map[transport.Kind]int{
		transport.KindRefused: 3, transport.KindLost: 3,
		transport.KindTimeout: 1, // has waited long enough
		transport.KindDNS:     1, transport.KindHostKeyUnknown: 1, transport.KindHostKeyChanged: 1, transport.KindAuth: 1,
		transport.KindProtocol: 1, transport.KindJump: 1, transport.KindPrivilege: 1, transport.KindCanceled: 1,
	} {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := host(t)
				f.FailDial(failed(kind), failed(kind), failed(kind))
				if _, err := Retried(f, dials(3, time.Second)).Dial(t.Context(), target); transport.KindOf(err) != kind {
					t.Errorf("Dial: %v, want %q", err, kind)
				}
				if n := len(f.Dialed()); n != want {
					t.Errorf("%d tries, want %d", n, want)
				}
			})
		})
	}
}

// A bastion's failure is tried again as a host's of the same kind is.
func TestRetriedBehindABastion(t *testing.T) {
	for cause, want := range map[transport.Kind]int{transport.KindRefused: 3, transport.KindLost: 3, transport.KindTimeout: 1, transport.KindAuth: 1} {
		synctest.Test(t, func(t *testing.T) {
			f := host(t)
			behind := &transport.Error{Kind: transport.KindJump, Op: "dial", Host: target.Name, Err: fmt.Errorf("bastion b: %w", failed(cause))}
			f.FailDial(behind, behind, behind)
			if _, err := Retried(f, dials(3, time.Second)).Dial(t.Context(), target); transport.KindOf(err) != transport.KindJump {
				t.Errorf("Dial: %v", err)
			}
			if n := len(f.Dialed()); n != want {
				t.Errorf("%q: %d tries, want %d", cause, n, want)
			}
		})
	}
}

func TestRetriedOfAnErrorWithoutAKind(t *testing.T) {
	f := host(t)
	f.FailDial(fmt.Errorf("a bug"))
	if _, err := Retried(f, dials(3, time.Second)).Dial(t.Context(), target); err == nil || len(f.Dialed()) != 1 {
		t.Errorf("%d tries, %v", len(f.Dialed()), err)
	}
}

func TestRetriedSucceedsLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := host(t)
		f.FailDial(failed(transport.KindLost), failed(transport.KindRefused))
		began := time.Now()
		conn := dial(t, Retried(f, dials(3, time.Second)))
		if n := len(f.Dialed()); n != 3 {
			t.Errorf("%d tries, want 3", n)
		}
		if took := time.Since(began); took < time.Second || took > 5*time.Second {
			t.Errorf("waited %s in all; twice about a second was asked for", took)
		}
		_ = conn.Close()
	})
}

func TestRetriedNeverRepeatsACommand(t *testing.T) {
	f := transporttest.NewFake(t)
	f.On("mend", transporttest.Answer{Lost: true})
	conn := dial(t, Retried(f, dials(5, time.Millisecond)))
	if _, err := conn.Run(t.Context(), []transport.Command{mend}); transport.KindOf(err) != transport.KindLost {
		t.Errorf("Run: %v", err)
	}
	if n, dials := len(f.Mutating()), len(f.Dialed()); n != 1 || dials != 1 {
		t.Errorf("the change was sent %d times over %d connections", n, dials)
	}
}

// Dial's error is an *Error also when the run is stopped between two tries.
func TestRetriedWaitIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := host(t)
		f.FailDial(failed(transport.KindLost), failed(transport.KindLost))
		why := errors.New("first signal")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(why) })
		_, err := Retried(f, dials(3, time.Minute)).Dial(ctx, target)
		var typed *transport.Error
		if !errors.As(err, &typed) || typed.Kind != transport.KindCanceled || typed.Host != "aix1" || !errors.Is(err, why) {
			t.Errorf("Dial: %v (kind %q), want %q for %q", err, transport.KindOf(err), transport.KindCanceled, why)
		}
		if n := len(f.Dialed()); n != 1 {
			t.Errorf("%d tries, want one", n)
		}
	})
}

// one is a single window of n slots for every target.
func one(n int) *Slots {
	w := []*Window{NewWindow(n)}
	return NewSlots(func(string) []*Window { return w })
}

// A group's window is narrower than the run's: its hosts wait for each other
// and leave the other slots to the rest.
func TestLimitedByGroup(t *testing.T) {
	all, group := NewWindow(2), NewWindow(1)
	f := transport.DialerFunc(func(context.Context, transport.Target) (transport.Conn, error) { return closer{}, nil })
	d := Limited(f, NewSlots(func(name string) []*Window {
		if name == "free" {
			return []*Window{all}
		}
		return []*Window{group, all}
	}))
	first, err := d.Dial(t.Context(), transport.Target{Name: "grouped"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Dial(ctx, transport.Target{Name: "grouped"}); transport.KindOf(err) != transport.KindCanceled {
		t.Errorf("a second host of the group: %v", err)
	}
	if _, err := d.Dial(t.Context(), transport.Target{Name: "free"}); err != nil {
		t.Errorf("a host outside the group: %v", err)
	}
	_ = first.Close()
	if _, err := d.Dial(t.Context(), transport.Target{Name: "grouped"}); err != nil {
		t.Errorf("after the first was closed: %v", err)
	}
}

type closer struct{ transport.Conn }

func (closer) Close() error { return nil }

// dials is retry.Dial with other numbers.
func dials(attempts int, first time.Duration) retry.Rule {
	rule := retry.Dial
	rule.Attempts, rule.First = attempts, first
	return rule
}

// Targets that need the same slots get them in their order, and those of a narrow window keep no
// other one waiting. When the run is stopped, all begin.
func TestEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, group := NewWindow(3), NewWindow(1)
		s := NewSlots(func(name string) []*Window {
			if strings.HasPrefix(name, "free") {
				return []*Window{all}
			}
			return []*Window{group, all}
		})
		ctx, stop := context.WithCancel(t.Context())
		var mu sync.Mutex
		var begun []string
		go s.Each(ctx, []string{"b", "a", "c", "free2", "free1"}, func(name string) {
			mu.Lock()
			defer mu.Unlock()
			begun = append(begun, name)
		})
		has := func(want ...string) {
			t.Helper()
			synctest.Wait()
			slices.Sort(begun)
			if diff := cmp.Diff(want, begun); diff != "" {
				t.Error(diff)
			}
		}
		has("b", "free1", "free2")
		s.Leave("b")
		has("a", "b", "free1", "free2")
		stop()
		has("a", "b", "c", "free1", "free2")
	})
}
