package sudoers

import (
	"slices"
	"strings"

	"aixmend/inventory/strictyaml"
	"aixmend/playbooks/document"
)

// Check returns a warning for each probe and step in the playbook's own file that `playbook
// sudoers` can't grant to a login that may run single commands (ssh.become_mode: commands)
// and that can be written so that it can. The hint says how. Transfers of files, timed
// undos and values of facts always need a root shell, so they get no warning.
func Check(p *document.Playbook) strictyaml.Problems {
	var warnings strictyaml.Problems
	r := newRules(p)
	check := func(what string, text document.Text) {
		if text.Pos.File != p.File {
			return // it was taken over from the playbook that is extended
		}
		split, exprs := r.split(text.V)
		why, rather := r.why(split.Whole(), exprs), split.Rather()
		switch {
		case why == chosenOnHost:
			rather = "write each command out, and choose between them with if"
		case why == "":
			var no *refusal
			if _, no = r.linesOf(text.V); no == nil || no.rather == "" {
				return
			}
			why, rather = no.Error(), no.rather
		}
		warnings.Add(text.Pos, rather, "%s: where sudo allows single commands only, it is not granted: %s", what, why)
	}
	for _, probe := range slices.Concat(p.Probes, p.Capture.Probes) {
		if !probe.Login {
			check("probe "+probe.ID, probe.Run)
		}
	}
	for _, rung := range p.Rungs {
		for _, step := range rung.Steps {
			if step.Run.V != "" {
				check("step "+step.ID, step.Run)
			}
			if !strings.HasPrefix(step.Undo.V, document.UndoNone) {
				check("the undo of step "+step.ID, step.Undo)
			}
		}
	}
	return warnings.Sorted()
}
