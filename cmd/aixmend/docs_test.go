package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"aixmend/controller/outcome"
	"aixmend/transport"
	"aixmend/transport/cause"
)

// repository is where the sources begin, seen from this package.
const repository = "../.."

// page is a Markdown page, taken apart as far as the tests need it.
type page struct {
	name   string
	text   []string // lines outside of blocks of code
	blocks []block
}

// block is a fenced block of code.
type block struct {
	info string // what follows the fence, such as "sh check"
	text string
	line int
	// under is the heading of level three above it.
	under string
}

var (
	mdHeading = regexp.MustCompile(`^(#{1,6}) +(.+?) *$`)
	mdLink    = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	mdNoSlug  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

func readPage(t *testing.T, name string) page {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, name))
	noError(t, err)
	p := page{name: name}
	var open *block
	under := ""
	for i, line := range strings.Split(string(text), "\n") {
		fence, fenced := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case fenced && open == nil:
			open = &block{info: strings.TrimSpace(fence), line: i + 1, under: under}
		case fenced:
			p.blocks = append(p.blocks, *open)
			open = nil
		case open != nil:
			open.text += line + "\n"
		default:
			if h := mdHeading.FindStringSubmatch(line); h != nil {
				under = ""
				if h[1] == "###" {
					under = h[2]
				}
			}
			p.text = append(p.text, line)
		}
	}
	if open != nil {
		t.Errorf("%s:%d: the block is not closed", name, open.line)
	}
	return p
}

// headings returns the texts of a page's headings of a level; level 0: of all.
func (p page) headings(level int) []string {
	var list []string
	for _, line := range p.text {
		if h := mdHeading.FindStringSubmatch(line); h != nil && (level == 0 || len(h[1]) == level) {
			list = append(list, h[2])
		}
	}
	return list
}

// section returns the lines outside of blocks below a heading of level three.
func (p page) section(heading string) []string {
	var list []string
	inside := false
	for _, line := range p.text {
		if h := mdHeading.FindStringSubmatch(line); h != nil {
			inside = h[1] == "###" && h[2] == heading
			continue
		}
		if inside {
			list = append(list, line)
		}
	}
	return list
}

// anchors are the names of a page's headings in links.
func (p page) anchors() map[string]bool {
	found, times := map[string]bool{}, map[string]int{}
	for _, h := range p.headings(0) {
		slug := strings.ReplaceAll(mdNoSlug.ReplaceAllString(strings.ToLower(h), ""), " ", "-")
		if n := times[slug]; n > 0 {
			found[fmt.Sprint(slug, "-", n)] = true
		} else {
			found[slug] = true
		}
		times[slug]++
	}
	return found
}

// docPages are the pages that are read in the repository itself.
func docPages(t *testing.T) []string {
	t.Helper()
	list := []string{"README.md", "CONTRIBUTING.md", "CHANGELOG.md"}
	docs, err := filepath.Glob(filepath.Join(repository, "docs", "*.md"))
	noError(t, err)
	for _, path := range docs {
		list = append(list, "docs/"+filepath.Base(path))
	}
	return list
}

// No link within the repository leads nowhere.
func TestDocLinks(t *testing.T) {
	pages := map[string]page{}
	for _, name := range docPages(t) {
		pages[name] = readPage(t, name)
	}
	links := 0
	for name, p := range pages {
		for _, line := range p.text {
			for _, m := range mdLink.FindAllStringSubmatch(line, -1) {
				if strings.Contains(m[1], "://") {
					continue
				}
				links++
				if wrong := wrongLink(pages, name, m[1]); wrong != "" {
					t.Errorf("%s: %s: %s", name, m[1], wrong)
				}
			}
		}
	}
	if links == 0 {
		t.Error("there are no links: this test sees nothing")
	}
}

// wrongLink returns the error of a link of a page; "": the link is good.
func wrongLink(pages map[string]page, from, link string) string {
	path, anchor, anchored := strings.Cut(link, "#")
	to := from
	if path != "" {
		to = filepath.ToSlash(filepath.Join(filepath.Dir(from), path))
	}
	if _, err := os.Stat(filepath.Join(repository, to)); err != nil {
		return "there is no such file"
	}
	if !anchored {
		return ""
	}
	p, known := pages[to]
	if !known || !p.anchors()[anchor] {
		return "there is no such heading"
	}
	return ""
}

