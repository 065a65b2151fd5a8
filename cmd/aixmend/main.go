// Command aixmend audits and repairs a fleet of AIX VMs over SSH.
//
// Output rules. Machine output and the requested summary go to stdout; everything else
// goes to stderr, as lines that begin with "error: ", "warning: " or "hint: ", without a
// capital and without a full stop. Text from a host is escaped before it reaches a
// terminal. Questions are asked on a terminal only. The exit code is decided in one
// place, the package exit.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/dumps"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/guide"
	"aixmend/cmd/aixmend/hints"
	"aixmend/controller/outcome"
	"aixmend/controller/report/formats"
)

func main() {
	dumps.Forbid()
	os.Exit(run(os.Args[1:], console.Streams{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		InTerminal:  term.IsTerminal(int(os.Stdin.Fd())),
		OutTerminal: term.IsTerminal(int(os.Stdout.Fd())),
		ErrTerminal: term.IsTerminal(int(os.Stderr.Fd())),
		Width:       func() int { width, _ := size(os.Stdout); return width },
		Height:      func() int { _, height := size(os.Stdout); return height },
		ErrWidth:    func() int { width, _ := size(os.Stderr); return width },
		Program:     guide.Program(os.Args[0]),
	}))
}

// size is the size of a terminal, 0 when not known.
func size(terminal *os.File) (width, height int) {
	width, height, err := term.GetSize(int(terminal.Fd()))
	if err != nil {
		return 0, 0
	}
	return width, height
}

// run runs the command and returns the exit code.
func run(args []string, std console.Streams) int {
	interrupts := console.Listen()
	defer interrupts.Close()
	c := &cli{Console: console.New(std, interrupts, os.Getenv)}
	root := newRoot(c)
	c.plugin = asksNagios(root, args)
	root.SetArgs(args)
	call, err := root.ExecuteContextC(interrupts.Context(context.Background()))
	return int(c.exit(call, err))
}

// exit prints the error of a call and returns the exit code.
func (c *cli) exit(call *cobra.Command, err error) outcome.Code {
	code, messages := exit.Decide(err, c.Interrupts.Code())
	if len(messages) > 0 && code == outcome.ExitUsage {
		messages = append(messages, c.layers.Hints(call, messages[0])...)
	}
	for _, m := range messages {
		c.Say("%s", hints.Complete(m, c.Program, hints.Given(call)))
	}
	if !c.plugin || len(messages) == 0 { // a finished run has printed its status
		return code
	}
	fmt.Fprintln(c.Out, formats.NagiosStatus(outcome.PluginUnknown, strings.ReplaceAll(err.Error(), "\n", "; ")))
	return outcome.PluginUnknown
}
