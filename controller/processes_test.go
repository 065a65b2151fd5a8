package controller

import (
	"strings"
	"testing"

	"aixmend/transport"
)

// E4: the process table says that a step still runs, that it has certainly ended, or
// nothing.
func TestFateOf(t *testing.T) {
	t.Parallel()
	programs := []string{"/usr/sbin/rsct/install/bin/recfgct"}
	const own = "  11  10 " + processesCommand + "\n  10  1 ksh -c " + transport.ScriptBegin + "; ... recfgct\n  1  0 /etc/init\n"
	for _, c := range []struct {
		name, table string
		want        fate
	}{
		{"nothing runs", own, fate{ended: true}},
		{"it runs", own + "  77  76 /usr/sbin/rsct/install/bin/recfgct -n\n", fate{pid: 77}},
		{"a script of a shell", own + "  77  76 /bin/ksh /usr/sbin/rsct/install/bin/recfgct -n\n", fate{pid: 77}},
		{"by sudo", own + "  77  76 /usr/bin/sudo -n /usr/sbin/rsct/install/bin/recfgct -n\n", fate{pid: 77}},
		{"by its bare name", own + "  77  76 recfgct -n\n", fate{pid: 77}},
		{"by its real path, behind a link", own + "  77  1 /usr/bin/ksh /opt/rsct/install/bin/recfgct -n\n", fate{pid: 77}},
		{"a script by its bare name", own + "  77  1 /bin/ksh recfgct -n\n", fate{pid: 77}},
		{"a second ps that somebody has written", own + "  20  1 ksh -c " + transport.ScriptBegin + "; N=x\n  99  20 " + processesCommand + "\n", fate{}},
		{"only named", own + "  77  76 vi a b c d e f g h /usr/sbin/rsct/install/bin/recfgct\n", fate{ended: true}},
		{"its shell could still begin it", own + "  20  1 ksh -c " + transport.ScriptBegin + "; N=x\n", fate{}},
		{"its root shell could", own + "  20  1 sudo -n /usr/bin/sh -c " + transport.ScriptBegin + "\n", fate{}},
		{"arguments of several lines", own + "  20  1 ksh -c echo\nx; " + transport.ScriptBegin + "\n", fate{}},
		{"without ps itself", "  1  0 /etc/init\n", fate{}},
		{"with a heading alone", "     PID    PPID COMMAND\n", fate{}},
		{"empty", "", fate{}},
		{"a loop of parents", "  11  12 " + processesCommand + "\n  12  11 x\n", fate{ended: true}},
		{"negative numbers", "  -11  12 " + processesCommand + "\n", fate{}},
		{"no numbers", strings.Repeat("\x1b[2J \xff\n", 1000), fate{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := fateOf(programs, readProcesses(c.table)); got != c.want {
				t.Errorf("%+v, wanted %+v", got, c.want)
			}
		})
	}
}
