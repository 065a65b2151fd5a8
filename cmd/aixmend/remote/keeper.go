package remote

import (
	"encoding/json"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"aixmend/cmd/aixmend/evidence"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/job"
	"aixmend/cmd/aixmend/news"
	"aixmend/cmd/aixmend/planfile"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/inventory/naming"
	"aixmend/playbooks"
)

// Bounds of one answer with reports: far below the longest message.
const (
	maxBytes = 4 << 20
	maxHosts = 1000
)

// Keeper answers about the runs of a state folder. Its errors are for the operator.
type Keeper struct{ Store *journal.Store }

// finished returns a run that has ended, by its id or as latest.
func (k Keeper) finished(ref string) (*outcome.Run, error) {
	if !naming.IsFile(ref) {
		return nil, exit.Usagef("", "%q can't be a run", ref)
	}
	run, err := news.Finished(k.Store, ref)
	if err != nil {
		return nil, exit.Usagef("aixmend runs lists all runs", "%w", err)
	}
	return run, nil
}

// Reports answers Reading.
func (k Keeper) Reports(_ string, q Reading) (*Reports, error) {
	run, err := k.finished(q.Run)
	if err != nil {
		return nil, err
	}
	r := Reports{Run: run.ID}
	if q.Runs {
		e, err := evidence.Of(k.Store, *run)
		if err != nil {
			return nil, err
		}
		r.LastWhole, r.LastSuccess, r.Before = e.LastWhole, e.LastSuccess, e.Before
	}
	size := 0
	for _, host := range run.Hosts[min(max(q.From, 0), len(run.Hosts)):] {
		h, err := k.Store.LoadHost(run.ID, host.Name)
		if errors.Is(err, fs.ErrNotExist) { // skipped before its turn
			h, err = evidence.Without(run.ID, host), nil
		}
		if err != nil {
			return nil, err
		}
		text, err := json.Marshal(h)
		if err != nil {
			return nil, err
		}
		if size += len(text); len(r.Hosts) > 0 && size > maxBytes || len(r.Hosts) == maxHosts {
			break
		}
		r.Hosts = append(r.Hosts, text)
	}
	return &r, nil
}

// Since returns the run that --since means at the beginning: latest is another one later.
func (k Keeper) Since(ref string) (string, error) {
	if ref == "" || ref == news.Last {
		return ref, nil
	}
	run, err := k.finished(ref)
	if err != nil {
		return "", exit.Usagef("aixmend runs lists all runs; --since last names the newest earlier one", "--since: %w", err)
	}
	return run.ID, nil
}

// News answers Comparing.
func (k Keeper) News(_ string, q Comparing) (*News, error) {
	run, err := k.finished(q.Run)
	if err != nil {
		return nil, err
	}
	since := ""
	if q.Since {
		r, err := request.Load(k.Store, run.ID)
		if err != nil {
			return nil, err
		}
		since = r.Since
	}
	n := &News{}
	if n.Drift, err = news.Since(k.Store, run, since); err != nil {
		n.Problem = err.Error()
	}
	return n, nil
}

// anew is the hint for a plan that can't be applied.
const anew = "make a new plan: aixmend plan --out plan.json"

// Plan answers Planned.
func (k Keeper) Plan(_ string, q Planned) (*planfile.Plan, error) {
	run, r, err := k.planned(q)
	if err != nil {
		return nil, err
	}
	return planfile.Head(settings(run, r), run), nil
}

// settings are the flags of a plan: over a hub a playbook goes by its name.
func settings(run *outcome.Run, r request.Request) planfile.Settings {
	return planfile.Settings{Playbook: run.Playbook.Name, Set: r.Set, Allow: r.Allow, MendWarnings: r.MendWarnings}
}

// planned returns a run that made a plan over this hub, and its request.
func (k Keeper) planned(q Planned) (*outcome.Run, request.Request, error) {
	var none request.Request
	if !journal.IsRunID(q.Run) {
		return nil, none, exit.Usagef(anew, "%q can't be the run of a plan", q.Run)
	}
	run, err := k.finished(q.Run)
	if err != nil {
		return nil, none, exit.Usagef(anew, "this hub has no run %s that made the plan: it is another hub's, or it was removed", q.Run)
	}
	r, err := request.Load(k.Store, run.ID)
	if err != nil {
		return nil, none, err
	}
	if r.Verb != controller.Plan || r.Sites == nil {
		return nil, none, exit.Usagef(anew, "run %s is one of %s and made no plan over this hub", run.ID, r.Verb)
	}
	return run, r, nil
}

// Approved returns the plan of a run. Where a file with an id and a nonce does not hold that
// plan, value for value, that is an error; "" stands for no file.
func (k Keeper) Approved(id, fileID, nonce string) (*planfile.Plan, error) {
	run, r, err := k.planned(Planned{id})
	if err != nil {
		return nil, err
	}
	p, err := planfile.Of(settings(run, r), run, r.Hosts, k.Store)
	if err != nil || fileID == "" {
		return p, err
	}
	p.Nonce = nonce
	if own, err := p.Identify(); err != nil || own != fileID {
		return nil, exit.Usagef(anew, "the plan was changed after it was written: it is not the one that this hub has of run %s", id)
	}
	return p, nil
}

// Unapplied returns an error unless a plan may be applied to one of some hosts: a plan is
// applied to a host once.
func (k Keeper) Unapplied(run string, hosts []string) error {
	applied, err := k.Store.Applied(run)
	switch {
	case err != nil:
		return exit.Usagef(anew, "it is not known whether the plan was applied already: %w", err)
	case len(hosts) > 0 && !slices.ContainsFunc(hosts, func(host string) bool { return applied[host] == "" }):
		return exit.Usagef(anew, "run %s has applied the plan already; a plan is applied once", applied[hosts[0]])
	}
	return nil
}

// Rollback lists the steps that the rollback of a request would undo, by the reports of the run
// that it rolls back.
func (k Keeper) Rollback(r request.Request) (*Back, error) {
	p, err := playbooks.Load(r.Playbook)
	if err != nil {
		return nil, exit.Usage(err)
	}
	e, err := job.LoadEarlier(k.Store, r.Undoes, p)
	if err == nil {
		err = e.ReadReports(r.Hosts)
	}
	if err != nil {
		return nil, err
	}
	left, rest, err := e.Remaining(e.Changed(r.Hosts))
	if err != nil {
		return nil, err
	}
	b := &Back{Rest: rest, Document: job.RollbackDocument{Schema: job.RollbackSchema, ID: e.ID, Hosts: []job.RollbackHost{}}}
	for site, hosts := range r.Sites {
		for _, h := range left {
			if slices.Contains(hosts, h.Name) {
				b.Document.Hosts = append(b.Document.Hosts, job.RollbackHost{Name: h.Name, Site: site, Plan: e.RollbackSteps(h.Name)})
			}
		}
	}
	slices.SortFunc(b.Document.Hosts, func(a, c job.RollbackHost) int { return strings.Compare(a.Name, c.Name) })
	return b, nil
}
