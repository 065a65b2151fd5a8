package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/lab/sshtest"
	"aixmend/transport/ssh/passwords"
)

// gate is a test server's requirements for a login, and a record of its logins.
type gate struct {
	attempts
	passwords atomic.Int32
	// secret is the password that it takes.
	secret string
	// ask, when set, asks questions and reports whether the answers are right.
	ask func(ssh.KeyboardInteractiveChallenge) bool
	// noPassword leaves the method password out.
	noPassword bool
	banner     string
	more       func(*ssh.ServerConfig)
}

var errWrong = errors.New("wrong")

// options of a server that takes no key.
func (g *gate) options() sshtest.Options {
	o := memory()
	o.AuthorizedKeys = []ssh.PublicKey{}
	g.watch(&o)
	watch := o.Configure
	o.Configure = func(c *ssh.ServerConfig) {
		watch(c)
		if !g.noPassword {
			c.PasswordCallback = g.password
		}
		if g.ask != nil {
			c.KeyboardInteractiveCallback = func(_ ssh.ConnMetadata, client ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
				if g.ask(client) {
					return nil, nil
				}
				return nil, errWrong
			}
		}
		if g.banner != "" {
			c.BannerCallback = func(ssh.ConnMetadata) string { return g.banner }
		}
		if g.more != nil {
			g.more(c)
		}
	}
	return o
}

func (g *gate) password(_ ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
	g.passwords.Add(1)
	if string(password) == g.secret {
		return nil, nil
	}
	return nil, errWrong
}

// asks is a question that wants the gate's password for an answer.
func (g *gate) asks(question string) func(ssh.KeyboardInteractiveChallenge) bool {
	return func(client ssh.KeyboardInteractiveChallenge) bool {
		answers, err := client("", "", []string{question}, []bool{false})
		if err != nil {
			return false
		}
		g.passwords.Add(1)
		return answers[0] == g.secret
	}
}

// rig is a host behind the gate, whose login is ops with a password.
func (g *gate) rig(t *testing.T, v *vault) *rig {
	t.Helper()
	r := serve(t, posix, g.options())
	r.target.User, r.target.Password, r.opts.Passwords = "ops", "prompt", v
	return r
}

// linked wants that the login works, and by what.
func (r *rig) linked(by string) transport.Link {
	r.t.Helper()
	conn := r.dial()
	if _, err := conn.Run(r.t.Context(), []transport.Command{probe("p", "echo x")}); err != nil {
		r.t.Fatal(err)
	}
	link := transport.LinkOf(conn)
	if link.Login != by {
		r.t.Errorf("the login was by %q, want %q", link.Login, by)
	}
	return link
}

func TestLoginByPassword(t *testing.T) {
	g := &gate{secret: rightPassword}
	r := g.rig(t, &vault{secret: rightPassword})
	r.target.Identity = "" // and there is none
	r.linked("password")
	if n := g.keys.Load(); n != 0 || g.passwords.Load() != 1 {
		t.Errorf("%d keys and %d passwords were shown", n, g.passwords.Load())
	}
}

// The key comes first, and the password only where it is not taken.
func TestKeyBeforePassword(t *testing.T) {
	g := &gate{secret: rightPassword}
	r := g.rig(t, &vault{secret: rightPassword})
	r.linked("password")
	if k, p := g.keys.Load(), g.passwords.Load(); k != 1 || p != 1 {
		t.Errorf("%d keys and %d passwords were shown, want one of each", k, p)
	}
	open := &gate{secret: rightPassword, more: func(c *ssh.ServerConfig) {
		c.PublicKeyCallback = func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, nil }
	}}
	r = open.rig(t, &vault{secret: "a wrong one"})
	r.linked("identity " + r.target.Identity)
	if n := open.passwords.Load(); n != 0 {
		t.Errorf("the password was sent %d times to a host that takes the key", n)
	}
}

// A password that can't be had is no trouble where the key is taken.
func TestKeyWithoutThePassword(t *testing.T) {
	for _, v := range []*vault{{err: errors.New("the vault is sealed")}, {secret: rightPassword}} {
		g := &gate{more: func(c *ssh.ServerConfig) {
			c.PublicKeyCallback = func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, nil }
		}}
		r := g.rig(t, v)
		r.linked("identity " + r.target.Identity)
	}
	g := &gate{}
	r := g.rig(t, &vault{err: errors.New("the vault is sealed")})
	r.dialFails(transport.KindAuth, "the password of ops", "the vault is sealed")
	r.target.Identity = ""
	before := r.server.Accepted()
	r.dialFails(transport.KindAuth, "the password of ops", "the vault is sealed")
	if r.server.Accepted() != before {
		t.Error("the host was dialled with nothing to show")
	}
}

