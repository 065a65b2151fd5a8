package adoption_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/cmd/aixmend/hub/adoption"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/controller/fleet"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/playbooks"
)

const run = "20261201T070000.000Z-3f9ac2"

var now = time.Date(2026, 12, 2, 0, 0, 0, 0, time.UTC)

// whole is the request of a run over two sites, as the hub had it.
func whole(t *testing.T) request.Request {
	t.Helper()
	p, err := playbooks.Load("rmc-restore")
	if err != nil {
		t.Fatal(err)
	}
	return request.Request{
		Verb: controller.Recover, SHA256: p.SHA256, By: outcome.By{User: "ana", Operator: "ops"}, Folder: "/var/lib/hub",
		Approvals: []outcome.Approval{{Principal: "ben", Key: "SHA256:x", PlanSHA256: "0", By: outcome.By{User: "ben"}}},
		Asked:     request.Asked{Playbook: p.Name, FailOn: []string{"failed"}, Waves: "1,100%", MaxFail: "10%", Identity: "/root/.ssh/id", Concurrency: 1},
		Scope: request.Scope{
			Hosts: []inventory.Host{{Name: "a"}, {Name: "b"}, {Name: "c"}}, Names: []string{"a", "b", "c"},
			Groups: []inventory.Group{{Name: "g", Hosts: []string{"a"}}}, Sites: map[string][]string{"fra": {"a", "b"}, "par": {"c"}},
		},
	}
}

