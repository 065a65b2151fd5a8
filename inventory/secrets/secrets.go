// Package secrets obtains the passwords and passphrases that an inventory refers to:
// from a file, a program, the environment, an age file, or a person at the terminal.
package secrets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"aixmend/inventory"
	"aixmend/transport"
	"aixmend/transport/ownership"
	"aixmend/transport/plain"
	"aixmend/transport/program"
	"aixmend/transport/ssh/passwords"
)

const (
	// maxSecret is the longest password, in bytes.
	maxSecret = 4 << 10
	// programTimeout bounds a program that prints one.
	programTimeout = 30 * time.Second
)

// Ask asks a person for a secret. An interrupted question is context.Canceled.
type Ask func(ctx context.Context, question string) ([]byte, error)

// Secrets obtains the passwords of logins and of root, and the passphrases of keys.
// Each source is read once a run, one after another: a person answers one question
// at a time. It is safe for concurrent use.
type Secrets struct {
	ask     Ask
	folder  string
	timeout time.Duration // of a program

	turn  chan struct{} // holds a token while nobody reads a source
	known map[string]*secret
	typed map[string][]byte // age passphrases, by question

	cleared bool
}

// secret is the result of reading a source.
type secret struct {
	text []byte
	err  error
}

// New returns the secrets of a run. ask is nil when nobody can be asked; programs run
// in folder, or in the working folder where it is empty.
func New(ask Ask, folder string) *Secrets {
	s := &Secrets{ask: ask, folder: folder, timeout: programTimeout, turn: make(chan struct{}, 1), known: map[string]*secret{}, typed: map[string][]byte{}}
	s.turn <- struct{}{}
	return s
}

// Clear overwrites the secrets that were read or typed, and nothing is read any more. A
// source that is being read is left alone.
func (s *Secrets) Clear() {
	select {
	case <-s.turn:
	default:
		return
	}
	defer func() { s.turn <- struct{}{} }()
	for _, known := range s.known {
		clear(known.text)
		known.text, known.err = nil, errCleared
	}
	for _, text := range s.typed {
		clear(text)
	}
	clear(s.typed)
	s.cleared = true
}

var errCleared = errors.New("the run has ended, and its secrets are forgotten")

// want describes one secret.
type want struct {
	source   string // key of an inventory.PasswordSource
	setting  string // inventory key that names the source
	question string // for a person
	again    bool   // the answer was wrong
}

// Password implements passwords.Source.
func (s *Secrets) Password(ctx context.Context, use passwords.Use, target transport.Target) ([]byte, error) {
	if use == passwords.ForLogin {
		return s.get(ctx, want{source: target.Password, setting: "ssh.password", question: fmt.Sprintf("password of %s: ", target.User)})
	}
	return s.get(ctx, want{source: target.BecomePassword, setting: "ssh.become_password", question: question(target)})
}

// Passphrase returns the passphrase of a target's identity, after as many wrong ones; see
// auth.Keys.
func (s *Secrets) Passphrase(ctx context.Context, target transport.Target, tries int) ([]byte, error) {
	prompt := inventory.PasswordSource{Prompt: true}.Key()
	w := want{source: target.Passphrase, setting: "ssh.passphrase", question: fmt.Sprintf("passphrase of %s: ", target.Identity)}
	switch {
	case w.source == "":
		w.source = prompt
	case w.source != prompt && tries > 0:
		return nil, passwords.ErrSameAgain
	}
	w.again = tries > 0
	return s.get(ctx, w)
}

// APIKey returns the IAM API key of Power Virtual Server from its source, the key of an
// inventory.PasswordSource.
func (s *Secrets) APIKey(ctx context.Context, source string) ([]byte, error) {
	return s.get(ctx, want{source: source, setting: "source.powervs.key", question: "IBM Cloud API key: "})
}

// get returns a secret, reading its source on first use.
func (s *Secrets) get(ctx context.Context, w want) ([]byte, error) {
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
	if s.cleared {
		return nil, errCleared
	}
	key := w.source
	if source.Prompt { // typed for one login only
		key += " " + w.question
	}
	got := s.known[key]
	if got == nil || w.again {
		if got != nil {
			clear(got.text)
		}
		got = &secret{}
		got.text, got.err = s.read(ctx, source, w)
		if ctx.Err() != nil || errors.Is(got.err, context.Canceled) {
			return nil, got.err // not the source's fault: read it again next time
		}
		s.known[key] = got
	}
	return bytes.Clone(got.text), got.err
}

// question is the prompt for the password with which a target becomes root.
func question(t transport.Target) string {
	switch t.Become {
	case transport.BecomeSu:
		return "password of root (su): "
	case transport.BecomeCustom:
		tool, _, _ := strings.Cut(t.BecomeCommand, " ")
		return fmt.Sprintf("password of %s (%s): ", t.User, tool)
	}
	return fmt.Sprintf("password of %s (%s): ", t.User, t.Become)
}

// read reads a source.
func (s *Secrets) read(ctx context.Context, source inventory.PasswordSource, w want) ([]byte, error) {
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
		return nil, fmt.Errorf("there is no terminal to ask on: name its source with %s: {file: PATH}, {exec: [PROGRAM, ...]}, {env: NAME} or {age: FILE, identity: FILE}", w.setting)
	}
	question := w.question
	if w.again {
		question = "wrong; " + question
	}
	text, err := s.ask(ctx, question)
	if err != nil {
		return nil, fmt.Errorf("prompt: %w", err)
	}
	return checked(text, "the input")
}

// fromFile reads a password from a file that nobody else can read.
func fromFile(path string) ([]byte, error) {
	file, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if err := private(file); err != nil {
		return nil, err
	}
	text := make([]byte, maxSecret+2)
	n, err := io.ReadFull(file, text)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		clear(text)
		return nil, fmt.Errorf("file %s can't be read: %w", path, plain.Cause(err))
	}
	return checked(text[:n], "file "+path)
}

// changeable is the error of a file that others can change, with the remedy.
func changeable(err error) error {
	var fault *ownership.Fault
	if errors.As(err, &fault) {
		return fmt.Errorf("%w; %s", err, fault.Remedy)
	}
	return err
}

// openRegular opens a regular file that others can't change: to open a pipe can take
// forever.
func openRegular(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("file %s is not a regular file", path)
	}
	if err == nil {
		if err := changeable(ownership.Check(path)); err != nil {
			return nil, err
		}
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("file %s can't be read: %w", path, plain.Cause(err))
	}
	return file, nil
}

// private checks that nobody else can read an open file.
func private(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("file %s can't be read: %w", file.Name(), plain.Cause(err))
	}
	return ownership.Private(file.Name(), info)
}

// run runs a program, without a shell, that prints a password. It may ask a person on
// the terminal. It runs as this user, so one that others can change is refused.
func (s *Secrets) run(ctx context.Context, argv []string) ([]byte, error) {
	if err := changeable(ownership.Program(argv, s.folder)); err != nil {
		return nil, err
	}
	text, err := program.Command{Argv: argv, Dir: s.folder, Group: program.SharedGroup, Timeout: s.timeout, Limit: maxSecret + 2}.Run(ctx)
	switch {
	case err == nil:
		return checked(text, "the output of "+argv[0])
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return nil, err
}

// checked strips the line end from a password and checks that the rest is one line that
// a tool can read. A bad one is cleared; no message quotes it.
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
