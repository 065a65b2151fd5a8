package passwords

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aixmend/transport"

	"github.com/google/go-cmp/cmp"
)

// vault is a source with one password.
type vault struct {
	secret string
	asked  atomic.Int32
}

func (v *vault) Password(context.Context, Use, transport.Target) ([]byte, error) {
	v.asked.Add(1)
	return []byte(v.secret), nil
}

// Until a host has accepted a password, one host at a time tries it.
func TestOneHostAtATimeTriesAPassword(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := NewKeyring(&vault{secret: "x"})
		target := transport.Target{Name: "aix1", BecomePassword: "prompt"}
		var mu sync.Mutex
		trying, most, taken := 0, 0, 0
		for range 10 {
			go func() {
				try, err := k.Take(t.Context(), ForBecome, target)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				trying++
				most = max(most, trying)
				taken++
				first := taken == 1
				mu.Unlock()
				<-time.After(time.Second)
				mu.Lock()
				trying--
				mu.Unlock()
				if first {
					try.End(Open) // nobody asked for it
				}
				try.End(Accepted)
			}()
		}
		<-time.After(1500 * time.Millisecond)
		mu.Lock()
		if most != 1 {
			t.Errorf("%d hosts at one time tried a password that none has accepted", most)
		}
		mu.Unlock()
		<-time.After(3 * time.Second)
		if taken != 10 {
			t.Errorf("%d of 10 hosts got it", taken)
		}
	})
}

// A password belongs to a login and a tool.
func TestPasswordsDifferByLoginAndTool(t *testing.T) {
	v := &vault{secret: "x"}
	k := NewKeyring(v)
	base := transport.Target{Name: "aix1", User: "ops", Become: transport.BecomeSudo, BecomePassword: "prompt"}
	for range 2 {
		for _, change := range []func(*transport.Target){
			func(*transport.Target) {}, func(t *transport.Target) { t.User = "dev" },
			func(t *transport.Target) { t.Become = transport.BecomeSu }, func(t *transport.Target) { t.BecomePassword = "file /x" },
		} {
			target := base
			change(&target)
			try, err := k.Take(t.Context(), ForBecome, target)
			if err != nil {
				t.Fatal(err)
			}
			try.End(Accepted)
		}
	}
	if v.asked.Load() != 4 {
		t.Errorf("asked for %d times, want 4", v.asked.Load())
	}
}

func TestLineClearsThePassword(t *testing.T) {
	try := &Try{secret: []byte("abc")}
	if diff := cmp.Diff("abc\nmark\n", string(try.Line("mark\n"))); diff != "" || string(try.secret) != "\x00\x00\x00" {
		t.Errorf("%s; what is left is %q", diff, try.secret)
	}
}

// At the end of a run every copy of a password that is ours is overwritten: that of the
// keyring, of a try that was taken, and of a password that was given up.
func TestClear(t *testing.T) {
	target := transport.Target{Name: "aix1", User: "ops", Become: transport.BecomeSudo, BecomePassword: "prompt"}
	for name, end := range map[string]func(*Try){
		"accepted": func(try *Try) { try.Clear(); try.End(Accepted) },
		"open":     func(try *Try) { try.Clear(); try.End(Open) },
		"line":     func(try *Try) { clear(try.Line("")); try.End(Accepted) },
		"text":     func(try *Try) { _ = try.Text(); try.End(Accepted) },
		"refused":  func(try *Try) { try.Clear(); try.End(Refused) },
	} {
		given := []byte("hunter2")
		ring := NewKeyring(gives(given))
		try, err := ring.Take(t.Context(), ForBecome, target)
		if err != nil {
			t.Fatal(err)
		}
		own := try.secret
		if string(own) != "hunter2" || &own[0] == &given[0] {
			t.Fatalf("%q is no copy of its own", own)
		}
		end(try)
		ring.Clear()
		for of, text := range map[string][]byte{"the keyring's": given, "the try's": own} {
			if string(text) != strings.Repeat("\x00", len("hunter2")) {
				t.Errorf("%s: %s copy is %q", name, of, text)
			}
		}
		_, err = ring.Take(t.Context(), ForBecome, target)
		if err == nil {
			t.Errorf("%s: there is a password after the end", name)
		}
		if err := ring.Ready(t.Context(), ForBecome, transport.Target{BecomePassword: "another"}); err == nil {
			t.Errorf("%s: a password is obtained after the end", name)
		}
	}
}

// gives is a source of one password.
type gives []byte

func (g gives) Password(context.Context, Use, transport.Target) ([]byte, error) { return g, nil }

func TestMask(t *testing.T) {
	for _, c := range []struct {
		text, line string
		answer     bool
		want       string
	}{
		{"a hunter2000 b hunter2000", "hunter2000\n", false, "a *** b ***"},
		{"a hunter2000 b", "hunter2000\n", true, "a *** b"},
		{"a hunter2000 mark", "hunter2000\nmark\n", false, "a *** mark"},
		{"the word root", "root\n", false, "the word ***"},
		{"the word root", "root\n", true, "the word root"}, // it may be an answer
		{"hunter200 0", "hunter2000\n", true, "hunter200 0"},
		{"nothing was sent", "", false, "nothing was sent"},
		{"nothing was sent", "\n", false, "nothing was sent"},
	} {
		if got := string(Mask([]byte(c.text), []byte(c.line), c.answer)); got != c.want {
			t.Errorf("%q without %q: %q, want %q", c.text, c.line, got, c.want)
		}
	}
}
