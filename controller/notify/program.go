package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// programGrace is how long the streams of a program that has ended, or was
	// killed, may stay open: a child of it may hold them.
	programGrace = 2 * time.Second
	// maxSaid is how much of the end of what a program prints is kept, in bytes.
	maxSaid = 4096
)

// run runs a program, without a shell, with a document to read. It is cut off, with
// what it started, when the context ends.
func (t *Teller) run(ctx context.Context, argv []string, n Notice, document []byte) error {
	var said tail
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = t.environment(n)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = bytes.NewReader(document), &said, &said, programGrace
	killWhole(cmd)
	err := cmd.Run()
	switch why := context.Cause(ctx); {
	case err == nil, errors.Is(err, exec.ErrWaitDelay): // it ended well, and has left a child
		return nil
	case why != nil:
		return fmt.Errorf("%w%s", why, said.lastWords())
	}
	return fmt.Errorf("%w%s", err, said.lastWords())
}

// ours are the variables of this program that no other one is to see: the first
// would make a call of aixmend in it tell in turn, the second is a secret.
var ours = []string{"AIXMEND_NOTIFY", "AIXMEND_NOTIFY_TOKEN"}

// environment is that of a program: nothing of a host is in it.
func (t *Teller) environment(n Notice) []string {
	env := slices.DeleteFunc(slices.Clone(t.Env), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return slices.Contains(ours, name)
	})
	fresh := 0
	if n.News != nil {
		fresh = n.News.Count
	}
	return append(env, "AIXMEND_RUN_ID="+n.RunID, "AIXMEND_VERB="+n.Verb, "AIXMEND_EXIT_CODE="+strconv.Itoa(n.ExitCode), "AIXMEND_NEWS="+strconv.Itoa(fresh))
}

// tail keeps the end of what is written.
type tail []byte

// Write implements io.Writer; it never fails.
func (t *tail) Write(p []byte) (int, error) {
	*t = append(*t, p[max(0, len(p)-maxSaid):]...)
	*t = (*t)[max(0, len(*t)-maxSaid):]
	return len(p), nil
}

// lastWords is the last line, to stand at the end of a message.
func (t tail) lastWords() string {
	lines := strings.Split(strings.TrimSpace(string(t)), "\n")
	if line := short(strings.TrimSpace(lines[len(lines)-1]), 160); line != "" {
		return ": " + line
	}
	return ""
}
