package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"aixmend/controller/outcome"
)

// interrupts turns signals into the two steps of stopping: after the first,
// nothing new begins; after the second, connections are cut.
type interrupts struct {
	signals chan os.Signal
	pipes   chan os.Signal // nobody reads it: it is there to be asked for
	stop    chan struct{}
	done    chan struct{}

	// say, when set, tells the operator what the first signal did.
	say func(format string, args ...any)

	mu    sync.Mutex
	first os.Signal
	cut   context.CancelCauseFunc
}

func listen() *interrupts {
	i := &interrupts{signals: make(chan os.Signal, 2), pipes: make(chan os.Signal, 1), stop: make(chan struct{}), done: make(chan struct{})}
	signal.Notify(i.signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// A pipe that nobody reads any more is an error of the write, not the end of
	// a run that is changing hosts. It is not ignored: programs that are run would
	// inherit that, and never end.
	signal.Notify(i.pipes, syscall.SIGPIPE)
	return i
}

var errInterrupted = errors.New("interrupted")

// context returns a context that the second signal ends.
func (i *interrupts) context(parent context.Context) context.Context {
	ctx, cut := context.WithCancelCause(parent)
	i.cut = cut
	go i.watch()
	return ctx
}

func (i *interrupts) watch() {
	for {
		select {
		case <-i.done:
			return
		case s := <-i.signals:
			i.mu.Lock()
			again, say := i.first != nil, i.say
			if !again {
				i.first = s
				close(i.stop)
			}
			i.mu.Unlock()
			switch {
			case again:
				i.cut(errInterrupted)
			case say != nil:
				say("interrupted: no new host and no new change begins, what runs comes to its end; once more cuts the connections")
			}
		}
	}
}

// announce sets who tells the operator what the first signal did.
func (i *interrupts) announce(say func(format string, args ...any)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.say = say
}

func (i *interrupts) close() {
	signal.Stop(i.signals)
	signal.Stop(i.pipes)
	close(i.done)
	i.cut(nil)
}

// code is the exit code of an interrupted run; ok is false when no signal came.
func (i *interrupts) code() (code outcome.Code, ok bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	switch i.first {
	case nil:
		return 0, false
	case syscall.SIGTERM, syscall.SIGHUP:
		return outcome.ExitTerminated, true
	}
	return outcome.ExitInterrupted, true
}
