package sshconfig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/transport"
)

var aix1 = transport.Target{Name: "one", Address: "aix1"}

// A line that can't be read is a warning with its place; what else stands in
// the file holds.
func TestBadLines(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		want       transport.Target
		warns      []string
	}{
		{"quote", "User \"ops\n Port 2222\n", transport.Target{Port: 2222}, []string{"config:1: user is left out: a quote has no end"}},
		{"port", "Port 70000\nPort ssh2\nPort 22 23\nPort 23\n", transport.Target{Port: 23}, []string{
			`config:1: port is left out: "70000" is not a port`, `config:2: port is left out: "ssh2" is not a port`, "config:3: port is left out: there is more than one value",
		}},
		{"nothing said", "User\nHostName \"\"\nPort 23\n", transport.Target{Port: 23}, []string{"config:1: user is left out: it has no value", "config:2: hostname is left out: it has no value"}},
		{"jump", "ProxyJump a,b:x\nPort 23\n", transport.Target{Port: 23}, []string{`config:1: proxyjump is left out: "b:x" is not`}},
		{"jump that is a flag", "ProxyJump -oProxyCommand=x\nProxyJump -v\n", transport.Target{}, []string{"config:1: proxyjump is left out", "config:2: proxyjump is left out"}},
		{"no such condition", "Match wether fine\n User no\nMatch host\n User no\nMatch all host aix1\n User no\nMatch host aix1\n User ops\n", transport.Target{User: "ops"}, []string{
			`config:1: Match does not apply: "wether" is not a known condition`, "config:3: Match does not apply: host has no value", "config:5: Match does not apply: all stands beside other conditions",
		}},
		{"host with a quote", "Host \"aix1\n User no\nHost *\n Port 23\n", transport.Target{Port: 23}, []string{"config:1: host is left out: a quote has no end"}},
		{"control characters", "User o\x1bps\nPort 23\n", transport.Target{Port: 23}, []string{"config:1: the line holds a control character"}},
		{"not a config at all", "\x7fELF\x02\x01\n<html>\n{\"User\": 1}\n", transport.Target{}, []string{"config:1: the line holds a control character"}},
		{"unknown keywords", "Usr ops\nHots aix1\nPort 23\n", transport.Target{Port: 23}, nil},
		{"mark of UTF-8", "\ufeffUser ops\n", transport.Target{User: "ops"}, nil},
		{"include", "Include /nowhere/* ~them/x %h/x\nPort 23\n", transport.Target{Port: 23}, []string{
			"config:1: include ~them/x is left out: the home of another", "config:1: include %h/x is left out: tokens",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, h := own(t, tc.text)
			tc.want.Name, tc.want.Address = "one", "aix1"
			if diff := cmp.Diff(tc.want, fill(t, c, aix1)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			fill(t, c, aix1) // says nothing twice
			h.wants(t, tc.warns...)
		})
	}
}

