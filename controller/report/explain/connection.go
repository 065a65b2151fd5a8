package explain

import (
	"regexp"
	"strconv"
	"strings"

	"aixmend/controller/outcome"
	"aixmend/transport/cause"
	"aixmend/transport/shell"
)

// connectionAdvice returns the advice on a host without a connection.
func connectionAdvice(h outcome.Host) []string {
	kind, why := cause.Of(h.Reason)
	list := byCause[why]
	if len(list) == 0 {
		list = byKind[kind]
	}
	if len(list) == 0 {
		list = []string{"check that the host is up and reachable on its SSH port", asWhom}
	}
	names := namesFor(h)
	var steps []string
	for _, step := range list {
		prose, ours, ends := strings.Cut(step, ": aixmend ")
		if !ends {
			steps = append(steps, names.Replace(step))
			continue
		}
		steps = append(steps, names.Replace(prose)+":", "aixmend "+names.Replace(ours))
	}
	return append(steps, command("then try again", "audit", "-l", h.Host)...)
}

// namesFor fills the names in that are known of a host: HOST, and of how it was dialled
// ADDRESS, PORT, LOGIN and FILE, quoted for a shell. Where a bastion failed, they are not
// those of the host.
func namesFor(h outcome.Host) *strings.Replacer {
	names := []string{"-l HOST", "-l " + shell.Word(h.Host)}
	if strings.HasPrefix(h.Reason, "jump:") {
		return strings.NewReplacer(names...)
	}
	address, d := h.Address, h.Dialled
	if d != nil {
		address = d.Address
	}
	if plainAddress.MatchString(address) {
		names = append(names, "ADDRESS", address)
	}
	if d == nil {
		return strings.NewReplacer(names...)
	}
	port := "-p " + strconv.Itoa(d.Port)
	if d.Jump != "" && d.Jump != "none" {
		port += " -o ProxyJump=" + shell.Word(d.Jump)
	}
	names = append(names, "-p PORT", port, "PORT", strconv.Itoa(d.Port))
	if plainAddress.MatchString(d.Login) {
		names = append(names, "LOGIN", d.Login)
	}
	if d.Identity == "" {
		return strings.NewReplacer(append(names, "-i FILE.pub ", "", "-i FILE -o IdentitiesOnly=yes ", "", "ssh-add FILE", "ssh-add")...)
	}
	private := strings.TrimSuffix(d.Identity, ".pub")
	return strings.NewReplacer(append(names, "FILE-cert.pub", shell.Word(private+"-cert.pub"), "FILE.pub", shell.Word(private+".pub"), "FILE", shell.Word(d.Identity), "PRIVATE", shell.Word(private))...)
}

