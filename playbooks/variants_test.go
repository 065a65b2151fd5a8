package playbooks

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"maps"
	"net"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aixmend/playbooks/facts"
	"aixmend/transport/aixsim"
	"aixmend/transport/sshtest"
)

// The property suite of variants (aix-facts 9a): each illness of the simulator is
// looked at as many AIX hosts as there are seeds, which differ in what is not known
// for sure. What is judged and planned must not.
var (
	variantSeeds = flag.Int("variants.seeds", 24, "TestVariants: how many seeds, from 1 on; a short test takes 3")
	variantSeed  = flag.Uint64("variants.seed", 0, "TestVariants: this seed alone")
	variantHosts = flag.String("variants.hosts", "", "TestVariants: the hosts that match this regular expression alone")
)

// differences that a variant may make to a plan: whether rmcrefreshMD is there is
// not known, and a node_uuid of cluster0 that is not zeros may have to go first.
var mayDiffer = map[string]string{"refreshmd-missing": "refresh-management-domain", "cluster0-ordinary": "remove-cluster0"}

// positives are the hosts whose cluster may not be overlooked.
var positives = []string{"cluster-live", "peer-domain", "caa-live", "caa-stopped", "caa-stopped-no-disk", "powerha-down", "peer-domain-live"}

// simCase is a host of the simulator as it is before anything is drawn.
type simCase struct {
	name string
	// healthy: no finding but information is expected.
	healthy bool
	state   func() *aixsim.State
	fleet   facts.Fleet
}

// simCases are all illnesses, and each healthy host once more with the address of
// its RMC NIC lost and node ids that differ, so that its rungs show.
func simCases(t *testing.T) []simCase {
	t.Helper()
	var list []simCase
	for _, illness := range slices.Concat(aixsim.Illnesses(), aixsim.FieldCases()) {
		c := simCase{name: illness.Name, fleet: facts.Fleet{Complete: true}, state: func() *aixsim.State { return ill(illness) }}
		if illness.Pair != nil {
			c.fleet.Duplicates, c.fleet.Role, c.fleet.Why = []string{"other"}, "clone", "the other had it first"
		}
		if strings.HasPrefix(illness.Description, "healthy") || illness.Name == "healthy" {
			c.healthy = true
			damaged := c
			damaged.name, damaged.healthy = c.name+" damaged", false
			damaged.state = func() *aixsim.State { return damage(ill(illness)) }
			list = append(list, damaged)
		}
		list = append(list, c)
	}
	wanted := regexp.MustCompile(*variantHosts)
	return slices.DeleteFunc(list, func(c simCase) bool { return !wanted.MatchString(c.name) })
}

// ill is a host with an illness, as root sees it: the transport becomes root, not
// the playbook.
func ill(i aixsim.Illness) *aixsim.State {
	s := aixsim.Healthy("aixvm1", 1)
	if i.Apply != nil {
		i.Apply(s)
	}
	if i.Pair != nil {
		i.Pair(aixsim.Healthy("aixvm2", 2), s)
	}
	if s.Sudo != "" {
		s.Unprivileged = false
	}
	return s
}

// damage takes the RMC address away and makes the node ids differ.
func damage(s *aixsim.State) *aixsim.State {
	for i := range s.NICs {
		if n := &s.NICs[i]; n.Management {
			n.Live.IPv6, n.Attrs.NetAddr6, n.Attrs.PrefixLen = nil, "", ""
		}
	}
	s.Files["/var/ct/cfg/ct_node_id"] = aixsim.File{Content: "1111222233334444\n"}
	return s
}

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
				timeout = params.Duration("probe_timeout")
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

// wrong says what is wrong with a look at a varied host, beside the look at the same
// host with nothing drawn; "" when nothing is.
func (c simCase) wrong(seen, plain sight, notes []string) string {
	var list []string
	if c.healthy && len(seen.findings) > 0 {
		list = append(list, "a healthy host has the findings "+strings.Join(seen.findings, ", "))
	}
	if !c.healthy && !slices.Equal(seen.findings, plain.findings) {
		list = append(list, fmt.Sprintf("findings %q, without the variant %q", seen.findings, plain.findings))
	}
	if got, want := leaveOut(seen.plan, notes), leaveOut(plain.plan, notes); !c.healthy && !slices.Equal(got, want) {
		list = append(list, fmt.Sprintf("plan %q, without the variant %q; cluster %+v", got, want, seen.cluster))
	}
	if slices.Contains(positives, c.name) {
		if seen.cluster.Clear && !seen.cluster.Live {
			list = append(list, "the cluster is overlooked")
		}
		for _, line := range seen.plan {
			if strings.HasPrefix(line, "node-id open") || strings.HasPrefix(line, "recycle open stop-rmc") {
				list = append(list, "on a node of a cluster this is open: "+line)
			}
		}
	}
	return strings.Join(list, "\n  ")
}

