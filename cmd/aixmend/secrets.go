package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
	"unicode"

	"golang.org/x/term"

	"aixmend/inventory"
	"aixmend/transport"
	"aixmend/transport/ssh"
)

const (
	// maxSecret is how long a password may be, in bytes.
	maxSecret = 4 << 10
	// secretTimeout is how long a program may take to print one.
	secretTimeout = 30 * time.Second
	// secretGrace is how long its children may hold its output after that.
	secretGrace = 2 * time.Second
)

// secrets gives the passwords of logins and of root, and the passphrases of
// keys. Each source is asked once a run, one after another: a person answers
// one question at a time. It is safe for concurrent use.
type secrets struct {
	// ask asks a person; nil when there is nobody to ask.
	ask func(ctx context.Context, question string) ([]byte, error)
	// timeout is how long a program may take.
	timeout time.Duration

	turn  chan struct{} // full while nobody has it
	known map[string]*secret
	typed map[string][]byte // passphrases of age, by the question
}

// secret is what a source gave.
type secret struct {
	text []byte
	err  error
}

// secrets returns where this run's secrets come from.
func (a *app) secrets() *secrets {
	s := &secrets{
		ask: a.prompt(), timeout: secretTimeout,
		turn: make(chan struct{}, 1), known: map[string]*secret{}, typed: map[string][]byte{},
	}
	s.turn <- struct{}{}
	return s
}

// want is a secret that is wanted.
type want struct {
	source   string // the key of a source
	setting  string // that names the source
	question string // for a person
}

// Password implements ssh.Passwords.
func (s *secrets) Password(ctx context.Context, use ssh.Use, target transport.Target) ([]byte, error) {
	if use == ssh.ForLogin {
		return s.get(ctx, want{target.Password, "ssh.password", fmt.Sprintf("password of %s: ", target.User)})
	}
	return s.get(ctx, want{target.BecomePassword, "ssh.become_password", question(target)})
}

// Passphrase is that of ssh.Keys.
func (s *secrets) Passphrase(ctx context.Context, target transport.Target) ([]byte, error) {
	source := target.Passphrase
	if source == "" {
		source = inventory.PasswordSource{Prompt: true}.Key()
	}
	return s.get(ctx, want{source, "ssh.passphrase", fmt.Sprintf("passphrase of %s: ", target.Identity)})
}

// get gives a secret: from its source, or as it was the first time.
func (s *secrets) get(ctx context.Context, w want) ([]byte, error) {
	source, err := inventory.PasswordSourceOf(w.source)
	if err != nil {
		return nil, err
	}
	select {
	case <-s.turn:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { s.turn <- struct{}{} }()
	key := w.source
	if source.Prompt { // what one person types is one login's
		key += " " + w.question
	}
	got := s.known[key]
	if got == nil {
		got = &secret{}
		got.text, got.err = s.read(ctx, source, w)
		if ctx.Err() != nil || errors.Is(got.err, context.Canceled) {
			return nil, got.err // it was not the source's fault
		}
		s.known[key] = got
	}
	return bytes.Clone(got.text), got.err
}

// question asks for the password with which a target becomes root.
func question(t transport.Target) string {
	switch t.Become {
	case transport.BecomeSu:
		return "password of root (su): "
	case transport.BecomeCustom:
		program, _, _ := strings.Cut(t.BecomeCommand, " ")
		return fmt.Sprintf("password of %s (%s): ", t.User, program)
	}
	return fmt.Sprintf("password of %s (%s): ", t.User, t.Become)
}

// read asks a source.
func (s *secrets) read(ctx context.Context, source inventory.PasswordSource, w want) ([]byte, error) {
	switch {
	case len(source.Exec) > 0:
		return s.run(ctx, source.Exec)
	case source.File != "":
		return fromFile(source.File)
	case source.Env != "":
		text, ok := os.LookupEnv(source.Env)
		if !ok {
			return nil, fmt.Errorf("environment variable %s is not set", source.Env)
		}
		return checked([]byte(text), "environment variable "+source.Env)
	case source.Age != "":
		return s.fromAge(ctx, source)
	case s.ask == nil:
		return nil, fmt.Errorf("there is no terminal to ask for it on: say where it comes from with %s: {file: PATH}, {exec: [PROGRAM, ...]}, {env: NAME} or {age: FILE, identity: FILE}", w.setting)
	}
	text, err := s.ask(ctx, w.question)
	if err != nil {
		return nil, fmt.Errorf("asking for it: %w", err)
	}
	return checked(text, "what was typed")
}

// fromFile reads a password from a file that nobody else can read.
func fromFile(path string) ([]byte, error) {
	if err := private(path); err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("file %s can't be read: %w", path, cause(err))
	}
	defer file.Close()
	var text bound
	if _, err := io.Copy(&text, io.LimitReader(file, maxSecret+2)); err != nil {
		clear(text.kept)
		return nil, fmt.Errorf("file %s can't be read: %w", path, cause(err))
	}
	return checked(text.kept, "file "+path)
}

