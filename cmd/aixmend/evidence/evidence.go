// Package evidence writes the report files of a run from the documents on disk.
package evidence

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"runtime"
	"slices"
	"sync"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/guide"
	"aixmend/cmd/aixmend/handbook"
	"aixmend/controller/journal"
	"aixmend/controller/journal/durable"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/formats"
	"aixmend/controller/report/html"
	"aixmend/docs"
)

// Of returns a run as the report formats take it.
func Of(store *journal.Store, run outcome.Run) (report.Evidence, error) {
	g, folder := guide.There(store, run)
	e := report.Evidence{Run: run, Hosts: documents(store, run), Folder: folder, Complete: g.Complete, Runbook: Runbook()}
	if g.Known() {
		e.Next, e.Now = g.Next, g.Now()
	}
	past := remember(nil, store, run)
	before := earlier{of: &run}
	ids, err := store.RunIDs()
	if err != nil {
		return e, err
	}
	for _, id := range ids { // newest first; an unreadable run is no evidence
		if len(past) >= lookBack && slices.ContainsFunc(past, whole.succeeded) {
			break
		}
		then, err := store.LoadHead(id)
		if err != nil || then.Playbook.Name != run.Playbook.Name {
			continue
		}
		if before.wants(then) {
			if whole, err := store.LoadRun(id); err == nil {
				before.see(whole)
			}
		}
		if then.Command == run.Command && then.Started.Before(run.Started) {
			past = remember(past, store, *then)
		}
	}
	e.LastWhole, e.LastSuccess = last(past)
	e.Before = before.found()
	return e, nil
}

// Pages returns the pages of a run that begins, to which its hosts are added as they end. open are
// the other open runs that have changed some of these hosts.
func Pages(store *journal.Store, run outcome.Run, hosts []string, open []outcome.LeftOpen) *html.Pages {
	g, _ := guide.There(store, run)
	return html.NewPages(slices.Sorted(slices.Values(hosts)), run.Started, open, g.Complete)
}

// WritePage writes the page of a run that has ended, from its pages and, of the hosts that are not
// in them, from their documents.
func WritePage(to io.Writer, store *journal.Store, p *html.Pages, e report.Evidence) error {
	left := e.Run
	left.Hosts = p.Left(e.Run)
	e.Hosts = documents(store, left)
	return p.Write(to, e)
}

// Runbook returns the section of a finding in the runbook; "" for none.
func Runbook() func(finding string) string {
	sections := sync.OnceValue(func() []handbook.Section { return handbook.Sections(docs.Runbook) })
	return func(finding string) string {
		s, _ := handbook.Find(sections(), finding)
		return s.Text
	}
}

// documents are the documents of a run's hosts, read ahead in parallel: reading one takes
// about as long as rendering it.
func documents(store *journal.Store, run outcome.Run) iter.Seq2[outcome.Host, error] {
	type read struct {
		host outcome.Host
		err  error
	}
	return func(yield func(outcome.Host, error) bool) {
		ahead, enough := make(chan chan read, 2*runtime.GOMAXPROCS(0)), make(chan struct{})
		go func() {
			defer close(ahead)
			for _, h := range run.Hosts {
				one := make(chan read, 1)
				select {
				case ahead <- one:
				case <-enough:
					return
				}
				go func() {
					host, err := document(store, run.ID, h)
					one <- read{host, err}
				}()
			}
		}()
		defer func() {
			close(enough)
			for one := range ahead { // leave no goroutine behind
				<-one
			}
		}()
		for one := range ahead {
			r := <-one
			if !yield(r.host, r.err) || r.err != nil {
				return
			}
		}
	}
}

// document is the document of one host; without one, the run's summary of it.
func document(store *journal.Store, run string, h outcome.HostSummary) (outcome.Host, error) {
	kept, err := store.LoadHost(run, h.Name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return *Without(run, h), nil
	case err != nil:
		return outcome.Host{}, err
	}
	return *kept, nil
}

// Without is the document of a host that has none: the run's summary of it.
func Without(run string, h outcome.HostSummary) *outcome.Host {
	return &outcome.Host{Schema: outcome.HostSchema, RunID: run, Host: h.Name, Address: h.Address, Outcome: h.Outcome, Reason: h.Reason, Interrupted: h.Interrupted}
}

// Wanted reports whether any file is asked for.
func Wanted(files map[string]string) bool {
	for _, path := range files {
		if path != "" {
			return true
		}
	}
	return false
}

// Save writes the files that are asked for, by format. One that fails does not keep the
// others from being written.
func Save(c *console.Console, e report.Evidence, files map[string]string) error {
	var problems []error
	for _, format := range formats.All() {
		path := files[format.Name]
		if path == "" {
			continue
		}
		write := func(to io.Writer) error { return format.Write(to, e) }
		if err := saveFile(c, path, format.Private, write); err != nil {
			problems = append(problems, fmt.Errorf("--%s: %w", format.Name, err))
		}
	}
	return errors.Join(problems...)
}

// saveFile writes a file whole or not at all, as durable.WriteReport does. The file that
// stdout leads to is written through stdout.
func saveFile(c *console.Console, path string, private bool, write func(io.Writer) error) error {
	if info, err := os.Stat(path); err == nil && c.LeadsTo(info) {
		buffered := bufio.NewWriter(c.Out)
		if err := write(buffered); err != nil {
			return err
		}
		return buffered.Flush()
	}
	return durable.WriteReport(path, private, write)
}
