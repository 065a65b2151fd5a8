package console

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"aixmend/cmd/aixmend/exit"
	"aixmend/controller/outcome"
)

// Interrupts turns signals into two steps of stopping: after the first signal nothing
// new begins; the second one cuts the connections.
type Interrupts struct {
	signals chan os.Signal
	pipes   chan os.Signal // never read: it keeps SIGPIPE from ending the process
	stop    chan struct{}
	done    chan struct{}

	mu    sync.Mutex
	say   func(format string, args ...any) // nil: nobody is told of the first signal
	first os.Signal
	cut   context.CancelCauseFunc
}

// NewInterrupts returns interrupts that no signal reaches.
func NewInterrupts() *Interrupts {
	return &Interrupts{
		signals: make(chan os.Signal, 2), pipes: make(chan os.Signal, 1), stop: make(chan struct{}), done: make(chan struct{}),
		cut: func(error) {},
	}
}

// Listen returns the interrupts of this process. Close gives its signals back.
func Listen() *Interrupts {
	i := NewInterrupts()
	signal.Notify(i.signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// A broken pipe is an error of the write, not the end of a run that changes hosts. It
	// is not ignored, because child processes would inherit that and never end.
	signal.Notify(i.pipes, syscall.SIGPIPE)
	return i
}

// Context returns a context that the second signal ends.
func (i *Interrupts) Context(parent context.Context) context.Context {
	ctx, cut := context.WithCancelCause(parent)
	i.cut = cut
	go i.watch()
	return ctx
}

func (i *Interrupts) watch() {
	for {
		select {
		case <-i.done:
			return
		case s := <-i.signals:
			i.take(s)
		}
	}
}

// take acts on a signal.
func (i *Interrupts) take(s os.Signal) {
	i.mu.Lock()
	again, say := i.first != nil, i.say
	if !again {
		i.first = s
		close(i.stop)
	}
	i.mu.Unlock()
	switch {
	case again:
		i.cut(exit.ErrInterrupted)
	case say != nil:
		say("interrupted: no new host and no new change begins; finishing work in progress; Ctrl-C again disconnects")
	}
}

// Interrupt acts as a signal does.
func (i *Interrupts) Interrupt() { i.take(os.Interrupt) }

// Stop is closed by the first signal.
func (i *Interrupts) Stop() <-chan struct{} { return i.stop }

// Announce sets who tells the operator of the first signal; nil: nobody.
func (i *Interrupts) Announce(say func(format string, args ...any)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.say = say
}

// Close stops listening.
func (i *Interrupts) Close() {
	signal.Stop(i.signals)
	signal.Stop(i.pipes)
	close(i.done)
	i.cut(nil)
}

// Code is the exit code of an interrupted call; 0 when no signal came.
func (i *Interrupts) Code() outcome.Code {
	i.mu.Lock()
	defer i.mu.Unlock()
	switch i.first {
	case nil:
		return 0
	case syscall.SIGTERM, syscall.SIGHUP:
		return outcome.ExitTerminated
	}
	return outcome.ExitInterrupted
}

// UntilStop returns a context that the first signal ends, with exit.ErrInterrupted as
// its cause. The caller calls release when it needs it no more.
func (i *Interrupts) UntilStop(ctx context.Context) (until context.Context, release func()) {
	ctx, cut := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-i.stop:
			cut(exit.ErrInterrupted)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cut(nil) }
}
