package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/hub/adoption"
	"aixmend/cmd/aixmend/hub/sweep"
	"aixmend/cmd/aixmend/job"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller/fleet"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
)

// An adoption makes the runs anew that a hub has lost. Each is folded, from the reports of its
// sites, in a state folder of its own, and then moved to the others: a hub that is killed
// meanwhile has all of a run or nothing, and none begins.

// foldWithin bounds the wait for the reports of one run.
const foldWithin = 15 * time.Minute

// adoptable are the sites that are asked, and a word on each that is not.
func (s *Service) adoptable(named []string) (sites, away []string, err error) {
	st, err := s.status()
	if err != nil {
		return nil, nil, err
	}
	known := map[string]Site{}
	for _, site := range st.Sites {
		if site.State != stateRevoked {
			known[site.Name] = site
		}
	}
	for _, name := range named {
		if _, there := known[name]; !there {
			return nil, nil, &fleet.Refusal{Text: "there is no site " + name, Hint: "aixmend hub status lists the sites"}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(known)) {
		switch site := known[name]; {
		case len(named) > 0 && !slices.Contains(named, name):
		case site.State != stateConnected:
			away = append(away, fmt.Sprintf("site %s is not asked: it is %s", name, site.State))
		default:
			sites = append(sites, name)
		}
	}
	if len(sites) == 0 {
		return nil, nil, &fleet.Refusal{Text: strings.Join(append([]string{"no site is asked"}, away...), "; "), Hint: "aixmend hub status shows the sites; the worker of a site that is adopted must run"}
	}
	return sites, away, nil
}

// adopt begins an adoption, and answers how far it is.
func (s *Service) adopt(_ string, q adoptQuestion) (*adoption.Answer, error) {
	if !journal.IsRunID(q.ID) {
		return nil, &fleet.Refusal{Text: fmt.Sprintf("%q can't be an adoption", q.ID)}
	}
	if a := s.adoptionOf(q.ID); a != nil {
		return a.So(), nil
	}
	sites, away, err := s.adoptable(q.Sites)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch a := s.adoption; {
	case a != nil && a.ID == q.ID:
		return a.So(), nil
	case a != nil && !a.So().Over:
		return nil, &fleet.Refusal{Text: "the hub adopts runs already", Hint: "try again when that has ended"}
	case s.draining:
		return nil, &fleet.Refusal{Text: "the hub drains, and adopts nothing", Hint: "try again when it was started again"}
	}
	a := &adoption.Progress{ID: q.ID, Order: journal.NewRunID(time.Now())}
	for _, line := range away {
		a.Trouble(outcome.ExitUnreachable, "%s", line)
	}
	s.adoption = a
	s.say("adopting the runs of %s", siteList(sites))
	go func() {
		if err := s.adoptFrom(a, sites); err != nil {
			a.Trouble(outcome.ExitInternal, "%s", err)
		}
		a.End()
		s.say("adoption ended")
	}()
	return a.So(), nil
}

func (s *Service) adoptionOf(id string) *adoption.Progress {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.adoption; a != nil && a.ID == id {
		return a
	}
	return nil
}

// adoptFrom adopts the runs of some sites.
func (s *Service) adoptFrom(a *adoption.Progress, sites []string) error {
	ctx, done := context.WithCancel(s.ctx)
	defer done()
	if err := s.clearAdoption(); err != nil {
		return err
	}
	defer func() { _ = s.forgetEvents(sites) }() // those of runs that were refused
	incomplete, ids, err := adoption.Incomplete(s.store)
	if err == nil {
		err = s.forgetEvents(sites)
	}
	if err != nil {
		return err
	}
	told, err := s.listed(ctx, a, sites, func(site string) []string { return incomplete.Have(ids, site) })
	if err != nil {
		return err
	}
	lost := map[string]bool{} // sites that tell nothing more
	for _, id := range slices.Backward(slices.Sorted(maps.Keys(told))) {
		there := slices.DeleteFunc(told[id], func(t *adoption.Told) bool { return lost[t.Site] })
		site, err := s.adoptRun(ctx, a, id, there)
		if err != nil {
			return fmt.Errorf("run %s: %w", id, err)
		}
		lost[site] = true
	}
	if len(told) == 0 {
		a.Say("there was nothing to adopt")
	}
	return nil
}

// listed asks sites for their runs, but for those of have, and returns those that are adopted,
// with the words of the sites on each.
func (s *Service) listed(ctx context.Context, a *adoption.Progress, sites []string, have func(site string) []string) (map[string][]*adoption.Told, error) {
	lists := adoption.NewLists(s.hub.Heard, sites)
	go func() { _ = s.hub.Events(ctx, a.Order, lists.Take, lists.Bad) }()
	for _, site := range sites {
		o := fleet.Order{Run: a.Order, Site: site, Verb: fleet.VerbAdopt, Have: have(site)}
		if err := s.hub.Order(ctx, o); err != nil {
			return nil, err
		}
		if runs := s.hub.Heard(site).Runs; len(runs) > 0 {
			a.Say("site %s works on run %s first", site, strings.Join(runs, ", "))
		}
	}
	if err := lists.Wait(ctx); err != nil {
		return nil, err
	}
	return s.judge(a, sites, lists)
}

// forgetEvents removes the messages of some sites that earlier adoptions have left.
func (s *Service) forgetEvents(sites []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var open []string
	for id, g := range s.runs {
		if g.ended() == nil {
			open = append(open, id)
		}
	}
	var problems []error
	for _, site := range sites {
		problems = append(problems, s.hub.Clear(context.WithoutCancel(s.ctx), site, open))
	}
	return errors.Join(problems...)
}

// judge returns the runs that are adopted, with the words of the sites on each.
func (s *Service) judge(a *adoption.Progress, sites []string, lists *adoption.Lists) (map[string][]*adoption.Told, error) {
	announced, err := s.hub.Hosts(s.ctx)
	if err != nil {
		return nil, err
	}
	judge := adoption.Judge{Verbs: verbs, Shelf: s.shelf, Sites: map[string]string{}, Now: time.Now()}
	for _, h := range announced {
		for _, host := range h.Names {
			judge.Sites[host] = h.Site
		}
	}
	told := map[string][]*adoption.Told{}
	for _, site := range sites {
		l := lists.Of(site)
		if l.Why != "" {
			a.Trouble(outcome.ExitUnreachable, "site %s: %s", site, l.Why)
		}
		a.Say("site %s: %s", site, l.Text())
		taken, refused := judge.ReadAll(site, l.Runs)
		for _, one := range taken {
			told[one.ID] = append(told[one.ID], one)
		}
		for _, line := range refused {
			a.Trouble(outcome.ExitNeedsPerson, "%s", line)
		}
	}
	return told, nil
}

// staging is the state folder in which runs are made anew.
func (f Folder) staging() string { return f.file("adopting") }

// clearAdoption ends an adoption that was cut off.
func (s *Service) clearAdoption() error {
	return errors.Join(os.RemoveAll(s.folder.staging()), s.store.PutBack())
}

// adoptRun adopts a run, and says so. lost is a site that did not send its reports, "" for none;
// the error is an internal one.
func (s *Service) adoptRun(ctx context.Context, a *adoption.Progress, id string, told []*adoption.Told) (lost string, err error) {
	before, err := adoption.Load(s.store, id)
	if err != nil {
		return "", err
	}
	var known *request.Request
	if before != nil {
		known = &before.Request
	}
	r, joined, refused := adoption.Join(known, told, time.Now().UTC())
	for _, site := range slices.Sorted(maps.Keys(refused)) {
		a.Trouble(outcome.ExitNeedsPerson, "run %s is not adopted from site %s: %s", id, site, refused[site])
	}
	if len(joined) == 0 {
		return "", nil
	}
	store, err := journal.Open(s.folder.staging())
	if err != nil {
		return "", err
	}
	if err := adoption.Stage(store, id, r, joined, before); err != nil {
		return "", err
	}
	m := adoption.Making{Store: store, ID: id, Request: r, Told: joined, Order: a.Order}
	if run, err := s.store.LoadRun(id); err == nil {
		m.Before = run.Finished
	}
	lost, why, err := s.fold(ctx, m)
	if err == nil && why == "" {
		why, err = s.install(store, id, before)
	}
	if err == nil {
		err = a.Adopted(s.store, id, r, why)
	}
	return lost, errors.Join(err, os.RemoveAll(store.RunDir(id)), s.hub.Close(context.WithoutCancel(ctx), id, m.Sites()))
}

// fold makes the run.json of a run, by the reports that its sites send. why is why that can't be,
// lost the site that does not send them.
func (s *Service) fold(ctx context.Context, m adoption.Making) (lost, why string, err error) {
	m.Request.Deadline = 0 // it has ended
	sw := sweep.New(adoption.Wire{Hub: s.hub, For: m.Order}, m.ID, m.Request.Sites, func(format string, args ...any) { s.say("run %s: %s", m.ID, fmt.Sprintf(format, args...)) })
	sw.Begin(m.Request)
	j, err := job.Restore(m.Request, job.Settings{State: m.Store.Root(), Version: s.version, Quiet: true, Detailed: m.Request.Detailed, Part: &job.Part{
		ID: m.ID, Elsewhere: sw, Pause: func(int, []string) bool { return true }, Adopted: m.Ended(),
	}})
	if err != nil {
		return "", err.Error(), nil // such as a parameter that this version does not know
	}
	earlier, err := job.LoadEarlier(m.Store, m.ID, j.Playbook)
	if err != nil {
		return "", "", err
	}
	sw.Done(slices.DeleteFunc(request.Names(m.Request.Hosts), func(host string) bool { return !earlier.Done(host) }))
	sw.Told(m)
	ctx, done := context.WithCancel(ctx)
	defer done()
	go func() {
		if err := sw.Gather(ctx, fleet.Order{}, nil); err != nil {
			sw.Over("the hub failed: " + err.Error())
		}
	}()
	defer time.AfterFunc(foldWithin, func() { sw.Over("the reports did not come for " + foldWithin.String()) }).Stop()
	quiet := console.New(console.Streams{Out: io.Discard, Err: io.Discard}, console.NewInterrupts(), func(string) string { return "" })
	if _, err := j.Run(ctx, quiet, earlier); err != nil {
		return "", "", err
	}
	if s.ctx.Err() != nil {
		return "", "the hub was stopped", nil
	}
	lost, why = sw.Lost(m.Sites())
	return lost, why, nil
}

// install moves a run that was made anew to the others, unless the hub has it by now, or it has
// changed. why is why not.
func (s *Service) install(from *journal.Store, id string, before *adoption.Before) (why string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.runs[id]; g != nil && g.ended() == nil || before != nil && !before.Unchanged(id) {
		return "it has gone on meanwhile", nil
	}
	return "", s.store.Install(from, id, before != nil)
}
