package load

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/inventory"
)

func TestBastions(t *testing.T) {
	inv, err := testOptions().Parse("etc/inventory.yaml", []byte(`apiVersion: aixmend/v1
defaults: {ssh: {user: dflt, jump: gate.example}}
bastions:
  inner: {address: 10.0.0.9, ssh: {user: ops, port: 2222, identity: keys/b, known_hosts: ~/kh, jump: "ops@gate.example:22"}, dial_rate: 5}
  gate.example:
hosts: {aix1: }
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []inventory.Bastion{
		{Name: "gate.example", Address: "gate.example", SSH: inventory.SSH{Become: inventory.BecomeNone}},
		{Name: "inner", Address: "10.0.0.9", DialRate: 5, SSH: inventory.SSH{
			User: "ops", Port: 2222, Identity: "etc/keys/b", KnownHosts: "/home/me/kh", Jump: "ops@gate.example:22", Become: inventory.BecomeNone,
		}},
	}
	if diff := cmp.Diff(want, inv.Bastions, withoutPos()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	checkSame(t, "bastions", inv, inv.Export(inv.Hosts))
}

func TestBadBastions(t *testing.T) {
	_, err := testOptions().Parse("i.yaml", []byte(`apiVersion: aixmend/v1
bastions:
  ops@gate: {}
  "gate:22": {}
  a: {ssh: {jump: b}}
  b: {ssh: {jump: "x@a:22"}}
  c: {address: "no!", dial_rate: 0}
  d: {ssh: {become: sudo, become_mode: commands, become_password: prompt, become: none}}
  e: {ssh: {become_mode: commands, become_password: prompt}, users: x}
hosts: {aix1: }
`))
	checkMessage(t, "-", err, `i.yaml:3:3: bastion name "ops@gate" is neither an IP address nor a DNS name (letters, digits, hyphens, underscores and dots)
  hint: write it as ssh.jump does, without user and port
i.yaml:4:3: bastion name "gate:22" is not an IPv6 address; a port belongs in ssh.port
  hint: write it as ssh.jump does, without user and port
i.yaml:5:19: the way to bastion "a" leads through itself: a through b through a
  hint: give one of them another jump, or none
i.yaml:6:19: the way to bastion "b" leads through itself: b through a through b
  hint: give one of them another jump, or none
i.yaml:7:16: address "no!" is neither an IP address nor a DNS name (letters, digits, hyphens, underscores and dots)
i.yaml:7:34: dial_rate 0 must be 1 or more
i.yaml:8:21: ssh.become is not allowed in a bastion: nobody becomes root there
i.yaml:8:40: ssh.become_mode is not allowed in a bastion: nobody becomes root there
i.yaml:8:67: ssh.become_password is not allowed in a bastion: nobody becomes root there
i.yaml:8:75: key "become" is already given at i.yaml:8:13
i.yaml:9:26: ssh.become_mode is not allowed in a bastion: nobody becomes root there
i.yaml:9:53: ssh.become_password is not allowed in a bastion: nobody becomes root there
i.yaml:9:62: unknown key "users"
  hint: known keys: address, ssh, dial_rate`)
}

func TestHops(t *testing.T) {
	for jump, want := range map[string][]string{
		"": nil, "none": nil, "a": {"a"}, "u@a:22,b": {"a", "b"}, "[2001:db8::1]:22": {"2001:db8::1"}, "2001:db8::1": {"2001:db8::1"}, "u@x@a": {"a"},
	} {
		if diff := cmp.Diff(want, hops(jump)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", jump, diff)
		}
	}
}
