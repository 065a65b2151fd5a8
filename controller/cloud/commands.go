package cloud

import (
	"regexp"
	"slices"
	"strings"

	"aixmend/transport/shell"
)

// placeholder stands for the id of the VM in the next steps of a playbook.
const placeholder = " INSTANCE "

// ids matches ids of VMs and CRNs; other text is not put into a command.
var ids = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9:/._-]{0,255}$`)

// Named returns the next steps of a finding for a person with the id of the VM in their
// commands of ibmcloud, behind the commands that show the VM and its volumes. Steps without
// such a command, and steps of a VM that is not sure or has no id, stay as they are. It is for a person to
// paste: aixmend runs none of them.
func Named(steps []string, s Sight) []string {
	if !s.Sure || !ids.MatchString(s.Instance) || !slices.ContainsFunc(steps, asks) {
		return steps
	}
	id := shell.Word(s.Instance)
	look := "ibmcloud pi instance get " + id + " && ibmcloud pi instance volume list " + id
	if ids.MatchString(s.Workspace) {
		look = "ibmcloud pi workspace target " + shell.Word(s.Workspace) + " && " + look
	}
	named := []string{"the VM and its volumes in Power Virtual Server: " + look}
	for _, step := range steps {
		if asks(step) {
			step = strings.ReplaceAll(step, placeholder, " "+id+" ")
		}
		named = append(named, step)
	}
	return named
}

// asks reports whether a step has a command for a VM without its id.
func asks(step string) bool {
	return strings.Contains(step, "ibmcloud pi ") && strings.Contains(step, placeholder)
}
