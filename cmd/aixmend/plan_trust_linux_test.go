package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/planfile"
	"aixmend/cmd/aixmend/simulated"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/suite"
)

// trial is a fleet of one host with a saved plan for it.
type trial struct {
	t     *testing.T
	dir   string
	host  string
	fleet *aixsim.Fleet
	ill   *aixsim.State // the host before anything was applied
	runs  int
}

func newTrial(t *testing.T, illness string) *trial {
	t.Helper()
	hosts, err := namedHosts([]string{illness})
	noError(t, err)
	dir := t.TempDir()
	fleet, err := simulated.Start(dir, hosts, 0)
	noError(t, err)
	t.Cleanup(fleet.Close)
	return &trial{t: t, dir: dir, host: illness, fleet: fleet, ill: fleet.Host(illness).Snapshot()}
}

// run runs the command in this process, with a state folder of its own.
func (r *trial) run(args ...string) (code int, says string) {
	r.t.Helper()
	var out, errs bytes.Buffer
	r.runs++
	args = append(args, "-i", filepath.Join(r.dir, "inventory.yaml"), "--state", filepath.Join(r.dir, fmt.Sprint("state", r.runs)))
	code = run(args, console.Streams{In: strings.NewReader(""), Out: &out, Err: &errs, Width: func() int { return 0 }})
	return code, out.String() + errs.String()
}

// plan saves a plan and returns it as text.
func (r *trial) plan(flags ...string) string {
	r.t.Helper()
	file := filepath.Join(r.dir, "plan.json")
	if code, says := r.run(append([]string{"plan", "--out", file, "--set", "settle=60ms", "--set", "wait=600ms"}, flags...)...); code != 3 {
		r.t.Fatalf("plan: %d\n%s", code, says)
	}
	text, err := os.ReadFile(file)
	noError(r.t, err)
	return string(text)
}

// ownRun matches the id and the times of a run, which no two runs share.
var ownRun = regexp.MustCompile(`[0-9]{8}T[0-9.]+Z(-[0-9a-f]+)?`)

// apply applies a plan to the host as it was before, and returns what changed it.
func (r *trial) apply(text string, flags ...string) (code int, says string, sent []string) {
	r.t.Helper()
	h := r.fleet.Host(r.host)
	h.Mutate(func(s *aixsim.State) { *s = *r.ill.Clone() })
	code, says = r.run(append([]string{"recover", "--yes", "--plan", write(r.t, filepath.Join(r.dir, "edited.json"), text)}, flags...)...)
	for _, effect := range h.Effects()[len(r.ill.Effects):] { // the log is bounded
		if !strings.Contains(effect, "/etc/aixmend.lease") && !strings.Contains(effect, "/etc/aixmend.plan.") {
			sent = append(sent, ownRun.ReplaceAllString(effect, "RUN"))
		}
	}
	return code, says, sent
}

// sealed is a document with the id that its content has: an attacker can compute it.
func sealed(t *testing.T, document any) string {
	t.Helper()
	text, err := json.Marshal(document)
	noError(t, err)
	var p planfile.Plan
	if json.Unmarshal(text, &p) != nil {
		return string(text) // it does not fit: it is refused as it is
	}
	id, err := p.Identify()
	noError(t, err)
	if top, ok := document.(map[string]any); ok && top["plan_id"] != nil {
		top["plan_id"] = id
		text, err = json.Marshal(top)
		noError(t, err)
	}
	return string(text)
}

// edit is one change to a document.
type edit struct {
	place, how string
	// document is the changed one.
	document any
}

// edits are all changes of one place in a document: each value changed, emptied and
// removed, and each item of a list doubled.
func edits(value any, place string, within func(any) any) []edit {
	var list []edit
	put := func(how string, v any) { list = append(list, edit{place, how, within(v)}) }
	switch v := value.(type) {
	case map[string]any:
		put("emptied", map[string]any{})
		for _, name := range slices.Sorted(maps.Keys(v)) {
			with := func(inner any, there bool) map[string]any {
				c := maps.Clone(v)
				if c[name] = inner; !there {
					delete(c, name)
				}
				return c
			}
			at := place + "." + name
			list = append(list, edit{at, "removed", within(with(nil, false))})
			list = append(list, edits(v[name], at, func(inner any) any { return within(with(inner, true)) })...)
		}
		return list
	case []any:
		put("emptied", []any{})
		for i := range v {
			list = append(list, edit{place + "[]", "removed", within(slices.Delete(slices.Clone(v), i, i+1))})
			list = append(list, edit{place + "[]", "doubled", within(slices.Insert(slices.Clone(v), i, v[i]))})
			list = append(list, edits(v[i], place+"[]", func(inner any) any {
				c := slices.Clone(v)
				c[i] = inner
				return within(c)
			})...)
		}
		return list
	case string:
		put("changed", v+"x")
		put("another", "/usr/bin/touch /tmp/evil")
		put("emptied", "")
	case bool:
		put("changed", !v)
	case float64:
		put("changed", v+1)
	case nil:
		put("changed", "x")
	}
	put("null", nil)
	return list
}

