package notify

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/cenkalti/backoff/v5"
)

// The errors of the libraries are put into plain words; only those that may pass are tried
// again.
func TestUnreached(t *testing.T) {
	dial := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 443}, Err: os.NewSyscallError("connect", err)}
	}
	verified := func(err error) error { return &tls.CertificateVerificationError{Err: err} }
	certificate := &x509.Certificate{DNSNames: []string{"a.example"}}
	for name, c := range map[string]struct {
		err       error
		want      string
		permanent bool
	}{
		"nobody listens":    {dial(syscall.ECONNREFUSED), "nothing listens at 192.0.2.1:443", false},
		"no route":          {dial(syscall.EHOSTUNREACH), "no route to 192.0.2.1:443", false},
		"no answer":         {dial(os.ErrDeadlineExceeded), "no answer in time", false},
		"a reset":           {&net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}, "closed the connection", false},
		"no such name":      {&net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Name: "hooks.exmple", IsNotFound: true}}, `no name server knows "hooks.exmple"`, false},
		"a silent server":   {&net.DNSError{Name: "hooks.example", IsTimeout: true}, "the name server did not answer", false},
		"another authority": {verified(x509.UnknownAuthorityError{}), "SSL_CERT_FILE", true},
		"another name":      {verified(x509.HostnameError{Certificate: certificate, Host: "b.example"}), "not for b.example", true},
		"an old one":        {verified(x509.CertificateInvalidError{Cert: certificate, Reason: x509.Expired}), "clock of this machine", true},
		"another fault":     {verified(x509.CertificateInvalidError{Cert: certificate, Reason: x509.TooManyIntermediates}), "can't be verified", true},
		"no TLS":            {tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, "does not speak TLS", true},
		"a redirect":        {errElsewhere, "it redirects", true},
		"anything else":     {errors.New("odd"), "no connection: odd", false},
	} {
		got := unreached(&url.Error{Op: "Post", URL: "https://b.example/s3cret", Err: c.err})
		var permanent *backoff.PermanentError
		if errors.As(got, &permanent) != c.permanent || !strings.Contains(got.Error(), c.want) {
			t.Errorf("%s: %v", name, got)
		}
		for _, phrase := range []string{"x509:", "dial tcp", "tls:", "lookup", "s3cret"} {
			if strings.Contains(got.Error(), phrase) {
				t.Errorf("%s: %q in %v", name, phrase, got)
			}
		}
	}
}
