package document

import (
	"aixmend/inventory/strictyaml"
	"aixmend/playbooks/conditions"
	"aixmend/playbooks/facts"
	"regexp"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// probes checks a list of probes. Only those of the diagnosis make facts.
func (c *checker) probes(probes []Probe, diagnose bool) {
	parsers := map[string]bool{}
	var names []string
	for _, p := range facts.Parsers() {
		parsers[p.Name] = true
		names = append(names, p.Name)
	}
	seen := map[string]bool{"params": true, "before": true, conditions.AllowedName: true, conditions.RunName: true, conditions.VerbName: true, conditions.EachName: true}
	for name := range conditions.Given() {
		seen[name] = true
	}
	login := true
	for _, p := range probes {
		switch {
		case !FactName.MatchString(p.ID):
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

// commandPath matches the paths of commands that may stand in sudoers.
var commandPath = regexp.MustCompile(`^(/[A-Za-z0-9_.-]+)+$`)

// commandPaths checks the possible values of fields of a probe's fact.
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
	file := c.command("probe "+p.ID+": run", writePath, p.Run)
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

// lists reports whether a command that else changes the host is asked to list.
func lists(args []*syntax.Word) bool {
	return len(args) > 1 && strings.HasSuffix(args[0].Lit(), "/installp") && strings.HasPrefix(args[1].Lit(), "-L")
}
