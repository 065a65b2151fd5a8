package story_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"aixmend/cmd/aixmend/story"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// remedies are reports of hosts whose every finding has one remedy; "" for no report.
type remedies string

func (r remedies) LoadHost(_, host string) (*outcome.Host, error) {
	if r == "" {
		return nil, errors.New("no report")
	}
	var h outcome.Host
	for _, id := range []string{"nic-missing", "wrong", "rmc-disconnected"} {
		h.Findings = append(h.Findings, outcome.Finding{ID: id, Remedy: string(r)})
	}
	return &h, nil
}

// host is a host of a run; open are its findings, by commas.
func host(name string, o outcome.Outcome, open, reason string) outcome.HostSummary {
	h := outcome.HostSummary{Name: name, Outcome: o, Reason: reason}
	if open != "" {
		h.Open = strings.Split(open, ",")
	}
	return h
}

// run is a run with the counts of its hosts.
func run(command string, hosts ...outcome.HostSummary) outcome.Run {
	r := outcome.Run{ID: "R", Command: command, Hosts: hosts, Counts: map[outcome.Outcome]int{}}
	for _, h := range hosts {
		r.Counts[h.Outcome]++
	}
	return r
}

// told is the whole story of runs.
func told(r remedies, width int, runs ...outcome.Run) string {
	t := story.Teller{Program: "./aixmend", State: "aixmend-state", Reports: r, Options: report.TextOptions{Width: width}}
	text := ""
	for _, run := range runs {
		text += t.Run(run)
	}
	return text + t.End()
}

