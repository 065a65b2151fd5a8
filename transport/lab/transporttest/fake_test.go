package transporttest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"aixmend/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestFakeConforms scripts each conversation's answers as a shell would give
// them, unbounded and with every newline: what a transport makes of them
// (bounds, required answers, what runs after a hang) is the fake's own work.
func TestFakeConforms(t *testing.T) {
	raw := map[string]Answer{
		lineHang:                        {Stdout: "began\n", Hang: true},
		"sleep 60":                      {Hang: true},
		lineFlood:                       {Stdout: strings.Repeat("123456789\n", 100), Stderr: strings.Repeat("12345678\n", 100)},
		"printf \"it's\\n\\n\"; exit 4": {Stdout: "it's\n\n", Exit: 4},
		":":                             {},
	}
	Conformance(t, func(t *testing.T) transport.Conn {
		f := NewFake(t)
		for _, c := range conversations {
			for i, command := range c.commands {
				f.On(command.Line, Answer{Exit: c.want[i].Exit, Stdout: c.want[i].Stdout, Stderr: c.want[i].Stderr})
			}
		}
		for line, answer := range raw {
			f.On(line, answer)
		}
		conn, err := f.Dial(t.Context(), transport.Target{Name: "aix1"})
		if err != nil {
			t.Fatal(err)
		}
		return conn
	})
}

// failures is a testing.TB that keeps what would have failed the test.
type failures struct {
	testing.TB
	texts    []string
	cleanups []func()
}

func (f *failures) Errorf(format string, args ...any) {
	f.texts = append(f.texts, fmt.Sprintf(format, args...))
}
func (f *failures) Cleanup(fn func()) { f.cleanups = append(f.cleanups, fn) }

func TestFakeFailsTheTest(t *testing.T) {
	seen := &failures{TB: t}
	f := NewFake(seen)
	conn, err := f.Dial(t.Context(), transport.Target{Name: "aix1"})
	if err != nil {
		t.Fatal(err)
	}
	transcript, err := conn.Run(t.Context(), []transport.Command{{ID: "p1", Line: "lsdev"}})
	if err == nil || transcript.Results[0].Err == nil || len(seen.texts) != 1 || !strings.Contains(seen.texts[0], "p1 on aix1:\nlsdev") {
		t.Errorf("an unmatched command: error %v, result %+v, the test heard %q", err, transcript.Results, seen.texts)
	}
	seen.cleanups[0]()
	if len(seen.texts) != 2 || !strings.Contains(seen.texts[1], "1 connections were never closed") {
		t.Errorf("an open connection: the test heard %q", seen.texts)
	}
}

func TestFakeAnswersInTurnAndByHost(t *testing.T) {
	f := NewFake(t)
	f.On("state", Answer{Stdout: "down"}, Answer{Stdout: "up"})
	f.OnHost("aix2", "state", Answer{Stdout: "other"})
	read := func(host string) string {
		conn, err := f.Dial(t.Context(), transport.Target{Name: host})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		transcript, err := conn.Run(t.Context(), []transport.Command{sh("state")})
		if err != nil {
			t.Fatal(err)
		}
		return string(transcript.Results[0].Stdout)
	}
	got := []string{read("aix1"), read("aix2"), read("aix1"), read("aix1")}
	if diff := cmp.Diff([]string{"down", "other", "up", "up"}, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

func TestFakeRecords(t *testing.T) {
	f := NewFake(t)
	refused := failure(transport.KindRefused, "dial", "aix1", errors.New("no"))
	f.FailDial(refused, nil)
	f.On("look", Answer{})
	f.On("mend", Answer{Lost: true, Stdout: "half"})
	target := transport.Target{Name: "aix1", Port: 22}
	if _, err := f.Dial(t.Context(), target); !errors.Is(err, refused) {
		t.Errorf("the refused dial: %v", err)
	}
	conn, err := f.Dial(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	commands := []transport.Command{{ID: "l", Line: "look"}, {ID: "m", Line: "mend", Mutating: true}, {ID: "n", Line: "never"}}
	transcript, err := conn.Run(t.Context(), commands)
	if transport.KindOf(err) != transport.KindLost || transcript.Results[0].Err != nil ||
		transcript.Results[1].Err == nil || transcript.Results[2].Err == nil || string(transcript.Results[1].Stdout) != "half" {
		t.Errorf("a broken connection: %v, %+v", err, transcript.Results)
	}
	if _, err := conn.Run(t.Context(), commands[:1]); transport.KindOf(err) != transport.KindLost {
		t.Errorf("Run on a broken connection: %v", err)
	}
	if diff := cmp.Diff([]transport.Target{target, target}, f.Dialed()); diff != "" {
		t.Errorf("dialed (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Sent{{"aix1", commands[0]}, {"aix1", commands[1]}}, f.Sent()); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Sent{{"aix1", commands[1]}}, f.Mutating()); diff != "" {
		t.Errorf("mutating (-want +got):\n%s", diff)
	}
}
