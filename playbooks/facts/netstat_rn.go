package facts

import (
	"fmt"
	"net/netip"
	"regexp"
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
// Gateway Flags Refs Use If ...", a "Route tree for Protocol Family N" for each
// family, and rows whose last columns may be missing (C). AIX leaves trailing
// zero octets of a network out (10.9/16), and now and then the gateway (C).
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
	header, family, static := false, familyInet, 0
	for line := range all {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if next, ok := routeFamily(line); ok {
			family = next
			continue
		}
		header = header || words[0] == "Destination"
		if !header || family == "" || words[0] == "Destination" {
			continue
		}
		route, ok, err := parseRoute(words, family)
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
	if !header {
		return Routes{}, notUnderstood("netstat", firstText(o.Stdout))
	}
	return found, nil
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
func parseRoute(words []string, family string) (Route, bool, error) {
	r := Route{Family: family}
	var ok bool
	if r.Destination, ok = routeDestination(words[0], family); !ok {
		return Route{}, false, nil
	}
	flags := 2 // where the flags stand: behind the gateway, if there is one
	if len(words) > 2 && routeFlags.MatchString(words[1]) && isCounter(words[2]) {
		flags = 1
	}
	if len(words) <= flags || !routeFlags.MatchString(words[flags]) {
		return Route{}, false, fmt.Errorf("route without flags: %s", quoted(strings.Join(words, " ")))
	}
	r.Flags = words[flags]
	if flags == 2 {
		r.Gateway = canonicalAddress(words[1])
	}
	for _, word := range words[flags+1:] {
		if interfaceName.MatchString(word) {
			r.Interface = word
			break
		}
	}
	r.Static = r.configured()
	return r, true, nil
}

// configured tells that somebody configured the route; see ParseRoutes.
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

func isCounter(s string) bool {
	_, ok := parseNumber(s, 18)
	return ok
}
