package aixsim

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestParseRoute: the forms of the attribute that are around.
func TestParseRoute(t *testing.T) {
	for value, want := range map[string]Route{
		"net,-hopcount,0,,0,10.2.3.1":                                                    {Destination: "default", Gateway: "10.2.3.1"},
		"net,-hopcount,0,,,,,,0,10.2.3.1":                                                {Destination: "default", Gateway: "10.2.3.1"},
		"net,-hopcount,0,-if,en1,,0,10.2.3.1":                                            {Destination: "default", Gateway: "10.2.3.1", Interface: "en1"},
		"net,-hopcount,0,-netmask,255.255.255.0,,,10.11.12.0,10.2.3.2":                   {Destination: "10.11.12.0/24", Gateway: "10.2.3.2"},
		"net,-hopcount,0,-netmask,255.255.255.192,-if,en0,,,,-static,10.5.6.64,10.2.3.1": {Destination: "10.5.6.64/26", Gateway: "10.2.3.1", Interface: "en0"},
		"net,-hopcount,0,,10.0.0.0,10.2.3.1":                                             {Destination: "10.0.0.0/8", Gateway: "10.2.3.1"},
		"net,-hopcount,0,,172.16.5.0,10.2.3.1":                                           {Destination: "172.16.0.0/16", Gateway: "10.2.3.1"},
		"net,-hopcount,0,,192.168.7.0,10.2.3.1":                                          {Destination: "192.168.7.0/24", Gateway: "10.2.3.1"},
		"net,-hopcount,0,,10.5.0.0/16,10.2.3.1":                                          {Destination: "10.5.0.0/16", Gateway: "10.2.3.1"},
		"host,-hopcount,0,-if,en0,,,192.0.2.7,10.2.3.1":                                  {Destination: "192.0.2.7", Gateway: "10.2.3.1", Interface: "en0"},
	} {
		got, ok := parseRoute(value)
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Errorf("%s: %t (-want +got)\n%s", value, ok, diff)
		}
	}
	for _, value := range []string{"", "0,10.2.3.1", "net,0,gateway", "net,-hopcount,0,,10.2.3.1,fe80::1", "net,-netmask,255.0.255.0,10.0.0.0,10.2.3.1", "default,0,10.2.3.1"} {
		if r, ok := parseRoute(value); ok {
			t.Errorf("%q is %+v", value, r)
		}
	}
}

const (
	odmRoutes  = "lsattr -El inet0 -a route -F value"
	liveRoutes = "netstat -rn | grep UG | tr -s ' ' | cut -d' ' -f1-3,6"
	both       = "; " + odmRoutes + "; " + liveRoutes
	net10      = "net,-hopcount,0,-netmask,255.255.0.0,,,10.5.0.0,10.20.0.7"
)

