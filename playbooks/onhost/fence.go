package onhost

import "fmt"

// Answers of a fence. Only FenceHeld lets a change pass.
const (
	// FenceHeld: the lease is on the host and its end is later than the host's clock.
	FenceHeld = "held"
	// FenceExpired: the lease is on the host, and its time is up.
	FenceExpired = "expired"
	// FenceOther: something else is in its place, or its end can't be read.
	FenceOther = "other"
	// FenceNone: there is no lease.
	FenceNone = "none"
	// FenceNoClock: the host's clock can't be read.
	FenceNoClock = "no-clock"
)

// FenceCommand prints whether the host's lease is this one, whatever its end is, and
// whether it still runs by the host's own clock (procedure E2): one word, FenceHeld
// or the reason why not. Of a lease everything but its end goes into the text, so
// the text is the same for all of a run on a host. It changes nothing, needs no
// rights, and no programs but ls and date; it may stand
// in $( ), for its patterns have both their brackets.
func FenceCommand(l Lease) string { return fence(LeasePath, l) }

// stampPattern matches a time of leaseClock in the shell.
const stampPattern = "[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]T[0-9][0-9][0-9][0-9][0-9][0-9]Z"

// laterThan is a condition of the shell: the time in the variable a is later than
// that in b. Days and seconds are compared apart, for together they are too large for
// 32 bits. The 1 in front of the seconds keeps a shell from reading them as octal.
func laterThan(a, b string) string {
	day := func(v string) string { return "${" + v + "%%T*}" }
	clock := func(v string) string { return v + "_clock" }
	return fmt.Sprintf(`{ %[1]s="${%[2]s#*T}"; %[3]s="${%[4]s#*T}"; [ "%[5]s" -gt "%[6]s" ] || { [ "%[5]s" -eq "%[6]s" ] && [ "1${%[1]s%%Z}" -gt "1${%[3]s%%Z}" ]; }; }`,
		clock(a), a, clock(b), b, day(a), day(b))
}

// fence is FenceCommand for a lease at another path.
func fence(path string, l Lease) string {
	return fmt.Sprintf(`fence_link="$(/usr/bin/ls -ld %[1]s 2>/dev/null)"
fence_end="${fence_link##*,until=}"
fence_now="$(/usr/bin/date -u +%%Y%%m%%dT%%H%%M%%SZ)"
case "$fence_link" in
("") echo %[2]s ;;
(*" %[1]s -> %[3]s"%[4]s)
  case "$fence_now" in
  (%[4]s)
    if %[5]s; then echo %[6]s; else echo %[7]s; fi ;;
  (*) echo %[8]s ;;
  esac ;;
(*) echo %[9]s ;;
esac`, path, FenceNone, l.holder(), stampPattern, laterThan("fence_end", "fence_now"), FenceHeld, FenceExpired, FenceNoClock, FenceOther)
}
