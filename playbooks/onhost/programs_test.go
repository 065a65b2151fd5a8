package onhost

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// E4: the programs of a step are found in command position alone, helpers are not
// among them, and what is no shell text has none.
func TestPrograms(t *testing.T) {
	for text, want := range map[string][]string{
		"/usr/sbin/chdev -l en1 -a netaddr6=fe80::1":                                                         {"/usr/sbin/chdev"},
		"/usr/bin/cp -p /a /b; printf x | /usr/bin/tr a b":                                                   nil,
		"/opt/rsct/bin/rmcctrl -z; /opt/rsct/bin/rmcctrl -A":                                                 {"/opt/rsct/bin/rmcctrl"},
		"p=/usr/sbin/rsct/bin/lsnodeid\n[ -x \"$p\" ] || p=/opt/rsct/bin/lsnodeid\n\"$p\"":                   {"/opt/rsct/bin/lsnodeid", "/usr/sbin/rsct/bin/lsnodeid"},
		"for f in a b; do case \"$(/usr/bin/lslpp -Lcq \"$f\")\" in *x*) /usr/sbin/installp -C;; esac; done": {"/usr/bin/lslpp", "/usr/sbin/installp"},
		"/usr/bin/odmget CuAt >/etc/x || exit 1\n/usr/bin/odmdelete -o CuAt":                                 {"/usr/bin/odmdelete", "/usr/bin/odmget"},
		"\"$(/usr/bin/head -n 1 /x)\" /usr/sbin/chdev":                                                       nil,
		"# the files of /a are uploaded":                                                                     nil,
		"if":                                                                                                 nil,
	} {
		if diff := cmp.Diff(want, Programs(text)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", text, diff)
		}
	}
}
