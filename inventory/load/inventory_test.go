package load

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/go-multierror"

	"aixmend/inventory"
	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
	"aixmend/transport/lab/golden"
)

// testOptions make results the same on every machine.
func testOptions() Options {
	return Options{
		Home:          "/home/me",
		KnownFindings: func() []string { return []string{"clock-skew", "rmc-address-stale", "rsct-below-recommended"} },
		KnownChecks:   func() []string { return []string{"clrginfo", "hacmp", "lscluster_c", "lscluster_m"} },
	}
}

// files returns the YAML files of a folder by name without extension.
func files(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files in %s (%v)", folder, err)
	}
	found := map[string][]byte{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found[strings.TrimSuffix(filepath.Base(path), ".yaml")] = data
	}
	return found
}

// One bad file for each rule, with the exact message.
func TestBadFiles(t *testing.T) {
	for name, data := range files(t, "testdata/bad") {
		t.Run(name, func(t *testing.T) {
			inv, err := testOptions().Parse("inventory.yaml", data)
			if err == nil {
				t.Fatalf("accepted, with %d hosts", len(inv.Hosts))
			}
			for _, p := range strictyaml.ProblemsOf(err) {
				if p.Line < 1 || p.Column < 1 || p.File != "inventory.yaml" {
					t.Errorf("a problem without a place: %#v", p)
				}
			}
			golden.Check(t, "testdata/bad/"+name+".golden", err.Error()+"\n")
		})
	}
}

func TestGoodFiles(t *testing.T) {
	for name, data := range files(t, "testdata/good") {
		t.Run(name, func(t *testing.T) {
			if _, err := testOptions().Parse("inventory.yaml", data); err != nil {
				t.Error(err)
			}
		})
	}
}

// withoutPos leaves positions out of a comparison.
func withoutPos() cmp.Option {
	return cmp.Options{cmpopts.IgnoreTypes(strictyaml.Pos{}), cmpopts.IgnoreUnexported(inventory.Inventory{})}
}

func TestContractExample(t *testing.T) {
	inv, err := testOptions().Load("testdata/good/contract.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(inv.Hosts) != 22 {
		t.Fatalf("%d hosts, want 22", len(inv.Hosts))
	}
	ssh := inventory.SSH{
		User: "root", Port: 22, Identity: "/home/me/.ssh/id_ed25519",
		KnownHosts: "/home/me/.ssh/known_hosts", Become: "none", Jump: "bastion.example",
	}
	db := ssh
	db.User, db.Become = "ops", "sudo"
	want := map[string]inventory.Host{
		"aixprd01": {Name: "aixprd01", Address: "10.1.2.3", Groups: []string{"prod"}, SSH: ssh},
		"aixprd02": {Name: "aixprd02", Address: "10.1.2.4", Groups: []string{"prod"}, SSH: ssh},
		"aixprd20": {Name: "aixprd20", Address: "10.1.2.22", Groups: []string{"prod"}, SSH: ssh},
		"aixdb01": {
			Name: "aixdb01", Address: "10.1.3.3", Groups: []string{"prod"}, SSH: db, RMCNIC: "en1",
			Waivers: []inventory.Waiver{{
				Finding: "rsct-below-recommended", Reason: "frozen for audit",
				Until: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC),
			}},
		},
		"aixdb02": {
			Name: "aixdb02", Address: "10.1.3.4", SSH: ssh,
			Accepts: []inventory.Acceptance{{Check: "hacmp", Reason: "looked at by hand", Until: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)}},
		},
	}
	for name, host := range want {
		got, found := inv.Host(name)
		if diff := cmp.Diff(host, got, withoutPos()); !found || diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	prod, found := inv.Group("prod")
	if !found || prod.Concurrency != 10 || len(prod.Hosts) != 21 {
		t.Errorf("group prod: %+v, %t", prod, found)
	}
	first, _ := inv.Host("aixprd02")
	if got := first.Pos.String(); got != "testdata/good/contract.yaml:8:3" {
		t.Errorf("position %s", got)
	}
	if _, found := inv.Host("aixprd21"); found {
		t.Error("found a host that is not there")
	}
}

