// Package adoption makes the folder of a run anew, of a hub that has lost it, by the words of the
// workers whose sites had a part in it. A worker may be in wrong hands: its word counts for the
// hosts of its own site alone.
package adoption

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/controller/fleet"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/inventory"
	"aixmend/inventory/naming"
	"aixmend/playbooks"
)

const (
	// maxText bounds a text of a request, in bytes, maxHosts the hosts of a run.
	maxText  = 1000
	maxHosts = 200_000
	// ahead is how far the clock of the operator who began a run may be ahead of the hub's.
	ahead = 24 * time.Hour
)

// Words is the request of a run over a hub as orders carry it, so that a hub that has lost the run
// can read it again. playbook is the name of its playbook. It holds nothing that is of the
// hub's machine.
func Words(r request.Request, playbook string, sha256 string) (json.RawMessage, error) {
	r = picked(r)
	r.Playbook, r.SHA256 = playbook, sha256
	selected := 0
	for _, hosts := range r.Sites {
		selected += len(hosts)
	}
	if len(r.Names) == selected {
		r.Names = nil // they are those
	}
	return json.Marshal(r)
}

// picked are the parts of a request that make a run over a hub, and no others.
func picked(r request.Request) request.Request {
	a := r.Asked
	return request.Request{
		Verb: r.Verb, SHA256: r.SHA256, Undoes: r.Undoes, By: r.By, Approvals: r.Approvals,
		Asked: request.Asked{
			Limit: a.Limit, Concurrency: 1, Playbook: a.Playbook, Set: a.Set, Allow: a.Allow, MendWarnings: a.MendWarnings, Label: a.Label,
			Ticket: a.Ticket, FailOn: a.FailOn, Deadline: a.Deadline, Waves: a.Waves, MaxFail: a.MaxFail, BrakeUnreachable: a.BrakeUnreachable,
			Pause: a.Pause, Attempts: a.Attempts,
		},
		Scope: request.Scope{Names: r.Names, Sites: r.Sites, Applies: r.Applies, Detailed: r.Detailed},
	}
}

// Told is a run as one site has told it, and as far as that can be checked.
type Told struct {
	Site string
	ID   string
	// Request is the whole run; of its sites, only the hosts of Site count.
	Request request.Request
	// Open says that the site's part has not ended; Ended is when it did, or was last worked on.
	Open  bool
	Ended time.Time
	// Begun are the hosts that it was let begin, by Process.
	Begun   []string
	Process string
}

// Judge checks the words of sites.
type Judge struct {
	// Verbs are those that the hub carries out, Shelf are its playbooks.
	Verbs []controller.Verb
	Shelf playbooks.Shelf
	// Sites are the sites of the hosts that have been announced.
	Sites map[string]string
	Now   time.Time
}

// ReadAll reads the runs of a site, and returns a line on each reason for which runs are refused.
func (j Judge) ReadAll(site string, list []fleet.Kept) (taken []*Told, refused []string) {
	ids := map[string][]string{}
	for _, k := range list {
		t, err := j.Read(site, k)
		if err == nil {
			taken = append(taken, t)
			continue
		}
		ids[err.Error()] = append(ids[err.Error()], report.Clean(k.ID, false))
	}
	for _, why := range slices.Sorted(maps.Keys(ids)) {
		which := "run " + ids[why][0] + " is"
		if n := len(ids[why]); n > 1 {
			which = fmt.Sprintf("%d runs (%s to %s) are", n, slices.Min(ids[why]), slices.Max(ids[why]))
		}
		refused = append(refused, fmt.Sprintf("%s not adopted from site %s: %s", which, site, why))
	}
	return taken, refused
}

