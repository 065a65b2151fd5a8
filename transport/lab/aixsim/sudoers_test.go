package aixsim

import (
	"strings"
	"testing"
)

func TestSudoersRules(t *testing.T) {
	for _, c := range []struct {
		rules   string // with ; between
		command string
		want    bool
	}{
		{"/usr/bin/id", "/usr/bin/id", true},
		{"/usr/bin/id", "/usr/bin/id -u -n", true},
		{"/usr/bin/id", "/usr/sbin/id", false},
		{`/usr/bin/id ""`, "/usr/bin/id", true},
		{`/usr/bin/id ""`, "/usr/bin/id -u", false},
		{"/usr/bin/id -u", "/usr/bin/id -u", true},
		{"/usr/bin/id -u", "/usr/bin/id", false},
		{"/usr/bin/id -u", "/usr/bin/id -u -n", false},
		{"/usr/bin/id *", "/usr/bin/id -u /etc/x", true},
		{"/usr/bin/id *", "/usr/bin/id", true},
		{"/usr/bin/id -? [a-c]*", "/usr/bin/id -u b/x y", true},
		{"/usr/bin/id -? [!a-c]*", "/usr/bin/id -u b", false},
		{"/usr/bin/i[[:alpha:]]", "/usr/bin/id", true},
		{"/usr/*/id", "/usr/bin/id", true},
		{"/usr/*", "/usr/bin/id", false},
		{"/usr?bin/id", "/usr/bin/id", false},
		{"/usr/bin/", "/usr/bin/id -u", true},
		{"/usr/bin/", "/usr/bin/x/id", false},
		{`/usr/sbin/chdev -l en[0-9] -a netaddr6\=fe80\:\:* -a prefixlen\=64`, "/usr/sbin/chdev -l en1 -a netaddr6=fe80::1 -a prefixlen=64", true},
		{`/usr/sbin/chdev -l en[0-9] -a netaddr6\=fe80\:\:* -a prefixlen\=64`, "/usr/sbin/chdev -l en1 -a netaddr=10.0.0.1", false},
		{`/bin/echo \*`, "/bin/echo *", true},
		{`/bin/echo \*`, "/bin/echo a", false},
		{`/bin/echo a\`, `/bin/echo a\`, true},
		{"/bin/echo [x", "/bin/echo [x", true},
		{"/bin/echo [x-]", "/bin/echo -", true},
		{"/bin/echo []a]", "/bin/echo ]", true},
		{"^/usr/bin/(id|who)$ ^-[a-z]+$", "/usr/bin/who -a", true},
		{"^/usr/bin/(id|who)$ ^-[a-z]+$", "/usr/bin/who -A", false},
		{"ALL", "/any/thing at all", true},
		{"/usr/bin/ls;/usr/bin/id", "/usr/bin/id", true},
		{"ALL;!/usr/bin/id", "/usr/bin/id", false},
		{"!/usr/bin/id;ALL", "/usr/bin/id", true},
		{"", "/usr/bin/id", false},
	} {
		words := strings.Fields(c.command)
		if got := permitted(strings.Split(c.rules, ";"), words[:1], words[1:]); got != c.want {
			t.Errorf("%q lets %q pass: %t", c.rules, c.command, got)
		}
	}
	if !permitted([]string{"/usr/sbin/chdev -l *"}, []string{"/etc/chdev", "/usr/sbin/chdev"}, []string{"-l", "en1"}) {
		t.Error("the same file by another path is another command")
	}
}
