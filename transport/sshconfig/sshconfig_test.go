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

// A line that can't be read is an error of the hosts to which it applies, with its place;
// it is lifted by a setting of the inventory, by an earlier line, or by leaving the file out.
func TestBadLines(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		says       string // the error; "": there is none
		lifts      transport.Target
	}{
		{"quote", "User \"ops\nPort 2222\n", "config:1: User can't be read: a quote has no end (ssh is not asked); say ssh.user", transport.Target{User: "me"}},
		{"port", "Port 70000\n", `config:1: Port can't be read: "70000" is not a port`, transport.Target{Port: 23}},
		{"two ports", "Port 22 23\n", "config:1: Port can't be read: there is more than one value", transport.Target{Port: 23}},
		{"a name of a port", "Port ssh2\n", `"ssh2" is not a port`, transport.Target{Port: 23}},
		{"no value", "User\n", "config:1: User can't be read: it has no value", transport.Target{User: "me"}},
		{"no name", "HostName \"\"\n", "config:1: HostName can't be read: it has no value (ssh is not asked); leave ssh_config out", transport.Target{}},
		{"jump", "ProxyJump a,b:x\n", `config:1: ProxyJump can't be read: "b:x" is not`, transport.Target{Jump: "b"}},
		{"a list with blanks", "ProxyJump a, b\n", `config:1: ProxyJump can't be read: ""`, transport.Target{Jump: "a,b"}},
		{"jump that is a flag", "ProxyJump -oProxyCommand=x\n", "config:1: ProxyJump can't be read", transport.Target{Jump: none}},
		{"no such condition", "Match wether fine\n User no\n", `config:1: Match can't be read: "wether" is not a known condition, and User (line 2) depends on it`, transport.Target{User: "me"}},
		{"condition without a value", "Match host\n ProxyJump no\n", "Match can't be read: host has no value, and ProxyJump (line 2)", transport.Target{Jump: none}},
		{"all beside others", "Match all host aix1\n Port 1\n", "all stands beside other conditions", transport.Target{Port: 2}},
		{"host with a quote", "Host \"aix1\n IdentityFile no\n", "config:1: Host can't be read: a quote has no end, and IdentityFile (line 2)", transport.Target{Identity: "k"}},
		{"what is set already", "User first\nUser \"a\nMatch wether x\n User no\n Compression yes\n", "", transport.Target{}},
		{"of another host", "Host other\n User \"a\n Hots x\n ProxyJump a, b\nMatch originalhost other wether x\n User no\n", "", transport.Target{}},
		{"without settings", "Match wether x\n Compression yes\nMatch exec true\n SendEnv X\n", "", transport.Target{}},
		{"control characters", "User o\x1bps\n", "config:1: User can't be read: the line holds a control character", transport.Target{User: "me"}},
		{"not a config at all", "\x7fELF\x02\x01\n", "the line holds a control character", transport.Target{}},
		{"keyword with an error", "Hots aix1\nPort 23\n", "config:1: hots can't be read: no such keyword is known here", transport.Target{}},
		{"an error in a name that is lifted", "IgnoreUnknown Us*,Ho*\nUseKeychains yes\nHots x\n", "", transport.Target{}},
		{"IgnoreUnknown of another host", "Host other\n IgnoreUnknown *\nHost *\n Hots x\n", "hots can't be read", transport.Target{}},
		{"include of another user", "Include ~them/x\n", "config:1: Include can't be read: ~them/x: the home of another", transport.Target{}},
		{"include with a token", "Include %h/x\n", "config:1: Include can't be read: %h/x: tokens", transport.Target{}},
		{"exec", "Match exec x\n User no\n Port 1\n", "config:1: Match exec is not decided here, and User (line 2), Port (line 3) depends on it (ssh is not asked); say ssh.port, ssh.user in the inventory", transport.Target{User: "me", Port: 2}},
		{"exec with a name", "Match exec x\n HostName no\n User x\n", "HostName (line 2), User (line 3) depends on it (ssh is not asked); leave ssh_config out", transport.Target{}},
		{"canonical names", "CanonicalizeHostname yes\n", "config:1: CanonicalizeHostname is not followed here", transport.Target{}},
		{"permitted names", "CanonicalizePermittedCNAMEs a:b\n", "CanonicalizePermittedCNAMEs is not followed here", transport.Target{}},
		{"exec after a condition that is false", "Match host other exec x\n User no\nMatch !host aix1 wrong\n", "", transport.Target{}},
		{"network, version, command, session", "Match localnetwork 10.0.0.0/8\n User no\nMatch version 9*\n User no\nMatch command x\n User no\nMatch sessiontype shell\n User no\n", "Match sessiontype", transport.Target{User: "me"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, h := own(t, tc.text)
			ask := aix1
			_, err := c.Fill(t.Context(), ask)
			if tc.says == "" {
				if err != nil {
					t.Errorf("error %v", err)
				}
				return
			}
			wantsError(t, err, tc.says, "ssh_config of one: ", "ssh.config: none")
			h.wants(t)
			lifted := tc.lifts
			if lifted == (transport.Target{}) {
				lifted.SSHConfig = none
			}
			lifted.Name, lifted.Address = "one", "aix1"
			if got, err := filesOf(c).Fill(t.Context(), lifted); err != nil || got.User != lifted.User && lifted.User != "" || got.Jump != lifted.Jump {
				t.Errorf("the remedy: %+v, %v", got, err)
			}
		})
	}
}

