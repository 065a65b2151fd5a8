// Package job runs a request: it checks the request, wires the engine to hosts and to the
// folder of the run, and decides the exit code.
package job

import (
	"context"
	"strings"
	"time"

	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/planfile"
	"aixmend/cmd/aixmend/reach"
	"aixmend/cmd/aixmend/request"
	"aixmend/cmd/aixmend/usage"
	"aixmend/controller"
	"aixmend/controller/approval"
	"aixmend/controller/cloud"
	"aixmend/controller/gather"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/rollout"
	"aixmend/playbooks"
	"aixmend/playbooks/facts"
)

// Settings say how this process carries out a request. They are not part of the request.
type Settings struct {
	// State is the state folder.
	State string
	// Version is the version of this program.
	Version string
	// Home is the user's home folder, "" for none.
	Home string
	// Plugin: the exit code follows the convention of monitoring plugins.
	Plugin bool
	// Quiet prints no progress, Verbose each move of each host.
	Quiet, Verbose bool
	// Since is the run to compare with, "" for none.
	Since string
	// Cloud returns the function that shows the VMs of the run as --cloud asks, nil for none.
	Cloud func(flag string) func(context.Context) cloud.Sights
	// Detailed: exit code 5 for planned changes and for drift.
	Detailed bool
	// Complete completes the commands in a text, so that they work when they are pasted; nil:
	// they stay as they are.
	Complete func(text string) string
	// Part makes the run one over many sites; nil: it is not.
	Part *Part
}

// paste is a text whose commands are complete.
func (s Settings) paste(text string) string {
	if s.Complete == nil {
		return text
	}
	return s.Complete(text)
}

// Part is this process's part of a run over many sites: that of a site, or the whole at the
// hub.
type Part struct {
	// ID is the id of the run.
	ID string
	// Elsewhere gives the reports of the hosts, at the hub; nil: they are walked here.
	Elsewhere gather.Elsewhere
	// Wide returns the connection of this process, as leases name it, to the hub; nil: the
	// hosts of the part wait for no others.
	Wide func(process string) controller.Wide
	// Pause asks before a wave, at the hub; nil: the console does.
	Pause func(wave int, hosts []string) bool
	// Opened is told when the request of the run is on the disk: from then on a process that
	// begins again continues it; nil: nobody is.
	Opened func()
	// Reported is told of each host whose report was written; nil: nobody is.
	Reported func(h outcome.Host)
	// Adopted is when the run ended whose folder a hub makes anew; zero: it does not.
	Adopted time.Time
}

// adopts reports whether the run is one of the past.
func (p *Part) adopts() bool { return p != nil && !p.Adopted.IsZero() }

// Job is a run that is ready to start: its request has been checked.
type Job struct {
	Request  request.Request
	Settings Settings
	Playbook *playbooks.Playbook

	params     playbooks.Params
	upload     facts.Upload
	failOn     []outcome.Outcome
	waves      []rollout.Wave
	brake      rollout.Brake
	window     int             // hosts at the same time
	way        *reach.Way      // nil: not opened yet, or recordings
	planFile   string          // the file of an approved plan
	confirm    []planfile.Flag // flags of a plan that nobody has named again
	question   question
	preview    bool        // the run is that of Preview
	recordings *Recordings // judged instead of hosts; nil: hosts are connected to
}

// question is the question before a run that changes hosts.
type question struct {
	folded bool              // the plan above it is folded
	held   map[string]string // the hosts that it leaves out, with the open run that holds each
	// of is the run whose id stands in the commands of the plan, "" for that of the plan.
	of string
	// changes are the hosts that the plan above a resume, or a rollback, changes.
	changes []string
	// read says that the hosts of a resume were read for the plan above it.
	read bool
	// shown are the plans above a resume that bind it: of hosts to which it has sent nothing.
	shown map[string]*approval.Host
	// begun are the hosts of a resume to which it has sent something: the steps that follow
	// depend on the effect of those, so that the plan above is a forecast for them.
	begun []string
}

