// Package secrets obtains the passwords and passphrases that an inventory refers to:
// from a file, a program, the environment, an age file, or a person at the terminal.
package secrets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"time"

	"aixmend/inventory"
	"aixmend/transport"
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

// want describes one secret.
type want struct {
	source   string // key of an inventory.PasswordSource
	setting  string // inventory key that names the source
	question string // for a person
}

// Password implements passwords.Source.
func (s *Secrets) Password(ctx context.Context, use passwords.Use, target transport.Target) ([]byte, error) {
	if use == passwords.ForLogin {
		return s.get(ctx, want{target.Password, "ssh.password", fmt.Sprintf("password of %s: ", target.User)})
	}
	return s.get(ctx, want{target.BecomePassword, "ssh.become_password", question(target)})
}

// Passphrase returns the passphrase of a target's identity; see auth.Keys.
func (s *Secrets) Passphrase(ctx context.Context, target transport.Target) ([]byte, error) {
	source := target.Passphrase
	if source == "" {
		source = inventory.PasswordSource{Prompt: true}.Key()
	}
	return s.get(ctx, want{source, "ssh.passphrase", fmt.Sprintf("passphrase of %s: ", target.Identity)})
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
	key := w.source
	if source.Prompt { // typed for one login only
		key += " " + w.question
	}
	got := s.known[key]
	if got == nil {
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
	text, err := s.ask(ctx, w.question)
	if err != nil {
		return nil, fmt.Errorf("prompt: %w", err)
	}
	return checked(text, "the input")
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

// private checks that a file is regular and readable by its owner only.
func private(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fmt.Errorf("file %s can't be read: %w", path, cause(err))
	case !info.Mode().IsRegular():
		return fmt.Errorf("file %s is not a regular file", path)
	case info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows": // there the mode says nothing
		return fmt.Errorf("file %s is open to others (mode %04o): chmod 600 %[1]s", path, info.Mode().Perm())
	}
	return nil
}

// cause strips the path from an error, which the message already names.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// run runs a program, without a shell, that prints a password. It may ask a person on
// the terminal.
func (s *Secrets) run(ctx context.Context, argv []string) ([]byte, error) {
	text, err := program.Command{Argv: argv, Dir: s.folder, Group: program.SharedGroup, Timeout: s.timeout, Limit: maxSecret + 2}.Run(ctx)
	switch {
	case err == nil:
		return checked(text, "the output of "+argv[0])
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return nil, err
}

// bound keeps the first bytes written to it, just enough to see that a password is too
// long. The bytes are never copied within memory.
type bound struct{ kept []byte }

// Write implements io.Writer. It never fails, so that the program never blocks.
func (b *bound) Write(p []byte) (int, error) {
	if b.kept == nil {
		b.kept = make([]byte, 0, maxSecret+2)
	}
	b.kept = append(b.kept, p[:min(len(p), cap(b.kept)-len(b.kept))]...)
	return len(p), nil
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
