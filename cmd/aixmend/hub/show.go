package hub

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/evidence"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/remote"
	"aixmend/controller/fleet"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/formats"
	"aixmend/inventory/naming"
	"aixmend/transport/shell"
)

// shown are the verbs that read the runs of a hub, each with the flags that the hub takes.
var shown = map[string][]string{
	"runs": {"format"}, "report": {"format", "host", "verbose"}, "explain": {"format"}, "diff": {"format", "detailed-exitcode"},
}

// show asks for the output of a verb at the hub.
type show struct {
	Verb  string            `json:"verb"`
	Flags map[string]string `json:"flags,omitempty"`
	Args  []string          `json:"args,omitempty"`
}

// printed is the answer.
type printed struct {
	Out  string `json:"out,omitempty"`
	Err  string `json:"err,omitempty"`
	Code int    `json:"code"`
}

// Reading gives verbs that read the runs of a state folder the flag --hub: then the hub reads
// those of its own.
func Reading(c *console.Console, verbs ...*cobra.Command) []*cobra.Command {
	for _, cmd := range verbs {
		var file string
		Flag(cmd.Flags(), &file, "join `FILE` of an operator: the runs of the hub")
		here := cmd.RunE
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			if file == "" {
				return here(cmd, args)
			}
			return there(cmd, c, file, args)
		}
	}
	return verbs
}

// there has the hub of a join file run a verb, and prints its output.
func there(cmd *cobra.Command, c *console.Console, file string, args []string) error {
	ask := show{Verb: cmd.Name(), Flags: map[string]string{}, Args: args}
	files := map[string]string{}
	var wrong error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch {
		case slices.ContainsFunc(formats.All(), func(format formats.Format) bool { return format.Name == f.Name }):
			files[f.Name] = f.Value.String()
		case slices.Contains(shown[ask.Verb], f.Name):
			ask.Flags[f.Name] = f.Value.String()
		case !slices.Contains([]string{"hub", "state", "no-pager", "config", "profile"}, f.Name) && f.Value.String() != "":
			wrong = exit.Usagef("leave --"+f.Name+" out", "--%s and --hub exclude each other", f.Name)
		}
	})
	if wrong == nil {
		wrong = evidence.Check(files, nil)
	}
	if wrong == nil && evidence.Wanted(files) && ask.Flags["host"] != "" {
		wrong = exit.Usagef("leave --host out", "--host prints the report of one host; the other flags are for a whole run")
	}
	if wrong != nil {
		return wrong
	}
	d, err := At(cmd.Context(), c, file, remote.View{})
	if err != nil {
		return err
	}
	defer d.Close()
	if evidence.Wanted(files) {
		run, err := d.reader(cmd.Context()).Report(strings.Join(append(args, "latest")[:1], ""), files)
		if err != nil {
			return err
		}
		ask.Args = []string{run.ID}
	}
	var p printed
	if err := persist(cmd.Context(), c, func() error { return d.hub.Ask(cmd.Context(), askShow, ask, &p) }); err != nil {
		return err
	}
	for line := range strings.Lines(p.Err) {
		c.Say("%s", strings.TrimRight(line, "\n"))
	}
	out := strings.ReplaceAll(p.Out, " --state "+ownState, " --hub "+shell.Word(file)) // commands are pasted here
	if err := c.Print("%s", report.Clean(out, true)); err != nil {
		return err
	}
	return exit.Verdict{Code: outcome.Code(p.Code)}
}

// ownState is the state folder of a hub, in its folder.
const ownState = "state"

const (
	showWithin = 12 * time.Second // below the patience of an operator
	maxShown   = fleet.MaxMessage / 4
	maxArgs    = 10
	showAtOnce = 4
)

// show runs a verb that reads, on the runs of the hub. Its process gets nothing that the table
// does not name: no other flag, path or variable.
func (s *Service) show(_ string, a show) (*printed, error) {
	line, err := a.line()
	if err != nil {
		return nil, &fleet.Refusal{Text: err.Error()}
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ctx, done := context.WithTimeout(s.ctx, showWithin)
	defer done()
	select {
	case s.showing <- struct{}{}:
		defer func() { <-s.showing }()
	case <-ctx.Done():
		return nil, &fleet.Refusal{Text: "the hub shows too much at once", Hint: "try again"}
	}
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, self, line...)
	cmd.Dir, cmd.Env = s.folder.path, []string{"NO_COLOR=1", "AIXMEND_STATE=" + ownState, "AIXMEND_CONFIG=none", "PATH=" + os.Getenv("PATH")}
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	var ended *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, &fleet.Refusal{Text: "the hub needs too long for that", Hint: "on its machine, use the verb with --state " + s.folder.State()}
	case err != nil && !errors.As(err, &ended):
		return nil, err
	case out.Len() > maxShown:
		return nil, &fleet.Refusal{Text: fmt.Sprintf("that is too long, with %d bytes", out.Len()), Hint: "on its machine, use the verb with --state " + s.folder.State()}
	}
	return &printed{Out: out.String(), Err: errs.String(), Code: cmd.ProcessState.ExitCode()}, nil
}

// line is the command line, with nothing in it that the table does not name.
func (a show) line() ([]string, error) {
	flags, known := shown[a.Verb]
	if !known || len(a.Args) > maxArgs {
		return nil, fmt.Errorf("a hub does not show %q of that", a.Verb)
	}
	line := []string{a.Verb}
	for name, value := range a.Flags {
		if !slices.Contains(flags, name) || !naming.IsFile(value) {
			return nil, fmt.Errorf("a hub takes no --%s %s", name, value)
		}
		line = append(line, "--"+name+"="+value)
	}
	slices.Sort(line[1:])
	line = append(line, "--")
	for _, arg := range a.Args {
		if !naming.IsFile(arg) {
			return nil, fmt.Errorf("%q is neither a run nor a host", arg)
		}
		line = append(line, arg)
	}
	return line, nil
}
