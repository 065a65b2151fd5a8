package aixsim

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

const defaultRoute = "default"

// parseRoute reads a route attribute of inet0: net or host, options, the
// destination (0 is default) and the gateway, with commas between:
//
//	net,-hopcount,0,,0,10.2.3.1
//	net,-hopcount,0,-netmask,255.255.255.0,-if,en0,,,,-static,10.5.6.0,10.2.3.1
func parseRoute(value string) (Route, bool) {
	fields := strings.Split(value, ",")
	last := len(fields) - 1
	if last < 2 || fields[0] != "net" && fields[0] != "host" {
		return Route{}, false
	}
	r := Route{Gateway: fields[last]}
	mask := ""
	for i := 1; i < last-1; i++ {
		switch fields[i] {
		case "-netmask":
			mask = fields[i+1]
		case "-if":
			r.Interface = fields[i+1]
		}
	}
	var ok bool
	r.Destination, ok = destination(fields[last-1], mask, fields[0] == "host")
	return r, ok && isIPv4(r.Gateway)
}

func isIPv4(s string) bool {
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is4()
}

// destination is a destination in its normal form. A net without a mask has
// that of its class.
func destination(dest, mask string, host bool) (string, bool) {
	if dest == "0" || dest == defaultRoute || dest == "0.0.0.0" && (mask == "" || mask == "0.0.0.0") {
		return defaultRoute, true
	}
	if p, err := netip.ParsePrefix(dest); err == nil && p.Addr().Is4() {
		return p.Masked().String(), true
	}
	a, err := netip.ParseAddr(dest)
	switch {
	case err != nil || !a.Is4():
		return "", false
	case host:
		return a.String(), true
	}
	bits := classBits(a)
	if mask != "" {
		if bits = maskLength(mask); bits < 0 {
			return "", false
		}
	}
	return netip.PrefixFrom(a, bits).Masked().String(), true
}

// classBits is the length of the net that an address belonged to when there
// were classes.
func classBits(a netip.Addr) int {
	switch first := a.As4()[0]; {
	case first < 128:
		return 8
	case first < 192:
		return 16
	}
	return 24
}

// maskLength is the length of a dotted mask, -1 when it is none.
func maskLength(mask string) int {
	a, err := netip.ParseAddr(mask)
	if err != nil || !a.Is4() {
		return -1
	}
	b := a.As4()
	bits := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	n := 0
	for ; bits&(1<<31) != 0; bits <<= 1 {
		n++
	}
	if bits != 0 {
		return -1
	}
	return n
}

// holds reports whether an address is in one of the interface's IPv4 nets, up
// or not.
func (n *NIC) holds(addr string) bool {
	a, err := netip.ParseAddr(addr)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(n.Live.IPv4, func(entry string) bool {
		p, err := netip.ParsePrefix(entry)
		return err == nil && p.Contains(a)
	})
}

// via is the interface that a route goes out by: where it was bound to, or
// where its gateway is; nil when the gateway is nowhere.
func (s *State) via(r Route) *NIC {
	for i := range s.NICs {
		if n := &s.NICs[i]; n.Status == "Available" && n.holds(r.Gateway) && (r.Interface == "" || r.Interface == n.Name) {
			return n
		}
	}
	return nil
}

// shownVia is via for netstat: a route that was there before its gateway was
// lost from sight is shown with the first interface that has IPv4.
func (s *State) shownVia(r Route) *NIC {
	if n := s.via(r); n != nil {
		return n
	}
	for i := range s.NICs {
		if n := &s.NICs[i]; n.shown() && len(n.Live.IPv4) > 0 {
			return n
		}
	}
	return nil
}

// routeError is why the kernel took or gave up no route, in AIX's words (K).
type routeError string

func (e routeError) Error() string { return "0821-279 writing to routing socket: " + string(e) }

const (
	errRouteExists  = routeError("Do not specify an existing file.")
	errRouteNowhere = routeError("The network is not currently available.")
	errRouteGone    = routeError("The process does not exist.")
)

// addRoute adds a live route. A destination may have several gateways.
func (s *State) addRoute(r Route) error {
	switch {
	case s.hasRoute(r):
		return errRouteExists
	case s.via(r) == nil:
		return errRouteNowhere
	}
	s.Routes = append(slices.Clip(s.Routes), r)
	return nil
}

func (s *State) hasRoute(r Route) bool {
	return slices.ContainsFunc(s.Routes, func(o Route) bool { return o.Destination == r.Destination && o.Gateway == r.Gateway })
}

// delRoute removes a live route; without a gateway the only one to its
// destination.
func (s *State) delRoute(r Route) error {
	match := func(o Route) bool {
		return o.Destination == r.Destination && (r.Gateway == "" || o.Gateway == r.Gateway)
	}
	found := 0
	for _, o := range s.Routes {
		if match(o) {
			found++
		}
	}
	if found != 1 {
		return errRouteGone
	}
	s.Routes = withoutRoutes(s.Routes, match)
	return nil
}

// withoutRoutes is a new list; nil when nothing is left.
func withoutRoutes(list []Route, gone func(Route) bool) []Route {
	var kept []Route
	for _, r := range list {
		if !gone(r) {
			kept = append(kept, r)
		}
	}
	return kept
}

// loseRoutes drops the live routes whose gateway was in a net of the interface
// as it was before, and is in no net now.
func (s *State) loseRoutes(before *NIC) {
	s.Routes = withoutRoutes(s.Routes, func(r Route) bool { return before.holds(r.Gateway) && s.via(r) == nil })
}

// bootRoutes makes the live routes from the ODM.
func (s *State) bootRoutes() {
	s.Routes = nil
	for _, value := range s.Inet0 {
		if r, ok := parseRoute(value); ok {
			_ = s.addRoute(r) // one that is nowhere is not there
		}
	}
}

// DefaultRoute is the attribute of inet0 for a default route.
func DefaultRoute(gateway string) string { return fmt.Sprintf("net,-hopcount,0,,0,%s", gateway) }
