package notify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	generator "github.com/invopop/jsonschema"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.uber.org/goleak"

	"aixmend/controller/drift"
	"aixmend/controller/outcome"
	"aixmend/transport/lab/golden"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var began = time.Date(2026, 11, 22, 2, 30, 0, 0, time.UTC)

// example is a run of a small fleet, and what is new in it.
func example() (outcome.Run, *drift.Drift) {
	run := outcome.Run{
		Schema: outcome.RunSchema, ID: "20261122T023000.000Z-3f9ac2", Version: "1.0", Command: "audit", Playbook: outcome.Playbook{Name: "rmc-restore"},
		Started: began, Finished: began.Add(90 * time.Second), ExitCode: 3, ExitReason: "2 needs_action, 1 unreachable",
		Hosts: []outcome.HostSummary{
			{Name: "aix01", Outcome: outcome.Healthy}, {Name: "aix02", Outcome: outcome.Healthy},
			{Name: "aix03", Outcome: outcome.NeedsAction, Reason: "rmc-disconnected: it is lost", Open: []string{"rmc-address-missing", "rmc-disconnected"}},
			{Name: "aix04", Outcome: outcome.NeedsAction, Reason: "rmc-disconnected: it is lost", Open: []string{"rmc-address-missing", "rmc-disconnected"}},
			{Name: "aix05", Outcome: outcome.Unreachable, Reason: "timeout: nobody <!channel> answers"},
		},
	}
	run.Counts = outcome.Count(run.Hosts)
	return run, &drift.Drift{
		Schema: drift.Schema, From: "20261121T023000.000Z-aaaaaa", To: run.ID, FromStarted: began.Add(-24 * time.Hour), ToStarted: began, Same: 2,
		Hosts: []drift.Host{
			{Name: "aix03", From: outcome.Healthy, To: outcome.NeedsAction, Reason: "rmc-disconnected: it is lost", Since: began, Appeared: []string{"rmc-address-missing", "rmc-disconnected"},
				Facts: []drift.Fact{{Path: "lsattr.list[en0].mtu", From: 1500.0, To: 9000.0}, {Path: "inet0.hostname", From: nil, To: "aix03"}}},
			{Name: "aix04", From: outcome.NeedsAction, To: outcome.NeedsAction, Gone: []string{"filesystem-full"}},
			{Name: "aix05", From: outcome.Healthy, To: outcome.Unreachable, Reason: "timeout: nobody <!channel> answers"},
		},
	}
}

