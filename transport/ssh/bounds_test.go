package ssh

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"aixmend/transport"
	"aixmend/transport/lab/sshtest"
	"aixmend/transport/lab/suite"
)

// slack is the memory that a flood may cost besides the kept bytes: the windows of both
// sides of a channel (2 MiB each), and the rest of the test's process.
const slack = 12 << 20

// maxReason bounds the part of a reason that a server may have written, in bytes:
// see fault.Short.
const maxReason = 2 << 10

// heap is what is alive now.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what has a finalizer, too
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// flood writes size bytes, the same text again and again, and looks at the heap
// on the way.
func flood(to io.Writer, text string, size int64, most *int64) {
	chunk := []byte(strings.Repeat(text, max(64<<10/len(text), 1)))
	for sent, looked := int64(0), int64(0); sent < size; sent += int64(len(chunk)) {
		if _, err := to.Write(chunk[:min(int64(len(chunk)), size-sent)]); err != nil {
			return
		}
		if sent-looked > size/4 {
			looked = sent
			*most = max(*most, heap())
		}
	}
}

// Output beyond its bound costs no memory, whatever its form and wherever it comes,
// neither during the flood nor after it.
func TestFloodsCostTheirBound(t *testing.T) {
	// Each is several times the slack.
	much, lines, gigabyte := int64(suite.Rounds(32, 64))<<20, int64(suite.Rounds(500_000, 1_000_000)), int64(suite.Rounds(64, 1024))<<20
	const bound = 64 << 10
	for _, c := range []struct {
		name, text string
		size       int64
		stderr     bool
	}{
		{"many lines", "en0  1500  link#2  fa.16.3e.aa.bb.cc  123456 0 7890 0 0 line 1\n", lines * 64, false},
		{"many lines on stderr", "0403-006 Execute permission denied and so on and so forth: 12\n", lines * 64, true},
		{"one line", "x", gigabyte, false},
		{"one line on stderr", "x", much, true},
		{"empty lines", "\n", much, false},
		{"NUL", "\x00", much, false},
		{"words like those of frames", "\naixmend-0123456789abcdef01234567 E 0 0\n", much, false},
		{"beginnings of frames", "\n@ ", much, false},
		{"frames that can't stand there", "\n@ E 1 0\n\n@ B 0\n\n@ X\n\n@ P\n", much, false},
		{"refused commands", "\n@ M\nx\n@ m\n", much, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var most int64
			r := serve(t, framed(func(_ context.Context, s script) int {
				to := s.Stdout
				if c.stderr {
					to = s.Stderr
				}
				s.begin(0)
				flood(to, strings.ReplaceAll(c.text, "@", s.nonce), c.size, &most)
				s.end(0, 0)
				s.says(1, "after")
				return 0
			}), memory())
			conn := r.dial()
			before := heap()
			got, err := conn.Run(t.Context(), []transport.Command{{ID: "flood", Timeout: 10 * ages, MaxOutput: bound}, probe("next", "")})
			if err != nil {
				t.Fatal(err)
			}
			after := heap()
			kept, dropped := got.Results[0].Stdout, got.Results[0].StdoutDropped
			if c.stderr {
				kept, dropped = got.Results[0].Stderr, got.Results[0].StderrDropped
			}
			if len(kept) != bound || dropped < c.size*9/10-bound || dropped > c.size || !got.Results[0].Truncated() || got.Results[0].Err != nil {
				t.Errorf("kept %d, dropped %d of %d, %v", len(kept), dropped, c.size, got.Results[0].Err)
			}
			wantStdout(t, got.Results[1], "after")
			if most == 0 || most-before > slack || after-before > slack {
				t.Errorf("a flood of %d bytes costs %d bytes while it comes and %d when it is over", c.size, most-before, after-before)
			}
			runtime.KeepAlive(got)
		})
	}
}

// A profile that talks without end costs its bound, whether the script comes
// after it or never.
func TestFloodBeforeTheFirstFrame(t *testing.T) {
	var most int64
	r := serve(t, func(ctx context.Context, x *sshtest.Exec) int {
		flood(x.Stdout, "Welcome to AIX\n", 64<<20, &most)
		flood(x.Stderr, "stty: not a tty", 64<<20, &most)
		return posix(ctx, x)
	}, memory())
	r.opts.StartTimeout = 10 * ages
	conn := r.dial()
	before := heap()
	got, err := conn.Run(t.Context(), []transport.Command{probe("p", "echo x")})
	if err != nil {
		t.Fatal(err)
	}
	wantStdout(t, got.Results[0], "x\n")
	if after := heap(); len(got.Noise) != noiseLimit || most == 0 || most-before > slack || after-before > slack {
		t.Errorf("%d bytes of noise kept; %d bytes while it came, %d when it was over", len(got.Noise), most-before, after-before)
	}
	runtime.KeepAlive(got)
}

