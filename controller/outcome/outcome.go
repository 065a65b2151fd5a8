// Package outcome holds the results of a run: the run, its hosts, their
// stages, steps, findings and changes, with the JSON names that users and
// their scripts rely on. It is a leaf: the engine fills these types, the
// journal stores them, the reports render them.
package outcome

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Schemas of the documents.
const (
	RunSchema     = "aixmend.run/v1"
	HostSchema    = "aixmend.host/v1"
	CaptureSchema = "aixmend.capture/v1"
)

// Outcome is how a host ended.
type Outcome string

// The outcomes of a host.
const (
	Healthy     Outcome = "healthy"
	Degraded    Outcome = "degraded"
	NeedsAction Outcome = "needs_action"
	Recovered   Outcome = "recovered"
	// OutcomeUndone: an earlier run was rolled back, and all of it that can be taken
	// back is verified. The name differs from Undone, the status of a change.
	OutcomeUndone Outcome = "undone"
	Failed        Outcome = "failed"
	Unknown       Outcome = "unknown"
	Unreachable   Outcome = "unreachable"
	Skipped       Outcome = "skipped"
)

// Outcomes lists every outcome, the worst first: the order of every summary.
func Outcomes() []Outcome {
	return []Outcome{Unknown, Failed, NeedsAction, Unreachable, Skipped, Degraded, OutcomeUndone, Recovered, Healthy}
}

// Names returns the outcomes as words.
func Names() []string { return Words(Outcomes()) }

// Words returns some outcomes as words.
func Words(list []Outcome) []string {
	var words []string
	for _, o := range list {
		words = append(words, string(o))
	}
	return words
}

// Severity is how much a finding weighs.
type Severity string

// The severities.
const (
	Critical Severity = "critical"
	Warning  Severity = "warning"
	Info     Severity = "info"
)

// Severities lists them, the gravest first.
func Severities() []Severity { return []Severity{Critical, Warning, Info} }

// Stage names, in the order in which a host passes them.
const (
	StageDiagnose = "diagnose"
	StageCapture  = "capture"
	StageRecover  = "recover"
	StageVerify   = "verify"
)

// Status of a stage.
const (
	StageOK     = "ok"
	StageFailed = "failed"
)

// Status of a change.
const (
	Applied    = "applied"
	NotApplied = "not_applied"
	UnknownIf  = "unknown"
	Undone     = "undone"
)

// Run is run.json.
type Run struct {
	Schema  string `json:"schema"`
	ID      string `json:"run_id"`
	Version string `json:"version"`
	Command string `json:"command"`
	// Undoes is the run that this one took back; "" for none.
	Undoes string `json:"undoes,omitempty"`
	// By is who started it. Limit is --limit as it was given, its patterns joined by
	// commas; "" for all hosts. Ticket is --ticket; "" for none.
	By       By       `json:"by"`
	Limit    string   `json:"limit"`
	Ticket   string   `json:"ticket"`
	Playbook Playbook `json:"playbook"`
	// Approvals are the approvals of the plan that is applied, as they were when the run began;
	// nil where none was asked for.
	Approvals []Approval `json:"approvals,omitempty"`
	Started   time.Time  `json:"started"`
	// Resumed are the times at which resume continued the run.
	Resumed []time.Time `json:"resumed,omitempty"`
	// ResumedBy are those who did, in the same order; of earlier versions, nobody.
	ResumedBy  []By      `json:"resumed_by,omitempty"`
	Finished   time.Time `json:"finished"`
	ExitCode   int       `json:"exit_code"`
	ExitReason string    `json:"exit_reason"`
	// Convention is the one that the exit code follows: "" for the table of Codes,
	// or ConventionNagios.
	Convention string `json:"exit_convention,omitempty"`
	// FailOn are the outcomes that counted as trouble; nil, of an older run:
	// those of DefaultFailOn.
	FailOn []Outcome `json:"fail_on,omitzero"`
	// Unfinished is how many hosts resume would continue with.
	Unfinished int `json:"unfinished,omitempty"`
	// LeftOpen are the other runs that had changed hosts of this run, and had not ended there,
	// when this one ended, the newest first.
	LeftOpen []LeftOpen `json:"left_open,omitempty"`
	// ForQuestion says that recover or resume made the plan to show it before a question.
	ForQuestion bool `json:"for_question,omitempty"`
	// Adopted are the sites from whose state folders a hub has made the document, because its
	// own folder was lost; none of any other run.
	Adopted []Adopted `json:"adopted,omitempty"`
	// Inventory is how many hosts the inventory had, selected or not; 0: not known.
	Inventory int             `json:"inventory_hosts,omitempty"`
	Counts    map[Outcome]int `json:"counts"`
	// Found is how many hosts have each finding that counts; nil: not known, of an older run.
	Found map[string]int `json:"finding_counts,omitzero"`
	// Hosts and Fleet come last: the keys before them can be read without them.
	Hosts []HostSummary  `json:"hosts"`
	Fleet []FleetFinding `json:"fleet_findings"`
}

