//go:build !aix

package live

import (
	"fmt"
	"image/color"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

const (
	// maxName is the room for a host's name, in columns.
	maxName = 32
	// barWidth is the width of the bar, in columns.
	barWidth = 20
)

// frame draws a board into a window of width columns and height rows. It leaves one row
// free if it can, so that the lines above the frame stay visible.
func frame(s shown, width, height int, colored bool) string {
	if width < 1 || height < 1 {
		return ""
	}
	room := max(height-1, 1)
	lines := []string{headline(s, width)}
	if counts := countsLine(s, colored); counts != "" {
		lines = append(lines, counts)
	}
	idle := idleLine(s)
	// Running hosts and failures share the room left.
	left := room - len(lines)
	if idle != "" && left > 2 {
		left--
	} else {
		idle = ""
	}
	failed := min(len(s.failures), max(left/3, 1))
	lines = append(lines, activeLines(s, min(left-failed, maxActive))...)
	if idle != "" {
		lines = append(lines, idle)
	}
	for _, f := range s.failures[:failed] {
		lines = append(lines, fmt.Sprintf("%s  %s: %s", paint(f.outcome, colored), report.Clean(f.host, false), report.Clean(f.reason, false)))
	}
	lines = lines[:min(len(lines), room)]
	for i, line := range lines {
		lines[i] = ansi.Truncate(line, width, "~")
	}
	return strings.Join(lines, "\n")
}

// headline is the line that is shown even in a window of one row.
func headline(s shown, width int) string {
	line := fmt.Sprintf("%d of %s ended", s.ended, report.Hosts(s.hosts))
	if s.wave != "" {
		line += ", " + s.wave
	}
	barred := bar(s.ended, s.hosts) + " " + line
	fits := []string{fmt.Sprintf("%s %s, %s", s.kind, barred, short(s.taken)), barred, line}
	if left := leftText(s.left); left != "" {
		fits = append([]string{fits[0] + ", " + left, barred + ", " + left, line + ", " + left}, fits...)
	}
	for _, fit := range fits {
		if ansi.StringWidth(fit) <= width {
			return fit
		}
	}
	return fmt.Sprintf("%d/%d %s", s.ended, s.hosts, s.kind)
}

// bar renders the progress of a run.
func bar(done, of int) string {
	full := barWidth
	if of > 0 {
		full = min(max(done*barWidth/of, 0), barWidth)
	}
	return "[" + strings.Repeat("#", full) + strings.Repeat("-", barWidth-full) + "]"
}

// countsLine renders the number of hosts by outcome, the worst first.
func countsLine(s shown, colored bool) string {
	var parts []string
	for _, o := range outcome.ShownOutcomes() {
		if n := s.counts[o]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, paint(o, colored)))
		}
	}
	return strings.Join(parts, ", ")
}

// activeLines name the hosts in progress, as many as there is room for.
func activeLines(s shown, room int) []string {
	if room < 1 || len(s.active) == 0 {
		return nil
	}
	list, more := s.active, s.working-len(s.active)
	switch {
	case room == 1:
		list, more = list[:1], 0
	case s.working > room:
		list, more = list[:room-1], s.working-room+1
	}
	wide := 0
	for _, r := range list {
		wide = max(wide, min(ansi.StringWidth(report.Clean(r.host, false)), maxName))
	}
	var lines []string
	for _, r := range list {
		host := ansi.Truncate(report.Clean(r.host, false), maxName, "~")
		host += strings.Repeat(" ", max(wide-ansi.StringWidth(host), 0))
		line := fmt.Sprintf("  %s  %-10s  %s", host, r.state, r.taken(s.now))
		if r.file != "" {
			line += "  " + report.Clean(r.file, false)
		}
		lines = append(lines, line)
	}
	if more > 0 {
		lines = append(lines, fmt.Sprintf("  and %d more in progress", more))
	}
	return lines
}

// idleLine renders the hosts that wait; "" if there are none.
func idleLine(s shown) string {
	if len(s.idle) == 0 {
		return ""
	}
	var parts []string
	for _, state := range []controller.State{controller.Settling, controller.Waiting, controller.Gathering} {
		if n := s.idle[state]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, about(state)))
		}
	}
	line := "  " + strings.Join(parts, ", ")
	if s.longest.host == "" { // those that wait for others have no work of their own
		return line
	}
	return fmt.Sprintf("%s; longest: %s %s", line, report.Clean(s.longest.host, false), s.longest.taken(s.now))
}

// paint gives an outcome its colour; the word alone says the same.
func paint(o outcome.Outcome, colored bool) string {
	if !colored {
		return string(o)
	}
	var c color.Color = lipgloss.Green
	switch o {
	case outcome.NeedsAction, outcome.Failed, outcome.Unknown:
		c = lipgloss.Red
	case outcome.Degraded:
		c = lipgloss.Yellow
	case outcome.Unreachable, outcome.Skipped:
		c = lipgloss.Magenta
	}
	return lipgloss.NewStyle().Foreground(c).Render(string(o))
}
