// Package listing lists the runs and captures of a state folder, fitted to the terminal,
// and shows the contents of a capture.
package listing

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/guide"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// Options say how something is listed.
type Options struct {
	// JSON lists it as JSON.
	JSON bool
	// State is the state folder as it was typed, for commands to type next.
	State string
	// Usual are the values of flags that are not typed, in those commands.
	Usual guide.Usual
	// Playbook is the default playbook: it is named only where there is room.
	Playbook string
	// Print prints a list for a person to read.
	Print func(text string) error
	// Now is the time, in the zone of the times on a terminal.
	Now time.Time
}

// guide suggests the command to type next about a run.
func (o Options) guide(r run) guide.Guide { return guide.Bare(*r.Run, o.State).From(o.Usual) }

// run is a run in a list.
type run struct {
	*outcome.Run
	State    journal.State
	standing outcome.Standings
}

// row is a run in a list as JSON: its line, without the hosts that its run.json has.
type row struct {
	ID          string                  `json:"run_id"`
	Command     string                  `json:"command"`
	Undoes      string                  `json:"undoes,omitempty"`
	ForQuestion bool                    `json:"for_question,omitempty"`
	Playbook    outcome.Playbook        `json:"playbook"`
	By          outcome.By              `json:"by"`
	Approvals   []outcome.Approval      `json:"approvals,omitempty"`
	Limit       string                  `json:"limit"`
	Ticket      string                  `json:"ticket"`
	Started     time.Time               `json:"started"`
	Resumed     []time.Time             `json:"resumed,omitempty"`
	Finished    time.Time               `json:"finished"`
	State       journal.State           `json:"state"`
	ExitCode    int                     `json:"exit_code"`
	ExitReason  string                  `json:"exit_reason"`
	Unfinished  int                     `json:"unfinished,omitempty"`
	Counts      map[outcome.Outcome]int `json:"counts"`
}

// rows are runs as JSON.
func rows(runs []run) []row {
	list := make([]row, len(runs))
	for i, r := range runs {
		list[i] = row{
			r.ID, r.Command, r.Undoes, r.ForQuestion, r.Playbook, r.By, r.Approvals, r.Limit, r.Ticket, r.Started, r.Resumed, r.Finished,
			r.State, r.ExitCode, r.ExitReason, r.Unfinished, r.Counts,
		}
	}
	return list
}

// runOrder is the order in which the columns of runs give way: when a run started, how long
// it took and which hosts it was for stay longer than who ran it and with which playbook.
var runOrder = []string{
	"TICKET", "HOSTS", "LIMIT", "LIMIT", "BY", "PLAYBOOK", "BY", "LIMIT", "STARTED", "LIMIT", "VERB", "PLAYBOOK", "HOSTS", "BY", "LIMIT", "LIMIT", "TOOK", "STARTED", "EXIT", "VERB", "HOSTS",
}

// Runs lists the runs of a store, the newest first: fitted to a terminal, whole in a pipe.
func Runs(c *console.Console, store *journal.Store, o Options) error {
	ids, err := store.RunIDs()
	if err != nil {
		return err
	}
	runs := []run{}
	for _, id := range ids {
		r, err := load(store, id)
		if err != nil {
			c.Say("warning: %s", err)
			continue
		}
		runs = append(runs, r)
	}
	switch {
	case o.JSON:
		return c.JSON(rows(runs))
	case len(ids) == 0:
		_, err := fmt.Fprintln(c.Out, "no runs yet")
		return err
	case len(runs) == 0: // the warnings say why
		return nil
	}
	width := c.Width()
	text := render(o.runColumns(runs), runOrder, width)
	if width > 0 {
		text += o.unfinished(runs, width)
	}
	return o.Print(text)
}

