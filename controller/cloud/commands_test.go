package cloud

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The commands for a person name this VM; an id that is none never enters a command.
func TestNamed(t *testing.T) {
	const crn = "crn:v1:bluemix:public:power-iaas:eu-de-1:a/0:ws-1::"
	steps := []string{"1. shutdown -F", "3. start it: ibmcloud pi instance action INSTANCE --operation start"}
	look := "ibmcloud pi instance get vm-1 && ibmcloud pi instance volume list vm-1"
	start := "3. start it: ibmcloud pi instance action vm-1 --operation start"
	for name, c := range map[string]struct {
		sight Sight
		steps []string
		want  []string
	}{
		"named":           {Sight{Sure: true, Instance: "vm-1", Workspace: crn}, steps, []string{"the VM and its volumes in Power Virtual Server: ibmcloud pi workspace target " + crn + " && " + look, steps[0], start}},
		"no workspace":    {Sight{Sure: true, Instance: "vm-1"}, steps, []string{"the VM and its volumes in Power Virtual Server: " + look, steps[0], start}},
		"a CRN that runs": {Sight{Sure: true, Instance: "vm-1", Workspace: "crn:$(reboot)"}, steps, []string{"the VM and its volumes in Power Virtual Server: " + look, steps[0], start}},
		"by name alone":   {Sight{Instance: "vm-1", Workspace: crn}, steps, steps},
		"no VM":           {Sight{}, steps, steps},
		"an id that runs": {Sight{Sure: true, Instance: "vm-1; reboot"}, steps, steps},
		"an option":       {Sight{Sure: true, Instance: "--operation"}, steps, steps},
		"a line end":      {Sight{Sure: true, Instance: "vm-1\n"}, steps, steps},
		"other steps":     {Sight{Sure: true, Instance: "vm-1"}, []string{"1. look at INSTANCE here"}, []string{"1. look at INSTANCE here"}},
		"no steps":        {Sight{Sure: true, Instance: "vm-1"}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Named(c.steps, c.sight)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
