package exec

import (
	"aixmend/transport"
	"aixmend/transport/ssh/passwords"
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// asksOnce is a source that waits until it is told to go on.
type asksOnce struct{ go_ chan struct{} }

func (a asksOnce) Password(ctx context.Context, _ passwords.Use, _ transport.Target) ([]byte, error) {
	select {
	case <-a.go_:
		return []byte("late"), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A run that is stopped while a person is asked passes the turn on.
func TestCancelledWhileAsking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := asksOnce{make(chan struct{})}
		r := &Runner{Target: transport.Target{Name: "aix1", Become: transport.BecomeSudo, BecomePassword: "prompt"}, Passwords: passwords.NewKeyring(source)}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		errs := make(chan error, 2)
		for range 2 {
			go func() {
				_, err := r.password(ctx)
				errs <- err
			}()
		}
		for range 2 {
			if err := <-errs; transport.KindOf(err) != transport.KindCanceled || !strings.Contains(err.Error(), "aix1: password") {
				t.Error(err)
			}
		}
		close(source.go_)
		if _, err := r.password(t.Context()); err != nil {
			t.Errorf("the turn is lost: %v", err)
		}
	})
}

// The command line of each tool, byte for byte, for a script and for a file's
// transfer.
func TestCommandLines(t *testing.T) {
	const path = "PATH=$PATH:/opt/freeware/bin:/usr/local/bin:/opt/pbul/bin:/usr/share/centrifydc/bin\n"
	for _, c := range []struct{ become, silent, asking string }{
		{transport.BecomeSudo, "exec sudo -n /usr/bin/sh -c ", "exec sudo -S -p '' /usr/bin/sh -c "},
		{transport.BecomeDzdo, "exec dzdo -n /usr/bin/sh -c ", "exec dzdo -S -p '' /usr/bin/sh -c "},
		{transport.BecomePbrun, "exec pbrun /usr/bin/sh -c ", "exec pbrun /usr/bin/sh -c "},
		{transport.BecomeSu, "exec /usr/bin/su root -c ", "exec /usr/bin/su root -c "},
		{transport.BecomeCustom, "exec /opt/pb/bin/pbrun -u root /usr/bin/sh -c ", "exec /opt/pb/bin/pbrun -u root /usr/bin/sh -c "},
	} {
		target := transport.Target{Name: "aix1", Become: c.become, BecomeCommand: " /opt/pb/bin/pbrun  -u root "}
		r := &Runner{Target: target, Passwords: passwords.NewKeyring(secret("secret")), Texts: &Texts{}}
		req, err := r.request("N", []transport.Command{{Line: "id"}})
		if want := path + becoming + c.silent; err != nil || !strings.Contains(req.line, want) || !strings.HasSuffix(req.line, " </dev/null\n") {
			t.Errorf("%s: %v, the script is %q, want in it %q", c.become, err, req.line, want)
		}
		if line, stdin, err := r.Elevate("it's"); err != nil || line != path+c.silent+`'it'\''s'` || stdin != nil {
			t.Errorf("%s: elevated to %q, %q, %v", c.become, line, stdin, err)
		}
		r.Target.BecomePassword = "prompt"
		req, err = r.request("N", []transport.Command{{Line: "id"}})
		if want := path + becoming + c.asking + "'exec </dev/null\nLC_ALL=C;"; err != nil || !strings.Contains(req.line, want) || !req.asks {
			t.Errorf("%s: %v, the script is %q, want in it %q", c.become, err, req.line, want)
		}
		if _, _, err := r.Elevate("id"); transport.KindOf(err) != transport.KindPrivilege {
			t.Errorf("%s: elevated with a password that no host has accepted: %v", c.become, err)
		}
		try, err := r.password(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		try.End(passwords.Accepted)
		line, stdin, err := r.Elevate("id")
		if err != nil || !strings.HasPrefix(line, path+c.asking+"'set +x; while IFS= read -r ") || !strings.HasPrefix(string(stdin), "secret\naixmend-") {
			t.Errorf("%s: elevated to %q, %q, %v", c.become, line, stdin, err)
		}
		if strings.Contains(line+req.line, "secret") {
			t.Errorf("%s: the password stands in %q", c.become, line)
		}
	}
}

// secret is a source of one password.
type secret string

func (s secret) Password(context.Context, passwords.Use, transport.Target) ([]byte, error) {
	return []byte(s), nil
}
