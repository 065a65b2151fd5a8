package load

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/inventory"
)

// broken are ways to make the part of one host unreadable: its key and its variables.
var broken = []struct{ key, vars string }{
	{key: `"2001:db8::7"`}, {key: `docker/c1`}, {key: `_gateway`}, {key: `"a b"`}, {key: `1001`}, {key: `true`}, {key: `~`}, {key: `"r[5:1]"`}, {key: `"r[a:"`}, {key: `"x:70000"`}, {key: `"H0"`},
	{vars: `ansible_port: many`}, {vars: `ansible_port: 70000`}, {vars: `ansible_port: [22]`}, {vars: `ansible_user: "{{ lookup('env', 'U') }}"`}, {vars: `ansible_user: "a b"`},
	{vars: `ansible_user: !vault "$ANSIBLE_VAULT;1.1;AES256 3132"`}, {vars: `ansible_host: !odd 10.0.0.1`}, {vars: `ansible_host: "no host!"`}, {vars: `ansible_host: {a: b}`},
	{vars: `ansible_ssh_common_args: "-o ProxyCommand='nc -x s:1 %h %p'"`}, {vars: `ansible_ssh_common_args: "-J 'a"`}, {vars: `ansible_password: clear`}, {vars: `aixmend_ssj: {port: 22}`},
	{vars: `ansible_become: perhaps`}, {vars: `ansible_connection: "{{ nothing }}"`},
}

// randomHosts writes an Ansible inventory with hosts h0 to h9 in random groups with random
// variables, and folders beside it. Host number at has the part that is broken; -1: none.
func randomHosts(r *rand.Rand, at int, key, vars string) map[string]string {
	groups := []string{"g0", "g1", "Power Servers", "tag:x=y", "@odd"}
	settings := func(n int) string {
		var list []string
		for _, s := range []string{"ansible_user: u%d", "ansible_port: 22%02d", "ansible_ssh_private_key_file: /k/%d", "ansible_ssh_common_args: -J gate%d", "other: '{{ x%d }}'"} {
			if r.IntN(2) == 0 {
				list = append(list, fmt.Sprintf(s, n))
			}
		}
		return strings.Join(list, ", ")
	}
	files := map[string]string{}
	var text strings.Builder
	fmt.Fprintf(&text, "all: {vars: {%s}}\n", settings(50))
	parts := make([][]string, len(groups))
	for i := range 10 {
		own := settings(i)
		if own != "" {
			own += ", "
		}
		name, more := fmt.Sprintf("h%d", i), fmt.Sprintf("ansible_host: 10.0.0.%d", i)
		g := r.IntN(len(groups))
		if r.IntN(4) == 0 {
			files["host_vars/"+name+".yml"] = "{" + settings(i+20) + "}\n"
		}
		if i == at {
			own = ""
			if key != "" {
				name = key
			}
			if vars != "" {
				more = vars
			}
			delete(files, "host_vars/h"+fmt.Sprint(i)+".yml")
		}
		parts[g] = append(parts[g], fmt.Sprintf("   ? %s\n   : {%s%s}\n", name, own, more))
	}
	parts[0] = append(parts[0], "   ? other\n   : {ansible_host: 10.0.0.200, ansible_port: 2222, ansible_user: o, ansible_ssh_common_args: -J none}\n")
	for i, g := range groups {
		fmt.Fprintf(&text, "%q:\n  vars: {%s}\n  hosts:\n%s", g, settings(60+i), strings.Join(parts[i], ""))
		if i > 0 && r.IntN(2) == 0 {
			fmt.Fprintf(&text, "  children: {%q: }\n", groups[i-1])
		}
		if r.IntN(3) == 0 {
			files["group_vars/"+g+".yml"] = "{" + settings(70+i) + "}\n"
		}
	}
	files["hosts.yaml"] = text.String()
	files["ours.yaml"] = "apiVersion: aixmend/v1\ngroups: {g0: {ssh: {legacy_algorithms: true}}, mine: {}}\nhosts: {\"n[1-3]\": {groups: [g0, mine], address: \"10.0.1.[1-3]\"}}\n"
	return files
}

// Whatever is unreadable about one host, every other host comes out as without that, and the
// host itself can't be selected. -l of a host gives the same host as no -l.
func TestOneHostUnread(t *testing.T) {
	load := func(files map[string]string) *inventory.Inventory {
		folder := t.TempDir()
		for name, text := range files {
			put(t, filepath.Join(folder, name), []byte(text), 0o600)
		}
		inv, err := testOptions().Load(filepath.Join(folder, "hosts.yaml"), filepath.Join(folder, "ours.yaml"))
		if err != nil {
			t.Fatalf("%v\n%s", err, files["hosts.yaml"])
		}
		return inv
	}
	for seed := range uint64(2 * len(broken)) {
		random := func() *rand.Rand { return rand.New(rand.NewPCG(seed, 15)) }
		way := broken[seed%uint64(len(broken))]
		at := int(seed*7+3) % 10
		if way.key == `"H0"` {
			at = 1 + at%9 // the twin of h0
		}
		before, after := load(randomHosts(random(), -1, "", "")), load(randomHosts(random(), at, way.key, way.vars))
		name := fmt.Sprintf("h%d", at)
		if way.key != "" {
			name = faultOf(t, after)
		}
		was := slices.DeleteFunc(slices.Clone(before.Hosts), func(h inventory.Host) bool { return h.Name == fmt.Sprintf("h%d", at) })
		is := slices.DeleteFunc(slices.Clone(after.Hosts), func(h inventory.Host) bool { return h.Name == name })
		if diff := cmp.Diff(was, is, withoutPos()); diff != "" {
			t.Errorf("seed %d, %+v: (-before +after):\n%s", seed, way, diff)
		}
		if _, err := after.Select(name); err == nil {
			t.Errorf("seed %d, %+v: %s can be selected", seed, way, name)
		}
		if _, err := after.Select(); err == nil {
			t.Errorf("seed %d, %+v: all can be selected", seed, way)
		}
		for _, h := range is {
			alone, err := after.Select(h.Name)
			if err != nil || len(alone) != 1 || cmp.Diff(alone[0], h) != "" {
				t.Errorf("seed %d, %+v: %s: %v %v", seed, way, h.Name, alone, err)
			}
		}
	}
}
