package files

import (
	"encoding/binary"
	"io"
	"math"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/lab/sshtest"
)

// Packets of SFTP that only the tests need.
const (
	fxpClose = 4
	fxpName  = 104
)

// told is how often a liar is asked before it gives up: a client that goes on so long does
// not notice.
const told = 200_000

// liar is an SFTP server that answers as a test wants.
type liar struct {
	size uint64 // of its one file
	// lie returns the bytes that answer a packet; nil: the truth.
	lie func(kind byte, id uint32, asked []byte) []byte
	// first is sent instead of the version; nil: version 3.
	first []byte

	asked atomic.Int64
}

// packet is a packet with an id; parts are numbers, texts and raw bytes.
func packet(kind byte, id uint32, parts ...any) []byte {
	body := binary.BigEndian.AppendUint32([]byte{kind}, id)
	for _, part := range parts {
		switch part := part.(type) {
		case uint32:
			body = binary.BigEndian.AppendUint32(body, part)
		case uint64:
			body = binary.BigEndian.AppendUint64(body, part)
		case string:
			body = append(binary.BigEndian.AppendUint32(body, uint32(len(part))), part...)
		case []byte:
			body = append(body, part...)
		}
	}
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...)
}

// attributes are those of a plain file.
func attributes(id uint32, size uint64) []byte {
	return packet(fxpAttrs, id, uint32(1|4|8), size, uint32(0o100600), uint32(1), uint32(1))
}

// serve speaks SFTP on a channel.
func (l *liar) serve(channel io.ReadWriteCloser) {
	defer channel.Close()
	for l.asked.Load() < told {
		head := make([]byte, 4)
		if _, err := io.ReadFull(channel, head); err != nil {
			return
		}
		asked := make([]byte, binary.BigEndian.Uint32(head))
		if _, err := io.ReadFull(channel, asked); err != nil {
			return
		}
		l.asked.Add(1)
		if _, err := channel.Write(l.answer(asked)); err != nil {
			return
		}
	}
}

func (l *liar) answer(asked []byte) []byte {
	if asked[0] == fxpInit {
		if l.first != nil {
			return l.first
		}
		return append([]byte{0, 0, 0, 5, fxpVersion}, 0, 0, 0, 3)
	}
	kind, id := asked[0], binary.BigEndian.Uint32(asked[1:])
	if l.lie != nil {
		if answer := l.lie(kind, id, asked[5:]); answer != nil {
			return answer
		}
	}
	switch kind {
	case fxpStat, fxpLstat, fxpFstat:
		return attributes(id, l.size)
	case fxpOpen:
		return packet(fxpHandle, id, "h")
	case fxpRead: // handle "h", offset, length
		offset, length := binary.BigEndian.Uint64(asked[10:]), binary.BigEndian.Uint32(asked[18:])
		if offset >= l.size {
			return packet(fxpStatus, id, uint32(1), "end", "")
		}
		return packet(fxpData, id, strings.Repeat("x", int(min(uint64(length), l.size-offset))))
	}
	return packet(fxpStatus, id, uint32(0), "", "")
}

