package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/evidence"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/job"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller/outcome"
)

// replayOptions are the flags of replay.
type replayOptions struct {
	stateFolder
	format
	reports
	annotated
	judging
	loudness
}

func newReplay(c *cli) *cobra.Command {
	var o replayOptions
	cmd := &cobra.Command{
		Use: "replay FILE...", Short: "Judge recordings without a network, with the reports, outcomes and exit codes of audit",
		Long: `Judges the recordings of aixmend record as audit would have judged the hosts on
that day, with the same playbooks and the same reports. A folder stands for the
recordings in it. It connects to no host and runs nothing that a recording holds.

After the summary it prints how each host answers the open questions about AIX.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return runReplay(cmd.Context(), c, &o, args) },
	}
	fs := cmd.Flags()
	o.stateFolder.flags(fs)
	o.runFlags(fs)
	o.reports.flags(fs)
	o.annotated.flags(fs)
	o.judging.flags(fs)
	o.loudness.flags(fs)
	return cmd
}

// asked are the flags that define the run.
func (o *replayOptions) asked() request.Asked {
	return request.Asked{Playbook: o.playbook, Set: o.set, FailOn: o.failOn, Files: o.files, Concurrency: 200}
}

func runReplay(ctx context.Context, c *cli, o *replayOptions, paths []string) error {
	asked := o.asked()
	if _, err := asked.Failures(); err != nil {
		return err
	}
	if err := evidence.Check(o.files, evidence.NamedBy(asked)); err != nil {
		return err
	}
	if err := o.format.check(outcome.ConventionNagios); err != nil {
		return err
	}
	recordings, err := job.ReadRecordings(paths)
	if err != nil {
		return err
	}
	j, err := job.Replay(recordings, asked, c.settings(o.state, o.loudness))
	if err != nil {
		return err
	}
	w := walk{stateFolder: o.stateFolder, format: o.format, annotated: o.annotated, loudness: o.loudness}
	err = w.carryOut(ctx, c, j, nil)
	var v exit.Verdict
	if err != nil && !errors.As(err, &v) {
		return err
	}
	return errors.Join(printAnswers(c, o, recordings), err)
}

// printAnswers warns of the probes that recordings lack, and prints their answers to the
// open questions.
func printAnswers(c *cli, o *replayOptions, recordings *job.Recordings) error {
	for _, r := range recordings.List {
		if missing := recordings.Missing(r.Host.Name); len(missing) > 0 && !o.quiet {
			c.Say("warning: %s: not recorded, judged as failed probes: %s", r.Host.Name, strings.Join(missing, ", "))
		}
	}
	if o.format.format != "text" || o.quiet {
		return nil
	}
	var b strings.Builder
	for _, r := range recordings.List {
		fmt.Fprintf(&b, "\n%s, recorded %s by aixmend %s: the open questions about AIX\n", r.Host.Name, r.Recorded.UTC().Format(time.DateTime), r.Version)
		for _, answer := range r.Answers() {
			fmt.Fprintf(&b, "  %d. %s\n", answer.Number, answer.Asks)
			for _, line := range answer.Lines {
				fmt.Fprintf(&b, "     %s\n", line)
			}
		}
	}
	return c.Print("%s", b.String())
}
