package rollout

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/outcome"
)

// permit returns the text that a host got, or "waits".
func permit(c <-chan string) string {
	select {
	case text := <-c:
		return text
	default:
		return "waits"
	}
}

func names(n int) []string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("h%d", i+1))
	}
	return list
}

// The next wave begins when the one before has ended, in the order of the names; a host
// that needs no change is in none.
func TestWavesBeginInOrder(t *testing.T) {
	hosts := names(5)
	w := New(Config{Waves: []Wave{{Count: 1}, {Percent: 50}, {Percent: 100}}, Brake: Brake{Count: 5}}, hosts)
	permits := map[string]<-chan string{}
	for _, h := range []string{"h4", "h2", "h1", "h3"} {
		permits[h] = w.Want(h)
	}
	begun := func() (list []string) {
		for _, h := range hosts {
			if c, wants := permits[h]; wants && permit(c) == "" {
				list = append(list, h)
			}
		}
		return list
	}
	if early := begun(); len(early) > 0 {
		t.Fatalf("%v began before h5 was read", early)
	}
	w.End(outcome.Host{Host: "h5", Outcome: outcome.Healthy}, false)
	for _, wave := range [][]string{{"h1"}, {"h2"}, {"h3", "h4"}} {
		if diff := cmp.Diff(wave, begun()); diff != "" {
			t.Error(diff)
		}
		for _, h := range wave {
			w.End(outcome.Host{Host: h, Outcome: outcome.Recovered}, false)
		}
	}
}

// A host that ends while it waits for its wave holds up no later one, whether others of its
// wave are left or none.
func TestHostThatEndsBeforeItsWave(t *testing.T) {
	for _, end := range [][]string{{"h2"}, {"h2", "h3"}, {"h1", "h2", "h3"}} {
		hosts := names(4)
		w := New(Config{Waves: []Wave{{Count: 1}, {Count: 3}, {Percent: 100}}, Brake: Brake{Count: 9}}, append(hosts, "running"))
		w.Resume("running")
		permits := map[string]<-chan string{}
		for _, h := range hosts {
			permits[h] = w.Want(h)
		}
		for _, h := range end {
			w.End(outcome.Host{Host: h, Outcome: outcome.NeedsAction}, false)
		}
		w.End(outcome.Host{Host: "running", Outcome: outcome.Recovered}, false)
		for _, h := range hosts {
			if slices.Contains(end, h) {
				continue
			}
			if got := permit(permits[h]); got != "" {
				t.Errorf("%v ended: %s got %q", end, h, got)
			}
			w.End(outcome.Host{Host: h, Outcome: outcome.Recovered}, false)
		}
	}
}

// The brake of a site refuses the hosts of that site alone, with its own arithmetic, and its
// hosts hold up no wave.
func TestBrakeOfASite(t *testing.T) {
	site := func(host string) string {
		return map[string]string{"h1": "fra", "h2": "fra", "h3": "fra", "h4": "fra"}[host]
	}
	for name, ends := range map[string][]outcome.Host{
		"site fra: 2 of 4 hosts ended failed or unknown (h1, h2); --max-fail 10%: 10% of 4 selected hosts, rounded up, is 1": {
			{Host: "h1", Outcome: outcome.Failed, Reason: "a"}, {Host: "h2", Outcome: outcome.Unknown, Reason: "b"},
		},
		"site fra: 3 hosts in a row (h1, h2, h3) ended alike": {
			{Host: "h1", Outcome: outcome.Unreachable, Reason: "refused: x"}, {Host: "h2", Outcome: outcome.Unreachable, Reason: "refused: x"},
			{Host: "h9", Outcome: outcome.Recovered}, {Host: "h3", Outcome: outcome.Unreachable, Reason: "refused: x"},
		},
	} {
		hosts := names(40)
		w := New(Config{Waves: []Wave{{Count: 3}, {Count: 4}, {Percent: 100}}, Brake: Brake{Percent: 10}, Site: site}, append(hosts, "h9x"))
		permits := map[string]<-chan string{}
		for _, h := range hosts {
			permits[h] = w.Want(h)
		}
		for _, h := range []string{"h1", "h2", "h3", "h9"} {
			w.Resume(h)
			w.mu.Lock()
			w.running[h] = true
			w.mu.Unlock()
		}
		for _, end := range ends {
			w.End(end, false)
		}
		if got := w.Refused("h4"); !strings.Contains(got, "brake: "+name) || permit(permits["h4"]) != got || permit(w.Want("h4")) != got {
			t.Errorf("%q, want %s", got, name)
		}
		if w.Refused("h5") != "" || w.Reason() != "" {
			t.Errorf("other sites are held: %s", w.Reason())
		}
		for _, h := range []string{"h1", "h2", "h3", "h9", "h9x"} {
			w.End(outcome.Host{Host: h, Outcome: outcome.Healthy}, false)
		}
		if got := permit(permits["h5"]); got != "waits" && got != "" {
			t.Errorf("h5 got %q", got)
		}
	}
}

