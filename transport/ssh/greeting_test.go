package ssh

import (
	"errors"
	"io"
	"net"
	"testing"
)

// pieces is a connection whose text comes in pieces.
type pieces struct {
	net.Conn
	left  []string
	reads int
}

func (p *pieces) Read(b []byte) (int, error) {
	p.reads++
	if len(p.left) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.left[0])
	if p.left[0] = p.left[0][n:]; p.left[0] == "" {
		p.left = p.left[1:]
	}
	return n, nil
}

// Every byte of a server is read, however it comes, and its text is kept up to the end of its
// version: the rest is no text. The version is not received byte by byte, as x/crypto reads it.
func TestGreetingInPieces(t *testing.T) {
	const binary = "\x00\x00\x04\x14\nSSH-1.5\n\x06"
	for name, c := range map[string]struct {
		pieces []string
		said   string
		reads  int
	}{
		"at once":             {[]string{"SSH-2.0-OpenSSH_9.2\r\n" + binary}, "SSH-2.0-OpenSSH_9.2\r\n", 1},
		"in two":              {[]string{"SSH-2.0-Open", "SSH_9.2\r\n", binary}, "SSH-2.0-OpenSSH_9.2\r\n", 2 + len(binary)},
		"lines before it":     {[]string{"hello\r\nSSH", " is fine\r\nSS", "H-2.0-x\n" + binary}, "hello\r\nSSH is fine\r\nSSH-2.0-x\n", 3},
		"a refusal":           {[]string{"Exceeded MaxStartups\r\n"}, "Exceeded MaxStartups\r\n", 1},
		"the end of its line": {[]string{"SSH-2.0-x", "\r", "\n"}, "SSH-2.0-x\r\n", 3},
	} {
		t.Run(name, func(t *testing.T) {
			want := ""
			for _, piece := range c.pieces {
				want += piece
			}
			p := &pieces{left: c.pieces}
			g := &greeting{Conn: p}
			got := make([]byte, len(want))
			for i := range got {
				if _, err := io.ReadFull(g, got[i:i+1]); err != nil {
					t.Fatal(err)
				}
			}
			if string(got) != want || string(g.said) != c.said || p.reads != c.reads {
				t.Errorf("read %q, want %q; said %q, want %q; %d reads, want %d", got, want, g.said, c.said, p.reads, c.reads)
			}
			if _, err := g.Read(got); !errors.Is(err, io.EOF) {
				t.Errorf("at the end: %v", err)
			}
		})
	}
}