// Head is the run without its hosts.
func (r Run) Head() Run {
	r.Hosts, r.Fleet = nil, nil
	return r
}

// Size is the number of hosts of the run, also where only its head is known.
func (r Run) Size() int {
	if r.Hosts != nil {
		return len(r.Hosts)
	}
	n := 0
	for _, of := range r.Counts {
		n += of
	}
	return n
}

// Kind names the run for people: its verb, or rollback, which is recover --undo. A plan that was
// made for a question is a plan.
func (r Run) Kind() string {
	if r.Undoes != "" {
		return "rollback"
	}
	return r.Command
}

// Whole reports whether the run selected every host of its inventory. Older runs, which do
// not say so, count as whole.
func (r Run) Whole() bool { return r.Size() >= r.Inventory }

// Adopted is a site whose part of a run was adopted.
type Adopted struct {
	Site string    `json:"site"`
	At   time.Time `json:"at"`
}

// Playbook names the playbook of a run.
type Playbook struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// HostSummary is a host's row in run.json.
type HostSummary struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	// Site is the site whose worker walked the host; "" where the run itself did.
	Site string `json:"site,omitempty"`
	// Groups are the groups of the host in the inventory, in the order it lists them.
	Groups   []string `json:"groups,omitempty"`
	Outcome  Outcome  `json:"outcome"`
	Reason   string   `json:"reason"`
	Findings []string `json:"findings"`
	// Open are those of them that count: no mere information.
	Open []string `json:"open"`
	// Guides are the findings that have next steps for a person.
	Guides []string `json:"guides,omitempty"`
	// DurationMS is the time from the first connect to the verdict, in ms.
	DurationMS int64 `json:"duration_ms"`
	// Report is the path of HOST.json, relative to the run's folder.
	Report string `json:"report"`
	// Cloud is the VM as Power Virtual Server shows it; nil where it was not asked.
	Cloud *Cloud `json:"cloud,omitempty"`
	// Interrupted says that resume continues with the host.
	Interrupted bool `json:"interrupted,omitempty"`
	// Waived are the findings that don't count because they are waived.
	Waived []string `json:"waived,omitempty"`
	// Expired are those that count again because their waiver is over.
	Expired []string `json:"waivers_expired,omitempty"`
	// Defined is where the inventory names the host.
	Defined Place `json:"defined,omitzero"`
	// Capture is the path of the capture's folder, relative to STATE; "" for none.
	Capture string `json:"capture,omitempty"`
	// Plan lists the steps that recover would run; only in the document of the plan verb.
	Plan []PlanStep `json:"plan,omitzero"`
	// Needs are the next steps of a person, where recover alone would not heal the host.
	Needs []Need `json:"needs,omitempty"`
}

// Where is where a host is to be found: its address, or its site.
func (h HostSummary) Where() string {
	if h.Address == "" && h.Site != "" {
		return "site " + h.Site
	}
	return h.Address
}

// Place is a place in a file. The zero value is none.
type Place struct {
	File string `json:"file"`
	// Line counts from 1.
	Line int `json:"line"`
}

// FleetFinding is a finding over several hosts.
type FleetFinding struct {
	ID    string   `json:"id"`
	Hosts []string `json:"hosts"`
	Title string   `json:"title"`
}

