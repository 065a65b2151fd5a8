// Package fleet carries the work of one run over many sites: a hub orders, the worker of
// each site does the work and sends back its reports. They speak over NATS JetStream, which
// delivers at least once: every message here may come twice, late or after newer ones, and
// none does harm by that. The truth is in the journals of the workers and on the hosts.
//
// Terms. A site is a place with its own hosts, keys and state folder; its worker dials out
// to the hub. The part of a run at a site is the hosts that the hub orders there. An operator
// is a person or a job that asks the hub for runs.
package fleet

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"aixmend/controller/gather"
	"aixmend/controller/outcome"
	"aixmend/inventory/naming"
)

// Version is the version of the messages. A message of another one is refused.
const Version = 2

// FileVersion is that of join files and of a hub's folder, which outlive an upgrade.
const FileVersion = 1

const (
	// MaxMessage is the longest message, in bytes: run.json of some 50,000 hosts.
	MaxMessage = 32 << 20
	// maxHosts is the most hosts that a site may have.
	maxHosts = 200_000
)

// The streams of the hub.
const (
	orders = "ORDERS" // orders that are not done; one message a part
	events = "EVENTS" // the reports of workers, kept while the run is open
	sites  = "SITES"  // the hosts of each site; one message a site
)

// Subjects. SITE, RUN and OPERATOR are single tokens.
func orderSubject(site, run string) string { return "aixmend.order." + site + "." + token(run) }
func eventSubject(site, run string) string { return "aixmend.event." + site + "." + token(run) }
func hostsSubject(site string) string      { return "aixmend.site." + site + ".hosts" }
func beatSubject(site string) string       { return "aixmend.site." + site + ".beat" }
func turnsSubject(site string) string      { return "aixmend.turns." + site }
func stopSubject(site string) string       { return "aixmend.stop." + site }
func askSubject(operator, verb string) string {
	return "aixmend.ask." + operator + "." + verb
}

// token is a run id as one token of a subject: ids have a dot.
func token(run string) string { return strings.ReplaceAll(run, ".", "_") }

var name = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// CheckName returns an error unless a name can be that of a site or an operator: it becomes
// part of subjects.
func CheckName(kind, text string) error {
	if !name.MatchString(text) {
		return fmt.Errorf("%s %q: a name has up to 63 lower-case letters, digits and hyphens", kind, text)
	}
	return nil
}

// Order asks a site for its part of a run. It names hosts and a playbook; it never holds a
// command, an address or a secret: the worker has those, or refuses.
type Order struct {
	V    int    `json:"v"`
	Run  string `json:"run"`
	Site string `json:"site"`
	// Verb is the task: audit, capture, plan or recover.
	Verb     string           `json:"verb"`
	Playbook outcome.Playbook `json:"playbook"`
	Set      []string         `json:"set,omitempty"`
	Hosts    []string         `json:"hosts"`
	Changing
	// Label names captures.
	Label string `json:"label,omitempty"`
	// Until is when --deadline cuts the run; zero: never.
	Until  time.Time  `json:"until,omitzero"`
	By     outcome.By `json:"by"`
	Limit  string     `json:"limit,omitempty"`
	Ticket string     `json:"ticket,omitempty"`
	// Approvals are those of the plan, as they counted where the operator works.
	Approvals []outcome.Approval `json:"approvals,omitempty"`
	// Streams is when the hub's streams were made. A hub that was restored without them orders
	// again, and needs all reports again.
	Streams time.Time `json:"streams"`
	// Request is the whole run in the words of the hub: the worker keeps it, and tells it to a
	// hub that has lost the run.
	Request json.RawMessage `json:"request,omitempty"`
	// Have are runs that need not be told, of VerbAdopt.
	Have []string `json:"have,omitempty"`
}

// Changing is the part of an order about changes.
type Changing struct {
	Allow        []string `json:"allow,omitempty"`
	MendWarnings bool     `json:"mend_warnings,omitempty"`
	Attempts     int      `json:"attempts,omitempty"`
	// Plan is the run over the same hub whose plan is applied: nothing else may be sent. "":
	// each host is planned when it begins.
	Plan string `json:"plan,omitempty"`
	// Undoes is the run that is rolled back; "" for none.
	Undoes string `json:"undoes,omitempty"`
}

// check returns why an order that came for a site can't be one.
func (o Order) check(site string) error {
	switch {
	case o.V != Version:
		return otherVersion(o.V)
	case o.Site != site:
		return fmt.Errorf("it is for site %q", o.Site)
	case !naming.IsFile(o.Run):
		return fmt.Errorf("run %q can't be one", o.Run)
	case o.Verb == VerbAdopt && len(o.Have) > MaxHave:
		return fmt.Errorf("it names %d runs", len(o.Have))
	case o.Verb == VerbAdopt && len(o.Hosts) == 0:
		return nil
	case len(o.Hosts) == 0 || len(o.Hosts) > maxHosts:
		return fmt.Errorf("it has %d hosts", len(o.Hosts))
	}
	seen := map[string]bool{}
	for _, h := range o.Hosts {
		if !naming.IsFile(h) || seen[h] {
			return fmt.Errorf("host %q can't be one, or is there twice", h)
		}
		seen[h] = true
	}
	return nil
}

// batch is one message of a worker: each is synced to the hub's disk, so that many small ones
// would wait for it.
type batch struct {
	V      int     `json:"v"`
	Events []Event `json:"events"`
}

