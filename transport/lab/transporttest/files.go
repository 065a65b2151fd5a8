package transporttest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"

	"aixmend/transport"
)

// Transfer is one file that was asked for, or brought, whatever came of it.
type Transfer struct {
	Host string
	// Op is upload or download, Path the file's on the host.
	Op, Path string
}

// Store puts a file on a host.
func (f *Fake) Store(host, path string, data []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.files[key(host, path)] = bytes.Clone(data)
}

// Stored returns a file of a host, and whether it is there.
func (f *Fake) Stored(host, path string) ([]byte, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	data, ok := f.files[key(host, path)]
	return bytes.Clone(data), ok
}

// FailTransfer lets the next transfers of a host's file fail, one error a
// transfer; nil lets one pass. One of transport.KindLost breaks the connection.
func (f *Fake) FailTransfer(host, path string, errs ...error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	k := key(host, path)
	f.failures[k] = append(f.failures[k], errs...)
}

// NoFiles makes all connections ones that can't move files.
func (f *Fake) NoFiles() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.noFiles = true
}

// Transfers returns the requested transfers, in order.
func (f *Fake) Transfers() []Transfer {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Transfer(nil), f.transfers...)
}

// transfer records a transfer and returns the error that was scripted for it.
func (f *Fake) transfer(t Transfer) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.transfers = append(f.transfers, t)
	k := key(t.Host, t.Path)
	if len(f.failures[k]) == 0 {
		return nil
	}
	err := f.failures[k][0]
	f.failures[k] = f.failures[k][1:]
	return err
}

// Files reports whether the connection can move files, see transport.FilesOf.
func (c *fakeConn) Files() (transport.Files, bool) {
	c.fake.mu.Lock()
	defer c.fake.mu.Unlock()
	return fakeFiles{c}, !c.fake.noFiles
}

// fakeFiles moves files at once, and whole: it has no parts.
type fakeFiles struct{ conn *fakeConn }

// Put implements transport.Files.
func (f fakeFiles) Put(ctx context.Context, up transport.Upload) (transport.Moved, error) {
	if err := f.begin(ctx, "upload", up.To); err != nil {
		return transport.Moved{}, err
	}
	data, err := os.ReadFile(up.From)
	if err != nil {
		return transport.Moved{}, f.fail("upload", up.To, fmt.Errorf("on this machine: %w", err))
	}
	f.conn.fake.Store(f.conn.host, up.To, data)
	return whole(data, up.Progress), nil
}

// Get implements transport.Files.
func (f fakeFiles) Get(ctx context.Context, down transport.Download) (transport.Moved, error) {
	if err := f.begin(ctx, "download", down.From); err != nil {
		return transport.Moved{}, err
	}
	data, ok := f.conn.fake.Stored(f.conn.host, down.From)
	if !ok {
		return transport.Moved{}, f.fail("download", down.From, errors.New("no such file or folder"))
	}
	if down.MaxBytes > 0 && int64(len(data)) > down.MaxBytes {
		return transport.Moved{}, f.fail("download", down.From,
			fmt.Errorf("it is larger than the limit of %d bytes: %d bytes", down.MaxBytes, len(data)))
	}
	if err := os.WriteFile(down.To, data, 0o600); err != nil {
		return transport.Moved{}, f.fail("download", down.From, fmt.Errorf("on this machine: %w", err))
	}
	return whole(data, down.Progress), nil
}

// begin checks the rules that every transfer must keep.
func (f fakeFiles) begin(ctx context.Context, op, path string) error {
	if err := transport.CheckPath(path); err != nil {
		return f.fail(op, path, fmt.Errorf("the name is refused: %w", err))
	}
	if err := f.conn.usable(ctx); err != nil {
		return failure(transport.KindOf(err), op, f.conn.host, fmt.Errorf("%s: %w", path, errors.Unwrap(err)))
	}
	err := f.conn.fake.transfer(Transfer{Host: f.conn.host, Op: op, Path: path})
	if transport.KindOf(err) == transport.KindLost {
		f.conn.gone = true
	}
	return err
}

func (f fakeFiles) fail(op, path string, err error) error {
	return failure(transport.KindFile, op, f.conn.host, fmt.Errorf("%s: %w", path, err))
}

// whole is the result of an uninterrupted transfer.
func whole(data []byte, progress func(done, total int64)) transport.Moved {
	size := int64(len(data))
	if progress != nil {
		progress(0, size)
		progress(size, size)
	}
	sum := sha256.Sum256(data)
	return transport.Moved{Bytes: size, SHA256: hex.EncodeToString(sum[:]), Via: transport.ViaSFTP}
}
