package ssh

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/ssh/fault"
)

// maxHeard is how much is kept of what a server says while a login is under
// way, in bytes.
const maxHeard = 2 << 10

// The methods of RFC 4252 and RFC 4256.
const (
	byKey       = "publickey"
	byQuestions = "keyboard-interactive"
	byPassword  = "password"
)

// login is how one connection proves who it is: by the one identity, then by
// the password where there is one. Each is shown once, so that no account is
// locked.
type login struct {
	target    transport.Target
	passwords *keyring
	offer     *offer // nil: there is no identity
	missing   error  // why there is none, where a password may do

	network  net.Conn
	deadline time.Time // of the handshake

	shown  bool     // the identity
	asked  bool     // the server's questions were asked for
	sentBy string   // the method by which the password was sent
	try    *try     // the password that was sent
	done   []string // the methods that the server took, and wanted more
	wants  []string // the methods that it wants now
	heard  string   // its banners and what stood around its questions
	failed error    // why nothing more is tried
}

// newLogin finds what a target is shown. A password is read here, before there
// is a connection that waits for it.
func (d *Dialer) newLogin(ctx context.Context, t transport.Target) (*login, error) {
	l := &login{target: t, passwords: d.passwords}
	id, err := d.options.Keys.find(ctx, t)
	if err == nil {
		var o offer
		if o, err = id.offer(t, time.Now()); err == nil {
			l.offer = &o
		}
	}
	l.missing = err
	switch said := t.Identity + t.Certificate; {
	case err != nil && (ctx.Err() != nil || t.Password == "" || said != "" || errors.Is(err, context.Canceled)):
		return l, l.fail(ctx, err)
	case t.Password == "":
		return l, nil
	}
	if err := d.passwords.ready(ctx, ForLogin, t); err != nil && (l.offer == nil || ctx.Err() != nil || errors.Is(err, context.Canceled)) {
		return l, l.fail(ctx, fmt.Errorf("the password of %s: %w", t.User, err))
	}
	return l, nil
}

// fail is an error of the login, nil for nil.
func (l *login) fail(ctx context.Context, err error) error {
	kind := transport.KindAuth
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		kind, err = transport.KindCanceled, context.Cause(ctx)
	case errors.Is(err, context.Canceled): // who was asked, says that the run is being stopped
		kind = transport.KindCanceled
	}
	return &transport.Error{Kind: kind, Op: "authenticate", Host: l.target.Name, Err: err}
}

// configure makes a handshake one of this login, which must end by deadline.
func (l *login) configure(ctx context.Context, config *ssh.ClientConfig, network net.Conn, deadline time.Time) {
	l.network, l.deadline = network, deadline
	config.BannerCallback = func(text string) error {
		l.hear(text)
		return nil
	}
	config.AuthCallback = func(now *ssh.ClientAuthContext) (ssh.AuthMethod, error) { return l.next(ctx, now) }
}

// hear keeps what a server says, up to a bound.
func (l *login) hear(text string) {
	l.heard += text[:min(len(text), max(0, maxHeard-len(l.heard)))]
	if len(l.heard) < maxHeard {
		l.heard += "\n"
	}
}

// next is the method to try now, nil when there is none left.
func (l *login) next(ctx context.Context, now *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
	l.done, l.wants = now.PartialSuccessMethods, now.AllowedMethods
	if l.failed == nil && l.try != nil {
		how := tryRefused
		if slices.Contains(l.done, l.sentBy) {
			how = tryTaken
		}
		l.try.end(how)
	}
	may := func(method string) bool { return slices.Contains(l.wants, method) }
	switch {
	case l.failed != nil:
		return nil, l.failed
	case l.offer != nil && !l.shown && may(byKey):
		l.shown = true
		return ssh.PublicKeys(l.offer.signer), nil
	case l.target.Password == "" || l.sentBy != "":
		return nil, nil
	case !l.asked && may(byQuestions):
		l.asked = true
		return ssh.KeyboardInteractive(func(name, instruction string, questions []string, echos []bool) ([]string, error) {
			l.hear(name + "\n" + instruction)
			return l.answer(ctx, questions, echos)
		}), nil
	case may(byPassword):
		secret, err := l.password(ctx, byPassword)
		if err != nil {
			return nil, err
		}
		return ssh.Password(secret), nil
	}
	return nil, nil
}

// password takes the turn to send the password. The time of the handshake
// stands still meanwhile: another host's, or a person's, is not this one's.
func (l *login) password(ctx context.Context, method string) (string, error) {
	left := time.Until(l.deadline)
	_ = l.network.SetDeadline(time.Time{})
	try, err := l.passwords.take(ctx, ForLogin, l.target)
	l.deadline = time.Now().Add(left)
	_ = l.network.SetDeadline(l.deadline)
	if err != nil {
		l.failed = l.fail(ctx, fmt.Errorf("the password of %s: %w", l.target.User, err))
		return "", l.failed
	}
	l.try, l.sentBy = try, method
	secret := string(try.secret) // x/crypto takes no bytes
	clear(try.secret)
	return secret, nil
}

