package job

import (
	"errors"
	"testing"

	"aixmend/cmd/aixmend/exit"
	"aixmend/inventory"
)

// The open-file limit bounds the window; the warning has both numbers and the remedy.
func TestWindow(t *testing.T) {
	for _, c := range []struct {
		limit, taken, wanted int
		proxied              bool
		want                 int // 0: an error
		says                 string
	}{
		{1024, 0, 200, false, 200, ""},
		{1024, 0, 480, false, 480, ""},
		{1024, 0, 481, false, 480, "the open-file limit is 1024: 480 hosts at the same time, not 481; raise it with ulimit -n 1026"},
		{1024, 0, 5000, false, 480, "the open-file limit is 1024: 480 hosts at the same time, not 5000; raise it with ulimit -n 10064"},
		{128, 0, 200, false, 32, "the open-file limit is 128: 32 hosts at the same time, not 200; raise it with ulimit -n 464"},
		{66, 0, 2, false, 1, "the open-file limit is 66: 1 host at the same time, not 2; raise it with ulimit -n 68"},
		{66, 0, 1, false, 1, ""},
		{70, 0, 9, false, 3, "the open-file limit is 70: 3 hosts at the same time, not 9; raise it with ulimit -n 82"},
		{67, 0, 2, false, 1, "the open-file limit is 67: 1 host at the same time, not 2; raise it with ulimit -n 68"},
		{65, 0, 1, false, 0, "the open-file limit is 65: too low to connect to even one host"},
		{0, 0, 1, false, 0, "the open-file limit is 0: too low to connect to even one host"},
		{1024, 16, 480, false, 480, ""},
		{1024, 116, 480, false, 430, "the open-file limit is 1024, with 116 files open already: 430 hosts at the same time, not 480; raise it with ulimit -n 1124"},
		{1024, 2000, 1, false, 0, "the open-file limit is 1024, with 2000 files open already: too low to connect to even one host"},
		{noLimit, 0, inventory.MaxHosts, false, inventory.MaxHosts, ""},
		{1024, 0, 200, true, 96, "the open-file limit is 1024: 96 hosts at the same time, not 200; raise it with ulimit -n 2064"},
	} {
		f := Files{limit: c.limit, Taken: c.taken}
		got, warning, err := Window(c.wanted, f, func() bool { return c.proxied })
		var wrong *exit.UsageError
		switch {
		case c.want == 0:
			if !errors.As(err, &wrong) || err.Error() != c.says || wrong.Hint != f.raise(1) || warning != "" {
				t.Errorf("%+v: %v, %q", c, err, warning)
			}
		case err != nil || got != c.want || warning != c.says:
			t.Errorf("%+v: %d, %v, %q", c, got, err, warning)
		}
	}
}

// Whether there are proxy commands takes time to find out.
func TestWindowAsksForProxiesOnlyWhereItMatters(t *testing.T) {
	if _, _, err := Window(96, Files{limit: 1024}, func() bool { t.Error("asked"); return false }); err != nil {
		t.Error(err)
	}
}
