package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
)

var flags = []string{"state", "inventory", "limit", "deadline", "quiet", "notify", "playbook", "set", "yes"}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	user := filepath.Join(dir, "config")
	own := write(t, filepath.Join(user, "aixmend", "config.yaml"), "")
	write(t, "site/aixmend.yaml", "")
	write(t, "site/prod.yaml", "")
	if err := os.Mkdir("bare", 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		p    Places
		want string
	}{
		{"nothing", Places{}, ""},
		{"a named one, even if it does not exist", Places{Named: "x.yaml", User: user}, "x.yaml"},
		{"none", Places{Named: None, Inventory: "site/prod.yaml", User: user}, ""},
		{"of the user", Places{User: user}, own},
		{"beside an inventory", Places{Inventory: "site/prod.yaml", User: user}, "site/aixmend.yaml"},
		{"beside an inventory that does not exist", Places{Inventory: "site/new.yaml"}, "site/aixmend.yaml"},
		{"in a folder of inventories", Places{Inventory: "site"}, "site/aixmend.yaml"},
		{"none beside an inventory", Places{Inventory: "bare/prod.yaml", User: user}, own},
	} {
		if got := Find(c.p); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	write(t, Name, "")
	if got := Find(Places{User: user}); got != Name {
		t.Errorf("in the working folder: %q", got)
	}
	if got := Find(Places{Inventory: "bare/prod.yaml"}); got != "" {
		t.Errorf("the one of the working folder is used for an inventory elsewhere: %q", got)
	}
}

func TestSettings(t *testing.T) {
	path := write(t, t.TempDir()+"/aixmend.yaml", `apiVersion: aixmend/v1
flags:
  state: /var/lib/aixmend
  quiet: true
  deadline: 1h
  limit: [prod, '!aix07']
profiles:
  lab: {flags: {limit: [], state: 7}}
  empty: {}
`)
	f, err := Load(path, flags)
	if err != nil {
		t.Fatal(err)
	}
	for profile, want := range map[string]map[string][]string{
		"":      {"state": {"/var/lib/aixmend"}, "quiet": {"true"}, "deadline": {"1h"}, "limit": {"prod", "!aix07"}},
		"empty": {"state": {"/var/lib/aixmend"}, "quiet": {"true"}, "deadline": {"1h"}, "limit": {"prod", "!aix07"}},
		"lab":   {"state": {"7"}, "quiet": {"true"}, "deadline": {"1h"}, "limit": nil},
	} {
		list, err := f.Settings(profile)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string][]string{}
		for _, s := range list {
			got[s.Flag] = s.Texts
			if s.Pos.Line == 0 || s.List != (s.Flag == "limit") {
				t.Errorf("%s: %+v", profile, s)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", profile, diff)
		}
	}
	if _, err := f.Settings("labs"); err == nil || !strings.Contains(err.Error(), `aixmend.yaml: has no profile "labs"`) || !strings.Contains(err.Error(), `did you mean "lab"?`) {
		t.Errorf("%v", err)
	}
}

