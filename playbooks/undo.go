package playbooks

import (
	"fmt"
	"strings"
	"time"
)

// The timed undo. A change on an interface can cut the very connection over
// which it is made. So its undo is armed on the host first: a shell that was
// left behind, that waits, and takes the change back unless it has been
// disarmed. Exactly one of the two gets the marker file, because a rename
// happens once. It takes POSIX sh and nothing else: no at, no cron.

// UndoAfterParam is the parameter that says how long an armed undo waits.
const UndoAfterParam = "undo_after"

// Answers of a disarming command.
const (
	// UndoDisarmed: the undo will not run.
	UndoDisarmed = "disarmed"
	// UndoFired: it has run, or runs now.
	UndoFired = "fired"
)

// marker is the file that arms the undo of a step; /etc is root's alone.
func marker(step string) string { return "/etc/aixmend.undo." + step }

// armCommand leaves a shell behind that runs undo after a while. It refuses
// while another undo of the step is armed.
func armCommand(step, undo string, after time.Duration) string {
	seconds := max(int(after/time.Second), 1)
	return fmt.Sprintf(`m=%[1]s
if [ -f "$m" ]; then printf 'an undo of this step is armed already\n' >&2; exit 1; fi
/usr/bin/rm -f "$m.fired" "$m.disarmed"
printf 'armed\n' >"$m" || exit 1
( trap '' 1
  /usr/bin/sleep %[2]d
  if /usr/bin/mv "$m" "$m.fired"; then
    %[3]s
  fi
) </dev/null >/dev/null 2>&1 &`, marker(step), seconds, strings.ReplaceAll(undo, "\n", "\n    "))
}

// disarmCommand takes the marker away and says who was first.
func disarmCommand(step string) string {
	return fmt.Sprintf(`m=%[1]s
if /usr/bin/mv "$m" "$m.disarmed" 2>/dev/null; then
  /usr/bin/rm -f "$m.disarmed"
  printf '%[2]s\n'
elif [ -f "$m.fired" ]; then
  /usr/bin/rm -f "$m.fired"
  printf '%[3]s\n'
else
  printf 'there is no armed undo\n' >&2; exit 1
fi`, marker(step), UndoDisarmed, UndoFired)
}

// ArmedCommand lists what there is of the undo of a step, with a status that means
// nothing: no line where it was never armed, or was disarmed. It needs no rights.
func ArmedCommand(step string) string {
	return fmt.Sprintf("/usr/bin/ls %[1]s %[1]s.fired %[1]s.disarmed 2>/dev/null", marker(step))
}
