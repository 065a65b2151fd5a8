package main

import (
	"io"
	"regexp"
	"strings"
	"testing"
)

var (
	shownCommand = regexp.MustCompile(`^\s*(?:\$ )?(aixmend .+)`)
	inlineCode   = regexp.MustCompile("`(aixmend [a-z-][^`]+)`")
	commandEnds  = regexp.MustCompile(`\s+#.*|[;|].*|\s\.\.\.|\s{2,}.*`)
)

// shownCommands are the commands of ours that a page shows: in lines of their own
// and in the text.
func shownCommands(p page) []string {
	var list []string
	add := func(command string) { list = append(list, commandEnds.ReplaceAllString(command, "")) }
	for _, line := range p.text {
		if strings.HasPrefix(line, "    ") {
			if m := shownCommand.FindStringSubmatch(line); m != nil {
				add(m[1])
				continue
			}
		}
	}
	for _, m := range inlineCode.FindAllStringSubmatch(strings.Join(p.text, "\n"), -1) {
		add(strings.Join(strings.Fields(m[1]), " "))
	}
	for _, b := range p.blocks {
		for line := range strings.SplitSeq(b.text, "\n") {
			if m := shownCommand.FindStringSubmatch(line); m != nil {
				add(m[1])
			}
		}
	}
	return list
}

// wrongCommand says what is wrong with a command that is shown: a verb or a flag
// that is not there; "": nothing. Values are not looked at: they stand for others.
func wrongCommand(command string) string {
	a := &app{streams: streams{in: strings.NewReader(""), out: io.Discard, err: io.Discard}}
	words := strings.Fields(strings.NewReplacer("'", "", `"`, "").Replace(command))[1:]
	c, rest, err := a.root().Find(words)
	if err != nil {
		return err.Error()
	}
	c.InitDefaultHelpFlag()
	if err := c.Flags().Parse(rest); err != nil && strings.Contains(err.Error(), "unknown") {
		return err.Error()
	}
	if c.HasSubCommands() && c.Flags().NArg() > 0 {
		return "there is no such verb"
	}
	return ""
}

// Each command that the documents show has verbs and flags that are there.
func TestDocCommands(t *testing.T) {
	seen := 0
	for _, name := range docPages(t) {
		for _, command := range shownCommands(readPage(t, name)) {
			seen++
			if wrong := wrongCommand(command); wrong != "" {
				t.Errorf("%s: %s: %s", name, command, wrong)
			}
		}
	}
	if seen < 50 {
		t.Errorf("%d commands are seen", seen)
	}
	for _, bad := range []string{"aixmend adit", "aixmend audit --nosuch", "aixmend playbook nosuch", "aixmend recover -l x -Z"} {
		if wrongCommand(bad) == "" {
			t.Errorf("%s passes", bad)
		}
	}
}
