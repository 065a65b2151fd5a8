package load

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"aixmend/inventory"
	"aixmend/inventory/naming"
)

// What is exported loads, and gives the same hosts, groups and bastions: of
// every inventory that the tests have.
func TestExportGivesTheSame(t *testing.T) {
	var paths []string
	for _, pattern := range []string{"testdata/good/*.yaml", "testdata/ansible/*.yaml", "testdata/ansible/*.json", "testdata/ansible/folders/*.yaml"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatal(pattern, err)
		}
		paths = append(paths, found...)
	}
	for _, path := range paths {
		inv, err := testOptions().Load(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		text := inv.Export(inv.Hosts)
		checkSame(t, path, inv, text)
	}
}

// checkSame loads what was exported and compares.
func checkSame(t *testing.T, path string, inv *inventory.Inventory, text []byte) {
	t.Helper()
	again, err := testOptions().Parse("inventory.yaml", text)
	if err != nil {
		t.Fatalf("%s: %v\n%s", path, err, text)
	}
	hosts := slices.Clone(inv.Hosts)
	for i := range hosts {
		hosts[i].Groups = slices.DeleteFunc(slices.Clone(hosts[i].Groups), func(name string) bool { return !naming.IsFile(name) })
	}
	if diff := cmp.Diff(hosts, again.Hosts, withoutPos(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s: hosts (-was +is):\n%s\n%s", path, diff, text)
	}
	named := func(list []inventory.Bastion) []inventory.Bastion {
		return slices.DeleteFunc(slices.Clone(list), func(at inventory.Bastion) bool { return at.Name == "" })
	}
	if diff := cmp.Diff(named(inv.Bastions), named(again.Bastions), withoutPos(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s: bastions (-was +is):\n%s\n%s", path, diff, text)
	}
	for _, g := range again.Groups {
		was, _ := inv.Group(g.Name)
		if diff := cmp.Diff(was, g, withoutPos()); diff != "" {
			t.Errorf("%s: (-was +is):\n%s", path, diff)
		}
	}
}

// Hosts in step become one line, what they share is said once, and a host that
// is alike but for one thing keeps it.
func TestExportFolds(t *testing.T) {
	inv, err := testOptions().Parse("inventory.yaml", []byte(`all:
  vars: {ansible_user: ops, ansible_ssh_common_args: -J bastion}
  children:
    prod:
      vars: {ansible_become: true}
      hosts:
        aix[08:12]: {ansible_host: 10.0.0.1}
        x9.lab: {ansible_host: 10.1.0.9}
        x10.lab: {ansible_host: 10.1.0.10, ansible_port: 2222}
        x11.lab: {ansible_host: 10.1.0.11, ansible_port: 2222}
    test:
      hosts: {t01: , t02: , t03: {ansible_host: 10.8.8.8}, t04: , "yes": {ansible_host: 10.9.9.9, ansible_user: "no"}}
`))
	if err != nil {
		t.Fatal(err)
	}
	for i := range inv.Hosts {
		if strings.HasPrefix(inv.Hosts[i].Name, "aix") {
			inv.Hosts[i].Address = "10.0.0." + strings.TrimLeft(inv.Hosts[i].Name[3:], "0")
		}
	}
	inv.Faults = nil // all five had one address
	const want = `apiVersion: aixmend/v1

defaults: {ssh: {jump: bastion}}

groups:
  prod: {ssh: {become: sudo, user: ops}}
  test: {}

hosts:
  "aix[08-12]": {address: "10.0.0.[8-12]", groups: [prod]}
  "t[01-02]": {groups: [test], ssh: {user: ops}}
  t03: {address: "10.8.8.8", groups: [test], ssh: {user: ops}}
  t04: {groups: [test], ssh: {user: ops}}
  x9.lab: {address: "10.1.0.9", groups: [prod]}
  "x[10-11].lab": {address: "10.1.0.[10-11]", groups: [prod], ssh: {port: 2222}}
  "yes": {address: "10.9.9.9", groups: [test], ssh: {user: "no"}}
`
	if diff := cmp.Diff(want, string(inv.Export(inv.Hosts))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
