// Package planfile reads and writes saved plans: plan --out writes one for approval,
// recover --plan applies exactly that.
package planfile

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"aixmend/cmd/aixmend/exit"
	"aixmend/controller"
	"aixmend/controller/approval"
	"aixmend/controller/journal"
	"aixmend/controller/journal/durable"
	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/transport/plain"
)

// schemas begins the schema of a plan file of any version, schema is this version's.
const (
	schemas = "aixmend.plan/"
	schema  = schemas + "v1"
)

// Plan is a plan that a person can approve: the commands for each host, and the facts
// that they rest on. It is data: nothing in it chooses what runs (see Accept).
type Plan struct {
	Schema string `json:"schema"`
	// ID is a hash of everything else; empty for a plan that is in no file. Nonce makes
	// it unique, even among plans that are otherwise equal.
	ID      string    `json:"plan_id"`
	Nonce   string    `json:"nonce"`
	RunID   string    `json:"run_id"`
	Created time.Time `json:"created"`
	// By is who made the plan.
	By       outcome.By       `json:"by"`
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
	Name    string `json:"name"`
	Address string `json:"address"`
	// Site has the commands of a plan made over a hub, and no Address or Login; "" for others.
	Site string `json:"site,omitempty"`
	// Login is how the inventory logs in there; see LoginOf.
	Login   string          `json:"login"`
	Outcome outcome.Outcome `json:"outcome"`
	Reason  string          `json:"reason"`
	// HostKey is the fingerprint of the key by which the host proved itself.
	HostKey  string   `json:"host_key"`
	Findings []string `json:"findings"`
	// Facts are the parts of facts that the plan rests on.
	Facts map[string]json.RawMessage `json:"facts"`
	Plan  []outcome.PlanStep         `json:"plan"`
}

// Settings are the flags of a plan.
type Settings struct {
	// Playbook is a name or a file.
	Playbook     string
	Set, Allow   []string
	MendWarnings bool
}

// LoginOf describes how the inventory logs in to a host: the user, and how it becomes
// root. What the inventory leaves open comes from ssh_config.
func LoginOf(h inventory.Host) string {
	words := []string{cmp.Or(h.SSH.User, "of ssh_config")}
	if become := cmp.Or(h.SSH.BecomeCommand, h.SSH.Become); become != "" && become != inventory.BecomeNone {
		words = append(words, "root by "+become)
	}
	if h.SSH.BecomeMode != "" {
		words = append(words, h.SSH.BecomeMode)
	}
	return strings.Join(words, ", ")
}

// Of returns the plan of a run, without an id: for this process, which applies it once.
// hosts are those of the inventory.
func Of(s Settings, run *outcome.Run, hosts []inventory.Host, store *journal.Store) (*Plan, error) {
	p, logins := Head(s, run), map[string]string{}
	for _, h := range hosts {
		logins[h.Name] = LoginOf(h)
	}
	for _, summary := range run.Hosts {
		h, err := store.LoadHost(run.ID, summary.Name)
		if err != nil {
			return nil, err
		}
		p.Add(*h, logins[h.Host])
	}
	return p, nil
}

// Head is the plan of a run without its hosts.
func Head(s Settings, run *outcome.Run) *Plan {
	return &Plan{
		Schema: schema, Nonce: rand.Text(), RunID: run.ID, Created: run.Finished, By: run.By, Version: run.Version, Playbook: run.Playbook, Named: s.Playbook,
		Set: orEmpty(s.Set), Allow: orEmpty(s.Allow), MendWarnings: s.MendWarnings, Hosts: []Host{},
	}
}

// Add adds the plan of a host by its report. login is how the inventory logs in there; a host of
// a site has none here.
func (p *Plan) Add(h outcome.Host, login string) {
	if h.Site != "" {
		login = ""
	}
	a := approval.Of(h)
	p.Hosts = append(p.Hosts, Host{
		Name: h.Host, Address: a.Address, Site: h.Site, Login: login, Outcome: h.Outcome, Reason: h.Reason, HostKey: a.HostKey,
		Findings: a.Findings, Facts: a.Evidence, Plan: a.Plan,
	})
}

// Save writes the plan of a run, whole or not at all. hosts are those of the inventory.
func Save(file string, s Settings, run *outcome.Run, hosts []inventory.Host, store *journal.Store) error {
	p, err := Of(s, run, hosts, store)
	if err != nil {
		return err
	}
	return p.Save(file)
}

// Save writes a plan with its id, whole or not at all.
func (p *Plan) Save(file string) (err error) {
	if p.ID, err = p.Identify(); err != nil {
		return err
	}
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	return durable.WriteReport(file, true, durable.Bytes(append(text, '\n')))
}

// OverHub reports whether the plan was made over a hub: its commands are at the sites.
func (p *Plan) OverHub() bool {
	return slices.ContainsFunc(p.Hosts, func(h Host) bool { return h.Site != "" })
}

// All are the names of the hosts.
func (p *Plan) All() []string {
	names := make([]string, len(p.Hosts))
	for i, h := range p.Hosts {
		names[i] = h.Name
	}
	return names
}

// Changed are the hosts on which a step of the plan would run.
func (p *Plan) Changed() []string {
	var hosts []string
	for _, h := range p.Hosts {
		if slices.ContainsFunc(h.Plan, outcome.PlanStep.Runs) {
			hosts = append(hosts, h.Name)
		}
	}
	return hosts
}

func orEmpty(list []string) []string { return append([]string{}, list...) }

// Approved returns the approved plan of each host. A host to which another run than this
// one has applied the plan is left alone: its undo needs the copies of that run. Where
// that is not known, nothing is applied. selected are the hosts as the inventory has them.
func (p *Plan) Approved(applied map[string]string, selected []inventory.Host) func(host string) *approval.Host {
	hosts, logins := map[string]*approval.Host{}, map[string]string{}
	for _, h := range selected {
		logins[h.Name] = LoginOf(h)
	}
	for _, h := range p.Hosts {
		a := approval.Host{ID: p.ID, Address: h.Address, HostKey: h.HostKey, Findings: h.Findings, Evidence: h.Facts, Plan: h.Plan}
		if h.Outcome == outcome.Unreachable || h.Outcome == outcome.Skipped {
			a.Unknown = string(h.Outcome) + ": " + h.Reason
		}
		if login := logins[h.Name]; login != h.Login {
			a.Unknown = fmt.Sprintf("the login was %s, is %s", h.Login, login)
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
	if p.ID == "" {
		return nil, nil
	}
	if run, err := store.LoadRun(p.RunID); err == nil && run.Command != string(controller.Plan) {
		return nil, exit.Usagef(again, "--plan: its run_id is that of a run of %s: %s", run.Command, p.RunID)
	}
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
			return nil, exit.Usagef("-i must name the inventory that the plan was made with", "--plan: the inventory has no host %q%w", h.Name, plain.Silent(exit.ErrInventory))
		}
		planned[h.Name] = true
	}
	hosts = slices.DeleteFunc(hosts, func(h inventory.Host) bool { return !planned[h.Name] })
	if len(hosts) == 0 {
		return nil, exit.Usagef("", "--plan: no host of the plan is selected")
	}
	return hosts, nil
}
