package ssh

import (
	"context"
	"errors"
	"time"
)

// keepalive asks the server for a sign of life until ctx ends. x/crypto has no
// keepalive, and its requests wait for ever, so each has its own limit here. Two
// missed replies in a row cut the connection.
func (c *conn) keepalive(ctx context.Context, every time.Duration) {
	defer close(c.done)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	replies := make(chan error, 1)
	asked, misses := false, 0
	for {
		select {
		case <-ctx.Done():
			if asked {
				<-replies //nolint:errcheck // the client is closed: the answer does not matter
			}
			return
		case err := <-replies:
			asked, misses = false, 0
			if err != nil {
				_ = c.client.Close() // it has ended already: its user finds out
				return
			}
		case <-ticker.C:
			if asked {
				if misses++; misses >= 2 {
					c.Abort(errors.New("no answer to two keepalives: the connection is dead"))
				}
				continue
			}
			asked = true
			go func() {
				_, _, err := c.client.SendRequest("keepalive@openssh.com", true, nil)
				replies <- err
			}()
		}
	}
}
