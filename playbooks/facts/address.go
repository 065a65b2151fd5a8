package facts

import (
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

var (
	interfaceName = regexp.MustCompile(`^[a-z]{1,8}(0|[1-9][0-9]{0,4})$`)
	ethernetName  = regexp.MustCompile(`^en(0|[1-9][0-9]{0,4})$`)
	zoneForm      = regexp.MustCompile(`^[A-Za-z0-9]{0,16}$`)
	siteLocal     = netip.MustParsePrefix("fec0::/10")
)

// ethernetNumber is the number of an en interface, for putting them in order.
func ethernetNumber(name string) int {
	number, _ := strconv.Atoi(strings.TrimPrefix(name, "en"))
	return number
}

// parseIPv6 reads ADDRESS, ADDRESS/LEN, ADDRESS%ZONE or ADDRESS%ZONE/LEN, as
// AIX writes them (the zone stands before the slash: "::1%1/0"). The zone is
// dropped; length is -1 when none was written.
func parseIPv6(s string) (addr netip.Addr, length int, err error) {
	text, lengthText, hasLength := strings.Cut(s, "/")
	text, zone, _ := strings.Cut(text, "%")
	addr, err = netip.ParseAddr(text)
	if err != nil || !addr.Is6() || !zoneForm.MatchString(zone) {
		return netip.Addr{}, -1, fmt.Errorf("not an ipv6 address: %s", quoted(s))
	}
	if !hasLength {
		return addr, -1, nil
	}
	length, err = parsePrefixLength(lengthText)
	if err != nil {
		return netip.Addr{}, -1, err
	}
	return addr, length, nil
}

// parsePrefixLength reads the length of an IPv6 prefix, 0 to 128.
func parsePrefixLength(s string) (int, error) {
	if number, ok := parseNumber(s, 3); ok && number <= 128 {
		return int(number), nil
	}
	return 0, fmt.Errorf("not a prefix length: %s", quoted(s))
}

// parseNumber reads 1 to maxDigits decimal digits, no sign.
func parseNumber(s string, maxDigits int) (int64, bool) {
	if s == "" || len(s) > maxDigits || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	number, err := strconv.ParseInt(s, 10, 64)
	return number, err == nil
}

// usableIPv6 reports whether an address could belong to a NIC: not loopback, not
// unspecified, not multicast, not IPv4 in disguise.
func usableIPv6(a netip.Addr) bool {
	return a.Is6() && !a.Is4In6() && !a.IsLoopback() && !a.IsUnspecified() && !a.IsMulticast()
}

// scope names the scope of an IPv6 address for people.
func scope(a netip.Addr) string {
	switch {
	case a.IsLinkLocalUnicast():
		return "link-local"
	case a.IsLoopback():
		return "loopback"
	case a.IsMulticast():
		return "multicast"
	case siteLocal.Contains(a):
		return "site-local"
	case a.IsPrivate():
		return "unique-local"
	default:
		return "global"
	}
}

// parseMAC reads six groups of one or two hex digits with ":", "-" or "."
// between them (`entstat` pads, `netstat` does not). Group addresses and all
// zeros belong to no NIC.
func parseMAC(s string) ([6]byte, error) {
	var mac [6]byte
	bad := fmt.Errorf("not a hardware address: %s", quoted(s))
	for _, separator := range []string{":", ".", "-"} {
		if len(s) > 17 || strings.Count(s, separator) != len(mac)-1 {
			continue
		}
		for i, group := range strings.Split(s, separator) {
			octet, err := strconv.ParseUint(group, 16, 8)
			if err != nil || len(group) > 2 {
				return mac, bad
			}
			mac[i] = byte(octet)
		}
		if mac == ([6]byte{}) || mac[0]&1 != 0 {
			return mac, bad
		}
		return mac, nil
	}
	return mac, bad
}

// canonicalMAC is the padded lower-case colon form, "" when s is not a MAC.
func canonicalMAC(s string) string {
	mac, err := parseMAC(s)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5])
}