func TestPrecedence(t *testing.T) {
	inv, err := testOptions().Load("testdata/good/precedence.yaml")
	if err != nil {
		t.Fatal(err)
	}
	identity := "testdata/good/keys/id"
	want := map[string]inventory.SSH{
		"a-none":   {User: "dflt", Port: 1001, Identity: identity, Become: "none", Jump: "bastion"},
		"b-one":    {User: "one", Port: 1002, Identity: identity, Become: "none", Jump: "bastion"},
		"c-both":   {User: "two", Port: 1002, Identity: identity, Become: "none", Jump: "bastion"},
		"d-turned": {User: "one", Port: 1002, Identity: identity, Become: "none", Jump: "bastion"},
		"e-host":   {User: "host", Port: 1003, Identity: identity, KnownHosts: "/etc/kh", Become: "none", Jump: "none"},
	}
	nics := map[string]string{"a-none": "en1", "b-one": "en2", "c-both": "en2", "d-turned": "en2", "e-host": "en3"}
	skew := map[string]string{"a-none": "of defaults", "b-one": "of defaults", "c-both": "of two", "d-turned": "of two", "e-host": "of host"}
	for name, ssh := range want {
		host, _ := inv.Host(name)
		if diff := cmp.Diff(ssh, host.SSH); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if host.RMCNIC != nics[name] {
			t.Errorf("%s: rmc_nic %q, want %q", name, host.RMCNIC, nics[name])
		}
		if len(host.Waivers) != 2 || host.Waivers[0].Reason != skew[name] || host.Waivers[1].Reason != "of defaults" {
			t.Errorf("%s: waivers %+v", name, host.Waivers)
		}
	}
}

func TestRangesInStep(t *testing.T) {
	inv, err := testOptions().Load("testdata/good/list-of-groups.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"a1x01": "2001:db8::1:11", "a1x02": "2001:db8::1:12", "a9x02": "2001:db8::9:12", "008": "fe80::1%eth0",
	}
	for name, address := range want {
		if host, _ := inv.Host(name); host.Address != address {
			t.Errorf("%s: address %q, want %q", name, host.Address, address)
		}
	}
	if len(inv.Hosts) != 14 {
		t.Errorf("%d hosts, want 14", len(inv.Hosts))
	}
}

func TestWaiverActiveAt(t *testing.T) {
	day := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	tokyo := time.FixedZone("JST", 9*60*60)
	cases := []struct {
		until, at time.Time
		want      bool
	}{
		{time.Time{}, day.AddDate(100, 0, 0), true},
		{day, day.AddDate(-1, 0, 0), true},
		{day, day.Add(24*time.Hour - time.Nanosecond), true},
		{day, day.Add(24 * time.Hour), false},
		{day, time.Date(2027, 2, 1, 8, 59, 59, 0, tokyo), true},
		{day, time.Date(2027, 2, 1, 9, 0, 0, 0, tokyo), false},
	}
	for _, c := range cases {
		if got := (inventory.Waiver{Until: c.until}).ActiveAt(c.at); got != c.want {
			t.Errorf("until %v at %v: %t", c.until, c.at, got)
		}
	}
}

