package auth

import (
	"bytes"
	"encoding/pem"
	"strings"

	"aixmend/transport/shell"
)

// otherFormat names the format of a file that is no key which OpenSSH reads, with a way out;
// "": it may be one. block is its first PEM block, nil if it has none.
func otherFormat(path string, text []byte, block *pem.Block) string {
	if block != nil {
		return otherBlock(path, block.Type)
	}
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")))
	begins := func(with string) bool { return bytes.HasPrefix(text, []byte(with)) }
	switch {
	case len(text) == 0:
		return "empty: name another file, or copy the key there again"
	case begins("PuTTY-User-Key-File-"):
		return "a key of PuTTY (PPK): convert it with " + shell.Line("puttygen", path, "-O", "private-openssh", "-o", strings.TrimSuffix(path, ".ppk")+".openssh") + ", and name the new file"
	case begins("---- BEGIN SSH2 PUBLIC KEY"):
		return "a public key in the format of RFC 4716: name the private key"
	case begins("SSH PRIVATE KEY FILE FORMAT 1.1"):
		return "a key of SSH protocol 1, which is gone: make another (ssh-keygen -t ed25519)"
	case begins("age-encryption.org/"), begins("AGE-SECRET-KEY-"), begins("# created: "):
		return "a file of age, not an SSH key"
	case begins("-----BEGIN "):
		return "damaged: its text between BEGIN and END is cut off or changed; copy the key again"
	}
	return "neither a private key nor a public one"
}

// otherBlock is otherFormat of a file with a PEM block of a type.
func otherBlock(path, kind string) string {
	switch {
	case strings.HasSuffix(kind, "PUBLIC KEY"):
		return "a public key: name the private key"
	case strings.Contains(kind, "CERTIFICATE"), strings.HasSuffix(kind, "X509 CRL"):
		return "an X.509 certificate, which SSH does not use: name a private key"
	case kind == "ENCRYPTED PRIVATE KEY":
		return "an encrypted key in the format PKCS#8: convert it with " + shell.Line("ssh-keygen", "-p", "-f", path)
	case strings.HasPrefix(kind, "PGP "):
		return "a key of PGP: name one that ssh-keygen made"
	}
	return ""
}
