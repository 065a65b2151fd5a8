// Package program compiles a checked playbook into CEL programs, and refuses one in which
// assumed facts alone could decide a verdict.
package program

import (
	"reflect"

	"cel.dev/cel-go/cel"

	"aixmend/playbooks/conditions"
	"aixmend/playbooks/document"
	"aixmend/playbooks/facts"
)

// Program is a playbook with its compiled conditions and texts. It is read-only and safe
// for concurrent use.
type Program struct {
	*document.Playbook
	Code Code
}

// Code holds the compiled parts of a playbook. Lists are in the playbook's order.
type Code struct {
	Types     map[string]reflect.Type     // by fact, those that the controller gives included
	Env       *cel.Env                    // declares all facts
	Parsers   map[string]facts.Parser     // by probe id
	Derive    map[string]facts.Derivation // by fact
	Probes    map[string]Probe
	Findings  []Finding
	Guards    []Guard
	Rungs     []Rung
	Until     *conditions.Expression // nil: nothing is waited for
	Unchanged []Finding
	Reasons   map[string]*conditions.Template // by probe: why a host is skipped
	Unique    []Unique
	// Shared are the facts of a host that findings over the fleet read.
	Shared []string
}

// Probe is a compiled probe. When is nil where it is always asked.
type Probe struct {
	When *conditions.Expression
	Run  *conditions.Template
}

// Finding is a compiled finding. WarningWhen and Each may be nil.
type Finding struct {
	When, WarningWhen, Each *conditions.Expression
	Title, Remedy           *conditions.Template
	Evidence, Next          []*conditions.Template
	// Probes supply the facts that the condition reads.
	Probes   []string
	Readings []Reading
}

// Guard is a compiled guard.
type Guard struct {
	document.Guard
	Holds  *conditions.Expression
	Reason *conditions.Template
}

// Rung is a compiled rung. When may be nil.
type Rung struct {
	When   *conditions.Expression
	Guards []Guard
	Steps  []Step
}

// Step is a compiled step. Expressions are nil where the step has none.
type Step struct {
	Each, When, Confirm, Refute, UndoWhen *conditions.Expression
	Because                               *conditions.Template
	// Run is the command, or the folder of a fetch; From and To are those of an upload.
	Run, Undo, From, To *conditions.Template
	Guards, UndoGuards  []Guard
}

// Reading is a fact that a verdict reads, and how sure it is.
type Reading struct {
	Fact string
	// Sure is "" where the playbook does not say.
	Sure   conditions.Sureness
	Source string
}

// String names a reading for people: "ifconfig (seen)".
func (r Reading) String() string {
	if r.Sure == "" {
		return r.Fact + " (not said)"
	}
	return r.Fact + " (" + string(r.Sure) + ")"
}

// readings returns those of some facts of the host, in their order.
func (p *Program) readings(refs []string) []Reading {
	var list []Reading
	for _, ref := range refs {
		if sure, ok := p.SureOf(ref); ok {
			list = append(list, Reading{Fact: ref, Sure: sure, Source: p.SourceOf(ref)})
		}
	}
	return list
}

// RestsOn returns the facts that a finding's condition reads, each with how sure it is.
func (p *Program) RestsOn(finding string) []Reading {
	for i, f := range p.Findings {
		if f.ID == finding {
			return p.Code.Findings[i].Readings
		}
	}
	return nil
}

// Unique is a compiled entry of unique. Restores may be nil.
type Unique struct {
	Values, Restores *conditions.Expression
	Title            *conditions.Template
}
