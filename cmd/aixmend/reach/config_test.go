package reach

import (
	"os"
	"strings"
	"testing"

	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/inventory"
)

// A host is completed by the file that it names, and so is a bastion on its way, as by
// ssh -F; another name of a file concerns nobody else.
func TestConfigOfAHost(t *testing.T) {
	usual := config(t, "Host *\n User usual\nHost gate\n HostName usual-gate\n")
	named := config(t, "Host aix*\n User named\n ProxyJump gate\nHost gate\n HostName named-gate\n")
	own := config(t, "Host gate2\n HostName own-gate\n")
	loose := config(t, "Host *\n User loose\n")
	if err := os.Chmod(loose, 0o602); err != nil {
		t.Fatal(err)
	}
	w := New(Options{Asked: request.Asked{SSHConfig: usual}, Say: t.Logf})
	defer w.Close()
	for _, tc := range []struct{ config, user, jump, fault string }{
		{"", "usual", "", ""},
		{named, "named", "gate", ""},
		{request.None, "", "", ""},
		{usual + "-not-there", "", "", "can't be read"},
		{loose, "", "", "others may change it"},
	} {
		h := inventory.Host{Name: "aix1", Address: "aix1", SSH: inventory.SSH{Config: tc.config}}
		got, err := w.config.Fill(t.Context(), controller.TargetOf(h))
		if got.User != tc.user || got.Jump != tc.jump || (err == nil) != (tc.fault == "") {
			t.Errorf("%s: %+v, %v", tc.config, got, err)
		}
		if err != nil && !(strings.Contains(err.Error(), tc.fault) && strings.Contains(err.Error(), "ssh.config")) {
			t.Errorf("%s: error %v", tc.config, err)
		}
	}
	b := bastions{
		defined: []inventory.Bastion{{Name: "gate2", Address: "gate2", SSH: inventory.SSH{Config: own}}},
		fill:    w.config.Fill,
	}
	for _, tc := range []struct{ name, behind, want string }{
		{"gate", "", "usual-gate"}, {"gate", named, "named-gate"}, {"gate", request.None, "gate"},
		{"gate2", "", "own-gate"}, {"gate2", named, "own-gate"},
	} {
		if got, err := b.find(t.Context(), tc.name, tc.behind); err != nil || got.Address != tc.want {
			t.Errorf("%s behind a host of %q: %+v, %v", tc.name, tc.behind, got, err)
		}
	}
}
