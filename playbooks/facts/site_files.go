package facts

import (
	"net/netip"
	"strings"
)

// maxHostNames bounds the names of one line of /etc/hosts.
const maxHostNames = 16

// ParseNameservers reads /etc/resolv.conf (the keyword D). Exit 44 is the probe's word
// for a file that is not there: the host asks no name server. A server that is no
// address is left out, as the resolver does.
func ParseNameservers(o Output) (Nameservers, error) {
	found := Nameservers{List: []string{}}
	if o.Exit == exitAbsent && blank(o.Stdout) {
		return found, nil
	}
	if o.Exit != 0 {
		return Nameservers{}, failed("cat", o)
	}
	all, err := lines(o)
	if err != nil {
		return Nameservers{}, err
	}
	for line := range all {
		words := strings.Fields(uncommented(line))
		if len(words) < 2 || words[0] != "nameserver" {
			continue
		}
		addr, ok := bareAddress(words[1])
		switch {
		case !ok:
		case len(found.List) == maxRows:
			return Nameservers{}, errTooMany
		default:
			found.List = append(found.List, addr)
		}
	}
	return found, nil
}

// ParseTimeServers reads the lines of /etc/ntp.conf that name a server (the keywords D).
// Exit 44 is the probe's word for a file that is not there; exit 1 without a message is
// that of a grep that found no line. The pseudo addresses 127.127.t.u are clocks of the
// host itself.
func ParseTimeServers(o Output) (TimeServers, error) {
	found := TimeServers{List: []string{}}
	if (o.Exit == exitAbsent || o.Exit == 1 && blank(o.Stderr)) && blank(o.Stdout) {
		return found, nil
	}
	if o.Exit != 0 {
		return TimeServers{}, failed("grep", o)
	}
	all, err := lines(o)
	if err != nil {
		return TimeServers{}, err
	}
	for line := range all {
		words := strings.Fields(uncommented(line))
		if len(words) < 2 || words[0] != "server" && words[0] != "peer" && words[0] != "pool" {
			continue
		}
		words = words[1:]
		for len(words) > 1 && strings.HasPrefix(words[0], "-") { // -4, -6
			words = words[1:]
		}
		if strings.HasPrefix(words[0], "127.127.") {
			continue
		}
		if len(found.List) == maxRows {
			return TimeServers{}, errTooMany
		}
		found.List = append(found.List, canonicalAddress(words[0]))
	}
	return found, nil
}

// ParseHostsTable reads /etc/hosts (the form D). Exit 44 is the probe's word for a file
// that is not there. A line that begins with no address maps nothing.
func ParseHostsTable(o Output) (HostsTable, error) {
	found := HostsTable{List: []HostsEntry{}}
	if o.Exit == exitAbsent && blank(o.Stdout) {
		return found, nil
	}
	if o.Exit != 0 {
		return HostsTable{}, failed("cat", o)
	}
	all, err := lines(o)
	if err != nil {
		return HostsTable{}, err
	}
	for line := range all {
		words := strings.Fields(uncommented(line))
		if len(words) < 2 {
			continue
		}
		addr, ok := bareAddress(words[0])
		if !ok {
			continue
		}
		if len(found.List) == maxRows {
			return HostsTable{}, errTooMany
		}
		entry := HostsEntry{Address: addr, Names: []string{}}
		for _, name := range words[1:min(len(words), 1+maxHostNames)] {
			entry.Names = append(entry.Names, clean(name, maxName))
		}
		found.List = append(found.List, entry)
	}
	return found, nil
}

// uncommented is a line without its comment.
func uncommented(line string) string {
	if at := strings.IndexAny(line, "#;"); at >= 0 {
		return line[:at]
	}
	return line
}

// bareAddress is the canonical form of an address, without its zone.
func bareAddress(text string) (string, bool) {
	bare, _, _ := strings.Cut(text, "%")
	addr, err := netip.ParseAddr(bare)
	if err != nil {
		return "", false
	}
	return addr.String(), true
}