// mover is connected to the liar.
func (l *liar) mover(t *testing.T) *Mover {
	t.Helper()
	listener := sshtest.NewMemListener("10.1.2.3:22")
	t.Cleanup(func() { _ = listener.Close() })
	key, err := sshtest.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	server := &ssh.ServerConfig{NoClientAuth: true}
	server.AddHostKey(key)
	go func() {
		network, err := listener.Accept()
		if err != nil {
			return
		}
		_, channels, requests, err := ssh.NewServerConn(network, server)
		if err != nil {
			return
		}
		go ssh.DiscardRequests(requests)
		for opened := range channels {
			channel, requests, err := opened.Accept()
			if err != nil {
				return
			}
			go func() {
				for r := range requests {
					_ = r.Reply(r.Type == "subsystem", nil)
					if r.Type == "subsystem" {
						go l.serve(channel)
					}
				}
			}()
		}
	}()
	network, err := listener.DialContext(t.Context(), "tcp", "10.1.2.3:22")
	if err != nil {
		t.Fatal(err)
	}
	inner, channels, requests, err := ssh.NewClientConn(network, "10.1.2.3:22", &ssh.ClientConfig{User: "root", HostKeyCallback: ssh.FixedHostKey(key.PublicKey())})
	if err != nil {
		t.Fatal(err)
	}
	client := ssh.NewClient(inner, channels, requests)
	t.Cleanup(func() { _ = client.Close() })
	return &Mover{
		Conn: bare{client}, Target: transport.Target{Name: "aix1", User: "root"}, ReplyTimeout: time.Minute, StartTimeout: time.Minute,
		Elevate: func(script string) (string, []byte, error) { return script, nil, nil },
	}
}

// times repeats a packet.
func times(n int, p []byte) []byte { return []byte(strings.Repeat(string(p), n)) }

// on lies about packets of some kinds only.
func on(lie func(id uint32) []byte, kinds ...byte) func(byte, uint32, []byte) []byte {
	return func(kind byte, id uint32, _ []byte) []byte {
		if strings.IndexByte(string(kinds), kind) >= 0 {
			return lie(id)
		}
		return nil
	}
}

