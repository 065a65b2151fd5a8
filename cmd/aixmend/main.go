// Command aixmend audits and repairs a fleet of AIX VMs over SSH.
//
// Output rules. Machine output and the summary that was asked for go to
// stdout; everything else goes to stderr as lines that begin with "error: ",
// "warning: " or "hint: ", without a capital and without a full stop. Nothing
// that came from a host reaches a terminal uncleaned. It asks only on a
// terminal. The exit code is decided in one place, exit.go.
package main

import (
	"context"
	"io"
	"os"

	"golang.org/x/term"
)

func main() {
	os.Exit(run(os.Args[1:], streams{
		in: os.Stdin, out: os.Stdout, err: os.Stderr,
		inTerminal:  term.IsTerminal(int(os.Stdin.Fd())),
		outTerminal: term.IsTerminal(int(os.Stdout.Fd())),
		errTerminal: term.IsTerminal(int(os.Stderr.Fd())),
		width: func() int {
			width, _, err := term.GetSize(int(os.Stdout.Fd()))
			if err != nil {
				return 0
			}
			return width
		},
	}))
}

// streams is the world outside: where text goes, and whether a person sits there.
type streams struct {
	in                                   io.Reader
	out, err                             io.Writer
	inTerminal, outTerminal, errTerminal bool
	width                                func() int
}

// run runs the command and returns the exit code.
func run(args []string, std streams) int {
	interrupts := listen()
	defer interrupts.close()
	if inWorkflow() {
		std.out, std.err = newDefused(std.out), newDefused(std.err)
	}
	std.err = &console{out: std.err}
	a := &app{streams: std, interrupts: interrupts}
	root := a.root()
	a.plugin = asksNagios(root, args)
	root.SetArgs(args)
	err := root.ExecuteContext(interrupts.context(context.Background()))
	return int(a.exit(err))
}
