package job

import (
	"fmt"

	"aixmend/cmd/aixmend/exit"
	"aixmend/controller/report"
)

const (
	// ownFiles are open before any connection: the standard streams and the runtime's.
	ownFiles = 16
	// reservedFiles are for everything but hosts: ownFiles, the journal, the lock,
	// the agent, name look-ups, programs that print passwords.
	reservedFiles = 64
	// filesPerHost is the most a host takes: its connection, and a file being read or
	// written for it. Hosts behind a bastion share its connection.
	filesPerHost = 2
	// filesPerProxy is the same for a host reached by a proxy command: pipes, both ends
	// while it starts, those that the system needs to start and reap it, and a file.
	filesPerProxy = 10
)

// noLimit stands for no limit on open files.
const noLimit = 1 << 30

// Files is how many files a process may open.
type Files struct {
	limit int
	// Taken is how many are open; 0: not known.
	Taken int
	// proxied: hosts are reached by proxy commands.
	proxied bool
}

// perHost is the most files that a host takes.
func (f Files) perHost() int {
	if f.proxied {
		return filesPerProxy
	}
	return filesPerHost
}

// foreign is how many the process inherited.
func (f Files) foreign() int { return max(f.Taken-ownFiles, 0) }

// hosts is how many hosts can be worked on at the same time.
func (f Files) hosts() int { return max(f.limit-f.foreign()-reservedFiles, 0) / f.perHost() }

// String is the limit in words.
func (f Files) String() string {
	if f.foreign() == 0 {
		return fmt.Sprintf("the open-file limit is %d", f.limit)
	}
	return fmt.Sprintf("the open-file limit is %d, with %d files open already", f.limit, f.Taken)
}

// raise says which limit so many hosts need.
func (f Files) raise(hosts int) string {
	return fmt.Sprintf("raise it with ulimit -n %d", f.foreign()+reservedFiles+hosts*f.perHost())
}

// Window returns how many hosts can be worked on at the same time: wanted, or less where the
// open-file limit allows less, with a warning. proxied reports whether hosts are reached
// by proxy commands, which take more files; it is asked only where that matters. The
// error: not even one host can be connected to.
func Window(wanted int, f Files, proxied func() bool) (window int, warning string, err error) {
	f.proxied = true
	f.proxied = wanted > f.hosts() && proxied()
	fits := f.hosts()
	switch {
	case wanted <= fits:
		return wanted, "", nil
	case fits < 1:
		return 0, "", exit.Usagef(f.raise(1), "%s: too low to connect to even one host", f)
	}
	return fits, fmt.Sprintf("%s: %s at the same time, not %d; %s", f, report.Hosts(fits), wanted, f.raise(wanted)), nil
}
