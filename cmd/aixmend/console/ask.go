package console

import (
	"context"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"aixmend/cmd/aixmend/exit"
	"aixmend/controller/report"
)

// CanAsk reports whether a person can be asked: stdin and stderr are terminals.
func (c *Console) CanAsk() bool { return c.InTerminal && c.ErrTerminal }

// Ask asks a person for a line, and returns it without blanks around it. After a signal
// the error is exit.ErrInterrupted.
func (c *Console) Ask(format string, args ...any) (string, error) {
	select {
	case <-c.Interrupts.Stop():
		return "", exit.ErrInterrupted
	default:
	}
	defer c.hold()()
	fmt.Fprint(c.Err, report.Clean(fmt.Sprintf(format, args...), true))
	answers := make(chan string, 1)
	go func() { // outlived by a signal: the process ends then
		answer, _ := c.lines.ReadString('\n')
		answers <- strings.TrimSpace(answer)
	}()
	select {
	case answer := <-answers:
		return answer, nil
	case <-c.Interrupts.Stop():
		fmt.Fprintln(c.Err)
		return "", exit.ErrInterrupted
	}
}

// Confirm asks a yes-or-no question that only "yes" answers with yes.
func (c *Console) Confirm(format string, args ...any) (bool, error) {
	answer, err := c.Ask("%s Type 'yes' to continue: ", fmt.Sprintf(format, args...))
	return answer == "yes", err
}

// Password returns how to ask a person for a secret without echo, nil when nobody can be
// asked. A signal ends the question and restores the terminal.
func (c *Console) Password() func(ctx context.Context, question string) ([]byte, error) {
	file, ok := c.In.(*os.File)
	if !ok || !c.CanAsk() {
		return nil
	}
	type answer struct {
		text []byte
		err  error
	}
	return func(ctx context.Context, question string) ([]byte, error) {
		fd := int(file.Fd())
		before, err := term.GetState(fd)
		if err != nil {
			return nil, err
		}
		defer c.hold()()
		fmt.Fprint(c.Err, question)
		defer fmt.Fprintln(c.Err)
		answers := make(chan answer, 1)
		go func() { // outlived by a signal: the process ends then
			text, err := term.ReadPassword(fd)
			answers <- answer{text, err}
		}()
		select {
		case got := <-answers:
			return got.text, got.err
		case <-c.Interrupts.Stop():
		case <-ctx.Done():
		}
		_ = term.Restore(fd, before)
		return nil, fmt.Errorf("interrupted: %w", context.Canceled)
	}
}
