package controller

import (
	"context"
	"errors"
	"time"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
	"aixmend/transport"
)

var errBeforeItsTurn = errors.New("before its turn")

// connect opens a connection, in the place of the one that is open.
func (w *walk) connect(ctx context.Context) error {
	w.close()
	if w.begun.IsZero() { // many may wait for a place in the window: when the run is stopped none begins any more
		ctx = w.starting
	}
	conn, err := w.Dialer.Dial(ctx, w.target)
	if w.begun.IsZero() {
		w.begun = time.Now()
	}
	w.conn = conn
	w.endReload()
	if err != nil {
		e := outcome.Entry{Event: course.Unlinked, Status: string(transport.KindOf(err)), Detail: reasonOf(err)}
		if transport.CauseOf(err).Temporary() {
			e.How = course.Brief
		}
		w.happened(course.Event{Entry: e})
		return nil
	}
	w.linked(transport.LinkOf(conn))
	w.happened(course.Event{Entry: outcome.Entry{Event: course.Linked}})
	return nil
}

// linked notes how the connection came about.
func (w *walk) linked(l transport.Link) {
	w.out.HostKey, w.out.SSH = l.HostKey, nil
	if l.Kex == "" && l.Login == "" {
		return // not every transport has one
	}
	w.out.SSH = &outcome.SSH{
		Server: l.ServerVersion, Kex: l.Kex, HostKey: l.HostKeyAlgorithm, Cipher: l.Cipher, MAC: l.MAC,
		Login: l.Login, Legacy: l.Legacy, Via: l.Via,
	}
}
