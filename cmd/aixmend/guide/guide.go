// Package guide suggests the next command after a run, ready to paste in the folder
// where this one was started.
package guide

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"aixmend/cmd/aixmend/planfile"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/playbooks"
	"aixmend/transport/shell"
)

// maxRanges is the longest list of hosts in a suggested command, in characters.
const maxRanges = 80

// The defaults of --state, --playbook and --inventory.
const (
	DefaultState     = "aixmend-state"
	DefaultPlaybook  = "rmc-restore"
	DefaultInventory = "inventory.yaml"
)

// Guide suggests commands about the hosts of a run.
type Guide struct {
	run   outcome.Run
	asked request.Asked // paths start in the working folder
	known bool          // whether asked is known
	// closed: the run can't be resumed, although hosts were cut off.
	closed bool
	// elsewhere: the hosts are those of sites, and no command about them works here.
	elsewhere bool
	state     string
	usual     Usual    // nil: the defaults
	fixes     bool     // the playbook has a rung that could fix something
	heals     []string // findings that a rung fixes, of those that are allowed
	words     []string // of --allow, that the playbook takes
	// locked are the words of --allow that are missing, by the findings that only their rungs fix.
	locked map[string]string
	// restated are the words of the flags that recover --plan wants named again.
	restated []string
}

// Values are the flags of a command where they are not typed.
type Values struct {
	// Program are the words that call this program, "" for its plain name.
	Program                         string
	State, Playbook                 string
	Identity, KnownHosts, SSHConfig string
	Inventories, Set                []string
}

// And returns the values that are the same in both, and empty ones for the others.
func (v Values) And(w Values) Values {
	text := func(a, b string) string {
		if a != b {
			return ""
		}
		return a
	}
	list := func(a, b []string) []string {
		if !slices.Equal(a, b) {
			return nil
		}
		return a
	}
	return Values{
		text(v.Program, w.Program), text(v.State, w.State), text(v.Playbook, w.Playbook),
		text(v.Identity, w.Identity), text(v.KnownHosts, w.KnownHosts), text(v.SSHConfig, w.SSHConfig),
		list(v.Inventories, w.Inventories), list(v.Set, w.Set),
	}
}

// Usual returns the values of a command on which some inventories are typed, nil for none.
type Usual func(inventories []string) Values

// untyped returns the values of a command on which some inventories are typed.
func (g Guide) untyped(inventories []string) Values {
	if g.usual == nil {
		return Values{State: DefaultState, Playbook: DefaultPlaybook, Inventories: []string{DefaultInventory}}
	}
	return g.usual(inventories)
}

// same reports whether two values of a flag are the same, or paths of the same file: a run that
// is kept has absolute ones.
func same(a, b string) bool {
	if a == b || a == "" || b == "" {
		return a == b
	}
	if embedded := playbooks.Names(); slices.Contains(embedded, a) || slices.Contains(embedded, b) {
		return false // a file of that name is another playbook
	}
	x, err := filepath.Abs(a)
	y, other := filepath.Abs(b)
	return err == nil && other == nil && x == y
}

// From returns the guide where flags that are not typed have other values than the
// defaults: its commands name a flag only where it has to be typed.
func (g Guide) From(usual Usual) Guide {
	g.usual = usual
	return g
}

// New returns the guide to a run. folder is the working folder of this process.
func New(run outcome.Run, r request.Request, state, folder string) Guide {
	if r.Sites != nil { // other verbs know no host of it, and hub run resumes it
		return Guide{run: run, state: state, closed: true, elsewhere: true}
	}
	g := Guide{run: run, asked: r.Typed(folder), known: true, state: state}
	p, err := playbooks.Load(r.Playbook)
	if err == nil {
		g.fixes = slices.ContainsFunc(p.Rungs, func(r playbooks.Rung) bool { return !r.Collect })
		g.locked = map[string]string{}
		for _, r := range p.Rungs {
			for _, id := range r.Fixes {
				if r.Allow != "" && !slices.Contains(g.asked.Allow, r.Allow) {
					g.locked[id.V] = cmp.Or(g.locked[id.V], r.Allow)
				} else {
					g.heals = append(g.heals, id.V)
				}
			}
		}
		for _, w := range p.AllowWords() {
			g.words = append(g.words, w.Word)
		}
	}
	if a := g.asked; a.Out != "" {
		g.restated = planfile.Words(planfile.Restate(p, planfile.Settings{Playbook: a.Playbook, Set: r.Set, Allow: a.Allow, MendWarnings: a.MendWarnings}))
	}
	return g
}

