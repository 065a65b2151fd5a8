package controller_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/controller/rollout"
	"aixmend/transport/lab/aixsim"
)

// several returns n hosts with one illness.
func several(n int, illness string) []string { return slices.Repeat([]string{illness}, n) }

// began are the hosts that were captured, in the order in which that began: the
// first thing that follows when a host's wave begins.
func (b *bench) began() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []string
	for _, move := range b.moves {
		if host, ok := strings.CutSuffix(move, " capturing"); ok {
			list = append(list, host)
		}
	}
	return list
}

// order is what began and ended, in order: "+host" and "-host".
func (b *bench) order() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []string
	for _, move := range b.moves {
		if host, ok := strings.CutSuffix(move, " capturing"); ok {
			list = append(list, "+"+host)
		}
		if host, ok := strings.CutSuffix(move, " done"); ok {
			list = append(list, "-"+host)
		}
	}
	return list
}

// A wave begins when the one before has ended, in the order of the names; a host
// on which nothing is to be changed is in none.
func TestWaves(t *testing.T) {
	t.Parallel()
	b := newBench(t, append(several(5, "daemon-down"), "healthy")...)
	e := b.engine(controller.Recover)
	e.Waves = []rollout.Wave{{Count: 1}, {Percent: 50}, {Percent: 100}}
	for name, h := range b.runEngine(e) {
		if want := map[bool]outcome.Outcome{true: outcome.Healthy, false: outcome.Recovered}[name == "healthy"]; h.Outcome != want {
			t.Errorf("%s: %s: %s", name, h.Outcome, h.Reason)
		}
	}
	wave := func(host string) int { // running totals 1, 3, 5
		i := slices.Index([]string{"daemon-down", "daemon-down-2", "daemon-down-3", "daemon-down-4", "daemon-down-5"}, host)
		return map[int]int{0: 1, 1: 2, 2: 2, 3: 3, 4: 3}[i]
	}
	running := map[int]int{}
	for _, move := range b.order() {
		host := move[1:]
		if host == "healthy" {
			continue
		}
		if move[0] == '-' {
			running[wave(host)]--
			continue
		}
		running[wave(host)]++
		for other, n := range running {
			if other != wave(host) && n > 0 {
				t.Errorf("%s of wave %d began while %d of wave %d ran: %v", host, wave(host), n, other, b.order())
			}
		}
	}
	if len(b.began()) != 5 {
		t.Errorf("began: %v", b.began())
	}
	if diff := cmp.Diff([]string{"wave 1 of 3: 1", "wave 2 of 3: 2", "wave 3 of 3: 2"}, b.waves); diff != "" {
		t.Error(diff)
	}
}

// The brake: more hosts than are allowed ended failed, so no further one begins,
// and the arithmetic is said.
func TestBrake(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		brake   rollout.Brake
		skipped int
		says    string
	}{
		{rollout.Brake{Count: 0}, 5, "1 of 6 hosts ended failed or unknown (recfgct-noop); --max-fail 0"},
		{rollout.Brake{Count: 1}, 4, "2 of 6 hosts"},
		{rollout.Brake{Percent: 20}, 3, "20% of 6 selected hosts, rounded up, is 2"},
		{rollout.Brake{Percent: 1}, 4, "1% of 6 selected hosts, rounded up, is 1"},
	} {
		t.Run(fmt.Sprint(c.brake), func(t *testing.T) {
			b := newBench(t, several(6, "recfgct-noop")...)
			e := b.engine(controller.Recover)
			e.Allowed, e.Brake = []string{"node-id"}, c.brake
			for i := range 6 {
				e.Waves = append(e.Waves, rollout.Wave{Count: i + 1})
			}
			result, err := e.Run(t.Context(), b.hosts)
			must(t, err)
			skipped := 0
			for _, h := range result.Hosts {
				if h.Outcome == outcome.Skipped && strings.HasPrefix(h.Reason, "brake: ") {
					skipped++
					if n := len(b.sent(h.Name)); n > 0 {
						t.Errorf("%s was not begun, and got %v", h.Name, b.sent(h.Name))
					}
				}
			}
			if skipped != c.skipped || !strings.Contains(result.Braked, c.says) {
				t.Errorf("%d skipped, %q", skipped, result.Braked)
			}
		})
	}
}

// Hosts that end alike, one after the other, trip it too: the cause is likely
// common to them.
func TestBrakeOnACommonCause(t *testing.T) {
	t.Parallel()
	b := newBench(t, several(6, "recfgct-noop")...)
	e := b.engine(controller.Recover)
	e.Allowed, e.Brake = []string{"node-id"}, rollout.Brake{Count: 100}
	for i := range 6 {
		e.Waves = append(e.Waves, rollout.Wave{Count: i + 1})
	}
	result, err := e.Run(t.Context(), b.hosts)
	must(t, err)
	if !strings.Contains(result.Braked, "3 hosts in a row (recfgct-noop, recfgct-noop-2, recfgct-noop-3) ended alike") || !strings.Contains(result.Braked, "new-node-id") {
		t.Errorf("%q", result.Braked)
	}
	// Those that were read in the meantime keep what was found on them.
	if h := b.ended["recfgct-noop-6"]; h.Outcome != outcome.Skipped || len(h.Findings) == 0 {
		t.Errorf("%s: %s, %d findings", h.Outcome, h.Reason, len(h.Findings))
	}
}

