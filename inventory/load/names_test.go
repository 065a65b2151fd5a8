package load

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"aixmend/inventory"
)

// badNames are keys of hosts, as YAML, whose names can't be ours.
var badNames = []string{
	`"2001:db8::7"`, `_gateway`, `docker/c1`, `příbor`, `"a b"`, `".."`, `"."`, `".hidden"`, `"-oProxyCommand=x"`, `"x,y"`, `"x:y"`, `"a\tb"`, `"a\nb"`, `"a\e[1mb"`, `"‮x"`,
	`1001`, `1.5`, `true`, `~`, `""`, `" "`, `AIX1`, `all`, `"r[5:1]"`, `"r[a:5]"`, `"r[1:"`, `"r]"`, `"r[01:100]"`, `"_x[1:3]"`, `"big[1:999999]"`, `"@latest:failed"`, `"!x"`, `"&x"`, `"*"`,
	`"\\"`, `"` + strings.Repeat("x", 201) + `"`, `"` + strings.Repeat("é", 5000) + `"`, `"x:99999"`, `"x:0"`, `"{{ x }}"`,
}

// faultOf returns the name of the only host that can't be selected.
func faultOf(t *testing.T, inv *inventory.Inventory) string {
	t.Helper()
	if len(inv.Faults) != 1 {
		t.Fatalf("%d faults: %v", len(inv.Faults), inv.Faults)
	}
	for name := range inv.Faults {
		return name
	}
	return ""
}

// A host whose name can't be ours is its own fault: all others come out as they do without
// it, and it can't be selected, whatever the pattern. A good name lifts the fault.
func TestNamesThatCannotBeOurs(t *testing.T) {
	const others = "all: {vars: {ansible_user: ops}, hosts: {lone: {ansible_host: 10.0.0.9}}}\naix: {hosts: {aix1: {ansible_port: 2200}, aix2: }, vars: {ansible_ssh_private_key_file: /k}}\n"
	before, err := testOptions().Parse("i.yaml", []byte(others))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range badNames {
		t.Run(key[:min(len(key), 20)], func(t *testing.T) {
			parse := func(key string) *inventory.Inventory {
				inv, err := testOptions().Parse("i.yaml", []byte(others+"other: {hosts: {? "+key+" : {ansible_host: 10.0.0.77}}}\n"))
				if err != nil {
					t.Fatal(err)
				}
				return inv
			}
			inv := parse(key)
			name := faultOf(t, inv)
			for _, pattern := range []string{"aix", "lone", "aix*", "aix[1-2]", "lone,aix"} {
				was, err := before.Select(pattern)
				got, err2 := inv.Select(pattern)
				if err != nil || err2 != nil || !slices.EqualFunc(was, got, sameHost) {
					t.Errorf("%s: %v %v: %v, was %v", pattern, err, err2, got, was)
				}
			}
			for _, patterns := range [][]string{nil, {name}, {"all"}, {"other"}, {"*"}} {
				_, err := inv.Select(patterns...)
				if err == nil {
					t.Fatalf("%q is selected", patterns)
				}
				if !strings.Contains(err.Error(), "i.yaml:3:") && name != "@latest:failed" { // that is an earlier run
					t.Errorf("%q: %v", patterns, err)
				}
				if strings.ContainsAny(err.Error(), "\t\x1b‮") {
					t.Errorf("%q", err)
				}
			}
			if inv := parse("named"); len(inv.Faults) > 0 {
				t.Error(inv.Faults)
			} else if _, err := inv.Select("named"); err != nil {
				t.Error(err)
			}
		})
	}
}

func sameHost(a, b inventory.Host) bool {
	return a.Name == b.Name && a.Address == b.Address && a.SSH == b.SSH && slices.Equal(a.Groups, b.Groups)
}

// A host that is not reached over SSH is left out, whatever its name is.
func TestNamesOfOtherConnections(t *testing.T) {
	inv, err := testOptions().Parse("i.yaml", []byte("all: {hosts: {aix1: , docker/c1: {ansible_connection: docker}, localhost: {ansible_connection: local}, \"a b\": {ansible_connection: winrm}}}\n"))
	if err != nil || len(inv.Hosts) != 1 || len(inv.Faults) != 0 || len(inv.Warnings) != 3 {
		t.Errorf("%v %+v", err, inv)
	}
}

