package transporttest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/transport"
)

// The suite's time limits: of a command that never ends, and of those that do.
const (
	soon = 300 * time.Millisecond
	ages = 30 * time.Second
)

// want is the result that a command must have.
type want struct {
	Exit                         int
	Stdout, Stderr               string
	StdoutDropped, StderrDropped int64
	Err                          error
}

// conversation is one script with its expected results.
type conversation struct {
	name     string
	commands []transport.Command
	want     []want
}

// sh is a read-only command that ends.
func sh(line string) transport.Command { return transport.Command{Line: line, Timeout: ages} }

// requiring is a command whose answer decides whether the script goes on.
func requiring(line, answer string) transport.Command {
	return transport.Command{Line: line, Require: answer, Timeout: ages}
}

// hanging is a command that does not end in time.
func hanging(line string) transport.Command { return transport.Command{Line: line, Timeout: soon} }

const (
	lineHang  = "echo began; sleep 60"
	lineFlood = "i=0; while [ $i -lt 100 ]; do echo 123456789; echo 12345678 >&2; i=$((i+1)); done"
)

// conversations are scripts that every host with a POSIX shell must answer alike.
var conversations = []conversation{
	{"no command", nil, nil},
	{"exit status",
		[]transport.Command{sh("true"), sh("false"), sh("exit 7"), sh("exit 255"), sh("no-such-command 2>/dev/null")},
		[]want{{}, {Exit: 1}, {Exit: 7}, {Exit: 255}, {Exit: 127}}},
	{"both streams are kept apart",
		[]transport.Command{sh("echo out; echo err >&2; echo more"), sh("echo only-err >&2"), sh("echo only-out")},
		[]want{{Stdout: "out\nmore\n", Stderr: "err\n"}, {Stderr: "only-err\n"}, {Stdout: "only-out\n"}}},
	{"empty output", []transport.Command{sh(":"), sh("printf ''")}, []want{{}, {}}},
	{"bytes are kept as they are",
		[]transport.Command{sh("printf abc"), sh("printf 'a\\n\\n'"), sh("printf '\\n'"), sh("printf '\\033[31mred\\377'")},
		[]want{{Stdout: "abc"}, {Stdout: "a\n\n"}, {Stdout: "\n"}, {Stdout: "\x1b[31mred\xff"}}},
	{"commands do not see each other",
		[]transport.Command{
			sh("cd /usr && V=leaked && export V && umask 077 && set -f && echo in; exit 3"),
			sh("[ \"$(pwd)\" = /usr ] || echo apart"), sh("echo \"${V-unset}\""), sh("echo /us*"),
		},
		[]want{{Exit: 3, Stdout: "in\n"}, {Stdout: "apart\n"}, {Stdout: "unset\n"}, {Stdout: "/usr\n"}}},
	{"every text that a shell takes",
		[]transport.Command{
			sh("echo a # the end"), sh("cat <<END\nin 'quotes'\nEND"), sh("(echo a); (echo b)"), sh("echo a |\ncat"),
			sh("case x in x) echo case;; esac"), sh("echo 'single' \"double\" %s %% \\\\"), requiring("(echo a); case x in x) echo b;; esac", "a\nb"),
		},
		[]want{
			{Stdout: "a\n"}, {Stdout: "in 'quotes'\n"}, {Stdout: "a\nb\n"}, {Stdout: "a\n"},
			{Stdout: "case\n"}, {Stdout: "single double %s %% \\\n"}, {Stdout: "a\nb\n"},
		}},
	{"stdin is empty", []transport.Command{sh("cat; echo end"), sh("read line || echo eof")}, []want{{Stdout: "end\n"}, {Stdout: "eof\n"}}},
	{"a required answer lets the script go on",
		[]transport.Command{requiring("echo AIX", "AIX"), requiring("printf \"it's\\n\\n\"; exit 4", "it's"), sh("echo on")},
		[]want{{Stdout: "AIX\n"}, {Exit: 4, Stdout: "it's\n"}, {Stdout: "on\n"}}},
	{"another answer than the required one ends it",
		[]transport.Command{sh("echo first"), requiring("echo Linux", "AIX"), sh("echo never"), sh("echo never")},
		[]want{{Stdout: "first\n"}, {Stdout: "Linux\n"}, {Err: transport.ErrNotRun}, {Err: transport.ErrNotRun}}},
	{"no answer is not the required one",
		[]transport.Command{requiring(":", "AIX"), sh("echo never")},
		[]want{{Stdout: "\n"}, {Err: transport.ErrNotRun}}},
	{"a hung command is named and the rest still runs",
		[]transport.Command{sh("echo before"), hanging(lineHang), sh("echo after"), hanging(lineHang), sh("echo last")},
		[]want{{Stdout: "before\n"}, {Stdout: "began\n", Err: transport.ErrHung}, {Stdout: "after\n"}, {Stdout: "began\n", Err: transport.ErrHung}, {Stdout: "last\n"}}},
	{"nothing runs after a mutating command that hung",
		[]transport.Command{{Line: lineHang, Mutating: true, Timeout: soon}, sh("echo never")},
		[]want{{Stdout: "began\n", Err: transport.ErrHung}, {Err: transport.ErrNotRun}}},
	{"nothing runs after a required answer that hung",
		[]transport.Command{{Line: "sleep 60", Require: "AIX", Timeout: soon}, sh("echo never")},
		[]want{{Err: transport.ErrHung}, {Err: transport.ErrNotRun}}},
	{"no command is run once the time of all is over",
		[]transport.Command{sh("echo before"), {Line: lineHang, Timeout: ages, Within: soon}, sh("echo never")},
		[]want{{Stdout: "before\n"}, {Stdout: "began\n", Err: transport.ErrLate}, {Err: transport.ErrLate}}},
	{"output is bounded and the rest is counted",
		[]transport.Command{{Line: lineFlood, MaxOutput: 15, Timeout: ages}, sh("echo short")},
		[]want{{Stdout: "123456789\n12345", StdoutDropped: 985, Stderr: "12345678\n123456", StderrDropped: 885}, {Stdout: "short\n"}}},
}

