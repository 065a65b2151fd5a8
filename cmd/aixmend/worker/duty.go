package worker

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"aixmend/controller/fleet"
)

const (
	// soon is the pause before a beat that was not answered is sent again.
	soon = time.Second
	// farewell bounds the last beat.
	farewell = 2 * time.Second
)

// errStandby: another worker of the site takes the orders now.
var errStandby = errors.New("another worker of the site is active")

// errClosed is a better word for the end of a connection.
var errClosed = errors.New("it has closed the connection")

// duty is whether this worker takes the orders of its site, or stands by.
type duty struct {
	mu   sync.Mutex
	on   context.Context // while this worker is active; ends with errStandby
	off  context.CancelCauseFunc
	news chan struct{} // closed when this worker has become active, then another one
	told bool          // somebody was named before
}

// set takes the answer of the hub, and returns the lines to print about it.
func (d *duty) set(parent context.Context, me string, a fleet.Active) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	active, was := a.Instance == me, d.on != nil
	before := d.told
	d.told = true
	switch {
	case active && !was:
		d.on, d.off = context.WithCancelCause(parent)
		if d.news != nil {
			close(d.news)
			d.news = nil
		}
		if before {
			return []string{"this worker is active now"}
		}
	case !active && was:
		d.off(errStandby)
		d.on = nil
		return []string{"worker " + a.Instance + " of this site has taken over, as this one was silent; this one stands by"}
	case !active && !before:
		return []string{
			"worker " + a.Instance + " of this site is active since " + a.Since.Format(time.RFC3339) + "; this one, " + me + ", stands by and takes over when that is silent",
			"if nobody has started a second worker, somebody has a copy of the join file: revoke the site at the hub, and add it again",
		}
	}
	return nil
}

// wait waits until this worker is active, and returns a context that ends when it is no more.
// Its error is that of ctx, or of over: the worker was thrown out.
func (d *duty) wait(ctx, over context.Context) (context.Context, error) {
	for {
		d.mu.Lock()
		on := d.on
		if d.news == nil {
			d.news = make(chan struct{})
		}
		news := d.news
		d.mu.Unlock()
		if on != nil {
			return on, nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-over.Done():
			return nil, context.Cause(over)
		}
	}
}

// beat shows the hub that the worker lives, and learns whether it is the active one of its
// site.
func (w *Worker) beat(ctx context.Context) {
	for {
		pause := fleet.AliveEvery
		if a, err := w.hub.Beat(ctx, w.life()); err != nil {
			pause = soon
		} else {
			for _, line := range w.duty.set(ctx, w.hub.Instance(), a) {
				w.Console.Say("%s", line)
				w.announceAgain() // the other one has announced its own hosts
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// leave tells the hub that this worker stops, so that a standby need not wait.
func (w *Worker) leave() {
	ctx, done := context.WithTimeout(context.Background(), farewell)
	defer done()
	_, _ = w.hub.Beat(ctx, fleet.Beat{Version: w.Settings.Version, Leaving: true})
}

// life is the sign of life.
func (w *Worker) life() fleet.Beat {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := fleet.Beat{Version: w.Settings.Version}
	if w.at != "" {
		b.Runs = []string{w.at}
	}
	return b
}

// link says once that the hub is gone, and once that it is back.
func (w *Worker) link() func(error) {
	var mu sync.Mutex
	gone, before := false, false
	return func(err error) {
		mu.Lock()
		defer mu.Unlock()
		if errors.Is(err, io.EOF) {
			err = errClosed
		}
		switch {
		case err != nil && !gone && before:
			w.Console.Say("warning: the hub %s is gone: %s; reports are kept until it is back", w.pass.Hub, err)
		case err != nil && !gone:
			w.Console.Say("warning: the hub %s can't be reached: %s; trying until it can", w.pass.Hub, err)
		case err == nil && gone && before:
			w.Console.Say("the hub %s is back", w.pass.Hub)
			w.announceAgain() // it may be one that was restored
		}
		gone, before = err != nil, before || err == nil
	}
}
