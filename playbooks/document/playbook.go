// Package document holds the YAML format of playbooks: its types, strict decoding,
// inheritance from an embedded playbook, and all checks that need no compiled condition.
package document

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"aixmend/inventory/strictyaml"
)

// Text is a scalar of the file with its position.
type Text = strictyaml.Value[string]

// Playbook is one file, loaded and checked.
type Playbook struct {
	APIVersion string `yaml:"apiVersion,required" missing:"write as the first line apiVersion: aixmend/v1" json:"apiVersion"`
	Name       string `yaml:"name,required" json:"name"`
	Title      string `yaml:"title,required" json:"title"`
	About      string `yaml:"about" json:"about,omitempty"`
	// Extends names the embedded playbook that this one inherits from.
	Extends *Extends              `yaml:"extends" json:"extends,omitempty"`
	Params  strictyaml.Map[Param] `yaml:"params" json:"params,omitempty"`
	// Allow describes words of --allow. A rung or step may also use a word without a
	// description.
	Allow  strictyaml.Map[Text]    `yaml:"allow" json:"allow,omitempty"`
	Probes []Probe                 `yaml:"probes" json:"probes,omitempty"`
	Facts  strictyaml.Map[Derived] `yaml:"facts" json:"facts,omitempty"`
	// Unique lists values that no two machines of a fleet may share, by name. The fact
	// fleet is about the first; the fact fleet.unique.NAME is about each.
	Unique   strictyaml.Map[Unique] `yaml:"unique" json:"unique,omitempty"`
	Findings []Finding              `yaml:"findings" json:"findings,omitempty"`
	Capture  Capture                `yaml:"capture" json:"capture,omitempty"`
	Guards   []Guard                `yaml:"guards" json:"guards,omitempty"`
	Rungs    []Rung                 `yaml:"rungs" json:"rungs,omitempty"`
	Verify   Verify                 `yaml:"verify" json:"verify,omitempty"`
	// SHA256 is the hash of the file, in hex.
	SHA256 string `yaml:"-" json:"-"`
	// File is the file that was parsed, for positions.
	File string `yaml:"-" json:"-"`
}

// Extends selects the parts that a playbook inherits from another. Parameters, probes,
// facts, the capture, guards and verify are inherited; an entry of the playbook with the
// same name or id replaces the inherited one.
type Extends struct {
	Playbook Text `yaml:"playbook,required" json:"playbook"`
	// Findings are the ids of the inherited findings; empty: all.
	Findings []Text `yaml:"findings" json:"findings,omitempty"`
	// Rungs are the ids of the inherited rungs; empty: none.
	Rungs []Text `yaml:"rungs" json:"rungs,omitempty"`
}

// ParamType is the type of a parameter.
type ParamType string

// The types of parameters.
const (
	DurationParam ParamType = "duration"
	LevelParam    ParamType = "level"
	TextParam     ParamType = "text"
)

// Param is a value that `--set` can change.
type Param struct {
	Type    ParamType `yaml:"type,required" json:"type"`
	Default string    `yaml:"default,scalar" json:"default"`
	About   string    `yaml:"about,required" json:"about"`
}

// Probe is one read-only command.
type Probe struct {
	Pos strictyaml.Pos `yaml:"-" json:"-" gone:"row"`
	// ID names the probe and, when it has a parser, its fact.
	ID string `yaml:"id,required" json:"id"`
	// When is a condition over parameters and the verb; the probe is left out
	// where it does not hold.
	When Text `yaml:"when" json:"when,omitempty"`
	// Run is the command, POSIX sh; it may hold parameters.
	Run Text `yaml:"run,required" json:"run"`
	// Parse names a parser of package facts; without one the output is kept
	// as evidence only.
	Parse Text `yaml:"parse" json:"parse,omitempty"`
	// Paths lists the possible values of fields of the fact that are a command's path, for
	// the rules of sudoers.
	Paths strictyaml.Map[[]Text] `yaml:"paths" json:"paths,omitempty"`
	// Login runs the probe as the login user, before privilege is taken.
	Login bool `yaml:"login" json:"login,omitempty"`
	// Require ends the script when the answer is another.
	Require *Require `yaml:"require" json:"require,omitempty"`
	// Timeout is how long the probe may take; 0: the parameter probe_timeout.
	Timeout time.Duration `yaml:"timeout" json:"timeout,omitempty"`
	// MaxOutput bounds the bytes kept of each stream; 0: the transport's.
	MaxOutput int `yaml:"max_output" json:"max_output,omitempty"`
	// PreImage probes of the capture show state that a rung may change: a capture is good
	// only with their complete answers.
	PreImage bool `yaml:"pre_image" json:"pre_image,omitempty"`
	// Optional probes may fail silently: no verdict rests on them alone.
	Optional bool `yaml:"optional" json:"optional,omitempty"`
	// Guard probes are checks of a guard: an answer that is not understood is reported by
	// the fact that combines them, not as probe-failed. A probe that hangs is reported so.
	Guard bool `yaml:"guard" json:"guard,omitempty"`
	// Sure says how sure the reading of the answer is: documented, seen, inferred or
	// assumed (see conditions.Sureness). Source is where it is known from: the id of a
	// source in docs/runbook.md, a colon, the detail; assumed needs none.
	Sure   Text   `yaml:"sure" json:"sure,omitempty"`
	Source string `yaml:"source" json:"source,omitempty"`
}

