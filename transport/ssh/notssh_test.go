package ssh

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"aixmend/transport"
	"aixmend/transport/cause"
	"aixmend/transport/ssh/auth"
	"aixmend/transport/ssh/hostkeys"
)

// strange is a rig whose server is of the test's own, on a real port.
func strange(t *testing.T, address string) *rig {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, target: transport.Target{Name: "aix1", Address: host, User: "root"}}
	r.target.Port, _ = strconv.Atoi(port)
	r.target.Identity, _ = writeIdentity(t)
	r.target.KnownHosts = r.file("known_hosts", "")
	r.opts = Options{Keys: &auth.Keys{Home: t.TempDir()}, Hosts: &hostkeys.KnownHosts{}, ConnectTimeout: ages, ReplyTimeout: ages}
	return r
}

// serveTCP serves each connection of a real port with a function.
func serveTCP(t *testing.T, serve func(net.Conn)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serve(c)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l.Addr().String()
}

// greets is a server that sends a text and hears the client out.
func greets(text string) func(net.Conn) {
	return func(c net.Conn) {
		_, _ = io.WriteString(c, text)
		_, _ = io.Copy(io.Discard, c)
	}
}

// refuses is a server that sends a text and ends the connection in good order.
func refuses(text string) func(net.Conn) {
	return func(c net.Conn) {
		_, _ = io.WriteString(c, text)
		_ = c.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, c)
	}
}

// wantCause checks kind, cause and texts of the reason of an error.
func wantCause(t *testing.T, err error, kind transport.Kind, c cause.Cause, texts ...string) {
	t.Helper()
	wantError(t, err, kind, texts...)
	reason := string(kind) + ": " + strings.SplitN(err.Error(), ": ", 3)[2]
	if k, got := cause.Of(reason); k != string(kind) || got != c {
		t.Errorf("%q is because of %q, want %q", reason, got, c)
	}
	if strings.ContainsAny(reason, "\x1b\r\n\x00") || len(reason) > 3<<10 {
		t.Errorf("unsafe: %.200q (%d bytes)", reason, len(reason))
	}
}

// Whatever else listens at the port is named, without the timeout if it is known.
func TestServersThatAreNotSSH(t *testing.T) {
	t.Parallel()
	web := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	plain := httptest.NewServer(web)
	defer plain.Close()
	for name, c := range map[string]struct {
		address string
		serve   func(net.Conn)
		texts   []string
	}{
		"HTTP":           {address: plain.Listener.Addr().String(), texts: []string{"HTTP (a web server)", "HTTP/1.1 400 Bad Request"}},
		"TLS":            {serve: greets("\x15\x03\x01\x00\x02\x02\x46"), texts: []string{"TLS (HTTPS"}},
		"SMTP":           {serve: greets("220 mail.example ESMTP Postfix\r\n"), texts: []string{"SMTP", "220 mail.example ESMTP Postfix"}},
		"SMTP, many":     {serve: greets("220-mail.example\r\n220 ESMTP\r\n"), texts: []string{"SMTP"}},
		"SMTP that bans": {serve: greets("554 mail.example ESMTP not welcome\r\n"), texts: []string{"SMTP"}},
		"FTP":            {serve: greets("220 (vsFTPd 3.0.5)\r\n"), texts: []string{"FTP"}},
		"telnet":         {serve: greets("\xff\xfd\x18\xff\xfd\x20"), texts: []string{"telnet"}},
		"POP3":           {serve: greets("+OK ready\r\n"), texts: []string{"POP3"}},
		"IMAP":           {serve: greets("* OK [CAPABILITY IMAP4rev1] ready\r\n"), texts: []string{"IMAP"}},
		"VNC":            {serve: greets("RFB 003.008\n"), texts: []string{"VNC"}},
		"Redis":          {serve: greets("-ERR unknown command\r\n"), texts: []string{"Redis"}},
		"MySQL":          {serve: greets("\x4a\x00\x00\x00\x0a8.0.36\x00xxxx\x00mysql_native_password\x00"), texts: []string{"MySQL"}},
		"an endless line": {serve: func(c net.Conn) {
			for {
				if _, err := io.WriteString(c, strings.Repeat("x", 4096)); err != nil {
					return
				}
			}
		}, texts: []string{"sends no version of SSH, but xxx"}},
		"endless lines": {serve: func(c net.Conn) {
			for {
				if _, err := io.WriteString(c, strings.Repeat("welcome\n", 512)); err != nil {
					return
				}
			}
		}, texts: []string{"sends no version of SSH, but welcome"}},
		"garbage and an end": {serve: refuses("\x1b]0;owned\x07\x00\x01\n"), texts: []string{`"\x1b]0;owned\a\x00\x01"`}},
	} {
		address := c.address
		if c.serve != nil {
			address = serveTCP(t, c.serve)
		}
		r := strange(t, address)
		_, err := NewDialer(r.opts).Dial(t.Context(), r.target)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		wantCause(t, err, transport.KindProtocol, cause.NotSSH, append(c.texts, address)...)
	}
}