func TestWrongLink(t *testing.T) {
	pages := map[string]page{"docs/ssh.md": {text: []string{"# Host keys", "## It's `a` key, once", "## Host keys"}}}
	for link, wrong := range map[string]bool{
		"ssh.md": false, "ssh.md#host-keys": false, "ssh.md#host-keys-1": false, "#its-a-key-once": false, "../README.md": false,
		"ssh.md#host-key": true, "ssh.md#host-keys-2": true, "nothing.md": true, "CHANGELOG.md": true, "../Makefile#all": true,
	} {
		if got := wrongLink(pages, "docs/ssh.md", link); (got != "") != wrong {
			t.Errorf("%s: %q, wanted wrong: %v", link, got, wrong)
		}
	}
}

// literals are the texts in the sources of the program, as it would print them, and
// its playbooks.
func literals(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(repository, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(path, "_test.go") {
			return err
		}
		if filepath.Ext(path) != ".go" && filepath.Base(filepath.Dir(path)) != "playbooks" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil || filepath.Ext(path) != ".go" {
			all.Write(text)
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, text, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(node ast.Node) bool {
			if literal, ok := node.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if value, err := strconv.Unquote(literal.Value); err == nil {
					all.WriteString(value + "\n")
				}
			}
			return true
		})
		return nil
	})
	noError(t, err)
	return all.String()
}

// words of the system, or of a library, that stand in messages.
var foreignWords = []string{"connection refused"}

// unsaid are the pieces of a quoted text that no source has. What stands for a
// name or a number is "..."; ": " joins what is said in several places.
func unsaid(quoted, sources string) []string {
	var list []string
	for piece := range strings.SplitSeq(quoted, "...") {
		for part := range strings.SplitSeq(piece, ": ") {
			part = strings.Trim(part, " ();")
			if len(part) > 1 && !strings.Contains(sources, part) && !slices.Contains(foreignWords, part) {
				list = append(list, part)
			}
		}
	}
	return list
}

// Every quoted message exists in the source.
func TestTroubleshootingQuotes(t *testing.T) {
	sources := literals(t)
	quote := regexp.MustCompile("^> (?:error|warning): `(.+)`$")
	quotes := 0
	for _, line := range readPage(t, "docs/troubleshooting.md").text {
		if !strings.HasPrefix(line, ">") {
			continue
		}
		m := quote.FindStringSubmatch(line)
		if m == nil {
			t.Errorf("this quotes nothing: %s", line)
			continue
		}
		quotes++
		if missing := unsaid(m[1], sources); len(missing) > 0 {
			t.Errorf("%s: nothing in the sources says %q", m[1], missing)
		}
	}
	if quotes < 40 {
		t.Errorf("%d quotes are seen", quotes)
	}
	if len(unsaid("run ... is open: and this nobody says", sources)) != 1 {
		t.Error("what nobody says passes")
	}
}

// Each kind of unreachable host, and each exit code, is on the page.
func TestTroubleshootingIsComplete(t *testing.T) {
	p := readPage(t, "docs/troubleshooting.md")
	sections := p.headings(3)
	for _, kind := range []transport.Kind{
		transport.KindRefused, transport.KindTimeout, transport.KindDNS, transport.KindHostKeyUnknown, transport.KindHostKeyChanged,
		transport.KindAuth, transport.KindProtocol, transport.KindLost, transport.KindJump,
	} {
		if !slices.Contains(sections, string(kind)) {
			t.Errorf("there is no section %s", kind)
		}
		for _, c := range cause.All(string(kind)) {
			if !slices.ContainsFunc(p.text, func(line string) bool {
				return strings.HasPrefix(line, "|") && strings.Contains(line, "`"+string(c)+"`")
			}) {
				t.Errorf("the table has no cause %q", c)
			}
		}
	}
	for _, m := range outcome.Codes() {
		number := regexp.MustCompile(`(^|, )` + strconv.Itoa(int(m.Code)) + `[:,]`)
		if m.Code != outcome.ExitOK && !slices.ContainsFunc(sections, number.MatchString) {
			t.Errorf("there is no section on exit code %d", m.Code)
		}
	}
}
