package reach

import (
	"context"
	"path/filepath"
	"sync"

	"aixmend/controller/outcome"
	"aixmend/transport"
)

// dialled remembers how each host was dialled last, by name.
type dialled struct {
	mu sync.Mutex
	to map[string]outcome.Dialled
}

// remembering is a dialler that remembers the targets it is given: filled in, by the
// inventory and ssh_config.
func (d *dialled) remembering(next transport.Dialer) transport.Dialer {
	return transport.DialerFunc(func(ctx context.Context, t transport.Target) (transport.Conn, error) {
		full := t.Defaulted()
		if path, err := filepath.Abs(full.Identity); err == nil && full.Identity != "" {
			full.Identity = path // readers of the report may be in another folder
		}
		d.mu.Lock()
		d.to[t.Name] = outcome.Dialled{Address: full.Address, Port: full.Port, Login: full.User, Identity: full.Identity, Jump: full.Jump}
		d.mu.Unlock()
		return next.Dial(ctx, t)
	})
}

// Dialled returns how a host was dialled last; nil where it was not.
func (w *Way) Dialled(host string) *outcome.Dialled {
	w.dialled.mu.Lock()
	defer w.dialled.mu.Unlock()
	to, there := w.dialled.to[host]
	if !there {
		return nil
	}
	return &to
}
