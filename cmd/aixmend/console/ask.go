package console

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"aixmend/cmd/aixmend/exit"
	"aixmend/controller/report"
)

// CanAsk reports whether a person can be asked: stdin and stderr are terminals.
func (c *Console) CanAsk() bool { return c.InTerminal && c.ErrTerminal }

// Ask asks a person for a line, and returns it without blanks around it. After a signal
// the error is an exit.ErrCancelled that says that nothing was changed.
func (c *Console) Ask(format string, args ...any) (string, error) {
	select {
	case <-c.Interrupts.Stop():
		return "", cancelled()
	default:
	}
	defer c.hold()()
	fmt.Fprint(c.Err, wrapped(report.Clean(fmt.Sprintf(format, args...), true), c.ErrWidth()))
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
		return "", cancelled()
	}
}

func cancelled() error { return fmt.Errorf("%w: nothing was changed", exit.ErrCancelled) }

// wrapped fits a question to a terminal. The blank before the answer stays.
func wrapped(question string, width int) string {
	text := strings.TrimRight(question, " ")
	return report.Fit(text, max(width-1, 0)) + question[len(text):]
}

// AskAnew is Ask for a question of consent: it takes no answer that was typed before the
// question was on the screen, and so before a person can have read it.
func (c *Console) AskAnew(format string, args ...any) (string, error) {
	if file, ok := c.In.(*os.File); ok && c.InTerminal {
		if err := discardTyped(file); err != nil {
			return "", fmt.Errorf("discard what was typed before the question: %w", err)
		}
		c.lines.Reset(c.In)
	}
	return c.Ask(format, args...)
}

// Confirm asks a yes-or-no question that only "yes" answers with yes, as AskAnew does.
func (c *Console) Confirm(format string, args ...any) (bool, error) {
	question := fmt.Sprintf(format, args...)
	if !strings.HasSuffix(question, "\n") {
		question += " "
	}
	answer, err := c.AskAnew("%sType 'yes' to continue: ", question)
	return answer == "yes", err
}

// Password returns how to ask a person for a secret without echo, nil when nobody can be
// asked. A signal ends the question and restores the terminal; after it nobody is asked.
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
		interrupted := fmt.Errorf("interrupted: %w", context.Canceled)
		select {
		case <-c.Interrupts.Stop():
			return nil, interrupted
		default:
		}
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
		// A signal may be faster than the reader, which would take the echo away for good.
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for range echoGone {
			if now, err := term.GetState(fd); err != nil || *now != *before {
				break
			}
			<-tick.C
		}
		_ = term.Restore(fd, before)
		return nil, interrupted
	}
}

// echoGone is how many milliseconds the reader of a secret may take to turn off the echo. A
// terminal that did not echo before takes them all.
const echoGone = 1000
