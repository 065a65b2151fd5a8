package pager

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"aixmend/cmd/aixmend/console"
	"aixmend/transport/lab/terminal"
)

// shown is a call of Show on a terminal of 80x24.
type shown struct {
	pager    string // the variable PAGER
	text     string
	term     string
	redirect bool // stdout is no terminal
}

// show returns what was printed past the pager, and what was said.
func (s shown) show(t *testing.T) (printed, said string) {
	t.Helper()
	person, program := terminal.Open(t)
	var out, errs bytes.Buffer
	std := console.Streams{In: program, Out: program, Err: &errs, InTerminal: true, OutTerminal: true, ErrTerminal: true,
		Width: func() int { return 80 }, Height: func() int { return 24 }}
	if s.redirect {
		std.Out, std.OutTerminal = &out, false
	}
	before := terminal.Modes(t, program)
	c := console.New(std, console.NewInterrupts(), func(name string) string { return map[string]string{"TERM": s.term}[name] })
	read := make(chan string, 1)
	go func() {
		var all []byte
		buffer := make([]byte, 1<<16)
		for {
			n, err := person.Read(buffer)
			if all = append(all, buffer[:n]...); err != nil || bytes.HasSuffix(all, []byte("END\r\n")) {
				read <- strings.ReplaceAll(string(all), "\r\n", "\n")
				return
			}
		}
	}()
	if err := Show(c, s.text, []string{"PATH=" + os.Getenv("PATH"), "PAGER=" + s.pager, "LESSOPEN=|id %s", "LESSSECURE=0", "SECRET=x"}); err != nil {
		t.Errorf("%s: %v", s.pager, err)
	}
	if terminal.Modes(t, program) != before {
		t.Errorf("%s: the terminal is not as it was", s.pager)
	}
	fmt.Fprint(program, "END\n")
	return strings.TrimSuffix(<-read, "END\n") + out.String(), errs.String()
}

func TestShow(t *testing.T) {
	short, long := "one\ntwo\n", strings.Repeat("a line\n", 24)
	to := filepath.Join(t.TempDir(), "read")
	reads := fmt.Sprintf("/bin/sh -c 'cat >%s'", to)
	const missing = "/nosuch/pager"
	for _, c := range []struct {
		name          string
		shown         shown
		paged, warned bool
	}{
		{"long", shown{reads, long, "xterm", false}, true, false},
		{"lines that wrap", shown{reads, strings.Repeat("x", 80*24) + "\n", "xterm", false}, true, false},
		{"it fits", shown{reads, short, "xterm", false}, false, false},
		{"a pipe", shown{reads, long, "xterm", true}, false, false},
		{"a dumb terminal", shown{reads, long, "dumb", false}, false, false},
		{"cron", shown{reads, long, "", false}, false, false},
		{"PAGER is empty", shown{"", long, "xterm", false}, false, false},
		{"PAGER is cat", shown{"cat", long, "xterm", false}, false, false},
		{"missing", shown{missing, long, "xterm", false}, false, true},
		{"not to be run", shown{"/etc/passwd", long, "xterm", false}, false, true},
		{"a line for a shell", shown{reads + " | cat", long, "xterm", false}, false, true},
	} {
		_ = os.Remove(to)
		printed, said := c.shown.show(t)
		paged, err := os.ReadFile(to)
		switch {
		case c.paged && (string(paged) != c.shown.text || printed != ""):
			t.Errorf("%s: the pager has read %q, and %q was printed", c.name, paged, printed)
		case !c.paged && (!errors.Is(err, os.ErrNotExist) || printed != c.shown.text):
			t.Errorf("%s: the pager has read %q, and %q was printed", c.name, paged, printed)
		}
		if c.warned != strings.HasPrefix(said, "warning: ") || !c.warned && said != "" {
			t.Errorf("%s: said %q", c.name, said)
		}
	}
}

// A pager that ends before it has read everything, fails, or is killed while the terminal
// is in its modes, is no error, and the terminal is as it was.
func TestPagerThatEndsEarly(t *testing.T) {
	huge := strings.Repeat("a line of the report\n", 100_000)
	for _, pager := range []string{"/bin/sh -c 'exit 0'", "/bin/sh -c 'exit 3'", "/bin/sh -c 'read line; exit 1'", "/bin/sh -c 'stty raw -echo <&1; kill -KILL $$'"} {
		if printed, said := (shown{pager, huge, "xterm", false}).show(t); printed != "" || said != "" {
			t.Errorf("%s: %q was printed, %q said", pager, printed, said)
		}
	}
}

// less of root starts no program and writes no file, whatever the environment says.
func TestSettings(t *testing.T) {
	got := settings([]string{"A=b", "LESSOPEN=|id %s", "LESSCLOSE=x", "LESSSECURE=0", "LESSSECURE_ALLOW=shell,edit", "LESSHISTFILE=/home/ops/x"})
	if want := []string{"A=b", "LESS=FRX", "LESSSECURE=1", "LESSHISTFILE=-"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := settings([]string{"LESS=-S"}), []string{"LESS=-S", "LESSSECURE=1", "LESSHISTFILE=-"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestChoose(t *testing.T) {
	for _, c := range []struct{ environ, want []string }{
		{nil, []string{"less"}},
		{[]string{"PAGER=more -s"}, []string{"more", "-s"}},
		{[]string{"PAGER=more", "AIXMEND_PAGER=most"}, []string{"most"}},
		{[]string{"AIXMEND_PAGER=", "PAGER=more"}, nil},
		{[]string{"AIXMEND_PAGER=cat"}, nil},
		{[]string{"PAGER=a", "PAGER=b"}, []string{"b"}},
		{[]string{"PAGER='my pager' 'x y'"}, []string{"my pager", "x y"}},
	} {
		if got, err := choose(c.environ); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, %v, want %q", c.environ, got, err, c.want)
		}
	}
}
