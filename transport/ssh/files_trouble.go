package ssh

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/ssh/fault"
)

// trouble is an error in plain words, with its kind; "" is KindFile.
type trouble struct {
	kind transport.Kind
	text string
	err  error // may be nil
}

func (e trouble) Error() string {
	if e.err == nil {
		return e.text
	}
	return e.text + ": " + e.err.Error()
}

func (e trouble) Unwrap() error { return e.err }

var errBroke = errors.New("the connection broke while the file moved")

// fail gives an error of a transfer its kind. What is no trouble of its own is
// that of the connection.
func (t *transfer) fail(ctx context.Context, err error) error {
	kind := transport.KindLost
	var own trouble
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
	case t.conn.cause() != nil:
		err = t.conn.cause()
	case errors.As(err, &refused):
		kind, err = transport.KindProtocol, errors.New("the server refused a session: "+fault.Printable(refused.Message))
	default:
		err = errBroke
	}
	return t.conn.fail(kind, t.op, fmt.Errorf("%s: %w", fault.Printable(t.name), fault.Short(err)))
}

// here is an error of this machine's files.
func here(err error) error { return trouble{text: "on this machine", err: err} }

var (
	errFolder        = trouble{text: "it is a folder"}
	errNotPlain      = trouble{text: "it is not a plain file"}
	errNotUnderstood = trouble{kind: transport.KindProtocol, text: "what ls says of it is not understood"}
	errSize          = trouble{kind: transport.KindProtocol, text: "the host gives a size that no file has"}
)

// plain puts an error of SFTP into plain words. What a broken session gives is
// left as it is.
func plain(err error) error {
	var own trouble
	var status *sftp.StatusError
	switch {
	case err == nil, errors.As(err, &own), fault.Broken(err), errors.Is(err, sftp.ErrSSHFxConnectionLost):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return trouble{text: "no such file or folder"}
	case errors.Is(err, fs.ErrPermission):
		return trouble{text: "permission denied"}
	case errors.As(err, &status):
		return trouble{text: "the host says " + fault.Printable(err.Error())}
	}
	return trouble{kind: transport.KindProtocol, text: "the host's sftp is not understood: " + fault.Printable(err.Error())}
}
