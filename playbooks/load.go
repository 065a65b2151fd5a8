package playbooks

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"mvdan.cc/sh/v3/syntax"

	"aixmend/inventory/strictyaml"
	"aixmend/playbooks/facts"
)

// APIVersion is the version of the file format.
const APIVersion = "aixmend/v1"

var (
	playbookName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	factName     = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	findingName  = playbookName
)

// Parse decodes, checks and compiles a playbook. file is for positions. The
// error holds every problem.
func Parse(file string, text []byte) (*Playbook, error) {
	p := &Playbook{}
	problems := strictyaml.Decode(file, text, p)
	p.SHA256 = hex.EncodeToString(sum(text))
	if len(problems) > 0 {
		return nil, problems.Err() // what is not well formed can't be checked further
	}
	c := &checker{file: file, playbook: p}
	if c.inherit(); len(c.problems) > 0 {
		return nil, c.problems.Err()
	}
	c.check()
	if len(c.problems) > 0 {
		return nil, c.problems.Err()
	}
	return p, nil
}

// checker checks a decoded playbook and compiles its conditions.
type checker struct {
	file     string
	playbook *Playbook
	problems strictyaml.Problems
	taken    map[string]bool // what must be unique as the playbook that is extended says
}

func (c *checker) add(pos strictyaml.Pos, hint, format string, args ...any) {
	c.problems.Add(pos, hint, format, args...)
}

func (c *checker) check() {
	p := c.playbook
	top := strictyaml.Pos{File: c.file, Line: 1, Column: 1}
	if p.APIVersion != APIVersion {
		c.add(top, "", "apiVersion must be %s, found %q", APIVersion, p.APIVersion)
	}
	if !playbookName.MatchString(p.Name) {
		c.add(top, "", "name %q: small letters, digits and single dashes", p.Name)
	}
	if len(p.Probes) == 0 || len(p.Findings) == 0 {
		c.add(top, "", "a playbook needs probes and findings")
	}
	c.params()
	c.probes(p.Probes, true)
	c.probes(p.Capture.Probes, false)
	c.checkSure()
	for _, f := range p.Capture.Files {
		if !strings.HasPrefix(f.Path, "/") || strings.ContainsAny(f.Path, "'\n\x00") {
			c.add(top, "", "capture file %q must be an absolute path", f.Path)
		}
	}
	c.findings(p.Findings)
	c.findings(p.Verify.Unchanged)
	c.guards("the playbook", p.Guards)
	c.rungs()
	c.allow()
	c.unique()
	if len(p.Rungs) > 0 && (p.Verify.Until.V == "" || p.Verify.Every <= 0) {
		c.add(top, "", "a playbook with rungs needs verify.until and verify.every")
	}
	if len(c.problems) == 0 {
		c.compile()
	}
}

func (c *checker) params() {
	for _, e := range c.playbook.Params {
		if !factName.MatchString(e.Key) {
			c.add(e.KeyPos, "", "parameter %q: small letters, digits and _", e.Key)
		}
		if _, err := e.Value.value(e.Value.Default); err != nil {
			c.add(e.KeyPos, "", "parameter %s: default: %v", e.Key, err)
		}
	}
}

// value reads a parameter's text.
func (p Param) value(text string) (any, error) {
	switch p.Type {
	case DurationParam:
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 {
			return nil, fmt.Errorf("%q is not a duration such as 30s or 15m", text)
		}
		return d, nil
	case LevelParam:
		if _, err := facts.ParseLevel(text); err != nil {
			return nil, err
		}
		return text, nil
	case TextParam:
		return text, nil
	}
	return nil, fmt.Errorf("type %q is none of duration, level, text", p.Type)
}

// probes checks a list of probes. Only those of the diagnosis make facts.
func (c *checker) probes(probes []Probe, diagnose bool) {
	parsers := map[string]bool{}
	var names []string
	for _, p := range facts.Parsers() {
		parsers[p.Name] = true
		names = append(names, p.Name)
	}
	seen := map[string]bool{"params": true, "before": true, allowedName: true, runName: true, verbName: true, eachName: true}
	for name := range givenFacts() {
		seen[name] = true
	}
	login := true
	for _, p := range probes {
		switch {
		case !factName.MatchString(p.ID):
			c.add(p.Pos, "", "probe id %q: small letters, digits and _", p.ID)
		case seen[p.ID]:
			c.add(p.Pos, "", "probe id %s is taken", p.ID)
		}
		seen[p.ID] = true
		if p.Parse.V != "" && !parsers[p.Parse.V] {
			c.add(p.Parse.Pos, strictyaml.DidYouMean(p.Parse.V, names), "there is no parser %q", p.Parse.V)
		}
		if p.Login && !login {
			c.add(p.Pos, "", "probe %s: login probes come first", p.ID)
		}
		login = login && p.Login
		if r := p.Require; r != nil && r.Unmet != "skip" && r.Unmet != "judge" {
			c.add(p.Pos, "", "probe %s: require.unmet must be skip or judge, found %q", p.ID, r.Unmet)
		}
		if !diagnose && (p.Parse.V != "" || p.Require != nil || p.Login || p.When.V != "") {
			c.add(p.Pos, "", "probe %s: a capture probe has no parse, require, login or when", p.ID)
		}
		if !diagnose && strings.Contains(p.Run.V, "{{") {
			c.add(p.Run.Pos, "", "probe %s: a capture probe runs as it stands", p.ID)
		}
		c.commandPaths(p)
		c.readOnly(p)
	}
}

