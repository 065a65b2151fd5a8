package transport

// Link describes how a connection was made: the algorithms both ends agreed on, and
// the proof of the login. Fields that a transport does not have are empty.
type Link struct {
	// HostKey is the fingerprint of the key by which the host has proved itself,
	// as ssh-keygen prints it.
	HostKey string
	// ServerVersion is the server's own claim: printable and bounded, and not
	// to be trusted.
	ServerVersion string
	// Kex, HostKeyAlgorithm, Cipher and MAC are the algorithms, by the names of
	// the protocol. MAC is empty where the cipher needs none.
	Kex, HostKeyAlgorithm, Cipher, MAC string
	// Login is the accepted proof, such as "identity /home/me/.ssh/id"
	// or "password"; never a secret.
	Login string
	// Legacy tells that one of the algorithms is not safe any more.
	Legacy bool
	// Via are the bastions on the way, the nearest to this machine first.
	Via []string
}

// LinkOf returns how a connection was made; the zero value if the transport can't
// tell.
func LinkOf(conn Conn) Link {
	if asked, ok := conn.(interface{ Link() Link }); ok {
		return asked.Link()
	}
	return Link{}
}
