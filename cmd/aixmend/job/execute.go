package job

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/evidence"
	"aixmend/cmd/aixmend/news"
	"aixmend/cmd/aixmend/planfile"
	"aixmend/controller"
	"aixmend/controller/approval"
	"aixmend/controller/cloud"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// Ended is a run whose hosts have all ended.
type Ended struct {
	outcome.Run
	// Compared is the comparison that --since asks for, nil where it does not.
	Compared *news.Compared
}

// Run runs a job and writes its evidence. earlier is the record of earlier processes of the
// run, nil for a new run. The result is nil where the run did not begin; it is there
// beside an error where evidence could not be written.
func (j *Job) Run(ctx context.Context, c *console.Console, earlier *Earlier) (*Ended, error) {
	store, err := journal.Open(j.Settings.State)
	if err != nil {
		return nil, err
	}
	if j.Request.Verb == controller.Recover {
		unlock, err := store.Lock()
		if err != nil {
			return nil, err
		}
		defer unlock()
	}
	c.Interrupts.Announce(c.Say)
	defer c.Interrupts.Announce(nil) // after a preview comes a question
	if j.Request.By == (outcome.By{}) {
		j.Request.By = c.By()
	}
	approved, err := j.approved(store, earlier)
	if err != nil {
		return nil, err
	}
	run := &Ended{Run: j.document()}
	dir, earlier, err := j.openFolder(store, &run.Run, earlier, c.By())
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	if p := j.Settings.Part; p != nil && p.Opened != nil {
		p.Opened()
	}
	if !j.Settings.Quiet && earlier == nil {
		c.Say("%s of %s, playbook %s, run %s", run.Kind(), report.Hosts(len(j.Request.Hosts)), j.Playbook.Name, run.ID)
	}
	folder := runFolder{dir, store, run.ID, j.sink(store, dir, &run.Run)}
	engine := j.engine(c, folder)
	engine.Approved, engine.MaxAttempts, engine.Pause = j.consented(approved), j.Request.Attempts, j.pause(c)
	if err := j.remember(engine, store, earlier); err != nil {
		return nil, err
	}
	result, broken := j.watched(c, engine, func() (controller.Result, error) {
		defer folder.sink.fill(engine)()
		return engine.Run(Within(ctx, j.Request.Deadline), j.Request.Hosts)
	})
	return run, j.ended(c, folder, run, finished{result, broken})
}

// document returns the run.json of a new run.
func (j *Job) document() outcome.Run {
	r := j.Request
	return outcome.Run{
		Schema: outcome.RunSchema, Version: j.Settings.Version, Command: j.Command(), Undoes: r.Undoes,
		By: r.By, Limit: strings.Join(r.Limit, ","), Ticket: r.Ticket, Approvals: r.Approvals,
		Playbook: outcome.Playbook{Name: j.Playbook.Name, SHA256: j.Playbook.SHA256}, Fleet: []outcome.FleetFinding{},
		FailOn: j.failOn, Inventory: len(r.Names), Adopted: r.Adopted,
	}
}

// approved returns the approved plan of each host; nil without a plan. A run that is
// resumed may continue to apply its own.
func (j *Job) approved(store *journal.Store, earlier *Earlier) (func(host string) *approval.Host, error) {
	p := j.Request.Plan
	if p == nil {
		return nil, nil
	}
	own := ""
	if earlier != nil {
		own = earlier.ID
	}
	applied, err := p.Applied(store, j.Request.Hosts, own)
	if err != nil {
		return nil, err
	}
	return p.Approved(applied, j.Request.Hosts), nil
}

// remember gives an engine the records of earlier runs that it needs.
func (j *Job) remember(e *controller.Engine, store *journal.Store, earlier *Earlier) (err error) {
	if j.Request.Undoes != "" && e.Elsewhere == nil { // else each site knows its changes
		done, err := LoadEarlier(store, j.Request.Undoes, j.Playbook)
		if err != nil {
			return err
		}
		e.Earlier = done.rollback
	}
	if earlier != nil {
		e.Began, e.Begun = earlier.started, earlier.begun
	}
	if j.recordings == nil { // captures of hosts with the same names are of other hosts
		e.Past = store.NewestHeld(j.Request.Names, j.Playbook.Captured)
	}
	if e.Cloud != nil {
		since := cloud.Lag
		if j.Playbook.Uses("storage") {
			since = cloud.Memory
		}
		if e.History.Last, e.History.Since, err = store.Changed(time.Now().Add(-since)); err != nil {
			return err
		}
	}
	e.Attempts, err = j.attempts(store)
	return err
}

