package main

import (
	"cmp"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/environment"
	"aixmend/cmd/aixmend/help"
	"aixmend/cmd/aixmend/manual"
	"aixmend/controller"
	"aixmend/controller/cloud"
	"aixmend/controller/outcome"
	"aixmend/playbooks"
	"aixmend/transport/lab/golden"
)

// TestReference keeps docs/reference.md true: it is drawn from the code.
func TestReference(t *testing.T) {
	const path = "../../docs/reference.md"
	got := reference(t)
	if golden.Updating() {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("docs/reference.md is not what the code says; make golden writes it anew (-file +code):\n%s", diff)
	}
}

// reference is the whole page.
func reference(t *testing.T) string {
	p := &draft{}
	p.line("# Reference\n\nThis page is written from the code by `make golden`; a test keeps it true. The same stands in\n`aixmend VERB --help` and in the man pages.\n")
	p.verbs(tree(t))
	p.line("## Exit codes\n\nWhere several hold, the one that stands first here wins: the order is by gravity.\n")
	p.row("code", "means")
	p.row("---", "---")
	for _, m := range outcome.Codes() {
		p.row(fmt.Sprint(m.Code), m.Means)
	}
	p.playbooks(t)
	p.findings(t)
	p.sure(t)
	p.table("Environment", "variable", manual.Variables())
	p.table("Files", "file", manual.Files())
	return p.String()
}

// draft is a page of Markdown that is being written.
type draft struct{ strings.Builder }

func (p *draft) line(format string, args ...any) { p.WriteString(fmt.Sprintf(format+"\n", args...)) }

// row is a row of a table.
func (p *draft) row(cells ...string) {
	for i, cell := range cells {
		cells[i] = strings.NewReplacer("|", `\|`, "\n", " ").Replace(cell)
	}
	p.line("%s", strings.ReplaceAll("| "+strings.Join(cells, " | ")+" |", "|  |", "| |"))
}

// code is text as it is typed.
func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

func (p *draft) table(title, first string, rows []manual.Entry) {
	p.line("\n## %s\n", title)
	p.row(first, "means")
	p.row("---", "---")
	for _, r := range rows {
		p.row(code(r.Name), r.Means)
	}
}

// verbs writes the verbs, and their flags; one that several verbs have is told once.
func (p *draft) verbs(root *cobra.Command) {
	p.line("## Verbs\n")
	p.row("verb", "does")
	p.row("---", "---")
	all := below(root)
	for _, c := range all {
		p.row(code(strings.TrimSuffix(c.UseLine(), " [flags]")), c.Short)
	}
	p.line("\n## Flags\n\nA flag that is not given is taken from the environment, `AIXMEND_MAX_FAIL` for `--max-fail`, then from the\nconfig file ([configuration.md](configuration.md)).\n")
	p.row("flag", "default", "environment", "means", "of")
	p.row("---", "---", "---", "---", "---")
	type key struct{ name, value, usage, fallback string }
	of, told := map[key][]string{}, map[key]help.Option{}
	for _, c := range append(all, root) {
		for _, o := range help.Options(c) {
			k := key{o.Flag.Name, o.Value, o.Usage, o.Default}
			if of[k], told[k] = append(of[k], strings.TrimPrefix(c.CommandPath(), "aixmend ")), o; c == root {
				of[k] = []string{"every verb"}
			}
		}
	}
	var keys []key
	for k := range of {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b key) int { return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(of[a][0], of[b][0])) })
	for _, k := range keys {
		o := told[k]
		p.row(code(o.Name()), code(k.fallback), code(environment.VariableOf(o.Flag)), k.usage, strings.Join(of[k], ", "))
	}
	p.line("")
}

// below are the verbs that do something, with those below them.
func below(c *cobra.Command) []*cobra.Command {
	var list []*cobra.Command
	for _, sub := range manual.Verbs(c) {
		if !sub.HasSubCommands() || sub.HasAvailableLocalFlags() || sub.Name() == "completion" {
			list = append(list, sub)
		}
		list = append(list, below(sub)...)
	}
	return list
}

// embedded loads the playbooks, the common one first.
func embedded(t *testing.T) []*playbooks.Playbook {
	t.Helper()
	var list []*playbooks.Playbook
	for _, name := range playbooks.Names() {
		book, err := playbooks.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, book)
	}
	slices.SortStableFunc(list, func(a, b *playbooks.Playbook) int { return cmp.Compare(order(a.Name), order(b.Name)) })
	return list
}

func order(name string) int {
	if name == "rmc-restore" {
		return 0
	}
	return 1
}

