package aixsim

import (
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"aixmend/transport/lab/sshtest"
)

// TestDuplicateNodeID: neither of two hosts with one id is connected; a new id
// on one of them lets both connect.
func TestDuplicateNodeID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i, err := FindIllness("node-id-duplicate")
		if err != nil {
			t.Fatal(err)
		}
		a, b := Healthy("a", 1), Healthy("b", 2)
		i.Pair(a, b)
		listeners := map[string]*sshtest.MemListener{}
		f, err := NewFleet([]FleetHost{{State: a}, {State: b}, {State: Healthy("c", 3)}}, FleetOptions{Listen: func(name string) (net.Listener, error) {
			listeners[name] = sshtest.NewMemListener(name)
			return listeners[name], nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		const why = "another host has the same node id"
		if f.Host("a").Why() != why || f.Host("b").Why() != why || f.Connected() != 1 {
			t.Errorf("a %q, b %q, connected %d", f.Host("a").Why(), f.Host("b").Why(), f.Connected())
		}
		client := dial(t, listeners["b"])
		defer client.Close()
		session, err := client.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		if out, err := session.CombinedOutput("/opt/rsct/install/bin/recfgct && /opt/rsct/bin/rmcctrl -p"); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if f.Connected() != 1 {
			t.Error("connected before its time")
		}
		time.Sleep(61 * time.Second)
		if f.Connected() != 3 {
			t.Errorf("a %q, b %q", f.Host("a").Why(), f.Host("b").Why())
		}
	})
}

// TestDemoFleet starts the fleet of the demo on loopback and talks to each
// host with its own host key.
func TestDemoFleet(t *testing.T) {
	f, err := NewFleet(DemoFleet(len(Illnesses())+5, time.Second), FleetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	members := f.Inventory()
	if len(members) != len(Illnesses())+5 {
		t.Errorf("%d members", len(members))
	}
	key, err := sshtest.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range members[:5] {
		line, _, _ := strings.Cut(m.KnownHosts, "\n")
		_, hosts, hostKey, _, _, err := ssh.ParseKnownHosts([]byte(line))
		if err != nil || len(hosts) != 1 || hosts[0] != knownhosts.Normalize(net.JoinHostPort(m.Address, itoa(int64(m.Port)))) {
			t.Fatalf("known_hosts line %q: %v", m.KnownHosts, err)
		}
		client, err := ssh.Dial("tcp", net.JoinHostPort(m.Address, itoa(int64(m.Port))), &ssh.ClientConfig{User: "root",
			Auth: []ssh.AuthMethod{ssh.PublicKeys(key)}, HostKeyCallback: ssh.FixedHostKey(hostKey)})
		if err != nil {
			t.Fatal(err)
		}
		session, err := client.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		if out, err := session.Output("hostname"); err != nil || string(out) != m.Name+"\n" {
			t.Errorf("%s says %q, %v", m.Name, out, err)
		}
		client.Close()
	}
	if f.Host("nosuch") != nil || f.Server(members[0].Name) == nil || !strings.Contains(f.KnownHosts(), members[1].KnownHosts) {
		t.Error("the fleet does not know its hosts")
	}
}

func TestFleetRefusesTwins(t *testing.T) {
	if f, err := NewFleet([]FleetHost{{State: Healthy("a", 1)}, {State: Healthy("a", 2)}}, FleetOptions{}); err == nil {
		f.Close()
		t.Error("took two hosts of one name")
	}
}
