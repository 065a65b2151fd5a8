// Package manual generates the man pages from the commands.
package manual

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/help"
	"aixmend/controller/journal/durable"
	"aixmend/controller/outcome"
)

// Imprint stands at the foot of each page.
type Imprint struct {
	Version string
	// Date is a day, 2026-01-31.
	Date string
}

// Write writes a page into a folder for a command and for each verb below it.
func Write(c *cobra.Command, dir string, i Imprint) error {
	page := roff{}
	page.head(c, i)
	name := pageOf(c)
	if err := durable.WriteReport(filepath.Join(dir, name+".1"), false, durable.Bytes([]byte(page.of(c)))); err != nil {
		return fmt.Errorf("man page %s: %w", name, err)
	}
	for _, sub := range Verbs(c) {
		if err := Write(sub, dir, i); err != nil {
			return err
		}
	}
	return nil
}

// pageOf returns the name of the page of a command.
func pageOf(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// roff builds one man page.
type roff struct{ strings.Builder }

func (r *roff) printf(format string, args ...any) { r.WriteString(fmt.Sprintf(format, args...)) }

// of writes the body of the page of a command and returns the page.
func (r *roff) of(c *cobra.Command) string {
	r.section("DESCRIPTION")
	r.text(described(c))
	r.verbs(c)
	r.options(c)
	r.examples(c)
	r.section("EXIT STATUS")
	if c.HasParent() {
		r.text("The exit codes are listed in aixmend(1).")
	} else {
		r.text("Where several apply, the first one in this list wins: the order is by gravity.")
		for _, m := range outcome.Codes() {
			r.item(fmt.Sprint(m.Code), m.Means)
		}
		r.section("ENVIRONMENT")
		for _, v := range Variables() {
			r.item(v.Name, v.Means)
		}
		r.section("FILES")
		for _, f := range Files() {
			r.item(f.Name, f.Means)
		}
	}
	r.seeAlso(c)
	return r.String()
}

func (r *roff) head(c *cobra.Command, i Imprint) {
	name := pageOf(c)
	r.printf(".\\\" Written by aixmend man from the commands themselves.\n.TH %s 1 \"%s\" \"aixmend %s\" \"aixmend\"\n",
		escape(strings.ToUpper(name)), i.Date, escape(i.Version))
	// No hyphenation, ragged right: commands stay as they are typed.
	r.WriteString(".nh\n.ad l\n")
	r.section("NAME")
	r.printf("%s \\- %s\n", escape(name), escape(c.Short))
	r.section("SYNOPSIS")
	for i, line := range synopsis(c) {
		if i > 0 {
			r.WriteString(".br\n")
		}
		r.printf(".B %s\n%s\n", escape(c.CommandPath()), escape(line))
	}
}

// synopsis returns the forms of a command, without its name.
func synopsis(c *cobra.Command) []string {
	if c.Name() == "completion" {
		return []string{"bash|zsh|fish|powershell [flags]"}
	}
	var lines []string
	if !c.HasSubCommands() || c.HasAvailableLocalFlags() && c.HasParent() {
		_, args, _ := strings.Cut(c.Use, " ")
		lines = append(lines, strings.TrimSpace(args+" [flags]"))
	}
	if c.HasSubCommands() {
		lines = append(lines, "VERB [flags]")
	}
	return lines
}

func (r *roff) verbs(c *cobra.Command) {
	if len(Verbs(c)) == 0 {
		return
	}
	r.section("VERBS")
	for _, sub := range Verbs(c) {
		r.item(strings.TrimPrefix(sub.CommandPath(), c.Root().Name()+" "), fmt.Sprintf("%s. See %s(1).", sub.Short, pageOf(sub)))
	}
}

func (r *roff) options(c *cobra.Command) {
	options := help.Options(c)
	if len(options) == 0 {
		return
	}
	r.section("OPTIONS")
	for _, o := range options {
		r.item(o.Name(), o.Means())
	}
}

// examples writes the examples of a verb, as they are typed.
func (r *roff) examples(c *cobra.Command) {
	if c.Example != "" {
		r.section("EXAMPLES")
		r.text(c.Example)
	}
}

func (r *roff) seeAlso(c *cobra.Command) {
	var pages []string
	if c.HasParent() {
		pages = append(pages, pageOf(c.Parent())+"(1)")
	}
	for _, sub := range Verbs(c) {
		pages = append(pages, pageOf(sub)+"(1)")
	}
	r.section("SEE ALSO")
	r.text(strings.Join(pages, ", "))
}

func (r *roff) section(name string) { r.printf(".SH %s\n", name) }

// item writes a term and its indented explanation.
func (r *roff) item(term, means string) {
	r.printf(".TP\n.B %s\n%s\n", escape(term), escape(means))
}

// text writes paragraphs; indented ones stay as they are.
func (r *roff) text(text string) {
	for i, paragraph := range strings.Split(text, "\n\n") {
		if i > 0 {
			r.WriteString(".PP\n")
		}
		if strings.HasPrefix(paragraph, " ") || strings.HasPrefix(paragraph, "\t") {
			r.printf(".nf\n%s\n.fi\n", escape(paragraph))
		} else {
			r.WriteString(escape(paragraph) + "\n")
		}
	}
}

// escape escapes text so that no line is a roff request.
func escape(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "\t", "    ").Replace(text)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
