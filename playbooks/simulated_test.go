package playbooks

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aixmend/playbooks/facts"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/sshtest"
)

// sight is what a look makes of a host.
type sight struct {
	findings []string // but information
	plan     []string
	cluster  facts.Cluster
	informed []string
}

// see looks at a host as the controller does, without SSH.
func see(t *testing.T, p *Playbook, params Params, c simCase, s *aixsim.State) (seen sight) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := aixsim.NewHost(s, aixsim.HostOptions{LogLimit: -1})
		defer h.Close()
		probes, err := p.Asked(params, "plan", "r1")
		if err != nil {
			t.Fatal(err)
		}
		fleet := c.fleet
		d := p.Judge(params, Given{RunID: "r1", Verb: "plan", Fleet: &fleet}, probeAll(h, params, probes))
		for _, v := range d.Verdicts {
			if v.Severity == "info" {
				seen.informed = append(seen.informed, v.ID)
				continue
			}
			seen.findings = append(seen.findings, v.ID+" "+v.Severity+about(v))
		}
		seen.cluster, _ = d.Facts["cluster"].(facts.Cluster)
		if d.Skip == "" {
			seen.plan = planned(p.Plan(d, Wishes{Allowed: []string{"node-id", "cluster0", "rsct-update"}, MendWarnings: true}))
		}
	})
	return seen
}

// about says which probe failed.
func about(v Verdict) string {
	if v.ID != "probe-failed" {
		return ""
	}
	return " " + v.Title
}

// planned are rungs with their steps: "recycle: stop-rmc start-rmc", blocked or not.
func planned(plan []PlannedRung) []string {
	var list []string
	for _, r := range plan {
		state := "open"
		switch {
		case r.Waits:
			state = "waits"
		case r.Blocked != "":
			state = "blocked"
		}
		line := r.Rung.ID + " " + state
		for _, s := range r.Steps {
			line += " " + s.Step.ID
		}
		list = append(list, line)
	}
	return list
}

const lookPrelude = "LC_ALL=C; LANG=C; ODMDIR=/etc/objrepos; export LC_ALL LANG ODMDIR\nf() { printf '\n@@%s %s\n' \"$1\" \"$2\"; printf '\n@@%s %s\n' \"$1\" \"$2\" >&2; }\nf begin 0\n"

// probeAll runs all probes in one session, as the transport does; where one hangs,
// each in its own.
func probeAll(h *aixsim.Host, params Params, probes []Probe) map[string]Probed {
	probed := probeIn(h, time.Minute, probes)
	if probed == nil {
		probed = map[string]Probed{}
		for _, probe := range probes {
			timeout := probe.Timeout
			if timeout <= 0 {
				timeout = params.Duration(ProbeTimeoutParam)
			}
			if one := probeIn(h, timeout, []Probe{probe}); one != nil {
				maps.Copy(probed, one)
			} else {
				probed[probe.ID] = Probed{Err: errHung}
			}
		}
	}
	for i, probe := range probes {
		if probe.Require != nil && strings.TrimSpace(string(probed[probe.ID].Output.Stdout)) != probe.Require.Answer {
			for _, rest := range probes[i+1:] {
				probed[rest.ID] = Probed{Err: errNotRead, NotRun: true}
			}
		}
	}
	return probed
}

// probeIn runs probes in one session; nil when it has not ended in time.
func probeIn(h *aixsim.Host, timeout time.Duration, probes []Probe) map[string]Probed {
	var script strings.Builder
	script.WriteString(lookPrelude)
	for _, probe := range probes {
		fmt.Fprintf(&script, "( %s\n) </dev/null; f %s $?\n", probe.Run.V, probe.ID)
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	var stdout, stderr bytes.Buffer
	h.ServeExec(ctx, &sshtest.Exec{User: "root", Command: script.String(), Stdin: strings.NewReader(""),
		Stdout: &stdout, Stderr: &stderr, Remote: &net.TCPAddr{IP: net.IPv4(10, 9, 8, 7), Port: 50222}})
	if ctx.Err() != nil {
		return nil
	}
	probed := map[string]Probed{}
	out, errs := framed(stdout.Bytes()), framed(stderr.Bytes())
	for id, one := range out {
		probed[id] = Probed{Output: facts.Output{Stdout: one.text, Stderr: errs[id].text, Exit: one.exit, At: time.Now()}}
	}
	return probed
}

// frame is what a probe has put on one stream, and its exit status.
type frame struct {
	text []byte
	exit int
}

// framed cuts a stream at the lines "@@ID STATUS", each of which ends what a probe
// has said; what comes before the first is the profile's.
func framed(stream []byte) map[string]frame {
	parts := strings.Split(string(stream), "\n@@")
	byID := map[string]frame{}
	for i := 1; i+1 < len(parts); i++ {
		_, text, _ := strings.Cut(parts[i], "\n")
		end, _, _ := strings.Cut(parts[i+1], "\n")
		id, status, _ := strings.Cut(end, " ")
		exit, err := strconv.Atoi(status)
		if err != nil {
			exit = 255
		}
		byID[id] = frame{[]byte(text), exit}
	}
	return byID
}
