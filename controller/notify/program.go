package notify

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"aixmend/transport/program"
)

// run runs a program, without a shell, with a document on its stdin. It is cut
// off, with everything that it started, when the context ends.
func (t *Teller) run(ctx context.Context, argv []string, n Notice, document []byte) error {
	_, err := program.Command{Argv: argv, Env: t.environment(n), Stdin: bytes.NewReader(document)}.Run(ctx)
	var failed *program.Error
	switch {
	case errors.Is(err, program.ErrHeld): // it ended well and left a child behind
		return nil
	case errors.As(err, &failed):
		return errors.New(failed.Reason()) // the target names the program
	}
	return err
}

// ours are the variables of this program that a notified program must not get: the first
// would make an aixmend in it notify in turn, the second is a secret.
var ours = []string{"AIXMEND_NOTIFY", "AIXMEND_NOTIFY_TOKEN"}

// environment returns the environment of a program. Nothing in it comes from a host.
func (t *Teller) environment(n Notice) []string {
	env := slices.DeleteFunc(slices.Clone(t.Env), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return slices.Contains(ours, name)
	})
	fresh := 0
	if n.News != nil {
		fresh = n.News.Count
	}
	// The empty one wins over a config file.
	return append(env, "AIXMEND_NOTIFY=", "AIXMEND_RUN_ID="+n.RunID, "AIXMEND_VERB="+n.Verb, "AIXMEND_EXIT_CODE="+strconv.Itoa(n.ExitCode), "AIXMEND_NEWS="+strconv.Itoa(fresh))
}
