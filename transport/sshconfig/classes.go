package sshconfig

import (
	"context"
	"errors"
	"fmt"

	"aixmend/transport"
)

const (
	// tries is how often ssh is asked one thing before its failure stands.
	tries = 2
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
	q := queryOf(t)
	own := parsed.evaluate(q, c.local.Username)
	for _, d := range own.doubts {
		if d.unsafe {
			return t, doubtful([]doubt{d}, "ssh is not asked")
		}
	}
	base, why, err := c.basis(ctx)
	switch {
	case err != nil:
		return t, err
	case why != "":
		return c.unasked(own, t, why)
	}
	if len(own.doubts) == 0 {
		same, err := c.same(ctx, base, t, own)
		if err != nil {
			return t, err
		}
		if same {
			return c.taken(t, own.settings)
		}
	}
	a, err := c.asked(ctx, q)
	switch {
	case ctx.Err() != nil:
		return t, context.Cause(ctx)
	case err != nil && decided(err):
		return t, err
	case err != nil:
		return c.unasked(own, t, err.Error())
	}
	return c.taken(t, a.settings(base, q, own))
}

// taken fills a target from settings that hold.
func (c *Config) taken(t transport.Target, s settings) (transport.Target, error) {
	filled, warnings, err := c.fill(t, s)
	c.tell(warnings...)
	return filled, err
}

// unasked fills a target without ssh: in doubt it is not known how the host is reached.
func (c *Config) unasked(own evaluation, t transport.Target, why string) (transport.Target, error) {
	if len(own.doubts) > 0 {
		return t, doubtful(own.doubts, why)
	}
	return c.taken(t, own.settings)
}

// same reports whether ssh and the parser agree on the class of a host. Where ssh can't
// be asked about it the parser, which has no doubt, stands.
func (c *Config) same(ctx context.Context, base answer, t transport.Target, own evaluation) (bool, error) {
	c.mu.Lock()
	trusted := c.agreed >= enough && !c.differs
	c.mu.Unlock()
	if trusted {
		return true, nil
	}
	q := queryOf(t)
	key := fmt.Sprintf("class %s %t %t %v", own.class, q.user != "", q.port != 0, q.said)
	f, leave, err := c.enter(ctx, key)
	if err != nil {
		return false, err
	}
	defer leave()
	if f.done {
		return f.agrees, nil
	}
	a, err := c.asked(ctx, q)
	switch {
	case ctx.Err() != nil:
		return false, context.Cause(ctx)
	case err != nil && decided(err):
		return false, err
	case err != nil:
		f.tries++
		f.done, f.agrees = f.tries == tries, true
		c.tell(fmt.Sprintf("%v; the files are read without it", err))
		return true, nil
	}
	f.done, f.agrees = true, c.agree(t, own.settings, a.settings(base, q, own))
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
func (c *Config) agree(t transport.Target, a, b settings) bool {
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

// basis returns the answer of ssh when nothing is configured, or why ssh can't be asked
// about any host: a program that can't say even that is not ssh, or does not work. The
// error is that of the context.
func (c *Config) basis(ctx context.Context) (base answer, why string, err error) {
	if c.program == "" {
		return nil, c.why, nil
	}
	base, err = c.once(ctx, "base", []string{"-F", none}, query{address: "localhost"})
	switch {
	case ctx.Err() != nil:
		return nil, "", context.Cause(ctx)
	case err != nil:
		c.tell(fmt.Sprintf("%v; the files are read without it", err))
		return nil, err.Error(), nil
	}
	return base, "", nil
}

// asked returns the answer of ssh for a host.
func (c *Config) asked(ctx context.Context, q query) (answer, error) {
	c.mu.Lock()
	refused := c.refused
	c.mu.Unlock()
	if refused != nil {
		return nil, refused
	}
	var files []string
	if c.file != "" {
		files = []string{"-F", c.file}
	}
	a, err := c.once(ctx, fmt.Sprintf("host %s %q %d", q.address, q.user, q.port), files, q)
	if refuses := (*refusedError)(nil); errors.As(err, &refuses) && refuses.all {
		c.mu.Lock()
		c.refused = err
		c.mu.Unlock()
	}
	return a, err
}

// once asks ssh, and keeps its answer; a failure stands once it has failed too often.
func (c *Config) once(ctx context.Context, key string, files []string, q query) (answer, error) {
	f, leave, err := c.enter(ctx, key)
	if err != nil {
		return nil, err
	}
	defer leave()
	if f.done || f.tries == tries {
		return f.answer, f.err
	}
	select {
	case c.places <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { <-c.places }()
	a, err := c.ask(ctx, files, q)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	f.tries++
	f.answer, f.err, f.done = a, err, err == nil
	return a, err
}