// Any name may be that of a group. It selects its hosts, or is left out with a warning that
// names it; its variables hold for them in both cases.
func TestNamesOfGroups(t *testing.T) {
	for key, usable := range map[string]bool{
		`"Power Servers"`: true, `tag_env=prod`: true, `"tag:Name"`: true, `"tag:Name=a b"`: true, `é`: true, `_private`: true, `a/b`: true, `"it's"`: true, `a&b`: true,
		`"a:!b"`: true, `2024`: true, `"a b/c:d=e"`: true, `"@x"`: false, `"!x"`: false, `"&x"`: false, `"-x"`: false, `".x"`: false, `"~x"`: false, `"a,b"`: false, `"a*"`: false, `"a?"`: false,
		`"a[1]"`: false, `"a\tb"`: false, `"a "`: false, `" a"`: false, `""`: false, `"a\\b"`: false, `"` + strings.Repeat("x", 201) + `"`: false, `aix1`: false, `"‮x"`: false,
	} {
		t.Run(key[:min(len(key), 20)], func(t *testing.T) {
			inv, err := testOptions().Parse("i.yaml", []byte("? "+key+"\n: {hosts: {aix1: }, children: {inner: {hosts: {aix2: }}}, vars: {ansible_user: ops, ansible_port: 2200}}\nrest: {hosts: {aix3: }}\n"))
			if err != nil || len(inv.Faults) > 0 {
				t.Fatal(err, inv)
			}
			for _, name := range []string{"aix1", "aix2"} {
				if h, _ := inv.Host(name); h.SSH.User != "ops" || h.SSH.Port != 2200 {
					t.Errorf("%+v", h)
				}
			}
			var name string
			for _, g := range inv.Groups {
				if g.Name != "inner" && g.Name != "rest" {
					name = g.Name
				}
			}
			if (name != "") != usable || !usable && len(inv.Warnings) != 1 {
				t.Fatalf("group %q, warnings %v", name, inv.Warnings)
			}
			if !usable {
				return
			}
			for pattern, want := range map[string]string{name: "aix1 aix2", "rest," + name: "aix1 aix2 aix3", "!" + name: "aix3", "all,!" + name: "aix3", "all,&" + name: "aix1 aix2"} {
				if got := selected(t, inv, pattern); got != want {
					t.Errorf("%q selects %s", pattern, got)
				}
			}
			again, err := testOptions().Parse("again.yaml", inv.Export(inv.Hosts))
			if err != nil {
				t.Fatal(err)
			}
			if h, _ := again.Host("aix2"); h.SSH.User != "ops" {
				t.Errorf("imported: %+v", h)
			}
		})
	}
}

