package onhost

import (
	"strings"

	"aixmend/transport/shell"
)

// Text is shell text and its purpose.
type Text struct{ Purpose, Command string }

// RunForm is the form of a run's id (journal.NewRunID) in the classes of package shell.
var RunForm = strings.Repeat(shell.Digit, 8) + "T" + strings.Repeat(shell.Digit, 6) + "." + strings.Repeat(shell.Digit, 3) + "Z-" + strings.Repeat(shell.Hex, 6)

// PlanForm is the form of a plan's id, LeaseForm that of a lease of this version.
var (
	PlanForm  = strings.Repeat(shell.Hex, 32)
	LeaseForm = "run=" + RunForm + strings.Repeat(shell.NameChar, leaseWidth) + ",until=" + strings.Repeat(shell.Digit, 8) + "T" + strings.Repeat(shell.Digit, 6) + "Z"
)

// Templates returns the changing commands that every changing run sends beside its steps,
// with the words in the place of what differs from run to run: the rules of sudoers are
// made of them. A lease that is replaced or given back stands in a comparison only.
func Templates(lease, run, plan string) []Text {
	return []Text{
		{"the lease of the host", leaseTake(lease)},
		{"the lease of the host", leaseReplace(lease, lease)},
		{"the lease of the host", leaseRelease(lease)},
		{"the mark of an approved plan", markApplied(PlanMarkPath+plan, run)},
	}
}
