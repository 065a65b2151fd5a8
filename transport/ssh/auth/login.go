package auth

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
	"aixmend/transport/cause"
	"aixmend/transport/plain"
	"aixmend/transport/ssh/fault"
	"aixmend/transport/ssh/passwords"
)

// maxHeard bounds the text kept of a server during a login, in bytes.
const maxHeard = 2 << 10

// The methods of RFC 4252 and RFC 4256.
const (
	byKey       = "publickey"
	byQuestions = "keyboard-interactive"
	byPassword  = "password"
)

// Login is the login of one connection: by the identity, then by the password if
// there is one. Each is shown once.
type Login struct {
	target    transport.Target
	passwords *passwords.Keyring
	offer     *offer // nil: there is no identity
	missing   error  // why there is no identity, if a password may be enough
	untried   string // the keys that ssh would try, too

	network  net.Conn
	deadline time.Time // of the handshake

	shown  bool           // the identity was offered
	asked  bool           // the server's questions were requested
	sentBy string         // the method by which the password was sent; "": it was not
	try    *passwords.Try // the password that was sent
	done   []string       // the methods that succeeded so far
	wants  []string       // the methods that the server accepts now
	heard  string         // the server's banners, and the text around its questions
	failed error          // why nothing else is tried
}

// Prepare finds the identity and the password of a target. It asks people and reads
// passwords, so call it before there is a connection that waits. Its error is an
// *Error.
func Prepare(ctx context.Context, keys *Keys, ring *passwords.Keyring, t transport.Target) (*Login, error) {
	l := &Login{target: t, passwords: ring}
	id, err := keys.find(ctx, t)
	if err == nil {
		var o offer
		if o, err = id.offer(t, time.Now()); err == nil {
			l.offer = &o
		}
	}
	l.missing = err
	if l.untried = untried(id, t); l.untried != "" && err != nil {
		err = fmt.Errorf("%w; %s", err, l.untried)
	}
	switch named := t.Identity + t.Certificate; {
	case err != nil && (ctx.Err() != nil || t.Password == "" || named != "" || errors.Is(err, context.Canceled)):
		return l, l.fail(ctx, err)
	case t.Password == "":
		return l, nil
	}
	if err := ring.Ready(ctx, passwords.ForLogin, t); err != nil && (l.offer == nil || ctx.Err() != nil || errors.Is(err, context.Canceled)) {
		return l, l.fail(ctx, noPassword(t, err))
	}
	return l, nil
}

// noPassword is the error of a password that can't be had, or must not be sent.
func noPassword(t transport.Target, err error) error {
	c, withheld := cause.PasswordMissing, (*passwords.Withheld)(nil)
	if errors.As(err, &withheld) {
		c = cause.PasswordWithheld
	}
	return cause.Because(c, fmt.Errorf("the password of %s: %w", t.User, err))
}

// untried names the keys of a target that ssh would try after the first, "" for none.
func untried(id *identity, t transport.Target) string {
	list, from := strings.FieldsFunc(t.Untried, func(r rune) bool { return r == '\n' }), "ssh_config"
	if id != nil && len(id.others) > 0 {
		list, from = id.others, "the folder .ssh"
	}
	if len(list) == 0 {
		return ""
	}
	return fmt.Sprintf("not tried, unlike with ssh: %s (of %s); only one key is offered, so that accounts are not locked: choose with ssh.identity, in an Ansible inventory with aixmend_ssh: {identity: %s}",
		strings.Join(list, ", "), from, list[0])
}

// fail returns an error of the login, nil for nil.
func (l *Login) fail(ctx context.Context, err error) error {
	kind := transport.KindAuth
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		kind, err = transport.KindCanceled, context.Cause(ctx)
	case errors.Is(err, context.Canceled): // the source of the secret knows that the run is being stopped
		kind = transport.KindCanceled
	}
	return &transport.Error{Kind: kind, Op: "authenticate", Host: l.target.Name, Err: plain.Error(err)}
}

// Configure makes a handshake over network, which must end by deadline, use this
// login.
func (l *Login) Configure(ctx context.Context, config *ssh.ClientConfig, network net.Conn, deadline time.Time) {
	l.network, l.deadline = network, deadline
	config.BannerCallback = func(text string) error {
		l.hear(text)
		return nil
	}
	config.AuthCallback = func(now *ssh.ClientAuthContext) (ssh.AuthMethod, error) { return l.next(ctx, now) }
}

// Heard returns the banners of the server and the text around its questions,
// bounded.
func (l *Login) Heard() string { return l.heard }

// hear keeps a text of the server, up to a bound.
func (l *Login) hear(text string) {
	l.heard += text[:min(len(text), max(0, maxHeard-len(l.heard)))]
	if len(l.heard) < maxHeard {
		l.heard += "\n"
	}
}

