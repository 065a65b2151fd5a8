package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"mvdan.cc/sh/v3/syntax"

	"aixmend/controller/outcome"
	"aixmend/playbooks"
)

// Every command line that anybody could copy is one that the command takes: from the
// README, the docs, the examples (the units of a package are there, too). None is run.
func TestCommandLinesAreUnderstood(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, file := range copiedFrom(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range commandLines(file, string(text)) {
			checked++
			if err := understood(tree(t), found.words, found.mention); err != nil {
				t.Errorf("%s:%d: %s: %v", strings.TrimPrefix(file, "../../"), found.line, found.text, err)
			}
		}
	}
	if checked < 50 {
		t.Errorf("only %d command lines were found", checked)
	}
}

// copiedFrom are the files that people copy from.
func copiedFrom(t *testing.T) []string {
	t.Helper()
	files := []string{"../../README.md", "../../CONTRIBUTING.md"}
	for _, dir := range []string{"../../docs", "../../examples"} {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Type().IsRegular() && filepath.Ext(path) != ".go" && filepath.Ext(path) != ".json" {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// commandLine is a command as it stands in a file.
type commandLine struct {
	line  int
	text  string
	words []string // one that is only known when it runs is ""
	// mention tells that a text speaks of it: it may leave the arguments away.
	mention bool
}

var (
	// called is where the command is called in a line of code.
	called = regexp.MustCompile("(?:^|[\\s\"'`(=])(?:\\./|[^\\s\"'`(=]*/)?(aixmend [a-z\\[-].*)")
	// inComment is a line of a comment that is a command and nothing else.
	inComment = regexp.MustCompile(`^\s*#\s{2,}(aixmend [a-z].*)`)
	inline    = regexp.MustCompile("`(aixmend [a-z-][^`]*)`")
)

// commandLines are the calls of the command in a file. In Markdown those are in
// blocks of code and in backquotes, elsewhere on every line that is no comment.
func commandLines(file, text string) []commandLine {
	var found []commandLine
	add := func(at int, text string, mention bool) {
		for _, words := range callsIn(text) {
			found = append(found, commandLine{at + 1, text, words, mention})
		}
	}
	markdown := filepath.Ext(file) == ".md"
	block := false
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		at, line := i, lines[i]
		for strings.HasSuffix(line, "\\") && i+1 < len(lines) {
			i++
			line = strings.TrimSuffix(line, "\\") + " " + strings.TrimSpace(lines[i])
		}
		if fence := strings.HasPrefix(strings.TrimSpace(line), "```"); markdown && fence {
			block = !block
			continue
		}
		comment := strings.HasPrefix(strings.TrimSpace(line), "#")
		switch m := called.FindStringSubmatch(line); {
		case markdown && !block && !strings.HasPrefix(line, "    ") || comment:
			if m := inComment.FindStringSubmatch(line); m != nil && !markdown {
				add(at, m[1], false)
			}
			for _, m := range inline.FindAllStringSubmatch(line, -1) {
				add(at, m[1], true)
			}
		case m != nil:
			add(at, m[1], false)
		}
	}
	return found
}

// callsIn are the words of the calls in a line of shell, as usage lines write it, too.
func callsIn(text string) [][]string {
	return callsOf(strings.NewReplacer("[", "", "]", "", " ...", "", "...", "").Replace(text))
}

// callsOf are the calls of aixmend in a text without marks of usage.
func callsOf(text string) [][]string {
	var parsed *syntax.File
	for {
		var err error
		if parsed, err = syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), ""); err == nil {
			break
		}
		// What stood before the call, a quote or a bracket, ends behind it.
		at := strings.LastIndexAny(text, "\"'`)")
		if at < 0 {
			return [][]string{{"aixmend", err.Error()}}
		}
		text = text[:at]
	}
	var list [][]string
	syntax.Walk(parsed, func(node syntax.Node) bool {
		call, ok := node.(*syntax.CallExpr)
		if !ok || len(call.Args) == 0 || call.Args[0].Lit() != "aixmend" {
			return true
		}
		var words []string
		for _, w := range call.Args {
			if text := literal(w); text != "" || !allArguments(w) {
				words = append(words, text)
			}
		}
		list = append(list, words)
		return true
	})
	return list
}

// allArguments reports whether a word is "$@": no word, or many.
func allArguments(w *syntax.Word) bool {
	found := false
	syntax.Walk(w, func(node syntax.Node) bool {
		p, ok := node.(*syntax.ParamExp)
		found = found || ok && p.Param.Value == "@"
		return true
	})
	return found
}

