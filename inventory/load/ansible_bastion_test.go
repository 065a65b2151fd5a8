package load

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/inventory"
)

// The key of a bastion in a ProxyCommand is that of its hosts alone: another host that goes
// through the same machine without it does so as before.
func TestBastionOfAProxyCommand(t *testing.T) {
	inv, err := testOptions().Parse("i.yaml", []byte(`all:
  hosts:
    a: {ansible_ssh_common_args: "-o ProxyCommand='ssh -i ~/gate.key -p 2222 -W %h:%p ops@gate.example'"}
    b: {ansible_ssh_common_args: "-o ProxyCommand='ssh ops@gate.example -i ~/gate.key -W %h:%p'"}
    c: {ansible_ssh_common_args: "-J gate.example"}
    d: {ansible_ssh_common_args: "-o ProxyCommand='ssh -o UserKnownHostsFile=/known -o HostKeyAlias=gate -W %h:%p 10.0.0.1'"}
    e: {ansible_ssh_common_args: "-o ProxyCommand='ssh -i ~/gate.key -W %h:%p gate.example'", aixmend_ssh: {jump: said.example}}
`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := inv.Select(); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, h := range inv.Hosts {
		got[h.Name] = h.SSH.Jump
	}
	want := map[string]string{"a": "ops@gate.example--1:2222", "b": "ops@gate.example--1", "c": "gate.example", "d": "10.0.0.1--2", "e": "said.example"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	bastions := map[string]inventory.Bastion{}
	for _, at := range inv.Bastions {
		bastions[at.Name] = inventory.Bastion{Address: at.Address, SSH: at.SSH}
	}
	if diff := cmp.Diff(map[string]inventory.Bastion{
		"gate.example--1": {Address: "gate.example", SSH: inventory.SSH{Identity: "/home/me/gate.key", Become: "none"}},
		"10.0.0.1--2":     {Address: "10.0.0.1", SSH: inventory.SSH{KnownHosts: "/known\nsystem", HostKeyAlias: "gate", Become: "none"}},
	}, bastions); diff != "" {
		t.Error(diff)
	}
	checkSame(t, "bastions", inv, inv.Export(inv.Hosts))
}
