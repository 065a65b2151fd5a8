package document

import (
	"aixmend/inventory/strictyaml"
	"slices"
	"strings"
	"time"
)

func (c *checker) rungs() {
	ids := c.playbook.FindingIDs()
	steps, rungs := map[string]bool{}, map[string]bool{}
	last := -1
	for _, r := range c.playbook.Rungs {
		if rungs[r.ID] || !findingName.MatchString(r.ID) {
			c.add(r.Pos, "", "rung id %q is taken or not small letters, digits and dashes", r.ID)
		}
		rungs[r.ID] = true
		if r.Number < last {
			c.add(r.Pos, "", "rung %s: numbers must not fall from rung to rung", r.ID)
		}
		last = r.Number
		if r.Collect != (len(r.Fixes) == 0) {
			c.add(r.Pos, "", "rung %s needs either fixes or collect: true", r.ID)
		}
		for _, m := range r.Fixes {
			if !slices.Contains(ids, m.V) {
				c.add(m.Pos, strictyaml.DidYouMean(m.V, ids), "rung %s fixes %q, which is no finding of this playbook", r.ID, m.V)
			}
		}
		c.guards("rung "+r.ID, r.Guards)
		for _, s := range r.Steps {
			if steps[s.ID] || !findingName.MatchString(s.ID) {
				c.add(s.Pos, "", "step id %q is taken or not small letters, digits and dashes", s.ID)
			}
			steps[s.ID] = true
			c.step(s)
			c.allowWord(s.Pos, "step "+s.ID, s.Allow)
		}
		c.allowWord(r.Pos, "rung "+r.ID, r.Allow)
		c.finallySteps(r)
	}
}

// allowWord checks the form of a word of --allow: plans and hints print it as it is
// typed.
func (c *checker) allowWord(pos strictyaml.Pos, of, word string) {
	if word != "" && !findingName.MatchString(word) {
		c.add(pos, "", "%s: allow word %q: small letters, digits and single dashes", of, word)
	}
}

// allow checks that each word which is described is taken by a rung or step.
func (c *checker) allow() {
	words := c.playbook.Words()
	for _, e := range c.playbook.Allow {
		c.allowWord(e.KeyPos, "allow", e.Key)
		if !slices.Contains(words, e.Key) {
			c.add(e.KeyPos, strictyaml.DidYouMean(e.Key, words), "allow: no rung or step requires %q", e.Key)
		}
		if about := strings.TrimSpace(e.Value.V); about == "" || strings.Contains(about, "\n") {
			c.add(e.Value.Pos, "", "allow: what %s lets happen is one line", e.Key)
		}
	}
}

// finallySteps checks that the steps under finally come after their step, in its rung.
func (c *checker) finallySteps(r Rung) {
	for i, s := range r.Steps {
		var later []string
		after := map[string]Step{}
		for _, s := range r.Steps[i+1:] {
			later, after[s.ID] = append(later, s.ID), s
		}
		for _, id := range s.Finally {
			switch by, there := after[id.V]; {
			case !there:
				c.add(id.Pos, strictyaml.DidYouMean(id.V, later), "step %s: finally: rung %s has no step %q after it", s.ID, r.ID, id.V)
			case by.ReadOnly():
				c.add(id.Pos, "", "step %s: finally: step %s changes nothing", s.ID, id.V)
			case by.Each.V != "":
				c.add(id.Pos, "", "step %s: finally: step %s is there once for each item of a list, perhaps for none", s.ID, id.V)
			}
		}
		if len(s.Finally) > 0 && s.ReadOnly() {
			c.add(s.Pos, "", "step %s changes nothing: it can't have finally", s.ID)
		}
	}
}

// step checks one step.
func (c *checker) step(s Step) {
	if s.TimedUndo {
		c.timedUndo(s)
	}
	c.guards("step "+s.ID, s.Guards)
	c.guards("the undo of step "+s.ID, s.UndoGuards)
	kinds := 0
	for _, there := range []bool{s.Run.V != "", s.Upload != nil, s.Fetch.V != ""} {
		if there {
			kinds++
		}
	}
	if kinds != 1 {
		c.add(s.Pos, "", "step %s has one of run, upload and fetch", s.ID)
	}
	c.filled(s.Pos, "step "+s.ID+": undo", s.Undo)
	reversible := !strings.HasPrefix(s.Undo.V, UndoNone)
	if !reversible && strings.TrimSpace(strings.TrimPrefix(s.Undo.V, UndoNone)) == "" {
		c.add(s.Undo.Pos, sayNone, "step %s: undo: none without a reason", s.ID)
	}
	switch {
	case s.ReadOnly() && (reversible || s.Confirm.V != "" || s.TimedUndo || s.Revert || s.Temporary):
		c.add(s.Pos, "", "step %s changes nothing: it has no undo to run and no confirm", s.ID)
	case !s.ReadOnly():
		c.filled(s.Pos, "step "+s.ID+": confirm", s.Confirm)
	}
	if (s.UndoWhen.V != "" || len(s.UndoGuards) > 0) && !reversible {
		c.add(s.Undo.Pos, "", "step %s says when its undo is needed: it needs an undo", s.ID)
	}
	if (s.Revert || s.Temporary) && !reversible {
		c.add(s.Undo.Pos, "", "step %s is undone automatically: it needs an undo", s.ID)
	}
	if s.Run.V != "" {
		c.command("step "+s.ID+": run", writePath, s.Run)
	}
	if reversible {
		c.command("step "+s.ID+": undo", sayNone, s.Undo)
	}
}

// timedUndo checks that a step whose undo is armed has one, and that the
// playbook says how long it waits.
func (c *checker) timedUndo(s Step) {
	if strings.HasPrefix(s.Undo.V, UndoNone) {
		c.add(s.Undo.Pos, "", "step %s: a timed undo needs an undo", s.ID)
	}
	for _, e := range c.playbook.Params {
		if e.Key == UndoAfterParam && e.Value.Type == DurationParam {
			c.undoAfter(s, e)
			return
		}
	}
	c.add(s.Pos, "", "step %s: a timed undo needs the duration parameter %s", s.ID, UndoAfterParam)
}

// undoAfter checks that the default of the parameter leaves the step the time it
// may take. The problem is where this file says it: at its parameter, or else at
// the step.
func (c *checker) undoAfter(s Step, e strictyaml.Entry[Param]) {
	value, err := e.Value.value(e.Value.Default)
	after, _ := value.(time.Duration)
	if err != nil || after >= s.LeastUndoAfter() {
		return
	}
	pos := s.Pos
	if e.KeyPos.File == c.file {
		pos = e.KeyPos
	}
	c.add(pos, "", "parameter %s: default %s is too short for step %s, which has a timed undo and may take %s: the least value is %s",
		e.Key, e.Value.Default, s.ID, s.LeastUndoAfter()-UndoReconnecting-UndoArming, s.LeastUndoAfter())
}
