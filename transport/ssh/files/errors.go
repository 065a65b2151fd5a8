package files

import (
	"errors"
	"io/fs"

	"github.com/pkg/sftp"

	"aixmend/transport"
	"aixmend/transport/ssh/fault"
)

// failure is an error in plain words, with its kind; "" means KindFile.
type failure struct {
	kind transport.Kind
	text string
	err  error // may be nil
}

func (e failure) Error() string {
	if e.err == nil {
		return e.text
	}
	return e.text + ": " + e.err.Error()
}

func (e failure) Unwrap() error { return e.err }

var errBroke = errors.New("the connection broke while the file moved")

// here marks an error as one of this machine's files.
func here(err error) error { return failure{text: "on this machine", err: err} }

var (
	errFolder        = failure{text: "it is a folder"}
	errNotPlain      = failure{text: "it is not a plain file"}
	errNotUnderstood = failure{kind: transport.KindProtocol, text: "ls printed a line that is not understood"}
	errSize          = failure{kind: transport.KindProtocol, text: "the host reports an impossible size"}
)

// ofSFTP puts an error of SFTP into plain words, and leaves the error of a broken
// session as it is.
func ofSFTP(err error) error {
	var own failure
	var status *sftp.StatusError
	switch {
	case err == nil, errors.As(err, &own), fault.Broken(err), errors.Is(err, sftp.ErrSSHFxConnectionLost):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return failure{text: "no such file or folder"}
	case errors.Is(err, fs.ErrPermission):
		return failure{text: "permission denied"}
	case errors.As(err, &status):
		return failure{text: "the host says " + fault.Printable(err.Error())}
	}
	return failure{kind: transport.KindProtocol, text: "the host's sftp gave an answer that is not understood: " + fault.Printable(err.Error())}
}
