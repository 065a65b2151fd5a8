package load

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aixmend/inventory"
	"aixmend/inventory/naming"
	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
	"aixmend/transport/lab/suite"
)

// Whatever the file: an inventory that holds what its types promise, or
// problems that each have a place.
func FuzzParse(f *testing.F) {
	for _, data := range seeds(f, "testdata/*/*.yaml") {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		inv, err := testOptions().Parse("inventory.yaml", data)
		checkInventory(t, inv, err)
	})
}

// The same of whatever a program prints as the list of an inventory.
func FuzzList(f *testing.F) {
	for _, data := range seeds(f, "testdata/ansible/*.json") {
		f.Add(data)
	}
	f.Add([]byte(`{"all": {"hosts": ["a"], "children": ["b"], "vars": {"ansible_user": {"__ansible_unsafe": "x"}}}, "b": ["c"], "_meta": {"hostvars": null}}`))
	f.Add([]byte(`{"all": {"hosts": ["a", "a1"]}, "_meta": {"hostvars": {"a": {"ansible_port": 122}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		options := testOptions()
		options.Run = func([]string, time.Duration) ([]byte, error) { return data, nil }
		inv, err := options.Parse("inventory.yaml", []byte("apiVersion: aixmend/v1\ngroups: [prod]\nhosts: {aix1: }\nsource: {exec: [list]}\n"))
		checkInventory(t, inv, err)
	})
}

// seeds are the contents of files.
func seeds(f *testing.F, pattern string) [][]byte {
	f.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		f.Fatal("no seeds", err)
	}
	var all [][]byte
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, data)
	}
	return all
}

// checkInventory checks what an inventory promises, or its problems do.
func checkInventory(t *testing.T, inv *inventory.Inventory, err error) {
	t.Helper()
	if err != nil {
		checkPlaces(t, err)
		return
	}
	if len(inv.Hosts) > inventory.MaxHosts {
		t.Fatalf("%d hosts", len(inv.Hosts))
	}
	seen, endpoints := map[string]bool{}, map[reachedAt]bool{}
	var good []inventory.Host
	for i, h := range inv.Hosts {
		if i > 0 && inv.Hosts[i-1].Name >= h.Name {
			t.Fatalf("host %d is %q", i, h.Name)
		}
		if _, err := inv.Select(h.Name); err != nil {
			checkPlaces(t, err)
			continue
		}
		checkHost(t, inv, h)
		seen[strings.ToLower(h.Name)] = true
		good = append(good, h)
		endpoints[reachedAt{settings.NormalAddress(h.Address), cmp.Or(h.SSH.Port, sshPort), way(h.SSH.Jump)}] = true
	}
	if len(seen) != len(good) || len(endpoints) != len(good) {
		t.Fatalf("%d hosts, %d good, %d names, %d endpoints", len(inv.Hosts), len(good), len(seen), len(endpoints))
	}
	for _, w := range inv.Warnings {
		if w.File == "" || w.Message == "" {
			t.Fatalf("a warning without a place: %#v", w)
		}
	}
	if len(good) > 0 && len(good) == len(inv.Hosts) && len(good) < 1000 {
		checkSame(t, "fuzz", inv, inv.Export(inv.Hosts))
	}
}

func checkPlaces(t *testing.T, err error) {
	t.Helper()
	problems := strictyaml.ProblemsOf(err)
	if len(problems) == 0 {
		t.Fatalf("an error without problems: %v", err)
	}
	for _, p := range problems {
		if p.Line < 1 || p.Column < 1 || p.Message == "" {
			t.Fatalf("a problem without a place: %#v", p)
		}
	}
}

// checkHost checks what Host and SSH promise.
func checkHost(t *testing.T, inv *inventory.Inventory, h inventory.Host) {
	t.Helper()
	if !naming.IsFile(h.Name) || h.Name == "all" || strings.ContainsAny(h.Name, "/\\\x00") {
		t.Fatalf("name %q", h.Name)
	}
	if _, clash := inv.Group(h.Name); clash {
		t.Fatalf("host %q is a group", h.Name)
	}
	if settings.CheckAddress(h.Address) != nil || strings.HasPrefix(h.Address, "-") {
		t.Fatalf("address %q", h.Address)
	}
	s := h.SSH
	if s.User != "" && settings.CheckUser(s.User) != nil || s.Port != 0 && settings.CheckPort(s.Port) != nil || s.Jump != "" && settings.CheckJump(s.Jump) != nil {
		t.Fatalf("ssh %+v", s)
	}
	if strings.HasPrefix(s.Identity, "~") || strings.HasPrefix(s.KnownHosts, "~") {
		t.Fatalf("ssh %+v", s)
	}
	checkRise(t, s)
	for _, name := range h.Groups {
		if _, found := inv.Group(name); !found {
			t.Fatalf("group %q is not there", name)
		}
	}
	for _, w := range h.Waivers {
		if w.Finding == "" || strings.TrimSpace(w.Reason) == "" {
			t.Fatalf("waiver %+v", w)
		}
	}
	for i, a := range h.Accepts {
		if settings.CheckGuard(a.Check) != nil || a.Until.IsZero() || strings.TrimSpace(a.Reason) == "" || i > 0 && h.Accepts[i-1].Check >= a.Check {
			t.Fatalf("acceptances %+v", h.Accepts)
		}
	}
}

// checkRise checks what SSH promises of becoming root.
func checkRise(t *testing.T, s inventory.SSH) {
	t.Helper()
	custom := s.Become == inventory.BecomeCommand
	if !custom && settings.CheckBecome(s.Become) != nil || custom != (s.BecomeCommand != "") || custom && settings.CheckCommand(s.BecomeCommand) != nil {
		t.Fatalf("ssh %+v", s)
	}
	if s.BecomeMode != "" && (s.BecomeMode != inventory.ModeCommands || s.BecomePassword != "" || s.Become == inventory.BecomeSu || s.Become == inventory.BecomeNone) {
		t.Fatalf("ssh %+v", s)
	}
	if s.BecomePassword != "" && s.Become == inventory.BecomeNone {
		t.Fatalf("ssh %+v", s)
	}
	for _, key := range []string{s.BecomePassword, s.Password, s.Passphrase} {
		checkSource(t, key)
	}
}

// checkSource checks what the key of a source promises.
func checkSource(t *testing.T, key string) {
	t.Helper()
	if key == "" {
		return
	}
	p, err := inventory.PasswordSourceOf(key)
	ways := 0
	for _, way := range []bool{p.Prompt, p.File != "", len(p.Exec) > 0, p.Env != "", p.Age != ""} {
		if way {
			ways++
		}
	}
	if err != nil || ways != 1 || p.Key() != key || p.Identity != "" && p.Age == "" {
		t.Fatalf("%s: %+v, %v", key, p, err)
	}
}

// A fleet of MaxHosts in one file of 10 MB is read.
func TestBigFile(t *testing.T) {
	suite.Long(t, "it reads a file of 10 MB")
	var text strings.Builder
	text.WriteString("apiVersion: aixmend/v1\ngroups: {prod: {ssh: {user: ops}}}\nhosts:\n")
	for i := range inventory.MaxHosts {
		fmt.Fprintf(&text, "  aixprd%06d: {address: 10.%d.%d.%d, groups: [prod], rmc_nic: en1, ssh: {port: 22, become: sudo}}\n", i, i>>16, i>>8&255, i&255)
	}
	inv, err := Parse("inventory.yaml", []byte(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	if len(inv.Hosts) != inventory.MaxHosts || text.Len() < 10_000_000 {
		t.Errorf("%d hosts of %d bytes", len(inv.Hosts), text.Len())
	}
	_, err = Parse("inventory.yaml", []byte("apiVersion: aixmend/v1\nhosts:\n  \"x[1-100000]\":\n  onemore:\n"))
	const want = `inventory.yaml:4:3: with host "onemore" there are more than 100000 hosts`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// files that ask for much work for each problem: an answer in a time that an
// ordinary file of their size takes several times, not in hours.
func TestHostileFiles(t *testing.T) {
	suite.Unraced(t, "one goroutine")
	n := suite.Rounds(4_000, 20_000)
	many := func(format string) string {
		var text strings.Builder
		for i := range n {
			fmt.Fprintf(&text, format, i)
		}
		return text.String()
	}
	parse := func(text string) (took time.Duration, err error) {
		took = suite.Effort(t, func() { _, err = Parse("inventory.yaml", []byte("apiVersion: aixmend/v1\n"+text)) })
		return took, err
	}
	ordinary, err := parse("hosts:\n" + many("  host%d: {}\n")) // a good file of that many lines
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"unknown groups":  "groups:\n" + many("  group%d:\n") + "hosts:\n" + many("  host%d: {groups: [grup%[1]d]}\n"),
		"bad names":       "hosts:\n" + many("  \"-%d[1-99999]\": {}\n"),
		"clashing names":  "hosts:\n" + many("  \"a%d[1-99999]\": {}\n"),
		"ranges apart":    "hosts:\n" + many("  \"a%d\": {address: \"b[1-99999]\"}\n"),
		"same address":    "hosts:\n" + many("  host%d: {address: 10.0.0.1}\n"),
		"groups of one":   "groups:\n" + many("  group%d:\n") + "hosts: {a: {groups: [" + many("group%d,") + "]}}\n",
		"waivers of one":  "hosts: {a: {waive: [" + many("{finding: f-%d, reason: r},") + "]}}\n",
		"accepts of one":  "hosts: {a: {accept: [" + many("{check: f_%d, until: 2027-01-31, reason: r},") + "]}}\n",
		"list in a range": "hosts:\n  ? \"a[" + many("%d,") + "99999]\"\n  :\n",
	} {
		took, err := parse(text)
		if took > 100*ordinary {
			t.Errorf("%s: took %v, a good file of that many lines %v", name, took, ordinary)
		}
		if good := strings.HasSuffix(name, "of one") || name == "list in a range"; (err == nil) != good {
			t.Errorf("%s: %.200v", name, err)
		}
		t.Logf("%s: %v", name, took)
	}
}