// literal is a word without its quotes, "" when it is only known at run time.
func literal(w *syntax.Word) string {
	var b strings.Builder
	known := true
	syntax.Walk(w, func(node syntax.Node) bool {
		switch n := node.(type) {
		case *syntax.Lit:
			b.WriteString(n.Value)
		case *syntax.SglQuoted:
			b.WriteString(n.Value)
		case *syntax.ParamExp, *syntax.CmdSubst:
			known = false
		}
		return known
	})
	if !known && !strings.HasPrefix(b.String(), "-") {
		return ""
	}
	return b.String()
}

// understood returns the error of a call.
func understood(root *cobra.Command, words []string, mention bool) error {
	c, rest, err := root.Find(words[1:])
	if err != nil {
		return err
	}
	var args []string
	for i := 0; i < len(rest); i++ {
		word := rest[i]
		switch {
		case word == "--help" || word == "-h":
			return nil
		case len(word) < 2 || word[0] != '-':
			args = append(args, word)
			continue
		}
		name, value, has := strings.Cut(word, "=")
		f := flagOf(c, name)
		if f == nil {
			return fmt.Errorf("%s has no flag %s", c.CommandPath(), name)
		}
		if f.NoOptDefVal == "" && !has {
			if i++; i == len(rest) {
				return fmt.Errorf("%s wants a value", name)
			}
			value = rest[i]
		}
		if err := takes(f, value); err != nil {
			return err
		}
	}
	if c.HasSubCommands() && len(args) > 0 {
		return fmt.Errorf("%s has no verb %s", c.CommandPath(), args[0])
	}
	if mention && len(args) == 0 || c.Args == nil || strings.Contains(strings.Join(args, " "), "|") { // list|check
		return nil
	}
	if err := c.Args(c, args); err != nil {
		return err
	}
	return sensible(c)
}

// flagOf finds a flag by its name; of letters that stand together the first.
func flagOf(c *cobra.Command, name string) *pflag.Flag {
	if long, ok := strings.CutPrefix(name, "--"); ok {
		return c.Flag(long)
	}
	return c.Flags().ShorthandLookup(name[1:2])
}

var placeholder = regexp.MustCompile(`^[A-Z][A-Z_|%]*(=[A-Z]+)?$`)

// takes gives a flag a value that is known.
func takes(f *pflag.Flag, value string) error {
	if value == "" || placeholder.MatchString(value) {
		return nil
	}
	if err := f.Value.Set(value); err != nil {
		return fmt.Errorf("--%s %s: %w", f.Name, value, err)
	}
	return nil
}

// sensible checks what flags mean together: words, a playbook and its parameters.
func sensible(c *cobra.Command) error {
	values := func(name string) []string {
		f := c.Flag(name)
		if f == nil {
			return nil
		}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			return list.GetSlice()
		}
		return []string{f.Value.String()}
	}
	for _, word := range values("fail-on") {
		if !slices.Contains(outcome.Outcomes(), outcome.Outcome(word)) {
			return fmt.Errorf("--fail-on does not know %s", word)
		}
	}
	name := strings.Join(values("playbook"), "")
	if name == "" || strings.ContainsAny(name, "/.") {
		return nil
	}
	p, err := playbooks.Load(name)
	if err != nil {
		return err
	}
	for _, word := range values("allow") {
		if !p.Allows(word) {
			return fmt.Errorf("--allow does not know %s", word)
		}
	}
	_, err = p.Set(values("set"))
	return err
}

func TestUnderstoodIsNotAnything(t *testing.T) {
	for text, good := range map[string]bool{
		"aixmend audit -q -i a.yaml --state \"$HOME/a\" >/dev/null || exit": true,
		"aixmend audit --set baseline=x --playbook post-migration":          true,
		"aixmend playbook sudoers NAME --user LOGIN [--recover]":            true,
		"aixmend recover -l 'prod,!x' --undo \"$run\" --yes":                true,
		"aixmend adit":                          false,
		"aixmend audit --inventry a.yaml":       false,
		"aixmend audit -i":                      false,
		"aixmend audit -c many":                 false,
		"aixmend audit --set baseline=x":        false,
		"aixmend audit --playbook nosuch":       false,
		"aixmend recover --allow everything":    false,
		"aixmend explain latest aixvm004 x":     false,
		"aixmend inventory lst":                 false,
		"aixmend audit && aixmend recver --yes": false,
		"aixmend audit latest":                  false,
	} {
		found := commandLines("x.sh", text)
		if len(found) == 0 {
			t.Errorf("%s: not found", text)
		}
		var err error
		for _, f := range found {
			if err == nil {
				err = understood(tree(t), f.words, f.mention)
			}
		}
		if (err == nil) != good {
			t.Errorf("%s: %v", text, err)
		}
	}
}
