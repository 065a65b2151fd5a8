package main

import (
	"context"
	"fmt"
	"os"

	"golang.org/x/term"

	"aixmend/inventory/secrets"
)

// prompt returns how to ask a person for a password, nil when nobody can be asked. A
// signal ends the question and restores the terminal.
func (a *app) prompt() secrets.Ask {
	file, ok := a.in.(*os.File)
	if !ok || !a.inTerminal || !a.errTerminal {
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
		defer a.hold()()
		fmt.Fprint(a.err, question)
		defer fmt.Fprintln(a.err)
		answers := make(chan answer, 1)
		go func() { // outlived by a signal: the process ends then
			text, err := term.ReadPassword(fd)
			answers <- answer{text, err}
		}()
		select {
		case got := <-answers:
			return got.text, got.err
		case <-a.interrupts.stop:
		case <-ctx.Done():
		}
		_ = term.Restore(fd, before)
		return nil, fmt.Errorf("interrupted: %w", context.Canceled)
	}
}
