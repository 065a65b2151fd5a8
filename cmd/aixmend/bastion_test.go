package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	gossh "golang.org/x/crypto/ssh"

	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/transport"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/sshtest"
	"aixmend/transport/sshconfig"
)

func TestBastionNames(t *testing.T) {
	me := localUser()
	for name, want := range map[string]transport.Target{
		"b":                    {User: me, Address: "b", Port: 22},
		"b:2222":               {User: me, Address: "b", Port: 2222},
		"ops@b.example":        {User: "ops", Address: "b.example", Port: 22},
		"ops@corp@b:23":        {User: "ops@corp", Address: "b", Port: 23},
		"10.1.2.3":             {User: me, Address: "10.1.2.3", Port: 22},
		"2001:db8::5":          {User: me, Address: "2001:db8::5", Port: 22},
		"[2001:db8::5]":        {User: me, Address: "2001:db8::5", Port: 22},
		"x@[2001:db8::5]:2222": {User: "x", Address: "2001:db8::5", Port: 2222},
	} {
		want.Name, want.Identity, want.KnownHosts = name, "keys/id", "kh"
		b := bastions{asked: asked{Identity: "keys//id", KnownHosts: "./kh"}, config: sshconfig.New(sshconfig.Options{File: noSSHConfig})}
		got, err := b.find(t.Context(), name)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
	for _, name := range []string{"", "@", "@b", "b:", "b:0", "b:x", "b:65536", "[b", "[::1]x", "ops@", ":22"} {
		if got, err := (bastions{config: sshconfig.New(sshconfig.Options{File: noSSHConfig})}).find(t.Context(), name); err == nil {
			t.Errorf("%q is %+v", name, got)
		}
	}
}

// What ssh_config knows of a bastion holds where its name says nothing else.
func TestBastionOfSSHConfig(t *testing.T) {
	file := write(t, filepath.Join(t.TempDir(), "config"), "Host gate\n  HostName 10.0.0.1\n  User jumper\n  Port 2222\n  IdentityFile "+os.DevNull+"\n  ProxyJump outer\n")
	b := bastions{config: sshconfig.New(sshconfig.Options{File: file, Program: noSSHConfig})}
	for name, want := range map[string]transport.Target{
		"gate":       {User: "jumper", Address: "10.0.0.1", Port: 2222},
		"me@gate:22": {User: "me", Address: "10.0.0.1", Port: 22},
	} {
		want.Name, want.Identity, want.Jump = name, os.DevNull, "outer"
		got, err := b.find(t.Context(), name)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

// What the inventory has of a bastion goes before ssh_config, and what its name
// says before that.
func TestBastionOfTheInventory(t *testing.T) {
	file := write(t, filepath.Join(t.TempDir(), "config"), "Host 10.0.0.1\n  User jumper\n  Port 2222\n  HostKeyAlias gate\n")
	b := bastions{
		config: sshconfig.New(sshconfig.Options{File: file, Program: noSSHConfig}),
		defined: []inventory.Bastion{{Name: "gate", Address: "10.0.0.1", DialRate: 7,
			SSH: inventory.SSH{User: "ops", Identity: "/keys/gate", KnownHosts: "/keys/known", Password: `{"env":"GATE"}`, Jump: "outer", LegacyAlgorithms: true, Become: "none"}}},
	}
	want := transport.Target{
		Name: "gate", User: "ops", Address: "10.0.0.1", Port: 2222, Identity: "/keys/gate", KnownHosts: "/keys/known", HostKeyAlias: "gate",
		Password: `{"env":"GATE"}`, Jump: "outer", LegacyAlgorithms: true, Become: "none",
	}
	got, err := b.find(t.Context(), "gate")
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	want.Name, want.User, want.Port = "me@gate:22", "me", 22
	got, err = b.find(t.Context(), "me@gate:22")
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	if b.rate("me@gate:22") != 7 || b.rate("other") != 0 {
		t.Errorf("rates %d, %d", b.rate("me@gate:22"), b.rate("other"))
	}
}

// A fleet behind a bastion: audited over one connection to it, and where it does
// not forward, that is the reason of each host.
func TestAuditBehindABastion(t *testing.T) {
	dir := t.TempDir()
	var hosts []aixsim.FleetHost
	for i := range 3 {
		hosts = append(hosts, aixsim.FleetHost{State: aixsim.Healthy(fmt.Sprintf("aix%d", i), i+1), Illness: "healthy"})
	}
	fleet, err := startFleet(dir, hosts, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer fleet.Close()
	for name, c := range map[string]struct {
		faults sshtest.Faults
		code   int
		want   outcome.Outcome
	}{
		"forwards":  {sshtest.Faults{}, 0, outcome.Healthy},
		"prohibits": {sshtest.Faults{Forward: sshtest.ForwardRefuse, ForwardReason: gossh.Prohibited}, 4, outcome.Unreachable},
	} {
		t.Run(name, func(t *testing.T) {
			var login atomic.Value
			bastion, err := sshtest.Serve(nil, sshtest.Options{Faults: c.faults, Dial: new(net.Dialer).DialContext, Configure: func(s *gossh.ServerConfig) {
				s.AuthLogCallback = func(m gossh.ConnMetadata, _ string, _ error) { login.Store(m.User()) }
			}})
			if err != nil {
				t.Fatal(err)
			}
			defer bastion.Close()
			address := bastion.Addr().String()
			text, err := os.ReadFile(filepath.Join(dir, "inventory.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			inventory := write(t, filepath.Join(dir, name+".yaml"), strings.Replace(string(text), "known_hosts: known_hosts, jump: none", "jump: ops@"+address, 1))
			known := write(t, filepath.Join(dir, name), fleet.KnownHosts()+bastion.KnownHostsLine(address))
			got := call(t, nil, "audit", "-i", inventory, "--known-hosts", known, "--identity", filepath.Join(dir, "id_ed25519"),
				"--state", filepath.Join(t.TempDir(), "state"), "--format", "json")
			var run outcome.Run
			if err := json.Unmarshal([]byte(got.out), &run); err != nil || got.code != c.code || run.Counts[c.want] != 3 {
				t.Fatalf("exit code %d, %v, %v\n%s", got.code, err, run.Counts, got.err)
			}
			if bastion.Accepted() != 1 || bastion.Forwards() != 3 || login.Load() != "ops" {
				t.Errorf("%d connections to the bastion, %d channels, as %v", bastion.Accepted(), bastion.Forwards(), login.Load())
			}
			for _, h := range run.Hosts {
				if c.want == outcome.Unreachable && !strings.HasPrefix(h.Reason, "jump: bastion ops@"+address+": it may not connect to ") {
					t.Errorf("%s: %s", h.Name, h.Reason)
				}
			}
		})
	}
}
