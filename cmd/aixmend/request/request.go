// Package request holds the request of a run: its verb, its flags and the part of the
// inventory that it needs. It is written to request.json, and resume needs nothing else.
package request

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/planfile"
	"aixmend/cmd/aixmend/usage"
	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/playbooks"
)

// schema is the schema of request.json.
const schema = "aixmend.request/v1"

// Request is the request of a run. It holds no secret: of a password, the inventory only
// names the source.
type Request struct {
	Schema string          `json:"schema"`
	Verb   controller.Verb `json:"verb"`
	// Folder is the working folder in which the run began: local programs run there, and
	// the folder of --set upload is relative to it; "": that of this process.
	Folder string `json:"folder"`
	// SHA256 is the hash of the playbook.
	SHA256 string `json:"playbook_sha256"`
	// Plan is the approved plan, nil for none.
	Plan *planfile.Plan `json:"plan,omitempty"`
	// Approvals are those of the plan, as they were when the run began.
	Approvals []outcome.Approval `json:"approvals,omitempty"`
	// Undoes is the run that is rolled back, "" for none.
	Undoes string `json:"undoes,omitempty"`
	// By is who began the run.
	By outcome.By `json:"by"`
	Asked
	Scope
}

// Asked are the flags that define a run.
type Asked struct {
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
	Cloud            string        `json:"cloud,omitempty"`
	// Files are the report files to write, by format.
	Files map[string]string `json:"files,omitempty"`
	// Out is the file a plan is written to, "" for none.
	Out string `json:"out,omitempty"`
}

// Longer suggests a --deadline for a run that this one has cut. A host that hangs takes
// minutes to be read.
func Longer(deadline time.Duration) string {
	return strings.TrimSuffix(max(2*deadline, 5*time.Minute).Round(time.Minute).String(), "0s")
}

// Scope is the inventory as far as a run needs it.
type Scope struct {
	// Applies is the run over the same hub whose plan is applied, "" for none. It stands before the
	// hosts: a list of runs reads no further.
	Applies string `json:"applies,omitempty"`
	// Hosts are the selected hosts.
	Hosts  []inventory.Host  `json:"hosts"`
	Groups []inventory.Group `json:"groups"`
	// Names are the names of all hosts of the inventory.
	Names []string `json:"names"`
	// Bastions are the bastions that the inventory defines.
	Bastions []inventory.Bastion `json:"bastions,omitempty"`
	// Sites are the selected hosts by site, of a run over a hub; nil for any other.
	Sites map[string][]string `json:"sites,omitempty"`
	// Since is the run, or last, that one over a hub is compared with, and Detailed says that news
	// and planned changes give it exit code 5: its operator waits while the hub begins again.
	Since    string `json:"since,omitempty"`
	Detailed bool   `json:"detailed,omitempty"`
	// Adopted are the sites from which a hub that had lost the run has it; none of any other run.
	Adopted []outcome.Adopted `json:"adopted,omitempty"`
	// Whole is the whole run, of a site's part of it: in the words of the hub, which reads them
	// again if it has lost the run.
	Whole json.RawMessage `json:"whole,omitempty"`
}

// ScopeOf is the scope of hosts selected from an inventory.
func ScopeOf(inv *inventory.Inventory, hosts []inventory.Host) Scope {
	return Scope{Hosts: hosts, Groups: inv.Groups, Names: Names(inv.Hosts), Bastions: inv.Bastions}
}

// Names are the names of hosts.
func Names(hosts []inventory.Host) []string {
	list := make([]string, len(hosts))
	for i, h := range hosts {
		list[i] = h.Name
	}
	return list
}

// Load reads the request of a run. Its paths are absolute, whatever version wrote it.
func Load(store *journal.Store, id string) (Request, error) {
	var r Request
	if err := store.LoadRequest(id, &r); err != nil {
		return r, err
	}
	return r.absolute(), nil
}

// Inventories are the files of the inventory of a run, with absolute paths.
func Inventories(store *journal.Store, id string) ([]string, error) {
	var r Request
	if err := store.LoadRequestHead(id, &r); err != nil {
		return nil, err
	}
	return r.absolute().Inventories, nil
}

// Document is the request as request.json keeps it: with absolute paths, so that resume
// works in any folder.
func (r Request) Document() (Request, error) {
	if r.Folder == "" {
		folder, err := os.Getwd()
		if err != nil {
			return r, exit.Usagef("cd into a folder that exists and that you may read, such as /", "the working folder can't be told: %w", err)
		}
		r.Folder = folder
	}
	r.Schema = schema
	return r.absolute(), nil
}

// Check reports whether this version can act on the request of an earlier run.
func (r Request) Check() error {
	if r.Schema != schema {
		return exit.Usagef("use the version that began the run", "request.json has schema %q, this version reads %s", r.Schema, schema)
	}
	if info, err := os.Stat(r.Folder); err != nil || !info.IsDir() {
		return exit.Usagef("create it again: the local programs of the run start there", "the run's working folder is gone: %s", r.Folder)
	}
	return nil
}

// Reached returns hosts with the identity and the known_hosts of the flags.
func (a Asked) Reached(hosts []inventory.Host) []inventory.Host {
	hosts = slices.Clone(hosts)
	for i := range hosts {
		a.Override(&hosts[i].SSH)
	}
	return hosts
}

// Override replaces the identity and the known_hosts of the inventory by those of the
// flags. The certificate and the passphrase of a replaced identity go with it.
func (a Asked) Override(s *inventory.SSH) {
	if a.Identity != "" {
		if path := filepath.Clean(a.Identity); path != s.Identity {
			s.Identity, s.Certificate, s.Passphrase = path, "", ""
		}
	}
	if a.KnownHosts != "" {
		s.KnownHosts = filepath.Clean(a.KnownHosts)
	}
}

// Failures reads --fail-on.
func (a Asked) Failures() ([]outcome.Outcome, error) {
	list := []outcome.Outcome{}
	for _, name := range a.FailOn {
		if name == string(outcome.CutOff) {
			return nil, exit.Usagef("write --fail-on failed", "--fail-on %s: a host that was cut off counts as failed", name)
		}
		if !slices.Contains(outcome.Outcomes(), outcome.Outcome(name)) {
			return nil, usage.Word("fail-on", name, outcome.Names())
		}
		list = append(list, outcome.Outcome(name))
	}
	return list, nil
}

// uploads is the prefix of the parameter that names a folder of this machine.
const uploads = "upload="

// moved returns what was asked for with each path changed by move, but that of --set
// upload: steps and plans quote it as it was typed.
func (a Asked) moved(move func(string) string) Asked {
	a.Inventories = slices.Clone(a.Inventories)
	for i, file := range a.Inventories {
		a.Inventories[i] = move(file)
	}
	if !slices.Contains(playbooks.Names(), a.Playbook) {
		a.Playbook = move(a.Playbook)
	}
	a.Identity, a.KnownHosts, a.SSHConfig, a.Out = move(a.Identity), move(a.KnownHosts), move(a.SSHConfig), move(a.Out)
	if a.Files != nil {
		files := map[string]string{}
		for format, path := range a.Files {
			files[format] = move(path)
		}
		a.Files = files
	}
	return a
}

// CheckHosts checks that a parameter names hosts of the inventory, comma-separated.
func (s Scope) CheckHosts(param, names string) error {
	if names == "" {
		return nil
	}
	for name := range strings.SplitSeq(names, ",") {
		if name = strings.TrimSpace(name); !slices.Contains(s.Names, name) {
			return exit.Usagef("", "--set %s=%s: the inventory has no host %q", param, names, name)
		}
	}
	return nil
}
