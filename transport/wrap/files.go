package wrap

import (
	"context"

	"aixmend/transport"
)

// Files returns the file transfer of the inner connection, see transport.FilesOf.
func (d *decorated) Files() (transport.Files, bool) {
	inner, ok := transport.FilesOf(d.inner)
	if !ok || d.put == nil {
		return inner, ok
	}
	return gatedFiles{inner, d.put}, true
}

// gatedFiles needs consent for each upload.
type gatedFiles struct {
	transport.Files
	consent func(transport.Upload) error
}

// Put implements transport.Files; it returns an error of the gate unchanged.
func (g gatedFiles) Put(ctx context.Context, up transport.Upload) (transport.Moved, error) {
	if err := g.consent(up); err != nil {
		return transport.Moved{}, err
	}
	return g.Files.Put(ctx, up)
}