// A file included below a condition that can't be evaluated depends on it.
func TestIncludedWhereNothingIsKnown(t *testing.T) {
	dir := t.TempDir()
	path := write(t, dir, map[string]string{
		"config": "Match exec true\n Include " + dir + "/more\nHost other\n Include " + dir + "/more\nHost *\n Port 23\n",
		"more":   "User no\nHost aix2\n Port 1\n",
	})
	c := New(Options{File: path, Program: none})
	_, err := c.Fill(t.Context(), aix1)
	wantsError(t, err, "config:1: Match exec is not decided here, and User (more:1) depends on it", "say ssh.user")
	ask := aix1
	if ask.User = "me"; fill(t, c, ask).Port != 23 {
		t.Error("the remedy does not help")
	}
	_, err = c.Fill(t.Context(), transport.Target{Name: "two", Address: "aix2"})
	wantsError(t, err, "User (more:1), Port (more:3) depends on it", "say ssh.port, ssh.user")
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
		{"HostName in a shell command", "HostName \"x;reboot\"\nProxyCommand nc %h\n", aix1, `HostName "x;reboot" is not an address`},
		{"login of a domain", "ProxyCommand nc %r\n", transport.Target{Name: "one", Address: "aix1", User: `DOM\ops`}, `can't stand`},
		{"alias in a shell command", "HostKeyAlias `x`\nProxyCommand nc %k\n", aix1, "\"`x`\" can't stand"},
		{"token of a command", "ProxyCommand nc %C\n", aix1, `ProxyCommand nc %C: the token "%C" is not known here`},
		{"token of a key", "IdentityFile /x/%C\n", aix1, `IdentityFile /x/%C: the token "%C" is not known here; say ssh.identity`},
		{"token of an agent", "IdentityAgent /%T\n", aix1, "IdentityAgent /%T"},
		{"token of known_hosts", "UserKnownHostsFile /%q\n", aix1, "UserKnownHostsFile /%q: the token"},
		{"variable", "CertificateFile /${AIXMEND_NOT_SET}\n", aix1, "the variable AIXMEND_NOT_SET is not set"},
		{"token of HostName", "HostName x%z\n", aix1, `HostName x%z: the token "%z"`},
		{"the bastion is the host", "ProxyJump first,root@AIX1\nUser root\n", aix1, "ProxyJump first,root@AIX1 is the host aix1 itself, which ssh refuses as a loop; say ssh.jump"},
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
	_, err := New(Options{File: path, Program: none}).Fill(t.Context(), aix1)
	wantsError(t, err, "config:1: Include can't be read: files include each other 16 deep")
}

// A file that is included twice at each level would be read 2^16 times.
func TestIncludesAreBounded(t *testing.T) {
	dir := t.TempDir()
	path := write(t, dir, map[string]string{"config": "Include " + dir + "/config " + dir + "/config\nUser ops\n"})
	c := New(Options{File: path, Program: none})
	_, err := c.Fill(t.Context(), aix1)
	wantsError(t, err, "config:1: Include can't be read")
	if parsed, err := c.read(); err != nil || len(parsed.paths) > maxFiles {
		t.Errorf("%d files, %v", len(parsed.paths), err)
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
	dialer := filesOf(c).Dialer(transport.DialerFunc(func(_ context.Context, to transport.Target) (transport.Conn, error) {
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
