package html

import (
	"strings"

	"aixmend/controller/report"
)

// passage is a part of a section of the runbook: a paragraph, an item of a list, or commands.
type passage struct {
	Item, Commands bool
	Text           string
}

// passages reads a section as handbook.Section.Text has it: commands are indented by four, an item
// begins with a dash.
func passages(section string) []passage {
	var list []passage
	for line := range strings.Lines(section) {
		line = report.Clean(strings.TrimRight(line, "\n"), false)
		last := len(list) - 1
		switch {
		case strings.HasPrefix(line, "    "):
			if last >= 0 && list[last].Commands {
				list[last].Text += "\n" + line[4:]
				continue
			}
			list = append(list, passage{Commands: true, Text: line[4:]})
		case strings.TrimSpace(line) == "":
		case strings.HasPrefix(line, "- "):
			list = append(list, passage{Item: true, Text: line[2:]})
		default:
			list = append(list, passage{Text: strings.TrimSpace(line)})
		}
	}
	return list
}
