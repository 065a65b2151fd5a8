package hub

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/job"
	"aixmend/cmd/aixmend/planfile"
	"aixmend/cmd/aixmend/remote"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/controller/fleet"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/inventory"
)

// call begins a run, unless it has begun.
func (s *Service) call(operator string, a Call) (*begun, error) {
	if !journal.IsRunID(a.Run) {
		return nil, &fleet.Refusal{Text: fmt.Sprintf("%q can't be the id of a run", a.Run)}
	}
	if !slices.Contains(verbs, a.Verb) {
		return nil, &fleet.Refusal{Text: fmt.Sprintf("a hub does not carry out %q", a.Verb)}
	}
	book, known := s.shelf.Find(a.Playbook)
	if !known {
		return nil, &fleet.Refusal{Text: fmt.Sprintf("playbook %s: over a hub run embedded playbooks, and those that it was started with", a.Playbook), Hint: "aixmend playbook list names the embedded ones; hub run --trust-playbook takes others"}
	}
	a.Playbook = book
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.runs[a.Run]; g != nil {
		if g.operator != operator {
			return nil, &fleet.Refusal{Text: "run " + a.Run + " is another operator's"}
		}
		return g.begun(), nil
	}
	if s.draining {
		return nil, &fleet.Refusal{Text: "the hub drains, and takes no new run", Hint: "try again when it was started again"}
	}
	if err := s.unused(a.Run); err != nil {
		return nil, err
	}
	if n := s.active(); n >= maxRuns {
		return nil, &fleet.Refusal{Text: fmt.Sprintf("the hub carries out %d runs already", n), Hint: "try again when one has ended"}
	}
	r, err := s.request(a)
	if err != nil {
		return nil, refusal(err)
	}
	r.By.Operator = operator
	g := s.going(r, a.Run, operator)
	j, err := job.Prepare(r, s.settings(a.Run, r, g))
	if err != nil {
		return nil, refusal(err)
	}
	s.carryOut(g, j, nil)
	select {
	case <-g.opened: // no run is promised that a crash could lose
	case <-g.over:
		return nil, &fleet.Refusal{Text: "the run could not begin: " + g.ended().Broken}
	}
	return g.begun(), nil
}

// unused returns an error where there is a run with an id. The folder of one that did not begin,
// since the hub was killed before its request was on the disk, is removed: its operator asks again.
func (s *Service) unused(run string) error {
	dir := s.store.RunDir(run)
	switch _, err := os.Lstat(dir); {
	case err != nil:
		return nil
	case s.store.State(run) == journal.StateCutOff && !s.hasHosts(run):
		return os.RemoveAll(dir)
	}
	return &fleet.Refusal{Text: "run " + run + " is there already"}
}

// hasHosts reports whether the journal of a run tells of a host, or can't be read: then the run may
// have begun, and only its request was lost.
func (s *Service) hasHosts(run string) bool {
	entries, err := s.store.ReadJournal(run)
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	return err != nil || slices.ContainsFunc(entries, func(e outcome.Entry) bool { return e.Host != "" })
}

// resume continues a run that was cut off, unless it goes on already.
func (s *Service) resume(operator string, a resuming) (*begun, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.runs[a.Run]; g != nil && g.ended() == nil {
		if g.operator != operator {
			return nil, &fleet.Refusal{Text: "operator " + g.operator + " has it continued already"}
		}
		return g.begun(), nil
	}
	switch {
	case s.draining:
		return nil, &fleet.Refusal{Text: "the hub drains, and takes no new run", Hint: "try again when it was started again"}
	case !journal.IsRunID(a.Run) || s.store.State(a.Run) != journal.StateOpen:
		return nil, &fleet.Refusal{Text: fmt.Sprintf("run %q is not open at the hub", a.Run), Hint: "on the hub, aixmend runs --state " + s.folder.State() + " shows which are"}
	}
	if err := s.fresh(a.Run); err != nil {
		return nil, refusal(err)
	}
	g, err := s.continueRun(a.Run, operator, a.Deadline)
	if err != nil {
		return nil, refusal(err)
	}
	return g.begun(), nil
}

