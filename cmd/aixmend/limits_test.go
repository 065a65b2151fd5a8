package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"aixmend/inventory"
)

// The limit on open files bounds the concurrency, what a run does not need is
// not missed, and what was done is said with both numbers and the remedy.
func TestFit(t *testing.T) {
	for _, c := range []struct {
		limit, taken, hosts, concurrency int
		want                             int // 0: an error
		says                             string
	}{
		{1024, 0, 10000, 200, 200, ""},
		{1024, 0, 10000, 480, 480, ""},
		{1024, 0, 10000, 481, 480, "warning: the open-file limit is 1024: 480 hosts at one time, not 481; raise it with ulimit -n 1026\n"},
		{1024, 0, 10000, 5000, 480, "warning: the open-file limit is 1024: 480 hosts at one time, not 5000; raise it with ulimit -n 10064\n"},
		{1024, 0, 10, 5000, 5000, ""}, // no more than ten are ever open
		{128, 0, 300, 200, 32, "warning: the open-file limit is 128: 32 hosts at one time, not 200; raise it with ulimit -n 464\n"},
		{66, 0, 2, 2, 1, "warning: the open-file limit is 66: 1 host at one time, not 2; raise it with ulimit -n 68\n"},
		{66, 0, 1, 200, 200, ""},
		{67, 0, 2, 200, 1, "warning: the open-file limit is 67: 1 host at one time, not 2; raise it with ulimit -n 68\n"},
		{65, 0, 1, 1, 0, "the open-file limit is 65: not even one host can be connected to"},
		{0, 0, 1, 200, 0, "the open-file limit is 0: not even one host can be connected to"},
		{1024, 16, 10000, 480, 480, ""},
		{1024, 116, 10000, 480, 430, "warning: the open-file limit is 1024, and 116 files are open already: 430 hosts at one time, not 480; raise it with ulimit -n 1124\n"},
		{1024, 2000, 1, 1, 0, "the open-file limit is 1024, and 2000 files are open already: not even one host can be connected to"},
		{noLimit, 0, inventory.MaxHosts, inventory.MaxHosts, inventory.MaxHosts, ""},
	} {
		var said bytes.Buffer
		a := &app{}
		a.err = &said
		j := &job{scope: scope{Hosts: make([]inventory.Host, c.hosts)}, flags: flags{asked: asked{Concurrency: c.concurrency}}, window: c.concurrency}
		f := files{limit: c.limit, taken: c.taken}
		err := a.fit(j, f)
		var wrong *usageError
		switch {
		case c.want == 0:
			if !errors.As(err, &wrong) || err.Error() != c.says || wrong.hint != f.raise(1) || said.Len() > 0 {
				t.Errorf("%+v: %v, said %q", c, err, said.String())
			}
		case err != nil || j.window != c.want || said.String() != c.says:
			t.Errorf("%+v: %d, %v, said %q", c, j.window, err, said.String())
		}
	}
}

// Proxy commands take more files.
func TestFitWithProxyCommands(t *testing.T) {
	var said strings.Builder
	a := &app{}
	a.err = &said
	j := &job{scope: scope{Hosts: make([]inventory.Host, 300)}, flags: flags{asked: asked{Concurrency: 200}}, window: 200, proxied: func() bool { return true }}
	const word = "warning: the open-file limit is 1024: 96 hosts at one time, not 200; raise it with ulimit -n 2064\n"
	if err := a.fit(j, files{limit: 1024}); err != nil || j.window != 96 || said.String() != word {
		t.Errorf("%d, %v, said %q", j.window, err, said.String())
	}
}

// With -q nothing is said where nothing is wrong with a host.
func TestFitQuietly(t *testing.T) {
	var said strings.Builder
	a := &app{}
	a.err = &said
	j := &job{scope: scope{Hosts: make([]inventory.Host, 9)}, flags: flags{asked: asked{Concurrency: 9}, quiet: true}, window: 9}
	if err := a.fit(j, files{limit: 70}); err != nil || j.window != 3 || said.Len() > 0 {
		t.Errorf("%d, %v, said %q", j.window, err, said.String())
	}
}
