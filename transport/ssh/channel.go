package ssh

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

// through connects through a bastion. What the bastion drops or has no room for
// is asked for again, within the connect timeout; waiting for the bastion's
// connection and for the turn does not count.
func (a *attempt) through(ctx context.Context, via *bastion) (*conn, error) {
	rule := retry.Channel
	pause := &backoff.ExponentialBackOff{InitialInterval: rule.First, RandomizationFactor: rule.Jitter, Multiplier: rule.Factor, MaxInterval: rule.Max}
	a.via = via.names
	fresh, left := *a, a.left
	for try := 1; ; try++ {
		trunk, err := via.connection(ctx)
		if err != nil {
			return nil, a.fail(transport.KindJump, err)
		}
		if err := via.turn(ctx); err != nil {
			return nil, err
		}
		began := time.Now()
		*a = fresh
		a.left, a.medium = left, trunk
		route := &route{attempt: a, trunk: trunk}
		a.open = route.open
		conn, err := a.dial(ctx)
		if err == nil {
			return conn, nil
		}
		err, again := route.blame(err)
		wait := pause.NextBackOff()
		if left -= time.Since(began) + wait; !again || try == rule.Attempts || left <= 0 {
			return nil, err
		}
		if err := sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// sleep waits, or gives ctx's error.
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

// route is one try to connect through a bastion.
type route struct {
	attempt *attempt
	trunk   *trunk
	stream  *piped // nil: the bastion has opened none
}

// blame gives an error of the try the kind of whose fault it is, and tells
// whether another try may help.
func (r *route) blame(err error) (error, bool) { //nolint:revive // the error is what comes in
	a := r.attempt
	var typed *transport.Error
	switch lost := r.trunk.lost(); {
	case errors.As(err, &typed):
		return err, typed.Kind == transport.KindJump && transport.CauseOf(err).Temporary()
	case errors.Is(err, fault.ErrConnectTimeout) && r.stream == nil:
		return a.fail(transport.KindTimeout, fmt.Errorf("%w (%s): bastion %s has not connected to it",
			fault.ErrConnectTimeout, a.dialer.options.ConnectTimeout, r.name())), false
	case lost != nil:
		return r.trouble(transport.KindLost, lost), true
	case fault.Broken(err) && r.stream != nil && r.stream.received.Load() == 0:
		return a.fail(transport.KindLost, fmt.Errorf("the connection through bastion %s was closed before the host said a word", r.name())), true
	}
	return err, false
}

func (r *route) name() string { return r.trunk.bastion.name() }

// trouble is the error for what is wrong with the bastion, or with one before it.
func (r *route) trouble(kind transport.Kind, err error) error {
	var nearer *jumpError
	if !errors.As(err, &nearer) {
		nearer = bastionTrouble(r.name(), err)
	}
	return r.attempt.fail(transport.KindJump, nearer.with(kind))
}

// asked is the answer to a request for a channel.
type asked struct {
	channel  ssh.Channel
	requests <-chan *ssh.Request
	err      error
}

// open asks the bastion for a connection to the address. A request without an
// answer may have been dropped: when half of what is left of the time is over it
// is sent once more, and the first answer counts.
func (r *route) open(ctx context.Context, address string) (net.Conn, error) {
	request, err := directTCPIP(address)
	if err != nil {
		return nil, err
	}
	answers, pending := make(chan asked), 0
	defer func() { r.late(answers, pending) }()
	again := time.NewTimer(0)
	defer again.Stop()
	for sent, turn := 0, true; ; {
		select {
		case answer := <-answers:
			pending--
			if answer.err != nil {
				return nil, r.refused(answer.err, address)
			}
			return r.carry(answer, address)
		case <-again.C:
			if !turn { // the first one has had it
				turn = true
				again.Reset(r.trunk.bastion.limit.Reserve().Delay())
				continue
			}
			go r.ask(request, answers)
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

// half is half of the time that is left before ctx's deadline.
func half(ctx context.Context) time.Duration {
	end, _ := ctx.Deadline()
	return time.Until(end) / 2
}

// ask sends a request for a channel and waits for the answer.
func (r *route) ask(request []byte, answers chan<- asked) {
	channel, requests, err := r.trunk.conn.OpenChannel("direct-tcpip", request)
	answers <- asked{channel, requests, err}
}

// directTCPIP is what a request for a connection says: RFC 4254, 7.2.
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

// late closes the channels that are opened when nobody waits for them any more.
func (r *route) late(answers <-chan asked, pending int) {
	if pending == 0 {
		return
	}
	go func() { // it ends with the bastion's connection at the latest
		for range pending {
			if answer := <-answers; answer.err == nil {
				go ssh.DiscardRequests(answer.requests)
				_ = answer.channel.Close()
			}
		}
	}()
}

// carry makes a network connection of a channel.
func (r *route) carry(to asked, address string) (net.Conn, error) {
	stream := newPiped(address, func() { go func() { _ = to.channel.Close() }() }) // it may have to wait for the bastion
	all := r.trunk.bastion.all
	running := all.goes(func() {
		stream.receive(to.channel, func() {})
		_ = to.channel.Close()
	}) && all.goes(func() { stream.send(to.channel) }) && all.goes(func() { ssh.DiscardRequests(to.requests) })
	if !running {
		_ = stream.Close()
		return nil, errClosed
	}
	r.stream = stream
	return r.attempt.watched(stream), nil
}

// refused explains why the bastion opened no connection: what is the target's
// fault keeps its own kind.
func (r *route) refused(err error, address string) error {
	a := r.attempt
	var refusal *ssh.OpenChannelError
	if !errors.As(err, &refusal) {
		lost := r.trunk.lost()
		if lost == nil {
			lost = fmt.Errorf("it gave no answer to the request for a connection: %w", err)
		}
		return r.trouble(transport.KindLost, lost)
	}
	words := fault.Short(errors.New(fault.Printable(refusal.Message)))
	switch refusal.Reason {
	case ssh.ConnectionFailed:
		return a.fail(connectFailure(refusal.Message), fmt.Errorf("bastion %s could not connect to %s: %w", r.name(), address, words))
	case ssh.Prohibited:
		return a.fail(transport.KindJump, bastionTrouble(r.name(), fmt.Errorf(
			"it may not connect to %s (administratively prohibited: %w): see AllowTcpForwarding, DisableForwarding and PermitOpen in its sshd_config, and its authorized_keys", address, words)))
	case ssh.ResourceShortage:
		return r.trouble(transport.KindRefused, fmt.Errorf("it has no room for one more connection (resource shortage): %w", words))
	}
	return a.fail(transport.KindJump, bastionTrouble(r.name(), fmt.Errorf("it does not connect to %s (reason %d): %w", address, refusal.Reason, words)))
}

// connectFailure is the kind of a bastion's words. The protocol has one reason
// for all of them, so the texts of the systems' resolvers and of errno are all
// there is; an unknown one is refused.
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