// load reads a run, finished or not.
func load(store *journal.Store, id string) (run, error) {
	if err := store.Readable(id); err != nil {
		return run{}, err
	}
	r := run{State: store.StateByHead(id)}
	var err error
	r.Run, err = store.LoadHead(id)
	if err == nil && r.Unfinished > 0 { // hosts that were cut off are counted by their own
		r.Run, err = store.LoadRun(id)
	}
	if errors.Is(err, fs.ErrNotExist) {
		entries, _ := store.ReadJournal(id) // up to a line that can't be read
		r.Run, err = begun(id, entries), nil
		var asked struct{ Undoes, Playbook string }
		if store.LoadRequestHead(id, &asked) == nil {
			r.Undoes = asked.Undoes
			r.Playbook.Name = strings.TrimSuffix(filepath.Base(asked.Playbook), filepath.Ext(asked.Playbook))
		}
	}
	if r.State == journal.StateRunning || r.State == journal.StateOpen {
		if s, err := Standings(store, id); err == nil {
			r.standing = s
		}
	}
	return r, err
}

// begun is a run that has not finished, as its journal has it: its exit code and duration are
// not known.
func begun(id string, entries []outcome.Entry) *outcome.Run {
	run := &outcome.Run{ID: id, ExitCode: -1}
	for i, e := range entries {
		switch {
		case i == 0:
			run.Command, run.Started, run.Limit, run.Ticket, run.Approvals = e.Detail, e.Time, e.Limit, e.Ticket, e.Approvals
			if e.By != nil {
				run.By = *e.By
			}
		case e.Event == outcome.EventRun && e.State == outcome.RunResumed:
			run.Resumed = append(run.Resumed, e.Time)
			if e.By != nil {
				run.ResumedBy = append(run.ResumedBy, *e.By)
			}
		}
	}
	return run
}

// StartedBy says who started a run, finished or not, and who resumed it; "" where that is not known.
func StartedBy(store *journal.Store, id string) string {
	r, err := load(store, id)
	if err != nil {
		return ""
	}
	if by := r.Approvers(); by != "" {
		return r.StartedBy() + ", plan approved by " + by
	}
	return r.StartedBy()
}

// runColumns are the columns of a list of runs.
func (o Options) runColumns(runs []run) []column {
	each := func(cell func(r run) string) []string {
		cells := make([]string, len(runs))
		for i, r := range runs {
			cells[i] = clean(cell(r))
		}
		return cells
	}
	id := each(func(r run) string { return r.ID })
	book := func(r run) string { return r.Playbook.Name }
	limit := func(most int) []string { return each(func(r run) string { return r.limit(most) }) }
	took, code := each(run.took), each(run.code)
	return []column{
		{head: "RUN", whole: id, forms: [][]string{id}},
		{head: "VERB", whole: each(func(r run) string { return r.Kind() }), forms: [][]string{
			each(func(r run) string { return clip(r.Kind(), 16) }), each(func(r run) string { return clip(clean(r.Kind()), 8) }),
		}},
		{head: "PLAYBOOK", whole: each(book), forms: [][]string{each(book), each(func(r run) string {
			if r.Playbook.Name == o.Playbook {
				return ""
			}
			return clip(r.Playbook.Name, 24)
		})}},
		{head: "STARTED", whole: each(func(r run) string { return rfc(r.Started) }), forms: [][]string{
			each(func(r run) string { return o.local(r.Started) }), each(func(r run) string { return o.day(r.Started) }),
		}},
		{head: "TOOK", whole: took, forms: [][]string{took}},
		{head: "EXIT", whole: code, forms: [][]string{code}},
		{head: "BY", whole: each(run.who), forms: [][]string{
			each(func(r run) string { return clip(r.who(), 48) }), each(func(r run) string { return clip(brief(r.By), 16) }), each(func(r run) string { return clip(brief(r.By), 8) }),
		}},
		{head: "LIMIT", whole: each(func(r run) string { return r.limit(math.MaxInt) }), forms: [][]string{limit(60), limit(48), limit(40), limit(24), limit(16), limit(8)}},
		{head: "TICKET", whole: each(func(r run) string { return r.Ticket }), forms: [][]string{each(func(r run) string { return clip(r.Ticket, 24) })}},
		{head: "HOSTS", whole: each(o.described), forms: [][]string{each(run.counts), each(run.worst), each(run.number)}},
	}
}

