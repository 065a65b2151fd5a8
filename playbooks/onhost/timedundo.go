package onhost

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// The timed undo. A change on an interface can cut the connection over which it is made.
// So its undo is armed on the host first: a background shell waits, and reverts the change
// unless it has been disarmed. Only one of the two gets the marker, because a rename happens
// once. The
// marker is a symbolic link, like a lease: its content exists as soon as the link does, and
// it states until when the undo may still run, so a marker left behind by a reboot
// expires. It takes POSIX sh and nothing else: no at, no cron.

// States of a timed undo; the last three are the answers of a disarming command.
const (
	// UndoNone: it was never armed, or it was disarmed and nothing is left of it.
	UndoNone = ""
	// UndoArmed: it waits, or a reboot has ended its wait: then its time is over.
	UndoArmed = "armed"
	// UndoDisarmed: the undo will not run.
	UndoDisarmed = "disarmed"
	// UndoFired: it has run, or runs now.
	UndoFired = "fired"
	// UndoNowhere: no marker of the run is left.
	UndoNowhere = "nowhere"
)

// marker is the link that arms the undo of a step; /etc is root's alone.
func marker(step string) string { return "/etc/aixmend.undo." + step }

// ArmCommand leaves a shell behind that runs undo after a while. It refuses while
// another undo of the step is armed, and takes the place of one that has expired.
// The marker's end is reckoned from the host's clock, for no other is known to be
// right; the 1 in front of each number keeps a shell from reading 08 as octal. Who
// takes the place of an expired one does so as a lease is renewed: of several who
// try, one succeeds, for they exclude each other by a second link, and that one
// expires, too.
//
// slack is how much longer than its wait the undo may take: as long as its step.
func ArmCommand(step, run, undo string, after, slack time.Duration) string {
	return arm(marker(step), leased(run), undo, after, slack)
}

// DisarmCommand takes the marker of a run away and says who was first.
func DisarmCommand(step, run string) string { return disarm(marker(step), leased(run)) }

// ArmedCommand prints the state of a step's timed undo, for ReadArmed, with a
// status that means nothing: no line where it was never armed, or was disarmed. It
// needs no rights.
func ArmedCommand(step string) string { return armed(marker(step)) }

func armed(marker string) string {
	return fmt.Sprintf("/usr/bin/ls -ld %[1]s %[1]s.fired %[1]s.disarmed 2>/dev/null", marker)
}

// arm is ArmCommand for another marker. slack is how much longer than its wait the
// undo may take: as long as its step.
func arm(marker, run, undo string, after, slack time.Duration) string {
	seconds := max(int(after/time.Second), 1)
	return fmt.Sprintf(`m=%[1]s
set -- $(/usr/bin/date -u '+%%Y 1%%m 1%%d 1%%H 1%%M 1%%S')
now="$1${2#1}${3#1}T${4#1}${5#1}${6#1}Z"
case "$now" in
(%[2]s) ;;
(*) printf 'the host clock cannot be read\n' >&2; exit 1 ;;
esac
# The marker expires by the clock of this host, so one left behind by a reboot expires too.
y=$1 mo=$(($2 - 100)) d=$(($3 - 100)) s=$(( ($4 - 100) * 3600 + ($5 - 100) * 60 + $6 - 100 + %[4]d ))
while [ "$s" -ge 86400 ]; do
  case "$mo" in
  (4|6|9|11) last=30 ;;
  (2) if [ $((y %% 4)) -eq 0 ]; then last=29; else last=28; fi ;;
  (*) last=31 ;;
  esac
  s=$((s - 86400)) d=$((d + 1))
  if [ "$d" -gt "$last" ]; then d=1 mo=$((mo + 1)); fi
  if [ "$mo" -gt 12 ]; then mo=1 y=$((y + 1)); fi
done
mo=$((mo + 100)) d=$((d + 100)) h=$((s / 3600 + 100)) mi=$((s %% 3600 / 60 + 100)) s=$((s %% 60 + 100))
mine="run=%[5]s,until=$y${mo#1}${d#1}T${h#1}${mi#1}${s#1}Z"
# The marker of another undo stays until it expires; then it is replaced.
link="$(/usr/bin/ls -ld "$m" 2>/dev/null)"
case "$link" in
("") /usr/bin/ln -s "$mine" "$m" || exit 1 ;;
(*" $m -> run="*",until="%[2]s)
  end="${link##*,until=}"; by="${link##* -> run=}"
  if %[3]s; then
    printf 'an undo of this step is armed already, by run %%s until %%s (the host clock says %%s)\n' "${by%%%%,*}" "$end" "$now" >&2; exit 1
  fi
  next="$(/usr/bin/ls -ld "$m.next" 2>/dev/null)"; end="${next##*,until=}"
  case "$end" in
  (%[2]s) if %[3]s; then :; else /usr/bin/rm -f "$m.next"; fi ;;
  esac
  /usr/bin/ln -s "$mine" "$m.next" || exit 1
  if [ "$(/usr/bin/ls -ld "$m" 2>/dev/null)" = "$link" ]; then /usr/bin/mv -f "$m.next" "$m"; else /usr/bin/rm -f "$m.next"; fi ;;
(*) printf '%%s exists and has no end time: an undo of this step may be armed already; if none waits on the host, rm %%s\n' "$m" "$m" >&2; exit 1 ;;
esac
case "$(/usr/bin/ls -ld "$m" 2>/dev/null)" in
(*" -> $mine") ;;
(*) printf 'another run is arming an undo of this step\n' >&2; exit 1 ;;
esac
/usr/bin/rm -f "$m.fired" "$m.disarmed"
( trap '' 1
  /usr/bin/sleep %[6]d
  case "$(/usr/bin/ls -ld "$m" 2>/dev/null)" in
  (*" -> $mine")
    if /usr/bin/mv "$m" "$m.fired"; then
      %[7]s
    fi ;;
  esac
) </dev/null >/dev/null 2>&1 &`, marker, stampPattern, laterThan("end", "now"), seconds+int(slack/time.Second), run, seconds, strings.ReplaceAll(undo, "\n", "\n      "))
}

