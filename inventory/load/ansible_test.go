package load

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/inventory"
	"aixmend/inventory/ansible"
	"aixmend/transport/lab/golden"
)

// What Ansible makes of an inventory stands beside it (record.sh): the hosts
// must come out the same, whether we resolve groups and precedence or Ansible did.
func TestAnsibleResolvesAlike(t *testing.T) {
	paths, err := filepath.Glob("testdata/ansible/*.yaml")
	if err != nil || len(paths) < 10 {
		t.Fatal(paths, err)
	}
	for _, path := range append(paths, "testdata/ansible/folders/hosts.yaml") {
		t.Run(path, func(t *testing.T) {
			ours, err := testOptions().Load(path)
			if err != nil {
				t.Fatal(err)
			}
			recorded, err := os.ReadFile(strings.TrimSuffix(path, ".yaml") + ".json")
			if err != nil {
				t.Fatal(err)
			}
			theirs, err := testOptions().Parse("recorded.json", recorded)
			if err != nil {
				t.Fatal(err)
			}
			for _, inv := range []*inventory.Inventory{ours, theirs} {
				if len(inv.Hosts) == 0 || len(inv.Faults) > 0 {
					t.Errorf("%d hosts, faults %v", len(inv.Hosts), inv.Faults)
				}
				for i := range inv.Hosts {
					// The order of the groups is by priority, which Ansible does not print.
					inv.Hosts[i].Groups = slices.Sorted(slices.Values(inv.Hosts[i].Groups))
				}
			}
			if diff := cmp.Diff(theirs.Hosts, ours.Hosts, withoutPos()); diff != "" {
				t.Errorf("(-ansible +ours):\n%s", diff)
			}
			golden.Check(t, strings.TrimSuffix(path, ".yaml")+".golden", described(ours))
		})
	}
}

// described is an inventory as text, a line for each host and warning.
func described(inv *inventory.Inventory) string {
	var text strings.Builder
	for _, h := range inv.Hosts {
		fmt.Fprintf(&text, "%s at %s", h.Name, h.Address)
		s := h.SSH
		for _, part := range []struct{ name, value string }{
			{"user", s.User}, {"port", fmt.Sprint(s.Port)}, {"key", s.Identity}, {"known_hosts", strings.ReplaceAll(s.KnownHosts, "\n", ",")}, {"jump", s.Jump}, {"config", s.Config}, {"agent", s.Agent}, {"alias", s.HostKeyAlias},
			{"become", s.Become}, {"command", s.BecomeCommand}, {"password", s.BecomePassword}, {"nic", h.RMCNIC}, {"in", strings.Join(h.Groups, ",")},
		} {
			if part.value != "" && part.value != "0" && part.value != inventory.BecomeNone {
				fmt.Fprintf(&text, " %s %s", part.name, part.value)
			}
		}
		for _, w := range h.Waivers {
			fmt.Fprintf(&text, " waives %s", w.Finding)
		}
		for _, a := range h.Accepts {
			fmt.Fprintf(&text, " accepts %s", a.Check)
		}
		text.WriteByte('\n')
	}
	for _, w := range inv.Warnings {
		fmt.Fprintf(&text, "warning: %s\n", w)
	}
	if _, err := inv.Select(); err != nil {
		fmt.Fprintf(&text, "error: %s\n", err)
	}
	return text.String()
}

// What is odd, wrong, secret or not understood: the exact words, each with its
// place. No password of the files is in them.
func TestAnsibleOdd(t *testing.T) {
	for name, data := range files(t, "testdata/ansible-odd") {
		t.Run(name, func(t *testing.T) {
			inv, err := testOptions().Parse("inventory.yaml", data)
			var text string
			if err != nil {
				text = "error: " + err.Error() + "\n"
			} else {
				text = described(inv)
			}
			if strings.Contains(text, "clear-secret") {
				t.Errorf("a password is told: %s", text)
			}
			golden.Check(t, "testdata/ansible-odd/"+name+".golden", text)
		})
	}
}

// A host whose template names more variables than anybody would write can't be
// selected: each one costs a search.
func TestTemplatesAreBounded(t *testing.T) {
	for n, good := range map[int]bool{ansible.MaxLooked: true, ansible.MaxLooked + 1: false} {
		inv, err := Parse("i.yaml", []byte("all: {hosts: {a: {e: '', ansible_user: 'x"+strings.Repeat("{{ e }}", n)+"'}}}\n"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := inv.Select(); (err == nil) != good {
			t.Errorf("%d: %v", n, err)
		}
	}
}

// A variable that is read for several settings is one fault.
func TestOneFaultOnce(t *testing.T) {
	inv, err := Parse("i.yml", []byte("all: {hosts: {a: {ansible_connection: '{{ x.y }}'}, b: }}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(inv.Faults["a"]) != 1 || len(inv.Faults) != 1 {
		t.Errorf("%v", inv.Faults)
	}
}
