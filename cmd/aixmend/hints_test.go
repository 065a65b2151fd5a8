package main

import (
	"fmt"
	"html"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/console"
)

// hintStart matches a command in a text for a person: it does not begin inside a word or
// a path.
var hintStart = regexp.MustCompile(`(?:^|[\s("'` + "`" + `>])aixmend ([a-z][a-z-]*)`)

// hintOpen matches a name in capitals that a person would have to fill in.
var hintOpen = regexp.MustCompile(`^(?:HOSTS?|RUN|FILE|FINDING|NAME|DIR|LOGIN|PORT|ADDRESS|PATH|ID|[a-z_]+=[A-Z]+)$`)

// openOnPurpose matches the hints whose name only the reader knows, and lines of usage.
var openOnPurpose = regexp.MustCompile(`^(?:plan .*--set upload=FOLDER|playbook show FILE|runbook FINDING|init HOST|[a-z ]+ (?:takes|needs) )`)

// notOurs begin sentences whose subject is aixmend: no command has these names.
var notOurs = []string{"has", "takes", "needs", "reads", "connects", "offers", "can", "for", "is", "wrote", "on", "may", "as", "does", "with", "before", "did", "could", "changes", "and", "that", "was", "under", "knows", "says", "itself", "since", "holds", "made", "would", "will", "ran", "in", "adds", "records", "stores", "rows", "development"}

// A hint is a command of ours in a text that people read.
type hint struct {
	text  string   // from the verb to the end of its line
	words []string // of the command, with the verb first; nil where it has a fault
	err   error    // its fault
}

// hintsIn returns the commands of ours in a text that people read: each must be one that the
// command takes, with nothing left open.
func hintsIn(text string) []hint {
	var list []hint
	for _, line := range strings.Split(strings.ReplaceAll(text, " \\\n", " "), "\n") {
		for {
			at := hintStart.FindStringSubmatchIndex(line)
			if at == nil {
				break
			}
			verb, rest := line[at[2]:at[3]], line[at[2]:]
			line = line[at[3]:]
			if containsWord(notOurs, verb) || len(rest) > len(verb) && strings.ContainsRune("/.:", rune(rest[len(verb)])) {
				continue
			}
			h := hint{text: rest}
			if h.words, h.err = readHint(rest); h.words != nil || h.err != nil {
				list = append(list, h)
			}
		}
	}
	return list
}

// wrongHints returns the faults of the hints in a text.
func wrongHints(text string) []string {
	var wrong []string
	for _, h := range hintsIn(text) {
		if h.err != nil {
			wrong = append(wrong, fmt.Sprintf("aixmend %.120s: %v", h.text, h.err))
		}
	}
	return wrong
}

func containsWord(list []string, word string) bool {
	for _, w := range list {
		if w == word {
			return true
		}
	}
	return false
}

// prose are the words with which a sentence goes on behind a command.
var prose = []string{"checks", "continues", "creates", "fetches", "lists", "makes", "names", "prints", "reads", "removes", "shows", "stores", "tries", "writes"}

// readHint returns the words of a text that begins with a verb, or its fault: the longest
// part of it that is a command counts, for prose may follow.
func readHint(text string) ([]string, error) {
	if end := strings.IndexAny(text, ";`<|"); end >= 0 {
		text = text[:end]
	}
	calls := callsOf("aixmend " + strings.NewReplacer("(", " ", ")", " ").Replace(strings.TrimRight(optional.ReplaceAllString(text, "$1"), " .,:)")))
	if len(calls) == 0 {
		return nil, nil
	}
	words := calls[0][1:]
	for i, w := range words {
		if i > 0 && (w == "takes" || w == "needs") { // a sentence about the verb
			return nil, nil
		}
		if i > 0 && containsWord(prose, w) {
			words = words[:i]
			break
		}
		if words[i] = strings.TrimRight(w, ",?"); words[i] != w { // the end of a clause
			words = words[:i+1]
			break
		}
	}
	var first error
	for n := len(words); n > 0; n-- {
		err := understood(hintTree(), append([]string{"aixmend"}, words[:n]...), true)
		if c, _, found := hintTree().Find(words[:n]); err == nil && found == nil && (c.Name() == "inventory" || c.Name() == "playbook") {
			err = fmt.Errorf("%s wants a verb", c.CommandPath())
		}
		if first == nil {
			first = err
		}
		if err != nil {
			continue
		}
		if n < len(words) && strings.HasPrefix(words[n], "-") {
			return nil, first
		}
		if w := leftOpen(words[:n]); w != "" && !openOnPurpose.MatchString(text) {
			return nil, fmt.Errorf("%s is left open", w)
		}
		return words[:n], nil
	}
	return nil, first
}

