package main

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"aixmend/controller"
	"aixmend/controller/approval"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/inventory"
	"aixmend/playbooks/onhost"
	"aixmend/transport"
	"aixmend/transport/wrap"
)

// planSchema is that of the file that plan --out writes.
const planSchema = "aixmend.plan/v1"

// planFile is a plan that a person can approve: what would be run on each host,
// and what that rests on.
type planFile struct {
	Schema string `json:"schema"`
	// ID is the plan's own: a hash of all else. Nonce makes it another one for each
	// plan, were they the same in every other way.
	ID       string           `json:"plan_id"`
	Nonce    string           `json:"nonce"`
	RunID    string           `json:"run_id"`
	Created  time.Time        `json:"created"`
	Version  string           `json:"version"`
	Playbook outcome.Playbook `json:"playbook"`
	// Named is how the playbook was named: a name or a file.
	Named        string        `json:"named"`
	Set          []string      `json:"set"`
	Allow        []string      `json:"allow"`
	MendWarnings bool          `json:"mend_warnings"`
	Hosts        []plannedHost `json:"hosts"`
}

// plannedHost is the plan of one host.
type plannedHost struct {
	Name    string          `json:"name"`
	Address string          `json:"address"`
	Outcome outcome.Outcome `json:"outcome"`
	Reason  string          `json:"reason"`
	// HostKey is the fingerprint by which the host proved itself.
	HostKey  string   `json:"host_key"`
	Findings []string `json:"findings"`
	// Facts are the parts of facts that the plan rests on.
	Facts map[string]json.RawMessage `json:"facts"`
	Plan  []outcome.PlanStep         `json:"plan"`
}

// savePlan writes the plan of a run, whole or not at all.
func savePlan(file string, j *job, run *outcome.Run, store *journal.Store) error {
	p := planFile{
		Schema: planSchema, Nonce: rand.Text(), RunID: run.ID, Created: run.Finished, Version: run.Version, Playbook: run.Playbook, Named: j.flags.Playbook,
		Set: orEmpty(j.flags.Set), Allow: orEmpty(j.flags.Allow), MendWarnings: j.flags.MendWarnings, Hosts: []plannedHost{},
	}
	for _, s := range run.Hosts {
		h, err := store.LoadHost(run.ID, s.Name)
		if err != nil {
			return err
		}
		a := approval.Of(*h)
		p.Hosts = append(p.Hosts, plannedHost{
			Name: h.Host, Address: a.Address, Outcome: h.Outcome, Reason: h.Reason, HostKey: a.HostKey,
			Findings: a.Findings, Facts: a.Evidence, Plan: a.Plan,
		})
	}
	var err error
	if p.ID, err = p.identify(); err != nil {
		return err
	}
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	return journal.WriteFile(file, append(text, '\n'))
}

// identify is the id of the plan by what it holds.
func (p planFile) identify() (string, error) {
	p.ID = ""
	text, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("plan: %w", err)
	}
	hash := sha256.Sum256(text)
	return hex.EncodeToString(hash[:16]), nil
}

func orEmpty(list []string) []string { return append([]string{}, list...) }

// maxPlanFile bounds what is read as a plan.
const maxPlanFile = 1 << 30

