package console

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/term"
)

// terminal opens a terminal: the person's end and the program's.
func terminal(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("this machine has no terminals: %v", err)
	}
	t.Cleanup(func() { _ = person.Close() })
	var n, unlock int32
	for request, into := range map[uintptr]*int32{syscall.TIOCSPTLCK: &unlock, syscall.TIOCGPTN: &n} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, person.Fd(), request, uintptr(unsafe.Pointer(into))); errno != 0 {
			t.Fatal(errno)
		}
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = program.Close() })
	return person, program
}

// echoes reports whether a terminal echoes input.
func echoes(t *testing.T, f *os.File) bool {
	t.Helper()
	var state syscall.Termios
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), syscall.TCGETS, uintptr(unsafe.Pointer(&state))); errno != 0 {
		t.Fatal(errno)
	}
	return state.Lflag&syscall.ECHO != 0
}

// until waits for a condition at the other end.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for end := time.After(5 * time.Minute); !holds(); {
		select {
		case <-ticker.C:
		case <-end:
			t.Fatalf("timed out waiting until %s", what)
		}
	}
}

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
	until(t, "the terminal does not echo", func() bool { return !echoes(t, program) })
	return answers
}

func TestPromptOnATerminal(t *testing.T) {
	person, program := terminal(t)
	var shown bytes.Buffer
	c := New(Streams{Err: &shown}, NewInterrupts(), os.Getenv)
	answers := asking(t.Context(), t, c, program)
	if _, err := person.WriteString("open sesame\n"); err != nil {
		t.Fatal(err)
	}
	if got := <-answers; got.err != nil || string(got.text) != "open sesame" || !echoes(t, program) {
		t.Errorf("%q, %v; echoes %v", got.text, got.err, echoes(t, program))
	}
	if shown.String() != "password of ops (sudo): \n" {
		t.Errorf("shown %q", shown.String())
	}
}

// A signal, or the end of the run, ends the question and restores the echo.
func TestPromptThatIsInterrupted(t *testing.T) {
	for _, signal := range []bool{true, false} {
		_, program := terminal(t)
		c := New(Streams{Err: new(bytes.Buffer)}, NewInterrupts(), os.Getenv)
		ctx, cancel := context.WithCancel(t.Context())
		answers := asking(ctx, t, c, program)
		if signal {
			c.Interrupts.take(os.Interrupt)
		} else {
			cancel()
		}
		if got := <-answers; !errors.Is(got.err, context.Canceled) || got.text != nil || !echoes(t, program) {
			t.Errorf("signal %v: %q, %v; echoes %v", signal, got.text, got.err, echoes(t, program))
		}
		cancel()
	}
}

// Nobody is asked unless both stdin and stderr are terminals.
func TestNoPromptWithoutATerminal(t *testing.T) {
	_, program := terminal(t)
	for _, c := range []struct{ in, err bool }{{true, false}, {false, true}} {
		console := New(Streams{In: program, InTerminal: c.in, ErrTerminal: c.err}, NewInterrupts(), os.Getenv)
		if console.Password() != nil || !term.IsTerminal(int(program.Fd())) {
			t.Errorf("asks with %+v", c)
		}
	}
}