func disarm(marker, run string) string {
	return fmt.Sprintf(`m=%[1]s
case "$(/usr/bin/ls -ld "$m" 2>/dev/null)" in
(*" $m -> run=%[2]s,until="*)
  if /usr/bin/mv "$m" "$m.disarmed" 2>/dev/null; then
    /usr/bin/rm -f "$m.disarmed"
    printf '%[3]s\n'; exit 0
  fi ;;
esac
case "$(/usr/bin/ls -ld "$m.fired" "$m.disarmed" 2>/dev/null)" in
(*" $m.fired -> run=%[2]s,until="*)
  /usr/bin/rm -f "$m.fired"
  printf '%[4]s\n' ;;
(*" $m.disarmed -> run=%[2]s,until="*)
  /usr/bin/rm -f "$m.disarmed"
  printf '%[3]s\n' ;;
(*) printf '%[5]s\n' ;;
esac`, marker, run, UndoDisarmed, UndoFired, UndoNowhere)
}

// Armed is the state of a step's timed undo on a host.
type Armed struct {
	// State is UndoNone, UndoArmed, UndoDisarmed or UndoFired.
	State string
	// Run has armed it; "" where nothing is armed.
	Run string
	// Until is by the host's clock: past it the undo has run if it ever will.
	Until time.Time
}

// markerText is a line of ls about a marker. The link .next exists for the moment in which
// an expired marker is replaced; it arms nothing.
var markerText = regexp.MustCompile(`^\S.* (?:/\S*)?/aixmend\.undo\.([a-z0-9-]{1,100})(\.fired|\.disarmed|\.next)? -> run=` + leaseWord + `,until=([0-9]{8}T[0-9]{6}Z)$`)

// markerState is the state that the end of a marker's name says.
var markerState = map[string]string{"": UndoArmed, ".fired": UndoFired, ".disarmed": UndoDisarmed, ".next": UndoNone}

// ReadMarker reads a line of ls about a marker: the step and the state of its undo. The
// state is UndoNone for a link that arms nothing. An error: the file is no marker of this
// version, and an undo may be armed.
func ReadMarker(line string) (step string, found Armed, err error) {
	m := markerText.FindStringSubmatch(line)
	if m == nil {
		return "", Armed{}, fmt.Errorf("%q is no marker of a timed undo", line)
	}
	until, err := time.Parse(leaseClock, m[4])
	if err != nil {
		return "", Armed{}, fmt.Errorf("marker of a timed undo: %w", err)
	}
	return m[1], Armed{State: markerState[m[2]], Run: m[3], Until: until}, nil
}

// ReadArmed reads the output of ArmedCommand. Where several markers are left, the one
// that waits counts before one that has fired. An error: the file is no marker of this
// version, and the undo may be armed.
func ReadArmed(printed string) (Armed, error) {
	var found Armed
	grave := func(state string) int {
		return map[string]int{UndoDisarmed: 1, UndoFired: 2, UndoArmed: 3}[state]
	}
	for line := range strings.Lines(printed) {
		line = strings.TrimRight(line, "\n")
		if line == "" {
			continue
		}
		_, one, err := ReadMarker(line)
		if err != nil {
			return Armed{}, err
		}
		if grave(one.State) > grave(found.State) {
			found = one
		}
	}
	return found, nil
}