// optional matches an argument in a line of usage: [RUN], HOST...
var optional = regexp.MustCompile(`\[?\b([A-Z]+)(?:\]|\.\.\.)+`)

// leftOpen returns the first word that a person has to fill in, "" for none.
func leftOpen(words []string) string {
	for _, w := range words {
		if hintOpen.MatchString(w) {
			return w
		}
	}
	return ""
}

// hintTree is the tree of commands; each text sets flags in its own.
func hintTree() *cobra.Command {
	root := newRoot(&cli{Console: console.New(console.Streams{}, console.NewInterrupts(), os.Getenv)})
	root.InitDefaultHelpCmd()
	return root
}

// hintsSeen are the texts that were checked already: most are printed again and again.
var hintsSeen sync.Map

// checkHints fails where a text that people read names a command that can't be pasted.
func checkHints(fail func(format string, args ...any), from, text string) {
	if !strings.Contains(text, "aixmend ") {
		return
	}
	if _, seen := hintsSeen.LoadOrStore(runIDs.ReplaceAllString(text, "R"), true); seen {
		return
	}
	for _, w := range wrongHints(text) {
		fail("%s: a hint can't be pasted: %s", from, w)
	}
}

// runIDs matches the ids of runs.
var runIDs = regexp.MustCompile(`2[0-9]{7}T[0-9]{6}\.[0-9]{3}Z-[0-9a-f]{6}`)

// checkReports checks the hints in the reports below a folder.
func checkReports(fail func(format string, args ...any), dir string) {
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		name := filepath.Base(path)
		if err != nil || !entry.Type().IsRegular() || filepath.Ext(name) != ".md" && name != "run.json" && name != "report.html" && name != "case.txt" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		if name == "report.html" { // its script is no text for people
			page, _, _ := strings.Cut(string(text), "<script")
			text = []byte(html.UnescapeString(page))
		}
		checkHints(fail, path, string(text))
		return nil
	})
}

// The check of hints finds the faults of one.
func TestWrongHints(t *testing.T) {
	for text, good := range map[string]bool{
		"hint: aixmend runs lists all runs":                                true,
		"hint: aixmend runs --state 'my state' lists all runs":             true,
		"aixmend recover -l aix1 runs the steps above":                     true,
		"next: `aixmend explain R aix1`":                                   true,
		"make a new plan: aixmend plan --out FILE":                         false,
		"aixmend audit -i a.yaml \\\n      -l aix1":                        true,
		"aixmend-state and /opt/aixmend bin":                               true,
		"aixmend has for it":                                               true,
		"aixmend rusn lists all runs":                                      false,
		"aixmend recover -l HOST runs the steps":                           false,
		"aixmend recover --limt aix1":                                      false,
		"aixmend explain --allow node-id":                                  false,
		"aixmend audit -l aix1 --mend-warnings":                            false,
		"wait; aixmend inventory lst; then (aixmend runs lists open ones)": false,
	} {
		if got := wrongHints(text); (len(got) == 0) != good {
			t.Errorf("%q: %q", text, got)
		}
	}
}
