package load

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/inventory"
)

// until is the last day of the acceptances below.
func until(month time.Month, day int) time.Time {
	return time.Date(2027, month, day, 0, 0, 0, 0, time.UTC)
}

func TestAcceptancesOfTheHostWinOverGroupsOverDefaults(t *testing.T) {
	inv, err := testOptions().Load("testdata/good/accept.yaml")
	if err != nil {
		t.Fatal(err)
	}
	clrginfo := inventory.Acceptance{Check: "clrginfo", Until: until(1, 31), Reason: "of defaults"}
	hacmp := inventory.Acceptance{Check: "hacmp", Until: until(1, 31), Reason: "of defaults"}
	ofTwo := inventory.Acceptance{Check: "hacmp", Until: until(2, 28), Reason: "of two"}
	ofOne := inventory.Acceptance{Check: "lscluster_m", Until: until(1, 31), Reason: "of one"}
	want := map[string][]inventory.Acceptance{
		"a-none": {clrginfo, hacmp},
		"b-one":  {clrginfo, hacmp, ofOne},
		"c-both": {clrginfo, ofTwo, ofOne},
		"d-host": {clrginfo, {Check: "hacmp", Until: until(3, 31), Reason: "of host"}, {Check: "lscluster_c", Until: until(3, 31), Reason: "of host: a = b"}},
	}
	for name, list := range want {
		host, _ := inv.Host(name)
		if diff := cmp.Diff(list, host.Accepts, withoutPos()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	host, _ := inv.Host("d-host")
	if got := host.Accepts[1].Pos.String(); got != "testdata/good/accept.yaml:15:83" {
		t.Errorf("position %s", got)
	}
}

func TestAcceptanceHoldsThroughItsLastDay(t *testing.T) {
	tokyo := time.FixedZone("JST", 9*60*60)
	cases := []struct {
		name      string
		until, at time.Time
		want      bool
	}{
		{"without an end", time.Time{}, until(1, 31), false},
		{"long before", until(1, 31), until(1, 31).AddDate(-1, 0, 0), true},
		{"last moment", until(1, 31), until(2, 1).Add(-time.Nanosecond), true},
		{"day after", until(1, 31), until(2, 1), false},
		{"last moment, elsewhere", until(1, 31), time.Date(2027, 2, 1, 8, 59, 59, 0, tokyo), true},
		{"day after, elsewhere", until(1, 31), time.Date(2027, 2, 1, 9, 0, 0, 0, tokyo), false},
	}
	for _, c := range cases {
		if got := (inventory.Acceptance{Until: c.until}).ActiveAt(c.at); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

func TestAcceptedAreTheChecksThatHoldNow(t *testing.T) {
	host := inventory.Host{Accepts: []inventory.Acceptance{
		{Check: "clrginfo", Until: until(1, 31)}, {Check: "hacmp", Until: until(2, 28)}, {Check: "lsrpdomain", Until: until(3, 31)},
	}}
	for at, want := range map[time.Time][]string{
		until(1, 31): {"clrginfo", "hacmp", "lsrpdomain"},
		until(2, 1):  {"hacmp", "lsrpdomain"},
		until(4, 1):  {},
	} {
		if got := host.Accepted(at); got == nil || !slices.Equal(got, want) {
			t.Errorf("%v: %#v, want %v", at, got, want)
		}
	}
}

// Options.KnownChecks is asked only where something is accepted: it takes long.
func TestKnownChecksAreAskedOnlyWhereNeeded(t *testing.T) {
	o := testOptions()
	o.KnownChecks = func() []string { t.Error("asked"); return nil }
	if _, err := o.Load("testdata/good/precedence.yaml"); err != nil {
		t.Error(err)
	}
	o.KnownChecks = nil
	if _, err := o.Parse("i.yaml", []byte("apiVersion: aixmend/v1\nhosts: {a: {accept: [{check: any_thing, until: 2027-01-31, reason: x}]}}\n")); err != nil {
		t.Error(err)
	}
}