// loadPlan reads a plan that was approved.
func loadPlan(file string) (*planFile, error) {
	info, err := os.Stat(file)
	if err == nil && info.Size() > maxPlanFile {
		err = errors.New("it is too large to be a plan")
	}
	if err != nil {
		return nil, usagef("aixmend plan --out FILE writes one", "--plan %s: %w", file, err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, usagef("aixmend plan --out FILE writes one", "--plan %s: %w", file, err)
	}
	var p planFile
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&p); err != nil {
		return nil, usagef("make it anew: aixmend plan --out FILE", "--plan %s: at byte %d: %w", file, decoder.InputOffset(), err)
	}
	switch {
	case decoder.More():
		return nil, usagef("make it anew: aixmend plan --out FILE", "--plan %s: at byte %d: there is more behind the plan", file, decoder.InputOffset())
	case p.Schema != planSchema:
		return nil, usagef("make it anew: aixmend plan --out FILE", "--plan %s: its schema is %q, wanted %s", file, p.Schema, planSchema)
	case !journal.IsRunID(p.RunID):
		return nil, usagef("make it anew: aixmend plan --out FILE", "--plan %s: %q is not the id of a run", file, p.RunID)
	case len(p.Hosts) == 0:
		return nil, usagef("make it anew: aixmend plan --out FILE", "--plan %s: it has no host", file)
	}
	switch id, err := p.identify(); {
	case err != nil:
		return nil, err
	case p.ID == "":
		return nil, usagef("make it anew: aixmend plan --out FILE", "--plan %s: it has no plan_id: an older version made it", file)
	case id != p.ID:
		return nil, usagef("make it anew: aixmend plan --out FILE; -l applies a part of a plan", "--plan %s: it is not what aixmend wrote: its plan_id is of another content", file)
	}
	return &p, nil
}

// planFlags are those that a plan has decided.
var planFlags = []string{"playbook", "set", "allow", "mend-warnings"}

// applyPlan makes the flags those of a plan.
func (f *flags) applyPlan(c *cobra.Command) (*planFile, error) {
	if name := changedFlag(c, planFlags); name != "" {
		return nil, usagef("leave it away, or make another plan", "--plan %s has decided what --%s is", f.plan, name)
	}
	p, err := loadPlan(f.plan)
	if err != nil {
		return nil, err
	}
	f.Playbook, f.Set, f.Allow, f.MendWarnings = p.Named, p.Set, p.Allow, p.MendWarnings
	return p, nil
}

// changedFlag is the first of some flags that was given, "" when none was. What
// the environment says is there for every call, and no contradiction.
func changedFlag(c *cobra.Command, names []string) string {
	for _, name := range names {
		flag := c.Flags().Lookup(name)
		if flag == nil || !flag.Changed {
			continue
		}
		if _, given := flag.Annotations[ofEnvironment]; !given {
			return name
		}
	}
	return ""
}

// approve makes a job one that applies a plan: its hosts are those of the plan
// that were selected.
func (j *job) approve(p *planFile) error {
	if j.playbook.SHA256 != p.Playbook.SHA256 {
		return usagef("make another plan", "--plan: playbook %s is not what it was when the plan was made", p.Playbook.Name)
	}
	planned := map[string]bool{}
	for _, h := range p.Hosts {
		if !slices.Contains(j.Names, h.Name) {
			return usagef("-i names the inventory that the plan was made with", "--plan: the inventory has no host %q", h.Name)
		}
		planned[h.Name] = true
	}
	j.Hosts = slices.DeleteFunc(j.Hosts, func(h inventory.Host) bool { return !planned[h.Name] })
	if len(j.Hosts) == 0 {
		return usagef("", "--plan: no host of the plan is selected")
	}
	j.plan = p
	return nil
}

// approved is what a plan says of each host; nil without a plan. A host to which
// another run than this one has applied it already is left alone: the copies that
// its undo needs are those of then. Where that is not known, nothing is applied.
func (j *job) approved(store *journal.Store, run string) (func(host string) *approval.Host, error) {
	if j.plan == nil {
		return nil, nil
	}
	before, err := j.appliedBefore(store, run)
	if err != nil {
		return nil, err
	}
	hosts := map[string]*approval.Host{}
	for _, h := range j.plan.Hosts {
		a := approval.Host{ID: j.plan.ID, Address: h.Address, HostKey: h.HostKey, Findings: h.Findings, Evidence: h.Facts, Plan: h.Plan}
		if h.Outcome == outcome.Unreachable || h.Outcome == outcome.Skipped {
			a.Unknown = string(h.Outcome) + ": " + h.Reason
		}
		if by := before[h.Name]; by != "" {
			a.Unknown = "run " + by + " has applied it already: make another plan"
		}
		hosts[h.Name] = &a
	}
	return func(host string) *approval.Host {
		if a := hosts[host]; a != nil {
			return a
		}
		return &approval.Host{Unknown: "it is not in the plan"}
	}, nil
}

