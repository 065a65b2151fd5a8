package load

import (
	"strings"
	"testing"
)

// The ssh_config of a host is a path like that of its key; where two files differ, neither
// wins.
func TestConfigOfAHost(t *testing.T) {
	inv, err := testOptions().Parse("etc/inventory.yaml", []byte(`apiVersion: aixmend/v1
defaults: {ssh: {config: site.cfg}}
groups: {old: {ssh: {config: ~/old.cfg}}}
bastions: {gate: {ssh: {config: gate.cfg}}}
hosts:
  a: {}
  b: {groups: [old]}
  c: {groups: [old], ssh: {config: none}}
  d: {ssh: {config: /etc/d.cfg}}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"a": "etc/site.cfg", "b": "/home/me/old.cfg", "c": "none", "d": "/etc/d.cfg"}
	for name, path := range want {
		if h, _ := inv.Host(name); h.SSH.Config != path {
			t.Errorf("%s: %q, want %q", name, h.SSH.Config, path)
		}
	}
	if got := inv.Bastions[0].SSH.Config; got != "etc/gate.cfg" {
		t.Errorf("bastion: %q", got)
	}
	checkSame(t, "config", inv, inv.Export(inv.Hosts))

	inv, err = testOptions().Parse("etc/inventory.yaml", []byte("all: {hosts: {a: {aixmend_ssh: {config: x.cfg}}}}\n"))
	if err != nil || inv.Hosts[0].SSH.Config != "etc/x.cfg" {
		t.Errorf("aixmend_ssh: %+v, %v", inv, err)
	}
	for text, want := range map[string]string{
		`{config: ""}`:     "ssh.config",
		`{config: ~bob/x}`: "the home folder of another user is not supported",
	} {
		_, err := testOptions().Parse("inventory.yaml", []byte("apiVersion: aixmend/v1\nhosts: {a: {ssh: "+text+"}}\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
