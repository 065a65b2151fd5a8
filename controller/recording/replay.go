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

// Dialer replays recordings as if they were hosts. It opens no connection and runs no
// command. It is safe for concurrent use.
type Dialer struct {
	hosts map[string]*Recording

	mu      sync.Mutex
	missing map[string][]string // ids of probes without an entry, by host
}

// NewDialer returns the dialer of some recordings, at most one for each host.
func NewDialer(list ...*Recording) (*Dialer, error) {
	d := &Dialer{hosts: map[string]*Recording{}, missing: map[string][]string{}}
	for _, r := range list {
		if d.hosts[r.Host.Name] != nil {
			return nil, fmt.Errorf("two recordings of host %s", r.Host.Name)
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
		return nil, &transport.Error{Kind: transport.KindProtocol, Op: "replay", Host: target.Name, Err: errors.New("no recording of this host")}
	}
	return &conn{d, r}, nil
}

// Missing returns the ids of the probes that were run but are not in a host's recording,
// in the order in which they ran.
func (d *Dialer) Missing(host string) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.missing[host]
}

// errNotRecorded is the error of a probe that the recording does not have.
var errNotRecorded = errors.New("not recorded: the recording was made with a version or playbook without this probe")

// conn is a connection to a recorded host.
type conn struct {
	dialer *Dialer
	host   *Recording
}

// Close implements transport.Conn.
func (c *conn) Close() error { return nil }

// Link returns the recorded SSH server; see transport.LinkOf.
func (c *conn) Link() transport.Link {
	return transport.Link{ServerVersion: c.host.System.SSHServer, Login: "recording"}
}

// Run implements transport.Conn. It finds answers by command text, and returns the recorded
// Trouble where the recording ended.
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

// broke returns the recorded error before an entry; nil: there was none.
func (c *conn) broke(e *Entry) error {
	trouble := c.host.Trouble
	if trouble == nil || e.NoAnswer != Lost && (trouble.Kind != transport.KindPrivilege || e.NoAnswer != NotRun) {
		return nil
	}
	err := &transport.Error{Kind: trouble.Kind, Op: trouble.Op, Host: c.host.Host.Name, Err: errors.New(trouble.Text)}
	if trouble.Kind == transport.KindCanceled { // the recording was interrupted; this replay is not
		err.Kind = transport.KindLost
	}
	return err
}

// ends reports whether a wrong required answer ends the batch.
func ends(c transport.Command, r transport.Result) bool {
	return c.Require != "" && (r.Err != nil || strings.TrimRight(string(r.Stdout), "\n") != c.Require)
}

// note records a probe without an entry.
func (d *Dialer) note(host, id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !slices.Contains(d.missing[host], id) { // probes may be repeated
		d.missing[host] = append(d.missing[host], id)
	}
}

// bounded cuts a result to the output limit of the command. The recording may hold more,
// for another playbook.
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
