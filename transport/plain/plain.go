// Package plain puts errors of Go's libraries (files, the network, TLS, JSON) into plain
// words, so that a person does not read the same reason three times.
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
	"strings"
	"syscall"
)

// worded is an error with a text of its own.
type worded struct {
	text string
	err  error
}

// Error returns the text.
func (w *worded) Error() string { return w.text }

// Unwrap returns the error in the words of the library.
func (w *worded) Unwrap() error { return w.err }

// As returns err with this text instead of its own, for a text that says all of it. It
// unwraps to err.
func As(err error, format string, args ...any) error {
	return &worded{fmt.Sprintf(format, args...), err}
}

// Silent returns an error without a text, for the end of a message that says all of it. It
// unwraps to err.
func Silent(err error) error { return &worded{"", err} }

// Error returns err with the words of a library in its text replaced. It unwraps to err,
// and is err itself where there are none, nil for nil.
func Error(err error) error {
	if err == nil {
		return nil
	}
	if text := Text(err); text != err.Error() {
		return &worded{text, err}
	}
	return err
}

// Text is the text of an error, with the words of a library in it replaced.
func Text(err error) string {
	inner, words := known(err)
	if inner == nil {
		return err.Error()
	}
	return strings.Replace(err.Error(), inner.Error(), words, 1)
}

// known finds the error of a library in err, and the words for it; nil for none.
func known(err error) (inner error, words string) {
	var op *net.OpError
	var dns *net.DNSError
	var file *fs.PathError
	var syntax *json.SyntaxError
	var typed *json.UnmarshalTypeError
	switch {
	case errors.As(err, &dns):
		if errors.As(err, &op) {
			return op, name(dns)
		}
		return dns, name(dns)
	case Untrusted(err) != nil:
		return untrusted(err)
	case errors.As(err, &op):
		return op, network(op)
	case errors.As(err, &file):
		return file, path(file)
	case errors.As(err, &syntax):
		return syntax, "it is not JSON"
	case errors.As(err, &typed):
		return typed, "in its JSON: " + kind(typed)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return io.ErrUnexpectedEOF, "it ends early"
	case errors.Is(err, io.EOF):
		return io.EOF, "it ended"
	}
	return nil, ""
}

// path words an error of a file.
func path(file *fs.PathError) string {
	switch {
	case errors.Is(file, fs.ErrNotExist):
		return file.Path + " does not exist"
	case errors.Is(file, fs.ErrPermission):
		return file.Path + ": this user has no permission to " + file.Op + " it"
	case errors.Is(file, syscall.EISDIR):
		return file.Path + " is a folder"
	case errors.Is(file, syscall.ENOTDIR):
		return file.Path + ": a part of the path is no folder"
	case errors.Is(file, syscall.ELOOP):
		return file.Path + ": " + circle
	}
	return file.Path + ": " + file.Err.Error()
}

const circle = "its symbolic links lead in a circle"

// Cause returns the reason of an error about a file, for a message that names the file
// already.
func Cause(err error) error {
	var file *fs.PathError
	switch {
	case errors.Is(err, syscall.ELOOP):
		return As(err, circle)
	case errors.Is(err, fs.ErrNotExist):
		return As(err, "it does not exist")
	case errors.As(err, &file):
		return file.Err
	}
	return err
}

// name words the answer of a resolver.
func name(dns *net.DNSError) string {
	server := ""
	if dns.Server != "" {
		server = " " + dns.Server
	}
	switch {
	case dns.IsNotFound:
		return fmt.Sprintf("no name server knows %q", dns.Name)
	case dns.IsTimeout:
		return fmt.Sprintf("the name server%s gave no answer for %q", server, dns.Name)
	}
	return fmt.Sprintf("the name server%s failed for %q", server, dns.Name)
}

// network words an error of a connection.
func network(op *net.OpError) string {
	at := "its address"
	if op.Addr != nil {
		at = op.Addr.String()
	}
	var number syscall.Errno
	switch {
	case op.Timeout():
		return "no answer in time"
	case errors.Is(op, syscall.ECONNREFUSED):
		return "connection refused: nothing listens at " + at
	case errors.Is(op, syscall.ENOENT):
		return at + " does not exist"
	case errors.Is(op, syscall.EHOSTUNREACH), errors.Is(op, syscall.EHOSTDOWN):
		return "no machine answers at " + at
	case errors.Is(op, syscall.ENETUNREACH), errors.Is(op, syscall.EADDRNOTAVAIL):
		return "this machine has no route to " + at
	case errors.Is(op, syscall.EACCES), errors.Is(op, syscall.EPERM):
		return "no permission to connect to " + at
	case errors.Is(op, syscall.ECONNRESET):
		return "it reset the connection"
	case errors.Is(op, syscall.EPIPE), errors.Is(op, net.ErrClosed), errors.Is(op, io.EOF):
		return "it ended the connection"
	case errors.As(op, &number):
		return number.Error() + " (" + at + ")"
	}
	return op.Err.Error()
}

// Untrusted returns the reason why a TLS certificate is not trusted, with the remedy; nil
// for other errors.
func Untrusted(err error) error {
	inner, words := untrusted(err)
	if inner == nil {
		return nil
	}
	return As(inner, "%s", words)
}

func untrusted(err error) (inner error, words string) {
	var certificate *tls.CertificateVerificationError
	var invalid x509.CertificateInvalidError
	var host x509.HostnameError
	var authority x509.UnknownAuthorityError
	whole := func(inner error) error {
		if errors.As(err, &certificate) {
			return certificate
		}
		return inner
	}
	switch {
	case errors.As(err, &authority):
		return whole(authority), "its certificate is of an authority that this machine does not know: add the authority's certificate to the system's, or name its file in SSL_CERT_FILE"
	case errors.As(err, &host):
		return whole(host), "its certificate is not for " + host.Host + ": use the name that the certificate has"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return whole(invalid), "its certificate is not valid today: renew it, or correct the clock of this machine"
	case errors.As(err, &invalid):
		return whole(invalid), "its certificate can't be verified: see openssl s_client -connect HOST:PORT"
	case errors.As(err, &certificate):
		return certificate, "its certificate can't be verified: see openssl s_client -connect HOST:PORT"
	}
	return nil, ""
}
