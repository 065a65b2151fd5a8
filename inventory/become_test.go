package inventory

import (
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