func TestEndlessNoiseInsteadOfTheScript(t *testing.T) {
	r := serve(t, func(_ context.Context, x *sshtest.Exec) int {
		for {
			if _, err := io.WriteString(x.Stdout, "Welcome to AIX\n"); err != nil {
				return 0
			}
		}
	}, memory())
	r.opts.StartTimeout = short
	conn := r.dial()
	before := heap()
	got, err := conn.Run(t.Context(), []transport.Command{probe("p", "")})
	wantError(t, err, transport.KindLost, "the login shell gave no sign of the script in time")
	if cost := heap() - before; len(got.Noise) != noiseLimit || cost > slack {
		t.Errorf("%d bytes of noise kept, at a cost of %d", len(got.Noise), cost)
	}
	runtime.KeepAlive(got)
}

// An endless answer is a hung probe; the others of the host are answered, as
// often as there are sessions for them.
func TestEndlessOutputCostsItsBound(t *testing.T) {
	endless := framed(func(_ context.Context, s script) int {
		s.begin(0)
		for {
			if _, err := io.WriteString(s.Stdout, "yes\n"); err != nil {
				return 0
			}
		}
	})
	r := serve(t, func(ctx context.Context, x *sshtest.Exec) int {
		if strings.Contains(x.Command, "endless") {
			return endless(ctx, x)
		}
		return posix(ctx, x)
	}, memory())
	conn := r.dial()
	before := heap()
	commands := []transport.Command{{ID: "flood", Line: "endless", Timeout: short, MaxOutput: 1000}, probe("one", "echo 1"), probe("two", "echo 2")}
	got, err := conn.Run(t.Context(), commands)
	if err != nil {
		t.Fatal(err)
	}
	flooded := got.Results[0]
	if cost := heap() - before; !errors.Is(flooded.Err, transport.ErrHung) || len(flooded.Stdout) != 1000 || flooded.StdoutDropped == 0 || cost > slack {
		t.Errorf("%v, kept %d, dropped %d, at a cost of %d", flooded.Err, len(flooded.Stdout), flooded.StdoutDropped, cost)
	}
	wantStdout(t, got.Results[1], "1\n")
	wantStdout(t, got.Results[2], "2\n")
	runtime.KeepAlive(got)
}

// garbage is a server that sends anything but SSH.
func garbage(t *testing.T, say func(net.Conn)) *rig {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			say(c)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	r := serve(t, nil, sshtest.Options{}) // for a target that has all else
	r.target.Port = listener.Addr().(*net.TCPAddr).Port
	return r
}

// again sends the same text until the client hangs up.
func again(text string) func(net.Conn) {
	chunk := bytes.Repeat([]byte(text), max(64<<10/len(text), 1))
	return func(c net.Conn) {
		for {
			if _, err := c.Write(chunk); err != nil {
				return
			}
		}
	}
}

// packet is one SSH packet before any key exchange.
func packet(payload []byte) []byte {
	padding := 8 - (5+len(payload))%8
	if padding < 4 {
		padding += 8
	}
	p := binary.BigEndian.AppendUint32(nil, uint32(1+len(payload)+padding))
	p = append(append(p, byte(padding)), payload...)
	return append(p, make([]byte, padding)...)
}

// says is a version line, the packets, and nothing more.
func saysPackets(payloads ...[]byte) func(net.Conn) {
	return func(c net.Conn) {
		_, _ = io.WriteString(c, "SSH-2.0-garbage\r\n")
		for _, p := range payloads {
			_, _ = c.Write(packet(p))
		}
		_, _ = io.Copy(io.Discard, c)
	}
}

// longText is as long as a packet lets a text be, nearly.
var longText = strings.Repeat("\x1b]0;owned\x07 ", 20_000)

