//go:build unix

package load

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aixmend/inventory"
	"aixmend/transport/ownership"
)

// obeyed is a folder with inventories of every kind.
func obeyed(t *testing.T) (folder string) {
	t.Helper()
	const ours = "apiVersion: aixmend/v1\n"
	folder = t.TempDir()
	for path, text := range map[string]string{
		"ours.yaml": ours + "hosts: {aix1: }\n", "dir/one.yaml": ours + "hosts: {aix2: }\n",
		"ansible/hosts.yml": "all: {children: {prod: {hosts: {aix3: }}}}\n", "ansible/group_vars/prod/a.yml": "ansible_user: ops\n",
		"ansible/host_vars/aix3.yml": "ansible_port: 2222\n",
		"source.yaml":                ours + "source: {exec: [./list.sh, lists, --vars=lists/more]}\n",
		"path.yaml":                  ours + "source: {exec: [sh, lists/more]}\n",
		"list.sh":                    "#!/bin/sh\n", "lists/hosts": "", "lists/more": "",
	} {
		path = filepath.Join(folder, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("ours.yaml", filepath.Join(folder, "link.yaml")); err != nil {
		t.Fatal(err)
	}
	return folder
}

// Whoever can change a file that is read, or a folder above it, decides what runs on the
// hosts.
func TestFilesOfOthers(t *testing.T) {
	for name, c := range map[string]struct{ inventory, open string }{
		"a file":                    {"ours.yaml", "ours.yaml"},
		"its folder":                {"ours.yaml", "."},
		"what a link leads to":      {"link.yaml", "ours.yaml"},
		"a file in a folder":        {"dir", "dir/one.yaml"},
		"a folder of inventories":   {"dir", "dir"},
		"a way back":                {"dir/../ours.yaml", "dir"},
		"an Ansible inventory":      {"ansible/hosts.yml", "ansible/hosts.yml"},
		"variables of a group":      {"ansible/hosts.yml", "ansible/group_vars/prod/a.yml"},
		"a folder of a group":       {"ansible/hosts.yml", "ansible/group_vars/prod"},
		"variables of a host":       {"ansible/hosts.yml", "ansible/host_vars/aix3.yml"},
		"the folder of all hosts":   {"ansible/hosts.yml", "ansible/host_vars"},
		"the program of a source":   {"source.yaml", "list.sh"},
		"a folder for the program":  {"source.yaml", "lists"},
		"a file behind an option":   {"source.yaml", "lists/more"},
		"the script of a program":   {"path.yaml", "lists/more"},
		"a second inventory":        {"ours.yaml ansible/hosts.yml", "ansible/hosts.yml"},
		"a source, even if not run": {"source.yaml", "source.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := obeyed(t)
			t.Chdir(folder) // arguments of a source are relative to the working folder
			var paths []string
			for path := range strings.FieldsSeq(c.inventory) {
				paths = append(paths, path)
			}
			o := testOptions()
			o.Run = func([]string, time.Duration) ([]byte, error) { return []byte(`{"prod": ["aix9"]}`), nil }
			if _, err := o.Load(paths...); err != nil {
				t.Fatalf("before: %v", err)
			}
			if err := os.Chmod(c.open, 0o777); err != nil {
				t.Fatal(err)
			}
			o.Run = func(argv []string, _ time.Duration) ([]byte, error) {
				t.Errorf("%q was run", argv)
				return nil, nil
			}
			_, err := o.Load(paths...)
			var fault *ownership.Fault
			if !errors.As(err, &fault) {
				t.Fatalf("read: %v", err)
			}
			at, _ := filepath.EvalSymlinks(filepath.Join(folder, c.open))
			for _, want := range []string{"is writable by everybody (mode 0777): whoever can write it decides what runs on the hosts", "hint: chmod go-w " + at} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v\nwant %s", err, want)
				}
			}
		})
	}
}

// The first problem of a file that others can change is that: nothing in it is believed.
func TestFileOfAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files to others")
	}
	folder := obeyed(t)
	path := filepath.Join(folder, "source.yaml")
	if err := os.Chown(path, 4711, -1); err != nil {
		t.Fatal(err)
	}
	o := testOptions()
	o.Run = NotRun
	_, err := o.Load(path)
	checkMessage(t, folder, err, "source.yaml: belongs to user 4711: whoever can write it decides what runs on the hosts\n  hint: read it, and use a copy of your own: cp source.yaml source.yaml.own")
}

// Where sources are not run, everything else is checked.
func TestNotRun(t *testing.T) {
	folder := write(t, map[string]string{
		"ours.yaml": "apiVersion: aixmend/v1\nhosts: {aix1: {groups: [prod, theirs]}}\ngroups: {prod: }\nsource: {exec: [./list.sh]}\n",
		"only.yaml": "apiVersion: aixmend/v1\nsource: {exec: [list]}\n",
		"bad.yaml":  "apiVersion: aixmend/v1\nhosts: {aix2: {rmc_nick: en1}}\nsource: {exec: [list]}\n",
	})
	o := testOptions()
	o.Run = NotRun
	load := func(name string) (*inventory.Inventory, error) { return o.Load(filepath.Join(folder, name)) }
	inv, err := load("ours.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if got := described(inv); !strings.HasPrefix(got, "aix1 at aix1 in prod,theirs\n") {
		t.Errorf("got %s", got)
	}
	if len(inv.Warnings) != 1 || !strings.Contains(inv.Warnings[0].Error(), "list.sh not run: its hosts are not checked\n  hint: --run-sources runs it") {
		t.Errorf("warnings: %v", inv.Warnings)
	}
	if inv, err := load("only.yaml"); err != nil || len(inv.Hosts) != 0 {
		t.Errorf("%v, %v", inv, err)
	}
	if _, err := load("bad.yaml"); err == nil || !strings.Contains(err.Error(), "rmc_nick") {
		t.Errorf("a wrong key: %v", err)
	}
}