// kept is the run as a site tells it.
func kept(t *testing.T, r request.Request) fleet.Kept {
	t.Helper()
	words, err := adoption.Words(r, r.Playbook, r.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	return fleet.Kept{ID: run, Request: words, Ended: now.Add(-time.Hour), Process: "0123456789ab.01234567"}
}

func judge() adoption.Judge {
	return adoption.Judge{Verbs: []controller.Verb{controller.Audit, controller.Recover}, Sites: map[string]string{"a": "fra", "c": "par"}, Now: now}
}

// An order has the request of its run without anything of the hub's machine, and a hub reads it
// as it was.
func TestWords(t *testing.T) {
	t.Parallel()
	r := whole(t)
	k := kept(t, r)
	if text := string(k.Request); strings.Contains(text, "/var/lib") || strings.Contains(text, "/root") || strings.Contains(text, `"hosts":[{`) {
		t.Error(text)
	}
	told, err := judge().Read("fra", k)
	if err != nil {
		t.Fatal(err)
	}
	r.Folder, r.Identity, r.Groups, r.Hosts = "", "", nil, nil
	if diff := cmp.Diff(r, told.Request); diff != "" {
		t.Error(diff)
	}
	r.Names = []string{"a", "b", "c", "d"} // not all hosts were selected
	if told, err = judge().Read("fra", kept(t, r)); err != nil || len(told.Request.Names) != 4 {
		t.Error(told, err)
	}
}

// A worker may tell whatever it likes. Each run that can't be one of its site is refused, with
// the reason.
func TestJudgeRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*request.Request, *fleet.Kept)
		want   string
	}{
		"good":              {func(*request.Request, *fleet.Kept) {}, ""},
		"out of the folder": {func(_ *request.Request, k *fleet.Kept) { k.ID = "../../etc" }, "that can't be the id of a run"},
		"latest":            {func(_ *request.Request, k *fleet.Kept) { k.ID = "latest" }, "that can't be the id of a run"},
		"hidden":            {func(_ *request.Request, k *fleet.Kept) { k.ID = ".replaced-" + run }, "that can't be the id of a run"},
		"no date":           {func(_ *request.Request, k *fleet.Kept) { k.ID = "20261399T070000.000Z-3f9ac2" }, "that can't be the id of a run"},
		"in years":          {func(_ *request.Request, k *fleet.Kept) { k.ID = "20991201T070000.000Z-3f9ac2" }, "it began in the future"},
		"a reason":          {func(_ *request.Request, k *fleet.Kept) { k.Why = "\x1b[31mno" }, "no"},
		"no request":        {func(_ *request.Request, k *fleet.Kept) { k.Request = nil }, "its request can't be read"},
		"another type":      {func(_ *request.Request, k *fleet.Kept) { k.Request = json.RawMessage(`{"hosts": 1}`) }, "its request can't be read"},
		"another verb":      {func(r *request.Request, _ *fleet.Kept) { r.Verb = "record" }, `a hub does not carry out "record"`},
		"a file":            {func(r *request.Request, _ *fleet.Kept) { r.Playbook = "/tmp/evil.yaml" }, `this hub has no playbook "/tmp/evil.yaml"`},
		"another playbook":  {func(r *request.Request, _ *fleet.Kept) { r.SHA256 = strings.Repeat("0", 64) }, "its playbook rmc-restore is not that of this version"},
		"a folder here":     {func(r *request.Request, _ *fleet.Kept) { r.Set = []string{"upload=/etc"} }, "--set upload names a folder of this machine"},
		"a plan elsewhere":  {func(r *request.Request, _ *fleet.Kept) { r.Applies = "../../x" }, "it names a run that can't be one"},
		"undoes elsewhere":  {func(r *request.Request, _ *fleet.Kept) { r.Undoes = "../../x" }, "it names a run that can't be one"},
		"negative":          {func(r *request.Request, _ *fleet.Kept) { r.Deadline = -1 }, "its request can't be one"},
		"a long text":       {func(r *request.Request, _ *fleet.Kept) { r.Ticket = strings.Repeat("x", 2000) }, "a text that is too long, or not plain"},
		"an escape":         {func(r *request.Request, _ *fleet.Kept) { r.By.User = "ana\x1b]0;x\a" }, "a text that is too long, or not plain"},
		"an approval":       {func(r *request.Request, _ *fleet.Kept) { r.Approvals[0].Comment = "CHG\x1b[2J" }, "a text that is too long, or not plain"},
		"lines":             {func(r *request.Request, _ *fleet.Kept) { r.Limit = []string{"a\nb"} }, "a text that is too long, or not plain"},
		"nobody's":          {func(r *request.Request, _ *fleet.Kept) { r.By.Operator = "" }, "no operator has asked for it"},
		"a bad site":        {func(r *request.Request, _ *fleet.Kept) { r.Sites["../x"] = []string{"x"} }, `site "../x"`},
		"a bad host":        {func(r *request.Request, _ *fleet.Kept) { r.Sites["fra"] = []string{"../x"} }, `host "../x" can't be one`},
		"a bad host there":  {func(r *request.Request, _ *fleet.Kept) { r.Sites["par"] = []string{"../x"} }, `host "../x" can't be one`},
		"a bad name":        {func(r *request.Request, _ *fleet.Kept) { r.Names = []string{"../x"} }, `host "../x" can't be one`},
		"twice":             {func(r *request.Request, _ *fleet.Kept) { r.Sites["par"] = []string{"a"} }, "is there twice"},
		"a foreign host":    {func(r *request.Request, _ *fleet.Kept) { r.Sites = map[string][]string{"fra": {"a", "c"}} }, "host c is one of site par"},
		"no part":           {func(r *request.Request, _ *fleet.Kept) { delete(r.Sites, "fra") }, "the site has no part in it"},
		"begun elsewhere":   {func(_ *request.Request, k *fleet.Kept) { k.Begun = []string{"a", "c"} }, `it has begun "c", which is no host of its part`},
	} {
		r := whole(t)
		r.Sites = maps.Clone(r.Sites)
		var changed fleet.Kept
		c.change(&r, &changed)
		k := kept(t, r)
		c.change(&r, &k)
		told, err := judge().Read("fra", k)
		if got := fmt.Sprint(err); (err == nil) != (c.want == "") || c.want != "" && !strings.Contains(got, c.want) || strings.Contains(got, "\x1b") {
			t.Errorf("%s: %v, %+v; want %q", name, err, told, c.want)
		}
	}
	many := whole(t)
	for i := range 200_001 {
		many.Sites["fra"] = append(many.Sites["fra"], fmt.Sprint("h", i))
	}
	if _, err := judge().Read("fra", kept(t, many)); err == nil || !strings.Contains(err.Error(), "hosts are too many") {
		t.Error(err)
	}
	future := kept(t, whole(t))
	future.Ended = now.Add(time.Hour)
	if told, err := judge().Read("fra", future); err != nil || !told.Ended.Equal(time.Date(2026, 12, 1, 7, 0, 0, 0, time.UTC)) {
		t.Error(told, err)
	}
}

// told is the run as one of its sites tells it.
func told(t *testing.T, site string, change func(*request.Request)) *adoption.Told {
	t.Helper()
	r := whole(t)
	r.Sites = maps.Clone(r.Sites)
	change(&r)
	j := judge()
	j.Sites = nil
	one, err := j.Read(site, kept(t, r))
	if err != nil {
		t.Fatal(err)
	}
	return one
}