// Without ssh, what only it can evaluate is a warning with its place, where it
// could matter.
func TestNotEvaluatedHere(t *testing.T) {
	c, h := own(t, "Match exec \"true\"\n User no\nMatch final user ops\n HostKeyAlias k\nMatch host other exec x\n User no\nMatch !localnetwork 10.0.0.0/8\n Port 1\nHost *\n User ops\nHost aix1\n CanonicalizeHostname yes\n")
	want := aix1
	want.User, want.HostKeyAlias = "ops", "k"
	if diff := cmp.Diff(want, fill(t, c, aix1)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	h.wants(t,
		"config:1: Match exec is not evaluated here, so this block does not apply (ssh is not asked)",
		"config:7: Match localnetwork is not evaluated here",
		"config:12: CanonicalizeHostname is not followed here")
}

// What is included below a condition that can't be evaluated does not apply.
func TestIncludedWhereNothingIsKnown(t *testing.T) {
	dir := t.TempDir()
	path := write(t, dir, map[string]string{
		"config": "Match exec true\n Include " + dir + "/more\nHost other\n Include " + dir + "/more\nHost *\n Port 23\n",
		"more":   "User no\nHost *\n Port 1\n",
	})
	h := &heard{}
	got := fill(t, New(Options{File: path, Program: none, Warn: h.warn}), aix1)
	if got.User != "" || got.Port != 23 {
		t.Errorf("%+v", got)
	}
	h.wants(t, "config:1: Match exec is not evaluated here")
}

func TestWarningsOfValues(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		want       transport.Target
		warns      []string
	}{
		{"known_hosts", "UserKnownHostsFile /dev/null\nGlobalKnownHostsFile /g /dev/null\n", transport.Target{KnownHosts: "/g"}, []string{
			"UserKnownHostsFile /dev/null is left out: host keys are always checked", "GlobalKnownHostsFile /dev/null is left out",
		}},
		{"no identity is there", "IdentityFile /nowhere/a\nIdentityFile /nowhere/b\n", transport.Target{}, []string{"IdentityFile /nowhere/a, /nowhere/b does not exist"}},
		{"unknown token", "IdentityFile /x/%C\nIdentityAgent /%T\nUserKnownHostsFile /%q\nCertificateFile /${AIXMEND_NOT_SET}\n", transport.Target{}, []string{
			`IdentityFile /x/%C is left out: the token "%C" is not known here`, "IdentityAgent /%T is left out", "UserKnownHostsFile /%q is left out", "CertificateFile /${AIXMEND_NOT_SET} is left out: the variable AIXMEND_NOT_SET is not set",
		}},
		{"the bastion is the host", "ProxyJump first,root@AIX1\nUser root\n", transport.Target{User: "root"}, []string{"ProxyJump first,root@AIX1 is the host aix1 itself"}},
		{"the bastion is another port of the host", "ProxyJump aix1:2222\n", transport.Target{Jump: "aix1:2222"}, nil},
		{"the bastion is another login of the host", "ProxyJump ops@aix1\n", transport.Target{Jump: "ops@aix1"}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, h := own(t, tc.text)
			tc.want.Name, tc.want.Address = "one", "aix1"
			got := fill(t, c, aix1)
			if tc.name == "known_hosts" { // the user's own stay, where they are there
				got.KnownHosts = got.KnownHosts[strings.LastIndexByte(got.KnownHosts, '\n')+1:]
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			h.wants(t, tc.warns...)
		})
	}
}

// Where only one list of known_hosts files is configured, the other one is that
// which holds without it, as far as it is there.
func TestOtherKnownHostsStay(t *testing.T) {
	for _, text := range []string{"GlobalKnownHostsFile /g\n", "GlobalKnownHostsFile /g\nUserKnownHostsFile /dev/null\n"} {
		c, _ := own(t, text)
		write(t, c.home, map[string]string{".ssh/known_hosts": ""})
		if got, want := fill(t, c, aix1).KnownHosts, filepath.Join(c.home, ".ssh/known_hosts")+"\n/g"; got != want {
			t.Errorf("%q: known_hosts %q, want %q", text, got, want)
		}
	}
}

// What a command does not use may be as it likes.
func TestLoginThatTheCommandDoesNotUse(t *testing.T) {
	c, _ := own(t, "ProxyCommand nc %h %p\n")
	want := transport.Target{Name: "one", Address: "aix1", User: `DOM\ops`}
	got := fill(t, c, want)
	if want.ProxyCommand = "nc aix1 22"; got != want {
		t.Errorf("%+v", got)
	}
}

