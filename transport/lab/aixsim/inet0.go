package aixsim

import (
	"fmt"
	"slices"
	"strings"
)

// inet0Attrs are the attributes of the network as a whole.
func (s *State) inet0Attrs() []attr {
	list := []attr{
		{"authm", "65536", "Authentication Methods", "True"},
		{"bootup_option", "no", "Use BSD-style Network Configuration", "True"},
		{"gateway", "", "Gateway", "True"},
		{"hostname", s.Hostname, "Host Name", "True"},
		{"rout6", "", "IPv6 Route", "True"},
	}
	return append(list, many("route", s.Inet0, "Route")...)
}

// many are the rows of an attribute that has a row for each value, and one
// row when it has none.
func many(name string, values []string, description string) []attr {
	if len(values) == 0 {
		values = []string{""}
	}
	var list []attr
	for _, v := range values {
		list = append(list, attr{name, v, description, "True"})
	}
	return list
}

// chdevInet0 is chdev -l inet0: routes, and the host's name. Either all of it
// is done or nothing; with -P for the next boot only.
func (e *Env) chdevInet0(f flagSet) int {
	next := State{NICs: e.State.NICs, Hostname: e.State.Hostname, Inet0: slices.Clone(e.State.Inet0), Routes: slices.Clone(e.State.Routes)}
	for _, pair := range f.values['a'] {
		k, v, ok := strings.Cut(pair, "=")
		if !ok {
			return e.fail(1, "chdev: 0514-013 Logical name is required or the attribute %s has no value.", k)
		}
		if err := next.setInet0(k, strings.Trim(v, `"`), f.has('P')); err != "" {
			return e.failIn(1, tongues{"Method error (/usr/lib/methods/chginet):\n\t%s",
				"Methodenfehler (/usr/lib/methods/chginet):\n\t%s"}, err)
		}
	}
	s := e.State
	if s.Hostname != next.Hostname || !slices.Equal(s.Inet0, next.Inet0) || !slices.Equal(s.Routes, next.Routes) {
		s.Hostname, s.Inet0, s.Routes = next.Hostname, next.Inet0, next.Routes
		e.effect("chdev %s", strings.Join(e.Args, " "))
	}
	e.out("inet0 changed\n")
	return 0
}

// setInet0 changes one attribute; it returns the method's error, or "".
func (s *State) setInet0(k, v string, later bool) string {
	switch k {
	case "hostname":
		if v == "" {
			return badValue(k)
		}
		s.Hostname = v
	case "route":
		return s.odmAddRoute(v, later)
	case "delroute":
		return s.odmDelRoute(v, later)
	case "authm", "bootup_option", "gateway":
	default:
		return badValue(k)
	}
	return ""
}

func causeNotKnown(err error) string { return fmt.Sprintf("0514-068 Cause not known.\n%v", err) }

// odmAddRoute adds a route, live and in the ODM. A route that one of them has already
// is left alone there; a route that both have is an error (K).
func (s *State) odmAddRoute(value string, later bool) string {
	r, ok := parseRoute(value)
	if !ok {
		return badValue("route")
	}
	known := slices.Contains(s.Inet0, value)
	switch live := s.hasRoute(r); {
	case known && (live || later):
		return causeNotKnown(errRouteExists)
	case !live && !later:
		if err := s.addRoute(r); err != nil {
			return causeNotKnown(err)
		}
	}
	if !known {
		s.Inet0 = append(s.Inet0, value)
	}
	return ""
}

// odmDelRoute removes a route; the ODM wants it to the letter.
func (s *State) odmDelRoute(value string, later bool) string {
	i := slices.Index(s.Inet0, value)
	r, ok := parseRoute(value)
	if i < 0 || !ok {
		return badValue("delroute")
	}
	s.Inet0 = dropAt(s.Inet0, i)
	if !later {
		_ = s.delRoute(r) // it may be gone already
	}
	return ""
}