// Whatever an SFTP server answers, a download ends with an error that names the host's
// file, soon, and nothing but the file that was asked for is written.
func TestLyingSFTPServer(t *testing.T) {
	const large = 1 << 20
	any := []byte{fxpOpen, fxpClose, fxpRead, fxpStat, fxpLstat, fxpFstat}
	for name, l := range map[string]*liar{
		"huge size":                {size: math.MaxUint64},
		"largest size":             {size: math.MaxInt64},
		"a size beyond the limit":  {size: 64<<20 + 1},
		"another id":               {size: 10, lie: on(func(id uint32) []byte { return packet(fxpStatus, id+7, uint32(0), "", "") }, any...)},
		"each answer twice":        {size: 10, lie: on(func(id uint32) []byte { return times(2, attributes(id, 10)) }, fxpStat)},
		"an unknown packet":        {size: 10, lie: on(func(id uint32) []byte { return packet(99, id) }, fxpStat)},
		"a packet of another kind": {size: 10, lie: on(func(id uint32) []byte { return packet(fxpData, id, "x") }, fxpStat)},
		"a packet of 4 GiB":        {size: 10, lie: on(func(uint32) []byte { return []byte{255, 255, 255, 255, fxpData} }, fxpStat)},
		"a packet of nothing":      {size: 10, lie: on(func(uint32) []byte { return []byte{0, 0, 0, 0} }, fxpStat)},
		"a packet of a byte":       {size: 10, lie: on(func(uint32) []byte { return []byte{0, 0, 0, 1, fxpAttrs} }, fxpStat)},
		"success for everything":   {size: 10, lie: func(_ byte, id uint32, _ []byte) []byte { return packet(fxpStatus, id, uint32(0), "", "") }},
		"success for a stat":       {size: 10, lie: on(func(id uint32) []byte { return packet(fxpStatus, id, uint32(0), "", "") }, fxpStat)},
		"success for the opened":   {size: large, lie: on(func(id uint32) []byte { return packet(fxpStatus, id, uint32(0), "", "") }, fxpFstat)},
		"success for a read":       {size: large, lie: on(func(id uint32) []byte { return packet(fxpStatus, id, uint32(0), "", "") }, fxpRead)},
		"the version again":        {size: 10, lie: on(func(uint32) []byte { return append([]byte{0, 0, 0, 5, fxpVersion}, 0, 0, 0, 3) }, fxpStat)},
		"an answer in advance": {size: 10, lie: on(func(id uint32) []byte {
			return append(packet(fxpStatus, id+1, uint32(0), "", ""), attributes(id, 10)...)
		}, fxpStat)},
		"success for an open":  {size: 10, lie: on(func(id uint32) []byte { return packet(fxpStatus, id, uint32(0), "", "") }, fxpOpen)},
		"attributes cut short": {size: 10, lie: on(func(id uint32) []byte { return packet(fxpAttrs, id, uint32(1|4|8), uint32(0)) }, fxpStat)},
		"no attributes":        {size: 10, lie: on(func(id uint32) []byte { return packet(fxpAttrs, id) }, fxpStat)},
		"4 G extended attributes": {size: 10, lie: on(func(id uint32) []byte {
			return packet(fxpAttrs, id, uint32(1<<31|1), uint64(1), uint32(math.MaxUint32))
		}, fxpStat)},
		"a status cut short":           {size: 10, lie: on(func(id uint32) []byte { return packet(fxpStatus, id) }, any...)},
		"a status text that is longer": {size: 10, lie: on(func(id uint32) []byte { return packet(fxpStatus, id, uint32(4), uint32(math.MaxUint32)) }, any...)},
		"a status of 200 KiB": {size: 10, lie: on(func(id uint32) []byte {
			return packet(fxpStatus, id, uint32(4), strings.Repeat("\x1b[2Jx", 40<<10), "")
		}, fxpStat)},
		"a handle of 64 KiB":          {size: large, lie: on(func(id uint32) []byte { return packet(fxpHandle, id, strings.Repeat("h", 64<<10)) }, fxpOpen)},
		"a handle of nothing":         {size: 10, lie: on(func(id uint32) []byte { return packet(fxpHandle, id) }, fxpOpen)},
		"a handle that is longer":     {size: 10, lie: on(func(id uint32) []byte { return packet(fxpHandle, id, uint32(math.MaxUint32)) }, fxpOpen)},
		"4 G names":                   {size: 10, lie: on(func(id uint32) []byte { return packet(fxpName, id, uint32(math.MaxUint32)) }, any...)},
		"data that is longer":         {size: 10, lie: on(func(id uint32) []byte { return packet(fxpData, id, uint32(math.MaxUint32), []byte("x")) }, fxpRead)},
		"much data that is longer":    {size: large, lie: on(func(id uint32) []byte { return packet(fxpData, id, uint32(math.MaxUint32), []byte("x")) }, fxpRead)},
		"more data than asked for":    {size: large, lie: on(func(id uint32) []byte { return packet(fxpData, id, strings.Repeat("y", 100_000)) }, fxpRead)},
		"data without a length":       {size: 10, lie: on(func(id uint32) []byte { return packet(fxpData, id) }, fxpRead)},
		"much data without a length":  {size: large, lie: on(func(id uint32) []byte { return packet(fxpData, id) }, fxpRead)},
		"empty data without end":      {size: 10, lie: on(func(id uint32) []byte { return packet(fxpData, id, "") }, fxpRead)},
		"much empty data":             {size: large, lie: on(func(id uint32) []byte { return packet(fxpData, id, "") }, fxpRead)},
		"data without end":            {size: 10, lie: on(func(id uint32) []byte { return packet(fxpData, id, strings.Repeat("y", 32<<10)) }, fxpRead)},
		"the end at once":             {size: large, lie: on(func(id uint32) []byte { return packet(fxpStatus, id, uint32(1), "", "") }, fxpRead)},
		"a folder when opened":        {size: large, lie: on(func(id uint32) []byte { return packet(fxpAttrs, id, uint32(4), uint32(0o040755)) }, fxpFstat)},
		"no size when opened":         {size: large, lie: on(func(id uint32) []byte { return packet(fxpAttrs, id, uint32(0)) }, fxpFstat)},
		"a link":                      {size: 10, lie: on(func(id uint32) []byte { return packet(fxpAttrs, id, uint32(1|4), uint64(10), uint32(0o120777)) }, fxpStat)},
		"a device":                    {size: 10, lie: on(func(id uint32) []byte { return packet(fxpAttrs, id, uint32(1|4), uint64(10), uint32(0o020666)) }, fxpStat)},
		"version 0":                   {first: []byte{0, 0, 0, 5, fxpVersion, 0, 0, 0, 0}},
		"version 4 G":                 {first: []byte{0, 0, 0, 5, fxpVersion, 255, 255, 255, 255}},
		"a version cut short":         {first: []byte{0, 0, 0, 1, fxpVersion}},
		"an extension that is longer": {first: append([]byte{0, 0, 0, 9, fxpVersion, 0, 0, 0, 3}, 255, 255, 255, 255)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			down := transport.Download{From: "/var/adm/ras/f", To: filepath.Join(dir, "in", "got"), MaxBytes: 64 << 20}
			if err := os.Mkdir(filepath.Dir(down.To), 0o700); err != nil {
				t.Fatal(err)
			}
			moved, err := l.mover(t).Get(t.Context(), down)
			if err != nil && (!strings.Contains(err.Error(), "/var/adm/ras/f: ") || len(err.Error()) > 4<<10 || strings.Contains(err.Error(), "\x1b")) {
				t.Errorf("%d bytes of error: %.300q", len(err.Error()), err)
			}
			t.Logf("%d packets, %+v, %.200v", l.asked.Load(), moved, err)
			if l.asked.Load() >= told {
				t.Errorf("it never ends: %d packets, then %v", l.asked.Load(), err)
			}
			_ = filepath.WalkDir(dir, func(path string, entry os.DirEntry, _ error) error {
				if entry.Type().IsRegular() && !strings.HasPrefix(path, down.To) {
					t.Errorf("%s was written", path)
				}
				if info, _ := entry.Info(); info.Mode().IsRegular() && info.Size() > 1<<20 {
					t.Errorf("%s has %d bytes", path, info.Size())
				}
				return nil
			})
		})
	}
}