// A story from its beginning to its end.
func TestStory(t *testing.T) {
	planned := host("aix2", outcome.NeedsAction, "wrong,rmc-disconnected", "wrong: it is")
	planned.Plan = []outcome.PlanStep{{Rung: "address", Step: "set", Command: "chdev", Undo: "chdev back"}, {Rung: "recycle", Step: "stop", BlockedBy: "cluster"}}
	got := told("set it; then wait", 0,
		run("audit", host("aix1", outcome.Healthy, "", ""), planned, host("aix3", outcome.NeedsAction, "wrong", "wrong: it is"),
			host("aix4", outcome.Degraded, "old", "old"), host("aix5", outcome.Skipped, "", "not AIX"), host("aix6", outcome.Unreachable, "", "timeout: none")),
		run("plan", planned),
		run("recover", host("aix1", outcome.Healthy, "", ""), host("aix2", outcome.Recovered, "", "fixed"), host("aix3", outcome.NeedsAction, "rmc-disconnected", "rung recycle is blocked: guard: a domain: --set x=y; and more"),
			host("aix4", outcome.NeedsAction, "nic-missing,rmc-disconnected", "nic-missing: there is none"), host("aix6", outcome.Unreachable, "", "timeout: none"), host("aix7", outcome.Failed, "rmc-disconnected", "verify did not hold")),
		run("audit", host("aix2", outcome.Healthy, "", "")))
	want := `Audit of 6 simulated hosts: 2 needs_action, 1 unreachable, 1 skipped, 1 degraded, 1 healthy
  wrong          aix[2-3]
  timeout: none  aix6
  old            aix4

Plan: 1 host to change, up to 1 step, 1 rung; 1 host needs you if these steps do not help: aix2.
  ~ address  1 host  aix2
  ! blocked  1 host  aix2
  ~ has an undo, + has none, ! is blocked; -v prints every command

Recover: 1 host healed and verified: aix2
Audit again: 1 host: 1 healthy

4 hosts need a person:
  aix7  rmc-disconnected: verify did not hold
  aix3  rmc-disconnected: guard: a domain
  aix4  nic-missing: set it
  aix6  timeout: none

Open in a browser:   aixmend-state/runs/R/report.html
Try every verb:      ./aixmend demo --serve
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// seen is a healthy host that the cloud shows in a class.
func seen(name, class string) outcome.HostSummary {
	h := host(name, outcome.Healthy, "", "")
	h.Cloud = &outcome.Cloud{Health: map[string]string{"both-good": "OK"}[class], Class: class}
	if h.Cloud.Health == "" {
		h.Cloud.Health = "WARNING"
	}
	return h
}

// Stories without a part.
func TestShortStories(t *testing.T) {
	for name, c := range map[string]struct {
		runs   []outcome.Run
		has    string
		hasNot string
	}{
		"all are healthy":   {[]outcome.Run{run("audit", host("a", outcome.Healthy, "", ""))}, "Audit of 1 simulated host: 1 healthy\n", "Open in"},
		"nothing to change": {[]outcome.Run{run("plan", host("a", outcome.Healthy, "", ""))}, "Plan: nothing to change; 1 healthy.\n", "is blocked"},
		"no host healed":    {[]outcome.Run{run("recover", host("a", outcome.NeedsAction, "x", "x: y"))}, "no host was healed\n\n1 host needs a person:\n  a  x\n", "Audit"},
		"nobody is needed":  {[]outcome.Run{run("recover", host("a", outcome.Recovered, "", "fixed"))}, "1 host healed and verified: a\n\nOpen in", "a person"},
		"cut off":           {nil, "", "Open in"},
		"with a cloud":      {[]outcome.Run{run("audit", seen("a", "both-good"), seen("b", "both-bad"))}, "2 healthy\nPower Virtual Server: 1 WARNING, 1 OK\n", "pending"},
		"the cloud follows": {[]outcome.Run{run("recover", host("a", outcome.Recovered, "", "fixed")), run("audit", seen("a", "pending"), seen("b", "both-good"))},
			"Power Virtual Server: 1 pending, 1 OK; pending: 20 minutes or more\n", "WARNING"},
	} {
		got := told("", 0, c.runs...)
		if !strings.Contains(got, c.has) || strings.Contains(got, c.hasNot) {
			t.Errorf("%s:\n%s", name, got)
		}
	}
}

// At any width a list of hosts stays whole, a command and a path are never broken, and
// nothing else is too long.
func TestWidths(t *testing.T) {
	var hosts []outcome.HostSummary
	for i := range 60 {
		hosts = append(hosts, host("aixvm"+string(rune('0'+i/10))+string(rune('0'+i%10)), []outcome.Outcome{outcome.NeedsAction, outcome.Recovered, outcome.Degraded}[i*7%3], "wrong", "wrong: it is"))
	}
	for width := 20; width <= 200; width++ {
		text := told("attach the adapter to the LPAR, then run it once more", width, run("audit", hosts...), run("plan", hosts...), run("recover", hosts...), run("audit", hosts...))
		for line := range strings.Lines(text) {
			line = strings.TrimRight(line, "\n")
			exact := strings.Contains(line, "report.html") || strings.Contains(line, "./aixmend ")
			if ansi.StringWidth(line) > width && !exact || strings.Count(line, "[") != strings.Count(line, "]") {
				t.Fatalf("%d columns: %q", width, line)
			}
		}
		if !strings.Contains(text, "./aixmend demo --serve\n") || !strings.Contains(text, "aixmend-state/runs/R/report.html\n") {
			t.Fatalf("%d columns:\n%s", width, text)
		}
	}
}

// Text of a host has no effect on the terminal.
func TestHostile(t *testing.T) {
	const bad = "\x1b[2J\u202ex\nrm"
	text := told(bad, 80, run("audit", host(bad, outcome.NeedsAction, bad, bad)), run("plan", host(bad, outcome.NeedsAction, bad, bad)),
		run("recover", host(bad, outcome.NeedsAction, "wrong", "wrong: "+bad), host("b"+bad, outcome.Recovered, "", bad)))
	if strings.ContainsAny(text, "\x1b\u202e") || strings.Contains(text, "\nrm") {
		t.Errorf("%q", text)
	}
}

// A fleet that stays up is reached by commands that name all they need. They ask its cloud
// where a file of variables can name it, and else none: never one whose key the user has.
func TestServes(t *testing.T) {
	const cd = "\n  cd '/the demo'\n"
	commands := `  ./aixmend audit -i 'of demo/i.yaml' --set settle=1500ms --set probe_timeout=3s --set wait=6s OFF--state 'of demo'
  ./aixmend plan -i 'of demo/i.yaml' --set settle=1500ms --set probe_timeout=3s --set wait=6s OFF--state 'of demo'
  ./aixmend capture -i 'of demo/i.yaml' --set settle=1500ms --set probe_timeout=3s --set wait=6s OFF--state 'of demo'
  ./aixmend recover -i 'of demo/i.yaml' --set settle=1500ms --set probe_timeout=3s --set wait=6s OFF--state 'of demo'
`
	head := "24 simulated AIX hosts listen on loopback until you press Ctrl-C. In another terminal:\n"
	for system, want := range map[string]string{
		"linux": head + cd + "  . '/of demo/cloud.sh'\n" + strings.ReplaceAll(commands, "OFF", "") +
			"\ncloud.sh sets IBMCLOUD_API_KEY, SSL_CERT_FILE and the endpoints of the simulated cloud in that terminal.\n",
		"windows": head + cd + strings.ReplaceAll(commands, "OFF", "--cloud off "),
	} {
		teller := story.Teller{Program: "./aixmend", State: "of demo", Folder: "/the demo", OS: system}
		if diff := cmp.Diff(want, teller.Serves(24, "of demo/i.yaml", "/of demo/cloud.sh")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", system, diff)
		}
		for width := 40; width <= 140; width++ { // a shell joins the lines again
			teller.Options.Width = width
			got := teller.Serves(24, "of demo/i.yaml", "/of demo/cloud.sh")
			joined := regexp.MustCompile(` \\\n +`).ReplaceAllString(got, " ")
			for command := range strings.Lines(want) {
				if strings.HasPrefix(command, "  ") && !strings.Contains(joined, "\n"+command) {
					t.Errorf("%s, %d columns: no %q in\n%s", system, width, command, got)
				}
			}
			for line := range strings.Lines(got) {
				if ansi.StringWidth(strings.TrimSuffix(line, "\n")) > width {
					t.Errorf("%s, %d columns: %q", system, width, line)
				}
			}
		}
	}
}
