package sshconfig

import (
	"strings"
	"testing"
	"unicode"
)

// parse parses a text that includes nothing.
func parse(text string) *config {
	p := &parser{loader: &loader{home: "/nowhere", system: "/nowhere", files: maxFiles}}
	f := p.text(text, source{path: "config"})
	return &config{files: []*file{f}, final: p.final, relevant: p.relevant}
}

// Whatever the text is: the parser comes to an end, what stands first holds, what
// is a comment changes nothing, and no value has a line end or a control
// character in it.
func FuzzSSHConfig(f *testing.F) {
	f.Add("Host a*\n User ops\n", "aix1")
	f.Add("Match final host=\"a,b\" !user x exec 'y'\nProxyJump u@[::1]:22,b\nHostName %h.x%%\n", "b")
	f.Add("Include x\nIdentityFile=\"a b\" # c\nUserKnownHostsFile a 'b c' d\\ e\nPort 1\n", "10.1.2.3")
	for _, tc := range sameSeeds {
		f.Add(tc, "aix1")
	}
	f.Fuzz(func(t *testing.T, text, address string) {
		q := query{address: address}
		e := parse(text).evaluate(q, "me")
		for _, v := range append([]string{e.hostName, e.user, e.agent, e.alias, e.proxyJump, e.proxyCommand}, append(append(e.identities, e.userHosts...), e.certificates...)...) {
			if strings.ContainsFunc(strings.ReplaceAll(v, address, ""), func(r rune) bool { return r != '\t' && r < 0x80 && unicode.IsControl(r) }) {
				t.Errorf("a value is %q", v)
			}
		}
		commented := parse("# one\n\n"+strings.ReplaceAll(text, "\n", "\n  # User nobody\n\n")).evaluate(q, "me")
		if commented.settings.proxyCommand != e.settings.proxyCommand || commented.hostName != e.hostName || commented.user != e.user || commented.port != e.port {
			t.Errorf("comments change %+v into %+v", e.settings, commented.settings)
		}
		first := parse("HostName fixed\nUser u\nPort 1\nProxyJump j\nHostKeyAlias k\nUserKnownHostsFile f\n"+text).evaluate(q, "me")
		if first.hostName != "fixed" && address != "fixed" || first.user != "u" || first.port != 1 || first.proxyJump != "j" || first.proxyCommand != "" || first.alias != "k" || len(first.userHosts) != 1 {
			t.Errorf("what stands first does not hold: %+v", first.settings)
		}
	})
}

// sameSeeds are texts to begin with.
var sameSeeds = []string{
	"Host !a* *\nUser=x\nHost b\nPort 2\n", "Match !all\nUser x\nMatch all\nUser y\n", "Match host \"\" user\n", "Port 99999\nHost\nMatch\n",
	"ProxyCommand = = nc %h\nProxyCommand none\n", "ProxyJump none\nProxyJump a,,b\n", "CanonicalizeHostname yes\nTag t\nMatch tagged t\nUser z\n",
}