// Cloud is a VM as Power Virtual Server shows it.
type Cloud struct {
	// Instance is the id of the VM, Workspace the CRN of its workspace; "" for none.
	Instance  string `json:"instance,omitempty"`
	Workspace string `json:"workspace,omitempty"`
	// Status and Health are the API's words, such as ACTIVE and OK; "" for none.
	Status string `json:"status,omitempty"`
	Health string `json:"health"`
	Reason string `json:"reason,omitempty"`
	// LastUpdate is the time of the sweep that found the health, as the API writes it. It
	// does not say since when.
	LastUpdate string `json:"last_update,omitempty"`
	// Class is the relation to the verdict in the guest: both-good, both-bad, cloud-lags,
	// guest-bad, pending, unknown or no-guest.
	Class string `json:"class"`
	// Silence is why the cloud shows nothing.
	Silence string `json:"silence,omitempty"`
}

// SSH holds the algorithms of a connection, by their names in the protocol, and the login
// method. It holds no secret.
type SSH struct {
	// Server is the server's version string.
	Server  string `json:"server,omitempty"`
	Kex     string `json:"kex,omitempty"`
	HostKey string `json:"host_key_algorithm,omitempty"`
	Cipher  string `json:"cipher,omitempty"`
	// MAC is empty where the cipher needs none.
	MAC   string `json:"mac,omitempty"`
	Login string `json:"login,omitempty"`
	// Legacy says that one of the algorithms is no longer safe.
	Legacy bool `json:"legacy,omitempty"`
	// Via are the bastions on the way, the nearest first.
	Via []string `json:"via,omitempty"`
}

// Dialled is where and as whom a host was dialled, as the inventory and ssh_config say.
type Dialled struct {
	Address string `json:"address"`
	Port    int    `json:"port"`
	Login   string `json:"login"`
	// Identity is the file of the key, "" for the user's own or the agent's.
	Identity string `json:"identity,omitempty"`
	// Jump are the bastions on the way, commas between; "" for none.
	Jump string `json:"jump,omitempty"`
}

// Host is HOST.json.
type Host struct {
	Schema  string `json:"schema"`
	RunID   string `json:"run_id"`
	Host    string `json:"host"`
	Address string `json:"address"`
	// Site is the site whose worker walked the host; "" where the run itself did.
	Site    string  `json:"site,omitempty"`
	Outcome Outcome `json:"outcome"`
	Reason  string  `json:"reason"`
	// Interrupted says that the walk was cut off: resume continues it.
	Interrupted bool           `json:"interrupted,omitempty"`
	Started     time.Time      `json:"started"`
	Duration    int64          `json:"duration_ms"`
	Stages      []Stage        `json:"stages"`
	Facts       map[string]any `json:"facts"`
	// HostKey is the fingerprint by which the host proved itself.
	HostKey string `json:"host_key,omitempty"`
	// SSH says how the last connection came about, where there was one.
	SSH *SSH `json:"ssh,omitempty"`
	// Dialled is how a host was dialled that could not be reached.
	Dialled *Dialled `json:"dialled,omitempty"`
	// FactErrors has the reason for each fact that could not be read.
	FactErrors map[string]string `json:"fact_errors,omitempty"`
	Findings   []Finding         `json:"findings"`
	// Passed are the ids of the critical findings and warnings of the playbook that were
	// judged and do not hold. Those over several hosts may still be among Findings.
	Passed []string `json:"passed,omitempty"`
	// Fixed are the findings from before the first change that are gone.
	Fixed   []Finding `json:"fixed,omitempty"`
	Changes []Change  `json:"changes"`
	// Capture is the path of the capture's folder, relative to STATE; or empty.
	Capture string `json:"capture"`
	// Fence is the text that stood around every changing command: it asks the host for
	// the run's lease in the same shell (procedure E2). "" where nothing was changed.
	Fence string `json:"fence,omitempty"`
	// Lease is the host's lease, where the run asked for it.
	Lease *Lease `json:"lease,omitempty"`
	// Support are the files of support data that were fetched.
	Support []SupportFile `json:"support,omitempty"`
	// Plan lists the steps that recover would run; of plan and recover, where it may be
	// empty.
	Plan []PlanStep `json:"plan,omitzero"`
	// Evidence are the parts of facts that the plan rests on; of plan only.
	Evidence map[string]json.RawMessage `json:"evidence,omitempty"`
	// Drift lists how the host differs from its approved plan.
	Drift []string `json:"drift,omitempty"`
	// Cloud is the VM as Power Virtual Server shows it; nil where it was not asked.
	Cloud *Cloud `json:"cloud,omitempty"`
	// Noise is output outside of every command (banners), bounded.
	Noise string `json:"noise,omitempty"`
}