// Event is a step of a worker's part of a run.
type Event struct {
	Run  string `json:"run"`
	Site string `json:"site"`
	// Host is the report of a host, as Public makes it; a later one of the host replaces it.
	Host *outcome.Host `json:"host,omitempty"`
	// Step is the step that the host has taken.
	Step gather.Kind `json:"step,omitempty"`
	// RungRefused says that a rung of a host that has ended was refused by its own checks.
	RungRefused bool `json:"rung_refused,omitempty"`
	// Process is the process that walks the host, as leases name it; of runs that may wait.
	Process string `json:"process,omitempty"`
	// Ended says that the part is over.
	Ended *Ended `json:"ended,omitempty"`
	// Kept is a run of the past, of an adoption.
	Kept *Kept `json:"kept,omitempty"`
}

// Ended is how a part ended. The zero value is an end with a report of each host.
type Ended struct {
	// Refused is why nothing was done, "" where it was.
	Refused string `json:"refused,omitempty"`
	// Broken is the internal error that ended it, "" for none.
	Broken string `json:"broken,omitempty"`
	// Stopped says that the hub, or a signal at the site, stopped it.
	Stopped bool `json:"stopped,omitempty"`
	// Adoption is the run of the order that a part of the past is told for, Open says that it had
	// not ended.
	Adoption string `json:"adoption,omitempty"`
	Open     bool   `json:"open,omitempty"`
	// Streams is that of the order; the end of an order that went with earlier streams counts
	// for nothing.
	Streams time.Time `json:"streams,omitzero"`
}

// check returns why an event that came on the subject of a site can't be one.
func (e Event) check(site, run string) error {
	switch {
	case e.Site != site, e.Run != run:
		return fmt.Errorf("it is of site %q, run %q", e.Site, e.Run)
	case e.things() != 1:
		return errors.New("it tells nothing, or two things")
	case e.Kept != nil:
		return e.Kept.check()
	case e.Host != nil && (!naming.IsFile(e.Host.Host) || e.Host.RunID != run || e.Host.Schema != outcome.HostSchema):
		return errors.New("its report can't be one")
	case e.Host != nil && e.Step == gather.Ended && !slices.Contains(outcome.Outcomes(), e.Host.Outcome):
		return fmt.Errorf("a host can't end %q", e.Host.Outcome)
	case e.Host != nil && !slices.Contains([]gather.Kind{gather.Read, gather.Wants, gather.GoesOn, gather.Leaves, gather.Ended}, e.Step):
		return fmt.Errorf("a host can't take a step %q", e.Step)
	}
	return nil
}

// things counts the things that the event tells.
func (e Event) things() int {
	n := 0
	for _, there := range []bool{e.Host != nil, e.Ended != nil, e.Kept != nil} {
		if there {
			n++
		}
	}
	return n
}

// Hosts are the hosts of a site, by name alone.
type Hosts struct {
	V     int      `json:"v"`
	Site  string   `json:"site"`
	Names []string `json:"names"`
	// Groups are the groups of the inventory with their hosts.
	Groups map[string][]string `json:"groups,omitempty"`
}

// check returns why hosts that came on the subject of a site can't be those.
func (h Hosts) check(site string) error {
	switch {
	case h.V != Version:
		return otherVersion(h.V)
	case h.Site != site:
		return fmt.Errorf("they are of site %q", h.Site)
	case len(h.Names) > maxHosts:
		return fmt.Errorf("%d hosts are too many", len(h.Names))
	}
	known := map[string]bool{}
	for _, n := range h.Names {
		if !naming.IsFile(n) || known[n] {
			return fmt.Errorf("host %q can't be one, or is there twice", n)
		}
		known[n] = true
	}
	for group, members := range h.Groups {
		if !naming.IsFile(group) {
			return fmt.Errorf("group %q can't be one", group)
		}
		for _, n := range members {
			if !known[n] {
				return fmt.Errorf("group %s has a host %q that the site has not", group, n)
			}
		}
	}
	return nil
}

// Beat is the sign of life of a worker.
type Beat struct {
	V    int    `json:"v"`
	Site string `json:"site"`
	// Version is that of the worker's program.
	Version string `json:"version"`
	// Runs are the runs that it works on.
	Runs []string `json:"runs,omitempty"`
	// Instance names the process of the worker.
	Instance string `json:"instance"`
	// Known is the newest answer to a beat: a hub that began again learns from it.
	Known Active `json:"known,omitzero"`
	// Leaving says that the worker stops: this is its last beat.
	Leaving bool `json:"leaving,omitempty"`
}

// stop asks the worker of a site to end its part of a run: nothing more begins.
type stop struct {
	V   int    `json:"v"`
	Run string `json:"run"`
}

func otherVersion(v int) error {
	return fmt.Errorf("it has version %d, this program reads %d: hub and workers must be of one version", v, Version)
}

// packed is a message of at most so many bytes.
func packed(message any, most int) ([]byte, error) {
	text, err := json.Marshal(message)
	if err == nil && len(text) > most {
		err = fmt.Errorf("a message of %d bytes is too long, the limit is %d", len(text), most)
	}
	return text, err
}

// unpack reads a message that somebody else has made.
func unpack(text []byte, into any) error { return json.Unmarshal(text, into) }
