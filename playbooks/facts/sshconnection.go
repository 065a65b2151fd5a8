package facts

import (
	"net/netip"
	"strings"
)

// ParseSSHConnection reads `printf '%s\n' "$SSH_CONNECTION"` (procedure D4):
// client, its port, server, its port. An empty line, and the UNKNOWN that sshd
// writes when it could not tell, are "not known". An IPv4 address in IPv6
// clothes (::ffff:10.1.2.3) is written as IPv4, so that it compares.
func ParseSSHConnection(o Output) (SSHConnection, error) {
	if o.Exit != 0 {
		return SSHConnection{}, failed("reading SSH_CONNECTION", o)
	}
	if !o.Truncated && blank(o.Stdout) {
		return SSHConnection{}, nil
	}
	line, err := onlyLine(o)
	if err != nil {
		return SSHConnection{}, err
	}
	words := strings.Fields(line)
	if len(words) != 4 {
		return SSHConnection{}, notUnderstood("SSH_CONNECTION", line)
	}
	if words[0] == "UNKNOWN" || words[2] == "UNKNOWN" {
		return SSHConnection{}, nil
	}
	client, errClient := netip.ParseAddr(words[0])
	server, errServer := netip.ParseAddr(words[2])
	_, clientPort := parseNumber(words[1], 5)
	_, serverPort := parseNumber(words[3], 5)
	if errClient != nil || errServer != nil || !clientPort || !serverPort {
		return SSHConnection{}, notUnderstood("SSH_CONNECTION", line)
	}
	return SSHConnection{
		Known:  true,
		Client: client.Unmap().WithZone("").String(),
		Server: server.Unmap().WithZone("").String(),
	}, nil
}
