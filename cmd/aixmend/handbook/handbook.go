// Package handbook prints the runbook for a terminal: one section, or the list of them.
package handbook

import (
	"regexp"
	"strings"
)

// Sources is the name of the section about the sources of rules.
const Sources = "sources"

// Section is the section of a finding.
type Section struct {
	// ID is the id of the finding, or Sources.
	ID string
	// Severity is critical, warning or info, with the milder one where there is one; ""
	// for Sources.
	Severity string
	// About is the first sentence.
	About string
	// Text is the section for a terminal, without the heading.
	Text string
}

// Title is the first line of a section: its id and severity.
func (s Section) Title() string {
	if s.Severity == "" {
		return s.ID
	}
	return s.ID + " (" + s.Severity + ")"
}

var (
	heading  = regexp.MustCompile(`(?m)^(##|###) (.+)$`)
	finding  = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)+$`)
	severity = regexp.MustCompile(`(?m)^- \*\*Rule\*\*: (critical|warning|info)`)
	link     = regexp.MustCompile(`\[([^\]]+)\]\(([^)]+)\)`)
	anchor   = regexp.MustCompile(`<a id="[^"]*"></a>`)
	emphasis = regexp.MustCompile(`(^|[ (])\*([A-Za-z ]+)\*`)
	sentence = regexp.MustCompile(`(?s)^.*?[.:](\s|$)`)
)

// Sections reads the sections of the runbook, in its order.
func Sections(runbook string) []Section {
	var list []Section
	heads := heading.FindAllStringSubmatchIndex(runbook, -1)
	for i, at := range heads {
		name := runbook[at[4]:at[5]]
		end := len(runbook)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		body := strings.TrimSpace(runbook[at[1]:end])
		switch level := runbook[at[2]:at[3]]; {
		case level == "###" && finding.MatchString(name):
			s := Section{ID: name, About: about(body), Text: plain(body)}
			if m := severity.FindStringSubmatch(body); m != nil {
				s.Severity = m[1]
			}
			list = append(list, s)
		case strings.EqualFold(name, Sources):
			list = append(list, Section{ID: Sources, About: about(body), Text: plain(body)})
		}
	}
	return list
}

// Names are the ids of sections.
func Names(sections []Section) []string {
	var ids []string
	for _, s := range sections {
		ids = append(ids, s.ID)
	}
	return ids
}

// Find returns the section of an id; false where there is none.
func Find(sections []Section, id string) (Section, bool) {
	for _, s := range sections {
		if s.ID == id {
			return s, true
		}
	}
	return Section{}, false
}

// about is the first sentence of a section, on one line.
func about(body string) string {
	first, _, _ := strings.Cut(body, "\n\n")
	first = strings.Join(strings.Fields(plain(first)), " ")
	if found := sentence.FindString(first); found != "" {
		first = found
	}
	return strings.TrimRight(first, ".: ")
}

// plain renders Markdown for a terminal: commands are indented by four, links are their text,
// and a paragraph is one line, for the terminal to break.
func plain(body string) string {
	var b strings.Builder
	fenced, open := false, false // open: a paragraph may go on
	end := func() {
		if open {
			b.WriteString("\n")
		}
		open = false
	}
	for line := range strings.Lines(body) {
		line = strings.TrimRight(line, "\n")
		switch text := strings.TrimLeft(line, " "); {
		case strings.HasPrefix(text, "```"):
			end()
			fenced = !fenced
		case fenced && line != "":
			b.WriteString("    " + line + "\n")
		case fenced, text == "":
			end()
			b.WriteString("\n")
		case strings.HasPrefix(line, "| ---"):
		case strings.HasPrefix(line, "| "):
			end()
			b.WriteString("  " + strings.ReplaceAll(prose(strings.Trim(line, "| ")), " | ", ": ") + "\n")
		case strings.HasPrefix(line, "    "): // a command in a list
			end()
			b.WriteString(line + "\n")
		case open && !strings.HasPrefix(text, "- ") && !strings.HasPrefix(text, "#"):
			b.WriteString(" " + prose(text))
		default:
			end()
			b.WriteString(prose(line))
			open = true
		}
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// Fitted is the text for a terminal: each line but the commands, which are pasted, is broken by fit.
func (s Section) Fitted(fit func(string) string) string {
	var b strings.Builder
	for line := range strings.Lines(s.Text) {
		switch {
		case strings.HasPrefix(line, "    "):
			b.WriteString(line)
		case strings.HasPrefix(line, " "), strings.HasPrefix(line, "- "):
			b.WriteString(fit(line))
		default: // a paragraph has no indent
			b.WriteString(strings.ReplaceAll(fit(line), "\n  ", "\n"))
		}
	}
	return b.String()
}

// prose renders a line that is no command.
func prose(line string) string {
	line = link.ReplaceAllStringFunc(line, func(found string) string {
		m := link.FindStringSubmatch(found)
		if strings.HasPrefix(m[2], "#") || m[1] == m[2] {
			return m[1]
		}
		target, _, _ := strings.Cut(m[2], "#")
		switch {
		case strings.Contains(target, "://"):
			return m[1] + " (" + target + ")"
		case target == m[1]:
			return "docs/" + m[1]
		}
		return m[1] + " (docs/" + target + ")"
	})
	line = anchor.ReplaceAllString(line, "")
	return emphasis.ReplaceAllString(strings.NewReplacer("**", "", "`", "", `\|`, "|").Replace(line), "$1$2")
}
