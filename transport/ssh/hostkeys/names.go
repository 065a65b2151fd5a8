package hostkeys

import (
	"bytes"
	"errors"
	"net/netip"
	"slices"
	"strings"

	"aixmend/transport/endpoint"
	"aixmend/transport/ownership"
)

// maxListed bounds a file of which the names are listed, in bytes.
const maxListed = 64 << 20

// Names returns the hosts that a known_hosts file names in clear, [NAME]:PORT for those
// with a port, each once and in the order of the file, and the number of lines whose name
// is hashed. Of the names on a line the first one counts, and an address only where no name
// has the same key. Lines that can't be used are left out.
func Names(path string) (names []string, hashed int, err error) {
	var fault *ownership.Fault
	if err := ownership.Check(path); errors.As(err, &fault) {
		return nil, 0, err
	}
	text, err := ownership.ReadFile(path, maxListed)
	if err != nil {
		return nil, 0, err
	}
	keyOf := map[string]string{}
	named := map[string]bool{} // keys that have a name
	for line := range bytes.Lines(text) {
		parsed, ok, err := parseLine(line)
		switch {
		case err != nil || !ok || parsed.mark != markNone:
			continue
		case strings.HasPrefix(parsed.names, "|"):
			hashed++
			continue
		}
		name := firstName(parsed.names)
		if name == "" {
			continue
		}
		key := string(parsed.key.Marshal())
		named[key] = named[key] || !isAddress(name)
		if _, seen := keyOf[name]; !seen {
			keyOf[name] = key
			names = append(names, name)
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return isAddress(name) && named[keyOf[name]] }), hashed, nil
}

// firstName returns the first name of a field of names, its first address where it has no
// name, and "" for a pattern.
func firstName(field string) string {
	patterns, plain := splitNames(field)
	if !plain || len(patterns) == 0 {
		return ""
	}
	for _, p := range patterns {
		if !isAddress(p.text) {
			return p.text
		}
	}
	return patterns[0].text
}

// isAddress reports whether a name of known_hosts is an IP address.
func isAddress(name string) bool {
	e, err := endpoint.Parse(name)
	if err != nil {
		return false
	}
	_, err = netip.ParseAddr(e.Host)
	return err == nil
}