// Servers that say too little to know what they are.
func TestServersThatSayLittle(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		serve func(net.Conn)
		kind  transport.Kind
		cause cause.Cause
		text  string
	}{
		"nothing, and stays":       {greets(""), transport.KindTimeout, cause.Silent, "took the connection and sent nothing"},
		"the start of a version":   {greets("SS"), transport.KindTimeout, cause.Silent, "sent nothing"},
		"an unknown line":          {greets("hello\n"), transport.KindProtocol, cause.NotSSH, "but hello"},
		"nothing, and closes":      {refuses(""), transport.KindLost, cause.ClosedEarly, "it is not an SSH server"},
		"MaxStartups":              {refuses("Exceeded MaxStartups\r\n"), transport.KindRefused, cause.TooManyLogins, "MaxStartups"},
		"a penalty":                {refuses("Not allowed at this time\r\n"), transport.KindRefused, cause.Penalised, "PerSourcePenalties"},
		"protocol 1":               {greets("SSH-1.5-1.2.27\n\x00\x00\x01\x0f"), transport.KindProtocol, cause.BadData, "protocol 1 only"},
		"a version and then noise": {greets("SSH-2.0-x\r\n" + strings.Repeat("\xff", 64)), transport.KindProtocol, cause.BadData, "not understood"},
	} {
		r := strange(t, serveTCP(t, c.serve))
		r.opts.ConnectTimeout = short
		_, err := NewDialer(r.opts).Dial(t.Context(), r.target)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		wantCause(t, err, c.kind, c.cause, c.text)
	}
}

// nameServer answers questions for a name with a code; with none it is silent.
func nameServer(t *testing.T, code byte, silent bool) *net.Resolver {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		question := make([]byte, 1500)
		for {
			n, from, err := socket.ReadFrom(question)
			if err != nil {
				return
			}
			if silent {
				continue
			}
			end := 12 + bytes.IndexByte(question[12:n], 0) + 1 + 4 // of the one question
			answer := bytes.Clone(question[:end])
			answer[2], answer[3] = answer[2]|0x80, 0x80|code // RFC 1035, 4.1.1
			answer[10], answer[11] = 0, 0
			_, _ = socket.WriteTo(answer, from)
		}
	}()
	var mu sync.Mutex
	var asked []net.Conn
	over := false
	t.Cleanup(func() { // a lookup goes on when nobody waits for it any more
		mu.Lock()
		over = true
		for _, c := range asked {
			_ = c.Close()
		}
		mu.Unlock()
		_ = socket.Close()
		<-done
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		mu.Lock()
		defer mu.Unlock()
		if over {
			return nil, net.ErrClosed
		}
		c, err := new(net.Dialer).DialContext(ctx, "udp", socket.LocalAddr().String())
		if err == nil {
			asked = append(asked, c)
		}
		return c, err
	}}
}

// A name that does not exist is not a name server that fails.
func TestNameServers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		code   byte
		silent bool
		cause  cause.Cause
	}{
		"no such name": {3, false, cause.NoSuchName},
		"it fails":     {2, false, cause.ResolverFailed},
		"it refuses":   {5, false, cause.ResolverFailed},
		"it is silent": {0, true, cause.ResolverSilent},
	} {
		r := strange(t, "127.0.0.1:22")
		r.target.Address = "aix1.invalid."
		dialer := &net.Dialer{Resolver: nameServer(t, c.code, c.silent)}
		r.opts.DialContext = dialer.DialContext
		r.opts.ConnectTimeout = 5 * time.Second
		if c.silent {
			r.opts.ConnectTimeout = short
		}
		_, err := NewDialer(r.opts).Dial(t.Context(), r.target)
		t.Logf("%s: %v", name, err)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		wantCause(t, err, transport.KindDNS, c.cause, "aix1.invalid")
	}
}
