package sshtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// TestPipe is buffered both ways and ends as a TCP connection does.
func TestPipe(t *testing.T) {
	a, b := Pipe()
	big := bytes.Repeat([]byte("x"), 1<<20)
	for _, c := range []net.Conn{a, b} { // both write first: net.Pipe would hang
		if n, err := c.Write(big); n != len(big) || err != nil {
			t.Fatal(n, err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(b); err != nil || !bytes.Equal(got, big) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if _, err := b.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("write to nobody: %v", err)
	}
	if _, err := a.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("read of a closed end: %v", err)
	}
	if _, err := a.Write(nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("write of a closed end: %v", err)
	}
}

// TestPipeDeadlines: past, future, moved and lifted, all in fake time: a wait
// on a connection is durably blocked.
func TestPipeDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe()
		defer a.Close()
		defer b.Close()
		buf := make([]byte, 8)
		start := time.Now()
		_ = a.SetReadDeadline(start.Add(time.Hour))
		if _, err := a.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Hour {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		_ = a.SetDeadline(time.Now().Add(-time.Second))
		if _, err := a.Write(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("write: %v", err)
		}
		_ = a.SetDeadline(time.Time{})
		done := make(chan error)
		go func() {
			_, err := a.Read(buf)
			done <- err
		}()
		synctest.Wait()
		_ = a.SetReadDeadline(time.Now().Add(time.Second)) // reaches a read that waits
		if err := <-done; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("moved: %v", err)
		}
		_ = a.SetReadDeadline(time.Time{})
		go func() { _, _ = b.Write([]byte("hi")) }()
		if n, err := a.Read(buf); n != 2 || err != nil {
			t.Errorf("lifted: %d, %v", n, err)
		}
	})
}

func TestMemListener(t *testing.T) {
	l := NewMemListener("10.1.2.3:22")
	if l.Addr().String() != "10.1.2.3:22" || l.Addr().Network() != "mem" {
		t.Errorf("addr %v", l.Addr())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.DialContext(ctx, "tcp", "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("dial that nobody accepts: %v", err)
	}
	l.Close()
	l.Close()
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept: %v", err)
	}
	if _, err := l.Dial(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("dial: %v", err)
	}
}
