package inventory

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBecome(t *testing.T) {
	inv, err := testOptions().Load("testdata/good/become.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]SSH{
		"a-sudo":    {Become: BecomeSudo},
		"b-tight":   {Become: BecomeSudo, BecomeMode: ModeCommands},
		"c-asked":   {Become: BecomeSudo, BecomePassword: `{"prompt":true}`},
		"d-file":    {Become: BecomeSu, BecomePassword: `{"file":"testdata/good/secrets/root"}`},
		"e-exec":    {Become: BecomeDzdo, BecomePassword: `{"exec":["vault","read","-field=pw",""]}`},
		"f-program": {Become: BecomePbrun, BecomePassword: `{"exec":["./testdata/good/get-password","a b"]}`},
		"g-home":    {Become: BecomeSudo, BecomePassword: `{"file":"/home/me/pw"}`},
		"h-custom":  {Become: BecomeCommand, BecomeCommand: "/opt/pb/bin/pbrun -u root"},
		"i-tight":   {Become: BecomeCommand, BecomeCommand: "/opt/pb/bin/pbrun -u root", BecomeMode: ModeCommands},
		"j-root":    {User: "root", Become: BecomeNone},
	} {
		if want.User == "" {
			want.User = "ops"
		}
		host, _ := inv.Host(name)
		if diff := cmp.Diff(want, host.SSH); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestPasswordSource(t *testing.T) {
	for _, want := range []PasswordSource{{Prompt: true}, {File: "/a b"}, {Exec: []string{"x", "", "é\""}}} {
		if got, err := PasswordSourceOf(want.Key()); err != nil || !cmp.Equal(want, got) {
			t.Errorf("%+v became %+v, %v", want, got, err)
		}
	}
	if _, err := PasswordSourceOf("prompt"); err == nil {
		t.Error("text that is no key is a source")
	}
}

// Whatever is written where a source belongs may be a password: no message
// quotes it.
func TestPasswordsAreNotQuoted(t *testing.T) {
	for _, value := range []string{"hunter2", `"hunter2"`, "[hunter2]", "{hunter2: x}", "!vault hunter2", "|\n      hunter2", "31337", "{password: 31337}"} {
		_, err := Parse("inventory.yaml", []byte("apiVersion: aixmend/v1\nhosts:\n  aix1:\n    ssh:\n      become: sudo\n      become_password: "+value+"\n"))
		if err == nil {
			t.Errorf("%s is taken", value)
			continue
		}
		text := strings.ReplaceAll(err.Error(), `unknown key "hunter2"`, "") // a key is no password
		if strings.Contains(text, "hunter2") || strings.Contains(text, "31337") {
			t.Errorf("%s is quoted: %s", value, text)
		}
	}
}
