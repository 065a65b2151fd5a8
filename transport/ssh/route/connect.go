package route

import "context"

// Connect calls handshake: through the bastions, through the target's proxy command,
// or straight. A target with a proxy command has no bastion. Where a bastion dropped
// the connection, or had no room for it, Connect calls handshake again within the
// connect timeout.
//
// The error is that of handshake, or an *Error with a kind whose Op and Host are
// empty.
func (p *Path) Connect(ctx context.Context, handshake Handshake) error {
	switch {
	case p.via != nil:
		return p.through(ctx, handshake)
	case named(p.Target.ProxyCommand):
		return p.proxied(ctx, handshake)
	}
	return handshake(ctx, Way{Open: p.straight, Left: p.routes.options.ConnectTimeout})
}
