package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/recording"
	"aixmend/controller/report"
	"aixmend/inventory"
)

// replayCommand is the command of a run that judged recordings.
const replayCommand = "replay"

func (a *app) replay() *cobra.Command {
	c := &cobra.Command{
		Use: "replay FILE...", Short: "Judge recordings without a network: the reports, outcomes and exit codes of audit",
		Long: `Judges what aixmend record has kept, as audit would have judged the hosts on that
day, through the same playbooks and into the same reports. A folder stands for the
recordings in it. Nothing is connected to, and nothing in a recording is run.

After the summary it says how each host answers the open questions about AIX.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return a.replayAll(c.Context(), args) },
	}
	a.flags.stateDir(c)
	a.flags.formatsOfRun(c)
	a.flags.files(c)
	a.flags.annotated(c)
	a.flags.judging(c)
	a.flags.loudness(c)
	return c
}

// replayAll judges recordings, from the flags to the exit code.
func (a *app) replayAll(ctx context.Context, paths []string) error {
	if err := a.flags.check(); err != nil {
		return err
	}
	o, err := readRecordings(paths)
	if err != nil {
		return err
	}
	j, err := a.flags.prepare(controller.Audit, o.scope())
	if err != nil {
		return err
	}
	j.offline = o
	err = a.carryOut(ctx, j, nil)
	var v verdict
	if err != nil && !errors.As(err, &v) {
		return err
	}
	return errors.Join(a.tellRecorded(o), err)
}

// offline is the recordings that are judged in the place of hosts.
type offline struct {
	*recording.Dialer
	list []*recording.Recording
}

// readRecordings reads the recordings that files and folders name.
func readRecordings(paths []string) (*offline, error) {
	files, err := recording.Files(paths)
	if err != nil {
		return nil, usagef("aixmend record writes recordings", "%w", err)
	}
	o := &offline{}
	of := map[string]string{} // the file of a host
	for _, file := range files {
		r, err := recording.Read(file)
		var wrong *recording.FileError
		if errors.As(err, &wrong) {
			return nil, usagef(wrong.Remedy, "%w", err)
		}
		if err != nil {
			return nil, usage(err)
		}
		key := strings.ToLower(r.Host.Name) // it names files
		if of[key] != "" {
			return nil, usagef("replay them one after the other", "%s and %s are recordings of one host, %s", of[key], file, r.Host.Name)
		}
		of[key] = file
		o.list = append(o.list, r)
	}
	if o.Dialer, err = recording.NewDialer(o.list...); err != nil {
		return nil, usage(err)
	}
	return o, nil
}

// scope are the hosts as the inventory had them.
func (o *offline) scope() scope {
	s := scope{}
	for _, r := range o.list {
		h := inventory.Host{Name: r.Host.Name, Address: r.Host.Address, RMCNIC: r.Host.RMCNIC}
		for _, w := range r.Host.Waivers {
			until, reason := w.Last(r.Recorded)
			h.Waivers = append(h.Waivers, inventory.Waiver{Finding: w.Finding, Until: until, Reason: reason})
		}
		for _, check := range r.Host.Accepted {
			h.Accepts = append(h.Accepts, inventory.Acceptance{Check: check, Until: always, Reason: "it was accepted when it was recorded"})
		}
		s.Hosts, s.Names = append(s.Hosts, h), append(s.Names, h.Name)
	}
	return s
}

// always is later than any day on which a recording is judged.
var always = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// command is the name under which a run is kept.
func (j *job) command() string {
	if j.offline != nil {
		return replayCommand
	}
	return string(j.verb)
}

// pastIDs are the unique values that earlier captures of the inventory's hosts have. What
// is recorded of other hosts of the same names says nothing about them.
func (j *job) pastIDs(store *journal.Store) []outcome.CapturedID {
	if j.offline != nil {
		return nil
	}
	return store.NewestHeld(j.Names, j.playbook.Captured)
}

// errNoCaptures: recordings have none, and replay keeps none.
var errNoCaptures = fmt.Errorf("a recording has no captures: %w", fs.ErrNotExist)

// Keep implements controller.Captures.
func (o *offline) Keep(outcome.Capture, []outcome.CaptureFile) (string, error) {
	return "", errNoCaptures
}

// Check implements controller.Captures.
func (o *offline) Check(string) error { return errNoCaptures }

// Load implements controller.Captures.
func (o *offline) Load(string) (*outcome.Capture, error) { return nil, errNoCaptures }

// Newest implements controller.Captures.
func (o *offline) Newest(string, string) (*outcome.Capture, error) { return nil, nil }

// Held implements controller.Captures.
func (o *offline) Held(string, func(map[string]any) map[string]string) ([]outcome.CapturedID, error) {
	return nil, nil
}

// Taken implements controller.Captures.
func (o *offline) Taken(string, string) ([]outcome.Capture, error) { return nil, nil }

// tellRecorded names the probes that each recording lacks, and prints its answers to the
// open questions.
func (a *app) tellRecorded(o *offline) error {
	for _, r := range o.list {
		if missing := o.Missing(r.Host.Name); len(missing) > 0 && !a.flags.quiet {
			a.say("warning: %s: not recorded, and judged as probes that failed: %s", r.Host.Name, strings.Join(missing, ", "))
		}
	}
	if a.flags.format != "text" || a.flags.quiet {
		return nil
	}
	var b strings.Builder
	for _, r := range o.list {
		fmt.Fprintf(&b, "\n%s, recorded %s by aixmend %s: the open questions about AIX\n", r.Host.Name, r.Recorded.UTC().Format(time.DateTime), r.Version)
		for _, answer := range r.Answers() {
			fmt.Fprintf(&b, "  %d. %s\n", answer.Number, answer.Asks)
			for _, line := range answer.Lines {
				fmt.Fprintf(&b, "     %s\n", line)
			}
		}
	}
	_, err := fmt.Fprint(a.out, report.Clean(b.String(), true))
	return err
}
