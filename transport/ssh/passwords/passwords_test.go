package passwords

import (
	"context"
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