// appliedBefore are the hosts to which other runs have applied the plan, each with
// the run. It is an error where that is each host of the job, or is not known.
func (j *job) appliedBefore(store *journal.Store, besides string) (map[string]string, error) {
	before, err := store.Applied(j.plan.ID)
	if err != nil {
		return nil, usagef("make another plan: aixmend plan --out FILE", "--plan: whether it was applied already is not known: %w", err)
	}
	maps.DeleteFunc(before, func(_, run string) bool { return run == besides })
	left := slices.ContainsFunc(j.Hosts, func(h inventory.Host) bool { return before[h.Name] == "" })
	if !left {
		return nil, usagef("make another plan: aixmend plan --out FILE", "--plan: run %s has applied it already; a plan is applied once", before[j.Hosts[0].Name])
	}
	return before, nil
}

// planJournal is the journal of a run that applies a plan: before the first change of
// a host is in it, the state folder's own record of the plan knows the host.
type planJournal struct {
	*journal.Run
	store     *journal.Store
	plan, run string

	mu     sync.Mutex
	marked map[string]bool
}

// Append implements controller.Journal.
func (p *planJournal) Append(e outcome.Entry) error {
	if e.Event == outcome.EventIntent {
		if err := p.mark(e.Host); err != nil {
			return err
		}
	}
	return p.Run.Append(e)
}

// mark notes a host once. The lock is held meanwhile: the record is one file.
func (p *planJournal) mark(host string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.marked[host] {
		return nil
	}
	if err := p.store.MarkApplied(p.plan, host, p.run); err != nil {
		return err
	}
	p.marked[host] = true
	return nil
}

// madeBy is the run that made the plan; "" without one.
func (j *job) madeBy() string {
	if j.plan == nil {
		return ""
	}
	return j.plan.RunID
}

// within is a gate that, where a plan was approved, lets nothing pass that is not
// in it: neither as a command nor as the undo of one. Leases and the mark of the
// plan pass.
func (j *job) within(gate wrap.Gate, run string) wrap.Gate {
	if j.plan == nil {
		return gate
	}
	allowed := map[string]bool{}
	for _, h := range j.plan.Hosts {
		for _, s := range h.Plan {
			if s.BlockedBy == "" || s.Conditional {
				allowed[h.Name+"\n"+s.Command], allowed[h.Name+"\n"+s.Undo] = true, true
			}
		}
	}
	return func(t transport.Target, c transport.Command) error {
		own := strings.HasPrefix(c.ID, controller.LeaseSteps) || c.ID == onhost.MarkAppliedStep && c.Line == onhost.MarkAppliedCommand(j.plan.ID, run)
		if !own && c.ID != "upload" && !allowed[t.Name+"\n"+c.Line] {
			return fmt.Errorf("%s: %w: it is not in the approved plan", c.ID, transport.ErrGateShut)
		}
		return gate(t, c)
	}
}

// aheadOfUs is how far the clock of who made a plan may be ahead without a word.
const aheadOfUs = 2 * time.Minute

// told says what a plan is, for the question before it is applied.
func (p *planFile) told(file string, now time.Time) string {
	changed := 0
	for _, h := range p.Hosts {
		if slices.ContainsFunc(h.Plan, func(s outcome.PlanStep) bool { return s.Step != "" && s.BlockedBy == "" }) {
			changed++
		}
	}
	age := fmt.Sprintf("%s old", max(now.Sub(p.Created), 0).Round(time.Second))
	if ahead := p.Created.Sub(now); ahead > aheadOfUs {
		age = fmt.Sprintf("made %s in the future by this machine's clock", ahead.Round(time.Second))
	}
	return fmt.Sprintf("the plan %s of run %s, %s, would change %s", filepath.Base(file), p.RunID, age, report.Hosts(changed))
}
