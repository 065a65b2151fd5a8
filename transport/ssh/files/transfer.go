package files

import (
	"aixmend/transport"
	"aixmend/transport/plain"
	"aixmend/transport/ssh/fault"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"golang.org/x/crypto/ssh"
)

var _ transport.Files = (*Mover)(nil)

// Put implements transport.Files.
func (m *Mover) Put(ctx context.Context, up transport.Upload) (transport.Moved, error) {
	t := &transfer{mover: m, op: "upload", name: up.To, progress: up.Progress}
	if err := transport.CheckPath(up.To); err != nil {
		return transport.Moved{}, t.fail(ctx, failure{text: "the name is refused", err: err})
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
			_ = r.remove(part) // frees the space of a full file system
		}
		return transport.Moved{}, failed
	}
	return moved, nil
}

// Get implements transport.Files.
func (m *Mover) Get(ctx context.Context, down transport.Download) (transport.Moved, error) {
	t := &transfer{mover: m, op: "download", name: down.From, progress: down.Progress}
	if err := transport.CheckPath(down.From); err != nil {
		return transport.Moved{}, t.fail(ctx, failure{text: "the name is refused", err: err})
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

// resumable reports whether a failed transfer can be resumed.
func resumable(err error) bool {
	kind := transport.KindOf(err)
	return kind == transport.KindLost || kind == transport.KindCanceled
}

// transfer is the transfer of one file.
type transfer struct {
	mover    *Mover
	op, name string
	progress func(done, total int64)
}

// open chooses commands for a login that must become root or whose SFTP does not
// work, else SFTP.
func (t *transfer) open(ctx context.Context) (remote, error) {
	if become := t.mover.Target.Become; become != "" && become != transport.BecomeNone {
		return &overExec{mover: t.mover, ctx: ctx}, nil
	}
	r, err := t.mover.openSFTP(ctx)
	if errors.Is(err, errNoSFTP) {
		return &overExec{mover: t.mover, ctx: ctx}, nil
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// tell reports the progress at the beginning of a transfer.
func (t *transfer) tell(done, total int64) {
	if t.progress != nil {
		t.progress(done, total)
	}
}

// put stores a file under the name of its part, and compares the stored bytes.
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
		return transport.Moved{}, failure{text: fmt.Sprintf("the file on this machine became shorter while it was sent: %d of %d bytes", from.done, size)}
	}
	stored := sha256.New()
	if err := r.read(part, 0, size, stored); err != nil {
		return transport.Moved{}, err
	}
	if sum(stored) != sum(sent) {
		return transport.Moved{}, failure{kind: transport.KindProtocol, text: fmt.Sprintf(
			"the host has stored other bytes than were sent: sha256 %s, not %s", sum(stored), sum(sent))}
	}
	return transport.Moved{Bytes: size, SHA256: sum(stored), Resumed: offset, Via: r.via()}, nil
}

// resume prepares the part and returns the number of its bytes that equal the
// file's; good is then the hash of those.
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

// get downloads a file into its part, and renames it once it is complete.
func (t *transfer) get(ctx context.Context, r remote, down transport.Download) (transport.Moved, error) {
	before, err := r.stat(down.From)
	if err != nil {
		return transport.Moved{}, err
	}
	if down.MaxBytes > 0 && before.size > down.MaxBytes {
		return transport.Moved{}, failure{text: fmt.Sprintf("it is larger than the limit of %d bytes: %d bytes", down.MaxBytes, before.size)}
	}
	var part *localPart
	var offset int64
	err = r.rest(func() (err error) {
		part, offset, err = openPart(ctx, down.To, source{t.mover.Target.Name, down.From, r.via(), before})
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

// unchanged checks that a file did not change while it was read: its content would
// be neither the old nor the new one.
func unchanged(r remote, name string, before stamp) error {
	after, err := r.stat(name)
	if err == nil && after != before {
		err = failure{text: fmt.Sprintf("it changed while it was read: %d bytes of %s, then %d bytes of %s",
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

// fail gives an error of a transfer its kind. An error without one is that of the
// connection.
func (t *transfer) fail(ctx context.Context, err error) error {
	kind := transport.KindLost
	var own failure
	var typed *transport.Error
	var refused *ssh.OpenChannelError
	switch {
	case ctx.Err() != nil:
		kind, err = transport.KindCanceled, context.Cause(ctx)
	case errors.As(err, &own):
		if kind = own.kind; kind == "" {
			kind = transport.KindFile
		}
	case errors.As(err, &typed):
		kind, err = typed.Kind, typed.Err
	case t.mover.Conn.Cause() != nil:
		err = t.mover.Conn.Cause()
	case errors.As(err, &refused):
		kind, err = transport.KindProtocol, errors.New("the server refused a session: "+fault.Printable(refused.Message))
	default:
		err = errBroke
	}
	return &transport.Error{Kind: kind, Op: t.op, Host: t.mover.Target.Name, Err: fmt.Errorf("%s: %w", fault.Printable(t.name), plain.Error(fault.Short(err)))}
}
