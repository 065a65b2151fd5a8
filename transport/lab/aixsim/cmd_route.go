package aixsim

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// netstatRoutes is netstat -rn: each route is listed with its interface.
func (e *Env) netstatRoutes() {
	e.out("Routing tables\nDestination        Gateway           Flags   Refs     Use  If   Exp  Groups\n\nRoute tree for Protocol Family 2 (Internet):\n")
	for i := range e.State.NICs {
		n := &e.State.NICs[i]
		if !n.shown() {
			continue
		}
		e.gatewayRows(n)
		for _, a := range n.Live.IPv4 {
			if p, err := netip.ParsePrefix(a); err == nil {
				e.out("%-18s %-17s U         1    2201 %-5s   -      -\n", fmt.Sprintf("%s/%d", shortNetwork(p), p.Bits()), p.Addr(), n.Name)
			}
		}
	}
	e.out("127/8              127.0.0.1         U         2    1204 lo0      -      -\n\nRoute tree for Protocol Family 24 (Internet v6):\n")
	for _, n := range e.State.NICs {
		if n.shown() && len(n.Live.IPv6) > 0 {
			e.out("%-18s %-17s UC        0       0 %-5s   -      -\n", "fe80::/64", "link#2", n.Name)
		}
	}
	e.out("::1%%1              ::1%%1             UH        1     112 lo0      -      -\n")
}

// gatewayRows are the routes through gateways, the default route first.
func (e *Env) gatewayRows(n *NIC) {
	for _, wantDefault := range []bool{true, false} {
		for _, r := range e.State.Routes {
			if (r.Destination == defaultRoute) != wantDefault || e.State.shownVia(r) != n {
				continue
			}
			dest, flags := r.Destination, "UG"
			if p, err := netip.ParsePrefix(dest); err == nil {
				dest = fmt.Sprintf("%s/%d", shortNetwork(p), p.Bits())
			} else if dest != defaultRoute {
				flags = "UGH"
			}
			e.out("%-18s %-17s %-9s 4   84100 %-5s   -      -\n", dest, r.Gateway, flags, n.Name)
		}
	}
}

// cmdRoute is route add and route delete: live only.
func cmdRoute(_ context.Context, e *Env) int {
	verb, r, kind, ok := routeArgs(e.Args)
	if !ok {
		return e.usage(flagSet{}, "route [-fnqCv] add|delete [-net|-host] Destination [-netmask Mask] Gateway [-if Interface]")
	}
	act := e.State.addRoute
	if verb == "delete" {
		act = e.State.delRoute
	}
	if err := act(r); err != nil {
		e.err("%v\n", err)
		if errors.Is(err, errRouteExists) {
			return e.fail(1, "%s %s: gateway %s: entry in table", kind, r.Destination, r.Gateway)
		}
		return e.fail(1, "%s %s: gateway %s: not in table", kind, r.Destination, r.Gateway)
	}
	e.effect("route %s %s %s", verb, r.Destination, r.Gateway)
	gateway := orElse(r.Gateway, r.Destination)
	e.out("%s %s %s: gateway %s\n", gateway, kind, r.Destination, gateway)
	return 0
}

// routeArgs reads the arguments of route; kind is net or host.
func routeArgs(args []string) (verb string, r Route, kind string, ok bool) {
	var words []string
	mask, host := "", false
	for i := 0; i < len(args); i++ {
		value := func() string {
			if i++; i < len(args) {
				return args[i]
			}
			return ""
		}
		switch args[i] {
		case "-netmask":
			mask = value()
		case "-prefixlen":
			mask = "/" + value()
		case "-if", "-ifp":
			r.Interface = value()
		case "-hopcount", "-mtu", "-weight", "-policy":
			value()
		case "-host":
			host = true
		default:
			if !strings.HasPrefix(args[i], "-") && args[i] != "inet" {
				words = append(words, args[i])
			}
		}
	}
	if len(words) < 2 || words[0] != "add" && words[0] != "delete" || len(words) < 3 && words[0] == "add" || len(words) > 4 {
		return "", r, "", false
	}
	dest := words[1]
	if strings.HasPrefix(mask, "/") {
		dest, mask = dest+mask, ""
	}
	r.Destination, ok = destination(dest, mask, host)
	if len(words) > 2 {
		r.Gateway = words[2]
		ok = ok && isIPv4(r.Gateway)
	}
	kind = "net"
	if isIPv4(r.Destination) {
		kind = "host"
	}
	return words[0], r, kind, ok
}
