//go:build !aix && !nohub

package server

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	nats "github.com/nats-io/nats-server/v2/server"

	"aixmend/controller/fleet"
)

// The printed accounts grant each member the subjects that the hub's own server grants, and no
// others: both come from fleet.RightsOf.
func TestAccountsGrantWhatTheServerGrants(t *testing.T) {
	t.Parallel()
	var list []Member
	for _, m := range []Member{{Role: fleet.RoleHub, Name: "hub"}, {Role: fleet.RoleSite, Name: "fra"}, {Role: fleet.RoleSite, Name: "par-2"}, {Role: fleet.RoleOperator, Name: "ops"}} {
		var err error
		if _, m.Key, err = fleet.NewSeed(); err != nil {
			t.Fatal(err)
		}
		list = append(list, m)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"aixmend.conf": fleet.Accounts(list), "nats.conf": "accounts { include aixmend.conf }\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	theirs, err := nats.ProcessConfigFile(filepath.Join(dir, "nats.conf"))
	if err != nil {
		t.Fatal(err)
	}
	if len(theirs.Accounts) != 1 || len(theirs.Users) > 0 || theirs.NoAuthUser != "" {
		t.Errorf("%d accounts, %d users with passwords", len(theirs.Accounts), len(theirs.Users))
	}
	granted := func(o *nats.Options) map[string][2][]string {
		m := map[string][2][]string{}
		for _, u := range o.Nkeys {
			p := u.Permissions
			if p.Publish.Deny != nil || p.Subscribe.Deny != nil || p.Response != nil {
				t.Errorf("%s: %+v", u.Nkey, p)
			}
			m[u.Nkey] = [2][]string{p.Publish.Allow, p.Subscribe.Allow}
		}
		return m
	}
	own, other := granted(options(Config{Hub: list[0], Members: list[1:]})), granted(theirs)
	if len(own) != len(list) || len(other) != len(list) {
		t.Fatalf("%d and %d users, want %d", len(own), len(other), len(list))
	}
	for _, m := range list {
		for i, what := range []string{"publish to", "subscribe to"} {
			if !slices.Equal(own[m.Key][i], other[m.Key][i]) || len(own[m.Key][i]) == 0 {
				t.Errorf("%s %s may %s %q at the hub's own server, and %q elsewhere", m.Role, m.Name, what, own[m.Key][i], other[m.Key][i])
			}
		}
	}
}