// write puts files into a new folder and returns it.
func write(t *testing.T, content map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range content {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestLoadSeveral(t *testing.T) {
	folder := write(t, map[string]string{
		"groups.yaml": "apiVersion: aixmend/v1\ngroups: {prod: {ssh: {user: ops}}}\n",
		"a.yaml":      "apiVersion: aixmend/v1\ndefaults: {ssh: {port: 2222}}\nhosts:\n  aix2: {groups: [prod]}\n",
		"b.yaml":      "apiVersion: aixmend/v1\ngroups: [test]\nhosts:\n  aix1: {groups: [prod, test]}\n",
		"again.yaml":  "apiVersion: aixmend/v1\ngroups: [prod]\nhosts:\n  AIX2: {address: 10.0.0.1}\n",
	})
	path := func(name string) string { return filepath.Join(folder, name) }
	inv, err := Load(path("b.yaml"), path("a.yaml"), path("groups.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	want := &inventory.Inventory{
		Hosts: []inventory.Host{
			{Name: "aix1", Address: "aix1", Groups: []string{"prod", "test"}, SSH: inventory.SSH{User: "ops", Become: "none"}},
			{Name: "aix2", Address: "aix2", Groups: []string{"prod"}, SSH: inventory.SSH{User: "ops", Port: 2222, Become: "none"}},
		},
		Groups: []inventory.Group{{Name: "prod", Hosts: []string{"aix1", "aix2"}}, {Name: "test", Hosts: []string{"aix1"}}},
		Files:  []string{path("b.yaml"), path("a.yaml"), path("groups.yaml")},
	}
	if diff := cmp.Diff(want, inv, withoutPos()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	_, err = Load(path("a.yaml"), path("groups.yaml"), path("again.yaml"), path("a.yaml"))
	checkMessage(t, folder, err,
		`a.yaml: is the same file as a.yaml
  hint: name it once
again.yaml:4:3: host "AIX2" is already given at a.yaml:4:3`)
}

// checkMessage compares the text of an error, with paths below folder.
func checkMessage(t *testing.T, folder string, err error, want string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %s", want)
	}
	got := strings.ReplaceAll(err.Error(), folder+"/", "")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLoadUnreadable(t *testing.T) {
	folder := write(t, map[string]string{"secret.yaml": "x"})
	if err := os.Chmod(filepath.Join(folder, "secret.yaml"), 0); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(folder, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(folder, "empty"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Load(filepath.Join(folder, "missing.yaml"), filepath.Join(folder, "pipe"), filepath.Join(folder, "empty"))
	checkMessage(t, folder, err, `empty: is a folder without an inventory: there is no .yaml, .yml or .json in it
  hint: name a file
missing.yaml: does not exist
  hint: name the inventory with --inventory FILE
pipe: is a pipe or a device, not a file
  hint: write its content to a file first`)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error("errors.Is does not see fs.ErrNotExist")
	}
	var aggregate *multierror.Error
	if !errors.As(err, &aggregate) || len(aggregate.Errors) != 3 {
		t.Errorf("not a multierror of 3: %#v", err)
	}
	if os.Geteuid() != 0 {
		_, err = Load(filepath.Join(folder, "secret.yaml"))
		checkMessage(t, folder, err, "secret.yaml: cannot be read: permission denied\n  hint: make it readable for the user who runs this")
	}
	if _, err := Load(); err == nil {
		t.Error("no file is no error")
	}
}

func TestExpandHome(t *testing.T) {
	cases := []struct{ path, home, want string }{
		{"~", "/h", "/h"}, {"~/a/../b", "/h", "/h/b"}, {"/x/~", "/h", "/x/~"}, {"a", "", "a"},
		{"~bob/x", "/h", ""}, {"~/x", "", ""},
	}
	for _, c := range cases {
		got, err := settings.ExpandHome(c.path, c.home)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%q with %q: %q, %v", c.path, c.home, got, err)
		}
	}
}

// A folder in a folder of inventories, which Ansible reads, is not passed over in silence.
func TestFolderInAFolder(t *testing.T) {
	folder := write(t, map[string]string{
		"hosts.yaml": "all: {hosts: {aix1: }}\n", "site/hosts.yaml": "all: {hosts: {aix1: {ansible_user: ops}}}\n",
		"group_vars/all.yaml": "ansible_port: 2222\n", ".git/x.yaml": "all: {}\n", "host_vars/aix1.yaml": "ansible_user: me\n",
	})
	inv, err := testOptions().Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(inv.Warnings) != 1 || inv.Warnings[0].Pos.File != filepath.Join(folder, "site") || !strings.Contains(inv.Warnings[0].Hint, "-i") {
		t.Errorf("%v", inv.Warnings)
	}
}

// A file in a folder of inventories that Ansible would take settings from is an error with
// its remedy; those that it ignores are none.
func TestOtherFilesInAFolder(t *testing.T) {
	const hosts = "all: {hosts: {aix1: }}\n"
	for name, wants := range map[string]string{
		"hosts":     "hosts:1:1: is an Ansible inventory in INI form, which is not read",
		"02-vars":   "02-vars:1:1: is an Ansible inventory in INI form, which is not read",
		"hosts.ini": "", "hosts.cfg": "", "notes.txt": "", "hosts.orig": "",
	} {
		folder := write(t, map[string]string{"hosts.yaml": hosts, name: "[prod]\naix1\n[prod:vars]\nansible_user=ops\n"})
		_, err := testOptions().Load(folder)
		if (err == nil) != (wants == "") || err != nil && !strings.Contains(err.Error(), wants) {
			t.Errorf("%s: %v", name, err)
		}
	}
	folder := write(t, map[string]string{"hosts.yaml": hosts, "LICENSE": "Do as you like.\n", "script": "#!/bin/sh\necho\n"})
	if _, err := testOptions().Load(folder); err != nil {
		t.Error(err)
	}
	if err := os.Chmod(filepath.Join(folder, "script"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := testOptions().Load(folder); err == nil || !strings.Contains(err.Error(), "is a program, not an inventory") {
		t.Error(err)
	}
}
