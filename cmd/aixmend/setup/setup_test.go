package setup

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/cmd/aixmend/console"
	"aixmend/inventory"
	"aixmend/inventory/load"
)

// setUp runs init in an empty folder, with the answers of a person; nil: nobody is there.
func setUp(t *testing.T, o Options, answers ...string) (inv *inventory.Inventory, shown string, err error) {
	t.Helper()
	var out, errs strings.Builder
	std := console.Streams{In: strings.NewReader(strings.Join(answers, "\n")), Out: &out, Err: &errs, InTerminal: answers != nil, ErrTerminal: answers != nil}
	o.Console = console.New(std, console.NewInterrupts(), func(string) string { return "" })
	if o.Out == "" {
		o.Out = "inventory.yaml"
	}
	if o.Home == "" {
		o.Home = t.TempDir()
	}
	o.Load = func(file string) (*inventory.Inventory, error) { return load.Options{Home: o.Home}.Load(file) }
	file, err := Run(o)
	if err != nil {
		return nil, out.String() + errs.String(), err
	}
	inv, err = o.Load(file)
	return inv, out.String() + errs.String(), err
}

// reached are hosts as name: user@address:port.
func reached(inv *inventory.Inventory) []string {
	var list []string
	for _, h := range inv.Hosts {
		text := h.Name + ": "
		if h.SSH.User != "" {
			text += h.SSH.User + "@"
		}
		if text += h.Address; h.SSH.Port != 0 {
			text += fmt.Sprintf(":%d", h.SSH.Port)
		}
		list = append(list, text)
	}
	return list
}

// Every word that is taken is loaded back as it was meant, whatever YAML makes of it.
func TestHosts(t *testing.T) {
	for words, want := range map[string][]string{
		"aix01":                             {"aix01: aix01"},
		"root@10.1.2.3:2222":                {"10.1.2.3: root@10.1.2.3:2222"},
		"aixprd[09-11]":                     {"aixprd09: aixprd09", "aixprd10: aixprd10", "aixprd11: aixprd11"},
		"ops@aix[1,3]:22":                   {"aix1: ops@aix1:22", "aix3: ops@aix3:22"},
		"db[1-2]=10.1.3.[11-12]":            {"db1: 10.1.3.11", "db2: 10.1.3.12"},
		"db=ops@db.example.com:2222":        {"db: ops@db.example.com:2222"},
		"2001:db8::7":                       {"2001-db8--7: 2001:db8::7"},
		"x@[2001:db8::7]:2222":              {"2001-db8--7: x@2001:db8::7:2222"},
		"::1":                               {"ip--1: ::1"},
		"fe80::1%en0":                       {"fe80--1-en0: fe80::1%en0"},
		"2001:db8::[1-2]":                   {"2001-db8--1: 2001:db8::1", "2001-db8--2: 2001:db8::2"},
		"no yes on null true y NaN":         {"NaN: NaN", "no: no", "null: null", "on: on", "true: true", "y: y", "yes: yes"},
		"1e3.x 0x10 12_3.x 1.5e3.x":         {"0x10: 0x10", "1.5e3.x: 1.5e3.x", "12_3.x: 12_3.x", "1e3.x: 1e3.x"},
		"2026-01-31":                        {"2026-01-31: 2026-01-31"},
		`corp\op"s'@aix1`:                   {`aix1: corp\op"s'@aix1`},
		"#ops@aix1":                         {"aix1: #ops@aix1"},
		"a@b@aix1":                          {"aix1: a@b@aix1"},
		"aix1 aix2 aix1":                    {"aix1: aix1", "aix2: aix2"},
		"aix[1-3] aix2":                     {"aix1: aix1", "aix2: aix2", "aix3: aix3"},
		"root@aix1:22 root@aix1:22":         {"aix1: root@aix1:22"},
		"one=10.0.0.1:22 two=10.0.0.1:2222": {"one: 10.0.0.1:22", "two: 10.0.0.1:2222"},
	} {
		t.Run(words, func(t *testing.T) {
			t.Chdir(t.TempDir())
			inv, shown, err := setUp(t, Options{Words: strings.Fields(words)})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, reached(inv)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if !strings.Contains(shown, "wrote inventory.yaml: ") {
				t.Errorf("shown: %s", shown)
			}
		})
	}
}

