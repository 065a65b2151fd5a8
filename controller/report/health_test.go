package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"aixmend/controller/outcome"
	"aixmend/transport/lab/golden"
)

// Each class has one word, and a line that says how it relates to the guest. No text of the
// cloud reaches the word, and none reaches a terminal as it is.
func TestHealth(t *testing.T) {
	for name, c := range map[string]struct {
		cloud       *outcome.Cloud
		word, class string
		text        string
	}{
		"not asked":  {},
		"both good":  {&outcome.Cloud{Health: "OK", Class: "both-good"}, "OK", "both-good", "OK, as in the guest"},
		"both bad":   {&outcome.Cloud{Health: "WARNING", Class: "both-bad"}, "WARNING", "both-bad", "WARNING, as in the guest"},
		"lags":       {&outcome.Cloud{Health: "WARNING", Class: "cloud-lags"}, "WARNING", "cloud-lags", "WARNING, the guest is connected: the cloud lags"},
		"guest bad":  {&outcome.Cloud{Health: "OK", Class: "guest-bad"}, "OK", "guest-bad", "OK, the guest is not connected, and counts"},
		"pending":    {&outcome.Cloud{Health: "WARNING", Class: "pending"}, "pending", "pending", "WARNING, changed within 30 minutes: the cloud follows after 20 minutes or more"},
		"no guest":   {&outcome.Cloud{Health: "OK", Class: "no-guest"}, "OK", "no-guest", "OK, there is no verdict in the guest to compare with"},
		"silence":    {&outcome.Cloud{Silence: "no\nroute\x1b[2J", Class: "unknown"}, "unknown", "unknown", "unknown: no^Jroute^[[2J"},
		"no health":  {&outcome.Cloud{Class: "unknown"}, "unknown", "unknown", "no health, unknown"},
		"another":    {&outcome.Cloud{Health: "ATT\u202EENTION", Class: "unknown"}, "unknown", "unknown", "ATT�ENTION, unknown"},
		"off":        {&outcome.Cloud{Status: "SHUTOFF", Health: "OK", Class: "unknown"}, "off", "unknown", "the VM is off (SHUTOFF), its health OK"},
		"off, alone": {&outcome.Cloud{Status: "SHUTOFF", Health: "OK", Class: "no-guest"}, "off", "no-guest", "the VM is off (SHUTOFF), its health OK"},
		"off, mute":  {&outcome.Cloud{Status: "SHUTOFF", Class: "unknown"}, "off", "unknown", "the VM is off (SHUTOFF), no health"},
		"silent off": {&outcome.Cloud{Status: "SHUTOFF", Silence: "no route", Class: "unknown"}, "unknown", "unknown", "unknown: no route"},
		"is built":   {&outcome.Cloud{Status: "BUI\x1bLD", Class: "unknown"}, "unknown", "unknown", "no health, unknown; the VM is BUI^[LD"},
		"no class":   {&outcome.Cloud{Health: "OK", Class: "fo\"rged"}, "unknown", "unknown", "OK, unknown"},
		"word wrong": {&outcome.Cloud{Health: "<b>", Class: "both-good"}, "unknown", "both-good", "<b>, as in the guest"},
	} {
		t.Run(name, func(t *testing.T) {
			if word, text := CloudWord(c.cloud), CloudText(c.cloud); word != c.word || text != c.text {
				t.Errorf("%q, %q", word, text)
			}
			if c.cloud != nil && CloudClass(*c.cloud) != c.class {
				t.Errorf("class %q", CloudClass(*c.cloud))
			}
		})
	}
}

// The words of hosts are counted, the worst first; one word for all hosts of a line needs no
// count.
func TestCloudCounts(t *testing.T) {
	off := &outcome.Cloud{Status: "SHUTOFF", Class: "unknown"}
	ok, bad, pending, silent := &outcome.Cloud{Health: "OK", Class: "both-good"}, &outcome.Cloud{Health: "WARNING", Class: "both-bad"}, &outcome.Cloud{Health: "WARNING", Class: "pending"}, &outcome.Cloud{Silence: "x", Class: "unknown"}
	for want, clouds := range map[[2]string][]*outcome.Cloud{
		{"", ""}:                 {nil, nil},
		{"2 OK", "OK"}:           {ok, ok},
		{"1 WARNING", "WARNING"}: {bad, nil},
		{"1 WARNING, 1 off, 2 pending, 1 unknown, 1 OK", "1 WARNING, 1 off, 2 pending, 1 unknown, 1 OK"}: {ok, pending, off, silent, bad, pending},
	} {
		var run outcome.Run
		for i, c := range clouds {
			run.Hosts = append(run.Hosts, outcome.HostSummary{Name: fmt.Sprint("a", i), Outcome: outcome.Healthy, Cloud: c})
		}
		if got := [2]string{CloudCounts(run), Folds(run.Hosts)[0].Cloud()}; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// shown is the fleet with the health of its VMs; nil for one that the cloud was not asked
// for.
func shown() outcome.Run {
	run := fleet()
	for i := range run.Hosts {
		h := &run.Hosts[i]
		switch {
		case h.Outcome == outcome.Healthy:
			h.Cloud = &outcome.Cloud{Health: "OK", Class: "both-good"}
		case h.Outcome == outcome.Recovered:
			h.Cloud = &outcome.Cloud{Health: "WARNING", Class: "pending"}
		case h.Name == "aix05", h.Name == "aix15":
			h.Cloud = &outcome.Cloud{Health: "\x1b[2J", Class: "unknown"}
		case h.Name == "aix06":
			h.Cloud = &outcome.Cloud{Health: "OK", Class: "guest-bad"}
		case h.Name != "aix21":
			h.Cloud = &outcome.Cloud{Health: "WARNING", Class: "both-bad"}
		}
	}
	return run
}

// A table shows the health only where the cloud was asked, at every width.
func TestTextShowsTheCloud(t *testing.T) {
	for _, width := range []int{0, 20, 40, 60, 80, 120, 200} {
		if got := Text(fleet(), TextOptions{Width: width}); strings.Contains(strings.ToLower(got), "cloud") {
			t.Errorf("%d: %s", width, got)
		}
		got := Text(shown(), TextOptions{Width: width})
		golden.Check(t, fmt.Sprintf("testdata/text-%d-cloud.golden", width), got)
		for line := range strings.Lines(got) {
			if n := ansi.StringWidth(strings.TrimRight(line, "\n")); width > 0 && n > width && strings.Contains(strings.TrimSpace(line), " ") {
				t.Errorf("%d: %d columns: %s", width, n, line)
			}
		}
	}
}
