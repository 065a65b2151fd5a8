package sshconfig

import (
	"context"
	"fmt"

	"aixmend/transport"
)

const (
	// maxFailures is the number of failures of ssh in a row after which it is no longer
	// called: a file that it refuses, it refuses for every host.
	maxFailures = 3
	// enough is the number of classes for which ssh must have agreed with the parser,
	// and for none differed, before it is not called for further ones: a generated file
	// can have a block for each host.
	enough = 32
)

func (c *Config) flight(key string) *flight {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.flights[key]
	if f == nil {
		f = &flight{turn: make(chan struct{}, 1)}
		c.flights[key] = f
	}
	return f
}

// resolve fills a target from the files or from the answer of ssh.
func (c *Config) resolve(ctx context.Context, parsed *config, t transport.Target) (transport.Target, error) {
	q := query{t.Address, t.User, t.Port}
	own := parsed.evaluate(q, c.local.Username)
	if c.program == "" {
		return c.unasked(parsed, own, t, c.why)
	}
	if sure := len(own.unsure) == 0 && len(parsed.problems) == 0; sure {
		same, err := c.same(ctx, q, own)
		if err != nil {
			return t, err
		}
		if same {
			return c.taken(t, own.settings)
		}
	}
	base, a, err := c.asked(ctx, q)
	switch {
	case err != nil:
		return t, err
	case a == nil:
		return c.unasked(parsed, own, t, "ssh has failed")
	}
	return c.taken(t, a.settings(base, q, own))
}

// taken fills a target from settings that hold.
func (c *Config) taken(t transport.Target, s settings) (transport.Target, error) {
	filled, warnings, err := c.fill(t, s)
	c.tell(warnings...)
	return filled, err
}

// unasked fills a target without ssh, and warns of settings that only ssh knows.
func (c *Config) unasked(parsed *config, own evaluation, t transport.Target, why string) (transport.Target, error) {
	for _, p := range parsed.problems {
		c.tell(p.String())
	}
	for _, p := range own.unsure {
		c.tell(p.String() + " (" + why + ")")
	}
	return c.taken(t, own.settings)
}

// same reports whether ssh and the parser agree on the class of a host.
func (c *Config) same(ctx context.Context, q query, own evaluation) (bool, error) {
	c.mu.Lock()
	trusted := c.agreed >= enough && !c.differs
	c.mu.Unlock()
	if trusted {
		return true, nil
	}
	key := fmt.Sprintf("class %s %t %t", own.class, q.user != "", q.port != 0)
	f, leave, err := c.enter(ctx, key)
	if err != nil {
		return false, err
	}
	defer leave()
	if f.done {
		return f.agrees, nil
	}
	base, a, err := c.asked(ctx, q)
	if err != nil || a == nil {
		return false, err
	}
	f.done, f.agrees = true, c.agree(q, own.settings, a.settings(base, q, own))
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.agrees {
		c.agreed++
	} else {
		c.differs = true
	}
	return f.agrees, nil
}

// agree reports whether two settings make the same target.
func (c *Config) agree(q query, a, b settings) bool {
	t := transport.Target{Address: q.address, User: q.user, Port: q.port}
	one, _, err1 := c.fill(t, a)
	other, _, err2 := c.fill(t, b)
	return one == other && (err1 == nil) == (err2 == nil)
}

// enter waits for the turn in a flight.
func (c *Config) enter(ctx context.Context, key string) (*flight, func(), error) {
	f := c.flight(key)
	select {
	case f.turn <- struct{}{}:
		return f, func() { <-f.turn }, nil
	case <-ctx.Done():
		return nil, nil, context.Cause(ctx)
	}
}

// asked returns the answer of ssh for a host, and its answer when nothing is
// configured. Both are nil when ssh has failed.
func (c *Config) asked(ctx context.Context, q query) (base, a answer, err error) {
	base, err = c.once(ctx, "base", []string{"-F", none}, query{address: "localhost"})
	if err != nil || base == nil {
		return nil, nil, err
	}
	var files []string
	if c.file != "" {
		files = []string{"-F", c.file}
	}
	a, err = c.once(ctx, fmt.Sprintf("host %s %q %d", q.address, q.user, q.port), files, q)
	return base, a, err
}

// once asks ssh and keeps its answer; nil when it has failed, here or too often.
// The error is that of the context.
func (c *Config) once(ctx context.Context, key string, files []string, q query) (answer, error) {
	f, leave, err := c.enter(ctx, key)
	if err != nil {
		return nil, err
	}
	defer leave()
	if f.done || c.broken() {
		return f.answer, nil
	}
	select {
	case c.places <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { <-c.places }()
	if c.broken() { // while this one waited
		return nil, nil
	}
	a, err := c.ask(ctx, files, q)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	c.count(err)
	if err != nil {
		c.tell(fmt.Sprintf("ssh -G: %v; the files are read without it", err))
	}
	f.answer, f.done = a, true
	return a, nil
}

// broken reports whether ssh is not worth asking.
func (c *Config) broken() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failed >= maxFailures
}

// count keeps count of the failures in a row.
func (c *Config) count(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.failed >= maxFailures:
	case err == nil:
		c.failed = 0
	default:
		c.failed++
	}
}