func TestPayloads(t *testing.T) {
	run, news := example()
	for name, n := range map[string]Notice{
		"news": Of(run, news, "/var/lib/aixmend/runs/"+run.ID), "first": Of(run, nil, "/var/lib/aixmend/runs/"+run.ID),
		"nothing": Of(outcome.Run{ID: run.ID, Command: "audit", Started: began, Finished: began, ExitReason: "no trouble"}, &drift.Drift{From: "x", FromStarted: began}, ""),
	} {
		text, err := json.MarshalIndent(n, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		golden.Check(t, filepath.Join("testdata", name+".json"), string(text)+"\n")
		golden.Check(t, filepath.Join("testdata", name+".txt"), Text(n)+"\n")
		valid(t, text)
	}
}

// schema is that of the document.
func schema(t *testing.T) string {
	t.Helper()
	r := &generator.Reflector{Anonymous: true, ExpandedStruct: true, Mapper: func(typ reflect.Type) *generator.Schema {
		if typ != reflect.TypeFor[outcome.Outcome]() {
			return nil
		}
		return &generator.Schema{Type: "string"}
	}}
	s := r.Reflect(&Notice{})
	s.Title = "aixmend notice"
	news, _ := s.Properties.Get("news")
	*news = generator.Schema{Description: news.Description, AnyOf: []*generator.Schema{{Ref: "#/$defs/News"}, {Type: "null"}}}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}

const schemaFile = "../../docs/schema/aixmend.notice.v1.json"

func TestSchemaIsGenerated(t *testing.T) { golden.Check(t, schemaFile, schema(t)) }

// valid fails the test unless a document is what the schema says.
func valid(t *testing.T, document []byte) {
	t.Helper()
	compiled, err := jsonschema.NewCompiler().Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled.Validate(doc); err != nil {
		t.Error(err)
	}
}

func TestSchemaRefuses(t *testing.T) {
	run, news := example()
	compiled, err := jsonschema.NewCompiler().Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(doc map[string]any){
		"another schema": func(doc map[string]any) { doc["schema"] = "aixmend.notice/v2" },
		"no run":         func(doc map[string]any) { delete(doc, "run_id") },
		"another field":  func(doc map[string]any) { doc["more"] = 1 },
		"a code as text": func(doc map[string]any) { doc["exit_code"] = "3" },
		"news of text":   func(doc map[string]any) { doc["news"] = "much" },
	} {
		text, err := json.Marshal(Of(run, news, ""))
		if err != nil {
			t.Fatal(err)
		}
		doc := map[string]any{}
		if err := json.Unmarshal(text, &doc); err != nil {
			t.Fatal(err)
		}
		change(doc)
		if compiled.Validate(doc) == nil {
			t.Errorf("%s: it is valid", name)
		}
	}
}

// hostile is what a host may say.
var hostile = []string{
	"<!channel> <@U024BE7LH> <https://evil.example|click> @channel @here [x](https://evil.example)",
	"`<!channel>` ```\n<!everyone>\n```", "\x1b[31mred\x07\x00", "a\u202eb\u200bc\u2028d\u009be", strings.Repeat("&<>`", 5000), "\xff\xfe", strings.Repeat("x", 1<<16),
}

// hostileRun has it everywhere, on many hosts.
func hostileRun(n int) (outcome.Run, *drift.Drift) {
	run := outcome.Run{ID: "20261122T023000.000Z-3f9ac2", Command: "audit", Playbook: outcome.Playbook{Name: hostile[0]}, ExitReason: hostile[0]}
	news := &drift.Drift{From: "x", FromStarted: began}
	for i := range n {
		said := hostile[i%len(hostile)]
		name := fmt.Sprintf("host%05d", i)
		run.Hosts = append(run.Hosts, outcome.HostSummary{Name: name, Outcome: outcome.Unreachable, Reason: said + fmt.Sprint(i)}, outcome.HostSummary{Name: name, Outcome: outcome.NeedsAction, Open: []string{said}})
		h := drift.Host{Name: name, From: outcome.Healthy, To: outcome.Unreachable, Reason: said}
		for j := range 100 {
			h.Appeared = append(h.Appeared, said)
			h.Facts = append(h.Facts, drift.Fact{Path: said, From: said, To: map[string]any{said: []any{said, j}}})
		}
		if i%2 == 0 {
			h.Appeared = nil
		}
		news.Hosts = append(news.Hosts, h)
	}
	run.Counts = outcome.Count(run.Hosts)
	return run, news
}

// TestNoticeIsBounded: however large and hostile a fleet is, a notice is small, and
// its texts are text.
func TestNoticeIsBounded(t *testing.T) {
	run, news := hostileRun(1000)
	n := Of(run, news, "/state")
	text, err := json.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > 2<<20 || n.News.Count != 1000 || len(n.News.Hosts) != maxNews || len(n.Folds) != maxFolds {
		t.Errorf("%d bytes, %d hosts, %d folds", len(text), len(n.News.Hosts), len(n.Folds))
	}
	valid(t, text)
	texts := 0
	for words := json.NewDecoder(bytes.NewReader(text)); ; {
		word, err := words.Token()
		if err != nil {
			break
		}
		if said, ok := word.(string); ok {
			texts++
			if said != short(said, maxWords) {
				t.Fatalf("%q is in it", said)
			}
		}
	}
	if texts < 1000 {
		t.Errorf("only %d texts", texts)
	}
}

// A rollback is called so in a chat, as everywhere; programs have its verb.
func TestTextOfARollback(t *testing.T) {
	n := Of(outcome.Run{Command: "recover", Undoes: "R", Playbook: outcome.Playbook{Name: "p"}}, nil, "/state")
	if text := Text(n); n.Verb != "recover" || !strings.HasPrefix(text, "*aixmend rollback* with ") {
		t.Errorf("%q: %s", n.Verb, text)
	}
}

// TestTextStaysText: no host makes a link or a mention in a chat, and none makes
// the message too long for it.
func TestTextStaysText(t *testing.T) {
	run, news := hostileRun(len(hostile))
	many, manyNews := hostileRun(1000)
	for name, n := range map[string]Notice{"news": Of(run, news, "/state"), "folds": Of(run, nil, "/state`<!channel>"), "many": Of(many, manyNews, "/state"), "many folds": Of(many, nil, "/state")} {
		text := Text(n)
		if length := utf8.RuneCountInString(text); length >= 3000 || length < 200 {
			t.Errorf("%s: %d characters", name, length)
		}
		outside := true
		for i, part := range strings.Split(text, "`") {
			outside = i%2 == 0
			if strings.ContainsAny(part, "<>") {
				t.Errorf("%s: there is markup in %q", name, part)
			}
			if outside && (strings.Contains(part, "@") || strings.Contains(part, "evil")) {
				t.Errorf("%s: the host speaks outside of code: %q", name, part)
			}
		}
		if !outside {
			t.Errorf("%s: the code is left open:\n%s", name, text)
		}
		if strings.ContainsAny(text, "\x1b\u202e") || !utf8.ValidString(text) {
			t.Errorf("%s: %q", name, text)
		}
	}
	if text := Text(Of(many, manyNews, "/state")); !strings.Contains(text, "lines more\nrun 20261122T023000.000Z-3f9ac2, its reports are in `/state`") {
		t.Errorf("the end is cut:\n%s", text)
	}
}

func TestShort(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""}, {"plain é 日本", "plain é 日本"}, {"a\nb\tc\rd", "a b c d"}, {"\x1b[31m", "\uFFFD[31m"}, {"\xff", "\uFFFD"}, {"a\u202eb\u2028c", "a\uFFFDb\uFFFDc"},
		{strings.Repeat("é", 20), strings.Repeat("é", 20)}, {strings.Repeat("é", 21), strings.Repeat("é", 17) + "..."}, {strings.Repeat("日", 1000), strings.Repeat("日", 17) + "..."},
	} {
		if got := short(c.in, 20); got != c.want {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
}
