package exec

import (
	"io"
	"sync"
)

// tap stands between a stream and its splitter, so that a session that was left
// behind can't reach the splitter any more.
type tap struct {
	mu   sync.Mutex
	into io.Writer // nil once it is shut
}

func (t *tap) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.into == nil {
		return len(p), nil
	}
	return t.into.Write(p)
}

func (t *tap) shut() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.into = nil
}

// buffers lends the read buffers of the streams: they are most of the memory that
// an open session takes.
var buffers = sync.Pool{New: func() any { b := make([]byte, 4<<10); return &b }}

// pump moves a stream into its splitter until the stream ends. It reads on past
// every bound: a full channel would stop the commands.
func pump(into io.Writer, from io.Reader) {
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	for {
		n, err := from.Read(*buffer)
		_, _ = into.Write((*buffer)[:n]) // a splitter never fails
		if err != nil {
			return
		}
	}
}