// A host of which it is not known how it is reached is an error, not a direct
// connection.
func TestErrors(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		target     transport.Target
		want       string
	}{
		{"address that is a flag", "User ops\n", transport.Target{Name: "one", Address: "-oProxyCommand=x"}, "is not an address"},
		{"address that is a short flag", "User ops\n", transport.Target{Name: "one", Address: "-v"}, "is not an address"},
		{"address that ssh takes apart", "User ops\n", transport.Target{Name: "one", Address: "ops@aix1"}, "is not an address"},
		{"login in a shell command", "ProxyCommand nc %h %r\n", transport.Target{Name: "one", Address: "aix1", User: "$(reboot)"}, `"$(reboot)" can't stand in the text of a shell command, and %r puts it there`},
		{"HostName in a shell command", "HostName \"x;reboot\"\nProxyCommand nc %h\n", aix1, `"x;reboot" can't stand`},
		{"login of a domain", "ProxyCommand nc %r\n", transport.Target{Name: "one", Address: "aix1", User: `DOM\ops`}, `can't stand`},
		{"alias in a shell command", "HostKeyAlias `x`\nProxyCommand nc %k\n", aix1, "\"`x`\" can't stand"},
		{"token of a command", "ProxyCommand nc %C\n", aix1, `ProxyCommand nc %C: the token "%C" is not known here`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, _ := own(t, tc.text)
			got, err := c.Fill(t.Context(), tc.target)
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), "ssh_config of one: ") {
				t.Errorf("error %v, want %q", err, tc.want)
			}
			if got != tc.target {
				t.Errorf("the target became %+v", got)
			}
		})
	}
}

func TestFileThatIsNamedMustBeThere(t *testing.T) {
	c := New(Options{File: filepath.Join(t.TempDir(), "nothing"), Program: none})
	if _, err := c.Fill(t.Context(), aix1); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	for _, file := range []string{none, os.DevNull} {
		if got := fill(t, New(Options{File: file}), aix1); got != aix1 {
			t.Errorf("%s: %+v", file, got)
		}
	}
}

func TestIncludesThatGoOnForEver(t *testing.T) {
	dir := t.TempDir()
	path := write(t, dir, map[string]string{"config": "Include " + dir + "/config\nUser ops\n"})
	h := &heard{}
	c := New(Options{File: path, Program: none, Warn: h.warn})
	if got := fill(t, c, aix1); got.User != "ops" {
		t.Errorf("%+v", got)
	}
	h.wants(t, "config:1: include is left out: files include each other 16 deep")
}

// A file that is included twice at each level would be read 2^16 times.
func TestIncludesAreBounded(t *testing.T) {
	dir := t.TempDir()
	path := write(t, dir, map[string]string{"config": "Include " + dir + "/config " + dir + "/config\nUser ops\n"})
	h := &heard{}
	c := New(Options{File: path, Program: none, Warn: h.warn})
	if got := fill(t, c, aix1); got.User != "ops" {
		t.Errorf("%+v", got)
	}
	if !strings.Contains(strings.Join(h.list, "\n"), "there are more than 1000 files") {
		t.Errorf("warnings:\n%s", strings.Join(h.list, "\n"))
	}
}

// A warning for each host would bury the others.
func TestWarningsAreBounded(t *testing.T) {
	c, h := own(t, "IdentityFile /nowhere/%h\n")
	for i := range 1000 {
		fill(t, c, transport.Target{Name: "one", Address: fmt.Sprintf("aix%d", i)})
	}
	if len(h.list) != maxTold+1 || !strings.Contains(h.list[maxTold], "further warnings") {
		t.Errorf("%d warnings, the last %q", len(h.list), h.list[len(h.list)-1])
	}
}

func TestDialerFillsTheTarget(t *testing.T) {
	c, _ := own(t, "Host aix1\nUser ops\nHost bad\nProxyCommand %Z\n")
	var dialled transport.Target
	dialer := c.Dialer(transport.DialerFunc(func(_ context.Context, to transport.Target) (transport.Conn, error) {
		dialled = to
		return nil, nil
	}))
	if _, err := dialer.Dial(t.Context(), aix1); err != nil || dialled.User != "ops" {
		t.Errorf("dialled %+v, %v", dialled, err)
	}
	dialled = transport.Target{}
	if _, err := dialer.Dial(t.Context(), transport.Target{Name: "two", Address: "bad"}); transport.KindOf(err) != transport.KindProtocol || dialled.Name != "" {
		t.Errorf("dialled %+v, %v", dialled, err)
	}
}
