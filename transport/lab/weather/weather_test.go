package weather

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// soon is how long a test waits for what must not come.
const soon = 50 * time.Millisecond

// hang bounds a wait for an event: a longer one hangs, on the slowest machine too.
const hang = 10 * time.Minute

// path is a client and a server with a proxy between, in one weather.
type path struct {
	t              *testing.T
	proxy          *Proxy
	client, server *net.TCPConn
}

func newPath(t *testing.T, w Weather) *path {
	t.Helper()
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(t, err)
	defer listener.Close()
	proxy, err := New(listener.Addr().String(), func(int) Weather { return w })
	must(t, err)
	t.Cleanup(func() { must(t, proxy.Close()) })
	client, err := net.DialTCP("tcp", nil, proxy.Addr())
	must(t, err)
	t.Cleanup(func() { client.Close() })
	server, err := listener.AcceptTCP()
	must(t, err)
	t.Cleanup(func() { server.Close() })
	deadline := time.Now().Add(hang)
	must(t, errors.Join(client.SetDeadline(deadline), server.SetDeadline(deadline)))
	return &path{t, proxy, client, server}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// send writes on one side.
func (p *path) send(from io.Writer, text string) {
	p.t.Helper()
	_, err := io.WriteString(from, text)
	must(p.t, err)
}

// wants reads exactly this on the other side.
func (p *path) wants(at io.Reader, text string) {
	p.t.Helper()
	got := make([]byte, len(text))
	if n, err := io.ReadFull(at, got); err != nil || string(got) != text {
		p.t.Fatalf("got %q (%v), want %q", got[:n], err, text)
	}
}

// silent tells that nothing comes, not even an end.
func (p *path) silent(at *net.TCPConn) {
	p.t.Helper()
	must(p.t, at.SetReadDeadline(time.Now().Add(soon)))
	if n, err := at.Read(make([]byte, 100)); !errors.Is(err, os.ErrDeadlineExceeded) {
		p.t.Errorf("%d bytes and %v, wanted silence", n, err)
	}
	must(p.t, at.SetReadDeadline(time.Now().Add(hang)))
}

// ends reads the end of a connection.
func (p *path) ends(at io.Reader, want error) {
	p.t.Helper()
	if n, err := at.Read(make([]byte, 100)); n > 0 || !errors.Is(err, want) {
		p.t.Errorf("%d bytes and %v, want %v", n, err, want)
	}
}

func (p *path) struck(want bool) {
	p.t.Helper()
	if list := p.proxy.Passages(); len(list) != 1 || list[0].Struck != want {
		p.t.Errorf("passages %v, want one that struck: %v", list, want)
	}
}

// Fair weather forwards both ways, and the end of each direction by itself.
func TestFair(t *testing.T) {
	p := newPath(t, Weather{})
	p.send(p.client, "hello")
	p.wants(p.server, "hello")
	must(t, p.client.CloseWrite())
	p.ends(p.server, io.EOF)
	p.send(p.server, "still here")
	p.wants(p.client, "still here")
	must(t, p.server.Close())
	p.ends(p.client, io.EOF)
	p.struck(false)
}

// A late chunk comes not before its time, whole and in order.
func TestLate(t *testing.T) {
	const delay = 30 * time.Millisecond
	text := strings.Repeat("0123456789", 5000)
	for _, w := range []Weather{
		{Kind: Latency, Delay: delay},
		{Kind: Jitter, Delay: delay, Seed: 1},
		{Kind: Drip, Delay: delay / 100, Piece: 500},
	} {
		t.Run(string(w.Kind), func(t *testing.T) {
			p := newPath(t, w)
			began := time.Now()
			go p.client.Write([]byte(text))
			p.wants(p.server, text)
			if took := time.Since(began); w.Kind != Jitter && took < delay*9/10 {
				t.Errorf("it took %s", took)
			}
			p.send(p.server, "back")
			p.wants(p.client, "back")
			p.struck(true)
		})
	}
}

// What its sender sent before it left still arrives, and then its end.
func TestLateEnd(t *testing.T) {
	p := newPath(t, Weather{Kind: Latency, Delay: 20 * time.Millisecond})
	p.send(p.client, "last words")
	must(t, p.client.Close())
	p.wants(p.server, "last words")
	p.ends(p.server, io.EOF)
}

// A cut strikes behind so many bytes, in whichever way they are counted.
func TestCutAfterBytes(t *testing.T) {
	for _, c := range []struct {
		kind Kind
		end  error
	}{{Reset, syscall.ECONNRESET}, {Close, io.EOF}} {
		for _, way := range []Way{ToServer, ToClient, Either} {
			t.Run(string(c.kind)+" "+way.String(), func(t *testing.T) {
				p := newPath(t, Weather{Kind: c.kind, After: 5, Way: way})
				from, to, other := p.client, p.server, "ab"
				if way == ToClient {
					from, to = p.server, p.client
				}
				if way == Either {
					other = "abc" // these three count too
				}
				p.send(to, other)
				p.wants(from, other)
				p.struck(false)
				p.send(from, "0123456789")
				if way == Either {
					p.wants(to, "01")
				} else {
					p.wants(to, "01234")
				}
				p.ends(to, c.end)
				p.ends(from, c.end)
				p.struck(true)
			})
		}
	}
}

// Of a half-open connection one direction ends without a word, the other goes on.
func TestHalfOpen(t *testing.T) {
	for _, way := range []Way{ToServer, ToClient} {
		t.Run(way.String(), func(t *testing.T) {
			p := newPath(t, Weather{Kind: HalfOpen, After: 3, Way: way})
			from, to := p.client, p.server
			if way == ToClient {
				from, to = to, from
			}
			p.send(from, "12345")
			p.wants(to, "123")
			p.silent(to)
			p.send(to, "are you there")
			p.wants(from, "are you there")
			must(t, from.CloseWrite())
			p.silent(to)
			p.struck(true)
		})
	}
}

// A half-open connection may be counted in either direction: what goes the other
// way is not divided.
func TestHalfOpenEither(t *testing.T) {
	p := newPath(t, Weather{Kind: HalfOpen, After: 3})
	p.send(p.client, "12345")
	p.wants(p.server, "12345")
	p.send(p.server, "lost")
	p.silent(p.client)
}

// In a black hole nobody hears anything any more, and nobody is told.
func TestBlackHole(t *testing.T) {
	p := newPath(t, Weather{Kind: BlackHole, After: 2})
	p.send(p.client, "123")
	p.wants(p.server, "12")
	p.send(p.server, "lost")
	p.silent(p.client)
	must(t, p.client.Close())
	p.silent(p.server)
	p.struck(true)
}

const (
	serverBanner = "SSH-2.0-server\r\n"
	clientBanner = "SSH-2.0-client\r\n"
)

func TestTwoBanners(t *testing.T) {
	p := newPath(t, Weather{Kind: TwoBanners})
	p.send(p.server, serverBanner+"rest")
	p.wants(p.client, serverBanner+serverBanner+"rest")
	p.send(p.client, clientBanner+"rest")
	p.wants(p.server, clientBanner+"rest")
	p.struck(true)
}

// Noise is lines before the banner, of which none looks like one.
func TestNoise(t *testing.T) {
	const size = 100
	p := newPath(t, Weather{Kind: Noise, Piece: size, Seed: 7})
	p.send(p.server, serverBanner)
	got := make([]byte, size+len(serverBanner))
	_, err := io.ReadFull(p.client, got)
	must(t, err)
	if !bytes.HasSuffix(got, []byte("\n"+serverBanner)) || bytes.Count(got, []byte("SSH-")) != 1 {
		t.Errorf("%q", got)
	}
	p.struck(true)
}

// packet is an SSH packet in clear with a message number and no more.
func packet(message byte) string {
	return "\x00\x00\x00\x0c\x0a" + string([]byte{message}) + strings.Repeat("\x00", 10)
}

// A cut at a phase strikes when both sides have come so far, and not before.
func TestCutAtPhase(t *testing.T) {
	banners := [2]string{clientBanner, "Welcome\r\n" + serverBanner}
	init := [2]string{packet(msgKexInit), packet(msgKexInit)}
	keys := [2]string{packet(30) + packet(msgNewKeys), packet(31) + packet(msgNewKeys)}
	for phase, passes := range map[Phase][][2]string{
		Versions:       {banners},
		KeyExchange:    {banners, init},
		Authentication: {banners, init, keys},
	} {
		t.Run(phase.String(), func(t *testing.T) {
			p := newPath(t, Weather{Kind: Reset, From: phase})
			for i, pass := range passes {
				p.struck(false)
				p.send(p.client, pass[0])
				p.wants(p.server, pass[0])
				p.struck(false)
				p.send(p.server, pass[1])
				if i < len(passes)-1 {
					p.wants(p.client, pass[1])
				}
			}
			p.ends(p.server, syscall.ECONNRESET)
			p.struck(true)
		})
	}
	t.Run(Accepted.String(), func(t *testing.T) {
		p := newPath(t, Weather{Kind: Close}) // a reset could come before the dial is over
		p.ends(p.client, io.EOF)
		p.struck(true)
	})
}

// What can't be seen is told; the bytes are counted from there, the second time
// where the second is meant.
func TestReach(t *testing.T) {
	p := newPath(t, Weather{Kind: Close, From: Change, Nth: 2, After: 2, Way: ToServer})
	p.proxy.Reach(Session)
	p.proxy.Reach(Change)
	p.send(p.client, "first")
	p.wants(p.server, "first")
	p.proxy.Reach(Change)
	p.send(p.client, "second")
	p.wants(p.server, "se")
	p.ends(p.server, io.EOF)
	q := newPath(t, Weather{Kind: Reset, From: Session})
	q.proxy.Reach(Session)
	q.ends(q.client, syscall.ECONNRESET)
	q.struck(true)
}

// A server that is not there is a connection that ends.
func TestNoServer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	listener.Close()
	proxy, err := New(listener.Addr().String(), func(int) Weather { return Weather{} })
	must(t, err)
	defer proxy.Close()
	client, err := net.DialTCP("tcp", nil, proxy.Addr())
	must(t, err)
	defer client.Close()
	must(t, client.SetDeadline(time.Now().Add(hang)))
	if _, err := client.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

// Close ends what the weather keeps open, a chunk that waits included, and may be
// called twice.
func TestCloseEndsEverything(t *testing.T) {
	for _, w := range []Weather{{Kind: BlackHole}, {Kind: HalfOpen, Way: ToServer}, {Kind: Latency, Delay: time.Hour}, {Kind: Drip, Piece: 1, Delay: time.Hour}} {
		t.Run(string(w.Kind), func(t *testing.T) {
			p := newPath(t, w)
			p.send(p.client, "wait")
			must(t, p.proxy.Close())
			must(t, p.proxy.Close())
			if _, err := io.Copy(io.Discard, p.server); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("the server's side is open")
			}
			if client, err := net.DialTCP("tcp", nil, p.proxy.Addr()); err == nil {
				client.Close()
				t.Error("somebody listens")
			}
		})
	}
}
