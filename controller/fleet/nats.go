package fleet

import (
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"strings"
)

// natsPort is the usual port of a NATS server.
const natsPort = "4222"

// NATS is a NATS server that somebody else runs, through which a hub and its members speak.
type NATS struct {
	// URL is tls://HOST:PORT, or nats://HOST:PORT where it is on the same machine.
	URL string `json:"url"`
	// CA are the certificates of those who vouch for it, as PEM; "": whom the system trusts.
	CA string `json:"ca,omitempty"`
}

// NewNATS checks a URL, and the certificates of those who vouch for the server there, as PEM.
func NewNATS(text string, ca []byte) (NATS, error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || strings.ContainsAny(u.Hostname(), ":,") && net.ParseIP(u.Hostname()) == nil {
		return NATS{}, errors.New("write it as tls://HOST:PORT")
	}
	if u.Port() == "" {
		u.Host = net.JoinHostPort(u.Hostname(), natsPort)
	}
	n := NATS{URL: u.Scheme + "://" + u.Host, CA: string(ca)}
	switch {
	case u.User != nil:
		return NATS{}, errors.New("it has a user: hub and members prove themselves by keys alone")
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		return NATS{}, errors.New("it has more than HOST:PORT")
	case len(ca) > 0 && !x509.NewCertPool().AppendCertsFromPEM(ca):
		return NATS{}, errors.New("there is no certificate in the file of --nats-ca")
	}
	return n, n.check()
}

// check returns why members can't use it.
func (n NATS) check() error {
	u, err := url.Parse(n.URL)
	switch {
	case err != nil || u.Host == "":
		return errors.New("it has no HOST:PORT")
	case u.Scheme == "tls":
		return nil
	case u.Scheme != "nats":
		return errors.New("it begins with neither tls:// nor nats://")
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return errors.New("without TLS it must be on this machine: write tls://")
	}
	return nil
}

// Address is its HOST:PORT.
func (n NATS) Address() string {
	u, err := url.Parse(n.URL)
	if err != nil {
		return ""
	}
	return u.Host
}

// plain reports whether it is spoken to without TLS.
func (n NATS) plain() bool {
	u, err := url.Parse(n.URL)
	return err == nil && u.Scheme == "nats"
}