// Unreachable hosts count where that is asked for.
func TestBrakeCountsTheUnreachable(t *testing.T) {
	t.Parallel()
	for _, counts := range []bool{false, true} {
		b := newBench(t, append(several(2, "daemon-down"), "healthy", "healthy")...)
		for _, host := range []string{"healthy", "healthy-2"} {
			b.fleet.Server(host).Close()
		}
		e := b.engine(controller.Recover)
		e.Waves, e.Brake = []rollout.Wave{{Count: 1}, {Percent: 100}}, rollout.Brake{Count: 1, Unreachable: counts}
		result, err := e.Run(t.Context(), b.hosts)
		must(t, err)
		if (result.Braked != "") != counts {
			t.Errorf("unreachable hosts count: %v; %q", counts, result.Braked)
		}
		if counts && len(b.began()) > 0 {
			t.Errorf("began: %v", b.began())
		}
	}
}

// Between waves somebody is asked; a no lets no further host begin.
func TestPause(t *testing.T) {
	t.Parallel()
	b := newBench(t, several(3, "daemon-down")...)
	e := b.engine(controller.Recover)
	e.Waves = []rollout.Wave{{Count: 1}, {Count: 2}, {Count: 3}}
	var mu sync.Mutex
	var asked []string
	e.Pause = func(wave int, hosts []string) bool {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, fmt.Sprintf("%d %s", wave, strings.Join(hosts, ",")))
		return wave < 3
	}
	result, err := e.Run(t.Context(), b.hosts)
	must(t, err)
	if diff := cmp.Diff([]string{"2 daemon-down-2", "3 daemon-down-3"}, asked); diff != "" {
		t.Errorf("asked (-want +got)\n%s", diff)
	}
	if !strings.Contains(result.Braked, "wave 3 was not confirmed") || b.ended["daemon-down-3"].Outcome != outcome.Skipped {
		t.Errorf("%q; %s", result.Braked, b.ended["daemon-down-3"].Outcome)
	}
}

// The keeper of a node id waits for its clone, which waits for its wave: neither
// waits for ever, and the clone is the one that changes.
func TestWavesOfAClone(t *testing.T) {
	t.Parallel()
	b := newBench(t, "healthy", "healthy")
	b.run(controller.Capture, "healthy")
	id := idOf(b.fleet.Host("healthy").Snapshot())
	b.fleet.Host("healthy-2").Mutate(func(s *aixsim.State) {
		for _, name := range []string{"/etc/ct_node_id", "/var/ct/cfg/ct_node_id"} {
			s.Files[name] = aixsim.File{Content: id + "\n"}
		}
	})
	e := b.engine(controller.Recover)
	e.Allowed, e.Waves = []string{"node-id"}, []rollout.Wave{{Count: 1}, {Percent: 100}}
	hosts := b.runEngine(e)
	if h := hosts["healthy-2"]; h.Outcome != outcome.Recovered {
		t.Errorf("the clone: %s: %s", h.Outcome, h.Reason)
	}
	if h := hosts["healthy"]; h.Outcome != outcome.Healthy || idOf(b.fleet.Host("healthy").Snapshot()) != id {
		t.Errorf("the keeper: %s: %s", h.Outcome, h.Reason)
	}
}

// A run that is cut off while a host waits for its wave: it is skipped, nothing
// was changed on it, and nobody waits for ever.
func TestWaveIsCutOff(t *testing.T) {
	t.Parallel()
	b := newBench(t, several(2, "daemon-down")...)
	b.fleet.Host("daemon-down").Mutate(func(s *aixsim.State) {
		s.Behaviours = map[string]aixsim.Behaviour{"rmcctrl": {Delay: aixsim.Duration(3 * time.Second)}}
	})
	e := b.engine(controller.Recover)
	e.Waves = []rollout.Wave{{Count: 1}, {Count: 2}}
	over := errors.New("cut by --deadline")
	ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, over)
	defer cancel()
	_, err := e.Run(ctx, b.hosts)
	must(t, err)
	if h := b.ended["daemon-down-2"]; h.Outcome != outcome.Skipped || h.Reason != "cut by --deadline" || len(b.sent("daemon-down-2")) > 0 {
		t.Errorf("%s: %s; %v", h.Outcome, h.Reason, b.sent("daemon-down-2"))
	}
}
