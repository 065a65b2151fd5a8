package ssh

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/transport"
	"aixmend/transport/lab/sshtest"
	"aixmend/transport/retry"
	"aixmend/transport/wrap"
)

func wantTexts(t *testing.T, err error, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q does not say %q", err, text)
		}
	}
}

func TestJumpOfAnyDepth(t *testing.T) {
	for _, c := range []struct {
		jump  string
		first string
		way   []string
	}{
		{"", "aix1", nil},
		{"none", "aix1", nil},
		{"b1", "b1", []string{"b1"}},
		{"b1,b2", "b1", []string{"b1", "b2"}},
		{" b1, b2,b3", "b1", []string{"b1", "b2", "b3"}},
	} {
		t.Run(c.jump, func(t *testing.T) {
			e := newEstate(t)
			for _, name := range []string{"b1", "b2", "b3", "aix1"} {
				e.add(name, sshtest.Options{})
			}
			conn, err := e.dialler().Dial(t.Context(), e.behind(c.jump, "aix1"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if err := answered(t, conn); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(map[string]int{c.first + ":22": 1}, e.direct); diff != "" {
				t.Error("dialled from here: ", diff)
			}
			via := transport.LinkOf(conn).Via
			if !slices.Equal(via, c.way) {
				t.Errorf("the way is %q, want %q", via, c.way)
			}
			for name, server := range e.servers {
				if want := slices.Contains(append(c.way, "aix1"), name); (server.Accepted() == 1) != want {
					t.Errorf("%s has had %d connections", name, server.Accepted())
				}
			}
		})
	}
}

// All hosts behind a bastion share one connection to it, and one dial.
func TestBastionIsShared(t *testing.T) {
	e := newEstate(t)
	bastion, host := e.add("b1", sshtest.Options{}), e.add("aix1", sshtest.Options{})
	e.opts.BastionRate = func(string) int { return 1e6 }
	e.targets["ops@b1:22"] = e.targets["b1"] // the same by another name
	d := e.dialler()
	for i, err := range askAll(t, d, append(e.many(100, "b1", "aix1"), e.many(100, "ops@b1:22", "aix1")...)) {
		if err != nil {
			t.Errorf("host %d: %v", i, err)
		}
	}
	if bastion.Accepted() != 1 || host.Accepted() != 200 || bastion.Forwards() != 200 {
		t.Errorf("the bastion has had %d connections and %d channels, the hosts %d connections; want 1, 200 and 200",
			bastion.Accepted(), bastion.Forwards(), host.Accepted())
	}
	if e.resolved["b1"] != 1 {
		t.Errorf("the bastion was looked up %d times", e.resolved["b1"])
	}
	if err := d.Close(); err != nil || bastion.Connections() > 1 {
		t.Errorf("%v, %d connections", err, bastion.Connections())
	}
	wantJump(t, ask(t, d, e.behind("b1", "aix1")), transport.KindJump, "b1", "closed")
}

// Behind a bastion the same bastion by another way is another one.
func TestBastionByTwoWays(t *testing.T) {
	e := newEstate(t)
	for _, name := range []string{"b1", "b2", "aix1"} {
		e.add(name, sshtest.Options{})
	}
	d := e.dialler()
	for _, jump := range []string{"b1", "b2,b1", "b1"} {
		if err := ask(t, d, e.behind(jump, "aix1")); err != nil {
			t.Fatal(err)
		}
	}
	if n := e.servers["b1"].Accepted(); n != 2 {
		t.Errorf("b1 has had %d connections, want one a way", n)
	}
}

// A bastion is asked for so many connections a second, and who waits for that
// does not time out.
func TestBastionRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEstate(t)
		e.add("b1", sshtest.Options{})
		e.add("aix1", sshtest.Options{})
		e.opts.ConnectTimeout = time.Second / 2
		began := time.Now()
		for i, err := range askAll(t, e.dialler(), e.many(20+100, "b1", "aix1")) {
			if err != nil {
				t.Errorf("host %d: %v", i, err)
			}
		}
		if took := time.Since(began); took < time.Second || took > time.Second+100*time.Millisecond {
			t.Errorf("took %s; want 1 s for 100 at a rate of 100", took)
		}
	})
}

