package facts

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxRoutes bounds each of the two kinds of routes, static and other.
const maxRoutes = maxRows / 2

const (
	familyInet  = "inet"
	familyInet6 = "inet6"
)

var routeFlags = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{0,15}$`)

// ParseRoutes reads `netstat -rn` (procedure C1, V4): a header "Destination
// Gateway Flags Refs Use If ...", by which the columns are found, a "Route tree
// for Protocol Family N" for each family, and rows whose last columns may be
// missing (C). AIX leaves trailing zero octets of a network out (10.9/16), and
// now and then the gateway (C).
//
// A route counts as static, that is configured by somebody, when it has a
// gateway (G) and the kernel did not make it: not by a redirect (D, M), not as
// a clone (W), not as a local, broadcast, multicast or link entry (l b m L), not
// over the loopback. The flag S does not tell: AIX sets it on its own entries
// too ("UHSb", "UGHS" over lo0; C). A default route that a router advertised
// can't be told from a configured one (K).
func ParseRoutes(o Output) (Routes, error) {
	if o.Exit != 0 {
		return Routes{}, failed("netstat", o)
	}
	all, err := lines(o)
	if err != nil {
		return Routes{}, err
	}
	found := Routes{List: []Route{}}
	var columns routeColumns
	family, static := familyInet, 0
	for line := range all {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if next, ok := routeFamily(line); ok {
			family = next
			continue
		}
		if words[0] == "Destination" {
			columns = routeHeaderOf(words)
			continue
		}
		if !columns.there || family == "" {
			continue
		}
		route, ok, err := columns.parseRoute(words, family)
		switch {
		case err != nil:
			return Routes{}, err
		case !ok: // a banner or a message
		case route.Static && static == maxRoutes:
			return Routes{}, errTooMany
		case route.Static:
			static++
			found.List = append(found.List, route)
		case len(found.List)-static < maxRoutes:
			found.List = append(found.List, route)
		}
	}
	if !columns.there {
		return Routes{}, notUnderstood("netstat", firstText(o.Stdout))
	}
	return found, nil
}

// routeColumns is where the columns stand, counted in words.
type routeColumns struct {
	there          bool
	gateway, flags int
	device         int // the column If; 0 where there is none
}

// routeHeaderOf reads the header; a column that it does not name stands where
// it always has.
func routeHeaderOf(words []string) routeColumns {
	c := routeColumns{there: true, gateway: 1, flags: 2}
	if at := slices.Index(words, "Gateway"); at > 0 {
		c.gateway = at
	}
	if at := slices.Index(words, "Flags"); at > 0 {
		c.flags = at
	}
	for _, name := range []string{"If", "Interface", "Netif"} {
		if at := slices.Index(words, name); at > c.flags {
			c.device = at
			break
		}
	}
	return c
}

// flagsOf returns how many words the flags of a row stand further to the left
// than those of the header: 1 where the gateway was left out. It returns false
// when there are none.
func (c routeColumns) flagsOf(words []string) (missing int, ok bool) {
	isFlags := func(at int) bool { return at > 0 && at < len(words) && routeFlags.MatchString(words[at]) }
	here, before := isFlags(c.flags), isFlags(c.flags-1)
	if before && (!here || interfaceName.MatchString(words[c.flags])) {
		return 1, true
	}
	return 0, here
}

// routeFamily reads the line above the routes of a family, which may have lost
// its beginning (C); "" is a family of which nothing is asked.
func routeFamily(line string) (string, bool) {
	text := strings.ToLower(strings.TrimSpace(line))
	isTree := strings.HasPrefix(text, "route tree")
	switch {
	case !isTree && !strings.HasPrefix(text, "(internet"):
		return "", false
	case strings.Contains(text, "v6") || strings.Contains(text, "family 24"):
		return familyInet6, true
	case strings.Contains(text, "internet") || strings.Contains(text, "family 2"):
		return familyInet, true
	}
	return "", true
}

// parseRoute reads one row; false when its first word is no destination.
func (c routeColumns) parseRoute(words []string, family string) (Route, bool, error) {
	r := Route{Family: family}
	var ok bool
	if r.Destination, ok = routeDestination(words[0], family); !ok {
		return Route{}, false, nil
	}
	missing, ok := c.flagsOf(words)
	if !ok {
		return Route{}, false, fmt.Errorf("route without flags: %s", quoted(strings.Join(words, " ")))
	}
	flags := c.flags - missing
	r.Flags = words[flags]
	if missing == 0 && c.gateway < c.flags {
		r.Gateway = canonicalAddress(words[c.gateway])
	}
	r.Interface = c.deviceOf(words, flags)
	r.Static = r.configured()
	return r, true, nil
}

// deviceOf returns the interface of a row: the word of its column, or the first
// behind the flags that can be one where columns are missing.
func (c routeColumns) deviceOf(words []string, flags int) string {
	if at := c.device - c.flags + flags; c.device > 0 && at < len(words) && interfaceName.MatchString(words[at]) {
		return words[at]
	}
	for _, word := range words[flags+1:] {
		if interfaceName.MatchString(word) {
			return word
		}
	}
	return ""
}

// configured reports whether somebody configured the route; see ParseRoutes.
func (r Route) configured() bool {
	if !strings.Contains(r.Flags, "G") || strings.ContainsAny(r.Flags, "DMWlbmL") {
		return false
	}
	gateway, err := netip.ParseAddr(r.Gateway)
	return !strings.HasPrefix(r.Interface, "lo") && (err != nil || !gateway.IsLoopback())
}

// routeDestination writes a destination in full: "default", or an address with
// a length unless it is a host.
func routeDestination(text, family string) (string, bool) {
	if text == "default" {
		return text, true
	}
	if family == familyInet6 {
		addr, length, err := parseIPv6(text)
		switch {
		case err != nil:
			return "", false
		case length < 0:
			return addr.String(), true
		case length == 0 && addr.IsUnspecified():
			return "default", true
		}
		return fmt.Sprintf("%s/%d", addr, length), true
	}
	network, lengthText, hasLength := strings.Cut(text, "/")
	octets := strings.Split(network, ".")
	length, ok := parseNumber(lengthText, 2)
	if len(octets) > 4 || hasLength && (!ok || length > 32) {
		return "", false
	}
	short := len(octets) < 4
	for len(octets) < 4 {
		octets = append(octets, "0")
	}
	addr, err := netip.ParseAddr(strings.Join(octets, "."))
	switch {
	case err != nil:
		return "", false
	case hasLength && length == 0 && addr.IsUnspecified():
		return "default", true
	case hasLength:
		return addr.String() + "/" + strconv.FormatInt(length, 10), true
	case short:
		return network, true // a network by its class, as it stands
	}
	return addr.String(), true
}

// canonicalAddress is the canonical form without a zone, or the printable text
// when it is no address (link#2, a MAC).
func canonicalAddress(text string) string {
	bare, _, _ := strings.Cut(text, "%")
	if addr, err := netip.ParseAddr(bare); err == nil {
		return addr.String()
	}
	return clean(text, maxName)
}
