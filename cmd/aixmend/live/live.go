// Package live shows the progress of a run, on a terminal or as a line a minute where
// there is none: how many hosts ended and with which outcome, which hosts are in progress
// and since when, and the last failures. On a terminal it draws at the cursor, keeps the
// cursor visible and reads no key, so that a process that dies leaves the terminal usable.
//
// Terms. The board holds the state of the run. A frame is a drawing of the board. The
// view draws frames at a fixed rate, independent of the engine, and never makes the
// engine wait for a terminal.
package live

import (
	"os"

	"aixmend/controller"
)

// Options describe the run and the terminal.
type Options struct {
	// Out is the terminal.
	Out *os.File
	// Verb is the verb of the run.
	Verb controller.Verb
	// Kind names the run for people; "": as the verb.
	Kind string
	// Hosts is the number of hosts in the run.
	Hosts int
	// Color reports whether colours may be used.
	Color bool
}