// A word that is no host is named, and nothing is written.
func TestHostsThatAreRefused(t *testing.T) {
	for words, want := range map[string]string{
		"":                          "no host is named, and without a terminal",
		"aix!":                      `host "aix!": `,
		"-oProxyCommand=x":          `host "-oProxyCommand=x": `,
		"aix1:99999":                `host "aix1:99999": not [NAME=][USER@]HOST[:PORT]`,
		"=10.0.0.1":                 `host "=10.0.0.1": no name before =`,
		"aix[9-1]":                  "counts down",
		"aix[1-":                    "a range is not closed",
		"all":                       "is taken: it stands for all hosts",
		"aix[1-3]=10.0.0.[1-2]":     `host "aix[1-3]=10.0.0.[1-2]": `,
		"aix[1-2]=10.0.0.1":         `host "aix[1-2]=10.0.0.1": `,
		"300.1.1.1":                 "is not an IPv4 address",
		"a\x1b[31mb":                `host "a\x1b[31mb": `,
		"a:b: {x}":                  `host "a:b:`,
		"-x@aix1":                   "must not begin with a hyphen",
		"aix1 root@aix1":            "host aix1 is named twice, with different settings",
		"aix1 AIX1:23":              "host AIX1 is named twice, with different settings",
		"aix[1-3] aix[3-5]":         "aix[3-5] overlaps with another range",
		"one=10.0.0.1 two=10.0.0.1": `host "two" has address 10.0.0.1 and port 22 of host "one" given`,
	} {
		t.Run(words, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if _, _, err := setUp(t, Options{Words: strings.Fields(words)}); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
			if _, err := os.Lstat("inventory.yaml"); err == nil {
				t.Error("the file is written")
			}
		})
	}
}

func TestLogin(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("site", 0o700); err != nil {
		t.Fatal(err)
	}
	inv, _, err := setUp(t, Options{Words: []string{"aix1"}, Out: "site/i.yaml", Login: Login{User: "ops", Become: "sudo", Identity: "keys/id", Jump: "ops@[2001:db8::1]:22"}})
	if err != nil {
		t.Fatal(err)
	}
	s := inv.Hosts[0].SSH
	if s.User != "ops" || s.Become != "sudo" || s.Identity != "keys/id" || s.Jump != "ops@[2001:db8::1]:22" {
		t.Errorf("%+v", s)
	}
	if info, err := os.Stat("site/i.yaml"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	inv, _, err = setUp(t, Options{Words: []string{"aix1", "root@aix2"}, Login: Login{User: "ops", Become: "sudo"}})
	if err != nil || inv.Hosts[1].SSH.Become != "none" {
		t.Errorf("root becomes root: %+v, %v", inv, err)
	}
	for flag, l := range map[string]Login{"--user": {User: "a b"}, "--become": {Become: "doas"}, "--jump": {Jump: "a:b:c d"}} {
		if _, _, err := setUp(t, Options{Words: []string{"aix1"}, Out: "other.yaml", Login: l}); err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("%s: %v", flag, err)
		}
	}
}

func TestNothingIsOverwritten(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("inventory.yaml", []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("gone", "link.yaml"); err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{"inventory.yaml", "link.yaml"} {
		if _, _, err := setUp(t, Options{Words: []string{"aix1"}, Out: out}); err == nil || !strings.Contains(err.Error(), out+" exists, and init does not change it") {
			t.Errorf("%s: %v", out, err)
		}
	}
	if text, err := os.ReadFile("inventory.yaml"); err != nil || string(text) != "mine" {
		t.Errorf("%q, %v", text, err)
	}
}

// reading is a reader that does something before each answer.
type reading func(p []byte) (int, error)

func (r reading) Read(p []byte) (int, error) { return r(p) }

// A file that appears while the questions are asked is not overwritten either.
func TestNothingIsOverwrittenMeanwhile(t *testing.T) {
	for name, appears := range map[string]func(out string) error{
		"a file":        func(out string) error { return os.WriteFile(out, []byte("mine"), 0o644) },
		"an empty file": func(out string) error { return os.WriteFile(out, nil, 0o644) },
		"a folder":      func(out string) error { return os.Mkdir(out, 0o700) },
		"a link": func(out string) error {
			return errors.Join(os.WriteFile("other", []byte("mine"), 0o644), os.Symlink("other", out))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			answers, before := strings.NewReader("aix1\n\n"), []string(nil)
			in := reading(func(p []byte) (int, error) {
				if before == nil {
					if err := appears("inventory.yaml"); err != nil {
						t.Error(err)
					}
					before = state(t)
				}
				return answers.Read(p)
			})
			var out strings.Builder
			o := Options{Out: "inventory.yaml", Home: t.TempDir()}
			o.Console = console.New(console.Streams{In: in, Out: &out, Err: &out, InTerminal: true, ErrTerminal: true}, console.NewInterrupts(), func(string) string { return "" })
			if _, err := Run(o); err == nil || !strings.Contains(err.Error(), "inventory.yaml exists, and init does not change it") {
				t.Errorf("%v: %s", err, out.String())
			}
			if diff := cmp.Diff(before, state(t)); diff != "" {
				t.Errorf("(-before +after):\n%s", diff)
			}
		})
	}
}

// state lists the entries of the working folder with mode and content.
func state(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		text, _ := os.ReadFile(e.Name()) // none of a folder
		list = append(list, fmt.Sprintf("%s %s %q", e.Name(), e.Type(), text))
	}
	return list
}