// plainAddress matches an address that a person can paste into a shell.
var plainAddress = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._:-]*$`)

// Advice that several causes share.
const (
	asWhom    = "compare address, port and login: aixmend inventory list -l HOST"
	nameKey   = "name another key with --identity or ssh.identity (in an Ansible inventory: aixmend_ssh: {identity: PATH})"
	onConsole = "log in on the host's console and look at the account: lsuser -a account_locked expires rlogin login loginretries unsuccessful_login_count LOGIN"
)

// byKind is the advice where a reason names no cause that is known.
var byKind = map[string][]string{
	"host-key-unknown": {"compare the fingerprint with the host's console, then add the key to known_hosts: aixmend hostkeys -l HOST"},
	"host-key-changed": {"if the host was redeployed, compare the fingerprint with its console, then replace the key: aixmend hostkeys -l HOST", "otherwise find out which machine answers"},
	"auth":             {"check the login and the key: ssh -v -i FILE -o IdentitiesOnly=yes -p PORT LOGIN@ADDRESS true", asWhom},
	"dns":              {"the name does not resolve: check the address in the inventory"},
	"jump":             {"the bastion or the proxy command failed, not the host: connect by hand with ssh -v"},
	"protocol":         {"the server speaks, but not as expected: compare with ssh -v -p PORT LOGIN@ADDRESS true", asWhom},
	"lost":             {"the connection broke: look at the network and at sshd's log on the host"},
}

// byCause is the advice for each cause, one step a line; namesFor fills HOST, FILE and so on
// in.
var byCause = map[cause.Cause][]string{
	cause.ConnectionRefused:  {asWhom, "on the host's console: lssrc -s sshd; start it with startsrc -s sshd"},
	cause.NoRoute:            {"check that the host is on, and the address: ping ADDRESS", asWhom},
	cause.NetworkUnreachable: {"this machine has no route to that network: ip route get ADDRESS (AIX: netstat -rn)", "is a VPN down, or a bastion missing (ssh.jump)?"},
	cause.NotPermittedHere:   {"a firewall or a policy of this machine forbids the connection: iptables -L OUTPUT, or the unit's IPAddressDeny and RestrictAddressFamilies"},
	cause.TooManyFiles:       {"work on fewer hosts at a time (-c 50), or raise the limit (ulimit -n 4096)"},
	cause.TooManyLogins:      {"work on fewer hosts at a time (-c 20), or raise MaxStartups in the host's sshd_config"},
	cause.Penalised:          {"wait some minutes; find the logins from this machine that failed in sshd's log (PerSourcePenalties)"},

	cause.NoAnswer: {"check that the host is on, and that no firewall drops the packets: ping ADDRESS; nc -vz ADDRESS PORT", "for a slow host: --connect-timeout 60s"},
	cause.Silent:   {"something took the connection and said nothing: is it the port of sshd, and does sshd hang? nc ADDRESS PORT must print SSH-2.0-...", asWhom},

	cause.NoSuchName:     {"look the name up: getent hosts ADDRESS (AIX: host ADDRESS)", "correct it, or give the host an address in the inventory: address: 10.1.2.3"},
	cause.ResolverFailed: {"the name server failed, the name may be right: look at /etc/resolv.conf, and try getent hosts ADDRESS"},
	cause.ResolverSilent: {"the name server gave no answer: look at /etc/resolv.conf and at the network to it"},

	cause.NoKey:             {"make a key (ssh-keygen -t ed25519), or " + nameKey, "or load one into an agent: ssh-add"},
	cause.KeyMissing:        {"the key's path is wrong, or the file is on another machine: ls -l FILE", nameKey},
	cause.KeyUnreadable:     {"the key must be a file that you may read: ls -ld FILE", nameKey},
	cause.KeyOpen:           {"take the rights of others away: chmod 600 FILE", "if others may have read it, make a new key and retire this one"},
	cause.KeyForeign:        {"run aixmend as the owner of the key, or use a copy of your own: install -m 600 FILE ~/.ssh/"},
	cause.NotAKey:           {"see which file it is: head -1 FILE; ssh-keygen -l -f FILE", nameKey},
	cause.PrivateMissing:    {"load the private key into the agent: ssh-add PRIVATE", "or name the private key's file with ssh.identity"},
	cause.PassphraseMissing: {"load the key into an agent: ssh-add FILE", "or name the source of its passphrase: ssh.passphrase: {file: PATH}, {exec: [...]}, {env: NAME} or prompt"},
	cause.WrongPassphrase:   {"try the passphrase: ssh-keygen -y -f FILE prints the public key if it is right", "correct the source in ssh.passphrase, or load the key into an agent: ssh-add FILE"},
	cause.AgentFailed:       {"look at the agent: ssh-add -l (SSH_AUTH_SOCK must name its socket)", nameKey},
	cause.SeveralKeys:       {"see the keys: ssh-add -L; save the line of the right one in a file that ends in .pub", nameKey},
	cause.BadCertificate:    {"look at the certificate: ssh-keygen -L -f FILE-cert.pub", "have a new one signed, or log in without a certificate: ssh.certificate: none"},
	cause.OldKey:            {"make a new key (ssh-keygen -t ed25519) and add its public half on the host", "until then: ssh.legacy_algorithms: true"},
	cause.PasswordMissing:   {"the source of the password gives none: run it by hand, or look at the file", "it is named in ssh.password: {file: PATH}, {exec: [...]}, {env: NAME} or prompt"},
	cause.PasswordWithheld:  {"two other hosts refused the password, so that no further one got it: correct it at its source, then run again"},

	cause.KeyRefused: {
		"add the public key on the host: ssh-copy-id -i FILE.pub -p PORT LOGIN@ADDRESS",
		"if it is there: a locked account, a login shell that is not in /etc/shells, AllowUsers or PubkeyAcceptedAlgorithms in sshd_config, or a home folder that others may write look the same; sshd's log on the host has the reason",
		asWhom,
	},
	cause.KeyTypeRefused:     {"the host takes no signature that this key can make today: make another kind of key (ssh-keygen -t rsa -b 3072, or -t ed25519) and add it there, or let PubkeyAcceptedAlgorithms allow this one", "for an old level: ssh.legacy_algorithms: true"},
	cause.CertificateRefused: {"look at authority, logins and dates: ssh-keygen -L -f FILE-cert.pub", "the host needs the authority in TrustedUserCAKeys, and the login among the principals"},
	cause.PasswordRefused:    {"check the password by hand: ssh -o PubkeyAuthentication=no -p PORT LOGIN@ADDRESS", onConsole},
	cause.MoreWanted:         {"the host wants a second proof (AuthenticationMethods in its sshd_config): use a login that needs one, or add ssh.password"},
	cause.MethodMissing:      {"the host takes other methods than aixmend has for it: name a password's source in ssh.password, or allow keys there (PubkeyAuthentication yes)"},
	cause.PasswordExpired:    {"set a new password by hand: ssh -p PORT LOGIN@ADDRESS", "or as root there: pwdadm -c LOGIN, where it need not be changed"},
	cause.AccountLocked:      {onConsole, "unlock it as root there: chuser account_locked=false LOGIN; chsec -f /etc/security/lastlog -a unsuccessful_login_count=0 -s LOGIN"},
	cause.AccountClosed:      {"as root on the host: give the account a shell (chuser shell=/usr/bin/ksh LOGIN), or remove /etc/nologin", "or use another login: ssh.user"},
	cause.TooManySessions:    {"see who is logged in there: who; lsuser -a maxulogs LOGIN", "end old sessions, or raise maxulogs"},
	cause.TooManyTries:       {"the host counted too many tries: raise MaxAuthTries in its sshd_config", "look for a proxy or a bastion that logs in before aixmend does"},
	cause.PasswordUnanswered: {"the host took the password and gave no answer: log in by hand before the next run, so that the account is not locked", onConsole},

	cause.NotSSH:          {"another service listens there: set the port of sshd (ssh: {port: 22})", asWhom},
	cause.NoAlgorithm:     {"update OpenSSH on the host, or let it offer newer algorithms", "until then, where the reason says so: ssh.legacy_algorithms: true"},
	cause.ShortHostKey:    {"make another host key there (ssh-keygen -A), and store it: aixmend hostkeys -l HOST", "until then: ssh.legacy_algorithms: true"},
	cause.BadData:         {"compare with ssh -v -p PORT LOGIN@ADDRESS true; a proxy or an intrusion filter between may change the data"},
	cause.SessionRefused:  {"raise MaxSessions in the host's sshd_config (0 refuses all), or use a login that may open sessions"},
	cause.CommandsRefused: {"the login may not run commands (ForceCommand, internal-sftp, a restricted shell): use another login: ssh.user"},
	cause.ForcedCommand:   {"something else than the script ran: look for ForceCommand in sshd_config, command= in authorized_keys, and a profile that exits", "the login needs a shell: lsuser -a shell LOGIN; or use another login: ssh.user"},
	cause.ScriptCut:       {"the shell ended during the script: look at the login's profile, limits and shell (lsuser -a shell LOGIN)"},
	cause.ConfigUnusable:  {"correct the line of ssh_config that the reason names; what the inventory says (ssh:, or aixmend_ssh in an Ansible inventory) wins over it"},

	cause.RevokedHostKey: {"known_hosts marks this key as revoked: find out who answers there, and make new host keys on the host"},

	cause.ClosedEarly: {"the host closed before it spoke: MaxStartups, TCP wrappers (/etc/hosts.deny), a firewall, or no SSH server at all (TLS and others close so, too)", "work on fewer hosts at a time (-c 20); look at sshd's log on the host", asWhom},
	cause.ClosedLater: {"the connection broke: look at the network and at sshd's log on the host"},
	cause.ShellSilent: {"the login shell did not run the script: a profile that asks or waits, a menu, or a home folder on a dead NFS server", "try it: ssh -p PORT LOGIN@ADDRESS true"},
}
