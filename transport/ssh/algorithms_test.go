package ssh

import (
	//nolint:staticcheck // old hosts have such keys

	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
)

// Insecure algorithms are offered to legacy targets only, and behind the others.
func TestInsecureAlgorithmsNeedConsent(t *testing.T) {
	old := ssh.InsecureAlgorithms()
	for _, legacy := range []bool{false, true} {
		config := &ssh.ClientConfig{}
		algorithms(config, legacy)
		for name, lists := range map[string][2][]string{
			"kex": {config.KeyExchanges, old.KeyExchanges}, "ciphers": {config.Ciphers, old.Ciphers}, "MACs": {config.MACs, old.MACs},
		} {
			has := 0
			for _, a := range lists[1] {
				if slices.Contains(lists[0], a) {
					has++
				}
			}
			if want := map[bool]int{true: len(lists[1])}[legacy]; has != want || len(lists[0]) == 0 || len(lists[0]) != len(slices.Compact(slices.Sorted(slices.Values(lists[0])))) {
				t.Errorf("legacy %t: %s %v has %d of the old ones, want %d", legacy, name, lists[0], has, want)
			}
			if insecure(lists[0][0]) {
				t.Errorf("%s: %s comes first", name, lists[0][0])
			}
		}
	}
}

// A server that has old algorithms alone is not talked to, and the error says
// what would make it so; with it the report says what was agreed on.
func TestServerWithOldAlgorithms(t *testing.T) {
	for _, c := range []struct {
		name   string
		server func(*ssh.ServerConfig)
		what   string
		agreed func(transport.Link) string
		want   string
	}{
		{"kex", func(c *ssh.ServerConfig) { c.KeyExchanges = []string{ssh.InsecureKeyExchangeDH14SHA1} }, "key exchange",
			func(l transport.Link) string { return l.Kex }, ssh.InsecureKeyExchangeDH14SHA1},
		{"cipher", func(c *ssh.ServerConfig) { c.Ciphers = []string{ssh.InsecureCipherAES128CBC} }, "cipher",
			func(l transport.Link) string { return l.Cipher }, ssh.InsecureCipherAES128CBC},
		{"MAC", func(c *ssh.ServerConfig) {
			c.Ciphers, c.MACs = []string{ssh.CipherAES128CTR}, []string{ssh.InsecureHMACSHA196}
		}, "MAC",
			func(l transport.Link) string { return l.MAC }, ssh.InsecureHMACSHA196},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := memory()
			o.Configure = c.server
			r := serve(t, posix, o)
			err := r.dialFails(transport.KindProtocol, "no common algorithm for ", c.what, "set ssh.legacy_algorithms", c.want)
			if transport.KindOf(err).Temporary() {
				t.Error("it is tried again")
			}
			r.target.LegacyAlgorithms = true
			link := r.linked("identity " + r.target.Identity)
			if c.agreed(link) != c.want || !link.Legacy {
				t.Errorf("%+v", link)
			}
		})
	}
}

func TestServerWithAnOldHostKeyAlgorithm(t *testing.T) {
	o := memory()
	signer, err := ssh.NewSignerWithAlgorithms(rsaSigner(t).(ssh.AlgorithmSigner), []string{ssh.KeyAlgoRSA})
	if err != nil {
		t.Fatal(err)
	}
	o.HostKeys = []ssh.Signer{signer}
	r := serve(t, posix, o)
	r.dialFails(transport.KindProtocol, "host key", "set ssh.legacy_algorithms", "to use ssh-rsa")
	r.target.LegacyAlgorithms = true
	if link := r.linked("identity " + r.target.Identity); link.HostKeyAlgorithm != ssh.KeyAlgoRSA || !link.Legacy || link.HostKey != ssh.FingerprintSHA256(signer.PublicKey()) {
		t.Errorf("%+v", link)
	}
}

// The error suggests legacy_algorithms only where that would help.
func TestNoAlgorithmAtAll(t *testing.T) {
	for _, legacy := range []bool{false, true} {
		err := noCommonAlgorithm(&ssh.AlgorithmNegotiationError{What: "key exchange", RequestedAlgorithms: []string{"kex\x1b[2J", strings.Repeat("x", 9000)}}, legacy)
		if text := err.Error(); strings.Contains(text, "legacy_algorithms") || strings.Contains(text, "\x1b") || len(text) > 500 || !strings.Contains(text, "update it") {
			t.Errorf("%q", text)
		}
	}
}

// The negotiated algorithms are known, also through decorators; the server's version
// is only text.
func TestLink(t *testing.T) {
	o := memory()
	o.Configure = func(c *ssh.ServerConfig) { c.ServerVersion = "SSH-2.0-OpenSSH_8.1" }
	r := serve(t, posix, o)
	link := r.linked("identity " + r.target.Identity)
	want := transport.Link{
		HostKey: ssh.FingerprintSHA256(r.server.HostKeys()[0]), ServerVersion: "SSH-2.0-OpenSSH_8.1",
		Kex: link.Kex, HostKeyAlgorithm: ssh.KeyAlgoED25519, Cipher: link.Cipher, Login: link.Login,
	}
	if link.Kex == "" || link.Cipher == "" || link.Legacy || link.Kex != want.Kex || link.HostKey != want.HostKey || link.HostKeyAlgorithm != want.HostKeyAlgorithm || link.ServerVersion != want.ServerVersion {
		t.Errorf("%+v, want %+v", link, want)
	}
	if got := transport.LinkOf(nil); got.Login != "" {
		t.Errorf("of nothing: %+v", got)
	}
}