// Garbage instead of a version line or of the first packets ends with the connect
// timeout at the latest and costs bounded memory, and the reason is short.
func TestGarbageInTheHandshake(t *testing.T) {
	kexInit := append([]byte{20}, make([]byte, 16)...)
	for range 10 {
		kexInit = append(binary.BigEndian.AppendUint32(kexInit, 24_000), longText[:24_000]...)
	}
	kexInit = append(kexInit, 0, 0, 0, 0, 0)
	for name, c := range map[string]struct {
		say  func(net.Conn)
		kind transport.Kind
	}{
		"endless lines before the version": {again("Welcome to AIX\r\n"), transport.KindProtocol},
		"an endless version line":          {again("SSH-2.0-x"), transport.KindProtocol},
		"an endless line of NUL":           {again("\x00"), transport.KindProtocol},
		"endless packets of no type": {func(c net.Conn) {
			_, _ = io.WriteString(c, "SSH-2.0-x\r\n")
			again("\x00\x00\x00\x0c\x04\xfe\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")(c)
		}, transport.KindProtocol},
		"a packet of a gigabyte": {func(c net.Conn) { _, _ = io.WriteString(c, "SSH-2.0-x\r\n\x3f\xff\xff\xf8\x04"); again("x")(c) }, transport.KindProtocol},
		"a long farewell": {saysPackets(ssh.Marshal(struct {
			Reason            uint32 `sshtype:"1"`
			Message, Language string
		}{2, longText, ""})), transport.KindProtocol},
		"algorithms that nobody knows": {saysPackets(kexInit), transport.KindProtocol},
	} {
		t.Run(name, func(t *testing.T) {
			r := garbage(t, c.say)
			before := heap()
			err := r.dialFails(c.kind)
			if cost := heap() - before; cost > slack {
				t.Errorf("it cost %d bytes", cost)
			}
			if n := len(err.Error()); n > 2*maxReason {
				t.Errorf("the reason has %d bytes: %.200s", n, err)
			}
		})
	}
}

// A banner that never ends, at the place where the protocol lets one stand.
func TestEndlessBanner(t *testing.T) {
	key := newSigner(t)
	config := &ssh.ServerConfig{NoClientAuth: true, PreAuthConnCallback: func(c ssh.ServerPreAuthConn) {
		for c.SendAuthBanner(longText) == nil {
			continue
		}
	}}
	config.AddHostKey(key)
	r := garbage(t, func(c net.Conn) {
		if conn, _, _, err := ssh.NewServerConn(c, config); err == nil {
			_ = conn.Close()
		}
	})
	address := net.JoinHostPort(r.target.Address, strconv.Itoa(r.target.Port))
	r.knows(knownhosts.Line([]string{knownhosts.Normalize(address)}, key.PublicKey()) + "\n")
	r.opts.ConnectTimeout = 2 * short
	before := heap()
	err := r.dialFails(transport.KindTimeout)
	if cost := heap() - before; cost > slack || len(err.Error()) > 2*maxReason {
		t.Errorf("it cost %d bytes, the reason has %d", cost, len(err.Error()))
	}
}

// A server that refuses sessions at length.
func TestLongRefusalOfASession(t *testing.T) {
	client, server := sshtest.Pipe()
	defer server.Close()
	config := &ssh.ServerConfig{NoClientAuth: true}
	config.AddHostKey(newSigner(t))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, channels, requests, err := ssh.NewServerConn(server, config)
		if err != nil {
			return
		}
		go ssh.DiscardRequests(requests)
		for c := range channels {
			_ = c.Reject(ssh.Prohibited, longText[:30_000])
		}
	}()
	inner, channels, requests, err := ssh.NewClientConn(client, "aix1:22", &ssh.ClientConfig{HostKeyCallback: ssh.InsecureIgnoreHostKey()}) //nolint:gosec // the server is ours
	if err != nil {
		t.Fatal(err)
	}
	a := &attempt{dialer: NewDialer(Options{}), target: transport.Target{Name: "aix1"}}
	conn := a.established(ssh.NewClient(inner, channels, requests), nil)
	_, err = conn.Run(t.Context(), []transport.Command{probe("p", "echo x")})
	wantError(t, err, transport.KindProtocol, "refused a session")
	if len(err.Error()) > 2*maxReason {
		t.Errorf("the reason has %d bytes", len(err.Error()))
	}
	files, _ := transport.FilesOf(conn)
	_, err = files.Get(t.Context(), transport.Download{From: "/tmp/x", To: t.TempDir() + "/x"})
	wantError(t, err, transport.KindProtocol, "refused a session")
	if len(err.Error()) > 2*maxReason {
		t.Errorf("the reason of the transfer has %d bytes", len(err.Error()))
	}
	_ = conn.Close()
	<-done
}
