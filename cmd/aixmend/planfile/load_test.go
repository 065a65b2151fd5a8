package planfile

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aixmend/cmd/aixmend/exit"
	"aixmend/controller/outcome"
	"aixmend/playbooks"
)

// saved is a plan of an embedded playbook, as text.
func saved(t *testing.T, change func(*Plan)) string {
	t.Helper()
	playbook, err := playbooks.Load("rmc-restore")
	if err != nil {
		t.Fatal(err)
	}
	p := Plan{
		Schema: schema, Nonce: "n", RunID: "20261129T151354.000Z-0a1b2c", Created: time.Date(2026, 11, 29, 15, 14, 0, 0, time.UTC),
		By: outcome.By{User: "ops", Machine: "admin1"}, Version: "1.2.3",
		Playbook: outcome.Playbook{Name: playbook.Name, SHA256: playbook.SHA256}, Named: "rmc-restore", Set: []string{"settle=60ms"}, Allow: []string{},
		Hosts: []Host{{
			Name: "aixprd01", Address: "10.1.2.3", Login: "root", Outcome: outcome.NeedsAction, Reason: "rmc-address-missing: <é>", HostKey: "SHA256:x",
			Findings: []string{"rmc-address-missing critical"},
			Facts:    map[string]json.RawMessage{"rmc_nic.name": json.RawMessage(`"en1"`), "list": json.RawMessage(`[{"z":1000,"a":0.5,"s":"<&>"}]`), "none": json.RawMessage("null")},
			Plan:     []outcome.PlanStep{{Rung: "address", Step: "set-address", Command: "chdev\n  x", Undo: "undo", Fixes: []string{"rmc-address-missing"}}},
		}, {Name: "aixprd02", Findings: []string{}, Facts: map[string]json.RawMessage{}, Plan: []outcome.PlanStep{}}},
	}
	if change != nil {
		change(&p)
	}
	if p.ID, err = p.Identify(); err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}

func load(t *testing.T, text string) (*Plan, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "plan.json")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(file)
}

// A plan that another JSON tool has rewritten is the same plan.
func TestRewrittenPlanIsTheSame(t *testing.T) {
	text := saved(t, nil)
	want, err := load(t, text)
	if err != nil {
		t.Fatal(err)
	}
	var sorted any
	if err := json.Unmarshal([]byte(text), &sorted); err != nil {
		t.Fatal(err)
	}
	inOrder, err := json.Marshal(sorted) // numbers are floats, names are sorted
	if err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(text)); err != nil {
		t.Fatal(err)
	}
	for name, rewritten := range map[string]string{
		"as it is":            text,
		"order and numbers":   string(inOrder),
		"compact":             compact.String(),
		"no newline":          strings.TrimSpace(text),
		"many newlines":       "\n\n" + text + "\n\n",
		"DOS line ends":       strings.ReplaceAll(text, "\n", "\r\n"),
		"a BOM":               "\ufeff" + text,
		"1e3":                 strings.ReplaceAll(text, "1000", "1e3"),
		"1000.0":              strings.ReplaceAll(text, "1000", "1000.00"),
		"5e-1":                strings.ReplaceAll(text, "0.5", "5E-1"),
		"escapes less":        strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(text),
		"escapes more":        strings.NewReplacer("é", `\u00e9`, "root", `\u0072oot`).Replace(text),
		"a slash is escaped":  strings.ReplaceAll(text, "aixmend.plan/v1", `aixmend.plan\/v1`),
		"escapes in the name": strings.ReplaceAll(text, `"hosts"`, `"\u0068osts"`),
	} {
		got, err := load(t, rewritten)
		if err != nil || got.ID != want.ID {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if id, err := got.Identify(); err != nil || id != want.ID || len(id) != 32 {
			t.Errorf("%s: %q is %q, %v", name, want.ID, id, err)
		}
	}
}

