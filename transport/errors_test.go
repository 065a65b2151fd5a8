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

// Behind a bastion the cause is what went wrong with the bastion.
func TestCauseOf(t *testing.T) {
	behind := func(err error) error {
		return &Error{Kind: KindJump, Op: "dial", Host: "aix1", Err: fmt.Errorf("bastion b: %w", err)}
	}
	refused := &Error{Kind: KindRefused, Op: "dial", Host: "b", Err: errors.New("refused")}
	for want, err := range map[Kind]error{
		"":          errors.New("x"),
		KindRefused: behind(fmt.Errorf("there: %w", refused)),
		KindAuth:    behind(behind(&Error{Kind: KindAuth, Err: errors.New("no")})),
		KindJump:    behind(errors.New("it may not connect")),
		KindLost:    &Error{Kind: KindLost, Err: refused}, // what a lost connection was cut by is no bastion's
	} {
		if got := CauseOf(err); got != want {
			t.Errorf("the cause of %v is %q, want %q", err, got, want)
		}
	}
	if CauseOf(nil) != "" {
		t.Error("no error has a cause")
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
