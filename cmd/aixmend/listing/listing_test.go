package listing

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"aixmend/controller/journal"
	"aixmend/controller/journal/captures"
	"aixmend/controller/outcome"
	"aixmend/transport/lab/golden"
)

var (
	noon    = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	options = Options{State: "aixmend-state", Playbook: "rmc-restore", Now: noon.In(time.FixedZone("", 3600))}
)

// sampleRuns are runs of each kind.
func sampleRuns() []run {
	ended := func(id, verb, book string, began time.Time, change func(r *run)) run {
		r := run{State: journal.StateEnded, Run: &outcome.Run{
			ID: id, Command: verb, Playbook: outcome.Playbook{Name: book}, Started: began, Finished: began.Add(72 * time.Second),
			By: outcome.By{User: "ops", Machine: "jump1"}, Counts: map[outcome.Outcome]int{outcome.Healthy: 3},
		}}
		change(&r)
		return r
	}
	none := func(*run) {}
	return []run{
		ended("20261122T103000.000Z-3f9ac2", "audit", "rmc-restore", noon.Add(-90*time.Minute), none),
		ended("20261121T013000.000Z-3f9ac1", "recover", "rsct-update", noon.Add(-35*time.Hour), func(r *run) {
			r.By = outcome.By{User: "root", SudoUser: "ana", Machine: "nim-master.example.org"}
			r.Limit, r.Ticket, r.ExitCode = "prod,!aixprd[01-07,12],@latest:failed", "CHG0012345", 3
			r.Counts = map[outcome.Outcome]int{outcome.NeedsAction: 18, outcome.Skipped: 1, outcome.Degraded: 2, outcome.Healthy: 3}
			r.Finished = r.Started.Add(2*time.Hour + 5*time.Minute)
		}),
		ended("20261120T013000.000Z-3f9ac0", "audit", "post-migration", noon.AddDate(-1, 0, 0), func(r *run) {
			r.By = outcome.By{User: "runner", Machine: "r1", Job: "https://github.com/acme/fleet/actions/runs/4711", JobUser: "ben"}
			r.Limit = "aixprd[01-20]"
		}),
		ended("20261119T234500.000Z-3f9aba", "plan", "rmc-restore", noon.Add(-70*time.Hour), func(r *run) { r.ForQuestion = true }),
		ended("20261119T233000.000Z-3f9ab9", "recover", "rmc-restore", noon.Add(-70*time.Hour), func(r *run) { r.Undoes = "20261119T013000.000Z-3f9abf" }),
		{State: journal.StateOpen, Run: &outcome.Run{ID: "20261119T013000.000Z-3f9abf", Command: "recover", ExitCode: -1}, standing: outcome.Stand([]string{"aix1", "aix2"}, nil)},
		{State: journal.StateCutOff, Run: &outcome.Run{ID: "20261118T013000.000Z-3f9abe", Command: "re\x1b[2Jcover", ExitCode: -1}},
	}
}

var widths = []int{0, 1, 40, 60, 80, 120, 200}

// A row is one line that fits, and holds the run's id whole: it is there to be pasted. The
// same holds for captures.
func TestListsFit(t *testing.T) {
	runs, kept := sampleRuns(), sampleCaptures()
	for _, width := range widths {
		for name, list := range map[string]struct {
			text string
			key  []string
		}{
			"runs":     {render(options.runColumns(runs), runOrder, width), []string{runs[0].ID, runs[1].ID, runs[2].ID, runs[3].ID, runs[4].ID, runs[5].ID, runs[6].ID}},
			"captures": {render(options.captureColumns(kept), captureOrder, width), []string{kept[0].Host + "  " + kept[0].ID, kept[1].Host + "  " + kept[1].ID}},
		} {
			golden.Check(t, fmt.Sprintf("testdata/%s-%d.golden", name, width), list.text)
			lines := strings.Split(strings.TrimSpace(list.text), "\n")
			if len(lines) != len(list.key)+1 || strings.Contains(list.text, "\x1b") {
				t.Errorf("%s, %d columns: %d lines:\n%s", name, width, len(lines), list.text)
				continue
			}
			for i, line := range lines {
				if got := ansi.StringWidth(line); width >= 40 && got > width {
					t.Errorf("%s, %d columns, there are %d: %q", name, width, got, line)
				}
				if i > 0 && !strings.HasPrefix(line, list.key[i-1]) {
					t.Errorf("%s, %d columns: %q does not begin with %s", name, width, line, list.key[i-1])
				}
				if strings.Count(line, "[") != strings.Count(line, "]") && !strings.Contains(line, "^[") {
					t.Errorf("%s, %d columns: a range is cut: %q", name, width, line)
				}
			}
		}
	}
}

