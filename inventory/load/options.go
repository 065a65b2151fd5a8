package load

import (
	"time"

	"aixmend/inventory/powervs"
)

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
	Sources
}

// Sources are the sources of hosts that inventories may name.
type Sources struct {
	// Run runs the programs that inventories name as sources of hosts; Programs
	// makes one, NotRun leaves their hosts out. Where it is nil such a source is a
	// problem.
	Run Runner
	// List lists the virtual machines of Power Virtual Server for inventories that name it
	// as a source of hosts; NotListed leaves them out. Where it is nil such a source is a
	// problem.
	List Lister
}

// NotAsked are sources that leave all hosts out, with a warning for each.
func NotAsked() Sources { return Sources{Run: NotRun, List: NotListed} }

// A Lister lists machines of Power Virtual Server.
type Lister func(powervs.Source) (powervs.Listing, error)

// A Runner runs a program, without a shell, and returns its whole output on stdout.
// It fails when the program does, exceeds the timeout or prints too much.
type Runner func(argv []string, timeout time.Duration) ([]byte, error)
