package route

import (
	"net"
	"sync/atomic"
)

// watched remembers how a network connection ended. x/crypto ends the channels of a
// connection before it reports the error itself: the users of a channel look here.
type watched struct{ err atomic.Pointer[error] }

// end returns the error that ended the connection, nil if it has not ended.
func (w *watched) end() error {
	if err := w.err.Load(); err != nil {
		return *err
	}
	return nil
}

type watchedConn struct {
	net.Conn
	watch *watched
}

// Read keeps the error that ends the connection.
func (c *watchedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil {
		c.watch.err.CompareAndSwap(nil, &err)
	}
	return n, err
}
