package ssh

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"

	"aixmend/transport"
)

var _ transport.Files = (*conn)(nil)

// partSuffix stands behind the name of a file that is not whole yet.
const partSuffix = ".part"

// remote is the host's side of a transfer: over SFTP, or over commands where
// that can't be had or the login needs privilege. Its errors are troubles, or
// those of a connection that broke.
type remote interface {
	// stat says how large a plain file is, and when it was changed.
	stat(name string) (stamp, error)
	// read gives the bytes of a file from an offset on: size of them, which is
	// all that there may be.
	read(name string, from, size int64, into io.Writer) error
	// part readies a file for append and returns its size. It is one that
	// belongs to the login alone: anything else is replaced by an empty one,
	// and so it is when it has to be fresh.
	part(name string, fresh bool) (int64, error)
	// append writes size bytes at the end of the part, which is at offset, and
	// closes it.
	append(name string, offset, size int64, from io.Reader) error
	// finish gives a part its mode and, in one step, its name.
	finish(part, name string, mode fs.FileMode) error
	remove(name string) error
	// rest runs what takes its time on this machine, in which the host has
	// nothing to do.
	rest(f func() error) error
	via() string
	close()
}

// stamp is what tells whether a file is still the same.
type stamp struct {
	size    int64
	changed string // when; comparable with a stamp of the same remote alone
}

// Put implements transport.Files.
func (c *conn) Put(ctx context.Context, up transport.Upload) (transport.Moved, error) {
	t := &transfer{conn: c, op: "upload", name: up.To, progress: up.Progress}
	if err := transport.CheckPath(up.To); err != nil {
		return transport.Moved{}, t.fail(ctx, trouble{text: "the name is refused", err: err})
	}
	file, size, err := openPlain(up.From)
	if err != nil {
		return transport.Moved{}, t.fail(ctx, err)
	}
	defer file.Close()
	mode := up.Mode.Perm()
	if mode == 0 {
		mode = 0o600
	}
	r, err := t.open(ctx)
	if err != nil {
		return transport.Moved{}, t.fail(ctx, err)
	}
	defer r.close()
	part := up.To + partSuffix
	moved, err := t.put(r, file, size, part)
	if err == nil {
		err = r.finish(part, up.To, mode)
	}
	if err != nil {
		failed := t.fail(ctx, err)
		if !resumable(failed) {
			_ = r.remove(part) // a full file system does not stay full
		}
		return transport.Moved{}, failed
	}
	return moved, nil
}

// Get implements transport.Files.
func (c *conn) Get(ctx context.Context, down transport.Download) (transport.Moved, error) {
	t := &transfer{conn: c, op: "download", name: down.From, progress: down.Progress}
	if err := transport.CheckPath(down.From); err != nil {
		return transport.Moved{}, t.fail(ctx, trouble{text: "the name is refused", err: err})
	}
	r, err := t.open(ctx)
	if err != nil {
		return transport.Moved{}, t.fail(ctx, err)
	}
	defer r.close()
	moved, err := t.get(ctx, r, down)
	if err != nil {
		return transport.Moved{}, t.fail(ctx, err)
	}
	return moved, nil
}

// resumable tells whether a failed transfer can go on later from where it was.
func resumable(err error) bool {
	kind := transport.KindOf(err)
	return kind == transport.KindLost || kind == transport.KindCanceled
}

// transfer is one file on its way.
type transfer struct {
	conn     *conn
	op, name string
	progress func(done, total int64)
}

