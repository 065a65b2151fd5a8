// Package planfile reads and writes saved plans: plan --out writes one for approval,
// recover --plan applies exactly that.
package planfile

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"aixmend/cmd/aixmend/exit"
	"aixmend/controller/approval"
	"aixmend/controller/journal"
	"aixmend/controller/journal/durable"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/inventory"
)

// schema is the schema of a plan file.
const schema = "aixmend.plan/v1"

// Plan is a plan that a person can approve: the commands for each host, and the facts
// that they rest on.
type Plan struct {
	Schema string `json:"schema"`
	// ID is a hash of everything else. Nonce makes it unique, even among plans that
	// are otherwise equal.
	ID       string           `json:"plan_id"`
	Nonce    string           `json:"nonce"`
	RunID    string           `json:"run_id"`
	Created  time.Time        `json:"created"`
	Version  string           `json:"version"`
	Playbook outcome.Playbook `json:"playbook"`
	// Named is the playbook as the caller named it: a name or a file.
	Named        string   `json:"named"`
	Set          []string `json:"set"`
	Allow        []string `json:"allow"`
	MendWarnings bool     `json:"mend_warnings"`
	Hosts        []Host   `json:"hosts"`
}

// Host is the plan of one host.
type Host struct {
	Name    string          `json:"name"`
	Address string          `json:"address"`
	Outcome outcome.Outcome `json:"outcome"`
	Reason  string          `json:"reason"`
	// HostKey is the fingerprint of the key by which the host proved itself.
	HostKey  string   `json:"host_key"`
	Findings []string `json:"findings"`
	// Facts are the parts of facts that the plan rests on.
	Facts map[string]json.RawMessage `json:"facts"`
	Plan  []outcome.PlanStep         `json:"plan"`
}

// Settings are the flags that a plan fixes.
type Settings struct {
	Playbook     string
	Set, Allow   []string
	MendWarnings bool
}

// Settings are the flags that the plan fixes.
func (p *Plan) Settings() Settings { return Settings{p.Named, p.Set, p.Allow, p.MendWarnings} }

