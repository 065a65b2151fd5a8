package main

import (
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mvdan.cc/sh/v3/syntax"

	"aixmend/cmd/aixmend/handbook"
	"aixmend/controller"
	"aixmend/controller/cloud"
	"aixmend/docs"
	"aixmend/playbooks"
)

const runbook = "docs/runbook.md"

// found is the severity of a finding in the code, which the runbook must repeat.
type found struct{ severity, milder string }

// allFindings are the findings that a run can have, by id.
func allFindings(t *testing.T) map[string]found {
	t.Helper()
	all := map[string]found{
		"probe-failed":        {"warning", "critical"},
		controller.LeftBehind: {"warning", ""},
		cloud.Disagrees:       {"warning", ""},
		cloud.Warning:         {"info", ""},
		cloud.Silent:          {"info", ""},
	}
	for _, name := range playbooks.Names() {
		p, err := playbooks.Load(name)
		noError(t, err)
		for _, f := range slices.Concat(p.Findings, p.Verify.Unchanged) {
			it := found{severity: f.Severity.V}
			if f.WarningWhen.V != "" {
				it.milder = "warning"
			}
			all[f.ID] = it
		}
	}
	return all
}

// Every finding has its section, and every section is about a finding, with the severity
// that the code has.
func TestRunbookSections(t *testing.T) {
	p := readPage(t, runbook)
	all := allFindings(t)
	sections := p.headings(3)
	rule := regexp.MustCompile(`^- \*\*Rule\*\*: (critical|warning|info)\b(.*)`)
	for i, id := range sections {
		f, exists := all[id]
		if !exists || slices.Index(sections, id) != i {
			t.Errorf("%s: no finding is called %s, or it has two sections", runbook, id)
			continue
		}
		lines := p.section(id)
		text := strings.Join(lines, "\n")
		if !strings.Contains(text, "\n- **Fix**") {
			t.Errorf("%s: %s does not say how to fix it", runbook, id)
		}
		at := slices.IndexFunc(lines, func(line string) bool { return rule.MatchString(line) })
		if at < 0 {
			t.Errorf("%s: %s has no rule", runbook, id)
			continue
		}
		m := rule.FindStringSubmatch(lines[at])
		if m[1] != f.severity || !strings.Contains(m[2], f.milder) {
			t.Errorf("%s: %s is %s (%s) in the code", runbook, id, f.severity, f.milder)
		}
	}
	for id := range all {
		if !slices.Contains(sections, id) {
			t.Errorf("%s: %s has no section", runbook, id)
		}
	}
}

// The verb prints the section of every finding, with its severity, and the words of a
// terminal.
func TestRunbookVerb(t *testing.T) {
	sections := handbook.Sections(docs.Runbook)
	if n := len(allFindings(t)) + 1; len(sections) != n {
		t.Errorf("%d sections, want one a finding and the sources: %d", len(sections), n)
	}
	for id, f := range allFindings(t) {
		s, known := handbook.Find(sections, id)
		if !known || s.Severity != f.severity || s.About == "" {
			t.Errorf("%s: %+v", id, s)
		}
		for _, mark := range []string{"**", "](", "```", "\n#"} {
			if strings.Contains(s.Text, mark) {
				t.Errorf("%s: %q is left of the Markdown:\n%s", id, mark, s.Text)
			}
		}
	}
}

// Every source that an embedded playbook names has its row in the runbook, with an anchor,
// and every row is of a source that is named.
func TestRunbookSources(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(repository, runbook))
	noError(t, err)
	rows := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| <a id=\"source-([a-z0-9-]+)\"></a>`([a-z0-9-]+)` \\|").FindAllStringSubmatch(string(text), -1) {
		if rows[m[1]] = true; m[1] != m[2] {
			t.Errorf("%s: the anchor of %s is %s", runbook, m[2], m[1])
		}
	}
	id := regexp.MustCompile(`(?:^|; )([a-z0-9-]+): `)
	used := map[string]bool{}
	check := func(of, source string) {
		if source == "" {
			return // assumed, without a source
		}
		ids := id.FindAllStringSubmatch(source, -1)
		if len(ids) == 0 || !strings.HasPrefix(source, ids[0][1]) {
			t.Errorf("%s: the source %q begins with no id", of, source)
		}
		for _, m := range ids {
			if used[m[1]] = true; !rows[m[1]] {
				t.Errorf("%s: %s has no source %s", of, runbook, m[1])
			}
		}
	}
	for _, name := range playbooks.Names() {
		p, err := playbooks.Load(name)
		noError(t, err)
		for _, f := range slices.Concat(p.Findings, p.Verify.Unchanged) {
			check(name+": finding "+f.ID, f.Source)
		}
		for _, probe := range p.Probes {
			check(name+": probe "+probe.ID, probe.Source)
		}
		for _, e := range p.Facts {
			check(name+": fact "+e.Key, e.Value.Source)
		}
	}
	for row := range rows {
		if !used[row] {
			t.Errorf("%s: no playbook names the source %s", runbook, row)
		}
	}
}

