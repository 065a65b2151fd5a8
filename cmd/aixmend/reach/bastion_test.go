package reach

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/cmd/aixmend/request"
	"aixmend/inventory"
	"aixmend/transport"
	"aixmend/transport/sshconfig"
)

// config writes an ssh_config.
func config(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

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
		b := bastions{asked: request.Asked{Identity: "keys//id", KnownHosts: "./kh"}, fill: sshconfig.New(sshconfig.Options{File: request.None}).Fill}
		got, err := b.find(t.Context(), name, "")
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
	for _, name := range []string{"", "@", "@b", "b:", "b:0", "b:x", "b:65536", "[b", "[::1]x", "ops@", ":22"} {
		if got, err := (bastions{fill: sshconfig.New(sshconfig.Options{File: request.None}).Fill}).find(t.Context(), name, ""); err == nil {
			t.Errorf("%q is %+v", name, got)
		}
	}
}

// ssh_config completes a bastion; its name takes precedence.
func TestBastionOfSSHConfig(t *testing.T) {
	file := config(t, "Host gate\n  HostName 10.0.0.1\n  User jumper\n  Port 2222\n  IdentityFile "+os.DevNull+"\n  ProxyJump outer\n")
	b := bastions{fill: sshconfig.New(sshconfig.Options{File: file, Program: request.None}).Fill}
	for name, want := range map[string]transport.Target{
		"gate":       {User: "jumper", Address: "10.0.0.1", Port: 2222},
		"me@gate:22": {User: "me", Address: "10.0.0.1", Port: 22},
	} {
		want.Name, want.Identity, want.Jump = name, os.DevNull, "outer"
		got, err := b.find(t.Context(), name, "")
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

// The inventory takes precedence over ssh_config, the name over both.
func TestBastionOfTheInventory(t *testing.T) {
	file := config(t, "Host 10.0.0.1\n  User jumper\n  Port 2222\n  HostKeyAlias gate\n")
	b := bastions{
		fill: sshconfig.New(sshconfig.Options{File: file, Program: request.None}).Fill,
		defined: []inventory.Bastion{{Name: "gate", Address: "10.0.0.1", DialRate: 7,
			SSH: inventory.SSH{User: "ops", Identity: "/keys/gate", KnownHosts: "/keys/known", Password: `{"env":"GATE"}`, Jump: "outer", LegacyAlgorithms: true, Become: "none"}}},
	}
	want := transport.Target{
		Name: "gate", User: "ops", Address: "10.0.0.1", Port: 2222, Identity: "/keys/gate", KnownHosts: "/keys/known", HostKeyAlias: "gate",
		Password: `{"env":"GATE"}`, Jump: "outer", LegacyAlgorithms: true, Become: "none",
	}
	got, err := b.find(t.Context(), "gate", "")
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	want.Name, want.User, want.Port = "me@gate:22", "me", 22
	got, err = b.find(t.Context(), "me@gate:22", "")
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	if b.rate("me@gate:22") != 7 || b.rate("other") != 0 {
		t.Errorf("rates %d, %d", b.rate("me@gate:22"), b.rate("other"))
	}
}

// Relative paths of an ssh_config begin in the folder of the run.
func TestPathsOfSSHConfigBeginInTheFolder(t *testing.T) {
	file := config(t, "Host aix1\n  IdentityFile keys/id\n  UserKnownHostsFile keys/known\n")
	site := t.TempDir()
	if err := errors.Join(os.Mkdir(site+"/keys", 0o700), os.WriteFile(site+"/keys/id", nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string][2]string{"": {"", "keys/known"}, site: {site + "/keys/id", site + "/keys/known"}} {
		w := New(Options{Asked: request.Asked{SSHConfig: file}, Folder: folder, Say: t.Logf})
		defer w.Close()
		got, err := w.Targets(t.Context(), []inventory.Host{{Name: "aix1", Address: "aix1"}})
		if err[0] != nil || [2]string{got[0].Identity, got[0].KnownHosts} != want {
			t.Errorf("folder %q: %+v, %v", folder, got, err)
		}
	}
}

// The defaults of the inventory hold for a bastion where neither it nor ssh_config says
// another thing; a flag wins over all.
func TestDefaultsOfTheInventoryForABastion(t *testing.T) {
	me, null := localUser(), os.DevNull
	file := config(t, "Host keyed\n  IdentityFile "+null+"\nHost certified\n  CertificateFile "+null+"\nHost trusting\n  UserKnownHostsFile /ssh/known\n  GlobalKnownHostsFile none\n")
	defaults := inventory.SSH{Identity: "/k/fleet", Certificate: "/k/fleet-cert", Passphrase: `{"env":"P"}`, KnownHosts: "/k/known"}
	defined := []inventory.Bastion{
		{Defaults: defaults},
		{Name: "listed", Address: "10.0.0.1", SSH: inventory.SSH{User: "ops"}, Defaults: defaults},
		{Name: "own", Address: "own", SSH: inventory.SSH{Identity: "/k/own", KnownHosts: "/k/own-known"}, Defaults: defaults},
		{Name: "uncertified", Address: "uncertified", SSH: inventory.SSH{Certificate: "none"}, Defaults: defaults},
		{Name: "far", Address: "far", Defaults: inventory.SSH{}},
	}
	filled := transport.Target{User: me, Port: 22, Identity: "/k/fleet", Certificate: "/k/fleet-cert", Passphrase: `{"env":"P"}`, KnownHosts: "/k/known"}
	with := func(change func(*transport.Target)) transport.Target {
		changed := filled
		change(&changed)
		return changed
	}
	for name, c := range map[string]struct {
		asked request.Asked
		want  transport.Target
	}{
		"any":         {request.Asked{}, with(func(t *transport.Target) { t.Address = "any" })},
		"x@any:23":    {request.Asked{}, with(func(t *transport.Target) { t.Address, t.User, t.Port = "any", "x", 23 })},
		"listed":      {request.Asked{}, with(func(t *transport.Target) { t.Address, t.User = "10.0.0.1", "ops" })},
		"own":         {request.Asked{}, transport.Target{Address: "own", User: me, Port: 22, Identity: "/k/own", KnownHosts: "/k/own-known"}},
		"uncertified": {request.Asked{}, with(func(t *transport.Target) { t.Address, t.Certificate = "uncertified", "none" })},
		"far":         {request.Asked{}, transport.Target{Address: "far", User: me, Port: 22}},
		"keyed":       {request.Asked{}, with(func(t *transport.Target) { t.Address, t.Identity, t.Certificate, t.Passphrase = "keyed", null, "", "" })},
		"certified":   {request.Asked{}, with(func(t *transport.Target) { t.Address = "certified" })},
		"trusting":    {request.Asked{}, with(func(t *transport.Target) { t.Address, t.KnownHosts = "trusting", "/ssh/known\n/k/known" })},
		"flags":       {request.Asked{Identity: "/k/flag", KnownHosts: "/k/flagged"}, transport.Target{Address: "flags", User: me, Port: 22, Identity: "/k/flag", KnownHosts: "/k/flagged"}},
	} {
		b := bastions{asked: c.asked, defined: defined, fill: sshconfig.New(sshconfig.Options{File: file, Program: request.None}).Fill}
		c.want.Name = name
		got, err := b.find(t.Context(), name, "")
		if diff := cmp.Diff(c.want, got, cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "Become" }, cmp.Ignore())); diff != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}
