package wrap

import (
	"context"

	"aixmend/transport"
)

// Files passes the ability of the inner connection on, see transport.FilesOf.
func (d *decorated) Files() (transport.Files, bool) {
	inner, ok := transport.FilesOf(d.inner)
	if !ok || d.put == nil {
		return inner, ok
	}
	return gatedFiles{inner, d.put}, true
}

// gatedFiles are files that no upload reaches without consent.
type gatedFiles struct {
	transport.Files
	consent func(transport.Upload) error
}

// Put implements transport.Files; what the gate says is returned as it is.
func (g gatedFiles) Put(ctx context.Context, up transport.Upload) (transport.Moved, error) {
	if err := g.consent(up); err != nil {
		return transport.Moved{}, err
	}
	return g.Files.Put(ctx, up)
}
