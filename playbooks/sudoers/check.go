package sudoers

import (
	"slices"
	"strings"

	"aixmend/inventory/strictyaml"
	"aixmend/playbooks/document"
)

// Check returns a warning for each probe and step in the playbook's own file whose text
// can only run as a whole: a site whose sudo allows single commands (ssh.become_mode:
// commands) must allow `sh -c` for it. The hint says how to write the text instead.
// Transfers of files and timed undos always need a shell, so they get no warning.
func Check(p *document.Playbook) strictyaml.Problems {
	var warnings strictyaml.Problems
	r := newRules(p)
	check := func(what string, text document.Text) {
		if text.Pos.File != p.File {
			return // it was taken over from the playbook that is extended
		}
		split, exprs := r.split(text.V)
		if split.Whole() == "" {
			return
		}
		why, rather := r.why(split.Whole(), exprs), split.Rather()
		if why == chosenOnHost {
			rather = "write each command out, and choose between them with if"
		}
		warnings.Add(text.Pos, rather, "%s: where sudo allows single commands only, it needs sh -c as root: %s", what, why)
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