func as(*request.Request) {}

// A run of two sites is whole when both have told it, together or one after the other. Until then
// the hosts of the other one are named, and its site gets no order.
func TestJoin(t *testing.T) {
	t.Parallel()
	fra, par := told(t, "fra", as), told(t, "par", as)
	first, joined, refused := adoption.Join(nil, []*adoption.Told{fra}, now)
	if len(joined) != 1 || len(refused) > 0 || !slices.Equal(adoption.Missing(first), []string{"par"}) || len(first.Hosts) != 3 || !slices.Equal(first.Sites["par"], []string{"c"}) {
		t.Errorf("%+v %v", first, refused)
	}
	later := now.Add(time.Hour)
	second, joined, refused := adoption.Join(&first, []*adoption.Told{par}, later)
	if len(joined) != 1 || len(refused) > 0 || len(adoption.Missing(second)) > 0 {
		t.Errorf("%+v %v", second, refused)
	}
	if diff := cmp.Diff([]outcome.Adopted{{Site: "fra", At: now}, {Site: "par", At: later}}, second.Adopted); diff != "" {
		t.Error(diff)
	}
	both, _, _ := adoption.Join(nil, []*adoption.Told{fra, par}, now)
	both.Adopted, second.Adopted = nil, nil
	if diff := cmp.Diff(both, second); diff != "" {
		t.Error(diff)
	}
	if alone := whole(t); len(adoption.Missing(alone)) > 0 {
		t.Error("a run that was never lost misses sites")
	}
}

// The word of a site counts for its own hosts alone, and a site that tells another run is refused:
// a worker that lies can have nothing ordered at another site.
func TestJoinRefuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*request.Request){
		"more allowed":  func(r *request.Request) { r.Allow = []string{"node-id"} },
		"another verb":  func(r *request.Request) { r.Verb = controller.Audit },
		"another asker": func(r *request.Request) { r.By.Operator = "eve" },
		"no brake":      func(r *request.Request) { r.MaxFail = "100%" },
		"a plan":        func(r *request.Request) { r.Applies = "20261201T060000.000Z-3f9ac2" },
		"its host":      func(r *request.Request) { r.Sites = map[string][]string{"par": {"c", "a"}} },
	} {
		r, joined, refused := adoption.Join(nil, []*adoption.Told{told(t, "fra", as), told(t, "par", change)}, now)
		if len(joined) != 1 || refused["par"] == nil || !slices.Equal(r.Sites["fra"], []string{"a", "b"}) || !slices.Equal(adoption.Missing(r), []string{"par"}) {
			t.Errorf("%s: %+v %v", name, r, refused)
		}
	}
	liar := told(t, "fra", func(r *request.Request) {
		r.Sites = map[string][]string{"fra": {"a"}, "par": {"x", "y", "c"}, "mad": {"z"}}
	})
	r, joined, refused := adoption.Join(nil, []*adoption.Told{liar, told(t, "par", as)}, now)
	if len(joined) != 2 || len(refused) > 0 || !slices.Equal(r.Sites["par"], []string{"c"}) || !slices.Equal(adoption.Missing(r), []string{"mad"}) {
		t.Errorf("%+v %v", r, refused)
	}
}

