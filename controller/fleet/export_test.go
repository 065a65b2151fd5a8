package fleet

import (
	"testing"

	"github.com/nats-io/nats.go"
)

// Raw is a connection with the key of a member, for what no program of ours would do; the
// errors of the server come on the channel.
func Raw(t *testing.T, p *Pass) (*nats.Conn, <-chan error) {
	t.Helper()
	conn, err := p.connect(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	errs := make(chan error, 100)
	conn.SetErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { errs <- err })
	return conn, errs
}