// limit is the limit of a run, of a rollback with the run that it rolls back: its id where
// so many columns hold it, else the end of the id.
func (r run) limit(most int) string {
	if r.Undoes == "" {
		return limitText(r.Limit, most)
	}
	whole := "rollback " + r.Undoes
	if r.Limit != "" {
		whole += " -l " + r.Limit
	}
	switch short := "rollback " + r.Undoes; {
	case ansi.StringWidth(whole) <= most:
		return whole
	case ansi.StringWidth(short) <= most:
		return short
	}
	end := r.Undoes[strings.LastIndex(r.Undoes, "-")+1:]
	if most < len("rollback "+end) {
		return end
	}
	return "rollback " + end
}

// took is how long a run took.
func (r run) took() string {
	if r.Finished.IsZero() || r.Started.IsZero() {
		return ""
	}
	took := max(r.Finished.Sub(r.Started), 0).Round(time.Second)
	if took >= time.Hour {
		took = took.Round(time.Minute)
	}
	text := took.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	return text
}

func (r run) code() string {
	if r.Finished.IsZero() {
		return ""
	}
	return fmt.Sprint(r.ExitCode)
}

// counts is the longest form of the hosts of a run on a terminal.
func (r run) counts() string {
	if r.State == journal.StateEnded {
		return report.Counts(*r.Run)
	}
	return r.worst()
}

// worst names the worst outcome of a run.
func (r run) worst() string {
	if r.State != journal.StateEnded {
		text := r.number()
		if n := len(r.standing.Hosts); n > 0 {
			text += fmt.Sprintf(", %d of %d ended", r.standing.Ended(), n)
		}
		return text
	}
	for _, o := range outcome.Outcomes() {
		if n := r.Counts[o]; n > 0 {
			if n == r.sum() {
				return fmt.Sprintf("%d %s", n, o)
			}
			return fmt.Sprintf("%d of %d %s", n, r.sum(), o)
		}
	}
	return report.Hosts(r.sum())
}

// number is the number of hosts of a run, or the state of one that has not ended.
func (r run) number() string {
	switch {
	case r.State == journal.StateOpen && r.Finished.IsZero():
		return "killed" // no end was written
	case r.State != journal.StateEnded:
		return string(r.State)
	}
	return fmt.Sprint(r.sum())
}

// sum is the number of hosts that ended.
func (r run) sum() int {
	sum := 0
	for _, n := range r.Counts {
		sum += n
	}
	return sum
}

// described is the HOSTS column of a run in a pipe.
func (o Options) described(r run) string {
	text, command := r.state()
	if len(command) > 0 {
		text += ": " + strings.Join(o.guide(r).Quoted(command...), " ") + " " + r.leads()
	}
	switch {
	case r.State == journal.StateEnded:
		return report.Counts(*r.Run)
	case r.Size() > 0 && r.State != journal.StateRunning && r.State != journal.StateCutOff:
		return report.Counts(*r.Run) + "; " + text
	}
	if s := r.standing; len(s.Hosts) > 0 {
		if r.State == journal.StateRunning {
			return text + "; " + r.progress()
		}
		return r.progress() + "; " + text
	}
	return text
}

// progress words how far the hosts of a run are that has not ended.
func (r run) progress() string {
	if r.State == journal.StateRunning {
		return r.standing.Run()
	}
	return r.standing.Left()
}

// state words a run that has not ended, "" for one that has, and names the command to
// type next.
func (r run) state() (text string, command []string) {
	switch r.State {
	case journal.StateRunning:
		return "running", nil
	case journal.StateOpen:
		return "not finished", []string{"aixmend", "resume", r.ID}
	case journal.StateOtherVersion:
		return "not finished, begun by another version", []string{"aixmend", "report", r.ID}
	case journal.StateCutOff:
		return "not finished", []string{"aixmend", "report", r.ID}
	}
	return "", nil
}

