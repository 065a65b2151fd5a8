package exec

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const testNonce = "aixmend-0123456789abcdef01234567"

// split is the result of a splitter in a form that compares.
type split struct {
	Parts   []piece
	Noise   string
	Notices []string
	Said    string // about becoming root
	Refused string
}

type piece struct {
	Data    string
	Dropped int64
	Begun   bool
	Ended   bool
	Exit    int
}

// splitAll feeds a stream in pieces of the given sizes, in turn.
func splitAll(stream string, limits []int, sizes ...int) split {
	var got split
	s := newSplitter(testNonce, limits, time.Now, func(i int, ended bool) {
		got.Notices = append(got.Notices, fmt.Sprintf("%d %v", i, ended))
	})
	s.root = func() { got.Notices = append(got.Notices, "root") }
	for i := 0; len(stream) > 0; i++ {
		n := min(max(sizes[i%len(sizes)], 1), len(stream))
		_, _ = s.Write([]byte(stream[:n]))
		stream = stream[n:]
	}
	s.flush()
	for _, p := range s.parts {
		got.Parts = append(got.Parts, piece{string(p.data), p.dropped, p.begun, p.ended, p.exit})
	}
	got.Noise, got.Said, got.Refused = string(s.noise), string(s.said), string(s.refused)
	return got
}

// stream writes a test's stream: @ stands for the nonce.
func stream(text string) string { return strings.ReplaceAll(text, "@", testNonce) }

func TestSplitter(t *testing.T) {
	ended := func(data string) piece { return piece{Data: data, Begun: true, Ended: true} }
	for _, c := range []struct {
		name, stream string
		want         split
	}{
		{"nothing", "", split{Parts: make([]piece, 2)}},
		{"two commands", "\n@ B 0\na\n\n@ E 0 0\n\n@ B 1\nb\n@ E 1 7\n", split{
			Parts: []piece{ended("a\n"), {Data: "b", Begun: true, Ended: true, Exit: 7}}, Notices: []string{"0 false", "0 true", "1 false", "1 true"}}},
		{"empty output", "\n@ B 0\n\n@ E 0 0\n", split{Parts: []piece{ended(""), {}}, Notices: []string{"0 false", "0 true"}}},
		{"noise before, between and after", "motd\n@ B 0\na\n@ E 0 0\nmid\n@ B 1\nb\n@ E 1 0\nbye\n", split{
			Parts: []piece{ended("a"), ended("b")}, Noise: "motdmidbye\n", Notices: []string{"0 false", "0 true", "1 false", "1 true"}}},
		{"a wrong nonce is data", "\n@ B 0\n\naixmend-000000000000000000000000 E 0 0\nx\n@ E 0 0\n", split{
			Parts: []piece{ended("\naixmend-000000000000000000000000 E 0 0\nx"), {}}, Notices: []string{"0 false", "0 true"}}},
		{"the nonce inside a line is data", "\n@ B 0\nN=@ E 0 0\n\n@ E 0 0\n", split{
			Parts: []piece{ended("N=" + testNonce + " E 0 0\n"), {}}, Notices: []string{"0 false", "0 true"}}},
		{"what is no frame line is data", stream("\n@ B 0\n\n@ X 0\n\n@ E 1 0\n\n@ E 0\n\n@ E 0 -1\n\n@ E 0 +1\n\n@ E 0 900\n\n@ B 0\n\n@ B 9\n\n@ E 0 0\n"), split{
			Parts:   []piece{ended(stream("\n@ X 0\n\n@ E 1 0\n\n@ E 0\n\n@ E 0 -1\n\n@ E 0 +1\n\n@ E 0 900\n\n@ B 0\n\n@ B 9\n")), {}},
			Notices: []string{"0 false", "0 true"}}},
		{"a long line after the nonce is data", "\n@ B 0\n\n@ E 0 " + strings.Repeat("0", 40) + "\n", split{
			Parts: []piece{{Data: stream("\n@ E 0 " + strings.Repeat("0", 40) + "\n"), Begun: true}, {}}, Notices: []string{"0 false"}}},
		{"a stream that is cut in a frame line", "\n@ B 0\nabc\n@ E 0", split{
			Parts: []piece{{Data: stream("abc\n@ E 0"), Begun: true}, {}}, Notices: []string{"0 false"}}},
		{"NUL, ANSI and broken UTF-8 are data", "\n@ B 0\n\x00\x1b[2J\xff\xfe\r\n@ E 0 0\n", split{
			Parts: []piece{ended("\x00\x1b[2J\xff\xfe\r"), {}}, Notices: []string{"0 false", "0 true"}}},
		{"the bound, and what is beyond it", "\n@ B 0\n" + strings.Repeat("x", 1000) + "\n@ E 0 0\n", split{
			Parts: []piece{{Data: strings.Repeat("x", 64), Dropped: 936, Begun: true, Ended: true}, {}}, Notices: []string{"0 false", "0 true"}}},
		{"what is said about becoming root", "motd\n@ P\nsorry\n@ B 0\na\n@ E 0 0\nbye", split{
			Parts: []piece{ended("a"), {}}, Noise: "motdsorrybye", Said: "sorrybye", Notices: []string{"root", "0 false", "0 true"}}},
		{"a refused command is named inside a frame", "\n@ P\n\n@ B 0\na\n@ M\n/usr/bin/x -l\n@ m\nb\n@ M\n/usr/bin/y\n@ m\n\n@ E 0 1\n", split{
			Parts: []piece{{Data: "ab", Begun: true, Ended: true, Exit: 1}, {}}, Refused: "/usr/bin/x -l", Notices: []string{"root", "0 false", "0 true"}}},
		{"a refused command is named outside every frame", "\n@ P\nno\n@ M\n/usr/bin/x\n@ m\nbye", split{
			Parts: make([]piece, 2), Noise: "nobye", Said: "nobye", Refused: "/usr/bin/x", Notices: []string{"root"}}},
		{"a name that the text cut ends with its frame", "\n@ P\n\n@ B 0\n\n@ M\n/usr/bin/x\n@ mx\n@ E 0 1\nmid\n@ B 1\nb\n@ E 1 0\n", split{
			Parts: []piece{{Begun: true, Ended: true, Exit: 1}, ended("b")}, Refused: stream("/usr/bin/x\n@ mx"), Noise: "mid", Said: "mid", Notices: []string{"root", "0 false", "0 true", "1 false", "1 true"}}},
		{"lines about root where none can stand", "\n@ m\n\n@ M\n\n@ B 0\n\n@ P\n\n@ E 0 0\n", split{
			Parts: []piece{ended(stream("\n@ P\n")), {}}, Noise: stream("\n@ m\n\n@ M\n"), Notices: []string{"0 false", "0 true"}}},
		{"ksh93 adds 256 to a signal", "\n@ B 0\n\n@ E 0 265\n", split{
			Parts: []piece{{Begun: true, Ended: true, Exit: 137}, {}}, Notices: []string{"0 false", "0 true"}}},
	} {
		limits := []int{64, 64}
		if strings.HasPrefix(c.name, "what is no") || strings.HasPrefix(c.name, "a long") || strings.HasPrefix(c.name, "a wrong") {
			limits = []int{4096, 4096}
		}
		for _, size := range []int{1, 2, 7, 1 << 20} {
			t.Run(fmt.Sprintf("%s/%d", c.name, size), func(t *testing.T) {
				if diff := cmp.Diff(c.want, splitAll(stream(c.stream), limits, size)); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			})
		}
	}
}

