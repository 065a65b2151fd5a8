package fault

import (
	"strings"

	"aixmend/transport"
	"aixmend/transport/cause"
)

// Refusal is a reason for which a server, or the system behind it, rejects a
// login. It is recognised by its text, since the protocol does not say it.
type Refusal struct {
	// Kind is the kind of the error, Cause its cause.
	Kind  transport.Kind
	Cause cause.Cause

	text   string // a part of the message, in lower case, with single blanks
	means  string
	remedy string
}

// Remedies that several refusals of AIX share.
const (
	unlock = "look with lsuser -a account_locked expires loginretries unsuccessful_login_count, and let an administrator unlock it"
	// NewPassword is the remedy for an expired password.
	NewPassword = "log in by hand once and set a new password, or have an administrator do it (pwdadm -c when it need not be changed)"
)

// refusals lists the known texts, with their sources; the first match counts. The
// numbers of AIX messages stand before the translated text, so they hold in every
// language.
var refusals = []Refusal{
	// AIX, passwdexpired(): message 3004-610. OpenSSH, session.c do_pwchange(),
	// for AIX and PAM alike.
	{transport.KindAuth, cause.PasswordExpired, "3004-610", "the password has expired", NewPassword},
	{transport.KindAuth, cause.PasswordExpired, "your password has expired", "the password has expired", NewPassword},
	{transport.KindAuth, cause.PasswordExpired, "password change required but no tty available", "the password has expired", NewPassword},
	// Linux-PAM, pam_unix; the wording of several others.
	{transport.KindAuth, cause.PasswordExpired, "you are required to change your password", "the password has expired", NewPassword},
	// RFC 4252 8, SSH_MSG_USERAUTH_PASSWD_CHANGEREQ, as golang.org/x/crypto/ssh
	// words a message that it did not expect.
	{transport.KindAuth, cause.PasswordExpired, "unexpected message type 60", "the password has expired", NewPassword},
	// AIX, loginrestrictions(): messages 3004-301 to 3004-312 in the order of
	// its header of default texts; what each means: IBM support, page 7245949.
	{transport.KindAuth, cause.AccountLocked, "3004-301", "the account is locked", unlock},
	{transport.KindAuth, cause.AccountLocked, "your account has been locked", "the account is locked", unlock},
	{transport.KindAuth, cause.AccountLocked, "3004-302", "the account has expired", unlock},
	{transport.KindAuth, cause.AccountLocked, "your account has expired", "the account has expired", unlock},
	{transport.KindAuth, cause.AccountLocked, "3004-303", "the account is locked after too many unsuccessful logins", unlock},
	{transport.KindAuth, cause.AccountLocked, "too many unsuccessful login attempts", "the account is locked after too many unsuccessful logins", unlock},
	{transport.KindAuth, cause.AccountLocked, "3004-304", "the account may not log in at this time", "look at logintimes with lsuser"},
	{transport.KindAuth, cause.AccountLocked, "you are not allowed to login at this time", "the account may not log in at this time", "look at logintimes with lsuser"},
	{transport.KindAuth, cause.AccountLocked, "3004-306", "the account may not log in remotely", "set rlogin=true for it, or log in as another"},
	{transport.KindAuth, cause.AccountLocked, "remote logins are not allowed for this account", "the account may not log in remotely", "set rlogin=true for it, or log in as another"},
	{transport.KindAuth, cause.TooManySessions, "3004-312", "all login sessions of the host are in use", "end some, or raise maxlogins in /etc/security/login.cfg"},
	{transport.KindAuth, cause.TooManySessions, "all available login sessions are in use", "all login sessions of the host are in use", "end some, or raise maxlogins in /etc/security/login.cfg"},
	// AIX has no text of its own for maxulogs: it says the general one (IBM
	// support, page 7245949). PAM modules and wrappers name the attribute.
	{transport.KindAuth, cause.TooManySessions, "maxulogs", "the login has as many sessions as maxulogs allows", "end some, or raise maxulogs for it"},
	{transport.KindAuth, cause.PasswordRefused, "3004-300", "the password is wrong, or the login has as many sessions as maxulogs allows", "look with lsuser -a maxulogs, and with who"},
	{transport.KindAuth, cause.PasswordRefused, "you entered an invalid login name or password", "the password is wrong, or the login has as many sessions as maxulogs allows", "look with lsuser -a maxulogs, and with who"},
	// shadow and util-linux, nologin; Linux-PAM, pam_nologin, while the system starts or stops.
	{transport.KindProtocol, cause.AccountClosed, "this account is currently not available", "the account has no login shell (nologin)", "give it one (chsh, chuser shell=/usr/bin/ksh LOGIN), or log in as another"},
	{transport.KindAuth, cause.AccountClosed, "system is booting up", "the host lets nobody in while it starts", "wait, or remove /etc/nologin or /run/nologin there"},
	{transport.KindAuth, cause.AccountClosed, "system is going down", "the host lets nobody in while it stops", "wait, or remove /etc/nologin or /run/nologin there"},
	// OpenSSH, session.c, ForceCommand internal-sftp or a chroot for file transfer alone.
	{transport.KindProtocol, cause.CommandsRefused, "this service allows sftp connections only", "the login may transfer files only (ForceCommand internal-sftp)", "use a login that may run commands"},
	// OpenSSH, auth.c auth_maxtries_exceeded().
	{transport.KindAuth, cause.TooManyTries, "too many authentication failures", "the server had counted too many tries before ours", "raise MaxAuthTries in its sshd_config, or log in in one way only"},
	// OpenSSH, sshd.c, before the version; the second since 9.8 for
	// PerSourcePenalties.
	{transport.KindRefused, cause.TooManyLogins, "exceeded maxstartups", "the server has too many logins under way (MaxStartups)", "run with a lower --concurrency, or raise MaxStartups in its sshd_config"},
	{transport.KindRefused, cause.Penalised, "not allowed at this time", "the server does not talk to this machine for a while (PerSourcePenalties)", "wait, and find out which logins from here failed"},
	// golang.org/x/crypto/ssh, client_auth.go pickSignatureAlgorithm().
	{transport.KindAuth, cause.KeyTypeRefused, "no common public key signature algorithm", "the server takes SHA-1 signatures only", "set ssh.legacy_algorithms for this host, or use another kind of key than RSA"},
}

// Recognise finds the refusal that some texts of a server mean, nil when none of
// the known ones is among them.
func Recognise(texts ...string) *Refusal {
	said := strings.ToLower(strings.Join(strings.Fields(strings.Join(texts, " \n ")), " "))
	for i := range refusals {
		if strings.Contains(said, refusals[i].text) {
			return &refusals[i]
		}
	}
	return nil
}

// Error gives the meaning and the remedy.
func (r *Refusal) Error() string { return r.means + ": " + r.remedy }