// The runbook test knows every id that Go code gives a finding.
func TestRunbookKnowsTheCodesIDs(t *testing.T) {
	all := allFindings(t)
	literal := regexp.MustCompile(`ID:\s*"([a-z0-9-]+)",\s*(?:Severity|Hosts):`)
	seen := 0
	for _, folder := range []string{"controller", "playbooks"} {
		files, err := filepath.Glob(filepath.Join(repository, folder, "*.go"))
		noError(t, err)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			noError(t, err)
			for _, m := range literal.FindAllStringSubmatch(string(text), -1) {
				seen++
				if _, known := all[m[1]]; !known {
					t.Errorf("%s makes the finding %s, of which the runbook says nothing", file, m[1])
				}
			}
		}
	}
	if seen == 0 {
		t.Error("no id is seen in the code: this test sees nothing")
	}
}

// alsoReads are programs that only read, besides those of the probes.
var alsoReads = []string{
	"rmcdomainstatus", "lsnodeid", "lsrpdomain", "ctsvhbac", "ctsthl", "lsitab", "entstat", "lppchk", "du",
}

// alsoChanges are programs that change something, though a probe uses them too.
var alsoChanges = []string{"installp", "mount", "sleep"}

// onlyReads says with which arguments a program only reads, where it can do more.
var onlyReads = map[string]*regexp.Regexp{
	"date":     regexp.MustCompile(`^-u$`),
	"hostname": regexp.MustCompile(`^$`),
	"ifconfig": regexp.MustCompile(`^(-a|en[0-9])$`),
	"entstat":  regexp.MustCompile(`^-d en[0-9]$`),
	"bootlist": regexp.MustCompile(`^-m normal -o$`),
	"ctsthl":   regexp.MustCompile(`^-l$`),
	"lppchk":   regexp.MustCompile(`^-v$`),
}

// readers are the programs that a manual check may run.
func readers(t *testing.T) map[string]bool {
	t.Helper()
	programs := map[string]bool{}
	value := regexp.MustCompile(`\{\{.*?\}\}`)
	for _, name := range playbooks.Names() {
		p, err := playbooks.Load(name)
		noError(t, err)
		for _, probe := range slices.Concat(p.Probes, p.Capture.Probes) {
			for _, call := range commandsIn(t, probe.ID, value.ReplaceAllString(probe.Run.V, "x")) {
				programs[path.Base(call[0])] = true
			}
		}
	}
	for _, name := range alsoReads {
		programs[name] = true
	}
	for _, name := range alsoChanges {
		delete(programs, name)
	}
	return programs
}

// commandsIn returns the simple commands of a script, as their words are written.
func commandsIn(t *testing.T, name, script string) [][]string {
	t.Helper()
	file, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(script), name)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return nil
	}
	var list [][]string
	syntax.Walk(file, func(node syntax.Node) bool {
		if call, ok := node.(*syntax.CallExpr); ok && len(call.Args) > 0 && call.Args[0].Lit() != "" {
			var words []string
			for _, w := range call.Args {
				words = append(words, script[w.Pos().Offset():w.End().Offset()])
			}
			list = append(list, words)
		}
		return true
	})
	return list
}

// notOnlyReading says which commands of a script might change a host.
func notOnlyReading(t *testing.T, name, script string, programs map[string]bool) []string {
	t.Helper()
	var list []string
	if strings.ContainsAny(script, ">`$") {
		list = append(list, "a redirection or a substitution")
	}
	for _, call := range commandsIn(t, name, script) {
		program, args := path.Base(call[0]), strings.Join(call[1:], " ")
		if how := onlyReads[program]; !programs[program] || how != nil && !how.MatchString(args) {
			list = append(list, strings.Join(call, " "))
		}
	}
	return list
}

// Blocks marked as checks change nothing; every block that changes something is marked so.
func TestRunbookChecksOnlyRead(t *testing.T) {
	programs := readers(t)
	kinds := map[string]int{}
	for _, b := range readPage(t, runbook).blocks {
		kinds[b.info]++
		switch bad := notOnlyReading(t, b.under, b.text, programs); {
		case b.info == "sh check" && len(bad) > 0:
			t.Errorf("%s:%d: %s: this may change a host: %q", runbook, b.line, b.under, bad)
		case b.info == "sh change" && len(bad) == 0:
			t.Errorf("%s:%d: %s: this changes nothing", runbook, b.line, b.under)
		}
	}
	if len(kinds) != 2 || kinds["sh check"] == 0 || kinds["sh change"] == 0 {
		t.Errorf("blocks are sh check or sh change, there are %v", slices.Sorted(maps.Keys(kinds)))
	}
	for _, changing := range []string{
		"chdev -l en1 -a state=up", "hostname other", "date -u 0101", "ifconfig en1 down", "entstat -r en1", "/usr/bin/cat a >b",
		"cat a | tee b", "rmcctrl -z", "installp -C", "lssrc -s a; stopsrc -s a", "lspv | while read d; do rmdev -l $d; done", "echo `cfgmgr`",
	} {
		if len(notOnlyReading(t, "changing", changing, programs)) == 0 {
			t.Errorf("%q passes for a check", changing)
		}
	}
}