// A file that is no plan, or not one as aixmend wrote it, is a mistake of the caller.
func TestLoadRefuses(t *testing.T) {
	text := saved(t, nil)
	replaced := func(old, by string) string {
		if !strings.Contains(text, old) {
			t.Fatalf("no %q in the plan", old)
		}
		return strings.Replace(text, old, by, 1)
	}
	const altered = "plan_id does not match"
	for name, c := range map[string]struct{ text, says string }{
		"empty":                   {" \n", "it is empty"},
		"garbage":                 {"garbage", "it is not a plan file: at byte 0: it is not JSON"},
		"half-written":            {text[:len(text)/2], "it breaks off in the middle"},
		"two plans":               {text + text, "text after the document"},
		"no object":               {"[]", "it is not a plan file: its schema is"},
		"another schema":          {replaced("plan/v1", "plan/v2"), `its schema is "aixmend.plan/v2", expected aixmend.plan/v1`},
		"no schema":               {`{"hosts":[]}`, "its schema is"},
		"UTF-16":                  {"\xff\xfe{\x00", "UTF-16"},
		"an unknown name":         {replaced(`"nonce"`, `"evil": 1, "nonce"`), `the key "evil" is not known`},
		"a name in another case":  {replaced(`"allow": []`, `"allow": [], "Allow": ["node-id"]`), "Allow: not expected"},
		"a name twice":            {replaced(`"allow": []`, `"allow": ["node-id"], "allow": []`), `the name "allow" is there twice`},
		"a name twice in a host":  {replaced(`"address": "10.1.2.3"`, `"address": "10.1.2.3", "address": "10.1.2.4"`), `"address" is there twice`},
		"a name is gone":          {replaced(`"login": "root",`, ``), "hosts[0].login: missing"},
		"another nonce":           {replaced(`"nonce": "n"`, `"nonce": "m"`), altered},
		"another id":              {replaced(`"plan_id": "`, `"plan_id": "0`), altered},
		"no id":                   {replaced(`"plan_id"`, `"plan_id": "", "x"`), `the key "x" is not known`},
		"another fact":            {replaced("en1", "en0"), altered},
		"a number is another":     {replaced("1000", "1001"), altered},
		"a number became a text":  {replaced("1000", `"1000"`), altered},
		"null became a list":      {replaced(`"none": null`, `"none": []`), altered},
		"a list became null":      {replaced(`"allow": []`, `"allow": null`), "set, allow or the name of a host is missing"},
		"a time in another form":  {replaced("15:14:00Z", "15:14:00.0Z"), "created: another value"},
		"no hosts":                {saved(t, func(p *Plan) { p.Hosts = []Host{} }), "it has no hosts"},
		"a host twice":            {saved(t, func(p *Plan) { p.Hosts = append(p.Hosts, p.Hosts[0]) }), `host "aixprd01" is there twice`},
		"a host without a name":   {saved(t, func(p *Plan) { p.Hosts[0].Name = "" }), "the name of a host is missing"},
		"no run id":               {saved(t, func(p *Plan) { p.RunID = "../x" }), "is not a run id"},
		"a flag that can't show":  {saved(t, func(p *Plan) { p.Set = []string{"upload=a\x1b[8m"} }), "can't be the value of a flag"},
		"a flag that turns round": {saved(t, func(p *Plan) { p.Named = "\u202elmay.live" }), "can't be the value of a flag"},
		"an empty flag":           {saved(t, func(p *Plan) { p.Allow = []string{""} }), "can't be the value of a flag"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, c.text)
			code, messages := exit.Decide(err, 0)
			if code != outcome.ExitUsage || !strings.Contains(messages[0], c.says) || !strings.Contains(messages[0], "plan.json: ") {
				t.Errorf("%d %q, want %q", code, messages, c.says)
			}
		})
	}
}

// A path that is no file of a fitting size is refused before it is read.
func TestLoadReadsOnlyFiles(t *testing.T) {
	dir := t.TempDir()
	huge := filepath.Join(dir, "huge")
	if err := errorOf(os.Create(huge)); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(huge, maxSize+1); err != nil {
		t.Fatal(err)
	}
	for path, says := range map[string]string{
		dir: "it is not a regular file", huge: "it is too large to be a plan", filepath.Join(dir, "nosuch"): "nosuch", os.DevNull: "it is not a regular file",
	} {
		_, err := Load(path)
		if code, messages := exit.Decide(err, 0); code != outcome.ExitUsage || !strings.Contains(strings.Join(messages, "\n"), says) {
			t.Errorf("%s: %d %q", path, code, messages)
		}
	}
}

func errorOf(f *os.File, err error) error {
	if err != nil {
		return err
	}
	return f.Close()
}

// Whatever is in the file: an error, or a plan that aixmend itself would write.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{`{"schema":"aixmend.plan/v1"}`, `{"schema":"aixmend.plan/v1","hosts":[{}]}`, "[", "\ufeff{}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := decode([]byte(text))
		if err != nil {
			return
		}
		if id, err := p.Identify(); err != nil || id != p.ID {
			t.Errorf("%q, %v", id, err)
		}
	})
}
