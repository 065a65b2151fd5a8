package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/inventory"
)

// requestSchema is that of request.json in a run's folder.
const requestSchema = "aixmend.request/v1"

// request is what a run was asked to do, with everything that it depends on but
// the hosts themselves: resume needs nothing else. It holds no secret: of a
// password the inventory only says where it comes from.
type request struct {
	Schema string          `json:"schema"`
	Verb   controller.Verb `json:"verb"`
	// Folder is the working folder: paths are relative to it.
	Folder string `json:"folder"`
	// SHA256 is the hash of the playbook.
	SHA256 string `json:"playbook_sha256"`
	// Plan is the plan that is applied, nil for none.
	Plan *planFile `json:"plan,omitempty"`
	// Undoes is the run that is taken back, "" for none.
	Undoes string `json:"undoes,omitempty"`
	// By is who began it.
	By outcome.By `json:"by"`
	asked
	scope
}

// asked are the flags that say what a run does.
type asked struct {
	Inventories      []string      `json:"inventories"`
	Limit            []string      `json:"limit"`
	Concurrency      int           `json:"concurrency"`
	Playbook         string        `json:"playbook"`
	Set              []string      `json:"set"`
	Allow            []string      `json:"allow"`
	MendWarnings     bool          `json:"mend_warnings"`
	Label            string        `json:"label"`
	Ticket           string        `json:"ticket,omitempty"`
	FailOn           []string      `json:"fail_on"`
	ConnectTimeout   time.Duration `json:"connect_timeout"`
	Deadline         time.Duration `json:"deadline"`
	KnownHosts       string        `json:"known_hosts"`
	Identity         string        `json:"identity"`
	SSHConfig        string        `json:"ssh_config"`
	Waves            string        `json:"waves"`
	MaxFail          string        `json:"max_fail"`
	BrakeUnreachable bool          `json:"brake_unreachable"`
	Pause            bool          `json:"pause"`
	Attempts         int           `json:"attempts"`
	// Files are the files to write, by the names of their formats.
	Files map[string]string `json:"files,omitempty"`
	// Out is the file that a plan is written to, "" for none.
	Out string `json:"out,omitempty"`
}

// scope is the inventory as far as a run needs it.
type scope struct {
	// Hosts are those that were selected.
	Hosts  []inventory.Host  `json:"hosts"`
	Groups []inventory.Group `json:"groups"`
	// Names are all hosts of the inventory.
	Names []string `json:"names"`
	// Bastions are those that the inventory defines.
	Bastions []inventory.Bastion `json:"bastions,omitempty"`
}

// request is what a job is, to be kept.
func (j *job) request() (request, error) {
	folder, err := os.Getwd()
	if err != nil {
		return request{}, fmt.Errorf("working folder: %w", err)
	}
	return request{
		Schema: requestSchema, Verb: j.verb, Folder: folder, SHA256: j.playbook.SHA256, Plan: j.plan, Undoes: j.undoes, By: j.by, asked: j.flags.asked, scope: j.scope,
	}, nil
}

// restore makes the job of a request again.
func (r request) restore(f flags) (*job, error) {
	if err := r.enter(&f); err != nil {
		return nil, err
	}
	f.asked = r.asked
	if err := f.checkSSHConfig(); err != nil { // every host would be reached in another way, or not at all
		return nil, err
	}
	if err := f.checkFiles(); err != nil {
		return nil, err
	}
	j, err := r.prepare(&f, r.Verb, r.scope)
	if err != nil {
		return nil, err
	}
	j.plan, j.undoes, j.by = r.Plan, r.Undoes, r.By
	return j, nil
}

// enter goes to the working folder of the run: what its inventory names is
// relative to it.
func (r request) enter(f *flags) error {
	if r.Schema != requestSchema {
		return usagef("use the version that began it", "the run's request is of schema %q, wanted %s", r.Schema, requestSchema)
	}
	state, err := filepath.Abs(f.state)
	if err != nil {
		return fmt.Errorf("state folder: %w", err)
	}
	here, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("working folder: %w", err)
	}
	if err := os.Chdir(r.Folder); err != nil {
		return usagef("its inventory and keys are named relative to it", "the run's working folder: %w", err)
	}
	f.state = state
	if here != r.Folder {
		f.entered = r.Folder
	}
	return nil
}

// prepare makes a job with the playbook of the request, which must be the same
// still.
func (r request) prepare(f *flags, verb controller.Verb, hosts scope) (*job, error) {
	j, err := f.prepare(verb, hosts)
	if err != nil {
		return nil, err
	}
	if j.playbook.SHA256 != r.SHA256 {
		return nil, usagef("begin a new run: it reads the hosts again", "playbook %s is not what it was when the run began", j.playbook.Name)
	}
	return j, nil
}