// Prepare checks a request.
func Prepare(r request.Request, s Settings) (*Job, error) {
	j := &Job{Request: r, Settings: s, window: r.Concurrency}
	var err error
	if j.Playbook, err = playbooks.Load(r.Playbook); err != nil {
		return nil, exit.Usage(err)
	}
	if r.Verb == controller.Recover && r.Waves != "" {
		if j.waves, j.brake, err = Brakes(r.Asked); err != nil {
			return nil, err
		}
	}
	if err := j.checkParams(); err != nil {
		return nil, err
	}
	if err := j.checkAllowed(); err != nil {
		return nil, err
	}
	j.failOn, err = r.Failures()
	return j, err
}

// checkParams checks the parameters of the playbook.
func (j *Job) checkParams() error {
	p, r := j.Playbook, j.Request
	var err error
	if j.params, err = p.Set(r.Set); err != nil {
		return exit.Usagef("aixmend playbook show "+p.Name+" lists the parameters", "%w", err)
	}
	if err := p.CheckUndoAfter(j.params); err != nil {
		return exit.Usagef("an undo that fires while its step is running reverts nothing", "--set %w", err)
	}
	if _, err := p.Asked(j.params, string(r.Verb), ""); err != nil {
		return exit.Usagef("a value that becomes part of a command may contain only letters, digits and _./:=,@+-", "--set: %w", err)
	}
	if j.upload, err = uploads(j.params, r.Folder); err != nil {
		return err
	}
	for _, param := range p.CloneParams() {
		if err := r.CheckHosts(param, j.params.Text(param)); err != nil {
			return err
		}
	}
	return nil
}

// checkAllowed checks the words of --allow.
func (j *Job) checkAllowed() error {
	for _, word := range j.Request.Allow {
		if j.Playbook.Allows(word) {
			continue
		}
		var words []string
		for _, w := range j.Playbook.AllowWords() {
			words = append(words, w.Word)
		}
		hint := "it takes none"
		if len(words) > 0 {
			hint = usage.Near(word, words, "it takes "+strings.Join(words, ", "))
		}
		return exit.Usagef(hint, "--allow %s: playbook %s has no rung or step that takes it", word, j.Playbook.Name)
	}
	return nil
}

// Restore prepares the request of an earlier run, whose playbook must not have changed.
func Restore(r request.Request, s Settings) (*Job, error) {
	j, err := Prepare(r, s)
	if err != nil {
		return nil, err
	}
	if j.Playbook.SHA256 != r.SHA256 {
		return nil, exit.Usagef("start a new run: it reads the hosts again", "playbook %s has changed since the run began", j.Playbook.Name)
	}
	return j, nil
}

// Apply makes the job apply the approved plan in a file, to the selected hosts of the plan.
// confirm are the flags of the plan that Consent still has to ask about.
func (j *Job) Apply(p *planfile.Plan, file string, confirm []planfile.Flag) error {
	if err := p.Check(j.Playbook); err != nil {
		return err
	}
	hosts, err := p.Select(j.Request.Hosts, j.Request.Names)
	if err != nil {
		return err
	}
	j.Request.Hosts, j.Request.Plan, j.planFile, j.confirm = hosts, p, file, confirm
	if store, err := journal.OpenExisting(j.Settings.State); err == nil { // refuse before asking
		if _, err := p.Applied(store, hosts, ""); err != nil {
			return err
		}
	}
	return nil
}

// Kind names the run for people.
func (j *Job) Kind() string {
	return outcome.Run{Command: j.Command(), Undoes: j.Request.Undoes}.Kind()
}

// Command is the verb under which the run is kept.
func (j *Job) Command() string {
	if j.recordings != nil {
		return replayCommand
	}
	return string(j.Request.Verb)
}
