package hub

import (
	"strings"
	"testing"
	"time"

	"aixmend/controller/fleet"
	"aixmend/controller/outcome"
)

// Each way in which a site can be heard has its word. A worker that was killed a moment ago has
// no connection any more, and one that is frozen sends nothing: neither looks well.
func TestStatusOfASite(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 12, 1, 7, 0, 0, 0, time.UTC)
	now := began.Add(time.Hour)
	lately := fleet.Heard{Last: now.Add(-time.Second), Version: "v1", Instance: "a1"}
	busy, old, left, frozen, two := lately, lately, lately, lately, lately
	busy.Runs, old.Version, left.Left, frozen.Last = []string{run}, "v0", true, now.Add(-quiet-time.Second)
	two.Standbys = []fleet.Standby{{Instance: "b2"}, {Instance: "c3"}}
	for _, c := range []struct {
		heard  fleet.Heard
		linked bool
		hosts  int
		want   string
		code   outcome.Code
	}{
		{lately, true, 3, "connected, 3 hosts, version v1", outcome.ExitOK},
		{lately, true, 0, "connected, no hosts announced, version v1", outcome.ExitOK},
		{busy, true, 3, "connected, 3 hosts, version v1, works on run " + run, outcome.ExitOK},
		{old, true, 3, "connected, 3 hosts, version v0, not the hub's v1", outcome.ExitOK},
		{two, true, 3, "connected, 3 hosts, version v1, worker a1 is active, standing by: b2 c3", outcome.ExitOK},
		{lately, false, 3, "SILENT, last heard 1s ago at 2026-12-01T07:59:59Z, 3 hosts, version v1", outcome.ExitUnreachable},
		{frozen, true, 3, "SILENT, last heard 13s ago at 2026-12-01T07:59:47Z, 3 hosts, version v1", outcome.ExitUnreachable},
		{left, false, 3, "STOPPED, last heard 1s ago at 2026-12-01T07:59:59Z, 3 hosts, version v1", outcome.ExitUnreachable},
		{fleet.Heard{}, false, 0, "never heard since the hub began 1h0m0s ago, no hosts announced", outcome.ExitUnreachable},
		{fleet.Heard{}, true, 0, "never heard since the hub began 1h0m0s ago, no hosts announced", outcome.ExitUnreachable},
	} {
		st := statusOf([]Member{{Role: fleet.RoleSite, Name: "fra"}})
		st.Running, st.Now, st.Began, st.Version = true, now, began, "v1"
		st.Sites[0].Hosts = c.hosts
		st.Sites[0].hear(c.heard, c.linked, now)
		if got := st.Lines()[0]; got != "site fra: "+c.want || st.code() != c.code {
			t.Errorf("%q, exit code %d; want %q, %d", got, st.code(), c.want, c.code)
		}
	}
}

// The members are listed once each, also where the hub does not run. A site that was revoked is
// no trouble.
func TestStatusOfMembers(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 12, 1, 7, 0, 0, 0, time.UTC)
	st := statusOf([]Member{
		{Role: fleet.RoleSite, Name: "fra", Added: day, Revoked: day}, {Role: fleet.RoleOperator, Name: "ops", Added: day},
		{Role: fleet.RoleOperator, Name: "fra", Added: day, Revoked: day}, {Role: fleet.RoleSite, Name: "fra", Added: day.AddDate(0, 0, 1)}, {Role: fleet.RoleSite, Name: "par", Added: day, Revoked: day},
	})
	want := "the hub does not run; its members are|site fra: added 2026-12-02|site par: revoked 2026-12-01|operator ops: added 2026-12-01|operator fra: revoked 2026-12-01"
	if got := strings.Join(st.Lines(), "|"); got != want || st.code() != outcome.ExitUnreachable {
		t.Errorf("%s, exit code %d", got, st.code())
	}
	st.Sites[0].State, st.Running = stateConnected, true
	if st.code() != outcome.ExitOK {
		t.Error(st.code())
	}
}