// Read reads the words of a site on a run. The error says why they are not taken.
func (j Judge) Read(site string, k fleet.Kept) (*Told, error) {
	began, dated := journal.RunTime(k.ID)
	switch {
	case !journal.IsRunID(k.ID) || !dated:
		return nil, errors.New("that can't be the id of a run")
	case began.After(j.Now.Add(ahead)):
		return nil, errors.New("it began in the future")
	case k.Why != "":
		return nil, errors.New(report.Clean(k.Why, false))
	}
	var r request.Request
	if err := json.Unmarshal(k.Request, &r); err != nil {
		return nil, errors.New("its request can't be read")
	}
	r = picked(r)
	for _, check := range []func() error{
		func() error { return j.task(&r) }, func() error { return texts(r) }, func() error { return j.hosts(site, &r) },
	} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	t := &Told{Site: site, ID: k.ID, Request: r, Open: k.Open, Ended: k.Ended.UTC(), Process: k.Process}
	if t.Ended.Before(began) || t.Ended.After(j.Now) {
		t.Ended = began
	}
	if r.Verb != controller.Recover {
		return t, nil
	}
	for _, host := range k.Begun {
		if !slices.Contains(r.Sites[site], host) {
			return nil, fmt.Errorf("it has begun %q, which is no host of its part", host)
		}
	}
	t.Begun = slices.Compact(slices.Sorted(slices.Values(k.Begun)))
	return t, nil
}

// task checks which task the run had, and by which playbook.
func (j Judge) task(r *request.Request) error {
	book, known := j.Shelf.Find(r.Playbook)
	switch {
	case !slices.Contains(j.Verbs, r.Verb):
		return fmt.Errorf("a hub does not carry out %q", r.Verb)
	case !known:
		return fmt.Errorf("this hub has no playbook %q", r.Playbook)
	case r.Undoes != "" && !journal.IsRunID(r.Undoes), r.Applies != "" && !journal.IsRunID(r.Applies):
		return errors.New("it names a run that can't be one")
	case slices.ContainsFunc(r.Set, func(set string) bool { return strings.HasPrefix(set, "upload=") }):
		return errors.New("--set upload names a folder of this machine")
	case r.Deadline < 0 || r.Attempts < 0:
		return errors.New("its request can't be one")
	}
	p, err := playbooks.Load(book)
	switch {
	case err != nil:
		return err
	case p.SHA256 != r.SHA256:
		return fmt.Errorf("its playbook %s is not that of this version", p.Name)
	}
	r.Playbook = book
	return nil
}

// texts checks the texts of a request.
func texts(r request.Request) error {
	by := r.By
	list := slices.Concat(r.Limit, r.Set, r.Allow, r.FailOn, []string{
		r.Label, r.Ticket, r.Waves, r.MaxFail, by.User, by.Machine, by.Terminal, by.SudoUser, by.Job, by.JobUser, by.Operator,
	})
	for _, a := range r.Approvals {
		by := a.By
		list = append(list, a.Principal, a.Key, a.Authority, a.PlanSHA256, a.Comment, by.User, by.Machine, by.Terminal, by.SudoUser, by.Job, by.JobUser, by.Operator)
	}
	for _, text := range list {
		if len(text) > maxText || strings.ContainsFunc(text, unicode.IsControl) {
			return errors.New("its request has a text that is too long, or not plain")
		}
	}
	if by.Operator == "" {
		return errors.New("no operator has asked for it")
	}
	return nil
}

// hosts checks the sites and the hosts of a request, and completes the names.
func (j Judge) hosts(site string, r *request.Request) error {
	seen := map[string]bool{}
	for of, hosts := range r.Sites {
		if err := fleet.CheckName("site", of); err != nil {
			return err
		}
		for _, host := range hosts {
			if !naming.IsFile(host) || seen[host] {
				return fmt.Errorf("host %q can't be one, or is there twice", host)
			}
			if at := j.Sites[host]; of == site && at != "" && at != site {
				return fmt.Errorf("host %s is one of site %s", host, at)
			}
			seen[host] = true
		}
	}
	if len(r.Sites[site]) == 0 {
		return errors.New("the site has no part in it")
	}
	for _, host := range r.Names {
		if !naming.IsFile(host) {
			return fmt.Errorf("host %q can't be one", host)
		}
		seen[host] = true
	}
	if len(seen) > maxHosts {
		return fmt.Errorf("%d hosts are too many", len(seen))
	}
	r.Names = slices.Sorted(maps.Keys(seen))
	return nil
}

