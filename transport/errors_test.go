package transport

import (
	"errors"
	"fmt"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestKinds(t *testing.T) {
	for kind, temporary := range map[Kind]bool{
		KindRefused: true, KindTimeout: true, KindLost: true,
		KindDNS: false, KindHostKeyUnknown: false, KindHostKeyChanged: false, KindAuth: false,
		KindProtocol: false, KindJump: false, KindPrivilege: false, KindCanceled: false, "": false,
	} {
		if kind.Temporary() != temporary {
			t.Errorf("%q: temporary %v, want %v", kind, !temporary, temporary)
		}
	}
}

func TestError(t *testing.T) {
	cause := errors.New("connection refused")
	err := fmt.Errorf("walk: %w", &Error{Kind: KindRefused, Op: "dial", Host: "aix1", Err: cause})
	if got, want := err.Error(), "walk: aix1: dial: connection refused"; got != want {
		t.Errorf("text %q, want %q", got, want)
	}
	var typed *Error
	if !errors.As(err, &typed) || typed.Reason() != "refused: connection refused" {
		t.Errorf("reason of %v", err)
	}
	if KindOf(err) != KindRefused || !errors.Is(err, cause) {
		t.Errorf("kind %q, cause kept %v", KindOf(err), errors.Is(err, cause))
	}
	if KindOf(cause) != "" || KindOf(nil) != "" {
		t.Error("an error of no transport has a kind")
	}
}

func TestTruncated(t *testing.T) {
	for _, c := range []struct {
		out, err int64
		want     bool
	}{{0, 0, false}, {1, 0, true}, {0, 1, true}} {
		if got := (Result{StdoutDropped: c.out, StderrDropped: c.err}).Truncated(); got != c.want {
			t.Errorf("%d and %d bytes dropped: truncated %v", c.out, c.err, got)
		}
	}
}
