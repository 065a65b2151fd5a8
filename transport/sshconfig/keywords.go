package sshconfig

import "strings"

// effect is the meaning that a keyword of ssh_config(5) has here.
type effect int

const (
	// unheard: not a keyword; it could say anything.
	unheard effect = iota
	// structure: it says to which hosts others apply, or where they stand.
	structure
	// followed: the target has it, or it decides about others.
	followed
	// refuses: no target can have it; a value that would matter refuses the host.
	refuses
	// tunes: it says nothing of where, as whom, on which way or with which trust a host
	// is reached; or something stricter holds here in any case.
	tunes
)

// keyword is the meaning of one keyword.
type keyword struct {
	effect
	// name is how it is written.
	name string
	// instead is the setting of the inventory that says the same, and lifts it; "":
	// there is none.
	instead string
	// many: it takes several values.
	many bool
}

// keywords are all of them, by their names in lower case.
var keywords = func() map[string]keyword {
	all := map[string]keyword{}
	add := func(e effect, instead, names string) {
		for _, name := range strings.Fields(names) {
			all[strings.ToLower(name)] = keyword{effect: e, name: name, instead: instead}
		}
	}
	add(structure, "", "Host Match Include IgnoreUnknown")

	// Where.
	add(followed, "", "HostName AddressFamily CanonicalizeHostname CanonicalizePermittedCNAMEs Tag")
	add(followed, "ssh.port", "Port")
	add(refuses, "", "BindAddress BindInterface RefuseConnection")
	// These count with CanonicalizeHostname only.
	add(tunes, "", "CanonicalDomains CanonicalizeFallbackLocal CanonicalizeMaxDots")

	// On which way.
	add(followed, "ssh.jump", "ProxyCommand ProxyJump")
	add(refuses, "ssh.jump", "ProxyUseFdpass")
	// A connection that another ssh holds open is not shared.
	add(tunes, "", "ControlMaster ControlPath ControlPersist")

	// As whom.
	add(followed, "ssh.user", "User")
	add(followed, "ssh.identity", "CertificateFile IdentityFile")
	add(followed, "ssh.agent", "IdentityAgent")
	add(refuses, "ssh.identity", "IdentitiesOnly PKCS11Provider PreferredAuthentications PubkeyAuthentication")
	// Only keys and passwords that the inventory or this list names are shown.
	add(tunes, "", `AddKeysToAgent BatchMode ChallengeResponseAuthentication EnableSSHKeysign GSSAPIAuthentication
		GSSAPIClientIdentity GSSAPIDelegateCredentials GSSAPIKexAlgorithms GSSAPIKeyExchange
		GSSAPIRenewalForcesRekey GSSAPIServerIdentity GSSAPITrustDns HostbasedAuthentication
		KbdInteractiveAuthentication KbdInteractiveDevices NumberOfPasswordPrompts PasswordAuthentication
		PubkeyAcceptedAlgorithms PubkeyAcceptedKeyTypes RSAAuthentication RhostsRSAAuthentication
		SecurityKeyProvider SmartcardDevice UseKeychain`)

	// With which trust.
	add(followed, "ssh.known_hosts", "GlobalKnownHostsFile KnownHostsCommand UserKnownHostsFile")
	add(followed, "ssh.host_key_alias", "HostKeyAlias")
	add(followed, "", "RevokedHostKeys")
	add(refuses, "ssh.known_hosts", "CheckHostIP HostKeyAlgorithms RequiredRSASize")
	// A host's key is always checked, and no server can add one.
	add(tunes, "", `CASignatureAlgorithms HashKnownHosts HostbasedAcceptedAlgorithms HostbasedKeyTypes
		NoHostAuthenticationForLocalhost StrictHostKeyChecking UpdateHostKeys VerifyHostKeyDNS`)

	// The connection itself, and the programs in it.
	add(tunes, "", `ChannelTimeout Cipher Ciphers ClearAllForwardings Compression CompressionLevel
		ConnectTimeout ConnectionAttempts DSAAuthentication DynamicForward EnableEscapeCommandline EscapeChar
		ExitOnForwardFailure FallBackToRsh FingerprintHash ForkAfterAuthentication ForwardAgent ForwardX11
		ForwardX11Timeout ForwardX11Trusted GatewayPorts IPQoS KeepAlive KexAlgorithms LocalCommand
		LocalForward LogLevel LogVerbose MACs ObscureKeystrokeTiming PermitLocalCommand PermitRemoteOpen
		Protocol ProtocolKeepAlives RekeyLimit RemoteCommand RemoteForward RequestTTY SendEnv
		ServerAliveCountMax ServerAliveInterval SessionType SetEnv SetupTimeOut SkeyAuthentication StdinNull
		StreamLocalBindMask StreamLocalBindUnlink SyslogFacility TCPKeepAlive TISAuthentication Tunnel
		TunnelDevice UsePrivilegedPort UseRoaming UseRsh VersionAddendum VisualHostKey WarnWeakCrypto
		XAuthLocation`)

	for _, name := range []string{"userknownhostsfile", "globalknownhostsfile", "canonicalizepermittedcnames", "include", "host", "match"} {
		k := all[name]
		k.many = true
		all[name] = k
	}
	return all
}()