// home makes a home with an ssh_config and known_hosts.
func home(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(dir+"/.ssh", 0o700); err != nil {
		t.Fatal(err)
	}
	const key = " ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\n"
	for name, text := range map[string]string{
		"config":      "Host aix1 aix2 _gate no\n  User ops\nHost github.com\nHost *\n",
		"known_hosts": "aix1,10.0.0.1" + key + "[10.0.0.9]:2222" + strings.Replace(key, "AAB", "AAC", 1) + "a=b" + strings.Replace(key, "AAB", "AAD", 1) + "|1|AAAAAAAAAAAAAAAAAAAAAAAAAAA=|AAAAAAAAAAAAAAAAAAAAAAAAAAA=" + key,
	} {
		if err := os.WriteFile(dir+"/.ssh/"+name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestSources(t *testing.T) {
	dir := home(t)
	for _, c := range []struct {
		from, patterns string
		want           []string
		says           string
	}{
		{"ssh-config", "", []string{"aix1: aix1", "aix2: aix2", "github.com: github.com", "no: no"}, `warning: ssh-config: "_gate" is left out`},
		{"ssh-config", "aix* no", []string{"aix1: aix1", "aix2: aix2", "no: no"}, ""},
		{"known-hosts", "", []string{"10.0.0.9: 10.0.0.9:2222", "aix1: aix1"}, "the names on 1 line are hashed"},
	} {
		t.Chdir(t.TempDir())
		inv, shown, err := setUp(t, Options{From: c.from, Words: strings.Fields(c.patterns), Home: dir})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, reached(inv)); diff != "" || !strings.Contains(shown, c.says) {
			t.Errorf("%s %s: %s (-want +got):\n%s", c.from, c.patterns, shown, diff)
		}
	}
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{From: "dns"}, `--from "dns" is not known`},
		{Options{From: "ssh-config", Home: dir, Words: []string{"aix*", "db*"}}, `--from ssh-config: no host matches "db*"`},
		{Options{From: "ssh-config"}, "it names no hosts"},
		{Options{From: "known-hosts"}, "it names no hosts"},
		{Options{From: "ssh-config", SSHConfig: "none", Home: dir}, "it names no hosts"},
		{Options{Words: []string{"hosts.ini"}}, "hosts.ini is the name of a file"},
		{Options{Words: []string{"aix1", "sites/prod.yaml"}}, "sites/prod.yaml is the name of a file"},
		{Options{From: "ansible"}, "--from ansible takes one file, found 0"},
		{Options{From: "ansible", Words: []string{"gone.yaml"}}, "gone.yaml: does not exist"},
	} {
		t.Chdir(t.TempDir())
		if _, _, err := setUp(t, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.o, err)
		}
	}
}

func TestAnInventoryOfAnsibleWorksAsItIs(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("hosts.yaml", []byte("all: {hosts: {aix1: {ansible_host: 10.0.0.1}}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, answers := range [][]string{nil, {"hosts.yaml"}} {
		o := Options{From: "ansible", Words: []string{"hosts.yaml"}}
		if answers != nil {
			o = Options{}
		}
		inv, shown, err := setUp(t, o, answers...)
		if err != nil || len(inv.Hosts) != 1 || !strings.Contains(shown, "hosts.yaml works as it is: 1 host\n  aix1\n") {
			t.Errorf("%v: %s, %v", answers, shown, err)
		}
		if _, err := os.Stat("inventory.yaml"); err == nil {
			t.Error("a file is written")
		}
	}
}

// A person is asked for missing answers, and again after a slip.
func TestAsking(t *testing.T) {
	dir := home(t)
	for _, c := range []struct {
		name    string
		login   Login
		answers []string
		want    []string
		become  string
		asked   []string
	}{
		{"root", Login{}, []string{"aix1 aix2", ""}, []string{"aix1: aix1", "aix2: aix2"}, "none", []string{"Hosts: ", "Login "}},
		{"a login", Login{}, []string{"aix1", "ops", ""}, []string{"aix1: ops@aix1"}, "sudo", []string{"Login ", "How does ops become root"}},
		{"slips", Login{}, []string{"aix!", "aix1", "a b", "ops", "doas", "dzdo"}, []string{"aix1: ops@aix1"}, "dzdo", []string{`error: host "aix!": `, "error: must not hold spaces", "error: must be none, sudo"}},
		{"flags", Login{User: "ops", Become: "su"}, []string{"aix1"}, []string{"aix1: ops@aix1"}, "su", nil},
		{"ssh_config", Login{}, []string{"ssh-config aix*", ""}, []string{"aix1: aix1", "aix2: aix2"}, "none", []string{"ssh-config [PATTERN...]  5 hosts", "known-hosts [PATTERN...] 3 hosts"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			inv, shown, err := setUp(t, Options{Home: dir, Login: c.login}, c.answers...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, reached(inv)); diff != "" || inv.Hosts[0].SSH.Become != c.become {
				t.Errorf("become %s (-want +got):\n%s", inv.Hosts[0].SSH.Become, diff)
			}
			if at := slices.IndexFunc(c.asked, func(text string) bool { return !strings.Contains(shown, text) }); at >= 0 {
				t.Errorf("%q is not in:\n%s", c.asked[at], shown)
			}
		})
	}
	t.Chdir(t.TempDir())
	if _, _, err := setUp(t, Options{Home: dir}, ""); err == nil || !strings.Contains(err.Error(), "no host is named") {
		t.Errorf("%v", err)
	}
}
