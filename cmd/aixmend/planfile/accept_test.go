package planfile

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"aixmend/cmd/aixmend/exit"
	"aixmend/controller/outcome"
	"aixmend/playbooks"
)

// site writes a playbook of a site: rmc-restore under another name, with another remedy.
func site(t *testing.T, file, remedy string) *playbooks.Playbook {
	t.Helper()
	text, err := playbooks.Source("rmc-restore")
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), "name: rmc-restore", "name: site", 1)
	changed = strings.Replace(changed, "remedy: rmcctrl -A, then rmcctrl -p", "remedy: "+remedy, 1)
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := playbooks.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Nothing in a plan chooses what runs: what would is named again, or asked about.
func TestAccept(t *testing.T) {
	dir := t.TempDir()
	own, other := filepath.Join(dir, "site.yaml"), filepath.Join(dir, "other.yaml")
	hash := site(t, own, "start it").SHA256
	site(t, other, "leave it")
	of := func(s Settings, change ...func(*Plan)) *Plan {
		p, err := load(t, saved(t, func(p *Plan) {
			p.Named, p.Set, p.Allow, p.MendWarnings = s.Playbook, orEmpty(s.Set), orEmpty(s.Allow), s.MendWarnings
			if s.Playbook == own {
				p.Playbook = outcome.Playbook{Name: "site", SHA256: hash}
			}
			for _, c := range change {
				c(p)
			}
		}))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	const name = "rmc-restore"
	dangerous := Settings{Playbook: name, Set: []string{"settle=1s", "upload=keys"}, Allow: []string{"rsct-update"}, MendWarnings: true}
	again := "--set upload=keys --allow rsct-update --mend-warnings"
	for _, c := range []struct {
		name  string
		plan  *Plan
		named Settings
		typed string // the flags that stand on the command line; the others are the environment's
		asks  bool
		says  string // the error, "" for none
		hint  string
		open  string // flags that are asked about
	}{
		{name: "an embedded playbook with pauses", plan: of(Settings{Playbook: name, Set: []string{"wait=1m", "settle=1s", "probe_timeout=3s"}})},
		{name: "nothing named, nobody asked", plan: of(dangerous), says: "can't decide on --set upload=keys, --allow rsct-update, --mend-warnings: name it again", hint: "aixmend " + again},
		{name: "nothing named, somebody asked", plan: of(dangerous), asks: true, open: again},
		{name: "all named", plan: of(dangerous), named: dangerous, typed: "set allow mend-warnings"},
		{name: "all from the environment", plan: of(dangerous), named: dangerous},
		{name: "one named", plan: of(dangerous), named: Settings{Allow: []string{"rsct-update"}}, typed: "allow", says: "can't decide on --set upload=keys, --mend-warnings", hint: "aixmend --set upload=keys --mend-warnings"},
		{name: "another folder named", plan: of(dangerous), named: Settings{Set: []string{"upload=b"}}, typed: "set", asks: true, says: "was made without --set upload=b"},
		{name: "another pause named", plan: of(dangerous), named: Settings{Set: []string{"settle=2s"}}, typed: "set", asks: true, says: "was made without --set settle=2s"},
		{name: "more is allowed", plan: of(dangerous), named: Settings{Allow: []string{"rsct-update", "node-id"}}, typed: "allow", asks: true, says: "was made without --allow node-id"},
		{name: "warnings named", plan: of(Settings{Playbook: name}), named: Settings{MendWarnings: true}, typed: "mend-warnings", says: "was made without --mend-warnings"},
		{name: "warnings denied", plan: of(dangerous), typed: "mend-warnings", asks: true, says: "was made without --mend-warnings=false"},
		{name: "the environment allows more", plan: of(Settings{Playbook: name}), named: Settings{Playbook: own, Set: []string{"upload=b"}, Allow: []string{"node-id"}, MendWarnings: true}},
		{name: "a playbook of a site", plan: of(Settings{Playbook: own, Set: []string{"settle=1s"}}), asks: true, says: "can't decide on --playbook " + own, hint: "aixmend --playbook " + own + " --set settle=1s"},
		{name: "a playbook of a site, named", plan: of(Settings{Playbook: own, Set: []string{"settle=1s"}}), named: Settings{Playbook: own}, typed: "playbook"},
		{name: "a playbook of a site, from the environment", plan: of(Settings{Playbook: own}), named: Settings{Playbook: own}},
		{name: "another one from the environment", plan: of(Settings{Playbook: own}), named: Settings{Playbook: other}, says: "can't decide on --playbook " + own},
		{name: "another one named", plan: of(Settings{Playbook: own}), named: Settings{Playbook: other}, typed: "playbook", says: "sha256 \"" + hash + "\"; it is \"site\", sha256 "},
		{name: "an embedded one named for it", plan: of(Settings{Playbook: own}), named: Settings{Playbook: name}, typed: "playbook", says: "it was \"site\""},
		{name: "no such file named", plan: of(Settings{Playbook: own}), named: Settings{Playbook: dir + "/nosuch.yaml"}, typed: "playbook", says: "nosuch.yaml"},
		{name: "another embedded one", plan: of(Settings{Playbook: "support-data"}), says: "it has changed since"},
		{name: "another hash", plan: of(Settings{Playbook: name}, func(p *Plan) { p.Playbook.SHA256 = hash }), says: "sha256 \"" + hash + "\""},
		{name: "no hash", plan: of(Settings{Playbook: name}, func(p *Plan) { p.Playbook.SHA256 = "" }), says: "it has changed since"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, open, err := c.plan.Accept("plan.json", Caller{
				Settings: c.named, Asks: c.asks,
				Typed:   func(flag string) bool { return slices.Contains(strings.Fields(c.typed), flag) },
				Command: func(more []Flag) string { return strings.Join(append([]string{"aixmend"}, Words(more)...), " ") },
			})
			if c.says != "" {
				code, messages := exit.Decide(err, 0)
				if text := strings.Join(messages, "\n"); code != outcome.ExitUsage || !strings.Contains(text, c.says) || c.hint != "" && !strings.HasSuffix(text, c.hint) {
					t.Errorf("%d %s\nwant %q, %q", code, text, c.says, c.hint)
				}
				return
			}
			if err != nil || strings.Join(Words(open), " ") != c.open {
				t.Fatalf("%q, %v; want %q", open, err, c.open)
			}
			if !slices.Equal(got.Set, c.plan.Set) || !slices.Equal(got.Allow, c.plan.Allow) || got.MendWarnings != c.plan.MendWarnings {
				t.Errorf("%+v", got)
			}
			if p, err := playbooks.Load(got.Playbook); err != nil || c.plan.Check(p) != nil {
				t.Errorf("%s: %v", got.Playbook, err)
			}
		})
	}
}

