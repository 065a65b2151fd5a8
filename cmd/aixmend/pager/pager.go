// Package pager shows a text that is longer than the screen with the program that the
// person reads with.
package pager

import (
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"syscall"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/exit"
	"aixmend/controller/outcome"
	"aixmend/transport/shell"
)

const (
	// usual is the pager where the environment names none.
	usual = "less"
	// usualLess are the options of less, as git sets them: it ends where one screen is
	// enough, passes colours, and leaves the text on the screen.
	usualLess = "FRX"
)

// Show prints a text to stdout, on a terminal through a pager where it is longer than the
// screen. environ is the environment as os.Environ returns it. A pager that is missing or
// that ends early is no error.
func Show(c *console.Console, text string, environ []string) error {
	out := c.Page()
	if out == nil || rows(text, c.Width()) < c.Height() {
		return plain(c, text)
	}
	words, err := choose(environ)
	if err != nil {
		c.Say("warning: %s: printing without a pager", err)
	}
	if len(words) == 0 {
		return plain(c, text)
	}
	path, err := exec.LookPath(words[0])
	if err != nil {
		if words[0] != usual {
			c.Say("warning: the pager can't be run: %s: printing without it", err)
		}
		return plain(c, text)
	}
	cmd := exec.Command(path, words[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.Env = strings.NewReader(text), out, out, settings(environ)
	if before, err := term.GetState(int(out.Fd())); err == nil {
		defer func() { _ = term.Restore(int(out.Fd()), before) }() // it may be killed
	}
	if err := cmd.Start(); err != nil {
		c.Say("warning: the pager can't be run: %s: printing without it", err)
		return plain(c, text)
	}
	return wait(c, cmd)
}

func plain(c *console.Console, text string) error {
	_, err := fmt.Fprint(c.Out, text)
	return err
}

// wait waits for a pager. Ctrl-C is for the pager, which has the same terminal; other
// signals end it.
func wait(c *console.Console, cmd *exec.Cmd) error {
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // nothing that it says about itself is an error of the verb
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-c.Interrupts.Stop():
	}
	if c.Interrupts.Code() == outcome.ExitTerminated {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended
		return exit.ErrInterrupted
	}
	<-ended
	return nil
}

// errWords: the variable is a line for a shell.
var errWords = errors.New("must be a program with plain arguments")

// choose returns the words of the pager, none for no pager: those of AIXMEND_PAGER, else
// of PAGER, else of less.
func choose(environ []string) ([]string, error) {
	for _, name := range []string{"AIXMEND_PAGER", "PAGER"} {
		line, set := lookup(environ, name)
		if !set {
			continue
		}
		if line = strings.TrimSpace(line); line == "" || line == "cat" {
			return nil, nil
		}
		words, ok := shell.Words(line)
		if !ok || len(words) == 0 || words[0] == "" {
			return nil, fmt.Errorf("the variable %s %w", name, errWords)
		}
		return words, nil
	}
	return []string{usual}, nil
}

// lookup finds a variable; of several with one name the last.
func lookup(environ []string, name string) (value string, set bool) {
	for _, entry := range slices.Backward(environ) {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value, true
		}
	}
	return "", false
}

// settings is the environment of a pager. A pager of root must not start other programs
// or write files: less has a mode for that, and no filter of its own is needed.
func settings(environ []string) []string {
	env := slices.DeleteFunc(slices.Clone(environ), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return slices.Contains([]string{"LESSOPEN", "LESSCLOSE", "LESSSECURE", "LESSHISTFILE"}, name) || strings.HasPrefix(name, "LESSSECURE_")
	})
	if _, set := lookup(env, "LESS"); !set {
		env = append(env, "LESS="+usualLess)
	}
	return append(env, "LESSSECURE=1", "LESSHISTFILE=-") // the history of searches is written all the same
}

// rows is how many rows of a terminal a text takes.
func rows(text string, columns int) int {
	n := 0
	for line := range strings.Lines(text) {
		n++
		if columns > 0 {
			n += max(ansi.StringWidth(strings.TrimRight(line, "\n"))-1, 0) / columns
		}
	}
	return n
}
