package onhost

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/transport/shell"
)

// Two processes without a name are not taken for one.
func TestUnknownProcessesAreTwo(t *testing.T) {
	a, b := NewLease("r1", "h", "me", "", time.Time{}), NewLease("r1", "h", "me", "", time.Time{})
	if SameFolder(a.Process, b.Process) {
		t.Errorf("two processes of which nothing is known are one: %s", a)
	}
	if named := NewLease("r1", "h", "me", "f01d.2", time.Time{}); !SameFolder(named.Process, "f01d.1") || SameFolder(named.Process, "beef.1") || SameFolder(a.Process, named.Process) {
		t.Errorf("folders are told apart wrongly: %s", named)
	}
}

// matching returns what matches a form in the classes of package shell.
func matching(form string) *regexp.Regexp {
	return regexp.MustCompile("^" + strings.NewReplacer(shell.Digit, "[0-9]", shell.Hex, "[0-9a-f]", shell.NameChar, "[A-Za-z0-9._@,=-]").Replace(regexp.QuoteMeta(form)) + "$")
}

// Whatever its texts: a lease has the form that the rules of sudoers allow, and is read as
// it was made.
func TestLeaseHasOneForm(t *testing.T) {
	const run = "20261122T103000.123Z-3f9ac2"
	form := matching(LeaseForm)
	long := func(end string) string { return strings.Repeat("x", 100) + end }
	for _, c := range []struct{ host, owner, process string }{
		{"aixprd01", "ops@ctl", "f01d2b3c4d5e.01234567"}, {"", "", ""}, {"a b/c", "ops,root=x", "../../etc"}, {long("1"), long("2"), long("3")}, {strings.Repeat("y", 48), strings.Repeat("z", 64), strings.Repeat("p", 24)},
		{strings.Repeat("y", 49), strings.Repeat("z", 65), strings.Repeat("p", 25)}, {"ü", "é@host", "."},
	} {
		l := NewLease(run, c.host, c.owner, c.process, time.Date(2026, 11, 29, 8, 9, 10, 11, time.UTC))
		if !form.MatchString(l.String()) {
			t.Errorf("%+v: %d characters, not %d: %s", c, len(l.String()), len(LeaseForm), l)
		}
		got, err := ReadLease("lrwxrwxrwx 1 root system 9 Nov 29 08:09 " + LeasePath + " -> " + l.String() + "\n")
		if err != nil || got == nil {
			t.Fatalf("%v: %s", err, l)
		}
		if diff := cmp.Diff(l, *got); diff != "" || got.String() != l.String() || !got.IsFor(c.host) {
			t.Errorf("%s (-made +read):\n%s", l, diff)
		}
	}
}

// Long names that begin alike are two, and so are hosts of two leases.
func TestLongNamesAreNotMixedUp(t *testing.T) {
	name := strings.Repeat("aix-production-", 8)
	a, b := NewLease("r1", name+"1", name+"1", name+"1", time.Time{}), NewLease("r1", name+"2", name+"2", name+"2", time.Time{})
	if a.Host == b.Host || a.Owner == b.Owner || a.Process == b.Process || a.IsFor(name+"2") || !a.IsFor(name+"1") {
		t.Errorf("%s\n%s", a, b)
	}
}

// Leases of older versions, whose texts had other lengths, are read, replaced and given
// back as they stand.
func TestLeasesOfOlderVersions(t *testing.T) {
	name := strings.Repeat("aix-production-", 8)
	for _, target := range []string{
		"run=r1,by=ops@ctl,until=20261129T080910Z", "run=r1,host=h,by=ops@ctl,until=20261129T080910Z", "run=r1,host=h,by=ops@ctl,proc=f01d.17,until=20261129T080910Z",
		"run=r1,host=" + name + ",by=" + name + ",proc=unknown,until=20261129T080910Z",
	} {
		l, err := ReadLease("l " + LeasePath + " -> " + target + "\n")
		if err != nil || l.String() != target || !strings.Contains(LeaseReplaceCommand(*l, *l), `" -> `+target+`"`) || !strings.Contains(LeaseReleaseCommand(*l), `" -> `+target+`"`) {
			t.Errorf("%s: %v, %v", target, l, err)
			continue
		}
		if host := l.Host; host != "" && (!l.IsFor(host) || l.IsFor(host+"x")) {
			t.Errorf("%s: not for its own host", target)
		}
	}
}
