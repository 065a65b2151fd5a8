// Package playbooks holds what aixmend knows how to do: YAML files, embedded
// in the binary, with every command in plain sight.
//
// Terms. A probe is a read-only command whose output a parser of package facts
// turns into a fact. A fact may also be derived from others. A finding is a
// verdict over facts, its condition written in CEL. A rung is a group of
// steps, the least invasive rung first; a step is one command that changes the
// host, with its undo. A guard is a condition that must hold, or a rung or
// step is blocked; a guard that can't be evaluated blocks.
//
// The package is pure: it knows which commands to run and what their output
// means, but runs nothing.
package playbooks

import (
	"time"

	"aixmend/inventory/strictyaml"
)

// Text is a scalar of the file with its position.
type Text = strictyaml.Value[string]

// Playbook is one file, loaded and checked.
type Playbook struct {
	APIVersion string                  `yaml:"apiVersion,required" json:"apiVersion"`
	Name       string                  `yaml:"name,required" json:"name"`
	Title      string                  `yaml:"title,required" json:"title"`
	About      string                  `yaml:"about" json:"about,omitempty"`
	Params     strictyaml.Map[Param]   `yaml:"params" json:"params,omitempty"`
	Probes     []Probe                 `yaml:"probes,required" json:"probes"`
	Facts      strictyaml.Map[Derived] `yaml:"facts" json:"facts,omitempty"`
	Findings   []Finding               `yaml:"findings,required" json:"findings"`
	Capture    Capture                 `yaml:"capture" json:"capture,omitempty"`
	Guards     []Guard                 `yaml:"guards" json:"guards,omitempty"`
	Rungs      []Rung                  `yaml:"rungs" json:"rungs,omitempty"`
	Verify     Verify                  `yaml:"verify" json:"verify,omitempty"`
	// SHA256 is the hash of the file, in hex.
	SHA256 string `yaml:"-" json:"-"`

	compiled *compiled
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
	Pos strictyaml.Pos `yaml:"-" json:"-"`
	// ID names the probe and, when it has a parser, its fact.
	ID string `yaml:"id,required" json:"id"`
	// Run is the command, POSIX sh.
	Run Text `yaml:"run,required" json:"run"`
	// Parse names a parser of package facts; without one the output is kept
	// as evidence only.
	Parse Text `yaml:"parse" json:"parse,omitempty"`
	// Row is the row of the procedure.
	Row string `yaml:"row" json:"row,omitempty"`
	// Login runs the probe as the login user, before privilege is taken.
	Login bool `yaml:"login" json:"login,omitempty"`
	// Require ends the script when the answer is another.
	Require *Require `yaml:"require" json:"require,omitempty"`
	// Timeout is how long the probe may take; 0: the parameter probe_timeout.
	Timeout time.Duration `yaml:"timeout" json:"timeout,omitempty"`
	// MaxOutput bounds the bytes kept of each stream; 0: the transport's.
	MaxOutput int `yaml:"max_output" json:"max_output,omitempty"`
	// PreImage probes of the capture show what a rung may touch: without their
	// whole answer the capture is not a good one.
	PreImage bool `yaml:"pre_image" json:"pre_image,omitempty"`
	// Optional probes may fail without a word: nothing rests on them alone.
	Optional bool `yaml:"optional" json:"optional,omitempty"`
}

// Require is an answer without which nothing more is run.
type Require struct {
	Answer string `yaml:"answer,required,scalar" json:"answer"`
	// Unmet says what another answer means: skip (the host is skipped, with
	// Reason) or judge (a finding says what is lacking).
	Unmet  string `yaml:"unmet,required" json:"unmet"`
	Reason string `yaml:"reason" json:"reason,omitempty"`
}

// Derived is a fact made of other facts.
type Derived struct {
	Derive Text                 `yaml:"derive,required" json:"derive"`
	From   strictyaml.Map[Text] `yaml:"from" json:"from,omitempty"`
}