// leaveOut leaves the steps out of a plan that its variant may add or take away.
func leaveOut(plan, notes []string) []string {
	list := slices.Clone(plan)
	for _, note := range notes {
		kind, _, _ := strings.Cut(note, ":")
		step := mayDiffer[kind]
		if step == "" {
			continue
		}
		for i := range list {
			list[i] = strings.ReplaceAll(list[i]+" ", " "+step+" ", " ")
			list[i] = strings.TrimSpace(list[i])
		}
	}
	return list
}

// tally is what the shards of a run have found.
type tally struct {
	mu         sync.Mutex
	looks      int
	violations int
	first      map[string]string // by kind of variant: where it went wrong first
	shown      int
}

func (y *tally) add(kind, where string) {
	if _, known := y.first[kind]; !known {
		y.first[kind] = where
	}
}

// TestVariants: whatever AIX says where nobody knows what it says, a healthy host is
// healthy and its rungs are open, an ill one gets the plan that it gets, and no
// cluster is overlooked.
func TestVariants(t *testing.T) {
	p, params := restore(t)
	cases := simCases(t)
	plain := map[string]sight{}
	for _, c := range cases {
		plain[c.name] = see(t, p, params, c, c.state())
		if what := c.wrong(plain[c.name], plain[c.name], nil); what != "" {
			t.Errorf("%s, with nothing drawn:\n  %s", c.name, what)
		}
		if c.name == "healthy damaged" {
			for _, line := range plain[c.name].plan {
				if strings.Contains(line, " blocked") {
					t.Errorf("with nothing drawn a rung of a host without any cluster is blocked: %s; %+v", line, plain[c.name].cluster)
				}
			}
		}
	}
	var seeds []uint64
	most := *variantSeeds
	if testing.Short() {
		most = min(most, 3)
	}
	for seed := range uint64(most) {
		seeds = append(seeds, seed+1)
	}
	if *variantSeed != 0 {
		seeds = []uint64{*variantSeed}
	}
	y := &tally{first: map[string]string{}, looks: len(cases)}
	t.Run("seeds", func(t *testing.T) {
		shards := min(runtime.GOMAXPROCS(0), len(seeds))
		for shard := range shards {
			t.Run(fmt.Sprint(shard), func(t *testing.T) {
				t.Parallel()
				for i := shard; i < len(seeds); i += shards {
					for _, c := range cases {
						y.look(t, p, params, c, plain[c.name], seeds[i])
					}
				}
			})
		}
	})
	for _, kind := range slices.Sorted(maps.Keys(y.first)) {
		t.Logf("kind %s: %s", kind, y.first[kind])
	}
	tell(t, fmt.Sprintf("%d seeds, %d hosts, %d looks, %d violations", len(seeds), len(cases), y.looks, y.violations))
}

// tell logs the figures of a suite, and appends them to the file that
// AIXMEND_FIGURES names: go test shows no log of a test that passes.
func tell(t *testing.T, text string) {
	t.Helper()
	t.Log(text)
	name := os.Getenv("AIXMEND_FIGURES")
	if name == "" {
		return
	}
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := fmt.Fprintf(file, "%s: %s\n", t.Name(), text); err != nil {
		t.Fatal(err)
	}
}

// look draws one variant of a host and compares. What is wrong is drawn again kind by
// kind, to say which one it is.
func (y *tally) look(t *testing.T, p *Playbook, params Params, c simCase, plain sight, seed uint64) {
	draw := func(only ...string) (notes []string, what string) {
		s := c.state()
		notes = aixsim.Vary(s, seed, only...)
		if len(only) > 0 && len(notes) == 0 {
			return nil, ""
		}
		return notes, c.wrong(see(t, p, params, c, s), plain, notes)
	}
	notes, what := draw()
	y.mu.Lock()
	y.looks++
	y.mu.Unlock()
	if what == "" {
		return
	}
	kinds := []string{}
	if c.wrong(plain, plain, nil) != "" {
		kinds, notes = []string{"(nothing drawn)"}, nil
	}
	for _, note := range notes {
		kind, _, _ := strings.Cut(note, ":")
		if _, alone := draw(kind); alone != "" {
			kinds = append(kinds, kind)
		}
	}
	if len(kinds) == 0 {
		kinds = []string{"(only together)"}
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	y.violations++
	for _, kind := range kinds {
		y.add(kind, fmt.Sprintf("seed %d, %s", seed, c.name))
	}
	if y.shown++; y.shown > 40 { // enough to read
		t.Fail()
		return
	}
	t.Errorf("seed %d, %s:\n  %s\n by %s; drawn:\n  %s\n again: go test ./playbooks -run '^TestVariants$' -variants.seed=%d",
		seed, c.name, what, strings.Join(kinds, ", "), strings.Join(notes, "\n  "), seed)
}