// Require is an answer that a host must give before anything more is run.
type Require struct {
	Answer string `yaml:"answer,required,scalar" json:"answer"`
	// Unmet is the effect of another answer: skip (the host is skipped, with Reason) or
	// judge (a finding reports it).
	Unmet  string `yaml:"unmet,required" json:"unmet"`
	Reason string `yaml:"reason" json:"reason,omitempty"`
}

// Derived is a fact made of other facts.
type Derived struct {
	Derive Text                 `yaml:"derive,required" json:"derive"`
	From   strictyaml.Map[Text] `yaml:"from" json:"from,omitempty"`
	// Sure says how sure the conclusion is, Source where it is known from.
	Sure   Text   `yaml:"sure" json:"sure,omitempty"`
	Source string `yaml:"source" json:"source,omitempty"`
}

// Unique is a value that each machine of a fleet must have for itself.
type Unique struct {
	// Finding is the verdict on a host that shares a value; its condition reads fleet.
	Finding Text `yaml:"finding,required" json:"finding"`
	// Values is an expression over facts of the host: all the values that the host
	// holds, the one it goes by first. Empty ones don't count. It is asked of the
	// facts that captures keep, too.
	Values Text `yaml:"values,required" json:"values"`
	// Restores is an expression: the value that the host is to get back, "" for none.
	// It then counts as held by the host.
	Restores Text `yaml:"restores" json:"restores,omitempty"`
	// Title is the title of the finding over the fleet: value is the shared value,
	// machines are the machines that share it.
	Title Text `yaml:"title,required" json:"title"`
	// Noun is the word for a value in sentences, such as "id"; "": value.
	Noun string `yaml:"noun" json:"noun,omitempty"`
	// CloneParam names the text parameter with which the operator lists the clones, the
	// hosts that get a new value, where captures do not show which hosts they are.
	CloneParam Text `yaml:"clone_param" was:"clones" json:"clone_param,omitempty"`
	// Allow names the --allow word with which clones get another value: the host that
	// keeps its own waits for them then.
	Allow Text `yaml:"allow" json:"allow,omitempty"`
}

// Finding is one verdict.
type Finding struct {
	Pos      strictyaml.Pos `yaml:"-" json:"-" gone:"row"`
	ID       string         `yaml:"id,required" json:"id"`
	Severity Text           `yaml:"severity,required" json:"severity"`
	// WarningWhen is a condition under which the finding is only a warning.
	WarningWhen Text `yaml:"warning_when" json:"warning_when,omitempty"`
	When        Text `yaml:"when,required" json:"when"`
	// Each is a list: the finding holds once for each of its items.
	Each  Text `yaml:"each" json:"each,omitempty"`
	Title Text `yaml:"title,required" json:"title"`
	// Evidence names the evidence of the verdict.
	Evidence []Text `yaml:"evidence,required" json:"evidence"`
	Remedy   Text   `yaml:"remedy" json:"remedy,omitempty"`
	// Next says to a person, command by command, how to go on.
	Next []Text `yaml:"next" json:"next,omitempty"`
	// Source is where the rule comes from: in embedded playbooks the id of a source in
	// docs/runbook.md, a colon, the detail.
	Source string `yaml:"source,required" json:"source"`
}

// Capture lists the data that is kept in addition to the probes' outputs.
type Capture struct {
	Probes []Probe `yaml:"probes" json:"probes,omitempty"`
	Files  []File  `yaml:"files" json:"files,omitempty"`
}