// free are the places of a plan that may say anything: they are shown, or nothing is left
// of the step that they belong to.
var free = regexp.MustCompile(`^\.(nonce|created|by\..*|version|hosts\[\]\.(reason|outcome|plan\[\](\.(allowed_by|because|blocked_by|conditional|fixes(\[\])?))?))$`)

// Nothing in a plan file chooses what runs. Each value of a saved plan is changed,
// emptied and removed, its id computed again: either nothing is sent, or exactly what is
// sent for the plan as it was.
func TestEditedPlanSendsNothingElse(t *testing.T) {
	r := newTrial(t, "address-removed-smitty")
	text := r.plan()
	var document any
	noError(t, json.Unmarshal([]byte(text), &document))
	code, says, want := r.apply(text)
	if code != 0 || len(want) == 0 {
		t.Fatalf("as it is: %d, %q\n%s", code, want, says)
	}
	if code, says, sent := r.apply(sealed(t, document)); code != 0 || !slices.Equal(sent, want) {
		t.Fatalf("rewritten: %d, %q, want %q\n%s", code, sent, want, says)
	}
	all := edits(document, "", func(v any) any { return v })
	step, refused, same := suite.Rounds(15, 1), 0, 0
	for i, e := range all {
		if i%step != 0 || cmp.Equal(e.document, document) || strings.HasPrefix(e.place, ".set") || strings.HasPrefix(e.place, ".plan_id") { // TestAccept has the settings
			continue
		}
		code, says, sent := r.apply(sealed(t, e.document))
		switch {
		case len(sent) == 0 && (code == 2 || code == 3):
			refused++
		case slices.Equal(sent, want) && free.MatchString(e.place):
			same++
		default:
			t.Errorf("%s %s: %d, sent %q\n%s", e.place, e.how, code, sent, says)
		}
	}
	suite.Tell(t, fmt.Sprintf("%d edits: %d refused, %d changed nothing", refused+same, refused, same))
	if refused < 20 {
		t.Errorf("only %d edits were refused", refused)
	}
}

