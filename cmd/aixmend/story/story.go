// Package story tells the runs of the demo on one page: the ill hosts with their causes, the
// plan, the healed hosts, and those that need a person, with the next step. The reports of
// the runs have everything else.
package story

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"aixmend/cmd/aixmend/guide"
	"aixmend/cmd/aixmend/simulated"
	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/folded"
	"aixmend/transport/shell"
)

// symptom is the finding that every lost connection has. It is no cause, so it is left out
// beside any other finding.
const symptom = "rmc-disconnected"

// Reports are the reports of runs.
type Reports interface {
	LoadHost(run, host string) (*outcome.Host, error)
}

// Teller tells the runs of a demo in their order. All text is safe for a terminal.
type Teller struct {
	// Program are the words that call this program.
	Program string
	// State is the state folder, and Reports are its reports.
	State   string
	Reports Reports
	// Folder is the working folder, in which the commands of Serves work.
	Folder string
	// OS is this system, as GOOS names it.
	OS      string
	Options report.TextOptions

	recovered *outcome.Run // the recovery, once it has been told
}

// Run tells one run.
func (t *Teller) Run(run outcome.Run) string {
	p := page{width: t.Options.Width}
	switch controller.Verb(run.Command) {
	case controller.Plan:
		return "\n" + folded.Rungs(run.Hosts, t.Options)
	case controller.Recover:
		t.recovered = &run
		p.WriteByte('\n')
		p.healed(run)
	case controller.Audit:
		if t.recovered != nil {
			p.head("Audit again: " + report.Counts(run))
			p.cloud(run)
			break
		}
		p.head(strings.Replace("Audit of "+report.Counts(run), " host", " simulated host", 1))
		p.cloud(run)
		p.ill(run)
	}
	return p.String()
}

// cloud tells the health of the VMs in the cloud, where it was asked for.
func (p *page) cloud(run outcome.Run) {
	counts := report.CloudCounts(run)
	if counts == "" {
		return
	}
	if strings.Contains(counts, "pending") {
		counts += "; pending: 20 minutes or more"
	}
	p.head(report.CloudName + ": " + counts)
}

// healed tells which hosts a recovery has healed.
func (p *page) healed(run outcome.Run) {
	var names []string
	for _, h := range run.Hosts {
		if h.Outcome == outcome.Recovered {
			names = append(names, h.Name)
		}
	}
	if len(names) == 0 {
		p.head("Recover: no host was healed")
		return
	}
	p.head(fmt.Sprintf("Recover: %s healed and verified: %s", report.Hosts(len(names)), report.Compact(names)))
}

// ill lists the ill hosts, a line for those with the same causes. Hosts
// that were not judged are only counted, by the line above.
func (p *page) ill(run outcome.Run) {
	var order []string
	hosts := map[string][]string{}
	for _, f := range report.Folds(run.Hosts) {
		if f.Outcome == outcome.Healthy || f.Outcome == outcome.Skipped {
			continue
		}
		of := causes(f)
		if hosts[of] == nil {
			order = append(order, of)
		}
		hosts[of] = append(hosts[of], f.Hosts...)
	}
	var rows [][2]string
	for _, of := range order {
		rows = append(rows, [2]string{of, report.Compact(hosts[of])})
	}
	p.table(rows)
}

// Left tells which hosts need a person after the recovery, with the next step for each
// kind; "" where none does.
func (t *Teller) Left() string {
	if t.recovered == nil {
		return ""
	}
	var rows [][2]string
	count := 0
	for _, f := range needing(*t.recovered) {
		count += len(f.Hosts)
		rows = append(rows, [2]string{report.Compact(f.Hosts), causes(f) + t.next(f)})
	}
	if count == 0 {
		return ""
	}
	verb := "need"
	if count == 1 {
		verb = "needs"
	}
	p := page{width: t.Options.Width}
	p.head(fmt.Sprintf("%s %s a person:", report.Hosts(count), verb))
	p.table(rows)
	return p.String()
}