// A wait for a bastion's turn ends with the run.
func TestBastionRateAtTheEndOfTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEstate(t)
		e.add("b1", sshtest.Options{})
		e.add("aix1", sshtest.Options{})
		e.opts.BastionRate = func(string) int { return 1 }
		d := e.dialler()
		if errs := askAll(t, d, e.many(20, "b1", "aix1")); errors.Join(errs...) != nil {
			t.Fatal(errs)
		}
		why := errors.New("the deadline")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second/2, why)
		defer cancel()
		_, err := d.Dial(ctx, e.behind("b1", "aix1"))
		wantError(t, err, transport.KindCanceled, why.Error())
	})
}

func TestBastionKeyIsChecked(t *testing.T) {
	for cause, line := range map[transport.Kind]func(e *estate) string{
		transport.KindHostKeyUnknown: func(e *estate) string { return e.servers["aix1"].KnownHostsLine("aix1:22") },
		transport.KindHostKeyChanged: func(e *estate) string { return e.servers["aix1"].KnownHostsLine("b1:22") },
	} {
		t.Run(string(cause), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEstate(t)
				bastion, host := e.add("b1", sshtest.Options{}), e.add("aix1", sshtest.Options{})
				target := e.targets["b1"]
				target.KnownHosts = e.file("known_hosts", line(e))
				e.targets["b1"] = target
				d := e.dialler()
				for range 2 {
					for _, err := range askAll(t, d, e.many(20, "b1", "aix1")) {
						wantJump(t, err, cause, "aix1", "bastion b1: "+string(cause))
					}
					<-time.After(time.Hour)
				}
				if bastion.Accepted() != 1 || host.Accepted() != 0 {
					t.Errorf("%d connections to the bastion, %d to the host; want one and none", bastion.Accepted(), host.Accepted())
				}
			})
		})
	}
}

// A login that the bastion does not take is tried once a run, or the account is
// locked.
func TestBastionLoginIsTriedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen attempts
		e := newEstate(t)
		o := sshtest.Options{Faults: sshtest.Faults{RejectAuth: true}}
		seen.watch(&o)
		e.add("b1", o)
		e.add("b2", sshtest.Options{})
		e.add("aix1", sshtest.Options{})
		d := e.dialler()
		for range 2 {
			for _, err := range append(askAll(t, d, e.many(50, "b1", "aix1")), ask(t, d, e.behind("b1,b2", "aix1"))) {
				wantJump(t, err, transport.KindAuth, "bastion b1: auth: ", "user ops")
			}
			<-time.After(time.Hour)
		}
		if n := seen.failures.Load(); n != 1 {
			t.Errorf("the login was tried %d times", n)
		}
	})
}

// A bastion that hangs takes its own connect timeout, once for all who wait, and
// is the trouble by name.
func TestHungBastion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEstate(t)
		bastion := e.add("b1", sshtest.Options{Faults: sshtest.Faults{Silent: true}})
		e.add("b2", sshtest.Options{})
		e.add("aix1", sshtest.Options{})
		e.opts.ConnectTimeout = 15 * time.Second
		began := time.Now()
		for _, err := range askAll(t, e.dialler(), append(e.many(30, "b1", "aix1"), e.many(30, "b1,b2", "aix1")...)) {
			wantJump(t, err, transport.KindTimeout, "bastion b1: timeout: ", "15s")
		}
		if took := time.Since(began); took != 15*time.Second || bastion.Accepted() != 1 {
			t.Errorf("took %s and %d connections, want 15 s and one", took, bastion.Accepted())
		}
	})
}

