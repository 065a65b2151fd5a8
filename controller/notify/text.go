package notify

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"aixmend/controller/outcome"
)

// maxText is how long a text may be, in characters: chats cut longer ones, or
// refuse them.
const maxText = 2900

// Text returns a notice as a chat message in Slack's markup. Text from a host stands in
// it as code: it can neither mention anybody nor be a link.
func Text(n Notice) string {
	var lines []string
	lines = append(lines, fmt.Sprintf("*aixmend %s* with %s ended with exit code %d: %s", escape(n.Kind), code(n.Playbook), n.ExitCode, code(n.ExitReason)), counted(n.Counts, n.CutOff))
	switch {
	case n.News == nil:
		lines = append(lines, "there is no earlier run to compare it with")
		lines = append(lines, foldLines(n.Folds)...)
	case n.News.Count == 0:
		lines = append(lines, fmt.Sprintf("nothing is new since %s", stamp(n.News.FromStarted)))
		lines = append(lines, foldLines(n.Folds)...)
	default:
		lines = append(lines, fmt.Sprintf("*new since %s*: %d", stamp(n.News.FromStarted), n.News.Count))
		lines = append(lines, newsLines(*n.News)...)
	}
	if n.Unfinished > 0 {
		lines = append(lines, fmt.Sprintf("not finished: %d of the hosts; to continue: aixmend resume %s", n.Unfinished, escape(n.RunID)))
	}
	end := fmt.Sprintf("run %s, its reports are in %s", escape(n.RunID), code(short(n.Reports, maxWords)))
	if n.overHub {
		end = fmt.Sprintf("run %s, its reports are at the hub", escape(n.RunID))
	}
	return fit(lines, end)
}

// fit joins as many lines as there is room for, and the last one.
func fit(lines []string, end string) string {
	room := maxText - utf8.RuneCountInString(end) - len("\n... and 99999 lines more\n")
	var b strings.Builder
	for i, line := range lines {
		room -= utf8.RuneCountInString(line) + 1
		if room < 0 {
			fmt.Fprintf(&b, "... and %d lines more\n", len(lines)-i)
			break
		}
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return b.String() + end
}

func counted(counts map[outcome.Outcome]int, cut int) string {
	total := 0
	var parts []string
	for _, o := range outcome.Outcomes() {
		total += counts[o]
		n := counts[o]
		if o == outcome.Failed {
			n -= cut
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, o))
		}
		if o == outcome.Failed && cut > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", cut, outcome.CutOff))
		}
	}
	hosts := "hosts"
	if total == 1 {
		hosts = "host"
	}
	return fmt.Sprintf("%d %s: %s", total, hosts, strings.Join(parts, ", "))
}

func foldLines(folds []Fold) []string {
	var lines []string
	for _, f := range folds {
		if f.Outcome == outcome.Healthy {
			continue
		}
		few := f.Hosts[:min(len(f.Hosts), 5)]
		line := fmt.Sprintf("• %d %s: %s", f.Count, escape(string(outcome.Host{Outcome: f.Outcome, Interrupted: f.Interrupted}.Shown())), escape(strings.Join(few, ", ")))
		if f.Count > len(few) {
			line += fmt.Sprintf(" and %d more", f.Count-len(few))
		}
		if f.What != "" {
			line += ": " + code(f.What)
		}
		lines = append(lines, line)
	}
	return lines
}

func newsLines(n News) []string {
	var lines []string
	for _, h := range n.Hosts {
		line := fmt.Sprintf("• %s: %s → %s", escape(h.Name), escape(orNone(h.From)), escape(orNone(h.To)))
		switch {
		case len(h.Appeared)+len(h.Gone)+len(h.Waived) > 0:
			line += ids(", new ", h.Appeared) + ids(", gone ", h.Gone) + ids(", waived ", h.Waived)
		case h.Reason != "":
			line += ": " + code(h.Reason)
		}
		if len(h.Facts) > 0 {
			line += fmt.Sprintf(", %s: %s → %s", code(h.Facts[0].Path), code(short(h.Facts[0].From, 60)), code(short(h.Facts[0].To, 60)))
		}
		if len(h.Facts) > 1 {
			line += fmt.Sprintf(" and %d more", len(h.Facts)-1)
		}
		lines = append(lines, line)
	}
	if more := n.Count - len(n.Hosts); more > 0 {
		lines = append(lines, fmt.Sprintf("• and %d more", more))
	}
	return lines
}

func ids(what string, list []string) string {
	if len(list) == 0 {
		return ""
	}
	return what + code(short(strings.Join(list, ", "), maxWords))
}

func orNone(o outcome.Outcome) string {
	if o == "" {
		return "not there"
	}
	return string(o)
}

func stamp(at time.Time) string { return at.UTC().Format("2006-01-02 15:04 UTC") }

// escaped are the characters with which Slack's links and mentions begin.
var escaped = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// escape is text of ours.
func escape(text string) string { return escaped.Replace(text) }

// code is text of others: as code, which it can't leave.
func code(text string) string {
	if text = strings.TrimSpace(strings.ReplaceAll(text, "`", "'")); text == "" {
		return "–"
	}
	return "`" + escaped.Replace(text) + "`"
}
