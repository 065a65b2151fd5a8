// Package serve shows a state folder over HTTP: runs, trends, the history of a host, a run as
// it goes. It reads only, answers only who may ask, and sends nothing that loads or runs
// anything from elsewhere.
package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/approve"
	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/environment"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/guide"
	"aixmend/controller/journal"
	"aixmend/transport/ownership"
)

// defaultListen is the default of --listen: loopback.
const defaultListen = "127.0.0.1:8422"

// minToken is the shortest token, in characters.
const minToken = 16

// options are the flags of serve.
type options struct {
	state, listen, tokenFile, cert, key string
	plans                               string
	signers                             approve.Signers
}

// Command is the verb serve.
func Command(c *console.Console) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use: "serve", Short: "Show a state folder in a browser: runs, trends, hosts, a run as it goes", Args: cobra.NoArgs,
		Long: `Serves pages over the state folder: the runs, trends of outcomes and findings, the
history of a host, a run as it goes, and what changed between two runs. It changes
nothing. By default it answers on loopback alone; another address needs a token, and
should have TLS: --tls-cert and --tls-key. The token is the content of --token-file, or
of ` + environment.ServeToken + `; a browser is asked for it, a program sends it as
"Authorization: Bearer TOKEN". Other users of this machine can reach loopback, too: give
a token where there are any. It works on the state folder of a hub as well. With
--plans it lists saved plans, too, and who has approved them.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), c) },
	}
	fs := cmd.Flags()
	fs.StringVar(&o.state, "state", guide.DefaultState, "folder `DIR` for runs, captures and locks")
	fs.StringVar(&o.listen, "listen", defaultListen, "`ADDRESS` to listen on, HOST:PORT; not loopback: needs a token")
	fs.StringVar(&o.tokenFile, "token-file", "", "`FILE` with the token that a browser or program has to know, mode 0600")
	fs.StringVar(&o.cert, "tls-cert", "", "`FILE` with the certificate, and those that lead to its root")
	fs.StringVar(&o.plans, "plans", "", "folder `DIR` of saved plans, with their approvals; nothing is approved here")
	o.signers.Flags(fs)
	fs.StringVar(&o.key, "tls-key", "", "`FILE` with the key of the certificate, mode 0600")
	return cmd
}

// run serves until a signal ends it.
func (o options) run(ctx context.Context, c *console.Console) error {
	token, err := o.token()
	if err != nil {
		return err
	}
	host, _, err := net.SplitHostPort(o.listen)
	if err != nil {
		return exit.Usagef("--listen "+defaultListen+" is the default", "--listen %s: not HOST:PORT", o.listen)
	}
	if !loopback(host) && token == "" {
		return exit.Usagef("openssl rand -hex 32 makes a token; --token-file names its file; --listen "+defaultListen+" needs none", "--listen %s: an address that other machines reach needs a token", o.listen)
	}
	cert, err := o.certificate()
	if err != nil {
		return err
	}
	site := Options{Token: token, TLS: cert != nil, Names: []string{host}}
	if site.Saved, err = o.saved(); err != nil {
		return err
	}
	if cert != nil {
		site.Names = append(site.Names, cert.Leaf.DNSNames...)
	}
	return o.open(ctx, c, site, cert)
}

// saved returns the reader of saved plans; nil where no folder of them is named.
func (o options) saved() (func() ([]approve.Waiting, error), error) {
	if o.plans == "" {
		return nil, nil
	}
	read := func() ([]approve.Waiting, error) { return approve.List(o.plans, o.signers, time.Now()) }
	if _, err := read(); err != nil {
		return nil, exit.Usagef("", "--plans: %w", err)
	}
	return read, nil
}

// open opens the state folder and the port, and serves.
func (o options) open(ctx context.Context, c *console.Console, site Options, cert *tls.Certificate) error {
	store, err := journal.OpenExisting(o.state)
	if err != nil {
		return exit.Usagef("aixmend audit creates the first run; --state names another folder", "%w", err)
	}
	root, err := os.OpenRoot(o.state)
	if err != nil {
		return fmt.Errorf("state folder: %w", err)
	}
	defer root.Close()
	listener, err := net.Listen("tcp", o.listen)
	if err != nil {
		return exit.Usagef("--listen names another address", "%w", err)
	}
	scheme := "http"
	if cert != nil {
		scheme = "https"
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{*cert}, MinVersion: tls.VersionTLS12})
	}
	at := address(scheme, listener)
	c.Say("serving %s on %s (read-only, until interrupted)", o.state, at)
	switch {
	case site.Token == "":
		c.Say("no token is asked for: every user of this machine can read it; --token-file keeps others out")
	case cert == nil && !loopback(site.Names[0]):
		c.Say("warning: without --tls-cert the token and the pages are sent unencrypted")
	}
	return New(store, root, site).serve(ctx, c, listener)
}

// serve answers until a signal.
func (s *Site) serve(ctx context.Context, c *console.Console, listener net.Listener) error {
	c.Interrupts.Announce(nil)
	until, release := c.Interrupts.UntilStop(ctx)
	defer release()
	server := &http.Server{
		Handler: s.Handler(), BaseContext: func(net.Listener) context.Context { return until },
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: time.Minute, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
	}
	server.Protocols = new(http.Protocols)
	server.Protocols.SetHTTP1(true) // a stream of HTTP/2 needs no connection of its own to count
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(limited(listener, maxConnections)) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-until.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if server.Shutdown(grace) != nil {
		_ = server.Close()
	}
	return nil
}

// token returns the token; "" for none.
func (o options) token() (string, error) {
	token := strings.TrimSpace(os.Getenv(environment.ServeToken))
	if o.tokenFile != "" {
		text, err := secret(o.tokenFile)
		if err != nil {
			return "", exit.Usagef("", "--token-file: %w", err)
		}
		token = strings.TrimSpace(string(text))
		if token == "" {
			return "", exit.Usagef("", "--token-file: %s is empty", o.tokenFile)
		}
	}
	switch {
	case token == "":
	case len(token) < minToken:
		return "", exit.Usagef("openssl rand -hex 32 makes one", "the token has fewer than %d characters", minToken)
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "", exit.Usagef("openssl rand -hex 32 makes one", "the token has a character that a token can't have")
	}
	return token, nil
}

// secret reads a file that others can neither read nor change.
func secret(path string) ([]byte, error) {
	if err := ownership.Check(path); err != nil {
		return nil, err
	}
	file, info, err := ownership.Open(path)
	if err != nil {
		return nil, err
	}
	_ = file.Close()
	if err := ownership.Private(path, info); err != nil {
		return nil, err
	}
	return ownership.ReadFile(path, 1<<20)
}

// certificate returns the certificate of the flags; nil for none.
func (o options) certificate() (*tls.Certificate, error) {
	if (o.cert == "") != (o.key == "") {
		return nil, exit.Usagef("", "--tls-cert and --tls-key go together")
	}
	if o.cert == "" {
		return nil, nil
	}
	chain, err := ownership.ReadFile(o.cert, 1<<20)
	if err != nil {
		return nil, exit.Usagef("", "--tls-cert: %w", err)
	}
	key, err := secret(o.key)
	if err != nil {
		return nil, exit.Usagef("", "--tls-key: %w", err)
	}
	cert, err := tls.X509KeyPair(chain, key)
	if err == nil && cert.Leaf == nil {
		err = errors.New("no certificate in it")
	}
	if err != nil {
		return nil, exit.Usagef("", "--tls-cert, --tls-key: %w", err)
	}
	return &cert, nil
}

// loopback reports whether a host to listen on is reached from this machine alone.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// address is where a listener is reached.
func address(scheme string, listener net.Listener) string {
	at := listener.Addr().String()
	if host, port, err := net.SplitHostPort(at); err == nil && net.ParseIP(host).IsUnspecified() {
		if name, err := os.Hostname(); err == nil {
			at = net.JoinHostPort(name, port)
		}
	}
	return scheme + "://" + at + "/"
}