// A part of one group that is not read is a fault of its hosts.
func TestPartsOfGroups(t *testing.T) {
	for text, want := range map[string]string{
		"g: {hosts: {a: , b: }, vars: [1]}\nh: {hosts: {c: }}\n":                        "a b",
		"g: {hosts: [a, b]}\nh: {hosts: {c: }}\n":                                       "a b",
		"g: {hosts: {a: }, children: [x]}\nx: {hosts: {b: }}\nh: {hosts: {c: }}\n":      "a b",
		"g: {hosts: {a: 5, b: [x], c: ''}}\n":                                           "a b",
		"g: {hosts: {a: !x {b: c}, c: }}\n":                                             "a",
		"g: {hosts: {c: }}\nh: {hosts: {a: , b: }, vars: !x {b: c}}\n":                  "a b",
		"g: {children: {h: {children: {g: }, hosts: {a: }}}}\nx: {hosts: {c: , a: }}\n": "a",
	} {
		inv, err := testOptions().Parse("i.yaml", []byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := strings.Join(sortedKeys(inv.Faults), " "); got != want {
			t.Errorf("%s: %s, want %s: %v", text, got, want, inv.Faults)
		}
		if _, err := inv.Select("c"); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// Where no host is reached over SSH the reason is told, and the warnings with it.
func TestAllLeftOut(t *testing.T) {
	var hosts strings.Builder
	for i := range 12 {
		hosts.WriteString([]string{"docker", "docker", "docker", "winrm"}[i%4])
		hosts.WriteString(string(rune('a'+i)) + ": {ansible_connection: " + []string{"docker", "docker", "docker", "winrm"}[i%4] + "}, ")
	}
	for text, want := range map[string]string{
		"all: {hosts: {" + hosts.String() + "}}\n":                        `all 12 hosts are left out, none is reached over SSH: ansible_connection "docker" (9), "winrm" (3)`,
		"all: {hosts: {localhost: {ansible_connection: local}}}\n":        `the only host is left out, it is not reached over SSH: ansible_connection "local"`,
		"all: {vars: {ansible_connection: aws_ssm}, hosts: {a: , b: }}\n": `all 2 hosts are left out, none is reached over SSH: ansible_connection "aws_ssm" (2)`,
		"all: {hosts: {}}\n": "names no host",
	} {
		inv, err := testOptions().Parse("i.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), "i.yaml:1:1: "+want+"\n") {
			t.Errorf("%s: %v", text, err)
		}
		if left := strings.Contains(text, "connection"); left != (len(inv.Warnings) > 0) {
			t.Errorf("%s: warnings %v", text, inv.Warnings)
		}
	}
	// The remedy.
	if inv, err := testOptions().Parse("i.yaml", []byte("all: {hosts: {localhost: {ansible_connection: ssh}}}\n")); err != nil || len(inv.Hosts) != 1 {
		t.Error(err)
	}
	folder := write(t, map[string]string{"a.yaml": "all: {hosts: {a: {ansible_odd: x}}}\n", "b.yaml": "apiVersion: aixmend/v1\nhosts: {b: {odd: x}}\n"})
	if inv, err := testOptions().Load(filepath.Join(folder, "a.yaml"), filepath.Join(folder, "b.yaml")); err == nil || len(inv.Warnings) != 1 {
		t.Errorf("%v %v", err, inv.Warnings)
	}
}

// Underscores stand in addresses and bastions, as ssh takes them; nothing that a shell or an
// option could misread does.
func TestDialledNames(t *testing.T) {
	for name, good := range map[string]bool{
		"aix_db1": true, "aix_26.example.com": true, "_aix": true, "a._b": true, "aix_": true, "a_-b": true, "_dmarc.example.com.": true, "-a": false, "a.-b": false, "a b": false, "a;b": false, "a/b": false,
		"$a": false, "a`b": false, "a..b": false, "": false, ".": false, "_": true, "příbor": false, "a%b": false,
	} {
		ways := []string{
			"apiVersion: aixmend/v1\nhosts: {h: {address: '" + name + "'}}\n",
			"apiVersion: aixmend/v1\nhosts: {h: {address: 10.0.0.1, ssh: {jump: 'ops@" + name + ":22'}}}\n",
			"apiVersion: aixmend/v1\nbastions: {'" + name + "': {ssh: {user: ops}}}\nhosts: {h: {address: 10.0.0.1}}\n",
			"all: {hosts: {h: {ansible_host: '" + name + "'}}}\n",
			"all: {hosts: {h: {aixmend_ssh: {jump: '" + name + "'}}}}\n",
		}
		for i, text := range ways {
			if name == "" && i > 2 {
				continue // an empty value sets nothing in Ansible
			}
			inv, err := testOptions().Parse("i.yaml", []byte(text))
			if err == nil {
				_, err = inv.Select("h")
			}
			if (err == nil) != good {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
	inv, err := testOptions().Parse("i.yaml", []byte("all: {hosts: {aix_db1: , aix_26.example.com: }}\n"))
	if err != nil || len(inv.Faults) > 0 || inv.Hosts[0].Address != "aix_26.example.com" {
		t.Error(err, inv)
	}
}
