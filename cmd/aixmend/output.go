package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/formats"
)

// print writes a run to stdout in the form that was asked for.
func (a *app) print(run *outcome.Run, verb controller.Verb) error {
	if a.flags.format == "json" {
		return a.printJSON(run)
	}
	if a.plugin {
		_, err := fmt.Fprint(a.out, formats.Nagios(*run))
		return err
	}
	if a.flags.quiet {
		return a.printTrouble(run)
	}
	if verb == controller.Plan {
		for _, h := range run.Hosts {
			if len(h.Plan) > 0 {
				fmt.Fprintln(a.out, report.PlanText(h))
			}
		}
	}
	text := a.summary(*run, a.guide(*run, a.flags.fromHere()))
	if verb == controller.Capture {
		text += fmt.Sprintf("kept:    %s (capture.json, manifest.sha256)\n", filepath.Join(a.flags.state, "captures"))
	}
	support := filepath.Join(a.flags.state, "runs", run.ID, "support")
	if _, err := os.Stat(support); err == nil {
		text += fmt.Sprintf("support: %s (the text of a case for each host, and its data)\n", support)
	}
	folder := filepath.Join(a.flags.state, "runs", run.ID)
	text += fmt.Sprintf("page:    %s\nreports: %s\n", filepath.Join(folder, "report.html"), filepath.Join(folder, "hosts"))
	_, err := fmt.Fprint(a.out, text)
	return err
}

// summary is what report prints of a run, too: its hosts, folded, each fold with
// what to type next.
func (a *app) summary(run outcome.Run, g guide) string {
	text := report.Text(run, report.TextOptions{Width: a.width(), Color: a.outColor(), Next: g.next})
	guided := map[string][]string{}
	for _, h := range run.Hosts {
		for _, id := range h.Guides {
			guided[id] = append(guided[id], h.Name)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(guided)) { // explain says how to go on, command by command
		text += report.Clean(fmt.Sprintf("%s: %s", id, report.Compact(guided[id])), false) + "\n"
	}
	if run.Unfinished > 0 {
		text += fmt.Sprintf("cut off: %s of it; %s goes on\n", report.Hosts(run.Unfinished), strings.Join(g.resume(), " "))
	}
	return text
}

// printTrouble is the quiet form: nothing when there is no trouble, else the
// hosts that have it.
func (a *app) printTrouble(run *outcome.Run) error {
	if run.ExitCode == int(outcome.ExitOK) {
		return nil
	}
	trouble := *run
	trouble.Hosts = nil
	for _, h := range run.Hosts {
		if h.Outcome != outcome.Healthy && h.Outcome != outcome.Recovered && h.Outcome != outcome.OutcomeUndone && h.Outcome != outcome.Degraded {
			trouble.Hosts = append(trouble.Hosts, h)
		}
	}
	// The counts stay those of the whole run.
	_, err := fmt.Fprint(a.out, a.summary(trouble, a.guide(*run, a.flags.fromHere())))
	return err
}

func (a *app) printJSON(v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = a.out.Write(append(report.SafeJSON(text), '\n'))
	return err
}

// canMoveCursor tells whether a terminal knows more than lines.
func (a *app) canMoveCursor() bool { t := os.Getenv("TERM"); return t != "" && t != "dumb" }

func (a *app) errColor() bool {
	return a.errTerminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
func (a *app) outColor() bool {
	return a.outTerminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
