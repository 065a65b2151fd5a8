package recording

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"aixmend/transport"
)

// Dialer answers for hosts out of their recordings: nothing is connected to, and
// nothing is run. It is safe for concurrent use.
type Dialer struct {
	hosts map[string]*Recording

	mu      sync.Mutex
	missing map[string][]string // by host: the ids of probes that were not recorded
}

// NewDialer returns the dialler of some recordings, one a host. Its error: two of
// them are of one host.
func NewDialer(list ...*Recording) (*Dialer, error) {
	d := &Dialer{hosts: map[string]*Recording{}, missing: map[string][]string{}}
	for _, r := range list {
		if d.hosts[r.Host.Name] != nil {
			return nil, fmt.Errorf("two recordings are of the host %s", r.Host.Name)
		}
		d.hosts[r.Host.Name] = r
	}
	return d, nil
}

// Dial implements transport.Dialer.
func (d *Dialer) Dial(ctx context.Context, target transport.Target) (transport.Conn, error) {
	r := d.hosts[target.Name]
	switch {
	case ctx.Err() != nil:
		return nil, &transport.Error{Kind: transport.KindCanceled, Op: "replay", Host: target.Name, Err: context.Cause(ctx)}
	case r == nil:
		return nil, &transport.Error{Kind: transport.KindProtocol, Op: "replay", Host: target.Name, Err: errors.New("there is no recording of it")}
	}
	return &conn{d, r}, nil
}

// Missing returns the ids of the probes that were asked of a host and that its
// recording does not have, in the order in which they were asked.
func (d *Dialer) Missing(host string) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.missing[host]
}

// errNotRecorded is the error of a probe that the recording does not have.
var errNotRecorded = errors.New("not recorded: the recording was made by a version or a playbook that did not ask it")

// conn is a connection to a recorded host.
type conn struct {
	dialer *Dialer
	host   *Recording
}

// Close implements transport.Conn.
func (c *conn) Close() error { return nil }

// Link returns the recorded part of a connection's description.
func (c *conn) Link() transport.Link {
	return transport.Link{ServerVersion: c.host.System.SSHServer, Login: "recording"}
}

// Run implements transport.Conn: it answers by the text of each command, and ends
// where the recorded reading ended.
func (c *conn) Run(_ context.Context, commands []transport.Command) (transport.Transcript, error) {
	t := transport.Transcript{Results: make([]transport.Result, len(commands)), Noise: c.host.Noise}
	for i, command := range commands {
		t.Results[i] = transport.Result{ID: command.ID, Err: transport.ErrNotRun}
	}
	for i, command := range commands {
		if command.Mutating {
			return t, &transport.Error{Kind: transport.KindProtocol, Op: "replay", Host: c.host.Host.Name, Err: transport.ErrGateShut}
		}
		e := c.host.Find(command.Line)
		if e == nil {
			t.Results[i].Err = errNotRecorded
			c.dialer.note(c.host.Host.Name, command.ID)
			continue
		}
		if err := c.broke(e); err != nil {
			for j := i; j < len(commands); j++ {
				t.Results[j].Err = err
			}
			return t, err
		}
		t.Results[i] = bounded(e.result(command.ID), command.MaxOutput)
		if ends(command, t.Results[i]) {
			break
		}
	}
	return t, nil
}

// broke is the error that ended the reading before an entry, nil where none did.
func (c *conn) broke(e *Entry) error {
	trouble := c.host.Trouble
	if trouble == nil || e.NoAnswer != Lost && (trouble.Kind != transport.KindPrivilege || e.NoAnswer != NotRun) {
		return nil
	}
	err := &transport.Error{Kind: trouble.Kind, Op: trouble.Op, Host: c.host.Host.Name, Err: errors.New(trouble.Text)}
	if trouble.Kind == transport.KindCanceled { // the recording was stopped; the judging is not
		err.Kind = transport.KindLost
	}
	return err
}

// ends reports whether the commands after one are not run.
func ends(c transport.Command, r transport.Result) bool {
	return c.Require != "" && (r.Err != nil || strings.TrimRight(string(r.Stdout), "\n") != c.Require)
}

// note notes a probe that was not recorded.
func (d *Dialer) note(host, id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !slices.Contains(d.missing[host], id) { // a look may be repeated
		d.missing[host] = append(d.missing[host], id)
	}
}

// bounded is a result of which only so much is kept as the command asks for: the
// recording may have kept more, for another playbook.
func bounded(r transport.Result, limit int) transport.Result {
	if limit <= 0 {
		limit = transport.DefaultMaxOutput
	}
	if more := len(r.Stdout) - limit; more > 0 {
		r.Stdout, r.StdoutDropped = r.Stdout[:limit], r.StdoutDropped+int64(more)
	}
	if more := len(r.Stderr) - limit; more > 0 {
		r.Stderr, r.StderrDropped = r.Stderr[:limit], r.StderrDropped+int64(more)
	}
	return r
}
