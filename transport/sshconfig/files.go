package sshconfig

import (
	"context"
	"sync"

	"aixmend/transport"
	reason "aixmend/transport/cause"
)

// Files fills each target from the file that its SSHConfig names, and from those of the
// options where it names none. A file is read when the first target needs it. Files is
// safe for concurrent use.
type Files struct {
	options Options
	usual   *Config
	mu      sync.Mutex
	named   map[string]*Config
}

// NewFiles returns Files. Nothing is read before the first target is filled.
func NewFiles(o Options) *Files {
	return &Files{options: o, usual: New(o), named: map[string]*Config{}}
}

// Fill is Config.Fill of the target's own file.
func (f *Files) Fill(ctx context.Context, t transport.Target) (transport.Target, error) {
	return f.of(t.SSHConfig).Fill(ctx, t)
}

// of returns the Config of a file. All of them call ssh as often at a time as one does.
func (f *Files) of(file string) *Config {
	if file == "" {
		return f.usual
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.named[file]
	if c == nil {
		o := f.options
		o.File = file
		c = New(o)
		c.places = f.usual.places
		f.named[file] = c
	}
	return c
}

// Dialer returns a dialler that fills each target before inner dials it.
func (f *Files) Dialer(inner transport.Dialer) transport.Dialer {
	return transport.DialerFunc(func(ctx context.Context, t transport.Target) (transport.Conn, error) {
		filled, err := f.Fill(ctx, t)
		if err != nil {
			failed := &transport.Error{Kind: transport.KindProtocol, Op: "ssh_config", Host: t.Name, Err: reason.Because(reason.ConfigUnusable, err)}
			if ctx.Err() != nil {
				failed.Kind, failed.Err = transport.KindCanceled, err
			}
			return nil, failed
		}
		return inner.Dial(ctx, filled)
	})
}