// A column without a cell takes no room: the limit and the duration get it.
func TestRunsOfTheDefaultPlaybook(t *testing.T) {
	var runs []run
	for _, r := range sampleRuns() {
		if r.Playbook.Name == options.Playbook {
			r.Limit = "aixprd01"
			runs = append(runs, r)
		}
	}
	for _, width := range []int{80, 100} {
		text := render(options.runColumns(runs), runOrder, width)
		head, _, _ := strings.Cut(text, "\n")
		if !regexp.MustCompile(`rollback .*3f9abf `).MatchString(text) {
			t.Errorf("%d columns: a rollback does not name its run:\n%s", width, text)
		}
		if strings.Contains(head, "PLAYBOOK") || !strings.Contains(head, "TOOK") || !strings.Contains(head, "LIMIT") {
			t.Errorf("%d columns: %s", width, head)
		}
	}
}

// In a pipe each cell is there, so that a program finds the n-th: times in RFC 3339, and
// nothing depends on the zone.
func TestPipeIsStable(t *testing.T) {
	elsewhere := options
	elsewhere.Now = noon.In(time.FixedZone("", -7*3600)).AddDate(5, 0, 0)
	text := render(options.runColumns(sampleRuns()), runOrder, 0)
	if text != render(elsewhere.runColumns(sampleRuns()), runOrder, 0) {
		t.Error("a pipe depends on the time or the zone")
	}
	for _, line := range strings.Split(text, "\n")[1:4] {
		fields := regexp.MustCompile(`\s{2,}`).Split(line, -1)
		if _, err := time.Parse(time.RFC3339, fields[3]); err != nil || len(fields) != 10 {
			t.Errorf("%d fields, %v: %q", len(fields), err, line)
		}
	}
}

// The commands below a list are whole, and name the state folder where that is needed.
func TestUnfinishedRunsAreExplained(t *testing.T) {
	o := options
	o.State = "/var/lib/aixmend"
	text := o.unfinished(sampleRuns(), 60)
	for _, want := range []string{
		"20261119T013000.000Z-3f9abf: not finished: 0 of 2 ended\n", "\n    aixmend resume 20261119T013000.000Z-3f9abf --state /var/lib/aixmend\n",
		"\n    aixmend report 20261118T013000.000Z-3f9abe --state /var/lib/aixmend\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
}

func sampleCaptures() []captures.Kept {
	return []captures.Kept{
		{Host: "aixprd01", ID: "20261122T103000.000Z", Capture: &outcome.Capture{
			Purpose: outcome.PurposeCapture, Label: "before-the-migration-of-november", Created: noon.Add(-time.Hour), RunID: "20261122T103000.000Z-3f9ac2", Playbook: outcome.Playbook{Name: "checks-of-our-own-site"},
		}},
		{Host: "aixprd01", ID: "20261121T103000.000Z", Err: errors.New("files/etc/rc.tcpip has changed since it was written")},
	}
}

func TestLimitText(t *testing.T) {
	for limit, want := range map[string]string{
		"": "", "prod": "prod", "aixprd[01-20]": "aixprd~", "aix[1,2,3],!db[1,2]": "aix~ +1", "a,b,c,d,e,f,g": "a,b,c,d +3", "prod,!aix[1-2]": "prod +1",
	} {
		if got := limitText(limit, 10); got != want {
			t.Errorf("%q: %q, want %q", limit, got, want)
		}
	}
}

// A host that no run has is answered with names that begin so, where they are few, else with the
// nearest.
func TestNear(t *testing.T) {
	all := []string{"aixvm001", "aixvm010", "aixvm011", "aixvm012", "aixvm013", "db1", "db2"}
	for host, want := range map[string]string{"aixvm01": "aixvm001", "db": "db1, db2", "aixvm02": "aixvm012", "web": ""} {
		if got := near(host, all); got != want {
			t.Errorf("%s: %q, want %q", host, got, want)
		}
	}
}

func TestClipKeepsNumbers(t *testing.T) {
	for name, want := range map[string]string{"short": "short", "aixprd0123456": "aixprd~", "abcdefghijkl": "abcdefghi~", "12345678901": "1~", "CHG0012345678": "CHG~"} {
		if got := clip(name, 10); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
