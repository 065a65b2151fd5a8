package load

import "time"

// Options are the options of Load and Parse. The zero value is usable.
type Options struct {
	// Home replaces ~ in paths; os.UserHomeDir when empty.
	Home string
	// KnownFindings returns the ids that a waiver may name; nil: any. It is asked
	// at each waiver, and not where there is none.
	KnownFindings func() []string
	// KnownChecks returns the checks of the cluster guard that an acceptance may
	// name; nil: any. It is asked as KnownFindings is.
	KnownChecks func() []string
	// Run runs the programs that inventories name as sources of hosts; Programs
	// makes one. Where it is nil such a source is a problem.
	Run Runner
}

// A Runner runs a program, without a shell, and returns its whole output on stdout.
// It fails when the program does, exceeds the timeout or prints too much.
type Runner func(argv []string, timeout time.Duration) ([]byte, error)
