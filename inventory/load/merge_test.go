package load

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/inventory"
)

// loadAll loads the files of a new folder, by name, and returns the folder.
func loadAll(t *testing.T, content map[string]string) (*inventory.Inventory, string, error) {
	t.Helper()
	folder := write(t, content)
	var paths []string
	for _, name := range sortedKeys(content) {
		paths = append(paths, filepath.Join(folder, name))
	}
	inv, err := testOptions().Load(paths...)
	return inv, folder, err
}

// What one file leaves open another one says, whatever its kind.
func TestFilesAddUp(t *testing.T) {
	inv, _, err := loadAll(t, map[string]string{
		"a.yaml": "apiVersion: aixmend/v1\ngroups: {prod: {ssh: {jump: gate}}, a: {}}\nhosts:\n" +
			"  aix_1: {groups: [a, prod], rmc_nic: en1, waive: [{finding: clock-skew, reason: r}]}\n  \"aix[2-3]\": {groups: [prod], ssh: {become: sudo}}\n",
		"b.yaml": "apiVersion: aixmend/v1\ngroups: {prod: {concurrency: 7, ssh: {jump: gate}}, b: {}}\nhosts:\n" +
			"  aix_1: {address: 10.0.0.1, groups: [b], rmc_nic: en1, ssh: {port: 22}}\n  aix2: {ssh: {become_password: prompt}}\n",
		"c.yaml": "prod: {vars: {ansible_user: ops}, hosts: {aix3: {ansible_port: 22}, aix4: }}\nc: {hosts: {aix2: }}\n",
		"d.yaml": "c: {children: {prod: }, vars: {ansible_ssh_private_key_file: /k/c}}\nprod: {vars: {ansible_user: ops}}\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = `aix2 at aix2 key /k/c jump gate become sudo password {"prompt":true} in prod,c
aix3 at aix3 user ops port 22 key /k/c jump gate become sudo in prod,c
aix4 at aix4 user ops key /k/c jump gate in c,prod
aix_1 at 10.0.0.1 port 22 jump gate nic en1 in a,prod,b waives clock-skew
`
	if diff := cmp.Diff(want, described(inv)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if g, _ := inv.Group("prod"); g.Concurrency != 7 || len(g.Hosts) != 4 {
		t.Errorf("group %+v", g)
	}
}

// No file wins over another: each difference is told, with both places. A
// password's source is not.
func TestFilesContradict(t *testing.T) {
	_, folder, err := loadAll(t, map[string]string{
		"a.yaml": "apiVersion: aixmend/v1\ngroups: {prod: {concurrency: 1, rmc_nic: en1}}\nbastions: {gate: {address: 10.0.0.9, ssh: {port: 22}}}\nhosts:\n" +
			"  \"aix[1-9]\": {address: \"10.0.0.[1-9]\", ssh: {user: ops, become: sudo, become_password: {exec: [hunter2]}}}\n" +
			"  other: {waive: [{finding: clock-skew, reason: a}], accept: [{check: hacmp, until: 2027-01-31, reason: a}, {check: clrginfo, until: 2027-01-31, reason: a}]}\n",
		"b.yaml": "apiVersion: aixmend/v1\ngroups: {prod: {concurrency: 2, rmc_nic: en2}}\nbastions: {gate: {address: 10.0.0.8, ssh: {port: 23}, dial_rate: 1}}\n" +
			"defaults: {ssh: {become: dzdo}}\nhosts:\n" +
			"  \"aix[1-9]\": {address: \"10.0.1.[1-9]\", ssh: {user: root, become_password: {exec: [hunter3]}}}\n" +
			"  other: {waive: [{finding: clock-skew, reason: b}], accept: [{check: hacmp, until: 2027-02-01, reason: a}, {check: clrginfo, until: 2027-01-31, reason: a}]}\n",
		"c.yaml": "all: {vars: {ansible_user: x}, hosts: {mine: {ansible_port: 1, ansible_password: hunter4}}}\n",
		"d.yaml": "all: {vars: {ansible_user: y}, hosts: {mine: {ansible_port: 2, ansible_password: hunter5}, aix1: {ansible_host: 10.0.0.1}}}\n",
	})
	checkMessage(t, folder, err, `b.yaml:2:30: group "prod": concurrency is 2 here and 1 at a.yaml:2:30
b.yaml:2:42: group "prod": rmc_nic is "en2" here and "en1" at a.yaml:2:42
b.yaml:3:28: bastion "gate": address is "10.0.0.8" here and "10.0.0.9" at a.yaml:3:28
b.yaml:3:50: bastion "gate": ssh.port is 23 here and 22 at a.yaml:3:50
b.yaml:4:26: host "aix1": ssh.become is "dzdo" here and "sudo" at a.yaml:5:66 (and 8 more)
b.yaml:6:25: host "aix1": address is "10.0.1.1" here and "10.0.0.1" at a.yaml:5:25 (and 8 more)
b.yaml:6:53: host "aix1": ssh.user is "root" here and "ops" at a.yaml:5:53 (and 8 more)
b.yaml:6:76: host "aix1": ssh.become_password differs from the one at a.yaml:5:89 (and 8 more)
b.yaml:7:19: host "other": the waiver of clock-skew differs from the one at a.yaml:6:19
b.yaml:7:63: host "other": the acceptance of hacmp differs from the one at a.yaml:6:63
d.yaml:1:28: host "aix1": ssh.user is "y" here and "ops" at a.yaml:5:53
d.yaml:1:28: group "all": ansible_user is "y" here and "x" at c.yaml:1:28
d.yaml:1:61: host "mine": ansible_port is "2" here and "1" at c.yaml:1:61
d.yaml:1:82: host "mine": ansible_password differs from the one at c.yaml:1:82`)
}

// A folder stands for the inventories in it; what else lies there is told.
func TestFolder(t *testing.T) {
	folder := write(t, map[string]string{
		"10.yaml": "apiVersion: aixmend/v1\nhosts: {aix1: }\n", "20.yml": "all: {hosts: {aix2: }}\n", "30.json": `{"all": {"hosts": {"aix3": {}}}}`,
		"hosts": "[x]\n", ".hidden": "x", "old.yaml~": "x",
	})
	inv, err := testOptions().Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(inv.Hosts) != 3 || len(inv.Files) != 3 || len(inv.Warnings) != 1 || inv.Warnings[0].File != filepath.Join(folder, "hosts") {
		t.Errorf("%v, %v, %v", inv.Hosts, inv.Files, inv.Warnings)
	}
}

// The files of other kinds are refused with what to do.
func TestForeignFiles(t *testing.T) {
	for text, want := range map[string]string{
		"aix1\naix2.example.com\n": "i:1:1: is an Ansible inventory in INI form, which is not read\n" +
			"  hint: convert it once: ansible-inventory -i i --list --yaml --export --output i.yaml",
		"[prod]\naix1 ansible_host=10.0.0.1\n": "i:1:1: is an Ansible inventory in INI form, which is not read\n" +
			"  hint: convert it once: ansible-inventory -i i --list --yaml --export --output i.yaml",
		"#!/usr/bin/python3\nimport json\nprint('{}')\n": "i:1:1: is a program, not an inventory: a program named with -i is not run\n" +
			"  hint: name a file that says so: {apiVersion: aixmend/v1, source: {exec: [./i, --list]}}",
		"plugin: amazon.aws.aws_ec2\nregions: [x]\n": "i:1:1: is the configuration of an Ansible inventory plugin, not an inventory\n" +
			"  hint: let Ansible run it: source: {exec: [ansible-inventory, -i, i, --list]}",
	} {
		_, err := Parse("i", []byte(text))
		if err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

// sortedKeys returns the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
