package recorder_test

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/recorder"
	"aixmend/inventory"
	"aixmend/transport"
)

// messages are the lines on stderr.
type messages struct {
	mu   sync.Mutex
	text strings.Builder
}

func (m *messages) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.text.Write(p)
}

// A recording that takes long says each minute how far it is: a pipeline ends a job that is
// silent.
func TestHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said messages
		c := console.New(console.Streams{Out: io.Discard, Err: &said}, console.NewInterrupts(), func(string) string { return "" })
		hosts := []inventory.Host{{Name: "aix1"}, {Name: "aix2"}}
		r, err := recorder.New(c, recorder.Options{Out: filepath.Join(t.TempDir(), "out"), Timeout: time.Second}, hosts, hosts)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		slow := transport.DialerFunc(func(_ context.Context, to transport.Target) (transport.Conn, error) {
			if to.Name == "aix2" {
				time.Sleep(150 * time.Second)
			}
			return nil, errors.New("no answer")
		})
		if r.Record(ctx, slow) == nil {
			t.Error("no host was recorded, and no error")
		}
		for _, want := range []string{"\nrecord: 1 of 2 hosts ended after 1m0s; 1 not begun\n", "\nrecord: 1 of 2 hosts ended after 2m0s; 1 not begun\n"} {
			if !strings.Contains(said.text.String(), want) {
				t.Errorf("no %q in:\n%s", want, said.text.String())
			}
		}
	})
}
