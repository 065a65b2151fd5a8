package load

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/inventory"
)

// defaultsOf returns the settings that a bastion has from the defaults.
func defaultsOf(inv *inventory.Inventory, name string) inventory.SSH {
	var every inventory.SSH
	for _, at := range inv.Bastions {
		switch at.Name {
		case name:
			return at.Defaults
		case "":
			every = at.Defaults
		}
	}
	return every
}

// The identity, its certificate and passphrase, and known_hosts of the defaults hold for
// bastions, listed or not; the login, port, password, way and privilege do not, and nothing of
// groups and hosts.
func TestDefaultsOfBastions(t *testing.T) {
	const text = `apiVersion: aixmend/v1
defaults: {ssh: {user: root, port: 2222, identity: keys/fleet, certificate: keys/fleet-signed.pub, passphrase: {env: FLEET}, known_hosts: kh,
  password: {env: PW}, legacy_algorithms: true, become: sudo, become_password: {env: ROOT}}}
groups: {prod: {ssh: {jump: "me@gate:22, inner", identity: keys/prod, known_hosts: kh-prod}}}
bastions: {inner: {ssh: {user: ops, identity: keys/inner}}}
hosts: {aix1: {groups: [prod]}, aix2: {ssh: {known_hosts: kh-2}}}
`
	inv, err := testOptions().Parse("etc/inventory.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	want := inventory.SSH{Identity: "etc/keys/fleet", Certificate: "etc/keys/fleet-signed.pub", Passphrase: `{"env":"FLEET"}`, KnownHosts: "etc/kh"}
	for _, name := range []string{"gate", "inner", "of-ssh-config"} {
		if diff := cmp.Diff(want, defaultsOf(inv, name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for _, at := range inv.Bastions {
		if own := (inventory.SSH{User: "ops", Identity: "etc/keys/inner", Become: inventory.BecomeNone}); at.Name == "inner" && at.SSH != own {
			t.Errorf("inner: %+v", at.SSH)
		}
	}
	again, err := testOptions().Parse("inventory.yaml", inv.Export(inv.Hosts))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(inv.Bastions, again.Bastions, withoutPos()); diff != "" {
		t.Errorf("exported (-was +is):\n%s\n%s", diff, inv.Export(inv.Hosts))
	}
}

// An identity that all hosts have in common becomes that of bastions by no export.
func TestExportGivesBastionsNoIdentity(t *testing.T) {
	inv, err := testOptions().Parse("inventory.yaml", []byte(`all:
  vars: {ansible_ssh_private_key_file: /k/all, ansible_ssh_common_args: -J gate}
  hosts: {aix1: , aix2: }
`))
	if err != nil {
		t.Fatal(err)
	}
	again, err := testOptions().Parse("inventory.yaml", inv.Export(inv.Hosts))
	if err != nil || defaultsOf(again, "gate") != (inventory.SSH{}) {
		t.Errorf("%v\n%s", err, inv.Export(inv.Hosts))
	}
}

// Each file has defaults for its own bastions; where two files differ about one bastion,
// none holds, and a warning says so. What the bastion says itself ends that.
func TestDefaultsOfBastionsInSeveralFiles(t *testing.T) {
	const head = "apiVersion: aixmend/v1\n"
	files := map[string]string{
		"a.yaml":    head + "defaults: {ssh: {identity: /k/a, known_hosts: /kh, jump: \"both,a\"}}\nhosts: {aix1: }\n",
		"b.yaml":    head + "defaults: {ssh: {identity: /k/b, known_hosts: /kh, jump: \"both,b\"}}\nhosts: {aix2: }\n",
		"c.yaml":    head + "bastions: {b: {ssh: {user: ops}}, both: {ssh: {user: ops}}}\nhosts: {aix3: {ssh: {jump: a}}}\n",
		"hosts.yml": "all: {hosts: {aix4: {ansible_ssh_common_args: -J a}}}\n",
	}
	dir := t.TempDir()
	var paths []string
	for _, name := range []string{"a.yaml", "b.yaml", "c.yaml", "hosts.yml"} {
		paths = append(paths, filepath.Join(dir, name))
		if err := os.WriteFile(paths[len(paths)-1], []byte(files[name]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	inv, err := testOptions().Load(paths...)
	if err != nil {
		t.Fatal(err)
	}
	for name, identity := range map[string]string{"a": "/k/a", "b": "/k/b", "both": "", "of-ssh-config": ""} {
		if want, got := (inventory.SSH{Identity: identity, KnownHosts: "/kh"}), defaultsOf(inv, name); got != want {
			t.Errorf("%s: %+v", name, got)
		}
	}
	said := inv.Warnings.Error()
	if !strings.Contains(said, "b.yaml:2:28: the defaults have another identity for bastion \"both\" than those at "+dir+"/a.yaml:2:28, and neither is used") || strings.Count(said, "bastion") != 2 {
		t.Errorf("said %s", said)
	}
}

// Files that differ in a certificate or a passphrase alone are named with their places, in one order.
func TestDefaultsOfBastionsWithoutIdentity(t *testing.T) {
	const head = "apiVersion: aixmend/v1\ndefaults: {ssh: {%s}}\nbastions: {c: {}, a: {}, b: {}}\nhosts: {%s: {groups: [g], ssh: {jump: %s}}}\ngroups: {g: {}}\n"
	dir := t.TempDir()
	var paths, hosts []string
	for i, setting := range []string{"certificate: /k/a.pub", "passphrase: {env: P}"} {
		for _, jump := range []string{"a", "b", "c"} {
			name := fmt.Sprintf("%s%d", jump, i)
			paths, hosts = append(paths, filepath.Join(dir, name+".yaml")), append(hosts, name)
			if err := os.WriteFile(paths[len(paths)-1], fmt.Appendf(nil, head, setting, name, jump), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	inv, err := testOptions().Load(paths...)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, w := range inv.Warnings {
		said = append(said, fmt.Sprintf("%s:%d:%d: %s", filepath.Base(w.File), w.Line, w.Column, strings.ReplaceAll(w.Message, dir+"/", "")))
	}
	var want []string
	for _, name := range []string{"a", "b", "c"} {
		want = append(want, name+`1.yaml:2:30: the defaults have another identity for bastion "`+name+`" than those at a0.yaml:2:31, and neither is used`)
	}
	if diff := cmp.Diff(want, said); diff != "" || len(inv.Hosts) != len(hosts) {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
