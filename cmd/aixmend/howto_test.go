package main

import (
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"aixmend/playbooks"
	"aixmend/transport/lab/suite"
)

// howTo is a section of CONTRIBUTING.md that lists every place of an example.
type howTo struct {
	// heading is the section's heading.
	heading string
	// is finds the example in the text of a file.
	is *regexp.Regexp
	// named finds files whose name is the example's; nil for none.
	named *regexp.Regexp
	// users mention the example, and need no change for another one.
	users []string
}

// howTos are the sections with an example.
var howTos = []howTo{
	{
		heading: "A probe and its parser",
		is:      regexp.MustCompile("\\bParseRoom\\b|\\btype Room struct|\\bcmdDf\\b|\\bid: room\\b|\\b(var|tmp)_free_kb\\b|/usr/bin/df\\b|\"df\"|\"room\"|== room |`room`"),
		users:   []string{"docs/writing-a-playbook.md", "examples/playbook-subsystem.yaml"},
	},
	{
		heading: "A finding",
		is:      regexp.MustCompile(`\bfilesystem-full\b`),
		users:   []string{"playbooks/facts/volatile.go", "playbooks/testdata/drift.golden", "docs/drift.md"}, // they point to it
	},
	{
		heading: "A format",
		is:      regexp.MustCompile(`\bJUnit\(|"junit"|--junit FILE`),
		named:   regexp.MustCompile(`^junit[._]`),
	},
	{
		heading: "A playbook",
		is:      regexp.MustCompile(`\brmc-restore-own-image\b`),
		named:   regexp.MustCompile(`^rmc-restore-own-image\.`),
		users:   []string{"docs/powervs.md"}, // says what it asks for
	},
	{
		heading: "A verb",
		is:      regexp.MustCompile(`\bnewDiff\b|\baixmend diff\b|aixmend\.diff/v1|"aixmend", "diff"|"diff\.v1"|"diff", "latest"`),
		named:   regexp.MustCompile(`^diff\.`),
		users:   []string{"cmd/aixmend/printrun.go", "cmd/aixmend/remote/reader.go", "docs/notifications.md", "docs/serve.md"}, // they recommend it
	},
	{
		heading: "A simulated illness",
		is:      regexp.MustCompile(`\bvar-full\b`),
	},
}