func TestSplitterNoiseIsBounded(t *testing.T) {
	got := splitAll(strings.Repeat("n", 3*maxNoise)+stream("\n@ B 0\nx\n@ E 0 0\n"), []int{64}, 1000)
	if len(got.Noise) != maxNoise || got.Parts[0].Data != "x" {
		t.Errorf("%d bytes of noise kept, want %d; the command printed %q", len(got.Noise), maxNoise, got.Parts[0].Data)
	}
}

func TestSplitterKeepsTheTimesOfFrames(t *testing.T) {
	clock := time.Unix(0, 0)
	s := newSplitter(testNonce, []int{9}, func() time.Time { return clock }, func(int, bool) {})
	_, _ = s.Write([]byte(stream("noise\n@ B 0\n")))
	clock = clock.Add(time.Minute)
	_, _ = s.Write([]byte(stream("x\n@ E 0 0\n")))
	if p := s.parts[0]; !p.beganAt.Equal(time.Unix(0, 0)) || p.endedAt.Sub(p.beganAt) != time.Minute {
		t.Errorf("began %s, ended %s", p.beganAt, p.endedAt)
	}
}

// FuzzSplitter: any chunking of a stream gives the same parts, and every byte
// is kept, dropped, noise or part of a frame line that was acted on.
func FuzzSplitter(f *testing.F) {
	for _, seed := range []string{
		"", "motd\n@ B 0\na\n@ E 0 0\n", "\n@ B 0\nabc\n@ E 0 0\n\n@ B 1\n\n@ E 1 255\nlogout\n",
		"\n@ B 0\n\n@ B 0\n@ E 0 0\n", "\n@ \n@ B 1\n@ B 0", "\n\n@ E 0 0\n\n@ B 0\n" + strings.Repeat("y", 50),
		"\n@ B 0\n\n@ E 0 00000000000000000000\n", "\n@ P\nx\n@ M\ny\n@ m\n@ B 0\n\n@ M\nz\n@ E 0 0\n", "\n@ B 0                     \n", "\n@ B 0\n\n@ E 0                  0\n\n@ E 0 0\n",
	} {
		f.Add(seed, byte(1), byte(3), byte(40))
		f.Add(seed, byte(30), byte(2), byte(255))
	}
	f.Fuzz(func(t *testing.T, text string, a, b, c byte) {
		in := stream(text)
		if len(in) > 16<<10 {
			t.Skip("longer streams take their time and hold nothing new")
		}
		limits := []int{10, 1 << 20}
		whole := splitAll(in, limits, max(len(in), 1))
		if diff := cmp.Diff(whole, splitAll(in, limits, int(a), int(b), int(c))); diff != "" {
			t.Errorf("chunks of %d, %d, %d bytes change the parts (-whole +chunks):\n%s", a, b, c, diff)
		}
		account(t, in, limits, whole)
	})
}

