package aixsim

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// cmdChdev is chdev -l NAME -a k=v... [-P]: the ODM, and without -P the live
// interface too. Either all of it is done or nothing.
func cmdChdev(_ context.Context, e *Env) int {
	f := getoptAll(e.Args, "l:a:PTUp:w:")
	name := f.last('l')
	n := e.State.nic(name)
	switch {
	case name == "inet0":
		return e.chdevInet0(f)
	case name == "sys0":
		return 0
	case n == nil || n.Name != name:
		return e.failIn(1, tongues{"chdev: 0514-519 The following device was not found in the customized\n\tdevice configuration database:\n\t%s",
			"chdev: 0514-519 Die folgende Einheit wurde in der angepassten Einheitenkonfigurationsdatenbank nicht gefunden:\n\t%s"}, name)
	}
	next := n.clone()
	c := chdev{nic: &next, values: map[string]string{}}
	for _, arg := range f.values['a'] {
		for pair := range strings.FieldsSeq(arg) {
			k, v, ok := strings.Cut(pair, "=")
			if !ok {
				return e.fail(1, "chdev: 0514-013 Logical name is required or the attribute %s has no value.", k)
			}
			c.set(k, v)
		}
	}
	if msg := c.apply(); msg != "" {
		return e.failIn(1, tongues{"Method error (/usr/lib/methods/chgif):\n\t%s",
			"Methodenfehler (/usr/lib/methods/chgif):\n\t%s"}, msg)
	}
	if f.has('P') {
		next.Live = n.Live
		if next.Live.MTU == "" && next.Attrs.MTU != n.Attrs.MTU {
			next.Live.MTU = n.mtu()
		}
	}
	if fmt.Sprintf("%+v", *n) != fmt.Sprintf("%+v", next) {
		before := *n
		*n = next
		e.State.loseRoutes(&before)
		e.effect("chdev %s", strings.Join(e.Args, " "))
	}
	e.out("%s changed\n", name)
	return 0
}

// clone is a copy that shares no list.
func (n *NIC) clone() NIC {
	c := *n
	c.Live.IPv4, c.Live.IPv6 = slices.Clone(n.Live.IPv4), slices.Clone(n.Live.IPv6)
	c.Attrs.Alias4, c.Attrs.Alias6 = slices.Clone(n.Attrs.Alias4), slices.Clone(n.Attrs.Alias6)
	return c
}

// mtu is the largest packet of the live interface.
func (n *NIC) mtu() string {
	for _, mtu := range []string{n.Live.MTU, n.Attrs.MTU} {
		if mtu != "" {
			return mtu
		}
	}
	return "1500"
}

// chdev is one change of an interface, made on a copy.
type chdev struct {
	nic    *NIC
	values map[string]string
	order  []string
}

func (c *chdev) set(k, v string) {
	if _, ok := c.values[k]; !ok {
		c.order = append(c.order, k)
	}
	c.values[k] = v
}

// apply changes the copy, the state of the interface last; it returns the
// method's error, or "".
func (c *chdev) apply() string {
	for _, k := range c.order {
		if msg := c.attribute(k, c.values[k]); msg != "" {
			return msg
		}
	}
	if v, ok := c.values["state"]; ok {
		return c.state(v)
	}
	return ""
}

func (c *chdev) attribute(k, v string) string {
	switch k {
	case "netaddr6":
		return c.netaddr6(v)
	case "prefixlen":
		return c.prefixlen(v)
	case "alias6", "delalias6":
		return c.alias6(k, v)
	case "alias4", "delalias4":
		return c.alias4(k, v)
	case "netaddr":
		return c.netaddr(v)
	case "netmask":
		return c.netmask(v)
	case "mtu":
		return c.mtu(v)
	case "state", "remmtu", "mtu_bypass", "security", "arp", "rfc1323", "tcp_sendspace", "tcp_recvspace", "monitor":
		return ""
	}
	return badValue(k)
}

func badValue(k string) string {
	return fmt.Sprintf("0514-018 The values specified for the following attributes\n\t               are not valid:\n     %s", k)
}

func (c *chdev) mtu(v string) string {
	if n, err := strconv.Atoi(v); err != nil || n < 60 || n > 65535 {
		return badValue("mtu")
	}
	c.nic.Attrs.MTU, c.nic.Live.MTU = v, v
	return ""
}

// becomesUp reports whether the change leaves the interface up.
func (c *chdev) becomesUp() bool {
	if s, ok := c.values["state"]; ok {
		return s == "up"
	}
	return c.nic.Live.Up
}

// state brings the interface up with everything that the ODM holds, or down.
func (c *chdev) state(v string) string {
	n := c.nic
	switch v {
	case "up":
		n.Live.Up = true
		c.raise4()
		c.raise6()
		if n.Attrs.MTU != "" {
			n.Live.MTU = n.Attrs.MTU
		}
	case "down":
		n.Live.Up = false
	case "detach":
		n.Live = Live{}
	default:
		return badValue("state")
	}
	n.Attrs.State = v
	return ""
}
