package load

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A file with variables that can't be read is a fault of the hosts that it is for, and of
// no other. Once it is right, or gone, they can be selected.
func TestUnreadVariables(t *testing.T) {
	for name, c := range map[string]struct{ file, text, hosts, says string }{
		"a syntax error":        {"group_vars/aix.yml", "a: [\n", "aix1", "group_vars/aix.yml"},
		"no map":                {"group_vars/aix/x.yml", "- a\n", "aix1", "holds no map of variables"},
		"text":                  {"host_vars/db1", "nothing\n", "db1", "holds no map of variables"},
		"a loop of aliases":     {"host_vars/db1.yaml", "a: &x {b: *x}\n", "db1", "something that it is a part of"},
		"not UTF-8":             {"group_vars/db.json", "\xff\xfe\xfd", "db1", "group_vars/db.json"},
		"of a group of nobody":  {"group_vars/web.yml", "a: [\n", "", ""},
		"of hosts of no group":  {"group_vars/ungrouped.yml", "a: [\n", "lone", "ungrouped.yml"},
		"of all hosts":          {"group_vars/all/1.yml", "a: [\n", "aix1 db1 lone", "group_vars/all/1.yml"},
		"of a host of docker":   {"host_vars/box.yml", "a: [\n", "", ""},
		"of a group and a host": {"group_vars/prod.yml", "a: [\n", "aix1 db1", "group_vars/prod.yml"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			put(t, filepath.Join(folder, "hosts.yml"), []byte("prod: {children: {aix: {hosts: {aix1: }}, db: {hosts: {db1: }}}}\nungrouped: {hosts: {lone: , box: {ansible_connection: docker}}}\n"), 0o600)
			bad := filepath.Join(folder, c.file)
			put(t, bad, []byte(c.text), 0o600)
			inv, err := testOptions().Load(filepath.Join(folder, "hosts.yml"))
			if err != nil {
				t.Fatal(err)
			}
			for _, host := range []string{"aix1", "db1", "lone"} {
				_, err := inv.Select(host)
				if wrong := strings.Contains(" "+c.hosts+" ", " "+host+" "); (err != nil) != wrong {
					t.Errorf("%s: %v", host, err)
				} else if wrong && !strings.Contains(err.Error(), c.says) {
					t.Errorf("%s: %v, want %s", host, err, c.says)
				}
			}
			if err := os.Remove(bad); err != nil {
				t.Fatal(err)
			}
			if inv, err = testOptions().Load(filepath.Join(folder, "hosts.yml")); err != nil || len(inv.Faults) > 0 {
				t.Errorf("without it: %v %v", err, inv)
			}
		})
	}
}

// The config file beside inventories is no inventory.
func TestConfigFileInAFolder(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a.yaml": "apiVersion: aixmend/v1\nhosts: {a: {}}\n", "aixmend.yaml": "apiVersion: aixmend/v1\nflags: {state: x}\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	inv, err := testOptions().Load(dir)
	if err != nil || len(inv.Hosts) != 1 || len(inv.Warnings) > 0 {
		t.Errorf("%v, %v", inv, err)
	}
}