// Edits that belong together, as an attacker makes them.
func TestPlanAttacks(t *testing.T) {
	r := newTrial(t, "daemon-down")
	keys := filepath.Join(r.dir, "keys")
	noError(t, os.Mkdir(keys, 0o700))
	write(t, keys+"/id_ed25519", "a key")
	source, err := os.ReadFile("../../playbooks/rmc-restore.yaml")
	noError(t, err)
	evil := write(t, r.dir+"/evil.yaml", strings.ReplaceAll(string(source), `/rmcctrl -A"`, `/rmcctrl -A; /usr/bin/touch /tmp/evil"`))
	text := r.plan()
	evilText := r.plan("--playbook", evil)
	_, _, want := r.apply(text)
	change := func(text string, f func(p *planfile.Plan)) string {
		var p planfile.Plan
		noError(t, json.Unmarshal([]byte(text), &p))
		f(&p)
		id, err := p.Identify()
		noError(t, err)
		p.ID = id
		out, err := json.Marshal(p)
		noError(t, err)
		return string(out)
	}
	for name, c := range map[string]struct{ text, says string }{
		"another playbook":                 {evilText, "can't decide on --playbook " + evil},
		"another playbook under this name": {change(evilText, func(p *planfile.Plan) { p.Named = "rmc-restore" }), "playbook rmc-restore is not the one"},
		"its commands, and this hash":      {change(evilText, func(p *planfile.Plan) { p.Named = "rmc-restore"; p.Playbook.SHA256 = planOf(t, text).Playbook.SHA256 }), "drifted since the plan: step start-rmc"},
		"another embedded one":             {change(text, func(p *planfile.Plan) { p.Named = "support-data" }), "is not the one"},
		"a folder of this machine":         {change(text, func(p *planfile.Plan) { p.Set = append(p.Set, "upload="+keys) }), "can't decide on --set upload=" + keys},
		"a folder of the host":             {change(text, func(p *planfile.Plan) { p.Set = append(p.Set, "images=evil:/x") }), "can't decide on --set images=evil:/x"},
		"a clone":                          {change(text, func(p *planfile.Plan) { p.Set = append(p.Set, "new_node_id=daemon-down") }), "can't decide on --set new_node_id=daemon-down"},
		"a long timed undo":                {change(text, func(p *planfile.Plan) { p.Set = append(p.Set, "undo_after=99h") }), "can't decide on --set undo_after=99h"},
		"a level":                          {change(text, func(p *planfile.Plan) { p.Set = append(p.Set, "rsct_minimum=9.9.9.9") }), "can't decide on --set rsct_minimum=9.9.9.9"},
		"an allowance":                     {change(text, func(p *planfile.Plan) { p.Allow = append(p.Allow, "node-id") }), "can't decide on --allow node-id"},
		"warnings":                         {change(text, func(p *planfile.Plan) { p.MendWarnings = true }), "can't decide on --mend-warnings"},
		"no facts":                         {change(text, func(p *planfile.Plan) { p.Hosts[0].Facts = map[string]json.RawMessage{} }), "the plan lacks facts that it rests on"},
		"no facts, no findings": {change(text, func(p *planfile.Plan) {
			p.Hosts[0].Facts = map[string]json.RawMessage{}
			p.Hosts[0].Findings = []string{}
		}), "drifted"},
		"another login":                     {change(text, func(p *planfile.Plan) { p.Hosts[0].Login = "ops" }), "the login was ops, is root"},
		"another host of the inventory":     {change(text, func(p *planfile.Plan) { p.Hosts[0].Name = "other" }), `the inventory has no host "other"`},
		"a pause that is no duration":       {change(text, func(p *planfile.Plan) { p.Set = []string{"settle=1;touch /tmp/evil"} }), "is not a duration"},
		"a pause of a parameter not there":  {change(text, func(p *planfile.Plan) { p.Set = []string{"x=1"} }), "can't decide on --set x=1"},
		"a flag that looks like another":    {change(text, func(p *planfile.Plan) { p.Set = []string{"wait=1s --set upload=x"} }), "is not a duration"},
		"escape sequences in the reason":    {change(text, func(p *planfile.Plan) { p.Hosts[0].Reason = "\x1b[2J"; p.Hosts[0].Outcome = "unreachable" }), "drifted since the plan"},
		"escape sequences in what is drift": {change(text, func(p *planfile.Plan) { p.Hosts[0].Address = "\x1b[2J" }), "drifted since the plan"},
	} {
		code, says, sent := r.apply(c.text)
		if code != 2 && code != 3 || len(sent) > 0 || !strings.Contains(says, c.says) || strings.Contains(says, "\x1b") {
			t.Errorf("%s: %d, sent %q, want %q in\n%s", name, code, sent, c.says, says)
		}
	}
	if code, says, sent := r.apply(text); code != 0 || !slices.Equal(sent, want) || len(want) == 0 {
		t.Errorf("as it is: %d, sent %q\n%s", code, sent, says)
	}
}

func planOf(t *testing.T, text string) (p planfile.Plan) {
	t.Helper()
	noError(t, json.Unmarshal([]byte(text), &p))
	return p
}

// On a terminal the whole plan is shown, and what its file can't decide on is asked about.
func TestPlanQuestion(t *testing.T) {
	r := newTrial(t, "daemon-down")
	r.plan("--allow", "node-id", "--set", "images=/export/rsct")
	args := []string{"recover", "-i", r.dir + "/inventory.yaml", "--plan", r.dir + "/plan.json", "--ssh-config", "none", "--state", r.dir + "/state"}
	shown := []string{
		"plan plan.json, id ", "not signed: anybody who could write plan.json may have changed it", "playbook rmc-restore (embedded), sha256 ",
		"--set settle=60ms", "daemon-down (127.0.0.1, login root)", "/usr/sbin/rsct/bin/rmcctrl -A", "undo: /usr/sbin/rsct/bin/rmcctrl -z", "/usr/sbin/snap ",
		"A yes also allows, because the plan says so:", "--set images=/export/rsct: RSCT images", "--allow node-id: rebuild the RSCT node id",
	}
	k := onATerminal(t, args...)
	k.says("Type 'yes' to continue: ", "no")
	k.ends(2)
	for _, want := range shown {
		if !strings.Contains(k.shown.String(), want) {
			t.Errorf("no %q in\n%s", want, k.shown.String())
		}
	}
	if effects := r.fleet.Host(r.host).Effects(); len(effects) > len(r.ill.Effects) {
		t.Errorf("changed: %q", effects)
	}
	k = onATerminal(t, append(args, "--allow", "node-id")...)
	k.says("Type 'yes' to continue: ", "yes")
	k.ends(0)
	if _, asked, _ := strings.Cut(k.shown.String(), "because the plan says so:"); !strings.Contains(asked, "--set images=/export/rsct: ") || strings.Contains(asked, "--allow node-id:") {
		t.Errorf("what was named is asked about:\n%s", asked)
	}
}