// Stage is one stage of a host, entered once or, for verify, several times.
type Stage struct {
	Name    string    `json:"name"`
	Status  string    `json:"status"`
	Started time.Time `json:"started"`
	// DurationMS is in ms.
	DurationMS int64     `json:"duration_ms"`
	Steps      []Command `json:"steps"`
	// Note is the decision of the stage, in one sentence.
	Note string `json:"note,omitempty"`
}

// Command is one command as it ran on the host, byte for byte.
type Command struct {
	ID       string `json:"id"`
	Command  string `json:"command"`
	Mutating bool   `json:"mutating"`
	// ExitStatus is -1 when there is none: see Error.
	ExitStatus int    `json:"exit_status"`
	Stdout     string `json:"stdout"`
	Stderr     string `json:"stderr"`
	// Truncated counts the bytes of both streams that were not kept.
	Truncated  int64  `json:"truncated"`
	DurationMS int64  `json:"duration_ms"`
	Error      string `json:"error,omitempty"`
}

// Finding is one verdict with the evidence that it rests on.
type Finding struct {
	ID       string   `json:"id"`
	Severity Severity `json:"severity"`
	Title    string   `json:"title"`
	Evidence []string `json:"evidence"`
	Remedy   string   `json:"remedy"`
	// Next are the next steps for a person, line by line.
	Next []string `json:"next,omitempty"`
	// Source names the procedure's row and where the rule comes from.
	Source string `json:"source"`
	// Rule is the condition that holds, in CEL; "" where none of the playbook does.
	Rule string `json:"rule,omitempty"`
	// Reads are the parts of facts that the rule reads, Probes the steps of the
	// diagnosis from which they come.
	Reads  []string `json:"reads,omitempty"`
	Probes []string `json:"probes,omitempty"`
	// RestsOn are the facts that the rule reads, and how sure their reading is.
	RestsOn []Reading `json:"rests_on,omitempty"`
	Waived  bool      `json:"waived"`
	// Waiver is the reason and end of the waiver; only when waived.
	Waiver string `json:"waiver,omitempty"`
	// Expired is the reason and end of a waiver that is over: the finding counts again.
	Expired string `json:"waiver_expired,omitempty"`
}

// Reading is a fact on which a finding rests.
type Reading struct {
	Fact string `json:"fact"`
	// Sure is D (documented by the vendor), C (seen in public code, tests or logs), I
	// (inferred from those) or K (assumed, without a source); "" where the playbook
	// does not say.
	Sure   string `json:"sure"`
	Source string `json:"source,omitempty"`
}

// Open reports whether the finding counts: not waived and not mere information.
func (f Finding) Open() bool { return !f.Waived && f.Severity != Info }

// OverFleet reports whether the finding says something of other hosts: it is known
// only when all have been read.
func (f Finding) OverFleet() bool {
	return slices.ContainsFunc(f.Reads, func(part string) bool { return part == "fleet" || strings.HasPrefix(part, "fleet.") })
}

// Change is one step that may have changed the host.
type Change struct {
	Step    string    `json:"step"`
	Command string    `json:"command"`
	Undo    string    `json:"undo"`
	Status  string    `json:"status"`
	At      time.Time `json:"at"`
	Detail  string    `json:"detail,omitempty"`
	// Rung is the rung that the step belongs to, Fixes are the findings that called
	// for it.
	Rung  string   `json:"rung,omitempty"`
	Fixes []string `json:"fixes,omitempty"`
}

// Lease is the part of the report about the host's lease: only its holder may change the
// host. It is no change, since it is gone when the run ends.
type Lease struct {
	// Text is the lease on the host; "" when another run holds it.
	Text string `json:"text"`
	// Steps are the commands, byte for byte.
	Steps []Command `json:"steps"`
	// Note is a remark, "" for none.
	Note string `json:"note,omitempty"`
}

// LeaseRelease is the id of the command that releases a lease.
const LeaseRelease = "lease-release"

// Released reports whether the last command that changed the lease released it.
func (l Lease) Released() bool {
	for _, s := range slices.Backward(l.Steps) {
		if s.Mutating {
			return s.ID == LeaseRelease && s.ExitStatus == 0 && s.Error == ""
		}
	}
	return false
}