// Each parameter of an embedded playbook but the pauses is named again, and a pause where
// a playbook does more with it.
func TestRestate(t *testing.T) {
	for _, name := range playbooks.Names() {
		p, err := playbooks.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, param := range p.Params {
			pause := slices.Contains([]string{"wait", "settle", "probe_timeout", "look_timeout"}, param.Key)
			set := []string{param.Key + "=1s"}
			if got := Restate(p, Settings{Playbook: name, Set: set}); (len(got) == 0) != pause {
				t.Errorf("%s: %s: %v", name, param.Key, got)
			}
			if got := Restate(nil, Settings{Playbook: name, Set: set}); len(got) != 1 {
				t.Errorf("%s: %s, unknown playbook: %v", name, param.Key, got)
			}
		}
	}
	file := filepath.Join(t.TempDir(), "site.yaml")
	p := site(t, file, "wait {{ string(params.wait) }}")
	got := Words(Restate(p, Settings{Playbook: file, Set: []string{"wait=1s", "settle=1s"}}))
	if want := []string{"--playbook", file, "--set", "wait=1s"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// A plan is printed whole, whatever its file says, and as plain text.
func TestText(t *testing.T) {
	p, err := load(t, saved(t, func(p *Plan) {
		p.Named, p.Set, p.Allow, p.MendWarnings = "./site.yaml", []string{"upload=keys"}, []string{"node-id"}, true
		h := &p.Hosts[0]
		h.Plan = append(h.Plan,
			outcome.PlanStep{Rung: "address", Step: "later", Command: "evil-conditional", Undo: "undo-of-it", Conditional: true},
			outcome.PlanStep{Rung: "address", Step: "", Command: "evil-without-a-name", BlockedBy: "nothing"})
	}))
	if err != nil {
		t.Fatal(err)
	}
	text := p.Text("/tmp/plan.json", p.Created.Add(time.Hour), View{Whole: true})
	for _, want := range []string{
		"plan plan.json, id " + p.ID, "made 2026-11-29T15:14:00Z by ops on admin1 with aixmend 1.2.3, 1h0m0s old",
		"not signed: anybody who could write plan.json may have changed it", "playbook rmc-restore, file ./site.yaml, sha256 " + p.Playbook.SHA256,
		"--set upload=keys\n", "--allow node-id\n", "--mend-warnings\n", "2 hosts, 1 would change",
		"aixprd01 (10.1.2.3, login root): needs_action", "set-address\n      chdev\n        x\n      undo: undo\n",
		"evil-conditional\n      undo: undo-of-it", "evil-without-a-name", "rung address, blocked: nothing", "aixprd02",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	const hostile = "x\x1b[2J\r\u202e\u009b31m\x00"
	p.RunID, p.Version, p.Named, p.Set, p.Allow = hostile, hostile, hostile, []string{hostile}, []string{hostile}
	p.By, p.Playbook = outcome.By{User: hostile, Machine: hostile}, outcome.Playbook{Name: hostile, SHA256: hostile}
	p.ID = hostile + "\nforged: line"
	p.Hosts[0] = Host{Name: hostile + "\nforged: line", Address: hostile, Login: hostile, Outcome: outcome.Outcome(hostile), Reason: hostile + "\nforged: line", Plan: []outcome.PlanStep{{
		Rung: hostile + "\nforged: line", Step: hostile + "\nforged: line", Command: hostile + "\nforged: line", Undo: hostile + "\nforged: line", BlockedBy: hostile, Because: hostile + "\nforged: line",
	}}}
	text = p.Text(hostile, p.Created, View{Whole: true})
	if strings.ContainsAny(text, "\x1b\r\u202e\u009b\x00") || strings.Contains(text, "\nforged") {
		t.Errorf("%q", text)
	}
}
