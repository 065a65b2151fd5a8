//go:build unix

package sshconfig

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/transport"
	"aixmend/transport/lab/suite"
)

// sameCases are configurations that ssh and the parser must read alike. DIR in
// one stands for its folder, which holds the keys k1, k2 and k2-cert.pub.
var sameCases = []struct {
	name, text string
	more       map[string]string
	ask        transport.Target
	want       transport.Target
}{
	{
		name: "keywords",
		text: "Host aix1\n HostName 10.1.2.3\n User ops\n Port 2222\n IdentityFile DIR/k1\n HostKeyAlias AIX-one\n UserKnownHostsFile DIR/a DIR/b\n GlobalKnownHostsFile none\n IdentityAgent DIR/sock\n CertificateFile DIR/k2-cert.pub\n",
		want: transport.Target{Address: "10.1.2.3", User: "ops", Port: 2222, Identity: "DIR/k1", HostKeyAlias: "aix-one", KnownHosts: "DIR/a\nDIR/b", Agent: "DIR/sock", Certificate: "DIR/k2-cert.pub"},
	},
	{
		name: "first value wins",
		text: "User early\nHost aix1\n User late\n Port 2201\nHost *\n Port 2202\n HostName h1\nHost aix*\n HostName h2\n",
		want: transport.Target{Address: "h1", User: "early", Port: 2201},
	},
	{
		name: "what is said holds",
		text: "Host aix1\n User ops\n Port 2222\nMatch user adm\n HostName as-adm\nMatch user ops\n HostName as-ops\n",
		ask:  transport.Target{User: "adm", Port: 23},
		want: transport.Target{Address: "as-adm", User: "adm", Port: 23},
	},
	{
		name: "key=value, case, tabs, quotes",
		text: "hOsT=aix1\n\tUSER\t=\t\"ops\"\nPort=2222\nIdentityFile \"DIR/with blank\"\nHostName = 'h1' # the new one\n",
		want: transport.Target{Address: "h1", User: "ops", Port: 2222, Identity: "DIR/with blank"},
	},
	{
		name: "negation",
		text: "Host aix* !aix1\n User no\nHost !other\n User alone\nHost !aix2 aix?\n User yes\nHost *,aix1\n User comma\n",
		want: transport.Target{User: "yes"},
	},
	{
		name: "match host, originalhost, user, localuser, all",
		text: "Host aix1\n HostName real.example\nMatch host real.*,!other originalhost=aix1\n User ops\nMatch user o?s localuser *\n Port 2222\nMatch !host aix1 !user adm\n HostKeyAlias k\nMatch originalhost real.*\n IdentityFile DIR/k1\nMatch all\n IdentityFile DIR/k2\n",
		want: transport.Target{Address: "real.example", User: "ops", Port: 2222, HostKeyAlias: "k", Identity: "DIR/k2"},
	},
	{
		name: "match ignores the case of hosts",
		text: "Match host AIX1\n User ops\nMatch originalhost Aix*\n Port 2222\nHost AIX1\n HostName no\n",
		want: transport.Target{User: "ops", Port: 2222},
	},
	{
		name: "match final",
		text: "Match final host=*.example\n User ops\nMatch final all\n Port 2222\nMatch canonical\n HostKeyAlias canon\nHost aix1\n HostName AIX1.example\nHost aix1.example\n CertificateFile DIR/k2-cert.pub\nMatch !final\n IdentityFile DIR/k1\n",
		want: transport.Target{Address: "aix1.example", User: "ops", Port: 2222, HostKeyAlias: "canon", Identity: "DIR/k1", Certificate: "DIR/k2-cert.pub"},
	},
	{
		name: "match host after HostName with a token",
		text: "HostName %h.example\nMatch host aix1.example\n User ops\nMatch host aix1\n User no\n",
		want: transport.Target{Address: "aix1.example", User: "ops"},
	},
	{
		name: "capitals",
		text: "Host AIX1\n User ops\nHost aix1\n User no\n",
		ask:  transport.Target{Address: "AIX1"},
		want: transport.Target{Address: "AIX1", User: "ops"},
	},
	{
		name: "include",
		text: "Include DIR/conf.d/*.conf\nHost aix1\n Include DIR/inside DIR/nowhere\n User late\nHost other\n Include DIR/outside\nHost *\n Port 2222\n",
		more: map[string]string{
			"conf.d/.00.conf": "HostName hidden\n",
			"conf.d/10.conf":  "Host aix1\n HostName ten\n", "conf.d/20.conf": "HostName twenty\n", "conf.d/x.txt": "HostName x\n",
			"inside": "Host zzz\n User zzz\nHost *\n User inside\n", "outside": "Port 1\nHost aix1\n Port 2\nMatch all\n Port 3\n",
		},
		want: transport.Target{Address: "ten", User: "inside", Port: 2222},
	},
	{
		name: "tokens",
		text: "Host aix1\n HostName %h.example\n IdentityFile DIR/%u/%r-%p-%h-%n-%%\n UserKnownHostsFile DIR/kh-%h-%r ~/kh\n Port 2222\n User ops\n GlobalKnownHostsFile none\n IdentityAgent %d/%n\n ProxyCommand nc -x '%%' %h %p %r %n\n",
		want: transport.Target{Address: "aix1.example", User: "ops", Port: 2222, Identity: "DIR/LOGIN/ops-2222-aix1.example-aix1-%", KnownHosts: "DIR/kh-aix1.example-ops\nHOME/kh", Agent: "HOME/aix1", ProxyCommand: "nc -x '%' aix1.example 2222 ops aix1"},
	},
	{
		name: "jumps",
		text: "Host aix1\n ProxyJump a,ops@b:2222,ssh://c:22,[fe80::1]:23,10.1.1.1 # five\n ProxyCommand nc %h %p\n",
		want: transport.Target{Jump: "a,ops@b:2222,c:22,[fe80::1]:23,10.1.1.1"},
	},
	{
		name: "proxy command before jump",
		text: "ProxyCommand=nc \"%h\" %p # not a comment\nProxyJump b\n",
		want: transport.Target{ProxyCommand: `nc "aix1" 22 # not a comment`},
	},
	{
		name: "no proxy and no jump",
		text: "Host aix1\n ProxyJump none\nHost aix*\n ProxyJump b\n",
	},
	{
		name: "no proxy command, and no jump after it",
		text: "ProxyCommand none\nProxyJump b\n",
	},
	{
		name: "the target's own way",
		text: "ProxyJump b\nUser ops\n",
		ask:  transport.Target{Jump: none},
		want: transport.Target{Jump: none, User: "ops"},
	},
	{
		name: "the target's own bastion, no command",
		text: "ProxyCommand nc %h %p\nUser ops\n",
		ask:  transport.Target{Jump: "mine"},
		want: transport.Target{Jump: "mine", User: "ops"},
	},
	{
		name: "identities",
		text: "IdentityFile DIR/none-there\nIdentityFile DIR/only-public\nIdentityFile DIR/k1\n",
		want: transport.Target{Identity: "DIR/only-public.pub", Untried: "DIR/k1"},
	},
	{
		name: "none",
		text: "IdentityFile none\nIdentityFile DIR/k1\nIdentityAgent none\nHostName h1\n",
		want: transport.Target{Address: "h1", Agent: none, Identity: "DIR/k1"},
	},
	{
		name: "the key that is said has its own certificate",
		text: "IdentityFile DIR/k1\nCertificateFile DIR/k2-cert.pub\nUser ops\n",
		ask:  transport.Target{Identity: "mine"},
		want: transport.Target{Identity: "mine", User: "ops"},
	},
	{
		name: "agent of the environment",
		text: "IdentityAgent $AIXMEND_TEST_AGENT\nUserKnownHostsFile ${AIXMEND_TEST_AGENT}/kh\nGlobalKnownHostsFile none\n",
		want: transport.Target{Agent: "/tmp/agent", KnownHosts: "/tmp/agent/kh"},
	},
	{
		name: "no keys are left to check against",
		text: "StrictHostKeyChecking no\nUserKnownHostsFile /dev/null\nUser ops\n",
		want: transport.Target{User: "ops"},
	},
	{
		name: "an address",
		text: "Host 10.1.*\n User ops\nMatch host 10.1.2.3\n Port 2222\n",
		ask:  transport.Target{Address: "10.1.2.3"},
		want: transport.Target{Address: "10.1.2.3", User: "ops", Port: 2222},
	},
	{
		name: "IPv6",
		text: "Host fe80::*\n User ops\nHost aix1\n HostName 2001:DB8::0:1\n",
		ask:  transport.Target{Address: "fe80::1"},
		want: transport.Target{Address: "fe80::1", User: "ops"},
	},
	{
		name: "IPv6 as HostName",
		text: "Host aix1\n HostName 2001:DB8::0:1\n",
		want: transport.Target{Address: "2001:db8::1"},
	},
	{
		name: "what has nothing to do with us, carriage returns",
		text: "Host *\r\n SendEnv LANG LC_*\r\n ControlMaster auto\r\n LocalForward 8080 localhost:80\r\n User ops\r\n",
		want: transport.Target{User: "ops"},
	},
	{
		name: "the local login is a login",
		text: "User LOGIN\n",
		want: transport.Target{User: "LOGIN"},
	},
}

