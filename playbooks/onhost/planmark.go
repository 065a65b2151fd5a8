package onhost

import (
	"fmt"
	"regexp"
	"strings"
)

// The mark of an approved plan. A plan is applied to a host once, whatever is known
// to the state folder that it is applied from: so the host itself remembers it, by a
// symbolic link whose target is the run. It stays when the run is rolled back.

// PlanMarkPath begins the path of a mark; /etc is root's alone.
const PlanMarkPath = "/etc/aixmend.plan."

// Ids of the two commands.
const (
	// AppliedStep looks for the mark; it changes nothing and needs no rights.
	AppliedStep = "plan-applied"
	// MarkAppliedStep makes it: under the lease, before the plan's first step.
	MarkAppliedStep = "plan-mark"
)

// AppliedCommand prints the mark of a plan where there is one, for ReadApplied.
func AppliedCommand(plan string) string { return applied(PlanMarkPath + leased(plan)) }

// MarkAppliedCommand marks a host as one to which a run has applied a plan. It does
// nothing where the run has marked it already; where another run has, its status is
// not 0, and the plan must not be applied.
func MarkAppliedCommand(plan, run string) string {
	return markApplied(PlanMarkPath+leased(plan), leased(run))
}

func applied(mark string) string {
	return fmt.Sprintf("if [ -h %[1]s ] || [ -f %[1]s ] || [ -d %[1]s ]; then /usr/bin/ls -ld %[1]s; fi", mark)
}

func markApplied(mark, run string) string {
	return fmt.Sprintf(`case "$(/usr/bin/ls -ld %[1]s 2>/dev/null)" in
(*" %[1]s -> run=%[2]s") ;;
("") /usr/bin/ln -s run=%[2]s %[1]s ;;
(*) printf 'another run has applied the plan: %%s\n' %[1]s >&2; exit 1 ;;
esac`, mark, run)
}

var markOfPlan = regexp.MustCompile(` (?:/\S*)?/aixmend\.plan\.[A-Za-z0-9._@-]+ -> run=` + leaseWord + `$`)

// ReadApplied reads the output of AppliedCommand: the run that has applied the plan,
// "" if none has. An error: the file is no mark, and it is not known whether the plan was
// applied.
func ReadApplied(printed string) (run string, err error) {
	line := strings.TrimRight(printed, "\n")
	if line == "" {
		return "", nil
	}
	m := markOfPlan.FindStringSubmatch(line)
	if m == nil {
		return "", fmt.Errorf("%q is no mark of a plan: whether it was applied is not known", line)
	}
	return m[1], nil
}
