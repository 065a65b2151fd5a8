package program

import (
	"fmt"
	"strings"
	"sync"
	"unicode"
)

const (
	// maxSaid is how much of the end of stderr is kept, in bytes.
	maxSaid = 4 << 10
	// maxLine is how much of one of its lines an error quotes, in characters.
	maxLine = 160
	// firstRoom is allocated for stdout at once, in bytes: within it the text is
	// never copied, so that wiping it leaves no copy behind.
	firstRoom = 8 << 10
)

// head keeps the beginning of its input.
type head struct {
	kept  []byte
	limit int
	full  func() // called when there is more; may be nil
}

// Write implements io.Writer. It never fails, so that no program waits.
func (h *head) Write(p []byte) (int, error) {
	if h.kept == nil {
		h.kept = make([]byte, 0, min(h.limit, firstRoom))
	}
	room := h.limit - len(h.kept)
	h.kept = append(h.kept, p[:min(len(p), room)]...)
	if len(p) > room && h.full != nil {
		h.full()
	}
	return len(p), nil
}

// tail keeps the end of its input. It is safe for concurrent use.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

// Write implements io.Writer. It never fails, so that no program waits.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p[max(0, len(p)-maxSaid):]...)
	if more := len(t.kept) - maxSaid; more > 0 {
		t.kept = append(t.kept[:0], t.kept[more:]...)
	}
	return len(p), nil
}

// words returns the last lines, 1 unless n says more.
func (t *tail) words(n int) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return LastWords(t.kept, n)
}

// LastWords returns the last n lines of a program's output (1 when n is 0) fit
// for a message: joined by "; ", unprintable characters replaced by "?", and cut
// at 160 characters a line.
func LastWords(output []byte, n int) string {
	n = max(n, 1)
	lines := strings.Split(strings.TrimSpace(string(output)), "\n")
	lines = lines[max(0, len(lines)-n):]
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	text := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(strings.Join(lines, "; "), "?"))
	if r := []rune(text); len(r) > n*maxLine {
		text = string(r[:n*maxLine]) + "..."
	}
	return text
}

// size is a number of bytes for a message.
func size(n int) string {
	if n >= 1<<20 && n%(1<<20) == 0 {
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}