// account checks where the bytes of a stream went. The frame lines in it are
// found anew, line by line, from the notices.
func account(t *testing.T, in string, limits []int, got split) {
	t.Helper()
	frames, rest := 0, in
	for _, n := range got.Notices {
		if n == "root" {
			return // what is said about that goes elsewhere
		}
		var i int
		var ended bool
		_, _ = fmt.Sscan(n, &i, &ended)
		line := nextFrame(&rest, i, ended)
		if line == "" {
			t.Fatalf("notice %q without a frame line in %q", n, in)
		}
		frames += len(line)
	}
	given := 0
	for i, p := range got.Parts {
		given += len(p.Data) + int(p.Dropped)
		if len(p.Data) > limits[i] || p.Dropped > 0 && len(p.Data) < limits[i] {
			t.Errorf("part %d keeps %d bytes of at most %d, %d dropped", i, len(p.Data), limits[i], p.Dropped)
		}
		if p.Ended && !p.Begun || !p.Begun && len(p.Data) > 0 || p.Exit < 0 || p.Exit > 255 {
			t.Errorf("part %d is impossible: %+v", i, p)
		}
	}
	if noise := len(in) - frames - given; noise != len(got.Noise) && len(got.Noise) < maxNoise {
		t.Errorf("of %d bytes %d are frame lines, %d in parts, %d noise: %d are lost", len(in), frames, given, len(got.Noise), noise-len(got.Noise))
	}
}

// frameLine is a frame line as a script prints it.
var frameLine = regexp.MustCompile(`^\n` + testNonce + ` ([BE]) (0|[1-9][0-9]{0,4})( 0| [1-9][0-9]{0,2})?\n`)

// nextFrame takes the stream up to the end of the next frame line that says
// what a notice said, and returns the line with its two newlines.
func nextFrame(rest *string, i int, ended bool) string {
	want := fmt.Sprintf("B %d", i)
	if ended {
		want = fmt.Sprintf("E %d", i)
	}
	for from := 0; from < len(*rest); from++ {
		m := frameLine.FindStringSubmatch((*rest)[from:])
		if m == nil || m[1]+" "+m[2] != want || (m[3] != "") != ended {
			continue
		}
		if status, _ := strconv.Atoi(strings.TrimSpace(m[3])); status <= maxStatus {
			*rest = (*rest)[from+len(m[0]):]
			return m[0]
		}
	}
	return ""
}

func BenchmarkSplitter(b *testing.B) {
	var text strings.Builder
	limits := make([]int, 12)
	for i := range limits {
		limits[i] = 256 << 10
		fmt.Fprintf(&text, "\n@ B %d\n%s\n@ E %d 0\n", i, strings.Repeat("en0  1500  link#2  fa.16.3e.aa.bb.cc  123456 0 7890 0 0\n", 100), i)
	}
	in := []byte(stream(text.String()))
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		s := newSplitter(testNonce, limits, time.Now, func(int, bool) {})
		for rest := in; len(rest) > 0; {
			n := min(len(rest), 8<<10)
			_, _ = s.Write(rest[:n])
			rest = rest[n:]
		}
		if !s.parts[11].ended {
			b.Fatal("the last frame did not end")
		}
	}
}