// Finding is one verdict.
type Finding struct {
	Pos      strictyaml.Pos `yaml:"-" json:"-"`
	ID       string         `yaml:"id,required" json:"id"`
	Row      string         `yaml:"row,required" json:"row"`
	Severity Text           `yaml:"severity,required" json:"severity"`
	// WarningWhen is a condition under which the finding is only a warning.
	WarningWhen Text `yaml:"warning_when" json:"warning_when,omitempty"`
	When        Text `yaml:"when,required" json:"when"`
	Title       Text `yaml:"title,required" json:"title"`
	// Evidence names what the verdict rests on.
	Evidence []Text `yaml:"evidence,required" json:"evidence"`
	Remedy   Text   `yaml:"remedy" json:"remedy,omitempty"`
	Source   string `yaml:"source,required" json:"source"`
}

// Capture is what is kept beside the probes' outputs.
type Capture struct {
	Probes []Probe `yaml:"probes" json:"probes,omitempty"`
	Files  []File  `yaml:"files" json:"files,omitempty"`
}

// File is a file of the host that is kept.
type File struct {
	Path string `yaml:"path,required" json:"path"`
	// PreImage files are what a rung may touch: they must be had whole, or be
	// absent, for the capture to be a good one.
	PreImage bool `yaml:"pre_image" json:"pre_image,omitempty"`
	// MaxBytes bounds what is kept; 0: 4 MiB.
	MaxBytes int `yaml:"max_bytes" json:"max_bytes,omitempty"`
}

// Guard is a condition that must hold.
type Guard struct {
	Require Text `yaml:"require,required" json:"require"`
	Else    Text `yaml:"else,required" json:"else"`
}

// Rung is a group of steps that mends certain findings.
type Rung struct {
	Pos    strictyaml.Pos `yaml:"-" json:"-"`
	ID     string         `yaml:"id,required" json:"id"`
	Number int            `yaml:"number,required" json:"number"`
	Row    string         `yaml:"row,required" json:"row"`
	Title  string         `yaml:"title,required" json:"title"`
	Mends  []Text         `yaml:"mends,required" json:"mends"`
	// Allow names the --allow word without which the rung is blocked.
	Allow string `yaml:"allow" json:"allow,omitempty"`
	// Alone rungs are blocked while a critical finding stands that they can't
	// mend: they would interrupt a service for nothing.
	Alone  bool    `yaml:"alone" json:"alone,omitempty"`
	When   Text    `yaml:"when" json:"when,omitempty"`
	Guards []Guard `yaml:"guards" json:"guards,omitempty"`
	Steps  []Step  `yaml:"steps,required" json:"steps"`
}

// Step is one command that changes the host.
type Step struct {
	Pos    strictyaml.Pos `yaml:"-" json:"-"`
	ID     string         `yaml:"id,required" json:"id"`
	When   Text           `yaml:"when" json:"when,omitempty"`
	Guards []Guard        `yaml:"guards" json:"guards,omitempty"`
	Run    Text           `yaml:"run,required" json:"run"`
	// Undo is the command that takes the step back, or "none: REASON".
	Undo Text `yaml:"undo,required" json:"undo"`
	// Allow names the --allow word without which the step, and so its rung, is
	// blocked; empty: the rung's own is enough.
	Allow string `yaml:"allow" json:"allow,omitempty"`
	// Confirm tells from facts read anew whether the step has happened; it is
	// asked when the connection died while the step ran.
	Confirm Text `yaml:"confirm,required" json:"confirm"`
	// Refute tells that the step has not happened, where that is not simply
	// the opposite of Confirm. Neither holds: it can't be told (yet).
	Refute  Text          `yaml:"refute" json:"refute,omitempty"`
	Timeout time.Duration `yaml:"timeout" json:"timeout,omitempty"`
	// Prove steps must be seen to have happened after the rung: their exit
	// status alone is not trusted.
	Prove bool `yaml:"prove" json:"prove,omitempty"`
	// TimedUndo steps can cut the connection: their undo is armed on the host
	// first and runs by itself unless it is disarmed over a new connection.
	TimedUndo bool `yaml:"timed_undo" json:"timed_undo,omitempty"`
	// MayFail steps do not end the host's recovery when they fail.
	MayFail bool `yaml:"may_fail" json:"may_fail,omitempty"`
}

// Verify says when a recovery is proved.
type Verify struct {
	// Until is the condition that is waited for.
	Until Text `yaml:"until" json:"until,omitempty"`
	// Every is the time between two looks.
	Every time.Duration `yaml:"every" json:"every,omitempty"`
}