// The brake refuses every host that waits and every later one, with the arithmetic.
func TestBrakeRefusesTheRest(t *testing.T) {
	for _, c := range []struct {
		name  string
		brake Brake
		ends  []outcome.Host
		want  string
	}{
		{"number", Brake{Count: 0}, []outcome.Host{{Outcome: outcome.Failed, Reason: "a"}}, "brake: 1 of 6 hosts ended failed or unknown (h1); --max-fail 0"},
		{"share", Brake{Percent: 20}, []outcome.Host{{Outcome: outcome.Failed, Reason: "a"}, {Outcome: outcome.Unknown, Reason: "b"}, {Outcome: outcome.Failed, Reason: "c"}}, "20% of 6 selected hosts, rounded up, is 2"},
		{"unreachable counts", Brake{Unreachable: true}, []outcome.Host{{Outcome: outcome.Unreachable, Reason: "refused: x"}}, "brake: 1 of 6"},
		{"common cause", Brake{Count: 6}, []outcome.Host{{Outcome: outcome.Failed, Reason: "h1: code 7"}, {Outcome: outcome.Failed, Reason: "h2: code 8"}, {Outcome: outcome.Failed, Reason: "h3: code 9"}}, "3 hosts in a row (h1, h2, h3) ended alike"},
		{"cut off, none may fail", Brake{Count: 0}, slices.Repeat([]outcome.Host{{Outcome: outcome.Failed, Reason: "interrupted", Interrupted: true}}, 3), ""},
		{"cut off", Brake{Count: 6}, slices.Repeat([]outcome.Host{{Outcome: outcome.Failed, Reason: "cut by --deadline", Interrupted: true}}, 4), ""},
		{"different causes", Brake{Count: 6}, []outcome.Host{{Outcome: outcome.Failed, Reason: "a"}, {Outcome: outcome.Failed, Reason: "b"}, {Outcome: outcome.Failed, Reason: "a"}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			hosts := names(6)
			waves := []Wave{}
			for i := range hosts {
				waves = append(waves, Wave{Count: i + 1})
			}
			w := New(Config{Waves: waves, Brake: c.brake}, hosts)
			permits := map[string]<-chan string{}
			for _, h := range hosts {
				permits[h] = w.Want(h)
			}
			for i, end := range c.ends {
				end.Host = hosts[i]
				w.End(end, false)
			}
			if !strings.Contains(w.Reason(), c.want) || (w.Refused("h6") != "") != (c.want != "") {
				t.Errorf("%q", w.Reason())
			}
			if got := permit(permits["h6"]); c.want != "" && got != w.Reason() || c.want == "" && got != "waits" {
				t.Errorf("the last host got %q", got)
			}
			if c.want != "" && permit(w.Want("late")) != w.Reason() {
				t.Error("a late host was not refused")
			}
		})
	}
}

// A nil rollout holds nobody back.
func TestNoWaves(t *testing.T) {
	var w *Waves
	w.Resume("h1")
	w.Leave("h1")
	w.End(outcome.Host{Host: "h1"}, false)
	w.Wait()
	if w.Refused("h1") != "" || w.Reason() != "" {
		t.Error("the brake of no rollout has tripped")
	}
}