// Every mistake is named with its place and the way out.
func TestLoadRefuses(t *testing.T) {
	dir := t.TempDir()
	for text, want := range map[string]string{
		"":                                     "is empty",
		"flags: {}":                            `"apiVersion" is missing`,
		"apiVersion: aixmend/v2":               `:1:13: apiVersion "aixmend/v2" is not known`,
		"apiVersion: aixmend/v1\nflag: {}":     ":2:1: unknown key \"flag\"\n  hint: did you mean \"flags\"?",
		"apiVersion: aixmend/v1\nflags: [a]":   ":2:8: flags must be a map",
		"apiVersion: aixmend/v1\nflags: {x: }": ":2:9: ",
		"apiVersion: aixmend/v1\nflags:\n  stat: x":                                     ":3:3: no verb has a flag --stat\n  hint: did you mean state?",
		"apiVersion: aixmend/v1\nflags:\n  --state: x":                                  "hint: did you mean state?",
		"apiVersion: aixmend/v1\nflags:\n  rolls: x":                                    "hint: aixmend VERB --help lists the flags of a verb",
		"apiVersion: aixmend/v1\nflags:\n  state: {a: b}":                               ":3:10: state must be a value or a list of values, found a map",
		"apiVersion: aixmend/v1\nflags:\n  state:":                                      "state must be a value or a list of values, found nothing",
		"apiVersion: aixmend/v1\nflags:\n  limit: [[a]]":                                "item 1 of limit must be a value, found a list",
		"apiVersion: aixmend/v1\nflags:\n  state: a\n  state: b":                        `key "state" is already given at`,
		"apiVersion: aixmend/v1\nflags: {notify: 'https://x/hook'}":                     "the URL of a web hook may be a secret",
		"apiVersion: aixmend/v1\nprofiles: {p: {flags: {notify: ['slack:https://x']}}}": "write env:NAME",
		"apiVersion: aixmend/v1\nprofiles: {p: {flags: {stat: x}}}":                     "no verb has a flag --stat",
		"apiVersion: aixmend/v1\nprofiles: {p: {state: x}}":                             `unknown key "state"`,
	} {
		_, err := Load(write(t, dir+"/c.yaml", text), flags)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := Load(dir+"/none.yaml", flags); err == nil || !strings.Contains(err.Error(), "--config") {
		t.Errorf("a missing file: %v", err)
	}
	for _, text := range []string{"exec:notify.sh https://x", "env:HOOK"} {
		if _, err := Load(write(t, dir+"/c.yaml", "apiVersion: aixmend/v1\nflags: {notify: '"+text+"'}"), flags); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// Consent can't stand in a file, also in a profile.
func TestTypedFlagsAreRefused(t *testing.T) {
	dir := t.TempDir()
	for name, reason := range Typed {
		for _, text := range []string{"flags: {'" + name + "': x}", "profiles: {p: {flags: {'" + name + "': [x]}}}"} {
			_, err := Load(write(t, dir+"/c.yaml", "apiVersion: aixmend/v1\n"+text), flags)
			if err == nil || !strings.Contains(err.Error(), "--"+name+" can't be set in a config file: "+reason) || !strings.Contains(err.Error(), "type it") {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
}

// A config file that another user can change is refused, since root obeys it.
func TestFilesOfOthersAreRefused(t *testing.T) {
	const good = "apiVersion: aixmend/v1\n"
	for name, spoil := range map[string]func(t *testing.T, path string) error{
		"writable by everybody": func(_ *testing.T, path string) error { return os.Chmod(path, 0o666) },
		"in a folder writable by everybody": func(_ *testing.T, path string) error {
			return os.Chmod(filepath.Dir(path), 0o777)
		},
		"of another user": func(t *testing.T, path string) error {
			if os.Geteuid() != 0 {
				t.Skip("only root can give a file to another user: CI runs this test as root")
			}
			return os.Lchown(path, 4711, 4711)
		},
		"a link of another user": func(t *testing.T, path string) error {
			if os.Geteuid() != 0 {
				t.Skip("only root can give a file to another user: CI runs this test as root")
			}
			if err := os.Rename(path, path+".real"); err != nil {
				return err
			}
			if err := os.Symlink(path+".real", path); err != nil {
				return err
			}
			return os.Lchown(path, 4711, 4711)
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, t.TempDir()+"/d/"+Name, good)
			if err := spoil(t, path); err != nil {
				t.Fatal(err)
			}
			if _, err := Load(path, flags); err == nil || !strings.Contains(err.Error(), "whoever can write it decides") || !strings.Contains(err.Error(), "hint: ") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestPathsStartAtTheFolderOfTheFile(t *testing.T) {
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	for name, usage := range map[string]string{
		"state": "folder `DIR`", "inventory": "inventory `FILE`", "playbook": "a `NAME` or a file",
		"ssh-config": "ssh_config `FILE`", "set": "parameter, `KEY=VALUE`", "limit": "select by `PATTERN`",
	} {
		set.String(name, "", usage)
	}
	for _, c := range []struct{ folder, flag, text, want string }{
		{"/site", "state", "runs", "/site/runs"},
		{"/site", "state", "../runs", "/runs"},
		{"/site", "state", "/var/runs", "/var/runs"},
		{"/site", "state", "~/runs", "/home/ops/runs"},
		{"/site", "state", "", ""},
		{"site", "inventory", "a.yaml", "site/a.yaml"},
		{".", "inventory", "./a.yaml", "./a.yaml"},
		{"/site", "playbook", "rmc-restore", "rmc-restore"},
		{"/site", "playbook", "site.yaml", "/site/site.yaml"},
		{"/site", "ssh-config", "none", "none"},
		{"/site", "ssh-config", "config", "/site/config"},
		{"/site", "set", "upload=rsct", "upload=/site/rsct"},
		{"/site", "set", "upload=~/rsct", "upload=/home/ops/rsct"},
		{"/site", "set", "baseline=before", "baseline=before"},
		{"/site", "limit", "prod", "prod"},
	} {
		f := &File{Path: filepath.Join(c.folder, Name)}
		if got, err := f.Resolve(set.Lookup(c.flag), c.text, "/home/ops"); err != nil || got != c.want {
			t.Errorf("%s: --%s %s: %q, %v", c.folder, c.flag, c.text, got, err)
		}
	}
	if _, err := (&File{Path: Name}).Resolve(set.Lookup("state"), "~/runs", ""); err == nil {
		t.Error("~ without a home is no error")
	}
}
