package exec

import (
	"bytes"
	"fmt"
	"strconv"
	"time"
)

// maxNoise bounds the bytes kept from outside the frames of one stream.
const maxNoise = 16 << 10

// maxMarker exceeds the length of any text after the nonce on a frame line, such as
// "E 12345 255".
const maxMarker = 24

// maxStatus is the largest $? of a shell: ksh93 with a signal, 256+127.
const maxStatus = 383

// part is the output of one command on one stream.
type part struct {
	data    []byte
	dropped int64
	begun   bool
	ended   bool
	exit    int
	beganAt time.Time
	endedAt time.Time
}

// maxTold bounds the bytes kept of the messages of the tool that makes a login
// root, and of the name of a command that it refuses.
const maxTold = 4 << 10

// splitter splits one stream of a session into the parts of the commands. One
// goroutine writes to it; it calls notice at every frame line.
type splitter struct {
	mark    []byte // "\nNONCE "
	limits  []int  // bytes kept, by command
	parts   []part
	current int // index of the open frame, -1 outside
	noise   []byte
	held    []byte // the end of the stream so far, which may begin a frame line
	now     func() time.Time
	notice  func(index int, ended bool)

	root    func() // called when the login is about to become root; may be nil
	asked   bool   // the login is about to become root, or has
	said    []byte // output outside every frame from then on
	refused []byte // the first command that the tool refused
	naming  bool   // the name of a refused command comes now
	named   bool   // a name has come
}

func newSplitter(nonce string, limits []int, now func() time.Time, notice func(int, bool)) *splitter {
	return &splitter{
		mark:    []byte("\n" + nonce + " "),
		limits:  limits,
		parts:   make([]part, len(limits)),
		current: -1,
		now:     now,
		notice:  notice,
	}
}

// Write takes the next bytes of the stream. It never fails: output beyond a bound
// is counted and dropped.
func (s *splitter) Write(p []byte) (int, error) {
	n := len(p)
	if len(s.held) > 0 {
		p = append(s.held, p...)
		s.held = nil
	}
	for len(p) > 0 {
		at := bytes.Index(p, s.mark)
		if at < 0 {
			keep := tailOverlap(p, s.mark)
			s.emit(p[:len(p)-keep])
			s.held = bytes.Clone(p[len(p)-keep:])
			return n, nil
		}
		rest := p[at+len(s.mark):]
		end := bytes.IndexByte(rest, '\n')
		if end < 0 && len(rest) < maxMarker {
			s.emit(p[:at])
			s.held = bytes.Clone(p[at:])
			return n, nil
		}
		if end < 0 || end >= maxMarker || !s.frameLine(p[:at], rest[:end]) {
			s.emit(p[:at+len(s.mark)]) // looks like a frame line but is none
			p = rest
			continue
		}
		p = rest[end+1:]
	}
	return n, nil
}

// frameLine emits before and acts on the frame line text; false: text is no frame
// line that is valid here.
func (s *splitter) frameLine(before, text []byte) bool {
	var index, exit int
	words := bytes.Split(text, []byte(" "))
	switch {
	case len(words) == 1:
		return s.rootLine(before, string(text))
	case len(words) == 2 && string(words[0]) == "B":
		if !number(words[1], &index) || index >= len(s.parts) || s.parts[index].begun {
			return false
		}
		s.emit(before)
		s.naming = false
		s.parts[index].begun = true
		s.parts[index].beganAt = s.now()
		s.current = index
		s.notice(index, false)
		return true
	case len(words) == 3 && string(words[0]) == "E":
		if !number(words[1], &index) || !number(words[2], &exit) || index != s.current || exit > maxStatus {
			return false
		}
		if exit > 255 {
			exit -= 128 // a command ended by signal n: ksh93 says 256+n, other shells 128+n
		}
		s.emit(before)
		s.naming = false
		s.parts[index].ended = true
		s.parts[index].exit = exit
		s.parts[index].endedAt = s.now()
		s.current = -1
		s.notice(index, true)
		return true
	}
	return false
}

// rootLine emits before and acts on a line about becoming root.
func (s *splitter) rootLine(before []byte, text string) bool {
	switch {
	case text == "P" && s.current < 0 && !s.asked:
		s.emit(before)
		if s.asked = true; s.root != nil {
			s.root()
		}
	case text == "M" && s.asked:
		s.emit(before)
		s.naming = true
	case text == "m" && s.naming:
		s.emit(before)
		s.naming, s.named = false, true
	default:
		return false
	}
	return true
}

// bounded appends the part of p that fits into limit.
func bounded(to, p []byte, limit int) []byte {
	return append(to, p[:min(max(limit-len(to), 0), len(p))]...)
}

// emit adds bytes to the open frame, or to the noise.
func (s *splitter) emit(p []byte) {
	if len(p) == 0 {
		return
	}
	if s.naming {
		if !s.named {
			s.refused = bounded(s.refused, p, maxTold)
		}
		return
	}
	if s.current < 0 {
		s.noise = bounded(s.noise, p, maxNoise)
		if s.asked {
			s.said = bounded(s.said, p, maxTold)
		}
		return
	}
	part := &s.parts[s.current]
	room := max(s.limits[s.current]-len(part.data), 0)
	kept := min(room, len(p))
	part.data = append(part.data, p[:kept]...)
	part.dropped += int64(len(p) - kept)
}

// flush emits the held bytes at the end of the stream.
func (s *splitter) flush() {
	s.emit(s.held)
	s.held = nil
}

// tailOverlap returns the length of the longest end of p that begins mark.
func tailOverlap(p, mark []byte) int {
	for n := min(len(p), len(mark)-1); n > 0; n-- {
		if bytes.HasPrefix(mark, p[len(p)-n:]) {
			return n
		}
	}
	return 0
}

// number reads a decimal number as the script prints it: without sign and leading
// zeros.
func number(text []byte, into *int) bool {
	n, err := strconv.Atoi(string(text))
	*into = n
	return err == nil && n >= 0 && strconv.Itoa(n) == string(text)
}

// missingFrames counts the frames that the script opened, for an error.
func (s *splitter) missingFrames() string {
	for i, p := range s.parts {
		if !p.begun {
			return fmt.Sprintf("%d of %d frames came", i, len(s.parts))
		}
	}
	return fmt.Sprintf("all %d frames came", len(s.parts))
}
