package aixsim

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"time"
)

func newByteReader(r io.Reader) io.ByteReader { return bufio.NewReader(r) }

// pipeRoom is how many bytes a pipe takes before it blocks, on every Linux.
const pipeRoom = 60 << 10

// contentPipe is a file that holds data: the interpreter takes nothing but
// *os.File for its input without making a pipe of its own, which it forgets
// to close.
func contentPipe(data []byte) (*os.File, error) {
	pr, pw, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	if len(data) <= pipeRoom {
		_, err = pw.Write(data)
		pw.Close()
		return pr, err
	}
	go func() {
		_, _ = pw.Write(data) // ends when the reader closes, too
		pw.Close()
	}()
	return pr, nil
}

// outputFile is a file that the shell writes; it is written through, and the
// redirection is logged when it is closed.
type outputFile struct {
	files lockedFS
	name  string
	once  sync.Once
}

func (f *outputFile) Read([]byte) (int, error) { return 0, errors.New("file is not open for reading") }

func (f *outputFile) Write(p []byte) (int, error) {
	err := f.files.with(func(files FS) error {
		old, err := files.ReadFile(f.name)
		if err != nil {
			old = nil // removed behind its back
		}
		return files.WriteFile(f.name, append(old, p...), 0o644)
	})
	if err != nil {
		return 0, err
	}
	return len(p), nil
}

func (f *outputFile) Close() error {
	f.once.Do(func() {
		e := f.files.e
		f.files.h.note(LogEntry{Session: e.proc.session.id, Argv: append([]string{e.Path}, e.Args...),
			Mutated: len(e.effects) > 0, Effects: e.effects})
	})
	return nil
}

// patientFile reads a pipe of the interpreter without being stuck in the
// kernel: a command that waits for one that hangs is then durably blocked in
// the sense of testing/synctest, and fake time goes on.
type patientFile struct {
	ctx context.Context
	f   *os.File
}

func (p patientFile) Read(buf []byte) (int, error) {
	defer func() { _ = p.f.SetReadDeadline(time.Time{}) }()
	for start := time.Now(); ; {
		if err := p.f.SetReadDeadline(time.Now().Add(2 * time.Millisecond)); err != nil {
			return p.f.Read(buf) // a device: never blocks
		}
		n, err := p.f.Read(buf)
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
		// A tenth of the time waited so far: late by a tenth, and rarely awake.
		wait := min(max(time.Since(start)/10, time.Millisecond), 5*time.Second)
		if !pause(p.ctx, Duration(wait)) {
			return 0, io.EOF
		}
	}
}