// leads says where the command of state leads.
func (r run) leads() string {
	switch r.State {
	case journal.StateOpen:
		return "continues it"
	case journal.StateOtherVersion:
		return "lists its changes; start a new run"
	}
	return "lists its changes"
}

// maxUnfinished is how many runs are explained below a list.
const maxUnfinished = 3

// unfinished explains the newest runs that have not ended, below the list of a terminal.
func (o Options) unfinished(runs []run, width int) string {
	var b strings.Builder
	explained := 0
	for _, r := range runs {
		text, command := r.state()
		if text == "" || explained == maxUnfinished {
			continue
		}
		explained++
		if len(r.standing.Hosts) > 0 {
			text += ": " + r.progress()
		}
		b.WriteString("\n" + report.Wrapped(clean(r.ID+": "+text), width, "  ") + "\n")
		if len(command) > 0 {
			b.WriteString("    " + strings.Join(o.guide(r).Quoted(command...), " ") + "\n")
		}
	}
	return b.String()
}

// clean escapes text from a file, on one line.
func clean(text string) string { return report.Clean(text, false) }

// rfc is a time as programs read it.
func rfc(t time.Time) string { return format(t, time.RFC3339) }

// format is a time in a layout, "" for none.
func format(t time.Time, layout string) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(layout)
}

// local is a time as a person reads it: in the own zone, with the year where it is not
// this one.
func (o Options) local(t time.Time) string {
	t = t.In(o.Now.Location())
	if t.Year() != o.Now.Year() {
		return format(t, "Jan _2  2006")
	}
	return format(t, "Jan _2 15:04")
}

// day is the short form of local: the time of a day that is this one.
func (o Options) day(t time.Time) string {
	t = t.In(o.Now.Location())
	if t.Year() == o.Now.Year() && t.YearDay() == o.Now.YearDay() {
		return format(t, "15:04")
	}
	return format(t, "Jan _2")
}

// who is the job of a pipeline, or the person and the machine.
func who(by outcome.By) string {
	switch {
	case by.Job != "":
		return by.Job
	case by.Login() != "" && by.Machine != "":
		return by.Login() + "@" + by.Machine
	}
	return by.Login()
}

// who is who started a run, and who approved its plan.
func (r run) who() string {
	if by := r.Approvers(); by != "" {
		return who(r.By) + ", approved by " + by
	}
	return who(r.By)
}

// brief is the short form of who.
func brief(by outcome.By) string {
	if by.Job != "" {
		return cmp.Or(by.JobUser, "job")
	}
	return by.Login()
}

// limitText is a limit in at most so many columns, 8 or more: with its first patterns and the
// number of the others, the first one shortened where even that is too long.
func limitText(limit string, most int) string {
	if ansi.StringWidth(limit) <= most {
		return limit
	}
	all := patterns(limit)
	for n := len(all) - 1; n > 0; n-- {
		if short := fmt.Sprintf("%s +%d", strings.Join(all[:n], ","), len(all)-n); ansi.StringWidth(short) <= most {
			return short
		}
	}
	more := ""
	if len(all) > 1 {
		more = fmt.Sprintf(" +%d", len(all)-1)
	}
	short := clip(all[0], most-len(more))
	if begins, _, cut := strings.Cut(short, "["); cut && !strings.Contains(short, "]") { // half a range would mislead
		short = begins + "~"
	}
	return short + more
}

// patterns are the patterns of a limit: a comma in a range separates none.
func patterns(limit string) []string {
	var list []string
	from, within := 0, false
	for i, c := range limit {
		switch {
		case c == '[':
			within = true
		case c == ']':
			within = false
		case c == ',' && !within:
			list, from = append(list, limit[from:i]), i+1
		}
	}
	return append(list, limit[from:])
}

// Standings reads how far the hosts of a run are.
func Standings(store *journal.Store, id string) (outcome.Standings, error) {
	entries, err := store.ReadJournal(id)
	if err != nil {
		return outcome.Standings{}, err
	}
	r, err := request.Load(store, id)
	if err != nil {
		return outcome.Standings{}, err
	}
	return outcome.Stand(request.Names(r.Hosts), entries), nil
}