// commandPath is what a command's path may look like that stands in sudoers.
var commandPath = regexp.MustCompile(`^(/[A-Za-z0-9_.-]+)+$`)

// commandPaths checks what fields of a probe's fact can be.
func (c *checker) commandPaths(p Probe) {
	for _, e := range p.Paths {
		if p.Parse.V == "" {
			c.add(e.KeyPos, "", "probe %s: paths: without a parser it makes no fact", p.ID)
		}
		if len(e.Value) == 0 {
			c.add(e.KeyPos, "", "probe %s: paths: %s can be nothing", p.ID, e.Key)
		}
		for _, path := range e.Value {
			if !commandPath.MatchString(path.V) {
				c.add(path.Pos, "", "probe %s: paths: %q is no absolute path", p.ID, path.V)
			}
		}
	}
}

// changers are commands that change a host; a probe that names one is refused.
// The list is a net for mistakes, not the gate: that one is in the transport.
var changers = regexp.MustCompile(`(^|/)(chdev|mkdev|rmdev|cfgmgr|rmcctrl|rmcrefreshMD|recfgct|uncfgct|cfgct|odmdelete|odmadd|odmchange|installp|startsrc|stopsrc|refresh|chrctcp|autoconf6|rm|mv|cp|tee|touch|kill|reboot|shutdown|bosboot|bootlist_set|chmod|chown|ln|mkdir|rmdir|dd)$`)

// readOnly checks the shell text of a probe and that it only reads.
func (c *checker) readOnly(p Probe) {
	file := c.shell(p.Run)
	if file == nil {
		return
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Redirect:
			if n.Op != syntax.RdrIn && n.Op != syntax.DplOut && n.Op != syntax.DplIn && n.Word.Lit() != "/dev/null" {
				c.add(p.Run.Pos, "", "probe %s writes a file: a probe only reads", p.ID)
			}
		case *syntax.CallExpr:
			if len(n.Args) > 0 && changers.MatchString(n.Args[0].Lit()) && !lists(n.Args) {
				c.add(p.Run.Pos, "", "probe %s runs %s, which changes the host: a probe only reads", p.ID, n.Args[0].Lit())
			}
		}
		return true
	})
}

// lists tells whether a command that else changes the host is asked to list.
func lists(args []*syntax.Word) bool {
	return len(args) > 1 && strings.HasSuffix(args[0].Lit(), "/installp") && strings.HasPrefix(args[1].Lit(), "-L")
}

// shell parses POSIX sh text, its interpolations replaced by a word.
func (c *checker) shell(text Text) *syntax.File {
	plain := interpolation.ReplaceAllString(text.V, "x")
	file, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(plain), "")
	if err != nil {
		c.add(text.Pos, "", "this is not POSIX sh: %v", err)
		return nil
	}
	return file
}

// filled checks that a text that the file must have is not empty: an empty
// condition would be none.
func (c *checker) filled(pos strictyaml.Pos, what string, text Text) {
	if strings.TrimSpace(text.V) == "" {
		c.add(pos, "", "%s is empty", what)
	}
}

func (c *checker) guards(of string, guards []Guard) {
	for _, g := range guards {
		c.filled(g.Require.Pos, of+": a guard's require", g.Require)
		c.filled(g.Else.Pos, of+": a guard's else", g.Else)
	}
}

func (c *checker) findings(list []Finding) {
	severities := []string{"critical", "warning", "info"}
	seen := map[string]bool{"probe-failed": true}
	for _, f := range list {
		switch {
		case !findingName.MatchString(f.ID):
			c.add(f.Pos, "", "finding id %q: small letters, digits and single dashes", f.ID)
		case seen[f.ID]:
			c.add(f.Pos, "", "finding id %s is taken", f.ID)
		}
		seen[f.ID] = true
		if !slices.Contains(severities, f.Severity.V) {
			c.add(f.Severity.Pos, "", "severity must be one of %s, found %q", strings.Join(severities, ", "), f.Severity.V)
		}
		c.filled(f.Pos, "finding "+f.ID+": when", f.When)
		if len(f.Evidence) == 0 {
			c.add(f.Pos, "", "finding %s has no evidence", f.ID)
		}
	}
}

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
	words := c.playbook.words()
	for _, e := range c.playbook.Allow {
		c.allowWord(e.KeyPos, "allow", e.Key)
		if !slices.Contains(words, e.Key) {
			c.add(e.KeyPos, strictyaml.DidYouMean(e.Key, words), "allow: no rung or step takes %q", e.Key)
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
	reversible := !strings.HasPrefix(s.Undo.V, undoNone)
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
		c.add(s.Undo.Pos, "", "step %s is taken back by itself: it needs an undo", s.ID)
	}
	if s.Run.V != "" {
		c.shell(s.Run)
	}
	if reversible {
		c.shell(s.Undo)
	}
}

// timedUndo checks that a step whose undo is armed has one, and that the
// playbook says how long it waits.
func (c *checker) timedUndo(s Step) {
	if strings.HasPrefix(s.Undo.V, undoNone) {
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

// undoNone begins the undo of a step that leaves nothing to take back.
const undoNone = "none: "

// FindingIDs returns the ids of the playbook's findings, in its order.
func (p *Playbook) FindingIDs() []string {
	ids := make([]string, 0, len(p.Findings)+len(p.Verify.Unchanged))
	for _, f := range slices.Concat(p.Findings, p.Verify.Unchanged) {
		ids = append(ids, f.ID)
	}
	return ids
}
