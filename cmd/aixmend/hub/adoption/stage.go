package adoption

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"aixmend/cmd/aixmend/request"
	"aixmend/controller/fleet"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report/formats"
)

// Before is a run that the hub has from some of its sites.
type Before struct {
	Request request.Request
	store   *journal.Store
	size    int64 // of its journal
	entries []outcome.Entry
}

// Partial are the runs of a hub that were adopted, and not from all of their sites.
type Partial map[string]request.Request

// Incomplete returns those of a hub, and the ids of all its runs.
func Incomplete(store *journal.Store) (Partial, []string, error) {
	ids, err := store.RunIDs()
	if err != nil {
		return nil, nil, err
	}
	list := Partial{}
	for _, id := range ids {
		if r, err := request.Load(store, id); err == nil && len(Missing(r)) > 0 {
			list[id] = r
		}
	}
	return list, ids, nil
}

// Have are those of all runs that a site need not tell.
func (p Partial) Have(ids []string, site string) []string {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		r, is := p[id]
		return is && !adopted(r)[site]
	})
	return ids[:min(len(ids), fleet.MaxHave)]
}

// Making is a run that is made anew in a state folder.
type Making struct {
	Store   *journal.Store
	ID      string
	Request request.Request
	Told    []*Told
	// Order is that of the adoption.
	Order string
	// Before is when the run ended that the hub has of it already; zero: it has none.
	Before time.Time
}

// Ended is when the run ended, as far as its sites have told.
func (m Making) Ended() time.Time {
	at := m.Before
	for _, t := range m.Told {
		if t.Ended.After(at) {
			at = t.Ended
		}
	}
	return at
}

// Sites are the sites that have told it now.
func (m Making) Sites() []string {
	var sites []string
	for _, t := range m.Told {
		sites = append(sites, t.Site)
	}
	return sites
}

// Load reads a run of Incomplete; nil where the hub has no such run.
func Load(store *journal.Store, id string) (*Before, error) {
	size, err := journalSize(store, id)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	b := &Before{store: store, size: size}
	if b.Request, err = request.Load(store, id); err != nil {
		return nil, err
	}
	b.entries, err = store.ReadJournal(id)
	return b, err
}

func journalSize(store *journal.Store, id string) (int64, error) {
	info, err := os.Stat(filepath.Join(store.RunDir(id), "journal.jsonl"))
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Unchanged reports whether the run is as it was read.
func (b *Before) Unchanged(id string) bool {
	size, err := journalSize(b.store, id)
	return err == nil && size == b.size
}

// Stage writes the folder of a run into an empty state folder, as a process has left it that was
// told the run, let the hosts begin that the sites have begun, and has no report but those of
// before, which may be nil.
func Stage(into *journal.Store, id string, r request.Request, told []*Told, before *Before) error {
	document, err := r.Document()
	if err != nil {
		return err
	}
	dir, err := into.NewRun(id)
	if err != nil {
		return err
	}
	err = dir.WriteRequest(document)
	began, _ := journal.RunTime(id)
	entries := []outcome.Entry{{
		Time: began, Event: outcome.EventRun, Format: outcome.JournalFormat, State: outcome.RunStarted, Detail: string(r.Verb), By: &r.By,
		Limit: strings.Join(r.Limit, ","), Ticket: r.Ticket, Approvals: r.Approvals,
	}}
	if before != nil {
		kept := before.hosts()
		entries = slices.DeleteFunc(slices.Clone(before.entries), func(e outcome.Entry) bool { return e.Host != "" && !kept[e.Host] })
		err = errors.Join(err, before.copyReports(dir, id, kept))
	}
	for _, t := range told {
		for _, host := range t.Begun {
			entries = append(entries, outcome.Entry{Time: time.Now().UTC(), Event: outcome.EventTurn, Host: host, Process: t.Process})
		}
	}
	for _, e := range entries {
		err = errors.Join(err, dir.Append(e))
	}
	return errors.Join(err, dir.Close())
}

// hosts are the hosts of which the run before has the reports.
func (b *Before) hosts() map[string]bool {
	kept := map[string]bool{}
	for _, a := range b.Request.Adopted {
		for _, host := range b.Request.Sites[a.Site] {
			kept[host] = true
		}
	}
	return kept
}

// copyReports copies the reports of some hosts.
func (b *Before) copyReports(dir *journal.Run, id string, hosts map[string]bool) error {
	for host := range hosts {
		h, err := b.store.LoadHost(id, host)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = dir.WriteHost(*h, formats.HostMarkdown(*h, formats.Open{}))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