// Save writes the plan of a run, whole or not at all.
func Save(file string, s Settings, run *outcome.Run, store *journal.Store) error {
	p := Plan{
		Schema: schema, Nonce: rand.Text(), RunID: run.ID, Created: run.Finished, Version: run.Version, Playbook: run.Playbook, Named: s.Playbook,
		Set: orEmpty(s.Set), Allow: orEmpty(s.Allow), MendWarnings: s.MendWarnings, Hosts: []Host{},
	}
	for _, summary := range run.Hosts {
		h, err := store.LoadHost(run.ID, summary.Name)
		if err != nil {
			return err
		}
		a := approval.Of(*h)
		p.Hosts = append(p.Hosts, Host{
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
	return durable.Write(file, append(text, '\n'))
}

// identify is the id of the plan, a hash of everything else in it.
func (p Plan) identify() (string, error) {
	p.ID = ""
	text, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("plan: %w", err)
	}
	hash := sha256.Sum256(text)
	return hex.EncodeToString(hash[:16]), nil
}

func orEmpty(list []string) []string { return append([]string{}, list...) }

// maxSize bounds a plan file, in bytes.
const maxSize = 1 << 30

// again is the hint for a file that can't be applied.
const again = "make a new plan: aixmend plan --out FILE"

// Load reads a plan file. One that aixmend did not write so is a mistake of the caller.
func Load(file string) (*Plan, error) {
	info, err := os.Stat(file)
	if err == nil && info.Size() > maxSize {
		err = errors.New("it is too large to be a plan")
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, exit.Usagef("aixmend plan --out FILE writes one", "--plan %s: %w", file, err)
	}
	var p Plan
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&p); err != nil {
		if bytes.Contains(text, []byte(`"mends":`)) { // a key of journal format 2
			err = fmt.Errorf("an older version made it: %w", err)
		}
		return nil, exit.Usagef(again, "--plan %s: at byte %d: %w", file, decoder.InputOffset(), err)
	}
	wrong := ""
	switch {
	case decoder.More():
		wrong = fmt.Sprintf("at byte %d: text after the plan", decoder.InputOffset())
	case p.Schema != schema:
		wrong = fmt.Sprintf("its schema is %q, expected %s", p.Schema, schema)
	case !journal.IsRunID(p.RunID):
		wrong = fmt.Sprintf("%q is not a run id", p.RunID)
	case len(p.Hosts) == 0:
		wrong = "it has no hosts"
	case p.ID == "":
		wrong = "it has no plan_id: an older version made it"
	}
	if wrong != "" {
		return nil, exit.Usagef(again, "--plan %s: %s", file, wrong)
	}
	id, err := p.identify()
	if err != nil {
		return nil, err
	}
	if id != p.ID {
		return nil, exit.Usagef(again+"; -l applies a part of a plan", "--plan %s: it was changed after aixmend wrote it: plan_id does not match", file)
	}
	return &p, nil
}

// Approved returns the approved plan of each host. A host to which another run than this
// one has applied the plan is left alone: its undo needs the copies of that run. Where
// that is not known, nothing is applied.
func (p *Plan) Approved(applied map[string]string) func(host string) *approval.Host {
	hosts := map[string]*approval.Host{}
	for _, h := range p.Hosts {
		a := approval.Host{ID: p.ID, Address: h.Address, HostKey: h.HostKey, Findings: h.Findings, Evidence: h.Facts, Plan: h.Plan}
		if h.Outcome == outcome.Unreachable || h.Outcome == outcome.Skipped {
			a.Unknown = string(h.Outcome) + ": " + h.Reason
		}
		if by := applied[h.Name]; by != "" {
			a.Unknown = "run " + by + " has applied it already: make another plan"
		}
		hosts[h.Name] = &a
	}
	return func(host string) *approval.Host {
		if a := hosts[host]; a != nil {
			return a
		}
		return &approval.Host{Unknown: "it is not in the plan"}
	}
}

// Applied returns the hosts to which other runs than own have applied the plan, each with
// its run. It is an error when that is not known, or leaves none of the hosts.
func (p *Plan) Applied(store *journal.Store, hosts []inventory.Host, own string) (map[string]string, error) {
	applied, err := store.Applied(p.ID)
	if err != nil {
		return nil, exit.Usagef(again, "--plan: it is not known whether it was applied already: %w", err)
	}
	for host, run := range applied {
		if run == own {
			delete(applied, host)
		}
	}
	if !slices.ContainsFunc(hosts, func(h inventory.Host) bool { return applied[h.Name] == "" }) {
		return nil, exit.Usagef(again, "--plan: run %s has applied it already; a plan is applied once", applied[hosts[0].Name])
	}
	return applied, nil
}

// Select returns the hosts of the plan among those selected. names are all hosts of the
// inventory: it must have every host of the plan.
func (p *Plan) Select(hosts []inventory.Host, names []string) ([]inventory.Host, error) {
	planned := map[string]bool{}
	for _, h := range p.Hosts {
		if !slices.Contains(names, h.Name) {
			return nil, exit.Usagef("-i must name the inventory that the plan was made with", "--plan: the inventory has no host %q", h.Name)
		}
		planned[h.Name] = true
	}
	hosts = slices.DeleteFunc(hosts, func(h inventory.Host) bool { return !planned[h.Name] })
	if len(hosts) == 0 {
		return nil, exit.Usagef("", "--plan: no host of the plan is selected")
	}
	return hosts, nil
}

// clockTolerance is how far the clock of the plan's author may be ahead without mention.
const clockTolerance = 2 * time.Minute

// Describe describes the plan before the operator is asked.
func (p *Plan) Describe(file string, now time.Time) string {
	changed := 0
	for _, h := range p.Hosts {
		if slices.ContainsFunc(h.Plan, func(s outcome.PlanStep) bool { return s.Step != "" && s.BlockedBy == "" }) {
			changed++
		}
	}
	age := fmt.Sprintf("%s old", max(now.Sub(p.Created), 0).Round(time.Second))
	if ahead := p.Created.Sub(now); ahead > clockTolerance {
		age = fmt.Sprintf("made %s in the future by this machine's clock", ahead.Round(time.Second))
	}
	return fmt.Sprintf("plan %s of run %s, %s, would change %s", filepath.Base(file), p.RunID, age, report.Hosts(changed))
}