// File is a file of the host that is kept.
type File struct {
	Path string `yaml:"path,required" json:"path"`
	// PreImage files may be changed by a rung: a capture is good only if each was read
	// completely or is absent.
	PreImage bool `yaml:"pre_image" json:"pre_image,omitempty"`
	// MaxBytes bounds the stored copy; 0: 4 MiB.
	MaxBytes int `yaml:"max_bytes" json:"max_bytes,omitempty"`
}

// Guard is a condition that must hold.
type Guard struct {
	Require Text `yaml:"require,required" json:"require"`
	Else    Text `yaml:"else,required" json:"else"`
	// Except are the rungs that a guard of the whole playbook lets pass.
	Except []Text `yaml:"except" json:"except,omitempty"`
	// Waits guards are satisfied by an earlier rung: if one runs before, no action of an
	// operator is needed.
	Waits bool `yaml:"waits" json:"waits,omitempty"`
	// Throughout guards are evaluated again before the rest of an interrupted rung is sent,
	// and before the rung is reverted.
	Throughout bool `yaml:"throughout" json:"throughout,omitempty"`
}

// Rung is a group of steps that fixes certain findings.
type Rung struct {
	Pos    strictyaml.Pos `yaml:"-" json:"-" gone:"row"`
	ID     string         `yaml:"id,required" json:"id"`
	Number int            `yaml:"number,required" json:"number"`
	Title  string         `yaml:"title,required" json:"title"`
	// Fixes are the findings that the rung can fix; none only where Collect.
	Fixes []Text `yaml:"fixes" was:"mends" json:"fixes,omitempty"`
	// Allow names the --allow word without which the rung is blocked.
	Allow string `yaml:"allow" json:"allow,omitempty"`
	// Exclusive rungs are blocked while a critical finding stands that they can't
	// fix: they would interrupt a service for nothing.
	Exclusive bool `yaml:"exclusive" was:"alone" json:"exclusive,omitempty"`
	// Collect rungs fix nothing: they collect data for a support case. One runs
	// after everything else was tried without success, or first in a playbook that
	// has no other rung.
	Collect bool `yaml:"collect" was:"hand_over" json:"collect,omitempty"`
	// NoSettle rungs take effect immediately: there is no pause (parameter settle)
	// after them.
	NoSettle bool    `yaml:"no_settle" was:"at_once" json:"no_settle,omitempty"`
	When     Text    `yaml:"when" json:"when,omitempty"`
	Guards   []Guard `yaml:"guards" json:"guards,omitempty"`
	Steps    []Step  `yaml:"steps,required" json:"steps"`
}