// A hidden question for the password is answered, in AIX's words and others'.
func TestQuestionForThePassword(t *testing.T) {
	for _, question := range []string{"Password: ", "ops's Password:", "Password for ops@aix1:", "Passwort: "} {
		g := &gate{secret: rightPassword, noPassword: true}
		g.ask = g.asks(question)
		g.rig(t, &vault{secret: rightPassword}).linked("password")
	}
}

// Any question but a plain one for the password gets no answer, and is quoted to the
// operator.
func TestOtherQuestions(t *testing.T) {
	long := "Code \x1b[31m" + strings.Repeat("x", 5000)
	for _, c := range []struct {
		name      string
		questions []string
		echo      bool
		says      []string
	}{
		{"a code", []string{"Verification code: "}, false, []string{"the server asks Verification code: ", "log in by key"}},
		{"a one-time password", []string{"One-time password (OTP): "}, false, []string{"One-time password"}},
		{"a visible one", []string{"Password: "}, true, []string{"asks Password:"}},
		{"two at once", []string{"Password: ", "Token: "}, false, []string{"Password:  | Token:"}},
		{"a new password", []string{"New password: "}, false, []string{"asks New password:"}},
		{"a change", []string{"You are required to change your password. Old Password:"}, false, []string{"the password has expired", "pwdadm"}},
		{"a long one", []string{long}, false, []string{`\x1b[31m`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			echos := make([]bool, len(c.questions))
			echos[0] = c.echo
			g := &gate{secret: rightPassword}
			g.ask = func(client ssh.KeyboardInteractiveChallenge) bool {
				_, err := client("", "", c.questions, echos)
				return err == nil
			}
			r := g.rig(t, &vault{secret: rightPassword})
			err := r.dialFails(transport.KindAuth, c.says...)
			if g.passwords.Load() != 0 {
				t.Error("the password was sent after a question that was not understood")
			}
			if text := err.Error(); len(text) > 600 || strings.Contains(text, "\x1b") || strings.Contains(text, rightPassword) {
				t.Errorf("%q", text)
			}
		})
	}
}

// A second question, after the password, gets no answer. The password may have been
// right.
func TestQuestionsAfterThePassword(t *testing.T) {
	for _, c := range []struct{ question, says string }{
		{"Verification code: ", "asks Verification code:"},
		{"New password: ", "the password has expired"},
		{"Password: ", "the server asks for the password again"},
	} {
		g := &gate{secret: rightPassword, noPassword: true}
		g.ask = func(client ssh.KeyboardInteractiveChallenge) bool {
			if !g.asks("Password: ")(client) {
				return false
			}
			_, err := client("", "", []string{c.question}, []bool{false})
			return err == nil
		}
		g.rig(t, &vault{secret: rightPassword}).dialFails(transport.KindAuth, c.says)
		if n := g.passwords.Load(); n != 1 {
			t.Errorf("%s: the password was sent %d times", c.question, n)
		}
	}
}

// A password is sent once a host, by whichever method.
func TestPasswordIsSentOnce(t *testing.T) {
	g := &gate{secret: rightPassword}
	g.ask = g.asks("Password: ")
	g.rig(t, &vault{secret: "a wrong one"}).dialFails(transport.KindAuth, "did not accept identity", "and password for user ops")
	if n := g.passwords.Load(); n != 1 {
		t.Errorf("the password was sent %d times", n)
	}
	// A server that offers questions and has none.
	none := &gate{secret: rightPassword, ask: func(ssh.KeyboardInteractiveChallenge) bool { return false }}
	none.rig(t, &vault{secret: rightPassword}).linked("password")
}

