//go:build unix

package sshconfig

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/transport"
	"aixmend/transport/lab/suite"
)

// compared are configurations that are read for each of three hosts, by ssh and without it.
var compared = []struct{ name, text string }{
	{"jump", "ProxyJump gate\n"}, {"jump in quotes", "ProxyJump \"gate\"\n"}, {"jump in single quotes", "ProxyJump 'gate'\n"},
	{"jump with a blank", "ProxyJump a, b\n"}, {"jump of another host with a blank", "Host one\n ProxyJump a, b\n"},
	{"jump and words", "ProxyJump a,b c\n"}, {"jump and a comment", "ProxyJump gate#c\n"}, {"jump and a comment apart", "ProxyJump gate # c\n"},
	{"no jump", "Host one\n ProxyJump None\nHost *\n ProxyJump gate\n"}, {"jump by =", "ProxyJump = gate\n"}, {"jump by ==", "ProxyJump ==gate\n"},
	{"jump as a URL", "ProxyJump ssh://ops@gate:23\n"}, {"jumps as URLs", "ProxyJump ssh://gate,b\n"}, {"jump to IPv6", "ProxyJump ops@[fe80::1]:23\n"},
	{"jump to bare IPv6", "ProxyJump fe80::1\n"}, {"jump as a list in quotes", "ProxyJump \"a,b\"\n"}, {"jump as a login in quotes", "ProxyJump \"ops\"@gate\n"},
	{"jump to nobody", "ProxyJump a,\n"}, {"jump to port 0", "ProxyJump gate:0\n"}, {"jump to itself", "ProxyJump one\n"},
	{"command none", "ProxyCommand none\nProxyJump g\n"}, {"command", "ProxyCommand \"nc\" %h # c\n"}, {"command with an open quote", "ProxyCommand nc \"a\n"},
	{"command with a token", "ProxyCommand nc %z\n"}, {"name in quotes", "HostName \"h1\" # x\n"}, {"name with a blank", "HostName \"h 1\"\n"}, {"two names", "HostName h1 h2\n"},
	{"name and a half quote", "HostName \"h1\"x\n"}, {"name with a token", "HostName %h.example\n"}, {"name with an unknown token", "HostName %z\n"},
	{"login in quotes", "User \"ops\"\n"}, {"login and more", "User ops extra\n"}, {"login by =", "User=a=b\n"}, {"keyword in quotes", "\"User\" ops\n"},
	{"login with a control character", "User x\x01y\n"}, {"port", "Port \"23\"\n"}, {"port 0", "Port 0\n"}, {"name of a port", "Port http\n"}, {"leading 0", "Port 023\n"},
	{"match exec", "Match exec \"test %n = one\"\n ProxyJump gate\n"}, {"match exec that matters for one", "Match originalhost one exec true\n User ops\n"},
	{"match exec that tunes", "Match exec true\n Compression yes\nHost one\n User ops\n"}, {"no such condition", "Match wether x\n User no\n"},
	{"condition of another host", "Match originalhost one wether x\n User no\n"}, {"final", "Match !final user x\nHost one\n HostName x.example\nHost x.example\n User u\n"},
	{"open quote of another host", "Host one\n User \"a\nHost *\n Port 23\n"}, {"keyword with an error", "Host one\n Hots x\n"}, {"ignored", "IgnoreUnknown Ho*\nHost one\n Hots x\n User u\n"},
	{"canonical", "CanonicalizeHostname yes\nHost one\n User u\n"}, {"family", "AddressFamily INET6\n"}, {"no such family", "AddressFamily x\n"},
	{"revoked", "RevokedHostKeys ~/revoked\nHost one\n RevokedHostKeys other\n"}, {"not revoked", "RevokedHostKeys none\n"}, {"command for keys", "KnownHostsCommand /bin/x %H # a\n"},
	{"handed over", "ProxyUseFdpass yes\nHost one\n ProxyCommand nc\n"}, {"bound", "Host one\n BindAddress 127.0.0.1\n"}, {"interface", "Host one\n BindInterface lo\n"},
	{"no key", "Host one\n PubkeyAuthentication no\n"}, {"passwords only", "PreferredAuthentications password\n"}, {"check the address", "CheckHostIP yes\n"},
	{"certificates only", "HostKeyAlgorithms ssh-ed25519-cert-v01@openssh.com\n"}, {"long keys", "RequiredRSASize 3072\n"}, {"short keys", "RequiredRSASize 1024\n"},
	{"jump with a token", "Host one\n ProxyJump %h-g\n"}, {"jump with a zone", "ProxyJump [fe80::1%eth0]:23\n"}, {"login of a jump with a token", "ProxyJump %r@gate\n"},
	{"no files of keys", "Host one\n UserKnownHostsFile none\n GlobalKnownHostsFile none\n"}, {"no file of the user", "UserKnownHostsFile none\nGlobalKnownHostsFile /etc/x\n"},
	{"token", "PKCS11Provider /x\n"}, {"only keys that are gone", "IdentitiesOnly yes\nIdentityFile /nowhere\n"}, {"no key file", "IdentityFile none\n"},
}