// End ends the story: Left, where the whole of it can be read, and how to go on.
func (t *Teller) End() string {
	if t.recovered == nil || len(t.recovered.Hosts) == 0 {
		return ""
	}
	p := page{width: t.Options.Width}
	if left := t.Left(); left != "" {
		p.WriteString("\n" + left)
	}
	p.WriteByte('\n')
	p.exact("Open in a browser:", filepath.Join(t.State, "runs", t.recovered.ID, "report.html"))
	p.exact("Try every verb:", t.command("demo", "--serve")) // explain would name verbs, and this fleet is gone
	return p.String()
}

// Serves tells how to reach a fleet that stays up. variables is the file that makes a shell
// ask the cloud of the fleet, and no other; it works on Linux.
func (t *Teller) Serves(hosts int, inventory, variables string) string {
	p := page{width: t.Options.Width}
	p.head(strings.Replace(report.Hosts(hosts), "host", "simulated AIX host", 1) + " listen on loopback until you press Ctrl-C. In another terminal:")
	p.WriteByte('\n')
	p.command("cd " + shell.Quote(t.Folder))
	if t.OS == "linux" {
		p.command(". " + shell.Quote(variables))
	}
	for _, verb := range []controller.Verb{controller.Audit, controller.Plan, controller.Capture, controller.Recover} {
		words := []string{string(verb), "-i", inventory}
		for _, value := range simulated.Waits() { // also where it only reads: hints take them over
			words = append(words, "--set", value)
		}
		if t.OS != "linux" {
			words = append(words, "--cloud", "off")
		}
		p.command(t.command(words...))
	}
	if t.OS == "linux" {
		p.WriteByte('\n')
		p.head("cloud.sh sets IBMCLOUD_API_KEY, SSL_CERT_FILE and the endpoints of the simulated cloud in that terminal.")
	}
	return p.String()
}

// command is a command line to paste.
func (t *Teller) command(words ...string) string {
	return t.Program + " " + strings.Join(guide.Bare(outcome.Run{}, t.State).Quoted(words...), " ")
}

// needing are the folds of the hosts of a run that need a person.
func needing(run outcome.Run) []report.Fold {
	return slices.DeleteFunc(report.Folds(run.Hosts), func(f report.Fold) bool {
		return !slices.Contains(outcome.DefaultFailOn(), f.Outcome)
	})
}

// causes names the findings that made hosts ill.
func causes(f report.Fold) string {
	list := slices.DeleteFunc(slices.Clone(f.Findings), func(id string) bool { return id == symptom })
	switch {
	case len(list) > 0:
		return strings.Join(list, ", ")
	case len(f.Findings) > 0:
		return symptom
	}
	return f.What()
}

// next is the next step for hosts: the reason why a rung is blocked, else the remedy of the
// finding that they end with. Details behind a semicolon, and flags in examples, are for
// explain.
func (t *Teller) next(f report.Fold) string {
	text := f.Reason
	id, rest, _ := strings.Cut(f.Reason, ": ")
	switch {
	case len(f.Findings) == 0: // causes has the reason
		return ""
	case f.Differ:
		text = "reasons differ"
	case slices.Contains(f.Findings, id):
		text = t.remedy(f.Hosts[0], id)
	case strings.HasPrefix(id, "rung "):
		text = rest
	}
	if text == "" {
		return ""
	}
	brief, _, _ := strings.Cut(text, ";")
	brief, _, _ = strings.Cut(brief, ": --")
	return ": " + brief
}

// remedy is the remedy of a finding of a host, "" where it can't be read.
func (t *Teller) remedy(host, finding string) string {
	h, err := t.Reports.LoadHost(t.recovered.ID, host)
	if err != nil {
		return "" // explain says why
	}
	for _, f := range h.Findings {
		if f.ID == finding {
			return f.Remedy
		}
	}
	return ""
}
