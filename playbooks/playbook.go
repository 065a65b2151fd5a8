// Package playbooks holds the jobs of aixmend: YAML files, embedded in the binary,
// with every command in plain sight.
//
// Terms. A probe is a read-only command whose output a parser of package facts
// turns into a fact. A fact may also be derived from others. A finding is a
// verdict over facts, its condition written in CEL. A rung is a group of
// steps, the least invasive rung first; a step is one command that changes the
// host, with its undo. A guard is a condition that must hold, or a rung or
// step is blocked; a guard that can't be evaluated blocks.
//
// The package is pure: it knows which commands to run and the meaning of
// their output, but runs nothing.
package playbooks

import (
	"time"

	"aixmend/inventory/strictyaml"
	"aixmend/playbooks/conditions"
	"aixmend/playbooks/document"
	"aixmend/playbooks/program"
	"aixmend/playbooks/show"
	"aixmend/playbooks/sudoers"
)

// Parts of a playbook as the file has them.
type (
	Text      = document.Text
	Probe     = document.Probe
	Finding   = document.Finding
	Guard     = document.Guard
	Rung      = document.Rung
	Step      = document.Step
	Unique    = document.Unique
	Params    = document.Params
	AllowWord = document.AllowWord
	Reading   = program.Reading
)

// UndoAfterParam is the parameter that says how long an armed undo waits.
const UndoAfterParam = document.UndoAfterParam

// ProbeTimeoutParam and LookTimeoutParam are the parameters that bound the reading of a
// host: each probe without a limit of its own, and all probes together.
const (
	ProbeTimeoutParam = document.ProbeTimeoutParam
	LookTimeoutParam  = document.LookTimeoutParam
)

// LookTimeout returns the default time limit of a look.
func LookTimeout(longest, probeTimeout time.Duration) time.Duration {
	return document.LookTimeout(longest, probeTimeout)
}

// DefaultStepTimeout is how long a step may take when the playbook does not say.
const DefaultStepTimeout = document.DefaultStepTimeout

// Playbook is one file, loaded, checked and compiled.
type Playbook struct{ *program.Program }

// Parse decodes, checks and compiles a playbook. file is for positions. The error holds
// every problem (see strictyaml.ProblemsOf).
func Parse(file string, text []byte) (*Playbook, error) {
	p, err := document.Parse(file, text, document.Embedded{Names: Names(), Source: Source})
	if err != nil {
		return nil, err
	}
	compiled, err := program.Compile(p)
	if err != nil {
		return nil, err
	}
	return &Playbook{compiled}, nil
}

// Schema returns the JSON Schema of a playbook file.
func Schema() []byte { return document.Schema() }

// Surenesses returns how sure a reading can be, the surest first, each with its meaning.
func Surenesses() [][2]string { return conditions.Surenesses() }

// Show prints the playbook for the operator who has to approve it.
func (p *Playbook) Show() string { return show.Playbook(p.Program) }

// Sudoers prints the rules of sudoers that a login needs; see sudoers.Rules.
func (p *Playbook) Sudoers(user string, changes bool) (string, error) {
	return sudoers.Rules(p.Playbook, user, changes)
}

// Warnings returns the valid parts of the playbook's own file that cost a site
// something: texts for which its sudo must allow `sh -c`.
func (p *Playbook) Warnings() strictyaml.Problems { return sudoers.Check(p.Playbook) }