var (
	howToTest = regexp.MustCompile("`((?:Test|Fuzz|Benchmark)[A-Z][A-Za-z0-9_]*)`")
	testFunc  = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)[A-Z][A-Za-z0-9_]*)\(`)
)

// Every place that a how-to names is one of its example, and every place of the example is
// named: a new kind of place fails here until the how-to lists it.
func TestHowTosAreComplete(t *testing.T) {
	suite.Unraced(t, "one goroutine")
	files := repositoryFiles(t)
	for _, h := range howTos {
		t.Run(h.heading, func(t *testing.T) {
			section := contributingSection(t, h.heading)
			var listed []string
			for _, m := range docPath.FindAllStringSubmatch(section, -1) {
				listed = append(listed, m[1])
				text, file := files[m[1]] // TestPathsInDocs looks after folders
				if file && !h.of(m[1], text) {
					t.Errorf("%s is not a place of the example: it does not match %s", m[1], h.is)
				}
			}
			for _, name := range slices.Sorted(maps.Keys(files)) {
				if definesThings(name) && h.of(name, files[name]) && !slices.Contains(listed, name) && !slices.Contains(h.users, name) {
					t.Errorf("%s is a place of the example, and the how-to does not name it", name)
				}
			}
			for _, name := range h.users {
				if !h.of(name, files[name]) {
					t.Errorf("%s does not mention the example: remove it from users", name)
				}
			}
			if lines := strings.Count(section, "\n"); lines > 50 {
				t.Errorf("the how-to has %d lines: it shall fit one screen", lines)
			}
		})
	}
}

// of reports whether a file is a place of the example.
func (h howTo) of(name, text string) bool {
	return h.is.MatchString(text) || h.named != nil && h.named.MatchString(path.Base(name))
}

// Every test that CONTRIBUTING.md names exists.
func TestContributingNamesTests(t *testing.T) {
	tests := map[string]bool{}
	for name, text := range repositoryFiles(t) {
		if strings.HasSuffix(name, "_test.go") {
			for _, m := range testFunc.FindAllStringSubmatch(text, -1) {
				tests[m[1]] = true
			}
		}
	}
	text, err := os.ReadFile(filepath.Join(repository, "CONTRIBUTING.md"))
	noError(t, err)
	named := howToTest.FindAllStringSubmatch(string(text), -1)
	for _, m := range named {
		if !tests[m[1]] {
			t.Errorf("CONTRIBUTING.md names %s, and no test is called so", m[1])
		}
	}
	if len(named) < 40 {
		t.Errorf("CONTRIBUTING.md names %d tests: this test sees too little", len(named))
	}
}

// whereToChange has, for each row of the table in docs/architecture.md, the code that a
// reader shall find at its first path.
var whereToChange = map[string]string{
	"how often a connection is dialled again, or any other retry": "\tDial = Rule{",
	"the text, severity or condition of a finding":                "\n  - id: rmc-address-missing\n    severity: ",
	"which probe is read, or how its output is parsed":            "parse: lspv",
	"the order of a host's stages":                                "(*next).verify, (*next).diagnose",
	"what one action does":                                        "case course.Settle:\n",
	"how a bastion is dialled":                                    "type bastion struct",
	"what a timed undo does on the host":                          "func ArmCommand(",
	"the contents of a JUnit case":                                `xml:"testcase"`,
	"what `explain` prints":                                       "func (e Explanation) Text(width int)",
	"a flag, its default or its help":                             "\"max-fail\", \"10%\"",
	"the words that `--allow` takes":                              "\nallow:\n",
	"an exit code":                                                "ExitBrake ",
	"when the brake trips":                                        "type Brake struct",
	"how long a lease lasts":                                      "leaseSlack = ",
	"how a login becomes root":                                    "func toolOf(",
	"which Ansible variable is read":                              "\"ansible_host\": hostVar",
	"how a capture is stored and hashed":                          "sha256.Sum256(",
	"a command of the simulator":                                  "var commandTable = ",
	"a probe, finding, format, playbook or verb: add one":         "",
}

// The table "Where to change it" leads to the code that it speaks of.
func TestWhereToChangeIt(t *testing.T) {
	files := repositoryFiles(t)
	_, table, found := strings.Cut(files["docs/architecture.md"], "\n## Where to change it\n")
	if !found {
		t.Fatal("docs/architecture.md has no table")
	}
	table, _, _ = strings.Cut(table, "\n## ")
	rows := regexp.MustCompile(`(?m)^\| ([^|]+) \| ([^|]+) \|$`).FindAllStringSubmatch(table, -1)
	seen := map[string]bool{"to change": true, "---": true}
	for _, row := range rows {
		code, known := whereToChange[row[1]]
		if !known && !seen[row[1]] {
			t.Errorf("this test does not know where %q leads", row[1])
		}
		seen[row[1]] = true
		if m := docPath.FindStringSubmatch(row[2]); code != "" && (m == nil || !strings.Contains(files[m[1]], code)) {
			t.Errorf("%q leads to %q, which does not hold %q", row[1], row[2], code)
		}
	}
	for row := range whereToChange {
		if !seen[row] {
			t.Errorf("the table has no row %q", row)
		}
	}
}

// Every embedded playbook has a row in docs/playbooks.md, and a script runs it.
func TestEveryPlaybookIsPresented(t *testing.T) {
	files := repositoryFiles(t)
	run := regexp.MustCompile(`--playbook[ =]([a-z-]+)`)
	ran := map[string]bool{"rmc-restore": true} // the default
	for name, text := range files {
		if strings.HasSuffix(name, ".txtar") {
			for _, m := range run.FindAllStringSubmatch(text, -1) {
				ran[m[1]] = true
			}
		}
	}
	for _, name := range playbooks.Names() {
		if !strings.Contains(files["docs/playbooks.md"], "\n| `"+name+"` |") {
			t.Errorf("docs/playbooks.md has no row for %s", name)
		}
		if !ran[name] {
			t.Errorf("no script in cmd/aixmend/testdata/script runs %s", name)
		}
	}
}

// A script runs every verb.
func TestEveryVerbHasAScript(t *testing.T) {
	var scripts strings.Builder
	for name, text := range repositoryFiles(t) {
		if strings.HasPrefix(name, "cmd/aixmend/testdata/script/") {
			scripts.WriteString(text)
		}
	}
	for _, verb := range ownVerbs(t) {
		if !regexp.MustCompile(`(?m)\b` + verb + `\b`).MatchString(scripts.String()) {
			t.Errorf("no script in cmd/aixmend/testdata/script runs %s", verb)
		}
	}
}

// A page beside the generated reference shows every verb.
func TestEveryVerbIsDocumented(t *testing.T) {
	var pages strings.Builder
	for name, text := range repositoryFiles(t) {
		if name == "README.md" || path.Dir(name) == "docs" && name != "docs/reference.md" {
			pages.WriteString(text)
		}
	}
	for _, verb := range ownVerbs(t) {
		if !strings.Contains(pages.String(), verb) {
			t.Errorf("neither README.md nor a page in docs shows %s", verb)
		}
	}
}

// ownVerbs are the verbs that do something, as they are typed, without those that cobra
// makes.
func ownVerbs(t *testing.T) []string {
	t.Helper()
	var list []string
	for _, c := range below(tree(t)) {
		if name := c.CommandPath(); name != "aixmend help" && !strings.HasPrefix(name, "aixmend completion") {
			list = append(list, name)
		}
	}
	if len(list) < 15 {
		t.Fatalf("%d verbs: this test sees too little", len(list))
	}
	return list
}

// contributingSection returns the text of a how-to.
func contributingSection(t *testing.T, heading string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, "CONTRIBUTING.md"))
	noError(t, err)
	_, section, found := strings.Cut(string(text), "\n### "+heading+"\n")
	if !found {
		t.Fatalf("CONTRIBUTING.md has no section %q", heading)
	}
	if at := regexp.MustCompile(`(?m)^##`).FindStringIndex(section); at != nil {
		section = section[:at[0]]
	}
	return section
}

// definesThings reports whether a how-to must name a file that mentions its example: code,
// playbooks, golden files, pages, schemas and examples, but no tests.
func definesThings(name string) bool {
	if strings.HasSuffix(name, "_test.go") {
		return false
	}
	if strings.Contains(name, "testdata/") {
		return strings.Contains(path.Base(name), ".golden")
	}
	ext := path.Ext(name)
	return ext == ".go" || ext == ".yaml" || strings.HasPrefix(name, "docs/") || strings.HasPrefix(name, "examples/") && ext == ""
}

// repositoryFiles reads every text file below the folders of the sources, by its path.
func repositoryFiles(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, top := range []string{"README.md", "cmd", "controller", "docs", "examples", "inventory", "packaging", "playbooks", "tools", "transport"} {
		err := filepath.WalkDir(filepath.Join(repository, top), func(file string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			name, err := filepath.Rel(repository, file)
			if err != nil {
				return err
			}
			text, err := os.ReadFile(file)
			files[filepath.ToSlash(name)] = string(text)
			return err
		})
		noError(t, err)
	}
	return files
}
