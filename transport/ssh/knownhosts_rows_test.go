//go:build linux

package ssh

import "strings"

// A knownHostsRow is a known_hosts file and a host, with the verdict of ssh on it.
type knownHostsRow struct {
	name string
	// keys are those of the server: names of a keyring.
	keys string
	// host is its address, or address:port, or address:port=alias.
	host string
	// file is the known_hosts file; see keyring.fill.
	file string
	// ssh is the verdict of ssh: known, unknown, changed, revoked, or none for no common
	// algorithm.
	ssh string
	// newer is the verdict of OpenSSH 10.3 and later where that is another one.
	newer string
	// ours is our verdict where it is another one, why the reason for that, and says a
	// part of the message that the user reads.
	ours, why, says string
}

const (
	a22   = "a.example.com:22"
	a2222 = "a.example.com:2222"
)

var knownHostsRows = []knownHostsRow{
	// One key.
	{name: "the key", keys: "ed25519", host: a22, file: "a.example.com {ed25519}\n", ssh: "known"},
	{name: "an empty file", keys: "ed25519", host: a22, file: "", ssh: "unknown"},
	{name: "another key of the type", keys: "ed25519", host: a22, file: "a.example.com {old25519}\n", ssh: "changed"},
	{name: "another key of another type", keys: "ed25519", host: a22, file: "a.example.com {rsa}\n", ssh: "changed"},
	{name: "another host", keys: "ed25519", host: a22, file: "b.example.com {ed25519}\n", ssh: "unknown"},
	{name: "several keys of the host", keys: "ed25519", host: a22, file: "a.example.com {old25519}\na.example.com {rsa}\na.example.com {ed25519}\n", ssh: "known"},
	{name: "a line twice", keys: "ed25519", host: a22, file: "a.example.com {ed25519}\na.example.com {ed25519}\n", ssh: "known"},
	{name: "name and address in one line", keys: "ed25519", host: a22, file: "a.example.com,10.1.2.3 {ed25519}\n", ssh: "known"},
	{name: "the address alone is listed", keys: "ed25519", host: a22, file: "127.0.0.1 {ed25519}\n", ssh: "unknown"},
	{name: "capitals in the file", keys: "ed25519", host: a22, file: "A.Example.COM {ed25519}\n", ssh: "known"},
	{name: "capitals in the host", keys: "ed25519", host: "A.EXAMPLE.com:22", file: "a.example.com {ed25519}\n", ssh: "known"},
	{name: "a final dot", keys: "ed25519", host: "a.example.com.:22", file: "a.example.com {ed25519}\n", ssh: "unknown"},
	{name: "an address range is text", keys: "ed25519", host: "10.1.2.3:22", file: "10.1.2.0/24 {ed25519}\n", ssh: "unknown"},

	// The form of lines.
	{name: "CRLF", keys: "ed25519", host: a22, file: "# c\r\n\r\na.example.com {ed25519}\r\n", ssh: "known"},
	{name: "CRLF behind a comment", keys: "ed25519", host: a22, file: "a.example.com {ed25519} me@here\r\n", ssh: "known"},
	{name: "a CR instead of a blank", keys: "ed25519", host: a22, file: "a.example.com\r{ed25519} x y\n", ssh: "unknown"},
	{name: "lines that end with CR alone", keys: "ed25519", host: a22, file: "b.example.com {rsa}\ra.example.com {ed25519}\r", ssh: "unknown"},
	{name: "blanks and tabs", keys: "ed25519", host: a22, file: " \t a.example.com \t ssh-ed25519\t \t{blob ed25519} \tme\n", ssh: "known"},
	{name: "a form feed is no blank", keys: "ed25519", host: a22, file: "a.example.com\f{ed25519}\n", ssh: "unknown"},
	{name: "no final newline", keys: "ed25519", host: a22, file: "# c\na.example.com {ed25519}", ssh: "known"},
	{name: "a byte order mark before the line", keys: "ed25519", host: a22, file: "\ufeffa.example.com {ed25519}\n", ssh: "unknown"},
	{name: "a byte order mark before another line", keys: "ed25519", host: a22, file: "\ufeff# c\na.example.com {ed25519}\n", ssh: "known"},
	{name: "UTF-16", keys: "ed25519", host: a22, file: "\xff\xfea\x00.\x00e\x00 \x00\n\x00", ssh: "unknown"},
	{name: "a NUL ends a line", keys: "ed25519", host: a22, file: "a.example.com {ed25519}\x00 x\n", ssh: "known"},
	{name: "a comment is part of no key", keys: "ed25519", host: a22, file: "a.example.com {ed25519}#me\n", ssh: "unknown"},
	{name: "a comment line", keys: "ed25519", host: a22, file: "#a.example.com {ed25519}\n", ssh: "unknown"},
	{name: "broken lines among good ones", keys: "ed25519", host: a22, ssh: "known",
		file: "a.example.com\na.example.com ssh-ed25519\na.example.com ssh-ed25519 not-base64!\na.example.com nosuch {blob ed25519}\n|1|x|y {ed25519}\na.example.com {ed25519}\n"},
	{name: "a long line", keys: "ed25519", host: a22, file: strings.Repeat("h.example.com,", 10_000) + "a.example.com {ed25519}\n", ssh: "known"},
	{name: "a long line that revokes", keys: "ed25519", host: a22, file: "a.example.com {ed25519}\n@revoked " + strings.Repeat("h.example.com,", 10_000) + "a.example.com {ed25519}\n", ssh: "revoked"},
	{name: "a long comment", keys: "ed25519", host: a22, file: "a.example.com {ed25519} " + strings.Repeat("x", 100_000) + "\n", ssh: "known"},
	{name: "a name of 1,100 characters beside it", keys: "ed25519", host: a22, file: "a.example.com," + strings.Repeat("x", 1100) + " {ed25519}\n", ssh: "unknown"},

	// Types.
	{name: "rsa-sha2-512 as a type", keys: "rsa", host: a22, file: "a.example.com rsa-sha2-512 {blob rsa}\n", ssh: "known"},
	{name: "rsa-sha2-256 as a type", keys: "rsa", host: a22, file: "a.example.com rsa-sha2-256 {blob rsa}\n", ssh: "known"},
	{name: "rsa-sha2-512 as the type of another key", keys: "rsa", host: a22, file: "a.example.com rsa-sha2-512 {blob oldrsa}\n", ssh: "changed"},
	{name: "rsa-sha2-512 that is ed25519", keys: "ed25519", host: a22, file: "a.example.com rsa-sha2-512 {blob ed25519}\n", ssh: "unknown"},
	{name: "rsa-sha2-512 revokes", keys: "rsa", host: a22, file: "a.example.com {rsa}\n@revoked * rsa-sha2-512 {blob rsa}\n", ssh: "revoked"},
	{name: "rsa-sha2-256 as an authority's type", keys: "ed25519+ofrsa", host: a22, file: "@cert-authority *.example.com rsa-sha2-256 {blob carsa}\n", ssh: "known"},
	{name: "a type in capitals", keys: "ed25519", host: a22, file: "a.example.com SSH-ED25519 {blob ed25519}\n", ssh: "unknown"},
	{name: "another curve than it says", keys: "ecdsa384", host: a22, file: "a.example.com ecdsa-sha2-nistp256 {blob ecdsa384}\n", ssh: "unknown"},
	{name: "a security key type", keys: "ed25519", host: a22, ssh: "changed",
		file: "a.example.com sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIJPRV4kVEcYtf4DCHdBlhrWGY2cvVwAkLKUaSEqFOQMrAAAABHNzaDo=\n"},
	{name: "DSA alone is known", keys: "ed25519", host: a22, ssh: "changed", file: "a.example.com {dsa}\n"},
	{name: "the known type of several", keys: "ed25519 ecdsa rsa", host: a22, file: "a.example.com {rsa}\n", ssh: "known"},
	{name: "the known curve of several", keys: "ecdsa ecdsa384", host: a22, file: "a.example.com {ecdsa384}\n", ssh: "known"},
	{name: "the known type of several, hashed", keys: "ed25519 ecdsa rsa", host: a22, file: "{hash b} {ed25519}\n{hash c} {ed25519}\n{hash a.example.com} {ecdsa}\n", ssh: "known"},
	{name: "the known type changed, another is new", keys: "ed25519 rsa", host: a22, file: "a.example.com {oldrsa}\n", ssh: "changed"},
	{name: "a short RSA key", keys: "rsa1024", host: a22, file: "a.example.com {rsa1024}\n", ssh: "known", ours: "short",
		why: "keys under 2048 bits are within reach of an attacker", says: "ssh.legacy_algorithms"},
	{name: "a short RSA key beside a good one", keys: "rsa1024 ed25519", host: a22, file: "a.example.com {rsa1024}\na.example.com {ed25519}\n", ssh: "known"},
	{name: "a certificate as the key", keys: "ed25519", host: a22, file: "a.example.com {ed25519+all}\n", ssh: "changed"},
	{name: "a certificate as the key, shown", keys: "ed25519+all", host: a22, file: "a.example.com {ed25519+all}\n", ssh: "changed"},
	{name: "a certificate beside the key", keys: "ed25519", host: a22, file: "a.example.com {ed25519+all}\na.example.com {ed25519}\n", ssh: "known"},
	{name: "a certificate that revokes", keys: "ed25519", host: a22, file: "a.example.com {ed25519}\n@revoked a.example.com {ed25519+all}\n", ssh: "revoked"},
	{name: "a certificate that revokes, shown", keys: "ed25519+all", host: a22, file: "@cert-authority * {ca}\n@revoked a.example.com {ed25519+all}\n", ssh: "revoked"},

	// Patterns and ports.
	{name: "a star", keys: "ed25519", host: a22, file: "*.example.com {ed25519}\n", ssh: "known"},
	{name: "a question mark", keys: "ed25519", host: a22, file: "?.example.com {ed25519}\n", ssh: "known"},
	{name: "a negation", keys: "ed25519", host: a22, file: "*.example.com,!a.* {ed25519}\n", ssh: "unknown"},
	{name: "a negation of another", keys: "ed25519", host: a22, file: "!b.*,*.example.com {ed25519}\n", ssh: "known"},
	{name: "a negation alone", keys: "ed25519", host: a22, file: "!b.example.com {ed25519}\n", ssh: "unknown"},
	{name: "a negation in one line of two", keys: "ed25519", host: a22, file: "*,!a.example.com {old25519}\na.example.com {ed25519}\n", ssh: "known"},
	{name: "the port", keys: "ed25519", host: a2222, file: "[a.example.com]:2222 {ed25519}\n", ssh: "known"},
	{name: "another port", keys: "ed25519", host: a2222, file: "[a.example.com]:2223 {ed25519}\n", ssh: "unknown"},
	{name: "port 22 in brackets", keys: "ed25519", host: a22, file: "[a.example.com]:22 {ed25519}\n", ssh: "unknown"},
	{name: "the key of port 2222", keys: "ed25519", host: a22, file: "[a.example.com]:2222 {ed25519}\n", ssh: "unknown"},
	{name: "the name without the port", keys: "ed25519", host: a2222, file: "a.example.com {ed25519}\n", ssh: "known", ours: "unknown",
		why: "behind one address there may be another machine at each port", says: "lists it without the port"},
	{name: "the name without the port, another key", keys: "ed25519", host: a2222, file: "a.example.com {old25519}\n", ssh: "unknown"},
	{name: "with the port another, without it this one", keys: "ed25519", host: a2222, file: "[a.example.com]:2222 {old25519}\na.example.com {ed25519}\n", ssh: "changed"},
	{name: "a star with a port", keys: "ed25519", host: a2222, file: "[*.example.com]:2222 {ed25519}\n", ssh: "known"},
	{name: "a star for ports", keys: "ed25519", host: a2222, file: "[a.example.com]:* {ed25519}\n", ssh: "known"},
	{name: "a star matches brackets and port", keys: "ed25519", host: a2222, file: "*a.example.com* {ed25519}\n", ssh: "known"},
	{name: "brackets are no class of characters", keys: "ed25519", host: a22, file: "[a].example.com {ed25519}\n", ssh: "unknown"},

	// Hashed names.
	{name: "hashed", keys: "ed25519", host: a22, file: "{hash a.example.com} {ed25519}\n", ssh: "known"},
	{name: "hashed, changed", keys: "ed25519", host: a22, file: "{hash a.example.com} {old25519}\n", ssh: "changed"},
	{name: "hashed with the port", keys: "ed25519", host: a2222, file: "{hash [a.example.com]:2222} {ed25519}\n", ssh: "known"},
	{name: "hashed without the port", keys: "ed25519", host: a2222, file: "{hash a.example.com} {ed25519}\n", ssh: "known", ours: "unknown",
		why: "behind one address there may be another machine at each port", says: "lists it without the port"},
	{name: "hashed in capitals", keys: "ed25519", host: "A.example.com:22", file: "{hash A.example.com} {ed25519}\n", ssh: "unknown"},
	{name: "a pattern is not hashed", keys: "ed25519", host: a22, file: "{hash *.example.com} {ed25519}\n", ssh: "unknown"},
	{name: "hashed names in a list", keys: "ed25519", host: a22, file: "{hash a.example.com},{hash x} {ed25519}\n", ssh: "unknown"},
	{name: "a hash of another kind", keys: "ed25519", host: a22, file: "|2|AAAA|AAAA {ed25519}\n", ssh: "unknown"},
	{name: "hashed and revoked", keys: "ed25519", host: a22, file: "a.example.com {ed25519}\n@revoked {hash a.example.com} {ed25519}\n", ssh: "revoked"},
	{name: "a hashed authority", keys: "ed25519+all", host: a22, file: "@cert-authority {hash a.example.com} {ca}\n", ssh: "known"},
	{name: "a hashed authority without the port", keys: "ed25519+all", host: a2222, file: "@cert-authority {hash a.example.com} {ca}\n", ssh: "known"},

	// IPv6 and aliases.
	{name: "IPv6", keys: "ed25519", host: "[2001:db8::7]:22", file: "2001:db8::7 {ed25519}\n", ssh: "known"},
	{name: "IPv6 in brackets", keys: "ed25519", host: "[2001:db8::7]:22", file: "[2001:db8::7] {ed25519}\n", ssh: "unknown"},
	{name: "IPv6 with a port", keys: "ed25519", host: "[2001:db8::7]:2222", file: "[2001:db8::7]:2222 {ed25519}\n", ssh: "known"},
	{name: "IPv6 in long form in the inventory", keys: "ed25519", host: "[2001:DB8:0:0::7]:22", file: "2001:db8::7 {ed25519}\n", ssh: "known"},
	{name: "IPv6 in long form in the file", keys: "ed25519", host: "[2001:db8::7]:22", file: "2001:db8:0:0:0:0:0:7 {ed25519}\n", ssh: "unknown"},
	{name: "IPv6 in long form in both", keys: "ed25519", host: "[2001:db8:0:0::7]:22", file: "2001:db8:0:0::7 {ed25519}\n", ssh: "unknown"},
	{name: "IPv6 with a zone", keys: "ed25519", host: "[fe80::1%lo]:22", file: "fe80::1%lo {ed25519}\n", ssh: "known"},
	{name: "IPv6 without its zone", keys: "ed25519", host: "[fe80::1%lo]:22", file: "fe80::1 {ed25519}\n", ssh: "unknown"},
	{name: "an authority, IPv6 in long form", keys: "ed25519+all", host: "[2001:db8:0:0::7]:22", file: "@cert-authority 2001:db8::* {ca}\n", ssh: "known"},
	{name: "alias", keys: "ed25519", host: "10.1.2.3:2222=lpar7", file: "lpar7 {ed25519}\n", ssh: "known"},
	{name: "alias in capitals", keys: "ed25519", host: "10.1.2.3:2222=LPAR7", file: "lpar7 {ed25519}\n", ssh: "known"},
	{name: "alias in capitals, hashed", keys: "ed25519", host: "10.1.2.3:2222=LPAR7", file: "{hash lpar7} {ed25519}\n", ssh: "known"},
	{name: "alias, the address is listed", keys: "ed25519", host: "10.1.2.3:22=lpar7", file: "10.1.2.3 {ed25519}\n", ssh: "unknown"},
	{name: "alias with the port", keys: "ed25519", host: "10.1.2.3:2222=lpar7", file: "[lpar7]:2222 {ed25519}\n", ssh: "unknown"},
	{name: "an authority for an alias", keys: "ed25519+all", host: "10.1.2.3:2222=Alias", file: "@cert-authority alias {ca}\n", ssh: "known"},

	// Revocation.
	{name: "revoked", keys: "ed25519", host: a22, file: "a.example.com {ed25519}\n@revoked * {ed25519}\n", ssh: "revoked"},
	{name: "revoked and nothing else", keys: "ed25519", host: a22, file: "@revoked a.example.com {ed25519}\n", ssh: "revoked"},
	{name: "revoked behind tabs", keys: "ed25519", host: a22, file: "a.example.com {ed25519}\n@revoked\t*\tssh-ed25519\t{blob ed25519}\n", ssh: "revoked"},
	{name: "revoked behind a tab and a blank", keys: "ed25519", host: a22, file: "a.example.com {ed25519}\n@revoked\t* {ed25519}\n", ssh: "known", ours: "revoked",
		why: "ssh takes no tab there; the line says revoked", says: "is revoked"},
	{name: "revoked for another host", keys: "ed25519", host: a22, file: "a.example.com {ed25519}\n@revoked b.example.com {ed25519}\n", ssh: "known", ours: "revoked",
		why: "whoever holds a stolen key can use it for each host", says: "under another name"},
	{name: "revoked for another port", keys: "ed25519", host: a2222, file: "[a.example.com]:2222 {ed25519}\n@revoked a.example.com {ed25519}\n", ssh: "known", ours: "revoked",
		why: "whoever holds a stolen key can use it at each port", says: "under another name"},
	{name: "another one is revoked", keys: "ed25519", host: a22, file: "a.example.com {ed25519}\n@revoked * {old25519}\n", ssh: "known"},
	{name: "one type is revoked, another known", keys: "ed25519 rsa", host: a22, file: "a.example.com {ed25519}\na.example.com {rsa}\n@revoked * {ed25519}\n", ssh: "known"},
	{name: "one type is revoked alone, another known", keys: "ed25519 rsa", host: a22, file: "@revoked * {ed25519}\na.example.com {rsa}\n", ssh: "known"},
	{name: "one type is revoked, another known, hashed", keys: "ed25519 rsa", host: a22, ssh: "known",
		file: "{hash a.example.com} {ed25519}\n{hash a.example.com} {rsa}\n{hash x} {old25519}\n@revoked * {ed25519}\n"},
	{name: "one type is revoked, another known, hashed, by hashes", keys: "ed25519 ecdsa rsa", host: a22, ssh: "known",
		file: "{hash a.example.com} {ecdsa}\n{hash a.example.com} {rsa}\n@revoked {hash a.example.com} {ecdsa}\n@revoked {hash a.example.com} {ed25519}\n"},
	{name: "one type is revoked, another known, at a port", keys: "ed25519 rsa", host: a2222, ssh: "known",
		file: "[a.example.com]:2222 {ed25519}\n[a.example.com]:2222 {rsa}\n@revoked *a.example.com* {ed25519}\n"},
	{name: "one type is revoked, another unknown", keys: "ed25519 rsa", host: a22, file: "a.example.com {ed25519}\n@revoked * {ed25519}\n", ssh: "revoked"},
	{name: "one type is revoked, another changed", keys: "ed25519 rsa", host: a22, file: "a.example.com {oldrsa}\n@revoked * {ed25519}\n", ssh: "changed"},
	{name: "all types are revoked", keys: "ed25519 rsa", host: a22, file: "a.example.com {ed25519}\na.example.com {rsa}\n@revoked * {ed25519}\n@revoked * {rsa}\n", ssh: "revoked"},
	{name: "the old key of the type is revoked", keys: "ed25519", host: a22, file: "a.example.com {old25519}\na.example.com {ed25519}\n@revoked * {old25519}\n", ssh: "known"},
	{name: "the old key is revoked, the new unknown", keys: "ed25519", host: a22, file: "a.example.com {old25519}\n@revoked * {old25519}\n", ssh: "changed"},
	{name: "an authority is revoked", keys: "ed25519+all", host: a22, file: "@cert-authority * {ca}\n@revoked * {ca}\n", ssh: "revoked"},
	{name: "an authority is revoked, the key known", keys: "ed25519+all", host: a22, file: "a.example.com {ed25519}\n@cert-authority * {ca}\n@revoked * {ca}\n", ssh: "revoked"},
	{name: "an authority is revoked for others", keys: "ed25519+all", host: a22, file: "@cert-authority * {ca}\n@revoked b.example.com {ca}\n", ssh: "known", ours: "revoked",
		why: "whoever holds a stolen key can sign for each host", says: "under another name"},
	{name: "a certificate's key is revoked", keys: "ed25519+all", host: a22, file: "@cert-authority * {ca}\n@revoked * {ed25519}\n", ssh: "revoked"},
	{name: "a certificate's key is revoked, another known", keys: "ed25519+all rsa", host: a22, file: "a.example.com {rsa}\n@revoked * {ed25519}\n", ssh: "known"},
	{name: "an unknown mark", keys: "ed25519", host: a22, file: "@Revoked * {ed25519}\na.example.com {ed25519}\n", ssh: "known"},
	{name: "an unknown mark alone", keys: "ed25519", host: a22, file: "@known a.example.com {ed25519}\n", ssh: "unknown"},
	{name: "two marks", keys: "ed25519", host: a22, file: "@revoked @cert-authority * {ed25519}\na.example.com {ed25519}\n", ssh: "known"},
	{name: "a revocation without a name", keys: "ed25519", host: a22, file: "@revoked {ed25519}\na.example.com {ed25519}\n", ssh: "known"},

	// Certificates.
	{name: "a certificate", keys: "ed25519+all", host: a22, file: "@cert-authority *.example.com {ca}\n", ssh: "known"},
	{name: "a certificate at a port", keys: "ed25519+all", host: a2222, file: "@cert-authority *.example.com {ca}\n", ssh: "known"},
	{name: "a certificate at a port, by name", keys: "ecdsa+all", host: a2222, file: "@cert-authority a.example.com {ca}\n", ssh: "known"},
	{name: "a certificate at a port, RSA", keys: "rsa+all", host: a2222, file: "@cert-authority *.example.com,!b.* {ca}\n", ssh: "known"},
	{name: "a certificate at a port, authority with it", keys: "ed25519+all", host: a2222, file: "@cert-authority [*.example.com]:2222 {ca}\n", ssh: "known"},
	{name: "a certificate at a port, authority of another", keys: "ed25519+all", host: a2222, file: "@cert-authority [*.example.com]:2223 {ca}\n", ssh: "unknown"},
	{name: "a certificate at a port, this host left out", keys: "ed25519+all", host: a2222, file: "@cert-authority *.example.com,!a.example.com {ca}\n", ssh: "unknown"},
	{name: "a certificate at a port, another authority there", keys: "ed25519+all", host: a2222, file: "@cert-authority [a.example.com]:2222 {ca2}\n@cert-authority *.example.com {ca}\n", ssh: "known"},
	{name: "a certificate at a port, another key there", keys: "ed25519+all", host: a2222, file: "[a.example.com]:2222 {old25519}\n@cert-authority *.example.com {ca}\n", ssh: "known"},
	{name: "a certificate at a port, authority revoked", keys: "ed25519+all", host: a2222, file: "@cert-authority *.example.com {ca}\n@revoked *.example.com {ca}\n", ssh: "revoked"},
	{name: "a certificate at a port of an address", keys: "ed25519+all", host: "127.0.0.1:2222", file: "@cert-authority 127.0.0.* {ca}\n", ssh: "known"},
	{name: "a certificate at a port, several types", keys: "rsa ecdsa+all ed25519", host: a2222, file: "@cert-authority *.example.com {ca}\n", ssh: "known"},
	{name: "a certificate at a port, of another principal", keys: "ed25519+other", host: a2222, file: "@cert-authority *.example.com {ca}\n", ssh: "unknown", says: `principal "a.example.com"`},
	{name: "the principal has the port", keys: "ed25519+port", host: a2222, file: "@cert-authority *.example.com {ca}\n", ssh: "unknown"},
	{name: "a certificate of another authority", keys: "ed25519+ofca2", host: a22, file: "@cert-authority *.example.com {ca}\n", ssh: "unknown", says: "no authority"},
	{name: "a certificate of the second authority", keys: "ed25519+ofca2", host: a22, file: "@cert-authority *.example.com {ca}\n@cert-authority * {ca2}\n", ssh: "known"},
	{name: "a certificate of another authority, the key known", keys: "ed25519+ofca2", host: a22, file: "@cert-authority * {ca}\na.example.com {ed25519}\n", ssh: "known"},
	{name: "expired", keys: "ed25519+expired", host: a22, file: "@cert-authority * {ca}\n", ssh: "unknown", says: "expired"},
	{name: "expired, the key known", keys: "ed25519+expired", host: a22, file: "@cert-authority * {ca}\na.example.com {ed25519}\n", ssh: "known"},
	{name: "expired, the key changed", keys: "ed25519+expired", host: a22, file: "@cert-authority * {ca}\na.example.com {old25519}\n", ssh: "changed"},
	{name: "not yet valid", keys: "ed25519+future", host: a22, file: "@cert-authority * {ca}\n", ssh: "unknown", says: "not yet valid"},
	{name: "another principal", keys: "ed25519+other", host: a22, file: "@cert-authority * {ca}\n", ssh: "unknown", says: `principal "a.example.com"`},
	{name: "critical options", keys: "ed25519+critical", host: a22, file: "@cert-authority * {ca}\n", ssh: "unknown", says: "critical option"},
	{name: "signed by RSA", keys: "ed25519+ofrsa", host: a22, file: "@cert-authority * {carsa}\n", ssh: "known"},
	{name: "signed by SHA-1", keys: "ed25519+sha1", host: a22, file: "@cert-authority * {carsa}\n", ssh: "unknown", says: "SHA-1"},
	{name: "no principals", keys: "ed25519+nobody", host: a22, file: "@cert-authority * {ca}\n", ssh: "known", newer: "unknown", ours: "unknown",
		why: "such a certificate is good for each host; OpenSSH 10.3 takes it no more", says: "it names no host"},
	{name: "a principal with a star", keys: "ed25519+wildcard", host: a22, file: "@cert-authority * {ca}\n", ssh: "unknown", newer: "known", ours: "unknown",
		why: "only OpenSSH 10.3 and later take patterns for principals", says: `principal "a.example.com"`},
	{name: "an authority is no host", keys: "ed25519", host: a22, file: "@cert-authority * {ed25519}\n", ssh: "unknown"},
	{name: "an authority behind a tab and a blank", keys: "ed25519+all", host: a22, file: "@cert-authority\t* {ca}\n", ssh: "unknown"},
	{name: "an authority behind tabs", keys: "ed25519+all", host: a22, file: "@cert-authority\t*\tssh-ed25519\t{blob ca}\n", ssh: "known"},
	{name: "an authority given as a certificate", keys: "rsa+all", host: a22, file: "@cert-authority * {ca+self}\n", ssh: "known"},
	{name: "a certificate of one type, the key of another known", keys: "rsa+all ed25519", host: a22, file: "a.example.com {ed25519}\n", ssh: "changed", ours: "known",
		why: "a false alarm of ssh: it asks for the certificate first, although it knows no authority"},
}
