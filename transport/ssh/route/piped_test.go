package route

import (
	"io"
	"syscall"
	"testing"
)

// Output of a far end that no longer reads is still received to its end.
func TestPipedReadsOnWhenItCannotSend(t *testing.T) {
	p := newPiped("aix1:22", func() {})
	from, far := io.Pipe()
	ended := make(chan struct{})
	go p.receive(from, func() { close(ended) })
	go p.send(shutPipe{})
	for range 3 {
		if _, err := p.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	go func() {
		_, _ = far.Write([]byte("goodbye"))
		_ = far.Close()
	}()
	if text, err := io.ReadAll(p); string(text) != "goodbye" || err != nil {
		t.Errorf("heard %q, %v", text, err)
	}
	<-ended
	if p.received.Load() != 7 {
		t.Errorf("%d bytes were counted", p.received.Load())
	}
	_ = p.Close()
}

// shutPipe fails each write.
type shutPipe struct{}

func (shutPipe) Write([]byte) (int, error) { return 0, syscall.EPIPE }