// Of returns the guide to a run that is kept. Without its request it knows less.
func Of(store *journal.Store, run outcome.Run, state string) Guide {
	stands := store.State(run.ID)
	then, err := request.Load(store, run.ID)
	if err != nil {
		return Bare(run, state)
	}
	here, err := os.Getwd()
	if err != nil {
		here = "" // the paths stay absolute
	}
	g := New(run, then, state, here)
	g.closed = stands != journal.StateOpen && stands != journal.StateRunning
	return g
}

// There returns the guide to a run that is kept, for the folder in which it began, and that
// folder; "" where that is not known.
func There(store *journal.Store, run outcome.Run) (Guide, string) {
	root, err := filepath.Abs(store.Root())
	if err != nil {
		return Bare(run, store.Root()), ""
	}
	then, err := request.Load(store, run.ID)
	if err != nil { // a replay, or an older run: it can't be resumed
		g := Bare(run, root)
		g.closed = true
		return g, ""
	}
	g := New(run, then, request.Short(then.Folder, root), then.Folder)
	stands := store.State(run.ID)
	g.closed = g.closed || stands != journal.StateOpen && stands != journal.StateRunning
	return g, then.Folder
}

// Bare returns a guide that knows nothing of a run but its id and hosts.
func Bare(run outcome.Run, state string) Guide { return Guide{run: run, state: state} }

// Next returns the next step for hosts that ended alike.
func (g Guide) Next(f report.Fold) report.Next {
	next := report.Next{Command: g.command(f)}
	if f.Step != "" && slices.Equal(next.Command, g.explains(f)) {
		next.Step = g.Complete(f.Step)
	}
	allow, set := g.wanted(f)
	if next.Step == "" && f.Outcome == outcome.Degraded && len(allow) > 0 {
		next.Step = "requires --allow " + strings.Join(allow, ",")
	}
	if next.Step == "" && len(set) > 0 {
		if _, open, found := strings.Cut(set[0], "="); found && slices.Contains(next.Command, shell.Word(set[0])) {
			next.Step = "replace " + open + " with your " + strings.ToLower(open)
		}
	}
	return next
}

// command is the command to type next about hosts that ended alike; nil where there is
// nothing to do.
func (g Guide) command(f report.Fold) []string {
	verb := controller.Verb(g.run.Command)
	if m := heldByOpen.FindStringSubmatch(f.Reason); m != nil && !f.Differ {
		return g.Quoted("aixmend", "resume", m[1])
	}
	reads := verb == controller.Audit || verb == controller.Capture
	left := f.Interrupted && !outcome.ToCompare(f.Outcome, f.Interrupted)
	switch allow, set := g.wanted(f); {
	case left && !g.closed:
		return g.Resume()
	case left && g.known && g.run.Undoes == "":
		return g.Again(string(verb), f)
	case f.Guided, !g.known, g.run.Undoes != "":
	case f.Outcome == outcome.Unreachable && hostKey.MatchString(f.Reason):
		return g.about("hostkeys", f)
	case len(allow) > 0 || len(set) > 0:
		more := g
		more.asked.Allow = append(slices.Clone(g.asked.Allow), allow...)
		more.asked.Set = append(slices.Clone(g.asked.Set), set...)
		return more.Again("plan", f)
	case f.Step != "":
		return g.explains(f)
	case f.Planned && g.asked.Out != "": // Saved names one command for all hosts
		return nil
	case f.Planned && verb == controller.Plan:
		return g.Again("recover", f)
	case reads && f.Outcome == outcome.NeedsAction && g.fixes:
		return g.Again("plan", f)
	case f.Outcome == outcome.Skipped && strings.HasPrefix(f.Reason, outcome.ReasonDrifted):
		return g.Again("plan", f)
	case f.Outcome == outcome.Skipped && slices.ContainsFunc([]string{outcome.ReasonHeld, outcome.ReasonBrake}, func(begins string) bool { return strings.HasPrefix(f.Reason, begins) }):
		return g.Again(string(verb), f)
	}
	warned := f.Outcome == outcome.Recovered && len(f.Findings) > 0
	if (f.Outcome == outcome.Healthy || f.Outcome == outcome.Recovered || f.Outcome == outcome.OutcomeUndone) && !f.Guided && !warned {
		return nil
	}
	return g.explains(f)
}

// explains is the command that explains the first host of a fold.
func (g Guide) explains(f report.Fold) []string {
	return g.Quoted("aixmend", "explain", g.run.ID, f.Hosts[0])
}

// Saved says where the run saved its plan and how to apply it, "" where there is no such
// file.
func (g Guide) Saved() string {
	if g.asked.Out == "" {
		return ""
	}
	if info, err := os.Stat(g.asked.Out); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	text := "saved " + report.Clean(g.asked.Out, false)
	if apply := g.apply(); apply != nil {
		return text + "; apply it with: " + strings.Join(apply, " ")
	}
	return text + ": it changes no host"
}

