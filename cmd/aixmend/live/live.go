// Package live shows a run on a terminal while it goes on: how many hosts have
// ended and how, what runs now and since when, and the last failures. It draws
// where the cursor is, keeps the cursor in sight and reads no key, so that a
// process that dies leaves a terminal as it should be.
//
// Terms. The board is what is known of the run. A frame is the board as it is
// drawn. The view draws frames, as many as eyes can tell apart, whatever the
// engine says: it never waits for a terminal.
package live

import (
	"os"

	"aixmend/controller"
)

// Options say what is shown, and where.
type Options struct {
	// Out is the terminal.
	Out *os.File
	// Verb is what the run does with its hosts.
	Verb controller.Verb
	// Hosts is how many there are.
	Hosts int
	// Color tells whether colours may be used.
	Color bool
}
