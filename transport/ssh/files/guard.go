package files

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"sync"

	"aixmend/transport"
)

// Kinds of packets of SFTP, version 3, and the status that means success.
const (
	fxpInit, fxpVersion                     = 1, 2
	fxpOpen, fxpRead                        = 3, 5
	fxpLstat, fxpFstat, fxpStat             = 7, 8, 17
	fxpStatus, fxpHandle, fxpData, fxpAttrs = 101, 102, 103, 105
	fxpExtended, fxpExtendedReply           = 200, 201

	fxOK = 0
)

const (
	// maxPacket bounds a packet of the server without its length, in bytes: as much as
	// the SFTP library takes.
	maxPacket = 256 << 10
	// idSize is the size of a packet's kind and id, in bytes.
	idSize = 5
)

// answers says which packet answers a request other than by a status. Without one, a
// status is the whole answer.
var answers = map[byte]byte{
	fxpOpen: fxpHandle, fxpRead: fxpData, fxpLstat: fxpAttrs, fxpFstat: fxpAttrs, fxpStat: fxpAttrs,
}

// guard stands between the SFTP library and the host. It lets only packets through that
// answer a request: the library takes a success in place of a handle or of attributes for
// a nil that it uses, and reads on without end while the data is empty.
type guard struct {
	stream io.ReadWriteCloser
	cut    func() error // ends the session at once

	sending int // bytes that are missing of the packet that is being sent

	mu    sync.Mutex
	asked map[uint32]byte // kinds of the answers that are awaited, by id; fxpStatus: none but a status

	begun  bool   // the version came
	head   []byte // checked bytes that were not read yet
	left   int    // bytes of the packet behind them
	failed error  // why nothing more is read; mu guards it
}

func newGuard(stream io.ReadWriteCloser, cut func() error) *guard {
	return &guard{stream: stream, cut: cut, asked: map[uint32]byte{}}
}

// Close implements io.Closer.
func (g *guard) Close() error { return g.stream.Close() }

// Write sends bytes of the library, which writes the head of a packet in one piece.
func (g *guard) Write(p []byte) (int, error) {
	if g.sending > 0 {
		g.sending -= len(p)
		return g.stream.Write(p)
	}
	if len(p) >= 4+idSize {
		g.sending = 4 + int(binary.BigEndian.Uint32(p)) - len(p)
		kind := p[4]
		if kind != fxpInit {
			g.expect(kind, binary.BigEndian.Uint32(p[5:]), p[4+idSize:])
		}
	}
	return g.stream.Write(p)
}

// expect notes a request.
func (g *guard) expect(kind byte, id uint32, rest []byte) {
	wanted, ok := answers[kind]
	switch {
	case kind == fxpExtended && bytes.HasPrefix(rest[min(4, len(rest)):], []byte(spaceExtension)):
		wanted = fxpExtendedReply
	case !ok:
		wanted = fxpStatus
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked[id] = wanted
}

// Read returns bytes of packets that were checked.
func (g *guard) Read(p []byte) (int, error) {
	if len(g.head) == 0 && g.left == 0 {
		if err := g.next(); err != nil {
			return 0, err
		}
	}
	if len(g.head) > 0 {
		n := copy(p, g.head)
		g.head = g.head[n:]
		return n, nil
	}
	n, err := g.stream.Read(p[:min(len(p), g.left)])
	g.left -= n
	return n, err
}

// next reads the head of the next packet and checks it.
func (g *guard) next() error {
	head := make([]byte, 4, 4+idSize+4)
	if _, err := io.ReadFull(g.stream, head); err != nil {
		return err
	}
	size := binary.BigEndian.Uint32(head)
	if size < idSize || size > maxPacket {
		return g.fail(fmt.Sprintf("a packet of %d bytes", size))
	}
	head = head[:4+min(int(size), idSize+4)]
	if _, err := io.ReadFull(g.stream, head[4:]); err != nil {
		return err
	}
	if why := g.judge(head[4], head[5:], int(size)-idSize); why != "" {
		return g.fail(why)
	}
	g.head, g.left = head, int(size)-(len(head)-4)
	return nil
}

// judge names the fault of a packet, "" if it has none. rest begins with its id,
// size bytes are behind the id.
func (g *guard) judge(kind byte, rest []byte, size int) string {
	if kind == fxpVersion && !g.begun {
		g.begun = true
		return ""
	}
	id, number := binary.BigEndian.Uint32(rest), uint32(0)
	if len(rest) >= 8 {
		number = binary.BigEndian.Uint32(rest[4:])
	}
	g.mu.Lock()
	wanted, ok := g.asked[id]
	delete(g.asked, id)
	g.mu.Unlock()
	switch {
	case !ok:
		return "an answer that nobody asked for"
	case kind != fxpStatus && kind != wanted:
		return fmt.Sprintf("packet %d as an answer", kind)
	case size < 4:
		return "an answer without content"
	case kind == fxpStatus && number == fxOK && wanted != fxpStatus:
		return "a success that answers nothing"
	case kind == fxpData && (number == 0 || int64(number) > int64(size-4)):
		return fmt.Sprintf("%d bytes of data in a packet that has room for %d", number, size-4)
	}
	return ""
}

// fail remembers why the session is of no use any more, and ends it: the library may
// wait for the host to read a request. Before the version nothing is sent but the first
// packet, and openSFTP waits until the program of the session has ended: until then sshd
// counts the session, even a closed one.
func (g *guard) fail(why string) error {
	if g.begun {
		go func() { _ = g.cut() }() // may block on a stuck link
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.failed = failure{kind: transport.KindProtocol, text: "the host's sftp sent " + why}
	return g.failed
}

// cause returns the reason for which the session is of no use, else err: the library
// keeps only that the session has ended.
func (g *guard) cause(err error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err != nil && g.failed != nil {
		return g.failed
	}
	return err
}