// Step is one command that changes the host.
type Step struct {
	Pos strictyaml.Pos `yaml:"-" json:"-" gone:"row"`
	// Use inherits a step unchanged from the extended playbook.
	Use Text   `yaml:"use" json:"use,omitempty"`
	ID  string `yaml:"id" json:"id,omitempty"`
	// Each is a list: the step runs once for each of its items.
	Each   Text    `yaml:"each" json:"each,omitempty"`
	When   Text    `yaml:"when" json:"when,omitempty"`
	Guards []Guard `yaml:"guards" json:"guards,omitempty"`
	// Run is the command. A step has this, Upload or Fetch.
	Run Text `yaml:"run" json:"run,omitempty"`
	// Upload brings a folder of this machine to the host.
	Upload *Upload `yaml:"upload" json:"upload,omitempty"`
	// Fetch brings the files of a folder of the host to the run's folder.
	Fetch Text `yaml:"fetch" json:"fetch,omitempty"`
	// Undo is the command that undoes the step, or "none: REASON".
	Undo Text `yaml:"undo" json:"undo,omitempty"`
	// Allow names the --allow word without which the step, and so its rung, is
	// blocked; empty: the rung's own is enough.
	Allow string `yaml:"allow" json:"allow,omitempty"`
	// Because says why the step is needed, for the plan and beside Allow.
	Because Text `yaml:"because" json:"because,omitempty"`
	// Confirm is a condition over facts read again: the step has happened. It is evaluated
	// when the connection was lost while the step ran. A step that only checks has none.
	Confirm Text `yaml:"confirm" json:"confirm,omitempty"`
	// Refute is a condition: the step has not happened, where that is not simply the
	// opposite of Confirm. If neither holds, it is not known (yet).
	Refute Text `yaml:"refute" json:"refute,omitempty"`
	// UndoWhen tells, from the facts now and before.NAME as they were before the run,
	// whether a rollback finds anything of the step to undo: something that it changed
	// still stands. Empty: Confirm holds now, and did not hold before the run.
	UndoWhen Text `yaml:"undo_when" json:"undo_when,omitempty"`
	// UndoGuards are asked by a rollback alone: one that does not hold leaves the step
	// to a person, with the reason.
	UndoGuards []Guard       `yaml:"undo_guards" json:"undo_guards,omitempty"`
	Timeout    time.Duration `yaml:"timeout" json:"timeout,omitempty"`
	// Prove steps must be confirmed after the rung: their exit status alone is not
	// trusted.
	Prove bool `yaml:"prove" json:"prove,omitempty"`
	// TimedUndo steps can cut the connection: their undo is armed on the host
	// first and runs by itself unless it is disarmed over a new connection.
	TimedUndo bool `yaml:"timed_undo" json:"timed_undo,omitempty"`
	// Finally names later steps of the rung. Once this step may have happened they are
	// sent even if the run is being stopped or a step in between failed: a stopped
	// service is started again.
	Finally []Text `yaml:"finally" was:"finished_by" json:"finally,omitempty"`
	// MayFail steps do not end the host's recovery when they fail.
	MayFail bool `yaml:"may_fail" json:"may_fail,omitempty"`
	// Checks steps change nothing. One that fails before its rung has changed
	// anything blocks the rung: the next step is a person's.
	Checks bool `yaml:"checks" json:"checks,omitempty"`
	// Revert steps are reverted as soon as they, or a later step of the rung, fail.
	Revert bool `yaml:"revert" json:"revert,omitempty"`
	// Temporary steps are undone when the host's recovery ends, whatever its outcome.
	Temporary bool `yaml:"temporary" json:"temporary,omitempty"`
}

// Upload is a folder of this machine that is brought to the host.
type Upload struct {
	From Text `yaml:"from,required" json:"from"`
	// To is the folder on the host, which must be there.
	To Text `yaml:"to,required" json:"to"`
}

// ReadOnly reports whether the step changes nothing on the host.
func (s Step) ReadOnly() bool { return s.Checks || s.Fetch.V != "" }

// Verify says when a recovery is proved.
type Verify struct {
	// Until is the condition that is waited for.
	Until Text `yaml:"until" json:"until,omitempty"`
	// Every is the time between two looks.
	Every time.Duration `yaml:"every" json:"every,omitempty"`
	// Unchanged are findings about settings that a recovery must not change: over the facts
	// now and, as before.NAME, those before the first change.
	Unchanged []Finding `yaml:"unchanged" json:"unchanged,omitempty"`
}

// FindStep returns the step of a rung by its name, also that of one item of a
// step that is there several times; nil when there is none.
func (p *Playbook) FindStep(rung, step string) *Step {
	for i := range p.Rungs {
		if p.Rungs[i].ID != rung {
			continue
		}
		for j := range p.Rungs[i].Steps {
			s := &p.Rungs[i].Steps[j]
			item, isItem := strings.CutPrefix(step, s.ID+"-")
			if _, err := strconv.Atoi(item); s.ID == step || s.Each.V != "" && isItem && err == nil {
				return s
			}
		}
	}
	return nil
}

// UndoNone begins the undo of a step that leaves nothing to take back.
const UndoNone = "none: "

// FindingIDs returns the ids of the playbook's findings, in its order.
func (p *Playbook) FindingIDs() []string {
	ids := make([]string, 0, len(p.Findings)+len(p.Verify.Unchanged))
	for _, f := range slices.Concat(p.Findings, p.Verify.Unchanged) {
		ids = append(ids, f.ID)
	}
	return ids
}

// OnlyCollects reports whether the playbook does nothing but collect support data.
func (p *Playbook) OnlyCollects() bool {
	return !slices.ContainsFunc(p.Rungs, func(r Rung) bool { return !r.Collect })
}

// Collects reports whether a rung only collects support data.
func (p *Playbook) Collects(rung string) bool {
	return slices.ContainsFunc(p.Rungs, func(r Rung) bool { return r.ID == rung && r.Collect })
}

// NothingElse is the reason for which a rung that collects does not run yet.
const NothingElse = "it runs only if nothing else has helped"