// A failure that may pass is remembered for a moment, longer each time, and not
// by each host anew.
func TestBastionComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEstate(t)
		e.add("b1", sshtest.Options{})
		e.add("aix1", sshtest.Options{})
		up := e.ways["b1"]
		e.ways["b1"] = sshtest.NewMemListener("b1:22")
		_ = e.ways["b1"].Close()
		d := e.dialler()
		for dials, memory := 1, retry.Bastion.First; dials <= 3; dials, memory = dials+1, 2*memory {
			for range 2 {
				for _, err := range askAll(t, d, e.many(20, "b1", "aix1")) {
					wantJump(t, err, transport.KindRefused, "bastion b1: refused: ")
				}
			}
			if n := e.dialled("b1"); n != dials {
				t.Fatalf("dialled %d times, want %d", n, dials)
			}
			<-time.After(memory - time.Millisecond)
			_ = ask(t, d, e.behind("b1", "aix1"))
			if n := e.dialled("b1"); n != dials {
				t.Fatalf("forgotten too early: dialled %d times, want %d", n, dials)
			}
			<-time.After(time.Millisecond)
		}
		e.ways["b1"] = up
		if err := ask(t, d, e.behind("b1", "aix1")); err != nil {
			t.Error(err)
		}
	})
}

// A host that is tried again after a second finds a bastion that was away for a
// moment.
func TestFailedBastionIsRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEstate(t)
		bastion := e.add("b1", sshtest.Options{Faults: sshtest.Faults{DropAt: sshtest.StageAccept}})
		e.add("aix1", sshtest.Options{})
		retried := wrap.Retried(e.dialler(), retry.Dial)
		time.AfterFunc(100*time.Millisecond, func() { bastion.SetFaults(sshtest.Faults{}) })
		for i, err := range askAll(t, retried, e.many(50, "b1", "aix1")) {
			if err != nil {
				t.Errorf("host %d: %v", i, err)
			}
		}
		if n := bastion.Accepted(); n != 2 {
			t.Errorf("the bastion was dialled %d times, want 2", n)
		}
	})
}

// When a bastion dies, the connections through it are lost and the errors name it; later
// ones go through a new connection.
func TestBastionDies(t *testing.T) {
	for _, jump := range []string{"b1", "b1,b2"} {
		t.Run(jump, func(t *testing.T) {
			e := newEstate(t)
			bastion := e.add("b1", sshtest.Options{})
			e.add("b2", sshtest.Options{})
			e.add("aix1", sshtest.Options{})
			d := e.dialler()
			conn, err := d.Dial(t.Context(), e.behind(jump, "aix1"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if err := answered(t, conn); err != nil {
				t.Fatal(err)
			}
			bastion.CloseConnections()
			wantError(t, answered(t, conn), transport.KindLost, "bastion b1: the connection to it was lost")
			if err := ask(t, d, e.behind(jump, "aix1")); err != nil {
				t.Error(err)
			}
			if n := bastion.Accepted(); n != 2 {
				t.Errorf("the bastion has had %d connections, want 2", n)
			}
		})
	}
}

// A bastion that is silent in the middle of the run is found out by its
// keepalives.
func TestSilentBastion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEstate(t)
		bastion := e.add("b1", sshtest.Options{})
		e.add("aix1", sshtest.Options{})
		e.opts.KeepaliveEvery = 10 * time.Second
		e.opts.ReplyTimeout = time.Hour
		d := e.dialler()
		conn, err := d.Dial(t.Context(), e.behind("b1", "aix1"))
		if err != nil {
			t.Fatal(err)
		}
		asConn(conn).stop() // the host's own keepalives are not what is tested
		bastion.SetFaults(sshtest.Faults{StallAfter: 1})
		began := time.Now()
		wantError(t, answered(t, conn), transport.KindLost, "bastion b1", "keepalive")
		if took := time.Since(began); took > time.Minute {
			t.Errorf("took %s", took)
		}
		_ = conn.Close()
	})
}

// Connections that a bastion drops, refuses or never answers are requested again: every
// host is reached although every tenth request fails.
func TestBastionDropsEveryTenth(t *testing.T) {
	for _, fault := range []sshtest.ForwardFault{sshtest.ForwardRefuse, sshtest.ForwardDrop, sshtest.ForwardIgnore} {
		t.Run(string(fault), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEstate(t)
				bastion := e.add("b1", sshtest.Options{Faults: sshtest.Faults{Forward: fault, ForwardEvery: 10}})
				e.add("aix1", sshtest.Options{})
				retried := wrap.Retried(e.dialler(), retry.Dial)
				for i, err := range askAll(t, retried, e.many(200, "b1", "aix1")) {
					if err != nil {
						t.Errorf("host %d: %v", i, err)
					}
				}
				if n := bastion.Forwards(); n < 220 || bastion.Accepted() != 1 {
					t.Errorf("%d channels were asked for over %d connections; want at least 220, one connection", n, bastion.Accepted())
				}
			})
		})
	}
}