// FuzzSFTPAnswers: whatever bytes an SFTP server answers with, nothing panics, and no
// transfer goes on without end.
func FuzzSFTPAnswers(f *testing.F) {
	f.Add([]byte{fxpAttrs, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 10}, []byte{fxpHandle, 0, 0, 0, 1, 'h'}, []byte{fxpData, 0, 0, 0, 1, 'x'})
	f.Add([]byte{fxpStatus, 0, 0, 0, 0}, []byte{fxpStatus, 0, 0, 0, 1, 255, 255, 255, 255}, []byte{fxpData, 255, 255, 255, 255, 'x'})
	f.Add([]byte{}, []byte{fxpName, 255, 255, 255, 255}, []byte{fxpExtendedReply})
	f.Fuzz(func(t *testing.T, stat, open, read []byte) {
		l := &liar{size: 5_000, lie: func(kind byte, id uint32, _ []byte) []byte {
			answer := map[byte][]byte{fxpStat: stat, fxpFstat: stat, fxpOpen: open, fxpRead: read}[kind]
			if len(answer) == 0 {
				return nil
			}
			return packet(answer[0], id, answer[1:])
		}}
		near, far := net.Pipe()
		served := make(chan struct{})
		go func() { defer close(served); l.serve(far) }()
		g := newGuard(near, near.Close)
		client, err := sftp.NewClientPipe(g, g, sftp.UseFstat(true))
		if err != nil {
			t.Fatal(err)
		}
		r := &overSFTP{stream: &byteStream{mover: &Mover{}}, guard: g, client: client}
		_, _ = r.stat("/f")
		_ = r.read("/f", 0, 5_000, io.Discard)
		_, _ = r.free("/f")
		_, _ = r.part("/f", false)
		_ = client.Close()
		<-served
		if l.asked.Load() >= told {
			t.Errorf("it never ends: %d packets", l.asked.Load())
		}
	})
}