// What tells a question for the password from the others.
var (
	aboutPassword = regexp.MustCompile(`(?i)password|passwort|kennwort|mot de passe`)
	aboutAnother  = regexp.MustCompile(`(?i)\b(new|old|current|again|retype|re-enter|reenter|confirm|change|expired|one-time|onetime|otp|token|passcode|code)\b`)
	aboutNew      = regexp.MustCompile(`(?i)\b(new|old|change|expired)\b`)
)

// answer answers the server's questions: one, hidden, for the password of the
// login, and none else. Nobody is there to type a code.
func (l *login) answer(ctx context.Context, questions []string, echos []bool) ([]string, error) {
	for _, q := range questions {
		l.hear(q)
	}
	if len(questions) == 0 {
		return nil, nil
	}
	asked := strings.ReplaceAll(questions[0], l.target.User, "")
	plain := len(questions) == 1 && !echos[0] && aboutPassword.MatchString(asked) && !aboutAnother.MatchString(asked)
	if plain && l.sentBy == "" {
		secret, err := l.password(ctx, byQuestions)
		return []string{secret}, err
	}
	err := fmt.Errorf("the server asks %s, which is no plain question for a password: log in by key there, or without a second factor", fault.Brief(strings.Join(questions, " | ")))
	switch known := fault.Recognise(l.heard); {
	case plain: // once more: it was wrong
		l.try.end(tryRefused)
		err = l.refused(errors.New("the server asks for the password again"))
	case known != nil:
		err = known
	case l.sentBy != "" && aboutNew.MatchString(asked):
		err = fmt.Errorf("the password has expired, the server asks %s: %s", fault.Brief(strings.Join(questions, " | ")), fault.NewPassword)
	}
	l.failed = l.fail(ctx, err)
	return nil, l.failed
}

// end says how the handshake ended: the password's turn is over.
func (l *login) end(err error) {
	if l.try == nil {
		return
	}
	var network net.Error
	switch {
	case err == nil:
		l.try.end(tryTaken)
	case l.failed != nil, fault.Broken(err), errors.As(err, &network):
		l.try.end(tryOpen)
	default:
		l.try.end(tryRefused)
	}
}

// unanswered tells whether the connection ended when the password had been sent:
// another try would be another try of the password.
func (l *login) unanswered(err error) bool {
	var network net.Error
	return l != nil && l.sentBy != "" && (fault.Broken(err) || errors.Is(err, fault.ErrConnectTimeout) || errors.As(err, &network))
}

// by is by what the login was tried, or taken.
func (l *login) by() string {
	var by []string
	if l.shown {
		by = append(by, l.offer.what)
	}
	if l.sentBy != "" {
		by = append(by, "password")
	}
	return strings.Join(by, " and ")
}

// taken is by what the login was taken.
func (l *login) taken() string {
	switch {
	case l.by() == "":
		return "nothing: the server asks for no proof"
	case l.sentBy != "" && !slices.Contains(l.done, byKey):
		return "password"
	}
	return l.by()
}

// refused is the error of a login that the server did not take.
func (l *login) refused(err error) error {
	host, user := l.target.Address, l.target.User
	if l.by() == "" {
		return fmt.Errorf("%s lets %s in by %s only, and there is %s: %w", host, user, fault.Brief(strings.Join(l.wants, ", ")), l.lacks(), err)
	}
	if len(l.done) > 0 {
		return fmt.Errorf("%s took %s of %s, and wants more (%s), of which there is %s: %w",
			host, l.by(), user, fault.Brief(strings.Join(l.wants, ", ")), l.lacks(), err)
	}
	text := ""
	if l.offer != nil && l.shown {
		for _, note := range l.offer.notes {
			text += "; " + note
		}
	}
	if l.heard != "" {
		text += "; it said " + fault.LastLine([]byte(l.heard))
	}
	return fmt.Errorf("%s did not take %s for user %s (a locked or expired account, and one at its maxulogs, look the same)%s: %w", host, l.by(), user, text, err)
}

// lacks is what there is not.
func (l *login) lacks() string {
	switch {
	case l.offer == nil && l.missing != nil:
		return "only a password (" + l.missing.Error() + ")"
	case l.target.Password == "":
		return "no password (ssh.password)"
	}
	return "nothing else"
}

// refusal names what keeps the login out, nil when that is not known.
func (a *attempt) refusal(err error) error {
	var known *fault.Refusal
	switch {
	case a.phase == "handshake" && a.hello != nil:
		known = fault.Recognise(string(a.hello.said))
	case a.phase == "authenticate" && a.login != nil:
		known = fault.Recognise(a.login.heard, err.Error())
	}
	if known == nil {
		return nil
	}
	return a.fail(known.Kind, fmt.Errorf("%s, user %s: %w (%w)", a.target.Address, a.target.User, known, fault.Short(err)))
}