// The lock-out protection of root's passwords is that of logins, too.
func TestLoginPasswordRefusedByAll(t *testing.T) {
	g := &gate{secret: rightPassword}
	v := &vault{secret: "a wrong one"}
	r := g.rig(t, v)
	r.target.Identity = ""
	dialer := NewDialer(r.opts)
	for i, name := range []string{"aix1", "aix2", "aix3", "aix4"} {
		r.target.Name = name
		_, err := dialer.Dial(t.Context(), r.target)
		want := "did not accept password for user ops"
		if i >= 2 {
			want = "aix1 and aix2 refused it, and none has accepted it: no further host gets it"
		}
		if transport.KindOf(err) != transport.KindAuth || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
	if n, seen := g.passwords.Load(), r.server.Accepted(); n != 2 || seen != 2 || v.asked.Load() != 1 {
		t.Errorf("it was sent %d times over %d connections, and asked for %d times", n, seen, v.asked.Load())
	}
}

// A host that hangs up on the password is not tried again: that would be another
// try of it.
func TestHostHangsUpOnThePassword(t *testing.T) {
	g := &gate{secret: rightPassword}
	var last net.Conn
	g.more = func(c *ssh.ServerConfig) {
		c.PasswordCallback = func(ssh.ConnMetadata, []byte) (*ssh.Permissions, error) {
			g.passwords.Add(1)
			_ = last.Close() // our end: nothing that the server says arrives
			return nil, errWrong
		}
	}
	r := g.rig(t, &vault{secret: rightPassword})
	dial := r.opts.DialContext
	r.opts.DialContext = func(ctx context.Context, network, address string) (conn net.Conn, err error) {
		last, err = dial(ctx, network, address)
		return last, err
	}
	r.target.Identity = ""
	err := r.dialFails(transport.KindAuth, "no answer to the password of ops, which is not sent once more")
	if transport.KindOf(err).Temporary() || g.passwords.Load() != 1 {
		t.Errorf("%v; it was sent %d times", err, g.passwords.Load())
	}
}

// While a host has the turn, another one waits for as long as it takes: the
// time of its own handshake stands still.
func TestLoginPasswordIsTriedByOneHostAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var trying, most atomic.Int32
		g := &gate{}
		g.more = func(c *ssh.ServerConfig) {
			c.PasswordCallback = func(ssh.ConnMetadata, []byte) (*ssh.Permissions, error) {
				first := g.passwords.Add(1) == 1
				if n := trying.Add(1); n > most.Load() {
					most.Store(n)
				}
				<-time.After(9 * time.Second)
				trying.Add(-1)
				if first {
					return nil, errWrong
				}
				return nil, nil
			}
		}
		r := g.rig(t, &vault{secret: rightPassword})
		r.opts.ConnectTimeout = 10 * time.Second
		dialer := NewDialer(r.opts)
		done := make(chan error)
		for i := range 3 {
			target := r.target
			target.Name = fmt.Sprint("aix", i)
			go func() {
				conn, err := dialer.Dial(t.Context(), target)
				if err == nil {
					err = conn.Close()
				}
				done <- err
			}()
		}
		<-time.After(17 * time.Second)
		if most.Load() != 1 {
			t.Errorf("%d hosts at one time tried a password that none has taken", most.Load())
		}
		var errs []error
		for range 3 {
			if err := <-done; err != nil {
				errs = append(errs, err)
			}
		}
		if len(errs) != 1 || !strings.Contains(errs[0].Error(), "did not accept") {
			t.Errorf("%v, want the one refusal", errs)
		}
	})
}

// A wait for the password's turn can be cancelled.
func TestCancelledWhileWaitingForTheTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{secret: rightPassword}
		r := g.rig(t, &vault{secret: rightPassword})
		dialer := NewDialer(r.opts)
		try, err := dialer.passwords.Take(t.Context(), passwords.ForLogin, r.target)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("second signal")
		time.AfterFunc(time.Minute, func() { cancel(why) })
		_, err = dialer.Dial(ctx, r.target)
		wantError(t, err, transport.KindCanceled, why.Error())
		try.End(passwords.Open)
	})
}

// Two proofs at once are given where both are there.
func TestKeyAndPassword(t *testing.T) {
	g := &gate{secret: rightPassword}
	g.more = func(c *ssh.ServerConfig) {
		c.PasswordCallback = nil
		c.PublicKeyCallback = func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) {
			return nil, &ssh.PartialSuccessError{Next: ssh.ServerAuthCallbacks{PasswordCallback: g.password}}
		}
	}
	r := g.rig(t, &vault{secret: rightPassword})
	r.linked("identity " + r.target.Identity + " and password")
	r.target.Password = ""
	r.dialFails(transport.KindAuth, "accepted identity "+r.target.Identity, "wants more (password)", "no password (ssh.password)")
}

func TestNothingToShow(t *testing.T) {
	g := &gate{secret: rightPassword}
	g.more = func(c *ssh.ServerConfig) { c.PublicKeyCallback = nil }
	r := g.rig(t, nil)
	r.target.Password = ""
	r.dialFails(transport.KindAuth, "accepts only password for ops", "no password (ssh.password)")
	if g.keys.Load() != 0 {
		t.Error("a key was shown to a server that takes none")
	}
}

