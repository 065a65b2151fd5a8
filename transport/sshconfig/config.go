package sshconfig

import (
	"os/user"
	"sync"
	"time"
)

// Options are the files that are read, and the ssh program.
type Options struct {
	// File is the one file that is read, as by `ssh -F`; "none": none at all;
	// empty: the user's own, then the system's.
	File string
	// Program is the path of ssh; "none": it is never asked; empty: it is looked
	// for. It is not asked either where Home is not the home of the login, which
	// ssh takes from the system's user table.
	Program string
	// Home is the user's home; empty: that of the login.
	Home string
	// Folder is the working folder of ssh and of the commands that it runs, where
	// relative paths begin; "": that of this process.
	Folder string
	// Warn is called once with each warning about a line that does not hold; nil: nobody
	// is warned. It is called from several goroutines.
	Warn func(string)
}

// Config fills targets. It is safe for concurrent use. The files are read once.
type Config struct {
	paths
	local   user.User
	machine string
	warn    func(string)
	read    func() (*config, error)

	// For asking ssh.
	program string
	why     string // there is no program
	timeout time.Duration
	places  chan struct{}
	mu      sync.Mutex
	flights map[string]*flight
	refused error // ssh refuses the files
	agreed  int   // classes
	differs bool
	told    map[string]bool
}

// paths are the files and folders that a configuration is read from.
type paths struct {
	file   string
	home   string
	folder string
	system string // the folder of the system's files
}

// flight is one call of ssh; those who need the same answer wait for it.
type flight struct {
	turn   chan struct{}
	done   bool
	tries  int
	answer answer
	err    error
	// agrees: the parser says the same.
	agrees bool
}

// maxTold bounds how many warnings there are: a token in a path makes one a host.
const maxTold = 40

// tell hands on warnings that are new.
func (c *Config) tell(warnings ...string) {
	for _, w := range warnings {
		c.mu.Lock()
		known := c.told[w] || len(c.told) > maxTold
		if !known {
			c.told[w] = true
		}
		last := len(c.told) > maxTold
		c.mu.Unlock()
		switch {
		case known || c.warn == nil:
		case last:
			c.warn("ssh_config: further warnings are not shown")
		default:
			c.warn("ssh_config: " + w)
		}
	}
}

// Bounds of a call of ssh.
const (
	// askTimeout bounds it in time: a Match exec runs in it.
	askTimeout = 10 * time.Second
	// askGrace is how long its streams may stay open when it is gone.
	askGrace = 5 * time.Second
	// maxAnswer is how much it may print, in bytes.
	maxAnswer = 1 << 20
)
