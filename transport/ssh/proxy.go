package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"aixmend/transport"
	"aixmend/transport/ssh/fault"
)

// proxyGrace is how long a proxy command may take to end once its output has.
const proxyGrace = time.Second

// maxProxySaid is how much of the end of a proxy command's stderr is kept, in
// bytes.
const maxProxySaid = 2 << 10

// proxied connects through the target's proxy command.
func (a *attempt) proxied(ctx context.Context) (*conn, error) {
	var proxy *proxy
	a.open = func(_ context.Context, address string) (net.Conn, error) {
		var err error
		if proxy, err = a.dialer.startProxy(a.target.ProxyCommand, address); err != nil {
			return nil, a.fail(transport.KindJump, proxyTrouble(err))
		}
		a.medium = proxy
		return a.watched(proxy.stream), nil
	}
	inner, err := a.dial(ctx)
	if err == nil || proxy == nil {
		return inner, err
	}
	<-proxy.done // the connection is closed
	if fault.Broken(err) && proxy.err != nil {
		return nil, a.fail(transport.KindJump, proxyTrouble(proxy.ending()).with(transport.KindLost))
	}
	if line := proxy.said.last(); line != "" && ctx.Err() == nil && fault.Timeout(err) {
		return nil, a.fail(transport.KindTimeout, fmt.Errorf("%w (%s); the proxy command said: %s", fault.ErrConnectTimeout, a.dialer.options.ConnectTimeout, line))
	}
	return nil, err
}

// proxyTrouble is the error for a proxy command.
func proxyTrouble(err error) *jumpError { return &jumpError{"proxy command", err} }

// proxy is a running proxy command.
type proxy struct {
	cmd    *exec.Cmd
	stream *piped
	said   tail
	ended  atomic.Bool   // its output has ended, and not because we ended it
	done   chan struct{} // closed when it has ended
	err    error         // how; nil: with exit status 0. Valid when done is closed
}

// startProxy runs a command whose streams are a connection to the address. It
// ends with the connection.
func (d *Dialer) startProxy(command, address string) (*proxy, error) {
	if d.bastions.life.Err() != nil {
		return nil, errClosed
	}
	ctx, kill := context.WithCancel(d.bastions.life)
	p := &proxy{done: make(chan struct{})}
	p.cmd = exec.CommandContext(ctx, proxyShell, "-c", "exec "+command)
	p.cmd.Dir, p.cmd.Stderr, p.cmd.WaitDelay = d.options.Folder, &p.said, proxyGrace
	p.stream = newPiped(address, func() {
		if !p.ended.Load() { // else it ends by itself, and how is worth knowing: see serve
			kill()
		}
	})
	stdin, stdout, err := p.start()
	if err != nil {
		kill()
		return nil, err
	}
	// What has left the process group may hold the pipe open for ever.
	stop := context.AfterFunc(ctx, func() { _ = stdout.Close() })
	serve := func() {
		defer stop()
		p.serve(ctx, kill, stdin, stdout)
	}
	if !d.bastions.goes(serve) {
		kill()
		serve()
		return nil, errClosed
	}
	return p, nil
}

func (p *proxy) start() (io.WriteCloser, io.ReadCloser, error) {
	if err := ownGroup(p.cmd); err != nil {
		return nil, nil, err
	}
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		_ = stdin.Close()
		return nil, nil, err
	}
	return stdin, stdout, p.cmd.Start()
}

// serve carries the connection until the command ends, which is killed when it
// does not in time, with all that it has started.
func (p *proxy) serve(ctx context.Context, kill context.CancelFunc, stdin io.WriteCloser, stdout io.Reader) {
	var sending sync.WaitGroup
	sending.Go(func() {
		p.stream.send(stdin)
		_ = stdin.Close()
	})
	p.stream.receive(stdout, func() { p.ended.Store(ctx.Err() == nil) })
	late := time.AfterFunc(proxyGrace, kill)
	p.err = p.cmd.Wait()
	late.Stop()
	killGroup(p.cmd)
	kill()
	sending.Wait()
	close(p.done)
}

// ending says how the command ended, and what it said last.
func (p *proxy) ending() error {
	how := errors.New("exit status 0")
	if p.err != nil {
		how = p.err
	}
	if line := p.said.last(); line != "" {
		return fmt.Errorf("it ended (%w): %s", how, line)
	}
	return fmt.Errorf("it ended (%w) without a word", how)
}

// lost implements medium.
func (p *proxy) lost() error {
	if !p.ended.Load() {
		return nil
	}
	<-p.done // soon, see serve
	return proxyTrouble(p.ending())
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

// Write implements io.Writer; it never fails, so that nobody waits.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p[max(0, len(p)-maxProxySaid):]...)
	if more := len(t.kept) - maxProxySaid; more > 0 {
		t.kept = append(t.kept[:0], t.kept[more:]...)
	}
	return len(p), nil
}

// last is the last line, fit for a message; "" when nothing was said.
func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if strings.TrimSpace(string(t.kept)) == "" {
		return ""
	}
	return fault.LastLine(t.kept)
}
