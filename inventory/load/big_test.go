package load

import (
	"aixmend/inventory"
	"aixmend/transport/lab/suite"
	"fmt"
	"strings"
	"testing"
	"time"
)

// Large fleets in Ansible's shapes are read whole, in a time that a file of ours
// with as many hosts takes several times.
func TestBigForeign(t *testing.T) {
	groups := suite.Rounds(9, 99)
	n := groups * 300
	var ours, flat, ranges, vars strings.Builder
	ours.WriteString("apiVersion: aixmend/v1\nhosts:\n")
	flat.WriteString("all:\n  vars: {ansible_user: ops}\n  hosts:\n")
	vars.WriteString(`{"_meta": {"hostvars": {"x": {}`)
	for i := range n {
		fmt.Fprintf(&ours, "  a%d: {address: 10.%d.%d.%d, ssh: {user: ops, port: 22}}\n", i, i>>16, i>>8&255, i&255)
		fmt.Fprintf(&flat, "    a%d: {ansible_host: 10.%d.%d.%d, ansible_port: 22, site: x}\n", i, i>>16, i>>8&255, i&255)
		fmt.Fprintf(&vars, ",\n\"a%d\": {\"ansible_host\": \"10.%d.%d.%d\", \"ansible_port\": 22, \"site\": \"x\"}", i, i>>16, i>>8&255, i&255)
	}
	vars.WriteString("}}, \"all\": [\"a0\"")
	for i := 1; i < n; i++ {
		fmt.Fprintf(&vars, ", \"a%d\"", i)
	}
	vars.WriteString("]}")
	ranges.WriteString("all:\n  children:\n")
	for i := range groups {
		fmt.Fprintf(&ranges, "    g%d: {hosts: {\"h%d-[1:300]\": {ansible_port: 22}}, children: {g%d: }}\n", i, i, i+1)
	}
	parse := func(text string) (inv *inventory.Inventory, took time.Duration) {
		took = suite.Effort(t, func() {
			var err error
			if inv, err = Parse("i.yaml", []byte(text)); err != nil {
				t.Fatalf("%.300v", err)
			}
		})
		return inv, took
	}
	_, ordinary := parse(ours.String())
	for name, text := range map[string]string{"flat": flat.String(), "list": vars.String(), "ranges": ranges.String()} {
		inv, took := parse(text)
		t.Logf("%s: %v, ours %v", name, took, ordinary)
		if len(inv.Hosts) != n || took > 10*ordinary {
			t.Errorf("%s: %d hosts in %v", name, len(inv.Hosts), took)
		}
	}
}

// Files that ask for much work for little text come to an end, with an answer.
func TestHostileForeign(t *testing.T) {
	suite.Unraced(t, "one goroutine")
	const n = 2_000 // its square is above each bound
	many := func(format string) string {
		var text strings.Builder
		for i := range n {
			text.WriteString(strings.NewReplacer("%d", fmt.Sprint(i), "%n", fmt.Sprint(i+1)).Replace(format))
		}
		return text.String()
	}
	levels := "l0: &l0 {hosts: {h1: null}}\n"
	for i := range 60 {
		levels += fmt.Sprintf("l%[2]d: &l%[2]d {vars: {v: [*l%[1]d, *l%[1]d]}, children: {a%[2]d: *l%[1]d, b%[2]d: *l%[1]d}}\n", i, i+1)
	}
	for name, c := range map[string]struct {
		text, want string // the end of a problem; "" for none
	}{
		"expansions":         {"all: {hosts: {" + many(`"a%d-[1:99999]": null,`) + "}}\n", "there are more than 100000 hosts"},
		"bad expansions":     {"all: {hosts: {" + many(`"-%d[1:99999]": null,`) + "}}\n", "hosts are listed more than 3000000 times"},
		"members":            {"all: {children: {a: {hosts: &h {" + many(`h%d: null,`) + "}}," + many("g%d: {hosts: *h },") + "}}\n", "hosts are listed more than 3000000 times"},
		"deep groups":        {"all: {children: {" + many("g%d: {children: {g%n: }},") + "}}\n", "is nested deeper than 100 levels"},
		"parents":            {"all: {children: {" + many("g%d: {children: {x: null}},") + "}}\n", "has more than 1000 parents"},
		"merges":             {"all: {vars: &v {" + many("v%d: 1,") + "}, hosts: {" + many("h%d: {<<: *v },") + "}}\n", "merge keys bring more than 3000000 entries"},
		"unknown":            {"all: {hosts: {" + many("h%d: {ansible_x%d: 1, ansible_y: !t 1},") + "}}\n", ""},
		"one address":        {"all: {hosts: {" + many("h%d: {ansible_host: 10.0.0.1},") + "}}\n", ""},
		"names of hosts":     {"all: {hosts: {" + many("h%d: null,") + "}, children: {" + many("h%d: null,") + "}}\n", ""},
		"templates":          {"all: {vars: {" + many("v%d: '{{ v%n }}{{ v%n }}', ") + "ansible_user: '{{ v0 }}'}, hosts: {" + many("h%d: null,") + "}}\n", ""},
		"aliases of aliases": {levels, "is nested deeper than 100 levels by its aliases"},
		"empty templates":    {"all: {vars: {e: '', l: x, " + many("v%d: '{{ v%n }}{{ v%n }}', ") + "v" + fmt.Sprint(n) + ": '{{ e }}', ansible_user: '{{ v" + fmt.Sprint(n-8) + "}}l'}, hosts: {" + many("h%d: null,") + "}}\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			inv, err := Parse("i.yaml", []byte(c.text))
			switch {
			case c.want == "" && (err != nil || len(inv.Hosts) != n && len(inv.Hosts) != 1):
				t.Errorf("%.200v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error()+"\n", c.want+"\n")):
				t.Errorf("%.200v", err)
			}
		})
	}
}