// The same text, read by `ssh -G` and by the parser, makes the same target.
func TestSameAsSSH(t *testing.T) {
	ssh := realSSH(t)
	t.Setenv("AIXMEND_TEST_AGENT", "/tmp/agent")
	for _, tc := range sameCases {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			asking := New(Options{Program: ssh})
			real := strings.NewReplacer("DIR", dir, "HOME", asking.home, "LOGIN", asking.local.Username).Replace
			files := map[string]string{
				"config": real(tc.text), "k1": "", "k2": "", "k2-cert.pub": "", "with blank": "", "only-public.pub": "",
				asking.local.Username + "/ops-2222-aix1.example-aix1-%": "",
			}
			for name, text := range tc.more {
				files[name] = real(text)
			}
			asking.file = write(t, dir, files)
			ask, want := tc.ask, tc.want
			for _, f := range []*string{&want.User, &want.Identity, &want.Untried, &want.Certificate, &want.KnownHosts, &want.Agent} {
				*f = real(*f)
			}
			ask.Name, want.Name = "one", "one"
			if ask.Address == "" {
				ask.Address = "aix1"
			}
			if want.Address == "" {
				want.Address = "aix1"
			}
			alone := New(Options{File: asking.file, Program: none})
			if diff := cmp.Diff(want, fill(t, alone, ask)); diff != "" {
				t.Errorf("parsed (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want, fill(t, asking, ask)); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
			if asking.differs || asking.agreed != 1 {
				t.Errorf("ssh was not asked for the class, or it said something else")
			}
			// What ssh says by itself, without the parser's say.
			parsed, err := asking.read()
			if err != nil {
				t.Fatal(err)
			}
			q := queryOf(ask)
			base, why, err := asking.basis(t.Context())
			if err != nil || why != "" {
				t.Fatal(why, err)
			}
			a, err := asking.asked(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			bare, err := asking.taken(ask, a.settings(base, q, evaluation{users: parsed.evaluate(q, "").users}))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, bare); diff != "" {
				t.Errorf("ssh alone (-want +got):\n%s", diff)
			}
		})
	}
}

