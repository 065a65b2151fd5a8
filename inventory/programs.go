package inventory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
	"unicode"
)

var (
	errTimeout = errors.New("it did not end in time")
	errTooMuch = fmt.Errorf("it printed more than %d MB", maxOutput>>20)
)

const (
	// programGrace is how long the streams of a program that has ended, or was
	// killed, may stay open: a child of it may hold them.
	programGrace = 2 * time.Second
	// maxSaid is how much of the end of stderr is kept, in bytes.
	maxSaid = 4096
)

// Programs is a Runner whose programs end with the context. Each runs with the
// environment and the working folder of this process, and with nothing to read.
func Programs(ctx context.Context) Runner {
	return func(argv []string, timeout time.Duration) ([]byte, error) {
		ctx, stop := context.WithTimeoutCause(ctx, timeout, errTimeout)
		defer stop()
		ctx, cut := context.WithCancelCause(ctx)
		defer cut(nil)
		out := &bounded{full: func() { cut(errTooMuch) }}
		var said tail
		cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
		cmd.Stdout, cmd.Stderr, cmd.WaitDelay = out, &said, programGrace
		killWhole(cmd)
		err := cmd.Run()
		switch why := context.Cause(ctx); {
		case errors.Is(why, errTimeout):
			return nil, fmt.Errorf("%s: %w (%s)%s", argv[0], why, timeout, said.lastWords())
		case why != nil:
			return nil, fmt.Errorf("%s: %w%s", argv[0], why, said.lastWords())
		case err != nil:
			return nil, fmt.Errorf("%s: %w%s", argv[0], err, said.lastWords())
		}
		return out.kept.Bytes(), nil
	}
}

// bounded keeps up to maxOutput bytes, and calls full when there are more.
type bounded struct {
	kept bytes.Buffer
	full func()
}

// Write implements io.Writer; it never fails.
func (b *bounded) Write(p []byte) (int, error) {
	if b.kept.Len()+len(p) > maxOutput {
		b.full()
		return len(p), nil
	}
	return b.kept.Write(p)
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
	line := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, strings.TrimSpace(lines[len(lines)-1]))
	if line == "" {
		return ""
	}
	if short := []rune(line); len(short) > 160 {
		line = string(short[:160]) + "..."
	}
	return ": " + line
}
