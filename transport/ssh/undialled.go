package ssh

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"

	"aixmend/transport"
	"aixmend/transport/cause"
	"aixmend/transport/plain"
	"aixmend/transport/ssh/fault"
)

// behind gives a bastion's error about the host its cause. All that a bastion sends is
// the text of its own system.
func behind(kind transport.Kind, err error) error {
	says := strings.ToLower(err.Error())
	c := cause.Cause("")
	switch {
	case kind == transport.KindDNS:
		c = cause.NoSuchName
	case kind == transport.KindTimeout:
		c = cause.NoAnswer
	case kind == transport.KindLost:
		c = cause.ClosedEarly
	case kind != transport.KindRefused:
	case strings.Contains(says, "network is unreachable"):
		c = cause.NetworkUnreachable
	case strings.Contains(says, "no route"), strings.Contains(says, "unreachable"):
		c = cause.NoRoute
	case strings.Contains(says, "refused"):
		c = cause.ConnectionRefused
	}
	if c == "" {
		return err
	}
	return cause.Because(c, err)
}

// undialled explains that there is no connection to the address.
func (a *attempt) undialled(err error) error {
	var dns *net.DNSError
	var timeout net.Error
	here := func(c cause.Cause, text string) error {
		return a.fail(transport.KindRefused, cause.Because(c, plain.As(err, "%s", text)))
	}
	switch {
	case errors.As(err, &dns):
		return a.unresolved(dns, err)
	case errors.Is(err, fault.ErrConnectTimeout), errors.Is(err, os.ErrDeadlineExceeded):
		return a.failed(transport.KindTimeout, cause.NoAnswer, "%w (%s)", fault.ErrConnectTimeout, a.dialer.options.ConnectTimeout)
	case errors.As(err, &timeout) && timeout.Timeout():
		return a.fail(transport.KindTimeout, cause.Because(cause.NoAnswer, plain.As(err, "%s does not answer", a.where())))
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE): // one is free once another host has ended
		return here(cause.TooManyFiles, "by this machine, not by the host: no file is left to open (ulimit -n)")
	case errors.Is(err, syscall.ECONNREFUSED):
		return here(cause.ConnectionRefused, "nothing listens at "+a.where())
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.EHOSTDOWN):
		return here(cause.NoRoute, "no machine answers at "+a.where())
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EADDRNOTAVAIL):
		return here(cause.NetworkUnreachable, "this machine has no route to "+a.where())
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return here(cause.NotPermittedHere, "this machine does not let aixmend connect to "+a.where())
	}
	return a.fail(transport.KindRefused, err)
}

// unresolved explains that the address has no number: whether there is no such name, or
// nobody to ask.
func (a *attempt) unresolved(dns *net.DNSError, err error) error {
	named, server := fault.Brief(a.target.Address), ""
	if dns.Server != "" {
		server = " " + fault.Brief(dns.Server)
	}
	failed := func(c cause.Cause, format string, args ...any) error {
		return a.fail(transport.KindDNS, cause.Because(c, plain.As(err, format, args...)))
	}
	switch {
	case dns.IsNotFound && server != "":
		return failed(cause.NoSuchName, "%s (asked:%s)", named, server)
	case dns.IsNotFound:
		return failed(cause.NoSuchName, "%s", named)
	case dns.IsTimeout:
		return failed(cause.ResolverSilent, "%s: the name server%s gave no answer", named, server)
	}
	return failed(cause.ResolverFailed, "%s: the name server%s can't say", named, server)
}

// where is the address and the port of the target.
func (a *attempt) where() string {
	return fault.Brief(net.JoinHostPort(a.target.Address, fmt.Sprint(a.target.Port)))
}

// usualPorts are ports of servers that say nothing to a client of SSH.
var usualPorts = map[int]string{
	443: "HTTPS", 8443: "HTTPS", 465: "SMTP over TLS", 587: "SMTP", 993: "IMAP over TLS", 995: "POP3 over TLS", 80: "HTTP", 8080: "HTTP", 25: "SMTP",
	389: "LDAP", 636: "LDAP over TLS", 3389: "RDP", 1521: "Oracle", 5432: "PostgreSQL", 50000: "Db2", 657: "RMC",
}

// usual names the service to which the port usually belongs, "" for none.
func (a *attempt) usual() string {
	if name := usualPorts[a.target.Port]; name != "" {
		return fmt.Sprintf(" (port %d is usually %s)", a.target.Port, name)
	}
	return ""
}

// ungreeted explains that the server sent no version of SSH.
func (a *attempt) ungreeted(err error) error {
	said := string(a.hello.said)
	if known := a.refusal(err); known != nil {
		return known
	}
	late := fault.Timeout(err) || errors.Is(err, os.ErrDeadlineExceeded)
	what, other := protocolOf(a.hello.said)
	switch {
	case other:
		return a.failed(transport.KindProtocol, cause.NotSSH, "%s answers with %s: %s: %w", a.where(), what, firstWords(said), errNotSSH)
	case strings.TrimSpace(said) != "" && !strings.HasPrefix(string(version), said):
		return a.failed(transport.KindProtocol, cause.NotSSH, "%s sends no version of SSH, but %s%w", a.where(), firstWords(said), plain.Silent(err))
	case late:
		return a.failed(transport.KindTimeout, cause.Silent, "%s took the connection and sent nothing%s: %w (%s)", a.where(), a.usual(), fault.ErrConnectTimeout, a.dialer.options.ConnectTimeout)
	case fault.Broken(err):
		return a.failed(transport.KindLost, cause.ClosedEarly, "the connection was closed during the handshake phase, before the server sent its version: too many logins are in progress there (MaxStartups), this machine may not log in, or it is not an SSH server%s%w", a.usual(), plain.Silent(err))
	}
	return a.failed(transport.KindProtocol, cause.NotSSH, "%s sends no version of SSH: %w", a.where(), fault.Detail(err))
}
