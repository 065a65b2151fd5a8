//go:build linux

package ssh

import (
	"testing"

	"aixmend/transport"
	"aixmend/transport/cause"
)

// Refusals of a real sshd, and the cause by which its hosts are grouped.
func TestCausesOfOpenSSH(t *testing.T) {
	t.Parallel()
	ca := keyPair(t, "ed25519")
	for name, c := range map[string]struct {
		options string
		change  func(r *rig)
		kind    transport.Kind
		cause   cause.Cause
		says    []string
	}{
		"another key":                 {"", func(r *rig) { r.target.Identity = keyPair(t, "ed25519") }, transport.KindAuth, cause.KeyRefused, []string{"the server takes publickey, password"}},
		"a login that is not allowed": {"AllowUsers nobody", nil, transport.KindAuth, cause.KeyRefused, []string{"did not accept identity"}},
		// OpenSSH lists all types that it knows, not those that it takes: nobody can tell.
		"a type that is not accepted": {"PubkeyAcceptedAlgorithms rsa-sha2-512", nil, transport.KindAuth, cause.KeyRefused, []string{"the server takes "}},
		"no key at all":               {"PubkeyAuthentication no", nil, transport.KindAuth, cause.MethodMissing, []string{"accepts only password", "ssh.password"}},
		"a second proof":              {"AuthenticationMethods publickey,password", nil, transport.KindAuth, cause.MoreWanted, []string{"wants more (password)"}},
		"a certificate of a stranger": {"TrustedUserCAKeys " + ca + ".pub", func(r *rig) {
			r.target.Identity = keyPair(t, "ed25519")
			program(t, nil, "ssh-keygen", "-q", "-s", keyPair(t, "ed25519"), "-I", "x", "-n", r.target.User, r.target.Identity+".pub")
		}, transport.KindAuth, cause.CertificateRefused, []string{"must trust the certificate's authority"}},
		"a certificate of another login": {"TrustedUserCAKeys " + ca + ".pub", func(r *rig) {
			r.target.Identity = keyPair(t, "ed25519")
			program(t, nil, "ssh-keygen", "-q", "-s", ca, "-I", "x", "-n", "dba", r.target.Identity+".pub")
		}, transport.KindAuth, cause.CertificateRefused, []string{"is for the logins dba"}},
		"a certificate that expired, named": {"TrustedUserCAKeys " + ca + ".pub", func(r *rig) {
			r.target.Identity = keyPair(t, "ed25519")
			program(t, nil, "ssh-keygen", "-q", "-s", ca, "-I", "x", "-n", r.target.User, "-V", "20200101000000:20200102000000", r.target.Identity+".pub")
			r.target.Certificate = r.target.Identity + "-cert.pub"
		}, transport.KindAuth, cause.BadCertificate, []string{"expired at 2020-01-0"}},
		"old algorithms":               {"KexAlgorithms diffie-hellman-group14-sha1", nil, transport.KindProtocol, cause.NoAlgorithm, []string{"the server offers diffie-hellman-group14-sha1", "aixmend offers "}},
		"no session":                   {"MaxSessions 0", nil, transport.KindProtocol, cause.SessionRefused, []string{"MaxSessions"}},
		"a command that is forced":     {"ForceCommand echo 'no logins, please'", nil, transport.KindProtocol, cause.ForcedCommand, []string{"no logins, please"}},
		"a command that fails":         {"ForceCommand false", nil, transport.KindProtocol, cause.ForcedCommand, []string{"status 1"}},
		"file transfer alone":          {"ForceCommand internal-sftp", nil, transport.KindProtocol, cause.CommandsRefused, []string{"may transfer files only"}},
		"nologin":                      {"ForceCommand echo 'This account is currently not available.'; exit 1", nil, transport.KindProtocol, cause.AccountClosed, []string{"nologin"}},
		"a chroot without a shell":     {"ChrootDirectory /run/sshd", nil, transport.KindProtocol, cause.ForcedCommand, []string{"No such file"}},
		"a password to change at once": {"ForceCommand echo 'WARNING: Your password has expired.'; exit 1", nil, transport.KindAuth, cause.PasswordExpired, []string{"pwdadm"}},
	} {
		r := openSSH(t, c.options)
		if c.change != nil {
			c.change(r)
		}
		conn, err := NewDialer(r.opts).Dial(t.Context(), r.target)
		if err == nil {
			_, err = conn.Run(t.Context(), []transport.Command{probe("p", "echo x")})
			_ = conn.Close()
		}
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		t.Logf("%s: %v", name, err)
		wantCause(t, err, c.kind, c.cause, c.says...)
	}
}
