package notify

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"syscall"

	"github.com/cenkalti/backoff/v5"

	"aixmend/transport/plain"
)

// unreached returns the reason why there was no answer, in plain words. Reasons that will
// not pass are permanent.
func unreached(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // the other quotes the URL
	}
	var dns *net.DNSError
	var clear tls.RecordHeaderError
	var alert tls.AlertError
	var timeout net.Error
	if why := plain.Untrusted(err); why != nil {
		return backoff.Permanent(why)
	}
	switch {
	case errors.Is(err, errElsewhere), errors.Is(err, errProxy):
		return backoff.Permanent(err)
	case errors.As(err, &clear):
		return backoff.Permanent(errors.New("its port does not speak TLS: is it the right port, or http://?"))
	case errors.As(err, &alert):
		return fmt.Errorf("it refused TLS: %w", err)
	case errors.As(err, &dns) && dns.IsNotFound:
		return fmt.Errorf("no name server knows %q: correct the name in the URL", dns.Name)
	case errors.As(err, &dns):
		return fmt.Errorf("the name server did not answer for %q", dns.Name)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("connection refused: nothing listens at %s", remote(err))
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return fmt.Errorf("no route to %s", remote(err))
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return errors.New("no answer in time")
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return errors.New("it closed the connection without an answer")
	}
	return fmt.Errorf("no connection: %w", plain.Error(err))
}

// remote is the address that was dialled.
func remote(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Addr != nil {
		return op.Addr.String()
	}
	return "its address"
}
