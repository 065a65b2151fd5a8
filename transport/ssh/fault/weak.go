package fault

import (
	"crypto/rsa"
	"fmt"

	"golang.org/x/crypto/ssh"
)

// minRSA is the smallest RSA key that is taken without consent, in bits. OpenSSH has made
// larger ones by default since 2005; shorter ones are within reach of an attacker.
const minRSA = 2048

// ShortRSA returns an error for an RSA key of fewer than 2048 bits, or a certificate of
// one; nil for any other key.
func ShortRSA(key ssh.PublicKey) error {
	if cert, ok := key.(*ssh.Certificate); ok {
		key = cert.Key
	}
	known, ok := key.(ssh.CryptoPublicKey)
	if !ok {
		return nil
	}
	if inner, ok := known.CryptoPublicKey().(*rsa.PublicKey); ok && inner.N.BitLen() < minRSA {
		return fmt.Errorf("RSA key of %d bits, fewer than %d", inner.N.BitLen(), minRSA)
	}
	return nil
}
