package load

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/inventory"
)

func TestBecome(t *testing.T) {
	inv, err := testOptions().Load("testdata/good/become.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]inventory.SSH{
		"a-sudo":    {Become: inventory.BecomeSudo},
		"b-tight":   {Become: inventory.BecomeSudo, BecomeMode: inventory.ModeCommands},
		"c-asked":   {Become: inventory.BecomeSudo, BecomePassword: `{"prompt":true}`},
		"d-file":    {Become: inventory.BecomeSu, BecomePassword: `{"file":"testdata/good/secrets/root"}`},
		"e-exec":    {Become: inventory.BecomeDzdo, BecomePassword: `{"exec":["vault","read","-field=pw",""]}`},
		"f-program": {Become: inventory.BecomePbrun, BecomePassword: `{"exec":["./testdata/good/get-password","a b"]}`},
		"g-home":    {Become: inventory.BecomeSudo, BecomePassword: `{"file":"/home/me/pw"}`},
		"h-custom":  {Become: inventory.BecomeCommand, BecomeCommand: "/opt/pb/bin/pbrun -u root"},
		"i-tight":   {Become: inventory.BecomeCommand, BecomeCommand: "/opt/pb/bin/pbrun -u root", BecomeMode: inventory.ModeCommands},
		"j-root":    {User: "root", Become: inventory.BecomeNone},
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