// For each configuration and host the target is that of ssh -G, or the host is an error.
// Without ssh it is the same, or an error.
func TestAsSSHSays(t *testing.T) {
	suite.Unraced(t, "ssh -G")
	ssh := realSSH(t)
	var work sync.WaitGroup
	places := make(chan struct{}, 4)
	for _, tc := range compared {
		path := write(t, t.TempDir(), map[string]string{"config": tc.text})
		work.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			asking, alone := New(Options{File: path, Program: ssh}), New(Options{File: path, Program: none})
			refused := 0
			for _, name := range []string{"one", "two", "10.1.2.3"} {
				ask := transport.Target{Name: name, Address: name}
				q := queryOf(ask)
				base, _, _ := asking.basis(t.Context())
				a, said := asking.asked(t.Context(), q)
				with, err1 := asking.Fill(t.Context(), ask)
				without, err2 := alone.Fill(t.Context(), ask)
				if said != nil && err1 == nil {
					t.Errorf("%s: %s: ssh refuses (%v), and it is %+v", tc.name, name, said, with)
				}
				if err1 == nil {
					asAnswered(t, tc.name, base, a, with)
				}
				if err1 == nil && err2 == nil && with != without {
					t.Errorf("%s: %s (-with ssh +without):\n%s", tc.name, name, cmp.Diff(with, without))
				}
				if err1 != nil && said == nil && err2 == nil {
					t.Errorf("%s: %s: an error with ssh (%v), without it %+v", tc.name, name, err1, without)
				}
				if err2 != nil {
					refused++
					wantsError(t, err2, "ssh.config: none")
				}
			}
			if refused == 3 && (strings.Contains(tc.text, "Host one") || strings.Contains(tc.text, "originalhost one")) && tc.name != "canonical" {
				t.Errorf("%s: the fault of one host is one of all without ssh", tc.name)
			}
		})
	}
	work.Wait()
}

// asAnswered compares a target with the words of ssh -G, without our reading of them.
func asAnswered(t *testing.T, name string, base, a answer, got transport.Target) {
	unquoted := strings.NewReplacer(`"`, "", "'", "", "ssh://", "").Replace
	got = got.Defaulted()
	if got.Address != a.first("hostname") || fmt.Sprint(got.Port) != a.first("port") {
		t.Errorf("%s: %+v, ssh says %s port %s", name, got, a.first("hostname"), a.first("port"))
	}
	if user := a.first("user"); user != base.first("user") && got.User != user {
		t.Errorf("%s: login %s, ssh says %s", name, got.User, user)
	}
	if a.first("userknownhostsfile") == none && a.first("globalknownhostsfile") == none && got.KnownHosts != os.DevNull {
		t.Errorf("%s: known_hosts %q, ssh has none", name, got.KnownHosts)
	}
	if jump := unquoted(a.first("proxyjump")); got.Jump != jump || strings.Contains(jump, "%") {
		t.Errorf("%s: jump %q, ssh says %q", name, got.Jump, jump)
	}
	if (got.ProxyCommand != "") != (a.first("proxycommand") != "") || (got.RevokedHostKeys != "") != (a.first("revokedhostkeys") != "") {
		t.Errorf("%s: %+v, ssh says %q and %q", name, got, a.first("proxycommand"), a.first("revokedhostkeys"))
	}
}

// Names that don't resolve are errors of their own: the others go their way, alone or
// together, however many fail.
func TestHostsThatSSHRefuses(t *testing.T) {
	ssh := realSSH(t)
	const text = "CanonicalizeHostname yes\nCanonicalizeFallbackLocal no\nCanonicalizeMaxDots 0\nHost 127.* broken*\nMatch exec \"echo %h | grep -q ^127.0.1\"\n ProxyJump gate\n User viaexec\n"
	for _, broken := range []int{0, 40} {
		c, h := asks(t, text, ssh)
		var work sync.WaitGroup
		for i := range broken {
			work.Go(func() {
				_, err := c.Fill(t.Context(), transport.Target{Name: "broken", Address: fmt.Sprintf("broken%d", i)})
				wantsError(t, err, "ssh refuses the host", "Could not resolve", "ssh.config: none")
			})
		}
		for i := range 9 {
			work.Go(func() {
				address := fmt.Sprintf("127.0.1.%d", i+1)
				got, err := c.Fill(t.Context(), transport.Target{Name: "near", Address: address})
				if want := (transport.Target{Name: "near", Address: address, User: "viaexec", Jump: "gate"}); got != want || err != nil {
					t.Errorf("beside %d: %+v, %v", broken, got, err)
				}
			})
		}
		work.Wait()
		h.wants(t)
	}
}

// unreadable are blocks of one host that nobody can decide without ssh.
var unreadable = []string{
	"Host victim\n User \"a\n", "Host victim\n ProxyJump a, b\n", "Host victim\n Hots x\n", "Match originalhost victim exec true\n User no\n",
	"Match originalhost victim wether x\n Port 1\n", "Host victim\n Include ~nobody/x\n", "Host victim\n CanonicalizeHostname yes\n", "Host victim\n RefuseConnection no\n",
	"Host victim\n HostName %z\n", "Host victim\n Port x\n",
}

// One host's block that can't be read changes no other host's target by a byte.
func TestOneUnreadableBlock(t *testing.T) {
	for seed := range uint64(200) {
		g := grammar{rand.New(rand.NewPCG(seed, 2))}
		text, block := g.config(), unreadable[g.IntN(len(unreadable))]
		before, _ := own(t, text)
		after, _ := own(t, block+"Host *\n"+text)
		after.home = before.home
		for _, address := range []string{"a", "ab", "abc", "b.example", "10.0.0.1"} {
			ask := transport.Target{Name: "one", Address: address}
			want, err1 := before.Fill(t.Context(), ask)
			got, err2 := after.Fill(t.Context(), ask)
			if want != got || (err1 == nil) != (err2 == nil) {
				t.Errorf("seed %d, %s, %q before\n%s\n%v, %v\n%s", seed, address, block, text, err1, err2, cmp.Diff(want, got))
			}
		}
		if _, err := after.Fill(t.Context(), transport.Target{Name: "victim", Address: "victim"}); err == nil {
			t.Errorf("seed %d: %q is read", seed, block)
		}
	}
}