// next returns the method to try now, nil if none is left.
func (l *Login) next(ctx context.Context, now *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
	l.done, l.wants = now.PartialSuccessMethods, now.AllowedMethods
	if l.failed == nil && l.try != nil {
		how := passwords.Refused
		if slices.Contains(l.done, l.sentBy) {
			how = passwords.Accepted
		}
		l.try.End(how)
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

// password waits for the turn to send the password. Meanwhile the deadline of the
// handshake is suspended: the time of another host, or of a person, is not this
// host's.
func (l *Login) password(ctx context.Context, method string) (string, error) {
	left := time.Until(l.deadline)
	_ = l.network.SetDeadline(time.Time{})
	try, err := l.passwords.Take(ctx, passwords.ForLogin, l.target)
	l.deadline = time.Now().Add(left)
	_ = l.network.SetDeadline(l.deadline)
	if err != nil {
		l.failed = l.fail(ctx, noPassword(l.target, err))
		return "", l.failed
	}
	l.try, l.sentBy = try, method
	return try.Text(), nil
}

// Words that tell a question for the password from other questions.
var (
	aboutPassword = regexp.MustCompile(`(?i)password|passwort|kennwort|mot de passe`)
	aboutAnother  = regexp.MustCompile(`(?i)\b(new|old|current|again|retype|re-enter|reenter|confirm|change|expired|one-time|onetime|otp|token|passcode|code)\b`)
	aboutNew      = regexp.MustCompile(`(?i)\b(new|old|change|expired)\b`)
)

// answer answers the server's questions: only a single hidden one, for the password
// of the login. Nobody is there to type a code.
func (l *Login) answer(ctx context.Context, questions []string, echos []bool) ([]string, error) {
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
	err := cause.Because(cause.MoreWanted, fmt.Errorf("the server asks %s, which is no plain question for a password: log in by key there, or without a second factor", fault.Brief(strings.Join(questions, " | "))))
	switch known := fault.Recognise(l.heard); {
	case plain: // again: the password was wrong
		l.try.End(passwords.Refused)
		err = l.Refused(&remark{errors.New("the server asks for the password again")})
	case known != nil:
		err = cause.Because(known.Cause, known)
	case l.sentBy != "" && aboutNew.MatchString(asked):
		err = cause.Because(cause.PasswordExpired, fmt.Errorf("the password has expired, the server asks %s: %s", fault.Brief(strings.Join(questions, " | ")), fault.NewPassword))
	}
	l.failed = l.fail(ctx, err)
	return nil, l.failed
}

// End tells the login how the handshake ended, and passes the turn of the password
// on.
func (l *Login) End(err error) {
	if l.try == nil {
		return
	}
	var network net.Error
	switch {
	case err == nil:
		l.try.End(passwords.Accepted)
	case l.failed != nil, fault.Broken(err), errors.As(err, &network):
		l.try.End(passwords.Open)
	default:
		l.try.End(passwords.Refused)
	}
}

// Unanswered reports whether the connection ended after the password was sent.
// Trying again would be a second try of the password.
func (l *Login) Unanswered(err error) bool {
	var network net.Error
	return l != nil && l.sentBy != "" && (fault.Broken(err) || errors.Is(err, fault.ErrConnectTimeout) || errors.As(err, &network))
}

// by names the proofs that were shown.
func (l *Login) by() string {
	var by []string
	if l.shown {
		by = append(by, l.offer.what)
	}
	if l.sentBy != "" {
		by = append(by, "password")
	}
	return strings.Join(by, " and ")
}

// Proof names the proofs that the server accepted; never a secret.
func (l *Login) Proof() string {
	switch {
	case l.by() == "":
		return "nothing: the server asks for no proof"
	case l.sentBy != "" && !slices.Contains(l.done, byKey):
		return "password"
	}
	return l.by()
}

// Refused explains that the server did not accept the login.
func (l *Login) Refused(err error) error {
	host, user, takes := l.target.Address, l.target.User, fault.Brief(strings.Join(l.wants, ", "))
	if l.by() == "" {
		return cause.Because(cause.MethodMissing, fmt.Errorf("%s accepts only %s for %s, and there is %s%w", host, takes, user, l.lacks(), plain.Silent(err)))
	}
	if len(l.done) > 0 {
		return cause.Because(cause.MoreWanted, fmt.Errorf("%s accepted %s of %s, and wants more (%s), of which there is %s%w",
			host, l.by(), user, takes, l.lacks(), plain.Silent(err)))
	}
	text := ""
	if takes != "" {
		text = "; the server takes " + takes
	}
	if l.offer != nil && l.shown {
		for _, note := range l.offer.notes {
			text += "; " + note
		}
	}
	if l.untried != "" && l.shown {
		text += "; " + l.untried
	}
	if l.heard != "" {
		text += "; it said " + fault.LastLine([]byte(l.heard))
	}
	var ours *remark
	if errors.As(err, &ours) {
		text += "; " + ours.Error()
	}
	return cause.Because(l.refusedProof(), fmt.Errorf("%s did not accept %s for user %s (a locked or expired account, and one at its maxulogs, look the same)%s%w", host, l.by(), user, text, plain.Silent(err)))
}

// refusedProof returns the cause of a refusal: the last proof that was shown.
func (l *Login) refusedProof() cause.Cause {
	if l.sentBy != "" {
		return cause.PasswordRefused
	}
	if _, ok := l.offer.signer.PublicKey().(*ssh.Certificate); ok {
		return cause.CertificateRefused
	}
	return cause.KeyRefused
}

// lacks names the missing proof.
func (l *Login) lacks() string {
	switch {
	case l.offer == nil && l.missing != nil:
		return "only a password (" + l.missing.Error() + ")"
	case l.target.Password == "":
		return "no password (ssh.password)"
	}
	return "nothing else"
}
