package recording

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"aixmend/inventory/naming"
)

// Bounds of a recording's file.
const (
	// MaxBytes is the maximum size, in bytes.
	MaxBytes = 64 << 20
	// maxDepth is the maximum depth of its JSON; a recording needs five.
	maxDepth = 16
	// maxCommands is the maximum number of entries.
	maxCommands = 10_000
	// maxText is the maximum size of a text other than a stream, in bytes.
	maxText = 4096
)

// acceptedCheck matches the name of a guard's check.
var acceptedCheck = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// checkName returns an error for an unsafe host name.
func checkName(name string) error {
	if !naming.IsFile(name) {
		return fmt.Errorf("host.name is %.80q: must be letters, digits, dots, - and _", name)
	}
	return nil
}

// check returns the first error in a recording, which may come from a stranger.
func (r *Recording) check() error {
	if err := checkName(r.Host.Name); err != nil {
		return err
	}
	if len(r.Commands) > maxCommands {
		return fmt.Errorf("it has %d commands, maximum %d", len(r.Commands), maxCommands)
	}
	for field, text := range map[string]string{
		"host.address": r.Host.Address, "host.rmc_nic": r.Host.RMCNIC, "aixmend": r.Version,
		"system.oslevel": r.System.OSLevel, "system.rsct": r.System.RSCT, "system.ssh_server": r.System.SSHServer,
	} {
		if !shown(text) {
			return fmt.Errorf("%s is %.80q: must be one short line of text", field, text)
		}
	}
	for _, check := range r.Host.Accepted {
		if !acceptedCheck.MatchString(check) {
			return fmt.Errorf("host.accepted: %q is not the name of a check", check)
		}
	}
	for _, w := range r.Host.Waivers {
		if _, err := w.until(); err != nil || !shown(w.Finding) || !shown(w.Reason) {
			return fmt.Errorf("the waiver of %.80q is invalid: needs a finding, a reason and a day as 2006-01-02", w.Finding)
		}
	}
	if t := r.Trouble; t != nil && (!shown(string(t.Kind)) || !shown(t.Op) || len(t.Text) > maxText) {
		return errors.New("trouble is invalid: must be short lines of text")
	}
	seen := map[string]string{}
	for i, e := range r.Commands {
		if err := e.check(); err != nil {
			return fmt.Errorf("commands[%d] (%.80q): %w", i, e.ID, err)
		}
		if other, twice := seen[string(e.Command)]; twice {
			return fmt.Errorf("commands[%d] (%.80q): duplicate of the command of %.80q", i, e.ID, other)
		}
		seen[string(e.Command)] = e.ID
	}
	return nil
}

// check returns the first error in an entry.
func (e Entry) check() error {
	switch {
	case e.ID == "" || !shown(e.ID):
		return errors.New("its id is not a short line of text")
	case len(e.Command) == 0:
		return errors.New("it has no command")
	case e.DurationMS < 0 || e.StdoutDropped < 0 || e.StderrDropped < 0:
		return errors.New("a duration or a number of bytes is negative")
	case e.DurationMS > int64(24*time.Hour/time.Millisecond):
		return errors.New("it took longer than a day")
	case e.NoAnswer == "" && e.Exit == nil:
		return errors.New("it has neither an exit status nor no_answer")
	case e.NoAnswer != "" && e.Exit != nil:
		return errors.New("it has both an exit status and no_answer")
	case e.Exit != nil && (*e.Exit < 0 || *e.Exit > 255):
		return fmt.Errorf("exit_status is %d: must be 0 to 255", *e.Exit)
	case e.NoAnswer != "" && !slices.Contains([]string{Hung, Late, NotRun, Lost}, e.NoAnswer):
		return fmt.Errorf("no_answer is %.80q: must be %s, %s, %s or %s", e.NoAnswer, Hung, Late, NotRun, Lost)
	}
	return nil
}

// shown reports whether a text is one short line of printable characters.
func shown(text string) bool {
	return len(text) <= maxText && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// until returns the last day of a waiver; zero: it has none.
func (w Waiver) until() (time.Time, error) {
	if w.Until == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.DateOnly, w.Until)
}

// Last returns the last day of the waiver, at 00:00 UTC, and its reason, as of the day of
// the recording: if the waiver was valid on that day, the returned day is zero (no end).
func (w Waiver) Last(recorded time.Time) (time.Time, string) {
	until, _ := w.until() // checked when read
	if until.IsZero() || !recorded.Before(until.AddDate(0, 0, 1)) {
		return until, w.Reason
	}
	return time.Time{}, w.Reason + " (until " + w.Until + ")"
}