func TestRoutes(t *testing.T) {
	lost := func(s *State) { s.Inet0, s.Routes = nil, nil }
	runCases(t, []commandCase{
		{name: "healthy", command: "true" + both, out: "net,-hopcount,0,,0,10.20.0.1\ndefault 10.20.0.1 UG en0\n"},
		{name: "netstat -rn as it was", command: "netstat -rn | head -n 7 | tail -n 3", out: "default            10.20.0.1         UG        4   84100 en0     -      -\n" +
			"10.20.0/24         10.20.0.3         U         1    2201 en0     -      -\n127/8              127.0.0.1         U         2    1204 lo0      -      -\n"},
		{name: "lsattr of inet0", command: "lsattr -El inet0; lsattr -El inet0 -a hostname -F value", has: []string{"hostname       aixvm1 Host Name True\n", "route          net,-hopcount,0,,0,10.20.0.1 Route True\n", "\naixvm1\n"}},
		{name: "none", change: lost, command: "true" + both, out: "\n"},
		{name: "chdev adds live and in the ODM, a value a line", command: "chdev -l inet0 -a route=" + net10 + both,
			out: "inet0 changed\nnet,-hopcount,0,,0,10.20.0.1\n" + net10 + "\ndefault 10.20.0.1 UG en0\n10.5/16 10.20.0.7 UG en0\n"},
		{name: "chdev -P is for the next boot", command: "chdev -P -l inet0 -a route=" + net10 + both, out: "inet0 changed\nnet,-hopcount,0,,0,10.20.0.1\n" + net10 + "\ndefault 10.20.0.1 UG en0\n"},
		{name: "delroute removes both", command: "chdev -l inet0 -a delroute=net,-hopcount,0,,0,10.20.0.1" + both, out: "inet0 changed\n\n"},
		{name: "delroute wants it to the letter", command: "chdev -l inet0 -a delroute=net,-hopcount,0,,,,0,10.20.0.1", exit: 1, err: "0514-018"},
		{name: "one for another in one step", command: "chdev -l inet0 -a delroute=net,-hopcount,0,,0,10.20.0.1 -a route=net,-hopcount,0,,0,10.20.0.9" + both,
			out: "inet0 changed\nnet,-hopcount,0,,0,10.20.0.9\ndefault 10.20.0.9 UG en0\n"},
		{name: "a gateway that is nowhere changes nothing", command: "chdev -l inet0 -a hostname=other -a route=net,-hopcount,0,,0,192.0.2.1; hostname" + both,
			out: "aixvm1\nnet,-hopcount,0,,0,10.20.0.1\ndefault 10.20.0.1 UG en0\n", err: "0821-279 writing to routing socket: The network"},
		{name: "what is there already", command: "chdev -l inet0 -a route=net,-hopcount,0,,0,10.20.0.1", exit: 1, err: "0821-279 writing to routing socket: Do not specify"},
		{name: "what is live only is made lasting", change: func(s *State) { s.Inet0 = nil }, command: "chdev -l inet0 -a route=net,-hopcount,0,,0,10.20.0.1" + both,
			out: "inet0 changed\nnet,-hopcount,0,,0,10.20.0.1\ndefault 10.20.0.1 UG en0\n"},
		{name: "what is lasting only is made live", change: func(s *State) { s.Routes = nil }, command: "chdev -l inet0 -a route=net,-hopcount,0,,0,10.20.0.1" + both,
			out: "inet0 changed\nnet,-hopcount,0,,0,10.20.0.1\ndefault 10.20.0.1 UG en0\n"},
		{name: "no value, no route", command: "chdev -l inet0 -a route=", exit: 1, err: "0514-018"},
		{name: "hostname", command: "chdev -l inet0 -a hostname=other && hostname && uname -n && lsattr -El inet0 -a hostname -F value", out: "inet0 changed\nother\nother\nother\n"},
		{name: "needs root", change: func(s *State) { s.Unprivileged = true }, command: "chdev -l inet0 -a hostname=other; route add default 10.20.0.9; lsattr -El inet0 -a hostname -F value", out: "aixvm1\n", err: "0403-027"},
		{name: "route is live only", command: "route add -net 10.5.0.0 -netmask 255.255.0.0 10.20.0.7; route add -host 10.6.7.8 10.20.0.8; route add 10.7.0.0/16 10.20.0.7; route delete default 10.20.0.1" + both,
			out: "10.20.0.7 net 10.5.0.0/16: gateway 10.20.0.7\n10.20.0.8 host 10.6.7.8: gateway 10.20.0.8\n10.20.0.7 net 10.7.0.0/16: gateway 10.20.0.7\n10.20.0.1 net default: gateway 10.20.0.1\n" +
				"net,-hopcount,0,,0,10.20.0.1\n10.5/16 10.20.0.7 UG en0\n10.6.7.8 10.20.0.8 UGH en0\n10.7/16 10.20.0.7 UG en0\n"},
		{name: "route delete without a gateway", command: "route delete 0" + both, out: "default net default: gateway default\nnet,-hopcount,0,,0,10.20.0.1\n"},
		{name: "route add twice", command: "route add 0 10.20.0.1", exit: 1, err: "entry in table"},
		{name: "route delete of none", command: "route delete default 10.20.0.9", exit: 1, err: "not in table"},
		{name: "route without sense", command: "route add default", exit: 1, err: "Usage"},
		{name: "another address takes its routes away", command: "chdev -l en0 -a alias4=10.9.9.9,255.255.255.0; chdev -l inet0 -a route=net,-hopcount,0,,10.5.0.0,10.9.9.1; chdev -l en0 -a delalias4=10.9.9.9,255.255.255.0" + both,
			out: "en0 changed\ninet0 changed\nen0 changed\nnet,-hopcount,0,,0,10.20.0.1\nnet,-hopcount,0,,10.5.0.0,10.9.9.1\ndefault 10.20.0.1 UG en0\n"},
	})
}

// TestBootRoutes: a boot brings back what the ODM has, and nothing else.
func TestBootRoutes(t *testing.T) {
	m := boot(t, Healthy("aixvm1", 1))
	m.wants("chdev -P -l inet0 -a route=" + net10 + "; chdev -P -l inet0 -a route=net,-hopcount,0,,10.8.0.0/16,192.0.2.1; route add 10.7.0.0/16 10.20.0.7; route delete default")
	m.host.Boot(nil)
	if got, want := m.wants(liveRoutes), "default 10.20.0.1 UG en0\n10.5/16 10.20.0.7 UG en0\n"; got != want {
		t.Errorf("after the boot %q, want %q", got, want)
	}
}