// apply is the command that applies the saved plan, nil where nothing in it would change a
// host.
func (g Guide) apply() []string {
	if !slices.ContainsFunc(g.run.Hosts, func(h outcome.HostSummary) bool { return slices.ContainsFunc(h.Plan, outcome.PlanStep.Runs) }) {
		return nil
	}
	return g.on(nil, "recover", append([]string{"--plan", g.asked.Out}, g.restated...)...) // the plan has the hosts
}

// Reapply is the hint for a caller of recover --plan whose inventory is not the one that the plan
// was made with: the command that names that, where the state folder still knows it. The flags
// of the call are missing in it.
func Reapply(state, run, file string) string {
	const plainly = "-i names the inventory that the plan was made with"
	store, err := journal.OpenExisting(state)
	if err != nil {
		return plainly
	}
	g := Of(store, outcome.Run{ID: run}, state)
	if !g.known || slices.ContainsFunc(g.asked.Inventories, func(name string) bool { _, err := os.Stat(name); return err != nil }) {
		return plainly
	}
	words := []string{"aixmend", "recover"}
	for _, name := range g.asked.Inventories { // also the default: the call may have named another
		words = append(words, "-i", name)
	}
	return "name the inventory that the plan was made with: " + shell.Line(append(words, "--plan", file)...)
}

// notAllowed matches the reason of a host where --allow would let a rung run, also as
// earlier versions worded it.
var notAllowed = regexp.MustCompile(`\b(?:` + regexp.QuoteMeta(playbooks.NotAllowed) + `|not allowed: it takes --allow )([a-z0-9-]+)`)

// heldByOpen matches the reason of a host that an open run of the state folder holds.
var heldByOpen = regexp.MustCompile("^" + regexp.QuoteMeta(outcome.ReasonHeld) + `[^;]*; aixmend resume ([A-Za-z0-9._-]+)\)$`)

// hostKey matches the reason of a host whose key, or that of its bastion, is not the known one.
var hostKey = regexp.MustCompile(`^(?:jump: bastion [^ ]+: )?host-key-(?:unknown|changed): `)

// wanted are the words of --allow and the values of --set that hosts wait for. A host that is
// blocked although the word was given waits for something else.
func (g Guide) wanted(f report.Fold) (allow, set []string) {
	warned := f.Outcome == outcome.Degraded && g.asked.MendWarnings && !f.Planned
	if f.Outcome != outcome.NeedsAction && !warned {
		return nil, nil
	}
	allow = slices.Clone(f.Allow)
	if warned {
		allow = append(allow, g.lacks(f)...)
	}
	if m := notAllowed.FindStringSubmatch(f.Reason); m != nil && !f.Differ && len(allow) == 0 {
		allow = []string{m[1]}
	}
	allow = slices.DeleteFunc(allow, func(word string) bool {
		return !slices.Contains(g.words, word) || slices.Contains(g.asked.Allow, word)
	})
	if len(g.words) == 0 { // the playbook takes none, or is not known
		return allow, nil
	}
	return allow, f.Set
}

// lacks are the words of --allow without which no rung fixes some warnings of hosts.
func (g Guide) lacks(f report.Fold) []string {
	var list []string
	for _, id := range f.Findings {
		if word := g.locked[id]; word != "" && !slices.Contains(g.heals, id) && !slices.Contains(list, word) {
			list = append(list, word)
		}
	}
	return list
}

// Unasked says that the run did not ask the cloud; "" where it did or was told not to, and for one
// that never does.
func (g Guide) Unasked() string {
	asked := slices.ContainsFunc(g.run.Hosts, func(h outcome.HostSummary) bool { return h.Cloud != nil })
	if asked || !g.known || g.asked.Cloud == "off" || len(g.run.Hosts) == 0 || g.run.Undoes != "" || g.run.Command == "replay" {
		return ""
	}
	return "cloud:   not asked by that run (docs/powervs.md), so the dashboard may show another health\n"
}

// Resume is the command that continues the run.
func (g Guide) Resume() []string { return g.Quoted("aixmend", "resume", g.run.ID) }

// Fixes reports whether the playbook of the run could fix something, as far as that is known.
func (g Guide) Fixes() bool { return g.fixes || !g.known }

// Heals reports whether a rung of the playbook that needs no other --allow fixes one of some
// findings, as far as that is known.
func (g Guide) Heals(findings []string) bool {
	return !g.known || slices.ContainsFunc(findings, func(id string) bool { return slices.Contains(g.heals, id) })
}

// MendsWarnings reports whether the run was asked to fix warnings, too.
func (g Guide) MendsWarnings() bool { return g.asked.MendWarnings }