// open chooses the way: files that need privilege move with commands, and so
// do all where the login's SFTP does not work.
func (t *transfer) open(ctx context.Context) (remote, error) {
	if become := t.conn.target.Become; become != "" && become != transport.BecomeNone {
		return &overExec{conn: t.conn, ctx: ctx}, nil
	}
	r, err := t.conn.openSFTP(ctx)
	if errors.Is(err, errNoSFTP) {
		return &overExec{conn: t.conn, ctx: ctx}, nil
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// tell tells the caller where a transfer begins.
func (t *transfer) tell(done, total int64) {
	if t.progress != nil {
		t.progress(done, total)
	}
}

// put stores a file under the name of its part, and compares what is stored.
func (t *transfer) put(r remote, file io.ReaderAt, size int64, part string) (transport.Moved, error) {
	sent := sha256.New()
	offset, err := t.resume(r, file, size, part, sent)
	if err != nil {
		return transport.Moved{}, err
	}
	t.tell(offset, size)
	from := &counted{from: io.NewSectionReader(file, offset, size-offset), hash: sent, done: offset, total: size, progress: t.progress}
	if err := r.append(part, offset, size-offset, from); err != nil {
		return transport.Moved{}, err
	}
	if from.done != size {
		return transport.Moved{}, trouble{text: fmt.Sprintf("the file on this machine became shorter while it was sent: %d of %d bytes", from.done, size)}
	}
	stored := sha256.New()
	if err := r.read(part, 0, size, stored); err != nil {
		return transport.Moved{}, err
	}
	if sum(stored) != sum(sent) {
		return transport.Moved{}, trouble{kind: transport.KindProtocol, text: fmt.Sprintf(
			"what the host has stored is not what was sent: sha256 %s, not %s", sum(stored), sum(sent))}
	}
	return transport.Moved{Bytes: size, SHA256: sum(stored), Resumed: offset, Via: r.via()}, nil
}

// resume readies the part and returns how much of it is good; the hash is then
// that of as many bytes of the file.
func (t *transfer) resume(r remote, file io.ReaderAt, size int64, part string, good hash.Hash) (int64, error) {
	have, err := r.part(part, false)
	if err != nil || have == 0 {
		return 0, err
	}
	if have <= size {
		there := &twin{file: file, mine: good, theirs: sha256.New()}
		if err := r.read(part, 0, have, there); err != nil {
			return 0, err
		}
		if there.equal() {
			return have, nil
		}
		good.Reset()
	}
	_, err = r.part(part, true)
	return 0, err
}

// get fetches a file into its part, and names it when it is whole.
func (t *transfer) get(ctx context.Context, r remote, down transport.Download) (transport.Moved, error) {
	before, err := r.stat(down.From)
	if err != nil {
		return transport.Moved{}, err
	}
	if down.MaxBytes > 0 && before.size > down.MaxBytes {
		return transport.Moved{}, trouble{text: fmt.Sprintf("it is larger than the bound of %d bytes: %d bytes", down.MaxBytes, before.size)}
	}
	var part *localPart
	var offset int64
	err = r.rest(func() (err error) {
		part, offset, err = openPart(ctx, down.To, source{t.conn.target.Name, down.From, r.via(), before})
		return err
	})
	if err != nil {
		return transport.Moved{}, err
	}
	defer part.close()
	t.tell(offset, before.size)
	into := &arriving{part: part, done: offset, total: before.size, progress: t.progress}
	if offset < before.size {
		err = r.read(down.From, offset, before.size-offset, into)
	}
	if err == nil {
		err = unchanged(r, down.From, before)
	}
	if err == nil {
		err = r.rest(part.keep)
	}
	if err != nil {
		if !resumable(t.fail(ctx, err)) {
			part.discard()
		}
		return transport.Moved{}, err
	}
	return transport.Moved{Bytes: before.size, SHA256: sum(part.hash), Resumed: offset, Via: r.via()}, nil
}

// unchanged looks at a file once more: one that changes while it is read gives
// neither its old content nor its new one.
func unchanged(r remote, name string, before stamp) error {
	after, err := r.stat(name)
	if err == nil && after != before {
		err = trouble{text: fmt.Sprintf("it changed while it was read: %d bytes of %s, then %d bytes of %s",
			before.size, before.changed, after.size, after.changed)}
	}
	return err
}

// openPlain opens a plain file of this machine.
func openPlain(name string) (*os.File, int64, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, 0, here(err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a plain file", name)
	}
	if err != nil {
		_ = file.Close()
		return nil, 0, here(err)
	}
	return file, info.Size(), nil
}

func sum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }
