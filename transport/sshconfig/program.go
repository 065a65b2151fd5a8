package sshconfig

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"aixmend/transport/program"
)

// ask runs `ssh -G` for a host. files are its flags that say which files it
// reads.
func (c *Config) ask(ctx context.Context, files []string, q query) (answer, error) {
	args := append([]string{"-G"}, files...)
	if q.user != "" {
		args = append(args, "-l", q.user)
	}
	if q.port != 0 {
		args = append(args, "-p", strconv.Itoa(q.port))
	}
	text, err := program.Command{
		Argv: append(append([]string{c.program}, args...), "--", q.address),
		Dir:  c.folder, Timeout: c.timeout, Grace: askGrace, Limit: maxAnswer, Strict: true,
		Lines: 2, // ssh names the place in one and the number of faults in the other
	}.Run(ctx)
	var failed *program.Error
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.As(err, &failed):
		return nil, c.failed(failed)
	case err != nil:
		return nil, fmt.Errorf("ssh -G: %w", err)
	}
	a, err := readAnswer(string(text))
	if err != nil {
		return nil, fmt.Errorf("ssh -G: %w", err)
	}
	return a, nil
}

// refusedError is the error of a host that ssh would not connect to.
type refusedError struct {
	said string
	// all: it is the file that ssh refuses, whatever the host.
	all bool
}

func (e *refusedError) Error() string {
	whom := "ssh refuses the host"
	if e.all {
		whom = "ssh refuses the file, and so every host"
	}
	return fmt.Sprintf("%s: %s; correct it, or %s", whom, e.said, leaveOut)
}

// decided reports whether a failure is ssh's own word on the host.
func decided(err error) bool {
	var refused *refusedError
	return errors.As(err, &refused)
}

// sshFailed is the exit code of ssh for an error of its own.
const sshFailed = 255

// failed tells a failure that is ssh's own word from one by which nothing is known.
func (c *Config) failed(err *program.Error) error {
	exit := (*exec.ExitError)(nil)
	if !errors.As(err.Err, &exit) || exit.ExitCode() != sshFailed || err.Said == "" {
		return fmt.Errorf("ssh -G: %s", err.Reason())
	}
	return &refusedError{err.Said, c.refusesFile(err.Said)}
}

// refusesFile reports whether ssh's words are about a file that it reads for every host.
func (c *Config) refusesFile(said string) bool {
	parsed, err := c.read()
	return err == nil && slices.ContainsFunc(parsed.paths, func(path string) bool {
		return strings.Contains(said, path+": terminating, ") || strings.Contains(said, "Bad owner or permissions on "+path)
	})
}
