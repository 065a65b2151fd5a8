package load

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/inventory"
)

func TestPasswordSource(t *testing.T) {
	for _, want := range []inventory.PasswordSource{
		{Prompt: true},
		{File: "/a b"},
		{Exec: []string{"x", "", "é\""}},
		{Env: "PW"},
		{Age: "/a"},
		{Age: "/a", Identity: "/b"},
	} {
		if got, err := inventory.PasswordSourceOf(want.Key()); err != nil || !cmp.Equal(want, got) {
			t.Errorf("%+v became %+v, %v", want, got, err)
		}
	}
	if _, err := inventory.PasswordSourceOf("prompt"); err == nil {
		t.Error("text that is no key is a source")
	}
}

func TestLogin(t *testing.T) {
	inv, err := testOptions().Load("testdata/good/login.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]inventory.SSH{
		"a-group":   {Certificate: "/home/me/.ssh/fleet-cert.pub", LegacyAlgorithms: true},
		"b-own":     {Certificate: "testdata/good/own-cert.pub", Password: `{"env":"AIX_PW"}`},
		"c-without": {Certificate: "none", LegacyAlgorithms: true, Passphrase: `{"prompt":true}`},
		"d-age":     {Certificate: "/home/me/.ssh/fleet-cert.pub", LegacyAlgorithms: true, Password: `{"age":"testdata/good/secrets/pw.age","identity":"/home/me/key.txt"}`, Passphrase: `{"age":"/etc/pp.age"}`},
	} {
		want.Become = inventory.BecomeNone
		host, _ := inv.Host(name)
		if diff := cmp.Diff(want, host.SSH); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Whatever is written where a source belongs may be a secret: no message quotes
// it.
func TestPasswordsAreNotQuoted(t *testing.T) {
	for _, setting := range []string{"become_password", "password", "passphrase"} {
		for _, value := range []string{"hunter2", `"hunter2"`, "[hunter2]", "{hunter2: x}", "!vault hunter2", "|\n      hunter2", "31337", "{password: 31337}", `{env: "hunter2!"}`, "{identity: hunter2}"} {
			_, err := Parse("inventory.yaml", fmt.Appendf(nil, "apiVersion: aixmend/v1\nhosts:\n  aix1:\n    ssh:\n      become: sudo\n      %s: %s\n", setting, value))
			if err == nil {
				t.Errorf("%s: %s is taken", setting, value)
				continue
			}
			text := strings.ReplaceAll(err.Error(), `unknown key "hunter2"`, "") // a key is no password
			if strings.Contains(text, "hunter2") || strings.Contains(text, "31337") {
				t.Errorf("%s: %s is quoted: %s", setting, value, text)
			}
		}
	}
}
