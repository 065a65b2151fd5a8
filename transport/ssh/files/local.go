package files

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"

	"aixmend/transport/place"
)

// originSuffix, behind the name of a download's part, names the file that records
// the source of the part.
const originSuffix = ".of"

// source is the file to which a downloaded part belongs.
type source struct {
	host, name, via string
	stamp           stamp
}

func (s source) String() string {
	return fmt.Sprintf("%q %q %s %d %s\n", s.host, s.name, s.via, s.stamp.size, s.stamp.changed)
}

// localPart is an incomplete file of this machine, and the hash of its content.
type localPart struct {
	to   string
	file *os.File
	into *bufio.Writer
	hash hash.Hash
}

// openPart opens the part of a file and returns its size. It empties a part of
// another source, or of another version of the source.
func openPart(ctx context.Context, to string, of source) (*localPart, int64, error) {
	file, err := os.OpenFile(to+partSuffix, os.O_RDWR|os.O_CREATE|place.NoFollow, 0o600)
	if err != nil {
		return nil, 0, here(err)
	}
	p := &localPart{to: to, file: file, into: bufio.NewWriterSize(file, 256<<10), hash: sha256.New()}
	size, err := p.resume(ctx, of)
	if err != nil {
		p.close()
		return nil, 0, here(err)
	}
	return p, size, nil
}

// resume hashes the existing bytes if they belong to the source, else it starts
// again. The origin is written while the part is empty, so it never names other
// bytes.
func (p *localPart) resume(ctx context.Context, of source) (int64, error) {
	origin, err := os.ReadFile(p.to + partSuffix + originSuffix)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	if string(origin) == of.String() {
		size, err := io.Copy(p.hash, &interruptible{ctx: ctx, from: p.file})
		if err != nil || size <= of.stamp.size {
			return size, err
		}
		p.hash.Reset()
	}
	if err := p.file.Truncate(0); err != nil {
		return 0, err
	}
	if _, err := p.file.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	return 0, p.writeOrigin(of)
}

// writeOrigin records the source of the part.
func (p *localPart) writeOrigin(of source) error {
	file, err := os.OpenFile(p.to+partSuffix+originSuffix, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|place.NoFollow, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(of.String())
	return errors.Join(err, file.Close())
}

func (p *localPart) Write(b []byte) (int, error) {
	_, _ = p.hash.Write(b) // never fails
	n, err := p.into.Write(b)
	if err != nil {
		err = here(err)
	}
	return n, err
}

// keep renames the complete part.
func (p *localPart) keep() error {
	err := p.into.Flush()
	if err == nil {
		err = p.file.Sync()
	}
	if err == nil {
		err = p.file.Close()
	}
	if err == nil {
		err = os.Rename(p.to+partSuffix, p.to)
	}
	if err != nil {
		return here(err)
	}
	_ = os.Remove(p.to + partSuffix + originSuffix) // a stale one does not match the next part
	return nil
}

// discard removes the part.
func (p *localPart) discard() {
	_ = os.Remove(p.to + partSuffix)
	_ = os.Remove(p.to + partSuffix + originSuffix)
}

// close keeps the part for a later try; after keep it does nothing.
func (p *localPart) close() {
	_ = p.into.Flush()
	_ = p.file.Close()
}

// interruptible is a reader that stops with its context.
type interruptible struct {
	ctx  context.Context
	from io.Reader
}

func (i *interruptible) Read(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.from.Read(p)
}
