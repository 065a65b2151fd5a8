package ssh

import (
	"errors"
	"os"
	"syscall"
	"testing"

	"aixmend/transport"
	"aixmend/transport/lab/sshtest"
	"aixmend/transport/ssh/auth"
)

// If this machine has no file descriptors left, the error says so and does not blame the
// host, and another try may help.
func TestNoFileIsLeftToOpen(t *testing.T) {
	r := serve(t, posix, sshtest.Options{})
	r.works() // all else that is opened once, has been
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	next := uint64(null.Fd()) // the lowest that is free, once it is closed
	if err := null.Close(); err != nil {
		t.Fatal(err)
	}
	dialer := NewDialer(r.opts)
	if _, err := auth.Prepare(t.Context(), r.opts.Keys, dialer.passwords, r.target); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: next, Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	conn, err := dialer.Dial(t.Context(), r.target)
	if restored := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before); restored != nil {
		t.Fatal(restored)
	}
	if err == nil {
		_ = conn.Close()
		t.Fatal("it connected without a file")
	}
	wantError(t, err, transport.KindRefused, "by this machine, not by the host", "ulimit -n")
	if !errors.Is(err, syscall.EMFILE) || !transport.KindOf(err).Temporary() {
		t.Errorf("%v is not tried again", err)
	}
	r.works()
}
