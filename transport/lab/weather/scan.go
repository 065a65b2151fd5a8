package weather

import (
	"bytes"
	"encoding/binary"
)

// event is a packet that has passed in one direction.
type event int

const (
	nothing event = iota
	versionLine
	keyInit
	newKeys
)

// maxLine bounds the lines before the version line, and maxPacket a packet in
// clear: a larger one is not SSH and is only forwarded.
const (
	maxLine   = 64 << 10
	maxPacket = 256 << 10
)

// Message numbers of RFC 4253.
const (
	msgKexInit = 20
	msgNewKeys = 21
)

// headerSize is the length, the padding's length and the message number.
const headerSize = 6

// scanner follows one direction of a connection up to its encryption.
type scanner struct {
	line    []byte // of the lines before the packets the one that is coming
	packets bool   // the version line has passed
	header  []byte // of the packet that is coming
	left    int    // bytes of it that have not come
	opaque  bool   // encrypted, or not SSH
}

// next takes bytes of data up to the end of an item, and returns their number and the
// kind of the item.
func (s *scanner) next(data []byte) (int, event) {
	switch {
	case s.opaque:
		return len(data), nothing
	case s.packets:
		return s.packet(data)
	}
	n, ended := len(data), false
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		n, ended = i+1, true
	}
	s.line = append(s.line, data[:n]...)
	switch {
	case len(s.line) > maxLine:
		s.opaque = true
	case ended && bytes.HasPrefix(s.line, []byte("SSH-")):
		s.packets = true
		return n, versionLine
	case ended:
		s.line = nil
	}
	return n, nothing
}

func (s *scanner) packet(data []byte) (int, event) {
	if len(s.header) < headerSize {
		n := min(headerSize-len(s.header), len(data))
		s.header = append(s.header, data[:n]...)
		if len(s.header) < headerSize {
			return n, nothing
		}
		s.left = int(binary.BigEndian.Uint32(s.header)) + 4 - headerSize
		s.opaque = s.left < 0 || s.left > maxPacket
		return n, s.end()
	}
	n := min(s.left, len(data))
	s.left -= n
	return n, s.end()
}

// end classifies a packet once it has passed.
func (s *scanner) end() event {
	if s.opaque || s.left > 0 {
		return nothing
	}
	kind := s.header[headerSize-1]
	s.header = nil
	switch kind {
	case msgKexInit:
		return keyInit
	case msgNewKeys:
		s.opaque = true
		return newKeys
	}
	return nothing
}
