package facts

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// safeWord matches the values that may become part of a command: the characters
// that the playbooks' own check accepts.
var safeWord = regexp.MustCompile(`^[A-Za-z0-9_./:=,@+-]{1,256}$`)

// ParseStaticRoutes reads `lsattr -El inet0 -a route -F value` (own image): one
// value a line, such as net,-hopcount,0,,0,10.2.3.1 (C). No value is an answer. A
// value that could not become part of a command is an error: left out, it would
// be taken for a route that was never there.
func ParseStaticRoutes(o Output) (StaticRoutes, error) {
	if o.Exit != 0 {
		return StaticRoutes{}, failed("lsattr", o)
	}
	all, err := lines(o)
	if err != nil {
		return StaticRoutes{}, err
	}
	found := StaticRoutes{List: []StaticRoute{}}
	number := 0
	for line := range all {
		number++
		text := strings.TrimSpace(line)
		if text == "" {
			continue
		}
		route, err := parseStaticRoute(text)
		if err != nil {
			return StaticRoutes{}, fmt.Errorf("line %d: %w", number, err)
		}
		if len(found.List) == maxRows {
			return StaticRoutes{}, errTooMany
		}
		found.List = append(found.List, route)
	}
	if message := firstText(o.Stderr); len(found.List) == 0 && message != "" {
		return StaticRoutes{}, notUnderstood("lsattr", message)
	}
	return found, nil
}

// parseStaticRoute reads one ODM value. The last field is the gateway, the one
// before it the destination; -netmask MASK, -if, -static and others may stand
// among the fields before (C).
func parseStaticRoute(text string) (StaticRoute, error) {
	if !safeWord.MatchString(text) {
		return StaticRoute{}, fmt.Errorf("the route %s could not become part of a command", quoted(text))
	}
	fields := strings.Split(text, ",")
	kind, last := fields[0], len(fields)-1
	if kind != "net" && kind != "host" || len(fields) < 4 || fields[last] == "" {
		return StaticRoute{}, errors.New("not a route: " + quoted(text))
	}
	r := StaticRoute{Text: text, Gateway: canonicalAddress(fields[last]), Destination: fields[last-1]}
	mask := ""
	for i, field := range fields[:last-2] {
		if field == "-netmask" {
			mask = fields[i+1]
		}
	}
	r.Destination = staticDestination(kind, r.Destination, mask)
	return r, nil
}

// staticDestination writes the destination as ParseRoutes does, as far as it can.
func staticDestination(kind, text, mask string) string {
	switch text {
	case "", "0", "0.0.0.0", "::", "default":
		return "default"
	}
	family := familyInet
	if strings.Contains(text, ":") {
		family = familyInet6
	}
	if length, ok := maskLength(mask); ok && kind == "net" && !strings.Contains(text, "/") {
		text = fmt.Sprintf("%s/%d", text, length)
	}
	if full, ok := routeDestination(text, family); ok {
		return full
	}
	return clean(text, maxName)
}

// maskLength reads an IPv4 mask, 255.255.255.0 or 0xffffff00; false unless its
// ones stand in front of its zeros.
func maskLength(text string) (int, bool) {
	var bits uint32
	if hex, isHex := strings.CutPrefix(text, "0x"); isHex {
		number, err := strconv.ParseUint(hex, 16, 32)
		if err != nil || len(hex) != 8 {
			return 0, false
		}
		bits = uint32(number)
	} else {
		addr, err := netip.ParseAddr(text)
		if err != nil || !addr.Is4() {
			return 0, false
		}
		for _, octet := range addr.As4() {
			bits = bits<<8 | uint32(octet)
		}
	}
	length := 0
	for ; bits&0x80000000 != 0; bits <<= 1 {
		length++
	}
	return length, bits == 0
}