// Join is the request of a run that some sites have told, and the hub perhaps has already from
// others: before, nil where it has not. Hosts of sites that have not told it are in it by name.
// joined are those whose words count, refused says why those of others don't.
func Join(before *request.Request, told []*Told, now time.Time) (r request.Request, joined []*Told, refused map[string]error) {
	refused = map[string]error{}
	of := map[string]string{} // the site of each host, where it has told so itself
	if before != nil {
		r = *before
		r.Adopted = slices.Clone(before.Adopted)
		for _, a := range before.Adopted {
			claim(of, a.Site, before.Sites[a.Site])
		}
	}
	claims := []map[string][]string{r.Sites}
	for _, t := range told {
		switch {
		case len(r.Adopted) == 0:
			r = t.Request
		case !same(r, t.Request):
			refused[t.Site] = fmt.Errorf("it tells another run of that id than site %s", r.Adopted[0].Site)
			continue
		case !claimable(of, t.Site, t.Request.Sites[t.Site]):
			refused[t.Site] = fmt.Errorf("another site has told one of its hosts as its own")
			continue
		}
		claim(of, t.Site, t.Request.Sites[t.Site])
		claims = append(claims, t.Request.Sites)
		r.Adopted = append(r.Adopted, outcome.Adopted{Site: t.Site, At: now})
		joined = append(joined, t)
	}
	if len(joined) == 0 {
		return r, nil, refused
	}
	for _, t := range joined {
		r.Names = append(slices.Clone(r.Names), t.Request.Names...)
	}
	return named(r, of, claims), joined, refused
}

// named completes a request by the sites of its hosts: of those that have told it, and of others as
// these have claimed.
func named(r request.Request, of map[string]string, claims []map[string][]string) request.Request {
	own := adopted(r)
	for _, sites := range claims { // the hosts of other sites are named alone
		for _, site := range slices.Sorted(maps.Keys(sites)) {
			if !own[site] {
				claim(of, site, slices.DeleteFunc(slices.Clone(sites[site]), func(host string) bool { return of[host] != "" }))
			}
		}
	}
	r.Sites, r.Hosts, r.Groups = map[string][]string{}, nil, nil
	for _, host := range slices.Sorted(maps.Keys(of)) {
		r.Sites[of[host]] = append(r.Sites[of[host]], host)
		r.Hosts = append(r.Hosts, inventory.Host{Name: host})
	}
	r.Names = slices.Compact(slices.Sorted(slices.Values(append(r.Names, request.Names(r.Hosts)...))))
	return r
}

func claim(of map[string]string, site string, hosts []string) {
	for _, host := range hosts {
		of[host] = site
	}
}

func claimable(of map[string]string, site string, hosts []string) bool {
	return !slices.ContainsFunc(hosts, func(host string) bool { return of[host] != "" && of[host] != site })
}

// same reports whether two sites tell one run, apart from its hosts.
func same(a, b request.Request) bool {
	text := func(r request.Request) string {
		r = picked(r)
		r.Names, r.Sites = nil, nil
		if r.Limit == nil {
			r.Limit = []string{}
		}
		text, _ := json.Marshal(r)
		return strings.ReplaceAll(string(text), ":null", ":[]")
	}
	return text(a) == text(b)
}

// adopted are the sites from which the hub has a run.
func adopted(r request.Request) map[string]bool {
	of := map[string]bool{}
	for _, a := range r.Adopted {
		of[a.Site] = true
	}
	return of
}

// Missing returns the sites of a run that was adopted from others, and not yet from them: they
// get no order of it.
func Missing(r request.Request) []string {
	if len(r.Adopted) == 0 {
		return nil
	}
	own := adopted(r)
	return slices.DeleteFunc(slices.Sorted(maps.Keys(r.Sites)), func(site string) bool { return own[site] })
}

// Why is the reason of the hosts of a site that is missing.
func Why(site string) string {
	return "the run was adopted without site " + site + ": its reports are there"
}
