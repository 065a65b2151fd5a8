package facts

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

const routeHeader = "Destination        Gateway           Flags   Refs     Use  If   Exp  Groups\n"

func TestParseRoutes(t *testing.T) {
	row := func(destination, gateway, flags, name string, static bool) Route {
		return Route{Destination: destination, Gateway: gateway, Flags: flags, Interface: name, Family: "inet", Static: static}
	}
	six := func(r Route) Route {
		r.Family = "inet6"
		return r
	}
	list := func(rows ...Route) Routes { return Routes{List: append([]Route{}, rows...)} }
	runParse(t, ParseRoutes, []parseCase[Routes]{
		{
			name: "C1 healthy", in: healthy["netstat_rn"],
			want: list(
				row("default", "10.2.3.1", "UG", "en0", true),
				row("10.2.3.0", "10.2.3.4", "UHSb", "en0", false),
				row("10.2.3.0/24", "10.2.3.4", "U", "en0", false),
				row("10.2.3.4", "127.0.0.1", "UGHS", "lo0", false),
				row("10.9.0.0/16", "10.2.3.254", "UG", "en0", true),
				row("127.0.0.0/8", "127.0.0.1", "U", "lo0", false),
				six(row("::1", "::1", "UH", "lo0", false)),
			),
		},
		{
			name: "V4 which flags say that somebody configured it",
			in: stdout(routeHeader +
				"10.1.1.1 10.2.3.1 UGHD 0 0 en0\n10.1.1.2 10.2.3.1 UGHM 0 0 en0\n10.1.1.3 10.2.3.1 UGHW 0 0 en0\n" +
				"10.1.1.4 10.2.3.1 UGHS 0 0 en0\n10.1.1.5 10.2.3.1 UGHA 0 0 en0\n10.1.1.6 10.2.3.1 UGc 0 0 en0\n" +
				"10.1.1.7 10.2.3.1 UGl 0 0 en0\n10.1.1.8 10.2.3.1 UGm 0 0 en0\n10.1.1.9 link#2 UHLW 0 0 en0\n10.1.1.10 127.0.0.2 UG 0 0 en0\n10.1.1.11 10.2.3.1 G1 0 0 en0\n" +
				"10.1.1.12 10.2.3.1 UGb 0 0 en0\n10.1.1.13 10.2.3.1 UG 0 0 lo0\n10.1.1.14 10.2.3.1 UGL 0 0 en0\n"),
			want: list(
				row("10.1.1.1", "10.2.3.1", "UGHD", "en0", false), row("10.1.1.2", "10.2.3.1", "UGHM", "en0", false), row("10.1.1.3", "10.2.3.1", "UGHW", "en0", false),
				row("10.1.1.4", "10.2.3.1", "UGHS", "en0", true), row("10.1.1.5", "10.2.3.1", "UGHA", "en0", true), row("10.1.1.6", "10.2.3.1", "UGc", "en0", true),
				row("10.1.1.7", "10.2.3.1", "UGl", "en0", false), row("10.1.1.8", "10.2.3.1", "UGm", "en0", false), row("10.1.1.9", "link#2", "UHLW", "en0", false),
				row("10.1.1.10", "127.0.0.2", "UG", "en0", false), row("10.1.1.11", "10.2.3.1", "G1", "en0", true),
				row("10.1.1.12", "10.2.3.1", "UGb", "en0", false), row("10.1.1.13", "10.2.3.1", "UG", "lo0", false), row("10.1.1.14", "10.2.3.1", "UGL", "en0", false),
			),
		},
		{
			name: "C1 missing columns, a gateway that was left out, PMTU in between",
			in:   stdout("Destination Gateway Flags Refs Use If PMTU Exp\ndefault 10.2.3.1 UG\n10.9 10.2.3.1 UG 0 0 en0 1500 -\n10.9.8.7 UHXLWl 2 0 lo0 - -\n10.9.8.6 10.2.3.1 UG 0 0 weird;name\n"),
			want: list(row("default", "10.2.3.1", "UG", "", true), row("10.9", "10.2.3.1", "UG", "en0", true), row("10.9.8.7", "", "UHXLWl", "lo0", false), row("10.9.8.6", "10.2.3.1", "UG", "", true)),
		},
		{
			name: "C1 columns by the header: one before the flags, one that looks like an interface before it",
			in: stdout("Destination Gateway Netmask Flags Refs Use Group If Exp\ndefault 10.2.3.1 0.0.0.0 UG 12 4 grp1 en0 -\n10.9/16 10.2.3.2 255.255.0.0 UG 0 0 grp1 en1 -\n" +
				"10.9.8.7 255.255.255.255 UH 0 0 grp1 en2 -\n10.9.8.6 10.2.3.3 255.255.255.255 UGH\n"),
			want: list(row("default", "10.2.3.1", "UG", "en0", true), row("10.9.0.0/16", "10.2.3.2", "UG", "en1", true),
				row("10.9.8.7", "", "UH", "en2", false), row("10.9.8.6", "10.2.3.3", "UGH", "", true)),
		},
		{
			name: "C1 a gateway that was left out, and the counters too",
			in:   stdout(routeHeader + "10.9.8.7 UH en2\n"), want: list(row("10.9.8.7", "", "UH", "en2", false)),
		},
		{
			name: "C1 IPv6, zones, the family's line cut to its end",
			in:   stdout(routeHeader + "Only the root user can specify the Z flag\n (Internet v6):\ndefault fe80::1%en0 UG 0 0 en0\n2001:DB8::%3/48 2001:db8:0::1 UG 0 0 en0\n::/0 2001:db8::2 UG 0 0 en0\nfe80::/64 link#2 UC 0 0 en1\n (Internet):\n0/0 10.2.3.9 UG 0 0 en0\n"),
			want: list(
				six(row("default", "fe80::1", "UG", "en0", true)), six(row("2001:db8::/48", "2001:db8::1", "UG", "en0", true)), six(row("default", "2001:db8::2", "UG", "en0", true)),
				six(row("fe80::/64", "link#2", "UC", "en1", false)), row("default", "10.2.3.9", "UG", "en0", true),
			),
		},
		{
			name: "other families and prose are passed over",
			in:   stdout("default 10.9.9.9 UG 0 0 en0\n" + routeHeader + "Route Tree for Protocol Family 7 (Appletalk):\n10.9.9.0 10.9.9.1 UG 0 0 en9\nRoute tree for Protocol Family 2:\nhello world\n10.2.3.999 x U 0 0 en0\n10.2.3/40 x U\nRoute tree for Protocol Family 24:\nfe80::zz x U\n"),
			want: list(),
		},
		{name: "V4 no route", in: stdout("Routing tables\n" + routeHeader), want: list()},
		{
			name: "hostile gateway", in: stdout(routeHeader + "default $(reboot)\x1b\x00 UG 0 0 en0\n"),
			want: list(row("default", "$(reboot)??", "UG", "en0", true)),
		},
		{name: "no header", in: stdout("default 10.2.3.1 UG 0 0 en0\n"), err: "not understood"},
		{name: "nothing", in: stdout(""), err: "not understood"},
		{name: "binary", in: stdout("\x7fELF\x00\xff\xfe"), err: "not understood"},
		{name: "row cut", in: stdout(routeHeader + "default 10.2.3.1 UG 1 2 en0\n10.9/16 10.2.3.2"), err: "route without flags"},
		{name: "flags no flags", in: stdout(routeHeader + "default 10.2.3.1 $(reboot) 0 0 en0\n"), err: "route without flags"},
		{name: "giant row", in: stdout(routeHeader + "default " + strings.Repeat("1", maxLine)), err: "too long"},
		{name: "flood of static routes", in: stdout(routeHeader + strings.Repeat("default 10.2.3.1 UG 0 0 en0\n", maxRoutes+1)), err: "too many rows"},
		{name: "failed", in: exit(1, "", "netstat: 0551-001 odd\n"), err: "0551-001"},
	})
}

