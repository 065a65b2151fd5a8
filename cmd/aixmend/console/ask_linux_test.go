package console

import (
	"bytes"
	"context"
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"aixmend/transport/lab/terminal"
)

// typedAnswer is the result of a prompt.
type typedAnswer struct {
	text []byte
	err  error
}

// asking asks on a terminal; the answer arrives on the channel.
func asking(ctx context.Context, t *testing.T, c *Console, program *os.File) <-chan typedAnswer {
	t.Helper()
	c.In, c.InTerminal, c.ErrTerminal = program, true, true
	answers := make(chan typedAnswer, 1)
	go func() {
		text, err := c.Password()(ctx, "password of ops (sudo): ")
		answers <- typedAnswer{text, err}
	}()
	terminal.Until(t, "the terminal does not echo", func() bool { return !terminal.Echoes(t, program) })
	return answers
}

func TestPromptOnATerminal(t *testing.T) {
	person, program := terminal.Open(t)
	var shown bytes.Buffer
	c := New(Streams{Err: &shown}, NewInterrupts(), os.Getenv)
	answers := asking(t.Context(), t, c, program)
	if _, err := person.WriteString("open sesame\n"); err != nil {
		t.Fatal(err)
	}
	if got := <-answers; got.err != nil || string(got.text) != "open sesame" || !terminal.Echoes(t, program) {
		t.Errorf("%q, %v; echoes %v", got.text, got.err, terminal.Echoes(t, program))
	}
	if shown.String() != "password of ops (sudo): \n" {
		t.Errorf("shown %q", shown.String())
	}
}

// A question of consent takes no answer that was typed before it was asked, neither from the
// terminal nor from the input read ahead; any other question does.
func TestAnswersTypedAhead(t *testing.T) {
	for name, q := range map[string]struct {
		ask  func(c *Console) (string, error)
		want string
	}{
		"Confirm": {func(c *Console) (string, error) {
			ok, err := c.Confirm("May I?")
			return map[bool]string{true: "yes", false: "no"}[ok], err
		}, "no"},
		"AskAnew": {func(c *Console) (string, error) { return c.AskAnew("May I? ") }, "later"},
		"Ask":     {func(c *Console) (string, error) { return c.Ask("May I? ") }, "yes"},
	} {
		person, program := terminal.Open(t)
		shown := asked{at: make(chan struct{}, 1)}
		c := New(Streams{In: program, Err: shown, InTerminal: true, ErrTerminal: true}, NewInterrupts(), os.Getenv)
		typed := func(answer string) {
			if _, err := person.WriteString(answer + "\n"); err != nil {
				t.Fatal(err)
			}
			terminal.Until(t, "it is typed", func() bool {
				n, err := unix.IoctlGetInt(int(program.Fd()), unix.TIOCINQ)
				return err == nil && n > 0
			})
		}
		typed("yes")
		if _, err := c.lines.Peek(1); err != nil {
			t.Fatal(err)
		}
		typed("yes")
		go func() {
			<-shown.at
			_, _ = person.WriteString("later\n")
		}()
		if got, err := q.ask(c); got != q.want || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// asked tells when something is shown.
type asked struct{ at chan struct{} }

func (a asked) Write(text []byte) (int, error) {
	select {
	case a.at <- struct{}{}:
	default:
	}
	return len(text), nil
}

// A signal, or the end of the run, ends the question and restores the echo.
func TestPromptThatIsInterrupted(t *testing.T) {
	for _, signal := range []bool{true, false} {
		_, program := terminal.Open(t)
		c := New(Streams{Err: new(bytes.Buffer)}, NewInterrupts(), os.Getenv)
		ctx, cancel := context.WithCancel(t.Context())
		answers := asking(ctx, t, c, program)
		if signal {
			c.Interrupts.take(os.Interrupt)
		} else {
			cancel()
		}
		if got := <-answers; !errors.Is(got.err, context.Canceled) || got.text != nil || !terminal.Echoes(t, program) {
			t.Errorf("signal %v: %q, %v; echoes %v", signal, got.text, got.err, terminal.Echoes(t, program))
		}
		cancel()
	}
}

// A signal that comes before the reader of the answer, or before the question, leaves a
// terminal that echoes, too. The many rounds let the readers of a wrong order come last.
func TestInterruptedBeforeTheReader(t *testing.T) {
	var programs []*os.File
	for range 50 {
		_, program := terminal.Open(t)
		c := New(Streams{In: program, InTerminal: true, ErrTerminal: true}, NewInterrupts(), os.Getenv)
		c.Err = interrupting{func() { c.Interrupts.take(os.Interrupt) }}
		for range 2 {
			if text, err := c.Password()(t.Context(), "password: "); !errors.Is(err, context.Canceled) || text != nil {
				t.Errorf("%q, %v", text, err)
			}
		}
		programs = append(programs, program)
	}
	for i, program := range programs {
		if !terminal.Echoes(t, program) {
			t.Errorf("terminal %d does not echo", i)
		}
	}
}

// interrupting is a terminal at which something happens as soon as a question is shown.
type interrupting struct{ then func() }

func (i interrupting) Write(text []byte) (int, error) {
	i.then()
	return len(text), nil
}

// Nobody is asked unless both stdin and stderr are terminals.
func TestNoPromptWithoutATerminal(t *testing.T) {
	_, program := terminal.Open(t)
	for _, c := range []struct{ in, err bool }{{true, false}, {false, true}} {
		console := New(Streams{In: program, InTerminal: c.in, ErrTerminal: c.err}, NewInterrupts(), os.Getenv)
		if console.Password() != nil || !term.IsTerminal(int(program.Fd())) {
			t.Errorf("asks with %+v", c)
		}
	}
}