// A bastion whose connection dies at every tenth channel: those that try again
// are reached over a new one.
func TestBastionDiesAtAChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEstate(t)
		bastion := e.add("b1", sshtest.Options{Faults: sshtest.Faults{Forward: sshtest.ForwardDie, ForwardEvery: 10}})
		e.add("aix1", sshtest.Options{})
		d := e.dialler()
		for i, target := range e.many(25, "b1", "aix1") {
			if err := ask(t, d, target); err != nil {
				t.Errorf("host %d: %v", i, err)
			}
		}
		if n := bastion.Accepted(); n != 3 {
			t.Errorf("the bastion was dialled %d times, want 3", n)
		}
	})
}

// The connect timeout holds where a bastion never answers, and where what it
// opened is silent; nothing of the try is left.
func TestConnectTimeoutBehindABastion(t *testing.T) {
	for _, c := range []struct {
		fault sshtest.ForwardFault
		asked int
		text  string
	}{
		{sshtest.ForwardIgnore, retry.Request.Attempts, "bastion b1 has not connected to it"},
		{sshtest.ForwardStall, 1, "handshake"},
	} {
		t.Run(string(c.fault), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEstate(t)
				bastion := e.add("b1", sshtest.Options{Faults: sshtest.Faults{Forward: c.fault}})
				e.add("aix1", sshtest.Options{})
				e.opts.ConnectTimeout = 10 * time.Second
				began := time.Now()
				wantError(t, ask(t, e.dialler(), e.behind("b1", "aix1")), transport.KindTimeout, "10s", c.text)
				if took := time.Since(began); took != 10*time.Second || bastion.Forwards() != c.asked {
					t.Errorf("took %s and %d requests, want 10 s and %d", took, bastion.Forwards(), c.asked)
				}
			})
		})
	}
}

func TestCancelledBehindABastion(t *testing.T) {
	why := errors.New("second signal")
	for name, faults := range map[string]sshtest.Faults{
		"while the bastion is dialled":     {Silent: true},
		"while the bastion does not reply": {Forward: sshtest.ForwardIgnore},
		"in the handshake":                 {Forward: sshtest.ForwardStall},
		"between two tries":                {Forward: sshtest.ForwardRefuse},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEstate(t)
				e.add("b1", sshtest.Options{Faults: faults})
				e.add("aix1", sshtest.Options{})
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(10*time.Millisecond, func() { cancel(why) })
				d, began := e.dialler(), time.Now()
				_, err := d.Dial(ctx, e.behind("b1", "aix1"))
				wantError(t, err, transport.KindCanceled, why.Error())
				if took := time.Since(began); took != 10*time.Millisecond {
					t.Errorf("the dial ended %s after it began, it was cancelled after 10 ms", took)
				}
				_ = d.Close()
				if took := time.Since(began); took != 10*time.Millisecond {
					t.Errorf("close waited until %s", took)
				}
			})
		})
	}
}

// Host and bastion that take each other's time: a connection through a bastion
// that hangs is closed at once.
func TestCloseBehindAHungBastion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEstate(t)
		bastion := e.add("b1", sshtest.Options{})
		e.add("aix1", sshtest.Options{})
		conn, err := e.dialler().Dial(t.Context(), e.behind("b1", "aix1"))
		if err != nil {
			t.Fatal(err)
		}
		bastion.SetFaults(sshtest.Faults{StallAfter: 1})
		<-time.After(16 * time.Second) // a keepalive is on its way
		began := time.Now()
		_ = conn.Close()
		if took := time.Since(began); took > 0 {
			t.Errorf("took %s", took)
		}
	})
}