func (p *draft) playbooks(t *testing.T) {
	p.line("\n## Playbooks\n\n`aixmend playbook show NAME` prints one with every command.\n")
	p.row("playbook", "does", "`--set`", "`--allow`")
	p.row("---", "---", "---", "---")
	for _, book := range embedded(t) {
		var set, allow []string
		for _, param := range book.Params {
			set = append(set, code(param.Key+"="+param.Value.Default))
		}
		for _, word := range wordsOf(book) {
			allow = append(allow, code(word))
		}
		p.row(code(book.Name), book.Title, strings.Join(set, " "), strings.Join(allow, " "))
	}
}

func (p *draft) findings(t *testing.T) {
	p.line(`
## Findings

Text in braces is filled in from facts. Where there are several severities, the playbook or the
state of the host decides. [runbook.md](runbook.md) has a section for each finding.
`)
	p.row("finding", "severity", "title", "playbooks")
	p.row("---", "---", "---", "---")
	type told struct {
		title             string
		severities, books []string
	}
	found := map[string]*told{}
	var ids []string
	add := func(book string, f playbooks.Finding) {
		at := found[f.ID]
		if at == nil {
			at = &told{title: f.Title.V}
			found[f.ID], ids = at, append(ids, f.ID)
		}
		at.severities = append(at.severities, f.Severity.V)
		if f.WarningWhen.V != "" {
			at.severities = append(at.severities, "warning")
		}
		at.books = append(at.books, book)
	}
	for _, book := range embedded(t) {
		for _, f := range slices.Concat(book.Findings, book.Verify.Unchanged) {
			add(book.Name, f)
		}
	}
	slices.Sort(ids)
	every := len(playbooks.Names())
	for _, id := range ids {
		f := found[id]
		slices.Sort(f.severities)
		slices.Sort(f.books)
		books := strings.Join(slices.Compact(f.books), ", ")
		if len(slices.Compact(f.books)) == every {
			books = "all"
		}
		p.row(code(id), strings.Join(slices.Compact(f.severities), ", "), braces(f.title), books)
	}
	p.row(code(cloud.Disagrees), "warning", "the health in Power Virtual Server and the verdict in the guest differ", "all")
	p.row(code(cloud.Warning), "info", "Power Virtual Server shows WARNING, and so does the guest", "all")
	p.row(code(cloud.Silent), "info", "Power Virtual Server does not tell the health of the VM", "all")
	p.row(code(controller.LeftBehind), "warning", "something of this run is left on the host", "all")
	p.row(code("probe-failed"), "critical, warning", "a probe gave no answer; critical where a verdict rests on it", "all")
}

// sure writes how sure each reading of the embedded playbooks is, and which findings
// rest on it.
func (p *draft) sure(t *testing.T) {
	p.line(`
## How sure

aixmend was written without access to AIX, so each probe and each derived fact states how sure its
reading is. A playbook in which assumed facts alone could decide a finding, guard, rung or step is
refused. The sources are listed in [runbook.md](runbook.md#sources).
`)
	p.row("sure", "means")
	p.row("---", "---")
	for _, s := range playbooks.Surenesses() {
		p.row(s[0], s[1])
	}
	p.line("")
	p.row("fact", "sure", "known from", "findings whose condition reads it")
	p.row("---", "---", "---", "---")
	told := map[string]bool{}
	for _, book := range embedded(t) {
		findings := map[string][]string{}
		for _, f := range book.Findings {
			for _, r := range book.RestsOn(f.ID) {
				findings[r.Fact] = append(findings[r.Fact], f.ID)
			}
		}
		one := func(name, sure, source string) {
			if !told[name] && sure != "" {
				told[name] = true
				p.row(code(name), sure, source, strings.Join(findings[name], ", "))
			}
		}
		for _, probe := range book.Probes {
			one(probe.ID, probe.Sure.V, probe.Source)
		}
		for _, e := range book.Facts {
			one(e.Key, e.Value.Sure.V, e.Value.Source)
		}
	}
}

var (
	inTitle  = regexp.MustCompile(`\{\{(.*?)\}\}`)
	factPath = regexp.MustCompile(`^[a-z_.]+$`)
)

// braces names the facts in a title, and leaves out what is made of them.
func braces(title string) string {
	return inTitle.ReplaceAllStringFunc(title, func(match string) string {
		inner := strings.TrimSpace(strings.Trim(match, "{}"))
		if !factPath.MatchString(inner) {
			return "{...}"
		}
		return "{" + inner + "}"
	})
}

// Every flag and argument has a line of help.
func TestEveryFlagIsExplained(t *testing.T) {
	for _, c := range below(tree(t)) {
		for _, o := range help.Options(c) {
			if o.Usage == "" {
				t.Errorf("%s: --%s has no help", c.CommandPath(), o.Flag.Name)
			}
		}
	}
}

// wordsOf are the words of --allow that a playbook takes.
func wordsOf(p *playbooks.Playbook) []string {
	var words []string
	for _, w := range p.AllowWords() {
		words = append(words, w.Word)
	}
	return words
}