// The message of a known refusal has our own words and a remedy.
func TestRefusalsAreNamed(t *testing.T) {
	for _, c := range []struct{ said, means string }{
		{"3004-610 You are required to change your password.\n\tPlease choose a new one.\n", "the password has expired"},
		{"[compat]: 3004-610 Sie müssen Ihr Kennwort ändern.", "the password has expired"},
		{"3004-301 Your account has been locked; please see the system administrator.", "the account is locked"},
		{"3004-302 Your account has expired; please see the system administrator.", "the account has expired"},
		{"3004-303 There have been too many unsuccessful login attempts; please see\n\tthe system administrator.", "locked after too many unsuccessful logins"},
		{"There have been too many\n unsuccessful login attempts", "locked after too many unsuccessful logins"},
		{"You are not allowed to login at this time.", "may not log in at this time"},
		{"3004-306 Remote logins are not allowed for this account.", "may not log in remotely"},
		{"All available login sessions are in use.", "all login sessions of the host are in use"},
		{"maxulogs exceeded for ops", "as many sessions as maxulogs allows"},
		{"3004-300 You entered an invalid login name or password.", "maxulogs"},
	} {
		g := &gate{banner: c.said}
		err := g.rig(t, &vault{secret: "x"}).dialFails(transport.KindAuth, c.means, "user ops")
		if transport.KindOf(err).Temporary() {
			t.Errorf("%s: it is tried again", c.said)
		}
		ask := &gate{noPassword: true}
		ask.ask = func(client ssh.KeyboardInteractiveChallenge) bool {
			if !ask.asks("Password: ")(client) {
				_, _ = client("", c.said, nil, nil)
			}
			return false
		}
		ask.rig(t, &vault{secret: "x"}).dialFails(transport.KindAuth, c.means)
	}
	// An unknown banner is shown, cleaned and bounded; that of a successful login does
	// not matter.
	g := &gate{secret: rightPassword, banner: strings.Repeat("Authorised use only.\n", 5000) + "\x1b]0;title\a go away"}
	err := g.rig(t, &vault{secret: "x"}).dialFails(transport.KindAuth, "it said", "maxulogs")
	if text := err.Error(); len(text) > 1200 || strings.ContainsAny(text, "\x1b\a") {
		t.Errorf("%q", text)
	}
	g.banner = "Your account has been locked"
	g.rig(t, &vault{secret: rightPassword}).linked("password")
}

// A server that has enough says so before its version, or says nothing.
func TestTooManyStartups(t *testing.T) {
	for _, c := range []struct {
		said []string
		kind transport.Kind
		has  string
	}{
		{[]string{"Exceeded MaxStartups"}, transport.KindRefused, "too many logins under way (MaxStartups)"},
		{[]string{"Not allowed at this time"}, transport.KindRefused, "PerSourcePenalties"},
		{nil, transport.KindLost, "before the server sent its version"},
	} {
		o := memory()
		o.Faults = sshtest.Faults{PreBanner: c.said, DropAt: sshtest.StageGreeting}
		err := serve(t, nil, o).dialFails(c.kind, c.has)
		if !transport.KindOf(err).Temporary() {
			t.Errorf("%v is not worth another try", err)
		}
	}
}

// Text before the version is kept up to its bound, in one piece or byte by byte.
func TestGreeting(t *testing.T) {
	for _, chunk := range []int{1, 7, 4096} {
		text := strings.Repeat("x", 200) + "\nSSH-2.0-OpenSSH_8.1\r\n" + strings.Repeat("y", 5000)
		client, server := net.Pipe()
		go func() {
			for rest := text; rest != ""; {
				n := min(chunk, len(rest))
				_, _ = server.Write([]byte(rest[:n]))
				rest = rest[n:]
			}
			_ = server.Close()
		}()
		g := &greeting{Conn: client}
		got, err := io.ReadAll(g)
		if err != nil || string(got) != text || !g.over || len(g.said) > maxGreeting || !strings.HasPrefix(string(g.said), "xxx") {
			t.Errorf("%d: %v, %d bytes read, %d kept, over %t", chunk, err, len(got), len(g.said), g.over)
		}
	}
}

// AIX lets a login with an expired password in and then runs nothing: OpenSSH's
// do_pwchange says so where there is no terminal.
func TestExpiredPasswordOfASession(t *testing.T) {
	r := serve(t, func(_ context.Context, x *sshtest.Exec) int {
		_, _ = io.WriteString(x.Stderr, "WARNING: Your password has expired.\nPassword change required but no TTY available.\n")
		return 1
	}, memory())
	got, err := r.run(probe("p", "id"))
	wantError(t, err, transport.KindAuth, "user root: the password has expired", "pwdadm", "exit 1")
	if transport.KindOf(got.Results[0].Err) != transport.KindAuth {
		t.Errorf("%v", got.Results[0].Err)
	}
}

func TestNoSessionSaysWhy(t *testing.T) {
	o := memory()
	o.Faults.RejectSession = true
	_, err := serve(t, posix, o).run(probe("p", "id"))
	wantError(t, err, transport.KindProtocol, "refused a session", "MaxSessions")
}
