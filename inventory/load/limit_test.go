package load

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/inventory"
	"aixmend/inventory/strictyaml"
)

const fleet = `apiVersion: aixmend/v1
groups: [prod, db, empty]
hosts:
  "aixprd[01-05]": {groups: [prod]}
  "db[1-3]": {groups: [db, prod]}
  lonely:
`

func parseFleet(t *testing.T) *inventory.Inventory {
	t.Helper()
	inv, err := Parse("inventory.yaml", []byte(fleet))
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

// selected returns the names of the hosts that patterns select.
func selected(t *testing.T, inv *inventory.Inventory, patterns ...string) string {
	t.Helper()
	hosts, err := inv.Select(patterns...)
	if err != nil {
		t.Errorf("%q: %v", patterns, err)
	}
	var names []string
	for _, h := range hosts {
		names = append(names, h.Name)
	}
	return strings.Join(names, " ")
}

func TestSelect(t *testing.T) {
	const everything = "aixprd01 aixprd02 aixprd03 aixprd04 aixprd05 db1 db2 db3 lonely"
	inv := parseFleet(t)
	for pattern, want := range map[string]string{
		"all":                   everything,
		"lonely":                "lonely",
		"db2,aixprd01":          "aixprd01 db2",
		" db2 , aixprd01 ":      "aixprd01 db2",
		"db":                    "db1 db2 db3",
		"db,db1":                "db1 db2 db3",
		"prod,!db":              "aixprd01 aixprd02 aixprd03 aixprd04 aixprd05",
		"!db,prod":              "aixprd01 aixprd02 aixprd03 aixprd04 aixprd05",
		"!prod":                 "lonely",
		"!aixprd*,!lonely":      "db1 db2 db3",
		"all,!lonely,!db[1-2]":  "aixprd01 aixprd02 aixprd03 aixprd04 aixprd05 db3",
		"*":                     everything,
		"db?":                   "db1 db2 db3",
		"*1":                    "aixprd01 db1",
		"aixprd[02-03]":         "aixprd02 aixprd03",
		"aixprd[02,04],lonely":  "aixprd02 aixprd04 lonely",
		"aixprd[01-99]":         "aixprd01 aixprd02 aixprd03 aixprd04 aixprd05",
		"aix*[01,03]":           "aixprd01 aixprd03",
		"prod:!db":              "aixprd01 aixprd02 aixprd03 aixprd04 aixprd05",
		"!db:prod":              "aixprd01 aixprd02 aixprd03 aixprd04 aixprd05",
		"prod:&db":              "db1 db2 db3",
		"prod,&db":              "db1 db2 db3",
		"&db,prod":              "db1 db2 db3",
		"all:&db:!db2":          "db1 db3",
		"db1:lonely":            "db1 lonely",
		"prod:&db?:&db[1-2]":    "db1 db2",
		"db[1-2]:aixprd[04-05]": "aixprd04 aixprd05 db1 db2",
		"!db1,!db[2-3],!lonely": "aixprd01 aixprd02 aixprd03 aixprd04 aixprd05",
	} {
		if got := selected(t, inv, pattern); got != want {
			t.Errorf("%q: got %s, want %s", pattern, got, want)
		}
	}
	if got := selected(t, inv); got != everything {
		t.Errorf("no pattern: got %s", got)
	}
	if got := selected(t, inv, "prod", "!db"); got != selected(t, inv, "prod,!db") {
		t.Errorf("two patterns: got %s", got)
	}
}

func TestSelectRefuses(t *testing.T) {
	inv := parseFleet(t)
	const empty = "\n  hint: leave --limit out to select all hosts"
	for pattern, want := range map[string]string{
		"aixprd06":       "--limit: \"aixprd06\" matches no host or group\n  hint: did you mean \"aixprd01\"?",
		"prdo":           "--limit: \"prdo\" matches no host or group\n  hint: did you mean \"prod\"?",
		"DB1":            "--limit: \"DB1\" matches no host or group\n  hint: did you mean \"db1\"?",
		"web*":           "--limit: \"web*\" matches no host or group",
		"db1,web,!nope":  "--limit: \"web\" matches no host or group\n--limit: \"!nope\" matches no host or group",
		"prod,!lonly":    "--limit: \"!lonly\" matches no host or group\n  hint: did you mean \"lonely\"?",
		"empty":          "--limit: \"empty\": group empty has no host",
		"lonely,!lonely": "--limit: \"lonely,!lonely\" selects no host",
		"!all":           "--limit: \"!all\" selects no host",
		"":               "--limit: \"\" holds an empty element" + empty,
		"db1,":           "--limit: \"\" holds an empty element" + empty,
		"!":              "--limit: \"!\" holds an empty element" + empty,
		"@latest:failed": "--limit: \"@latest:failed\": no earlier run is known here",
		"!!db1":          "--limit: \"!!db1\": ! is not supported here",
		"&db":            "--limit: \"&db\": & keeps some of the hosts that are named, and none are\n  hint: name the hosts first, such as all:&db",
		"prod:!prod":     "--limit: \"prod:!prod\" selects no host",
		"lonely:&db":     "--limit: \"lonely:&db\" selects no host",
		"prod:&empty":    "--limit: \"&empty\": group empty has no host",
		"prod:":          "--limit: \"\" holds an empty element" + empty,
		"prod::db":       "--limit: \"\" holds an empty element" + empty,
		"prod:nope":      "--limit: \"nope\" matches no host or group",
		"prod:&prdo":     "--limit: \"&prdo\" matches no host or group\n  hint: did you mean \"prod\"?",
		"prod:!~x":       "--limit: \"!~x\": ~ is not supported here",
		"prod:@latest":   "--limit: \"@latest\": write @RUN:OUTCOME, such as @latest:failed",
		"prod[0:1]": "--limit: \"prod[0:1]\": range [0:1] must hold numbers of at most 9 digits, such as [01-20] or [1,3,7-9]\n  hint: a range is written aix[01-05] here; " +
			"Ansible's [0:2] picks hosts of a group by their number, which is not supported",
		"~db.*":           "--limit: \"~db.*\": ~ is not supported here",
		"db[3-1]":         "--limit: \"db[3-1]\": range [3-1] counts down: 1 comes before 3",
		"db[1":            "--limit: \"db[1\": a range is not closed: ] is missing\n  hint: a range is written aix[01-05], in quotes for a shell: -l 'aix[01-05]'",
		"*[1-2000]":       "--limit: \"*[1-2000]\": more than 1000 globs",
		`db\`:             "--limit: \"db\\\\\" matches no host or group\n  hint: did you mean \"db\"?",
		"db[1-3],db[7-9]": "--limit: \"db[7-9]\" matches no host or group",
	} {
		hosts, err := inv.Select(pattern)
		if err == nil {
			t.Errorf("%q: selects %d hosts", pattern, len(hosts))
			continue
		}
		if diff := cmp.Diff(want, err.Error()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", pattern, diff)
		}
		if len(strictyaml.ProblemsOf(err)) == 0 || hosts != nil {
			t.Errorf("%q: %#v with %d hosts", pattern, err, len(hosts))
		}
	}
}

// Whatever the pattern: hosts or an error, never both or neither, each host of
// the inventory, once, in order.
func FuzzSelect(f *testing.F) {
	for _, seed := range []string{"all,!db", "aixprd[01-03]", "*", "!x", "db?,", `\`, "[1-9]*"} {
		f.Add(seed)
	}
	inv, err := Parse("inventory.yaml", []byte(fleet))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		hosts, err := inv.Select(pattern)
		if (err == nil) != (len(hosts) > 0) {
			t.Fatalf("%d hosts with error %v", len(hosts), err)
		}
		for i, h := range hosts {
			if _, found := inv.Host(h.Name); !found || i > 0 && hosts[i-1].Name >= h.Name {
				t.Fatalf("host %d is %q", i, h.Name)
			}
		}
	})
}

// @RUN:OUTCOME are the hosts of an earlier run, as far as they are there still.
func TestSelectOfRun(t *testing.T) {
	inv, err := Parse("i.yaml", []byte("apiVersion: aixmend/v1\nhosts: {a: , b: , c: }\n"))
	if err != nil {
		t.Fatal(err)
	}
	past := func(run, outcome string) ([]string, error) {
		switch run + " " + outcome {
		case "latest failed":
			return []string{"b", "gone", "c", "lost"}, nil
		case "r1 unknown":
			return []string{"lost"}, nil
		}
		return nil, errors.New("no such run")
	}
	for pattern, want := range map[string]string{
		"@latest:failed":        `b c; --limit: "@latest:failed": host "gone" and 1 more of that run: not in the inventory any more; <nil>`,
		"!@latest:failed":       `a; --limit: "@latest:failed": host "gone" and 1 more of that run: not in the inventory any more; <nil>`,
		"a,@latest:failed,!b":   `a c; --limit: "@latest:failed": host "gone" and 1 more of that run: not in the inventory any more; <nil>`,
		"@r1:unknown":           `; --limit: "@r1:unknown": host "lost" of that run: not in the inventory any more; --limit: "@r1:unknown": no host of the inventory ended so in that run`,
		"a,@r2:failed":          `; ; --limit: "@r2:failed": no such run`,
		"@latest,@:failed,@r1:": `; ; --limit: "@latest": write @RUN:OUTCOME, such as @latest:failed` + "\n" + `--limit: "@:failed": write @RUN:OUTCOME, such as @latest:failed` + "\n" + `--limit: "@r1:": write @RUN:OUTCOME, such as @latest:failed`,
	} {
		hosts, warnings, err := inv.SelectOf(past, pattern)
		var names []string
		for _, h := range hosts {
			names = append(names, h.Name)
		}
		if got := fmt.Sprintf("%s; %s; %v", strings.Join(names, " "), warnings.Error(), err); got != want {
			t.Errorf("%s: got %s, want %s", pattern, got, want)
		}
	}
}
