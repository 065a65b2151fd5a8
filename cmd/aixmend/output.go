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
	"aixmend/playbooks"
)

// print writes a run to stdout in the form that was asked for.
func (a *app) print(run *outcome.Run, verb controller.Verb) error {
	if a.flags.format == "json" {
		return a.printJSON(run)
	}
	if a.plugin {
		_, err := fmt.Fprint(a.out, report.Nagios(*run))
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
	text := report.Text(*run, report.TextOptions{Width: a.width(), Color: a.outColor()})
	if verb == controller.Capture {
		text += fmt.Sprintf("kept:    %s (capture.json, manifest.sha256)\n", filepath.Join(a.flags.state, "captures"))
	}
	text += guides(run)
	if run.Unfinished > 0 {
		text += fmt.Sprintf("cut off: %s of it\n", report.Hosts(run.Unfinished))
	}
	support := filepath.Join(a.flags.state, "runs", run.ID, "support")
	if _, err := os.Stat(support); err == nil {
		text += fmt.Sprintf("support: %s (the text of a case for each host, and its data)\n", support)
	}
	text += fmt.Sprintf("reports: %s\n", filepath.Join(a.flags.state, "runs", run.ID, "hosts"))
	if next := a.nextCommand(run, verb); next != "" && guides(run) == "" {
		text += fmt.Sprintf("next:    %s\n", next)
	}
	_, err := fmt.Fprint(a.out, text)
	return err
}

// guides names the hosts whose findings say to a person how to go on.
func guides(run *outcome.Run) string {
	hosts := map[string][]string{}
	for _, h := range run.Hosts {
		for _, id := range h.Guides {
			hosts[id] = append(hosts[id], h.Name)
		}
	}
	var b strings.Builder
	for _, id := range slices.Sorted(maps.Keys(hosts)) {
		fmt.Fprintf(&b, "%s: %s\n", id, report.Compact(hosts[id]))
	}
	if b.Len() > 0 {
		fmt.Fprintf(&b, "how to go on, command by command: aixmend explain %s HOST\n", run.ID)
	}
	return b.String()
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
		if h.Outcome != outcome.Healthy && h.Outcome != outcome.Recovered && h.Outcome != outcome.Degraded {
			trouble.Hosts = append(trouble.Hosts, h)
		}
	}
	// The counts stay those of the whole run.
	_, err := fmt.Fprint(a.out, report.Text(trouble, report.TextOptions{Width: a.width(), Color: a.outColor()}))
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

// nextCommand is what an operator would type now.
func (a *app) nextCommand(run *outcome.Run, verb controller.Verb) string {
	var sick []outcome.HostSummary
	planned := false
	for _, h := range run.Hosts {
		if h.Outcome != outcome.Healthy && h.Outcome != outcome.Recovered && h.Outcome != outcome.Degraded {
			sick = append(sick, h)
		}
		for _, s := range h.Plan {
			planned = planned || s.BlockedBy == ""
		}
	}
	switch {
	case run.Unfinished > 0:
		return a.stated("aixmend resume " + run.ID)
	case verb == controller.Plan && planned && a.flags.Out != "":
		return a.stated("aixmend recover --plan " + shellWord(a.flags.Out) + a.inventories())
	case verb == controller.Plan && planned:
		return a.command("recover")
	case len(sick) == 0:
		return ""
	case (verb == controller.Audit || verb == controller.Capture) && run.Counts[outcome.NeedsAction] > 0 && a.mends():
		return a.command("plan")
	}
	return a.stated("aixmend explain " + run.ID + " " + sick[0].Name)
}

// stated is a command with the state folder, where it is not the usual one.
func (a *app) stated(command string) string {
	if a.flags.state != "aixmend-state" {
		command += " --state " + shellWord(a.flags.state)
	}
	return command
}

// inventories are the inventory files as flags, where they are not the usual one.
func (a *app) inventories() string {
	var words string
	for _, file := range a.flags.Inventories {
		if file != "inventory.yaml" {
			words += " -i " + shellWord(file)
		}
	}
	return words
}

// mends tells whether the playbook has rungs that could mend anything.
func (a *app) mends() bool {
	p, err := playbooks.Load(a.flags.Playbook)
	return err == nil && slices.ContainsFunc(p.Rungs, func(r playbooks.Rung) bool { return !r.HandOver })
}

// command is the same selection with another verb.
func (a *app) command(verb string) string {
	words := []string{"aixmend", verb + a.inventories()}
	for _, pattern := range a.flags.Limit {
		words = append(words, "-l", shellWord(pattern))
	}
	if a.flags.state != "aixmend-state" {
		words = append(words, "--state", shellWord(a.flags.state))
	}
	for _, set := range a.flags.Set {
		words = append(words, "--set", shellWord(set))
	}
	if a.flags.Playbook != "rmc-restore" {
		words = append(words, "--playbook", shellWord(a.flags.Playbook))
	}
	for _, word := range a.flags.Allow {
		words = append(words, "--allow", word)
	}
	if a.flags.MendWarnings {
		words = append(words, "--mend-warnings")
	}
	if a.flags.Identity != "" {
		words = append(words, "--identity", shellWord(a.flags.Identity))
	}
	if a.flags.KnownHosts != "" {
		words = append(words, "--known-hosts", shellWord(a.flags.KnownHosts))
	}
	if a.flags.SSHConfig != "" {
		words = append(words, "--ssh-config", shellWord(a.flags.SSHConfig))
	}
	return strings.Join(words, " ")
}

// shellWord quotes a word where a shell would take it apart.
func shellWord(s string) string {
	if s != "" && !strings.ContainsAny(s, " \t\n'\"\\$`!*?[]{}()<>|&;#~") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// canMoveCursor tells whether a terminal knows more than lines.
func (a *app) canMoveCursor() bool { t := os.Getenv("TERM"); return t != "" && t != "dumb" }

func (a *app) errColor() bool {
	return a.errTerminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
func (a *app) outColor() bool {
	return a.outTerminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