// grammar makes configurations of what ssh and the parser must agree on.
type grammar struct{ *rand.Rand }

func (g grammar) one(of ...string) string { return of[g.IntN(len(of))] }

func (g grammar) host() string {
	return g.one("a", "ab", "abc", "b.example", "a.example", "10.0.0.1")
}

func (g grammar) pattern() string {
	return g.one("", "", "", "!") + g.one("*", "a*", "?b*", "*.example", "a?c", "b*", "10.*", "*a*b*", "B.example") + g.one("", "", g.one(",", "")+g.host())
}

func (g grammar) condition() string {
	if g.IntN(2) == 0 {
		line := "Host"
		for range 1 + g.IntN(3) {
			line += " " + g.pattern()
		}
		return line
	}
	line := g.one("Match", "match", "MATCH")
	for range 1 + g.IntN(2) {
		line += " " + g.one("", "!") + g.one("host ", "originalhost=", "user ", "host=", "localuser ") + g.pattern() + g.one("", ",ops", ",*")
	}
	return g.one(line, line, line, "Match all", "Match final "+g.one("all", "host *.example", "user ops"), "Match canonical")
}

func (g grammar) setting() string {
	return "\t" + g.one(
		"HostName "+g.one(g.host(), "%h.example", "\"quoted.example\"", "UP.example", "x%%y"),
		"User "+g.one("ops", "adm", "'o p'", "a\\ b", "\"q\\\"q\""),
		"Port "+g.one("22", "23", "2222"), "Port="+g.one("22", "24"),
		"IdentityFile "+g.one("/dev/zero", "/etc/passwd", "\"/etc/group\"", "none", "~/nowhere"),
		"HostKeyAlias "+g.one("x", "Y"),
		"UserKnownHostsFile "+g.one("none", "/k1", "/k1 \"/k2\"", "/%h", "/%%n", "~/k", "\"/with blank\" /k3"),
		"GlobalKnownHostsFile "+g.one("none", "/g1", "/g1 /g2", "/g%h"),
		"ProxyJump "+g.one("none", "j1", "u@j1:23,j2", "10.0.0.7", "[::1]:22,j3"),
		"ProxyCommand "+g.one("none", "nc %h %p", "nc \"%n\" # %r", "= nc %%"),
		"IdentityAgent "+g.one("none", "SSH_AUTH_SOCK", "/a/%h", "~/s"),
		"Compression yes # it's fine", "# User nobody", "",
	)
}

