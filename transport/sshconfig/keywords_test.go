package sshconfig

import (
	"os"
	"strings"
	"testing"
)

// Each keyword of ssh_config(5) has a meaning here; testdata/keywords is its list. One
// that can refuse a host has a rule that says when.
func TestKeywordsHaveAMeaning(t *testing.T) {
	text, err := os.ReadFile("testdata/keywords")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Fields(string(text)) {
		if keywords[strings.ToLower(name)].effect == unheard {
			t.Errorf("%s has no meaning", name)
		}
	}
	rules := map[string]bool{}
	for _, r := range refusals {
		rules[r.keyword] = true
	}
	for name, k := range keywords {
		if (k.effect == refuses) != rules[name] {
			t.Errorf("%s: it can refuse a host %t, and a rule says when %t", k.name, k.effect == refuses, rules[name])
		}
	}
}

// Each refusal names its line and is lifted by the remedies that it names.
func TestRefusalsAreLifted(t *testing.T) {
	for text, setting := range map[string]string{
		"RefuseConnection no": "", "BindAddress 1.2.3.4": "", "BindInterface lo": "", "ProxyCommand nc\nProxyUseFdpass yes": "ssh.jump",
		"PubkeyAuthentication no": "ssh.identity", "PreferredAuthentications password": "ssh.identity", "PKCS11Provider /x": "ssh.identity",
		"IdentityFile /nowhere\nIdentitiesOnly yes": "ssh.identity", "IdentityFile none": "ssh.identity", "CheckHostIP yes": "ssh.known_hosts",
		"HostKeyAlgorithms ssh-ed25519-cert-v01@openssh.com": "ssh.known_hosts", "RequiredRSASize 3072": "ssh.known_hosts",
	} {
		c, _ := own(t, text+"\nHost other\n User x\n")
		_, err := c.Fill(t.Context(), aix1)
		word, _, _ := strings.Cut(text[strings.LastIndexByte(text, '\n')+1:], " ")
		wantsError(t, err, word, "ssh.config: none", setting)
		lifted := aix1
		switch setting {
		case "ssh.jump":
			lifted.Jump = "gate"
		case "ssh.identity":
			lifted.Identity = "k"
		case "ssh.known_hosts":
			lifted.KnownHosts = "k"
		}
		if setting != "" {
			if _, err := c.Fill(t.Context(), lifted); err != nil {
				t.Errorf("%s: %s does not lift it: %v", text, setting, err)
			}
		}
		none := aix1
		none.SSHConfig = "none"
		if _, err := filesOf(c).Fill(t.Context(), none); err != nil {
			t.Errorf("%s: none does not lift it: %v", text, err)
		}
	}
}