// V4: clones of routes come and go by the thousand; they do not push a
// configured one out.
func TestParseRoutesAmongClones(t *testing.T) {
	var text strings.Builder
	text.WriteString(routeHeader)
	for i := range 3 * maxRows {
		fmt.Fprintf(&text, "10.%d.%d.%d 10.2.3.1 UGHW 0 0 en0\n", i>>16, i>>8&255, i&255)
	}
	text.WriteString("default 10.2.3.1 UG 0 0 en0\n")
	got, err := ParseRoutes(stdout(text.String()))
	if err != nil || len(got.List) != maxRoutes+1 || got.List[maxRoutes].Destination != "default" {
		t.Errorf("%d routes, %v", len(got.List), err)
	}
	if problem := unfit(reflect.ValueOf(got), "fact"); problem != "" {
		t.Error(problem)
	}
}

func TestParseStaticRoutes(t *testing.T) {
	route := func(text, destination, gateway string) StaticRoutes {
		return StaticRoutes{List: []StaticRoute{{Text: text, Destination: destination, Gateway: gateway}}}
	}
	cases := []parseCase[StaticRoutes]{
		{
			name: "own image: two values", in: healthy["inet0_routes"],
			want: StaticRoutes{List: []StaticRoute{
				{Text: "net,-hopcount,0,,0,10.2.3.1", Destination: "default", Gateway: "10.2.3.1"},
				{Text: "net,-hopcount,0,-netmask,255.255.0.0,,,10.9.0.0,10.2.3.254", Destination: "10.9.0.0/16", Gateway: "10.2.3.254"},
			}},
		},
		{name: "own image: none", in: stdout(""), want: StaticRoutes{List: []StaticRoute{}}},
		{name: "own image: unset", in: stdout(" \n\n"), want: StaticRoutes{List: []StaticRoute{}}},
		{name: "a blank", in: stdout("net,-hopcount,0,,0,10.2.3.1\nnet,-hopcount,0,,0,10.2.3.1 \tx\n"), err: `line 2: the route "net,-hopcount,0,,0,10.2.3.1 ?x" could not become part of a command`},
		{name: "hostile", in: stdout("net,-hopcount,0,,0,$(reboot)\n"), err: "line 1: the route"},
		{name: "quoted", in: stdout("net,-hopcount,0,,0,'10.2.3.1'\n"), err: "could not become part"},
		{name: "control", in: stdout("net,-hopcount,0,,0,10.2.3.1\x1b\n"), err: "could not become part"},
		{name: "too long", in: stdout("net,-hopcount,0,,0," + strings.Repeat("1", 257) + "\n"), err: "could not become part"},
		{name: "prose", in: stdout("hello\n"), err: `line 1: not a route: "hello"`},
		{name: "cut", in: stdout("net,-hopcount,0,,0,10.2.3.1\nnet,-hop"), err: "line 2: not a route"},
		{name: "cut before the gateway", in: stdout("net,-hopcount,0,,0,"), err: "not a route"},
		{name: "only a message", in: exit(0, "", "lsattr: 0514-519 no such device\n"), err: "0514-519"},
		{name: "flood", in: stdout(strings.Repeat("net,-hopcount,0,,0,10.2.3.1\n", maxRows+1)), err: "too many rows"},
		{name: "failed", in: exit(255, "", "lsattr: 0514-528 The \"route\" attribute does not exist\n"), err: "0514-528"},
	}
	for _, c := range []struct{ text, destination, gateway string }{
		{"net,-hopcount,0,-netmask,255.255.255.0,0,10.9.0.0,10.2.3.254", "10.9.0.0/24", "10.2.3.254"},
		{"net,-hopcount,0,-netmask,255.255.255.192,-if,en0,,,,-static,10.123.111.0,10.123.111.1", "10.123.111.0/26", "10.123.111.1"},
		{"net,-hopcount,0,-netmask,0xffffff00,,,10.9.0,10.2.3.254", "10.9.0.0/24", "10.2.3.254"},
		{"net,-netmask,255.255.0.0,10.9.0.0,10.2.3.254", "10.9.0.0/16", "10.2.3.254"},
		{"net,-hopcount,0,-netmask,255.255.255.224,,,,,10.2.3.1", "default", "10.2.3.1"},
		{"net,-hopcount,0,0,0,0.0.0.0,10.2.3.1", "default", "10.2.3.1"},
		{"net,-hopcount,0,,,,,,default,10.2.3.1", "default", "10.2.3.1"},
		{"net,-hopcount,0,,,,,,-static,10.9.8.0,10.2.3.1", "10.9.8.0", "10.2.3.1"},
		{"net,-hopcount,0,-netmask,255.0.255.0,,,10.9.8.0,10.2.3.1", "10.9.8.0", "10.2.3.1"},
		{"net,-hopcount,0,-netmask,255.255.255.0,,,10.9.8.0/24,10.2.3.1", "10.9.8.0/24", "10.2.3.1"},
		{"host,-hopcount,0,-if,en0,,,10.9.8.7,10.2.3.1", "10.9.8.7", "10.2.3.1"},
		{"host,-hopcount,0,-netmask,255.255.255.0,,,10.9.8.7,10.2.3.1", "10.9.8.7", "10.2.3.1"},
		{"net,-hopcount,0,,,2001:DB8::/48,2001:db8:0::1", "2001:db8::/48", "2001:db8::1"},
		{"net,-hopcount,0,,,branch-office,router_1", "branch-office", "router_1"},
	} {
		cases = append(cases, parseCase[StaticRoutes]{name: c.text, in: stdout(c.text + "\n"), want: route(c.text, c.destination, c.gateway)})
	}
	runParse(t, ParseStaticRoutes, cases)
}

func TestMaskLength(t *testing.T) {
	for text, want := range map[string]int{
		"255.255.255.0": 24, "255.255.255.255": 32, "0.0.0.0": 0, "128.0.0.0": 1, "0xffffff00": 24, "0xFFFF0000": 16,
		"": -1, "255.0.255.0": -1, "0xff": -1, "0xfffffff0f": -1, "0x+fffff00": -1, "10.2.3.4": -1, "24": -1, "ffff::": -1,
	} {
		if got, ok := maskLength(text); ok != (want >= 0) || ok && got != want {
			t.Errorf("maskLength(%q) = %d, %v", text, got, ok)
		}
	}
}