// Conformance is the suite that every transport passes. Each call of dial
// opens a connection to a host with a POSIX shell; the suite closes it.
func Conformance(t *testing.T, dial func(t *testing.T) transport.Conn) {
	t.Helper()
	for _, c := range conversations {
		t.Run(c.name, func(t *testing.T) { c.hold(t, open(t, dial)) })
	}
	for name, check := range map[string]func(*testing.T, transport.Conn){
		"results carry ids and times":      idsAndTimes,
		"a connection carries many runs":   manyRuns,
		"a cancelled context runs nothing": cancelled,
		"close twice, then nothing runs":   closed,
	} {
		t.Run(name, func(t *testing.T) { check(t, open(t, dial)) })
	}
}

func open(t *testing.T, dial func(*testing.T) transport.Conn) transport.Conn {
	t.Helper()
	conn := dial(t)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// hold runs a conversation and compares its results.
func (c conversation) hold(t *testing.T, conn transport.Conn) {
	t.Helper()
	transcript := c.run(t, conn)
	got := make([]want, len(transcript.Results))
	for i, r := range transcript.Results {
		got[i] = want{r.Exit, string(r.Stdout), string(r.Stderr), r.StdoutDropped, r.StderrDropped, r.Err}
	}
	same := cmp.Comparer(func(a, b error) bool { return errors.Is(a, b) || errors.Is(b, a) })
	if len(got)+len(c.want) > 0 {
		if diff := cmp.Diff(c.want, got, same); diff != "" {
			t.Errorf("results (-want +got):\n%s", diff)
		}
	}
	if len(transcript.Noise) > 0 {
		t.Errorf("noise of a host that makes none: %q", transcript.Noise)
	}
}

// run runs a conversation. Where a command that hangs had no time to begin, or the tool
// before it none to become root, because the machine is slow, it runs again with a longer limit.
func (c conversation) run(t *testing.T, conn transport.Conn) transport.Transcript {
	t.Helper()
	for limit := soon; ; limit *= 4 {
		commands, hangs := slices.Clone(c.commands), false
		for i := range commands {
			if commands[i].Timeout == soon {
				commands[i].Timeout, hangs = limit, true
			}
			if commands[i].Within == soon {
				commands[i].Within, hangs = limit, true
			}
		}
		transcript, err := conn.Run(t.Context(), commands)
		if hangs && limit <= ages && transport.KindOf(err) == transport.KindPrivilege {
			continue
		}
		if err != nil {
			t.Fatalf("Run: %v", err)
		}
		late := false
		for i, r := range transcript.Results {
			cut := errors.Is(r.Err, transport.ErrHung) || errors.Is(r.Err, transport.ErrLate)
			late = late || cut && len(r.Stdout) == 0 && c.want[i].Stdout != ""
		}
		mute := slices.ContainsFunc(c.commands, func(c transport.Command) bool { return c.Require != "" })
		if mute || limit > ages || !late {
			return transcript
		}
	}
}

func idsAndTimes(t *testing.T, conn transport.Conn) {
	began := time.Now()
	commands := []transport.Command{sh("true"), hanging(lineHang)}
	commands[0].ID, commands[1].ID = "one", "two"
	transcript, err := conn.Run(t.Context(), commands)
	if err != nil || len(transcript.Results) != 2 {
		t.Fatalf("Run: %d results, %v", len(transcript.Results), err)
	}
	for i, r := range transcript.Results {
		if r.ID != commands[i].ID {
			t.Errorf("result %d is of %q, want %q", i, r.ID, commands[i].ID)
		}
		if r.Started.Before(began) || r.Started.After(time.Now()) || r.Duration < 0 {
			t.Errorf("%s: started %s, took %s", r.ID, r.Started, r.Duration)
		}
	}
	if took := transcript.Results[1].Duration; took < soon {
		t.Errorf("the hung command took %s, its limit was %s", took, soon)
	}
}

func manyRuns(t *testing.T, conn transport.Conn) {
	for range 12 { // more than the sessions a server allows at one time
		c := conversation{commands: []transport.Command{sh("echo only-out")}, want: []want{{Stdout: "only-out\n"}}}
		c.hold(t, conn)
	}
}

func cancelled(t *testing.T, conn transport.Conn) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the operator said stop")
	cancel(why)
	transcript, err := conn.Run(ctx, []transport.Command{sh("true"), sh("false")})
	if transport.KindOf(err) != transport.KindCanceled || !errors.Is(err, why) {
		t.Errorf("Run: %v (kind %q), want %q for the reason %q", err, transport.KindOf(err), transport.KindCanceled, why)
	}
	unanswered(t, transcript, 2)
}

func closed(t *testing.T, conn transport.Conn) {
	for range 2 {
		if err := conn.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	transcript, err := conn.Run(t.Context(), []transport.Command{sh("true")})
	if transport.KindOf(err) != transport.KindLost {
		t.Errorf("Run after Close: %v (kind %q), want %q", err, transport.KindOf(err), transport.KindLost)
	}
	unanswered(t, transcript, 1)
}

// unanswered checks that every command says why it has no exit status.
func unanswered(t *testing.T, transcript transport.Transcript, n int) {
	t.Helper()
	if len(transcript.Results) != n {
		t.Errorf("%d results, want one for each of %d commands", len(transcript.Results), n)
	}
	for _, r := range transcript.Results {
		if r.Err == nil {
			t.Errorf("%s has an exit status though nothing ran", strings.TrimSpace("a command "+r.ID))
		}
	}
}
