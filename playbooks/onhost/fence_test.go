package onhost

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aixmend/transport/shell"
)

// What a fence says of what is on a host, in every POSIX shell of this machine.
func TestFence(t *testing.T) {
	now := time.Now().UTC()
	own := NewLease("20261122T103000.123Z-3f9ac2", "aixprd01", "ops@ctl", "f01d.17", now.Add(time.Hour))
	with := func(change func(*Lease)) string {
		l := own
		change(&l)
		return l.String()
	}
	until := func(at time.Time) string { return with(func(l *Lease) { l.Until = at }) }
	for name, c := range map[string]struct{ target, want string }{
		"its own":                            {own.String(), FenceHeld},
		"its own, renewed":                   {until(now.Add(48 * time.Hour)), FenceHeld},
		"its own, for years":                 {until(now.AddDate(5, 0, 0)), FenceHeld},
		"its own, over":                      {until(now.Add(-time.Second)), FenceExpired},
		"its own, over for years":            {until(now.AddDate(-3, 0, 0)), FenceExpired},
		"its own, over since yesterday":      {until(now.Add(-24 * time.Hour)), FenceExpired},
		"another run's":                      {with(func(l *Lease) { l.Run = "20261122T103000.123Z-3f9ac3" }), FenceOther},
		"another host's":                     {with(func(l *Lease) { l.Host = "aixprd02" }), FenceOther},
		"another owner's":                    {with(func(l *Lease) { l.Owner = "ops@other" }), FenceOther},
		"another process's":                  {with(func(l *Lease) { l.Process = "f01d.18" }), FenceOther},
		"of a run whose name begins like it": {strings.Replace(own.String(), ",host=", "x,host=", 1), FenceOther},
		"of an older version":                {"run=" + own.Run + ",by=ops@ctl,until=29990101T000000Z", FenceOther},
		"with no end":                        {strings.Split(own.String(), "until=")[0] + "until=", FenceOther},
		"with an end that is none":           {strings.Split(own.String(), "until=")[0] + "until=2999x", FenceOther},
		"with more behind its end":           {own.String() + ",until=29990101T000000Z", FenceOther},
		"something else":                     {"/etc/passwd", FenceOther},
		"nothing":                            {"", FenceNone},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "lease")
			if c.target != "" {
				if err := os.Symlink(c.target, path); err != nil {
					t.Fatal(err)
				}
			}
			for _, sh := range shells(t) {
				for kind, text := range map[string]string{"plain": fence(path, own), "in a substitution": `echo "$(` + fence(path, own) + `)"`} {
					exit, said, errs := inShell(t, sh, text)
					if exit != 0 || said != c.want+"\n" || errs != "" {
						t.Errorf("%s, %s: status %d, %q, want %q; %s", sh, kind, exit, said, c.want, errs)
					}
				}
			}
		})
	}
	for _, dir := range []bool{false, true} { // no links at all
		path := filepath.Join(t.TempDir(), "lease")
		err := os.WriteFile(path, []byte(own.String()), 0o600)
		if dir {
			path, err = filepath.Dir(path), nil
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, said, _ := inShell(t, "sh", fence(path, own)); said != FenceOther+"\n" {
			t.Errorf("no link, a folder: %v: %q", dir, said)
		}
	}
}

// The text is the same for all of a run on a host, and needs no rights and no more
// programs than it says.
func TestFenceText(t *testing.T) {
	l := NewLease("r1", "h", "ops@ctl", "p.1", time.Unix(0, 0))
	later := l
	later.Until = time.Unix(1e9, 0)
	if FenceCommand(l) != FenceCommand(later) {
		t.Errorf("it follows the end of the lease:\n%s\n%s", FenceCommand(l), FenceCommand(later))
	}
	split := shell.Split(FenceCommand(l))
	if why := split.Whole(); why != "" {
		t.Errorf("it can't be taken apart: %s", why)
	}
	for _, call := range split.Calls() {
		for _, form := range call.Forms() {
			if form[0] != "/usr/bin/ls" && form[0] != "/usr/bin/date" {
				t.Errorf("it calls %q", form)
			}
		}
	}
}

// Times of a day are compared as such: 08 and 09 are no octal numbers.
func TestLaterThan(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"20261129T080910Z", "20261129T080909Z", true},
		{"20261129T080909Z", "20261129T080909Z", false},
		{"20261129T080908Z", "20261129T080909Z", false},
		{"20261129T100000Z", "20261129T093000Z", true},
		{"20261129T000008Z", "20261129T000010Z", false},
		{"20261129T000010Z", "20261129T000008Z", true},
		{"20261130T000000Z", "20261129T235959Z", true},
		{"20270101T000000Z", "20261231T235959Z", true},
		{"20261231T235959Z", "20270101T000000Z", false},
	} {
		for _, sh := range shells(t) {
			exit, _, errs := inShell(t, sh, "a="+c.a+" b="+c.b+"; if "+laterThan("a", "b")+"; then exit 0; else exit 1; fi")
			if (exit == 0) != c.want || errs != "" {
				t.Errorf("%s: %s later than %s: status %d, want %v; %s", sh, c.a, c.b, exit, c.want, errs)
			}
		}
	}
}