// openFolder opens the folder of a new or resumed run and writes the first entry of this
// process to its journal. The request is on disk before the run starts.
func (j *Job) openFolder(store *journal.Store, run *outcome.Run, earlier *Earlier, by outcome.By) (*journal.Run, *Earlier, error) {
	now := time.Now().UTC()
	entry := outcome.Entry{Time: now, Event: outcome.EventRun, Format: outcome.JournalFormat, State: outcome.RunStarted, Detail: j.Command(), By: &by, Limit: run.Limit, Ticket: run.Ticket, Approvals: run.Approvals}
	if earlier == nil {
		run.ID, run.Started = journal.NewRunID(now), now
		if p := j.Settings.Part; p != nil {
			run.ID = p.ID
		}
		dir, err := j.newFolder(store, run.ID, entry)
		return dir, nil, err
	}
	dir, err := store.Reopen(earlier.ID)
	if err != nil {
		return nil, nil, err
	}
	entry.State = outcome.RunResumed
	adopts := j.Settings.Part.adopts()
	if adopts {
		entry.State = outcome.RunAdopted
	}
	earlier, err = LoadEarlier(store, earlier.ID, j.Playbook) // under the lock now: it stays true
	if err == nil {
		err = dir.Append(entry)
	}
	if err != nil {
		return nil, nil, errors.Join(err, dir.Close())
	}
	run.ID, run.Started, run.Resumed, run.ResumedBy = earlier.ID, earlier.started, earlier.resumed, earlier.by
	if !adopts {
		run.Resumed, run.ResumedBy = append(run.Resumed, now), append(run.ResumedBy, by)
	}
	return dir, earlier, nil
}

// newFolder makes the folder of a new run.
func (j *Job) newFolder(store *journal.Store, id string, begins outcome.Entry) (*journal.Run, error) {
	document, err := j.Request.Document()
	if err != nil {
		return nil, err
	}
	document.SHA256 = j.Playbook.SHA256
	dir, err := store.NewRun(id)
	if err != nil {
		return nil, err
	}
	if j.recordings == nil { // resume would connect to the hosts
		err = dir.WriteRequest(document)
	}
	if err := errors.Join(err, dir.Append(begins)); err != nil {
		return nil, errors.Join(err, dir.Close())
	}
	return dir, nil
}

// runFolder is the folder of a run, with the state folder that holds it and the sink that writes
// into it.
type runFolder struct {
	*journal.Run
	store *journal.Store
	run   string // its id
	sink  sink
}

// finished is the result of an engine.
type finished struct {
	controller.Result
	broken error // the failure of the run itself, or nil
}

// ended writes the end of a run: its reports first, run.json last.
func (j *Job) ended(c *console.Console, dir runFolder, run *Ended, f finished) error {
	j.sum(&run.Run, f.Result)
	run.LeftOpen = j.leftOpen(dir.store, &run.Run)
	ending := j.ending(&run.Run, f.Result)
	ending.Signal, ending.Drifted = c.Interrupts.Code(), stillIll(dir.Run, run.Hosts)
	ending.Changes = j.compare(dir.store, run)
	if f.broken != nil {
		ending.Broken = f.broken.Error()
	}
	if f.Braked != "" {
		c.Say("%s", f.Braked)
	}
	code, reason := ending.Code()
	j.Conclude(&run.Run, code, reason)
	run.ForQuestion = (j.preview || j.question.of != "") && asksAbout(&run.Run)
	unwritten := j.writeReports(c, dir, run.Run)
	if unwritten != nil {
		j.Conclude(&run.Run, outcome.ExitInternal, errors.Join(f.broken, unwritten).Error())
	}
	err := errors.Join(f.broken, dir.Finish(run.Run))
	if r := j.Request; err == nil && r.Out != "" { // although a report could not be written
		if err = planfile.Save(r.Out, planned(r.Asked), &run.Run, r.Hosts, dir.store); err != nil {
			j.Request.Out = "" // the guide must not name it
		}
	}
	return errors.Join(err, unwritten)
}

// writeReports writes report.html into the folder of the run, and the files asked for: a
// plan that a question follows is not the run that they are asked of.
func (j *Job) writeReports(c *console.Console, dir runFolder, run outcome.Run) error {
	e, err := evidence.Of(dir.store, run)
	if err != nil {
		return err
	}
	page := dir.WritePage(func(to io.Writer) error { return evidence.WritePage(to, dir.store, dir.sink.pages, e) })
	if j.preview && asksAbout(&run) {
		return page
	}
	return errors.Join(page, evidence.Save(c, e, j.Request.Files))
}