// The folder that is made has the turns of the hosts that a site was let begin, and of the run
// before the reports of its sites alone.
func TestStage(t *testing.T) {
	t.Parallel()
	hub, err := journal.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	fra := told(t, "fra", as)
	fra.Begun = []string{"b"}
	r, joined, _ := adoption.Join(nil, []*adoption.Told{fra}, now)
	if err := adoption.Stage(hub, run, r, joined, nil); err != nil {
		t.Fatal(err)
	}
	dir, err := hub.Reopen(run)
	for _, h := range []outcome.Host{{Host: "a", Site: "fra", Outcome: outcome.Healthy}, {Host: "c", Site: "par", Outcome: outcome.Unreachable}} {
		h.RunID = run
		err = errors.Join(err, dir.WriteHost(h, nil), dir.Append(outcome.EndEntry(h)))
	}
	if err := errors.Join(err, dir.Close()); err != nil {
		t.Fatal(err)
	}
	incomplete, ids, err := adoption.Incomplete(hub)
	if err != nil || len(incomplete) != 1 || len(incomplete.Have(ids, "par")) != 0 || len(incomplete.Have(ids, "fra")) != 1 {
		t.Fatal(incomplete, ids, err)
	}
	before, err := adoption.Load(hub, run)
	if err != nil {
		t.Fatal(err)
	}
	par := told(t, "par", as)
	par.Begun = []string{"c"}
	r, joined, _ = adoption.Join(&before.Request, []*adoption.Told{par}, now)
	into, err := journal.Open(t.TempDir())
	if err == nil {
		err = adoption.Stage(into, run, r, joined, before)
	}
	if err != nil {
		t.Fatal(err)
	}
	entries, err := into.ReadJournal(run)
	if err != nil {
		t.Fatal(err)
	}
	var events []string
	for _, e := range entries {
		events = append(events, strings.TrimSpace(e.Event+" "+e.Host))
	}
	if got := entries[0].Approvals; len(got) != 1 || got[0].Principal != "ben" {
		t.Errorf("%+v", got)
	}
	if diff := cmp.Diff([]string{"run", "turn b", "ended a", "turn c"}, events); diff != "" {
		t.Error(diff)
	}
	if _, err := into.LoadHost(run, "a"); err != nil {
		t.Error(err)
	}
	if h, err := into.LoadHost(run, "c"); err == nil {
		t.Errorf("%+v", h)
	}
	if none, err := adoption.Load(hub, "20261201T060000.000Z-3f9ac2"); none != nil || err != nil {
		t.Error(none, err)
	}
	if !before.Unchanged(run) {
		t.Error("it has changed")
	}
}

// A list that comes again adds nothing, one that never ends is cut, and a site that is silent is
// waited for no longer than any other.
func TestListsOfRuns(t *testing.T) {
	t.Parallel()
	heard := map[string]time.Time{}
	lists := adoption.NewLists(func(site string) fleet.Heard { return fleet.Heard{Last: heard[site]} }, []string{"fra", "par", "mad", "rom", "old"})
	tell := func(site string, e fleet.Event) {
		e.Site = site
		lists.Take(e)
		lists.Take(e)
	}
	tell("nowhere", fleet.Event{Kept: &fleet.Kept{ID: run}})
	tell("fra", fleet.Event{Kept: &fleet.Kept{ID: run}})
	tell("fra", fleet.Event{Kept: &fleet.Kept{End: &fleet.KeptEnd{There: 3, Older: 2}}})
	tell("fra", fleet.Event{Kept: &fleet.Kept{ID: "late"}})
	for i := range 1000 {
		tell("par", fleet.Event{Kept: &fleet.Kept{ID: fmt.Sprint("r", i)}})
	}
	tell("par", fleet.Event{Kept: &fleet.Kept{End: &fleet.KeptEnd{}}})
	tell("mad", fleet.Event{Kept: &fleet.Kept{ID: run}})
	lists.Bad("rom", errors.New("its run \x1b[31mcan't be one"))
	lists.Bad("nowhere", errors.New("x"))
	if l := lists.Of("rom"); l.Why != "a message that is none: its run ^[[31mcan't be one" {
		t.Errorf("%q", l.Why)
	}
	tell("old", fleet.Event{Ended: &fleet.Ended{Refused: `"adopt" is none of the verbs of a worker`}})
	tell("rom", fleet.Event{Ended: &fleet.Ended{Broken: "disk"}})
	lists.Check(time.Now().Add(fleet.SilentAfter / 2))
	if l := lists.Of("mad"); l.Why != "" {
		t.Error(l)
	}
	lists.Check(time.Now().Add(2 * fleet.SilentAfter))
	if err := lists.Wait(t.Context()); err != nil {
		t.Error(err)
	}
	got := map[string]string{}
	for _, site := range []string{"fra", "par", "mad", "rom", "old"} {
		l := lists.Of(site)
		got[site] = l.Text() + "; " + l.Why
	}
	if diff := cmp.Diff(map[string]string{
		"fra": "1 run to adopt, 3 that the hub has, which stay as they are, 2 older ones for another aixmend hub adopt; ",
		"par": "200 runs to adopt; it tells more than it was asked for; the rest is not adopted",
		"mad": "1 run to adopt; not heard for 2m0s: its worker is down, or cut off",
		"rom": "0 runs to adopt; its worker failed: disk",
		"old": `0 runs to adopt; it refuses: "adopt" is none of the verbs of a worker`,
	}, got); diff != "" {
		t.Error(diff)
	}
}
