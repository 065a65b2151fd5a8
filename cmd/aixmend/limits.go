package main

import (
	"fmt"

	"aixmend/controller/report"
)

const (
	// ownFiles are what the process has open before it connects to anybody: the
	// standard streams and the runtime's own.
	ownFiles = 16
	// reservedFiles are left to all but the hosts: ownFiles, the journal, the
	// lock, the agent, names that are being looked up, a program that prints a
	// password.
	reservedFiles = 64
	// filesPerHost is what a host takes at most at one time: its connection, and
	// a file that is being read or written for it. One
	// behind a bastion has no connection of its own: the bastion's is one of
	// reservedFiles.
	filesPerHost = 2
	// filesPerProxy is the same for a host that is reached by a proxy command: the
	// pipes of its streams, both ends while it is started, what the system needs
	// to start it and to wait for it, and a file.
	filesPerProxy = 10
)

// noLimit is a limit on open files that is none.
const noLimit = 1 << 30

// files is what a process may open.
type files struct {
	limit int
	// taken is how many are open; 0 where that is not known.
	taken int
	// proxied says that hosts are reached by proxy commands.
	proxied bool
}

// perHost is what a host takes at most.
func (f files) perHost() int {
	if f.proxied {
		return filesPerProxy
	}
	return filesPerHost
}

// foreign is how many came open with the process.
func (f files) foreign() int { return max(f.taken-ownFiles, 0) }

// hosts is how many hosts can be worked on at one time; 0: not even one.
func (f files) hosts() int { return max(f.limit-f.foreign()-reservedFiles, 0) / f.perHost() }

// String says what there is.
func (f files) String() string {
	if f.foreign() == 0 {
		return fmt.Sprintf("the open-file limit is %d", f.limit)
	}
	return fmt.Sprintf("the open-file limit is %d, and %d files are open already", f.limit, f.taken)
}

// raise says with which limit so many hosts can be worked on.
func (f files) raise(hosts int) string {
	return fmt.Sprintf("raise it with ulimit -n %d", f.foreign()+reservedFiles+hosts*f.perHost())
}

// fit lowers a job's window to what can be open at one time, and says so.
// A job that needs less is left alone. Its error is for a limit under which not
// even one host can be connected to.
func (a *app) fit(j *job, f files) error {
	wanted := min(j.flags.Concurrency, len(j.Hosts))
	f.proxied = true
	f.proxied = wanted > f.hosts() && j.proxied != nil && j.proxied() // to ask takes time
	fits := f.hosts()
	switch {
	case wanted <= fits:
		return nil
	case fits < 1:
		return usagef(f.raise(1), "%s: not even one host can be connected to", f)
	}
	j.window = fits
	if !j.flags.quiet {
		a.say("warning: %s: %s at one time, not %d; %s", f, report.Hosts(fits), wanted, f.raise(wanted))
	}
	return nil
}
