package report

import (
	"strings"
	"testing"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"aixmend/controller/drift"
	"aixmend/controller/outcome"
	"aixmend/controller/report/samples"
	"aixmend/transport/lab/golden"
)

// aDrift has every kind of news.
func aDrift() drift.Drift {
	then := time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC)
	now := then.AddDate(0, 0, 1)
	lost := func(host, address string) drift.Host {
		return drift.Host{Name: host, From: outcome.Healthy, To: outcome.NeedsAction, Reason: "rmc-address-missing: it", Since: now,
			Appeared: []string{"rmc-address-missing", "rmc-disconnected"},
			Facts: []drift.Fact{
				{Path: "ifconfig.interfaces[en1].ipv6", From: []any{address}, To: []any{}, Since: now},
				{Path: "rmc_address.state", From: "right", To: "missing", Since: now},
			}}
	}
	mtu := func(host string) drift.Host {
		return drift.Host{Name: host, From: outcome.Healthy, To: outcome.Healthy, Facts: []drift.Fact{
			{Path: "lsattr.list[en0].mtu", From: "1500", To: "9000", Since: then.Add(12 * time.Hour)},
			{Path: "lsattr.list[en0].alias4", From: []any{"10.0.0.1,255.0.0.0", "10.0.0.2,255.0.0.0"}, To: []any{"10.0.0.2,255.0.0.0", "10.0.0.3,255.0.0.0"}, Since: now},
			{Path: "lspv.list[hdisk3]", From: nil, To: map[string]any{"name": "hdisk3", "pvid": strings.Repeat("0", 100)}, Since: now},
			{Path: "lspv.list[hdisk4]", From: map[string]any{"name": "hdisk4"}, To: nil, Since: now},
			{Path: "hostname.text", From: "", To: host[:3], Since: now},
			{Path: "cluster.leftover_rows", From: 0.0, To: 2.0, Since: now},
		}}
	}
	return drift.Drift{Schema: drift.Schema, From: "20261121T020000.000Z-aaaaaa", To: "20261122T020000.000Z-bbbbbb", FromStarted: then, ToStarted: now,
		Hosts: []drift.Host{
			{Name: "db1", From: outcome.Healthy, To: outcome.Unreachable, Reason: "timeout: no answer", Since: then.Add(time.Hour)},
			{Name: "db2", From: outcome.Healthy, To: outcome.Unreachable, Reason: "timeout: no answer in 15s", Since: then.Add(time.Hour)},
			lost("prd01", "fe80::1/64"), lost("prd02", "fe80::2/64"),
			mtu("web1"), mtu("web2"),
			{Name: "w1", From: outcome.NeedsAction, To: outcome.Degraded, Since: now, Gone: []string{"rmc-disconnected"}, Waived: []string{"clock-skew"}},
			{Name: "new1", To: outcome.NeedsAction, Since: now, Appeared: []string{"rsct-missing"}},
			{Name: "old1", From: outcome.Healthy},
		}, Same: 490, Once: []string{"tst1", "tst2"}, NotJudged: []string{"far1"}}
}

func TestDriftText(t *testing.T) {
	for name, o := range map[string]TextOptions{"drift.golden": {}, "drift-narrow.golden": {Width: 60}} {
		got := DriftText(aDrift(), "", o)
		golden.Check(t, "testdata/"+name, got)
		for line := range strings.Lines(got) {
			if o.Width > 0 && text.StringWidth(strings.TrimRight(line, "\n")) > o.Width && strings.Contains(strings.TrimSpace(line), " ") && !strings.HasPrefix(line, "run ") {
				t.Errorf("more than %d columns: %q", o.Width, line)
			}
		}
	}
	golden.Check(t, "testdata/news.golden", News(aDrift(), outcome.Run{Hosts: make([]outcome.HostSummary, 500)}, TextOptions{}))
	if got := DriftText(drift.Drift{Same: 3}, "", TextOptions{}); !strings.Contains(got, "\nunchanged: 3 hosts\n") {
		t.Errorf("%q", got)
	}
	if got := DriftText(aDrift(), "", TextOptions{Color: true}); !strings.Contains(got, "\x1b[31mneeds_action") {
		t.Errorf("no colour: %q", got)
	}
}

// What hosts say does not reach the terminal, nor does it make lines of its own.
func TestDriftTextOfHostileHosts(t *testing.T) {
	for _, s := range append(samples.HostileTexts(), "x\nprd99: healthy -> failed") {
		h := drift.Host{Name: s, From: outcome.Healthy, To: outcome.Failed, Reason: s, Appeared: []string{s}, Gone: []string{s}, Waived: []string{s},
			Facts: []drift.Fact{{Path: s, From: s, To: s + "x"}, {Path: s, From: []any{s}, To: []any{}}, {Path: s, To: map[string]any{s: s}}}}
		d := drift.Drift{From: s, To: s, Hosts: []drift.Host{h}, Once: []string{s}, NotJudged: []string{s}}
		for _, got := range []string{DriftText(d, "", TextOptions{}), News(d, outcome.Run{}, TextOptions{})} {
			if Clean(got, true) != got || strings.Contains(got, "\nprd99") {
				t.Errorf("%.40q gets through: %q", s, got[:min(len(got), 400)])
			}
		}
	}
}