func (g grammar) config() string {
	var b strings.Builder
	for range g.IntN(3) {
		fmt.Fprintln(&b, g.setting())
	}
	for range 1 + g.IntN(5) {
		fmt.Fprintln(&b, g.condition())
		for range 1 + g.IntN(4) {
			fmt.Fprintln(&b, g.setting())
		}
	}
	return b.String()
}

// Configurations that nobody thought of are read alike, too.
func TestRandomConfigsSameAsSSH(t *testing.T) {
	suite.Unraced(t, "ssh -G")
	ssh := realSSH(t)
	seeds := uint64(120)
	if text := os.Getenv("AIXMEND_SSHCONFIG_SEEDS"); text != "" {
		var err error
		if seeds, err = strconv.ParseUint(text, 10, 32); err != nil {
			t.Fatal(err)
		}
	}
	compared := 0
	for seed := range seeds {
		g := grammar{rand.New(rand.NewPCG(seed, 1))}
		text := g.config()
		path := write(t, t.TempDir(), map[string]string{"config": text})
		h := &heard{}
		asking := New(Options{File: path, Program: ssh, Warn: h.warn})
		target := transport.Target{Name: "one", Address: g.host(), User: g.one("", "", "ops"), Port: []int{0, 0, 23}[g.IntN(3)]}
		want, err1 := asking.Fill(t.Context(), target)
		got, err2 := New(Options{File: path, Program: none}).Fill(t.Context(), target)
		if want != got || (err1 == nil) != (err2 == nil) || asking.differs {
			t.Errorf("seed %d, %+v:\n%s\n-ssh +parser (%v, %v):\n%s%s", seed, target, text, err1, err2, cmp.Diff(want, got), strings.Join(h.list, "\n"))
		}
		if asking.agreed == 1 {
			compared++
		}
	}
	if compared < int(seeds)/2 {
		t.Errorf("only %d of %d configurations were compared with ssh's answer", compared, seeds)
	}
}

// Without File ssh reads the user's own file and the system's; so does the
// parser.
func TestUsersOwnFiles(t *testing.T) {
	home, system := t.TempDir(), t.TempDir()
	write(t, home, map[string]string{
		".ssh/config":     "Include more\nHost aix1\n User ops\n",
		".ssh/more":       "Host aix1\n Port 2222\n",
		"not-ssh/more":    "HostName wrong\n",
		".ssh/known":      "",
		".ssh/id_for_aix": "",
	})
	write(t, system, map[string]string{"ssh_config": "Include conf/*\nUser theirs\nIdentityFile ~/.ssh/id_for_aix\n", "conf/1": "HostKeyAlias k\n"})
	h := &heard{}
	c := New(Options{Home: home, Warn: h.warn})
	c.system = system
	want := transport.Target{Name: "one", Address: "aix1", User: "ops", Port: 2222, HostKeyAlias: "k", Identity: filepath.Join(home, ".ssh/id_for_aix")}
	if diff := cmp.Diff(want, fill(t, c, transport.Target{Name: "one", Address: "aix1"})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	h.wants(t)
}
