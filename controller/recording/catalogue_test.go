package recording

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"mvdan.cc/sh/v3/syntax"

	"aixmend/playbooks"
	"aixmend/transport"
	"aixmend/transport/lab/transporttest"
)

func catalogue(t *testing.T) *Catalogue {
	t.Helper()
	var books []*playbooks.Playbook
	for _, name := range playbooks.Names() {
		book, err := playbooks.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		books = append(books, book)
	}
	c, err := NewCatalogue(30*time.Second, books...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Each command occurs once, those of the login come first, and none changes a host.
func TestCatalogueHasEachCommandOnce(t *testing.T) {
	c := catalogue(t)
	seen, login := map[string]bool{}, true
	for _, a := range c.Asked {
		if seen[a.Line] {
			t.Errorf("%s occurs twice", a.ID)
		}
		seen[a.Line] = true
		if a.AsLogin && !login {
			t.Errorf("%s of the login comes after others", a.ID)
		}
		login = a.AsLogin
		if a.Mutating || a.Timeout <= 0 || a.Within != 225*time.Second || len(a.Of) == 0 {
			t.Errorf("%+v", a)
		}
	}
	if first := c.Asked[0]; first.ID != "uname" || first.Require != "AIX" {
		t.Errorf("%s comes first", first.ID)
	}
	if len(c.Asked) < 60 || len(c.batches()) < 2 {
		t.Errorf("%d commands in %d batches", len(c.Asked), len(c.batches()))
	}
	for _, id := range []string{"images", "unsound"} { // they need parameters
		if !slices.ContainsFunc(c.LeftOut, func(l LeftOut) bool { return l.Probe == id && l.Why != "" }) {
			t.Errorf("%s is not in LeftOut", id)
		}
	}
}

// harmlessTools are the tools that the questions may run, with the read-only arguments of
// each; nil: any.
var harmlessTools = map[string][]string{
	"lsdev": nil, "entstat": {"-d"}, "ls": nil, "wc": nil, "cat": nil, "printf": nil, "head": nil, "tail": nil, "grep": nil,
	"lsattr": nil, "lssrc": nil, "oslevel": {"-s"}, "lslpp": nil, "uname": nil, "exit": nil, "[": nil, "type": {"printf"},
	"lscluster": {"-$f"}, "recfgct": {"-h"}, "rmcctrl": {"-h"}, "lsnodeid": {}, "rmcdomainstatus": {"-s", "ctrmc"},
	"lsrsrc": {"IBM.MCP"}, "lsrpdomain": {}, "ctversion": {}, "ctsvhbac": {},
}

// The questions only run read-only tools with read-only arguments. They never run
// rmcrefreshMD, which is undocumented.
func TestQuestionsOnlyRead(t *testing.T) {
	ids := map[string]bool{}
	for _, q := range Questions() {
		if ids[q.ID] || q.ID == "" {
			t.Errorf("the id %q occurs twice", q.ID)
		}
		ids[q.ID] = true
		parsed, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(q.Command), q.ID)
		if err != nil {
			t.Errorf("%s: %v", q.ID, err)
			continue
		}
		tool := "" // of "$p"
		syntax.Walk(parsed, func(node syntax.Node) bool {
			switch n := node.(type) {
			case *syntax.Assign:
				if n.Name != nil && (n.Name.Value == "p" || n.Name.Value == "e") {
					tool = path.Base(source(n.Value))
				}
			case *syntax.Redirect:
				if n.Op != syntax.DplOut {
					t.Errorf("%s: writes to a file", q.ID)
				}
			case *syntax.CallExpr:
				if len(n.Args) > 0 {
					checkCall(t, q.ID, tool, n.Args)
				}
			}
			return true
		})
	}
}

func source(w *syntax.Word) string {
	var b strings.Builder
	_ = syntax.NewPrinter().Print(&b, w)
	return strings.Trim(b.String(), `"'`)
}

func checkCall(t *testing.T, id, tool string, args []*syntax.Word) {
	t.Helper()
	name := source(args[0])
	if name == "$p" || name == "$e" {
		name = tool
	} else if base := path.Base(name); base != name && !strings.HasPrefix(name, "/usr/") {
		t.Errorf("%s: %s has no absolute path", id, name)
	} else {
		name = base
	}
	want, known := harmlessTools[name]
	if !known {
		t.Errorf("%s runs %s", id, name)
	}
	if want == nil {
		return
	}
	for _, arg := range args[1:] {
		if text := source(arg); !slices.Contains(want, text) && !strings.HasPrefix(text, "$n") {
			t.Errorf("%s: %s %s", id, name, text)
		}
	}
}

// small returns a catalogue of four commands.
func small() *Catalogue {
	ask := func(id, line, require string, login bool) Asked {
		return Asked{Command: transport.Command{ID: id, Line: line, AsLogin: login, Require: require, Timeout: time.Second}, Of: []string{"p"}, probe: true}
	}
	return &Catalogue{Asked: []Asked{ask("uname", "uname -s", "AIX", true), ask("uid", "id -u", "0", false), ask("a", "a", "", false), ask("b", "b", "", false)}}
}

// take records a scripted host.
func take(t *testing.T, script func(f *transporttest.Fake)) (*Recording, error) {
	t.Helper()
	return taken(t, small(), script)
}

// taken records a scripted host by a catalogue.
func taken(t *testing.T, c *Catalogue, script func(f *transporttest.Fake)) (*Recording, error) {
	t.Helper()
	f := transporttest.NewFake(t)
	script(f)
	r, err := c.Record(t.Context(), func(ctx context.Context) (transport.Conn, error) {
		return f.Dial(ctx, transport.Target{Name: "aix1"})
	})
	if f.Open() != 0 {
		t.Errorf("%d connections left open", f.Open())
	}
	if r != nil {
		r.Host.Name = "aix1"
		text := encode(t, r)
		if r, err = Decode("f", text); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	}
	return r, err
}

// replayed runs the small catalogue against a recording, as an audit would.
func replayed(t *testing.T, r *Recording) (transport.Transcript, error) {
	t.Helper()
	d, err := NewDialer(r)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := d.Dial(t.Context(), transport.Target{Name: "aix1"})
	if err != nil {
		t.Fatal(err)
	}
	var commands []transport.Command
	for _, a := range small().Asked {
		commands = append(commands, a.Command)
	}
	return conn.Run(t.Context(), commands)
}

func TestRecordAndReplayAHost(t *testing.T) {
	aix := func(f *transporttest.Fake) {
		f.On("uname -s", transporttest.Answer{Stdout: "AIX\n"})
		f.On("id -u", transporttest.Answer{Stdout: "0\n"})
	}
	t.Run("answers", func(t *testing.T) {
		r, err := take(t, func(f *transporttest.Fake) {
			aix(f)
			f.On("a", transporttest.Answer{Stdout: "out\xff", Stderr: "err", Exit: 3})
			f.On("b", transporttest.Answer{Hang: true})
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := replayed(t, r)
		if err != nil || string(got.Results[2].Stdout) != "out\xff" || string(got.Results[2].Stderr) != "err" || got.Results[2].Exit != 3 ||
			got.Results[2].Started.IsZero() || !errors.Is(got.Results[3].Err, transport.ErrHung) || !r.Complete() {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("too slow", func(t *testing.T) {
		slow := small()
		slow.Asked[2].Within = slow.Asked[2].Timeout / 2
		r, err := taken(t, slow, func(f *transporttest.Fake) {
			aix(f)
			f.On("a", transporttest.Answer{Hang: true})
		})
		if err != nil || r.Complete() || r.byID("a").NoAnswer != Late || r.byID("b").NoAnswer != Late || r.Trouble != nil {
			t.Fatalf("%+v, %v", r, err)
		}
		got, err := replayed(t, r)
		if err != nil || !errors.Is(got.Results[2].Err, transport.ErrLate) || !errors.Is(got.Results[3].Err, transport.ErrLate) {
			t.Errorf("%+v, %v: probes without an answer would count as not asked", got, err)
		}
	})
	t.Run("no root", func(t *testing.T) {
		r, err := take(t, func(f *transporttest.Fake) {
			f.On("uname -s", transporttest.Answer{Stdout: "AIX\n"})
			f.On("id -u", transporttest.Answer{Stdout: "202\n"})
		})
		if err != nil || r.Complete() {
			t.Fatalf("%+v, %v", r, err)
		}
		got, err := replayed(t, r)
		if err != nil || string(got.Results[1].Stdout) != "202\n" || !errors.Is(got.Results[2].Err, transport.ErrNotRun) {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("not AIX", func(t *testing.T) {
		r, err := take(t, func(f *transporttest.Fake) { f.On("uname -s", transporttest.Answer{Stdout: "Linux\x1b[31m\n"}) })
		if r != nil || !errors.Is(err, ErrNotAIX) || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%+v, %v", r, err)
		}
	})
	t.Run("lost once", func(t *testing.T) {
		r, err := take(t, func(f *transporttest.Fake) {
			aix(f)
			f.On("a", transporttest.Answer{Lost: true}, transporttest.Answer{Stdout: "second\n"})
			f.On("b", transporttest.Answer{})
		})
		if err != nil || r.Trouble != nil || string(r.byID("a").Stdout) != "second\n" {
			t.Errorf("%+v, %v", r, err)
		}
	})
	t.Run("lost for good", func(t *testing.T) {
		r, err := take(t, func(f *transporttest.Fake) {
			aix(f)
			f.On("a", transporttest.Answer{Lost: true})
		})
		if err != nil || r.Trouble == nil || r.byID("a").NoAnswer != Lost || r.byID("uname").Exit == nil {
			t.Fatalf("%+v, %v", r, err)
		}
		if _, err := replayed(t, r); transport.KindOf(err) != transport.KindLost {
			t.Errorf("replayed: %v", err)
		}
	})
	t.Run("unreachable", func(t *testing.T) {
		refused := &transport.Error{Kind: transport.KindRefused, Op: "dial", Host: "aix1", Err: errors.New("refused")}
		r, err := take(t, func(f *transporttest.Fake) { f.FailDial(refused, refused) })
		if r != nil || transport.KindOf(err) != transport.KindRefused {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// A command without an entry has an error, and Missing lists it once.
func TestReplayListsMissingProbes(t *testing.T) {
	r := sample()
	d, err := NewDialer(r)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := d.Dial(t.Context(), transport.Target{Name: "aix1"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		got, err := conn.Run(t.Context(), []transport.Command{{ID: "new", Line: "new"}, {ID: "x", Line: "/usr/bin/uname -s", MaxOutput: 2}})
		if err != nil || !errors.Is(got.Results[0].Err, errNotRecorded) || string(got.Results[1].Stdout) != "AI" || got.Results[1].StdoutDropped != 2 {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if diff := cmp.Diff([]string{"new"}, d.Missing("aix1")); diff != "" {
		t.Error(diff)
	}
	if _, err := conn.Run(t.Context(), []transport.Command{{ID: "change", Line: "x", Mutating: true}}); !errors.Is(err, transport.ErrGateShut) {
		t.Errorf("a change: %v", err)
	}
	if _, err := d.Dial(t.Context(), transport.Target{Name: "other"}); transport.KindOf(err) != transport.KindProtocol {
		t.Errorf("another host: %v", err)
	}
	if _, err := NewDialer(r, sample()); err == nil {
		t.Error("no error for two recordings of one host")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Dial(ctx, transport.Target{Name: "aix1"}); transport.KindOf(err) != transport.KindCanceled {
		t.Errorf("after cancellation: %v", err)
	}
}

// Every open question has an answer, even for an empty recording.
func TestAnswers(t *testing.T) {
	none := sample()
	none.Commands = nil
	for _, a := range none.Answers() {
		if len(a.Lines) == 0 || len(a.Lines) > 2 {
			t.Errorf("%d: %q", a.Number, a.Lines)
		}
	}
	r := sample()
	for id, stdout := range map[string]string{
		questionEntstat:  "=== ent0\nPort VLAN ID:   321\nSwitch ID: ETHERNET0\n=== exit 0\n=== ent1\nPort VLAN ID: 4094\n=== exit 0\n",
		"ifconfig":       "en0: flags=1\n\tinet 10.0.0.1 netmask 0xff000000\nen1: flags=1\n\tinet6 fe80::1/64\n",
		questionNodeID:   "-r 1 root /etc/ct_node_id\n=== /etc/ct_node_id\n3f12ab90cc41d7e8\nmore\n=== end\n",
		questionLsnodeid: "3f12ab90cc41d7e8\n",
		"domain":         "   i R  0x3f12ab90cc41d7e8  0001  x\n",
		"q4_domain":      "   X r  0x3f12ab90cc41d7e8  0001  x\n",
		questionCluster:  "=== lscluster -c\nno \x1b[31mcluster\n=== exit 1\n=== lscluster -m\n=== exit 2\n=== lscluster -i\n=== exit 1\n",
		questionLog:      "ci-info: | a |\n",
		questionShell:    "KSH_VERSION=\nprintf is a tracked alias for /usr/bin/printf\n",
		"cuat":           "CuAt:\n\tname = \"cluster0\"\n\nCuAt:\n",
	} {
		r.Commands = append(r.Commands, Entry{ID: id, Command: Stream(id), Exit: number(0), Stdout: Stream(stdout)})
	}
	r.System.Tools["rmcrefreshMD"] = "/opt/rsct/bin/rmcrefreshMD"
	r.Commands = append(r.Commands, Entry{ID: questionTools, Command: Stream("t"), Exit: number(0)})
	text := fmt.Sprint(r.Answers())
	for _, want := range []string{
		"ent0: VLAN 321, switch ETHERNET0, IPv4; ent1: VLAN 4094, switch not shown, link-local address",
		"/etc/ct_node_id: 2 lines, the first has 16 hex digits", "lsnodeid: exit 0, one line of 16 hex digits",
		"rmcrefreshMD: /opt/rsct/bin/rmcrefreshMD (never run)", `"X r", "i R"`, "-c: exit 1", "-m: exit 2", "ci-info table", "CuAt: 2 stanzas", "CuDv: not recorded",
		"yes: printf is a tracked alias for /usr/bin/printf; no KSH_VERSION, as ksh88",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
	if strings.Contains(text, "\x1b") {
		t.Error("an answer has control characters")
	}
	r.byID(questionShell).Stdout = Stream("KSH_VERSION=Version AJM 93u+\nprintf is a shell builtin\n")
	if text := fmt.Sprint(r.Answers()); !strings.Contains(text, "no: printf is a shell builtin; KSH_VERSION Version AJM 93u+") {
		t.Errorf("a shell with printf is not in %s", text)
	}
}