// private wants a plain file that nobody else can read.
func private(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fmt.Errorf("file %s can't be read: %w", path, cause(err))
	case !info.Mode().IsRegular():
		return fmt.Errorf("file %s is no plain file", path)
	case info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows": // there the mode says nothing
		return fmt.Errorf("file %s is open to others (mode %04o): chmod 600 %[1]s", path, info.Mode().Perm())
	}
	return nil
}

// cause is the reason in an error that names the file once more.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// run runs a program, without a shell, that prints a password.
func (s *secrets) run(parent context.Context, argv []string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(parent, s.timeout)
	defer cancel()
	var out, said bound
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &said, secretGrace
	err := cmd.Run()
	switch {
	case parent.Err() != nil:
		err = parent.Err()
	case ctx.Err() != nil:
		err = fmt.Errorf("%s did not end within %s%s", argv[0], s.timeout, lastWords(said.kept))
	case err != nil:
		err = fmt.Errorf("%s: %w%s", argv[0], err, lastWords(said.kept))
	default:
		return checked(out.kept, "what "+argv[0]+" printed")
	}
	clear(out.kept)
	return nil, err
}

// lastWords is the last line that a program said something in, to stand at the
// end of a message; "" when it said nothing.
func lastWords(stderr []byte) string {
	lines := strings.Split(strings.TrimSpace(string(stderr)), "\n")
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

// bound keeps the beginning of what is written to it: enough of a password to
// tell that it is too long. It never moves what it keeps.
type bound struct{ kept []byte }

// Write implements io.Writer; it never fails, so that nobody waits.
func (b *bound) Write(p []byte) (int, error) {
	if b.kept == nil {
		b.kept = make([]byte, 0, maxSecret+2)
	}
	b.kept = append(b.kept, p[:min(len(p), cap(b.kept)-len(b.kept))]...)
	return len(p), nil
}

// checked takes the line end off a password and checks what is left: it must be
// one line that a tool can read. A wrong one is cleared. No message quotes it.
func checked(text []byte, from string) ([]byte, error) {
	line, ended := bytes.CutSuffix(text, []byte("\n"))
	if ended {
		line = bytes.TrimSuffix(line, []byte("\r"))
	}
	wrong := ""
	switch {
	case len(line) == 0:
		wrong = "is empty"
	case len(line) > maxSecret:
		wrong = fmt.Sprintf("is longer than %d bytes", maxSecret)
	case bytes.ContainsAny(line, "\r\n"):
		wrong = "has more than one line"
	case bytes.IndexByte(line, 0) >= 0:
		wrong = "holds a NUL byte"
	}
	if wrong != "" {
		clear(text)
		return nil, fmt.Errorf("%s %s", from, wrong)
	}
	return line, nil
}

// prompt returns how to ask a person for a password, nil when nobody can be
// asked. A signal ends the question, and the terminal is left as it was.
func (a *app) prompt() func(ctx context.Context, question string) ([]byte, error) {
	file, ok := a.in.(*os.File)
	if !ok || !a.inTerminal || !a.errTerminal {
		return nil
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
		answers := make(chan secret, 1)
		go func() { // left behind when a signal comes first: the process ends then
			text, err := term.ReadPassword(fd)
			answers <- secret{text, err}
		}()
		select {
		case answer := <-answers:
			return answer.text, answer.err
		case <-a.interrupts.stop:
		case <-ctx.Done():
		}
		_ = term.Restore(fd, before)
		return nil, fmt.Errorf("interrupted: %w", context.Canceled)
	}
}
