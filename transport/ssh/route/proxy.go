package route

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"aixmend/transport"
	"aixmend/transport/program"
	"aixmend/transport/ssh/fault"
)

// proxyGrace is how long a proxy command may take to end after its output has.
const proxyGrace = time.Second

// proxied connects through the target's proxy command.
func (p *Path) proxied(ctx context.Context, handshake Handshake) error {
	var running *proxy
	open := func(_ context.Context, address string) (net.Conn, error) {
		var err error
		if running, err = p.routes.startProxy(p.Target.ProxyCommand, address); err != nil {
			return nil, fail(transport.KindJump, proxyError(err))
		}
		return p.watched(running.stream), nil
	}
	lost := func() error { return running.lost() }
	timeout := p.routes.options.ConnectTimeout
	err := handshake(ctx, Way{Open: open, Left: timeout, Lost: lost})
	if err == nil || running == nil {
		return err
	}
	<-running.done // the connection is closed
	if fault.Broken(err) && running.err != nil {
		return fail(transport.KindJump, proxyError(running.ending()).with(transport.KindLost))
	}
	if line := running.process.Said(); line != "" && ctx.Err() == nil && fault.Timeout(err) {
		return fail(transport.KindTimeout, fmt.Errorf("%w (%s); the proxy command said: %s", fault.ErrConnectTimeout, timeout, line))
	}
	return err
}

// proxy is a running proxy command.
type proxy struct {
	process *program.Process
	stream  *piped
	killed  atomic.Bool   // by us
	ended   atomic.Bool   // its output has ended, and not because we killed it
	done    chan struct{} // closed when it has ended
	err     error         // of its end; nil: exit status 0. Valid once done is closed
}

// startProxy starts a command whose streams are a connection to the address. It ends
// with the connection.
func (r *Routes) startProxy(line, address string) (*proxy, error) {
	if r.life.Err() != nil {
		return nil, errClosed
	}
	if runtime.GOOS == "windows" {
		return nil, errors.New("proxy commands need a POSIX shell, which this system has not: use ssh.jump")
	}
	// A session of its own has no terminal: keys typed there are not for it, it asks
	// nobody anything, and it is killed with all that it has started.
	process, err := program.Command{Line: "exec " + line, Dir: r.options.Folder, Group: program.OwnSession, Grace: proxyGrace}.Start(r.life)
	if err != nil {
		return nil, cause(err)
	}
	p := &proxy{process: process, done: make(chan struct{})}
	p.stream = newPiped(address, func() {
		if !p.ended.Load() { // else it ends by itself: its exit status is of interest
			p.kill()
		}
	})
	stop := context.AfterFunc(r.life, p.kill)
	serve := func() {
		defer stop()
		p.serve()
	}
	if !r.goes(serve) {
		p.kill()
		serve()
		return nil, errClosed
	}
	return p, nil
}

// kill ends the command with all that it has started. A process that has left the
// session may hold the pipe open for ever, so its output is closed too.
func (p *proxy) kill() {
	p.killed.Store(true)
	p.process.Kill()
	_ = p.process.Stdout.Close()
}

// serve carries the connection until the command ends. A command that does not end
// after its output is killed, with all that it has started.
func (p *proxy) serve() {
	var sending sync.WaitGroup
	sending.Go(func() {
		p.stream.send(p.process.Stdin)
		_ = p.process.Stdin.Close()
	})
	p.stream.receive(p.process.Stdout, func() { p.ended.Store(!p.killed.Load()) })
	late := time.AfterFunc(proxyGrace, p.process.Kill)
	p.err = cause(p.process.Wait())
	late.Stop()
	sending.Wait()
	close(p.done)
}

// cause returns the cause of a program's error, without its name and last words.
func cause(err error) error {
	var failed *program.Error
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}

// ending returns an error with the exit status and the last words of the command.
func (p *proxy) ending() error {
	status := errors.New("exit status 0")
	if p.err != nil {
		status = p.err
	}
	if line := p.process.Said(); line != "" {
		return fmt.Errorf("it ended (%w): %s", status, line)
	}
	return fmt.Errorf("it ended (%w) without a word", status)
}

// lost returns why the command no longer carries the connection, nil if it does.
func (p *proxy) lost() error {
	if !p.ended.Load() {
		return nil
	}
	<-p.done // soon, see serve
	return proxyError(p.ending())
}
