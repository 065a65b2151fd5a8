package plain

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"syscall"
	"testing"
)

func TestText(t *testing.T) {
	at := &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 22}
	op := func(number syscall.Errno) error {
		return &net.OpError{Op: "dial", Net: "tcp", Addr: at, Err: os.NewSyscallError("connect", number)}
	}
	asked := func(d net.DNSError) error {
		d.Name, d.Server = "bast", "10.9.9.9:53"
		return &net.OpError{Op: "dial", Net: "tcp", Err: &d}
	}
	var number int
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"ours", errors.New("no"), "no"},
		{"refused", op(syscall.ECONNREFUSED), "connection refused: nothing listens at 10.0.0.1:22"},
		{"no machine", op(syscall.EHOSTUNREACH), "no machine answers at 10.0.0.1:22"},
		{"no route", op(syscall.ENETUNREACH), "this machine has no route to 10.0.0.1:22"},
		{"a firewall here", op(syscall.EACCES), "no permission to connect to 10.0.0.1:22"},
		{"reset", op(syscall.ECONNRESET), "it reset the connection"},
		{"late", op(syscall.ETIMEDOUT), "no answer in time"},
		{"another number", op(syscall.EMFILE), "too many open files (10.0.0.1:22)"},
		{"no such socket", &net.OpError{Op: "dial", Net: "unix", Addr: &net.UnixAddr{Name: "/run/a"}, Err: os.NewSyscallError("connect", syscall.ENOENT)}, "/run/a does not exist"},
		{"no such name", asked(net.DNSError{IsNotFound: true}), `no name server knows "bast"`},
		{"no answer about a name", asked(net.DNSError{IsTimeout: true}), `the name server 10.9.9.9:53 gave no answer for "bast"`},
		{"a broken resolver", asked(net.DNSError{Err: "server misbehaving"}), `the name server 10.9.9.9:53 failed for "bast"`},
		{"no file", &fs.PathError{Op: "open", Path: "/k", Err: syscall.ENOENT}, "/k does not exist"},
		{"no permission", &fs.PathError{Op: "open", Path: "/k", Err: syscall.EACCES}, "/k: this user has no permission to open it"},
		{"a folder", &fs.PathError{Op: "read", Path: "/k", Err: syscall.EISDIR}, "/k is a folder"},
		{"below a file", &fs.PathError{Op: "open", Path: "/k/x", Err: syscall.ENOTDIR}, "/k/x: a part of the path is no folder"},
		{"a circle", &fs.PathError{Op: "open", Path: "/k", Err: syscall.ELOOP}, "/k: its symbolic links lead in a circle"},
		{"another error of a file", &fs.PathError{Op: "open", Path: "/k", Err: errors.New("disk on fire")}, "/k: disk on fire"},
		{"no JSON", json.Unmarshal([]byte("apiVersion"), &number), "it is not JSON"},
		{"other JSON", json.Unmarshal([]byte(`"x"`), &number), "in its JSON: found a text, expected a whole number"},
		{"an unknown authority", &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, "its certificate is of an authority that this machine does not know: add the authority's certificate to the system's, or name its file in SSL_CERT_FILE"},
		{"the end", io.EOF, "it ended"},
		{"cut off", io.ErrUnexpectedEOF, "it ends early"},
	} {
		wrapped := fmt.Errorf("aix1: %w", c.err)
		if got := Text(wrapped); got != "aix1: "+c.want {
			t.Errorf("%s: %q", c.name, got)
		}
		if got := Error(wrapped); got.Error() != "aix1: "+c.want || !errors.Is(got, wrapped) {
			t.Errorf("%s: %q", c.name, got)
		}
	}
	if Error(nil) != nil {
		t.Error("nil is an error")
	}
}

func TestAs(t *testing.T) {
	if err := As(io.EOF, "%s has ended", "x"); err.Error() != "x has ended" || !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}
