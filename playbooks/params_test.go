package playbooks

import (
	"aixmend/transport/lab/golden"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSet(t *testing.T) {
	p, _ := restore(t)
	defaults := Params{
		"images": "", "upload": "",
		"wait": 15 * time.Minute, "settle": time.Minute, "new_node_id": "", "undo_after": 4 * time.Minute, "probe_timeout": 30 * time.Second,
		"look_timeout": 225 * time.Second, // of lsrpdomain, and six times probe_timeout
		"rsct_minimum": "3.2.1.0", "rsct_recommended": "3.2.6.2",
	}
	with := func(key string, value any) Params {
		changed := Params{}
		for k, v := range defaults {
			changed[k] = v
		}
		changed[key] = value
		return changed
	}
	for _, c := range []struct {
		set  []string
		want Params
		err  string
	}{
		{nil, defaults, ""},
		{[]string{"wait=20m"}, with("wait", 20*time.Minute), ""},
		{[]string{"wait=20m", "wait=25m"}, with("wait", 25*time.Minute), ""},
		{[]string{"settle=0s"}, with("settle", time.Duration(0)), ""},
		{[]string{"rsct_minimum=3.2.2"}, with("rsct_minimum", "3.2.2"), ""},
		{[]string{"wait"}, nil, "--set wait: wanted KEY=VALUE"},
		{[]string{"wiat=20m"}, nil, `--set wiat=20m: playbook rmc-restore has no parameter "wiat"; did you mean "wait"?`},
		{[]string{"colour=red"}, nil, `--set colour=red: playbook rmc-restore has no parameter "colour"; it has: images, look_timeout, new_node_id, probe_timeout, rsct_minimum, rsct_recommended, settle, undo_after, upload, wait`},
		{[]string{"wait=20"}, nil, `--set wait=20: "20" is not a duration such as 30s or 15m`},
		{[]string{"wait=-1s"}, nil, `--set wait=-1s: "-1s" is not a duration such as 30s or 15m`},
		{[]string{"wait="}, nil, `--set wait=: "" is not a duration such as 30s or 15m`},
		{[]string{"wait=8761h"}, nil, `--set wait=8761h: "8761h" is more than a year (8760h)`},
		{[]string{"look_timeout=5m"}, with("look_timeout", 5*time.Minute), ""},
		{[]string{"look_timeout=45s"}, with("look_timeout", 45*time.Second), ""},
		{[]string{"look_timeout=44s"}, nil, "--set look_timeout=44s: one probe alone may take 45s: the least value is 45s"},
		{[]string{"look_timeout=50s", "probe_timeout=1m"}, nil, "--set look_timeout=50s: one probe alone may take 1m0s: the least value is 1m0s"},
		{[]string{"look_timeout=0"}, nil, "--set look_timeout=0s: one probe alone may take 45s: the least value is 45s"},
		{[]string{"look_timeout=9000h"}, nil, `--set look_timeout=9000h: "9000h" is more than a year (8760h)`},
		{[]string{"look_timeout=fast"}, nil, `--set look_timeout=fast: "fast" is not a duration such as 30s or 15m`},
		{[]string{"rsct_minimum=new"}, nil, `--set rsct_minimum=new: not a level: "new"`},
		{[]string{"rsct_minimum=1.2.3.4.5"}, nil, `--set rsct_minimum=1.2.3.4.5: not a level: "1.2.3.4.5"`},
	} {
		got, err := p.Set(c.set)
		text := ""
		if err != nil {
			text = err.Error()
		}
		if text != c.err {
			t.Errorf("%q: error %q, want %q", c.set, text, c.err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.set, diff)
		}
	}
	if defaults.Duration("wait") != 15*time.Minute || defaults.Duration("nothing") != 0 || defaults.Duration("rsct_minimum") != 0 {
		t.Error("Duration")
	}
}

// A look has a time limit in every playbook, also in one that declares no parameter.
func TestLookTimeoutIsDerived(t *testing.T) {
	const without = `apiVersion: aixmend/v1
name: p
title: t
probes: [{id: uname, run: uname -s, parse: word%s}]
findings: [{id: odd, severity: info, when: uname.text != "AIX", title: t, evidence: [uname.text], source: s}]
`
	declared := func(params string) string { return without + "params:\n" + params }
	for _, c := range []struct {
		name, text, probe string
		set               []string
		want              time.Duration
		err               string
	}{
		{"no parameters", without, "", nil, 210 * time.Second, ""},
		{"no parameters, set", without, "", []string{"probe_timeout=10s"}, 70 * time.Second, ""},
		{"a slow probe", without, ", timeout: 10m", nil, 780 * time.Second, ""},
		{"a slow probe, set", without, ", timeout: 10m", []string{"probe_timeout=1m"}, 960 * time.Second, ""},
		{"its own probe_timeout", declared("  probe_timeout: {type: duration, default: 5s, about: x}\n"), "", nil, 35 * time.Second, ""},
		{"no limit of a probe", declared("  probe_timeout: {type: duration, default: 0s, about: x}\n"), "", nil, 210 * time.Second, ""},
		{"declared", declared("  look_timeout: {type: duration, default: 5s, about: x}\n"), "", nil, 0,
			"p.yaml:7:3: parameter look_timeout: every playbook has it; its default follows from the time limits of the probes"},
		{"probe_timeout is a text", declared("  probe_timeout: {type: text, default: 5s, about: x}\n"), "", nil, 0, "p.yaml:7:3: parameter probe_timeout must be a duration"},
	} {
		p, err := Parse("p.yaml", fmt.Appendf(nil, c.text, c.probe))
		if err != nil {
			if err.Error() != c.err {
				t.Errorf("%s: %v, want %q", c.name, err, c.err)
			}
			continue
		}
		params, err := p.Set(c.set)
		if err != nil || c.err != "" || params.Duration(LookTimeoutParam) != c.want {
			t.Errorf("%s: %v, %v; want %s, %q", c.name, params, err, c.want, c.err)
		}
	}
	for _, name := range Names() {
		p, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if params, err := p.Set(nil); err != nil || params.Duration(LookTimeoutParam) != 225*time.Second {
			t.Errorf("%s: %v, %v", name, params, err)
		}
	}
}

// Every command of the file stands in Show, marked as what it is.
func TestShow(t *testing.T) {
	p, _ := restore(t)
	sheet := p.Show()
	golden.Check(t, "testdata/show.golden", sheet)
	flat := func(text string) string {
		var lines []string
		for line := range strings.Lines(text) {
			lines = append(lines, strings.TrimSpace(line))
		}
		return strings.TrimSpace(strings.Join(lines, "\n"))
	}
	all := flat(sheet)
	for _, probes := range [][]Probe{p.Probes, p.Capture.Probes} {
		for _, probe := range probes {
			when := ""
			if probe.When.V != "" {
				when = "when " + probe.When.V + "\n"
			}
			if !strings.Contains(all, "[read-only] "+probe.ID+"\n"+when+flat(probe.Run.V)) {
				t.Errorf("probe %s is not shown as read-only with its command", probe.ID)
			}
		}
	}
	for _, f := range p.Capture.Files {
		if !strings.Contains(all, "[read-only] file "+f.Path) {
			t.Errorf("file %s is not shown", f.Path)
		}
	}
	for _, r := range p.Rungs {
		for _, s := range r.Steps {
			kind, does := "[changing] ", "run  "+flat(s.Run.V)
			if s.ReadOnly() {
				kind = "[read-only] "
			}
			if s.Upload != nil {
				does = "upload " + s.Upload.From.V + " to " + s.Upload.To.V
			} else if s.Fetch.V != "" {
				does = "fetch the files of " + s.Fetch.V
			}
			_, after, marked := strings.Cut(all, kind+s.ID+"\n")
			block, _, _ := strings.Cut(after, "\n[")
			if !marked || !strings.Contains(after, does) || !strings.Contains(after, "undo "+flat(s.Undo.V)) {
				t.Errorf("step %s is not shown as %swith what it does and its undo: %s", s.ID, kind, block)
			}
		}
	}
}
