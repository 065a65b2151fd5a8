// Package html writes a run as one HTML page that opens offline.
package html

import (
	"bufio"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// assets are the style, the scripts and the template of the page.
//
//go:embed assets/style.css assets/page.tmpl assets/*.js
var assets embed.FS

// scripts lists the parts of the page's script, in order.
func scripts() []string {
	return []string{"base.js", "fleet.js", "timeline.js", "detail.js", "host.js", "main.js"}
}

// Write writes a run as one page that opens from disk and loads nothing: a policy in its
// head allows only its own style and script, by their hashes, and no request. Output
// of hosts is data in it, never markup: the summaries are escaped, the rest is JSON
// that the script shows as text. The documents of the hosts are packed in blocks and
// unpacked on demand, so that a fleet fits into one page, and writing it into memory.
func Write(to io.Writer, e report.Evidence) error {
	names := make([]string, len(e.Run.Hosts))
	for i, h := range e.Run.Hosts {
		names[i] = h.Name
	}
	p := NewPages(names, e.Run.Started, e.Run.LeftOpen, e.Complete)
	p.Left(e.Run)
	return p.Write(to, e)
}

// writeWith writes the page, with the hosts that hosts writes.
func writeWith(to io.Writer, e report.Evidence, hosts func(io.Writer) (pageBottom, error)) error {
	style, err := assets.ReadFile("assets/style.css")
	if err != nil {
		return err
	}
	script, err := script()
	if err != nil {
		return err
	}
	page, err := template.New("page").Funcs(template.FuncMap{"passages": passages}).ParseFS(assets, "assets/page.tmpl")
	if err != nil {
		return err
	}
	folds := report.Folds(e.Run.Hosts)
	w := bufio.NewWriter(to)
	if _, err := fmt.Fprintf(w, `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src '%s'; style-src '%s'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<style>%s</style>
`, elementHash(script), elementHash(string(style)), style); err != nil {
		return err
	}
	if err := page.ExecuteTemplate(w, "top", newPageTop(e, folds)); err != nil {
		return err
	}
	if err := writeIndex(w, e, folds); err != nil {
		return err
	}
	bottom, err := hosts(w)
	if err != nil {
		return err
	}
	if err := page.ExecuteTemplate(w, "bottom", bottom); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "<script>%s</script>\n</body>\n</html>\n", script); err != nil {
		return err
	}
	return w.Flush()
}

// script returns the script of the page.
func script() (string, error) {
	var b strings.Builder
	b.WriteString("(() => {\n\"use strict\";\n")
	for _, name := range scripts() {
		part, err := assets.ReadFile("assets/" + name)
		if err != nil {
			return "", err
		}
		b.Write(part)
	}
	b.WriteString("})();\n")
	return b.String(), nil
}

// elementHash returns the hash by which the policy of a page allows an element.
func elementHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// pageIndex is the data of all hosts that the script has before it unpacks one.
type pageIndex struct {
	Started  int64    `json:"started"` // ms since 1970
	Finished int64    `json:"finished"`
	Outcomes []string `json:"outcomes"`
	Marks    []string `json:"marks"`
	Stages   []string `json:"stages"`
	// Severities are the bits of the first number of a host's row in its block, the
	// lowest bit first.
	Severities []string `json:"severities"`
	Findings   []string `json:"findings"`
	Reasons    []string `json:"reasons"`
	// Clouds are the words for the health of the VMs; none where the cloud was not asked.
	Clouds []string `json:"clouds"`
	Groups []string `json:"groups"`
	// Compared reports that there is a run before.
	Compared bool `json:"compared"`
	// Hosts are rows: name, address, outcome, reason, findings, ms, fold, 1 for interrupted,
	// waived findings, cloud, groups, and for a host that changed since the run before its turn,
	// its outcome then or -1, and the findings that appeared. Defaults at the end are left out.
	Hosts [][]any `json:"hosts"`
}

// writeIndex writes the index of the hosts as JSON that cannot end its element.
func writeIndex(w io.Writer, e report.Evidence, folds []report.Fold) error {
	run, shown := e.Run, shownOf(e.Run.Hosts)
	index := pageIndex{
		Started: run.Started.UnixMilli(), Finished: run.Finished.UnixMilli(), Compared: e.Before != nil,
		Outcomes: texts(shown), Severities: texts(outcome.Severities()), Stages: stages(),
		Hosts: make([][]any, 0, len(run.Hosts)),
	}
	marks := map[outcome.Outcome]int{}
	for i, o := range shown {
		index.Marks, marks[o] = append(index.Marks, mark(o)), i
	}
	fold := map[string]int{}
	for i, f := range folds {
		for _, name := range f.Hosts {
			fold[name] = i
		}
	}
	reasons, findings, clouds, groups := newList(), newList(), newList(), newList()
	asked := report.CloudCounts(run) != ""
	for _, h := range run.Hosts {
		health, interrupted := -1, 0
		if asked {
			health = clouds.of(report.CloudWord(h.Cloud))
		}
		if h.Interrupted {
			interrupted = 1
		}
		row := []any{
			report.Clean(h.Name, false), report.Clean(h.Where(), false), marks[h.Shown()], reasons.of(h.Reason), findings.all(h.Findings),
			h.DurationMS, fold[h.Name], interrupted, findings.all(h.Waived), health,
		}
		s := sinceOf(e.Before, h)
		if in := groupsOf(h); len(in) > 0 || s.turn != same {
			row = append(row, groups.all(in))
		}
		if s.turn != same {
			was, known := marks[s.was]
			if !known {
				was = -1
			}
			row = append(row, s.turn, was, findings.all(s.appeared))
		}
		index.Hosts = append(index.Hosts, row)
	}
	index.Reasons, index.Findings, index.Clouds, index.Groups = reasons.texts, findings.texts, clouds.texts, groups.texts
	return writeData(w, "index", index)
}

// groupsOf are the groups of a host, to which its site counts.
func groupsOf(h outcome.HostSummary) []string {
	if h.Site == "" || slices.Contains(h.Groups, h.Site) {
		return h.Groups
	}
	return append(slices.Clone(h.Groups), h.Site)
}

// list numbers texts; equal texts share a number.
type list struct {
	texts []string
	at    map[string]int
}

func newList() list { return list{texts: []string{}, at: map[string]int{}} }

func (l *list) of(text string) int {
	n, there := l.at[text]
	if !there {
		n = len(l.texts)
		l.at[text], l.texts = n, append(l.texts, report.Clean(text, false))
	}
	return n
}

func (l *list) all(texts []string) []int {
	numbers := make([]int, 0, len(texts))
	for _, text := range texts {
		numbers = append(numbers, l.of(text))
	}
	return numbers
}

// writeData writes a value as JSON that the browser does not run. The encoder escapes
// characters that could end the element.
func writeData(w io.Writer, id string, value any) error {
	document, err := json.Marshal(value)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "<script type=\"application/json\" id=\"%s\">%s</script>\n", id, document)
	return err
}

func texts[T ~string](names []T) []string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = string(n)
	}
	return list
}

func stages() []string {
	return []string{outcome.StageDiagnose, outcome.StageCapture, outcome.StageRecover, outcome.StageVerify}
}
