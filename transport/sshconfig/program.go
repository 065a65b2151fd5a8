package sshconfig

import (
	"context"
	"errors"
	"strconv"

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
		return nil, errors.New(failed.Reason())
	case err != nil:
		return nil, err
	}
	return readAnswer(string(text))
}
