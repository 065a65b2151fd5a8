package assistant

import (
	"bytes"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLine(t *testing.T) {
	p := given{flags: map[string][]string{"state": {"/s"}, "inventory": {"a.yaml", "b.yaml"}, "config": {"c.yaml"}, "profile": nil}, plans: map[string]string{"p.json": "/elsewhere/p.json"}}
	for _, c := range []struct {
		order order
		want  []string
	}{
		{order{verb: "runs", flags: map[string]string{"format": "json"}}, []string{"runs", "--format=json", "--state=/s", "--"}},
		{order{verb: "report", flags: map[string]string{"host": "a", "format": "json"}, names: []string{"latest"}}, []string{"report", "--format=json", "--host=a", "--state=/s", "--", "latest"}},
		{order{verb: "runbook", names: []string{"rmc-disconnected"}}, []string{"runbook", "--", "rmc-disconnected"}},
		{order{verb: "audit", flags: map[string]string{"limit": "a,b"}}, []string{"audit", "--limit=a,b", "--state=/s", "--inventory=a.yaml", "--inventory=b.yaml", "--config=c.yaml", "--"}},
		{order{verb: "plan show", flags: map[string]string{"limit": "a"}, names: []string{"p.json"}}, []string{"plan", "show", "--limit=a", "--", "/elsewhere/p.json"}},
	} {
		got, err := c.order.line(p)
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Error(err, diff)
		}
	}
}

// No verb, flag or path that is not in the table becomes a part of a command line, and no word
// of an assistant's becomes a flag.
func TestLineRefuses(t *testing.T) {
	odd := []string{"", "-x", "--help", "--", "..", "../x", "/etc/passwd", `a\b`, "a b", "a\n", "@latest:failed", "!a", "*", "a[1-3]", "a=b", "ä", "a\x00", strings.Repeat("x", 300)}
	var orders []order
	for _, verb := range []string{"", "recover", "resume", "capture", "worker", "hub", "hostkeys", "demo", "record", "replay", "init", "mcp", "serve", "--help", "report --host", "plan out"} {
		orders = append(orders, order{verb: verb})
	}
	for _, flag := range []string{"html", "out", "allow", "yes", "undo", "state", "config", "profile", "ticket", "verbose", "hub", "notify", "playbook", "set", "inventory", ""} {
		for verb := range visiting {
			orders = append(orders, order{verb: verb, flags: map[string]string{flag: "x"}})
		}
		orders = append(orders, order{verb: "report", flags: map[string]string{flag: "x"}})
	}
	for _, word := range odd {
		orders = append(orders, order{verb: "report", flags: map[string]string{"host": word}}, order{verb: "explain", names: []string{"latest", word}},
			order{verb: "audit", flags: map[string]string{"limit": "a," + word}})
	}
	orders = append(orders, order{verb: "audit", flags: map[string]string{"limit": strings.Repeat("a,", 600) + "a"}}, order{verb: "diff", names: slices.Repeat([]string{"a"}, 501)})
	for _, name := range []string{"q.json", "../p.json", "/elsewhere/p.json", "latest"} {
		orders = append(orders, order{verb: "plan show", names: []string{name}})
	}
	g := given{flags: map[string][]string{"state": {"/s"}, "inventory": nil, "config": nil, "profile": nil, "ticket": nil}, plans: map[string]string{"p.json": "/elsewhere/p.json"}}
	for _, o := range orders {
		if line, err := o.line(g); err == nil {
			t.Errorf("%+v: %q", o, line)
		}
	}
	p := newPrograms(t.Context(), g, func(o order) { t.Errorf("%s was started", o) })
	for _, verb := range []string{"audit", "plan", "recover"} {
		if _, err := p.read(t.Context(), verb, nil); err == nil {
			t.Errorf("%s reads", verb)
		}
	}
	for _, verb := range []string{"report", "recover", "resume"} {
		if _, err := p.visits(t.Context(), verb, nil, io.Discard); err == nil {
			t.Errorf("%s visits", verb)
		}
	}
}

// Processes are started in one place, which has the table before it.
func TestOnePlaceStartsProcesses(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, text, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range parsed.Imports {
			if slices.Contains([]string{`"os/exec"`, `"syscall"`, `"net"`, `"net/http"`, `"plugin"`, `"unsafe"`}, spec.Path.Value) && (file != "process.go" || spec.Path.Value != `"os/exec"`) {
				t.Errorf("%s imports %s", file, spec.Path.Value)
			}
		}
		if n := strings.Count(string(text), "exec.Command") + strings.Count(string(text), "StartProcess"); n > 1 || n == 1 && file != "process.go" {
			t.Errorf("%s starts processes in %d places", file, n)
		}
	}
}

func TestBounded(t *testing.T) {
	b := &bounded{most: 5}
	if n, err := b.Write([]byte("1234")); n != 4 || err != nil || b.full {
		t.Error(n, err, b)
	}
	if n, err := b.Write([]byte("5678")); n != 1 || !errors.Is(err, io.ErrShortWrite) || !b.full || b.text.String() != "12345" {
		t.Error(n, err, b)
	}
	rest := &bounded{most: 5, rest: true}
	if n, err := io.Copy(rest, bytes.NewReader(make([]byte, 100_000))); n != 100_000 || err != nil || rest.text.Len() != 5 || rest.full {
		t.Error(n, err, rest.text.Len())
	}
}
