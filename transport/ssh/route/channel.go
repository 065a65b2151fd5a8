package route

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/retry"
	"aixmend/transport/ssh/fault"
)

// through connects through the path's bastions. It asks again for a connection that
// the bastion dropped or had no room for, within the connect timeout. Waiting for the
// bastion's own connection and for the turn does not count.
func (p *Path) through(ctx context.Context, handshake Handshake) error {
	rule := retry.Channel
	pause := &backoff.ExponentialBackOff{InitialInterval: rule.First, RandomizationFactor: rule.Jitter, Multiplier: rule.Factor, MaxInterval: rule.Max}
	left := p.routes.options.ConnectTimeout
	for attempt := 1; ; attempt++ {
		trunk, err := p.via.connection(ctx)
		if err != nil {
			return fail(transport.KindJump, err)
		}
		if err := p.via.turn(ctx); err != nil {
			return err
		}
		began := time.Now()
		c := &channel{path: p, trunk: trunk}
		if err = handshake(ctx, Way{Open: c.open, Left: left, Lost: trunk.lost}); err == nil {
			return nil
		}
		err, again := c.blame(err)
		wait := pause.NextBackOff()
		if left -= time.Since(began) + wait; !again || attempt == rule.Attempts || left <= 0 {
			return err
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// sleep waits, or returns the cause of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// channel is one try to connect through a bastion.
type channel struct {
	path   *Path
	trunk  *trunk
	stream *piped // nil: the bastion has not connected
}

// blame adds the kind to an error of the handshake if the bastion is at fault, and
// reports whether another try may help.
func (c *channel) blame(err error) (error, bool) { //nolint:revive // the error is the argument, changed
	var typed *transport.Error
	switch lost := c.trunk.lost(); {
	case errors.As(err, &typed):
		return err, typed.Kind == transport.KindJump && transport.CauseOf(err).Temporary()
	case errors.Is(err, fault.ErrConnectTimeout) && c.stream == nil:
		return fail(transport.KindTimeout, fmt.Errorf("%w (%s): bastion %s has not connected to it",
			fault.ErrConnectTimeout, c.path.routes.options.ConnectTimeout, c.name())), false
	case lost != nil:
		return c.jump(transport.KindLost, lost), true
	case fault.Broken(err) && c.stream != nil && c.stream.received.Load() == 0:
		return fail(transport.KindLost, fmt.Errorf("the connection through bastion %s was closed before the host sent anything", c.name())), true
	}
	return err, false
}

// name returns the bastion's name.
func (c *channel) name() string { return c.trunk.bastion.name() }

// jump returns the error of the bastion, or of one before it.
func (c *channel) jump(kind transport.Kind, err error) error {
	var nearer *jumpError
	if !errors.As(err, &nearer) {
		nearer = bastionError(c.name(), err)
	}
	return fail(transport.KindJump, nearer.with(kind))
}

// asked is the answer to the request for a channel.
type asked struct {
	channel  ssh.Channel
	requests <-chan *ssh.Request
	err      error
}

// open asks the bastion for a connection to the address. A request without an answer
// may have been dropped: it is sent again after half of the remaining time, and the
// first answer counts.
func (c *channel) open(ctx context.Context, address string) (net.Conn, error) {
	request, err := directTCPIP(address)
	if err != nil {
		return nil, err
	}
	answers, pending := make(chan asked), 0
	defer func() { c.late(answers, pending) }()
	again := time.NewTimer(0)
	defer again.Stop()
	for sent, turn := 0, true; ; {
		select {
		case answer := <-answers:
			pending--
			if answer.err != nil {
				return nil, c.refused(answer.err, address)
			}
			return c.carry(answer, address)
		case <-again.C:
			if !turn { // the first request has had its turn
				turn = true
				again.Reset(c.trunk.bastion.limit.Reserve().Delay())
				continue
			}
			go c.ask(request, answers)
			pending++
			if sent++; sent < retry.Request.Attempts {
				turn = false
				again.Reset(half(ctx))
			}
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// half returns half of the time before ctx's deadline.
func half(ctx context.Context) time.Duration {
	end, _ := ctx.Deadline()
	return time.Until(end) / 2
}

// ask requests a channel and waits for the answer.
func (c *channel) ask(request []byte, answers chan<- asked) {
	channel, requests, err := c.trunk.conn.OpenChannel("direct-tcpip", request)
	answers <- asked{channel, requests, err}
}

// directTCPIP returns the payload of a request for a connection: RFC 4254, 7.2.
func directTCPIP(address string) ([]byte, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("port %q: %w", port, err)
	}
	return ssh.Marshal(struct {
		Host       string
		Port       uint32
		OriginHost string
		OriginPort uint32
	}{host, uint32(number), "127.0.0.1", 0}), nil
}

// late closes channels that are opened when nobody waits for them any more.
func (c *channel) late(answers <-chan asked, pending int) {
	if pending == 0 {
		return
	}
	go func() { // ends with the bastion's connection at the latest
		for range pending {
			if answer := <-answers; answer.err == nil {
				go ssh.DiscardRequests(answer.requests)
				_ = answer.channel.Close()
			}
		}
	}()
}

// carry turns a channel into a network connection.
func (c *channel) carry(to asked, address string) (net.Conn, error) {
	stream := newPiped(address, func() { go func() { _ = to.channel.Close() }() }) // may block on the bastion
	routes := c.path.routes
	running := routes.goes(func() {
		stream.receive(to.channel, func() {})
		_ = to.channel.Close()
	}) && routes.goes(func() { stream.send(to.channel) }) && routes.goes(func() { ssh.DiscardRequests(to.requests) })
	if !running {
		_ = stream.Close()
		return nil, errClosed
	}
	c.stream = stream
	return c.path.watched(stream), nil
}

// refused explains why the bastion opened no connection. A fault of the target keeps
// its own kind.
func (c *channel) refused(err error, address string) error {
	var refusal *ssh.OpenChannelError
	if !errors.As(err, &refusal) {
		lost := c.trunk.lost()
		if lost == nil {
			lost = fmt.Errorf("it gave no answer to the request for a connection: %w", err)
		}
		return c.jump(transport.KindLost, lost)
	}
	words := fault.Short(errors.New(fault.Printable(refusal.Message)))
	switch refusal.Reason {
	case ssh.ConnectionFailed:
		return fail(connectFailure(refusal.Message), fmt.Errorf("bastion %s could not connect to %s: %w", c.name(), address, words))
	case ssh.Prohibited:
		return fail(transport.KindJump, bastionError(c.name(), fmt.Errorf(
			"it may not connect to %s (administratively prohibited: %w): see AllowTcpForwarding, DisableForwarding and PermitOpen in its sshd_config, and its authorized_keys", address, words)))
	case ssh.ResourceShortage:
		return c.jump(transport.KindRefused, fmt.Errorf("it has no room for one more connection (resource shortage): %w", words))
	}
	return fail(transport.KindJump, bastionError(c.name(), fmt.Errorf("it does not connect to %s (reason %d): %w", address, refusal.Reason, words)))
}

// connectFailure returns the kind of a bastion's message. The protocol has one reason
// for all failures, so the texts of resolvers and of errno decide; an unknown text is
// refused.
func connectFailure(message string) transport.Kind {
	message = strings.ToLower(message)
	says := func(texts ...string) bool {
		return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(message, text) })
	}
	switch {
	case says("name or service not known", "name resolution", "no address associated", "not provided, or not known", "not provided or not known", "not provided or found",
		"unknown host", "no such host", "host name not found", "does not resolve"):
		return transport.KindDNS
	case says("timed out", "timeout"):
		return transport.KindTimeout
	}
	return transport.KindRefused
}
