package facts

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

const maxAliases = 256

// ParseAttributes reads the sections "=== en1" ... "=== end" of `lsattr -El enN
// -a ATTR -F value` (procedure D6), one line ATTR=VALUE for each attribute; an
// empty value is unset. An IPv6 value or an alias that does not parse is an
// error: taken for unset, it would be overwritten. The lines alias4 and mtu may
// be missing: older probes did not ask for them.
func ParseAttributes(o Output) (Attributes, error) {
	parts, err := sections("lsattr", o, func(marker string) bool { return marker == "end" })
	if err != nil {
		return Attributes{}, err
	}
	found := Attributes{List: []NICAttributes{}}
	for _, part := range parts {
		nic, err := parseNICAttributes(part)
		if err != nil {
			return Attributes{}, fmt.Errorf("lsattr of %s: %w", part.name, err)
		}
		found.List = append(found.List, nic)
	}
	return found, nil
}

func parseNICAttributes(part section) (NICAttributes, error) {
	nic := NICAttributes{Interface: part.name, Alias4: []string{}, Alias6: []string{}}
	seen := map[string]bool{}
	last := ""
	for _, line := range part.body {
		line = strings.TrimSpace(line)
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			if line == "" || !isAlias(last) {
				continue
			}
			key, value = last, line // lsattr printed its value on several lines
		}
		if seen[key] && !isAlias(key) {
			return nic, fmt.Errorf("%s twice", quoted(key))
		}
		seen[key] = true
		last = key
		if err := nic.set(key, strings.TrimSpace(value)); err != nil {
			return nic, fmt.Errorf("%s: %w", key, err)
		}
	}
	for _, key := range []string{"netaddr6", "alias6", "state"} {
		if !seen[key] {
			return nic, errors.New(key + " was not told")
		}
	}
	if nic.State == "" {
		// Every interface has a state (K): the probe drops the messages of
		// lsattr, so this is how a failing lsattr shows.
		return nic, errors.New("state is empty")
	}
	return nic, nil
}

// set keeps one attribute; attributes that nothing asks for are passed over.
func (n *NICAttributes) set(key, value string) error {
	switch key {
	case "netaddr":
		n.NetAddr = clean(value, 64)
		if addr, err := netip.ParseAddr(value); err == nil {
			n.NetAddr = addr.WithZone("").String()
		}
	case "netmask":
		n.NetMask = clean(value, 64)
	case "netaddr6":
		if value == "" {
			return nil
		}
		addr, _, err := parseIPv6(value)
		if err != nil {
			return err
		}
		n.NetAddr6 = addr.String()
	case "prefixlen":
		if value == "" {
			return nil
		}
		length, err := parsePrefixLength(value)
		if err != nil {
			return err
		}
		n.PrefixLen = strconv.Itoa(length)
	case "alias4":
		return n.addAliases4(value)
	case "alias6":
		return n.addAliases(value)
	case "mtu":
		n.MTU = clean(value, 32)
	case "state":
		n.State = clean(value, 32)
	}
	return nil
}

// isAlias reports whether an attribute may have several values.
func isAlias(key string) bool {
	return key == "alias4" || key == "alias6"
}

// addAliases4 reads "address,mask" or "address" (C), several with blanks or
// commas between them. The mask is kept as it stands: chdev -a delalias4 wants
// the alias as it was set (C).
func (n *NICAttributes) addAliases4(value string) error {
	pending := false // the last alias has no mask yet
	for word := range strings.FieldsSeq(strings.ReplaceAll(value, ",", " ")) {
		if _, isMask := maskLength(word); isMask && pending {
			n.Alias4[len(n.Alias4)-1] += "," + word
			pending = false
			continue
		}
		addr, err := netip.ParseAddr(word)
		if err != nil || !addr.Is4() {
			return fmt.Errorf("not an ipv4 alias: %s", quoted(word))
		}
		if len(n.Alias4) == maxAliases {
			return errors.New("too many aliases")
		}
		n.Alias4 = append(n.Alias4, addr.String())
		pending = true
	}
	return nil
}

// addAliases reads addresses with commas or blanks between them. A bare number
// after an address without a length is that length ("2001:db8::1,64").
func (n *NICAttributes) addAliases(value string) error {
	pending := false // the last alias has no length yet
	for word := range strings.FieldsSeq(strings.ReplaceAll(value, ",", " ")) {
		if pending && !strings.Contains(word, ":") {
			length, err := parsePrefixLength(word)
			if err != nil {
				return err
			}
			n.Alias6[len(n.Alias6)-1] += "/" + strconv.Itoa(length)
			pending = false
			continue
		}
		addr, length, err := parseIPv6(word)
		if err != nil {
			return err
		}
		if len(n.Alias6) == maxAliases {
			return errors.New("too many aliases")
		}
		alias := addr.String()
		if length >= 0 {
			alias += "/" + strconv.Itoa(length)
		}
		pending = length < 0
		n.Alias6 = append(n.Alias6, alias)
	}
	return nil
}