// SupportFile is a file that was fetched from the host.
type SupportFile struct {
	// Name is its path, relative to STATE.
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// PlanStep is one step of a plan.
type PlanStep struct {
	Rung    string `json:"rung"`
	Step    string `json:"step"`
	Command string `json:"command"`
	Undo    string `json:"undo"`
	// AllowedBy is the --allow flag that lets the step run; empty: none is needed.
	AllowedBy string `json:"allowed_by"`
	// BlockedBy says why the step would not run now; empty: it would.
	BlockedBy string `json:"blocked_by"`
	// Conditional steps run only when nothing else has helped.
	Conditional bool `json:"conditional,omitempty"`
	// Because is why the step is needed, where Fixes does not say it.
	Because string `json:"because,omitempty"`
	// Fixes are the findings that call for the step's rung.
	Fixes []string `json:"fixes"`
	// Part is "arm" or "disarm" for the steps around one with a timed undo.
	Part string `json:"part,omitempty"`
	// TimedUndo is how long after its arming the step's timed undo runs, as "4m0s".
	TimedUndo string `json:"timed_undo,omitempty"`
}

// UndoAfter is TimedUndo as people write it, 4m for "4m0s".
func (s PlanStep) UndoAfter() string {
	after := s.TimedUndo
	for _, zero := range []string{"0s", "0m"} {
		if unit := len(after) - len(zero) - 1; unit > 0 && strings.HasSuffix(after, zero) && strings.ContainsRune("hm", rune(after[unit])) {
			after = strings.TrimSuffix(after, zero)
		}
	}
	return after
}

// Runs reports whether recover would run the step, whatever the steps before it have done.
func (s PlanStep) Runs() bool { return s.Step != "" && s.BlockedBy == "" && !s.Conditional }

// LastResort is the condition of conditional steps, in words.
const LastResort = "only if nothing else has helped"

// Held says why the step does not run now, as the end of the line that names it; "" where it
// runs.
func (s PlanStep) Held() string {
	switch {
	case s.Conditional:
		return ", " + LastResort
	case s.BlockedBy != "":
		return ", blocked: " + s.BlockedBy
	}
	return ""
}

// Undoes reports whether a command undoes the step.
func (s PlanStep) Undoes() bool { return s.Undo != "" && !noUndo(s.Undo) }

// Worst returns the outcome that a host's open findings make, as audit,
// capture and plan report it.
func Worst(findings []Finding) Outcome {
	worst := Healthy
	for _, f := range findings {
		switch {
		case f.Open() && f.Severity == Critical:
			return NeedsAction
		case f.Open():
			worst = Degraded
		}
	}
	return worst
}

// FindingIDs returns the ids of the findings that are not waived, sorted,
// each once.
func FindingIDs(findings []Finding) []string {
	return ids(findings, func(f Finding) bool { return !f.Waived })
}

// OpenIDs returns the ids of the findings that count, sorted, each once.
func OpenIDs(findings []Finding) []string { return ids(findings, Finding.Open) }

func ids(findings []Finding, want func(Finding) bool) []string {
	list := []string{}
	for _, f := range findings {
		if want(f) {
			list = append(list, f.ID)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// WaivedIDs returns the ids of the findings that are waived; nil for none.
func WaivedIDs(findings []Finding) []string {
	return orNil(ids(findings, func(f Finding) bool { return f.Waived }))
}

// ExpiredIDs returns the ids of the findings whose waiver is over; nil for none.
func ExpiredIDs(findings []Finding) []string {
	return orNil(ids(findings, func(f Finding) bool { return f.Expired != "" }))
}

func orNil(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return list
}

// GuideIDs returns the ids of the findings that have next steps for a person.
func GuideIDs(findings []Finding) []string {
	return orNil(ids(findings, func(f Finding) bool { return len(f.Next) > 0 }))
}

// Count returns how many hosts ended in each outcome, every outcome included.
func Count(hosts []HostSummary) map[Outcome]int {
	counts := make(map[Outcome]int, 8)
	for _, o := range Outcomes() {
		counts[o] = 0
	}
	for _, h := range hosts {
		counts[h.Outcome]++
	}
	return counts
}

// CountFound counts the hosts that have each finding that counts.
func CountFound(hosts []HostSummary) map[string]int {
	counts := map[string]int{}
	for _, h := range hosts {
		for i, id := range h.Open {
			if !slices.Contains(h.Open[:i], id) {
				counts[id]++
			}
		}
	}
	return counts
}