// fresh prepares a run for its rest: reports that came after its end must not end that.
func (s *Service) fresh(run string) error {
	r, err := request.Load(s.store, run)
	if err != nil {
		return err
	}
	if err := os.Remove(s.stopped(run)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return s.hub.Close(s.ctx, run, slices.Collect(maps.Keys(r.Sites)))
}

// refusal is an error as the operator is told it.
func refusal(err error) error {
	code, messages := exit.Decide(err, 0)
	if code != outcome.ExitUsage || len(messages) == 0 {
		return err
	}
	no := &fleet.Refusal{Text: strings.TrimPrefix(messages[0], "error: ")}
	for _, m := range messages[1:] {
		no.Hint = strings.TrimPrefix(m, "hint: ")
	}
	return no
}

// request is the request of an audit, over the hosts that the sites have announced.
func (s *Service) request(a Call) (request.Request, error) {
	announced, err := s.hub.Hosts(s.ctx)
	if err != nil {
		return request.Request{}, err
	}
	inv, of, err := together(announced)
	if err != nil {
		return request.Request{}, err
	}
	past := func(run, ended string) ([]string, error) {
		return request.HostsOf(func() (*journal.Store, error) { return s.store, nil }, run, ended)
	}
	kept, limit := remote.Keeper{Store: s.store}, a.Limit
	var planned []string
	if a.Plan != "" {
		p, err := kept.Approved(a.Plan, a.PlanID, a.Nonce)
		if err != nil {
			return request.Request{}, err
		}
		if planned = p.All(); len(limit) == 0 {
			limit = planned
		}
		if err := approve(p, a.Approvals); err != nil {
			return request.Request{}, err
		}
		a.Set, a.Allow, a.MendWarnings = p.Set, p.Allow, p.MendWarnings
	} else if len(a.Approvals) > 0 {
		return request.Request{}, exit.Usagef("", "an approval needs its plan")
	}
	if err := s.everySite(announced, limit); err != nil {
		return request.Request{}, err
	}
	chosen, _, err := inv.SelectOf(past, limit...)
	if err != nil {
		return request.Request{}, exit.Usage(err)
	}
	if a.Plan != "" {
		chosen = slices.DeleteFunc(slices.Clone(chosen), func(h inventory.Host) bool { return !slices.Contains(planned, h.Name) })
		if len(chosen) == 0 {
			return request.Request{}, exit.Usagef("--limit selects from the hosts of the plan", "no host of the plan is selected")
		}
		if err := kept.Unapplied(a.Plan, request.Names(chosen)); err != nil {
			return request.Request{}, err
		}
	}
	if a.Undoes != "" {
		if chosen, err = s.undoing(&a, chosen); err != nil {
			return request.Request{}, err
		}
	}
	scope := request.ScopeOf(inv, chosen)
	scope.Sites = map[string][]string{}
	for _, h := range chosen {
		scope.Sites[of[h.Name]] = append(scope.Sites[of[h.Name]], h.Name)
	}
	if len(chosen) == 0 {
		return request.Request{}, exit.Usagef("aixmend hub status lists the sites; the worker of a site announces its hosts", "no site has announced a host")
	}
	if scope.Since, err = kept.Since(a.Since); err != nil {
		return request.Request{}, err
	}
	scope.Applies, scope.Detailed = a.Plan, a.Detailed
	return request.Request{Verb: a.Verb, By: a.By, Undoes: a.Undoes, Approvals: a.Approvals, Scope: scope, Asked: request.Asked{
		Limit: a.Limit, Playbook: a.Playbook, Set: a.Set, FailOn: a.FailOn, Deadline: a.Deadline, Ticket: a.Ticket, Concurrency: 1, Label: a.Label,
		Allow: a.Allow, MendWarnings: a.MendWarnings, Attempts: a.Attempts, Waves: a.Waves, MaxFail: a.MaxFail, BrakeUnreachable: a.BrakeUnreachable, Pause: a.Pause,
	}}, nil
}

// approve returns an error unless approvals are of a plan. Who signed them is checked where the
// operator works: the files of signers are there.
func approve(p *planfile.Plan, approvals []outcome.Approval) error {
	if len(approvals) == 0 {
		return nil
	}
	subject, err := p.Subject()
	if err != nil {
		return err
	}
	for _, a := range approvals {
		if a.PlanSHA256 != subject.SHA256 {
			return exit.Usagef("", "an approval is of another plan than that of run %s", p.RunID)
		}
	}
	return nil
}

// back lists the steps that the rollback of a run would undo. Nothing is run.
func (s *Service) back(_ string, a Call) (*remote.Back, error) {
	r, err := s.request(a)
	if err != nil {
		return nil, err
	}
	return remote.Keeper{Store: s.store}.Rollback(r)
}

// hosts are the hosts of a call that could begin.
func (s *Service) hosts(_ string, a Call) ([]string, error) {
	r, err := s.request(a)
	return request.Names(r.Hosts), err
}

// undoing makes a call one that rolls back a run, and returns those of the chosen hosts that it
// let begin.
func (s *Service) undoing(a *Call, chosen []inventory.Host) ([]inventory.Host, error) {
	if a.Undoes == "latest" { // another operator's, perhaps
		return nil, exit.Usagef("aixmend runs lists all runs", "--undo latest: over a hub, name the run by its id")
	}
	id, err := s.store.Named(a.Undoes)
	if err != nil {
		return nil, exit.Usagef("aixmend runs lists all runs", "--undo %s names no run of the hub", a.Undoes)
	}
	then, err := request.Load(s.store, id)
	switch {
	case err != nil:
		return nil, err
	case then.Verb != controller.Recover || then.Undoes != "":
		return nil, exit.Usagef("aixmend runs lists all runs", "run %s is no recover that could be rolled back", id)
	case s.store.State(id) != journal.StateEnded:
		return nil, exit.Usagef("aixmend resume "+id, "run %s has not ended: it must be resumed before it can be rolled back", id)
	}
	entries, err := s.store.ReadJournal(id)
	if err != nil {
		return nil, err
	}
	begun := map[string]bool{}
	for _, e := range entries {
		if e.Event == outcome.EventTurn {
			begun[e.Host] = true
		}
	}
	a.Undoes, a.Playbook, a.Set, a.Allow, a.MendWarnings = id, then.Playbook, then.Set, nil, false
	chosen = slices.DeleteFunc(slices.Clone(chosen), func(h inventory.Host) bool { return !begun[h.Name] })
	if len(chosen) == 0 {
		return nil, exit.Usagef("aixmend report "+id+" shows its hosts", "run %s changed none of the selected hosts", id)
	}
	return chosen, nil
}

// everySite returns an error where all hosts are asked for and a site has announced none: the
// run would look well without it.
func (s *Service) everySite(announced []fleet.Hosts, limit []string) error {
	members, err := s.folder.Members()
	if err != nil || len(limit) > 0 {
		return err
	}
	var missing []string
	for _, m := range members {
		has := func(h fleet.Hosts) bool { return h.Site == m.Name && len(h.Names) > 0 }
		if m.Role == fleet.RoleSite && m.Revoked.IsZero() && !slices.ContainsFunc(announced, has) {
			missing = append(missing, m.Name)
		}
	}
	if len(missing) > 0 && len(announced) > 0 {
		return exit.Usagef("start the worker there, revoke the site, or name the sites with --limit", "these sites have announced no host: %s", report.Compact(missing))
	}
	return nil
}

// together is the inventory of all sites, with the site of each host. A site is a group, too,
// where no group or host has its name.
func together(announced []fleet.Hosts) (*inventory.Inventory, map[string]string, error) {
	of, groups := map[string]string{}, map[string][]string{}
	inv := &inventory.Inventory{}
	for _, h := range announced {
		for _, name := range h.Names {
			if other, there := of[name]; there {
				return nil, nil, exit.Usagef("give one of them another name in its inventory", "sites %s and %s both have a host %s", other, h.Site, name)
			}
			of[name] = h.Site
			inv.Hosts = append(inv.Hosts, inventory.Host{Name: name})
		}
		for group, members := range h.Groups {
			groups[group] = append(groups[group], members...)
		}
	}
	for _, h := range announced {
		if _, taken := groups[h.Site]; !taken && of[h.Site] == "" && len(h.Names) > 0 {
			groups[h.Site] = h.Names
		}
	}
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		if of[name] == "" { // a host's name counts
			inv.Groups = append(inv.Groups, inventory.Group{Name: name, Hosts: slices.Sorted(slices.Values(groups[name]))})
		}
	}
	slices.SortFunc(inv.Hosts, func(a, b inventory.Host) int { return strings.Compare(a.Name, b.Name) })
	return inv, of, nil
}
