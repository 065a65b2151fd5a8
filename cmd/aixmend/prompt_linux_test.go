package main

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

// terminal opens a terminal: what a person types and reads, and the program's
// side of it.
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

// echoes tells whether a terminal shows what is typed.
func echoes(t *testing.T, f *os.File) bool {
	t.Helper()
	var state syscall.Termios
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), syscall.TCGETS, uintptr(unsafe.Pointer(&state))); errno != 0 {
		t.Fatal(errno)
	}
	return state.Lflag&syscall.ECHO != 0
}

// until waits for a condition of the other side.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for end := time.After(killLong); !holds(); {
		select {
		case <-ticker.C:
		case <-end:
			t.Fatalf("it never came to pass: %s", what)
		}
	}
}

// typedAnswer is the result of a prompt.
type typedAnswer struct {
	text []byte
	err  error
}

// asking asks on a terminal and returns the answer to come.
func asking(ctx context.Context, t *testing.T, a *app, program *os.File) <-chan typedAnswer {
	t.Helper()
	a.in, a.inTerminal, a.errTerminal = program, true, true
	answers := make(chan typedAnswer, 1)
	go func() {
		text, err := a.prompt()(ctx, "password of ops (sudo): ")
		answers <- typedAnswer{text, err}
	}()
	until(t, "the terminal does not echo", func() bool { return !echoes(t, program) })
	return answers
}

func TestPromptOnATerminal(t *testing.T) {
	person, program := terminal(t)
	var shown bytes.Buffer
	a := &app{interrupts: &interrupts{stop: make(chan struct{})}}
	a.err = &shown
	answers := asking(t.Context(), t, a, program)
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

// A signal, or the end of the run, ends the question; the terminal shows again
// what is typed.
func TestPromptThatIsInterrupted(t *testing.T) {
	for _, signal := range []bool{true, false} {
		_, program := terminal(t)
		a := &app{interrupts: &interrupts{stop: make(chan struct{})}}
		a.err = new(bytes.Buffer)
		ctx, cancel := context.WithCancel(t.Context())
		answers := asking(ctx, t, a, program)
		if signal {
			close(a.interrupts.stop)
		} else {
			cancel()
		}
		if got := <-answers; !errors.Is(got.err, context.Canceled) || got.text != nil || !echoes(t, program) {
			t.Errorf("signal %v: %q, %v; echoes %v", signal, got.text, got.err, echoes(t, program))
		}
		cancel()
	}
}

// Nobody is asked where one of the two sides is no terminal.
func TestNoPromptWithoutATerminal(t *testing.T) {
	_, program := terminal(t)
	for _, c := range []struct{ in, err bool }{{true, false}, {false, true}} {
		a := &app{}
		a.in, a.inTerminal, a.errTerminal = program, c.in, c.err
		if a.prompt() != nil || !term.IsTerminal(int(program.Fd())) {
			t.Errorf("asks with %+v", c)
		}
	}
}
