package html

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

var pages = flag.String("pages", "", "write pages into a `FOLDER`, for the tests in tools/browser")

// began is when the runs of these tests began.
var began = time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC)

// demoHosts are the documents of hosts of a demo's recover, as JSON.
func demoHosts(t testing.TB) []string {
	t.Helper()
	packed, err := os.ReadFile("testdata/demo.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	unpack, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(unpack)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// demoHost makes host number i of a fleet from a document of the demo: its own name,
// addresses, ids and times. Most are healthy, some took long, some fared worse than
// those of the demo.
func demoHost(t testing.TB, documents []string, i int) outcome.Host {
	t.Helper()
	text := documents[i%2] // healthy
	if i%4 == 3 {
		text = documents[(i/4)%len(documents)]
	}
	old := text[strings.Index(text, `"host":"`)+len(`"host":"`):]
	old = old[:strings.IndexByte(old, '"')]
	name := fmt.Sprintf("aixvm%05d", i+1)
	text = strings.NewReplacer(
		old, name, `"address":"127.0.0.1","outcome"`, fmt.Sprintf(`"address":"10.%d.%d.%d","outcome"`, i>>16, i>>8&255, i&255),
		"10.20.0.", fmt.Sprintf("10.%d.%d.", 20+i>>8, i&255), "fe00:", fmt.Sprintf("fe%02x:%02x", i>>8&255, i&255),
		"fa:16:3e:00", fmt.Sprintf("fa:16:%02x:%02x", i>>8&255, i&255), "fa:d4:43:00", fmt.Sprintf("fa:d4:%02x:%02x", i>>8&255, i&255),
		"6e0d6c4d", fmt.Sprintf("%08x", i*2654435761&0xffffffff), "00fa0001", fmt.Sprintf("%08x", i*40503),
	).Replace(text)
	var h outcome.Host
	if err := json.Unmarshal([]byte(text), &h); err != nil {
		t.Fatal(err)
	}
	switch i % 97 {
	case 13:
		h.Outcome, h.Reason = outcome.Failed, "stop-rmc: exit status 1"
	case 41:
		h.Outcome, h.Reason = outcome.Unknown, "lost: the link died while start-rmc ran"
	case 61:
		h = outcome.Host{Schema: h.Schema, RunID: h.RunID, Host: name, Address: h.Address, Outcome: outcome.Unreachable, Reason: "timeout: no answer within 15s", Started: h.Started}
	}
	if len(h.Stages) == 0 {
		return h
	}
	shift := began.Add(time.Duration(i) * 30 * time.Millisecond).Sub(h.Stages[0].Started) // hosts begin one after the other
	h.Started = h.Started.Add(shift)
	for n := range h.Stages {
		s := &h.Stages[n]
		s.Started, s.DurationMS = s.Started.Add(shift), s.DurationMS+int64(i%37)
		shift += time.Duration(i%37) * time.Millisecond
	}
	return h
}

// demoFleet is a run of so many hosts. Their documents are made one at a time.
func demoFleet(t testing.TB, n int) report.Evidence {
	t.Helper()
	documents := demoHosts(t)
	run := outcome.Run{
		Schema: outcome.RunSchema, ID: "20261122T103000.000Z-abcdef", Version: "v1.2.3", Command: "recover",
		// longer than a telephone is wide
		Ticket:    strings.Repeat("CHG", 60),
		Approvals: []outcome.Approval{{Principal: "ben", Key: "SHA256:2VksrH3wmwNsR3CXG5OoWtePVuyOsTYMdNuXNzfZ+Ps", Approved: began.Add(-time.Hour), Comment: "seen with the DBA"}},
		Playbook:  outcome.Playbook{Name: "rmc-restore", SHA256: strings.Repeat("ab", 32)},
		Started:   began, Finished: began.Add(time.Duration(n)*30*time.Millisecond + 20*time.Second), ExitCode: 3,
	}
	for i := range n {
		run.Hosts = append(run.Hosts, summaryOf(demoHost(t, documents, i)))
	}
	run.Counts = outcome.Count(run.Hosts)
	run.ExitReason = "hosts need a person"
	return report.Evidence{Run: run, Hosts: func(yield func(outcome.Host, error) bool) {
		for i := range n {
			if !yield(demoHost(t, documents, i), nil) {
				return
			}
		}
	}}
}

// summaryOf is the row of a host in its run.
func summaryOf(h outcome.Host) outcome.HostSummary {
	return outcome.HostSummary{
		Name: h.Host, Address: h.Address, Cloud: h.Cloud, Outcome: h.Outcome, Reason: h.Reason, Findings: outcome.FindingIDs(h.Findings),
		Open: outcome.OpenIDs(h.Findings), DurationMS: h.Duration, Report: "hosts/" + h.Host + ".json", Interrupted: h.Interrupted,
		Waived: waived(h.Findings),
	}
}

func waived(findings []outcome.Finding) []string {
	var ids []string
	for _, f := range findings {
		if f.Waived {
			ids = append(ids, f.ID)
		}
	}
	return ids
}

// pageOf is a run with these hosts.
func pageOf(run outcome.Run, hosts ...outcome.Host) report.Evidence {
	run.Hosts = nil
	for _, h := range hosts {
		run.Hosts = append(run.Hosts, summaryOf(h))
	}
	run.Counts = outcome.Count(run.Hosts)
	return report.Evidence{Run: run, Hosts: each(hosts)}
}

func each(hosts []outcome.Host) iter.Seq2[outcome.Host, error] {
	return func(yield func(outcome.Host, error) bool) {
		for _, h := range hosts {
			if !yield(h, nil) {
				return
			}
		}
	}
}

// withPast adds groups to the hosts of a fleet, the run before, next commands and the runbook. Each
// fourth of the ill hosts was healthy before; each 40th host is new.
func withPast(e report.Evidence) report.Evidence {
	groups := []string{"prod", "test", "db"}
	before := outcome.Run{ID: "20261121T103000.000Z-aaaaaa", Command: "audit", Started: began.Add(-24 * time.Hour)}
	ill := 0
	for i := range e.Run.Hosts {
		h := &e.Run.Hosts[i]
		if len(h.Open) > 0 {
			ill++
		}
		if h.Groups = groups[i%3 : i%3+1]; i%9 == 0 {
			h.Groups = []string{"prod", "edge"}
		}
		then := outcome.HostSummary{Name: h.Name, Outcome: h.Outcome, Open: h.Open}
		switch {
		case i%40 == 39:
			continue
		case len(h.Open) > 0 && ill%4 == 1:
			then.Outcome, then.Open = outcome.Healthy, nil
		}
		before.Hosts = append(before.Hosts, then)
	}
	e = guided(e)
	e.Before = report.NewBefore(&before, false)
	e.Runbook = func(finding string) string {
		return "About " + finding + ".\n\n- Check\n\n    lssrc -s ctrmc\n\n- See other.\n"
	}
	return e
}

// TestPages writes the pages that a browser is tried on.
func TestPages(t *testing.T) {
	if *pages == "" {
		t.Skip("no -pages")
	}
	bare := demoFleet(t, 3)
	for i, h := range bare.Run.Hosts { // their documents say no more than their rows
		bare.Run.Hosts[i] = outcome.HostSummary{Name: h.Name, Outcome: outcome.Skipped, Reason: "interrupted before its turn"}
	}
	bare.Hosts = func(yield func(outcome.Host, error) bool) {
		for _, h := range bare.Run.Hosts {
			if !yield(outcome.Host{Host: h.Name, Outcome: h.Outcome, Reason: h.Reason}, nil) {
				return
			}
		}
	}
	demo := withPast(demoFleet(t, 24))
	for i := range demo.Run.Hosts {
		demo.Run.Hosts[i].Groups = nil
	}
	for name, e := range map[string]report.Evidence{
		"demo": demo, "300": withPast(demoFleet(t, 300)), "10000": withPast(demoFleet(t, 10000)),
		"hostile": hostileEvidence(), "empty": {Run: outcome.Run{Command: "audit"}, Hosts: each(nil)}, "bare": bare,
	} {
		file, err := os.Create(filepath.Join(*pages, name+".html"))
		if err != nil {
			t.Fatal(err)
		}
		if err := Write(file, e); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
